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

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use crate::model::{Content, In, Model, Operation, Parameter};

/// What a schema is used for.
#[derive(Clone, Copy, Debug)]
struct Use {
    request: bool,
    response: bool,
}

impl Use {
    /// Only answers hold it, so nothing is checked that the reader does not need.
    fn is_answer_only(self) -> bool {
        self.response && !self.request
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
    for operation in &model.operations {
        let item = paths.entry(operation.path.clone()).or_insert_with(|| json!({}));
        item[operation.method.to_lowercase()] = lower_operation(operation);
    }
    let requests = closure(
        model,
        model
            .operations
            .iter()
            .filter_map(|operation| operation.body.as_ref())
            .flat_map(|body| &body.contents)
            .filter_map(Content::schema),
    );
    let responses = closure(
        model,
        model
            .operations
            .iter()
            .flat_map(|operation| &operation.responses)
            .flat_map(|response| &response.contents)
            .filter_map(Content::schema),
    );
    let mut schemas = Map::new();
    for schema in &model.schemas {
        let used = Use {
            request: requests.contains(schema.name.as_str()),
            response: responses.contains(schema.name.as_str()),
        };
        schemas.insert(schema.name.clone(), lower_schema(&schema.value, used));
    }
    json!({
        "openapi": "3.0.3",
        "info": {"title": model.title, "version": model.version},
        "paths": paths,
        "components": {"schemas": schemas},
    })
}

/// Parameters that the caller gives, in document order.
pub(super) fn parameters(operation: &Operation) -> impl Iterator<Item = &Parameter> {
    operation.parameters.iter().filter(|parameter| {
        parameter.location != In::Header || !RESERVED_HEADERS.contains(&parameter.name.to_lowercase().as_str())
    })
}

fn lower_operation(operation: &Operation) -> Value {
    let mut lowered = json!({"operationId": operation.id});
    let parameters: Vec<Value> = parameters(operation).map(lower_parameter).collect();
    if !parameters.is_empty() {
        lowered["parameters"] = Value::Array(parameters);
    }
    if let Some(content) = operation.body.as_ref().and_then(|body| body.contents.first())
        && let Some(schema) = content.schema()
    {
        let schema = json!({"$ref": format!("#/components/schemas/{schema}")});
        lowered["requestBody"] = json!({"required": true, "content": {&content.media_type: {"schema": schema}}});
    }
    lowered["responses"] = json!({"default": {"description": "", "content": {"*/*": {}}}});
    lowered
}

/// A parameter keeps its type only: its limits are the server's to judge, and an error by it says more.
fn lower_parameter(parameter: &Parameter) -> Value {
    let location = match parameter.location {
        In::Path => "path",
        In::Query => "query",
        In::Header => "header",
    };
    let mut schema = lower_schema(&parameter.schema, Use { request: true, response: false });
    if let Some(object) = schema.as_object_mut() {
        object.retain(|key, _| !CONSTRAINTS.contains(&key.as_str()) && key != "description");
    }
    json!({"name": parameter.name, "in": location, "required": parameter.required, "schema": schema})
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

fn lower_schema(value: &Value, used: Use) -> Value {
    let Some(object) = value.as_object() else { return value.clone() };
    if let Some(target) = object.get("$ref") {
        return json!({"$ref": target});
    }
    if is_sensitive(object) {
        return lower_sensitive(object);
    }
    let mut lowered = Map::new();
    for (key, child) in object {
        let child = match key.as_str() {
            "properties" => lower_properties(object, child, used),
            "additionalProperties" => match lower_additional(object, child, used) {
                Some(child) => child,
                None => continue,
            },
            "items" => lower_schema(child, used),
            "oneOf" | "anyOf" | "allOf" => match lower_branches(object, child, used) {
                Some(child) => child,
                None => continue,
            },
            // A negation only ever refuses; beside properties it is a rule between members.
            "not" if object.contains_key("properties") => continue,
            "not" => lower_schema(child, used),
            "enum" if used.is_answer_only() && object.get("type").and_then(Value::as_str) == Some("string") => continue,
            "example" | "examples" | "externalDocs" | "xml" | "discriminator" => continue,
            key if key.starts_with("x-") => continue,
            key if used.is_answer_only() && CONSTRAINTS.contains(&key) => continue,
            _ => child.clone(),
        };
        lowered.insert(key.clone(), child);
    }
    if used.is_answer_only() {
        describe_known_values(object, &mut lowered);
    }
    Value::Object(lowered)
}

/// A text that must not be shown. `writeOnly` alone is a direction, not a secret.
fn is_sensitive(object: &Map<String, Value>) -> bool {
    let marked = object.get("x-sensitive").and_then(Value::as_bool) == Some(true)
        || object.get("format").and_then(Value::as_str) == Some("password");
    marked && object.get("type").and_then(Value::as_str) == Some("string")
}

/// Every secret has the one schema that `wire` maps to the client's redacting type. Its limits are the server's to judge.
fn lower_sensitive(object: &Map<String, Value>) -> Value {
    let mut lowered = sensitive();
    for key in ["description", "nullable"] {
        if let Some(value) = object.get(key) {
            lowered[key] = value.clone();
        }
    }
    lowered
}

/// The schema of a secret in the lowered document.
pub(super) fn sensitive() -> Value {
    json!({"type": "string", "format": "password"})
}

/// An enumeration of an answer is read as a string, for a newer server may know more values; its docs name the known ones.
fn describe_known_values(object: &Map<String, Value>, lowered: &mut Map<String, Value>) {
    let Some(values) = object.get("enum").and_then(Value::as_array).filter(|_| !lowered.contains_key("enum")) else {
        return;
    };
    let known: Vec<String> = values.iter().filter_map(Value::as_str).map(|value| format!("`{value}`")).collect();
    let description = object.get("description").and_then(Value::as_str).unwrap_or_default();
    let text = format!("{description}\n\nKnown values: {}.", known.join(", "));
    lowered.insert("description".to_owned(), Value::String(text.trim().to_owned()));
}

fn lower_properties(parent: &Map<String, Value>, properties: &Value, used: Use) -> Value {
    let Some(properties) = properties.as_object() else { return properties.clone() };
    let required = |name: &str| {
        parent.get("required").and_then(Value::as_array).is_some_and(|names| names.iter().any(|known| known == name))
    };
    let lowered = properties.iter().map(|(name, value)| {
        let mut value = lower_schema(value, used);
        // An optional array would be read as an empty one, and a null refused; servers send null for what they lack.
        if used.is_answer_only() && !required(name) && value.get("type").and_then(Value::as_str) == Some("array") {
            value["nullable"] = Value::Bool(true);
        }
        (name.clone(), value)
    });
    Value::Object(lowered.collect())
}

/// Extension members survive in answers; a request sends what the document names.
fn lower_additional(parent: &Map<String, Value>, value: &Value, used: Use) -> Option<Value> {
    match value {
        // Progenitor would refuse members that a newer server adds.
        Value::Bool(false) => None,
        // With `true` progenitor drops the members in silence, with `{}` it keeps them. In a request they would be one
        // more thing to fill in.
        Value::Bool(true) if parent.contains_key("properties") && !used.response => None,
        Value::Bool(true) => Some(json!({})),
        schema => Some(lower_schema(schema, used)),
    }
}

/// Branches that add no property of their own are rules between members, which the server judges.
fn lower_branches(parent: &Map<String, Value>, branches: &Value, used: Use) -> Option<Value> {
    let branches = branches.as_array()?;
    let kept: Vec<Value> =
        branches.iter().filter(|branch| !is_rule(parent, branch)).map(|branch| lower_schema(branch, used)).collect();
    (!kept.is_empty()).then_some(Value::Array(kept))
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::load::Document;

    fn lowered() -> Value {
        let document = Document::parse("fixture.yaml", include_str!("fixture.yaml")).unwrap();
        lower(&crate::read::model(&document).unwrap())
    }

    const REQUEST: Use = Use { request: true, response: false };
    const ANSWER: Use = Use { request: false, response: true };

    #[test]
    fn every_operation_answers_raw() {
        let lowered = lowered();
        let answers = &lowered["paths"]["/things/{id}"]["post"]["responses"];
        assert_eq!(answers, &json!({"default": {"description": "", "content": {"*/*": {}}}}));
    }

    #[test]
    fn reserved_headers_security_and_limits_of_parameters_are_gone() {
        let lowered = lowered();
        let operation = &lowered["paths"]["/things/{id}"]["post"];
        let names: Vec<_> = operation["parameters"]
            .as_array()
            .unwrap()
            .iter()
            .map(|parameter| parameter["name"].as_str().unwrap())
            .collect();
        assert_eq!(names, ["id", "dry-run"]);
        assert_eq!(operation["parameters"][0]["schema"], json!({"type": "integer", "format": "int32"}));
        assert!(operation.get("security").is_none());
        assert!(lowered["components"].get("securitySchemes").is_none());
    }

    #[test]
    fn requests_keep_their_checks_and_lose_rules_between_members() {
        let schema = &lowered()["components"]["schemas"]["NewThing"];
        assert_eq!(schema["properties"]["name"]["maxLength"], 250);
        assert_eq!(schema["properties"]["kind"]["enum"], json!(["big", "small"]));
        assert!(schema.get("oneOf").is_none());
        assert!(schema.get("additionalProperties").is_none());
        assert!(schema.get("example").is_none());
    }

    #[test]
    fn answers_are_read_tolerantly() {
        let schema = &lowered()["components"]["schemas"]["Thing"];
        assert!(schema.get("additionalProperties").is_none());
        assert_eq!(schema["properties"]["name"], json!({"type": "string"}));
        assert_eq!(
            schema["properties"]["kind"],
            json!({"type": "string", "description": "Known values: `big`, `small`."})
        );
        assert_eq!(schema["properties"]["tags"]["nullable"], true);
    }

    #[test]
    fn extension_members_of_answers_survive() {
        let problem =
            json!({"type": "object", "properties": {"title": {"type": "string"}}, "additionalProperties": true});
        assert_eq!(lower_schema(&problem, ANSWER)["additionalProperties"], json!({}));
        assert!(lower_schema(&problem, REQUEST).get("additionalProperties").is_none());
    }

    #[test]
    fn branches_with_members_of_their_own_stay() {
        let schema = json!({"type": "object", "properties": {"a": {"type": "string"}}, "oneOf": [{"properties": {"b": {"type": "string"}}}, {"$ref": "#/components/schemas/C"}]});
        assert_eq!(lower_schema(&schema, REQUEST)["oneOf"].as_array().unwrap().len(), 2);
    }

    #[test]
    fn secrets_have_one_schema() {
        let secret =
            json!({"type": "string", "x-sensitive": true, "minLength": 16, "nullable": true, "description": "Hush."});
        let lowered = json!({"type": "string", "format": "password", "description": "Hush.", "nullable": true});
        assert_eq!(lower_schema(&secret, REQUEST), lowered);
        assert_eq!(lower_schema(&json!({"type": "string", "format": "password", "maxLength": 9}), ANSWER), sensitive());
        assert_eq!(
            lower_schema(&json!({"type": "string", "writeOnly": true}), REQUEST),
            json!({"type": "string", "writeOnly": true})
        );
    }

    #[test]
    fn lowering_is_stable() {
        assert_eq!(crate::render::json(&lowered()), crate::render::json(&lowered()));
    }
}
