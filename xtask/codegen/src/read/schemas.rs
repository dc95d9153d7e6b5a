//! Component schemas, and every rule that a schema must keep: unknown keywords and impossible values are refused here,
//! because the libraries behind the generator panic on them or drop them.

use serde_json::Value;

use super::{Node, Reader, known};
use crate::model::Schema;
use crate::{names, schema};

const TYPES: [&str; 6] = ["string", "integer", "number", "boolean", "array", "object"];
/// Limits that are counts; dropshot keeps them in 32 bits.
const COUNTS: [&str; 6] = ["maxLength", "minLength", "maxItems", "minItems", "maxProperties", "minProperties"];
const NUMBERS: [&str; 3] = ["maximum", "minimum", "multipleOf"];
const FLAGS: [&str; 5] = ["uniqueItems", "nullable", "readOnly", "writeOnly", "deprecated"];

impl<'a> Reader<'a> {
    pub(super) fn schemas(&mut self) -> Vec<Schema> {
        let mut schemas = Vec::new();
        for (name, node) in self.components("schemas") {
            self.check_schema(&node);
            if !name.chars().all(|c| c.is_ascii_alphanumeric() || "._-".contains(c)) {
                let message = format!("`{name}` is not a name that OpenAPI allows");
                self.refuse(&node.pointer, "component-name", message, "use letters, digits, `.`, `-` and `_`");
            }
            if let Some(other) = self.taken.insert(names::pascal(name), name.to_owned()) {
                let message = format!("schemas `{name}` and `{other}` have one name in Rust");
                self.refuse(&node.pointer, "name-collision", message, "rename one of them");
            }
            // A component that is only another name must lead somewhere.
            self.resolve(node.clone());
            schemas.push(Schema {
                name: name.to_owned(),
                value: node.value.clone(),
                pointer: node.pointer,
                inline: false,
            });
        }
        schemas
    }

    /// Everything that is wrong with a schema, itself and below.
    pub(super) fn check_schema(&mut self, node: &Node<'a>) {
        if !node.value.is_object() {
            let message = "a schema of OpenAPI 3.0 is an object".to_owned();
            self.refuse(&node.pointer, "schema-form", message, "write a schema; `{}` allows anything");
            return;
        }
        if node.value.get("$ref").is_some() {
            self.check_reference(node);
            return;
        }
        self.check_members(node, known::SCHEMA, "a schema");
        self.check_type(node);
        self.check_limits(node);
        self.check_enum(node);
        for key in ["properties"] {
            for (_, child) in node.children(key) {
                self.check_schema(&child);
            }
        }
        for key in ["oneOf", "anyOf", "allOf"] {
            for child in node.items(key) {
                self.check_schema(&child);
            }
        }
        for key in ["items", "not"] {
            if let Some(child) = node.child(key) {
                self.check_schema(&child);
            }
        }
        if let Some(child) = node.child("additionalProperties").filter(|child| !child.value.is_boolean()) {
            self.check_schema(&child);
        }
    }

    fn check_reference(&mut self, node: &Node<'a>) {
        if self.resolve(node.clone()).is_some() && schema::reference(node.value).is_none() {
            let message = "a schema may refer to schemas under `components.schemas` only".to_owned();
            self.refuse(&node.pointer, "ref-target", message, "move the schema there and refer to it");
        }
    }

    fn check_type(&mut self, node: &Node<'a>) {
        let Some(kind) = node.value.get("type") else { return };
        if !kind.as_str().is_some_and(|kind| TYPES.contains(&kind)) {
            self.refuse(
                &format!("{}/type", node.pointer),
                "schema-type",
                format!("`type: {kind}` is not of OpenAPI 3.0"),
                "name one of string, integer, number, boolean, array, object; null is `nullable: true`",
            );
        }
        if kind == "array" && node.value.get("items").is_none() {
            let message = "an array without `items`".to_owned();
            self.refuse(&node.pointer, "schema-items", message, "add `items:`; `{}` allows anything");
        }
    }

    fn check_limits(&mut self, node: &Node<'a>) {
        let wrong = |keys: &[&'static str], fits: &dyn Fn(&Value) -> bool| -> Vec<&'static str> {
            keys.iter().copied().filter(|key| node.value.get(*key).is_some_and(|value| !fits(value))).collect()
        };
        let counts =
            wrong(&COUNTS, &|value| value.as_u64().is_some_and(|count| u32::try_from(count).is_ok()));
        for key in counts {
            self.refuse_limit(node, key, "a whole number from 0 to 4294967295");
        }
        for key in wrong(&NUMBERS, &Value::is_number) {
            self.refuse_limit(node, key, "a number");
        }
        for key in wrong(&["exclusiveMaximum", "exclusiveMinimum"], &Value::is_boolean) {
            self.refuse_limit(node, key, "true or false beside the limit");
        }
        for key in wrong(&FLAGS, &Value::is_boolean) {
            self.refuse_limit(node, key, "true or false");
        }
        let pattern = node.value.get("pattern");
        if let Some(pattern) = pattern
            && !pattern.as_str().is_some_and(is_pattern)
        {
            self.refuse(
                &format!("{}/pattern", node.pointer),
                "schema-pattern",
                format!("`{}` is not a regular expression", pattern.as_str().unwrap_or_default()),
                "write an ECMA 262 regular expression without engine-specific syntax",
            );
        }
    }

    fn refuse_limit(&mut self, node: &Node<'a>, key: &str, wanted: &str) {
        let message = format!("`{key}` is not {wanted}");
        self.refuse(&format!("{}/{key}", node.pointer), "schema-limit", message, &format!("write {wanted}"));
    }

    /// dropshot panics on values of another type than the schema's.
    fn check_enum(&mut self, node: &Node<'a>) {
        let Some(values) = node.value.get("enum") else { return };
        let fits = |value: &Value| match node.value["type"].as_str() {
            _ if value.is_null() => true,
            Some("string") => value.is_string(),
            Some("integer") => value.is_i64(),
            Some("number") => value.is_number(),
            Some("boolean") => value.is_boolean(),
            _ => true,
        };
        if !values.as_array().is_some_and(|values| !values.is_empty() && values.iter().all(fits)) {
            self.refuse(
                &format!("{}/enum", node.pointer),
                "schema-enum",
                "`enum` is not a list of values of the schema's type".to_owned(),
                "list at least one value, all of the schema's `type`; quote numbers that are strings",
            );
        }
    }
}

/// Both engines that meet the pattern at run time must take it.
fn is_pattern(pattern: &str) -> bool {
    regress::Regex::new(pattern).is_ok() && fancy_regex::Regex::new(pattern).is_ok()
}
