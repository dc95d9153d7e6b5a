// server: the trait

/// The operations of the document. Extractors never fail: what is wrong with a request is a value that the method
/// answers in the operation's own error body.
#[dropshot::api_description{}]
pub trait Api {
    /// What every method gets.
    type Context;
    /// Get it
    ///
    /// One paragraph.
    #[endpoint{method = GET,
    path = "/a"}]
    async fn get_a(
        rqctx: RequestContext<Self::Context>,
    ) -> Result<responses::GetAResponse, Failure<responses::UndeclaredErrorComponent>>;
}

// server: what is implemented

/// The operations of the document. Each handler gets what the checks before it have found out, and a request that is
/// as the document says.
///
/// Defined at `texts.yaml:12`.
pub trait Service: Serve {
    /// Get it
    ///
    /// One paragraph.
    ///
    /// `GET /a`, defined at `texts.yaml:14`.
    fn get_a(
        rqctx: &RequestContext<Self::Context>,
        permit: Permit<op::GetA, Anonymous>,
    ) -> impl Future<Output = Result<responses::GetAResponse, Self::Error>> + Send;
}

// server: answers

///Answers of `get_a`, `texts.yaml:14`.
#[derive(Clone, Debug)]
pub enum GetAResponse {
    ///204: done (`texts.yaml:18`)
    NoContent,
}
///The response component `UndeclaredError` in dropshot's document.
#[derive(Clone, Copy, Debug)]
pub enum UndeclaredErrorComponent {}

// client: methods

impl crate::Client {
    /// Get it
    ///
    /// One paragraph.
    ///
    /// Sent again when it may help: twice is as good as once.
    ///
    /// `GET /a`, defined at `texts.yaml:14`.
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

/// What [`Client::get_a`](crate::Client::get_a), defined at `texts.yaml:14`, answers when it does not succeed.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum GetAError {}

// dropshot cannot say: added-error at /paths/~1a/get/responses
