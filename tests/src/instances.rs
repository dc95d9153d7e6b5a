//! Values of a schema, made from the schema alone: some that fit, some that break one rule each, some mixed at random.
//!
//! 1. [`full`] makes one value with every member.
//! 2. [`variants`] replaces each part of it by everything its own schema suggests: limits and one beyond, other types,
//!    null, missing and extra members, unknown enum values, strings that patterns and formats like to disagree about.
//! 3. [`instances`] adds mixtures of several replacements, drawn from a fixed seed.
//!
//! Nothing here knows what a schema is for.

mod strings;

use serde_json::{Map, Value, json};

use crate::document::{component, resolve};
use crate::random::Random;

/// Mixtures a component.
const MIXTURES: usize = 24;

/// What the maker of a value meant it to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Intent {
    /// Fits the schema.
    Valid,
    /// Breaks it.
    Invalid,
    /// Left to the judgement of the validator.
    Open,
}

/// A value to judge.
#[derive(Clone, Debug)]
pub struct Instance {
    /// What was done to it, for messages.
    pub what: String,
    /// What it was meant to be.
    pub intent: Intent,
    /// The value.
    pub value: Value,
}

impl Instance {
    fn new(what: impl Into<String>, intent: Intent, value: impl Into<Value>) -> Self {
        Self { what: what.into(), intent, value: value.into() }
    }
}

/// Everything for the component called `name`, the same at each call.
#[must_use]
pub fn instances(name: &str) -> Vec<Instance> {
    let schema = component(name);
    let mut found =
        vec![Instance::new("every member", if has_rule(schema) { Intent::Open } else { Intent::Valid }, full(schema))];
    found.extend(schema.get("example").map(|example| Instance::new("the example", Intent::Valid, example.clone())));
    found.extend(variants(schema));
    found.extend(mixtures(schema));
    found
}

/// A value with every member that `schema` names.
#[must_use]
pub fn full(schema: &'static Value) -> Value {
    let schema = resolve(schema);
    match kind(schema) {
        "object" => {
            properties(schema).map(|(name, property)| (name.to_owned(), full(property))).collect::<Map<_, _>>().into()
        }
        "array" => json!([full(&schema["items"])]),
        "string" => strings::typical(schema).into(),
        "integer" => schema
            .get("example")
            .or_else(|| schema.get("minimum").filter(|least| least.as_i64() >= Some(0)))
            .cloned()
            .unwrap_or(json!(0)),
        "boolean" => json!(true),
        other => panic!("the generator of instances does not know the type {other}"),
    }
}

/// `schema`'s [`full`] value with one thing changed, in every way the schema suggests.
#[must_use]
pub fn variants(schema: &'static Value) -> Vec<Instance> {
    let schema = resolve(schema);
    let mut found = other_types(schema);
    match kind(schema) {
        "object" => objects(schema, &mut found),
        "array" => arrays(schema, &mut found),
        "string" => found.extend(strings::variants(schema)),
        "integer" => integers(schema, &mut found),
        _ => found.push(Instance::new("false", Intent::Valid, false)),
    }
    if has_rule(schema) {
        found
            .iter_mut()
            .filter(|instance| instance.intent == Intent::Valid)
            .for_each(|instance| instance.intent = Intent::Open);
        rule_combinations(schema, &mut found);
    }
    found
}

fn kind(schema: &Value) -> &str {
    schema["type"].as_str().expect("every schema of the document has a type")
}

fn properties(schema: &'static Value) -> impl Iterator<Item = (&'static str, &'static Value)> {
    schema["properties"].as_object().into_iter().flatten().map(|(name, property)| (name.as_str(), property))
}

fn is_required(schema: &Value, name: &str) -> bool {
    schema["required"].as_array().is_some_and(|names| names.iter().any(|required| required == name))
}

fn has_rule(schema: &Value) -> bool {
    ["oneOf", "anyOf", "allOf", "not"].iter().any(|keyword| schema.get(*keyword).is_some())
}

fn other_types(schema: &Value) -> Vec<Instance> {
    let values = [json!(true), json!(7), json!(1.5), json!("text"), json!([]), json!({})];
    let wrong = values.into_iter().filter(|value| match kind(schema) {
        "object" => !value.is_object(),
        "array" => !value.is_array(),
        "string" => !value.is_string(),
        "integer" => !value.is_i64(),
        _ => !value.is_boolean(),
    });
    let mut found: Vec<Instance> =
        wrong.map(|value| Instance::new(format!("{value}"), Intent::Invalid, value)).collect();
    let null = if schema["nullable"] == true { Intent::Valid } else { Intent::Invalid };
    found.push(Instance::new("null", null, Value::Null));
    found
}

fn objects(schema: &'static Value, found: &mut Vec<Instance>) {
    let whole = full(schema);
    let without = |name: &str| {
        let mut value = whole.clone();
        value.as_object_mut().and_then(|members| members.shift_remove(name));
        value
    };
    for (name, property) in properties(schema) {
        let missing = if is_required(schema, name) { Intent::Invalid } else { Intent::Valid };
        found.push(Instance::new(format!("without {name}"), missing, without(name)));
        let mut renamed = without(name);
        renamed[name.to_uppercase()] = whole[name].clone();
        let open = schema["additionalProperties"] != false;
        let intent = if open && missing == Intent::Valid { Intent::Valid } else { Intent::Invalid };
        found.push(Instance::new(format!("{name} in upper case"), intent, renamed));
        for variant in variants(property) {
            let mut value = whole.clone();
            value[name] = variant.value;
            found.push(Instance::new(format!("{name}: {}", variant.what), variant.intent, value));
        }
    }
    let required: Map<String, Value> = properties(schema)
        .filter(|(name, _)| is_required(schema, name))
        .map(|(name, _)| (name.to_owned(), whole[name].clone()))
        .collect();
    let enough = schema["minProperties"].as_u64().is_none_or(|least| required.len() as u64 >= least);
    let intent = if enough { Intent::Valid } else { Intent::Invalid };
    found.push(Instance::new("only what is required", intent, required));
    let mut extra = whole;
    extra["x-unknown"] = json!("value");
    let intent = if schema["additionalProperties"] == false { Intent::Invalid } else { Intent::Valid };
    found.push(Instance::new("a member that the schema does not name", intent, extra));
}

fn arrays(schema: &'static Value, found: &mut Vec<Instance>) {
    let item = full(&schema["items"]);
    let repeated = |count: u64| Value::Array((0..count).map(|_| item.clone()).collect());
    let least = schema["minItems"].as_u64().unwrap_or(0);
    found.push(Instance::new(format!("{least} items"), Intent::Valid, repeated(least)));
    if least > 0 {
        found.push(Instance::new(format!("{} items", least - 1), Intent::Invalid, repeated(least - 1)));
    }
    if let Some(most) = schema["maxItems"].as_u64() {
        found.push(Instance::new(format!("{most} items"), Intent::Valid, repeated(most)));
        found.push(Instance::new(format!("{} items", most + 1), Intent::Invalid, repeated(most + 1)));
    }
    for variant in variants(&schema["items"]) {
        found.push(Instance::new(format!("an item: {}", variant.what), variant.intent, json!([variant.value])));
    }
}

fn integers(schema: &Value, found: &mut Vec<Instance>) {
    let (least, most) = match schema["format"].as_str() {
        Some("int32") => (i64::from(i32::MIN), i64::from(i32::MAX)),
        _ => (i64::MIN, i64::MAX),
    };
    let least = schema["minimum"].as_i64().unwrap_or(least);
    let most = schema["maximum"].as_i64().unwrap_or(most);
    found.push(Instance::new("the least integer", Intent::Valid, least));
    found.push(Instance::new("the greatest integer", Intent::Valid, most));
    if let Some(below) = least.checked_sub(1) {
        found.push(Instance::new("one below the least", Intent::Invalid, below));
    }
    let above = u64::try_from(most).map_or_else(|_| json!(most + 1), |most| json!(most + 1));
    found.push(Instance::new("one above the greatest", Intent::Invalid, above));
    found.push(Instance::new("a number far beyond", Intent::Invalid, json!(1e30)));
    found.push(Instance::new("a whole number with a fraction", Intent::Invalid, json!(1.0)));
}

/// Where a schema has rules beside its properties: each enum value with and without each optional member.
fn rule_combinations(schema: &'static Value, found: &mut Vec<Instance>) {
    let whole = full(schema);
    let enums =
        properties(schema).filter_map(|(name, property)| property["enum"].as_array().map(|values| (name, values)));
    for (name, values) in enums {
        for value in values {
            for (optional, _) in properties(schema).filter(|(optional, _)| !is_required(schema, optional)) {
                let mut with = whole.clone();
                with[name] = value.clone();
                let mut without = with.clone();
                without.as_object_mut().and_then(|members| members.shift_remove(optional));
                found.push(Instance::new(format!("{name} {value} with {optional}"), Intent::Open, with));
                found.push(Instance::new(format!("{name} {value} without {optional}"), Intent::Open, without));
            }
        }
    }
}

/// Several members replaced at once, the choice drawn from a fixed seed.
fn mixtures(schema: &'static Value) -> Vec<Instance> {
    let schema = resolve(schema);
    if kind(schema) != "object" {
        return Vec::new();
    }
    let choices: Vec<(&str, Vec<Instance>)> =
        properties(schema).map(|(name, property)| (name, variants(property))).collect();
    let mut random = Random::new(0);
    (0..MIXTURES).map(|_| mixture(schema, &choices, &mut random)).collect()
}

fn mixture(schema: &'static Value, choices: &[(&str, Vec<Instance>)], random: &mut Random) -> Instance {
    let mut value = full(schema);
    let mut intent = if has_rule(schema) { Intent::Open } else { Intent::Valid };
    let mut what = Vec::new();
    for (name, variants) in choices {
        if random.below(2) == 0 {
            continue;
        }
        let variant = &variants[random.below(variants.len())];
        value[*name] = variant.value.clone();
        what.push(format!("{name}: {}", variant.what));
        intent = match (intent, variant.intent) {
            (Intent::Invalid, _) | (_, Intent::Invalid) => Intent::Invalid,
            (Intent::Open, _) | (_, Intent::Open) => Intent::Open,
            (Intent::Valid, Intent::Valid) => Intent::Valid,
        };
    }
    Instance::new(what.join(" and "), intent, value)
}
