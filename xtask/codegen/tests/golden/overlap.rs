// server: the trait

/// The operations of the document. Extractors never fail: what is wrong with a request is a value that the method
/// answers in the operation's own error body.
#[dropshot::api_description{}]
pub trait Api {
    /// What every method gets.
    type Context;
    #[endpoint{method = GET,
    path = "/models"}]
    async fn list_models(
        rqctx: RequestContext<Self::Context>,
        query: Params<crate::request::Query, params::ListModelsQuery>,
    ) -> Result<
        responses::ListModelsResponse,
        Failure<responses::UndeclaredErrorComponent>,
    >;
}

// server: what is implemented

/// The operations of the document. Each handler gets what the checks before it have found out, and a request that is
/// as the document says.
///
/// Defined at `overlap.yaml:6`.
pub trait Service: Serve {
    /// `GET /models`, defined at `overlap.yaml:8`.
    fn list_models(
        rqctx: &RequestContext<Self::Context>,
        permit: Permit<op::ListModels, Anonymous>,
        query: params::ListModelsQuery,
    ) -> impl Future<Output = Result<responses::ListModelsResponse, Self::Error>> + Send;
}

// server: parameters

///Query parameters of `list_models`, `overlap.yaml:8`.
#[derive(Clone, Debug, ::serde::Deserialize)]
pub struct ListModelsQuery {
    ///`model`. (`overlap.yaml:11`)
    #[serde(rename = "model", default)]
    pub model: Option<types::Model>,
    ///`size`. (`overlap.yaml:12`)
    #[serde(rename = "size", default)]
    pub size: Option<i64>,
}

// server: answers

///Answers of `list_models`, `overlap.yaml:8`.
#[derive(Clone, Debug)]
pub enum ListModelsResponse {
    ///200: Done. (`overlap.yaml:14`)
    Ok(types::Choice),
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
    /// `GET /models`, defined at `overlap.yaml:8`.
    ///
    /// ```no_run
    /// # async fn run(client: client_crate::Client) -> Result<(), Box<dyn std::error::Error>> {
    /// let answer = client.list_models().await?;
    /// println!("{}", answer.status());
    /// # Ok(())
    /// # }
    /// ```
    pub fn list_models(&self) -> Call<ListModels> {}
}
impl Call<ListModels> {
    /// Sets `model`.
    ///
    /// Defined at `overlap.yaml:11`.
    ///
    /// ```no_run
    /// # async fn run(client: client_crate::Client) -> Result<(), Box<dyn std::error::Error>> {
    /// let answer = client.list_models().model(client_crate::serde_json::from_str(r#""the-model""#)?).await?;
    /// println!("{}", answer.status());
    /// # Ok(())
    /// # }
    /// ```
    pub fn model(mut self, value: types::Model) -> Self {}
    /// Sets `size`.
    ///
    /// Defined at `overlap.yaml:12`.
    ///
    /// ```no_run
    /// # async fn run(client: client_crate::Client) -> Result<(), Box<dyn std::error::Error>> {
    /// let answer = client.list_models().size(1).await?;
    /// println!("{}", answer.status());
    /// # Ok(())
    /// # }
    /// ```
    pub fn size(mut self, value: i64) -> Self {}
}

// client: errors

/// What [`Client::list_models`](crate::Client::list_models), defined at `overlap.yaml:8`, answers when it does not succeed.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum ListModelsError {}

// dropshot cannot say: added-error at /paths/~1models/get/responses
// dropshot cannot say: schema-keyword at /paths/~1models/get/parameters/0/schema, /paths/~1models/get/parameters/1/schema
// dropshot cannot say: settled at /components/schemas/Choice/properties/nullable/anyOf, /components/schemas/Model/anyOf, /paths/~1models/get/parameters/1/schema/anyOf
