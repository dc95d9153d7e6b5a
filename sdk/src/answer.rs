//! Answers: the bytes as they came, and what they mean by status and media type.

use std::fmt;
use std::ops::Deref;

use bytes::Bytes;
use reqwest::StatusCode;
use reqwest::header::{CONTENT_LENGTH, CONTENT_TYPE, HeaderMap, HeaderValue};
use serde::de::DeserializeOwned;

use crate::draft::REQUEST_ID;
use crate::place::member_at;

/// An answer whose body was read.
#[derive(Clone)]
pub struct Answer {
    status: StatusCode,
    headers: HeaderMap,
    body: Bytes,
}

/// What an answer means.
pub enum Verdict<T, E> {
    /// A documented success.
    Success(T),
    /// A documented answer that is not a success.
    Refused(E),
    /// The document does not know the status.
    Undeclared,
    /// The document knows the status, but the body is not what it says.
    Mismatch(Mismatch),
}

/// How a body differs from what the document says. Repeats nothing of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Mismatch {
    /// The next page was there already.
    Cursor,
    /// There is none.
    Empty,
    /// It is not JSON.
    MediaType,
    /// It is not well-formed, or not of the documented type.
    Json {
        /// `syntax`, `data` or `eof`.
        category: &'static str,
        /// The member, for example `data.id`; `.` for the body itself.
        path: String,
        /// From 1.
        line: usize,
        /// From 1.
        column: usize,
    },
}

/// Why a body was not read to its end.
pub(crate) enum Unread {
    /// It is larger than the client reads.
    TooLarge,
    /// The connection broke, or the time was up.
    Broken(reqwest::Error),
}

impl Answer {
    /// Reads the body of an answer to `method`, at most `limit` bytes. What was read is kept also when it was not all.
    pub(crate) async fn read(mut sent: reqwest::Response, method: &str, limit: usize) -> (Self, Option<Unread>) {
        let headers = std::mem::take(sent.headers_mut());
        let mut answer = Self { status: sent.status(), headers, body: Bytes::new() };
        if has_body(method, answer.status) && answer.announced().is_some_and(|length| length > limit as u64) {
            return (answer, Some(Unread::TooLarge));
        }
        // Most bodies come whole and are taken as they are.
        let mut parts = Vec::new();
        let unread = loop {
            match sent.chunk().await {
                Ok(None) => break None,
                Ok(Some(chunk)) if answer.body.len() + parts.len() + chunk.len() > limit => {
                    break Some(Unread::TooLarge);
                }
                Ok(Some(chunk)) if answer.body.is_empty() && parts.is_empty() => answer.body = chunk,
                Ok(Some(chunk)) => {
                    parts.extend_from_slice(&std::mem::take(&mut answer.body));
                    parts.extend_from_slice(&chunk);
                }
                Err(error) => break Some(Unread::Broken(error)),
            }
        };
        if !parts.is_empty() {
            answer.body = parts.into();
        }
        (answer, unread)
    }

    /// How long the body is, if the server says so and there is one.
    fn announced(&self) -> Option<u64> {
        self.headers.get(CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
    }

    /// The same for keeping: the body on its own, for as it comes it holds on to the buffer of its connection.
    pub(crate) fn kept(mut self) -> Self {
        self.body = Bytes::copy_from_slice(&self.body);
        self
    }

    /// The status.
    #[must_use]
    pub fn status(&self) -> StatusCode {
        self.status
    }

    pub(crate) fn headers(&self) -> &HeaderMap {
        &self.headers
    }

    pub(crate) fn into_headers(self) -> HeaderMap {
        self.headers
    }

    /// The bytes of the body.
    #[must_use]
    pub fn body(&self) -> &[u8] {
        &self.body
    }

    /// The server's own request id.
    pub(crate) fn request_id(&self) -> Option<&str> {
        request_id(&self.headers)
    }

    /// A success whose body is JSON.
    pub fn success<T: DeserializeOwned, E>(&self) -> Verdict<T, E> {
        self.json().map_or_else(Verdict::Mismatch, Verdict::Success)
    }

    /// An error whose body is JSON.
    pub fn refusal<B: DeserializeOwned, T, E>(&self, wrap: fn(B) -> E) -> Verdict<T, E> {
        self.json().map_or_else(Verdict::Mismatch, |body| Verdict::Refused(wrap(body)))
    }

    /// One of several successes, whose body is JSON.
    pub fn success_of<B: DeserializeOwned, T, E>(&self, wrap: fn(B) -> T) -> Verdict<T, E> {
        self.json().map_or_else(Verdict::Mismatch, |body| Verdict::Success(wrap(body)))
    }

    /// The same for one that stands for several statuses.
    pub fn success_with<B: DeserializeOwned, T, E>(&self, wrap: fn(u16, B) -> T) -> Verdict<T, E> {
        self.json().map_or_else(Verdict::Mismatch, |body| Verdict::Success(wrap(self.status.as_u16(), body)))
    }

    /// An error that stands for several statuses, whose body is JSON.
    pub fn refusal_with<B: DeserializeOwned, T, E>(&self, wrap: fn(u16, B) -> E) -> Verdict<T, E> {
        self.json().map_or_else(Verdict::Mismatch, |body| Verdict::Refused(wrap(self.status.as_u16(), body)))
    }

    /// Any JSON media type will do: vendors send problems as `application/json` too. Without a media type the body decides.
    fn json<T: DeserializeOwned>(&self) -> Result<T, Mismatch> {
        if self.body.iter().all(u8::is_ascii_whitespace) {
            return Err(Mismatch::Empty);
        }
        if self.headers.get(CONTENT_TYPE).is_some_and(|value| !is_json(value.as_bytes())) {
            return Err(Mismatch::MediaType);
        }
        serde_json::from_slice(&self.body).map_err(|error| Mismatch::Json {
            category: match error.classify() {
                serde_json::error::Category::Data => "data",
                serde_json::error::Category::Eof => "eof",
                serde_json::error::Category::Io | serde_json::error::Category::Syntax => "syntax",
            },
            path: member_at(&self.body, error.line(), error.column()),
            line: error.line(),
            column: error.column(),
        })
    }
}

fn request_id(headers: &HeaderMap) -> Option<&str> {
    headers.get(REQUEST_ID)?.to_str().ok()
}

/// `application/json`, `text/json` and every `+json`, whatever their parameters.
fn is_json(media_type: &[u8]) -> bool {
    let essence = media_type.split(|byte| *byte == b';').next().unwrap_or_default().trim_ascii();
    let suffix = essence.len().checked_sub(b"+json".len()).map(|start| &essence[start..]);
    essence.eq_ignore_ascii_case(b"application/json")
        || essence.eq_ignore_ascii_case(b"text/json")
        || suffix.is_some_and(|suffix| suffix.eq_ignore_ascii_case(b"+json"))
}

impl fmt::Display for Mismatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Cursor => f.write_str("the cursor of the next page leads back to a page that was there already"),
            Self::Empty => f.write_str("the body is empty"),
            Self::MediaType => f.write_str("the body is not JSON"),
            Self::Json { category, path, line, column } => {
                write!(
                    f,
                    "the body is not the documented JSON: {category} error at `{path}`, line {line} column {column}"
                )
            }
        }
    }
}

impl std::error::Error for Mismatch {}

/// What an operation answers when it does not succeed. Implemented by the types in [`errors`](crate::errors) only.
pub trait OperationError: std::error::Error + Send + Sync + 'static {}

/// `409 Conflict`.
pub(crate) fn write_status(f: &mut fmt::Formatter<'_>, status: u16) -> fmt::Result {
    match StatusCode::from_u16(status) {
        Ok(status) => write!(f, "{status}"),
        Err(_) => write!(f, "{status}"),
    }
}

/// A documented success.
#[derive(Clone)]
pub struct Response<T> {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    /// The one that was sent.
    pub(crate) request_id: HeaderValue,
    pub(crate) attempts: u32,
    pub(crate) body: T,
}

impl<T> Response<T> {
    /// The status.
    ///
    /// ```no_run
    /// # fn run<T>(answer: invite_sdk::Response<T>) {
    /// println!("{}", answer.status());
    /// # }
    /// ```
    #[must_use]
    pub fn status(&self) -> StatusCode {
        self.status
    }

    /// The headers.
    ///
    /// ```no_run
    /// # fn run<T>(answer: invite_sdk::Response<T>) {
    /// println!("{:?}", answer.headers().get("content-language"));
    /// # }
    /// ```
    #[must_use]
    pub fn headers(&self) -> &HeaderMap {
        &self.headers
    }

    /// The server's request id; the one that was sent if the server has none of its own.
    ///
    /// ```no_run
    /// # fn run<T>(answer: invite_sdk::Response<T>) {
    /// println!("the server knows it as {}", answer.request_id());
    /// # }
    /// ```
    #[must_use]
    pub fn request_id(&self) -> &str {
        request_id(&self.headers).or(self.request_id.to_str().ok()).unwrap_or_default()
    }

    /// How often the request was sent: 1 if the first attempt was answered.
    ///
    /// ```no_run
    /// # fn run<T>(answer: invite_sdk::Response<T>) {
    /// if answer.attempts() > 1 {
    ///     println!("it took {} attempts", answer.attempts());
    /// }
    /// # }
    /// ```
    #[must_use]
    pub fn attempts(&self) -> u32 {
        self.attempts
    }

    /// The body.
    ///
    /// ```no_run
    /// # fn run<T>(answer: invite_sdk::Response<T>) {
    /// let body: T = answer.into_inner();
    /// # }
    /// ```
    #[must_use]
    pub fn into_inner(self) -> T {
        self.body
    }
}

impl<T> Deref for Response<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.body
    }
}

impl<T: fmt::Debug> fmt::Debug for Response<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Response")
            .field("status", &self.status)
            .field("request_id", &self.request_id())
            .field("attempts", &self.attempts)
            .field("body", &self.body)
            .finish_non_exhaustive()
    }
}

/// Whether an answer has a body; one that has none may say how long that of another answer would be (RFC 9110, section
/// 8.6).
fn has_body(method: &str, status: StatusCode) -> bool {
    method != "HEAD" && !status.is_informational() && !matches!(status.as_u16(), 204 | 304)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_is_known_by_its_media_type() {
        for json in ["application/json", "Application/JSON ; charset=utf-8", "application/problem+json", "text/json"] {
            assert!(is_json(json.as_bytes()), "{json}");
        }
        for other in ["", "text/html", "application/jsonlines", "text/plain; x=application/json", "json"] {
            assert!(!is_json(other.as_bytes()), "{other}");
        }
    }
}
