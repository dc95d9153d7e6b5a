//! What the document says about types and members that progenitor does not hear: where the lowered schemas are silent,
//! `polish` changes the types by these marks.
//!
//! Marks are found by the names that progenitor gives: a component's, and for an inline object its title, or the name of
//! its parent and of its member. A secret whose type is not found that way is refused: it would be shown.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};

use super::lower;
use crate::load::{Document, escape};
use crate::model::Model;
use crate::{names, secret};

/// Marks of all types, by type name.
#[derive(Debug, Default)]
pub(crate) struct Marks {
    /// By type name and name of the member on the wire.
    pub(crate) members: BTreeMap<(String, String), Mark>,
    /// Types that show nothing of themselves.
    pub(crate) hidden: BTreeSet<String>,
    /// JSON pointers of secrets that are no member of a named type.
    pub(crate) stray: Vec<String>,
}

/// Marks of one member.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Mark {
    /// Optional and nullable, and sent: absent, null and value are three things.
    pub(crate) tri_state: bool,
    /// Not a text, which has a type of its own, but a secret all the same.
    pub(crate) sensitive: bool,
    /// Why not to use it.
    pub(crate) deprecated: Option<String>,
    /// JSON pointer of its schema.
    pub(crate) pointer: String,
}

/// All marks of the document.
pub(crate) fn marks(document: &Document, model: &Model) -> Marks {
    let requests = lower::request_schemas(model);
    let mut walk = Walk { document, request: false, marks: Marks::default() };
    for schema in &model.schemas {
        let name = names::pascal(&schema.name);
        walk.request = requests.contains(schema.name.as_str());
        if schema.value.as_object().is_some_and(is_hidden) {
            walk.marks.hidden.insert(name.clone());
        }
        walk.schema(&schema.typed, &schema.pointer, &name);
    }
    walk.marks
}

/// A text has the client's redacting type already.
fn is_hidden(object: &Map<String, Value>) -> bool {
    secret::is_secret(object) && !secret::is_text(object)
}

struct Walk<'a> {
    document: &'a Document,
    /// Whether requests hold the schema.
    request: bool,
    marks: Marks,
}

impl Walk<'_> {
    /// Marks the members of the type called `name`, and those of the types inside it.
    fn schema(&mut self, schema: &Value, pointer: &str, name: &str) {
        let Some(object) = schema.as_object() else { return };
        for (member, value) in object.get("properties").and_then(Value::as_object).into_iter().flatten() {
            let pointer = format!("{pointer}/properties/{}", escape(member));
            self.member(object, member, value, &pointer, name);
            self.schema(value, &pointer, &titled(value, &format!("{name}{}", names::pascal(member))));
        }
        for (key, suffix) in [("items", "Item"), ("additionalProperties", "Additional")] {
            if let Some(value) = object.get(key) {
                self.inner(value, &format!("{pointer}/{key}"), &titled(value, &format!("{name}{suffix}")));
            }
        }
        for key in ["allOf", "oneOf", "anyOf"] {
            for (index, branch) in object.get(key).and_then(Value::as_array).into_iter().flatten().enumerate() {
                // The branches of `allOf` are one type; those of the others have names of their own.
                let name =
                    if key == "allOf" { name.to_owned() } else { titled(branch, &format!("{name}Variant{index}")) };
                self.inner(branch, &format!("{pointer}/{key}/{index}"), &name);
            }
        }
    }

    /// A schema that is no member, so that a secret of it has nothing to be hidden behind.
    fn inner(&mut self, schema: &Value, pointer: &str, name: &str) {
        if schema.as_object().is_some_and(is_hidden) {
            self.marks.stray.push(pointer.to_owned());
        }
        self.schema(schema, pointer, name);
    }

    fn member(&mut self, parent: &Map<String, Value>, name: &str, value: &Value, pointer: &str, kind: &str) {
        let Some(object) = value.as_object() else { return };
        let mark = Mark {
            tri_state: self.request
                && is_nullable(object)
                && !lower::is_required(parent, name)
                && !object.contains_key("default"),
            sensitive: is_hidden(object),
            deprecated: super::shape::is_deprecated(value).then(|| {
                let line = self.document.provenance(&format!("{pointer}/deprecated"));
                format!("deprecated by the document, at {line}")
            }),
            pointer: pointer.to_owned(),
        };
        if mark.tri_state || mark.sensitive || mark.deprecated.is_some() {
            self.marks.members.insert((kind.to_owned(), name.to_owned()), mark);
        }
    }
}

/// The name that progenitor gives to an inline type.
fn titled(schema: &Value, name: &str) -> String {
    schema.get("title").and_then(Value::as_str).map_or_else(|| name.to_owned(), names::pascal)
}

fn is_nullable(object: &Map<String, Value>) -> bool {
    object.get("nullable").and_then(Value::as_bool) == Some(true)
}
