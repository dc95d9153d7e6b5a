//! Paths: what dropshot's router and progenitor's templates take.

use std::collections::{BTreeMap, BTreeSet};

use super::context::Context;
use super::{Report, Rule};
use crate::load::escape;

pub(super) const RULES: &[Rule] = &[
    Rule::error("path-template", "a path consists of literal segments and `{variables}`", template),
    Rule::error("path-variable-twice", "a path names each variable once", twice),
    Rule::error(
        "path-duplicate",
        "no two operations with one method have paths that are the same but for the names of variables",
        duplicate,
    ),
    Rule::error("path-parameter", "the variables of a path and its parameters are the same", parameter),
    Rule::error("path-parameter-optional", "a path parameter is required", optional),
];

fn pointer(path: &str) -> String {
    format!("/paths/{}", escape(path))
}

fn paths<'a>(context: &Context<'a>) -> impl Iterator<Item = &'a str> {
    let paths = context.document.value.get("paths").and_then(|paths| paths.as_object());
    paths.into_iter().flatten().map(|(path, _)| path.as_str()).filter(|path| path.starts_with('/'))
}

fn segments(path: &str) -> Vec<&str> {
    path.split('/').filter(|segment| !segment.is_empty()).collect()
}

fn variables(path: &str) -> Vec<&str> {
    path.split('{').skip(1).filter_map(|rest| rest.split_once('}')).map(|(name, _)| name).collect()
}

/// What is wrong with one segment.
fn fault(segment: &str) -> Option<(&'static str, &'static str)> {
    if segment.contains(['{', '}']) {
        return variable_fault(segment);
    }
    if segment == "." || segment == ".." {
        return Some(("has a dot segment, which servers remove", "write the path that is meant"));
    }
    let outside = segment
        .chars()
        .any(|c| !c.is_ascii_graphic() || matches!(c, '?' | '#' | '%' | '"' | '<' | '>' | '\\' | '^' | '`' | '|'));
    outside.then_some(("has a character that no path may have", "remove it; a query belongs to `parameters`"))
}

/// What is wrong with a segment that is a variable, or has some between literals.
fn variable_fault(segment: &str) -> Option<(&'static str, &'static str)> {
    let mut literals = Vec::new();
    let mut rest = segment;
    while let Some((literal, after)) = rest.split_once('{') {
        let Some((name, after)) = after.split_once('}') else {
            return Some(("has a brace without its partner", "write variables as `{name}`"));
        };
        let plain = !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.'));
        if !plain || !name.chars().any(|c| c.is_ascii_alphanumeric()) {
            return Some(("has a variable without a plain name", "use letters, digits, `_`, `-` and `.` in it"));
        }
        literals.push(literal);
        rest = after;
    }
    if literals.iter().skip(1).any(|literal| literal.is_empty()) {
        return Some(("has two variables with nothing between them", "put a character between them"));
    }
    literals.push(rest);
    literals.into_iter().filter(|literal| !literal.is_empty() && !matches!(*literal, "." | "..")).find_map(fault)
}

fn template(context: &Context<'_>, report: &mut Report<'_>) {
    for path in paths(context) {
        if path.contains("//") {
            let message = format!("path `{path}` has an empty segment");
            report.key(&pointer(path), message, "remove the slash; servers take both forms");
        } else if let Some((what, fix)) = segments(path).into_iter().find_map(fault) {
            report.key(&pointer(path), format!("path `{path}` {what}"), fix);
        }
    }
}

fn twice(context: &Context<'_>, report: &mut Report<'_>) {
    for path in paths(context) {
        let mut seen = BTreeSet::new();
        if let Some(name) = variables(path).into_iter().find(|name| !seen.insert(*name)) {
            report.key(&pointer(path), format!("`{{{name}}}` stands in `{path}` twice"), "rename one of the two");
        }
    }
}

/// A path without the names of its variables and without a slash at its end.
fn normal(path: &str) -> String {
    let mut path = path.trim_end_matches('/').to_owned();
    for name in variables(&path.clone()) {
        path = path.replace(&format!("{{{name}}}"), "{}");
    }
    path
}

fn duplicate(context: &Context<'_>, report: &mut Report<'_>) {
    let mut seen: BTreeMap<(String, &str), &str> = BTreeMap::new();
    for operation in &context.operations {
        let path = operation.path;
        if let Some(other) = seen.insert((normal(path), operation.method), path) {
            let message = format!("paths `{path}` and `{other}` are one path to a router");
            report.key(&pointer(path), message, "move the operations under one of the two, with a method each");
        }
    }
}

fn parameter(context: &Context<'_>, report: &mut Report<'_>) {
    for operation in &context.operations {
        // Also those in a segment that `path-template` refuses.
        let braces = operation.path.split('{').skip(1).filter_map(|rest| rest.split_once('}'));
        let used: BTreeSet<&str> = braces.map(|(name, _)| name).collect();
        let declared: BTreeSet<&str> = operation.parameters_in("path").filter_map(|node| node.text("name")).collect();
        for name in used.difference(&declared) {
            let message = format!("`{{{name}}}` in `{}` is not declared", operation.path);
            report.key(&operation.node.pointer, message, "add a parameter with `in: path` and this name");
        }
        for node in operation.parameters_in("path") {
            if let Some(name) = node.text("name").filter(|name| !used.contains(name)) {
                let message = format!("path parameter `{name}` does not stand in `{}`", operation.path);
                report.value(&node.at("name"), message, "remove it, or put `{…}` into the path");
            }
        }
    }
}

fn optional(context: &Context<'_>, report: &mut Report<'_>) {
    for node in context.nodes(super::grammar::Kind::Parameter) {
        if node.text("in") == Some("path") && node.flag("required") != Some(true) {
            let name = node.text("name").unwrap_or_default();
            let at = if node.has("required") { node.at("required") } else { node.at("in") };
            report.value(&at, format!("path parameter `{name}` is not required"), "write `required: true`");
        }
    }
}
