//! Which operations a place in the document belongs to, and whether they send or answer with it.
//!
//! Redocly names the first operation that uses a shared part. Whoever reads a verdict wants all of them.

use std::collections::BTreeSet;

use dropshot_codegen::Document;
use dropshot_codegen::load::escape;
use dropshot_codegen::model::METHODS;
use serde_json::Value;

use super::{Change, Pair, pointer};

/// Who is concerned by a change.
#[derive(Debug, Default)]
pub(super) struct Usage {
    /// Operations in the order of the document; empty if it is nobody's, or everybody's.
    pub(super) operations: Vec<String>,
    /// It is part of what some client sends.
    pub(super) sent: bool,
    /// It is part of what some server answers.
    pub(super) answered: bool,
}

/// Everything concerned by `change`, in the document that holds it.
pub(super) fn of(pair: &Pair<'_>, change: &Change) -> Usage {
    let (document, side) = match (&change.revision, &change.base) {
        (Some(side), _) => (pair.new, side),
        (None, Some(side)) => (pair.base, side),
        (None, None) => return Usage::default(),
    };
    let place = pointer(&side.pointer);
    let mut usage = Usage::default();
    for operation in operations(document) {
        let found = operation.uses(document, place);
        if found.any() {
            usage.operations.push(operation.id.to_owned());
            usage.sent |= found.sent;
            usage.answered |= found.answered;
        }
    }
    usage
}

struct Operation<'a> {
    id: &'a str,
    path: String,
    pointer: String,
    item: &'a Value,
    node: &'a Value,
}

/// How one operation uses one place.
#[derive(Default)]
struct Found {
    itself: bool,
    sent: bool,
    answered: bool,
}

impl Found {
    const fn any(&self) -> bool {
        self.itself || self.sent || self.answered
    }
}

fn operations(document: &Document) -> Vec<Operation<'_>> {
    let Some(paths) = document.value.get("paths").and_then(Value::as_object) else { return Vec::new() };
    let mut found = Vec::new();
    for (path, item) in paths {
        for method in METHODS {
            let Some(node) = item.get(method) else { continue };
            let path = format!("/paths/{}", escape(path));
            let pointer = format!("{path}/{method}");
            // An operation without an id is refused by `generate`; here it is called by its method and path.
            let id = node.get("operationId").and_then(Value::as_str).unwrap_or(method);
            found.push(Operation { id, path, pointer, item, node });
        }
    }
    found
}

impl Operation<'_> {
    fn uses(&self, document: &Document, place: &str) -> Found {
        if place == self.path || within(place, &self.pointer) {
            let rest = place.get(self.pointer.len()..).unwrap_or_default();
            let sent = rest.starts_with("/requestBody") || rest.starts_with("/parameters");
            return Found { itself: true, sent, answered: rest.starts_with("/responses") };
        }
        if within(place, &format!("{}/parameters", self.path)) {
            return Found { itself: true, sent: true, answered: false };
        }
        if let Some(rest) = place.strip_prefix("/components/securitySchemes/") {
            let scheme = rest.split('/').next().unwrap_or(rest);
            return Found { itself: self.demands(document, scheme), ..Found::default() };
        }
        let Some(component) = component(place) else { return Found::default() };
        let reaches = |roots: &[Option<&Value>]| {
            let mut seen = BTreeSet::new();
            roots.iter().flatten().for_each(|root| follow(document, root, &mut seen));
            seen.contains(component)
        };
        Found {
            itself: false,
            sent: reaches(&[self.node.get("requestBody"), self.node.get("parameters"), self.item.get("parameters")]),
            answered: reaches(&[self.node.get("responses")]),
        }
    }

    /// Whether a security requirement in force names the scheme.
    fn demands(&self, document: &Document, scheme: &str) -> bool {
        let security = self.node.get("security").or_else(|| document.value.get("security"));
        let mut requirements = security.and_then(Value::as_array).into_iter().flatten();
        requirements.any(|requirement| requirement.get(scheme).is_some())
    }
}

/// Whether `place` is `outer` or lies inside it.
fn within(place: &str, outer: &str) -> bool {
    place.strip_prefix(outer).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// `/components/schemas/User` of `/components/schemas/User/properties/name`.
fn component(place: &str) -> Option<&str> {
    place.strip_prefix("/components/")?;
    let end = place.match_indices('/').nth(3).map_or(place.len(), |(index, _)| index);
    Some(&place[..end])
}

/// Collects every component that `node` refers to, directly or through others.
fn follow(document: &Document, node: &Value, seen: &mut BTreeSet<String>) {
    match node {
        Value::Object(members) => {
            if let Some(reference) = members.get("$ref").and_then(Value::as_str) {
                let target = pointer(reference);
                if let (Some(found), true) = (document.value.pointer(target), seen.insert(target.to_owned())) {
                    follow(document, found, seen);
                }
            }
            members.values().for_each(|value| follow(document, value, seen));
        }
        Value::Array(items) => items.iter().for_each(|value| follow(document, value, seen)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}
