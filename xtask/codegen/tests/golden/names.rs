// server: the trait

/// The operations of the document. Extractors never fail: what is wrong with a request is a value that the method
/// answers in the operation's own error body.
#[dropshot::api_description{}]
pub trait Api {
    /// What every method gets.
    type Context;
    #[endpoint{method = POST,
    path = "/reserved"}]
    async fn post(
        rqctx: RequestContext<Self::Context>,
    ) -> Result<responses::PostResponse, Failure<responses::UndeclaredErrorComponent>>;
    #[endpoint{method = GET,
    path = "/reserved"}]
    async fn new(
        rqctx: RequestContext<Self::Context>,
    ) -> Result<responses::NewResponse, Failure<responses::UndeclaredErrorComponent>>;
    #[endpoint{method = PUT,
    path = "/reserved",
    operation_id = "fn"}]
    async fn fn_(
        rqctx: RequestContext<Self::Context>,
    ) -> Result<responses::FnResponse, Failure<responses::UndeclaredErrorComponent>>;
    #[endpoint{method = GET,
    path = "/type/{self}",
    operation_id = "getType",
    deprecated = true}]
    async fn get_type(
        rqctx: RequestContext<Self::Context>,
        path: Params<crate::request::Path, params::GetTypePath>,
        query: Params<crate::request::Query, params::GetTypeQuery>,
        header: Params<crate::request::Header, params::GetTypeHeader>,
    ) -> Result<responses::GetTypeResponse, ::dropshot::HttpError>;
    #[endpoint{method = DELETE,
    path = "/type/{self}"}]
    async fn delete_type_self(
        rqctx: RequestContext<Self::Context>,
        path: Params<crate::request::Path, params::DeleteTypeSelfPath>,
    ) -> Result<responses::DeleteTypeSelfResponse, ::dropshot::HttpError>;
}

// server: what is implemented

/// The operations of the document. Each handler gets what the checks before it have found out, and a request that is
/// as the document says.
///
/// Defined at `names.yaml:6`.
pub trait Service: Serve {
    /// `POST /reserved`, defined at `names.yaml:8`.
    fn post(
        rqctx: &RequestContext<Self::Context>,
        permit: Permit<op::Post, Anonymous>,
    ) -> impl Future<Output = Result<responses::PostResponse, Self::Error>> + Send;
    /// `GET /reserved`, defined at `names.yaml:11`.
    fn new(
        rqctx: &RequestContext<Self::Context>,
        permit: Permit<op::New, Anonymous>,
    ) -> impl Future<Output = Result<responses::NewResponse, Self::Error>> + Send;
    /// `PUT /reserved`, defined at `names.yaml:14`.
    fn fn_(
        rqctx: &RequestContext<Self::Context>,
        permit: Permit<op::Fn, Anonymous>,
    ) -> impl Future<Output = Result<responses::FnResponse, Self::Error>> + Send;
    /// `GET /type/{self}`, defined at `names.yaml:21`.
    fn get_type(
        rqctx: &RequestContext<Self::Context>,
        permit: Permit<op::GetType, Anonymous>,
        path: params::GetTypePath,
        query: params::GetTypeQuery,
        header: params::GetTypeHeader,
    ) -> impl Future<Output = Result<responses::GetTypeResponse, Self::Error>> + Send;
    /// `DELETE /type/{self}`, defined at `names.yaml:32`.
    fn delete_type_self(
        rqctx: &RequestContext<Self::Context>,
        permit: Permit<op::DeleteTypeSelf, Anonymous>,
        path: params::DeleteTypeSelfPath,
    ) -> impl Future<
        Output = Result<responses::DeleteTypeSelfResponse, Self::Error>,
    > + Send;
}

// server: parameters

///Path parameters of `getType`, `names.yaml:21`.
#[derive(Clone, Debug, ::serde::Deserialize)]
pub struct GetTypePath {
    ///`self`. (`names.yaml:25`)
    #[serde(rename = "self")]
    pub self_: String,
}
///Query parameters of `getType`, `names.yaml:21`.
#[derive(Clone, Debug, ::serde::Deserialize)]
pub struct GetTypeQuery {
    ///`sort-by`. (`names.yaml:26`)
    #[serde(rename = "sort-by", default)]
    pub sort_by: Option<String>,
}
///Header parameters of `getType`, `names.yaml:21`.
#[derive(Clone, Debug, ::serde::Deserialize)]
pub struct GetTypeHeader {
    ///`X-Trace`. (`names.yaml:27`)
    #[serde(rename = "X-Trace", default)]
    pub x_trace: Option<String>,
}
///Path parameters of `delete_type_self`, `names.yaml:32`.
#[derive(Clone, Debug, ::serde::Deserialize)]
pub struct DeleteTypeSelfPath {
    ///`self`. (`names.yaml:34`)
    #[serde(rename = "self")]
    pub self_: String,
}

// server: answers

///Answers of `post`, `names.yaml:8`.
#[derive(Clone, Debug)]
pub enum PostResponse {
    ///204: Done. (`names.yaml:10`)
    NoContent,
}
///Answers of `new`, `names.yaml:11`.
#[derive(Clone, Debug)]
pub enum NewResponse {
    ///204: Done. (`names.yaml:13`)
    NoContent,
}
///Answers of `fn`, `names.yaml:14`.
#[derive(Clone, Debug)]
pub enum FnResponse {
    ///200: Done. (`names.yaml:17`)
    Ok(types::Reactions),
}
///Answers of `getType`, `names.yaml:21`.
#[derive(Clone, Debug)]
pub enum GetTypeResponse {
    ///204: done (`names.yaml:29`)
    NoContent,
}
///Answers of `delete_type_self`, `names.yaml:32`.
#[derive(Clone, Debug)]
pub enum DeleteTypeSelfResponse {
    ///204: done (`names.yaml:36`)
    NoContent,
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
    /// `POST /reserved`, defined at `names.yaml:8`.
    ///
    /// ```no_run
    /// # async fn run(client: client_crate::Client) -> Result<(), Box<dyn std::error::Error>> {
    /// let answer = client.post().await?;
    /// println!("{}", answer.status());
    /// # Ok(())
    /// # }
    /// ```
    pub fn post(&self) -> Call<Post> {}
    ///
    ///
    /// Sent again when it may help: twice is as good as once.
    ///
    /// `GET /reserved`, defined at `names.yaml:11`.
    ///
    /// ```no_run
    /// # async fn run(client: client_crate::Client) -> Result<(), Box<dyn std::error::Error>> {
    /// let answer = client.new().await?;
    /// println!("{}", answer.status());
    /// # Ok(())
    /// # }
    /// ```
    pub fn new(&self) -> Call<New> {}
    ///
    ///
    /// Sent again when it may help: twice is as good as once.
    ///
    /// `PUT /reserved`, defined at `names.yaml:14`.
    ///
    /// ```no_run
    /// # async fn run(client: client_crate::Client) -> Result<(), Box<dyn std::error::Error>> {
    /// let answer = client.fn_().await?;
    /// println!("{}", answer.status());
    /// # Ok(())
    /// # }
    /// ```
    pub fn fn_(&self) -> Call<Fn> {}
    ///
    ///
    /// Sent again when it may help: twice is as good as once.
    ///
    /// `GET /type/{self}`, defined at `names.yaml:21`.
    ///
    /// ```no_run
    /// # #[allow(deprecated)]
    /// # async fn run(client: client_crate::Client) -> Result<(), Box<dyn std::error::Error>> {
    /// let answer = client.get_type("the-self_").await?;
    /// println!("{}", answer.status());
    /// # Ok(())
    /// # }
    /// ```
    #[deprecated = "deprecated by the document, at names.yaml:23"]
    pub fn get_type(&self, self_: impl Into<String>) -> Call<GetType> {}
    ///
    ///
    /// Sent again when it may help: twice is as good as once.
    ///
    /// `DELETE /type/{self}`, defined at `names.yaml:32`.
    ///
    /// ```no_run
    /// # async fn run(client: client_crate::Client) -> Result<(), Box<dyn std::error::Error>> {
    /// let answer = client.delete_type_self("the-self_").await?;
    /// println!("{}", answer.status());
    /// # Ok(())
    /// # }
    /// ```
    pub fn delete_type_self(&self, self_: impl Into<String>) -> Call<DeleteTypeSelf> {}
}
impl Call<GetType> {
    /// Sets `sort-by`.
    ///
    /// Defined at `names.yaml:26`.
    ///
    /// ```no_run
    /// # #[allow(deprecated)]
    /// # async fn run(client: client_crate::Client) -> Result<(), Box<dyn std::error::Error>> {
    /// let answer = client.get_type("the-self_").sort_by("the-sort_by").await?;
    /// println!("{}", answer.status());
    /// # Ok(())
    /// # }
    /// ```
    pub fn sort_by(mut self, value: impl Into<String>) -> Self {}
    /// Sets `X-Trace`.
    ///
    /// Defined at `names.yaml:27`.
    ///
    /// ```no_run
    /// # #[allow(deprecated)]
    /// # async fn run(client: client_crate::Client) -> Result<(), Box<dyn std::error::Error>> {
    /// let answer = client.get_type("the-self_").x_trace("the-x_trace").await?;
    /// println!("{}", answer.status());
    /// # Ok(())
    /// # }
    /// ```
    pub fn x_trace(mut self, value: impl Into<String>) -> Self {}
}

// client: errors

/// What [`Client::post`](crate::Client::post), defined at `names.yaml:8`, answers when it does not succeed.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum PostError {}
/// What [`Client::new`](crate::Client::new), defined at `names.yaml:11`, answers when it does not succeed.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum NewError {}
/// What [`Client::fn_`](crate::Client::fn_), defined at `names.yaml:14`, answers when it does not succeed.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum FnError {}
/// What [`Client::get_type`](crate::Client::get_type), defined at `names.yaml:21`, answers when it does not succeed.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum GetTypeError {
    /// 4XX: Error (`names.yaml:41`)
    ClientError(u16, types::Error),
    /// 5XX: Error (`names.yaml:41`)
    ServerError(u16, types::Error),
}
/// What [`Client::delete_type_self`](crate::Client::delete_type_self), defined at `names.yaml:32`, answers when it does not succeed.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum DeleteTypeSelfError {
    /// 4XX: Error (`names.yaml:41`)
    ClientError(u16, types::Error),
    /// 5XX: Error (`names.yaml:41`)
    ServerError(u16, types::Error),
}

// dropshot cannot say: added-error at /paths/~1reserved/get/responses, /paths/~1reserved/post/responses, /paths/~1reserved/put/responses
// dropshot cannot say: added-operation-id at /paths/~1type~1{self}/delete
