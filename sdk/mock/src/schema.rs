//! The document's schemas: what breaks them, and which values under them may be shown.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, LazyLock, Mutex, PoisonError};

use jsonschema::{Draft, Validator};
use serde_json::{Value, json};

/// Stands for a value that is not shown.
pub(crate) const REDACTED: &str = "[redacted]";
/// A body nested deeper than this is not looked into.
const MAX_DEPTH: usize = 64;

static SCHEMAS: LazyLock<Value> =
    LazyLock::new(|| serde_json::from_str(include_str!("generated/schemas.json")).unwrap_or_default());

/// One rule of the document that a request or an answer breaks. Names the place and the rule, never the value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    /// JSON pointer into the body; for parameters `/path/`, `/query/` or `/header/` and the name.
    pub pointer: String,
    /// What is demanded.
    pub detail: String,
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let place = if self.pointer.is_empty() { "the body" } else { &self.pointer };
        write!(f, "{place}: {}", self.detail)
    }
}

/// Everything that is wrong with `value` under the schema at `pointer`; `place` comes before the pointers of what is found.
pub(crate) fn violations(pointer: &'static str, place: &str, value: &Value) -> Vec<Violation> {
    match validator(pointer) {
        Ok(validator) => validator
            .iter_errors(value)
            .map(|error| Violation {
                pointer: format!("{place}{}", error.instance_path()),
                detail: error.masked().to_string(),
            })
            .collect(),
        Err(message) => vec![Violation { pointer: place.to_owned(), detail: message }],
    }
}

/// Compiled once for all mocks of a process: patterns are costly.
fn validator(pointer: &'static str) -> Result<Arc<Validator>, String> {
    static COMPILED: LazyLock<Mutex<BTreeMap<&'static str, Arc<Validator>>>> = LazyLock::new(Mutex::default);
    let mut compiled = COMPILED.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(validator) = compiled.get(pointer) {
        return Ok(Arc::clone(validator));
    }
    // Draft 4 ignores whatever stands beside `$ref`, hence `allOf`.
    let mut schema = json!({ "allOf": [{ "$ref": pointer }] });
    for (key, value) in SCHEMAS.as_object().into_iter().flatten() {
        schema[key] = value.clone();
    }
    let validator = jsonschema::options()
        .with_draft(Draft::Draft4)
        .should_validate_formats(true)
        .with_format("uuid", is_uuid)
        .build(&schema)
        .map_err(|error| format!("the generated schema {pointer} does not compile: {error}"))?;
    let validator = Arc::new(validator);
    compiled.insert(pointer, Arc::clone(&validator));
    Ok(validator)
}

/// Draft 4 has no such format.
fn is_uuid(text: &str) -> bool {
    text.len() == 36
        && text.bytes().enumerate().all(|(index, byte)| match index {
            8 | 13 | 18 | 23 => byte == b'-',
            _ => byte.is_ascii_hexdigit(),
        })
}

/// The value with everything hidden that the schema marks as a secret or does not describe.
pub(crate) fn redacted(pointer: &str, value: &Value) -> Value {
    show(&[&json!({ "$ref": pointer })], value, 0)
}

/// `value` under all of `schemas` at once.
fn show(schemas: &[&Value], value: &Value, depth: usize) -> Value {
    let mut applied = Vec::new();
    for schema in schemas {
        collect(schema, &mut applied, 0);
    }
    let is_secret = applied.iter().any(|schema| schema["x-sensitive"] == true);
    // What no schema speaks of may be anything, such as a password under a misspelt name.
    if is_secret || applied.is_empty() || depth > MAX_DEPTH {
        return REDACTED.into();
    }
    match value {
        Value::Object(members) => members
            .iter()
            .map(|(name, value)| {
                let under: Vec<&Value> = applied
                    .iter()
                    .filter_map(|schema| schema["properties"].get(name).or_else(|| schema.get("additionalProperties")))
                    .filter(|schema| schema.is_object())
                    .collect();
                (name.clone(), show(&under, value, depth + 1))
            })
            .collect(),
        Value::Array(items) => {
            let under: Vec<&Value> = applied.iter().filter_map(|schema| schema.get("items")).collect();
            items.iter().map(|item| show(&under, item, depth + 1)).collect()
        }
        Value::String(_) if !applied.iter().any(|schema| is_of(schema, &["string"])) => REDACTED.into(),
        Value::Number(_) if !applied.iter().any(|schema| is_of(schema, &["number", "integer"])) => REDACTED.into(),
        Value::String(_) | Value::Number(_) | Value::Bool(_) | Value::Null => value.clone(),
    }
}

/// Whether the schema is for values of one of `types`.
fn is_of(schema: &Value, types: &[&str]) -> bool {
    let given = schema["type"].as_array().into_iter().flatten().chain(Some(&schema["type"]));
    given.filter_map(Value::as_str).any(|given| types.contains(&given))
}

/// The schema and all that it refers to or is put together of.
fn collect<'a>(schema: &'a Value, into: &mut Vec<&'a Value>, depth: usize) {
    if depth > MAX_DEPTH {
        return;
    }
    if let Some(pointer) = schema["$ref"].as_str() {
        if let Some(target) = SCHEMAS.pointer(pointer.trim_start_matches('#')) {
            collect(target, into, depth + 1);
        }
        return;
    }
    into.push(schema);
    for key in ["allOf", "oneOf", "anyOf"] {
        schema[key].as_array().into_iter().flatten().for_each(|branch| collect(branch, into, depth + 1));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_generated_schema_compiles() {
        let components = SCHEMAS["components"]["schemas"].as_object().unwrap().keys();
        let values = SCHEMAS["values"].as_array().unwrap().len();
        let pointers = components
            .map(|name| format!("#/components/schemas/{name}"))
            .chain((0..values).map(|i| format!("#/values/{i}")));
        for pointer in pointers {
            validator(pointer.clone().leak()).unwrap_or_else(|error| panic!("{pointer}: {error}"));
        }
    }

    #[test]
    fn violations_name_the_rule_and_not_the_value() {
        let found = violations("#/components/schemas/Activation", "", &json!({"challenge": "canary", "password": 7}));
        let text = found.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ");
        assert_eq!(found.len(), 2, "{text}");
        assert!(text.contains("/challenge: ") && text.contains("/password: ") && !text.contains("canary"), "{text}");
    }

    #[test]
    fn what_is_secret_or_unknown_is_not_shown() {
        let body =
            json!({"email": "sam@acme.example", "pasword": "canary-1", "password": {"x": "canary-2"}, "of-age": true});
        let shown = redacted("#/components/schemas/NewSession", &body);
        assert_eq!(
            shown,
            json!({"email": "sam@acme.example", "pasword": REDACTED, "password": REDACTED, "of-age": REDACTED})
        );
        let shown = redacted("#/components/schemas/NewSession", &json!(["canary"]));
        assert_eq!(shown, json!([REDACTED]));
        let shown = redacted("#/components/schemas/NewSession", &json!({"email": {"a": "canary"}}));
        assert_eq!(shown, json!({"email": {"a": REDACTED}}));
        assert_eq!(redacted("#/components/schemas/NewSession", &json!("canary")), json!(REDACTED));
    }
}
