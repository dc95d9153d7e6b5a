// server: the trait

/// The operations of the document. Extractors never fail: what is wrong with a request is a value that the method
/// answers in the operation's own error body.
#[dropshot::api_description{}]
pub trait Api {
    /// What every method gets.
    type Context;
    #[endpoint{method = GET,
    path = "/stream"}]
    async fn stream(
        rqctx: RequestContext<Self::Context>,
        query: Params<crate::request::Query, params::StreamQuery>,
        upgrade: crate::request::Upgrade,
    ) -> Result<responses::StreamResponse, ::dropshot::HttpError>;
    #[endpoint{method = GET,
    path = "/older"}]
    async fn older(
        rqctx: RequestContext<Self::Context>,
        upgrade: crate::request::Upgrade,
    ) -> Result<responses::OlderResponse, Failure<responses::UndeclaredErrorComponent>>;
}

// server: what is implemented

/// The operations of the document. Each handler gets what the checks before it have found out, and a request that is
/// as the document says.
///
/// Defined at `websocket.yaml:6`.
pub trait Service: Serve {
    /// `GET /stream`, defined at `websocket.yaml:8`.
    fn stream(
        rqctx: &RequestContext<Self::Context>,
        permit: Permit<op::Stream, Anonymous>,
        query: params::StreamQuery,
        upgrade: crate::request::Upgrade,
    ) -> impl Future<Output = Result<responses::StreamResponse, Self::Error>> + Send;
    /// `GET /older`, defined at `websocket.yaml:18`.
    fn older(
        rqctx: &RequestContext<Self::Context>,
        permit: Permit<op::Older, Anonymous>,
        upgrade: crate::request::Upgrade,
    ) -> impl Future<Output = Result<responses::OlderResponse, Self::Error>> + Send;
}

// server: parameters

///Query parameters of `stream`, `websocket.yaml:8`.
#[derive(Clone, Debug, ::serde::Deserialize)]
pub struct StreamQuery {
    ///`lines`. (`websocket.yaml:11`)
    #[serde(rename = "lines", default)]
    pub lines: Option<u8>,
}

// server: answers

///Answers of `stream`, `websocket.yaml:8`.
#[derive(Debug)]
pub enum StreamResponse {
    ///101: Negotiating protocol upgrade from HTTP/1.1 to WebSocket (`websocket.yaml:13`)
    SwitchingProtocols,
    /// The connection becomes a websocket.
    Upgraded(crate::request::Upgraded),
}
///Answers of `older`, `websocket.yaml:18`.
#[derive(Debug)]
pub enum OlderResponse {
    ///default:  (`websocket.yaml:21`)
    Default {
        /// The status.
        status: u16,
        /// The body.
        body: Raw,
    },
    /// The connection becomes a websocket.
    Upgraded(crate::request::Upgraded),
}
///The response component `UndeclaredError` in dropshot's document.
#[derive(Clone, Copy, Debug)]
pub enum UndeclaredErrorComponent {}

