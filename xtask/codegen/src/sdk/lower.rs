//! The document that progenitor is fed: what it cannot take is taken away, and every answer becomes raw.
//!
//! Built anew from the [`Model`], so nothing unknown slips through. What is lost here is generated elsewhere:
//!
//! - Answers. Progenitor panics on two error bodies and drops status, headers and bytes of an answer that it did not
//!   expect, so each operation has the one answer `default: */*`, which reaches us whole whatever its status is. The
//!   typed decoding is generated from the model.
//! - Security, `Accept`, documentation of operations, headers that HTTP owns.
//! - Schemas of a tolerant reader: a newer server may add members, lengthen texts or add enum values, and the caller
//!   must still get the answer. Schemas that requests use keep their checks.

#[cfg(test)]
mod tests;

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use super::alternatives::{Alternatives, Decides};
use super::{body, parameter};
use crate::model::{Content, Extension, In, List, Model, Operation, Parameter};
use crate::names;
use crate::schema;
use crate::secret::{is_secret, is_text, lower_secret_text};
use crate::server::for_validator;

/// What a schema is used for.
#[derive(Clone, Copy, Debug)]
struct Use<'a> {
    request: bool,
    response: bool,
    /// What of it decides between branches.
    decides: Decides,
    unions: &'a Alternatives<'a>,
}

impl Use<'_> {
    /// Only answers hold it, so nothing is checked that the reader does not need.
    fn is_answer_only(self) -> bool {
        self.response && !self.request
    }

    fn deciding(self, decides: Decides) -> Self {
        Self { decides, ..self }
    }

    /// The reader takes any limit as it comes.
    fn drops_limits(self) -> bool {
        self.is_answer_only() && self.decides != Decides::Everything
    }
}

/// Keywords that narrow a value without changing its Rust type's kind.
const CONSTRAINTS: [&str; 12] = [
    "minLength",
    "maxLength",
    "pattern",
    "minimum",
    "maximum",
    "exclusiveMinimum",
    "exclusiveMaximum",
    "multipleOf",
    "minItems",
    "maxItems",
    "uniqueItems",
    "default",
];

/// Header parameters that HTTP or the security schemes own (OpenAPI says they shall be ignored).
const RESERVED_HEADERS: [&str; 3] = ["accept", "authorization", "content-type"];

/// Lowers the whole document.
#[must_use]
pub fn lower(model: &Model) -> Value {
    let mut paths = Map::new();
    for operation in model.operations.iter().filter(|operation| is_called(operation)) {
        let item = paths.entry(operation.path.clone()).or_insert_with(|| json!({}));
        item[operation.method.to_lowercase()] = lower_operation(operation);
    }
    let (requests, responses) = (request_schemas(model), response_schemas(model));
    let unions = Alternatives::of(model);
    let mut schemas = Map::new();
    for schema in &model.schemas {
        let used = Use {
            decides: unions.component(&schema.name),
            unions: &unions,
            request: requests.contains(schema.name.as_str()),
            response: responses.contains(schema.name.as_str()),
        };
        schemas.insert(schema.name.clone(), lower_schema(&schema.typed, used));
    }
    json!({
        "openapi": "3.0.3",
        "info": {"title": model.title, "version": model.version},
        "paths": paths,
        "components": {"schemas": schemas},
    })
}

/// Names of the schemas that requests hold.
pub(super) fn request_schemas(model: &Model) -> BTreeSet<&str> {
    closure(
        model,
        model
            .operations
            .iter()
            .filter_map(|operation| operation.body.as_ref())
            .flat_map(|body| &body.contents)
            .filter_map(Content::schema),
    )
}

/// Names of the schemas that answers hold.
fn response_schemas(model: &Model) -> BTreeSet<&str> {
    closure(
        model,
        model
            .operations
            .iter()
            .flat_map(|operation| &operation.responses)
            .flat_map(|response| &response.contents)
            .filter_map(Content::schema),
    )
}

/// Tells of the name of a schema whether requests hold it, and whether answers do.
pub(crate) fn in_requests_and_answers(model: &Model) -> impl Fn(&str) -> (bool, bool) + use<> {
    let owned = |names: BTreeSet<&str>| -> BTreeSet<String> { names.into_iter().map(str::to_owned).collect() };
    let (requests, responses) = (owned(request_schemas(model)), owned(response_schemas(model)));
    move |name| (requests.contains(name), responses.contains(name))
}

/// Whether the client has the operation: a connection that becomes a websocket is for another program.
pub(crate) fn is_called(operation: &Operation) -> bool {
    operation.extension != Extension::Websocket
}

/// Parameters that the caller gives, in document order.
pub(crate) fn parameters(operation: &Operation) -> impl Iterator<Item = &Parameter> {
    operation.parameters.iter().filter(|parameter| !is_reserved(parameter))
}

/// Whether HTTP or the security schemes own it.
pub(crate) fn is_reserved(parameter: &Parameter) -> bool {
    parameter.location == In::Header && RESERVED_HEADERS.contains(&parameter.name.to_lowercase().as_str())
}

/// The header by which a server knows a repetition. The client makes its value, so it is never required of the caller;
/// one for which it can make none is a parameter like others.
pub(crate) fn is_idempotency_key(parameter: &Parameter) -> bool {
    parameter.location == In::Header
        && parameter.name.eq_ignore_ascii_case("idempotency-key")
        && parameter.list == List::No
        && takes_key(&parameter.schema)
}

/// Whether a schema takes what the client makes as a key: a random UUID.
pub(crate) fn takes_key(schema: &Value) -> bool {
    const KEY: &str = "7c9e6679-7425-40de-944b-e07fc1f90ae7";
    let limits = schema.as_object().into_iter().flatten();
    let mut limits = limits.filter(|(key, _)| !schema::is_annotation(key) && *key != "type");
    if limits.next().is_none() {
        return schema.get("type").is_none_or(|kind| kind == "string");
    }
    // A schema that refers to others is taken to be as usual.
    let validator = jsonschema::draft202012::options().should_validate_formats(true).build(&for_validator(schema));
    validator.map_or(true, |validator| validator.is_valid(&Value::from(KEY)))
}

/// The operation as progenitor's client calls it: some names are its own.
pub(super) fn wire_id(id: &str) -> String {
    const OWN: [&str; 10] =
        ["api_version", "baseurl", "client", "err", "exec", "inner", "new", "new_with_client", "post", "pre"];
    if OWN.contains(&id) { format!("call_{id}") } else { id.to_owned() }
}

fn lower_operation(operation: &Operation) -> Value {
    let mut lowered = json!({"operationId": wire_id(&operation.id)});
    let parameters: Vec<Value> = parameters(operation).map(lower_parameter).collect();
    if !parameters.is_empty() {
        lowered["parameters"] = Value::Array(parameters);
    }
    if let Some(sent) = operation.body.as_ref().and_then(body::sent) {
        lowered["requestBody"] = sent.lowered();
    }
    lowered["responses"] = json!({"default": {"description": "", "content": {"*/*": {}}}});
    lowered
}

fn lower_parameter(parameter: &Parameter) -> Value {
    let location = match parameter.location {
        In::Path => "path",
        In::Query => "query",
        In::Header => "header",
    };
    let schema = parameter::lowered(parameter);
    let required = parameter.required && !is_idempotency_key(parameter);
    json!({"name": parameter.name, "in": location, "required": required, "schema": schema})
}

/// Names of the schemas that can be reached from `roots`.
fn closure<'a>(model: &'a Model, roots: impl Iterator<Item = &'a str>) -> BTreeSet<&'a str> {
    let mut seen = BTreeSet::new();
    let mut open: Vec<&str> = roots.collect();
    while let Some(name) = open.pop() {
        if seen.insert(name)
            && let Some(schema) = model.schemas.iter().find(|schema| schema.name == name)
        {
            references(&schema.value, &mut open);
        }
    }
    seen
}

fn references<'a>(value: &'a Value, found: &mut Vec<&'a str>) {
    match value {
        Value::Object(object) => {
            if let Some(name) = object
                .get("$ref")
                .and_then(Value::as_str)
                .and_then(|target| target.strip_prefix("#/components/schemas/"))
            {
                found.push(name);
            }
            object.values().for_each(|child| references(child, found));
        }
        Value::Array(items) => items.iter().for_each(|item| references(item, found)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

fn lower_schema(value: &Value, used: Use<'_>) -> Value {
    let Some(object) = value.as_object() else { return value.clone() };
    if let Some(target) = object.get("$ref") {
        return json!({"$ref": target});
    }
    if is_secret(object) && is_text(object) {
        return lower_secret_text(object);
    }
    let mut lowered = Map::new();
    for (key, child) in object {
        let child = match key.as_str() {
            "properties" => lower_properties(object, child, used),
            "additionalProperties" => match lower_additional(object, child, used) {
                Some(child) => child,
                None => continue,
            },
            "items" => lower_schema(child, used.deciding(Decides::Nothing)),
            "oneOf" | "anyOf" | "allOf" => match lower_branches(object, key, child, used) {
                Some(child) => child,
                None => continue,
            },
            // A negation only ever refuses; beside properties it is a rule between members.
            "not" if object.contains_key("properties") => continue,
            "not" => lower_schema(child, used),
            // Texts become enumerations that keep what they do not know; nothing else does.
            "enum" if used.is_answer_only() && used.decides == Decides::Nothing && !has_names(object) => continue,
            "example" | "examples" | "externalDocs" | "xml" | "discriminator" => continue,
            key if key.starts_with("x-") => continue,
            // Its value would be written as progenitor's types are, before `polish` changes them. Left out, it is the
            // server's to fill in.
            "default" if holds_object(child) => continue,
            key if used.drops_limits() && CONSTRAINTS.contains(&key) => continue,
            _ => child.clone(),
        };
        lowered.insert(key.clone(), child);
    }
    schema::drop_rules_of_scalars(&mut lowered);
    schema::drop_foreign_limits(object, &mut lowered);
    if used.is_answer_only() {
        describe_known_values(object, &mut lowered);
    }
    Value::Object(lowered)
}

fn holds_object(value: &Value) -> bool {
    value.is_object() || value.as_array().is_some_and(|items| items.iter().any(holds_object))
}

/// Whether the values of an enumeration are texts that make names of variants, each its own.
fn has_names(object: &Map<String, Value>) -> bool {
    let values = object.get("enum").and_then(Value::as_array).into_iter().flatten();
    let mut names: Vec<String> = values
        .filter(|value| !value.is_null())
        .map(|value| names::pascal(value.as_str().unwrap_or_default()))
        .collect();
    let count = names.len();
    names.sort_unstable();
    names.dedup();
    is_text(object)
        && names.len() == count
        && object.get("enum").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str).all(is_name)
}

/// Whether a name can be made of a value without adding to it.
fn is_name(value: &str) -> bool {
    value.trim_start_matches(|c: char| !c.is_alphanumeric()).starts_with(|c: char| c.is_ascii_alphabetic())
}

/// An enumeration of an answer that cannot be an enumeration in Rust is read as its bare type; its docs name the values.
fn describe_known_values(object: &Map<String, Value>, lowered: &mut Map<String, Value>) {
    let Some(values) = object.get("enum").and_then(Value::as_array).filter(|_| !lowered.contains_key("enum")) else {
        return;
    };
    let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let known: Vec<String> = values.iter().map(|value| format!("`{}`", text(value))).collect();
    let description = object.get("description").and_then(Value::as_str).unwrap_or_default();
    let description = format!("{description}\n\nKnown values: {}.", known.join(", "));
    lowered.insert("description".to_owned(), Value::String(description.trim().to_owned()));
}

/// Whether `parent` demands the member called `name`.
pub(super) fn is_required(parent: &Map<String, Value>, name: &str) -> bool {
    parent.get("required").and_then(Value::as_array).is_some_and(|names| names.iter().any(|known| known == name))
}

fn lower_properties(parent: &Map<String, Value>, properties: &Value, used: Use<'_>) -> Value {
    let Some(properties) = properties.as_object() else { return properties.clone() };
    let lowered = properties.iter().map(|(name, value)| {
        let hidden = value.as_object().is_some_and(|object| is_secret(object) && !is_text(object));
        let mut value = lower_schema(value, used.deciding(used.decides.of_member(parent, name, value)));
        // An optional array would be read as an empty one, and a null refused; servers send null for what they lack.
        let array = used.is_answer_only() && value.get("type").and_then(Value::as_str) == Some("array");
        // What `polish` wraps must be an `Option`, not a bare value with a default.
        if (array || hidden) && !is_required(parent, name) && value.get("$ref").is_none() {
            value["nullable"] = Value::Bool(true);
            value.as_object_mut().and_then(|object| object.remove("default"));
        }
        (name.clone(), value)
    });
    Value::Object(lowered.collect())
}

/// Extension members survive in answers; a request sends what the document names.
fn lower_additional(parent: &Map<String, Value>, value: &Value, used: Use<'_>) -> Option<Value> {
    match value {
        // Progenitor would refuse members that a newer server adds; where they decide between branches, it must.
        Value::Bool(false) if used.decides != Decides::Everything => None,
        Value::Bool(false) => Some(Value::Bool(false)),
        // With `true` progenitor drops the members in silence, with `{}` it keeps them. In a request they would be one
        // more thing to fill in.
        Value::Bool(true) if parent.contains_key("properties") && !used.response => None,
        Value::Bool(true) => Some(json!({})),
        schema => Some(lower_schema(schema, used.deciding(Decides::Nothing))),
    }
}

/// Branches that add no property of their own are rules between members, which the server judges.
fn lower_branches(parent: &Map<String, Value>, key: &str, branches: &Value, used: Use<'_>) -> Option<Value> {
    let branches: Vec<Value> = branches.as_array()?.iter().filter(|branch| !is_rule(parent, branch)).cloned().collect();
    let decides = if key == "allOf" { Vec::new() } else { used.unions.branches(&branches) };
    let of = |index: usize| used.decides.max(decides.get(index).copied().unwrap_or_default());
    let lowered = branches.iter().enumerate().map(|(index, branch)| lower_schema(branch, used.deciding(of(index))));
    (!branches.is_empty()).then(|| lowered.collect())
}

fn is_rule(parent: &Map<String, Value>, branch: &Value) -> bool {
    let (Some(known), Some(branch)) = (parent.get("properties").and_then(Value::as_object), branch.as_object()) else {
        return false;
    };
    if branch.contains_key("$ref") {
        return false;
    }
    let properties = branch.get("properties").and_then(Value::as_object);
    properties.is_none_or(|properties| properties.keys().all(|name| known.contains_key(name)))
}
