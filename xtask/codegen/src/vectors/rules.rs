//! Rules between the members of a body (`oneOf`, `anyOf`, `not` beside `properties`), each broken by one change.

use serde_json::{Map, Value, json};

use super::Context;
use super::values::Located;
use super::violations::{Change, Violation};
use crate::schema;
use crate::server::for_validator;

const COMBINATORS: [&str; 3] = ["oneOf", "anyOf", "not"];

/// Every change of one member of `value` that keeps the rules of each member and breaks one between members.
pub(super) fn of<'a>(context: &Context<'a>, located: Located<'a>, value: &Value) -> Vec<Violation> {
    let located = context.judge.resolve(located);
    let (Some(members), false) = (value.as_object(), located.properties().is_empty()) else { return Vec::new() };
    let mut found = Vec::new();
    for keyword in COMBINATORS {
        let Some(validator) = located.get(keyword).and_then(|rule| validator(context, keyword, rule)) else { continue };
        for (slug, change) in changes(context, &located, members) {
            let mut changed = value.clone();
            change.apply(&mut changed);
            if !validator.is_valid(&changed) {
                found.push(Violation {
                    pointer: String::new(),
                    slug,
                    rule: keyword.to_owned(),
                    place: located.at(keyword),
                    change,
                });
            }
        }
    }
    found
}

/// Judges one combinator alone; none if it is not understood.
fn validator(context: &Context<'_>, keyword: &str, rule: &Value) -> Option<jsonschema::Validator> {
    let alone = json!({ keyword: rule });
    let mut open: Vec<String> = schema::references(&alone).into_iter().collect();
    let mut definitions = Map::new();
    while let Some(name) = open.pop() {
        if !definitions.contains_key(&name) {
            let target = &context.model.schema(&name)?.value;
            open.extend(schema::references(target));
            definitions.insert(name, for_validator(target));
        }
    }
    let whole = json!({ "allOf": [for_validator(&alone)], "$defs": definitions });
    jsonschema::draft202012::options().build(&whole).ok()
}

/// Changes that keep the rules of each member: an optional one taken away or added, a listed value in place of another.
fn changes<'a>(context: &Context<'a>, schema: &Located<'a>, members: &Map<String, Value>) -> Vec<(String, Change)> {
    let mut changes = Vec::new();
    for (name, member) in schema.properties() {
        let listed = context.judge.resolve(member.clone()).get("enum").and_then(Value::as_array);
        let other = listed.into_iter().flatten().filter(|value| Some(*value) != members.get(name) && value.is_string());
        match members.contains_key(name) {
            true => {
                if !schema.requires(name) {
                    changes.push((format!("rule-without-{name}"), Change::remove("", name)));
                }
                let path = format!("/{}", crate::load::escape(name));
                changes.extend(other.map(|value| {
                    let slug = format!("rule-{name}-{}", value.as_str().unwrap_or_default());
                    (slug, Change::replace(&path, value.clone()))
                }));
            }
            false => {
                let typical = context.judge.typical(member);
                changes.extend(typical.map(|value| (format!("rule-with-{name}"), Change::add("", name, value))));
            }
        }
    }
    changes
}
