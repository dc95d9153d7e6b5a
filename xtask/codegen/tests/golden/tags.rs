// server: the trait

/// The operations of the document. Extractors never fail: what is wrong with a request is a value that the method
/// answers in the operation's own error body.
#[dropshot::api_description{tag_config = {tags = {"first" = {description = "The first.",
external_docs = {description = "More",
url = "https://example.invalid"}},
"second" = {},
"unused" = {description = "Nobody has it.",
}}}}]
pub trait Api {
    /// What every method gets.
    type Context;
    #[endpoint{method = GET,
    path = "/a",
    tags = ["first",
    "second"]}]
    async fn get_a(
        rqctx: RequestContext<Self::Context>,
    ) -> Result<responses::GetAResponse, Failure<responses::UndeclaredErrorComponent>>;
    #[endpoint{method = GET,
    path = "/b"}]
    async fn get_b(
        rqctx: RequestContext<Self::Context>,
    ) -> Result<responses::GetBResponse, Failure<responses::UndeclaredErrorComponent>>;
}

// server: what is implemented

/// The operations of the document. Each handler gets what the checks before it have found out, and a request that is
/// as the document says.
///
/// Defined at `tags.yaml:10`.
pub trait Service: Serve {
    /// `GET /a`, defined at `tags.yaml:12`.
    fn get_a(
        rqctx: &RequestContext<Self::Context>,
        permit: Permit<op::GetA, Anonymous>,
    ) -> impl Future<Output = Result<responses::GetAResponse, Self::Error>> + Send;
    /// `GET /b`, defined at `tags.yaml:14`.
    fn get_b(
        rqctx: &RequestContext<Self::Context>,
        permit: Permit<op::GetB, Anonymous>,
    ) -> impl Future<Output = Result<responses::GetBResponse, Self::Error>> + Send;
}

// server: answers

///Answers of `get_a`, `tags.yaml:12`.
#[derive(Clone, Debug)]
pub enum GetAResponse {
    ///204: done (`tags.yaml:12`)
    NoContent,
}
///Answers of `get_b`, `tags.yaml:14`.
#[derive(Clone, Debug)]
pub enum GetBResponse {
    ///204: done (`tags.yaml:14`)
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
    /// `GET /a`, defined at `tags.yaml:12`.
    ///
    /// ```no_run
    /// # async fn run(client: client_crate::Client) -> Result<(), Box<dyn std::error::Error>> {
    /// let answer = client.get_a().await?;
    /// println!("{}", answer.status());
    /// # Ok(())
    /// # }
    /// ```
    pub fn get_a(&self) -> Call<GetA> {}
    ///
    ///
    /// Sent again when it may help: twice is as good as once.
    ///
    /// `GET /b`, defined at `tags.yaml:14`.
    ///
    /// ```no_run
    /// # async fn run(client: client_crate::Client) -> Result<(), Box<dyn std::error::Error>> {
    /// let answer = client.get_b().await?;
    /// println!("{}", answer.status());
    /// # Ok(())
    /// # }
    /// ```
    pub fn get_b(&self) -> Call<GetB> {}
}

// client: errors

/// What [`Client::get_a`](crate::Client::get_a), defined at `tags.yaml:12`, answers when it does not succeed.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum GetAError {}
/// What [`Client::get_b`](crate::Client::get_b), defined at `tags.yaml:14`, answers when it does not succeed.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum GetBError {}

// dropshot cannot say: added-error at /paths/~1a/get/responses, /paths/~1b/get/responses
