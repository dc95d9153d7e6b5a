//! Answers: made of the document's examples or of typed values, and held against the document before they are sent.

use std::fmt::Display;

use bytes::Bytes;
use http::header::{CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue};
use http::{Response, StatusCode};
use serde::Serialize;
use serde_json::Value;

use crate::check::Breach;
use crate::contract::{Answer, Operation};
use crate::schema;

/// Says why the mock refused a request. No part of any document, hence the name.
pub(crate) const REASON: HeaderName = HeaderName::from_static("invite-mock-reason");
/// Longer reasons are cut.
const MAX_REASON: usize = 1000;

/// An answer ready to be sent.
#[derive(Clone, Debug, Default)]
pub(crate) struct Reply {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

impl Reply {
    /// Plain text, for what no document speaks of.
    pub(crate) fn text(status: StatusCode, text: &str) -> Self {
        let headers = HeaderMap::from_iter([(CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8"))]);
        Self { status, headers, body: Bytes::from(format!("{text}\n")) }.because(text)
    }

    /// Adds the reason, as far as a header can hold it.
    pub(crate) fn because(mut self, reason: &str) -> Self {
        let printable = |c: char| if matches!(c, ' '..='~') { c } else { '?' };
        let reason: String = reason.chars().map(printable).take(MAX_REASON).collect();
        if let Ok(value) = HeaderValue::from_str(&reason) {
            self.headers.insert(REASON, value);
        }
        self
    }

    /// The documented example: the one called `name` if there is one, else the first.
    pub(crate) fn example(answer: &Answer, name: &str) -> Self {
        let headers = answer.response.headers.iter().filter(|header| header.required);
        let headers = headers.filter_map(|header| pair(header.name, header.example).ok()).collect();
        let mut reply = Self { status: status(answer.status), headers, body: Bytes::new() };
        if let Some(content) = &answer.response.content {
            reply.headers.insert(CONTENT_TYPE, HeaderValue::from_static(content.media_type));
            let named = content.examples.iter().find(|example| example.name == name);
            let example = named.or(content.examples.first());
            reply.body = Bytes::from_static(example.map_or("", |example| example.body).as_bytes());
        }
        reply
    }

    /// What a server of this document answers to a request that breaks it.
    pub(crate) fn refusal(operation: &Operation, breach: &Breach) -> Self {
        let reason: Vec<String> = breach.violations.iter().map(ToString::to_string).collect();
        let reason = reason.join("; ");
        match operation.answer(breach.status.as_u16()) {
            Some(answer) => Self::example(answer, breach.example).because(&reason),
            None => Self::text(breach.status, &reason),
        }
    }

    pub(crate) fn into_response(self) -> Response<Bytes> {
        let mut response = Response::new(self.body);
        *response.status_mut() = self.status;
        *response.headers_mut() = self.headers;
        response
    }
}

fn status(status: u16) -> StatusCode {
    StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
}

/// A header as it is sent.
pub(crate) fn pair(name: &str, value: &str) -> Result<(HeaderName, HeaderValue), String> {
    let wire_name = name.parse().map_err(|_| format!("`{name}` is no name of a header"))?;
    let value = value.parse().map_err(|_| format!("the value of the header `{name}` cannot be sent"))?;
    Ok((wire_name, value))
}

/// Implemented by the enums in [`answers`](crate::answers) only.
pub trait IsAnswer {
    #[doc(hidden)]
    fn parts(&self) -> Parts;
}

/// An answer as it was written in a test, before it is held against the document.
#[doc(hidden)]
#[derive(Debug)]
pub struct Parts {
    status: u16,
    headers: Vec<(String, String)>,
    body: Body,
}

#[derive(Debug)]
enum Body {
    None,
    Json(Result<Value, String>),
    Bytes(Vec<u8>),
}

impl Parts {
    pub(crate) fn empty(status: u16) -> Self {
        Self { status, headers: Vec::new(), body: Body::None }
    }

    pub(crate) fn json(status: u16, body: impl Serialize) -> Self {
        let body = serde_json::to_value(body).map_err(|error| error.to_string());
        Self { body: Body::Json(body), ..Self::empty(status) }
    }

    #[allow(dead_code, reason = "not every document has answers without a schema")]
    pub(crate) fn bytes(status: u16, body: &[u8]) -> Self {
        Self { body: Body::Bytes(body.to_vec()), ..Self::empty(status) }
    }

    pub(crate) fn header(mut self, name: &str, value: impl Display) -> Self {
        self.headers.push((name.to_owned(), value.to_string()));
        self
    }

    #[allow(dead_code, reason = "not every document has headers that may be left out")]
    pub(crate) fn optional_header(self, name: &str, value: &Option<impl Display>) -> Self {
        match value {
            Some(value) => self.header(name, value),
            None => self,
        }
    }

    /// The answer as it is sent.
    ///
    /// # Errors
    /// All that the document does not allow.
    pub(crate) fn documented(self, operation: &Operation) -> Result<Reply, Vec<String>> {
        let Some(answer) = operation.answer(self.status) else {
            return Err(vec![format!("{} is not documented, only {}", self.status, operation.statuses())]);
        };
        let mut problems = Vec::new();
        let mut reply = Reply { status: status(self.status), ..Reply::default() };
        self.documented_headers(answer, &mut reply, &mut problems);
        let body = match (&answer.response.content, self.body) {
            (None, Body::None) => Vec::new(),
            (None, _) => {
                problems.push("the body is not documented: the answer has none".to_owned());
                Vec::new()
            }
            (Some(_), Body::None) => {
                problems.push("the body is missing".to_owned());
                Vec::new()
            }
            (Some(_), Body::Bytes(bytes)) => bytes,
            (Some(content), Body::Json(Ok(value))) => {
                let violations = content.schema.map(|pointer| schema::violations(pointer, "", &value));
                problems.extend(violations.into_iter().flatten().map(|violation| violation.to_string()));
                value.to_string().into_bytes()
            }
            (Some(_), Body::Json(Err(error))) => {
                problems.push(format!("the body cannot be written as JSON: {error}"));
                Vec::new()
            }
        };
        if let Some(content) = &answer.response.content {
            reply.headers.insert(CONTENT_TYPE, HeaderValue::from_static(content.media_type));
        }
        reply.body = body.into();
        let refuse = |problem| format!("{}: {problem}", self.status);
        if problems.is_empty() { Ok(reply) } else { Err(problems.into_iter().map(refuse).collect()) }
    }

    fn documented_headers(&self, answer: &Answer, reply: &mut Reply, problems: &mut Vec<String>) {
        for (name, value) in &self.headers {
            let Some(header) = answer.response.headers.iter().find(|header| header.name.eq_ignore_ascii_case(name))
            else {
                problems.push(format!("the header `{name}` is not documented"));
                continue;
            };
            let violations = schema::violations(header.schema, &format!("/header/{name}"), &header.kind.value(value));
            problems.extend(violations.iter().map(ToString::to_string));
            match pair(name, value) {
                Ok((name, value)) => drop(reply.headers.append(name, value)),
                Err(problem) => problems.push(problem),
            }
        }
        for header in answer.response.headers.iter().filter(|header| header.required) {
            if !reply.headers.contains_key(header.name) {
                problems.push(format!("the header `{}` is missing", header.name));
            }
        }
    }
}
