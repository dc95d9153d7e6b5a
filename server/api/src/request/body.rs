//! Bodies with a schema, read when the handler asks, so that a caller without credentials costs no more than headers.

use std::marker::PhantomData;
use std::time::Duration;

use async_trait::async_trait;
use dropshot::{
    ApiEndpointBodyContentType, ExclusiveExtractor, ExtensionMode, ExtractorMetadata, HttpError, RequestContext,
    ServerContext,
};
use http_body_util::BodyExt;
use schemars::JsonSchema;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use super::documentation::body;
use super::{Kind, coerce};
use crate::validate::{Described, Validator, Violation};

/// Bytes of an unwanted body that are read and thrown away, so that the sender gets to see the answer.
const DRAIN_LIMIT: usize = 64 * 1024;
/// How long they are waited for: the answer is known, and whoever sends slowly shall not hold it up.
const DRAIN_TIME: Duration = Duration::from_secs(1);

/// What is wrong with a body.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BodyProblem {
    /// The content type is missing or not a documented one.
    UnsupportedMediaType,
    /// More bytes than the operation takes.
    TooLarge {
        /// The largest body, in bytes.
        limit: usize,
    },
    /// Not one JSON value from the first to the last byte, or not a form.
    Malformed,
    /// Breaks the schema.
    Invalid(Vec<Violation>),
    /// The connection broke before the end.
    Interrupted,
}

/// The media types of a body, lower case and without parameters.
pub trait Media: Send + Sync + 'static {
    /// Read as JSON.
    const JSON: &'static [&'static str];
    /// Read as a form.
    const FORM: &'static [&'static str];
    /// Handed on as they are; `*` stands for any type or subtype.
    const RAW: &'static [&'static str];
}

/// `application/json` and nothing else.
#[derive(Clone, Copy, Debug)]
pub struct JsonOnly;

impl Media for JsonOnly {
    const JSON: &'static [&'static str] = &["application/json"];
    const FORM: &'static [&'static str] = &[];
    const RAW: &'static [&'static str] = &[];
}

/// The request as it came, until the handler asks for its body.
#[derive(Debug)]
pub(super) struct Incoming {
    pub(super) request: http::Request<dropshot::Body>,
    pub(super) limit: usize,
}

impl Incoming {
    pub(super) fn new<C: ServerContext>(context: &RequestContext<C>, request: http::Request<dropshot::Body>) -> Self {
        Self { request, limit: context.request_body_max_bytes() }
    }

    /// The media type without parameters, lower case. What is compressed has none here: nobody would read what a filter on the way
    /// has read.
    pub(super) fn essence(&self) -> Option<String> {
        let headers = self.request.headers();
        let is_plain = |coding: &http::HeaderValue| coding.as_bytes().eq_ignore_ascii_case(b"identity");
        if !headers.get_all(http::header::CONTENT_ENCODING).iter().all(is_plain) {
            return None;
        }
        let value = headers.get(http::header::CONTENT_TYPE)?.to_str().ok()?;
        Some(value.split(';').next().unwrap_or_default().trim().to_ascii_lowercase())
    }

    /// Whether there is neither a body nor a media type.
    fn is_absent(&self) -> bool {
        use http_body::Body as _;
        self.request.body().is_end_stream() && !self.request.headers().contains_key(http::header::CONTENT_TYPE)
    }

    /// The body, at most `limit` bytes.
    pub(super) async fn bytes(self) -> Result<Vec<u8>, BodyProblem> {
        let limit = self.limit;
        // Whoever announces more than would be read in any case is told so at once.
        let spare = if self.waits() { 0 } else { DRAIN_LIMIT };
        let mut body = self.request.into_body();
        if announced(&body) > limit.saturating_add(spare) {
            return Err(BodyProblem::TooLarge { limit });
        }
        let mut bytes = Vec::new();
        while let Some(frame) = body.frame().await {
            let frame = frame.map_err(|_| BodyProblem::Interrupted)?;
            let Some(data) = frame.data_ref() else { continue };
            if bytes.len() + data.len() > limit {
                drain(&mut body).await;
                return Err(BodyProblem::TooLarge { limit });
            }
            bytes.extend_from_slice(data);
        }
        Ok(bytes)
    }

    /// Reads a bounded part of a body that nobody wants, so that the sender is not cut off before it sees the answer. What is
    /// too large for that, or is sent only when asked for, is left alone.
    pub(super) async fn discard(self) {
        let waits = self.waits();
        let mut body = self.request.into_body();
        if !waits && announced(&body) <= DRAIN_LIMIT {
            drain(&mut body).await;
        }
    }

    /// Whether the sender waits to be told to go on (`Expect: 100-continue`), which reading the body does.
    fn waits(&self) -> bool {
        self.request.headers().contains_key(http::header::EXPECT)
    }
}

/// The length that the sender announced; 0 if none.
fn announced(body: &dropshot::Body) -> usize {
    use http_body::Body as _;
    usize::try_from(body.size_hint().lower()).unwrap_or(usize::MAX)
}

async fn drain(body: &mut dropshot::Body) {
    let reading = async {
        let mut read = 0;
        while let Some(Ok(frame)) = body.frame().await {
            read += frame.data_ref().map_or(0, bytes::Bytes::len);
            if read > DRAIN_LIMIT {
                return;
            }
        }
    };
    // Whether all of it comes makes no difference to the answer.
    let _ = tokio::time::timeout(DRAIN_TIME, reading).await;
}

/// A body of a documented type that is read when asked for.
#[derive(Debug)]
pub struct Body<T, M = JsonOnly> {
    incoming: Incoming,
    target: PhantomData<fn() -> (T, M)>,
}

impl<T: DeserializeOwned + Described, M: Media> Body<T, M> {
    /// Reads, checks and converts the body: media type, size, syntax, schema, in this order.
    ///
    /// # Errors
    /// The first of the four that fails; the schema with all its violations.
    pub async fn read(self) -> Result<T, BodyProblem> {
        let essence = self.incoming.essence();
        let is_one_of = |types: &[&str]| essence.as_deref().is_some_and(|essence| types.contains(&essence));
        let value = if is_one_of(M::JSON) {
            serde_json::from_slice(&self.incoming.bytes().await?).map_err(|_| BodyProblem::Malformed)?
        } else if is_one_of(M::FORM) {
            form(&self.incoming.bytes().await?, T::validator())
        } else {
            self.incoming.discard().await;
            return Err(BodyProblem::UnsupportedMediaType);
        };
        let violations = T::validator().violations(&value);
        if !violations.is_empty() {
            return Err(BodyProblem::Invalid(violations));
        }
        serde_json::from_value(value).map_err(|_| {
            BodyProblem::Invalid(vec![Violation {
                pointer: String::new(),
                detail: "is not in the documented form".to_owned(),
            }])
        })
    }
}

impl<T, M> Body<T, M> {
    /// Reads a bounded part of a body that nobody wants, so that the sender is not cut off before it sees the answer.
    pub async fn discard(self) {
        self.incoming.discard().await;
    }
}

/// A form as the JSON value that its schema describes.
fn form(bytes: &[u8], validator: &Validator) -> Value {
    let mut object = Map::new();
    for (name, text) in form_urlencoded::parse(bytes) {
        let member = validator.member(&name);
        let kind = match member.map_or("string", |member| member.kind.as_str()) {
            "integer" => Kind::Integer,
            "number" => Kind::Number,
            "boolean" => Kind::Boolean,
            _ => Kind::Text,
        };
        let value = coerce(&text, kind);
        match object.entry(name.into_owned()).or_insert_with(|| Value::Array(Vec::new())) {
            Value::Array(items) if member.is_some_and(|member| member.is_list) => items.push(value),
            place => *place = value,
        }
    }
    Value::Object(object)
}

#[async_trait]
impl<T: DeserializeOwned + JsonSchema + Described + Send + Sync + 'static, M: Media> ExclusiveExtractor for Body<T, M> {
    async fn from_request<C: ServerContext>(
        context: &RequestContext<C>,
        request: http::Request<dropshot::Body>,
    ) -> Result<Self, HttpError> {
        Ok(Self { incoming: Incoming::new(context, request), target: PhantomData })
    }

    fn metadata(_: ApiEndpointBodyContentType) -> ExtractorMetadata {
        let form = M::JSON.is_empty();
        let media_type = if form { ApiEndpointBodyContentType::UrlEncoded } else { ApiEndpointBodyContentType::Json };
        ExtractorMetadata { extension_mode: ExtensionMode::None, parameters: body::<T>(media_type) }
    }
}

/// A kind of body that can be left out.
pub trait FromBody: ExclusiveExtractor {
    /// Whether it was.
    fn is_absent(&self) -> bool;
}

impl<T: DeserializeOwned + JsonSchema + Described + Send + Sync + 'static, M: Media> FromBody for Body<T, M> {
    fn is_absent(&self) -> bool {
        self.incoming.is_absent()
    }
}

impl<M: Media> FromBody for super::Raw<M> {
    fn is_absent(&self) -> bool {
        self.incoming.is_absent()
    }
}

impl FromBody for super::Multipart {
    fn is_absent(&self) -> bool {
        self.incoming.is_absent()
    }
}

/// A body that the caller may leave out.
#[derive(Debug)]
pub struct Optional<B>(B);

impl<B: FromBody> Optional<B> {
    /// The body, if there is one.
    pub fn into_option(self) -> Option<B> {
        (!self.0.is_absent()).then_some(self.0)
    }
}

#[async_trait]
impl<B: FromBody> ExclusiveExtractor for Optional<B> {
    async fn from_request<C: ServerContext>(
        context: &RequestContext<C>,
        request: http::Request<dropshot::Body>,
    ) -> Result<Self, HttpError> {
        B::from_request(context, request).await.map(Self)
    }

    fn metadata(media_type: ApiEndpointBodyContentType) -> ExtractorMetadata {
        B::metadata(media_type)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn forms_are_read_as_their_schema_wants() {
        let schema = json!({"type": "object", "properties": {
            "count": {"type": "integer"}, "tags": {"type": "array", "items": {"type": "string"}}, "name": {"type": "string"}}});
        let validator = Validator::of_schema(&schema.to_string());
        assert_eq!(
            form(b"count=3&tags=a&tags=b&name=a+b&other=1", &validator),
            json!({"count": 3, "tags": ["a", "b"], "name": "a b", "other": "1"})
        );
    }
}
