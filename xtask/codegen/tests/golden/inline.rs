// server: the trait

/// The operations of the document. Extractors never fail: what is wrong with a request is a value that the method
/// answers in the operation's own error body.
#[dropshot::api_description{}]
pub trait Api {
    /// What every method gets.
    type Context;
    #[endpoint{method = GET,
    path = "/things"}]
    async fn list_things(
        rqctx: RequestContext<Self::Context>,
    ) -> Result<responses::ListThingsResponse, ::dropshot::HttpError>;
    #[endpoint{method = POST,
    path = "/things",
    request_body_max_bytes = 65536usize}]
    async fn create_thing(
        rqctx: RequestContext<Self::Context>,
        body: Body<types::CreateThingBody>,
    ) -> Result<responses::CreateThingResponse, ::dropshot::HttpError>;
}

// server: what is implemented

/// The operations of the document. Each handler gets what the checks before it have found out, and a request that is
/// as the document says.
///
/// Defined at `inline.yaml:6`.
pub trait Service: Serve {
    /// `GET /things`, defined at `inline.yaml:8`.
    fn list_things(
        rqctx: &RequestContext<Self::Context>,
        permit: Permit<op::ListThings, Anonymous>,
    ) -> impl Future<Output = Result<responses::ListThingsResponse, Self::Error>> + Send;
    /// `POST /things`, defined at `inline.yaml:18`.
    fn create_thing(
        rqctx: &RequestContext<Self::Context>,
        permit: Permit<op::CreateThing, Anonymous>,
        body: types::CreateThingBody,
    ) -> impl Future<
        Output = Result<responses::CreateThingResponse, Self::Error>,
    > + Send;
}

// server: answers

///Answers of `list_things`, `inline.yaml:8`.
#[derive(Clone, Debug)]
pub enum ListThingsResponse {
    ///200: successful operation (`inline.yaml:11`)
    Ok(types::ArrayOfThing),
}
///Answers of `create_thing`, `inline.yaml:18`.
#[derive(Clone, Debug)]
pub enum CreateThingResponse {
    ///200: successful operation (`inline.yaml:26`)
    Ok(types::NullBody),
}

// client: methods

impl crate::Client {
    ///
    ///
    /// Sent again when it may help: twice is as good as once.
    ///
    /// `GET /things`, defined at `inline.yaml:8`.
    ///
    /// ```no_run
    /// # async fn run(client: client_crate::Client) -> Result<(), Box<dyn std::error::Error>> {
    /// let answer = client.list_things().await?;
    /// println!("{}", answer.status());
    /// # Ok(())
    /// # }
    /// ```
    pub fn list_things(&self) -> Call<ListThings> {}
    ///
    ///
    /// Sent again only if no connection came about.
    ///
    /// `POST /things`, defined at `inline.yaml:18`.
    ///
    /// ```no_run
    /// # async fn run(client: client_crate::Client) -> Result<(), Box<dyn std::error::Error>> {
    /// use client_crate::types;
    ///
    /// let body = client_crate::serde_json::from_str::<types::CreateThingBody>(
    ///     r#"null"#,
    /// )?;
    /// let answer = client.create_thing(body).await?;
    /// println!("{}", answer.status());
    /// # Ok(())
    /// # }
    /// ```
    pub fn create_thing(
        &self,
        body: impl IntoBody<types::CreateThingBody>,
    ) -> Call<CreateThing> {}
}

// client: errors

/// What [`Client::list_things`](crate::Client::list_things), defined at `inline.yaml:8`, answers when it does not succeed.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum ListThingsError {
    /// 4XX: Error (`inline.yaml:35`)
    ClientError(u16, types::Error),
    /// 5XX: Error (`inline.yaml:35`)
    ServerError(u16, types::Error),
}
/// What [`Client::create_thing`](crate::Client::create_thing), defined at `inline.yaml:18`, answers when it does not succeed.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum CreateThingError {
    /// 4XX: Error (`inline.yaml:35`)
    ClientError(u16, types::Error),
    /// 5XX: Error (`inline.yaml:35`)
    ServerError(u16, types::Error),
}

