//! Defaults, examples and listed values: each is valid against the schema beside it.

use std::collections::{BTreeMap, BTreeSet};

use jsonschema::Validator;
use serde_json::{Map, Value, json};

use super::context::Context;
use super::cycles;
use super::grammar::Kind;
use super::walk::Node;
use super::{Report, Rule};
use crate::load::escape;
use crate::schema;
use crate::server::for_validator;

pub(super) const RULES: &[Rule] = &[
    Rule::settled("default-invalid", "a default is valid against its schema", defaults),
    Rule::warning("example-invalid", "an example is valid against its schema", examples),
    Rule::error("enum-value", "a listed value keeps the limits beside it", listed_values),
    Rule::warning("example-twice", "`example` and `examples` exclude each other", twice),
];

/// Judges values against schemas; validators of components are built once.
struct Judge<'a, 'b> {
    context: &'b Context<'a>,
    looping: BTreeSet<String>,
    built: BTreeMap<String, Option<Validator>>,
}

impl<'a, 'b> Judge<'a, 'b> {
    fn new(context: &'b Context<'a>) -> Self {
        Self { context, looping: cycles::looping(context), built: BTreeMap::new() }
    }

    /// What is wrong with `value`, and where inside of it; nothing if the schema is not understood, which other rules say.
    fn refuse(&mut self, schema: &'a Value, value: &Value) -> Option<(String, String)> {
        let key = match schema.get("$ref").and_then(Value::as_str) {
            Some(target) => target.to_owned(),
            None => schema.to_string(),
        };
        if !self.built.contains_key(&key) {
            let validator = self.build(schema);
            self.built.insert(key.clone(), validator);
        }
        let validator = self.built.get(&key)?.as_ref()?;
        let error = validator.iter_errors(value).next()?;
        let reason: String = error.to_string().chars().take(160).collect();
        Some((error.instance_path().to_string(), reason))
    }

    fn build(&self, schema: &Value) -> Option<Validator> {
        let mut open: Vec<String> = schema::references(schema).into_iter().collect();
        let mut definitions = Map::new();
        while let Some(name) = open.pop() {
            let pointer = format!("/components/schemas/{}", escape(&name));
            let value = self.context.document.value.pointer(&pointer)?;
            if self.looping.contains(&pointer) {
                return None;
            }
            if !definitions.contains_key(&name) {
                open.extend(schema::references(value));
                definitions.insert(name, for_validator(value));
            }
        }
        let mut schema = for_validator(schema);
        if !definitions.is_empty() {
            // A reference with siblings is read the same by every draft in this form.
            schema = json!({ "allOf": [schema], "$defs": definitions });
        }
        validator(self.context, &schema)
    }
}

fn validator(context: &Context<'_>, schema: &Value) -> Option<Validator> {
    jsonschema::draft202012::options().with_pattern_cache(context.patterns.clone()).build(schema).ok()
}

fn complain(report: &mut Report<'_>, pointer: &str, what: &str, (inside, reason): (String, String)) {
    let message = format!("{what} is not valid: {reason}");
    report.value(&format!("{pointer}{inside}"), message, "correct the value, or the schema");
}

/// Pointers of the schemas whose default is not valid.
pub(super) fn invalid_defaults(context: &Context<'_>) -> Vec<String> {
    let mut judge = Judge::new(context);
    let nodes = context.schemas().iter();
    let refused = nodes
        .filter(|node| node.get("default").is_some_and(|value| judge_own(context, &mut judge, node, value).is_some()));
    refused.map(|node| node.pointer.clone()).collect()
}

fn defaults(context: &Context<'_>, report: &mut Report<'_>) {
    let mut judge = Judge::new(context);
    for node in context.schemas() {
        if let Some(value) = node.get("default")
            && let Some(refused) = judge_own(context, &mut judge, node, value)
        {
            complain(report, &node.at("default"), "the default", refused);
        }
    }
}

/// A value against the schema that it stands in.
fn judge_own<'a>(
    context: &Context<'a>,
    judge: &mut Judge<'a, '_>,
    node: &Node<'a>,
    value: &Value,
) -> Option<(String, String)> {
    let schema = context.document.value.pointer(&node.pointer)?;
    judge.refuse(schema, value)
}

fn examples(context: &Context<'_>, report: &mut Report<'_>) {
    let mut judge = Judge::new(context);
    for node in context.schemas() {
        if let Some(value) = node.get("example")
            && let Some(refused) = judge_own(context, &mut judge, node, value)
        {
            complain(report, &node.at("example"), "the example", refused);
        }
    }
    let is_json = |node: &&Node<'_>| {
        let essence = super::body::essence(&node.name());
        essence.ends_with("/json") || essence.ends_with("+json")
    };
    // The examples of other media types are text, whatever their schema says.
    let media = context.nodes(Kind::MediaType).iter().filter(is_json);
    for node in media.chain(context.nodes(Kind::Parameter)).chain(context.nodes(Kind::Header)) {
        let Some(schema) = node.get("schema") else { continue };
        if let Some(value) = node.get("example")
            && let Some(refused) = judge.refuse(schema, value)
        {
            complain(report, &node.at("example"), "the example", refused);
        }
        for (name, example, pointer) in node.entries("examples") {
            let Some(example) = context.node(example, &pointer, "examples") else { continue };
            if let Some(value) = example.get("value")
                && let Some(refused) = judge.refuse(schema, value)
            {
                complain(report, &example.at("value"), &format!("the example `{name}`"), refused);
            }
        }
    }
}

/// Values that break the limits beside them would vanish from the generated enumeration.
fn listed_values(context: &Context<'_>, report: &mut Report<'_>) {
    for node in context.schemas().iter().filter(|node| node.has("enum") && node.has("type")) {
        let limits: Map<String, Value> = node
            .value
            .iter()
            .filter(|(key, _)| key.starts_with("min") || key.starts_with("max") || *key == "pattern")
            .map(|(key, value)| (key.clone(), value.clone()))
            .collect();
        let Some(validator) = validator(context, &Value::Object(limits)) else { continue };
        for (index, value) in node.array("enum").iter().enumerate() {
            if !validator.is_valid(value) {
                report.value(
                    &format!("{}/enum/{index}", node.pointer),
                    format!("the listed value {value} breaks the limits beside the list"),
                    "correct the value, or remove the limits: the list says enough",
                );
            }
        }
    }
}

fn twice(context: &Context<'_>, report: &mut Report<'_>) {
    let holders = [Kind::MediaType, Kind::Parameter, Kind::Header].into_iter().flat_map(|kind| context.nodes(kind));
    for node in holders.filter(|node| node.has("example") && node.has("examples")) {
        report.key(&node.at("example"), "both `example` and `examples`", "move the one into the others");
    }
}
