// server: the trait

/// The operations of the document. Extractors never fail: what is wrong with a request is a value that the method
/// answers in the operation's own error body.
#[dropshot::api_description{}]
pub trait Api {
    /// What every method gets.
    type Context;
    #[endpoint{method = POST,
    path = "/a",
    request_body_max_bytes = 65536usize}]
    async fn post_a(
        rqctx: RequestContext<Self::Context>,
        body: Body<types::Thing, params::PostAMedia>,
    ) -> Result<responses::PostAResponse, ::dropshot::HttpError>;
}

// server: what is implemented

/// The operations of the document. Each handler gets what the checks before it have found out, and a request that is
/// as the document says.
///
/// Defined at `several_media_types.yaml:6`.
pub trait Service: Serve {
    /// `POST /a`, defined at `several_media_types.yaml:8`.
    fn post_a(
        rqctx: &RequestContext<Self::Context>,
        permit: Permit<op::PostA, Anonymous>,
        body: types::Thing,
    ) -> impl Future<Output = Result<responses::PostAResponse, Self::Error>> + Send;
}

// server: parameters

///Media types of the body of `post_a`.
#[derive(Clone, Copy, Debug)]
pub struct PostAMedia;

// server: answers

///Answers of `post_a`, `several_media_types.yaml:8`.
#[derive(Debug)]
pub enum PostAResponse {
    ///200: done (`several_media_types.yaml:17`)
    OkApplicationJson(types::Thing),
    ///200: done (`several_media_types.yaml:17`)
    OkTextPlain(Raw),
}

// client: methods

impl crate::Client {
    ///
    ///
    /// Sent again only if no connection came about.
    ///
    /// `POST /a`, defined at `several_media_types.yaml:8`.
    ///
    /// ```no_run
    /// # async fn run(client: client_crate::Client) -> Result<(), Box<dyn std::error::Error>> {
    /// use client_crate::types;
    ///
    /// let body = client_crate::serde_json::from_str::<types::Thing>(
    ///     r#"null"#,
    /// )?;
    /// let answer = client.post_a(body).await?;
    /// println!("{}", answer.status());
    /// # Ok(())
    /// # }
    /// ```
    pub fn post_a(&self, body: impl IntoBody<types::Thing>) -> Call<PostA> {}
}

// client: errors

/// What [`Client::post_a`](crate::Client::post_a), defined at `several_media_types.yaml:8`, answers when it does not succeed.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum PostAError {
    /// 4XX: Error (`several_media_types.yaml:26`)
    ClientError(u16, types::Error),
    /// 5XX: Error (`several_media_types.yaml:26`)
    ServerError(u16, types::Error),
}

// dropshot cannot say: request-media-type at /paths/~1a/post/requestBody/content
// dropshot cannot say: success-media-type at /paths/~1a/post/responses/200/content
