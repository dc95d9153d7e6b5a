//! A schema as dropshot can say it.
//!
//! dropshot reads schemas through schemars 0.8, which keeps the keywords of draft 7 and `x-` extensions, and writes them
//! through `openapiv3`, which keeps those that belong to the schema's `type`. What is beyond both is reported, keyword by
//! keyword; the server's validator still works on the schema as it is written.

use serde_json::{Map, Value, json};

use crate::load::escape;
use crate::schema;

/// Kept for every schema that is not a reference.
const DATA: [&str; 9] =
    ["title", "description", "default", "deprecated", "readOnly", "writeOnly", "nullable", "example", "type"];
const STRING: &[&str] = &["format", "pattern", "enum", "minLength", "maxLength"];
const NUMBER: &[&str] = &["format", "multipleOf", "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "enum"];
const BOOLEAN: &[&str] = &["enum"];
const ARRAY: &[&str] = &["items", "minItems", "maxItems", "uniqueItems"];
const OBJECT: &[&str] = &["properties", "required", "additionalProperties", "minProperties", "maxProperties"];
const COMBINATORS: [&str; 4] = ["allOf", "anyOf", "oneOf", "not"];

/// Expresses `value`; `lose` gets the JSON pointer, below the schema, of everything that is left out or added.
#[must_use]
pub(crate) fn express(value: &Value, lose: &mut dyn FnMut(String)) -> Value {
    at(value, "", lose)
}

fn at(value: &Value, pointer: &str, lose: &mut dyn FnMut(String)) -> Value {
    let Some(schema) = value.as_object() else { return value.clone() };
    if let Some(target) = schema.get("$ref") {
        // OpenAPI: what stands beside a reference is ignored.
        return json!({ "$ref": target });
    }
    let combinators: Vec<&str> = COMBINATORS.into_iter().filter(|key| schema.contains_key(*key)).collect();
    let kind = schema.get("type").and_then(Value::as_str).or_else(|| schema::inferred(schema));
    if kind.is_some() && !schema.contains_key("type") {
        lose(format!("{pointer}/type"));
    }
    let allowed = allowed(kind, &combinators);
    let mut out = Map::new();
    for (key, child) in schema {
        if is_silent(key, child) {
            continue;
        }
        let place = format!("{pointer}/{}", escape(key));
        let is_kept = DATA.contains(&key.as_str()) || key.starts_with("x-") || allowed.contains(&key.as_str());
        if is_kept {
            out.insert(key.clone(), child_at(key, child, &place, lose));
        } else {
            lose(place);
        }
    }
    if let Some(kind) = kind {
        out.insert("type".to_owned(), json!(kind));
    }
    limits(&mut out, kind);
    if kind.is_none() && combinators.len() > 1 {
        // Several combinators without a type: dropshot takes one, so they become branches of one.
        let branches: Vec<Value> =
            combinators.iter().filter_map(|key| Some(json!({ *key: out.shift_remove(*key)? }))).collect();
        out.insert("allOf".to_owned(), Value::Array(branches));
    }
    Value::Object(out)
}

fn allowed(kind: Option<&str>, combinators: &[&str]) -> Vec<&'static str> {
    let of_kind = match kind {
        Some("string") => STRING,
        Some("integer" | "number") => NUMBER,
        Some("boolean") => BOOLEAN,
        Some("array") => ARRAY,
        Some("object") => OBJECT,
        _ => &[],
    };
    let everything = [STRING, NUMBER, ARRAY, OBJECT].concat();
    match (kind, combinators.is_empty()) {
        (_, true) => of_kind.to_vec(),
        (Some(_), false) => [everything, COMBINATORS.to_vec()].concat(),
        (None, false) => COMBINATORS.to_vec(),
    }
}

/// Keywords that say what is so without them.
fn is_silent(key: &str, value: &Value) -> bool {
    match key {
        "deprecated" | "readOnly" | "writeOnly" | "nullable" | "uniqueItems" | "exclusiveMinimum"
        | "exclusiveMaximum" => value == &Value::Bool(false),
        "required" => value.as_array().is_some_and(Vec::is_empty),
        "properties" => value.as_object().is_some_and(Map::is_empty),
        _ => false,
    }
}

fn child_at(key: &str, value: &Value, place: &str, lose: &mut dyn FnMut(String)) -> Value {
    match (key, value) {
        ("properties", Value::Object(properties)) => {
            let mut out = Map::new();
            for (name, schema) in properties {
                out.insert(name.clone(), at(schema, &format!("{place}/{}", escape(name)), lose));
            }
            Value::Object(out)
        }
        ("oneOf" | "anyOf" | "allOf", Value::Array(branches)) => Value::Array(
            branches.iter().enumerate().map(|(index, schema)| at(schema, &format!("{place}/{index}"), lose)).collect(),
        ),
        ("items" | "additionalProperties" | "not", Value::Object(_)) => at(value, place, lose),
        ("required", Value::Array(names)) => {
            let mut names: Vec<String> = names.iter().filter_map(Value::as_str).map(str::to_owned).collect();
            names.sort();
            names.dedup();
            json!(names)
        }
        _ => value.clone(),
    }
}

/// dropshot holds limits as floating-point numbers, and those of integers in 64 bits with a sign.
fn limits(schema: &mut Map<String, Value>, kind: Option<&str>) {
    for key in ["minimum", "maximum", "multipleOf"] {
        let Some(number) = schema.get(key).and_then(Value::as_f64) else { continue };
        #[expect(clippy::cast_possible_truncation, reason = "as dropshot does it: saturating")]
        let value = if kind == Some("integer") { json!(number as i64) } else { json!(number) };
        schema.insert(key.to_owned(), value);
    }
}

/// Stands for a default of null, which schemars does not tell from none when it reads one; the server's `literal` puts it
/// right.
const NULL_DEFAULT: &str = "\u{0}null";

/// The same with the exclusive limits of draft 7, which schemars speaks: numbers instead of flags.
#[must_use]
pub(crate) fn for_schemars(expressed: &Value) -> Value {
    let Some(object) = expressed.as_object() else { return expressed.clone() };
    let mut out = schema::map_children(object, &for_schemars);
    schema::numeric_exclusive_limits(&mut out);
    if out.get("default").is_some_and(Value::is_null) {
        out.insert("default".to_owned(), json!(NULL_DEFAULT));
    }
    Value::Object(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn expressed(schema: &Value) -> (Value, Vec<String>) {
        let mut lost = Vec::new();
        let out = express(schema, &mut |pointer| lost.push(pointer));
        (out, lost)
    }

    #[test]
    fn keywords_of_another_type_are_lost_and_named() {
        let schema = json!({"type": "string", "minimum": 1, "xml": {}, "maxLength": 3, "nullable": false});
        assert_eq!(
            expressed(&schema),
            (json!({"type": "string", "maxLength": 3}), vec!["/minimum".into(), "/xml".into()])
        );
    }

    #[test]
    fn a_type_is_added_where_keywords_speak_of_one() {
        let schema = json!({"properties": {"a": {"enum": ["x"]}}, "required": ["b", "a"]});
        let (out, lost) = expressed(&schema);
        assert_eq!(
            out,
            json!({"type": "object", "properties": {"a": {"type": "string", "enum": ["x"]}}, "required": ["a", "b"]})
        );
        assert_eq!(lost, ["/type", "/properties/a/type"]);
    }

    #[test]
    fn several_combinators_become_branches_of_one() {
        let schema = json!({"oneOf": [{"type": "string"}], "not": {"type": "integer"}, "nullable": true});
        let branches = json!([{"oneOf": [{"type": "string"}]}, {"not": {"type": "integer"}}]);
        assert_eq!(expressed(&schema).0, json!({"nullable": true, "allOf": branches}));
    }

    #[test]
    fn exclusive_limits_become_numbers_for_schemars() {
        let schema = json!({"type": "integer", "minimum": 1, "exclusiveMinimum": true});
        assert_eq!(for_schemars(&expressed(&schema).0), json!({"type": "integer", "exclusiveMinimum": 1}));
    }
}
