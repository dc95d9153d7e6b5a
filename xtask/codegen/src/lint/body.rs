//! Bodies: media types and what each of them demands of its schema.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::context::Context;
use super::grammar::Kind;
use super::walk::Node;
use super::{Report, Rule};

pub(super) const RULES: &[Rule] = &[
    Rule::error("body-content", "a request body has a media type", content),
    Rule::error("media-type", "a media type is `type/subtype` with parameters", media_type),
    Rule::error("media-type-duplicate", "a body names each media type once", duplicate),
    Rule::error("form-schema", "a form is an object", form),
    Rule::warning(
        "form-member",
        "a member of a form is a scalar or a list of them: the client sends nothing else",
        form_members,
    ),
    Rule::error("media-encoding", "the parts of a url-encoded form have no encoding of their own", encoding),
];

/// The media type without parameters, lower case.
pub(super) fn essence(media_type: &str) -> String {
    media_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase()
}

/// Pointers of the schemas of a body or an answer.
pub(super) fn schema_pointers(context: &Context<'_>, holder: &Node<'_>) -> BTreeSet<String> {
    let media = holder.entries("content").filter(|(_, media, _)| media.get("schema").is_some());
    let pointers = media.map(|(_, _, pointer)| format!("{pointer}/schema"));
    pointers.filter(|pointer| context.document.value.pointer(pointer).is_some()).collect()
}

/// Request bodies and answers.
fn holders<'a, 'b>(context: &'b Context<'a>) -> impl Iterator<Item = &'b Node<'a>> {
    context.nodes(Kind::RequestBody).iter().chain(context.nodes(Kind::Response))
}

fn content(context: &Context<'_>, report: &mut Report<'_>) {
    for node in context.nodes(Kind::RequestBody) {
        if node.get("content").and_then(Value::as_object).is_some_and(serde_json::Map::is_empty) {
            report.key(&node.at("content"), "a request body without a media type", "add one, such as application/json");
        }
    }
}

fn is_media_type(text: &str) -> bool {
    let token = |text: &str| {
        !text.is_empty() && text.chars().all(|c| c.is_ascii_alphanumeric() || "!#$%&'*+-.^_`|~".contains(c))
    };
    let mut parts = text.split(';').map(str::trim);
    let kind = parts.next().and_then(|kind| kind.split_once('/'));
    kind.is_some_and(|(left, right)| token(left) && token(right))
        && parts.all(|part| part.split_once('=').is_some_and(|(name, value)| token(name) && !value.is_empty()))
        && text.is_ascii()
        && !text.chars().any(char::is_control)
}

fn media_type(context: &Context<'_>, report: &mut Report<'_>) {
    for node in holders(context) {
        for (name, _, pointer) in node.entries("content").filter(|(name, ..)| !is_media_type(name)) {
            report.key(&pointer, format!("`{name}` is no media type"), "write one such as application/json");
        }
    }
}

fn duplicate(context: &Context<'_>, report: &mut Report<'_>) {
    for node in holders(context) {
        let mut seen: BTreeMap<String, &str> = BTreeMap::new();
        for (name, _, pointer) in node.entries("content") {
            if let Some(other) = seen.insert(essence(name), name) {
                report.key(&pointer, format!("`{name}` and `{other}` are one media type"), "remove one of the two");
            }
        }
    }
}

fn form(context: &Context<'_>, report: &mut Report<'_>) {
    for (name, pointer, schema) in forms(context) {
        if schema.as_ref().is_none_or(|schema| context.type_of(schema) != Some("object")) {
            let fix = "write an object, or another media type";
            report.key(&pointer, format!("the schema of `{name}` is no object"), fix);
        }
    }
}

fn form_members(context: &Context<'_>, report: &mut Report<'_>) {
    for (_, _, schema) in forms(context) {
        for (member, pointer) in schema.into_iter().flat_map(|schema| nested(context, &schema)) {
            let fix = "write one member for each, or another media type";
            report.key(&pointer, format!("`{member}` holds objects or lists of lists, which a form cannot"), fix);
        }
    }
}

/// Each form with its place and its schema.
fn forms<'a>(context: &Context<'a>) -> Vec<(&'a str, String, Option<Node<'a>>)> {
    let mut found = Vec::new();
    for node in context.nodes(Kind::RequestBody) {
        for (name, media, pointer) in node.entries("content") {
            if essence(name) == "application/x-www-form-urlencoded"
                && let Some(media) = context.node(media, &pointer, "content")
            {
                found.push((name, pointer, context.schema_at(&media, "schema")));
            }
        }
    }
    found
}

/// Members that have no place in a form: it holds texts, some of them under one name.
fn nested<'a>(context: &Context<'a>, schema: &Node<'a>) -> Vec<(String, String)> {
    let is_nested = |member: &Node<'a>| match context.type_of(member) {
        Some("object") => true,
        Some("array") => context
            .schema_at(member, "items")
            .is_some_and(|items| matches!(context.type_of(&items), Some("array" | "object"))),
        _ => false,
    };
    let members = schema.entries("properties").filter_map(|(name, value, pointer)| {
        let member = context.node(value, &pointer, "properties")?;
        is_nested(&member).then(|| (name.to_owned(), pointer))
    });
    members.collect()
}

fn encoding(context: &Context<'_>, report: &mut Report<'_>) {
    // Parts of `multipart` are written and read by hand.
    let is_form = |node: &&Node<'_>| !essence(&node.name()).starts_with("multipart/");
    for node in context.nodes(Kind::MediaType).iter().filter(|node| node.has("encoding")).filter(is_form) {
        report.key(&node.at("encoding"), "`encoding` is not supported", "remove it; the defaults of OpenAPI apply");
    }
}
