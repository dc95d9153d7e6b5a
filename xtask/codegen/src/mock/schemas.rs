//! Schemas as JSON Schema, draft 4: what OpenAPI 3.0 stands closest to. Limits of integer formats are written out, `null`
//! is a type, and every secret bears the one mark `x-sensitive`.

use serde_json::{Map, Value, json};

use crate::model::Model;
use crate::schema;
use crate::sdk::is_secret;

/// Components by name, and the schemas of parameters and headers by number.
pub(super) struct Schemas {
    components: Map<String, Value>,
    values: Vec<Value>,
}

impl Schemas {
    pub(super) fn of(model: &Model) -> Self {
        let components = model.schemas.iter().map(|schema| (schema.name.clone(), convert(&schema.value))).collect();
        Self { components, values: Vec::new() }
    }

    /// Where the schema of a parameter or header stands.
    pub(super) fn value(&mut self, schema: &Value) -> String {
        let converted = convert(schema);
        let index = self.values.iter().position(|known| *known == converted).unwrap_or_else(|| {
            self.values.push(converted);
            self.values.len() - 1
        });
        format!("#/values/{index}")
    }

    pub(super) fn into_value(self) -> Value {
        json!({ "components": { "schemas": self.components }, "values": self.values })
    }
}

fn convert(value: &Value) -> Value {
    let Some(object) = value.as_object() else { return value.clone() };
    if let Some(target) = object.get("$ref") {
        return json!({ "$ref": target });
    }
    let mut out = schema::map_children(object, &convert);
    out.retain(|keyword, _| !schema::is_annotation(keyword) && keyword != "nullable");
    for (limit, bound) in limits(object) {
        out.entry(limit).or_insert(bound.into());
    }
    let is_nullable = object.get("nullable").and_then(Value::as_bool) == Some(true);
    let mut out = if is_nullable { schema::nullable(out) } else { Value::Object(out) };
    if is_secret(object) {
        out["x-sensitive"] = true.into();
    }
    out
}

fn limits(schema: &Map<String, Value>) -> Vec<(&'static str, i64)> {
    match schema.get("format").and_then(Value::as_str) {
        Some("int32") => vec![("minimum", i32::MIN.into()), ("maximum", i32::MAX.into())],
        Some("int64") => vec![("minimum", i64::MIN), ("maximum", i64::MAX)],
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn null_is_a_type_and_integers_have_their_range() {
        let schema = json!({"type": "integer", "format": "int32", "nullable": true, "maximum": 7, "description": "x"});
        assert_eq!(
            convert(&schema),
            json!({"type": ["integer", "null"], "format": "int32", "maximum": 7, "minimum": i32::MIN})
        );
    }

    #[test]
    fn all_marks_of_secrets_become_one() {
        for mark in [json!({"writeOnly": true}), json!({"format": "password"}), json!({"x-sensitive": true})] {
            assert_eq!(convert(&mark)["x-sensitive"], true, "{mark}");
        }
        assert_eq!(convert(&json!({"type": "string"})), json!({"type": "string"}));
    }
}
