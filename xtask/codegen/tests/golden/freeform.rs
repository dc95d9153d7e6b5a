// server: the trait

/// The operations of the document. Extractors never fail: what is wrong with a request is a value that the method
/// answers in the operation's own error body.
#[dropshot::api_description{}]
pub trait Api {
    /// What every method gets.
    type Context;
    #[endpoint{method = GET,
    path = "/file"}]
    async fn get_file(
        rqctx: RequestContext<Self::Context>,
    ) -> Result<responses::GetFileResponse, ::dropshot::HttpError>;
    #[endpoint{method = GET,
    path = "/report"}]
    async fn get_report(
        rqctx: RequestContext<Self::Context>,
    ) -> Result<responses::GetReportResponse, ::dropshot::HttpError>;
}

// server: what is implemented

/// The operations of the document. Each handler gets what the checks before it have found out, and a request that is
/// as the document says.
///
/// Defined at `freeform.yaml:6`.
pub trait Service: Serve {
    /// `GET /file`, defined at `freeform.yaml:8`.
    fn get_file(
        rqctx: &RequestContext<Self::Context>,
        permit: Permit<op::GetFile, Anonymous>,
    ) -> impl Future<Output = Result<responses::GetFileResponse, Self::Error>> + Send;
    /// `GET /report`, defined at `freeform.yaml:15`.
    fn get_report(
        rqctx: &RequestContext<Self::Context>,
        permit: Permit<op::GetReport, Anonymous>,
    ) -> impl Future<Output = Result<responses::GetReportResponse, Self::Error>> + Send;
}

// server: answers

///Answers of `get_file`, `freeform.yaml:8`.
#[derive(Debug)]
pub enum GetFileResponse {
    ///200: the file (`freeform.yaml:11`)
    Ok(Raw),
}
///Answers of `get_report`, `freeform.yaml:15`.
#[derive(Debug)]
pub enum GetReportResponse {
    ///200: the report (`freeform.yaml:18`)
    Ok(Raw),
}

// client: methods

impl crate::Client {
    ///
    ///
    /// Sent again when it may help: twice is as good as once.
    ///
    /// `GET /file`, defined at `freeform.yaml:8`.
    ///
    /// ```no_run
    /// # async fn run(client: client_crate::Client) -> Result<(), Box<dyn std::error::Error>> {
    /// let answer = client.get_file().await?;
    /// println!("{}", answer.status());
    /// # Ok(())
    /// # }
    /// ```
    pub fn get_file(&self) -> Call<GetFile> {}
    ///
    ///
    /// Sent again when it may help: twice is as good as once.
    ///
    /// `GET /report`, defined at `freeform.yaml:15`.
    ///
    /// ```no_run
    /// # async fn run(client: client_crate::Client) -> Result<(), Box<dyn std::error::Error>> {
    /// let answer = client.get_report().await?;
    /// println!("{}", answer.status());
    /// # Ok(())
    /// # }
    /// ```
    pub fn get_report(&self) -> Call<GetReport> {}
}

// client: errors

/// What [`Client::get_file`](crate::Client::get_file), defined at `freeform.yaml:8`, answers when it does not succeed.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum GetFileError {
    /// 4XX: Error (`freeform.yaml:23`)
    ClientError(u16, types::Error),
    /// 5XX: Error (`freeform.yaml:23`)
    ServerError(u16, types::Error),
}
/// What [`Client::get_report`](crate::Client::get_report), defined at `freeform.yaml:15`, answers when it does not succeed.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum GetReportError {
    /// 4XX: Error (`freeform.yaml:23`)
    ClientError(u16, types::Error),
    /// 5XX: Error (`freeform.yaml:23`)
    ServerError(u16, types::Error),
}

// dropshot cannot say: success-media-type at /paths/~1report/get/responses/200/content
