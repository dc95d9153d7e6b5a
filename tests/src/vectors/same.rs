//! When two JSON values are the same to this contract: times are instants, not texts.

use chrono::DateTime;
use serde_json::Value;

/// The first place where they differ.
#[must_use]
pub fn difference(expected: &Value, found: &Value) -> Option<String> {
    below(expected, found, "")
}

/// The same for what was read of an answer: where a type has no use for the difference, a null may be read as absent.
#[must_use]
pub fn read_difference(sent: &Value, read: &Value) -> Option<String> {
    below(&without_nulls(sent), &without_nulls(read), "")
}

fn without_nulls(value: &Value) -> Value {
    match value {
        Value::Object(members) => {
            let present = members.iter().filter(|(_, value)| !value.is_null());
            present.map(|(name, value)| (name.clone(), without_nulls(value))).collect()
        }
        Value::Array(items) => items.iter().map(without_nulls).collect(),
        _ => value.clone(),
    }
}

fn below(expected: &Value, found: &Value, at: &str) -> Option<String> {
    match (expected, found) {
        (Value::Object(expected), Value::Object(found)) => {
            let missing = expected.keys().find(|name| !found.contains_key(*name));
            let extra = found.keys().find(|name| !expected.contains_key(*name));
            missing
                .map(|name| format!("{at}/{name} is missing"))
                .or_else(|| extra.map(|name| format!("{at}/{name} is new")))
                .or_else(|| {
                    expected.iter().find_map(|(name, value)| below(value, &found[name], &format!("{at}/{name}")))
                })
        }
        (Value::Array(expected), Value::Array(found)) if expected.len() == found.len() => {
            let pairs = expected.iter().zip(found).enumerate();
            pairs.into_iter().find_map(|(index, (expected, found))| below(expected, found, &format!("{at}/{index}")))
        }
        _ if expected == found || (instant(expected).is_some() && instant(expected) == instant(found)) => None,
        _ => Some(format!("{at} is {found} and not {expected}")),
    }
}

fn instant(value: &Value) -> Option<i64> {
    Some(DateTime::parse_from_rfc3339(value.as_str()?).ok()?.timestamp_micros())
}
