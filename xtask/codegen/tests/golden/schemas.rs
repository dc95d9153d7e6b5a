// server: the trait

/// The operations of the document. Extractors never fail: what is wrong with a request is a value that the method
/// answers in the operation's own error body.
#[dropshot::api_description{}]
pub trait Api {
    /// What every method gets.
    type Context;
    #[endpoint{method = PUT,
    path = "/tree",
    request_body_max_bytes = 65536usize}]
    async fn put_tree(
        rqctx: RequestContext<Self::Context>,
        body: Body<types::Tree>,
    ) -> Result<responses::PutTreeResponse, ::dropshot::HttpError>;
}

// server: what is implemented

/// The operations of the document. Each handler gets what the checks before it have found out, and a request that is
/// as the document says.
///
/// Defined at `schemas.yaml:6`.
pub trait Service: Serve {
    /// `PUT /tree`, defined at `schemas.yaml:8`.
    fn put_tree(
        rqctx: &RequestContext<Self::Context>,
        permit: Permit<op::PutTree, Anonymous>,
        body: types::Tree,
    ) -> impl Future<Output = Result<responses::PutTreeResponse, Self::Error>> + Send;
}

// server: answers

///Answers of `put_tree`, `schemas.yaml:8`.
#[derive(Clone, Debug)]
pub enum PutTreeResponse {
    ///204: done (`schemas.yaml:14`)
    NoContent,
}

// client: methods

impl crate::Client {
    ///
    ///
    /// Sent again when it may help: twice is as good as once.
    ///
    /// `PUT /tree`, defined at `schemas.yaml:8`.
    ///
    /// ```no_run
    /// # async fn run(client: client_crate::Client) -> Result<(), Box<dyn std::error::Error>> {
    /// use client_crate::types;
    ///
    /// let body = client_crate::serde_json::from_str::<types::Tree>(
    ///     r#"null"#,
    /// )?;
    /// let answer = client.put_tree(body).await?;
    /// println!("{}", answer.status());
    /// # Ok(())
    /// # }
    /// ```
    pub fn put_tree(&self, body: impl IntoBody<types::Tree>) -> Call<PutTree> {}
}

// client: errors

/// What [`Client::put_tree`](crate::Client::put_tree), defined at `schemas.yaml:8`, answers when it does not succeed.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum PutTreeError {
    /// 4XX: Error (`schemas.yaml:19`)
    ClientError(u16, types::Error),
    /// 5XX: Error (`schemas.yaml:19`)
    ServerError(u16, types::Error),
}

