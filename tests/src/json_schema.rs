//! Component schemas as JSON Schema validators, converted from the document here.
//!
//! Deliberately a second conversion beside the generator's: a mistake in one shows as a different verdict. It stays close
//! to the source: OpenAPI 3.0 schemas are draft 4 with `nullable`, so that draft 4 judges them, where `1.0` is no integer
//! and exclusive limits are booleans. What draft 4 does not know is added: the ranges of `int32` and `int64`, and `uuid`.

use std::collections::BTreeMap;
use std::sync::{LazyLock, Mutex, PoisonError};

use jsonschema::{Draft, ValidationError, Validator};
use serde_json::{Map, Value, json};

use crate::document;

/// A validator of the component called `name`.
#[must_use]
pub fn component(name: &str) -> &'static Validator {
    of(&json!({ "$ref": format!("#/components/schemas/{name}") }))
}

/// A validator of any schema of the document; references lead into the document. Each schema is compiled once, whoever asks.
#[must_use]
pub fn of(schema: &Value) -> &'static Validator {
    static COMPILED: LazyLock<Mutex<BTreeMap<String, &'static Validator>>> = LazyLock::new(Mutex::default);
    let mut compiled = COMPILED.lock().unwrap_or_else(PoisonError::into_inner);
    compiled.entry(schema.to_string()).or_insert_with(|| Box::leak(Box::new(compile(schema))))
}

fn compile(schema: &Value) -> Validator {
    static SCHEMAS: LazyLock<Value> = LazyLock::new(|| {
        let schemas =
            document::document()["components"]["schemas"].as_object().expect("components.schemas is an object");
        json!({ "schemas": schemas.iter().map(|(name, schema)| (name.clone(), convert(schema))).collect::<Map<_, _>>() })
    });
    // Draft 4 ignores whatever stands beside `$ref`, hence `allOf`.
    let whole = json!({ "allOf": [convert(schema)], "components": *SCHEMAS });
    jsonschema::options()
        .with_draft(Draft::Draft4)
        .should_validate_formats(true)
        .with_format("uuid", |text: &str| uuid::Uuid::try_parse(text).is_ok() && text.len() == 36)
        .build(&whole)
        .unwrap_or_else(|error| panic!("a schema of the document does not compile: {error}"))
}

/// All that is wrong with `value`.
#[must_use]
pub fn faults(validator: &Validator, value: &Value) -> Vec<Fault> {
    validator.iter_errors(value).map(|error| Fault::of(&error)).collect()
}

/// One keyword that a value breaks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// For example `maxLength`; a format with its name: `format email`.
    pub keyword: String,
    /// Where in the value.
    pub pointer: String,
    /// The value there.
    pub value: Value,
}

impl Fault {
    fn of(error: &ValidationError<'_>) -> Self {
        let keyword = match error.kind() {
            jsonschema::error::ValidationErrorKind::Format { format } => format!("format {format}"),
            kind => kind.keyword().to_owned(),
        };
        Self { keyword, pointer: error.instance_path().to_string(), value: error.instance().clone().into_owned() }
    }
}

fn convert(schema: &Value) -> Value {
    let Some(object) = schema.as_object() else { return schema.clone() };
    let mut converted = Map::new();
    for (key, value) in object {
        match (key.as_str(), value) {
            (
                "nullable" | "description" | "title" | "example" | "default" | "readOnly" | "writeOnly" | "deprecated",
                _,
            ) => {}
            (key, _) if key.starts_with("x-") => {}
            ("properties", Value::Object(properties)) => {
                let properties: Map<String, Value> =
                    properties.iter().map(|(name, schema)| (name.clone(), convert(schema))).collect();
                converted.insert(key.clone(), properties.into());
            }
            ("items" | "not" | "additionalProperties", _) => drop(converted.insert(key.clone(), convert(value))),
            ("allOf" | "oneOf" | "anyOf", Value::Array(branches)) => {
                converted.insert(key.clone(), branches.iter().map(convert).collect());
            }
            _ => drop(converted.insert(key.clone(), value.clone())),
        }
    }
    if let Some((least, most)) = range(schema) {
        converted.entry("minimum").or_insert(least.into());
        converted.entry("maximum").or_insert(most.into());
    }
    if schema["nullable"] == true {
        allow_null(&mut converted);
    }
    converted.into()
}

/// `nullable` counts only beside `type` (OpenAPI 3.0.3), and an `enum` has to list null as well.
fn allow_null(schema: &mut Map<String, Value>) {
    let kind = schema.get("type").cloned().expect("a nullable schema has a type");
    schema.insert("type".to_owned(), json!([kind, "null"]));
    if let Some(values) = schema.get_mut("enum").and_then(Value::as_array_mut) {
        values.push(Value::Null);
    }
}

/// The range that an integer format stands for.
fn range(schema: &Value) -> Option<(i64, i64)> {
    match schema["format"].as_str()? {
        "int32" => Some((i32::MIN.into(), i32::MAX.into())),
        "int64" => Some((i64::MIN, i64::MAX)),
        _ => None,
    }
}
