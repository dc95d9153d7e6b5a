//! What tells the branches of `oneOf` and `anyOf` apart, which the tolerant reader of answers must not give up.
//!
//! The client tries the types of a union in turn. Where a member with listed values, or the JSON type, decides between
//! two branches, nothing else is kept: new members and longer texts are still read. Where only limits or
//! `additionalProperties: false` do, they are kept, else the first branch would take what belongs to a later one.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::lower::is_required;
use crate::model::Model;
use crate::schema;

/// How much of a schema decides between the branches of a union.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Decides {
    /// It is no branch.
    #[default]
    Nothing,
    /// The values of required enumerations.
    Values,
    /// Limits and closedness, too.
    Everything,
}

impl Decides {
    /// The same for the member called `name` of a branch.
    pub(super) fn of_member(self, branch: &Map<String, Value>, name: &str, member: &Value) -> Self {
        let is_scalar = ["properties", "items", "additionalProperties"].iter().all(|key| member.get(*key).is_none());
        if is_scalar && (self == Self::Everything || is_required(branch, name)) { self } else { Self::Nothing }
    }
}

/// The unions of a document.
#[derive(Debug, Default)]
pub(super) struct Alternatives<'a> {
    schemas: BTreeMap<&'a str, &'a Value>,
    found: BTreeMap<&'a str, Decides>,
}

/// Required members with listed values.
type Tags<'a> = BTreeMap<&'a str, Vec<&'a Value>>;

impl<'a> Alternatives<'a> {
    /// Of a document that has none.
    #[cfg(test)]
    pub(super) const fn none() -> Self {
        Self { schemas: BTreeMap::new(), found: BTreeMap::new() }
    }

    pub(super) fn of(model: &'a Model) -> Self {
        let schemas = model.schemas.iter().map(|schema| (schema.name.as_str(), &schema.typed)).collect();
        let mut all = Self { schemas, found: BTreeMap::new() };
        model.schemas.iter().for_each(|schema| all.unions(&schema.typed));
        all
    }

    /// How much of the component called `name` decides.
    pub(super) fn component(&self, name: &str) -> Decides {
        self.found.get(name).copied().unwrap_or_default()
    }

    /// How much of each branch decides between it and the others.
    pub(super) fn branches(&self, branches: &[Value]) -> Vec<Decides> {
        let alone =
            |branch: &Value| branches.iter().all(|other| std::ptr::eq(branch, other) || self.differ(branch, other));
        let of = |branch| if alone(branch) { Decides::Values } else { Decides::Everything };
        // A single branch beside null is no choice.
        let is_choice = branches.iter().filter(|branch| !is_null(branch)).count() > 1;
        branches.iter().map(|branch| if is_choice { of(branch) } else { Decides::Nothing }).collect()
    }

    /// Finds the unions of a schema, wherever they stand in it.
    fn unions(&mut self, schema: &'a Value) {
        match schema {
            Value::Object(object) => {
                for branches in ["oneOf", "anyOf"].iter().filter_map(|key| object.get(*key)?.as_array()) {
                    let decides = self.branches(branches);
                    branches.iter().zip(decides).for_each(|(branch, decides)| self.mark(branch, decides));
                }
                object.values().for_each(|child| self.unions(child));
            }
            Value::Array(items) => items.iter().for_each(|item| self.unions(item)),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
        }
    }

    /// Notes what a branch leads to.
    fn mark(&mut self, branch: &'a Value, decides: Decides) {
        if let Some(name) = schema::reference(branch) {
            let known = self.found.entry(name).or_default();
            if *known < decides {
                *known = decides;
                if let Some(target) = self.schemas.get(name).copied() {
                    self.mark(target, decides);
                }
            }
            return;
        }
        let Some(object) = branch.as_object() else { return };
        for part in ["allOf", "oneOf", "anyOf"].iter().filter_map(|key| object.get(*key)?.as_array()).flatten() {
            self.mark(part, decides);
        }
        for (name, member) in object.get("properties").and_then(Value::as_object).into_iter().flatten() {
            let target = self.resolved(member, 0).unwrap_or(member);
            self.mark_member(member, decides.of_member(object, name, target));
        }
    }

    fn mark_member(&mut self, member: &'a Value, decides: Decides) {
        let is_object = self.resolved(member, 0).is_some_and(|target| target.get("properties").is_some());
        if decides != Decides::Nothing && !is_object {
            self.mark(member, decides);
        }
    }

    fn resolved(&self, schema: &'a Value, depth: usize) -> Option<&'a Value> {
        match schema::reference(schema) {
            Some(name) if depth < 32 => self.resolved(self.schemas.get(name)?, depth + 1),
            Some(_) => None,
            None => Some(schema),
        }
    }

    /// Whether no value fits both, by their JSON types or by listed values.
    fn differ(&self, left: &Value, right: &Value) -> bool {
        if is_null(left) || is_null(right) {
            return true;
        }
        if let (Some(left), Some(right)) = (self.kind(left), self.kind(right))
            && left != right
        {
            return true;
        }
        let (left, right) = (self.tags(left), self.tags(right));
        left.iter().any(|(name, values)| {
            right.get(name).is_some_and(|others| values.iter().all(|value| !others.contains(value)))
        })
    }

    /// The JSON type; whole numbers are numbers.
    fn kind(&self, schema: &Value) -> Option<&str> {
        let lookup = |pointer: &str| self.schemas.get(pointer.rsplit('/').next()?).copied();
        // The tree of `self` outlives the answer, the branch need not.
        let kind = schema::kind(schema, &lookup)?;
        ["array", "boolean", "object", "string"].into_iter().find(|known| *known == kind).or(Some("number"))
    }

    fn tags<'b>(&self, schema: &'b Value) -> Tags<'b>
    where
        'a: 'b,
    {
        let mut tags = Tags::new();
        self.collect_tags(schema, 0, &mut tags);
        tags
    }

    fn collect_tags<'b>(&self, schema: &'b Value, depth: usize, tags: &mut Tags<'b>)
    where
        'a: 'b,
    {
        // Schemas may refer to themselves.
        if depth > 16 {
            return;
        }
        if let Some(target) = schema::reference(schema).and_then(|name| self.schemas.get(name).copied()) {
            return self.collect_tags(target, depth + 1, tags);
        }
        let Some(object) = schema.as_object() else { return };
        for part in object.get("allOf").and_then(Value::as_array).into_iter().flatten() {
            self.collect_tags(part, depth + 1, tags);
        }
        for (name, member) in object.get("properties").and_then(Value::as_object).into_iter().flatten() {
            if is_required(object, name)
                && let Some(values) = self.values(member, depth)
            {
                tags.insert(name, values);
            }
        }
    }

    /// The listed values of a member.
    fn values<'b>(&self, member: &'b Value, depth: usize) -> Option<Vec<&'b Value>>
    where
        'a: 'b,
    {
        if depth > 16 {
            return None;
        }
        if let Some(name) = schema::reference(member) {
            return self.values(self.schemas.get(name)?, depth + 1);
        }
        if let Some([part]) = member.get("allOf").and_then(Value::as_array).map(Vec::as_slice) {
            return self.values(part, depth + 1);
        }
        Some(member.get("enum")?.as_array()?.iter().collect())
    }
}

/// How OpenAPI 3.0 writes null as a branch.
fn is_null(schema: &Value) -> bool {
    let values = schema.get("enum").and_then(Value::as_array);
    values.is_some_and(|values| !values.is_empty() && values.iter().all(Value::is_null))
}
