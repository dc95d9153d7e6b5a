//! Schemas as tables of fields, objects inside of objects, with every rule that a value has to keep.

use serde::Serialize;
use serde_json::Value;

use crate::document::{Document, items, members, text};
use crate::markdown::Markdown;

/// A value that is sent or answered: a member, a parameter, a header, or a whole body.
#[derive(Debug, Default, Serialize)]
pub(crate) struct Field {
    pub(crate) name: String,
    pub(crate) kind: String,
    pub(crate) description: String,
    pub(crate) required: bool,
    pub(crate) secret: bool,
    pub(crate) deprecated: bool,
    /// What it may be, where that is a list.
    pub(crate) values: Vec<String>,
    /// Other rules, in words.
    pub(crate) rules: Vec<String>,
    pub(crate) pattern: Option<String>,
    pub(crate) example: Option<String>,
    /// The members of the object, or of each object of the list.
    pub(crate) fields: Vec<Field>,
}

/// Reads schemas for one page.
pub(crate) struct Schemas<'a> {
    pub(crate) document: &'a Document,
    pub(crate) markdown: &'a Markdown<'a>,
}

impl Schemas<'_> {
    /// The field that a schema describes. Nested schemas end: a document whose schemas hold themselves is refused before.
    pub(crate) fn field(&self, name: &str, schema: &Value, required: bool) -> Field {
        let schema = self.document.resolve(schema);
        let inner = self.innermost(schema);
        Field {
            name: name.to_owned(),
            kind: self.kind(schema),
            description: self.markdown.html(text(schema, "description")),
            required,
            secret: schema["x-sensitive"] == true,
            deprecated: schema["deprecated"] == true,
            values: items(&inner["enum"]).map(plain).collect(),
            rules: self.rules(schema),
            pattern: schema["pattern"].as_str().map(str::to_owned),
            example: schema.get("example").filter(|example| !example.is_object() && !example.is_array()).map(plain),
            fields: self.fields(inner),
        }
    }

    fn fields(&self, schema: &Value) -> Vec<Field> {
        let required = |name: &str| items(&schema["required"]).any(|required| required == name);
        members(&schema["properties"]).map(|(name, member)| self.field(name, member, required(name))).collect()
    }

    /// The schema of what a list of lists holds in the end.
    fn innermost<'a>(&'a self, schema: &'a Value) -> &'a Value {
        match schema.get("items") {
            Some(items) => self.innermost(self.document.resolve(items)),
            None => schema,
        }
    }

    fn kind(&self, schema: &Value) -> String {
        let kind = match (text(schema, "type"), text(schema, "format")) {
            ("array", _) => format!("array of {}", self.kind(self.document.resolve(&schema["items"]))),
            ("", _) => "any value".to_owned(),
            (kind, "") => kind.to_owned(),
            (kind, format) => format!("{kind} ({format})"),
        };
        if schema["nullable"] == true { format!("{kind} or null") } else { kind }
    }

    fn rules(&self, schema: &Value) -> Vec<String> {
        let mut rules = Vec::new();
        rules.extend(between(schema, ["minLength", "maxLength"], "character"));
        rules.extend(between(schema, ["minItems", "maxItems"], "item"));
        rules.extend(between(schema, ["minProperties", "maxProperties"], "member"));
        rules.extend(between(schema, ["minimum", "maximum"], ""));
        if let Some(default) = schema.get("default") {
            rules.push(format!("{} unless given", plain(default)));
        }
        if schema["additionalProperties"] == false {
            rules.push("no other members".to_owned());
        }
        if schema["readOnly"] == true {
            rules.push("only in answers".to_owned());
        }
        if schema["writeOnly"] == true {
            rules.push("only in requests".to_owned());
        }
        rules.extend(items(&schema["oneOf"]).filter_map(|branch| branch["title"].as_str()).map(str::to_owned));
        rules
    }
}

/// A scalar as it is written in JSON, a string without its quotes.
fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// A lower and an upper limit in words.
fn between(schema: &Value, [low, high]: [&str; 2], unit: &str) -> Option<String> {
    let named = |count: &str| match unit {
        "" => count.to_owned(),
        unit if count == "1" => format!("{count} {unit}"),
        unit => format!("{count} {unit}s"),
    };
    match (schema.get(low).map(number), schema.get(high).map(number)) {
        (Some(low), Some(high)) if low == high => Some(format!("exactly {}", named(&low))),
        (Some(low), Some(high)) => Some(format!("{low} to {}", named(&high))),
        (Some(low), None) => Some(format!("at least {}", named(&low))),
        (None, Some(high)) => Some(format!("at most {}", named(&high))),
        (None, None) => None,
    }
}

/// A number with separators, as people read it.
fn number(value: &Value) -> String {
    let digits = value.to_string();
    let whole = digits.trim_start_matches('-');
    if !whole.chars().all(|c| c.is_ascii_digit()) {
        return digits;
    }
    let grouped: Vec<String> = whole
        .chars()
        .enumerate()
        .map(
            |(index, c)| {
                if index > 0 && (whole.len() - index).is_multiple_of(3) { format!(",{c}") } else { c.to_string() }
            },
        )
        .collect();
    format!("{}{}", if digits.starts_with('-') { "-" } else { "" }, grouped.concat())
}
