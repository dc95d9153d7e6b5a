//! Schemas that lead back to themselves: in a circle without a member in between, or so that no value ends.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::context::Context;
use super::walk::Node;
use super::{Report, Rule};
use crate::schema::{COMBINATORS, COMPONENT};

pub(super) const RULES: &[Rule] = &[
    Rule::error("schema-loop", "no schema is an alternative or a part of itself", loops),
    Rule::error("schema-endless", "each schema allows a value that ends", endless),
    Rule::error("schema-merge", "no schema is merged with one that holds it", merges),
];

/// Pointer of the component that a reference leads to.
fn target(value: &Value) -> Option<String> {
    let target = value.get("$ref")?.as_str()?;
    target.starts_with(COMPONENT).then(|| target.trim_start_matches('#').to_owned())
}

/// Every schema by pointer, references included.
fn all<'a>(context: &Context<'a>) -> BTreeMap<String, &'a Value> {
    let own = context.schemas().iter().map(|node| node.pointer.clone());
    let references = context.walk.references.iter().map(|reference| reference.node.pointer.clone());
    own.chain(references)
        .filter_map(|pointer| context.document.value.pointer(&pointer).map(|value| (pointer, value)))
        .collect()
}

/// Pointers of the schemas directly below `pointer`, with the keyword that holds each; a reference leads to its target.
fn children(pointer: &str, value: &Value) -> Vec<(&'static str, String)> {
    if let Some(target) = target(value) {
        return vec![("$ref", target)];
    }
    let mut found = Vec::new();
    for keyword in ["allOf", "anyOf", "oneOf"] {
        let branches = value.get(keyword).and_then(Value::as_array).map_or(0, Vec::len);
        found.extend((0..branches).map(|index| (keyword, format!("{pointer}/{keyword}/{index}"))));
    }
    for keyword in ["items", "additionalProperties", "not"] {
        if value.get(keyword).is_some_and(Value::is_object) {
            found.push((keyword, format!("{pointer}/{keyword}")));
        }
    }
    for name in value.get("properties").and_then(Value::as_object).into_iter().flat_map(|properties| properties.keys())
    {
        found.push(("properties", format!("{pointer}/properties/{}", crate::load::escape(name))));
    }
    found
}

/// Pointers of every schema that `roots` lead to, the roots included.
pub(super) fn closure(context: &Context<'_>, roots: BTreeSet<String>) -> BTreeSet<String> {
    let mut seen = BTreeSet::new();
    let mut open: Vec<String> = roots.into_iter().collect();
    while let Some(pointer) = open.pop() {
        if let Some(value) = context.document.value.pointer(&pointer)
            && seen.insert(pointer.clone())
        {
            open.extend(children(&pointer, value).into_iter().map(|(_, child)| child));
        }
    }
    seen
}

/// Components that lead to themselves through references and combinators alone.
pub(super) fn looping(context: &Context<'_>) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for (_, value, root) in context.components("schemas") {
        let mut seen = BTreeSet::new();
        let mut open = direct(&root, value);
        while let Some(pointer) = open.pop() {
            if pointer == root {
                found.insert(root.clone());
                break;
            }
            if let Some(value) = context.document.value.pointer(&pointer)
                && seen.insert(pointer.clone())
            {
                open.extend(direct(&pointer, value));
            }
        }
    }
    found
}

fn direct(pointer: &str, value: &Value) -> Vec<String> {
    let same = ["$ref", "allOf", "anyOf", "oneOf", "not"];
    children(pointer, value).into_iter().filter(|(keyword, _)| same.contains(keyword)).map(|(_, child)| child).collect()
}

fn loops(context: &Context<'_>, report: &mut Report<'_>) {
    for pointer in looping(context) {
        // A circle of bare references is the business of `ref-cycle`.
        if context.document.value.pointer(&pointer).is_some_and(|value| value.get("$ref").is_none()) {
            report.key(
                &pointer,
                "this schema is an alternative or a part of itself",
                "put a member or a list between the schema and itself",
            );
        }
    }
}

/// Grows the set of schemas that allow a finite value until nothing is added; what is left allows none.
fn endless(context: &Context<'_>, report: &mut Report<'_>) {
    let all = all(context);
    let mut ends: BTreeSet<&str> = BTreeSet::new();
    loop {
        let before = ends.len();
        for (pointer, value) in &all {
            if !ends.contains(pointer.as_str()) && allows_end(pointer, value, &all, &ends) {
                ends.insert(pointer);
            }
        }
        if ends.len() == before {
            break;
        }
    }
    let looping = looping(context);
    for (_, value, pointer) in context.components("schemas") {
        let known = all.contains_key(&pointer) && value.get("$ref").is_none();
        if known && !ends.contains(pointer.as_str()) && !looping.contains(&pointer) && closed(&pointer, context) {
            report.key(
                &pointer,
                "every value of this schema would hold another one, without end",
                "make one of the members in the circle optional, nullable or a list",
            );
        }
    }
}

fn allows_end(pointer: &str, value: &Value, all: &BTreeMap<String, &Value>, ends: &BTreeSet<&str>) -> bool {
    let ended = |child: &String| !all.contains_key(child) || ends.contains(child.as_str());
    if value.get("nullable").and_then(Value::as_bool) == Some(true) {
        return true;
    }
    let required = |child: &str| {
        let name = child.rsplit('/').next().unwrap_or_default().replace("~1", "/").replace("~0", "~");
        value.get("required").and_then(Value::as_array).is_some_and(|names| names.iter().any(|known| *known == *name))
    };
    let children = children(pointer, value);
    let any = |keyword: &str| {
        let mut branches = children.iter().filter(|(known, _)| *known == keyword).peekable();
        branches.peek().is_none() || branches.any(|(_, child)| ended(child))
    };
    let all_end = children.iter().all(|(keyword, child)| match *keyword {
        "$ref" | "allOf" => ended(child),
        "properties" => !required(child) || ended(child),
        "items" => value.get("minItems").and_then(Value::as_u64).unwrap_or(0) == 0 || ended(child),
        _ => true,
    });
    all_end && any("oneOf") && any("anyOf")
}

/// Whether the schema itself is in the circle, not only a holder of one that is.
fn closed(pointer: &str, context: &Context<'_>) -> bool {
    let Some(value) = context.document.value.pointer(pointer) else { return false };
    let below: BTreeSet<String> = children(pointer, value).into_iter().map(|(_, child)| child).collect();
    closure(context, below).contains(pointer)
}

/// Whether the parts of a schema become one type, so that what they refer to is copied into it.
fn is_merging(schema: &Node<'_>) -> bool {
    let own = schema
        .value
        .keys()
        .any(|key| !COMBINATORS.contains(&key.as_str()) && key != "nullable" && !crate::schema::is_annotation(key));
    let present = COMBINATORS.iter().filter(|keyword| schema.has(keyword)).count();
    present > 1 || (present == 1 && own) || schema.array("allOf").len() > 1
}

/// Components that `value` names through combinators alone.
fn parts(value: &Value) -> Vec<String> {
    if let Some(target) = target(value) {
        return vec![target];
    }
    let branches = ["allOf", "anyOf", "oneOf"].into_iter().filter_map(|keyword| value.get(keyword)?.as_array());
    branches.flatten().chain(value.get("not")).flat_map(parts).collect()
}

/// A schema that copies a component which holds that schema would be copied again, and again.
fn merges(context: &Context<'_>, report: &mut Report<'_>) {
    let component = |pointer: &str| {
        let name = pointer.strip_prefix("/components/schemas/")?.split('/').next()?;
        Some(format!("/components/schemas/{name}"))
    };
    let mut copies: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    let mut inline: Vec<(&str, String, Vec<String>)> = Vec::new();
    for schema in context.schemas().iter().filter(|schema| is_merging(schema)) {
        let Some(holder) = component(&schema.pointer) else { continue };
        let parts = parts(&Value::Object(schema.value.clone()));
        copies.entry(holder.clone()).or_default().extend(parts.iter().cloned());
        if holder != schema.pointer {
            inline.push((&schema.pointer, holder, parts));
        }
    }
    for (pointer, holder, parts) in inline {
        let mut seen: BTreeSet<&str> = BTreeSet::new();
        let mut open: Vec<&str> = parts.iter().map(String::as_str).collect();
        while let Some(part) = open.pop() {
            if seen.insert(part) {
                open.extend(copies.get(part).into_iter().flatten().map(String::as_str));
            }
        }
        if seen.contains(holder.as_str()) {
            report.key(
                pointer,
                "this schema is merged with one that holds it, so its type would never end",
                "name it as a component of its own and refer to it here",
            );
        }
    }
}
