//! A command of curl.

use serde_json::Value;

use super::request::{self, Piece, Request};
use crate::model::SchemeKind;
use crate::sdk::sample::variable;

/// The command. Status and headers are printed with the body, and an error answer makes curl fail.
pub(super) fn command(request: &Request<'_>) -> String {
    let mut words = vec!["curl --include --fail-with-body".to_owned()];
    if request.operation.method != "GET" {
        words[0] += &format!(" --request {}", request.operation.method);
    }
    words[0] += &format!(" \"{}\"", url(request));
    for scheme in &request.schemes {
        let held = format!("${}", request::credential(scheme));
        words.push(match &scheme.kind {
            SchemeKind::Bearer => format!("--header \"Authorization: Bearer {held}\""),
            SchemeKind::Basic => {
                let [name, secret] = request::halves(scheme);
                format!("--user \"${name}:${secret}\"")
            }
            SchemeKind::Header(name) => format!("--header \"{name}: {held}\""),
        });
    }
    let Some(body) = &request.body else { return words.join(" \\\n  ") + "\n" };
    words.push("--header \"Content-Type: application/json\"".to_owned());
    let (mark, text) = document(body);
    words.push(format!("--data @- <<{mark}"));
    format!("{}\n{text}\nEOF\n", words.join(" \\\n  "))
}

fn url(request: &Request<'_>) -> String {
    let pieces = request.path().into_iter().map(|piece| match piece {
        Piece::Text(text) => text.to_owned(),
        Piece::Variable(name) => format!("${name}"),
    });
    format!("${}{}", request::server(), pieces.collect::<String>())
}

/// A body between two marks; the shell fills it in only where it has to.
fn document(body: &Value) -> (&'static str, String) {
    let text = serde_json::to_string_pretty(body).unwrap_or_default();
    if !holds_variable(body) {
        return ("'EOF'", text);
    }
    let lines = text.lines().map(|line| match line.split_once("\"${") {
        Some(_) => line.to_owned(),
        None => line.replace('\\', "\\\\").replace('$', "\\$").replace('`', "\\`"),
    });
    ("EOF", lines.collect::<Vec<_>>().join("\n"))
}

fn holds_variable(value: &Value) -> bool {
    match value {
        Value::String(text) => variable(text).is_some(),
        Value::Array(items) => items.iter().any(holds_variable),
        Value::Object(members) => members.values().any(holds_variable),
        _ => false,
    }
}
