//! Enumerations: values of one type, each once, each with a name of its own in Rust.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::context::Context;
use super::walk::{Node, form_of};
use super::{Report, Rule};
use crate::names;

pub(super) const RULES: &[Rule] = &[
    Rule::error("enum-empty", "an enumeration has values", empty),
    Rule::settled("enum-type", "the values of an enumeration have its type", value_type),
    Rule::settled("enum-duplicate", "an enumeration lists each value once", duplicate),
    Rule::error("enum-names", "the values of an enumeration have different names in Rust", variant_names),
];

fn enumerations<'a, 'b>(context: &'b Context<'a>) -> impl Iterator<Item = &'b Node<'a>> {
    context.schemas().iter().filter(|schema| schema.has("enum"))
}

fn empty(context: &Context<'_>, report: &mut Report<'_>) {
    for schema in enumerations(context) {
        if schema.get("enum").and_then(Value::as_array).is_some_and(Vec::is_empty) {
            report.key(&schema.at("enum"), "an enumeration without values", "list at least one value, or remove it");
        }
    }
}

fn value_type(context: &Context<'_>, report: &mut Report<'_>) {
    for schema in enumerations(context) {
        let values = schema.array("enum");
        let implied = values.iter().find(|value| !value.is_null()).map_or("string", kind);
        let wanted = schema.text("type").unwrap_or(implied);
        for (index, value) in values.iter().enumerate() {
            let fits = match wanted {
                _ if value.is_null() => schema.flag("nullable") == Some(true) || values.len() == 1,
                "string" => value.is_string(),
                "integer" => value.is_i64(),
                "number" => value.is_number(),
                "boolean" => value.is_boolean(),
                // An enumeration of arrays or objects has no type in Rust.
                _ => false,
            };
            if !fits {
                let fix = match (wanted, value) {
                    (_, Value::Null) => "remove it and write `nullable: true`, or put it in quotes".to_owned(),
                    ("string", _) => "put it in quotes".to_owned(),
                    ("array" | "object", _) => "describe the values with a schema".to_owned(),
                    _ => format!("write a value of type {wanted}, or correct `type`"),
                };
                let what = if value.as_u64().is_some() && wanted == "integer" {
                    "a number beyond int64"
                } else {
                    form_of(value)
                };
                let message = format!("{what} in an enumeration of type {wanted}");
                report.value(&format!("{}/enum/{index}", schema.pointer), message, &fix);
            }
        }
    }
}

fn kind(value: &Value) -> &'static str {
    match value {
        Value::Bool(_) => "boolean",
        Value::Number(number) if number.is_f64() => "number",
        Value::Number(_) => "integer",
        Value::String(_) | Value::Null => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}

fn duplicate(context: &Context<'_>, report: &mut Report<'_>) {
    for schema in enumerations(context) {
        let mut seen = BTreeSet::new();
        for (index, value) in schema.array("enum").iter().enumerate() {
            if !seen.insert(value.to_string()) {
                let pointer = format!("{}/enum/{index}", schema.pointer);
                report.value(&pointer, format!("the value {value} is listed twice"), "remove one of the two");
            }
        }
    }
}

/// typify names variants in PascalCase, at a second try with an `X` for each character that has no place in a name.
fn variant_names(context: &Context<'_>, report: &mut Report<'_>) {
    for schema in enumerations(context) {
        let strings = schema.array("enum").iter().enumerate();
        let strings: Vec<(usize, &str)> = strings.filter_map(|(index, value)| Some((index, value.as_str()?))).collect();
        let distinct: BTreeSet<&str> = strings.iter().map(|(_, value)| *value).collect();
        if distinct.len() < strings.len() {
            continue;
        }
        let plain = |value: &str| names::pascal(value);
        let marked = |value: &str| names::pascal(&value.replace(|c: char| c == '_' || !(c.is_alphanumeric()), "X"));
        let collisions = |name: &dyn Fn(&str) -> String| {
            let mut taken: BTreeMap<String, &str> = BTreeMap::new();
            strings
                .iter()
                .filter_map(|(index, value)| taken.insert(name(value), value).map(|other| (*index, *value, other)))
                .collect::<Vec<_>>()
        };
        let clashes = collisions(&plain);
        if clashes.is_empty() || collisions(&marked).is_empty() {
            continue;
        }
        for (index, value, other) in clashes {
            report.value(
                &format!("{}/enum/{index}", schema.pointer),
                format!("`{value}` and `{other}` have one name in Rust, `{}`", plain(value)),
                "remove or rename one of them, or drop the enumeration and list the values in the description",
            );
        }
    }
}
