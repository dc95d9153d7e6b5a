//! `types.rs`: one Rust type for each component schema, by typify.
//!
//! Only the shape is taken from the schema; every limit is checked by the validator before serde sees a body
//! (see [`super::schemas`]), because typify enforces some limits and silently passes over others.

use quote::quote;
use serde_json::Value;
use typify::{TypeSpace, TypeSpaceSettings};

use crate::diagnostic::Problems;
use crate::load::Document;
use crate::model::Model;
use crate::{render, schema};

/// Generates the file.
///
/// # Errors
/// A schema that typify cannot express, with the place of the schemas.
pub(super) fn generate(document: &Document, model: &Model) -> Result<String, Problems> {
    let mut settings = TypeSpaceSettings::default();
    settings.with_map_type("::std::collections::BTreeMap");
    let mut space = TypeSpace::new(&settings);
    let mut definitions = Vec::with_capacity(model.schemas.len());
    let mut problems = Vec::new();
    for schema in &model.schemas {
        match serde_json::from_value::<schemars::schema::Schema>(shape(&schema.value)) {
            Ok(shape) => definitions.push((schema.name.clone(), shape)),
            Err(error) => problems.push(document.problem(
                &schema.pointer,
                "schema-unsupported",
                format!("schema `{}` is not understood: {error}", schema.name),
                "write it with the keywords of OpenAPI 3.0",
            )),
        }
    }
    if !problems.is_empty() {
        return Err(Problems(problems));
    }
    if let Err(error) = space.add_ref_types(definitions) {
        problems.push(document.problem(
            "/components/schemas",
            "schema-unsupported",
            format!("no Rust type for a schema: {error}"),
            "simplify the schema it names",
        ));
    }
    if !problems.is_empty() {
        return Err(Problems(problems));
    }
    let types = space.to_stream();
    render::rust(
        document,
        "Types of the document's schemas. Limits are checked by [`super::schemas`], not here.",
        quote!(#types),
    )
}

/// The part of an OpenAPI schema that decides a Rust type, as JSON Schema.
fn shape(schema: &Value) -> Value {
    let Some(object) = schema.as_object() else { return schema.clone() };
    let mut out = schema::map_children(object, &shape);
    if schema::has_rules_beside_properties(object) {
        // Such combinators add rules, not members: they are for the validator.
        out.retain(|key, _| !matches!(key.as_str(), "oneOf" | "anyOf" | "allOf" | "not"));
    }
    out.retain(|key, _| !schema::is_annotation(key) || matches!(key.as_str(), "description" | "title" | "default"));
    schema::numeric_exclusive_limits(&mut out);
    match out.shift_remove("nullable") {
        Some(Value::Bool(true)) => schema::nullable(out),
        _ => Value::Object(out),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_rule_beside_properties_does_not_shape_the_type() {
        let schema = json!({"type": "object", "properties": {"a": {"type": "string"}}, "oneOf": [{"required": ["a"]}]});
        assert_eq!(shape(&schema), json!({"type": "object", "properties": {"a": {"type": "string"}}}));
    }
}
