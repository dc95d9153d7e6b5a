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
    ) -> Result<responses::ListThingsResponse, ::dropshot::HttpError>;
}

// server: what is implemented

/// The operations of the document. Each handler gets what the checks before it have found out, and a request that is
/// as the document says.
///
/// Defined at `pagination.yaml:6`.
pub trait Service: Serve {
    /// `GET /things`, defined at `pagination.yaml:8`.
    fn list_things(
        rqctx: &RequestContext<Self::Context>,
        permit: Permit<op::ListThings, Anonymous>,
        query: params::ListThingsQuery,
    ) -> impl Future<Output = Result<responses::ListThingsResponse, Self::Error>> + Send;
}

// server: parameters

///Query parameters of `list_things`, `pagination.yaml:8`.
#[derive(Clone, Debug, ::serde::Deserialize)]
pub struct ListThingsQuery {
    ///Maximum number of items returned by a single call (`pagination.yaml:11`)
    #[serde(rename = "limit", default)]
    pub limit: Option<u32>,
    ///Token returned by previous call (`pagination.yaml:12`)
    #[serde(rename = "page_token", default)]
    pub page_token: Option<String>,
}

// server: answers

///Answers of `list_things`, `pagination.yaml:8`.
#[derive(Clone, Debug)]
pub enum ListThingsResponse {
    ///200: successful operation (`pagination.yaml:14`)
    Ok(types::ThingResultsPage),
}

// client: methods

impl crate::Client {
    ///
    ///
    /// Sent again when it may help: twice is as good as once.
    ///
    /// `GET /things`, defined at `pagination.yaml:8`.
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
    /// Maximum number of items returned by a single call
    ///
    /// Defined at `pagination.yaml:11`.
    ///
    /// ```no_run
    /// # async fn run(client: client_crate::Client) -> Result<(), Box<dyn std::error::Error>> {
    /// let answer = client.list_things().limit(1).await?;
    /// println!("{}", answer.status());
    /// # Ok(())
    /// # }
    /// ```
    pub fn limit(mut self, value: u32) -> Self {}
    /// Token returned by previous call
    ///
    /// Defined at `pagination.yaml:12`.
    ///
    /// ```no_run
    /// # async fn run(client: client_crate::Client) -> Result<(), Box<dyn std::error::Error>> {
    /// let answer = client.list_things().page_token("the-page_token").await?;
    /// println!("{}", answer.status());
    /// # Ok(())
    /// # }
    /// ```
    pub fn page_token(mut self, value: impl Into<String>) -> Self {}
}

// client: errors

/// What [`Client::list_things`](crate::Client::list_things), defined at `pagination.yaml:8`, answers when it does not succeed.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum ListThingsError {
    /// 4XX: Error (`pagination.yaml:24`)
    ClientError(u16, types::Error),
    /// 5XX: Error (`pagination.yaml:24`)
    ServerError(u16, types::Error),
}

