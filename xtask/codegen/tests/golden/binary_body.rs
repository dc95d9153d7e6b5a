// server: the trait

/// The operations of the document. Extractors never fail: what is wrong with a request is a value that the method
/// answers in the operation's own error body.
#[dropshot::api_description{}]
pub trait Api {
    /// What every method gets.
    type Context;
    #[endpoint{method = PUT,
    path = "/upload",
    request_body_max_bytes = 16777216usize}]
    async fn upload(
        rqctx: RequestContext<Self::Context>,
        body: Raw,
    ) -> Result<responses::UploadResponse, ::dropshot::HttpError>;
    #[endpoint{method = PUT,
    path = "/image",
    request_body_max_bytes = 16777216usize}]
    async fn put_image(
        rqctx: RequestContext<Self::Context>,
        body: Raw<params::PutImageMedia>,
    ) -> Result<responses::PutImageResponse, ::dropshot::HttpError>;
}

// server: what is implemented

/// The operations of the document. Each handler gets what the checks before it have found out, and a request that is
/// as the document says.
///
/// Defined at `binary_body.yaml:6`.
pub trait Service: Serve {
    /// `PUT /upload`, defined at `binary_body.yaml:8`.
    fn upload(
        rqctx: &RequestContext<Self::Context>,
        permit: Permit<op::Upload, Anonymous>,
        body: Raw,
    ) -> impl Future<Output = Result<responses::UploadResponse, Self::Error>> + Send;
    /// `PUT /image`, defined at `binary_body.yaml:18`.
    fn put_image(
        rqctx: &RequestContext<Self::Context>,
        permit: Permit<op::PutImage, Anonymous>,
        body: Raw<params::PutImageMedia>,
    ) -> impl Future<Output = Result<responses::PutImageResponse, Self::Error>> + Send;
}

// server: parameters

///Media types of the body of `put_image`.
#[derive(Clone, Copy, Debug)]
pub struct PutImageMedia;

// server: answers

///Answers of `upload`, `binary_body.yaml:8`.
#[derive(Clone, Debug)]
pub enum UploadResponse {
    ///204: resource updated (`binary_body.yaml:14`)
    NoContent,
}
///Answers of `put_image`, `binary_body.yaml:18`.
#[derive(Clone, Debug)]
pub enum PutImageResponse {
    ///204: resource updated (`binary_body.yaml:24`)
    NoContent,
}

// client: methods

impl crate::Client {
    ///
    ///
    /// Sent again when it may help: twice is as good as once.
    ///
    /// `PUT /upload`, defined at `binary_body.yaml:8`.
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
    ///
    ///
    /// Sent again when it may help: twice is as good as once.
    ///
    /// `PUT /image`, defined at `binary_body.yaml:18`.
    ///
    /// ```no_run
    /// # async fn run(client: client_crate::Client) -> Result<(), Box<dyn std::error::Error>> {
    /// let body = "the bytes of the body";
    /// let answer = client.put_image(body).await?;
    /// println!("{}", answer.status());
    /// # Ok(())
    /// # }
    /// ```
    pub fn put_image(&self, body: impl IntoBody<RawBody>) -> Call<PutImage> {}
}

// client: errors

/// What [`Client::upload`](crate::Client::upload), defined at `binary_body.yaml:8`, answers when it does not succeed.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum UploadError {
    /// 4XX: Error (`binary_body.yaml:29`)
    ClientError(u16, types::Error),
    /// 5XX: Error (`binary_body.yaml:29`)
    ServerError(u16, types::Error),
}
/// What [`Client::put_image`](crate::Client::put_image), defined at `binary_body.yaml:18`, answers when it does not succeed.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum PutImageError {
    /// 4XX: Error (`binary_body.yaml:29`)
    ClientError(u16, types::Error),
    /// 5XX: Error (`binary_body.yaml:29`)
    ServerError(u16, types::Error),
}

// dropshot cannot say: request-media-type at /paths/~1image/put/requestBody/content
