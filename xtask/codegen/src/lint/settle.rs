//! What a document says in a form that has one reading only, written in the form that the passes read.
//!
//! A schema with `properties` is an object although it does not say so; a limit of texts beside `type: integer` has no
//! effect. The rules made with [`Rule::settled`](super::Rule) say each such place as a warning; what they still find in
//! the settled document has more than one reading and is an error. Places are those of the document as it is written.

use std::collections::{BTreeMap, BTreeSet};

use jsonschema::PatternCache;
use serde_json::{Map, Value, json};

use super::context::Context;
use super::grammar::Kind;
use super::schemas::{KEYWORDS, TYPES};
use super::{unions, values, walk};
use crate::load::{Document, escape};
use crate::model::METHODS;
use crate::schema::COMBINATORS;
use crate::{names, schema};

/// The document with everything settled; none if there is nothing to settle.
pub(super) fn settle(document: &Document, patterns: &PatternCache) -> Option<Document> {
    let mut value = document.value.clone();
    lift(&mut value);
    let found = walk::walk(&value);
    let schemas: Vec<(String, &'static str)> =
        found.nodes.get(&Kind::Schema).into_iter().flatten().map(|node| (node.pointer.clone(), node.via)).collect();
    for (pointer, via) in schemas {
        if let Some(Value::Object(schema)) = value.pointer_mut(&pointer) {
            settle_schema(schema, via);
        }
    }
    answers(&mut value);
    let mut settled = document.with(value);
    for pointer in values::invalid_defaults(&Context::new(&settled, patterns)) {
        if let Some(Value::Object(schema)) = settled.value.pointer_mut(&pointer) {
            schema.shift_remove("default");
        }
    }
    one_type(&mut settled, patterns);
    (settled.value != document.value).then_some(settled)
}

/// A choice between forms of one scalar type is of that type.
fn one_type(settled: &mut Document, patterns: &PatternCache) {
    let context = Context::new(settled, patterns);
    let schemas = context.schemas().iter();
    let shared =
        schemas.filter_map(|node| Some((node.pointer.clone(), unions::shared_scalar(&context, node)?.to_owned())));
    for (pointer, kind) in shared.collect::<Vec<_>>() {
        if let Some(Value::Object(schema)) = settled.value.pointer_mut(&pointer) {
            schema.insert("type".to_owned(), json!(kind));
        }
    }
}

fn settle_schema(schema: &mut Map<String, Value>, via: &str) {
    let has_combinator = COMBINATORS.iter().any(|key| schema.contains_key(*key));
    let is_branch = COMBINATORS.contains(&via);
    // A branch that speaks of objects may be a rule beside members.
    if !has_combinator
        && !schema.contains_key("type")
        && let Some(kind) = schema::inferred(schema)
        && (!is_branch || (via != "not" && kind != "object" && kind != "array"))
    {
        schema.insert("type".to_owned(), json!(kind));
    }
    let kind = schema.get("type").and_then(Value::as_str).map(str::to_owned);
    if let Some(kind) = kind.as_deref().filter(|kind| TYPES.contains(kind)) {
        listed(schema, kind);
        for (keyword, types) in KEYWORDS {
            if !types.contains(&kind) {
                schema.shift_remove(keyword);
            }
        }
        if kind == "array" && !schema.contains_key("items") {
            schema.insert("items".to_owned(), json!({}));
        }
    }
    if has_combinator && !schema.contains_key("type") {
        schema.shift_remove("format");
    }
    required(schema, has_combinator || is_branch);
    combined(schema);
}

/// A choice of one that takes anything says nothing, and what must all hold are branches of one `allOf`.
fn combined(schema: &mut Map<String, Value>) {
    let anything = json!([{}]);
    schema.retain(|key, value| !COMBINATORS.contains(&key.as_str()) || *value != anything);
    let present: Vec<&str> = COMBINATORS.into_iter().filter(|key| schema.contains_key(*key)).collect();
    if schema.contains_key("type") || present.len() < 2 {
        return;
    }
    let mut branches = match schema.shift_remove("allOf") {
        Some(Value::Array(branches)) => branches,
        _ => Vec::new(),
    };
    branches.extend(present.iter().filter_map(|key| Some(json!({ *key: schema.shift_remove(*key)? }))));
    schema.insert("allOf".to_owned(), Value::Array(branches));
}

/// Listed values in the type that they are said to have, each once.
fn listed(schema: &mut Map<String, Value>, kind: &str) {
    if kind == "array" && schema.get("items").is_some_and(|items| items.get("$ref").is_none()) {
        of_items(schema);
    }
    let Some(Value::Array(values)) = schema.get_mut("enum") else { return };
    let mut found: Vec<Value> = Vec::new();
    for value in values.iter().map(|value| read_as(value, kind)) {
        if !found.contains(&value) {
            found.push(value);
        }
    }
    let has_null = found.contains(&Value::Null) && found.len() > 1;
    *values = found;
    if has_null && !schema.contains_key("nullable") {
        schema.insert("nullable".to_owned(), json!(true));
    }
}

/// An enumeration beside `items` that lists no lists means the items.
fn of_items(schema: &mut Map<String, Value>) {
    let is_of_items = schema
        .get("enum")
        .and_then(Value::as_array)
        .is_some_and(|values| !values.is_empty() && !values.iter().any(|value| value.is_array() || value.is_null()));
    let Some(Value::Object(items)) = schema.get("items").filter(|_| is_of_items) else { return };
    if items.contains_key("enum") {
        return;
    }
    let mut items = items.clone();
    items.extend(schema.shift_remove("enum").map(|values| ("enum".to_owned(), values)));
    if let Some(kind) = items.get("type").and_then(Value::as_str).map(str::to_owned) {
        listed(&mut items, &kind);
    }
    schema.insert("items".to_owned(), Value::Object(items));
}

/// YAML reads `1` and `yes` as what they are not meant to be, and quotes make a text of a number.
fn read_as(value: &Value, kind: &str) -> Value {
    let read = match (kind, value) {
        ("string", Value::Number(_) | Value::Bool(_)) => Some(json!(value.to_string())),
        ("integer", Value::String(text)) => text.parse::<i64>().ok().map(Value::from),
        ("number", Value::String(text)) => text.parse::<f64>().ok().map(Value::from),
        ("boolean", Value::String(text)) => text.parse::<bool>().ok().map(Value::from),
        _ => None,
    };
    read.unwrap_or_else(|| value.clone())
}

/// Each required member once, and defined: one that is not may hold anything.
fn required(schema: &mut Map<String, Value>, is_part: bool) {
    let Some(Value::Array(names)) = schema.get_mut("required") else { return };
    let mut seen = BTreeSet::new();
    names.retain(|name| seen.insert(name.to_string()));
    let names: Vec<String> = names.iter().filter_map(Value::as_str).map(str::to_owned).collect();
    // Another part may define them; a closed object cannot hold them.
    if is_part || schema.get("additionalProperties") == Some(&Value::Bool(false)) {
        return;
    }
    let others = schema.get("additionalProperties").filter(|others| others.is_object()).cloned();
    let properties = schema.entry("properties").or_insert_with(|| json!({}));
    let Some(properties) = properties.as_object_mut() else { return };
    for name in names {
        properties.entry(name).or_insert_with(|| others.clone().unwrap_or_else(|| json!({})));
    }
    if properties.is_empty() {
        schema.shift_remove("properties");
    }
}

/// Answers that HTTP sends without a body have none, and an operation without any answers anything.
fn answers(value: &mut Value) {
    let shared = value.pointer("/components/responses").cloned().unwrap_or_default();
    let Some(Value::Object(paths)) = value.get_mut("paths") else { return };
    let items = paths.values_mut().filter_map(Value::as_object_mut);
    let operations = items.flat_map(|item| item.iter_mut().filter(|(key, _)| METHODS.contains(&key.as_str())));
    for (method, operation) in operations {
        let Some(Value::Object(responses)) = operation.get_mut("responses") else { continue };
        if responses.keys().all(|key| key.starts_with("x-")) {
            let anything = json!({ "description": "", "content": { "*/*": { "schema": {} } } });
            responses.insert("default".to_owned(), anything);
        }
        for (status, response) in responses.iter_mut() {
            if super::operations::is_bodiless(method, status) && super::operations::is_status(status) {
                without_body(response, &shared);
            }
        }
    }
}

/// Other operations may answer with a body what a reference leads to, so this one gets a copy.
fn without_body(response: &mut Value, shared: &Value) {
    let target = response.get("$ref").and_then(Value::as_str);
    let name = target.and_then(|target| target.strip_prefix("#/components/responses/"));
    if let Some(copy) = name.and_then(|name| shared.get(name)) {
        if copy.get("content").is_none() {
            return;
        }
        *response = copy.clone();
    }
    if let Value::Object(response) = response {
        response.shift_remove("content");
    }
}

/// Schemas that a reference names in the middle of the document become components.
fn lift(value: &mut Value) {
    let found = walk::walk(value);
    let schemas: BTreeSet<&str> =
        found.nodes.get(&Kind::Schema).into_iter().flatten().map(|node| node.pointer.as_str()).collect();
    let targets: BTreeSet<String> = found
        .references
        .iter()
        .filter_map(|reference| reference.target.strip_prefix('#'))
        .filter(|target| !is_component(target) && schemas.contains(target))
        .map(str::to_owned)
        .collect();
    let mut lifted: BTreeMap<String, String> = BTreeMap::new();
    // A schema inside another comes after it in this order, and is lifted before it.
    for target in targets.into_iter().rev() {
        let Some(name) = free_name(value, &target) else { continue };
        let Some(place) = value.pointer_mut(&target) else { continue };
        let schema = std::mem::replace(place, json!({ "$ref": format!("{}{name}", schema::COMPONENT) }));
        value["components"]["schemas"][&name] = schema;
        lifted.insert(target, name);
    }
    if lifted.is_empty() {
        return;
    }
    let found = walk::walk(value);
    let all: Vec<(String, String)> = found
        .references
        .iter()
        .filter_map(|reference| Some((reference.node.at("$ref"), lifted.get(reference.target.strip_prefix('#')?)?)))
        .map(|(pointer, name)| (pointer, format!("{}{name}", schema::COMPONENT)))
        .collect();
    for (pointer, target) in all {
        if let Some(reference) = value.pointer_mut(&pointer) {
            *reference = json!(target);
        }
    }
}

fn is_component(pointer: &str) -> bool {
    pointer.strip_prefix("/components/schemas/").is_some_and(|name| !name.contains('/'))
}

/// A component name of the last words of a pointer that no component has; none if `components` is no object.
fn free_name(value: &Value, pointer: &str) -> Option<String> {
    const PLACES: [&str; 9] =
        ["schema", "schemas", "properties", "items", "content", "components", "paths", "responses", "requestBody"];
    let words = pointer.split('/').filter(|word| !word.is_empty() && !PLACES.contains(word) && !word.contains("~1"));
    let words: Vec<String> = words.map(names::pascal).collect();
    let start = words.len().saturating_sub(2);
    let base = words[start..].concat();
    let base = if base.is_empty() { "Schema".to_owned() } else { base };
    let root = value.as_object()?;
    if root.get("components").is_some_and(|components| !components.is_object())
        || root["components"].get("schemas").is_some_and(|schemas| !schemas.is_object())
    {
        return None;
    }
    let taken = |name: &str| value.pointer(&format!("/components/schemas/{}", escape(name))).is_some();
    let numbered = (2..).map(|number| format!("{base}{number}"));
    std::iter::once(base.clone()).chain(numbered).find(|name| !taken(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settled(schema: Value) -> Value {
        let document = json!({"openapi": "3.0.3", "components": {"schemas": {"A": schema}}}).to_string();
        let document = Document::parse("a.yaml", &document).unwrap();
        settle(&document, &PatternCache::new()).unwrap_or(document).value["components"]["schemas"]["A"].clone()
    }

    #[test]
    fn what_keywords_imply_is_written_out() {
        assert_eq!(settled(json!({"minLength": 1})), json!({"minLength": 1, "type": "string"}));
        assert_eq!(settled(json!({"type": "array"})), json!({"type": "array", "items": {}}));
        assert_eq!(
            settled(json!({"type": "object", "required": ["a", "a"]})),
            json!({"type": "object", "required": ["a"], "properties": {"a": {}}})
        );
    }

    #[test]
    fn what_has_no_effect_is_left_out() {
        assert_eq!(settled(json!({"type": "integer", "maxLength": 3, "default": "x"})), json!({"type": "integer"}));
    }

    #[test]
    fn listed_values_have_the_type_that_is_named() {
        assert_eq!(
            settled(json!({"type": "string", "enum": [1, true, "1", null]})),
            json!({"type": "string", "enum": ["1", "true", null], "nullable": true})
        );
        assert_eq!(
            settled(json!({"type": "array", "items": {"type": "string"}, "enum": ["a"]})),
            json!({"type": "array", "items": {"type": "string", "enum": ["a"]}})
        );
        assert_eq!(settled(json!({"type": "integer", "enum": ["a"]})), json!({"type": "integer", "enum": ["a"]}));
    }

    #[test]
    fn a_settled_document_is_left_as_it_is() {
        let schema = json!({"type": "object", "properties": {"a": {"oneOf": [{"required": ["b"]}]}}});
        assert_eq!(settled(schema.clone()), schema);
    }

    #[test]
    fn schemas_in_the_middle_of_others_become_components() {
        let schema = json!({"type": "object", "properties": {
            "inner": {"type": "object", "properties": {"again": {"$ref": "#/components/schemas/A/properties/inner"}}}}});
        let schema = settled(schema);
        assert_eq!(schema["properties"]["inner"]["$ref"], "#/components/schemas/AInner");
    }
}
