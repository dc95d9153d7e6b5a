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
    ) -> Result<responses::CreateThingResponse, ::dropshot::HttpError>;
}

// server: what is implemented

/// The operations of the document. Each handler gets what the checks before it have found out, and a request that is
/// as the document says.
///
/// Defined at `response_headers.yaml:6`.
pub trait Service: Serve {
    /// `POST /things`, defined at `response_headers.yaml:8`.
    fn create_thing(
        rqctx: &RequestContext<Self::Context>,
        permit: Permit<op::CreateThing, Anonymous>,
    ) -> impl Future<
        Output = Result<responses::CreateThingResponse, Self::Error>,
    > + Send;
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
}

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
}

// client: errors

/// What [`Client::create_thing`](crate::Client::create_thing), defined at `response_headers.yaml:8`, answers when it does not succeed.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum CreateThingError {
    /// 4XX: Error (`response_headers.yaml:23`)
    ClientError(u16, types::Error),
    /// 5XX: Error (`response_headers.yaml:23`)
    ServerError(u16, types::Error),
}

