//! What has to be known of an answer to print it: the names of its secret members, whether they come only once, and the names of
//! its times.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use super::fields::resolve;
use crate::load::Document;
use crate::sdk::shape::Shape;
use crate::secret::is_secret;

/// Secrets of the successes of an operation.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Secrets {
    /// Members by name, whatever holds them; the empty name is the whole answer. A name that is a secret in one place is
    /// taken for one everywhere: hiding too much is the safe side.
    pub(super) names: BTreeSet<String>,
    /// The operation makes them, so that an answer that is not kept is a secret lost.
    pub(super) issues: bool,
    /// Members that are times, by name like the others.
    pub(super) times: BTreeSet<String>,
}

/// Finds them.
pub(super) fn of(document: &Document, shape: &Shape<'_>) -> Secrets {
    let mut walk = Walk { document, seen: BTreeSet::new(), found: Secrets::default() };
    for answer in &shape.successes {
        for content in &answer.response.contents {
            if let Some(schema) = document.value.pointer(&format!("{}/schema", content.pointer)) {
                walk.value("", schema, true);
            }
        }
    }
    walk.found.issues &= shape.operation.method == "POST";
    walk.found
}

/// Headers of the successes that may be shown.
pub(super) fn plain_headers(document: &Document, shape: &Shape<'_>) -> BTreeSet<String> {
    let headers = shape.successes.iter().flat_map(|answer| &answer.response.headers);
    let shown = headers.filter(|header| {
        let marked = document.value.pointer(&header.pointer).and_then(Value::as_object).is_some_and(is_secret);
        !marked && !header.schema.as_object().is_some_and(is_secret)
    });
    shown.map(|header| header.name.to_lowercase()).collect()
}

fn is_time(schema: &Value) -> bool {
    schema.get("type").and_then(Value::as_str) == Some("string")
        && schema.get("format").and_then(Value::as_str) == Some("date-time")
}

struct Walk<'a> {
    document: &'a Document,
    /// Schemas that were looked at, by where they lie in the document: one may hold itself, in whatever wrapping.
    seen: BTreeSet<*const Value>,
    found: Secrets,
}

impl Walk<'_> {
    /// Looks at the value of the member `name`, which is always there if `certain`.
    fn value(&mut self, name: &str, schema: &Value, certain: bool) {
        let target = resolve(self.document, schema);
        if [schema, target].iter().any(|value| value.as_object().is_some_and(is_secret)) {
            self.found.names.insert(name.to_owned());
            self.found.issues |= certain;
            return;
        }
        if is_time(target) {
            self.found.times.insert(name.to_owned());
            return;
        }
        if !self.seen.insert(std::ptr::from_ref(target)) {
            return;
        }
        let Some(object) = target.as_object() else { return };
        self.inside(name, object, certain);
    }

    fn inside(&mut self, name: &str, object: &Map<String, Value>, certain: bool) {
        let required: Vec<&str> =
            object.get("required").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str).collect();
        for (member, value) in object.get("properties").and_then(Value::as_object).into_iter().flatten() {
            self.value(member, value, certain && required.contains(&member.as_str()));
        }
        for key in ["items", "additionalProperties"] {
            if let Some(value) = object.get(key) {
                self.value(name, value, false);
            }
        }
        for key in ["allOf", "oneOf", "anyOf"] {
            for branch in object.get(key).and_then(Value::as_array).into_iter().flatten() {
                self.value(name, branch, certain && key == "allOf");
            }
        }
    }
}
