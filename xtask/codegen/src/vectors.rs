//! Behaviour vectors: for every operation, what is sent and what has to come of it, derived from the document alone.
//!
//! One JSON file an operation, one format for every side, so that a server, a client and a mock are held against the same
//! cases. Two kinds:
//!
//! - `requests`: one request each, with what a server has to answer and what a client has to do when it is asked for it.
//!   `requests` (the module) puts them together; `violations` breaks each rule of a body or a parameter, one at a time.
//! - `answers`: what a peer sends, once or in turn, and what a client has to report. `answers` makes the single ones,
//!   `repetition` the sequences.
//!
//! What the document does not say has no vector: without a declared 413 there is no request that is too large. The values
//! of credentials are not in it either; a vector names the schemes, and whoever runs it has the secrets.

mod answers;
mod repetition;
mod requests;
mod rules;
mod values;
mod violations;

use serde_json::{Map, Value, json};

use crate::Files;
use crate::load::Document;
use crate::model::{Model, Operation, Response, Status};
use crate::render;
use values::Judge;

/// What the makers of vectors share.
struct Context<'a> {
    document: &'a Document,
    model: &'a Model,
    judge: Judge<'a>,
}

impl Context<'_> {
    /// `because`: what the document says and where.
    fn because(&self, what: &str, pointer: &str) -> String {
        format!("{what} ({})", self.document.provenance(pointer))
    }
}

/// One file an operation, by name inside its folder.
pub(crate) fn files(document: &Document, model: &Model) -> Files {
    let context = Context { document, model, judge: Judge::new(document) };
    let is_called = |operation: &&Operation| crate::sdk::is_called(operation);
    model
        .operations
        .iter()
        .filter(is_called)
        .map(|operation| (format!("{}.json", operation.id), render::json(&file(&context, operation))))
        .collect()
}

fn file(context: &Context<'_>, operation: &Operation) -> Value {
    let mut file = json!({
        "operation": operation.id,
        "method": operation.method,
        "path": operation.path,
        "at": context.document.provenance(&operation.pointer),
    });
    if let Some(base) = requests::Base::of(context, operation) {
        let bodies = base.bodies();
        if !bodies.is_empty() {
            file["bodies"] = Value::Object(bodies);
        }
        file["requests"] = Value::Array(requests::all(context, &base));
        file["answers"] = Value::Array(answers::all(context, &base));
    }
    file
}

/// What a server has to answer: the declared of `statuses`; none if there is none.
fn expected(operation: &Operation, statuses: &[u16]) -> Option<Value> {
    let of = |status: &u16| {
        let exact = |response: &&Response| response.status == Status::Exact(*status) && !response.is_foreign;
        operation.responses.iter().find(exact).map(|response| promise(*status, response))
    };
    let promises: Vec<Value> = statuses.iter().filter_map(of).collect();
    (!promises.is_empty()).then_some(Value::Array(promises))
}

/// One declared answer: its status, the schema of its body by media type, and the headers that are always there.
fn promise(status: u16, response: &Response) -> Value {
    let mut promise = Map::new();
    promise.insert("status".to_owned(), json!(status));
    if let Some((content, schema)) = response.json() {
        promise.insert("media_type".to_owned(), json!(content.media_type));
        promise.insert("schema".to_owned(), json!(schema));
    }
    let headers: Vec<&str> =
        response.headers.iter().filter(|header| header.required).map(|header| header.name.as_str()).collect();
    if !headers.is_empty() {
        promise.insert("headers".to_owned(), json!(headers));
    }
    Value::Object(promise)
}

/// The examples of a media type: their names and pointers of their values. Without any, those of the schema.
fn examples<'a>(context: &Context<'a>, media_type: &str, schema: &str) -> Vec<(String, &'a Value)> {
    let lookup = |pointer: &str| context.document.value.pointer(pointer);
    if let Some(examples) = lookup(&format!("{media_type}/examples")).and_then(Value::as_object) {
        let named = examples.iter().filter_map(|(name, example)| {
            let example = match example.get("$ref").and_then(Value::as_str) {
                Some(target) => lookup(target.strip_prefix('#')?)?,
                None => example,
            };
            Some((name.clone(), example.get("value")?))
        });
        return named.collect();
    }
    let own = lookup(&format!("{media_type}/example"));
    let of_schema = || context.model.schema(schema).and_then(|schema| lookup(&format!("{}/example", schema.pointer)));
    own.or_else(of_schema).map(|value| ("example".to_owned(), value)).into_iter().collect()
}

#[cfg(test)]
mod tests;
