//! A node of the document with the place where it was found.

use serde_json::Value;

use crate::load::escape;

/// A node and its JSON pointer.
#[derive(Clone)]
pub(super) struct Node<'a> {
    pub(super) value: &'a Value,
    pub(super) pointer: String,
}

impl<'a> Node<'a> {
    pub(super) fn child(&self, key: &str) -> Option<Self> {
        let value = self.value.get(key)?;
        Some(Self { value, pointer: format!("{}/{}", self.pointer, escape(key)) })
    }

    /// Members of an object; none of anything else.
    pub(super) fn entries(&self) -> Vec<(&'a str, Self)> {
        let Some(object) = self.value.as_object() else { return Vec::new() };
        object
            .iter()
            .map(|(key, value)| (key.as_str(), Self { value, pointer: format!("{}/{}", self.pointer, escape(key)) }))
            .collect()
    }

    /// Members of the object called `key`.
    pub(super) fn children(&self, key: &str) -> Vec<(&'a str, Self)> {
        self.child(key).map(|child| child.entries()).unwrap_or_default()
    }

    /// Items of the array called `key`.
    pub(super) fn items(&self, key: &str) -> Vec<Self> {
        let Some(child) = self.child(key) else { return Vec::new() };
        let Some(array) = child.value.as_array() else { return Vec::new() };
        array
            .iter()
            .enumerate()
            .map(|(index, value)| Self { value, pointer: format!("{}/{index}", child.pointer) })
            .collect()
    }

    pub(super) fn text(&self, key: &str) -> String {
        self.optional_text(key).unwrap_or_default()
    }

    pub(super) fn optional_text(&self, key: &str) -> Option<String> {
        self.value.get(key).and_then(Value::as_str).map(|text| text.trim().to_owned())
    }

    pub(super) fn flag(&self, key: &str) -> Option<bool> {
        self.value.get(key).and_then(Value::as_bool)
    }
}
