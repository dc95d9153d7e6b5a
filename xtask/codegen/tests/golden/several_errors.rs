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
    ) -> Result<responses::GetAResponse, Failure<responses::BadOrTakenComponent>>;
}

// server: what is implemented

/// The operations of the document. Each handler gets what the checks before it have found out, and a request that is
/// as the document says.
///
/// Defined at `several_errors.yaml:6`.
pub trait Service: Serve<
        Refusal: ErrorFor<crate::reply::Raw> + ErrorFor<types::Bad>
            + ErrorFor<types::Taken>,
    > {
    /// `GET /a`, defined at `several_errors.yaml:8`.
    fn get_a(
        rqctx: &RequestContext<Self::Context>,
        permit: Permit<op::GetA, Anonymous>,
    ) -> impl Future<Output = Result<responses::GetAResponse, Self::Error>> + Send;
}

// server: answers

///Answers of `get_a`, `several_errors.yaml:8`.
#[derive(Debug)]
pub enum GetAResponse {
    ///204: done (`several_errors.yaml:11`)
    NoContent,
    ///400: bad (`several_errors.yaml:12`)
    BadRequest(types::Bad),
    ///404: none (`several_errors.yaml:13`)
    NotFound,
    ///409: taken (`several_errors.yaml:14`)
    Conflict(types::Taken),
    ///default: other (`several_errors.yaml:15`)
    Default {
        /// The status.
        status: u16,
        /// The body.
        body: Raw,
    },
}
///The response component `BadOrTaken` in dropshot's document.
#[derive(Clone, Copy, Debug)]
pub enum BadOrTakenComponent {}

// client: methods

impl crate::Client {
    ///
    ///
    /// Sent again when it may help: twice is as good as once.
    ///
    /// `GET /a`, defined at `several_errors.yaml:8`.
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

/// What [`Client::get_a`](crate::Client::get_a), defined at `several_errors.yaml:8`, answers when it does not succeed.
#[derive(Clone)]
#[non_exhaustive]
pub enum GetAError {
    /// 400: bad (`several_errors.yaml:12`)
    BadRequest(types::Bad),
    /// 404: none (`several_errors.yaml:13`)
    NotFound,
    /// 409: taken (`several_errors.yaml:14`)
    Conflict(types::Taken),
    /// default: other (`several_errors.yaml:15`)
    Default(u16, ::std::vec::Vec<u8>),
}

// dropshot cannot say: error-description at /paths/~1a/get/responses/400/description, /paths/~1a/get/responses/404/description, /paths/~1a/get/responses/409/description, /paths/~1a/get/responses/default/description
// dropshot cannot say: error-media-type at /paths/~1a/get/responses/409/content, /paths/~1a/get/responses/default/content
// dropshot cannot say: error-schema at /paths/~1a/get/responses
// dropshot cannot say: error-status at /paths/~1a/get/responses/400, /paths/~1a/get/responses/404, /paths/~1a/get/responses/409, /paths/~1a/get/responses/default
