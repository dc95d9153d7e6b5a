//! From a parsed document to the [`Model`]: references are followed, bodies get names, and what the generator cannot take
//! is refused.
//!
//! The rules of [`lint`](mod@crate::lint) come first and say more; what is refused here is what the model cannot be built of
//! although no rule was asked.

mod bodies;
mod node;
mod operations;
mod parameters;
mod schemas;
mod titles;

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::diagnostic::{Problem, Problems};
use crate::load::Document;
use crate::model::{Model, Schema, Scheme, SchemeKind, Tag, TagClient};
use node::Node;

/// Reads the whole model.
///
/// # Errors
/// All problems found, in the order of the document.
pub fn model(document: &Document) -> Result<Model, Problems> {
    let mut reader = Reader { document, problems: Vec::new(), lifted: Vec::new(), taken: BTreeMap::new() };
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
    /// Schemas of bodies that had no name.
    lifted: Vec<Schema>,
    /// Rust names of schemas that are taken, with the name in the document.
    taken: BTreeMap<String, String>,
}

impl<'a> Reader<'a> {
    fn refuse(&mut self, pointer: &str, rule: &'static str, message: String, fix: &str) {
        self.problems.push(self.document.problem(pointer, rule, message, fix));
    }

    fn root(&self) -> Node<'a> {
        Node { value: &self.document.value, pointer: String::new() }
    }

    fn components(&self, kind: &str) -> Vec<(&'a str, Node<'a>)> {
        self.root().child("components").map(|components| components.children(kind)).unwrap_or_default()
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
                    let message = format!("`{reference}` refers to itself");
                    self.refuse(&node.pointer, "ref-cycle", message, "break the cycle");
                    return None;
                }
                None => {
                    self.refuse(
                        &node.pointer,
                        "ref-unresolved",
                        format!("`{reference}` is not in this document"),
                        "define it under `components`, or correct the name; bundle several files into one first",
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
                "write `openapi: 3.0.3`; convert Swagger 2 and OpenAPI 3.1 documents first",
            );
            return Model {
                title: String::new(),
                version,
                operations: Vec::new(),
                tags: Vec::new(),
                schemas: Vec::new(),
                schemes: Vec::new(),
            };
        }
        let info = root.child("info").unwrap_or_else(|| root.clone());
        let mut schemas = self.schemas();
        let schemes = self.schemes();
        let operations = self.operations();
        schemas.append(&mut self.lifted);
        let tags = self.tags();
        let mut model =
            Model { title: info.text("title"), version: info.text("version"), operations, tags, schemas, schemes };
        titles::distinguish(&mut model);
        model
    }

    fn tags(&self) -> Vec<Tag> {
        let mut tags = Vec::new();
        for node in self.root().items("tags") {
            let docs = node.child("externalDocs").map(|docs| (docs.text("url"), docs.optional_text("description")));
            let client = node.child("x-client").map(|client| TagClient { server: client.optional_text("server") });
            tags.push(Tag {
                name: node.text("name"),
                description: node.optional_text("description"),
                docs,
                client,
                pointer: node.pointer.clone(),
            });
        }
        tags
    }

    fn schemes(&mut self) -> Vec<Scheme> {
        let mut schemes = Vec::new();
        for (name, node) in self.components("securitySchemes") {
            let Some(node) = self.resolve(node) else { continue };
            let Some(kind) = scheme_kind(&node) else {
                self.refuse(
                    &node.pointer,
                    "security-scheme",
                    format!("security scheme `{name}` is of a kind that is not supported"),
                    "use http bearer, http basic, oauth2, openIdConnect, or an apiKey in a header",
                );
                continue;
            };
            let description = node.text("description").split("\n\n").next().unwrap_or_default().replace('\n', " ");
            schemes.push(Scheme { name: name.to_owned(), kind, description, pointer: node.pointer.clone() });
        }
        schemes
    }
}

fn scheme_kind(node: &Node<'_>) -> Option<SchemeKind> {
    let (kind, scheme) = (node.text("type"), node.text("scheme").to_lowercase());
    match (kind.as_str(), scheme.as_str(), node.text("in").as_str()) {
        ("http", "bearer", _) | ("oauth2" | "openIdConnect", _, _) => Some(SchemeKind::Bearer),
        ("http", "basic", _) => Some(SchemeKind::Basic),
        ("apiKey", _, "header") => Some(SchemeKind::Header(node.text("name"))),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problems(text: &str) -> Vec<(&'static str, usize)> {
        let document = Document::parse("a.yaml", text).unwrap();
        model(&document).unwrap_err().0.iter().map(|problem| (problem.rule, problem.place.line)).collect()
    }

    #[test]
    fn every_problem_is_reported_with_its_place() {
        let text = "openapi: 3.0.3\ninfo: {title: A, version: '1'}\npaths:\n  /a:\n    get:\n      parameters: [{name: c, in: cookie}]\n      responses:\n        '299x': {description: d}\n        '200': {$ref: '#/nowhere'}\n";
        let wanted =
            [("response-missing", 5), ("parameter-location", 6), ("response-status", 8), ("ref-unresolved", 9)];
        assert_eq!(problems(text), wanted);
    }

    #[test]
    fn another_version_is_refused_alone() {
        assert_eq!(problems("openapi: 3.1.0\nwebhooks: {}\n"), [("openapi-version", 1)]);
    }
}
