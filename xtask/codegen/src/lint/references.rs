//! `$ref`: each leads to a component of the right kind in this document.

use std::collections::BTreeSet;

use serde_json::Value;

use super::context::Context;
use super::grammar::{self, Kind};
use super::walk::{Reference, distance};
use super::{Report, Rule};

pub(super) const RULES: &[Rule] = &[
    Rule::error("ref-external", "a `$ref` stays inside the document", external),
    Rule::error("ref-unresolved", "a `$ref` leads to something that is there", unresolved),
    Rule::settled("ref-target", "a `$ref` leads to a component of the kind that is wanted", target),
    Rule::error("ref-cycle", "a chain of `$ref`s ends", cycle),
    Rule::warning("ref-siblings", "nothing that changes the meaning stands beside a `$ref`", siblings),
    Rule::warning("ref-siblings-ignored", "nothing stands beside a `$ref`", ignored_siblings),
];

fn local<'a>(reference: &Reference<'a>) -> Option<&'a str> {
    reference.target.strip_prefix('#')
}

fn external(context: &Context<'_>, report: &mut Report<'_>) {
    for reference in context.walk.references.iter().filter(|reference| local(reference).is_none()) {
        report.value(
            &reference.node.at("$ref"),
            format!("`{}` is outside of this document", reference.target),
            "copy what it names into `components` and refer to it there; no other file is read",
        );
    }
}

fn unresolved(context: &Context<'_>, report: &mut Report<'_>) {
    for reference in &context.walk.references {
        let Some(pointer) = local(reference) else { continue };
        if context.document.value.pointer(pointer).is_some() {
            continue;
        }
        let name = pointer.rsplit('/').next().unwrap_or_default();
        let folder = grammar::words(reference.wanted).1.unwrap_or_default();
        let near = context.components(folder).map(|(known, ..)| known).min_by_key(|known| distance(name, known));
        let fix = match near.filter(|near| distance(name, near) <= 3) {
            Some(near) => format!("write `#/components/{folder}/{near}` if that is what is meant"),
            None => format!("define it under `components.{folder}`, or correct the name"),
        };
        report.value(&reference.node.at("$ref"), format!("`{}` is not in this document", reference.target), &fix);
    }
}

/// Generators name a type by the last part of a reference, so it must be a component's name.
fn target(context: &Context<'_>, report: &mut Report<'_>) {
    for reference in &context.walk.references {
        let (what, folder) = grammar::words(reference.wanted);
        let (Some(pointer), Some(folder)) = (local(reference), folder) else { continue };
        let name = pointer.strip_prefix("/components/").and_then(|rest| rest.strip_prefix(folder));
        let name = name.and_then(|rest| rest.strip_prefix('/'));
        if context.document.value.pointer(pointer).is_some() && name.is_none_or(|name| name.contains('/')) {
            report.value(
                &reference.node.at("$ref"),
                format!("`{}` is not {what} under `components.{folder}`", reference.target),
                &format!("move what it names to `components.{folder}` and refer to it there"),
            );
        }
    }
}

fn cycle(context: &Context<'_>, report: &mut Report<'_>) {
    for reference in &context.walk.references {
        let mut seen = BTreeSet::new();
        let mut next = local(reference);
        while let Some(pointer) = next {
            if !seen.insert(pointer) {
                report.value(
                    &reference.node.at("$ref"),
                    format!("`{}` leads back to itself", reference.target),
                    "let one of the components in the circle say what it is",
                );
                break;
            }
            let value = context.document.value.pointer(pointer);
            let target = value.and_then(|value| value.get("$ref")).and_then(Value::as_str);
            next = target.and_then(|target| target.strip_prefix('#'));
        }
    }
}

/// Members beside `$ref` that describe and decide nothing.
const DESCRIBING: [&str; 6] = ["deprecated", "description", "example", "externalDocs", "summary", "title"];

fn beside<'a>(reference: &Reference<'a>, describing: bool) -> impl Iterator<Item = &'a String> {
    let is_path = reference.wanted == Kind::PathItem;
    let keys = reference.node.value.keys().filter(move |key| *key != "$ref" && !is_path);
    keys.filter(move |key| {
        (DESCRIBING.contains(&key.as_str()) || (key.starts_with("x-") && *key != "x-sensitive")) == describing
    })
}

const SIBLINGS: &str = "remove it, or wrap the reference: `allOf: [{$ref: …}]` may have members beside it";

fn siblings(context: &Context<'_>, report: &mut Report<'_>) {
    for reference in &context.walk.references {
        for key in beside(reference, false) {
            let message = format!("`{key}` beside a `$ref` has no effect in OpenAPI 3.0");
            report.key(&reference.node.at(key), message, SIBLINGS);
        }
    }
}

fn ignored_siblings(context: &Context<'_>, report: &mut Report<'_>) {
    for reference in &context.walk.references {
        for key in beside(reference, true) {
            let message = format!("`{key}` beside a `$ref` is ignored, as OpenAPI 3.0 says");
            report.key(&reference.node.at(key), message, SIBLINGS);
        }
    }
}
