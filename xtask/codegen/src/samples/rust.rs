//! A program in Rust with the generated client.

use crate::model::{In, SchemeKind};
use crate::sdk::sample::{CRATE, Samples};
use crate::sdk::shape::{Argument, Shape, Type};

use super::literal::Syntax;
use super::request::{self, Request};

const RUST: Syntax = Syntax { words: ["null", "true", "false"], key: |name| format!("{name:?}"), variable, step: 4 };

/// Stands for a body that no builder takes, while the rest is formatted.
const JSON: &str = "JSON_OF_THE_BODY";

/// The program, formatted.
///
/// # Errors
/// It is no Rust.
pub(super) fn program(values: &Samples<'_>, shape: &Shape<'_>, request: &Request<'_>) -> syn::Result<String> {
    let (mut imports, mut body, mut json) = (format!("use {CRATE}::Client;"), String::new(), None);
    let mut arguments: Vec<String> = shape
        .arguments
        .iter()
        .filter(|argument| argument.is_required())
        .map(|argument| value(values, request, argument))
        .collect();
    if let (Some(sent), Some(example)) = (shape.body, &request.body) {
        imports = format!("use {CRATE}::{{Client, types}};");
        let schema = sent.content.schema().unwrap_or_default();
        body = match values.built(schema, example) {
            Some(built) => format!("let body = {built};\n"),
            None => {
                json = Some(RUST.literal(example, 4));
                let ty = crate::names::ident_pascal(schema);
                format!("let json = {JSON};\nlet body: types::{ty} = {CRATE}::serde_json::from_value(json)?;\n")
            }
        };
        arguments.push("body".to_owned());
    }
    let credentials: String = request.schemes.iter().map(|scheme| credential(scheme)).collect();
    let (method, server) = (&shape.public, variable(&request::server()));
    let text = format!(
        "{imports}\n\n\
         #[tokio::main]\nasync fn main() -> Result<(), Box<dyn std::error::Error>> {{\n\
         let client = Client::builder({server}){credentials}.build()?;\n{body}\
         let answer = match client.{method}({}).await {{\n\
         Ok(answer) => answer,\nErr(error) => {{ eprintln!(\"{{error}}: {{:?}}\", error.operation_error()); std::process::exit(1); }}\n}};\n\
         {}Ok(())\n}}\n\n\
         /// A variable of the environment that has to be there.\n\
         fn variable(name: &str) -> Result<String, String> {{\n\
         std::env::var(name).map_err(|_| format!(\"{{name}} is not set\"))\n}}\n",
        arguments.join(", "),
        printed(request),
    );
    let formatted = spaced(&prettyplease::unparse(&syn::parse_str(&text)?));
    Ok(match json {
        Some(json) => formatted.replace(JSON, &format!("{CRATE}::serde_json::json!({json})")),
        None => formatted,
    })
}

/// The statements that print an answer.
fn printed(request: &Request<'_>) -> String {
    let mut text = String::new();
    if request.is_answered_with_body() {
        text += &format!("let json = {CRATE}::serde_json::to_string_pretty(&*answer)?;\n");
        text += "println!(\"{} {json}\", answer.status());\n";
    } else {
        text += "println!(\"{}\", answer.status());\n";
    }
    for name in request.answer_headers() {
        text += &format!("println!(\"{name}: {{:?}}\", answer.headers().get({name:?}));\n");
    }
    text
}

/// Blank lines, which the formatter leaves out.
fn spaced(text: &str) -> String {
    ["#[tokio::main]", "/// A variable", "    let body = ", "    let json = JSON_OF_THE_BODY", "    let answer"]
        .iter()
        .fold(text.to_owned(), |text, before| text.replace(&format!("\n{before}"), &format!("\n\n{before}")))
}

/// A setter of the client's builder.
fn credential(scheme: &crate::model::Scheme) -> String {
    let (method, name) = (crate::sdk::credential_setter(&scheme.name), request::credential(scheme));
    match scheme.kind {
        SchemeKind::Bearer | SchemeKind::Header(_) => format!(".{method}({})", variable(&name)),
        SchemeKind::Basic => {
            let [name, secret] = request::halves(scheme);
            format!(".{method}({}, {})", variable(&name), variable(&secret))
        }
    }
}

fn value(values: &Samples<'_>, request: &Request<'_>, argument: &Argument<'_>) -> String {
    if argument.parameter.location != In::Path {
        return values.value(argument);
    }
    let held = variable(&request::path_variable(&request.operation.path, &argument.parameter.name));
    match argument.kind {
        Type::String => held,
        Type::Other(_) => format!("{held}.parse()?"),
    }
}

fn variable(name: &str) -> String {
    format!("variable({name:?})?")
}
