//! What the rules look at: the document, its objects by kind, and its operations with their parameters.

use std::collections::BTreeSet;

use jsonschema::PatternCache;
use serde_json::{Map, Value};

use super::grammar::Kind;
use super::walk::{self, Node, Walk};
use crate::load::{Document, escape};
use crate::model::METHODS;

/// An operation and its place in the document.
#[derive(Clone, Debug)]
pub(super) struct Operation<'a> {
    pub(super) path: &'a str,
    pub(super) method: &'a str,
    pub(super) node: Node<'a>,
    /// The path's own parameters and the operation's, references followed.
    pub(super) parameters: Vec<Node<'a>>,
}

impl Operation<'_> {
    /// As a message names it.
    pub(super) fn title(&self) -> String {
        match self.node.text("operationId") {
            Some(id) => format!("`{id}`"),
            None => format!("`{} {}`", self.method.to_uppercase(), self.path),
        }
    }

    pub(super) fn parameters_in(&self, location: &str) -> impl Iterator<Item = &Node<'_>> {
        self.parameters.iter().filter(move |parameter| parameter.text("in") == Some(location))
    }
}

/// Everything that the rules look at.
pub(super) struct Context<'a> {
    pub(super) document: &'a Document,
    pub(super) walk: Walk<'a>,
    pub(super) operations: Vec<Operation<'a>>,
    /// Compiled once for all validators: documents repeat their patterns.
    pub(super) patterns: &'a PatternCache,
}

impl<'a> Context<'a> {
    pub(super) fn new(document: &'a Document, patterns: &'a PatternCache) -> Self {
        let mut context = Self { document, walk: walk::walk(&document.value), operations: Vec::new(), patterns };
        context.operations = context.read_operations();
        context
    }

    /// All objects of a kind.
    pub(super) fn nodes(&self, kind: Kind) -> &[Node<'a>] {
        self.walk.nodes.get(&kind).map_or(&[], Vec::as_slice)
    }

    /// All schemas that are not references.
    pub(super) fn schemas(&self) -> &[Node<'a>] {
        self.nodes(Kind::Schema)
    }

    /// The objects of `components` in one folder.
    pub(super) fn components(&self, folder: &str) -> impl Iterator<Item = (&'a str, &'a Value, String)> {
        let base = format!("/components/{folder}");
        let entries = self.document.value.pointer(&base).and_then(Value::as_object).into_iter().flatten();
        entries.map(move |(name, value)| (name.as_str(), value, format!("{base}/{}", escape(name))))
    }

    /// What a chain of references leads to; none if it leads nowhere or in a circle.
    pub(super) fn resolve(&self, value: &'a Value, pointer: &str) -> Option<(&'a Map<String, Value>, String)> {
        let (mut value, mut pointer) = (value, pointer.to_owned());
        let mut seen = BTreeSet::new();
        while let Some(target) = value.get("$ref").and_then(Value::as_str) {
            pointer = target.strip_prefix('#').filter(|pointer| seen.insert(*pointer))?.to_owned();
            value = self.document.value.pointer(&pointer)?;
        }
        Some((value.as_object()?, pointer))
    }

    /// The node at `pointer`, references followed.
    pub(super) fn node(&self, value: &'a Value, pointer: &str, via: &'static str) -> Option<Node<'a>> {
        let (value, pointer) = self.resolve(value, pointer)?;
        Some(Node { pointer, value, via })
    }

    fn read_operations(&self) -> Vec<Operation<'a>> {
        let mut operations = Vec::new();
        let root = self.document.value.as_object();
        let Some(root) = root.map(|value| Node { pointer: String::new(), value, via: "" }) else { return operations };
        for (path, item, pointer) in root.entries("paths").filter(|(path, ..)| path.starts_with('/')) {
            let Some(item) = self.node(item, &pointer, "paths") else { continue };
            for method in METHODS {
                let Some(value) = item.get(method).and_then(Value::as_object) else { continue };
                let node = Node { pointer: item.at(method), value, via: "" };
                let parameters = self.parameters(&item, &node);
                operations.push(Operation { path, method, node, parameters });
            }
        }
        operations
    }

    /// An operation's own parameter replaces one of its path with the same name and place.
    fn parameters(&self, item: &Node<'a>, operation: &Node<'a>) -> Vec<Node<'a>> {
        let read = |holder: &Node<'a>| -> Vec<Node<'a>> {
            let base = holder.at("parameters");
            let items = holder.array("parameters").iter().enumerate();
            items.filter_map(|(index, value)| self.node(value, &format!("{base}/{index}"), "parameters")).collect()
        };
        let own = read(operation);
        let mut all = read(item);
        all.retain(|shared| !own.iter().any(|own| same_parameter(own, shared)));
        all.extend(own);
        all
    }

    /// The bodies of an operation's answers by status, references followed.
    pub(super) fn responses(&self, operation: &Operation<'a>) -> Vec<(&'a str, Node<'a>)> {
        let entries = operation.node.entries("responses").filter(|(status, ..)| !status.starts_with("x-"));
        entries.filter_map(|(status, value, pointer)| Some((status, self.node(value, &pointer, "")?))).collect()
    }

    /// The request body, references followed.
    pub(super) fn body(&self, operation: &Operation<'a>) -> Option<Node<'a>> {
        self.node(operation.node.get("requestBody")?, &operation.node.at("requestBody"), "")
    }

    /// The schema at `key`, references followed.
    pub(super) fn schema_at(&self, node: &Node<'a>, key: &str) -> Option<Node<'a>> {
        self.node(node.get(key)?, &node.at(key), "schema")
    }

    /// The types that a value of the schema must have at once: its own, and those of its `allOf`.
    pub(super) fn types_of(&self, schema: &Node<'a>) -> BTreeSet<&'a str> {
        let mut found = BTreeSet::new();
        let mut seen = BTreeSet::new();
        let mut waiting = vec![schema.clone()];
        while let Some(schema) = waiting.pop() {
            if !seen.insert(schema.pointer.clone()) {
                continue;
            }
            found.extend(schema.text("type"));
            for (index, branch) in schema.array("allOf").iter().enumerate() {
                waiting.extend(self.node(branch, &format!("{}/allOf/{index}", schema.pointer), "allOf"));
            }
        }
        found
    }

    /// The one type of a schema, through `allOf` with one branch.
    pub(super) fn type_of(&self, schema: &Node<'a>) -> Option<&'a str> {
        let mut schema = schema.clone();
        for _ in 0..8 {
            if let Some(kind) = schema.text("type") {
                return Some(kind);
            }
            let [branch] = schema.array("allOf") else { return None };
            schema = self.node(branch, &format!("{}/allOf/0", schema.pointer), "allOf")?;
        }
        None
    }
}

/// Whether two parameters have one name and one place.
pub(super) fn same_parameter(left: &Node<'_>, right: &Node<'_>) -> bool {
    left.text("name") == right.text("name") && left.text("in") == right.text("in")
}
