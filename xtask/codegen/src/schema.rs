//! Walks over OpenAPI schemas: knows which keywords hold schemas and which hold data.
//!
//! A property may be called `example` or `$ref`; only a walk that knows where it stands can tell it from the keyword.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

/// Prefix of a reference to a component schema.
pub const COMPONENT: &str = "#/components/schemas/";

/// Component name that a schema refers to, if it is nothing but a reference.
#[must_use]
pub fn reference(schema: &Value) -> Option<&str> {
    schema.get("$ref")?.as_str()?.strip_prefix(COMPONENT)
}

/// Whether a PascalCase name is one of the primitive names that dropshot puts into titles.
#[must_use]
pub fn is_primitive_name(name: &str) -> bool {
    matches!(name.to_lowercase().as_str(), "boolean" | "double" | "float" | "integer" | "number" | "uuid")
        || (name.to_lowercase().trim_start_matches('u').strip_prefix("int"))
            .is_some_and(|width| width.chars().all(|c| c.is_ascii_digit()))
}

/// The `type` that values of a schema have: its own, or the one that all its branches share; `lookup` finds what a
/// pointer leads to.
#[must_use]
pub fn kind<'a>(schema: &'a Value, lookup: &dyn Fn(&str) -> Option<&'a Value>) -> Option<&'a str> {
    kind_within(schema, lookup, 0)
}

fn kind_within<'a>(schema: &'a Value, lookup: &dyn Fn(&str) -> Option<&'a Value>, depth: usize) -> Option<&'a str> {
    // References may go in circles.
    if depth > 32 {
        return None;
    }
    if let Some(target) = schema.get("$ref").and_then(Value::as_str) {
        return kind_within(lookup(target.strip_prefix('#')?)?, lookup, depth + 1);
    }
    if let Some(kind) = schema.get("type").and_then(Value::as_str) {
        return Some(kind);
    }
    for key in ["allOf", "oneOf", "anyOf"] {
        let Some(branches) = schema.get(key).and_then(Value::as_array) else { continue };
        let mut kinds = branches.iter().map(|branch| kind_within(branch, lookup, depth + 1));
        let first = kinds.next()??;
        return kinds.all(|kind| kind == Some(first)).then_some(first);
    }
    inferred(schema.as_object()?)
}

/// The keywords that combine schemas.
pub const COMBINATORS: [&str; 4] = ["allOf", "anyOf", "not", "oneOf"];

/// The keywords that speak of one type.
const BY_KEYWORD: [(&str, &[&str]); 4] = [
    ("object", &["properties", "additionalProperties", "required", "minProperties", "maxProperties"]),
    ("array", &["items", "minItems", "maxItems", "uniqueItems"]),
    ("string", &["pattern", "minLength", "maxLength"]),
    ("number", &["minimum", "maximum", "multipleOf", "exclusiveMinimum", "exclusiveMaximum"]),
];

/// The `type` that the keywords of a schema without one speak of.
#[must_use]
pub fn inferred(schema: &Map<String, Value>) -> Option<&'static str> {
    let by_keyword = BY_KEYWORD.iter().find(|(_, keys)| keys.iter().any(|key| schema.contains_key(*key)));
    if let Some((kind, _)) = by_keyword {
        return Some(kind);
    }
    if let Some(format) = schema.get("format").and_then(Value::as_str).filter(|_| !schema.contains_key("enum")) {
        return Some(match format {
            "int32" | "int64" => "integer",
            "float" | "double" => "number",
            _ => "string",
        });
    }
    let values: Vec<&Value> = schema.get("enum")?.as_array()?.iter().filter(|value| !value.is_null()).collect();
    let all = |fits: fn(&Value) -> bool| !values.is_empty() && values.iter().all(|value| fits(value));
    match () {
        () if all(Value::is_string) => Some("string"),
        () if all(Value::is_i64) => Some("integer"),
        () if all(Value::is_number) => Some("number"),
        () if all(Value::is_boolean) => Some("boolean"),
        () => None,
    }
}

/// Whether dropshot takes a schema for a parameter of a path or query: one that is scalar throughout.
#[must_use]
pub fn is_scalar<'a>(schema: &Value, lookup: &dyn Fn(&str) -> Option<&'a Value>) -> bool {
    scalar_within(schema, lookup, 0)
}

fn scalar_within<'a>(schema: &Value, lookup: &dyn Fn(&str) -> Option<&'a Value>, depth: usize) -> bool {
    let Some(object) = schema.as_object().filter(|_| depth <= 32) else { return false };
    if let Some(target) = object.get("$ref").and_then(Value::as_str) {
        let target = target.strip_prefix('#').and_then(lookup);
        return target.is_some_and(|target| scalar_within(target, lookup, depth + 1));
    }
    let branches: Vec<(&str, &Vec<Value>)> =
        ["allOf", "anyOf", "oneOf"].into_iter().filter_map(|key| Some((key, object.get(key)?.as_array()?))).collect();
    let kind = object.get("type").and_then(Value::as_str);
    match (kind, branches.as_slice()) {
        (Some("string" | "integer" | "number" | "boolean"), []) => true,
        (None, [("oneOf", branches)]) => branches.iter().all(|branch| scalar_within(branch, lookup, depth + 1)),
        (None, [(_, branches)]) if branches.len() == 1 => scalar_within(&branches[0], lookup, depth + 1),
        _ => false,
    }
}

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

/// Takes from `out`, made of `schema`, the combinators that only add rules to the schema's own `properties`: they are for
/// the validator. Branches that bring members of their own stay.
pub fn drop_rules(schema: &Map<String, Value>, out: &mut Map<String, Value>) {
    let Some(known) = schema.get("properties").and_then(Value::as_object) else { return };
    let brings_members = |branch: &Value| {
        let Some(branch) = branch.as_object() else { return false };
        ["$ref", "oneOf", "anyOf", "allOf"].iter().any(|key| branch.contains_key(*key))
            || branch
                .get("properties")
                .and_then(Value::as_object)
                .is_some_and(|properties| properties.keys().any(|name| !known.contains_key(name)))
    };
    out.shift_remove("not");
    for key in ["oneOf", "anyOf", "allOf"] {
        if let Some(Value::Array(branches)) = out.get_mut(key) {
            branches.retain(brings_members);
            if branches.is_empty() {
                out.shift_remove(key);
            }
        }
    }
}

/// Whether a schema without a `type` combines, and it or a branch speaks of objects without saying so.
#[must_use]
pub fn combines_objects(schema: &Map<String, Value>) -> bool {
    let speaks_of_objects = |branch: &Value| {
        let branch = branch.as_object();
        branch.is_some_and(|branch| !branch.contains_key("type") && inferred(branch) == Some("object"))
    };
    let branches = COMBINATORS.iter().filter_map(|key| schema.get(*key)?.as_array()).flatten();
    !schema.contains_key("type")
        && COMBINATORS.iter().any(|key| schema.contains_key(*key))
        && (schema.contains_key("properties") || branches.into_iter().any(speaks_of_objects))
}

/// Takes the limits of other types from `out`, made of a `schema` that combines objects: they are for the validator.
pub fn drop_foreign_limits(schema: &Map<String, Value>, out: &mut Map<String, Value>) {
    let is_foreign = |key: &str| {
        key != "items" && BY_KEYWORD.iter().any(|(kind, keywords)| *kind != "object" && keywords.contains(&key))
    };
    if combines_objects(schema) {
        out.retain(|key, _| !is_foreign(key));
    }
}

/// Takes the combinators from a scalar whose type is known without them: they are for the validator.
pub fn drop_rules_of_scalars(out: &mut Map<String, Value>) {
    let is_scalar = out
        .get("type")
        .and_then(Value::as_str)
        .is_some_and(|kind| matches!(kind, "string" | "integer" | "number" | "boolean"));
    let combinators = ["oneOf", "anyOf", "allOf"].iter().filter(|key| out.contains_key(**key)).count();
    if is_scalar && (out.contains_key("enum") || out.contains_key("anyOf") || combinators > 1) {
        out.retain(|key, _| !COMBINATORS.contains(&key.as_str()));
    }
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
