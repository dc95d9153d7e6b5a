// server: the trait

/// The operations of the document. Extractors never fail: what is wrong with a request is a value that the method
/// answers in the operation's own error body.
#[dropshot::api_description{}]
pub trait Api {
    /// What every method gets.
    type Context;
    #[endpoint{method = PUT,
    path = "/a"}]
    async fn put_a(
        rqctx: RequestContext<Self::Context>,
    ) -> Result<responses::PutAResponse, Failure<responses::UndeclaredErrorComponent>>;
    #[endpoint{method = PUT,
    path = "/b"}]
    async fn put_b(
        rqctx: RequestContext<Self::Context>,
    ) -> Result<responses::PutBResponse, Failure<responses::UndeclaredErrorComponent>>;
}

// server: what is implemented

/// The operations of the document. Each handler gets what the checks before it have found out, and a request that is
/// as the document says.
///
/// Defined at `several_successes.yaml:6`.
pub trait Service: Serve {
    /// `PUT /a`, defined at `several_successes.yaml:8`.
    fn put_a(
        rqctx: &RequestContext<Self::Context>,
        permit: Permit<op::PutA, Anonymous>,
    ) -> impl Future<Output = Result<responses::PutAResponse, Self::Error>> + Send;
    /// `PUT /b`, defined at `several_successes.yaml:22`.
    fn put_b(
        rqctx: &RequestContext<Self::Context>,
        permit: Permit<op::PutB, Anonymous>,
    ) -> impl Future<Output = Result<responses::PutBResponse, Self::Error>> + Send;
}

// server: answers

///Answers of `put_a`, `several_successes.yaml:8`.
#[derive(Clone, Debug)]
pub enum PutAResponse {
    ///200: successful operation (`several_successes.yaml:11`)
    Ok(types::Thing),
    ///201: created (`several_successes.yaml:16`)
    Created(types::Thing),
}
///Answers of `put_b`, `several_successes.yaml:22`.
#[derive(Clone, Debug)]
pub enum PutBResponse {
    ///200: successful operation (`several_successes.yaml:25`)
    Ok(types::Thing),
    ///202: later (`several_successes.yaml:30`)
    Accepted,
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
    /// `PUT /a`, defined at `several_successes.yaml:8`.
    ///
    /// ```no_run
    /// # async fn run(client: client_crate::Client) -> Result<(), Box<dyn std::error::Error>> {
    /// let answer = client.put_a().await?;
    /// println!("{}", answer.status());
    /// # Ok(())
    /// # }
    /// ```
    pub fn put_a(&self) -> Call<PutA> {}
    ///
    ///
    /// Sent again when it may help: twice is as good as once.
    ///
    /// `PUT /b`, defined at `several_successes.yaml:22`.
    ///
    /// ```no_run
    /// # async fn run(client: client_crate::Client) -> Result<(), Box<dyn std::error::Error>> {
    /// let answer = client.put_b().await?;
    /// println!("{}", answer.status());
    /// # Ok(())
    /// # }
    /// ```
    pub fn put_b(&self) -> Call<PutB> {}
}
/// What a success of [`Client::put_b`](crate::Client::put_b) gives.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum PutBSuccess {
    /// 200: successful operation (`several_successes.yaml:25`)
    Ok(types::Thing),
    /// 202: later (`several_successes.yaml:30`)
    Accepted,
}

// client: errors

/// What [`Client::put_a`](crate::Client::put_a), defined at `several_successes.yaml:8`, answers when it does not succeed.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum PutAError {}
/// What [`Client::put_b`](crate::Client::put_b), defined at `several_successes.yaml:22`, answers when it does not succeed.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum PutBError {}

// dropshot cannot say: added-error at /paths/~1a/put/responses, /paths/~1b/put/responses
// dropshot cannot say: success-status at /paths/~1a/put/responses/201, /paths/~1b/put/responses/202
