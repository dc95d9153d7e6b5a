//! Compares the projection with the document that dropshot emitted, and explains each difference by operation and line.

use serde_json::Value;

use crate::load::{Document, escape};
use crate::model::Model;

/// One place where the emitted document is not what the canonical one says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Drift {
    /// JSON pointer into both documents.
    pub pointer: String,
    /// What differs, in words.
    pub difference: String,
    /// The operation concerned, if it is one.
    pub operation: Option<String>,
    /// `file:line` of the nearest node in the canonical document.
    pub provenance: String,
}

impl std::fmt::Display for Drift {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let operation = self.operation.as_ref().map(|id| format!(" in operation `{id}`")).unwrap_or_default();
        write!(f, "{}: {}{operation}\n  at {}", self.provenance, self.difference, self.pointer)
    }
}

/// All differences; the order of object members does not count.
#[must_use]
pub fn compare(document: &Document, model: &Model, projected: &Value, emitted: &Value) -> Vec<Drift> {
    let mut found = Vec::new();
    walk(String::new(), projected, emitted, &mut |pointer, difference| {
        let operation = model.operations.iter().find(|operation| pointer.starts_with(&operation.pointer));
        found.push(Drift {
            operation: operation.map(|operation| operation.id.clone()),
            provenance: document.provenance(&pointer),
            pointer,
            difference,
        });
    });
    found
}

/// How many places differ, without saying where in which document.
#[must_use]
pub fn differences(left: &Value, right: &Value) -> usize {
    let mut count = 0;
    walk(String::new(), left, right, &mut |_, _| count += 1);
    count
}

fn walk(pointer: String, projected: &Value, emitted: &Value, report: &mut dyn FnMut(String, String)) {
    match (projected, emitted) {
        (Value::Object(left), Value::Object(right)) => {
            for (key, value) in left {
                let child = format!("{pointer}/{}", escape(key));
                match right.get(key) {
                    Some(other) => walk(child, value, other, report),
                    None => report(child, format!("the generated trait lost `{key}`: {}", short(value))),
                }
            }
            for (key, value) in right.iter().filter(|(key, _)| !left.contains_key(*key)) {
                report(
                    format!("{pointer}/{}", escape(key)),
                    format!("the generated trait adds `{key}`: {}", short(value)),
                );
            }
        }
        (Value::Array(left), Value::Array(right)) if left.len() == right.len() => {
            for (index, (value, other)) in left.iter().zip(right).enumerate() {
                walk(format!("{pointer}/{index}"), value, other, report);
            }
        }
        (left, right) if left == right || is_same_number(left, right) => {}
        (left, right) => {
            report(pointer, format!("the document says {}, the generated trait {}", short(left), short(right)))
        }
    }
}

/// JSON knows no difference between `1` and `1.0`.
fn is_same_number(left: &Value, right: &Value) -> bool {
    match (left, right) {
        (Value::Number(left), Value::Number(right)) => left.as_f64() == right.as_f64(),
        _ => false,
    }
}

fn short(value: &Value) -> String {
    let text = value.to_string();
    if text.chars().count() <= 80 { text } else { text.chars().take(77).collect::<String>() + "..." }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn differences_name_the_place_and_both_sides() {
        let mut found = Vec::new();
        let left = json!({"a": {"b": 1, "c": [1, 2]}, "d": 1});
        let right = json!({"a": {"b": 2, "c": [1, 2]}, "e": 1});
        walk(String::new(), &left, &right, &mut |pointer, difference| found.push((pointer, difference)));
        let pointers: Vec<_> = found.iter().map(|(pointer, _)| pointer.as_str()).collect();
        assert_eq!(pointers, ["/a/b", "/d", "/e"]);
        assert!(found[0].1.contains("says 1") && found[0].1.contains("trait 2"), "{found:?}");
    }

    #[test]
    fn a_report_begins_with_the_line_of_what_drifted() {
        let text = include_str!("sdk/fixture.yaml");
        let (document, model) = crate::sdk::tests::fixture(text).unwrap();
        let mut emitted = document.value.clone();
        emitted["paths"]["/health"]["get"]["summary"] = json!("Is it gone");
        emitted["components"]["schemas"].as_object_mut().unwrap().remove("Owner");
        let found = compare(&document, &model, &document.value, &emitted);
        let line = |key: &str| text.lines().zip(1..).find(|(line, _)| line.trim() == key).unwrap().1;
        let reports: Vec<_> = found.iter().map(|drift| drift.to_string()).collect();
        let summary = format!("fixture.yaml:{}: ", line("summary: Is it there"));
        assert!(reports[0].starts_with(&summary) && reports[0].contains("in operation `health`"), "{reports:?}");
        assert!(reports[1].starts_with(&format!("fixture.yaml:{}: ", line("Owner:"))), "{reports:?}");
    }
}
