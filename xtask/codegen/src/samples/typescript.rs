//! A program in TypeScript with the `fetch` of Node.js.

use crate::model::SchemeKind;

use super::literal::Syntax;
use super::request::{self, Piece, Request};

const TYPESCRIPT: Syntax =
    Syntax { words: ["null", "true", "false"], key, variable: |name| format!("variable({name:?})"), step: 2 };

const VARIABLE: &str = "\
/** A variable of the environment that has to be there. */
function variable(name: string): string {
  const value = process.env[name];
  if (!value) throw new Error(`${name} is not set`);
  return value;
}
";

pub(super) fn program(request: &Request<'_>) -> String {
    let mut text = "import process from \"node:process\";\n\n".to_owned();
    let mut options = Vec::new();
    if request.operation.method != "GET" {
        options.push(format!("method: {:?}", request.operation.method));
    }
    let headers = headers(request);
    if !headers.is_empty() {
        let lines: String = headers.iter().map(|line| format!("    {line},\n")).collect();
        options.push(format!("headers: {{\n{lines}  }}"));
    }
    if let Some(body) = &request.body {
        text += &format!("const body = {};\n\n", TYPESCRIPT.literal(body, 0));
        options.push("body: JSON.stringify(body)".to_owned());
    }
    let url = url(request);
    let options: String = options.iter().map(|option| format!("  {option},\n")).collect();
    let options = if options.is_empty() { options } else { format!(", {{\n{options}}}") };
    text += &format!("const answer = await fetch({url}{options});\n");
    text += "if (!answer.ok) {\n  console.error(answer.status, await answer.text());\n  process.exit(1);\n}\n";
    let mut printed = vec!["answer.status".to_owned()];
    printed.extend(request.answer_headers().iter().map(|name| format!("answer.headers.get({name:?})")));
    if request.is_answered_with_body() {
        printed.push("await answer.text()".to_owned());
    }
    text + &format!("console.log({});\n\n{VARIABLE}", printed.join(", "))
}

fn url(request: &Request<'_>) -> String {
    let pieces = request.path().into_iter().map(|piece| match piece {
        Piece::Text(text) => text.to_owned(),
        Piece::Variable(name) => format!("${{encodeURIComponent(variable({name:?}))}}"),
    });
    format!("`${{variable({:?})}}{}`", request::server(), pieces.collect::<String>())
}

fn headers(request: &Request<'_>) -> Vec<String> {
    let mut lines = Vec::new();
    for scheme in &request.schemes {
        let held = format!("variable({:?})", request::credential(scheme));
        lines.push(match &scheme.kind {
            SchemeKind::Bearer => format!("authorization: `Bearer ${{{held}}}`"),
            SchemeKind::Basic => {
                let [name, secret] = request::halves(scheme);
                let pair = format!("variable({name:?}) + \":\" + variable({secret:?})");
                format!("authorization: `Basic ${{btoa({pair})}}`")
            }
            SchemeKind::Header(name) => format!("{}: {held}", key(&name.to_lowercase())),
        });
    }
    if request.body.is_some() {
        lines.push("\"content-type\": \"application/json\"".to_owned());
    }
    if request.is_keyed {
        lines.push("\"idempotency-key\": crypto.randomUUID()".to_owned());
    }
    lines
}

/// A name as it is where that is one, else quoted.
fn key(name: &str) -> String {
    let is_plain =
        name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_') && !name.starts_with(|c: char| c.is_ascii_digit());
    if is_plain { name.to_owned() } else { format!("{name:?}") }
}
