//! The canonical document as the tests read it.

use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use dropshot_codegen::Document;
use dropshot_codegen::model::{Model, Operation};
use serde_json::Value;

/// The canonical document, relative to [`root`].
pub const FILE: &str = "openapi/invite.yaml";

/// The root of the workspace: the one that cargo was called in, not the one that the tests were built in.
#[must_use]
pub fn root() -> PathBuf {
    let manifest =
        std::env::var_os("CARGO_MANIFEST_DIR").map_or_else(|| env!("CARGO_MANIFEST_DIR").into(), PathBuf::from);
    let is_root = |folder: &&Path| folder.join(FILE).exists();
    manifest.ancestors().find(is_root).unwrap_or(&manifest).to_path_buf()
}

/// The document's bytes, as written.
#[must_use]
pub fn text() -> String {
    std::fs::read_to_string(root().join(FILE)).expect("the canonical document can be read")
}

/// The document as JSON.
#[must_use]
pub fn document() -> &'static Value {
    static DOCUMENT: LazyLock<Document> = LazyLock::new(parse);
    &DOCUMENT.value
}

/// The operations and schemas of the document.
#[must_use]
pub fn model() -> &'static Model {
    static MODEL: LazyLock<Model> =
        LazyLock::new(|| dropshot_codegen::read::model(&parse()).expect("the canonical document is understood"));
    &MODEL
}

/// The operation with that `operationId`.
#[must_use]
pub fn operation(id: &str) -> &'static Operation {
    model()
        .operations
        .iter()
        .find(|operation| operation.id == id)
        .unwrap_or_else(|| panic!("the document has no operation {id}"))
}

/// The names of all component schemas, in the order of the document.
#[must_use]
pub fn component_names() -> Vec<&'static str> {
    document()["components"]["schemas"]
        .as_object()
        .expect("components.schemas is an object")
        .keys()
        .map(String::as_str)
        .collect()
}

/// A component schema, as written.
#[must_use]
pub fn component(name: &str) -> &'static Value {
    let schema = &document()["components"]["schemas"][name];
    assert!(schema.is_object(), "the document has no component schema {name}");
    schema
}

/// Follows `$ref` until there is none.
#[must_use]
pub fn resolve(mut node: &'static Value) -> &'static Value {
    while let Some(reference) = node.get("$ref").and_then(Value::as_str) {
        let pointer = reference.strip_prefix('#').expect("references stay inside the document");
        node = document().pointer(pointer).unwrap_or_else(|| panic!("{reference} points nowhere"));
    }
    node
}

fn parse() -> Document {
    Document::parse(FILE, &text()).unwrap_or_else(|problems| panic!("{problems}"))
}
