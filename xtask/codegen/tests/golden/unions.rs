// server: the trait

/// The operations of the document. Extractors never fail: what is wrong with a request is a value that the method
/// answers in the operation's own error body.
#[dropshot::api_description{}]
pub trait Api {
    /// What every method gets.
    type Context;
    #[endpoint{method = GET,
    path = "/shape"}]
    async fn get_shape(
        rqctx: RequestContext<Self::Context>,
    ) -> Result<responses::GetShapeResponse, ::dropshot::HttpError>;
    #[endpoint{method = GET,
    path = "/name"}]
    async fn get_name(
        rqctx: RequestContext<Self::Context>,
        query: Params<crate::request::Query, params::GetNameQuery>,
    ) -> Result<responses::GetNameResponse, ::dropshot::HttpError>;
}

// server: what is implemented

/// The operations of the document. Each handler gets what the checks before it have found out, and a request that is
/// as the document says.
///
/// Defined at `unions.yaml:6`.
pub trait Service: Serve {
    /// `GET /shape`, defined at `unions.yaml:8`.
    fn get_shape(
        rqctx: &RequestContext<Self::Context>,
        permit: Permit<op::GetShape, Anonymous>,
    ) -> impl Future<Output = Result<responses::GetShapeResponse, Self::Error>> + Send;
    /// `GET /name`, defined at `unions.yaml:19`.
    fn get_name(
        rqctx: &RequestContext<Self::Context>,
        permit: Permit<op::GetName, Anonymous>,
        query: params::GetNameQuery,
    ) -> impl Future<Output = Result<responses::GetNameResponse, Self::Error>> + Send;
}

// server: parameters

///Query parameters of `get_name`, `unions.yaml:19`.
#[derive(Clone, Debug, ::serde::Deserialize)]
pub struct GetNameQuery {
    ///`project`. (`unions.yaml:22`)
    #[serde(rename = "project")]
    pub project: types::NameOrId,
}

// server: answers

///Answers of `get_shape`, `unions.yaml:8`.
#[derive(Clone, Debug)]
pub enum GetShapeResponse {
    ///200: successful operation (`unions.yaml:11`)
    Ok(types::Shape),
}
///Answers of `get_name`, `unions.yaml:19`.
#[derive(Clone, Debug)]
pub enum GetNameResponse {
    ///200: successful operation (`unions.yaml:24`)
    Ok(types::GetNameResponse),
}

// client: methods

impl crate::Client {
    ///
    ///
    /// Sent again when it may help: twice is as good as once.
    ///
    /// `GET /shape`, defined at `unions.yaml:8`.
    ///
    /// ```no_run
    /// # async fn run(client: client_crate::Client) -> Result<(), Box<dyn std::error::Error>> {
    /// let answer = client.get_shape().await?;
    /// println!("{}", answer.status());
    /// # Ok(())
    /// # }
    /// ```
    pub fn get_shape(&self) -> Call<GetShape> {}
    ///
    ///
    /// Sent again when it may help: twice is as good as once.
    ///
    /// `GET /name`, defined at `unions.yaml:19`.
    ///
    /// ```no_run
    /// # async fn run(client: client_crate::Client) -> Result<(), Box<dyn std::error::Error>> {
    /// let answer = client.get_name(client_crate::serde_json::from_str(r#""the-project""#)?).await?;
    /// println!("{}", answer.status());
    /// # Ok(())
    /// # }
    /// ```
    pub fn get_name(&self, project: types::NameOrId) -> Call<GetName> {}
}

// client: errors

/// What [`Client::get_shape`](crate::Client::get_shape), defined at `unions.yaml:8`, answers when it does not succeed.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum GetShapeError {
    /// 4XX: Error (`unions.yaml:33`)
    ClientError(u16, types::Error),
    /// 5XX: Error (`unions.yaml:33`)
    ServerError(u16, types::Error),
}
/// What [`Client::get_name`](crate::Client::get_name), defined at `unions.yaml:19`, answers when it does not succeed.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum GetNameError {
    /// 4XX: Error (`unions.yaml:33`)
    ClientError(u16, types::Error),
    /// 5XX: Error (`unions.yaml:33`)
    ServerError(u16, types::Error),
}

