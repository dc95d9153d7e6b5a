//! Schemas: types, formats, members, and combinations that have no Rust type.

use std::collections::BTreeSet;

use serde_json::Value;

use super::context::Context;
use super::walk::{Node, distance};
use super::{Report, Rule};
use crate::schema::{self, COMBINATORS};

pub(super) const RULES: &[Rule] = &[
    Rule::error("schema-type", "`type` is one that OpenAPI 3.0 knows", unknown_type),
    Rule::settled("schema-type-missing", "a schema with limits or members has a `type`", missing_type),
    Rule::settled("schema-keyword-type", "a keyword stands beside a `type` that it applies to", keyword_type),
    Rule::warning("schema-format", "`format` is one that decides something", format),
    Rule::settled("schema-items", "an array has `items`", items),
    Rule::settled("required-undefined", "each required member is defined", required_undefined),
    Rule::settled("required-duplicate", "`required` names each member once", required_duplicate),
    Rule::error("schema-branches", "`oneOf`, `anyOf` and `allOf` have branches", branches),
    Rule::settled("schema-combination", "one combinator stands in a schema without a type", combination),
    Rule::error("schema-contradiction", "what must hold at once is of one type", contradiction),
    Rule::error("schema-not", "`not` stands beside `properties`, or refuses listed values", negation),
    Rule::error("read-only-required", "a body of a request demands nothing that only answers hold", read_only),
    Rule::error("write-only-required", "a body of an answer demands nothing that only requests hold", write_only),
    Rule::error("read-and-write-only", "a member travels in one direction at least", both_directions),
    Rule::warning("discriminator-ignored", "alternatives are told apart by their form", discriminator),
    Rule::warning("xml-ignored", "bodies are not XML", xml),
];

/// The types of OpenAPI 3.0.
pub(super) const TYPES: [&str; 6] = ["array", "boolean", "integer", "number", "object", "string"];

/// Keywords and the types that they apply to.
pub(super) const KEYWORDS: [(&str, &[&str]); 18] = [
    ("additionalProperties", &["object"]),
    ("exclusiveMaximum", &["integer", "number"]),
    ("exclusiveMinimum", &["integer", "number"]),
    ("items", &["array"]),
    ("maxItems", &["array"]),
    ("maxLength", &["string"]),
    ("maxProperties", &["object"]),
    ("maximum", &["integer", "number"]),
    ("minItems", &["array"]),
    ("minLength", &["string"]),
    ("minProperties", &["object"]),
    ("minimum", &["integer", "number"]),
    ("multipleOf", &["integer", "number"]),
    ("pattern", &["string"]),
    ("properties", &["object"]),
    ("required", &["object"]),
    ("uniqueItems", &["array"]),
    ("format", &["string", "integer", "number"]),
];

const FORMATS: [(&str, &[&str]); 3] = [
    ("integer", &["int", "int16", "int32", "int64", "int8", "uint", "uint16", "uint32", "uint64", "uint8"]),
    ("number", &["double", "float"]),
    (
        "string",
        &[
            "binary",
            "byte",
            "date",
            "date-time",
            "email",
            "hostname",
            "ip",
            "ipv4",
            "ipv6",
            "password",
            "uri",
            "uri-reference",
            "uuid",
        ],
    ),
];

/// Whether the schema is a branch of another, where part of a schema may stand.
pub(super) fn is_branch(schema: &Node<'_>) -> bool {
    COMBINATORS.contains(&schema.via)
}

pub(super) fn has_combinator(schema: &Node<'_>) -> bool {
    COMBINATORS.iter().any(|keyword| schema.has(keyword))
}

fn unknown_type(context: &Context<'_>, report: &mut Report<'_>) {
    for schema in context.schemas() {
        let Some(kind) = schema.text("type").filter(|kind| !TYPES.contains(kind)) else { continue };
        let near = TYPES.into_iter().min_by_key(|known| distance(kind, known)).filter(|_| kind != "null");
        let fix = match near.filter(|near| distance(kind, near) <= 3) {
            Some(near) => format!("write `{near}` if that is what is meant"),
            None => format!("name one of {}; null is `nullable: true`", TYPES.join(", ")),
        };
        report.value(&schema.at("type"), format!("`{kind}` is no type of OpenAPI 3.0"), &fix);
    }
}

fn missing_type(context: &Context<'_>, report: &mut Report<'_>) {
    for schema in context.schemas() {
        if schema.has("type") || is_branch(schema) || has_combinator(schema) {
            continue;
        }
        let only_null = schema.array("enum").iter().all(Value::is_null);
        let keyword = KEYWORDS.iter().map(|(keyword, _)| *keyword).find(|keyword| schema.has(keyword));
        let keyword = keyword.or_else(|| (schema.has("enum") && !only_null).then_some("enum"));
        if let Some(keyword) = keyword {
            let types =
                KEYWORDS.iter().find(|(known, _)| *known == keyword).map_or(&["string"][..], |(_, types)| types);
            let fix = format!("add `type: {}`", types.join("` or `type: "));
            report.key(&schema.at(keyword), format!("`{keyword}` stands in a schema without a `type`"), &fix);
        }
    }
}

fn keyword_type(context: &Context<'_>, report: &mut Report<'_>) {
    for schema in context.schemas() {
        let combinator = COMBINATORS.iter().find(|key| schema.has(key));
        if let (Some(combinator), false, true) = (combinator, schema.has("type"), schema.has("format")) {
            report.key(
                &schema.at("format"),
                format!("`format` has no effect beside `{combinator}`"),
                "remove it, or write it into the branch that it is meant for",
            );
        }
        let Some(kind) = schema.text("type").filter(|kind| TYPES.contains(kind)) else { continue };
        for (keyword, types) in KEYWORDS {
            if schema.has(keyword) && !types.contains(&kind) {
                report.key(
                    &schema.at(keyword),
                    format!("`{keyword}` has no effect on `type: {kind}`"),
                    &format!("remove it, or write `type: {}`", types.join("` or `type: ")),
                );
            }
        }
    }
}

fn format(context: &Context<'_>, report: &mut Report<'_>) {
    for schema in context.schemas() {
        let (Some(kind), Some(format)) = (schema.text("type"), schema.text("format")) else { continue };
        let Some((_, known)) = FORMATS.iter().find(|(name, _)| *name == kind) else { continue };
        if known.contains(&format) {
            continue;
        }
        let near = known.iter().min_by_key(|known| distance(format, known));
        let fix = match near.filter(|near| distance(format, near) <= 2) {
            Some(near) => format!("write `{near}` if that is what is meant"),
            None => format!("write one of {}, or a `pattern`", known.join(", ")),
        };
        report.value(&schema.at("format"), format!("`format: {format}` decides nothing: any {kind} is taken"), &fix);
    }
}

fn items(context: &Context<'_>, report: &mut Report<'_>) {
    for schema in context.schemas() {
        if schema.text("type") == Some("array") && !schema.has("items") {
            report.key(&schema.pointer, "an array without `items`", "add `items:`; `{}` allows anything");
        }
    }
}

fn required_undefined(context: &Context<'_>, report: &mut Report<'_>) {
    for schema in context.schemas() {
        if is_branch(schema) || has_combinator(schema) {
            continue;
        }
        let properties = schema.get("properties").and_then(Value::as_object);
        for (index, name) in schema.array("required").iter().enumerate() {
            let Some(name) = name.as_str() else { continue };
            if properties.is_some_and(|properties| properties.contains_key(name)) {
                continue;
            }
            let near =
                properties.into_iter().flatten().map(|(known, _)| known).min_by_key(|known| distance(name, known));
            let fix = match near.filter(|near| distance(name, near) <= 2) {
                Some(near) => format!("write `{near}` if that is what is meant"),
                None => "define it under `properties`, or remove it here".to_owned(),
            };
            let pointer = format!("{}/required/{index}", schema.pointer);
            report.value(&pointer, format!("required member `{name}` is not defined"), &fix);
        }
    }
}

fn required_duplicate(context: &Context<'_>, report: &mut Report<'_>) {
    for schema in context.schemas() {
        let mut seen = BTreeSet::new();
        for (index, name) in schema.array("required").iter().enumerate() {
            if let Some(name) = name.as_str().filter(|name| !seen.insert(*name)) {
                let pointer = format!("{}/required/{index}", schema.pointer);
                report.value(&pointer, format!("`{name}` is required twice"), "remove one of the two");
            }
        }
    }
}

fn branches(context: &Context<'_>, report: &mut Report<'_>) {
    for schema in context.schemas() {
        for keyword in ["allOf", "anyOf", "oneOf"] {
            if schema.get(keyword).and_then(Value::as_array).is_some_and(Vec::is_empty) {
                report.key(&schema.at(keyword), format!("`{keyword}` has no branches"), "add branches, or remove it");
            }
        }
    }
}

fn combination(context: &Context<'_>, report: &mut Report<'_>) {
    for schema in context.schemas().iter().filter(|schema| !schema.has("type")) {
        let present: Vec<&str> = COMBINATORS.into_iter().filter(|keyword| schema.has(keyword)).collect();
        if let [first, second, ..] = present[..] {
            report.key(
                &schema.at(second),
                format!("`{first}` and `{second}` in one schema without a `type` have no type in Rust"),
                "name one of them as a schema of its own and refer to it",
            );
        }
    }
}

/// Of the branches of a choice, one that no value of the schema's own type can be is none.
fn contradiction(context: &Context<'_>, report: &mut Report<'_>) {
    for schema in context.schemas() {
        mixture(schema, report);
        let own: BTreeSet<&str> = schema.text("type").into_iter().collect();
        let mut all = own.clone();
        for keyword in ["allOf", "anyOf", "oneOf"] {
            for (index, branch) in schema.array(keyword).iter().enumerate() {
                let pointer = format!("{}/{keyword}/{index}", schema.pointer);
                let Some(branch) = context.node(branch, &pointer, keyword) else { continue };
                let kinds = context.types_of(&branch);
                let beside = if keyword == "allOf" { &mut all } else { &mut own.clone() };
                if is_contradictory(&kinds) || is_contradictory(beside) {
                    continue;
                }
                beside.extend(kinds);
                if is_contradictory(beside) {
                    let kinds = beside.iter().copied().collect::<Vec<_>>().join("` and `");
                    report.value(
                        &pointer,
                        format!("no value is `{kinds}` at once"),
                        "remove the branch, or the other type",
                    );
                }
            }
        }
    }
}

/// A schema without a `type` that combines speaks of objects, or does not: no Rust type is both.
fn mixture(schema: &Node<'_>, report: &mut Report<'_>) {
    if !schema::combines_objects(schema.value) {
        return;
    }
    for keyword in ["enum", "items"].into_iter().filter(|keyword| schema.has(keyword)) {
        report.key(
            &schema.at(keyword),
            format!("`{keyword}` is not about objects, which the schema or its branches are about"),
            "remove it, or write a branch with a `type` for what it is about",
        );
    }
}

/// An integer is a number, and nothing else is of two types.
fn is_contradictory(kinds: &BTreeSet<&str>) -> bool {
    kinds.len() > 2 || (kinds.len() == 2 && !(kinds.contains("integer") && kinds.contains("number")))
}

fn negation(context: &Context<'_>, report: &mut Report<'_>) {
    for schema in context.schemas().iter().filter(|schema| schema.has("not") && !schema.has("properties")) {
        let refused = schema.get("not").and_then(Value::as_object);
        let listed = refused.is_some_and(|refused| {
            let keys = refused.keys().all(|key| key == "enum" || key == "type" || schema::is_annotation(key));
            let strings = |value: &Value| value.as_array().is_some_and(|all| all.iter().all(Value::is_string));
            keys && refused.get("type").is_none_or(|kind| kind == "string") && refused.get("enum").is_none_or(strings)
        });
        let alone = schema.value.keys().all(|key| key == "not" || schema::is_annotation(key));
        let is_alternative = matches!(schema.via, "anyOf" | "oneOf");
        if !listed
            || !alone
            || is_alternative
            || refused.is_some_and(|refused| refused.contains_key("type") && !refused.contains_key("enum"))
        {
            report.key(
                &schema.at("not"),
                "this negation has no type in Rust",
                "say what is allowed instead, or refuse listed strings, with nothing beside it: `not: {enum: […]}`",
            );
        }
    }
}

/// Required members of the schemas that `roots` lead to, and that have `flag`.
fn demanded(context: &Context<'_>, roots: BTreeSet<String>, flag: &str) -> Vec<(String, String)> {
    let reached = super::cycles::closure(context, roots);
    let mut found = Vec::new();
    for schema in context.schemas().iter().filter(|schema| reached.contains(&schema.pointer)) {
        for (name, property, pointer) in schema.entries("properties") {
            let required = schema.array("required").iter().any(|required| required == name);
            let resolved = context.node(property, &pointer, "properties");
            if required && resolved.is_some_and(|property| property.flag(flag) == Some(true)) {
                found.push((pointer, name.to_owned()));
            }
        }
    }
    found
}

fn read_only(context: &Context<'_>, report: &mut Report<'_>) {
    let bodies = context.operations.iter().filter_map(|operation| context.body(operation));
    let roots = bodies.flat_map(|body| super::body::schema_pointers(context, &body)).collect();
    for (pointer, name) in demanded(context, roots, "readOnly") {
        report.key(
            &pointer,
            format!("`{name}` is read-only, but a request that uses this schema must send it"),
            "remove it from `required`, or give requests a schema of their own",
        );
    }
}

fn write_only(context: &Context<'_>, report: &mut Report<'_>) {
    let responses = context.operations.iter().flat_map(|operation| context.responses(operation));
    let roots = responses.flat_map(|(_, response)| super::body::schema_pointers(context, &response)).collect();
    for (pointer, name) in demanded(context, roots, "writeOnly") {
        report.key(
            &pointer,
            format!("`{name}` is write-only, but an answer that uses this schema must hold it"),
            "remove it from `required`, or give answers a schema of their own",
        );
    }
}

fn both_directions(context: &Context<'_>, report: &mut Report<'_>) {
    for schema in context.schemas() {
        if schema.flag("readOnly") == Some(true) && schema.flag("writeOnly") == Some(true) {
            report.key(&schema.at("writeOnly"), "both `readOnly` and `writeOnly`", "remove one of the two");
        }
    }
}

fn discriminator(context: &Context<'_>, report: &mut Report<'_>) {
    for schema in context.schemas().iter().filter(|schema| schema.has("discriminator")) {
        report.key(
            &schema.at("discriminator"),
            "the discriminator is not read: the first branch that fits is taken",
            "give each branch a required member with a one-value `enum`; then they exclude each other",
        );
    }
}

fn xml(context: &Context<'_>, report: &mut Report<'_>) {
    for schema in context.schemas().iter().filter(|schema| schema.has("xml")) {
        report.key(&schema.at("xml"), "`xml` has no effect: bodies are JSON", "remove it");
    }
}
