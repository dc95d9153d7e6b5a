//! From the client's answer to what can be printed, and from its error to a failure.

use std::error::Error as _;
use std::pin::Pin;

use serde::Serialize;
use serde_json::Value;

use crate::arguments::by_id;
use crate::failure::{Call, Code, Failure, Unread};
use crate::output::redact;
use crate::sdk::{Error, ErrorKind, OPERATIONS, OperationError, Response};
use crate::secret::REDACTED;

/// Where an answer is none of the service.
const RIGHT_SERVER: &str = "is the address of the server right, and is it the service that you mean?";

/// A call under way.
pub(crate) type Running<'a> = Pin<Box<dyn Future<Output = Result<Answer, Failure>> + Send + 'a>>;

/// A documented success.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) request_id: String,
    pub(crate) attempts: u32,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) content: Content,
}

/// What an answer holds.
#[derive(Debug)]
pub(crate) enum Content {
    /// No body.
    Nothing,
    /// A JSON body.
    Json(Value),
    /// A body of another kind.
    #[allow(dead_code, reason = "not every document has such answers")]
    Bytes(Vec<u8>),
}

/// An answer without a body.
pub(crate) fn nothing((): ()) -> Result<Content, serde_json::Error> {
    Ok(Content::Nothing)
}

/// An answer with a JSON body.
pub(crate) fn json<T: Serialize>(body: T) -> Result<Content, serde_json::Error> {
    Ok(Content::Json(serde_json::to_value(body)?))
}

/// An answer with another body.
#[allow(dead_code, reason = "not every document has such answers")]
pub(crate) fn bytes(body: Vec<u8>) -> Result<Content, serde_json::Error> {
    Ok(Content::Bytes(body))
}

/// The end of every call.
pub(crate) fn finish<T, E: OperationError>(
    result: Result<Response<T>, Error<E>>,
    content: impl FnOnce(T) -> Result<Content, serde_json::Error>,
) -> Result<Answer, Failure> {
    let response = result.map_err(|error| failure(&error))?;
    let headers = response.headers().iter();
    let headers = headers.filter_map(|(name, value)| Some((name.to_string(), value.to_str().ok()?.to_owned())));
    let (status, request_id) = (response.status().as_u16(), response.request_id().to_owned());
    let (headers, attempts) = (headers.collect(), response.attempts());
    let content = content(response.into_inner())
        .map_err(|error| Failure::new(Code::Fault, format!("the answer has no JSON form: {error}")))?;
    Ok(Answer { status, request_id, attempts, headers, content })
}

/// What a failed call means.
fn failure<E: OperationError>(error: &Error<E>) -> Failure {
    let status = error.status().map(|status| status.as_u16());
    let is_refusal = status.is_some_and(|status| (400..500).contains(&status));
    let is_success = status.is_some_and(|status| (200..300).contains(&status));
    let body = error.body().and_then(|body| serde_json::from_slice::<Value>(body).ok());
    let body = body.map(|body| without_secrets(body, error.operation_id(), is_success));
    // What a success says is no sentence about a failure.
    let said = body.as_ref().filter(|_| !is_success);
    let answered = |code: Code, what: &str| {
        let status = error.status().map(|status| status.to_string()).unwrap_or_default();
        let sentence = said.and_then(message).map(|said| format!(": {said}")).unwrap_or_default();
        Failure::new(code, format!("{what} {status}{sentence}")).details(said.map(details).unwrap_or_default())
    };
    let cause = || chain(error);
    let failure = match error.kind() {
        ErrorKind::InvalidInput => Failure::usage(format!("nothing was sent: {}", cause())),
        ErrorKind::MissingCredential => Failure::usage(format!("nothing was sent: {}", cause())),
        ErrorKind::Connect => Failure::new(Code::Unreachable, format!("no connection to the server: {}", cause()))
            .hint("check the address of the server, and that it runs; nothing was sent"),
        ErrorKind::Timeout => Failure::new(Code::Unreachable, "no answer in time")
            .hint("whether the server acted is not known; `--timeout` allows more time"),
        ErrorKind::Transport => Failure::new(Code::Unreachable, format!("the connection broke: {}", cause()))
            .hint("whether the server acted is not known"),
        ErrorKind::Operation if is_refusal => refused(answered(Code::Refused, "the service refused:"), error),
        ErrorKind::Operation => answered(Code::Fault, "the service failed:"),
        _ if is_refusal => refused(answered(Code::Refused, "the service refused in a way of its own:"), error),
        ErrorKind::TooLarge => answered(Code::Fault, "the answer is larger than this program reads:"),
        _ => answered(Code::Fault, "the service answered what its document does not know:").hint(RIGHT_SERVER),
    };
    let failure = doubt(error).into_iter().fold(failure, Failure::detail);
    let unread = error.body().filter(|body| is_success && !body.is_empty());
    // A success that cannot be read is none that is known.
    failure.in_doubt(error.is_in_doubt() || is_success).call(Call {
        operation: error.operation_id(),
        server: String::new(),
        request_id: error.request_id().to_owned(),
        attempts: error.attempts(),
        status,
        retry_after: error.retry_after().map(|wait| wait.as_secs_f64()),
        body,
        unread: unread.map(|body| Unread(body.to_vec())),
    })
}

/// Why it is not known whether the service acted, where the failure itself does not say so.
fn doubt<E: OperationError>(error: &Error<E>) -> Option<&'static str> {
    match (error.kind(), error.status().map(|status| status.as_u16())) {
        (ErrorKind::Timeout | ErrorKind::Transport, _) => None,
        _ if !error.is_in_doubt() => None,
        (ErrorKind::Undeclared | ErrorKind::Unreadable | ErrorKind::TooLarge, Some(502 | 504)) => {
            Some("a gateway answered in place of the service: whether the service acted is not known")
        }
        _ => Some("an earlier attempt was left unanswered: whether the service acted on it is not known"),
    }
}

/// The body without the secrets that the answers of an operation have. One that should have them and is not even an object may
/// be such a secret itself.
fn without_secrets(mut body: Value, operation: &str, is_success: bool) -> Value {
    let secrets = by_id(operation).map_or(&[][..], |command| command.secrets);
    if is_success && !secrets.is_empty() && !body.is_object() {
        return Value::String(REDACTED.to_owned());
    }
    redact(&mut body, secrets);
    body
}

/// What to do about a refusal, where a status alone says it.
fn refused<E: OperationError>(failure: Failure, error: &Error<E>) -> Failure {
    let with_credentials =
        OPERATIONS.iter().any(|known| known.id == error.operation_id() && !known.security.is_empty());
    match error.status().map(|status| status.as_u16()) {
        // Where they came from, the connection knows.
        Some(401) if with_credentials => failure.hint("check the credentials"),
        Some(403) if with_credentials => {
            failure.hint("these credentials have no right to do this; use another profile")
        }
        Some(429) => failure.hint("wait and try again"),
        // What the document knows of an operation is an answer; anything else may be another server's.
        Some(404 | 405) if error.kind() != ErrorKind::Operation => failure.hint(RIGHT_SERVER),
        _ => failure,
    }
}

/// The causes of an error, in one line.
fn chain<E: OperationError>(error: &Error<E>) -> String {
    let mut texts: Vec<String> = Vec::new();
    let mut next = error.source();
    while let Some(cause) = next {
        let text = cause.to_string();
        if !texts.contains(&text) {
            texts.push(text);
        }
        next = cause.source();
    }
    texts.join(": ")
}

/// The sentence that a body is about: members that error bodies have in common.
fn message(body: &Value) -> Option<String> {
    let text = |key: &str| body.get(key).and_then(Value::as_str).filter(|text| !text.is_empty());
    let said = text("detail").or_else(|| text("message")).or_else(|| text("title"));
    said.or_else(|| body.as_str()).map(str::to_owned)
}

/// Everything that a body lists: objects of a place and a sentence.
fn details(body: &Value) -> Vec<String> {
    let lists = ["errors", "details"].into_iter().filter_map(|key| body.get(key).and_then(Value::as_array)).flatten();
    lists
        .filter_map(|entry| {
            let text = |key: &str| entry.get(key).and_then(Value::as_str);
            let what = text("detail").or_else(|| text("message")).or_else(|| entry.as_str())?;
            let place = text("pointer").or_else(|| text("path")).filter(|place| !place.is_empty());
            Some(place.map_or_else(|| what.to_owned(), |place| format!("{place}: {what}")))
        })
        .collect()
}
