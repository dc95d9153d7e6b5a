//! Names: what is different in the document must be different in Rust.

use std::collections::BTreeMap;

use serde_json::Value;

use super::context::Context;
use super::grammar::{Kind, words};
use super::{Report, Rule};
use crate::names;

pub(super) const RULES: &[Rule] = &[
    Rule::error("component-name", "a component's name has letters, digits, `.`, `-` and `_` only", component_name),
    Rule::error("schema-names", "schemas have different names in Rust", schema_names),
    Rule::error("property-names", "the members of an object have different names in Rust", property_names),
    Rule::error("operation-names", "operations have different names in Rust", operation_names),
    Rule::error("parameter-names", "the parameters of an operation have different names in Rust", parameter_names),
    Rule::error("parameter-reserved", "no parameter has a name that generated code needs", parameter_reserved),
];

/// Something that a Rust name can be made of: in any script, and more than separators of words.
fn has_letter(name: &str) -> bool {
    name.chars().any(|c| c.is_alphanumeric() && unicode_ident::is_xid_continue(c))
}

fn component_name(context: &Context<'_>, report: &mut Report<'_>) {
    let kinds = [
        Kind::Schema,
        Kind::Response,
        Kind::Parameter,
        Kind::Example,
        Kind::RequestBody,
        Kind::Header,
        Kind::SecurityScheme,
        Kind::Link,
        Kind::Callback,
    ];
    for folder in kinds.into_iter().filter_map(|kind| words(kind).1) {
        for (name, _, pointer) in context.components(folder) {
            let fits = name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_'));
            if !fits || !has_letter(name) {
                report.key(
                    &pointer,
                    format!("`{name}` cannot name a component"),
                    "use letters, digits, `.`, `-` and `_`, at least one letter or digit",
                );
            }
        }
    }
}

/// Reports each of `named` whose name in Rust an earlier one has.
fn collisions<'a>(
    report: &mut Report<'_>,
    what: &str,
    rust: fn(&str) -> String,
    named: impl Iterator<Item = (&'a str, String)>,
) {
    let mut taken: BTreeMap<String, &str> = BTreeMap::new();
    for (name, pointer) in named {
        let spelled = rust(name);
        if let Some(other) = taken.get(&spelled).filter(|other| **other != name) {
            let message = format!("{what} `{name}` and `{other}` have one name in Rust, `{spelled}`");
            report.key(&pointer, message, "rename one of them");
        } else {
            taken.insert(spelled, name);
        }
    }
}

fn schema_names(context: &Context<'_>, report: &mut Report<'_>) {
    let schemas = context.components("schemas").map(|(name, _, pointer)| (name, pointer));
    collisions(report, "schemas", names::pascal, schemas);
}

fn property_names(context: &Context<'_>, report: &mut Report<'_>) {
    for schema in context.schemas() {
        let properties = schema.entries("properties").map(|(name, _, pointer)| (name, pointer));
        collisions(report, "members", names::snake, properties);
        for (name, _, pointer) in schema.entries("properties").filter(|(name, ..)| !has_letter(name)) {
            report.key(&pointer, format!("member `{name}` has no name in Rust"), "use a letter or a digit in the name");
        }
    }
}

fn operation_names(context: &Context<'_>, report: &mut Report<'_>) {
    let ids = context.operations.iter().filter_map(|operation| {
        let id = operation.node.text("operationId")?;
        Some((id, operation.node.at("operationId")))
    });
    collisions(report, "operations", names::snake, ids);
    let mut seen: BTreeMap<&str, String> = BTreeMap::new();
    for operation in &context.operations {
        let Some(id) = operation.node.text("operationId") else { continue };
        let at = operation.node.at("operationId");
        let used = format!("{} {}", operation.method.to_uppercase(), operation.path);
        if !has_letter(id) {
            report.value(&at, format!("operation `{id}` has no name in Rust"), "use a letter or a digit in the name");
        } else if let Some(other) = seen.insert(id, used) {
            report.value(&at, format!("`{id}` names `{other}` too"), "give each operation an id of its own");
        }
    }
}

fn parameter_names(context: &Context<'_>, report: &mut Report<'_>) {
    for operation in &context.operations {
        let named = operation.parameters.iter().filter(|parameter| !super::parameters::is_ignored(parameter));
        let named = named.filter_map(|node| Some((node.text("name")?, node.text("in")?, node.pointer.clone())));
        let named: Vec<_> = named.collect();
        collisions(report, "parameters", names::snake, named.iter().map(|(name, _, at)| (*name, at.clone())));
        // The same name in two places, for example in the path and in the query.
        let mut places: BTreeMap<&str, &str> = BTreeMap::new();
        for (name, place, pointer) in &named {
            if let Some(other) = places.insert(name, place).filter(|other| other != place) {
                let message = format!("{} has a parameter `{name}` in the {other} already", operation.title());
                report.key(pointer, message, "rename one of them, or remove it");
            }
            if !has_letter(name) {
                let message = format!("parameter `{name}` has no name in Rust");
                report.key(pointer, message, "use a letter or a digit in the name");
            }
        }
    }
}

/// Progenitor's builders have methods of these names.
const RESERVED: [&str; 3] = ["body", "body_map", "send"];

fn parameter_reserved(context: &Context<'_>, report: &mut Report<'_>) {
    for parameter in context.nodes(Kind::Parameter) {
        let Some(name) = parameter.get("name").and_then(Value::as_str) else { continue };
        if RESERVED.contains(&names::snake(name).as_str()) {
            report.value(
                &parameter.at("name"),
                format!("the generated client has a method `{name}` of its own"),
                "rename the parameter",
            );
        }
    }
}
