//! The conventions of this project's own document, which `openapi/README.md` explains. No other document is held to them.

use std::collections::BTreeSet;

use serde_json::Value;

use super::context::Context;
use super::grammar::Kind;
use super::walk::{Node, distance};
use super::{Report, Rule};
use crate::{names, schema};

pub(super) const RULES: &[Rule] = &[
    Rule::strict("operation-id", "an operation has an id in snake_case", operation_id),
    Rule::strict("operation-summary", "an operation has a summary of one line", summary),
    Rule::strict("operation-tag", "an operation has one tag, and the root describes it", tag),
    Rule::strict("operation-security", "an operation states its security", security),
    Rule::strict("operation-access", "an operation says who may call it", access),
    Rule::strict("response-success", "an operation has a success that this server sends", success),
    Rule::strict("response-exact", "each answer has an exact status", exact),
    Rule::strict("one-error-schema", "the errors of an operation share one body", one_error),
    Rule::strict("one-media-type", "a body has one media type", one_media_type),
    Rule::strict("body-schema-ref", "the schema of a body is a named component", body_schema),
    Rule::strict("body-required", "a request body is required", body_required),
    Rule::strict("component-case", "schemas are in PascalCase", component_case),
    Rule::strict("extension-unknown", "extensions are those that the README names", extension),
];

fn operation_id(context: &Context<'_>, report: &mut Report<'_>) {
    for operation in &context.operations {
        match operation.node.text("operationId") {
            Some(id) if id == names::snake(id) => {}
            Some(id) => {
                let message = format!("operationId `{id}` is not in snake_case");
                report.value(&operation.node.at("operationId"), message, "write it as `flow_verb_noun`");
            }
            None => {
                let message = format!("{} has no operationId", operation.title());
                report.key(&operation.node.pointer, message, "add `operationId: flow_verb_noun`");
            }
        }
    }
}

fn summary(context: &Context<'_>, report: &mut Report<'_>) {
    for operation in &context.operations {
        let summary = operation.node.text("summary").unwrap_or_default().trim();
        if summary.is_empty() || summary.contains('\n') {
            let message = format!("{} has no summary of one line", operation.title());
            report.key(&operation.node.pointer, message, "add `summary: …`");
        }
    }
}

fn tag(context: &Context<'_>, report: &mut Report<'_>) {
    let described: BTreeSet<&str> = context
        .nodes(Kind::Tag)
        .iter()
        .filter(|tag| tag.text("description").is_some_and(|text| !text.is_empty()))
        .filter_map(|tag| tag.text("name"))
        .collect();
    for operation in &context.operations {
        match operation.node.array("tags") {
            [tag] if tag.as_str().is_some_and(|tag| described.contains(tag)) => {}
            [tag] => report.value(
                &format!("{}/tags/0", operation.node.pointer),
                format!("tag {tag} is not described at the root"),
                "add it under `tags:` with a description, or correct its name",
            ),
            tags => {
                let message = format!("{} has {} tags", operation.title(), tags.len());
                report.key(&operation.node.pointer, message, "give it exactly one tag");
            }
        }
    }
}

fn security(context: &Context<'_>, report: &mut Report<'_>) {
    for operation in context.operations.iter().filter(|operation| !operation.node.has("security")) {
        let message = format!("{} does not state its security", operation.title());
        report.key(&operation.node.pointer, message, "add `security:`, or `security: []` if anyone may call it");
    }
}

fn access(context: &Context<'_>, report: &mut Report<'_>) {
    for operation in context.operations.iter().filter(|operation| !operation.node.has("x-access")) {
        let message = format!("{} does not say who may call it", operation.title());
        report.key(&operation.node.pointer, message, "add `x-access: {who: …, rule: …}`");
    }
}

fn success(context: &Context<'_>, report: &mut Report<'_>) {
    for operation in &context.operations {
        let own = |(status, response): &(&str, Node<'_>)| status.starts_with('2') && !response.has("x-sent-by");
        if !context.responses(operation).iter().any(own) {
            let message = format!("{} has no success answer", operation.title());
            report.key(&operation.node.pointer, message, "declare one 2xx response");
        }
    }
}

fn exact(context: &Context<'_>, report: &mut Report<'_>) {
    for operation in &context.operations {
        for (status, _, pointer) in operation.node.entries("responses") {
            if super::operations::is_status(status) && status.parse::<u16>().is_err() {
                report.key(&pointer, format!("`{status}` is no exact status"), "write out each status");
            }
        }
    }
}

fn one_error(context: &Context<'_>, report: &mut Report<'_>) {
    for operation in &context.operations {
        let mut shapes: BTreeSet<String> = BTreeSet::new();
        for (_, response) in context.responses(operation).iter().filter(|(status, _)| status.starts_with(['4', '5'])) {
            let mut schemas = response.entries("content").map(|(_, media, _)| media.get("schema"));
            shapes.insert(schemas.next().flatten().map(Value::to_string).unwrap_or_default());
        }
        if shapes.len() != 1 || shapes.contains("") {
            let message = format!("the errors of {} do not share one body", operation.title());
            report.key(&operation.node.pointer, message, "give every 4xx and 5xx response the same schema");
        }
    }
}

fn contents<'a, 'b>(context: &'b Context<'a>) -> impl Iterator<Item = &'b Node<'a>> {
    context.nodes(Kind::RequestBody).iter().chain(context.nodes(Kind::Response)).filter(|node| node.has("content"))
}

fn one_media_type(context: &Context<'_>, report: &mut Report<'_>) {
    for node in contents(context) {
        let count = node.entries("content").count();
        if count != 1 {
            report.key(&node.at("content"), format!("{count} media types for one body"), "declare exactly one");
        }
    }
}

fn body_schema(context: &Context<'_>, report: &mut Report<'_>) {
    for node in context.nodes(Kind::MediaType) {
        let reference = node.get("schema").and_then(|schema| schema.get("$ref")).and_then(Value::as_str);
        if !reference.is_some_and(|reference| reference.starts_with(schema::COMPONENT)) {
            report.key(
                &node.pointer,
                "the body's schema has no name",
                "move it to `components.schemas` and refer to it",
            );
        }
    }
}

fn body_required(context: &Context<'_>, report: &mut Report<'_>) {
    for node in context.nodes(Kind::RequestBody).iter().filter(|node| node.flag("required") != Some(true)) {
        report.key(&node.pointer, "an optional request body", "add `required: true`");
    }
}

fn component_case(context: &Context<'_>, report: &mut Report<'_>) {
    for (name, _, pointer) in context.components("schemas").filter(|(name, ..)| *name != names::pascal(name)) {
        let message = format!("schema `{name}` is not in PascalCase");
        report.key(&pointer, message, &format!("write `{}`", names::pascal(name)));
    }
}

/// The table of extensions in `openapi/README.md`.
const EXTENSIONS: [&str; 8] =
    ["x-access", "x-client", "x-displayName", "x-max-body-bytes", "x-pages", "x-retry", "x-sensitive", "x-sent-by"];

fn extension(context: &Context<'_>, report: &mut Report<'_>) {
    for node in context.walk.nodes.values().flatten() {
        for name in node.value.keys().filter(|name| name.starts_with("x-") && !EXTENSIONS.contains(&name.as_str())) {
            let near = EXTENSIONS.into_iter().min_by_key(|known| distance(name, known));
            let fix = match near.filter(|near| distance(name, near) <= 3) {
                Some(near) => format!("write `{near}` if that is what is meant"),
                None => "remove it, or describe it in openapi/README.md and in this rule".to_owned(),
            };
            report.key(&node.at(name), format!("extension `{name}` is not known"), &fix);
        }
    }
}
