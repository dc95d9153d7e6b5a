//! Operations: ids, paths, security, and the extensions that dropshot and this generator read.

use serde_json::Value;

use super::{Node, Reader};
use crate::model::{Access, Body, Extension, METHODS, Operation, Payload};
use crate::names;

/// Body limit of an operation that says nothing itself (`x-max-body-bytes`).
const DEFAULT_MAX_BODY_BYTES: u64 = 65_536;
/// The same for bodies that are handed on as they are, such as uploads.
const DEFAULT_MAX_RAW_BYTES: u64 = 16 * 1024 * 1024;

impl<'a> Reader<'a> {
    pub(super) fn operations(&mut self) -> Vec<Operation> {
        let mut operations = Vec::new();
        for (path, item) in self.root().children("paths") {
            if path.starts_with("x-") {
                continue;
            }
            let Some(item) = self.resolve(item) else { continue };
            for (method, node) in item.entries().into_iter().filter(|(method, _)| METHODS.contains(method)) {
                operations.push(self.operation(path, method, &item, &node));
            }
        }
        operations
    }

    fn operation(&mut self, path: &str, method: &str, item: &Node<'a>, node: &Node<'a>) -> Operation {
        let wire_id = node.optional_text("operationId").filter(|id| !id.is_empty());
        let wire_id = wire_id.unwrap_or_else(|| names::snake(&format!("{method} {path}")));
        let id = names::snake(&wire_id);
        let parameters = self.parameters(item, node);
        let body = node.child("requestBody").and_then(|body| self.body(&id, body));
        Operation {
            parameters,
            responses: self.responses(&id, node),
            security: self.security(node),
            access: access(node),
            method: method.to_uppercase(),
            path: path.to_owned(),
            summary: node.text("summary"),
            description: node.text("description"),
            tags: node.items("tags").iter().filter_map(|tag| tag.value.as_str()).map(str::to_owned).collect(),
            deprecated: node.flag("deprecated") == Some(true),
            pointer: node.pointer.clone(),
            max_body_bytes: max_body_bytes(node, body.as_ref()),
            extension: extension(node),
            id,
            wire_id,
            body,
        }
    }

    /// The operation's own requirements, or those of the document.
    fn security(&self, node: &Node<'a>) -> Vec<Vec<String>> {
        let holder = if node.child("security").is_some() { node.clone() } else { self.root() };
        let names = |requirement: &Node<'_>| -> Vec<String> {
            requirement.entries().iter().map(|(name, _)| (*name).to_owned()).collect()
        };
        let alternatives: Vec<Vec<String>> = holder.items("security").iter().map(names).collect();
        // The only alternative asks for nothing: anyone may call.
        if alternatives.iter().all(Vec::is_empty) { Vec::new() } else { alternatives }
    }
}

fn access(node: &Node<'_>) -> Option<Access> {
    let access = node.child("x-access")?;
    Some(Access { who: access.text("who"), rule: access.text("rule") })
}

fn extension(node: &Node<'_>) -> Extension {
    if let Some(value) = node.value.get("x-dropshot-pagination") {
        return Extension::Pagination(value.clone());
    }
    if node.value.get("x-dropshot-websocket").is_some() { Extension::Websocket } else { Extension::None }
}

fn max_body_bytes(node: &Node<'_>, body: Option<&Body>) -> u64 {
    let is_raw =
        |body: &Body| body.contents.iter().any(|content| matches!(content.payload, Payload::Raw | Payload::Multipart));
    let default = if body.is_some_and(is_raw) { DEFAULT_MAX_RAW_BYTES } else { DEFAULT_MAX_BODY_BYTES };
    node.value.get("x-max-body-bytes").and_then(Value::as_u64).unwrap_or(default)
}
