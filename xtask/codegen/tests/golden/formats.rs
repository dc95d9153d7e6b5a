// server: the trait

/// The operations of the document. Extractors never fail: what is wrong with a request is a value that the method
/// answers in the operation's own error body.
#[dropshot::api_description{}]
pub trait Api {
    /// What every method gets.
    type Context;
    #[endpoint{method = GET,
    path = "/formats/{id}"}]
    async fn get_formats(
        rqctx: RequestContext<Self::Context>,
        path: Params<crate::request::Path, params::GetFormatsPath>,
        query: Params<crate::request::Query, params::GetFormatsQuery>,
    ) -> Result<responses::GetFormatsResponse, ::dropshot::HttpError>;
}

// server: what is implemented

/// The operations of the document. Each handler gets what the checks before it have found out, and a request that is
/// as the document says.
///
/// Defined at `formats.yaml:6`.
pub trait Service: Serve {
    /// `GET /formats/{id}`, defined at `formats.yaml:8`.
    fn get_formats(
        rqctx: &RequestContext<Self::Context>,
        permit: Permit<op::GetFormats, Anonymous>,
        path: params::GetFormatsPath,
        query: params::GetFormatsQuery,
    ) -> impl Future<Output = Result<responses::GetFormatsResponse, Self::Error>> + Send;
}

// server: parameters

///Path parameters of `get_formats`, `formats.yaml:8`.
#[derive(Clone, Debug, ::serde::Deserialize)]
pub struct GetFormatsPath {
    ///`id`. (`formats.yaml:11`)
    #[serde(rename = "id")]
    pub id: ::uuid::Uuid,
}
///Query parameters of `get_formats`, `formats.yaml:8`.
#[derive(Clone, Debug, ::serde::Deserialize)]
pub struct GetFormatsQuery {
    ///`address`. (`formats.yaml:12`)
    #[serde(rename = "address", default)]
    pub address: Option<::std::net::IpAddr>,
    ///`count`. (`formats.yaml:13`)
    #[serde(rename = "count", default)]
    pub count: Option<u64>,
    ///`ratio`. (`formats.yaml:14`)
    #[serde(rename = "ratio", default)]
    pub ratio: Option<f32>,
}

// server: answers

///Answers of `get_formats`, `formats.yaml:8`.
#[derive(Clone, Debug)]
pub enum GetFormatsResponse {
    ///200: successful operation (`formats.yaml:16`)
    Ok(types::Formats),
}

// client: methods

impl crate::Client {
    ///
    ///
    /// Sent again when it may help: twice is as good as once.
    ///
    /// `GET /formats/{id}`, defined at `formats.yaml:8`.
    ///
    /// ```no_run
    /// # async fn run(client: client_crate::Client) -> Result<(), Box<dyn std::error::Error>> {
    /// let answer = client.get_formats(client_crate::serde_json::from_str(r#"null"#)?).await?;
    /// println!("{}", answer.status());
    /// # Ok(())
    /// # }
    /// ```
    pub fn get_formats(&self, id: ::uuid::Uuid) -> Call<GetFormats> {}
}
impl Call<GetFormats> {
    /// Sets `address`.
    ///
    /// Defined at `formats.yaml:12`.
    ///
    /// ```no_run
    /// # async fn run(client: client_crate::Client) -> Result<(), Box<dyn std::error::Error>> {
    /// let answer = client.get_formats(client_crate::serde_json::from_str(r#"null"#)?).address(client_crate::serde_json::from_str(r#"null"#)?).await?;
    /// println!("{}", answer.status());
    /// # Ok(())
    /// # }
    /// ```
    pub fn address(mut self, value: ::std::net::IpAddr) -> Self {}
    /// Sets `count`.
    ///
    /// Defined at `formats.yaml:13`.
    ///
    /// ```no_run
    /// # async fn run(client: client_crate::Client) -> Result<(), Box<dyn std::error::Error>> {
    /// let answer = client.get_formats(client_crate::serde_json::from_str(r#"null"#)?).count(1).await?;
    /// println!("{}", answer.status());
    /// # Ok(())
    /// # }
    /// ```
    pub fn count(mut self, value: u64) -> Self {}
    /// Sets `ratio`.
    ///
    /// Defined at `formats.yaml:14`.
    ///
    /// ```no_run
    /// # async fn run(client: client_crate::Client) -> Result<(), Box<dyn std::error::Error>> {
    /// let answer = client.get_formats(client_crate::serde_json::from_str(r#"null"#)?).ratio(1.0).await?;
    /// println!("{}", answer.status());
    /// # Ok(())
    /// # }
    /// ```
    pub fn ratio(mut self, value: f32) -> Self {}
}

// client: errors

/// What [`Client::get_formats`](crate::Client::get_formats), defined at `formats.yaml:8`, answers when it does not succeed.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum GetFormatsError {
    /// 4XX: Error (`formats.yaml:25`)
    ClientError(u16, types::Error),
    /// 5XX: Error (`formats.yaml:25`)
    ServerError(u16, types::Error),
}

