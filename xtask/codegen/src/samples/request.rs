//! What a program sends, before any language: where each part comes from.

use serde_json::Value;

use crate::load::Document;
use crate::model::{Model, Operation, Scheme};
use crate::names;
use crate::sdk::sample::Samples;
use crate::sdk::shape::Shape;
use crate::secret::is_secret;

use super::PREFIX;

/// One request.
pub(super) struct Request<'a> {
    pub(super) operation: &'a Operation,
    /// The schemes whose credentials are sent.
    pub(super) schemes: Vec<&'a Scheme>,
    /// The body's example; a secret in it is `${NAME}`, as a shell writes a variable.
    pub(super) body: Option<Value>,
    /// The operation takes a key by which a repetition is known.
    pub(super) is_keyed: bool,
}

/// A part of a path.
pub(super) enum Piece<'a> {
    /// As it is.
    Text(&'a str),
    /// What the variable holds, percent-encoded.
    Variable(String),
}

impl<'a> Request<'a> {
    pub(super) fn of(values: &Samples<'_>, model: &'a Model, shape: &Shape<'a>) -> Self {
        let operation = shape.operation;
        let wanted = operation.security.first().map_or(&[][..], Vec::as_slice);
        let scheme = |name: &String| model.schemes.iter().find(|scheme| scheme.name == *name);
        let body = shape.body.and_then(|sent| {
            let name = sent.content.schema()?;
            let schema = model.schema(name)?;
            let mut example = values.example(sent.content, name)?.clone();
            veil(values.document, &schema.value, name, &mut example);
            Some(example)
        });
        Self {
            operation,
            schemes: wanted.iter().filter_map(scheme).collect(),
            body,
            is_keyed: operation.parameters.iter().any(crate::sdk::is_idempotency_key),
        }
    }

    /// The path, in pieces.
    pub(super) fn path(&self) -> Vec<Piece<'a>> {
        let mut pieces = Vec::new();
        let mut rest = self.operation.path.as_str();
        while let Some((before, name, after)) = next_parameter(rest) {
            pieces.push(Piece::Text(before));
            pieces.push(Piece::Variable(path_variable(&self.operation.path, name)));
            rest = after;
        }
        if !rest.is_empty() {
            pieces.push(Piece::Text(rest));
        }
        pieces
    }

    /// Headers that the answer to a success has, where they say more than the body.
    pub(super) fn answer_headers(&self) -> Vec<String> {
        let headers = self.operation.success().into_iter().flat_map(|success| &success.headers);
        headers.filter(|header| header.required).map(|header| header.name.to_lowercase()).collect()
    }

    /// Whether the answer to a success has a body.
    pub(super) fn is_answered_with_body(&self) -> bool {
        self.operation.success().is_some_and(|success| !success.contents.is_empty())
    }
}

fn next_parameter(path: &str) -> Option<(&str, &str, &str)> {
    let (before, rest) = path.split_once('{')?;
    let (name, after) = rest.split_once('}')?;
    Some((before, name, after))
}

/// The variable that says which server.
pub(super) fn server() -> String {
    format!("{PREFIX}_SERVER")
}

/// The variable that holds the credential of a scheme.
pub(super) fn credential(scheme: &Scheme) -> String {
    format!("{PREFIX}_{}", shouted(&scheme.name))
}

/// The variables that hold the two halves of a credential of HTTP basic authentication.
pub(super) fn halves(scheme: &Scheme) -> [String; 2] {
    ["NAME", "SECRET"].map(|half| format!("{}_{half}", credential(scheme)))
}

/// The variable of a place in a path. A bare `id` says too little: it gets the name of what it is an id of.
pub(super) fn path_variable(path: &str, name: &str) -> String {
    let before = path.split_once(&format!("/{{{name}}}")).map_or("", |(before, _)| before);
    match before.rsplit('/').next() {
        Some(things) if name == "id" && !things.is_empty() => {
            format!("{}_ID", shouted(things.strip_suffix('s').unwrap_or(things)))
        }
        _ => shouted(name),
    }
}

fn shouted(name: &str) -> String {
    names::snake(name).to_uppercase()
}

/// Puts variables in the place of secrets; `name` is what holds the value.
fn veil(document: &Document, schema: &Value, name: &str, value: &mut Value) {
    let target = schema.get("$ref").and_then(Value::as_str).and_then(|target| target.strip_prefix('#'));
    let resolved = target.and_then(|pointer| document.value.pointer(pointer)).unwrap_or(schema);
    let hides = |schema: &Value| schema.as_object().is_some_and(is_secret);
    match value {
        Value::String(text) if hides(schema) || hides(resolved) => *text = format!("${{{}}}", shouted(name)),
        Value::Object(members) => {
            for (name, value) in members {
                if let Some(schema) = resolved.pointer("/properties").and_then(|properties| properties.get(name)) {
                    veil(document, schema, name, value);
                }
            }
        }
        Value::Array(items) => {
            let schema = resolved.get("items").unwrap_or(&Value::Null);
            items.iter_mut().for_each(|item| veil(document, schema, name, item));
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bare_id_is_named_after_its_things() {
        assert_eq!(path_variable("/imports/{id}", "id"), "IMPORT_ID");
        assert_eq!(path_variable("/v1/organizations/{organizationId}/members", "organizationId"), "ORGANIZATION_ID");
        assert_eq!(path_variable("/users/{email}", "email"), "EMAIL");
    }
}
