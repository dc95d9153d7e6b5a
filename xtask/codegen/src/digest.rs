//! `operations.txt`: the whole API on one screen, for reviewers of a change.

use std::fmt::Write;

use crate::load::Document;
use crate::model::{Content, In, Model, Operation};

/// One block an operation, columns aligned.
#[must_use]
pub fn operations(document: &Document, model: &Model) -> String {
    let mut out = format!("{} {}, {} operations\n", model.title, model.version, model.operations.len());
    let mut operations: Vec<&Operation> = model.operations.iter().collect();
    operations.sort_by_key(|operation| (operation.tags.first().cloned(), operation.id.clone()));
    let mut tag = "";
    for operation in operations {
        let own = operation.tags.first().map_or("untagged", String::as_str);
        if own != tag {
            tag = own;
            let _ = write!(out, "\n[{tag}]\n");
        }
        let who = operation.access.as_ref().map_or("-", |access| access.who.as_str());
        let _ = writeln!(out, "{:<38} {:<6} {}", operation.wire_id, operation.method, operation.path);
        let _ = writeln!(out, "    access   {who} ({})", security(operation));
        let _ = writeln!(out, "    request  {}", request(operation));
        let _ = writeln!(out, "    answers  {}", answers(operation));
        let _ = writeln!(out, "    at       {}", document.provenance(&operation.pointer));
    }
    out
}

fn security(operation: &Operation) -> String {
    if operation.security.is_empty() {
        return "no credential".to_owned();
    }
    operation.security.iter().map(|alternative| alternative.join(" AND ")).collect::<Vec<_>>().join(" OR ")
}

fn request(operation: &Operation) -> String {
    let mut parts: Vec<String> = operation
        .parameters
        .iter()
        .map(|parameter| {
            let place = match parameter.location {
                In::Path => "path",
                In::Query => "query",
                In::Header => "header",
            };
            format!("{place}:{}{}", parameter.name, if parameter.required { "" } else { "?" })
        })
        .collect();
    let optional = operation.body.as_ref().map_or("", |body| if body.required { "" } else { "?" });
    let contents = operation.body.iter().flat_map(|body| &body.contents);
    parts.extend(contents.map(|content| format!("{}{optional}", name(content))));
    if parts.is_empty() { "-".to_owned() } else { parts.join(" ") }
}

fn answers(operation: &Operation) -> String {
    operation
        .responses
        .iter()
        .map(|response| {
            let bodies: Vec<&str> = response.contents.iter().map(name).collect();
            let body = if bodies.is_empty() { "-".to_owned() } else { bodies.join("|") };
            let foreign = if response.is_foreign { " (other servers only)" } else { "" };
            format!("{} {body}{foreign}", response.status)
        })
        .collect::<Vec<_>>()
        .join(", ")
}

/// The schema of a body, or its media type where it has none.
fn name(content: &Content) -> &str {
    content.schema().unwrap_or(&content.media_type)
}
