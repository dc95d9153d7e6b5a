//! Requests as they came, kept for assertions. Everything can be asked for; `Debug` shows no secret.

use std::collections::BTreeMap;
use std::fmt;

use bytes::Bytes;
use http::header::{ACCEPT, CONTENT_LENGTH, CONTENT_TYPE, HOST, HeaderMap, HeaderName, USER_AGENT};
use http::{Method, StatusCode};
use serde_json::Value;

use crate::check;
use crate::contract::{Location, Operation};
use crate::route::{self, Route};
use crate::schema::{self, REDACTED, Violation};

/// Headers whose values say nothing about the caller's rights.
const SHOWN: [HeaderName; 6] =
    [ACCEPT, CONTENT_LENGTH, CONTENT_TYPE, HOST, USER_AGENT, HeaderName::from_static("x-request-id")];

/// A request that a mock received, and what became of it.
///
/// `Debug` hides what the document marks as a secret, every credential, and whatever the document does not describe.
#[derive(Clone)]
pub struct RecordedRequest {
    pub(crate) operation: Option<&'static Operation>,
    method: Method,
    raw_path: String,
    path: BTreeMap<&'static str, String>,
    query: Vec<(String, String)>,
    headers: HeaderMap,
    body: Bytes,
    json: Option<Value>,
    pub(crate) violations: Vec<Violation>,
    pub(crate) answered: Answered,
    pub(crate) status: StatusCode,
}

/// Who decided what a request was answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Answered {
    /// Nobody had anything to say: the documented example.
    ByExample,
    /// The request broke the document: the documented error.
    ByDocument,
    /// A script.
    ByScript,
    /// There are scripts for the operation, but none took the request: 501.
    ByNobody,
}

impl RecordedRequest {
    pub(crate) fn new(request: http::Request<Bytes>, route: &Route) -> Self {
        let (head, body) = request.into_parts();
        let (operation, path) = match route {
            Route::To(operation, values) => (Some(*operation), values.clone()),
            Route::OtherMethods(_) | Route::Nowhere => (None, BTreeMap::new()),
        };
        let query = head.uri.query().unwrap_or_default();
        Self {
            operation,
            method: head.method,
            raw_path: head.uri.path().to_owned(),
            path,
            query: form_urlencoded::parse(query.as_bytes()).into_owned().collect(),
            headers: head.headers,
            json: serde_json::from_slice(&body).ok(),
            body,
            violations: Vec::new(),
            answered: Answered::ByDocument,
            status: StatusCode::NOT_FOUND,
        }
    }

    /// `operationId`; none if no operation has this method and path.
    ///
    /// ```no_run
    /// # fn run(request: invite_mock::RecordedRequest) {
    /// assert_eq!(request.operation(), Some("create_session"));
    /// # }
    /// ```
    #[must_use]
    pub fn operation(&self) -> Option<&'static str> {
        self.operation.map(|operation| operation.id)
    }

    /// The method.
    ///
    /// ```no_run
    /// # fn run(request: invite_mock::RecordedRequest) {
    /// assert_eq!(request.method(), "POST");
    /// # }
    /// ```
    #[must_use]
    pub fn method(&self) -> &Method {
        &self.method
    }

    /// The path as it was sent. It may hold secrets.
    ///
    /// ```no_run
    /// # fn run(request: invite_mock::RecordedRequest) {
    /// assert_eq!(request.path(), "/sessions");
    /// # }
    /// ```
    #[must_use]
    pub fn path(&self) -> &str {
        &self.raw_path
    }

    /// The decoded value of a path parameter, by its name in the document.
    ///
    /// ```no_run
    /// # fn run(request: invite_mock::RecordedRequest) {
    /// assert_eq!(request.path_parameter("token"), Some("sgn_1"));
    /// # }
    /// ```
    #[must_use]
    pub fn path_parameter(&self, name: &str) -> Option<&str> {
        self.path.get(name).map(String::as_str)
    }

    /// The decoded values of a query parameter.
    ///
    /// ```no_run
    /// # fn run(request: invite_mock::RecordedRequest) {
    /// assert!(request.query("page").is_empty());
    /// # }
    /// ```
    #[must_use]
    pub fn query(&self, name: &str) -> Vec<&str> {
        self.query.iter().filter(|(found, _)| found == name).map(|(_, value)| value.as_str()).collect()
    }

    /// The first value of a header, if it is text.
    ///
    /// ```no_run
    /// # fn run(request: invite_mock::RecordedRequest) {
    /// assert_eq!(request.header("content-type"), Some("application/json"));
    /// # }
    /// ```
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// All headers.
    ///
    /// ```no_run
    /// # fn run(request: invite_mock::RecordedRequest) {
    /// assert!(!request.headers().contains_key("authorization"));
    /// # }
    /// ```
    #[must_use]
    pub fn headers(&self) -> &HeaderMap {
        &self.headers
    }

    /// The body; of one that is far too large, the beginning.
    ///
    /// ```no_run
    /// # fn run(request: invite_mock::RecordedRequest) {
    /// assert!(request.body().len() < 1000);
    /// # }
    /// ```
    #[must_use]
    pub fn body(&self) -> &Bytes {
        &self.body
    }

    /// The body as JSON, if it is.
    ///
    /// ```no_run
    /// # fn run(request: invite_mock::RecordedRequest) {
    /// assert_eq!(request.json().and_then(|body| body["email"].as_str()), Some("jane@customer.example"));
    /// # }
    /// ```
    #[must_use]
    pub fn json(&self) -> Option<&Value> {
        self.json.as_ref()
    }

    /// The body as a value of `T`, for example one of `invite_sdk::types`.
    ///
    /// ```no_run
    /// # fn run(request: invite_mock::RecordedRequest) -> Result<(), Box<dyn std::error::Error>> {
    /// let sent: invite_sdk::types::NewSession = request.body_as()?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// It is not JSON, or not one.
    pub fn body_as<T: serde::de::DeserializeOwned>(&self) -> serde_json::Result<T> {
        serde_json::from_slice(&self.body)
    }

    /// How it breaks the document; empty: it keeps it.
    ///
    /// ```no_run
    /// # fn run(request: invite_mock::RecordedRequest) {
    /// assert!(request.violations().is_empty(), "{:?}", request.violations());
    /// # }
    /// ```
    #[must_use]
    pub fn violations(&self) -> &[Violation] {
        &self.violations
    }

    /// Who decided the answer.
    ///
    /// ```no_run
    /// # fn run(request: invite_mock::RecordedRequest) {
    /// assert_eq!(request.answered(), invite_mock::Answered::ByScript);
    /// # }
    /// ```
    #[must_use]
    pub fn answered(&self) -> Answered {
        self.answered
    }

    /// The status of the answer. A fault may have kept it from arriving.
    ///
    /// ```no_run
    /// # fn run(request: invite_mock::RecordedRequest) {
    /// assert_eq!(request.status(), 201);
    /// # }
    /// ```
    #[must_use]
    pub fn status(&self) -> StatusCode {
        self.status
    }

    /// The path with secrets hidden.
    fn shown_path(&self) -> String {
        let Some(operation) = self.operation else { return route::shown(&self.raw_path) };
        let mut shown = operation.path.to_owned();
        for (name, value) in &self.path {
            let value = if self.is_shown(Location::Path, name) { value.as_str() } else { REDACTED };
            shown = shown.replace(&format!("{{{name}}}"), value);
        }
        shown
    }

    /// Only what the document describes, and not as a secret.
    fn is_shown(&self, location: Location, name: &str) -> bool {
        self.operation.is_some_and(|operation| {
            operation.parameters.iter().any(|parameter| {
                parameter.location == location && parameter.name.eq_ignore_ascii_case(name) && !parameter.sensitive
            })
        })
    }

    fn shown_headers(&self) -> BTreeMap<&str, String> {
        self.headers
            .iter()
            .map(|(name, value)| {
                let is_shown = SHOWN.contains(name) || self.is_shown(Location::Header, name.as_str());
                let value = value.to_str().ok().filter(|_| is_shown).unwrap_or(REDACTED);
                (name.as_str(), value.to_owned())
            })
            .collect()
    }

    fn shown_body(&self) -> String {
        let schema =
            self.operation.and_then(|operation| check::content(operation, &self.headers)).and_then(|it| it.schema);
        match (&self.json, schema) {
            (Some(json), Some(pointer)) => schema::redacted(pointer, json).to_string(),
            _ => format!("{} bytes", self.body.len()),
        }
    }
}

impl fmt::Debug for RecordedRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let query: Vec<_> = self
            .query
            .iter()
            .map(|(name, value)| match self.is_shown(Location::Query, name) {
                true => (name.as_str(), value.as_str()),
                false => (REDACTED, REDACTED),
            })
            .collect();
        f.debug_struct("RecordedRequest")
            .field("operation", &self.operation())
            .field("method", &self.method.as_str())
            .field("path", &self.shown_path())
            .field("query", &query)
            .field("headers", &self.shown_headers())
            .field("body", &format_args!("{}", self.shown_body()))
            .field("violations", &self.violations)
            .field("answered", &self.answered)
            .field("status", &self.status.as_u16())
            .finish()
    }
}

/// One line for a log, without secrets.
impl fmt::Display for RecordedRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let by = match self.answered {
            Answered::ByExample => "documented example",
            Answered::ByDocument => "documented error",
            Answered::ByScript => "script",
            Answered::ByNobody => "no script took it",
        };
        let operation = self.operation().unwrap_or("no operation");
        write!(f, "{} {} ({operation}): {}, {by}", self.method, self.shown_path(), self.status.as_u16())?;
        self.violations.iter().try_for_each(|violation| write!(f, "; {violation}"))
    }
}
