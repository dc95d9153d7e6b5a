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
        header: Params<crate::request::Header, params::ListThingsHeader>,
    ) -> Result<
        responses::ListThingsResponse,
        Failure<responses::UndeclaredErrorComponent>,
    >;
    #[endpoint{method = DELETE,
    path = "/things"}]
    async fn delete_things(
        rqctx: RequestContext<Self::Context>,
        header: Params<crate::request::Header, params::DeleteThingsHeader>,
    ) -> Result<
        responses::DeleteThingsResponse,
        Failure<responses::UndeclaredErrorComponent>,
    >;
}

// server: what is implemented

/// The operations of the document. Each handler gets what the checks before it have found out, and a request that is
/// as the document says.
///
/// Defined at `reserved_headers.yaml:6`.
pub trait Service: Serve {
    /// `GET /things`, defined at `reserved_headers.yaml:8`.
    fn list_things(
        rqctx: &RequestContext<Self::Context>,
        permit: Permit<op::ListThings, Anonymous>,
        header: params::ListThingsHeader,
    ) -> impl Future<Output = Result<responses::ListThingsResponse, Self::Error>> + Send;
    /// `DELETE /things`, defined at `reserved_headers.yaml:16`.
    fn delete_things(
        rqctx: &RequestContext<Self::Context>,
        permit: Permit<op::DeleteThings, Anonymous>,
        header: params::DeleteThingsHeader,
    ) -> impl Future<
        Output = Result<responses::DeleteThingsResponse, Self::Error>,
    > + Send;
}

// server: parameters

///Header parameters of `list_things`, `reserved_headers.yaml:8`.
#[derive(Clone, Debug, ::serde::Deserialize)]
pub struct ListThingsHeader {
    ///`X-Page`. (`reserved_headers.yaml:13`)
    #[serde(rename = "X-Page", default)]
    pub x_page: Option<i64>,
}
///Header parameters of `delete_things`, `reserved_headers.yaml:16`.
#[derive(Clone, Debug, ::serde::Deserialize)]
pub struct DeleteThingsHeader {}

// server: answers

///Answers of `list_things`, `reserved_headers.yaml:8`.
#[derive(Clone, Debug)]
pub enum ListThingsResponse {
    ///204: None. (`reserved_headers.yaml:15`)
    NoContent,
}
///Answers of `delete_things`, `reserved_headers.yaml:16`.
#[derive(Clone, Debug)]
pub enum DeleteThingsResponse {
    ///204: Gone. (`reserved_headers.yaml:21`)
    NoContent,
}
///The response component `UndeclaredError` in dropshot's document.
#[derive(Clone, Copy, Debug)]
pub enum UndeclaredErrorComponent {}

// client: methods

impl crate::Client {
    ///
    ///
    /// Sent again when it may help: twice is as good as once.
    ///
    /// `GET /things`, defined at `reserved_headers.yaml:8`.
    ///
    /// ```no_run
    /// # async fn run(client: client_crate::Client) -> Result<(), Box<dyn std::error::Error>> {
    /// let answer = client.list_things().await?;
    /// println!("{}", answer.status());
    /// # Ok(())
    /// # }
    /// ```
    pub fn list_things(&self) -> Call<ListThings> {}
    ///
    ///
    /// Sent again when it may help: twice is as good as once.
    ///
    /// `DELETE /things`, defined at `reserved_headers.yaml:16`.
    ///
    /// ```no_run
    /// # async fn run(client: client_crate::Client) -> Result<(), Box<dyn std::error::Error>> {
    /// let answer = client.delete_things().await?;
    /// println!("{}", answer.status());
    /// # Ok(())
    /// # }
    /// ```
    pub fn delete_things(&self) -> Call<DeleteThings> {}
}
impl Call<ListThings> {
    /// Sets `X-Page`.
    ///
    /// Defined at `reserved_headers.yaml:13`.
    ///
    /// ```no_run
    /// # async fn run(client: client_crate::Client) -> Result<(), Box<dyn std::error::Error>> {
    /// let answer = client.list_things().x_page(1).await?;
    /// println!("{}", answer.status());
    /// # Ok(())
    /// # }
    /// ```
    pub fn x_page(mut self, value: i64) -> Self {}
}

// client: errors

/// What [`Client::list_things`](crate::Client::list_things), defined at `reserved_headers.yaml:8`, answers when it does not succeed.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum ListThingsError {}
/// What [`Client::delete_things`](crate::Client::delete_things), defined at `reserved_headers.yaml:16`, answers when it does not succeed.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum DeleteThingsError {}

// dropshot cannot say: added-error at /paths/~1things/delete/responses, /paths/~1things/get/responses
