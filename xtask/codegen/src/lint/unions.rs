//! Choices, and which of them have a type in Rust.
//!
//! A value that matches two branches belongs to both. Of objects that is a struct with the members of all; of anything else
//! Rust has no such type, save where all branches are of one scalar type: that type it is, and the branches are rules for
//! the validator.

use std::collections::BTreeSet;

use super::context::Context;
use super::walk::Node;
use super::{Report, Rule};
use crate::schema;

pub(super) const RULES: &[Rule] = &[
    Rule::settled("schema-overlap", "the branches of `anyOf` are objects, or no two of them are of one type", overlap),
    Rule::error("schema-product", "one choice must hold at a time", product),
];

const SCALARS: [&str; 4] = ["boolean", "integer", "number", "string"];
/// References may go in circles.
const DEEPEST: usize = 16;

fn overlap(context: &Context<'_>, report: &mut Report<'_>) {
    for schema in context.schemas().iter().filter(|schema| !schema.has("type")) {
        let branches = kinds_of_branches(context, schema);
        if is_struct(&branches) || are_disjoint(&branches) {
            continue;
        }
        match only_scalar(&branches) {
            Some(kind) => report.key(
                &schema.at("anyOf"),
                format!("all branches are of type {kind}, which is what this is in Rust"),
                &format!("write `type: {kind}` beside `anyOf`"),
            ),
            None => report.key(
                &schema.at("anyOf"),
                "a value can match two of these branches, which has no type in Rust",
                "leave out what another branch allows too, or choose with `oneOf`",
            ),
        }
    }
}

/// The scalar type that every branch of the schema's `anyOf` has.
pub(super) fn shared_scalar<'a>(context: &Context<'a>, schema: &Node<'a>) -> Option<&'a str> {
    if schema.has("type") { None } else { only_scalar(&kinds_of_branches(context, schema)) }
}

fn only_scalar<'a>(branches: &[Option<BTreeSet<&'a str>>]) -> Option<&'a str> {
    let mut all = BTreeSet::new();
    for kinds in branches {
        all.extend(kinds.as_ref()?);
    }
    let mut kinds = all.into_iter();
    let only = kinds.next().filter(|kind| branches.len() > 1 && SCALARS.contains(kind));
    if kinds.next().is_none() { only } else { None }
}

fn is_struct(branches: &[Option<BTreeSet<&str>>]) -> bool {
    let object = BTreeSet::from(["object"]);
    branches.iter().all(|kinds| kinds.as_ref() == Some(&object))
}

fn are_disjoint(branches: &[Option<BTreeSet<&str>>]) -> bool {
    let mut seen = BTreeSet::new();
    branches.len() < 2
        || branches.iter().all(|kinds| kinds.as_ref().is_some_and(|kinds| kinds.iter().all(|kind| seen.insert(*kind))))
}

/// Of choices that must hold at once typify makes one choice of all combinations; it fails on many of them, and does not end
/// on some.
fn product(context: &Context<'_>, report: &mut Report<'_>) {
    for schema in context.schemas() {
        let demanded = demanded(context, schema);
        let choices = demanded.iter().filter(|part| is_choice(part)).count();
        let negates = demanded.iter().any(|part| part.has("not"));
        if choices > 1 || (choices > 0 && negates) {
            report.key(
                &schema.at("allOf"),
                "choices that must hold at once have no type in Rust",
                "write the combinations that are meant as branches of one `oneOf`",
            );
        }
    }
}

/// What must hold at once: the schema and its `allOf`.
fn demanded<'a>(context: &Context<'a>, schema: &Node<'a>) -> Vec<Node<'a>> {
    let all = branches(context, schema, "allOf");
    if all.is_empty() { Vec::new() } else { all.into_iter().chain([schema.clone()]).collect() }
}

fn is_choice(schema: &Node<'_>) -> bool {
    schema.has("anyOf") || schema.has("oneOf")
}

/// The types of each branch of `anyOf`; none for one that takes anything.
fn kinds_of_branches<'a>(context: &Context<'a>, schema: &Node<'a>) -> Vec<Option<BTreeSet<&'a str>>> {
    branches(context, schema, "anyOf").iter().map(|branch| kinds(context, branch, 0)).collect()
}

fn branches<'a>(context: &Context<'a>, schema: &Node<'a>, keyword: &'static str) -> Vec<Node<'a>> {
    let pointer = |index: usize| format!("{}/{keyword}/{index}", schema.pointer);
    let branches = schema.array(keyword).iter().enumerate();
    branches.filter_map(|(index, branch)| context.node(branch, &pointer(index), keyword)).collect()
}

/// The types that values of a schema can have; none if any.
fn kinds<'a>(context: &Context<'a>, schema: &Node<'a>, depth: usize) -> Option<BTreeSet<&'a str>> {
    if depth > DEEPEST {
        return None;
    }
    if let Some(kind) = schema.text("type") {
        return Some(BTreeSet::from([kind]));
    }
    for keyword in ["oneOf", "anyOf"] {
        let branches = branches(context, schema, keyword);
        if !branches.is_empty() {
            let all: Option<Vec<_>> = branches.iter().map(|branch| kinds(context, branch, depth + 1)).collect();
            // Members beside a choice are of an object, whatever the branches say.
            let beside = schema.has("properties").then_some("object");
            return all.map(|all| all.into_iter().flatten().chain(beside).collect());
        }
    }
    let demanded = branches(context, schema, "allOf");
    let demanded = demanded.iter().find_map(|branch| kinds(context, branch, depth + 1));
    demanded.or_else(|| schema::inferred(schema.value).map(|kind| BTreeSet::from([kind])))
}

/// Whether a schema allows scalars of several types, and one that comes as a text might be none of its texts.
pub(super) fn mixes_scalars<'a>(context: &Context<'a>, schema: &Node<'a>) -> bool {
    let Some(kinds) = kinds(context, schema, 0) else { return false };
    kinds.len() > 1 && !takes_any_text(context, schema, 0)
}

fn takes_any_text<'a>(context: &Context<'a>, schema: &Node<'a>, depth: usize) -> bool {
    const LIMITS: [&str; 5] = ["enum", "format", "maxLength", "minLength", "pattern"];
    let mut choices = ["oneOf", "anyOf"].into_iter().flat_map(|keyword| branches(context, schema, keyword));
    if schema.text("type") == Some("string") {
        return !LIMITS.iter().any(|limit| schema.has(limit));
    }
    depth <= DEEPEST && choices.any(|branch| takes_any_text(context, &branch, depth + 1))
}

/// Whether a schema or a part of it speaks of objects.
pub(super) fn speaks_of_objects<'a>(context: &Context<'a>, schema: &Node<'a>) -> bool {
    let mut open = vec![schema.clone()];
    let mut seen = BTreeSet::new();
    while let Some(schema) = open.pop() {
        if !seen.insert(schema.pointer.clone()) {
            continue;
        }
        if schema.text("type").or_else(|| schema::inferred(schema.value)) == Some("object") {
            return true;
        }
        for keyword in ["allOf", "anyOf", "oneOf"] {
            open.extend(branches(context, &schema, keyword));
        }
    }
    false
}
