//! Bodies without a schema: bytes, uploads in parts, and connections that become websockets.

use std::marker::PhantomData;

use async_trait::async_trait;
use dropshot::{
    ApiEndpointBodyContentType, ExclusiveExtractor, ExtensionMode, ExtractorMetadata, HttpError, HttpResponse as _,
    MultipartBody, RequestContext, ServerContext, UntypedBody, WebsocketChannelResult, WebsocketConnection,
    WebsocketUpgrade,
};

use super::body::{BodyProblem, Incoming, Media};

/// `application/octet-stream` and nothing else.
#[derive(Clone, Copy, Debug)]
pub struct BinaryOnly;

impl Media for BinaryOnly {
    const JSON: &'static [&'static str] = &[];
    const FORM: &'static [&'static str] = &[];
    const RAW: &'static [&'static str] = &["application/octet-stream"];
}

/// A body that is handed on as it is.
#[derive(Debug)]
pub struct Raw<M = BinaryOnly> {
    pub(super) incoming: Incoming,
    media: PhantomData<fn() -> M>,
}

impl<M: Media> Raw<M> {
    /// The media type without parameters, lower case.
    #[must_use]
    pub fn media_type(&self) -> Option<String> {
        self.incoming.essence()
    }

    /// The bytes, up to the operation's limit.
    ///
    /// # Errors
    /// The media type is not a documented one, the body is too large, or the connection broke.
    pub async fn bytes(self) -> Result<Vec<u8>, BodyProblem> {
        self.checked().await?.bytes().await
    }

    /// The body as it comes in; its size is for the caller to limit.
    ///
    /// # Errors
    /// The media type is not a documented one.
    pub async fn stream(self) -> Result<dropshot::Body, BodyProblem> {
        Ok(self.checked().await?.request.into_body())
    }

    /// Reads a bounded part of a body that nobody wants, so that the sender is not cut off before it sees the answer.
    pub async fn discard(self) {
        self.incoming.discard().await;
    }

    async fn checked(self) -> Result<Incoming, BodyProblem> {
        let essence = self.incoming.essence().unwrap_or_default();
        if M::RAW.iter().any(|range| is_within(&essence, range)) {
            return Ok(self.incoming);
        }
        self.incoming.discard().await;
        Err(BodyProblem::UnsupportedMediaType)
    }
}

/// Whether a media type is the one or within the range.
fn is_within(essence: &str, range: &str) -> bool {
    range == "*/*" || essence == range || range.strip_suffix('*').is_some_and(|family| essence.starts_with(family))
}

#[async_trait]
impl<M: Media> ExclusiveExtractor for Raw<M> {
    async fn from_request<C: ServerContext>(
        context: &RequestContext<C>,
        request: http::Request<dropshot::Body>,
    ) -> Result<Self, HttpError> {
        Ok(Self { incoming: Incoming::new(context, request), media: PhantomData })
    }

    fn metadata(media_type: ApiEndpointBodyContentType) -> ExtractorMetadata {
        <UntypedBody as ExclusiveExtractor>::metadata(media_type)
    }
}

/// A body in parts, `multipart/form-data`.
#[derive(Debug)]
pub struct Multipart {
    pub(super) incoming: Incoming,
    parts: Option<MultipartBody>,
}

impl Multipart {
    /// The parts; their sizes are for the caller to limit.
    ///
    /// # Errors
    /// The media type is another one, or names no boundary.
    pub fn into_parts(self) -> Result<MultipartBody, BodyProblem> {
        self.parts.ok_or(BodyProblem::UnsupportedMediaType)
    }
}

#[async_trait]
impl ExclusiveExtractor for Multipart {
    async fn from_request<C: ServerContext>(
        context: &RequestContext<C>,
        request: http::Request<dropshot::Body>,
    ) -> Result<Self, HttpError> {
        let (head, body) = request.into_parts();
        let shell = http::Request::from_parts(head.clone(), dropshot::Body::empty());
        let parts = MultipartBody::from_request(context, http::Request::from_parts(head, body)).await.ok();
        Ok(Self { incoming: Incoming::new(context, shell), parts })
    }

    fn metadata(media_type: ApiEndpointBodyContentType) -> ExtractorMetadata {
        <MultipartBody as ExclusiveExtractor>::metadata(media_type)
    }
}

/// A request to turn the connection into a websocket.
#[derive(Debug)]
pub struct Upgrade(Result<WebsocketUpgrade, HttpError>);

/// The answer to one that was granted.
#[derive(Debug)]
pub struct Upgraded(http::Response<dropshot::Body>);

impl Upgrade {
    /// Grants it: answers 101, and runs `handler` on the connection.
    ///
    /// # Errors
    /// The request does not ask for a websocket.
    pub fn accept<H, F>(self, handler: H) -> Result<Upgraded, HttpError>
    where
        H: FnOnce(WebsocketConnection) -> F + Send + 'static,
        F: Future<Output = WebsocketChannelResult> + Send + 'static,
    {
        self.0?.handle(handler)?.to_result().map(Upgraded)
    }
}

impl Upgraded {
    /// The answer on the wire.
    ///
    /// # Errors
    /// None; the form is that of every answer.
    pub fn into_result(self) -> Result<http::Response<dropshot::Body>, HttpError> {
        Ok(self.0)
    }
}

#[async_trait]
impl ExclusiveExtractor for Upgrade {
    async fn from_request<C: ServerContext>(
        context: &RequestContext<C>,
        request: http::Request<dropshot::Body>,
    ) -> Result<Self, HttpError> {
        Ok(Self(WebsocketUpgrade::from_request(context, request).await))
    }

    fn metadata(_: ApiEndpointBodyContentType) -> ExtractorMetadata {
        ExtractorMetadata { extension_mode: ExtensionMode::Websocket, parameters: Vec::new() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_hold_their_types() {
        assert!(is_within("text/csv", "text/*") && is_within("a/b", "*/*") && is_within("a/b", "a/b"));
        assert!(!is_within("text/csv", "image/*") && !is_within("text", "text/*"));
    }
}
