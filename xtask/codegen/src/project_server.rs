//! The document as dropshot can say it, and the ledger of everything that it cannot.
//!
//! The document that dropshot emits from the generated trait must equal this projection to the last value. What the
//! projection leaves out is written down class by class, and each class must name the test that holds it instead.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};

use crate::load::{Document, escape};
use crate::model::{Header, In, Model, Operation, Parameter, Response};
use crate::schema;

/// What dropshot can be told, and what it cannot.
#[derive(Clone, Debug)]
pub struct Projection {
    /// The projected document.
    pub document: Value,
    /// JSON pointers of what was lost, by class.
    pub losses: BTreeMap<&'static str, BTreeSet<String>>,
}

/// The classes of loss with the reason of each.
pub const CLASSES: &[(&str, &str)] = &[
    ("description-whitespace", "dropshot re-flows the text of doc comments"),
    ("error-description", "dropshot describes all errors of an operation at once"),
    ("error-header", "dropshot documents headers of the success answer only"),
    ("error-media-type", "dropshot documents every error as application/json"),
    ("error-status", "dropshot documents errors as 4XX and 5XX"),
    ("extension", "dropshot has no place for extensions of operations, bodies and answers"),
    ("info", "only title and version reach the trait"),
    ("parameter-example", "dropshot has no examples of parameters and headers"),
    ("request-example", "dropshot has no examples of media types"),
    ("request-description", "dropshot has no description of a request body"),
    ("response-example", "dropshot has no examples of media types"),
    ("security", "dropshot knows nothing of security requirements"),
    ("security-scheme", "dropshot knows nothing of security schemes"),
    ("servers", "dropshot does not say where it listens"),
    ("success-media-type", "dropshot documents every typed success as application/json"),
    ("vendor-only-status", "this server never sends the answer"),
];

/// Projects the document.
#[must_use]
pub fn project(document: &Document, model: &Model) -> Projection {
    let mut pass = Pass { document, losses: BTreeMap::new() };
    let mut paths: Map<String, Value> = Map::new();
    for operation in &model.operations {
        let item = paths.entry(operation.path.clone()).or_insert_with(|| json!({}));
        item[operation.method.to_lowercase()] = pass.operation(operation);
    }
    pass.root(model);
    let mut tags: Vec<_> = model.tags.clone();
    tags.sort();
    let tags: Vec<_> =
        tags.iter().map(|(name, description)| json!({ "name": name, "description": description })).collect();
    let projected = json!({
        "openapi": "3.0.3",
        "info": { "title": model.title, "version": model.version },
        "paths": paths,
        "components": { "responses": error_responses(model), "schemas": reachable_schemas(model) },
        "tags": tags,
    });
    Projection { document: projected, losses: pass.losses }
}

struct Pass<'a> {
    document: &'a Document,
    losses: BTreeMap<&'static str, BTreeSet<String>>,
}

impl Pass<'_> {
    fn lose(&mut self, class: &'static str, pointer: String) {
        self.losses.entry(class).or_default().insert(pointer);
    }

    fn lose_if_present(&mut self, class: &'static str, pointer: &str, key: &str) {
        let pointer = format!("{pointer}/{}", escape(key));
        if self.document.value.pointer(&pointer).is_some() {
            self.lose(class, pointer);
        }
    }

    fn lose_extensions(&mut self, pointer: &str) {
        let keys: Vec<String> = self.keys(pointer).into_iter().filter(|key| key.starts_with("x-")).collect();
        for key in keys {
            self.lose_if_present("extension", pointer, &key);
        }
    }

    fn keys(&self, pointer: &str) -> Vec<String> {
        let node = self.document.value.pointer(pointer).and_then(Value::as_object);
        node.map(|object| object.keys().cloned().collect()).unwrap_or_default()
    }

    fn root(&mut self, model: &Model) {
        self.lose_if_present("servers", "", "servers");
        self.lose_if_present("security", "", "security");
        for key in self.keys("/info") {
            if key != "title" && key != "version" {
                self.lose_if_present("info", "/info", &key);
            }
        }
        for scheme in &model.schemes {
            self.lose("security-scheme", format!("/components/securitySchemes/{}", escape(&scheme.name)));
        }
    }

    fn operation(&mut self, operation: &Operation) -> Value {
        let pointer = &operation.pointer;
        if !operation.security.is_empty() {
            self.lose("security", format!("{pointer}/security"));
        }
        self.lose_extensions(pointer);
        let mut out = json!({ "operationId": operation.id, "summary": operation.summary, "tags": [operation.tag] });
        if !operation.description.is_empty() {
            let description = reflow(&operation.description);
            if description != operation.description {
                self.lose("description-whitespace", format!("{pointer}/description"));
            }
            out["description"] = json!(description);
        }
        let parameters = self.parameters(operation);
        if !parameters.is_empty() {
            out["parameters"] = json!(parameters);
        }
        if let Some(body) = &operation.body {
            let reference = format!("{}{}", schema::COMPONENT, body.schema);
            out["requestBody"] = json!({ "content": { body.media_type.as_str(): { "schema": { "$ref": reference } } }, "required": true });
            self.request_losses(&format!("{pointer}/requestBody"));
        }
        out["responses"] = self.responses(operation);
        out
    }

    fn request_losses(&mut self, pointer: &str) {
        self.lose_if_present("request-description", pointer, "description");
        self.lose_extensions(pointer);
        self.example_losses("request-example", pointer);
    }

    fn example_losses(&mut self, class: &'static str, pointer: &str) {
        for media_type in self.keys(&format!("{pointer}/content")) {
            let media = format!("{pointer}/content/{}", escape(&media_type));
            self.lose_if_present(class, &media, "example");
            self.lose_if_present(class, &media, "examples");
        }
    }

    /// Path, query, header; sorted by name inside each, as dropshot's extractors list them.
    fn parameters(&mut self, operation: &Operation) -> Vec<Value> {
        let mut parameters: Vec<&Parameter> = operation.parameters.iter().collect();
        parameters.sort_by_key(|parameter| (parameter.location, parameter.name.clone()));
        for index in 0..self
            .document
            .value
            .pointer(&format!("{}/parameters", operation.pointer))
            .and_then(Value::as_array)
            .map_or(0, Vec::len)
        {
            let pointer = format!("{}/parameters/{index}", operation.pointer);
            self.lose_if_present("parameter-example", &pointer, "example");
            self.lose_if_present("parameter-example", &pointer, "examples");
        }
        parameters.into_iter().map(parameter_value).collect()
    }

    fn responses(&mut self, operation: &Operation) -> Value {
        let mut out = Map::new();
        for response in &operation.responses {
            self.response_losses(operation, response);
        }
        if let Some(success) = operation.success() {
            out.insert(success.status.to_string(), success_value(success));
        }
        if let Some(error) = operation.error_schema() {
            let reference = json!({ "$ref": format!("#/components/responses/{error}") });
            out.insert("4XX".to_owned(), reference.clone());
            out.insert("5XX".to_owned(), reference);
        }
        Value::Object(out)
    }

    fn response_losses(&mut self, operation: &Operation, response: &Response) {
        let pointer = &response.pointer;
        self.lose_extensions(pointer);
        self.example_losses("response-example", pointer);
        if response.vendor_only {
            self.lose("vendor-only-status", pointer.clone());
        } else if response.is_success() {
            if response.content.as_ref().is_some_and(|content| content.media_type != "application/json") {
                self.lose("success-media-type", format!("{pointer}/content"));
            }
            for header in &response.headers {
                self.header_example(pointer, header);
            }
        } else {
            self.lose("error-status", format!("{}/responses/{}", operation.pointer, response.status));
            self.lose("error-description", format!("{pointer}/description"));
            if response.content.as_ref().is_some_and(|content| content.media_type != "application/json") {
                self.lose("error-media-type", format!("{pointer}/content"));
            }
            for header in &response.headers {
                self.lose("error-header", format!("{pointer}/headers/{}", escape(&header.name)));
            }
        }
    }

    fn header_example(&mut self, pointer: &str, header: &Header) {
        let pointer = format!("{pointer}/headers/{}", escape(&header.name));
        let pointer = self
            .document
            .value
            .pointer(&format!("{pointer}/$ref"))
            .and_then(Value::as_str)
            .map_or(pointer.clone(), |reference| reference.trim_start_matches('#').to_owned());
        self.lose_if_present("parameter-example", &pointer, "example");
    }
}

fn parameter_value(parameter: &Parameter) -> Value {
    let (place, style) = match parameter.location {
        In::Path => ("path", "simple"),
        In::Query => ("query", "form"),
        In::Header => ("header", "simple"),
    };
    let mut out =
        json!({ "in": place, "name": parameter.name, "schema": emitted_schema(&parameter.schema), "style": style });
    if !parameter.description.is_empty() {
        out["description"] = json!(parameter.description);
    }
    if parameter.required {
        out["required"] = json!(true);
    }
    // dropshot's emitter leaves out what is the default of OpenAPI.
    if let Some(object) = out.as_object_mut() {
        object.shift_remove("style");
    }
    out
}

fn success_value(response: &Response) -> Value {
    let mut out = json!({ "description": response.description });
    if let Some(content) = &response.content {
        let reference = format!("{}{}", schema::COMPONENT, content.schema);
        out["content"] = json!({ "application/json": { "schema": { "$ref": reference } } });
    }
    if !response.headers.is_empty() {
        let headers: Map<_, _> =
            response.headers.iter().map(|header| (header.name.clone(), header_value(header))).collect();
        out["headers"] = Value::Object(headers);
    }
    out
}

fn header_value(header: &Header) -> Value {
    let mut out =
        json!({ "style": "simple", "schema": emitted_schema(&header.schema), "description": header.description });
    if header.required {
        out["required"] = json!(true);
    }
    out
}

fn error_responses(model: &Model) -> Value {
    let names: BTreeSet<&str> = model.operations.iter().filter_map(Operation::error_schema).collect();
    let responses: Map<_, _> = names
        .into_iter()
        .map(|name| {
            let reference = format!("{}{name}", schema::COMPONENT);
            (
                name.to_owned(),
                json!({ "description": name, "content": { "application/json": { "schema": { "$ref": reference } } } }),
            )
        })
        .collect();
    Value::Object(responses)
}

/// dropshot emits the schemas that an operation leads to.
fn reachable_schemas(model: &Model) -> Value {
    let by_name: BTreeMap<&str, &Value> =
        model.schemas.iter().map(|schema| (schema.name.as_str(), &schema.value)).collect();
    let mut queue: Vec<String> = Vec::new();
    for operation in &model.operations {
        queue.extend(operation.body.iter().map(|body| body.schema.clone()));
        queue.extend(operation.error_schema().map(str::to_owned));
        queue.extend(
            operation.success().and_then(|success| success.content.as_ref()).map(|content| content.schema.clone()),
        );
    }
    let mut reached: BTreeMap<String, Value> = BTreeMap::new();
    while let Some(name) = queue.pop() {
        if let Some(value) = by_name.get(name.as_str())
            && !reached.contains_key(&name)
        {
            queue.extend(schema::references(value));
            reached.insert(name, emitted_schema(value));
        }
    }
    Value::Object(reached.into_iter().collect())
}

/// A schema as it comes back from schemars and dropshot: `required` is a sorted set.
fn emitted_schema(value: &Value) -> Value {
    let Some(object) = value.as_object() else { return value.clone() };
    let mut out = schema::map_children(object, &emitted_schema);
    if let Some(Value::Array(required)) = out.get_mut("required") {
        required.sort_by_key(|name| name.as_str().unwrap_or_default().to_owned());
    }
    Value::Object(out)
}

/// What dropshot makes of the lines of a doc comment: lines of one paragraph become one.
fn reflow(text: &str) -> String {
    let mut lines = text.lines().map(str::trim).skip_while(|line| line.is_empty());
    let first = lines.next().unwrap_or_default().to_owned();
    let joined = lines.fold(first, |text, line| {
        if text.ends_with('-') || text.ends_with('\n') || text.is_empty() {
            text + line
        } else if line.is_empty() {
            text + "\n\n"
        } else {
            format!("{text} {line}")
        }
    });
    joined.trim_end().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_of_a_paragraph_become_one() {
        assert_eq!(reflow("one\ntwo\n\n\nthree\n"), "one two\n\nthree");
    }

    #[test]
    fn required_is_sorted_at_every_depth() {
        let schema = json!({"required": ["b", "a"], "properties": {"x": {"required": ["d", "c"]}}});
        assert_eq!(
            emitted_schema(&schema),
            json!({"required": ["a", "b"], "properties": {"x": {"required": ["c", "d"]}}})
        );
    }
}
