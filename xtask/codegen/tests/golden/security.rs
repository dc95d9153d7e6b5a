// server: the trait

/// The operations of the document. Extractors never fail: what is wrong with a request is a value that the method
/// answers in the operation's own error body.
#[dropshot::api_description{}]
pub trait Api {
    /// What every method gets.
    type Context;
    #[endpoint{method = GET,
    path = "/a"}]
    async fn get_a(
        rqctx: RequestContext<Self::Context>,
    ) -> Result<responses::GetAResponse, Failure<responses::UndeclaredErrorComponent>>;
    #[endpoint{method = GET,
    path = "/b"}]
    async fn get_b(
        rqctx: RequestContext<Self::Context>,
    ) -> Result<responses::GetBResponse, Failure<responses::UndeclaredErrorComponent>>;
    #[endpoint{method = GET,
    path = "/c"}]
    async fn get_c(
        rqctx: RequestContext<Self::Context>,
    ) -> Result<responses::GetCResponse, Failure<responses::UndeclaredErrorComponent>>;
}

// server: what is implemented

/// The document's credentials: one hook for each alternative that an operation takes.
///
/// A hook says who presents what it is given, or that it is not valid, alone or together. It is called for
/// credentials that are complete; an operation without credentials calls none.
///
/// Defined at `security.yaml:15`.
pub trait Authenticate: Serve {
    /// Who is calling.
    type Caller: Send;
    /// Who presents these credentials; none: they are not valid.
    ///
    /// * `basic`, defined at `security.yaml:16`:
    fn basic(
        rqctx: &RequestContext<Self::Context>,
        operation: Operation,
        basic: Basic,
    ) -> impl Future<Output = Result<Option<Self::Caller>, Self::Error>> + Send;
    /// Who presents these credentials; none: they are not valid.
    ///
    /// * `bearer`, defined at `security.yaml:17`:
    fn bearer(
        rqctx: &RequestContext<Self::Context>,
        operation: Operation,
        bearer: Sensitive,
    ) -> impl Future<Output = Result<Option<Self::Caller>, Self::Error>> + Send;
    /// Who presents these credentials; none: they are not valid.
    ///
    /// * `bearer`, defined at `security.yaml:17`:
    /// * `key`, defined at `security.yaml:18`:
    fn bearer_and_key(
        rqctx: &RequestContext<Self::Context>,
        operation: Operation,
        bearer: Sensitive,
        key: Sensitive,
    ) -> impl Future<Output = Result<Option<Self::Caller>, Self::Error>> + Send;
}
/// The operations of the document. Each handler gets what the checks before it have found out, and a request that is
/// as the document says.
///
/// Defined at `security.yaml:7`.
pub trait Service: Authenticate + Serve {
    /// `GET /a`, defined at `security.yaml:9`.
    fn get_a(
        rqctx: &RequestContext<Self::Context>,
        permit: Permit<op::GetA, <Self as Authenticate>::Caller>,
    ) -> impl Future<Output = Result<responses::GetAResponse, Self::Error>> + Send;
    /// `GET /b`, defined at `security.yaml:11`.
    fn get_b(
        rqctx: &RequestContext<Self::Context>,
        permit: Permit<op::GetB, Anonymous>,
    ) -> impl Future<Output = Result<responses::GetBResponse, Self::Error>> + Send;
    /// `GET /c`, defined at `security.yaml:13`.
    fn get_c(
        rqctx: &RequestContext<Self::Context>,
        permit: Permit<op::GetC, <Self as Authenticate>::Caller>,
    ) -> impl Future<Output = Result<responses::GetCResponse, Self::Error>> + Send;
}

// server: answers

///Answers of `get_a`, `security.yaml:9`.
#[derive(Clone, Debug)]
pub enum GetAResponse {
    ///204: done (`security.yaml:9`)
    NoContent,
}
///Answers of `get_b`, `security.yaml:11`.
#[derive(Clone, Debug)]
pub enum GetBResponse {
    ///204: done (`security.yaml:11`)
    NoContent,
}
///Answers of `get_c`, `security.yaml:13`.
#[derive(Clone, Debug)]
pub enum GetCResponse {
    ///204: done (`security.yaml:13`)
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
    /// `GET /a`, defined at `security.yaml:9`.
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
    /// `GET /b`, defined at `security.yaml:11`.
    ///
    /// ```no_run
    /// # async fn run(client: client_crate::Client) -> Result<(), Box<dyn std::error::Error>> {
    /// let answer = client.get_b().await?;
    /// println!("{}", answer.status());
    /// # Ok(())
    /// # }
    /// ```
    pub fn get_b(&self) -> Call<GetB> {}
    ///
    ///
    /// Sent again when it may help: twice is as good as once.
    ///
    /// `GET /c`, defined at `security.yaml:13`.
    ///
    /// ```no_run
    /// # async fn run(client: client_crate::Client) -> Result<(), Box<dyn std::error::Error>> {
    /// let answer = client.get_c().await?;
    /// println!("{}", answer.status());
    /// # Ok(())
    /// # }
    /// ```
    pub fn get_c(&self) -> Call<GetC> {}
}

// client: errors

/// What [`Client::get_a`](crate::Client::get_a), defined at `security.yaml:9`, answers when it does not succeed.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum GetAError {}
/// What [`Client::get_b`](crate::Client::get_b), defined at `security.yaml:11`, answers when it does not succeed.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum GetBError {}
/// What [`Client::get_c`](crate::Client::get_c), defined at `security.yaml:13`, answers when it does not succeed.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum GetCError {}

// dropshot cannot say: added-error at /paths/~1a/get/responses, /paths/~1b/get/responses, /paths/~1c/get/responses
// dropshot cannot say: security at /paths/~1a/get/security, /paths/~1c/get/security, /security
// dropshot cannot say: security-scheme at /components/securitySchemes/basic, /components/securitySchemes/bearer, /components/securitySchemes/key
