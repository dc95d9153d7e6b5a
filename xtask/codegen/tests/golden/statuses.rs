// server: the trait

/// The operations of the document. Extractors never fail: what is wrong with a request is a value that the method
/// answers in the operation's own error body.
#[dropshot::api_description{}]
pub trait Api {
    /// What every method gets.
    type Context;
    #[endpoint{method = POST,
    path = "/later"}]
    async fn later(
        rqctx: RequestContext<Self::Context>,
    ) -> Result<responses::LaterResponse, ::dropshot::HttpError>;
    #[endpoint{method = GET,
    path = "/found"}]
    async fn found(
        rqctx: RequestContext<Self::Context>,
    ) -> Result<responses::FoundResponse, ::dropshot::HttpError>;
    #[endpoint{method = GET,
    path = "/any"}]
    async fn any(
        rqctx: RequestContext<Self::Context>,
    ) -> Result<responses::AnyResponse, Failure<responses::UndeclaredErrorComponent>>;
}

// server: what is implemented

/// The operations of the document. Each handler gets what the checks before it have found out, and a request that is
/// as the document says.
///
/// Defined at `statuses.yaml:6`.
pub trait Service: Serve {
    /// `POST /later`, defined at `statuses.yaml:8`.
    fn later(
        rqctx: &RequestContext<Self::Context>,
        permit: Permit<op::Later, Anonymous>,
    ) -> impl Future<Output = Result<responses::LaterResponse, Self::Error>> + Send;
    /// `GET /found`, defined at `statuses.yaml:15`.
    fn found(
        rqctx: &RequestContext<Self::Context>,
        permit: Permit<op::Found, Anonymous>,
    ) -> impl Future<Output = Result<responses::FoundResponse, Self::Error>> + Send;
    /// `GET /any`, defined at `statuses.yaml:25`.
    fn any(
        rqctx: &RequestContext<Self::Context>,
        permit: Permit<op::Any, Anonymous>,
    ) -> impl Future<Output = Result<responses::AnyResponse, Self::Error>> + Send;
}

// server: answers

///Answers of `later`, `statuses.yaml:8`.
#[derive(Clone, Debug)]
pub enum LaterResponse {
    ///202: successfully enqueued operation (`statuses.yaml:11`)
    Accepted,
}
///Answers of `found`, `statuses.yaml:15`.
#[derive(Clone, Debug)]
pub enum FoundResponse {
    ///302: redirect (found) (`statuses.yaml:18`)
    Found {
        ///Header `location` (`statuses.yaml:21`).
        location: String,
    },
}
///Answers of `any`, `statuses.yaml:25`.
#[derive(Debug)]
pub enum AnyResponse {
    ///default:  (`statuses.yaml:28`)
    Default {
        /// The status.
        status: u16,
        /// The body.
        body: Raw,
    },
}
///The response component `UndeclaredError` in dropshot's document.
#[derive(Clone, Copy, Debug)]
pub enum UndeclaredErrorComponent {}

// client: methods

impl crate::Client {
    ///
    ///
    /// Sent again only if no connection came about.
    ///
    /// `POST /later`, defined at `statuses.yaml:8`.
    ///
    /// ```no_run
    /// # async fn run(client: client_crate::Client) -> Result<(), Box<dyn std::error::Error>> {
    /// let answer = client.later().await?;
    /// println!("{}", answer.status());
    /// # Ok(())
    /// # }
    /// ```
    pub fn later(&self) -> Call<Later> {}
    ///
    ///
    /// Sent again when it may help: twice is as good as once.
    ///
    /// `GET /found`, defined at `statuses.yaml:15`.
    ///
    /// ```no_run
    /// # async fn run(client: client_crate::Client) -> Result<(), Box<dyn std::error::Error>> {
    /// let answer = client.found().await?;
    /// println!("{}", answer.status());
    /// # Ok(())
    /// # }
    /// ```
    pub fn found(&self) -> Call<Found> {}
    ///
    ///
    /// Sent again when it may help: twice is as good as once.
    ///
    /// `GET /any`, defined at `statuses.yaml:25`.
    ///
    /// ```no_run
    /// # async fn run(client: client_crate::Client) -> Result<(), Box<dyn std::error::Error>> {
    /// let answer = client.any().await?;
    /// println!("{}", answer.status());
    /// # Ok(())
    /// # }
    /// ```
    pub fn any(&self) -> Call<Any> {}
}

// client: errors

/// What [`Client::later`](crate::Client::later), defined at `statuses.yaml:8`, answers when it does not succeed.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum LaterError {
    /// 4XX: Error (`statuses.yaml:31`)
    ClientError(u16, types::Error),
    /// 5XX: Error (`statuses.yaml:31`)
    ServerError(u16, types::Error),
}
/// What [`Client::found`](crate::Client::found), defined at `statuses.yaml:15`, answers when it does not succeed.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum FoundError {
    /// 4XX: Error (`statuses.yaml:31`)
    ClientError(u16, types::Error),
    /// 5XX: Error (`statuses.yaml:31`)
    ServerError(u16, types::Error),
}
/// What [`Client::any`](crate::Client::any), defined at `statuses.yaml:25`, answers when it does not succeed.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum AnyError {}

