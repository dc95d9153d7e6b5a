//! Whether an answer is the one that the document promises for a case, in findings with stable codes.

use dropshot_codegen::model::{Operation, Response, Status};
use jsonschema::error::ValidationErrorKind;
use serde_json::Value;

use crate::contract;
use crate::http::Answer;
use crate::json_schema;
use crate::places;

/// Another status than the document says for the case; the document has it for other cases of the operation.
pub const OTHER_STATUS: &str = "other_status";
/// A status that the document says the vendor's servers send in place of the documented one.
pub const VENDOR_STATUS: &str = "vendor_status";
/// A status that the operation does not have.
pub const UNDECLARED_STATUS: &str = "undeclared_status";
/// No body where one is documented.
pub const BODY_MISSING: &str = "body_missing";
/// A body where none is documented.
pub const BODY_UNEXPECTED: &str = "body_unexpected";
/// Another media type.
pub const CONTENT_TYPE: &str = "content_type";
/// A body that is no JSON.
pub const BODY_NOT_JSON: &str = "body_not_json";
/// A body that its schema refuses.
pub const BODY_SCHEMA: &str = "body_schema";
/// A problem with another status in its body.
pub const BODY_STATUS: &str = "body_status";
/// An error that names places, but none where the request is wrong.
pub const OTHER_PLACE: &str = "other_place";
/// A header that is missing, that is there too often, or that its schema refuses.
pub const HEADER: &str = "header";
/// The connection broke.
pub const NO_ANSWER: &str = "no_answer";
/// The typed client cannot make what the document promises of the answer.
pub const CLIENT_CANNOT_READ: &str = "client_cannot_read";

/// One thing that is not as the document says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// One of the constants of this module.
    pub code: &'static str,
    /// What the document says.
    pub says: String,
    /// What came.
    pub came: String,
    /// Where in the body.
    pub pointer: Option<String>,
}

fn fault(code: &'static str, says: impl Into<String>, came: impl Into<String>) -> Fault {
    Fault { code, says: says.into(), came: came.into(), pointer: None }
}

/// What the operation says of a status.
fn declared(operation: &Operation, status: u16) -> Option<&Response> {
    operation.responses.iter().find(|response| response.status == Status::Exact(status))
}

/// Holds `answer` against what the document says for a case in which it has one of these statuses. `violates` is where the
/// request is wrong, if it is.
#[must_use]
pub fn faults(operation: &Operation, expected: &[u16], violates: Option<&str>, answer: &Answer) -> Vec<Fault> {
    let mut found: Vec<Fault> = status_fault(operation, expected, answer.status).into_iter().collect();
    // A status that nobody knows promises nothing about a body.
    if let Some(response) = declared(operation, answer.status) {
        found.extend(body_faults(response, answer));
        let says = format!("headers of {}", answer.status);
        found.extend(contract::header_violations(response, answer).into_iter().map(|text| fault(HEADER, &says, text)));
    }
    if expected.contains(&answer.status) {
        found.extend(violates.and_then(|violates| place_fault(violates, answer)));
    }
    found
}

/// A status that the case does not have.
#[must_use]
pub fn status_fault(operation: &Operation, expected: &[u16], status: u16) -> Option<Fault> {
    if expected.contains(&status) {
        return None;
    }
    let promised: Vec<String> = expected.iter().map(|status| told(*status, declared(operation, *status))).collect();
    let promised = promised.join(" or ");
    Some(match declared(operation, status) {
        None => fault(UNDECLARED_STATUS, promised, format!("{status}, which the operation does not have")),
        Some(response) if response.is_foreign => {
            fault(VENDOR_STATUS, promised, format!("{status}, which it says the vendor's own servers send"))
        }
        Some(response) => fault(OTHER_STATUS, promised, told(status, Some(response))),
    })
}

/// An error that speaks of other places than the one at fault. Which ones is not told: they may be of a closed body's members.
fn place_fault(violates: &str, answer: &Answer) -> Option<Fault> {
    let body = serde_json::from_slice::<Value>(&answer.body).ok()?;
    let says = format!("{} that names {violates} where it names places", answer.status);
    let named = places::of(&body);
    let is_elsewhere = !named.is_empty() && !places::include(&named, violates);
    is_elsewhere.then(|| fault(OTHER_PLACE, says, format!("{} that names {} other places", answer.status, named.len())))
}

/// A status with the first sentence of what it means.
fn told(status: u16, response: Option<&Response>) -> String {
    let meaning = response.map(|response| response.description.split_whitespace().collect::<Vec<_>>().join(" "));
    let sentence = meaning.as_deref().and_then(|meaning| meaning.split(". ").next()).unwrap_or_default();
    format!("{status} ({})", sentence.trim_end_matches('.'))
}

fn body_faults(response: &Response, answer: &Answer) -> Vec<Fault> {
    let status = answer.status;
    let Some((content, schema)) = response.json() else {
        let unexpected =
            fault(BODY_UNEXPECTED, format!("{status} without a body"), format!("{} bytes", answer.body.len()));
        return if answer.body.is_empty() { Vec::new() } else { vec![unexpected] };
    };
    let says = format!("{status} with {} as {}", schema, content.media_type);
    if answer.body.is_empty() {
        return vec![fault(BODY_MISSING, says, format!("{status} with an empty body"))];
    }
    let mut found = Vec::new();
    let whole = answer.headers.get("content-type").and_then(|value| value.to_str().ok()).unwrap_or("none");
    let media_type = whole.split(';').next().unwrap_or_default().trim();
    if !media_type.eq_ignore_ascii_case(&content.media_type) {
        found.push(fault(CONTENT_TYPE, &says, format!("{status} as {whole}")));
    }
    let Ok(body) = serde_json::from_slice::<Value>(&answer.body) else {
        found.push(fault(BODY_NOT_JSON, says, format!("{status} with {} bytes that are no JSON", answer.body.len())));
        return found;
    };
    found.extend(contract::other_status(status, &body).map(|said| {
        fault(BODY_STATUS, format!("{status} that repeats its status"), format!("{status} whose body says {said}"))
    }));
    found.extend(json_schema::component(schema).iter_errors(&body).map(|error| {
        // Its own words repeat values, which may be secrets.
        let what = match error.kind() {
            ValidationErrorKind::AdditionalProperties { unexpected } => format!("has {}", unexpected.join(", ")),
            ValidationErrorKind::Required { property } => format!("lacks {property}"),
            ValidationErrorKind::Format { format } => format!("breaks format {format}"),
            kind => format!("breaks {}", kind.keyword()),
        };
        let pointer = error.instance_path().to_string();
        let place = if pointer.is_empty() { "the body" } else { &pointer };
        Fault { pointer: Some(pointer.clone()), ..fault(BODY_SCHEMA, &says, format!("{status} where {place} {what}")) }
    }));
    found
}
