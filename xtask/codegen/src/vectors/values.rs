//! Values of a schema, and what a text breaks of it. Enough to break one rule at a time; no validator.

use std::cell::RefCell;
use std::collections::HashMap;

use regress::Regex;
use serde_json::{Map, Value, json};

use crate::load::Document;

/// References are followed, and values nested, no deeper.
const MAX_DEPTH: usize = 16;

/// A schema with its JSON pointer.
#[derive(Clone)]
pub(super) struct Located<'a> {
    pub(super) schema: &'a Value,
    pub(super) pointer: String,
}

impl<'a> Located<'a> {
    pub(super) fn new(schema: &'a Value, pointer: impl Into<String>) -> Self {
        Self { schema, pointer: pointer.into() }
    }

    pub(super) fn get(&self, keyword: &str) -> Option<&'a Value> {
        self.schema.get(keyword)
    }

    pub(super) fn text(&self, keyword: &str) -> Option<&'a str> {
        self.get(keyword)?.as_str()
    }

    pub(super) fn count(&self, keyword: &str) -> Option<usize> {
        self.get(keyword)?.as_u64().and_then(|count| usize::try_from(count).ok())
    }

    pub(super) fn is(&self, keyword: &str) -> bool {
        self.get(keyword) == Some(&Value::Bool(true))
    }

    /// The place of a keyword.
    pub(super) fn at(&self, keyword: &str) -> String {
        format!("{}/{keyword}", self.pointer)
    }

    /// Its members, in document order.
    pub(super) fn properties(&self) -> Vec<(&'a str, Located<'a>)> {
        let properties = self.get("properties").and_then(Value::as_object);
        let member = |(name, schema): (&'a String, &'a Value)| {
            let pointer = format!("{}/properties/{}", self.pointer, crate::load::escape(name));
            (name.as_str(), Located::new(schema, pointer))
        };
        properties.into_iter().flatten().map(member).collect()
    }

    pub(super) fn requires(&self, name: &str) -> bool {
        let names = self.get("required").and_then(Value::as_array);
        names.is_some_and(|names| names.iter().any(|required| required == name))
    }

    pub(super) fn kind(&self) -> &'a str {
        let inferred = || self.schema.as_object().and_then(crate::schema::inferred);
        self.text("type").or_else(inferred).unwrap_or_default()
    }
}

/// A compiled pattern, and what it said so far: documents repeat their patterns, and so do the texts that break them.
struct Pattern {
    regex: Option<Regex>,
    known: HashMap<String, bool>,
}

/// Knows the document's references and patterns.
pub(super) struct Judge<'a> {
    document: &'a Value,
    patterns: RefCell<HashMap<String, Pattern>>,
}

impl<'a> Judge<'a> {
    pub(super) fn new(document: &'a Document) -> Self {
        Self { document: &document.value, patterns: RefCell::default() }
    }

    /// Follows references, and `allOf` of one branch, which is how a nullable reference is written.
    pub(super) fn resolve(&self, located: Located<'a>) -> Located<'a> {
        let mut located = located;
        for _ in 0..MAX_DEPTH {
            let target = located.text("$ref").and_then(|target| target.strip_prefix('#'));
            located = match (target, located.get("allOf").and_then(Value::as_array).map(Vec::as_slice)) {
                (Some(pointer), _) => match self.document.pointer(pointer) {
                    Some(schema) => Located::new(schema, pointer),
                    None => return located,
                },
                (None, Some([branch])) if located.get("properties").is_none() => {
                    Located::new(branch, located.at("allOf/0"))
                }
                _ => return located,
            };
        }
        located
    }

    /// The keywords that `text` breaks; of the formats, only that of an address is looked at.
    pub(super) fn breaks(&self, schema: &Located<'_>, text: &str) -> Vec<&'static str> {
        let length = text.chars().count();
        let mut broken = Vec::new();
        if schema.count("minLength").is_some_and(|least| length < least) {
            broken.push("minLength");
        }
        if schema.count("maxLength").is_some_and(|most| length > most) {
            broken.push("maxLength");
        }
        if schema.text("pattern").is_some_and(|pattern| !self.matches(pattern, text)) {
            broken.push("pattern");
        }
        if schema.text("format") == Some("email") && !text.contains('@') {
            broken.push("format");
        }
        if schema.get("enum").and_then(Value::as_array).is_some_and(|values| !values.contains(&json!(text))) {
            broken.push("enum");
        }
        broken
    }

    /// A pattern that is none matches everything: a rule has said so.
    fn matches(&self, pattern: &str, text: &str) -> bool {
        let mut patterns = self.patterns.borrow_mut();
        if !patterns.contains_key(pattern) {
            let compiled = Pattern { regex: Regex::new(pattern).ok(), known: HashMap::new() };
            patterns.insert(pattern.to_owned(), compiled);
        }
        let Some(Pattern { regex: Some(regex), known }) = patterns.get_mut(pattern) else { return true };
        *known.entry(text.to_owned()).or_insert_with(|| regex.find(text).is_some())
    }

    /// A value that fits; none if none is at hand.
    pub(super) fn typical(&self, schema: Located<'a>) -> Option<Value> {
        self.typical_within(schema, 0)
    }

    fn typical_within(&self, schema: Located<'a>, depth: usize) -> Option<Value> {
        let schema = self.resolve(schema);
        if depth > MAX_DEPTH {
            return None;
        }
        let given = || schema.get("example").or_else(|| schema.get("default"));
        let listed = || schema.get("enum").and_then(|values| values.as_array()?.first());
        if let Some(value) = given().or_else(listed).filter(|value| !value.is_null()) {
            return Some(value.clone());
        }
        if let Some(branch) = schema.get("oneOf").or_else(|| schema.get("anyOf")).and_then(|branches| branches.get(0))
            && schema.get("properties").is_none()
        {
            return self.typical_within(Located::new(branch, schema.at("oneOf/0")), depth + 1);
        }
        match schema.kind() {
            "object" => {
                let members = schema.properties().into_iter().filter(|(name, _)| schema.requires(name));
                let members = members
                    .map(|(name, member)| Some((name.to_owned(), self.typical_within(member, depth + 1)?)))
                    .collect::<Option<Map<String, Value>>>()?;
                Some(Value::Object(members))
            }
            "array" => {
                let least = schema.count("minItems").unwrap_or(0);
                let item = self.typical_within(Located::new(schema.get("items")?, schema.at("items")), depth + 1);
                Some(if least == 0 { item.into_iter().collect() } else { Value::Array(vec![item?; least]) })
            }
            "string" => self.text(&schema).map(Value::String),
            "integer" | "number" => Some(number(&schema)),
            "boolean" => Some(json!(true)),
            _ => None,
        }
    }

    /// A text that fits.
    fn text(&self, schema: &Located<'_>) -> Option<String> {
        if let Some(text) = schema.text("format").and_then(of_format) {
            return self.breaks(schema, text).is_empty().then(|| text.to_owned());
        }
        let least = schema.count("minLength").unwrap_or(0);
        let candidates = ["text", "a", "a@b.example", "0", "A", "https://a.example/"].map(str::to_owned);
        let long = ["a".repeat(least), "0".repeat(least), "A".repeat(least)];
        candidates.into_iter().chain(long).find(|text| self.breaks(schema, text).is_empty())
    }
}

/// A text of a format that has a form.
pub(super) fn of_format(format: &str) -> Option<&'static str> {
    Some(match format {
        "date-time" => "2026-01-15T08:45:00Z",
        "date" => "2026-01-15",
        "email" => "someone@a.example",
        "uuid" => "5f0c8b1e-2f0a-4d6e-9a53-6a1f1b0f7c21",
        "uri" => "https://a.example/",
        "ipv4" | "ip" => "192.0.2.1",
        "ipv6" => "2001:db8::1",
        _ => return None,
    })
}

fn number(schema: &Located<'_>) -> Value {
    let limit = |keyword| schema.get(keyword).and_then(Value::as_i64);
    let least = limit("minimum").map(|least| least + i64::from(schema.is("exclusiveMinimum")));
    let most = limit("maximum").map(|most| most - i64::from(schema.is("exclusiveMaximum")));
    let step = limit("multipleOf").unwrap_or(1).max(1);
    let value = 1.max(least.unwrap_or(1)).min(most.unwrap_or(i64::MAX)).max(least.unwrap_or(i64::MIN));
    json!(value.div_euclid(step) * step + if value.rem_euclid(step) == 0 { 0 } else { step })
}
