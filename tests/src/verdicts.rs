//! What validators and types say about an instance, and where they may differ.
//!
//! The judge is [`json_schema`]. The server's validator and the generated type have to agree with it, save for the rules
//! in `excuse`: short, with a reason each, so that nothing else can differ unseen.

use chrono::DateTime;
use serde_json::Value;

use crate::components::Component;
use crate::document::{component, resolve};
use crate::instances::{Instance, Intent};
use crate::json_schema::{self, Fault};

/// Why a Rust type may accept what the schema refuses; none: it has to refuse.
fn excuse(name: &str, fault: &Fault) -> Option<&'static str> {
    match fault.keyword.as_str() {
        "format email" | "format uri" => Some("the type is a string"),
        "minimum" | "maximum" => Some("Rust integers have other limits than the schema"),
        "minItems" | "maxItems" => Some("the type is a Vec"),
        "minLength" | "maxLength" | "pattern" if is_secret(name, &fault.pointer) => {
            Some("a secret is any text to its type")
        }
        "minProperties" => Some("the type is a struct of options"),
        "oneOf" => Some("rules between members are checked before the type is read"),
        "type" | "enum" if fault.value.is_null() && is_optional(name, &fault.pointer) => {
            Some("an Option reads null as absent")
        }
        "format date-time" if fault.value.as_str().is_some_and(|text| text.get(10..11) == Some(" ")) => {
            Some("chrono reads a blank in place of the T")
        }
        "format uuid" if fault.value.as_str().is_some_and(|text| uuid::Uuid::try_parse(text).is_ok()) => {
            Some("uuid reads braces and bare digits too")
        }
        _ => None,
    }
}

/// What the three say differently about `instance`, in words; empty: they agree.
#[must_use]
pub fn disagreements(this: Component, instance: &Instance) -> Vec<String> {
    let faults = json_schema::faults(json_schema::component(this.name), &instance.value);
    let valid = faults.is_empty();
    let mut found = Vec::new();
    match instance.intent {
        Intent::Valid if !valid => found.push(format!("was meant to fit, but the schema refuses it: {faults:?}")),
        Intent::Invalid if valid => found.push("was meant to break the schema, but fits".to_owned()),
        Intent::Valid | Intent::Invalid | Intent::Open => {}
    }
    if (this.validates)(&instance.value) != valid && !faults.iter().all(left_to_the_type) {
        found.push(format!("the server's validator says {}, the schema {valid}: {faults:?}", !valid));
    }
    found.extend(type_disagreement(this, &instance.value, &faults));
    found.into_iter().map(|text| format!("{}, {}: {text}", this.name, instance.what)).collect()
}

/// The same for the type alone.
#[must_use]
pub fn type_disagreement(this: Component, value: &Value, faults: &[Fault]) -> Option<String> {
    match (faults.is_empty(), (this.round_trip)(value)) {
        (true, Err(error)) => Some(format!("the schema accepts it, the type does not: {error}")),
        (true, Ok(written)) => {
            let broken = json_schema::faults(json_schema::component(this.name), &written);
            if !broken.is_empty() {
                return Some(format!("what the type writes breaks the schema: {broken:?}"));
            }
            lost(component(this.name), value, &written, "")
        }
        (false, Ok(_)) if !faults.iter().all(|fault| excuse(this.name, fault).is_some()) => {
            Some(format!("the type accepts it, the schema does not: {faults:?}"))
        }
        (false, _) => None,
    }
}

/// Faults that the server's validator leaves to the type behind it; the server refuses the request all the same.
fn left_to_the_type(fault: &Fault) -> bool {
    let whole_fraction = fault.value.is_f64() && fault.value.as_f64().is_some_and(|number| number.fract() == 0.0);
    whole_fraction || matches!(fault.keyword.as_str(), "minimum" | "maximum")
}

/// The first member that was read and not written again. Null and an empty list may be written as absent.
fn lost(schema: &'static Value, read: &Value, written: &Value, at: &str) -> Option<String> {
    let schema = resolve(schema);
    match read {
        Value::Object(members) => {
            let known = members
                .iter()
                .filter_map(|(name, value)| schema["properties"].get(name).map(|property| (name, value, property)));
            known
                .filter(|(_, value, _)| !value.is_null() && value.as_array().is_none_or(|items| !items.is_empty()))
                .find_map(|(name, value, property)| match written.get(name) {
                    None => Some(format!("{at}/{name} was read and not written")),
                    Some(written) => lost(property, value, written, &format!("{at}/{name}")),
                })
        }
        Value::Array(items) => {
            let lengths = written.as_array().map(Vec::len);
            let differs = lengths != Some(items.len());
            let pairs = items.iter().zip(written.as_array().into_iter().flatten());
            differs
                .then(|| format!("{at} has other items"))
                .or_else(|| pairs.into_iter().find_map(|(read, written)| lost(&schema["items"], read, written, at)))
        }
        _ if read == written => None,
        _ if schema["format"] == "date-time" && instant(read).is_some() && instant(read) == instant(written) => None,
        _ if schema["format"] == "uuid"
            && written.as_str().map(str::to_owned) == read.as_str().map(str::to_lowercase) =>
        {
            None
        }
        _ => Some(format!("{at} was read as {read} and written as {written}")),
    }
}

/// Answers have milliseconds, and so has what is written.
fn instant(value: &Value) -> Option<i64> {
    Some(DateTime::parse_from_rfc3339(value.as_str()?).ok()?.timestamp_millis())
}

/// Whether the member at `pointer` may be absent.
fn is_optional(name: &str, pointer: &str) -> bool {
    member(name, pointer).1
}

/// Whether the document says that the member at `pointer` must not be shown.
fn is_secret(name: &str, pointer: &str) -> bool {
    marks_a_secret(member(name, pointer).0)
}

/// Whether a schema says that its values must not be shown.
#[must_use]
pub fn marks_a_secret(schema: &Value) -> bool {
    schema["x-sensitive"] == true || schema["writeOnly"] == true || schema["format"] == "password"
}

/// The schema at `pointer` of a value, and whether the member may be absent.
fn member(name: &str, pointer: &str) -> (&'static Value, bool) {
    let mut schema = component(name);
    let mut optional = false;
    for segment in pointer.split('/').skip(1) {
        let member = segment.replace("~1", "/").replace("~0", "~");
        schema = resolve(schema);
        if schema["type"] == "array" {
            optional = false;
            schema = &schema["items"];
            continue;
        }
        optional =
            !schema["required"].as_array().is_some_and(|names| names.iter().any(|required| *required == *member));
        schema = &schema["properties"][&member];
    }
    (schema, optional)
}
