// server: the trait

/// The operations of the document. Extractors never fail: what is wrong with a request is a value that the method
/// answers in the operation's own error body.
#[dropshot::api_description{}]
pub trait Api {
    /// What every method gets.
    type Context;
    #[endpoint{method = POST,
    path = "/things"}]
    async fn create_thing(
        rqctx: RequestContext<Self::Context>,
    ) -> Result<responses::CreateThingResponse, Failure<types::Error>>;
    #[endpoint{method = HEAD,
    path = "/things"}]
    async fn peek_things(
        rqctx: RequestContext<Self::Context>,
    ) -> Result<
        responses::PeekThingsResponse,
        Failure<responses::UndeclaredErrorComponent>,
    >;
}

// server: what is implemented

/// The operations of the document. Each handler gets what the checks before it have found out, and a request that is
/// as the document says.
///
/// Defined at `response_headers.yaml:6`.
pub trait Service: Serve<Refusal: ErrorFor<types::Error>> {
    /// `POST /things`, defined at `response_headers.yaml:8`.
    fn create_thing(
        rqctx: &RequestContext<Self::Context>,
        permit: Permit<op::CreateThing, Anonymous>,
    ) -> impl Future<
        Output = Result<responses::CreateThingResponse, Self::Error>,
    > + Send;
    /// `HEAD /things`, defined at `response_headers.yaml:28`.
    fn peek_things(
        rqctx: &RequestContext<Self::Context>,
        permit: Permit<op::PeekThings, Anonymous>,
    ) -> impl Future<Output = Result<responses::PeekThingsResponse, Self::Error>> + Send;
}

// server: answers

///Answers of `create_thing`, `response_headers.yaml:8`.
#[derive(Clone, Debug)]
pub enum CreateThingResponse {
    ///201: successful creation (`response_headers.yaml:11`)
    Created {
        ///Header `location` (`response_headers.yaml:14`).
        location: String,
        ///Header `x-left` (`response_headers.yaml:15`).
        x_left: Option<u32>,
        /// The body.
        body: types::Thing,
    },
    ///429: Too often. (`response_headers.yaml:19`)
    TooManyRequests {
        ///Header `retry-after` (`response_headers.yaml:22`).
        retry_after: i32,
        /// The body.
        body: types::Error,
    },
    ///4XX: Error (`response_headers.yaml:42`)
    ClientError {
        /// The status.
        status: u16,
        /// The body.
        body: types::Error,
    },
    ///5XX: Error (`response_headers.yaml:42`)
    ServerError {
        /// The status.
        status: u16,
        /// The body.
        body: types::Error,
    },
}
///Answers of `peek_things`, `response_headers.yaml:28`.
#[derive(Clone, Debug)]
pub enum PeekThingsResponse {
    ///200: successful operation (`response_headers.yaml:31`)
    Ok {
        ///Header `x-left` (`response_headers.yaml:34`).
        x_left: Option<u32>,
    },
    ///4XX: Error (`response_headers.yaml:38`)
    ClientError {
        /// The status.
        status: u16,
    },
    ///5XX: Error (`response_headers.yaml:39`)
    ServerError {
        /// The status.
        status: u16,
    },
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
    /// `POST /things`, defined at `response_headers.yaml:8`.
    ///
    /// ```no_run
    /// # async fn run(client: client_crate::Client) -> Result<(), Box<dyn std::error::Error>> {
    /// let answer = client.create_thing().await?;
    /// println!("{}", answer.status());
    /// # Ok(())
    /// # }
    /// ```
    pub fn create_thing(&self) -> Call<CreateThing> {}
    ///
    ///
    /// Sent again when it may help: twice is as good as once.
    ///
    /// `HEAD /things`, defined at `response_headers.yaml:28`.
    ///
    /// ```no_run
    /// # async fn run(client: client_crate::Client) -> Result<(), Box<dyn std::error::Error>> {
    /// let answer = client.peek_things().await?;
    /// println!("{}", answer.status());
    /// # Ok(())
    /// # }
    /// ```
    pub fn peek_things(&self) -> Call<PeekThings> {}
}

// client: errors

/// What [`Client::create_thing`](crate::Client::create_thing), defined at `response_headers.yaml:8`, answers when it does not succeed.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum CreateThingError {
    /// 429: Too often. (`response_headers.yaml:19`)
    TooManyRequests(types::Error),
    /// 4XX: Error (`response_headers.yaml:42`)
    ClientError(u16, types::Error),
    /// 5XX: Error (`response_headers.yaml:42`)
    ServerError(u16, types::Error),
}
/// What [`Client::peek_things`](crate::Client::peek_things), defined at `response_headers.yaml:28`, answers when it does not succeed.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum PeekThingsError {
    /// 4XX: Error (`response_headers.yaml:38`)
    ClientError(u16),
    /// 5XX: Error (`response_headers.yaml:39`)
    ServerError(u16),
}

// dropshot cannot say: added-error at /paths/~1things/head/responses
// dropshot cannot say: error-description at /paths/~1things/head/responses/4XX/description, /paths/~1things/head/responses/5XX/description, /paths/~1things/post/responses/429/description
// dropshot cannot say: error-header at /paths/~1things/post/responses/429/headers/retry-after
// dropshot cannot say: error-status at /paths/~1things/post/responses/429
// dropshot cannot say: settled at /components/responses/Error/content, /paths/~1things/head/responses/200/content
