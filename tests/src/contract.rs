//! Whether an answer is one that the document promises.

use std::collections::BTreeSet;

use dropshot_codegen::model::{Operation, Response, Status};

use crate::document;
use crate::http::Answer;
use crate::json_schema;

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
    // A problem repeats the status in its body.
    if let Some(status) = answer.json().get("status").and_then(serde_json::Value::as_u64)
        && answer.status >= 400
        && status != u64::from(answer.status)
    {
        found.push(format!("the body says {status}"));
    }
    found
}

pub(crate) fn header_violations(response: &Response, answer: &Answer) -> Vec<String> {
    let mut found = Vec::new();
    for header in &response.headers {
        match answer.header(&header.name) {
            None if header.required => found.push(format!("the header {} is missing", header.name)),
            None => {}
            Some(text) => {
                let number = (header.schema["type"] == "integer").then(|| text.parse::<i64>().ok()).flatten();
                let value = number.map_or_else(|| text.into(), serde_json::Value::from);
                let faults = json_schema::faults(&json_schema::of(&header.schema), &value);
                found.extend(
                    faults.iter().map(|fault| format!("the header {} breaks its schema: {fault:?}", header.name)),
                );
            }
        }
    }
    found
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
