//! Bodies, answers and their headers. A body whose schema is written in place gets a name, so that it has a Rust type.

use serde_json::{Value, json};

use super::{Node, Reader};
use crate::model::{Body, Content, Header, Payload, Response, Schema, Status, essence};
use crate::{names, schema};

/// Names that would hide Rust's own inside the module of types.
pub(super) const RESERVED: [&str; 13] =
    ["Box", "Err", "None", "Null", "Ok", "Option", "Result", "Self", "Some", "String", "Value", "Vec", "X"];

impl<'a> Reader<'a> {
    pub(super) fn body(&mut self, id: &str, node: Node<'a>) -> Option<Body> {
        let node = self.resolve(node)?;
        let contents = self.contents(&node, &format!("{id}_body"), true);
        if contents.is_empty() {
            self.refuse(
                &node.pointer,
                "body-content",
                format!("the request body of `{id}` has no media type"),
                "add `content:` with one",
            );
            return None;
        }
        Some(Body { required: node.flag("required") == Some(true), contents, pointer: node.pointer })
    }

    pub(super) fn responses(&mut self, id: &str, node: &Node<'a>) -> Vec<Response> {
        let mut responses: Vec<Response> = Vec::new();
        for (key, entry) in node.children("responses") {
            if key.starts_with("x-") {
                continue;
            }
            let Some(status) = Status::parse(key) else {
                self.refuse(
                    &entry.pointer,
                    "response-status",
                    format!("`{key}` of `{id}` is not a status"),
                    "write a status such as 404, a range such as 4XX, or `default`",
                );
                continue;
            };
            let component = entry
                .value
                .get("$ref")
                .and_then(Value::as_str)
                .and_then(|reference| reference.strip_prefix("#/components/responses/"))
                .map(str::to_owned);
            if let Some(entry) = self.resolve(entry) {
                let hint = match (&component, status) {
                    (Some(component), _) => format!("{component}_response"),
                    (None, Status::Exact(200..300)) => format!("{id}_response"),
                    (None, other) => format!("{id}_{other}_response"),
                };
                responses.push(self.response(status, component, &entry, &hint));
            }
        }
        if responses.is_empty() {
            self.refuse(
                &node.pointer,
                "response-missing",
                format!("`{id}` has no answer"),
                "declare at least one response",
            );
        }
        responses.sort_by_key(|response| response.status);
        responses
    }

    fn response(&mut self, status: Status, component: Option<String>, node: &Node<'a>, hint: &str) -> Response {
        let mut headers = Vec::new();
        for (name, header) in node.children("headers") {
            // OpenAPI: a header of this name shall be ignored, the media type says it.
            if !name.eq_ignore_ascii_case("content-type") {
                headers.extend(self.header(name, header));
            }
        }
        Response {
            status,
            description: node.text("description"),
            contents: self.contents(node, hint, false),
            headers,
            is_foreign: !node.text("x-sent-by").is_empty(),
            component,
            pointer: node.pointer.clone(),
        }
    }

    fn header(&mut self, name: &str, node: Node<'a>) -> Option<Header> {
        let node = self.resolve(node)?;
        let Some(written) = node.child("schema") else {
            self.refuse(
                &node.pointer,
                "parameter-schema",
                format!("header `{name}` has no schema"),
                "add `schema:`; a header with `content:` is not supported",
            );
            return None;
        };
        let reference = schema::reference(written.value).map(str::to_owned);
        let schema = self.resolve(written)?;
        Some(Header {
            name: name.to_owned(),
            required: node.flag("required") == Some(true),
            description: node.text("description"),
            schema: schema.value.clone(),
            reference,
            pointer: node.pointer,
        })
    }

    fn contents(&mut self, node: &Node<'a>, hint: &str, is_request: bool) -> Vec<Content> {
        let mut contents = Vec::new();
        for (media_type, media) in node.children("content") {
            let written = media.child("schema");
            let essence = essence(media_type);
            let any = matches!(essence.as_str(), "*/*" | "application/*");
            let is_json = matches!(essence.as_str(), "application/json" | "text/json") || essence.ends_with("+json");
            // Some frameworks write `*/*` for what they send as JSON.
            let is_json = is_json || (any && written.as_ref().is_some_and(|schema| is_structured(schema.value)));
            let payload = match essence.as_str() {
                _ if is_json => Payload::Json(self.named(written, hint, &media.pointer)),
                "application/x-www-form-urlencoded" if is_request => {
                    Payload::Form(self.named(written, hint, &media.pointer))
                }
                "multipart/form-data" if is_request => Payload::Multipart,
                _ => Payload::Raw,
            };
            let media_type = if is_json && any { "application/json" } else { media_type };
            contents.push(Content { media_type: media_type.to_owned(), payload, pointer: media.pointer });
        }
        contents
    }

    /// The component that a schema refers to, or the name that its schema gets.
    fn named(&mut self, written: Option<Node<'a>>, hint: &str, pointer: &str) -> String {
        let (value, pointer) = match written {
            Some(node) => match schema::reference(node.value) {
                Some(name) => return name.to_owned(),
                None => (node.value.clone(), node.pointer),
            },
            None => (json!({}), pointer.to_owned()),
        };
        let title = value.get("title").and_then(Value::as_str).map(names::pascal);
        let base = match title {
            Some(title) if RESERVED.contains(&title.as_str()) || schema::is_primitive_name(&title) => {
                format!("{title}Body")
            }
            Some(title) => title,
            None => names::pascal(hint),
        };
        let known = |name: &str| self.lifted.iter().any(|schema| schema.name == name && schema.value == value);
        let mut candidates = std::iter::once(base.clone()).chain((2..).map(|number| format!("{base}{number}")));
        let name = candidates.find(|name| known(name) || !self.taken.contains_key(name)).unwrap_or(base);
        if !known(&name) {
            self.taken.insert(name.clone(), name.clone());
            self.lifted.push(Schema { name: name.clone(), value, typed: Value::Null, pointer, inline: true });
        }
        name
    }
}

/// Whether a schema describes a JSON object or array rather than text.
fn is_structured(schema: &Value) -> bool {
    schema.get("$ref").is_some() || matches!(schema["type"].as_str(), Some("object" | "array"))
}
