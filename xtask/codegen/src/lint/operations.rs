//! Operations: what they answer, what they take, and what no part of the generator reads.

use std::collections::BTreeSet;

use super::context::Context;
use super::grammar::Kind;
use super::{Report, Rule};

pub(super) const RULES: &[Rule] = &[
    Rule::error("operation-method", "dropshot has the method", method),
    Rule::error("tag-duplicate", "the root describes each tag once", tag_duplicate),
    Rule::settled("response-missing", "an operation has an answer", response_missing),
    Rule::error(
        "response-status",
        "an answer has a status from 100 to 599, a range of them, or is the default",
        status,
    ),
    Rule::settled("response-bodiless", "an answer that HTTP sends without a body has none", bodiless),
    Rule::warning("request-bodiless", "a request that HTTP sends without a body has none", request_bodiless),
    Rule::warning("callbacks", "the server calls nobody back", callbacks),
    Rule::warning("servers-overridden", "all operations are at one server", servers),
    Rule::warning("links-ignored", "answers have no links", links),
];

fn method(context: &Context<'_>, report: &mut Report<'_>) {
    for operation in context.operations.iter().filter(|operation| operation.method == "trace") {
        report.key(&operation.node.pointer, "dropshot has no method TRACE", "remove the operation");
    }
}

fn tag_duplicate(context: &Context<'_>, report: &mut Report<'_>) {
    let mut seen = BTreeSet::new();
    for node in context.nodes(Kind::Tag) {
        if let Some(name) = node.text("name").filter(|name| !seen.insert(*name)) {
            report.value(&node.at("name"), format!("tag `{name}` is described twice"), "remove one of the two");
        }
    }
}

fn response_missing(context: &Context<'_>, report: &mut Report<'_>) {
    for operation in context.operations.iter().filter(|operation| operation.node.has("responses")) {
        let mut responses = operation.node.entries("responses").filter(|(status, ..)| !status.starts_with("x-"));
        let is_object = operation.node.get("responses").is_some_and(serde_json::Value::is_object);
        if is_object && responses.next().is_none() {
            let message = format!("{} has no answer", operation.title());
            report.key(&operation.node.at("responses"), message, "declare at least one response");
        }
    }
}

/// `404`, `4XX` or `default`.
pub(super) fn is_status(key: &str) -> bool {
    match key.as_bytes() {
        b"default" => true,
        [b'1'..=b'5', b'X', b'X'] => true,
        [b'1'..=b'5', tens, ones] => tens.is_ascii_digit() && ones.is_ascii_digit(),
        _ => false,
    }
}

/// Whether HTTP sends answers of the status without a body.
pub(super) fn is_bodiless(method: &str, status: &str) -> bool {
    method == "head" || status.starts_with('1') || matches!(status, "204" | "205" | "304")
}

fn status(context: &Context<'_>, report: &mut Report<'_>) {
    for operation in &context.operations {
        for (key, _, pointer) in operation.node.entries("responses") {
            if !key.starts_with("x-") && !is_status(key) {
                report.key(
                    &pointer,
                    format!("`{key}` is no status"),
                    "write a status such as 404, a range such as 4XX, or `default`",
                );
            }
        }
    }
}

fn bodiless(context: &Context<'_>, report: &mut Report<'_>) {
    for operation in &context.operations {
        for (status, response) in context.responses(operation) {
            if is_bodiless(operation.method, status)
                && is_status(status)
                && response.entries("content").next().is_some()
            {
                report.key(
                    &response.at("content"),
                    format!("{} answers {status} with a body, which HTTP does not send", operation.title()),
                    "remove `content`, or answer with another status",
                );
            }
        }
    }
}

fn request_bodiless(context: &Context<'_>, report: &mut Report<'_>) {
    for operation in &context.operations {
        if matches!(operation.method, "get" | "head" | "trace") && operation.node.has("requestBody") {
            report.key(
                &operation.node.at("requestBody"),
                format!("a body of {} has no meaning in HTTP, and proxies drop it", operation.method.to_uppercase()),
                "send parameters in the query, or use POST",
            );
        }
    }
}

fn callbacks(context: &Context<'_>, report: &mut Report<'_>) {
    for operation in context.operations.iter().filter(|operation| operation.node.has("callbacks")) {
        report.key(
            &operation.node.at("callbacks"),
            "nothing is generated for callbacks",
            "describe them in words, or in a document of the party that is called",
        );
    }
}

fn servers(context: &Context<'_>, report: &mut Report<'_>) {
    for node in context.nodes(Kind::Operation).iter().chain(context.nodes(Kind::PathItem)) {
        if node.has("servers") {
            report.key(
                &node.at("servers"),
                "the generated client sends all operations to one server",
                "move these operations to a document of their own",
            );
        }
    }
}

fn links(context: &Context<'_>, report: &mut Report<'_>) {
    for node in context.nodes(Kind::Response).iter().filter(|node| node.has("links")) {
        report.key(&node.at("links"), "links between operations are not read", "say it in the description");
    }
}
