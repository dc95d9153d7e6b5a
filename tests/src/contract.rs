//! Whether an answer is one that the document promises.

use std::collections::BTreeSet;

use dropshot_codegen::model::{Header, Operation, Response, Status};
use serde_json::Value;

use crate::document;
use crate::http::Answer;
use crate::json_schema;

/// Headers whose lines are one list (RFC 9110, 5.3). Any other is there once.
const LISTS: [&str; 3] = ["WWW-Authenticate", "Allow", "Vary"];

/// Holds `answer` against the document.
///
/// # Panics
/// The answer breaks the contract: an undocumented status, another media type, a body or a header that its schema refuses.
pub fn check(operation: &Operation, answer: &Answer) {
    let broken = violations(operation, answer);
    assert!(broken.is_empty(), "{} answered {}: {}\n{}", operation.id, answer.status, broken.join("; "), answer.text());
}

/// What in `answer` the document does not promise.
#[must_use]
pub fn violations(operation: &Operation, answer: &Answer) -> Vec<String> {
    let declared = operation
        .responses
        .iter()
        .find(|response| response.status == Status::Exact(answer.status) && !response.is_foreign);
    let Some(response) = declared else { return vec!["the document has no such status for this server".to_owned()] };
    let mut found = body_violations(response, answer);
    found.extend(header_violations(response, answer));
    found
}

fn body_violations(response: &Response, answer: &Answer) -> Vec<String> {
    let Some((content, schema)) = response.json() else {
        let unwanted = !answer.body.is_empty() || answer.header("content-type").is_some();
        return unwanted.then(|| "a body or content type where none is documented".to_owned()).into_iter().collect();
    };
    let mut found = Vec::new();
    if answer.header("content-type") != Some(&content.media_type) {
        found.push(format!("the content type is {:?}, not {}", answer.header("content-type"), content.media_type));
    }
    let faults = json_schema::faults(json_schema::component(schema), &answer.json());
    found.extend(faults.iter().map(|fault| format!("the body breaks {schema}: {fault:?}")));
    found.extend(other_status(answer.status, &answer.json()).map(|status| format!("the body says {status}")));
    found
}

/// A problem repeats the status in its body: the one there, if it is another.
pub(crate) fn other_status(status: u16, body: &Value) -> Option<u64> {
    let said = body.get("status").and_then(Value::as_u64).filter(|_| status >= 400);
    said.filter(|said| *said != u64::from(status))
}

/// What is wrong with the headers, each looked at for itself. It says which rule is broken and no value: a `Location` may be a
/// secret.
pub(crate) fn header_violations(response: &Response, answer: &Answer) -> Vec<String> {
    response.headers.iter().flat_map(|header| violations_of_header(header, answer)).collect()
}

fn violations_of_header(header: &Header, answer: &Answer) -> Vec<String> {
    let name = &header.name;
    let values: Vec<&str> =
        answer.headers.get_all(name).iter().map(|value| value.to_str().unwrap_or_default()).collect();
    let is_list = LISTS.iter().any(|list| list.eq_ignore_ascii_case(name));
    let text = match values.len() {
        0 if header.required => return vec![format!("the header {name} is missing")],
        0 => return Vec::new(),
        2.. if !is_list => return vec![format!("the header {name} is there {} times", values.len())],
        _ => values.join(", "),
    };
    let number = (header.schema["type"] == "integer").then(|| text.parse::<i64>().ok()).flatten();
    let value = number.map_or_else(|| text.into(), Value::from);
    let faults = json_schema::faults(json_schema::of(&header.schema), &value);
    faults.iter().map(|fault| format!("the header {name} breaks {}", fault.keyword)).collect()
}

/// The documented `(operation, status)` pairs that this server may send.
#[must_use]
pub fn documented() -> BTreeSet<(String, u16)> {
    let operations = document::model().operations.iter();
    operations
        .flat_map(|operation| {
            operation.responses.iter().filter(|response| !response.is_foreign).filter_map(|response| {
                match response.status {
                    Status::Exact(status) => Some((operation.id.clone(), status)),
                    Status::Range(_) | Status::Default => None,
                }
            })
        })
        .collect()
}
