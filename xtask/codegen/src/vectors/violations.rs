//! Each rule of a schema broken alone: what is wrong, where the document says so, and the change that does it.
//!
//! A change is one operation of a JSON patch (RFC 6902) on an example that keeps every rule, so that a reader sees at once
//! what is wrong with the request. What no example holds is added first, with a typical value that has the fault.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use super::values::{Judge, Located, of_format};
use crate::load::escape;

/// A name that no member has.
const UNKNOWN: &str = "x-unknown";
/// Lists and texts of one repeated part longer than this are written as that part and a count.
const LONG: usize = 64;

/// Texts that may break one keyword of a schema, made of one that keeps all.
type Maker = fn(&Located<'_>, &str) -> Vec<String>;

/// One rule broken.
#[derive(Clone, Debug)]
pub(super) struct Violation {
    /// Where in the value, as a JSON pointer.
    pub(super) pointer: String,
    /// `too-long`.
    pub(super) slug: String,
    /// `maxLength: 250`.
    pub(super) rule: String,
    /// JSON pointer of the rule in the document.
    pub(super) place: String,
    /// What is done to the value.
    pub(super) change: Change,
}

/// One operation of a JSON patch.
#[derive(Clone, Debug)]
pub(super) struct Change {
    op: &'static str,
    path: String,
    value: Value,
    /// The value is a list of as many of it: a thousand entries are not worth their memory before somebody sends them.
    times: Option<usize>,
}

impl Change {
    pub(super) fn replace(path: &str, value: Value) -> Self {
        Self { op: "replace", path: path.to_owned(), value, times: None }
    }

    /// A list of `times` equal items.
    fn repeat(path: &str, item: &Value, times: usize) -> Self {
        Self { times: Some(times), ..Self::replace(path, item.clone()) }
    }

    pub(super) fn add(path: &str, name: &str, value: Value) -> Self {
        Self { op: "add", path: format!("{path}/{}", escape(name)), value, times: None }
    }

    pub(super) fn remove(path: &str, name: &str) -> Self {
        Self { op: "remove", path: format!("{path}/{}", escape(name)), value: Value::Null, times: None }
    }

    /// As it stands in a vector. `times` is ours: the value repeated, so that nobody has to read a thousand letters.
    pub(super) fn operation(&self) -> Value {
        let mut operation = Map::new();
        operation.insert("op".to_owned(), json!(self.op));
        operation.insert("path".to_owned(), json!(self.path));
        if self.op != "remove" {
            let (value, times) = match self.times {
                Some(times) if times > LONG => (json!([self.value]), Some(times)),
                _ => shortened(&self.whole()),
            };
            operation.insert("value".to_owned(), value);
            operation.extend(times.map(|times| ("times".to_owned(), json!(times))));
        }
        Value::Object(operation)
    }

    /// What is put in place.
    fn whole(&self) -> Value {
        match self.times {
            Some(times) => Value::Array(vec![self.value.clone(); times]),
            None => self.value.clone(),
        }
    }

    /// Does it.
    pub(super) fn apply(&self, value: &mut Value) {
        if self.path.is_empty() {
            *value = self.whole();
            return;
        }
        let Some((parent, name)) = self.path.rsplit_once('/') else { return };
        let name = name.replace("~1", "/").replace("~0", "~");
        match value.pointer_mut(parent) {
            Some(Value::Object(members)) if self.op == "remove" => drop(members.shift_remove(&name)),
            Some(Value::Object(members)) => drop(members.insert(name, self.whole())),
            Some(Value::Array(items)) => {
                if let Some(item) = name.parse().ok().and_then(|index: usize| items.get_mut(index)) {
                    *item = self.whole();
                }
            }
            _ => {}
        }
    }
}

fn shortened(value: &Value) -> (Value, Option<usize>) {
    match value {
        Value::String(text) if text.len() > LONG => match text.chars().next() {
            Some(first) if text.chars().all(|c| c == first) => (json!(first.to_string()), Some(text.chars().count())),
            _ => (value.clone(), None),
        },
        Value::Array(items) if items.len() > LONG && items.iter().all(|item| *item == items[0]) => {
            (json!([items[0]]), Some(items.len()))
        }
        _ => (value.clone(), None),
    }
}

/// Every rule of `schema` that can be broken by one change of `value`, itself valid.
pub(super) fn of(judge: &Judge<'_>, schema: Located<'_>, value: &Value, absent: bool) -> Vec<Violation> {
    let mut walk = Walk { judge, absent, found: Vec::new() };
    walk.value(schema, value, "");
    let mut seen = BTreeSet::new();
    walk.found.retain(|violation| seen.insert((violation.pointer.clone(), violation.slug.clone())));
    walk.found
}

/// The texts that a parameter must not have, and why.
pub(super) fn of_text(judge: &Judge<'_>, schema: Located<'_>, text: &str) -> Vec<Violation> {
    let schema = judge.resolve(schema);
    let mut walk = Walk { judge, absent: false, found: Vec::new() };
    match schema.kind() {
        "string" => walk.strings(&schema, text, ""),
        "integer" | "number" => {
            walk.note("", "no-number", &schema, "type", Change::replace("", json!("text")));
            walk.numbers(&schema, "");
        }
        "boolean" => walk.note("", "no-boolean", &schema, "type", Change::replace("", json!("perhaps"))),
        _ => {}
    }
    walk.found
}

/// The value that a change of the whole puts in place, as text.
pub(super) fn text_of(violation: &Violation) -> Option<String> {
    match &violation.change.value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

struct Walk<'a, 'b> {
    judge: &'b Judge<'a>,
    /// Whether members that `value` does not have are looked at.
    absent: bool,
    found: Vec<Violation>,
}

impl<'a> Walk<'a, '_> {
    fn note(&mut self, at: &str, slug: &str, schema: &Located<'_>, keyword: &str, change: Change) {
        let rule = match schema.get(keyword) {
            Some(Value::Array(_) | Value::Object(_)) | None => keyword.to_owned(),
            Some(value) if keyword == "pattern" || value.as_str().is_some_and(|text| text.len() > LONG) => {
                keyword.to_owned()
            }
            Some(Value::String(text)) => format!("{keyword}: {text}"),
            Some(value) => format!("{keyword}: {value}"),
        };
        let place = if schema.get(keyword).is_some() { schema.at(keyword) } else { schema.pointer.clone() };
        self.found.push(Violation { pointer: at.to_owned(), slug: slug.to_owned(), rule, place, change });
    }

    fn value(&mut self, schema: Located<'a>, value: &Value, at: &str) {
        let nullable = schema.is("nullable");
        let schema = self.judge.resolve(schema);
        let nullable = nullable || schema.is("nullable");
        if !nullable && !schema.kind().is_empty() {
            self.note(at, "null", &schema, "nullable", Change::replace(at, Value::Null));
        }
        let wrong = match schema.kind() {
            "string" | "array" => json!(7),
            "object" => json!([]),
            "integer" | "number" | "boolean" => json!("text"),
            _ => Value::Null,
        };
        if !wrong.is_null() {
            self.note(at, "wrong-type", &schema, "type", Change::replace(at, wrong));
        }
        match (schema.kind(), value) {
            ("object", Value::Object(members)) => self.objects(&schema, members, at),
            ("array", Value::Array(items)) => self.arrays(&schema, items, at),
            ("string", Value::String(text)) => self.strings(&schema, text, at),
            ("integer", _) => {
                self.note(at, "fraction", &schema, "type", Change::replace(at, json!(1.5)));
                self.numbers(&schema, at);
            }
            ("number", _) => self.numbers(&schema, at),
            _ => {}
        }
    }

    fn objects(&mut self, schema: &Located<'a>, members: &Map<String, Value>, at: &str) {
        for (name, member) in schema.properties() {
            if self.judge.resolve(member.clone()).is("readOnly") {
                continue;
            }
            let below = format!("{at}/{}", escape(name));
            match members.get(name) {
                Some(value) => {
                    if schema.requires(name) {
                        let place = self.found.len();
                        self.note(&below, "missing", schema, "required", Change::remove(at, name));
                        // The list of required members is long; the line of the one that is missing says more.
                        if let Some(violation) = self.found.get_mut(place) {
                            violation.rule = format!("required: {name}");
                        }
                    }
                    self.value(member, value, &below);
                }
                None if self.absent => self.absent_member(name, member, at, &below),
                None => {}
            }
        }
        if schema.get("additionalProperties") == Some(&Value::Bool(false)) {
            let change = Change::add(at, UNKNOWN, json!("value"));
            self.note(&format!("{at}/{UNKNOWN}"), "unknown-member", schema, "additionalProperties", change);
        }
        if schema.count("minProperties").is_some_and(|least| least > 0) {
            self.note(at, "too-few-members", schema, "minProperties", Change::replace(at, json!({})));
        }
    }

    /// What can be wrong with a member that the example does not have.
    fn absent_member(&mut self, name: &str, member: Located<'a>, at: &str, below: &str) {
        let Some(typical) = self.judge.typical(member.clone()) else { return };
        for violation in of(self.judge, member, &typical, true) {
            let mut value = typical.clone();
            violation.change.apply(&mut value);
            let pointer = format!("{below}{}", violation.pointer);
            self.found.push(Violation { pointer, change: Change::add(at, name, value), ..violation });
        }
    }

    fn arrays(&mut self, schema: &Located<'a>, items: &[Value], at: &str) {
        let Some(item) = items.first() else { return };
        let of = |count: usize| Change::repeat(at, item, count);
        if let Some(least) = schema.count("minItems").and_then(|least| least.checked_sub(1)) {
            self.note(at, "too-few-items", schema, "minItems", of(least));
        }
        if let Some(most) = schema.count("maxItems").and_then(|most| most.checked_add(1)) {
            self.note(at, "too-many-items", schema, "maxItems", of(most));
        }
        if schema.is("uniqueItems") {
            self.note(at, "twice", schema, "uniqueItems", of(2));
        }
        if let Some(items) = schema.get("items") {
            self.value(Located::new(items, schema.at("items")), item, &format!("{at}/0"));
        }
    }

    fn strings(&mut self, schema: &Located<'_>, text: &str, at: &str) {
        if schema.get("enum").is_some() {
            self.note(at, "not-listed", schema, "enum", Change::replace(at, json!("not-listed")));
            return;
        }
        let makers: [(&str, &str, Maker); 3] =
            [("too-short", "minLength", shorter), ("too-long", "maxLength", longer), ("pattern", "pattern", foreign)];
        for (slug, keyword, make) in makers {
            if schema.get(keyword).is_none() {
                continue;
            }
            // One that breaks this rule alone, or at least this one.
            let mut second = None;
            let first = make(schema, text).into_iter().find(|text| {
                let broken = self.judge.breaks(schema, text);
                if second.is_none() && broken.contains(&keyword) {
                    second = Some(text.clone());
                }
                broken == [keyword]
            });
            if let Some(text) = first.or(second) {
                let change = Change::replace(at, json!(text));
                self.note(at, slug, schema, keyword, change);
            }
        }
        if schema.text("format").and_then(of_format).is_some() {
            let text = "no such form";
            self.note(at, "no-such-form", schema, "format", Change::replace(at, json!(text)));
        }
    }

    fn numbers(&mut self, schema: &Located<'_>, at: &str) {
        let limit = |keyword| schema.get(keyword).and_then(Value::as_i64);
        if let Some(least) = limit("minimum") {
            let below = least.checked_sub(i64::from(!schema.is("exclusiveMinimum")));
            let change = below.map(|below| Change::replace(at, json!(below)));
            change.into_iter().for_each(|change| self.note(at, "too-small", schema, "minimum", change));
        }
        if let Some(most) = limit("maximum") {
            let above = most.checked_add(i64::from(!schema.is("exclusiveMaximum")));
            let change = above.map(|above| Change::replace(at, json!(above)));
            change.into_iter().for_each(|change| self.note(at, "too-large", schema, "maximum", change));
        }
        let beyond = match schema.text("format") {
            Some("int32") => Some(json!(i64::from(i32::MAX) + 1)),
            Some("int64") => Some(json!(i64::MAX as u64 + 1)),
            _ => None,
        };
        if let Some(beyond) = beyond.filter(|_| limit("maximum").is_none()) {
            self.note(at, "too-large", schema, "format", Change::replace(at, beyond));
        }
        if let Some(step) = limit("multipleOf").filter(|step| *step > 1) {
            let between = limit("minimum").unwrap_or(0).div_euclid(step).saturating_mul(step).saturating_add(step + 1);
            self.note(at, "between-steps", schema, "multipleOf", Change::replace(at, json!(between)));
        }
    }
}

/// Texts that are one too short.
fn shorter(schema: &Located<'_>, text: &str) -> Vec<String> {
    let Some(length) = schema.count("minLength").and_then(|least| least.checked_sub(1)) else { return Vec::new() };
    vec![text.chars().take(length).collect(), "a".repeat(length), "0".repeat(length)]
}

/// Texts that are one too long: one letter repeated, or the text with a part repeated in it.
fn longer(schema: &Located<'_>, text: &str) -> Vec<String> {
    // Nobody sends the longest text that a limit beyond any body would allow.
    let Some(length) = schema.count("maxLength").filter(|most| *most < 16_384).map(|most| most + 1) else {
        return Vec::new();
    };
    let missing = length.saturating_sub(text.chars().count());
    if let Some((local, domain)) = text.split_once('@') {
        // Labels of nine letters, none of them empty.
        let label = |index: usize| if (missing - index) % 10 == 1 { '.' } else { 'a' };
        let labels: String = (0..missing).map(label).collect();
        return vec![format!("{local}@{labels}{domain}"), format!("{}{text}", "a".repeat(missing))];
    }
    let mut candidates = vec!["a".repeat(length), "0".repeat(length)];
    for part in ["a", "0", "a."] {
        let more: String = part.chars().cycle().take(missing).collect();
        candidates.push(format!("{more}{text}"));
        candidates.push(format!("{text}{more}"));
    }
    candidates
}

/// Texts that patterns like to refuse.
fn foreign(schema: &Located<'_>, text: &str) -> Vec<String> {
    let room = schema.count("maxLength").unwrap_or(usize::MAX);
    let start: String = text.chars().take(room.saturating_sub(3)).collect();
    let parts = [" ", "!", "\u{0}", "\u{202e}", "://", "@", "ä", "\n"];
    let mut candidates: Vec<String> = parts.iter().map(|part| format!("{start}{part}")).collect();
    candidates.extend(parts.iter().map(|part| format!("{part}{start}")));
    candidates.extend(["no such form", "!", " ", ""].map(str::to_owned));
    candidates
}
