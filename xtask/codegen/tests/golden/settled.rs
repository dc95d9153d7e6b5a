// server: the trait

/// The operations of the document. Extractors never fail: what is wrong with a request is a value that the method
/// answers in the operation's own error body.
#[dropshot::api_description{}]
pub trait Api {
    /// What every method gets.
    type Context;
    #[endpoint{method = POST,
    path = "/things",
    content_type = "application/x-www-form-urlencoded",
    request_body_max_bytes = 65536usize}]
    async fn thing_create(
        rqctx: RequestContext<Self::Context>,
        query: Params<crate::request::Query, params::ThingCreateQuery>,
        body: Body<types::ThingCreateBody, params::ThingCreateMedia>,
    ) -> Result<
        responses::ThingCreateResponse,
        Failure<responses::UndeclaredErrorComponent>,
    >;
    #[endpoint{method = GET,
    path = "/others"}]
    async fn other_list(
        rqctx: RequestContext<Self::Context>,
    ) -> Result<
        responses::OtherListResponse,
        Failure<responses::UndeclaredErrorComponent>,
    >;
}

// server: what is implemented

/// The operations of the document. Each handler gets what the checks before it have found out, and a request that is
/// as the document says.
///
/// Defined at `settled.yaml:7`.
pub trait Service: Serve {
    /// `POST /things`, defined at `settled.yaml:10`.
    fn thing_create(
        rqctx: &RequestContext<Self::Context>,
        permit: Permit<op::ThingCreate, Anonymous>,
        query: params::ThingCreateQuery,
        body: types::ThingCreateBody,
    ) -> impl Future<
        Output = Result<responses::ThingCreateResponse, Self::Error>,
    > + Send;
    /// `GET /others`, defined at `settled.yaml:23`.
    fn other_list(
        rqctx: &RequestContext<Self::Context>,
        permit: Permit<op::OtherList, Anonymous>,
    ) -> impl Future<Output = Result<responses::OtherListResponse, Self::Error>> + Send;
}

// server: parameters

///Query parameters of `thing_create`, `settled.yaml:10`.
#[derive(Clone, Debug, ::serde::Deserialize)]
pub struct ThingCreateQuery {
    ///`limit`. (`settled.yaml:13`)
    #[serde(rename = "limit", default)]
    pub limit: Option<i64>,
}
///Media types of the body of `thing_create`.
#[derive(Clone, Copy, Debug)]
pub struct ThingCreateMedia;

// server: answers

///Answers of `thing_create`, `settled.yaml:10`.
#[derive(Clone, Debug)]
pub enum ThingCreateResponse {
    ///201: Made. (`settled.yaml:20`)
    Created(types::Thing),
    ///204: Nothing to make. (`settled.yaml:21`)
    NoContent,
}
///Answers of `other_list`, `settled.yaml:23`.
#[derive(Clone, Debug)]
pub enum OtherListResponse {
    ///200: Others. (`settled.yaml:26`)
    Ok(types::OtherListResponse),
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
    /// `POST /things`, defined at `settled.yaml:10`.
    ///
    /// ```no_run
    /// # async fn run(client: client_crate::Client) -> Result<(), Box<dyn std::error::Error>> {
    /// use client_crate::types;
    ///
    /// let body = client_crate::serde_json::from_str::<types::ThingCreateBody>(
    ///     r#"null"#,
    /// )?;
    /// let answer = client.thing_create(body).await?;
    /// println!("{}", answer.status());
    /// # Ok(())
    /// # }
    /// ```
    pub fn thing_create(
        &self,
        body: impl IntoBody<types::ThingCreateBody>,
    ) -> Call<ThingCreate> {}
    ///
    ///
    /// Sent again when it may help: twice is as good as once.
    ///
    /// `GET /others`, defined at `settled.yaml:23`.
    ///
    /// ```no_run
    /// # async fn run(client: client_crate::Client) -> Result<(), Box<dyn std::error::Error>> {
    /// let answer = client.other_list().await?;
    /// println!("{}", answer.status());
    /// # Ok(())
    /// # }
    /// ```
    pub fn other_list(&self) -> Call<OtherList> {}
}
/// What a success of [`Client::thing_create`](crate::Client::thing_create) gives.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum ThingCreateSuccess {
    /// 201: Made. (`settled.yaml:20`)
    Created(types::Thing),
    /// 204: Nothing to make. (`settled.yaml:21`)
    NoContent,
}
impl Call<ThingCreate> {
    /// Sets `limit`.
    ///
    /// Defined at `settled.yaml:13`.
    ///
    /// ```no_run
    /// # async fn run(client: client_crate::Client) -> Result<(), Box<dyn std::error::Error>> {
    /// use client_crate::types;
    ///
    /// let body = client_crate::serde_json::from_str::<types::ThingCreateBody>(
    ///     r#"null"#,
    /// )?;
    /// let answer = client.thing_create(body).limit(1).await?;
    /// println!("{}", answer.status());
    /// # Ok(())
    /// # }
    /// ```
    pub fn limit(mut self, value: i64) -> Self {}
}

// client: errors

/// What [`Client::thing_create`](crate::Client::thing_create), defined at `settled.yaml:10`, answers when it does not succeed.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum ThingCreateError {}
/// What [`Client::other_list`](crate::Client::other_list), defined at `settled.yaml:23`, answers when it does not succeed.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum OtherListError {}

// dropshot cannot say: added-error at /paths/~1others/get/responses, /paths/~1things/post/responses
// dropshot cannot say: parameter-annotation at /paths/~1things/post/parameters/0/allowReserved
// dropshot cannot say: servers at /paths/~1things/servers, /servers
// dropshot cannot say: settled at /components/schemas/Thing/properties, /components/schemas/Thing/properties/inner/properties/size/format, /components/schemas/Thing/properties/inner/required/0, /components/schemas/Thing/properties/kind/enum/0, /components/schemas/Thing/properties/kind/enum/3, /components/schemas/Thing/properties/sizes/enum/0, /components/schemas/Thing/properties/sizes/enum/1, /components/schemas/Thing/properties/state/enum/1, /components/schemas/Thing/required/1, /paths/~1others/get/responses/200/content/application~1json/schema/items, /paths/~1others/get/responses/200/content/application~1json/schema/items/$ref, /paths/~1things/post/parameters/0/schema/default, /paths/~1things/post/parameters/0/schema/maxLength, /paths/~1things/post/requestBody/content/application~1x-www-form-urlencoded/schema/properties, /paths/~1things/post/requestBody/content/application~1x-www-form-urlencoded/schema/properties/b, /paths/~1things/post/requestBody/content/application~1x-www-form-urlencoded/schema/required/1, /paths/~1things/post/requestBody/content/application~1x-www-form-urlencoded/schema/required/2, /paths/~1things/post/responses/204/content
// dropshot cannot say: success-status at /paths/~1things/post/responses/204
