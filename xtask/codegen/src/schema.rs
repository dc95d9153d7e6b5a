//! Walks over OpenAPI schemas: knows which keywords hold schemas and which hold data.
//!
//! A property may be called `example` or `$ref`; only a walk that knows where it stands can tell it from the keyword.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

/// Prefix of a reference to a component schema.
pub const COMPONENT: &str = "#/components/schemas/";

/// Applies `map` to every schema directly inside `schema`; everything else is kept as it is.
#[must_use]
pub fn map_children(schema: &Map<String, Value>, map: &dyn Fn(&Value) -> Value) -> Map<String, Value> {
    schema
        .iter()
        .map(|(key, value)| {
            let mapped = match (key.as_str(), value) {
                ("properties", Value::Object(properties)) => {
                    Value::Object(properties.iter().map(|(name, schema)| (name.clone(), map(schema))).collect())
                }
                ("oneOf" | "anyOf" | "allOf", Value::Array(branches)) => {
                    Value::Array(branches.iter().map(map).collect())
                }
                ("items" | "additionalProperties" | "not", Value::Object(_)) => map(value),
                _ => value.clone(),
            };
            (key.clone(), mapped)
        })
        .collect()
}

/// Component names that `schema` refers to, itself or below.
#[must_use]
pub fn references(schema: &Value) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    collect(schema, &mut found);
    found
}

fn collect(schema: &Value, found: &mut BTreeSet<String>) {
    let Some(object) = schema.as_object() else { return };
    if let Some(name) =
        object.get("$ref").and_then(Value::as_str).and_then(|reference| reference.strip_prefix(COMPONENT))
    {
        found.insert(name.to_owned());
    }
    for (key, value) in object {
        match (key.as_str(), value) {
            ("properties", Value::Object(properties)) => properties.values().for_each(|schema| collect(schema, found)),
            ("oneOf" | "anyOf" | "allOf", Value::Array(branches)) => {
                branches.iter().for_each(|schema| collect(schema, found))
            }
            ("items" | "additionalProperties" | "not", _) => collect(value, found),
            _ => {}
        }
    }
}

/// Annotations: they describe and decide nothing.
#[must_use]
pub fn is_annotation(keyword: &str) -> bool {
    keyword.starts_with("x-")
        || matches!(
            keyword,
            "example"
                | "readOnly"
                | "writeOnly"
                | "externalDocs"
                | "xml"
                | "discriminator"
                | "deprecated"
                | "description"
                | "title"
                | "default"
        )
}

/// Whether the combinators of `schema` only add rules to its own `properties` and no member of their own.
#[must_use]
pub fn has_rules_beside_properties(schema: &Map<String, Value>) -> bool {
    schema.contains_key("properties")
        && ["oneOf", "anyOf", "allOf", "not"].iter().any(|keyword| schema.contains_key(*keyword))
}

/// OpenAPI's `nullable: true` as JSON Schema says it; `schema` no longer has the keyword.
#[must_use]
pub fn nullable(mut schema: Map<String, Value>) -> Value {
    let Some(Value::String(kind)) = schema.get("type").cloned() else {
        return json!({ "oneOf": [{ "type": "null" }, schema] });
    };
    schema.insert("type".to_owned(), json!([kind, "null"]));
    if let Some(Value::Array(values)) = schema.get_mut("enum")
        && !values.contains(&Value::Null)
    {
        values.push(Value::Null);
    }
    Value::Object(schema)
}

/// Draft 6 and later write exclusive limits as numbers, OpenAPI 3.0 as booleans beside the limit.
pub fn numeric_exclusive_limits(schema: &mut Map<String, Value>) {
    for (limit, exclusive) in [("minimum", "exclusiveMinimum"), ("maximum", "exclusiveMaximum")] {
        match schema.get(exclusive) {
            Some(Value::Bool(true)) => {
                if let Some(value) = schema.remove(limit) {
                    schema.insert(exclusive.to_owned(), value);
                }
            }
            Some(Value::Bool(false)) => {
                schema.remove(exclusive);
            }
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_property_named_like_a_keyword_is_a_property() {
        let schema = json!({"properties": {"$ref": {"$ref": "#/components/schemas/A"}, "example": {"$ref": "#/components/schemas/B"}}});
        assert_eq!(references(&schema).into_iter().collect::<Vec<_>>(), ["A", "B"]);
    }

    #[test]
    fn nullable_becomes_a_second_type() {
        let schema = json!({"type": "string", "enum": ["a"]});
        assert_eq!(
            nullable(schema.as_object().unwrap().clone()),
            json!({"type": ["string", "null"], "enum": ["a", null]})
        );
    }

    #[test]
    fn exclusive_limits_become_numbers() {
        let mut schema = json!({"minimum": 1, "exclusiveMinimum": true, "maximum": 3, "exclusiveMaximum": false})
            .as_object()
            .unwrap()
            .clone();
        numeric_exclusive_limits(&mut schema);
        assert_eq!(Value::Object(schema), json!({"exclusiveMinimum": 1, "maximum": 3}));
    }
}
