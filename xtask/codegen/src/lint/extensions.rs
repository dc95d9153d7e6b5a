//! Extensions that the generator reads: a wrong value would have no effect, and nobody would notice.

use serde_json::Value;

use super::context::Context;
use super::grammar::Kind;
use super::walk::Node;
use super::{Report, Rule};

pub(super) const RULES: &[Rule] = &[
    Rule::error("extension-value", "an extension that the generator reads has a value that it knows", value),
    Rule::error("extension-place", "an extension that the generator reads stands where it is read", place),
    Rule::error("extension-conflict", "an operation answers in pages or becomes a websocket, not both", conflict),
];

/// Name, the kinds that may hold it, and what its value must be.
type Extension = (&'static str, &'static [Kind], fn(&Value) -> bool, &'static str);

const EXTENSIONS: [Extension; 6] = [
    ("x-access", &[Kind::Operation], is_access, "`{who: …, rule: …}`, both of them texts"),
    ("x-client", &[Kind::Tag], is_client, "`{}`, or `{server: …}` with the base URL of the vendor's server"),
    (
        "x-max-body-bytes",
        &[Kind::Operation],
        |value| value.as_u64().is_some_and(|bytes| bytes > 0),
        "a number of bytes",
    ),
    (
        "x-pages",
        &[Kind::Operation],
        is_pages,
        "`{parameter: …, items: …, next: …}`: the query parameter that takes a cursor, and the members of the answer with the items and the cursor of the next page",
    ),
    ("x-sensitive", &[Kind::Schema, Kind::Parameter, Kind::Header], Value::is_boolean, "`true` or `false`"),
    ("x-sent-by", &[Kind::Response], |value| value == "vendor" || value == "gateway", "`vendor` or `gateway`"),
];

fn is_access(value: &Value) -> bool {
    let text = |key: &str| value.get(key).and_then(Value::as_str).is_some_and(|text| !text.trim().is_empty());
    text("who") && text("rule")
}

fn is_pages(value: &Value) -> bool {
    let is_text = |key: &str| value.get(key).is_some_and(Value::is_string);
    value.as_object().is_some_and(|pages| pages.len() == 3) && ["parameter", "items", "next"].into_iter().all(is_text)
}

fn is_client(value: &Value) -> bool {
    value.as_object().is_some_and(|client| {
        client.iter().all(|(key, value)| {
            key == "server" && value.as_str().is_some_and(|url| url.starts_with("https://") && !url.ends_with('/'))
        })
    })
}

fn nodes<'a, 'b>(context: &'b Context<'a>) -> impl Iterator<Item = (Kind, &'b Node<'a>)> {
    context.walk.nodes.iter().flat_map(|(kind, nodes)| nodes.iter().map(|node| (*kind, node)))
}

fn value(context: &Context<'_>, report: &mut Report<'_>) {
    for (kind, node) in nodes(context) {
        for (name, kinds, fits, wanted) in EXTENSIONS {
            if let Some(value) = node.get(name).filter(|value| kinds.contains(&kind) && !fits(value)) {
                report.value(&node.at(name), format!("`{name}` is {value}"), &format!("write {wanted}"));
            }
        }
    }
}

fn place(context: &Context<'_>, report: &mut Report<'_>) {
    for (kind, node) in nodes(context) {
        for (name, kinds, ..) in EXTENSIONS {
            if node.has(name) && !kinds.contains(&kind) {
                let (what, _) = super::grammar::words(kind);
                let message = format!("`{name}` has no effect on {what}");
                let places: Vec<&str> = kinds.iter().map(|kind| super::grammar::words(*kind).0).collect();
                report.key(&node.at(name), message, &format!("move it to {}", places.join(" or ")));
            }
        }
    }
}

fn conflict(context: &Context<'_>, report: &mut Report<'_>) {
    for node in context.nodes(Kind::Operation) {
        if node.has("x-dropshot-pagination") && node.has("x-dropshot-websocket") {
            report.key(
                &node.at("x-dropshot-websocket"),
                "an operation cannot answer in pages and become a websocket",
                "remove one of the extensions",
            );
        }
    }
}
