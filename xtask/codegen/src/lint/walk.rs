//! Walks a document along the [grammar](super::grammar): collects the objects by kind, and what is not in the grammar.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::grammar::{self, Form, Kind};
use crate::load::escape;

/// An object and where it stands.
#[derive(Clone, Debug)]
pub(super) struct Node<'a> {
    /// JSON pointer.
    pub(super) pointer: String,
    pub(super) value: &'a Map<String, Value>,
    /// The member of its parent that holds it, for example `oneOf` or `properties`.
    pub(super) via: &'static str,
}

impl<'a> Node<'a> {
    pub(super) fn get(&self, key: &str) -> Option<&'a Value> {
        self.value.get(key)
    }

    pub(super) fn has(&self, key: &str) -> bool {
        self.value.contains_key(key)
    }

    pub(super) fn text(&self, key: &str) -> Option<&'a str> {
        self.get(key)?.as_str()
    }

    pub(super) fn flag(&self, key: &str) -> Option<bool> {
        self.get(key)?.as_bool()
    }

    pub(super) fn array(&self, key: &str) -> &'a [Value] {
        self.get(key).and_then(Value::as_array).map_or(&[], Vec::as_slice)
    }

    pub(super) fn at(&self, key: &str) -> String {
        format!("{}/{}", self.pointer, escape(key))
    }

    /// The entries of the object at `key` with their pointers.
    pub(super) fn entries(&self, key: &str) -> impl Iterator<Item = (&'a str, &'a Value, String)> {
        let base = self.at(key);
        let entries = self.get(key).and_then(Value::as_object).into_iter().flatten();
        entries.map(move |(name, value)| (name.as_str(), value, format!("{base}/{}", escape(name))))
    }

    /// The last segment of the pointer, unescaped: the name of a component or a property.
    pub(super) fn name(&self) -> String {
        let last = self.pointer.rsplit('/').next().unwrap_or_default();
        last.replace("~1", "/").replace("~0", "~")
    }
}

/// A `$ref` and the kind of object that it must lead to.
#[derive(Clone, Debug)]
pub(super) struct Reference<'a> {
    pub(super) node: Node<'a>,
    pub(super) target: &'a str,
    pub(super) wanted: Kind,
}

/// What the grammar has no place for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fault {
    /// A member that the object does not have.
    Unknown,
    /// A member that only OpenAPI 3.1 has.
    Newer,
    /// A member of the wrong form.
    Form,
    /// A member that must be there.
    Missing,
}

/// One fault with its place, message and remedy.
#[derive(Clone, Debug)]
pub(super) struct Found {
    pub(super) fault: Fault,
    pub(super) pointer: String,
    pub(super) message: String,
    pub(super) fix: String,
}

/// Everything that one walk finds.
#[derive(Debug, Default)]
pub(super) struct Walk<'a> {
    pub(super) nodes: BTreeMap<Kind, Vec<Node<'a>>>,
    pub(super) references: Vec<Reference<'a>>,
    pub(super) found: Vec<Found>,
}

pub(super) fn walk(document: &Value) -> Walk<'_> {
    let mut walk = Walk::default();
    walk.object(document, Kind::Document, String::new(), "");
    walk
}

impl<'a> Walk<'a> {
    fn fault(&mut self, fault: Fault, pointer: String, message: String, fix: String) {
        self.found.push(Found { fault, pointer, message, fix });
    }

    fn object(&mut self, value: &'a Value, kind: Kind, pointer: String, via: &'static str) {
        let Some(object) = value.as_object() else {
            let (what, _) = grammar::words(kind);
            let message = format!("{what} is an object, this is {}", form_of(value));
            self.fault(Fault::Form, pointer, message, "write an object, `key: value`".to_owned());
            return;
        };
        match grammar::fields(kind) {
            Some(fields) => self.members(object, kind, fields, &pointer),
            None => self.map(object, kind, &pointer),
        }
        self.nodes.entry(kind).or_default().push(Node { pointer, value: object, via });
    }

    /// Objects without fixed members.
    fn map(&mut self, object: &'a Map<String, Value>, kind: Kind, pointer: &str) {
        for (key, value) in object.iter().filter(|(key, _)| !key.starts_with("x-")) {
            let child = format!("{pointer}/{}", escape(key));
            match kind {
                Kind::Paths if !key.starts_with('/') => {
                    let message = format!("path `{key}` does not begin with `/`");
                    self.fault(Fault::Form, child, message, format!("write `/{key}`"));
                }
                Kind::Paths | Kind::Callback => self.reference_or(value, Kind::PathItem, child, "paths"),
                Kind::Responses => self.reference_or(value, Kind::Response, child, "responses"),
                _ => self.form(value, key, Form::Texts, child, ""),
            }
        }
    }

    fn members(&mut self, object: &'a Map<String, Value>, kind: Kind, fields: &[grammar::Field], pointer: &str) {
        let (what, _) = grammar::words(kind);
        for (name, form, required) in fields {
            match object.get(*name) {
                Some(value) => self.form(value, name, *form, format!("{pointer}/{}", escape(name)), name),
                None if *required => {
                    let message = format!("{what} has no `{name}`");
                    self.fault(Fault::Missing, pointer.to_owned(), message, format!("add `{name}:`"));
                }
                None => {}
            }
        }
        for key in object.keys().filter(|key| !key.starts_with("x-")) {
            if !fields.iter().any(|(name, ..)| name == key) {
                self.unknown(key, kind, fields, pointer);
            }
        }
    }

    fn unknown(&mut self, key: &str, kind: Kind, fields: &[grammar::Field], pointer: &str) {
        let (what, _) = grammar::words(kind);
        let child = format!("{pointer}/{}", escape(key));
        if let Some((.., fix)) = grammar::NEWER.iter().find(|(holder, name, _)| *holder == kind && *name == key) {
            let message = format!("`{key}` of {what} is a construct of OpenAPI 3.1");
            return self.fault(Fault::Newer, child, message, (*fix).to_owned());
        }
        let near = fields.iter().map(|(name, ..)| *name).min_by_key(|name| distance(key, name));
        let fix = match near.filter(|near| distance(key, near) <= key.len() / 3) {
            Some(near) => format!("write `{near}` if that is what is meant"),
            None => "correct its name, remove it, or mark it as an extension with `x-`".to_owned(),
        };
        self.fault(Fault::Unknown, child, format!("{what} of OpenAPI 3.0 has no member `{key}`"), fix);
    }

    fn form(&mut self, value: &'a Value, name: &str, form: Form, pointer: String, via: &'static str) {
        let wanted = match form {
            Form::Any => return,
            Form::One(kind) => return self.object(value, kind, pointer, via),
            Form::Or(kind) => return self.reference_or(value, kind, pointer, via),
            Form::FlagOrSchema if value.is_boolean() => return,
            Form::FlagOrSchema => return self.reference_or(value, Kind::Schema, pointer, via),
            Form::List(kind) | Form::ListOr(kind) if value.is_array() => {
                for (index, item) in value.as_array().into_iter().flatten().enumerate() {
                    self.child(item, form, kind, format!("{pointer}/{index}"), via);
                }
                return;
            }
            Form::Map(kind) | Form::MapOr(kind) if value.is_object() => {
                for (key, item) in value.as_object().into_iter().flatten() {
                    self.child(item, form, kind, format!("{pointer}/{}", escape(key)), via);
                }
                return;
            }
            // `type: [string, null]` and numeric exclusive limits are of OpenAPI 3.1, not mistakes of their own.
            Form::Text if name == "type" && value.is_array() => {
                let message = "a list of types is a construct of OpenAPI 3.1".to_owned();
                let fix = "name one type; null is `nullable: true`, other alternatives are `oneOf`".to_owned();
                return self.fault(Fault::Newer, pointer, message, fix);
            }
            Form::Flag if name.starts_with("exclusive") && value.is_number() => {
                let message = format!("a number as `{name}` is a construct of OpenAPI 3.1");
                let fix = "write the limit as `minimum` or `maximum`, and `true` here".to_owned();
                return self.fault(Fault::Newer, pointer, message, fix);
            }
            form => match wanted(form, value) {
                Some(wanted) => wanted,
                None => return,
            },
        };
        let message = format!("`{name}` must be {wanted}, this is {}", form_of(value));
        self.fault(Fault::Form, pointer, message, format!("write {wanted}"));
    }

    fn child(&mut self, value: &'a Value, form: Form, kind: Kind, pointer: String, via: &'static str) {
        match form {
            Form::ListOr(_) | Form::MapOr(_) => self.reference_or(value, kind, pointer, via),
            _ => self.object(value, kind, pointer, via),
        }
    }

    fn reference_or(&mut self, value: &'a Value, kind: Kind, pointer: String, via: &'static str) {
        match (value.as_object(), value.get("$ref")) {
            (Some(object), Some(Value::String(target))) => {
                let node = Node { pointer, value: object, via };
                self.references.push(Reference { node, target, wanted: kind });
            }
            (Some(_), Some(other)) => {
                let message = format!("`$ref` must be a string, this is {}", form_of(other));
                let fix = "write the place of the component, such as `#/components/schemas/Name`".to_owned();
                self.fault(Fault::Form, format!("{pointer}/$ref"), message, fix);
            }
            _ => self.object(value, kind, pointer, via),
        }
    }
}

/// The form that `value` should have, if it has not.
fn wanted(form: Form, value: &Value) -> Option<&'static str> {
    let texts = |value: &Value| value.as_array().is_some_and(|items| items.iter().all(Value::is_string));
    let text_map = |value: &Value| value.as_object().is_some_and(|map| map.values().all(Value::is_string));
    let (fits, wanted) = match form {
        Form::Text => (value.is_string(), "a string"),
        Form::Flag => (value.is_boolean(), "`true` or `false`"),
        Form::Number => (value.is_number(), "a number"),
        Form::Count => {
            let fits = value.as_u64().is_some_and(|count| u32::try_from(count).is_ok());
            (fits, "a whole number from 0 to 4294967295")
        }
        Form::Values => (value.is_array(), "a list"),
        Form::Texts => (texts(value), "a list of strings"),
        Form::TextMap => (text_map(value), "an object whose values are strings"),
        Form::List(_) | Form::ListOr(_) => (false, "a list"),
        Form::AnyMap => (value.is_object(), "an object"),
        Form::Map(_) | Form::MapOr(_) => (false, "an object"),
        Form::Any | Form::One(_) | Form::Or(_) | Form::FlagOrSchema => (true, ""),
    };
    (!fits).then_some(wanted)
}

/// A value as a message names it.
pub(super) fn form_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(number) if number.is_f64() => "a number",
        Value::Number(_) => "an integer",
        Value::String(_) => "a string",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    }
}

/// Insertions, deletions, substitutions and swaps of neighbours that lead from one word to the other.
pub(super) fn distance(left: &str, right: &str) -> usize {
    let (left, right): (Vec<char>, Vec<char>) = (left.chars().collect(), right.chars().collect());
    if left.len() > 40 {
        return usize::MAX;
    }
    let mut rows = vec![(0..=right.len()).collect::<Vec<_>>()];
    for (i, a) in left.iter().enumerate() {
        let mut row = vec![i + 1];
        for (j, b) in right.iter().enumerate() {
            let substituted = rows[i][j] + usize::from(!a.eq_ignore_ascii_case(b));
            let mut best = substituted.min(rows[i][j + 1] + 1).min(row[j] + 1);
            if i > 0 && j > 0 && *a == right[j - 1] && left[i - 1] == *b {
                best = best.min(rows[i - 1][j - 1] + 1);
            }
            row.push(best);
        }
        rows.push(row);
    }
    rows.last().and_then(|row| row.last()).copied().unwrap_or_default()
}
