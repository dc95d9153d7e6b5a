//! The document as dropshot can say it, and the ledger of everything that it cannot.
//!
//! The document that dropshot emits from the generated trait must equal this projection to the last value. What the
//! projection leaves out, or says although the document does not, is written down class by class, and each class must
//! name the test that holds it instead.

mod losses;
mod operation;
mod schemas;
mod text;

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};

use crate::express::express;
use crate::failure::{self, Failure};
use crate::load::{Document, escape};
use crate::model::{Model, Tag};
use crate::routes::handed_on;

pub use losses::CLASSES;

/// What dropshot can be told, and what it cannot.
#[derive(Clone, Debug)]
pub struct Projection {
    /// The projected document.
    pub document: Value,
    /// JSON pointers of what was lost, by class.
    pub losses: BTreeMap<&'static str, BTreeSet<String>>,
}

/// Projects the document.
#[must_use]
pub fn project(document: &Document, model: &Model) -> Projection {
    let mut pass =
        Pass { document, model, failures: failure::of(model), handed_on: handed_on(model), losses: BTreeMap::new() };
    let mut paths: Map<String, Value> = Map::new();
    for operation in &model.operations {
        if pass.handed_on.contains(&operation.path) {
            pass.lose("path-conflict", operation.pointer.clone());
            continue;
        }
        let item = paths.entry(text::path(&operation.path)).or_insert_with(|| json!({}));
        item[operation.method.to_lowercase()] = pass.operation(operation);
    }
    pass.root_losses();
    let mut projected = json!({ "openapi": "3.0.3", "info": pass.info(), "paths": paths });
    let responses = pass.error_responses();
    let schemas = pass.reachable_schemas(&projected, &responses);
    let mut components = Map::new();
    for (key, value) in [("responses", responses), ("schemas", schemas)] {
        if value.as_object().is_some_and(|members| !members.is_empty()) {
            components.insert(key.to_owned(), value);
        }
    }
    projected["components"] = Value::Object(components);
    let tags = tags(model);
    if !tags.is_empty() {
        projected["tags"] = Value::Array(tags);
    }
    Projection { document: projected, losses: pass.losses }
}

struct Pass<'a> {
    document: &'a Document,
    model: &'a Model,
    failures: BTreeMap<&'a str, Failure>,
    handed_on: BTreeSet<String>,
    losses: BTreeMap<&'static str, BTreeSet<String>>,
}

impl Pass<'_> {
    fn info(&mut self) -> Value {
        let mut info = json!({ "title": self.model.title, "version": self.model.version });
        let written = &self.document.value["info"];
        let text = |value: &Value| value.as_str().map(|text| json!(text.trim()));
        for key in ["description", "termsOfService"] {
            if let Some(value) = text(&written[key]) {
                info[key] = value;
            }
        }
        for (key, members) in [("contact", &["name", "url", "email"][..]), ("license", &["name", "url"][..])] {
            let found: Map<String, Value> = members
                .iter()
                .filter_map(|member| Some(((*member).to_owned(), text(&written[key][*member])?)))
                .collect();
            if !found.is_empty() {
                info[key] = Value::Object(found);
            }
        }
        info
    }

    fn error_responses(&mut self) -> Value {
        let mut responses: BTreeMap<String, Value> = BTreeMap::new();
        let published = self.model.operations.iter().filter(|operation| !self.handed_on.contains(&operation.path));
        for operation in published.filter(|operation| operation::has_errors(operation)) {
            let Some(failure) = self.failures.get(operation.id.as_str()) else { continue };
            let schema = failure.schema(self.model, &|value| express(value, &mut |_| {}));
            let name = failure.component().to_owned();
            let content = json!({ "application/json": { "schema": schema } });
            responses.insert(name.clone(), json!({ "description": name, "content": content }));
        }
        Value::Object(responses.into_iter().collect())
    }
}

/// Those of the document and those that operations name, sorted.
fn tags(model: &Model) -> Vec<Value> {
    let handed_on = handed_on(model);
    let known: BTreeMap<&str, Option<&Tag>> = model
        .operations
        .iter()
        .filter(|operation| !handed_on.contains(&operation.path))
        .flat_map(|operation| &operation.tags)
        .map(|tag| (tag.as_str(), None))
        .chain(model.tags.iter().map(|tag| (tag.name.as_str(), Some(tag))))
        .collect();
    known
        .into_iter()
        .map(|(name, tag)| {
            let mut out = json!({ "name": name });
            let Some(tag) = tag else { return out };
            if let Some(description) = &tag.description {
                out["description"] = json!(description);
            }
            if let Some((url, description)) = &tag.docs {
                out["externalDocs"] = json!({ "url": url });
                if let Some(description) = description {
                    out["externalDocs"]["description"] = json!(description);
                }
            }
            out
        })
        .collect()
}

fn child(pointer: &str, key: &str) -> String {
    format!("{pointer}/{}", escape(key))
}
