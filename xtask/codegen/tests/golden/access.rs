// server: the trait

/// The operations of the document. Extractors never fail: what is wrong with a request is a value that the method
/// answers in the operation's own error body.
#[dropshot::api_description{}]
pub trait Api {
    /// What every method gets.
    type Context;
    #[endpoint{method = GET,
    path = "/things/{id}"}]
    async fn get_thing(
        rqctx: RequestContext<Self::Context>,
        path: Params<crate::request::Path, params::GetThingPath>,
    ) -> Result<responses::GetThingResponse, Failure<responses::WrongComponent>>;
    #[endpoint{method = PUT,
    path = "/things/{id}",
    request_body_max_bytes = 65536usize}]
    async fn put_thing(
        rqctx: RequestContext<Self::Context>,
        path: Params<crate::request::Path, params::PutThingPath>,
        body: Optional<Body<types::Thing>>,
    ) -> Result<responses::PutThingResponse, Failure<types::Trouble>>;
    #[endpoint{method = DELETE,
    path = "/things/{id}"}]
    async fn delete_thing(
        rqctx: RequestContext<Self::Context>,
        path: Params<crate::request::Path, params::DeleteThingPath>,
    ) -> Result<
        responses::DeleteThingResponse,
        Failure<responses::UndeclaredErrorComponent>,
    >;
    #[endpoint{method = GET,
    path = "/mine"}]
    async fn get_mine(
        rqctx: RequestContext<Self::Context>,
    ) -> Result<
        responses::GetMineResponse,
        Failure<responses::UndeclaredErrorComponent>,
    >;
    #[endpoint{method = POST,
    path = "/mine",
    request_body_max_bytes = 16777216usize}]
    async fn post_mine(
        rqctx: RequestContext<Self::Context>,
        body: Raw,
    ) -> Result<
        responses::PostMineResponse,
        Failure<responses::UndeclaredErrorComponent>,
    >;
    #[endpoint{method = GET,
    path = "/anybody"}]
    async fn get_anybody(
        rqctx: RequestContext<Self::Context>,
    ) -> Result<
        responses::GetAnybodyResponse,
        Failure<responses::UndeclaredErrorComponent>,
    >;
}

// server: what is implemented

/// The document's credentials: one hook for each alternative that an operation takes.
///
/// A hook says who presents what it is given, or that it is not valid, alone or together. It is called for
/// credentials that are complete; an operation without credentials calls none.
///
/// Defined at `access.yaml:54`.
pub trait Authenticate: Serve {
    /// Who is calling.
    type Caller: Send;
    /// Who presents these credentials; none: they are not valid.
    ///
    /// * `basic`, defined at `access.yaml:55`:
    fn basic(
        rqctx: &RequestContext<Self::Context>,
        operation: Operation,
        basic: Basic,
    ) -> impl Future<Output = Result<Option<Self::Caller>, Self::Error>> + Send;
    /// Who presents these credentials; none: they are not valid.
    ///
    /// * `bearer`, defined at `access.yaml:56`:
    /// * `key`, defined at `access.yaml:57`:
    fn bearer_and_key(
        rqctx: &RequestContext<Self::Context>,
        operation: Operation,
        bearer: Sensitive,
        key: Sensitive,
    ) -> impl Future<Output = Result<Option<Self::Caller>, Self::Error>> + Send;
}
/// An operation whose `x-access` says `admin`, first at `access.yaml:38`, with all that its rule can depend on.
#[derive(Clone, Copy, Debug)]
pub enum AdminRequest<C> {
    /// `POST /mine`: Whoever may. (`access.yaml:38`)
    PostMine {
        /// Who is calling, if anyone says so.
        caller: Option<C>,
    },
}
/// An operation whose `x-access` says `thing-keeper`, first at `access.yaml:19`, with all that its rule can depend on.
#[derive(Clone, Copy, Debug)]
pub enum ThingKeeperRequest<'a, C> {
    /// `PUT /things/{id}`: Whoever keeps the thing. (`access.yaml:19`)
    PutThing {
        /// Who is calling.
        caller: C,
        /// The request's path.
        path: &'a params::PutThingPath,
        /// The request's body.
        body: Option<&'a types::Thing>,
    },
    /// `DELETE /things/{id}`: Whoever knows its name. (`access.yaml:28`)
    DeleteThing {
        /// The request's path.
        path: &'a params::DeleteThingPath,
    },
}
/// The document's rules of access: one hook for each word of `x-access`.
///
/// A hook is called when the credentials are valid and the request is as the document says. What it answers is all
/// that lets the handler run, and reaches it. A new operation is a new variant of what the hook is asked.
///
/// The rules stand below `access.yaml:7`.
pub trait Authorize: Authenticate {
    /// What proves that the caller is allowed in as `admin`, first said at `access.yaml:38`.
    type Admin: Send;
    /// What proves that the caller is allowed in as `thing-keeper`, first said at `access.yaml:19`.
    type ThingKeeper: Send;
    /// Checks the rule of an operation whose `x-access` says `admin`, first at `access.yaml:38`.
    fn admin(
        rqctx: &RequestContext<Self::Context>,
        request: AdminRequest<<Self as Authenticate>::Caller>,
    ) -> impl Future<Output = Result<Self::Admin, Self::Error>> + Send;
    /// Checks the rule of an operation whose `x-access` says `thing-keeper`, first at `access.yaml:19`.
    fn thing_keeper(
        rqctx: &RequestContext<Self::Context>,
        request: ThingKeeperRequest<'_, <Self as Authenticate>::Caller>,
    ) -> impl Future<Output = Result<Self::ThingKeeper, Self::Error>> + Send;
}
/// The operations of the document. Each handler gets what the checks before it have found out, and a request that is
/// as the document says.
///
/// Defined at `access.yaml:7`.
pub trait Service: Authenticate + Authorize + Serve<
        Refusal: ErrorFor<crate::reply::Raw> + ErrorFor<types::Trouble>,
    > {
    /// `GET /things/{id}`, defined at `access.yaml:11`.
    fn get_thing(
        rqctx: &RequestContext<Self::Context>,
        permit: Permit<op::GetThing, <Self as Authenticate>::Caller>,
        path: params::GetThingPath,
    ) -> impl Future<Output = Result<responses::GetThingResponse, Self::Error>> + Send;
    /// `PUT /things/{id}`, defined at `access.yaml:17`.
    fn put_thing(
        rqctx: &RequestContext<Self::Context>,
        permit: Permit<op::PutThing, <Self as Authorize>::ThingKeeper>,
        path: params::PutThingPath,
        body: Option<types::Thing>,
    ) -> impl Future<Output = Result<responses::PutThingResponse, Self::Error>> + Send;
    /// `DELETE /things/{id}`, defined at `access.yaml:25`.
    fn delete_thing(
        rqctx: &RequestContext<Self::Context>,
        permit: Permit<op::DeleteThing, <Self as Authorize>::ThingKeeper>,
        path: params::DeleteThingPath,
    ) -> impl Future<
        Output = Result<responses::DeleteThingResponse, Self::Error>,
    > + Send;
    /// `GET /mine`, defined at `access.yaml:31`.
    fn get_mine(
        rqctx: &RequestContext<Self::Context>,
        permit: Permit<op::GetMine, Option<<Self as Authenticate>::Caller>>,
    ) -> impl Future<Output = Result<responses::GetMineResponse, Self::Error>> + Send;
    /// `POST /mine`, defined at `access.yaml:35`.
    fn post_mine(
        rqctx: &RequestContext<Self::Context>,
        permit: Permit<op::PostMine, <Self as Authorize>::Admin>,
        body: Raw,
    ) -> impl Future<Output = Result<responses::PostMineResponse, Self::Error>> + Send;
    /// `GET /anybody`, defined at `access.yaml:42`.
    fn get_anybody(
        rqctx: &RequestContext<Self::Context>,
        permit: Permit<op::GetAnybody, Anonymous>,
    ) -> impl Future<Output = Result<responses::GetAnybodyResponse, Self::Error>> + Send;
}

// server: parameters

///Path parameters of `get_thing`, `access.yaml:11`.
#[derive(Clone, Debug, ::serde::Deserialize)]
pub struct GetThingPath {
    ///`id`. (`access.yaml:10`)
    #[serde(rename = "id")]
    pub id: String,
}
///Path parameters of `put_thing`, `access.yaml:17`.
#[derive(Clone, Debug, ::serde::Deserialize)]
pub struct PutThingPath {
    ///`id`. (`access.yaml:10`)
    #[serde(rename = "id")]
    pub id: String,
}
///Path parameters of `delete_thing`, `access.yaml:25`.
#[derive(Clone, Debug, ::serde::Deserialize)]
pub struct DeleteThingPath {
    ///`id`. (`access.yaml:10`)
    #[serde(rename = "id")]
    pub id: String,
}

// server: answers

///Answers of `get_thing`, `access.yaml:11`.
#[derive(Clone, Debug)]
pub enum GetThingResponse {
    ///204: done (`access.yaml:15`)
    NoContent,
    ///default: wrong (`access.yaml:48`)
    Default {
        /// The status.
        status: u16,
        /// The body.
        body: types::Trouble,
    },
}
///Answers of `put_thing`, `access.yaml:17`.
#[derive(Clone, Debug)]
pub enum PutThingResponse {
    ///204: done (`access.yaml:22`)
    NoContent,
    ///503: busy (`access.yaml:24`)
    ServiceUnavailable {
        ///Header `Retry-After` (`access.yaml:24`).
        retry_after: String,
    },
    ///4XX: wrong (`access.yaml:48`)
    ClientError {
        /// The status.
        status: u16,
        /// The body.
        body: types::Trouble,
    },
}
///Answers of `delete_thing`, `access.yaml:25`.
#[derive(Clone, Debug)]
pub enum DeleteThingResponse {
    ///204: done (`access.yaml:29`)
    NoContent,
}
///Answers of `get_mine`, `access.yaml:31`.
#[derive(Clone, Debug)]
pub enum GetMineResponse {
    ///204: done (`access.yaml:34`)
    NoContent,
}
///Answers of `post_mine`, `access.yaml:35`.
#[derive(Debug)]
pub enum PostMineResponse {
    ///204: done (`access.yaml:40`)
    NoContent,
    ///401: who (`access.yaml:40`)
    Unauthorized(Raw),
}
///Answers of `get_anybody`, `access.yaml:42`.
#[derive(Clone, Debug)]
pub enum GetAnybodyResponse {
    ///204: done (`access.yaml:45`)
    NoContent,
}
///The response component `UndeclaredError` in dropshot's document.
#[derive(Clone, Copy, Debug)]
pub enum UndeclaredErrorComponent {}
///The response component `Wrong` in dropshot's document.
///
/// Defined at `access.yaml:48`.
#[derive(Clone, Copy, Debug)]
pub enum WrongComponent {}

// client: methods

impl crate::Client {
    ///
    ///
    /// Who may call: Whoever is known.
    ///
    /// Sent again when it may help: twice is as good as once.
    ///
    /// `GET /things/{id}`, defined at `access.yaml:11`.
    ///
    /// ```no_run
    /// # async fn run(client: client_crate::Client) -> Result<(), Box<dyn std::error::Error>> {
    /// let answer = client.get_thing("the-id").await?;
    /// println!("{}", answer.status());
    /// # Ok(())
    /// # }
    /// ```
    pub fn get_thing(&self, id: impl Into<String>) -> Call<GetThing> {}
    ///
    ///
    /// Who may call: Whoever keeps the thing.
    ///
    /// Sent again when it may help: twice is as good as once.
    ///
    /// `PUT /things/{id}`, defined at `access.yaml:17`.
    ///
    /// ```no_run
    /// # async fn run(client: client_crate::Client) -> Result<(), Box<dyn std::error::Error>> {
    /// let answer = client.put_thing("the-id").await?;
    /// println!("{}", answer.status());
    /// # Ok(())
    /// # }
    /// ```
    pub fn put_thing(&self, id: impl Into<String>) -> Call<PutThing> {}
    ///
    ///
    /// Who may call: Whoever knows its name.
    ///
    /// Sent again when it may help: twice is as good as once.
    ///
    /// `DELETE /things/{id}`, defined at `access.yaml:25`.
    ///
    /// ```no_run
    /// # async fn run(client: client_crate::Client) -> Result<(), Box<dyn std::error::Error>> {
    /// let answer = client.delete_thing("the-id").await?;
    /// println!("{}", answer.status());
    /// # Ok(())
    /// # }
    /// ```
    pub fn delete_thing(&self, id: impl Into<String>) -> Call<DeleteThing> {}
    ///
    ///
    /// Sent again when it may help: twice is as good as once.
    ///
    /// `GET /mine`, defined at `access.yaml:31`.
    ///
    /// ```no_run
    /// # async fn run(client: client_crate::Client) -> Result<(), Box<dyn std::error::Error>> {
    /// let answer = client.get_mine().await?;
    /// println!("{}", answer.status());
    /// # Ok(())
    /// # }
    /// ```
    pub fn get_mine(&self) -> Call<GetMine> {}
    ///
    ///
    /// Who may call: Whoever may.
    ///
    /// Sent again only if no connection came about.
    ///
    /// `POST /mine`, defined at `access.yaml:35`.
    ///
    /// ```no_run
    /// # async fn run(client: client_crate::Client) -> Result<(), Box<dyn std::error::Error>> {
    /// let body = "the bytes of the body";
    /// let answer = client.post_mine(body).await?;
    /// println!("{}", answer.status());
    /// # Ok(())
    /// # }
    /// ```
    pub fn post_mine(&self, body: impl IntoBody<RawBody>) -> Call<PostMine> {}
    ///
    ///
    /// Sent again when it may help: twice is as good as once.
    ///
    /// `GET /anybody`, defined at `access.yaml:42`.
    ///
    /// ```no_run
    /// # async fn run(client: client_crate::Client) -> Result<(), Box<dyn std::error::Error>> {
    /// let answer = client.get_anybody().await?;
    /// println!("{}", answer.status());
    /// # Ok(())
    /// # }
    /// ```
    pub fn get_anybody(&self) -> Call<GetAnybody> {}
}
impl Call<PutThing> {
    /// Sets the body; without one the request has none.
    pub fn body(mut self, body: impl IntoBody<types::Thing>) -> Self {}
}

// client: errors

/// What [`Client::get_thing`](crate::Client::get_thing), defined at `access.yaml:11`, answers when it does not succeed.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum GetThingError {
    /// default: wrong (`access.yaml:48`)
    Default(u16, types::Trouble),
}
/// What [`Client::put_thing`](crate::Client::put_thing), defined at `access.yaml:17`, answers when it does not succeed.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum PutThingError {
    /// 503: busy (`access.yaml:24`)
    ServiceUnavailable,
    /// 4XX: wrong (`access.yaml:48`)
    ClientError(u16, types::Trouble),
}
/// What [`Client::delete_thing`](crate::Client::delete_thing), defined at `access.yaml:25`, answers when it does not succeed.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum DeleteThingError {}
/// What [`Client::get_mine`](crate::Client::get_mine), defined at `access.yaml:31`, answers when it does not succeed.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum GetMineError {}
/// What [`Client::post_mine`](crate::Client::post_mine), defined at `access.yaml:35`, answers when it does not succeed.
#[derive(Clone)]
#[non_exhaustive]
pub enum PostMineError {
    /// 401: who (`access.yaml:40`)
    Unauthorized(::std::vec::Vec<u8>),
}
/// What [`Client::get_anybody`](crate::Client::get_anybody), defined at `access.yaml:42`, answers when it does not succeed.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum GetAnybodyError {}

// dropshot cannot say: added-error at /paths/~1anybody/get/responses, /paths/~1mine/get/responses, /paths/~1mine/post/responses, /paths/~1things~1{id}/delete/responses
// dropshot cannot say: error-description at /components/responses/Wrong/description, /paths/~1mine/post/responses/401/description, /paths/~1things~1{id}/put/responses/503/description
// dropshot cannot say: error-header at /paths/~1things~1{id}/put/responses/503/headers/Retry-After
// dropshot cannot say: error-media-type at /paths/~1mine/post/responses/401/content
// dropshot cannot say: error-status at /paths/~1mine/post/responses/401, /paths/~1things~1{id}/get/responses/default, /paths/~1things~1{id}/put/responses/503
// dropshot cannot say: extension at /paths/~1mine/post/x-access, /paths/~1things~1{id}/delete/x-access, /paths/~1things~1{id}/get/x-access, /paths/~1things~1{id}/put/x-access
// dropshot cannot say: optional-body at /paths/~1things~1{id}/put/requestBody
// dropshot cannot say: response-example at /components/responses/Wrong/content/application~1json/example
// dropshot cannot say: security at /paths/~1mine/get/security, /paths/~1mine/post/security, /paths/~1things~1{id}/get/security, /paths/~1things~1{id}/put/security, /security
// dropshot cannot say: security-scheme at /components/securitySchemes/basic, /components/securitySchemes/bearer, /components/securitySchemes/key
