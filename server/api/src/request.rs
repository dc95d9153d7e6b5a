//! Extractors that never fail: what is wrong with a request is a value, answered by the handler in its own error body.
//!
//! A body is not read before the handler asks, so that a caller without credentials costs no more than headers.

use std::collections::BTreeMap;
use std::marker::PhantomData;

use async_trait::async_trait;
use dropshot::{
    ApiEndpointBodyContentType, ExclusiveExtractor, ExtractorMetadata, HttpError, RequestContext, ServerContext,
    SharedExtractor, TypedBody,
};
use http_body_util::BodyExt;
use schemars::JsonSchema;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use crate::validate::{Described, Violation};

/// Bytes of an unwanted body that are read and thrown away, so that the sender gets to see the answer.
const DRAIN_LIMIT: usize = 64 * 1024;

/// Parameters in the path.
#[derive(Clone, Copy, Debug)]
pub struct Path;
/// Parameters in the query string.
#[derive(Clone, Copy, Debug)]
pub struct Query;
/// Parameters in headers.
#[derive(Clone, Copy, Debug)]
pub struct Header;

/// A place of parameters: how dropshot documents it and how its raw values are found.
#[async_trait]
pub trait Location: Send + Sync + 'static {
    /// Name in violations.
    const NAME: &'static str;

    /// What dropshot documents for parameters `P` here.
    fn metadata<P: DeserializeOwned + JsonSchema + Send + Sync + 'static>(
        body: ApiEndpointBodyContentType,
    ) -> ExtractorMetadata;

    /// The raw values by name; an error: the request target cannot be read.
    async fn values<C: ServerContext>(context: &RequestContext<C>) -> Result<BTreeMap<String, String>, HttpError>;
}

macro_rules! location {
    ($place:ident, $name:literal, $raw:expr) => {
        #[async_trait]
        impl Location for $place {
            const NAME: &'static str = $name;

            fn metadata<P: DeserializeOwned + JsonSchema + Send + Sync + 'static>(
                body: ApiEndpointBodyContentType,
            ) -> ExtractorMetadata {
                <dropshot::$place<P> as SharedExtractor>::metadata(body)
            }

            async fn values<C: ServerContext>(
                context: &RequestContext<C>,
            ) -> Result<BTreeMap<String, String>, HttpError> {
                let read: fn(dropshot::$place<BTreeMap<String, String>>) -> BTreeMap<String, String> = $raw;
                <dropshot::$place<BTreeMap<String, String>> as SharedExtractor>::from_request(context).await.map(read)
            }
        }
    };
}

location!(Path, "path", dropshot::Path::into_inner);
location!(Query, "query", dropshot::Query::into_inner);
location!(Header, "header", dropshot::Header::into_inner);

/// The parameters of one place, with the JSON type that each raw value is read as.
pub trait ParamSet: DeserializeOwned + JsonSchema + Described + Send + Sync + 'static {
    /// Name on the wire and `type` of the schema.
    const KINDS: &'static [(&'static str, &'static str)];
}

/// The parameters of an operation in one place, checked against the document.
#[derive(Debug)]
pub struct Params<L, P> {
    result: Result<P, Vec<Violation>>,
    location: PhantomData<fn() -> L>,
}

impl<L, P> Params<L, P> {
    /// The parameters.
    ///
    /// # Errors
    /// Every violation; pointers start with the place, for example `/path/organizationId`.
    pub fn into_result(self) -> Result<P, Vec<Violation>> {
        self.result
    }
}

#[async_trait]
impl<L: Location, P: ParamSet> SharedExtractor for Params<L, P> {
    async fn from_request<C: ServerContext>(context: &RequestContext<C>) -> Result<Self, HttpError> {
        let result = match L::values(context).await {
            Ok(values) => check(L::NAME, &values),
            Err(_) => Err(vec![Violation { pointer: format!("/{}", L::NAME), detail: "cannot be read".to_owned() }]),
        };
        Ok(Self { result, location: PhantomData })
    }

    fn metadata(body: ApiEndpointBodyContentType) -> ExtractorMetadata {
        L::metadata::<P>(body)
    }
}

fn check<P: ParamSet>(place: &str, values: &BTreeMap<String, String>) -> Result<P, Vec<Violation>> {
    let mut object = Map::new();
    for (name, kind) in P::KINDS {
        // Header names come in lower case.
        if let Some(text) = values.get(*name).or_else(|| values.get(&name.to_lowercase())) {
            object.insert((*name).to_owned(), coerce(text, kind));
        }
    }
    let value = Value::Object(object);
    let mut violations = P::validator().violations(&value);
    if violations.is_empty() {
        match serde_json::from_value(value) {
            Ok(parameters) => return Ok(parameters),
            Err(_) => violations
                .push(Violation { pointer: String::new(), detail: "is not in the documented form".to_owned() }),
        }
    }
    for violation in &mut violations {
        violation.pointer.insert_str(0, &format!("/{place}"));
    }
    Err(violations)
}

/// A raw value as the type its schema wants, or as the string it is, which the validator then refuses.
fn coerce(text: &str, kind: &str) -> Value {
    match kind {
        "integer" => text.parse::<i64>().map_or_else(|_| text.into(), Value::from),
        "number" => text.parse::<f64>().map_or_else(|_| text.into(), Value::from),
        "boolean" => text.parse::<bool>().map_or_else(|_| text.into(), Value::from),
        _ => text.into(),
    }
}

/// What is wrong with a body.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BodyProblem {
    /// The content type is missing or not the documented one.
    UnsupportedMediaType,
    /// More bytes than the operation takes.
    TooLarge {
        /// The largest body, in bytes.
        limit: usize,
    },
    /// Not one JSON value from the first to the last byte.
    Malformed,
    /// Breaks the schema.
    Invalid(Vec<Violation>),
    /// The connection broke before the end.
    Interrupted,
}

/// A JSON body that is read when asked for.
#[derive(Debug)]
pub struct Body<T> {
    request: hyper_request::Request,
    limit: usize,
    media_type: &'static str,
    target: PhantomData<fn() -> T>,
}

/// dropshot hands over the request of the HTTP library underneath.
mod hyper_request {
    pub(super) type Request = http::Request<dropshot::Body>;
}

impl<T: DeserializeOwned + Described> Body<T> {
    /// Reads, checks and converts the body: media type, size, syntax, schema, in this order.
    ///
    /// # Errors
    /// The first of the four that fails; the schema with all its violations.
    pub async fn read(self) -> Result<T, BodyProblem> {
        let bytes = self.bytes().await?;
        let value: Value = serde_json::from_slice(&bytes).map_err(|_| BodyProblem::Malformed)?;
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

impl<T> Body<T> {
    async fn bytes(self) -> Result<Vec<u8>, BodyProblem> {
        let content_type = self.request.headers().get(http::header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
        let essence = content_type.map(|value| value.split(';').next().unwrap_or_default().trim().to_ascii_lowercase());
        if essence.as_deref() != Some(self.media_type) {
            self.discard().await;
            return Err(BodyProblem::UnsupportedMediaType);
        }
        let limit = self.limit;
        let mut bytes = Vec::new();
        let mut body = self.request.into_body();
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

    /// Reads a bounded part of a body that nobody wants, so that the sender is not cut off before it sees the answer.
    pub async fn discard(self) {
        drain(&mut self.request.into_body()).await;
    }
}

async fn drain(body: &mut dropshot::Body) {
    let mut read = 0;
    while let Some(Ok(frame)) = body.frame().await {
        read += frame.data_ref().map_or(0, bytes::Bytes::len);
        if read > DRAIN_LIMIT {
            return;
        }
    }
}

#[async_trait]
impl<T: DeserializeOwned + JsonSchema + Described + Send + Sync + 'static> ExclusiveExtractor for Body<T> {
    async fn from_request<C: ServerContext>(
        context: &RequestContext<C>,
        request: http::Request<dropshot::Body>,
    ) -> Result<Self, HttpError> {
        Ok(Self {
            request,
            limit: context.request_body_max_bytes(),
            media_type: "application/json",
            target: PhantomData,
        })
    }

    fn metadata(body: ApiEndpointBodyContentType) -> ExtractorMetadata {
        <TypedBody<T> as ExclusiveExtractor>::metadata(body)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_that_are_none_stay_strings_for_the_validator() {
        assert_eq!(coerce("7", "integer"), 7);
        assert_eq!(coerce("7.5", "integer"), "7.5");
        assert_eq!(coerce("99999999999999999999", "integer"), "99999999999999999999");
        assert_eq!(coerce("true", "string"), "true");
    }
}
