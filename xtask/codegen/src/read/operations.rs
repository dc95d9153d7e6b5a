//! Operations: ids, paths, security, and the extensions that dropshot and this generator read.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::{Node, Reader, known};
use crate::model::{Access, Body, Extension, In, Operation, Parameter, Payload, Scheme};
use crate::names;

/// Body limit of an operation that says nothing itself (`x-max-body-bytes`).
const DEFAULT_MAX_BODY_BYTES: u64 = 65_536;
/// The same for bodies that are handed on as they are, such as uploads.
const DEFAULT_MAX_RAW_BYTES: u64 = 16 * 1024 * 1024;
const METHODS: [&str; 8] = ["get", "put", "post", "delete", "options", "head", "patch", "trace"];

impl<'a> Reader<'a> {
    pub(super) fn operations(&mut self, schemes: &[Scheme]) -> Vec<Operation> {
        let mut operations = Vec::new();
        let mut ids: BTreeMap<String, String> = BTreeMap::new();
        for (path, item) in self.root().children("paths") {
            if path.starts_with("x-") {
                continue;
            }
            let Some(item) = self.resolve(item) else { continue };
            self.check_members(&item, known::PATH_ITEM, "a path");
            for (method, node) in item.entries().into_iter().filter(|(method, _)| METHODS.contains(method)) {
                let operation = self.operation(path, method, &item, &node, schemes);
                if let Some(other) = ids.insert(operation.id.clone(), operation.wire_id.clone()) {
                    let message = format!("operationId `{}` and `{other}` have one name in Rust", operation.wire_id);
                    self.refuse(&node.pointer, "operation-id", message, "give each operation an id of its own");
                }
                operations.push(operation);
            }
        }
        operations
    }

    fn operation(
        &mut self,
        path: &str,
        method: &str,
        item: &Node<'a>,
        node: &Node<'a>,
        schemes: &[Scheme],
    ) -> Operation {
        self.check_members(node, known::OPERATION, "an operation");
        let wire_id = node.optional_text("operationId").filter(|id| !id.is_empty());
        let wire_id = wire_id.unwrap_or_else(|| names::snake(&format!("{method} {path}")));
        let id = names::snake(&wire_id);
        let parameters = self.parameters(item, node);
        self.check_path(path, node, &parameters);
        let body = node.child("requestBody").and_then(|body| self.body(&id, body));
        Operation {
            parameters,
            responses: self.responses(&id, node),
            security: self.security(node, schemes),
            access: self.access(node),
            method: method.to_uppercase(),
            path: path.to_owned(),
            summary: node.text("summary"),
            description: node.text("description"),
            tags: node.items("tags").iter().filter_map(|tag| tag.value.as_str()).map(str::to_owned).collect(),
            deprecated: node.flag("deprecated") == Some(true),
            pointer: node.pointer.clone(),
            max_body_bytes: max_body_bytes(node, body.as_ref()),
            extension: self.extension(node),
            id,
            wire_id,
            body,
        }
    }

    /// The variables of the template and the path parameters are the same.
    fn check_path(&mut self, path: &str, node: &Node<'a>, parameters: &[Parameter]) {
        let declared: BTreeSet<&str> = parameters
            .iter()
            .filter(|parameter| parameter.location == In::Path)
            .map(|parameter| parameter.name.as_str())
            .collect();
        let used: BTreeSet<&str> =
            path.split('{').skip(1).filter_map(|rest| rest.split_once('}')).map(|(name, _)| name).collect();
        for name in used.difference(&declared) {
            let message = format!("`{{{name}}}` in `{path}` is not declared");
            self.refuse(&node.pointer, "path-parameter", message, "add a parameter with `in: path` and this name");
        }
        for name in declared.difference(&used) {
            let message = format!("path parameter `{name}` does not occur in `{path}`");
            self.refuse(&node.pointer, "path-parameter", message, "remove it, or put it into the path");
        }
    }

    /// The operation's own requirements, or those of the document.
    fn security(&mut self, node: &Node<'a>, schemes: &[Scheme]) -> Vec<Vec<String>> {
        let holder = if node.child("security").is_some() { node.clone() } else { self.root() };
        let mut alternatives = Vec::new();
        for requirement in holder.items("security") {
            let names: Vec<String> = requirement.entries().iter().map(|(name, _)| (*name).to_owned()).collect();
            let unknown: Vec<&String> = names.iter().filter(|name| self.is_unknown(name, schemes)).collect();
            for name in unknown {
                self.refuse(
                    &requirement.pointer,
                    "security-unknown",
                    format!("security scheme `{name}` is not defined"),
                    "define it under `components.securitySchemes`",
                );
            }
            alternatives.push(names);
        }
        // The only alternative asks for nothing: anyone may call.
        if alternatives.iter().all(Vec::is_empty) { Vec::new() } else { alternatives }
    }

    /// A scheme of a kind that is not supported has been reported where it is defined.
    fn is_unknown(&self, name: &str, schemes: &[Scheme]) -> bool {
        !schemes.iter().any(|scheme| scheme.name == name)
            && !self.components("securitySchemes").iter().any(|(defined, _)| *defined == name)
    }

    fn access(&mut self, node: &Node<'a>) -> Option<Access> {
        let access = node.child("x-access")?;
        let access = Access { who: access.text("who"), rule: access.text("rule") };
        if access.who.is_empty() || access.rule.is_empty() {
            self.refuse(
                &format!("{}/x-access", node.pointer),
                "operation-access",
                "`x-access` is incomplete".to_owned(),
                "write `x-access: {who: …, rule: …}`",
            );
        }
        Some(access)
    }

    fn extension(&mut self, node: &Node<'a>) -> Extension {
        match (node.value.get("x-dropshot-pagination"), node.value.get("x-dropshot-websocket")) {
            (Some(_), Some(_)) => {
                self.refuse(
                    &node.pointer,
                    "extension-conflict",
                    "an operation cannot answer in pages and become a websocket".to_owned(),
                    "remove one of the extensions",
                );
                Extension::None
            }
            (Some(value), None) => Extension::Pagination(value.clone()),
            (None, Some(_)) => Extension::Websocket,
            (None, None) => Extension::None,
        }
    }
}

fn max_body_bytes(node: &Node<'_>, body: Option<&Body>) -> u64 {
    let is_raw = |body: &Body| {
        body.contents.iter().any(|content| matches!(content.payload, Payload::Raw | Payload::Multipart))
    };
    let default = if body.is_some_and(is_raw) { DEFAULT_MAX_RAW_BYTES } else { DEFAULT_MAX_BODY_BYTES };
    node.value.get("x-max-body-bytes").and_then(Value::as_u64).unwrap_or(default)
}
