//! Limits: whole where they count, in order, inside of the type; and patterns that every engine reads alike.

use std::collections::BTreeMap;

use serde_json::Value;

use super::context::Context;
use super::walk::Node;
use super::{Report, Rule};

pub(super) const RULES: &[Rule] = &[
    Rule::error("limit-order", "no lower limit is above its upper one", order),
    Rule::error("limit-whole", "the limits of an integer are whole", whole),
    Rule::error("limit-range", "the limits and the default of an integer fit into its type", range),
    Rule::error("limit-multiple", "`multipleOf` is greater than zero", multiple),
    Rule::error("limit-exclusive", "an exclusive limit stands beside the limit", exclusive),
    Rule::error("schema-pattern", "a pattern is a regular expression for every engine that meets it", pattern),
];

const PAIRS: [(&str, &str); 4] =
    [("minLength", "maxLength"), ("minItems", "maxItems"), ("minProperties", "maxProperties"), ("minimum", "maximum")];

/// Formats of integers with their limits.
const INTEGERS: [(&str, i128, i128); 10] = [
    ("int8", i8::MIN as i128, i8::MAX as i128),
    ("uint8", 0, u8::MAX as i128),
    ("int16", i16::MIN as i128, i16::MAX as i128),
    ("uint16", 0, u16::MAX as i128),
    ("int32", i32::MIN as i128, i32::MAX as i128),
    ("int", i32::MIN as i128, i32::MAX as i128),
    ("uint32", 0, u32::MAX as i128),
    ("uint", 0, u64::MAX as i128),
    ("int64", i64::MIN as i128, i64::MAX as i128),
    ("uint64", 0, u64::MAX as i128),
];

/// A number as an integer, also one that was written as `1.0` or is beyond 64 bits.
fn integer(value: &Value) -> Option<i128> {
    if let Some(value) = value.as_i64() {
        return Some(value.into());
    }
    if let Some(value) = value.as_u64() {
        return Some(value.into());
    }
    // The cast saturates, which is enough to be out of range.
    value.as_f64().filter(|value| value.fract() == 0.0).map(|value| value as i128)
}

fn order(context: &Context<'_>, report: &mut Report<'_>) {
    for schema in context.schemas() {
        for (low, high) in PAIRS {
            let number = |key: &str| schema.get(key).and_then(Value::as_f64);
            let (Some(least), Some(most)) = (number(low), number(high)) else { continue };
            let exclusive =
                schema.flag("exclusiveMinimum") == Some(true) || schema.flag("exclusiveMaximum") == Some(true);
            if least > most || (low == "minimum" && least == most && exclusive) {
                let (least, most) = (&schema.value[low], &schema.value[high]);
                report.value(
                    &schema.at(low),
                    format!("no value is allowed: `{low}` is {least}, `{high}` is {most}"),
                    "correct one of the two",
                );
            }
        }
    }
}

fn integers<'a, 'b>(
    context: &'b Context<'a>,
    keys: &'static [&'static str],
) -> impl Iterator<Item = (&'b Node<'a>, &'static str, &'a Value)> {
    let schemas = context.schemas().iter().filter(|schema| schema.text("type") == Some("integer"));
    schemas.flat_map(move |schema| {
        keys.iter().filter_map(move |key| Some((schema, *key, schema.get(key).filter(|value| value.is_number())?)))
    })
}

fn whole(context: &Context<'_>, report: &mut Report<'_>) {
    for (schema, key, value) in integers(context, &["minimum", "maximum", "multipleOf"]) {
        if integer(value).is_none() {
            let message = format!("`{key}` of an integer is {value}");
            report.value(&schema.at(key), message, "write a whole number, or `type: number`");
        }
    }
}

fn range(context: &Context<'_>, report: &mut Report<'_>) {
    for (schema, key, value) in integers(context, &["minimum", "maximum", "multipleOf", "default"]) {
        let Some(number) = integer(value) else { continue };
        let format = schema.text("format").unwrap_or("int64");
        let found = INTEGERS.iter().find(|(name, ..)| *name == format);
        let (name, least, most) = found.copied().unwrap_or(("int64", i64::MIN.into(), i64::MAX.into()));
        if number < least || number > most {
            report.value(
                &schema.at(key),
                format!("`{key}` is {value}, but {name} holds {least} to {most}"),
                "correct it, or write a `format` that holds it",
            );
        }
    }
}

fn multiple(context: &Context<'_>, report: &mut Report<'_>) {
    for schema in context.schemas() {
        if let Some(value) = schema.get("multipleOf").filter(|value| value.as_f64().is_some_and(|value| value <= 0.0)) {
            report.value(&schema.at("multipleOf"), format!("`multipleOf` is {value}"), "write a number above zero");
        }
    }
}

fn exclusive(context: &Context<'_>, report: &mut Report<'_>) {
    for schema in context.schemas() {
        for (exclusive, limit) in [("exclusiveMinimum", "minimum"), ("exclusiveMaximum", "maximum")] {
            if schema.flag(exclusive) == Some(true) && !schema.has(limit) {
                let message = format!("`{exclusive}` without `{limit}` limits nothing");
                report.key(&schema.at(exclusive), message, &format!("add `{limit}:`, or remove it"));
            }
        }
    }
}

/// Why an engine does not read a pattern: generated clients match with the first, the server's validator with the second.
fn refused(pattern: &str) -> Option<String> {
    match (regress::Regex::new(pattern), fancy_regex::Regex::new(pattern)) {
        (Err(error), _) => Some(error.to_string()),
        (_, Err(error)) => Some(error.to_string()),
        (Ok(_), Ok(_)) => None,
    }
}

fn pattern(context: &Context<'_>, report: &mut Report<'_>) {
    // Documents repeat their patterns, and reading one takes longer than everything else here.
    let mut read: BTreeMap<&str, Option<String>> = BTreeMap::new();
    for schema in context.schemas() {
        let Some(pattern) = schema.text("pattern") else { continue };
        if let Some(reason) = read.entry(pattern).or_insert_with(|| refused(pattern)) {
            report.value(
                &schema.at("pattern"),
                format!("not a regular expression that every engine reads: {}", reason.to_lowercase()),
                "write an ECMA 262 regular expression; escape characters that have a meaning",
            );
        }
    }
}
