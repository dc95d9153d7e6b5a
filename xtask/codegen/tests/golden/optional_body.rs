// server: the trait

/// The operations of the document. Extractors never fail: what is wrong with a request is a value that the method
/// answers in the operation's own error body.
#[dropshot::api_description{}]
pub trait Api {
    /// What every method gets.
    type Context;
    #[endpoint{method = POST,
    path = "/a",
    request_body_max_bytes = 65536usize}]
    async fn post_a(
        rqctx: RequestContext<Self::Context>,
        body: Optional<Body<types::Thing>>,
    ) -> Result<responses::PostAResponse, ::dropshot::HttpError>;
}

// server: what is implemented

/// The operations of the document. Each handler gets what the checks before it have found out, and a request that is
/// as the document says.
///
/// Defined at `optional_body.yaml:6`.
pub trait Service: Serve {
    /// `POST /a`, defined at `optional_body.yaml:8`.
    fn post_a(
        rqctx: &RequestContext<Self::Context>,
        permit: Permit<op::PostA, Anonymous>,
        body: Option<types::Thing>,
    ) -> impl Future<Output = Result<responses::PostAResponse, Self::Error>> + Send;
}

// server: answers

///Answers of `post_a`, `optional_body.yaml:8`.
#[derive(Clone, Debug)]
pub enum PostAResponse {
    ///204: done (`optional_body.yaml:13`)
    NoContent,
}

// client: methods

impl crate::Client {
    ///
    ///
    /// Sent again only if no connection came about.
    ///
    /// `POST /a`, defined at `optional_body.yaml:8`.
    ///
    /// ```no_run
    /// # async fn run(client: client_crate::Client) -> Result<(), Box<dyn std::error::Error>> {
    /// let answer = client.post_a().await?;
    /// println!("{}", answer.status());
    /// # Ok(())
    /// # }
    /// ```
    pub fn post_a(&self) -> Call<PostA> {}
}
impl Call<PostA> {
    /// Sets the body; without one the request has none.
    pub fn body(mut self, body: impl IntoBody<types::Thing>) -> Self {}
}

// client: errors

/// What [`Client::post_a`](crate::Client::post_a), defined at `optional_body.yaml:8`, answers when it does not succeed.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum PostAError {
    /// 4XX: Error (`optional_body.yaml:18`)
    ClientError(u16, types::Error),
    /// 5XX: Error (`optional_body.yaml:18`)
    ServerError(u16, types::Error),
}

// dropshot cannot say: optional-body at /paths/~1a/post/requestBody
