//! A command of curl.

use serde_json::Value;

use super::python::PYTHON;
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
    if request.is_keyed {
        words.push("--header \"Idempotency-Key: $(python3 -c 'import uuid; print(uuid.uuid4())')\"".to_owned());
    }
    let Some(body) = &request.body else { return words.join(" \\\n  ") + "\n" };
    words.push("--header \"Content-Type: application/json\"".to_owned());
    words.push("--data @-".to_owned());
    let words = words.join(" \\\n  ");
    if holds_variable(body) {
        // The shell would put a value into the JSON as it is, with its quotes and all.
        return format!(
            "python3 - <<'EOF' | {words}\nimport json, os\nprint(json.dumps({}))\nEOF\n",
            PYTHON.literal(body, 0)
        );
    }
    format!("{words} <<'EOF'\n{}\nEOF\n", serde_json::to_string_pretty(body).unwrap_or_default())
}

fn url(request: &Request<'_>) -> String {
    let pieces = request.path().into_iter().map(|piece| match piece {
        Piece::Text(text) => text.to_owned(),
        Piece::Variable(name) => format!("${name}"),
    });
    format!("${}{}", request::server(), pieces.collect::<String>())
}

fn holds_variable(value: &Value) -> bool {
    match value {
        Value::String(text) => variable(text).is_some(),
        Value::Array(items) => items.iter().any(holds_variable),
        Value::Object(members) => members.values().any(holds_variable),
        _ => false,
    }
}
