//! A program that calls one operation with the values of the document's own examples: part of the documentation of each
//! method, and compiled with it.
//!
//! It names the client's crate [`CRATE`]; whoever knows the real name puts it in its place.

use serde_json::Value;

use super::shape::{Argument, Shape, Type, ident};
use crate::load::Document;
use crate::model::{Content, Parameter};
use crate::names;
use crate::schema::reference;

/// Stands for the name of the client's crate.
pub const CRATE: &str = "client_crate";

/// The documents that a sample is made of.
pub(crate) struct Samples<'a> {
    pub(crate) document: &'a Document,
    /// As progenitor is fed: it decides which types have builders.
    pub(crate) lowered: &'a Value,
}

/// The name in a text of the form `${NAME}`: a program takes the value from its environment.
pub(crate) fn variable(text: &str) -> Option<&str> {
    text.strip_prefix("${")?.strip_suffix('}')
}

impl Samples<'_> {
    /// A fenced block for a doc comment; `receiver` is what the method is called on, `method` its name.
    pub(super) fn fenced(&self, shape: &Shape<'_>, receiver: &str, method: &str) -> String {
        self.fenced_with(shape, receiver, method, "", shape.deprecated)
    }

    /// The same call with one of the parameters that may be left out.
    pub(super) fn fenced_setter(&self, shape: &Shape<'_>, argument: &Argument<'_>) -> String {
        let option = format!(".{}({})", argument.setter(), self.value(argument));
        let deprecated = shape.deprecated || argument.deprecated;
        self.fenced_with(shape, "client", &shape.public.to_string(), &option, deprecated)
    }

    fn fenced_with(&self, shape: &Shape<'_>, receiver: &str, method: &str, option: &str, deprecated: bool) -> String {
        let mut arguments: Vec<String> = shape
            .arguments
            .iter()
            .filter(|argument| argument.is_required())
            .map(|argument| self.value(argument))
            .collect();
        let mut body = String::new();
        if let Some(sent) = shape.body.filter(|body| !body.is_optional()) {
            body = format!("let body = {};\n", self.body(sent.content));
            arguments.push("body".to_owned());
        }
        let types = if body.contains("types::") { format!("use {CRATE}::types;\n\n") } else { String::new() };
        let call = format!("let answer = {receiver}.{method}({}){option}.await?;", arguments.join(", "));
        let allow = if deprecated { "# #[allow(deprecated)]\n" } else { "" };
        format!(
            "```no_run\n{allow}# async fn run(client: {CRATE}::Client) -> Result<(), Box<dyn std::error::Error>> {{\n\
             {types}{body}{call}\nprintln!(\"{{}}\", answer.status());\n# Ok(())\n# }}\n```"
        )
    }

    /// A parameter's example, or a value that has its type.
    pub(crate) fn value(&self, argument: &Argument<'_>) -> String {
        let parameter = argument.parameter;
        let given = self.document.value.pointer(&parameter.pointer);
        let example = given
            .and_then(|given| given.get("example").or_else(|| first(given.get("examples")?)))
            .or_else(|| parameter.schema.get("example"));
        if let (Type::Other(_), Some(_)) = (&argument.kind, &parameter.reference) {
            // What a named type is made of differs; it can always be read.
            return from_text(&example.cloned().unwrap_or_else(|| any(parameter)).to_string());
        }
        match (&argument.kind, example) {
            (Type::String, Some(Value::String(text))) => format!("{text:?}"),
            (Type::String, _) => format!("{:?}", format!("the-{}", argument.name)),
            (Type::Other(_), Some(value @ (Value::Number(_) | Value::Bool(_)))) => value.to_string(),
            (Type::Other(_), Some(value)) => from_text(&value.to_string()),
            (Type::Other(_), None) => match parameter.schema.get("type").and_then(Value::as_str) {
                Some("integer") => "1".to_owned(),
                Some("number") => "1.0".to_owned(),
                Some("boolean") => "true".to_owned(),
                _ => {
                    from_text(&parameter.schema.get("enum").map_or(Value::Null, |values| values[0].clone()).to_string())
                }
            },
        }
    }

    fn body(&self, content: &Content) -> String {
        let Some(schema) = content.schema() else { return "\"the bytes of the body\"".to_owned() };
        let example = self.example(content, schema);
        let built = example.and_then(|example| self.built(schema, example));
        built.unwrap_or_else(|| {
            let text = serde_json::to_string_pretty(example.unwrap_or(&Value::Null)).unwrap_or_default();
            let ty = names::ident_pascal(schema);
            format!("{CRATE}::serde_json::from_str::<types::{ty}>(\n    r#\"{text}\"#,\n)?")
        })
    }

    pub(crate) fn example(&self, content: &Content, schema: &str) -> Option<&Value> {
        let given = self.document.value.pointer(&content.pointer)?;
        let resolve = |value| self.resolve(value);
        let own = given.get("example").or_else(|| resolve(first_entry(given.get("examples")?)?).get("value"));
        own.or_else(|| self.document.value.pointer(&format!("/components/schemas/{schema}/example")))
    }

    fn resolve<'a>(&'a self, value: &'a Value) -> &'a Value {
        let target = value.get("$ref").and_then(Value::as_str).and_then(|target| target.strip_prefix('#'));
        target.and_then(|pointer| self.document.value.pointer(pointer)).unwrap_or(value)
    }

    /// The example by the type's builder; none if the type has none, or a member is more than a builder takes as it is.
    pub(crate) fn built(&self, schema: &str, example: &Value) -> Option<String> {
        let lowered = self.lowered.pointer(&format!("/components/schemas/{schema}"))?;
        let is_struct = ["oneOf", "anyOf", "allOf"].iter().all(|keyword| lowered.get(keyword).is_none());
        let properties = lowered.get("properties").filter(|_| is_struct)?;
        let mut text = format!("types::{}::builder()", names::ident_pascal(schema));
        for (name, value) in example.as_object()? {
            let setter = ident(names::snake(name));
            text += &format!("\n    .{setter}({})", self.member(properties.get(name)?, value)?);
        }
        Some(text)
    }

    fn member(&self, schema: &Value, value: &Value) -> Option<String> {
        if let Some(name) = reference(schema) {
            let target = self.lowered.pointer(&format!("/components/schemas/{name}"))?;
            return match value {
                Value::Object(_) => self.built(name, value).filter(|_| target.get("properties").is_some()),
                _ => self.member(target, value),
            };
        }
        match (value, schema.get("type").and_then(Value::as_str), schema.get("format").and_then(Value::as_str)) {
            (Value::String(text), Some("string"), Some("date-time")) => {
                Some(format!("{text:?}.parse::<{CRATE}::chrono::DateTime<{CRATE}::chrono::Utc>>()?"))
            }
            (Value::String(text), Some("string"), Some("uuid")) => {
                Some(format!("{text:?}.parse::<{CRATE}::uuid::Uuid>()?"))
            }
            (Value::String(text), Some("string"), None | Some("email" | "uri" | "password")) => {
                Some(variable(text).map_or_else(|| format!("{text:?}"), |name| format!("variable({name:?})?")))
            }
            (Value::Bool(flag), Some("boolean"), _) => Some(flag.to_string()),
            (Value::Number(number), Some("integer"), _) if schema.get("minimum").is_none() => Some(number.to_string()),
            _ => None,
        }
    }
}

/// A value of the schema's type.
fn any(parameter: &Parameter) -> Value {
    let listed = parameter.schema.get("enum").map(|values| values[0].clone());
    listed.unwrap_or_else(|| match parameter.schema.get("type").and_then(Value::as_str) {
        Some("integer" | "number") => 1.into(),
        Some("boolean") => true.into(),
        _ => format!("the-{}", parameter.name).into(),
    })
}

/// The value of the first of several examples.
fn first(examples: &Value) -> Option<&Value> {
    first_entry(examples)?.get("value")
}

fn first_entry(examples: &Value) -> Option<&Value> {
    examples.as_object()?.values().next()
}

/// A value of any type that JSON can give.
fn from_text(json: &str) -> String {
    format!("{CRATE}::serde_json::from_str(r#\"{json}\"#)?")
}
