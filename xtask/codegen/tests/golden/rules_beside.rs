// server: the trait

/// The operations of the document. Extractors never fail: what is wrong with a request is a value that the method
/// answers in the operation's own error body.
#[dropshot::api_description{}]
pub trait Api {
    /// What every method gets.
    type Context;
    #[endpoint{method = POST,
    path = "/things",
    request_body_max_bytes = 65536usize}]
    async fn send_thing(
        rqctx: RequestContext<Self::Context>,
        body: Body<types::Thing>,
    ) -> Result<
        responses::SendThingResponse,
        Failure<responses::UndeclaredErrorComponent>,
    >;
}

// server: what is implemented

/// The operations of the document. Each handler gets what the checks before it have found out, and a request that is
/// as the document says.
///
/// Defined at `rules_beside.yaml:6`.
pub trait Service: Serve {
    /// `POST /things`, defined at `rules_beside.yaml:8`.
    fn send_thing(
        rqctx: &RequestContext<Self::Context>,
        permit: Permit<op::SendThing, Anonymous>,
        body: types::Thing,
    ) -> impl Future<Output = Result<responses::SendThingResponse, Self::Error>> + Send;
}

// server: answers

///Answers of `send_thing`, `rules_beside.yaml:8`.
#[derive(Clone, Debug)]
pub enum SendThingResponse {
    ///200: Done. (`rules_beside.yaml:14`)
    Ok(types::Thing),
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
    /// `POST /things`, defined at `rules_beside.yaml:8`.
    ///
    /// ```no_run
    /// # async fn run(client: client_crate::Client) -> Result<(), Box<dyn std::error::Error>> {
    /// use client_crate::types;
    ///
    /// let body = client_crate::serde_json::from_str::<types::Thing>(
    ///     r#"null"#,
    /// )?;
    /// let answer = client.send_thing(body).await?;
    /// println!("{}", answer.status());
    /// # Ok(())
    /// # }
    /// ```
    pub fn send_thing(&self, body: impl IntoBody<types::Thing>) -> Call<SendThing> {}
}

// client: errors

/// What [`Client::send_thing`](crate::Client::send_thing), defined at `rules_beside.yaml:8`, answers when it does not succeed.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum SendThingError {}

// dropshot cannot say: added-error at /paths/~1things/post/responses
// dropshot cannot say: schema-keyword at /components/schemas/Either/oneOf/0/type, /components/schemas/Either/oneOf/1/type, /components/schemas/Either/type, /components/schemas/ObjectOrText/anyOf/0/type, /components/schemas/ObjectOrText/type
