//! Values that must not be shown: how the document marks them, and what typify is fed in their place, for both sides.

use serde_json::{Map, Value, json};

/// Whether a value must not be shown.
pub(crate) fn is_secret(object: &Map<String, Value>) -> bool {
    let marked = |key: &str| object.get(key).and_then(Value::as_bool) == Some(true);
    marked("x-sensitive") || marked("writeOnly") || object.get("format").and_then(Value::as_str) == Some("password")
}

pub(crate) fn is_text(object: &Map<String, Value>) -> bool {
    object.get("type").and_then(Value::as_str) == Some("string")
}

/// Whether a parameter or a header is a secret: marked itself, or by its schema.
pub(crate) fn is_secret_node(document: &Value, pointer: &str, schema: &Value) -> bool {
    let is_marked = |value: &Value| value.as_object().is_some_and(is_secret);
    document.pointer(pointer).is_some_and(is_marked) || is_marked(schema)
}

/// Every secret text has the one schema that each side maps to its redacting type. Its limits are the server's to judge.
pub(crate) fn lower_secret_text(object: &Map<String, Value>) -> Value {
    let mut lowered = sensitive();
    for key in ["description", "nullable"] {
        if let Some(value) = object.get(key) {
            lowered[key] = value.clone();
        }
    }
    lowered
}

/// The schema of a secret text in the lowered document.
pub(crate) fn sensitive() -> Value {
    json!({"type": "string", "format": "password"})
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lower(schema: Value) -> Value {
        let object = schema.as_object().unwrap();
        assert!(is_secret(object) && is_text(object), "{schema}");
        lower_secret_text(object)
    }

    #[test]
    fn secrets_have_one_schema() {
        let secret =
            json!({"type": "string", "x-sensitive": true, "minLength": 16, "nullable": true, "description": "Hush."});
        let lowered = json!({"type": "string", "format": "password", "description": "Hush.", "nullable": true});
        assert_eq!(lower(secret), lowered);
        assert_eq!(lower(json!({"type": "string", "format": "password", "maxLength": 9})), sensitive());
        assert_eq!(lower(json!({"type": "string", "writeOnly": true})), sensitive());
    }
}
