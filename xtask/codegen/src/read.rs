//! From a parsed document to the [`Model`]: references are followed, and what the generator cannot take is refused.
//!
//! Every refusal is a [`Problem`] with a rule name and a place; all of them are reported at once.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::diagnostic::{Problem, Problems};
use crate::load::{Document, escape};
use crate::model::{
    Access, Body, Content, Header, In, Model, Operation, Parameter, Response, Schema, Scheme, SchemeKind,
};

/// Body limit of an operation that says nothing itself (`x-max-body-bytes`).
const DEFAULT_MAX_BODY_BYTES: u64 = 65_536;
const METHODS: [&str; 8] = ["get", "put", "post", "delete", "options", "head", "patch", "trace"];

/// Reads the whole model.
///
/// # Errors
/// All problems found, in the order of the document.
pub fn model(document: &Document) -> Result<Model, Problems> {
    let mut reader = Reader { document, problems: Vec::new() };
    let model = reader.model();
    if reader.problems.is_empty() {
        Ok(model)
    } else {
        reader.problems.sort();
        reader.problems.dedup();
        Err(Problems(reader.problems))
    }
}

struct Reader<'a> {
    document: &'a Document,
    problems: Vec<Problem>,
}

/// A node and where it was found.
#[derive(Clone)]
struct Node<'a> {
    value: &'a Value,
    pointer: String,
}

impl<'a> Node<'a> {
    fn child(&self, key: &str) -> Option<Self> {
        let value = self.value.get(key)?;
        Some(Self { value, pointer: format!("{}/{}", self.pointer, escape(key)) })
    }

    fn entries(&self) -> Vec<(&'a str, Self)> {
        let Some(object) = self.value.as_object() else { return Vec::new() };
        object
            .iter()
            .map(|(key, value)| (key.as_str(), Self { value, pointer: format!("{}/{}", self.pointer, escape(key)) }))
            .collect()
    }

    fn items(&self) -> Vec<Self> {
        let Some(array) = self.value.as_array() else { return Vec::new() };
        array
            .iter()
            .enumerate()
            .map(|(index, value)| Self { value, pointer: format!("{}/{index}", self.pointer) })
            .collect()
    }

    fn text(&self, key: &str) -> String {
        self.value.get(key).and_then(Value::as_str).unwrap_or_default().trim().to_owned()
    }
}

impl<'a> Reader<'a> {
    fn refuse(&mut self, pointer: &str, rule: &'static str, message: String, fix: &str) {
        self.problems.push(self.document.problem(pointer, rule, message, fix));
    }

    fn root(&self) -> Node<'a> {
        Node { value: &self.document.value, pointer: String::new() }
    }

    fn component(&self, kind: &str) -> Option<Node<'a>> {
        self.root().child("components").and_then(|components| components.child(kind))
    }

    /// Follows a chain of `$ref`s inside the document.
    fn resolve(&mut self, node: Node<'a>) -> Option<Node<'a>> {
        let mut seen = BTreeSet::new();
        let mut node = node;
        while let Some(reference) = node.value.get("$ref").and_then(Value::as_str) {
            let target = reference.strip_prefix('#').and_then(|pointer| {
                self.document.value.pointer(pointer).map(|value| Node { value, pointer: pointer.to_owned() })
            });
            match target {
                Some(target) if seen.insert(target.pointer.clone()) => node = target,
                Some(_) => {
                    self.refuse(
                        &node.pointer,
                        "ref-cycle",
                        format!("`{reference}` refers to itself"),
                        "break the cycle",
                    );
                    return None;
                }
                None => {
                    self.refuse(
                        &node.pointer,
                        "ref-unresolved",
                        format!("`{reference}` is not in this document"),
                        "define it under `components`, or correct the name",
                    );
                    return None;
                }
            }
        }
        Some(node)
    }

    fn model(&mut self) -> Model {
        let root = self.root();
        let version = root.text("openapi");
        if !version.starts_with("3.0.") {
            self.refuse(
                "/openapi",
                "openapi-version",
                format!("OpenAPI version `{version}` is not supported"),
                "write `openapi: 3.0.3`",
            );
        }
        let info = root.child("info").unwrap_or_else(|| root.clone());
        let schemas = self.schemas();
        let schemes = self.schemes();
        let operations = self.operations(&schemes);
        let tags = root.child("tags").map(|tags| tags.items()).unwrap_or_default();
        let tags = tags.iter().map(|tag| (tag.text("name"), tag.text("description"))).collect();
        Model { title: info.text("title"), version: info.text("version"), operations, tags, schemas, schemes }
    }

    fn schemas(&mut self) -> Vec<Schema> {
        let entries = self.component("schemas").map(|node| node.entries()).unwrap_or_default();
        let mut schemas = Vec::with_capacity(entries.len());
        for (name, node) in entries {
            self.check_references(&node);
            schemas.push(Schema { name: name.to_owned(), value: node.value.clone(), pointer: node.pointer });
        }
        schemas
    }

    /// Every `$ref` below a schema must lead to a component schema.
    fn check_references(&mut self, node: &Node<'a>) {
        for (key, child) in node.entries() {
            if key == "example" || key == "default" || key == "enum" {
                continue;
            }
            if key == "$ref" {
                self.resolve(node.clone());
            } else {
                self.check_references(&child);
            }
        }
        for item in node.items() {
            self.check_references(&item);
        }
    }

    fn schemes(&mut self) -> Vec<Scheme> {
        let entries = self.component("securitySchemes").map(|node| node.entries()).unwrap_or_default();
        let mut schemes = Vec::with_capacity(entries.len());
        for (name, node) in entries {
            let kind = match (
                node.text("type").as_str(),
                node.text("scheme").to_lowercase().as_str(),
                node.text("in").as_str(),
            ) {
                ("http", "bearer", _) => SchemeKind::Bearer,
                ("http", "basic", _) => SchemeKind::Basic,
                ("apiKey", _, "header") => SchemeKind::Header(node.text("name")),
                _ => {
                    self.refuse(
                        &node.pointer,
                        "security-scheme",
                        format!("security scheme `{name}` is of a kind that is not supported"),
                        "use http bearer, http basic, or an apiKey in a header",
                    );
                    continue;
                }
            };
            let description = node.text("description").split("\n\n").next().unwrap_or_default().replace('\n', " ");
            schemes.push(Scheme { name: name.to_owned(), kind, description });
        }
        schemes
    }

    fn operations(&mut self, schemes: &[Scheme]) -> Vec<Operation> {
        let paths = self.root().child("paths").map(|node| node.entries()).unwrap_or_default();
        let mut operations = Vec::new();
        let mut ids = BTreeSet::new();
        for (path, item) in paths {
            for (method, node) in item.entries() {
                if !METHODS.contains(&method) {
                    continue;
                }
                let shared = item.child("parameters");
                if let Some(operation) = self.operation(path, method, &node, shared, schemes) {
                    if !ids.insert(operation.id.clone()) {
                        let message = format!("operationId `{}` is used twice", operation.id);
                        self.refuse(&node.pointer, "operation-id", message, "give each operation an id of its own");
                    }
                    operations.push(operation);
                }
            }
        }
        operations
    }

    fn operation(
        &mut self,
        path: &str,
        method: &str,
        node: &Node<'a>,
        shared: Option<Node<'a>>,
        schemes: &[Scheme],
    ) -> Option<Operation> {
        let id = node.text("operationId");
        if id.is_empty() || id != crate::names::snake(&id) {
            self.refuse(
                &node.pointer,
                "operation-id",
                format!("operationId `{id}` is not in snake_case"),
                "write it as `flow_verb_noun`",
            );
            return None;
        }
        let summary = node.text("summary");
        if summary.is_empty() || summary.contains('\n') {
            self.refuse(
                &node.pointer,
                "operation-summary",
                format!("`{id}` has no one-line summary"),
                "add `summary: …`",
            );
        }
        let tags: Vec<_> = node.child("tags").map(|tags| tags.items()).unwrap_or_default();
        let tag = match tags.as_slice() {
            [tag] => tag.value.as_str().unwrap_or_default().to_owned(),
            _ => {
                self.refuse(
                    &node.pointer,
                    "operation-tag",
                    format!("`{id}` has {} tags", tags.len()),
                    "give it exactly one tag",
                );
                String::new()
            }
        };
        let mut parameters = Vec::new();
        for list in [shared, node.child("parameters")].into_iter().flatten() {
            for item in list.items() {
                parameters.extend(self.parameter(item));
            }
        }
        let body = node.child("requestBody").and_then(|body| self.body(body));
        let responses = self.responses(&id, node);
        let max_body_bytes =
            node.value.get("x-max-body-bytes").and_then(Value::as_u64).unwrap_or(DEFAULT_MAX_BODY_BYTES);
        Some(Operation {
            security: self.security(&id, node, schemes),
            access: self.access(&id, node),
            method: method.to_uppercase(),
            path: path.to_owned(),
            description: node.text("description"),
            pointer: node.pointer.clone(),
            id,
            summary,
            tag,
            parameters,
            body,
            responses,
            max_body_bytes,
        })
    }

    fn security(&mut self, id: &str, node: &Node<'a>, schemes: &[Scheme]) -> Vec<Vec<String>> {
        let Some(security) = node.child("security") else {
            self.refuse(
                &node.pointer,
                "operation-security",
                format!("`{id}` does not state its security"),
                "add `security:`, or `security: []` if anyone may call it",
            );
            return Vec::new();
        };
        let mut alternatives = Vec::new();
        for requirement in security.items() {
            let names: Vec<String> = requirement.entries().iter().map(|(name, _)| (*name).to_owned()).collect();
            for name in &names {
                if !schemes.iter().any(|scheme| scheme.name == *name) {
                    self.refuse(
                        &requirement.pointer,
                        "security-unknown",
                        format!("security scheme `{name}` is not defined"),
                        "define it under `components.securitySchemes`",
                    );
                }
            }
            alternatives.push(names);
        }
        alternatives
    }

    fn access(&mut self, id: &str, node: &Node<'a>) -> Access {
        let access = node.child("x-access").map(|access| Access { who: access.text("who"), rule: access.text("rule") });
        match access {
            Some(access) if !access.who.is_empty() && !access.rule.is_empty() => access,
            _ => {
                self.refuse(
                    &node.pointer,
                    "operation-access",
                    format!("`{id}` does not say who may call it"),
                    "add `x-access: {who: …, rule: …}`",
                );
                Access { who: String::new(), rule: String::new() }
            }
        }
    }

    fn parameter(&mut self, node: Node<'a>) -> Option<Parameter> {
        let node = self.resolve(node)?;
        let name = node.text("name");
        let location = match node.text("in").as_str() {
            "path" => In::Path,
            "query" => In::Query,
            "header" => In::Header,
            other => {
                self.refuse(
                    &node.pointer,
                    "parameter-location",
                    format!("parameter `{name}` in `{other}` is not supported"),
                    "use path, query or header",
                );
                return None;
            }
        };
        let schema = node.child("schema").and_then(|schema| self.resolve(schema));
        let Some(schema) = schema else {
            self.refuse(
                &node.pointer,
                "parameter-schema",
                format!("parameter `{name}` has no schema"),
                "add `schema:`",
            );
            return None;
        };
        Some(Parameter {
            required: node.value.get("required").and_then(Value::as_bool).unwrap_or(false),
            schema: schema.value.clone(),
            description: node.text("description"),
            name,
            location,
        })
    }

    fn body(&mut self, node: Node<'a>) -> Option<Body> {
        let node = self.resolve(node)?;
        let content = self.content(&node)?;
        if content.media_type != "application/json" {
            self.refuse(
                &node.pointer,
                "body-media-type",
                format!("request media type `{}` is not supported", content.media_type),
                "use application/json",
            );
        }
        if node.value.get("required").and_then(Value::as_bool) != Some(true) {
            self.refuse(
                &node.pointer,
                "body-required",
                "an optional request body is not supported".to_owned(),
                "add `required: true`",
            );
        }
        Some(Body { schema: content.schema, media_type: content.media_type })
    }

    /// The one media type of a body, its schema a reference to a component.
    fn content(&mut self, node: &Node<'a>) -> Option<Content> {
        let content = node.child("content")?;
        let entries = content.entries();
        let [(media_type, media)] = entries.as_slice() else {
            self.refuse(
                &content.pointer,
                "one-media-type",
                format!("{} media types for one body", entries.len()),
                "declare exactly one",
            );
            return None;
        };
        let reference = media
            .child("schema")
            .and_then(|schema| schema.value.get("$ref").and_then(Value::as_str).map(str::to_owned));
        let Some(schema) = reference.as_deref().and_then(|reference| reference.strip_prefix("#/components/schemas/"))
        else {
            self.refuse(
                &media.pointer,
                "body-schema-ref",
                "the body's schema has no name".to_owned(),
                "move it to `components.schemas` and refer to it",
            );
            return None;
        };
        if self.document.value.pointer(&format!("/components/schemas/{}", escape(schema))).is_none() {
            self.refuse(
                &media.pointer,
                "ref-unresolved",
                format!("schema `{schema}` is not in this document"),
                "define it under `components.schemas`",
            );
            return None;
        }
        Some(Content { media_type: (*media_type).to_owned(), schema: schema.to_owned() })
    }

    fn responses(&mut self, id: &str, node: &Node<'a>) -> Vec<Response> {
        let mut responses = Vec::new();
        for (key, entry) in node.child("responses").map(|node| node.entries()).unwrap_or_default() {
            let pointer = entry.pointer.clone();
            let Ok(status) = key.parse::<u16>() else {
                self.refuse(
                    &pointer,
                    "response-status",
                    format!("response `{key}` of `{id}` is not an exact status"),
                    "write out each status",
                );
                continue;
            };
            if let Some(entry) = self.resolve(entry) {
                responses.push(self.response(status, &entry));
            }
        }
        responses.sort_by_key(|response| response.status);
        if !responses.iter().any(|response| response.is_success() && !response.vendor_only) {
            self.refuse(
                &node.pointer,
                "response-success",
                format!("`{id}` has no success answer"),
                "declare one 2xx response",
            );
        }
        let errors: BTreeSet<_> = responses
            .iter()
            .filter(|response| !response.is_success())
            .map(|response| response.content.clone().map(|content| content.schema))
            .collect();
        if errors.len() != 1 || errors.contains(&None) {
            self.refuse(
                &node.pointer,
                "one-error-schema",
                format!("the errors of `{id}` do not share one body"),
                "give every 4xx and 5xx response the same schema",
            );
        }
        responses
    }

    fn response(&mut self, status: u16, node: &Node<'a>) -> Response {
        let mut headers = Vec::new();
        for (name, header) in node.child("headers").map(|node| node.entries()).unwrap_or_default() {
            let Some(header) = self.resolve(header) else { continue };
            let schema = header.child("schema").and_then(|schema| self.resolve(schema));
            headers.push(Header {
                name: name.to_owned(),
                required: header.value.get("required").and_then(Value::as_bool).unwrap_or(false),
                description: header.text("description"),
                schema: schema.map(|schema| schema.value.clone()).unwrap_or_default(),
            });
        }
        Response {
            status,
            description: node.text("description"),
            content: self.content(node),
            headers,
            vendor_only: node.text("x-sent-by") == "vendor",
            pointer: node.pointer.clone(),
        }
    }
}
