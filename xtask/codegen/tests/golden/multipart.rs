// server: the trait

/// The operations of the document. Extractors never fail: what is wrong with a request is a value that the method
/// answers in the operation's own error body.
#[dropshot::api_description{}]
pub trait Api {
    /// What every method gets.
    type Context;
    #[endpoint{method = POST,
    path = "/upload",
    request_body_max_bytes = 16777216usize}]
    async fn upload(
        rqctx: RequestContext<Self::Context>,
        body: Multipart,
    ) -> Result<responses::UploadResponse, ::dropshot::HttpError>;
}

// server: what is implemented

/// The operations of the document. Each handler gets what the checks before it have found out, and a request that is
/// as the document says.
///
/// Defined at `multipart.yaml:6`.
pub trait Service: Serve {
    /// `POST /upload`, defined at `multipart.yaml:8`.
    fn upload(
        rqctx: &RequestContext<Self::Context>,
        permit: Permit<op::Upload, Anonymous>,
        body: Multipart,
    ) -> impl Future<Output = Result<responses::UploadResponse, Self::Error>> + Send;
}

// server: answers

///Answers of `upload`, `multipart.yaml:8`.
#[derive(Clone, Debug)]
pub enum UploadResponse {
    ///204: resource updated (`multipart.yaml:14`)
    NoContent,
}

// client: methods

impl crate::Client {
    ///
    ///
    /// Sent again only if no connection came about.
    ///
    /// `POST /upload`, defined at `multipart.yaml:8`.
    ///
    /// ```no_run
    /// # async fn run(client: client_crate::Client) -> Result<(), Box<dyn std::error::Error>> {
    /// let body = "the bytes of the body";
    /// let answer = client.upload(body).await?;
    /// println!("{}", answer.status());
    /// # Ok(())
    /// # }
    /// ```
    pub fn upload(&self, body: impl IntoBody<RawBody>) -> Call<Upload> {}
}

// client: errors

/// What [`Client::upload`](crate::Client::upload), defined at `multipart.yaml:8`, answers when it does not succeed.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum UploadError {
    /// 4XX: Error (`multipart.yaml:19`)
    ClientError(u16, types::Error),
    /// 5XX: Error (`multipart.yaml:19`)
    ServerError(u16, types::Error),
}

