//! Parameters and headers: where they stand and how they are written.

use serde_json::Value;

use super::context::{Context, same_parameter};
use super::grammar::Kind;
use super::walk::Node;
use super::{Report, Rule, unions};

pub(super) const RULES: &[Rule] = &[
    Rule::error("parameter-location", "a parameter stands in the path, the query or a header", location),
    Rule::error("parameter-duplicate", "an operation names each parameter once", duplicate),
    Rule::error("parameter-schema", "a parameter and a header have a `schema`", schema),
    Rule::error("parameter-style", "a parameter is written in a style that both sides know", style),
    Rule::error("parameter-type", "a parameter is no object and no list of lists, and of one type or any text", kind),
    Rule::warning(
        "parameter-flag",
        "a parameter has no special treatment of reserved characters or empty values",
        flag,
    ),
    Rule::error("header-name", "a header's name is a token of HTTP, and not one that the connection owns", header_name),
    Rule::warning("idempotency-key", "an `Idempotency-Key` may be a UUID, so that the client can make it", key),
    Rule::warning("header-ignored", "headers that HTTP or security owns are not parameters", ignored),
];

fn location(context: &Context<'_>, report: &mut Report<'_>) {
    for node in context.nodes(Kind::Parameter) {
        let Some(place) = node.text("in").filter(|place| !["path", "query", "header"].contains(place)) else {
            continue;
        };
        let name = node.text("name").unwrap_or_default();
        let (message, fix) = match place {
            "cookie" => (format!("cookie parameter `{name}` is not supported"), "send it in a header"),
            _ => (format!("parameter `{name}` stands in `{place}`"), "write path, query or header"),
        };
        report.value(&node.at("in"), message, fix);
    }
}

fn duplicate(context: &Context<'_>, report: &mut Report<'_>) {
    for holder in context.nodes(Kind::Operation).iter().chain(context.nodes(Kind::PathItem)) {
        let base = holder.at("parameters");
        let mut seen: Vec<Node<'_>> = Vec::new();
        for (index, value) in holder.array("parameters").iter().enumerate() {
            let at = format!("{base}/{index}");
            let Some(node) = context.node(value, &at, "parameters") else { continue };
            if seen.iter().any(|other| same_parameter(other, &node)) {
                let name = node.text("name").unwrap_or_default();
                report.key(&at, format!("parameter `{name}` is declared twice"), "remove one of the two");
            } else {
                seen.push(node);
            }
        }
    }
}

/// Parameters and headers.
fn both<'a, 'b>(context: &'b Context<'a>) -> impl Iterator<Item = &'b Node<'a>> {
    context.nodes(Kind::Parameter).iter().chain(context.nodes(Kind::Header))
}

fn schema(context: &Context<'_>, report: &mut Report<'_>) {
    for node in both(context) {
        let name = node.text("name").map_or_else(|| node.name(), str::to_owned);
        if node.has("content") {
            report.key(
                &node.at("content"),
                format!("`{name}` is written in a media type of its own, which is not supported"),
                "write `schema:`, or send the value in the body",
            );
        } else if !node.has("schema") {
            report.key(&node.pointer, format!("`{name}` has no schema"), "add `schema:`");
        }
    }
}

fn style(context: &Context<'_>, report: &mut Report<'_>) {
    for node in both(context) {
        let Some(style) = node.text("style") else { continue };
        let known: &[&str] = match node.text("in") {
            Some("query") => &["form", "spaceDelimited", "pipeDelimited"],
            _ => &["simple"],
        };
        if !known.contains(&style) {
            let fix = format!("write {}", known.join(" or "));
            report.value(&node.at("style"), format!("style `{style}` is not supported here"), &fix);
        }
    }
}

fn kind(context: &Context<'_>, report: &mut Report<'_>) {
    for node in both(context) {
        let Some(schema) = context.schema_at(node, "schema") else { continue };
        let name = node.text("name").map_or_else(|| node.name(), str::to_owned);
        match context.type_of(&schema) {
            Some("object") => report.key(
                &node.at("schema"),
                format!("`{name}` is an object"),
                "write one parameter for each member, or send it in the body",
            ),
            Some("array") => {
                let items = context.schema_at(&schema, "items");
                if matches!(items.and_then(|items| context.type_of(&items)), Some("array" | "object")) {
                    report.key(
                        &node.at("schema"),
                        format!("the items of `{name}` are lists or objects"),
                        "send the value in the body",
                    );
                }
            }
            _ if unions::speaks_of_objects(context, &schema) => report.key(
                &node.at("schema"),
                format!("`{name}` may be an object"),
                "leave the objects out of the choice, or send the value in the body",
            ),
            // The headers of answers are written, not read.
            _ if node.has("in") && unions::mixes_scalars(context, &schema) => report.key(
                &node.at("schema"),
                format!("`{name}` may be of several types, which a text on the wire does not tell apart"),
                "write one type, or let the choice have a branch that takes any text",
            ),
            _ => {}
        }
    }
}

fn flag(context: &Context<'_>, report: &mut Report<'_>) {
    for node in both(context) {
        for key in ["allowReserved", "allowEmptyValue"] {
            if node.flag(key) == Some(true) {
                report.key(
                    &node.at(key),
                    format!("`{key}` has no effect: values are always encoded"),
                    "remove it; an empty value is an empty string",
                );
            }
        }
    }
}

/// The client makes a key for each call, where it can.
fn key(context: &Context<'_>, report: &mut Report<'_>) {
    for node in context.nodes(Kind::Parameter).iter().filter(|node| node.text("in") == Some("header")) {
        let is_key = node.text("name").is_some_and(|name| name.eq_ignore_ascii_case("idempotency-key"));
        let Some(schema) = context.schema_at(node, "schema").filter(|_| is_key) else { continue };
        if !crate::sdk::takes_key(&Value::Object(schema.value.clone())) {
            report.key(
                &node.at("schema"),
                "the client makes no `Idempotency-Key`, because this takes no UUID",
                "write a text of 36 characters, or give a key with each call",
            );
        }
    }
}

/// Headers that belong to the connection or to the message's framing.
const OWNED: [&str; 9] = [
    "connection",
    "content-length",
    "host",
    "keep-alive",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
    "proxy-connection",
];

/// Characters of a token (RFC 9110, section 5.6.2).
fn is_token(name: &str) -> bool {
    !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || "!#$%&'*+-.^_`|~".contains(c))
}

/// Name and place of every header: parameters, headers of answers, API keys.
fn headers(context: &Context<'_>) -> Vec<(String, String)> {
    let mut found = Vec::new();
    for (kind, key) in [(Kind::Parameter, "name"), (Kind::SecurityScheme, "name")] {
        let nodes = context.nodes(kind).iter().filter(|node| node.text("in") == Some("header"));
        found.extend(nodes.filter_map(|node| Some((node.text(key)?.to_owned(), node.at(key)))));
    }
    for node in context.nodes(Kind::Response) {
        found.extend(node.entries("headers").map(|(name, _, pointer)| (name.to_owned(), pointer)));
    }
    found
}

fn header_name(context: &Context<'_>, report: &mut Report<'_>) {
    for (name, pointer) in headers(context) {
        if !is_token(&name) {
            let fix = "use letters, digits and `-`";
            report.value(&pointer, format!("`{name}` cannot be the name of a header"), fix);
        } else if OWNED.contains(&name.to_lowercase().as_str()) {
            report.value(&pointer, format!("header `{name}` belongs to the connection"), "rename the header");
        }
    }
}

/// Header parameters that OpenAPI says shall be ignored.
pub(super) fn is_ignored(node: &Node<'_>) -> bool {
    node.text("in") == Some("header")
        && node
            .get("name")
            .and_then(Value::as_str)
            .is_some_and(|name| ["accept", "authorization", "content-type"].contains(&name.to_lowercase().as_str()))
}

fn ignored(context: &Context<'_>, report: &mut Report<'_>) {
    for node in context.nodes(Kind::Parameter).iter().filter(|node| is_ignored(node)) {
        let name = node.text("name").unwrap_or_default();
        report.value(
            &node.at("name"),
            format!("header parameter `{name}` is ignored, as OpenAPI 3.0 says"),
            "say it with media types (`content`) or with `security`",
        );
    }
    for node in context.nodes(Kind::Response) {
        for (name, _, pointer) in node.entries("headers").filter(|(name, ..)| name.eq_ignore_ascii_case("content-type"))
        {
            let message = format!("header `{name}` is ignored, as OpenAPI 3.0 says");
            report.key(&pointer, message, "say it with media types (`content`)");
        }
    }
}
