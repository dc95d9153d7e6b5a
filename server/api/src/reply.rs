//! Answers on the wire: status, headers and body exactly as a generated variant says.

use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;
use std::sync::OnceLock;

use dropshot::{
    ApiEndpointResponse, Body, ErrorStatusCode, HttpError, HttpResponse, HttpResponseHeaders,
    HttpResponseUpdatedNoContent,
};
use http::{HeaderMap, HeaderValue, StatusCode};
use schemars::JsonSchema;
use schemars::r#gen::SchemaGenerator;
use schemars::schema::Schema;
use serde::{Serialize, Serializer};

use crate::credentials::challenges;
use crate::request::{self, BodyProblem};
use crate::security::Operation;
use crate::sensitive::Sensitive;
use crate::serve::Rejection;

/// Headers that errors carry; each answer takes the ones that the document gives it.
#[derive(Clone, Debug, Default)]
pub struct ErrorHeaders {
    /// `Retry-After`, in seconds.
    pub retry_after: u32,
    /// `WWW-Authenticate`: the challenges of the operation's schemes.
    pub www_authenticate: String,
}

/// An error on its way to an answer.
pub trait Refused {
    /// The status to answer with.
    fn status(&self) -> u16;

    /// What the answer's headers say, as far as the document gives it any.
    fn headers(&self) -> ErrorHeaders;

    /// One sentence, for an answer that the document does not have.
    fn message(&self) -> String;
}

/// An error that has the documented body `B`.
pub trait ErrorFor<B> {
    /// The body; none: there is none for this error, so dropshot's own is sent.
    fn body(&self) -> Option<B>;
}

/// An operation's answers, seen from their errors.
pub trait ErrorReply<E>: HttpResponse + Sized {
    /// The answer with the error's status, or none if the document has no such error.
    fn from_error(error: &E) -> Option<Self>;
}

/// The operation's own answer to an error.
///
/// # Errors
/// The document has no such error: it is sent in dropshot's form, with the same status.
pub fn refuse<R: ErrorReply<E>, E: Refused>(error: &E) -> Result<R, HttpError> {
    R::from_error(error).ok_or_else(|| undocumented(error))
}

/// An error in dropshot's form.
pub fn undocumented(error: &impl Refused) -> HttpError {
    let status = ErrorStatusCode::from_u16(error.status()).unwrap_or(ErrorStatusCode::INTERNAL_SERVER_ERROR);
    let message = error.message();
    HttpError {
        status_code: status,
        error_code: None,
        internal_message: message.clone(),
        external_message: message,
        headers: Some(Box::new(common_headers())),
    }
}

/// An error in plain words, for servers that have none of their own yet.
#[derive(Clone, Debug)]
pub struct PlainError {
    status: u16,
    message: Cow<'static, str>,
    headers: ErrorHeaders,
}

impl PlainError {
    /// An error of `status`.
    #[must_use]
    pub fn new(status: u16, message: impl Into<Cow<'static, str>>) -> Self {
        Self { status, message: message.into(), headers: ErrorHeaders { retry_after: 1, ..ErrorHeaders::default() } }
    }

    /// The answer of an operation that is still to be written.
    #[must_use]
    pub fn not_implemented() -> Self {
        Self::new(501, "the operation is not implemented yet")
    }

    /// With the challenges of an operation.
    #[must_use]
    pub fn of(mut self, operation: Operation) -> Self {
        self.headers.www_authenticate = challenges(operation);
        self
    }
}

impl From<Rejection> for PlainError {
    fn from(rejection: Rejection) -> Self {
        match rejection {
            Rejection::NotAuthenticated => Self::new(401, "the credentials are missing or not valid"),
            Rejection::Request(BodyProblem::UnsupportedMediaType) => {
                Self::new(415, "the body is not of a documented media type")
            }
            Rejection::Request(BodyProblem::TooLarge { limit }) => {
                Self::new(413, format!("the body is larger than {limit} bytes"))
            }
            Rejection::Request(BodyProblem::Malformed) => Self::new(400, "the body cannot be read"),
            Rejection::TooSlow => Self::new(400, "the body took too long to arrive"),
            Rejection::Request(BodyProblem::Interrupted) => Self::new(400, "the body ends before its announced length"),
            Rejection::Request(BodyProblem::Invalid(violations)) => {
                let text: Vec<String> =
                    violations.iter().map(|violation| format!("{} {}", violation.pointer, violation.detail)).collect();
                Self::new(400, text.join("; "))
            }
        }
    }
}

impl fmt::Display for PlainError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl Refused for PlainError {
    fn status(&self) -> u16 {
        self.status
    }

    fn headers(&self) -> ErrorHeaders {
        self.headers.clone()
    }

    fn message(&self) -> String {
        self.message.clone().into_owned()
    }
}

/// A value as the text of a header.
pub trait HeaderText {
    /// The text.
    fn text(&self) -> String;
}

impl HeaderText for String {
    fn text(&self) -> String {
        self.clone()
    }
}

macro_rules! integers {
    ($($integer:ty)*) => {
        $(impl HeaderText for $integer {
            fn text(&self) -> String {
                self.to_string()
            }
        })*
    };
}

integers! { i8 i16 i32 i64 u8 u16 u32 u64 }

impl<T: HeaderText> HeaderText for Sensitive<T> {
    fn text(&self) -> String {
        self.expose().text()
    }
}

static COMMON_HEADERS: OnceLock<HeaderMap> = OnceLock::new();

/// Sets headers that every answer of this process has beside those that the document gives it, which win. What is set first
/// holds.
pub fn set_common_headers(headers: HeaderMap) {
    COMMON_HEADERS.get_or_init(|| headers);
}

/// The headers that every answer of this process has.
#[must_use]
pub fn common_headers() -> HeaderMap {
    COMMON_HEADERS.get().cloned().unwrap_or_default()
}

/// An answer under construction.
#[derive(Debug)]
pub struct Reply {
    response: http::Response<Body>,
    broken: bool,
}

impl Reply {
    /// Starts an answer of `status`.
    #[must_use]
    pub fn new(status: u16) -> Self {
        let mut response = http::Response::new(Body::empty());
        *response.status_mut() = self::status(status);
        *response.headers_mut() = common_headers();
        Self { response, broken: false }
    }

    /// Adds a header.
    #[must_use]
    pub fn header(mut self, name: &'static str, value: &impl HeaderText) -> Self {
        match HeaderValue::from_str(&value.text()) {
            Ok(value) => {
                self.response.headers_mut().insert(name, value);
            }
            Err(_) => self.broken = true,
        }
        self
    }

    /// Adds a header if there is a value.
    #[must_use]
    pub fn optional_header(self, name: &'static str, value: Option<&impl HeaderText>) -> Self {
        match value {
            Some(value) => self.header(name, value),
            None => self,
        }
    }

    /// Ends the answer without a body.
    ///
    /// # Errors
    /// A header value that cannot be sent.
    pub fn empty(self) -> Result<http::Response<Body>, HttpError> {
        if self.broken {
            return Err(HttpError::for_internal_error("a header value cannot be sent".to_owned()));
        }
        Ok(self.response)
    }

    /// Ends the answer with a JSON body of `media_type`.
    ///
    /// # Errors
    /// A body that has no JSON form, or a header value that cannot be sent.
    pub fn json(self, media_type: &'static str, body: &impl Serialize) -> Result<http::Response<Body>, HttpError> {
        let bytes = serde_json::to_vec(body).map_err(|error| HttpError::for_internal_error(error.to_string()))?;
        let mut response = self.empty()?;
        response.headers_mut().insert(http::header::CONTENT_TYPE, HeaderValue::from_static(media_type));
        *response.body_mut() = Body::from(bytes);
        Ok(response)
    }

    /// Ends the answer with a body as it is; `documented` is the media type or the range in the document.
    ///
    /// # Errors
    /// A header value that cannot be sent.
    pub fn raw(self, documented: &'static str, raw: Raw) -> Result<http::Response<Body>, HttpError> {
        let otherwise = if documented.contains('*') { "application/octet-stream" } else { documented };
        let media_type = raw.media_type.unwrap_or_else(|| otherwise.to_owned());
        let mut response = self.header("content-type", &media_type).empty()?;
        *response.body_mut() = raw.body;
        Ok(response)
    }
}

/// A body that is handed on as it is.
#[derive(Debug)]
pub struct Raw {
    media_type: Option<String>,
    body: Body,
}

impl Raw {
    /// A body of the documented media type; where that is a range such as `*/*`, of unnamed bytes.
    #[must_use]
    pub fn new(body: impl Into<Body>) -> Self {
        Self { media_type: None, body: body.into() }
    }

    /// Says which media type it is.
    #[must_use]
    pub fn of(media_type: impl Into<String>, body: impl Into<Body>) -> Self {
        Self { media_type: Some(media_type.into()), body: body.into() }
    }
}

/// A status of the document.
#[must_use]
pub fn status(status: u16) -> StatusCode {
    // The generator takes three-digit statuses only.
    StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
}

/// Stands for the body of an answer that has none.
#[derive(Clone, Copy, Debug)]
pub enum NoBody {}

/// Stands for the headers of an answer that has none.
#[derive(Clone, Copy, Debug)]
pub struct NoHeaders;

/// What dropshot documents of an answer's headers.
pub trait DocumentedHeaders {
    /// The headers of `metadata`.
    fn write(metadata: &mut ApiEndpointResponse);
}

impl DocumentedHeaders for NoHeaders {
    fn write(_: &mut ApiEndpointResponse) {}
}

impl<H: JsonSchema + Serialize + Send + Sync + 'static> DocumentedHeaders for H {
    fn write(metadata: &mut ApiEndpointResponse) {
        type Empty<H> = HttpResponseHeaders<HttpResponseUpdatedNoContent, H>;
        metadata.headers = <Empty<H> as HttpResponse>::response_metadata().headers;
    }
}

/// What dropshot documents of an answer's body.
pub trait DocumentedBody {
    /// The schema of `metadata`.
    fn write(metadata: &mut ApiEndpointResponse);
}

impl DocumentedBody for NoBody {
    fn write(metadata: &mut ApiEndpointResponse) {
        metadata.schema = <HttpResponseUpdatedNoContent as HttpResponse>::response_metadata().schema;
    }
}

impl<T: JsonSchema + 'static> DocumentedBody for T {
    fn write(metadata: &mut ApiEndpointResponse) {
        metadata.schema = request::body_parameter::<T>().map(|parameter| parameter.schema);
    }
}

/// How dropshot documents a success; without a status as the default.
#[must_use]
pub fn metadata<T: DocumentedBody, H: DocumentedHeaders>(
    status: Option<u16>,
    description: &str,
) -> ApiEndpointResponse {
    let mut metadata = freeform_metadata(status, description);
    T::write(&mut metadata);
    H::write(&mut metadata);
    metadata
}

/// How dropshot documents a success with a body of any kind.
#[must_use]
pub fn freeform_metadata(status: Option<u16>, description: &str) -> ApiEndpointResponse {
    ApiEndpointResponse {
        success: status.map(self::status),
        description: Some(description.to_owned()),
        ..ApiEndpointResponse::default()
    }
}

/// The error type of the trait's methods: what dropshot documents for `4XX` and `5XX`.
///
/// Documented errors travel inside the answer's enum, with their exact status and media type. This type is sent only
/// where dropshot itself gives up on an answer, in dropshot's own form.
pub struct Failure<T> {
    status: ErrorStatusCode,
    message: String,
    body: PhantomData<fn() -> T>,
}

impl<T> fmt::Debug for Failure<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Failure").field("status", &self.status).field("message", &self.message).finish()
    }
}

impl<T> fmt::Display for Failure<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.status, self.message)
    }
}

impl<T> From<HttpError> for Failure<T> {
    fn from(error: HttpError) -> Self {
        Self { status: error.status_code, message: error.external_message, body: PhantomData }
    }
}

impl<T> From<Failure<T>> for HttpError {
    fn from(failure: Failure<T>) -> Self {
        Self {
            status_code: failure.status,
            error_code: None,
            external_message: failure.message.clone(),
            internal_message: failure.message,
            headers: None,
        }
    }
}

impl<T> Serialize for Failure<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        use serde::ser::SerializeMap;
        let mut map = serializer.serialize_map(Some(1))?;
        map.serialize_entry("message", &self.message)?;
        map.end()
    }
}

impl<T: JsonSchema> JsonSchema for Failure<T> {
    fn is_referenceable() -> bool {
        T::is_referenceable()
    }
    fn schema_name() -> String {
        T::schema_name()
    }
    fn schema_id() -> std::borrow::Cow<'static, str> {
        T::schema_id()
    }
    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        T::json_schema(generator)
    }
}

impl<T: JsonSchema + 'static> dropshot::HttpResponseError for Failure<T> {
    fn status_code(&self) -> ErrorStatusCode {
        self.status
    }
}
