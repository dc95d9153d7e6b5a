//! A program in Python with the package `requests`.

use crate::model::SchemeKind;

use super::literal::Syntax;
use super::request::{self, Piece, Request};

pub(super) const PYTHON: Syntax =
    Syntax { words: ["None", "True", "False"], key: |name| format!("{name:?}"), variable: environment, step: 4 };

pub(super) fn program(request: &Request<'_>) -> String {
    let (url, is_quoted) = url(request);
    let mut arguments = vec![url];
    let headers = headers(request);
    if !headers.is_empty() {
        arguments.push(format!(
            "headers={{\n{}    }}",
            headers.iter().map(|line| format!("        {line},\n")).collect::<String>()
        ));
    }
    for scheme in request.schemes.iter().filter(|scheme| scheme.kind == SchemeKind::Basic) {
        let [name, secret] = request::halves(scheme);
        arguments.push(format!("auth=({}, {})", environment(&name), environment(&secret)));
    }
    if let Some(body) = &request.body {
        arguments.push(format!("json={}", PYTHON.literal(body, 4)));
    }
    arguments.push("timeout=30".to_owned());
    let arguments: String = arguments.iter().map(|argument| format!("    {argument},\n")).collect();
    let mut text = "import os\nimport sys\n".to_owned();
    if is_quoted {
        text += "from urllib.parse import quote\n";
    }
    if request.is_keyed {
        text += "from uuid import uuid4\n";
    }
    let method = request.operation.method.to_lowercase();
    text += &format!("\nimport requests\n\nanswer = requests.{method}(\n{arguments})\n");
    text += "if not answer.ok:\n    sys.exit(f\"{answer.status_code} {answer.text}\")\n";
    let mut printed = vec!["answer.status_code".to_owned()];
    printed.extend(request.answer_headers().iter().map(|name| format!("answer.headers[{name:?}]")));
    if request.is_answered_with_body() {
        printed.push("answer.text".to_owned());
    }
    text + &format!("print({})\n", printed.join(", "))
}

fn environment(name: &str) -> String {
    format!("os.environ[{name:?}]")
}

/// The URL, and whether something in it is percent-encoded.
fn url(request: &Request<'_>) -> (String, bool) {
    let mut is_quoted = false;
    let held = |name: &str| format!("os.environ['{name}']");
    let pieces: String = (request.path().into_iter())
        .map(|piece| match piece {
            Piece::Text(text) => text.to_owned(),
            Piece::Variable(name) => {
                is_quoted = true;
                format!("{{quote({}, safe='')}}", held(&name))
            }
        })
        .collect();
    (format!("f\"{{{}}}{pieces}\"", held(&request::server())), is_quoted)
}

fn headers(request: &Request<'_>) -> Vec<String> {
    let mut lines = Vec::new();
    for scheme in &request.schemes {
        let held = request::credential(scheme);
        match &scheme.kind {
            SchemeKind::Bearer => lines.push(format!("\"Authorization\": f\"Bearer {{os.environ['{held}']}}\"")),
            SchemeKind::Header(name) => lines.push(format!("{name:?}: {}", environment(&held))),
            SchemeKind::Basic => {}
        }
    }
    if request.is_keyed {
        lines.push("\"Idempotency-Key\": str(uuid4())".to_owned());
    }
    lines
}
