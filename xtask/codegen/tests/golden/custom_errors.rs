// server: the trait

/// The operations of the document. Extractors never fail: what is wrong with a request is a value that the method
/// answers in the operation's own error body.
#[dropshot::api_description{}]
pub trait Api {
    /// What every method gets.
    type Context;
    #[endpoint{method = GET,
    path = "/a"}]
    async fn get_a(
        rqctx: RequestContext<Self::Context>,
    ) -> Result<responses::GetAResponse, Failure<types::EnumError>>;
}

// server: what is implemented

/// The operations of the document. Each handler gets what the checks before it have found out, and a request that is
/// as the document says.
///
/// Defined at `custom_errors.yaml:6`.
pub trait Service: Serve<Refusal: ErrorFor<types::EnumError>> {
    /// `GET /a`, defined at `custom_errors.yaml:8`.
    fn get_a(
        rqctx: &RequestContext<Self::Context>,
        permit: Permit<op::GetA, Anonymous>,
    ) -> impl Future<Output = Result<responses::GetAResponse, Self::Error>> + Send;
}

// server: answers

///Answers of `get_a`, `custom_errors.yaml:8`.
#[derive(Clone, Debug)]
pub enum GetAResponse {
    ///204: resource updated (`custom_errors.yaml:11`)
    NoContent,
    ///4XX: EnumError (`custom_errors.yaml:16`)
    ClientError {
        /// The status.
        status: u16,
        /// The body.
        body: types::EnumError,
    },
    ///5XX: EnumError (`custom_errors.yaml:16`)
    ServerError {
        /// The status.
        status: u16,
        /// The body.
        body: types::EnumError,
    },
}

// client: methods

impl crate::Client {
    ///
    ///
    /// Sent again when it may help: twice is as good as once.
    ///
    /// `GET /a`, defined at `custom_errors.yaml:8`.
    ///
    /// ```no_run
    /// # async fn run(client: client_crate::Client) -> Result<(), Box<dyn std::error::Error>> {
    /// let answer = client.get_a().await?;
    /// println!("{}", answer.status());
    /// # Ok(())
    /// # }
    /// ```
    pub fn get_a(&self) -> Call<GetA> {}
}

// client: errors

/// What [`Client::get_a`](crate::Client::get_a), defined at `custom_errors.yaml:8`, answers when it does not succeed.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum GetAError {
    /// 4XX: EnumError (`custom_errors.yaml:16`)
    ClientError(u16, types::EnumError),
    /// 5XX: EnumError (`custom_errors.yaml:16`)
    ServerError(u16, types::EnumError),
}

