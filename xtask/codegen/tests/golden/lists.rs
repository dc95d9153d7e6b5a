// server: the trait

/// The operations of the document. Extractors never fail: what is wrong with a request is a value that the method
/// answers in the operation's own error body.
#[dropshot::api_description{}]
pub trait Api {
    /// What every method gets.
    type Context;
    #[endpoint{method = GET,
    path = "/things"}]
    async fn list_things(
        rqctx: RequestContext<Self::Context>,
        query: Params<crate::request::Query, params::ListThingsQuery>,
        header: Params<crate::request::Header, params::ListThingsHeader>,
    ) -> Result<responses::ListThingsResponse, ::dropshot::HttpError>;
}

// server: what is implemented

/// The operations of the document. Each handler gets what the checks before it have found out, and a request that is
/// as the document says.
///
/// Defined at `lists.yaml:6`.
pub trait Service: Serve {
    /// `GET /things`, defined at `lists.yaml:8`.
    fn list_things(
        rqctx: &RequestContext<Self::Context>,
        permit: Permit<op::ListThings, Anonymous>,
        query: params::ListThingsQuery,
        header: params::ListThingsHeader,
    ) -> impl Future<Output = Result<responses::ListThingsResponse, Self::Error>> + Send;
}

// server: parameters

///Query parameters of `list_things`, `lists.yaml:8`.
#[derive(Clone, Debug, ::serde::Deserialize)]
pub struct ListThingsQuery {
    ///`tag`. (`lists.yaml:11`)
    #[serde(rename = "tag", default)]
    pub tag: Option<Vec<String>>,
    ///`id`. (`lists.yaml:12`)
    #[serde(rename = "id", default)]
    pub id: Option<Vec<i64>>,
}
///Header parameters of `list_things`, `lists.yaml:8`.
#[derive(Clone, Debug, ::serde::Deserialize)]
pub struct ListThingsHeader {
    ///`x-kinds`. (`lists.yaml:13`)
    #[serde(rename = "x-kinds", default)]
    pub x_kinds: Option<Vec<String>>,
}

// server: answers

///Answers of `list_things`, `lists.yaml:8`.
#[derive(Clone, Debug)]
pub enum ListThingsResponse {
    ///204: done (`lists.yaml:15`)
    NoContent,
}

// client: methods

impl crate::Client {
    ///
    ///
    /// Sent again when it may help: twice is as good as once.
    ///
    /// `GET /things`, defined at `lists.yaml:8`.
    ///
    /// ```no_run
    /// # async fn run(client: client_crate::Client) -> Result<(), Box<dyn std::error::Error>> {
    /// let answer = client.list_things().await?;
    /// println!("{}", answer.status());
    /// # Ok(())
    /// # }
    /// ```
    pub fn list_things(&self) -> Call<ListThings> {}
}
impl Call<ListThings> {
    /// Sets `tag`.
    ///
    /// Defined at `lists.yaml:11`.
    ///
    /// ```no_run
    /// # async fn run(client: client_crate::Client) -> Result<(), Box<dyn std::error::Error>> {
    /// let answer = client.list_things().tag(client_crate::serde_json::from_str(r#"null"#)?).await?;
    /// println!("{}", answer.status());
    /// # Ok(())
    /// # }
    /// ```
    pub fn tag(mut self, value: ::std::vec::Vec<::std::string::String>) -> Self {}
    /// Sets `id`.
    ///
    /// Defined at `lists.yaml:12`.
    ///
    /// ```no_run
    /// # async fn run(client: client_crate::Client) -> Result<(), Box<dyn std::error::Error>> {
    /// let answer = client.list_things().id(client_crate::serde_json::from_str(r#"null"#)?).await?;
    /// println!("{}", answer.status());
    /// # Ok(())
    /// # }
    /// ```
    pub fn id(mut self, value: ::std::vec::Vec<i64>) -> Self {}
    /// Sets `x-kinds`.
    ///
    /// Defined at `lists.yaml:13`.
    ///
    /// ```no_run
    /// # async fn run(client: client_crate::Client) -> Result<(), Box<dyn std::error::Error>> {
    /// let answer = client.list_things().x_kinds(client_crate::serde_json::from_str(r#"null"#)?).await?;
    /// println!("{}", answer.status());
    /// # Ok(())
    /// # }
    /// ```
    pub fn x_kinds(mut self, value: ::std::vec::Vec<::std::string::String>) -> Self {}
}

// client: errors

/// What [`Client::list_things`](crate::Client::list_things), defined at `lists.yaml:8`, answers when it does not succeed.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum ListThingsError {
    /// 4XX: Error (`lists.yaml:20`)
    ClientError(u16, types::Error),
    /// 5XX: Error (`lists.yaml:20`)
    ServerError(u16, types::Error),
}

// dropshot cannot say: parameter-list at /paths/~1things/get/parameters/0, /paths/~1things/get/parameters/1, /paths/~1things/get/parameters/2
