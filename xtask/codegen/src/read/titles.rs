//! Names of what is written in place, one for each: the Rust types of both sides are called by them.
//!
//! typify calls the type of an inline schema by its `title`, or else by its parent and its member, and takes whatever has
//! one name for one type. So a title that stands on different schemas (pydantic writes one on each member) counts for none
//! of them, and where a name is taken that typify would make, a title with a number says another.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};

use super::bodies::RESERVED;
use crate::model::{List, Model, Operation};
use crate::names;
use crate::sdk::{callers_parameters, in_requests_and_answers};

/// Whether requests hold a schema, and whether answers do: the client's types differ by it.
type Use = (bool, bool);

/// Writes into [`Schema::typed`](crate::model::Schema::typed) what its types are made of.
pub(super) fn distinguish(model: &mut Model) {
    let uses = in_requests_and_answers(model);
    let named: BTreeSet<String> = model.schemas.iter().map(|schema| names::pascal(&schema.name)).collect();
    let mut titles = Titles { used: (false, false), named, titled: BTreeMap::new(), taken: BTreeMap::new() };
    for schema in &model.schemas {
        titles.used = uses(&schema.name);
        titles.collect(&schema.value);
    }
    titles.taken = parameters(&model.operations).map(|name| (name, None)).collect();
    let typed: Vec<Value> = model
        .schemas
        .iter()
        .map(|schema| {
            titles.used = uses(&schema.name);
            titles.inside(&schema.value, &names::pascal(&schema.name), true)
        })
        .collect();
    for (schema, typed) in model.schemas.iter_mut().zip(typed) {
        schema.typed = typed;
    }
}

/// What progenitor calls the enumerations of parameters.
fn parameters(operations: &[Operation]) -> impl Iterator<Item = String> {
    operations.iter().flat_map(|operation| {
        callers_parameters(operation)
            .filter(|parameter| {
                parameter.list == List::No && parameter.reference.is_none() && parameter.schema.get("enum").is_some()
            })
            .map(|parameter| format!("{}{}", names::pascal(&operation.id), names::pascal(&parameter.name)))
    })
}

struct Titles {
    /// Of the component that is looked at.
    used: Use,
    /// Names of components.
    named: BTreeSet<String>,
    /// Schemas by the name that their title makes; none if they differ.
    titled: BTreeMap<String, Option<(Value, Use)>>,
    /// What has which name; none if it is no inline schema.
    taken: BTreeMap<String, Option<(Value, Use)>>,
}

impl Titles {
    /// Notes the titles of everything inside of `schema`.
    fn collect(&mut self, schema: &Value) {
        for child in children(schema) {
            if let Some(title) = title(child) {
                let found = Some((child.clone(), self.used));
                let known = self.titled.entry(title).or_insert_with(|| found.clone());
                if *known != found {
                    *known = None;
                }
            }
            self.collect(child);
        }
    }

    /// `schema`, whose type is called `name`, with names for what is inside.
    fn inside(&mut self, schema: &Value, name: &str, is_component: bool) -> Value {
        let Some(object) = schema.as_object().filter(|object| !object.contains_key("$ref")) else {
            return schema.clone();
        };
        // An `Option` has no name of its own, so that a component that is one needs another for what is in it.
        let is_option = is_component && object.get("nullable") == Some(&Value::Bool(true));
        let name = if is_option { format!("{name}Inner") } else { name.to_owned() };
        let has_members = object.contains_key("properties");
        let extra = if has_members { "ExtraValue" } else { "Value" };
        let mut out = Map::new();
        for (key, value) in object {
            let value = match (key.as_str(), value) {
                ("properties", Value::Object(members)) => Value::Object(
                    members
                        .iter()
                        .map(|(member, value)| {
                            (member.clone(), self.child(value, &format!("{name}{}", names::pascal(member))))
                        })
                        .collect(),
                ),
                ("items", value) => self.child(value, &format!("{name}Item")),
                ("additionalProperties", Value::Object(_)) => self.child(value, &format!("{name}{extra}")),
                // One type is made of all parts.
                ("allOf", Value::Array(parts)) => parts.iter().map(|part| self.inside(part, &name, false)).collect(),
                ("oneOf" | "anyOf", Value::Array(branches)) => self.branches(branches, &name),
                _ => value.clone(),
            };
            out.insert(key.clone(), value);
        }
        Value::Object(out)
    }

    /// Variants of an enumeration: their members are in it, and have names that begin with its own.
    fn branches(&mut self, branches: &[Value], name: &str) -> Value {
        let tagged = is_tagged(branches);
        let variants = branches.iter().enumerate().map(|(index, branch)| match (tagged, has_members(branch)) {
            (true, _) => self.inside(branch, name, false),
            (false, true) => {
                let name = title(branch).unwrap_or_else(|| format!("{name}Variant{index}"));
                self.inside(branch, &name, false)
            }
            (false, false) => self.child(branch, &format!("{name}Variant{index}")),
        });
        variants.collect()
    }

    /// A schema that may have a type of its own, which typify would call by its title or else `suggested`.
    fn child(&mut self, schema: &Value, suggested: &str) -> Value {
        let Some(object) = schema.as_object().filter(|object| !object.contains_key("$ref")) else {
            return schema.clone();
        };
        let kept = title(schema).filter(|title| self.is_kept(title));
        let mut object = object.clone();
        if kept.is_none() {
            object.shift_remove("title");
        }
        let wanted = kept.unwrap_or_else(|| suggested.to_owned());
        let name = if has_type(&object) { self.claimed(&wanted, schema) } else { wanted.clone() };
        if name != wanted {
            object.insert("title".to_owned(), Value::String(name.clone()));
        }
        self.inside(&Value::Object(object), &name, false)
    }

    /// Whether a title says which schema is meant.
    fn is_kept(&self, title: &str) -> bool {
        !self.named.contains(title) && !RESERVED.contains(&title) && self.titled.get(title).is_some_and(Option::is_some)
    }

    /// `wanted`, or with the first number that makes it a name that nothing else has.
    fn claimed(&mut self, wanted: &str, schema: &Value) -> String {
        let this = Some((schema.clone(), self.used));
        let free = |name: &str| {
            !self.named.contains(name) && self.taken.get(name).is_none_or(|known| known.is_some() && *known == this)
        };
        let mut candidates = std::iter::once(wanted.to_owned()).chain((2..).map(|number| format!("{wanted}{number}")));
        let name = candidates.find(|name| free(name)).unwrap_or_else(|| wanted.to_owned());
        self.taken.insert(name.clone(), this);
        name
    }
}

/// The name that a title makes.
fn title(schema: &Value) -> Option<String> {
    schema.get("title").and_then(Value::as_str).map(names::pascal)
}

/// Schemas that stand directly in `schema`.
fn children(schema: &Value) -> Vec<&Value> {
    let mut found = Vec::new();
    for (key, value) in schema.as_object().into_iter().flatten() {
        match (key.as_str(), value) {
            ("properties", Value::Object(members)) => found.extend(members.values()),
            ("oneOf" | "anyOf" | "allOf", Value::Array(branches)) => found.extend(branches),
            ("items" | "additionalProperties", Value::Object(_)) => found.push(value),
            _ => {}
        }
    }
    found
}

/// Whether typify may make a type of its own of a schema; of other scalars, lists and maps it takes Rust's.
fn has_type(schema: &Map<String, Value>) -> bool {
    const KEYS: [&str; 9] =
        ["properties", "enum", "oneOf", "anyOf", "allOf", "not", "minLength", "maxLength", "pattern"];
    KEYS.iter().any(|key| schema.contains_key(*key)) || schema.get("additionalProperties") == Some(&Value::Bool(false))
}

fn has_members(schema: &Value) -> bool {
    schema.get("properties").is_some()
}

/// Whether the branches say by a member of one value which they are.
fn is_tagged(branches: &[Value]) -> bool {
    let constants = |branch: &Value| -> BTreeSet<String> {
        let members = branch.get("properties").and_then(Value::as_object).into_iter().flatten();
        let is_constant =
            |value: &Value| value.get("enum").and_then(Value::as_array).is_some_and(|values| values.len() == 1);
        members.filter(|(_, value)| is_constant(value)).map(|(name, _)| name.clone()).collect()
    };
    let mut all = branches.iter().map(constants);
    let first = all.next().unwrap_or_default();
    !all.fold(first, |common, next| common.intersection(&next).cloned().collect()).is_empty()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::Document;

    /// The typed forms of `schemas`, which no operation uses.
    fn typed(schemas: Value) -> Value {
        let document = json!({
            "openapi": "3.0.3",
            "info": {"title": "A", "version": "1"},
            "paths": {},
            "components": {"schemas": schemas},
        });
        let document = Document::parse("a.json", &document.to_string()).unwrap();
        let model = crate::read::model(&document).unwrap();
        Value::Object(model.schemas.into_iter().map(|schema| (schema.name, schema.typed)).collect())
    }

    #[test]
    fn a_title_counts_if_it_says_one_thing() {
        let texts = |values: Value| json!({"title": "Status", "type": "string", "enum": values});
        let holding = |member: Value| json!({"type": "object", "properties": {"status": member}});
        let bare = |values: Value| json!({"type": "string", "enum": values});
        let differing = json!({"A": holding(texts(json!(["a"]))), "B": holding(texts(json!(["b"])))});
        assert_eq!(typed(differing), json!({"A": holding(bare(json!(["a"]))), "B": holding(bare(json!(["b"])))}));
        let same = json!({"A": holding(texts(json!(["a"]))), "B": holding(texts(json!(["a"])))});
        assert_eq!(typed(same.clone()), same);
        let component = json!({"A": holding(texts(json!(["a"]))), "Status": {"type": "string"}});
        assert_eq!(typed(component)["A"], holding(bare(json!(["a"]))));
    }

    #[test]
    fn a_name_that_is_taken_gets_a_number() {
        let street = json!({"type": "object", "properties": {"street": {"type": "string"}}});
        let thing = json!({"type": "object", "properties": {"address": street}});
        let found = typed(json!({"Thing": thing, "ThingAddress": {"type": "integer"}}));
        assert_eq!(found["Thing"]["properties"]["address"]["title"], "ThingAddress2");
        let things = json!({"type": "array", "items": street});
        let found = typed(json!({"Things": things, "ThingsItem": {"type": "integer"}, "Thing": thing}));
        assert_eq!(found["Things"]["items"]["title"], "ThingsItem2");
        assert_eq!(found["Thing"], thing);
    }

    #[test]
    fn branches_that_a_member_tells_apart_share_a_name() {
        let branch = |kind: &str, data: &str| {
            json!({"type": "object", "properties": {
                "kind": {"type": "string", "enum": [kind]},
                "data": {"type": "object", "properties": {data: {"type": "string"}}},
            }})
        };
        let found = typed(json!({"Event": {"oneOf": [branch("a", "x"), branch("b", "y")]}}));
        let data = |index: usize| found["Event"]["oneOf"][index]["properties"]["data"]["title"].clone();
        assert_eq!((data(0), data(1)), (Value::Null, json!("EventData2")));
    }
}
