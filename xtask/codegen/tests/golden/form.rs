// server: the trait

/// The operations of the document. Extractors never fail: what is wrong with a request is a value that the method
/// answers in the operation's own error body.
#[dropshot::api_description{}]
pub trait Api {
    /// What every method gets.
    type Context;
    #[endpoint{method = POST,
    path = "/login",
    content_type = "application/x-www-form-urlencoded",
    request_body_max_bytes = 65536usize}]
    async fn login(
        rqctx: RequestContext<Self::Context>,
        body: Body<types::Login, params::LoginMedia>,
    ) -> Result<responses::LoginResponse, ::dropshot::HttpError>;
}

// server: what is implemented

/// The operations of the document. Each handler gets what the checks before it have found out, and a request that is
/// as the document says.
///
/// Defined at `form.yaml:6`.
pub trait Service: Serve {
    /// `POST /login`, defined at `form.yaml:8`.
    fn login(
        rqctx: &RequestContext<Self::Context>,
        permit: Permit<op::Login, Anonymous>,
        body: types::Login,
    ) -> impl Future<Output = Result<responses::LoginResponse, Self::Error>> + Send;
}

// server: parameters

///Media types of the body of `login`.
#[derive(Clone, Copy, Debug)]
pub struct LoginMedia;

// server: answers

///Answers of `login`, `form.yaml:8`.
#[derive(Clone, Debug)]
pub enum LoginResponse {
    ///204: resource updated (`form.yaml:16`)
    NoContent,
}

// client: methods

impl crate::Client {
    ///
    ///
    /// Sent again only if no connection came about.
    ///
    /// `POST /login`, defined at `form.yaml:8`.
    ///
    /// ```no_run
    /// # async fn run(client: client_crate::Client) -> Result<(), Box<dyn std::error::Error>> {
    /// use client_crate::types;
    ///
    /// let body = client_crate::serde_json::from_str::<types::Login>(
    ///     r#"null"#,
    /// )?;
    /// let answer = client.login(body).await?;
    /// println!("{}", answer.status());
    /// # Ok(())
    /// # }
    /// ```
    pub fn login(&self, body: impl IntoBody<types::Login>) -> Call<Login> {}
}

// client: errors

/// What [`Client::login`](crate::Client::login), defined at `form.yaml:8`, answers when it does not succeed.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum LoginError {
    /// 4XX: Error (`form.yaml:21`)
    ClientError(u16, types::Error),
    /// 5XX: Error (`form.yaml:21`)
    ServerError(u16, types::Error),
}

