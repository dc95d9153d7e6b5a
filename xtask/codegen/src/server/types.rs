//! `types.rs`: one Rust type for each schema, by typify.
//!
//! Only the shape is taken from the schema; every limit is checked by the validator before serde sees a body
//! (see [`super::schemas`]), because typify enforces some limits and silently passes over others.

use schemars::schema::{InstanceType, Schema as Shape, SchemaObject};
use serde_json::{Map, Value, json};
use typify::{TypeSpace, TypeSpaceImpl, TypeSpaceSettings};

use super::redact;
use crate::cite::Places;
use crate::diagnostic::Problems;
use crate::guard::UNSUPPORTED;
use crate::load::Document;
use crate::model::{Model, Schema};
use crate::{render, schema, sdk, unique};

/// Generates the file.
///
/// # Errors
/// A schema that typify cannot express, with its place.
pub(super) fn generate(document: &Document, model: &Model) -> Result<String, Problems> {
    let mut shapes: Vec<(&Schema, Shape)> = Vec::with_capacity(model.schemas.len());
    let mut problems = Vec::new();
    for schema in &model.schemas {
        match serde_json::from_value(shape(&schema.typed)) {
            Ok(shape) => shapes.push((schema, shape)),
            Err(error) => problems.push(unsupported(document, schema, &error.to_string())),
        }
    }
    if problems.is_empty() {
        match typify(shapes.iter().map(|(schema, shape)| (schema.name.clone(), shape.clone()))) {
            Ok(mut file) => {
                let stray = redact::redact(&mut file, &sdk::marks(document, model));
                if !stray.is_empty() {
                    return Err(sdk::stray_secrets(document, &stray));
                }
                unique::check(document, &file)?;
                Places::of(document, model).cite(&mut file.items);
                return Ok(render::rust_file(
                    "Types of the document's schemas. Limits are checked by [`super::schemas`], not here.",
                    &file,
                ));
            }
            Err(error) => problems.extend(culprits(document, &shapes, &error)),
        }
    }
    Err(Problems(problems))
}

/// All types, or what typify says against them.
fn typify(definitions: impl Iterator<Item = (String, Shape)>) -> Result<syn::File, String> {
    let tokens = render::caught(|| {
        let mut settings = TypeSpaceSettings::default();
        settings.with_map_type("::std::collections::BTreeMap");
        // chrono leaves out the fraction of a whole second; the wire form has it always.
        settings.with_conversion(
            date_time(),
            "crate::timestamp::Timestamp",
            [TypeSpaceImpl::Display, TypeSpaceImpl::FromStr].into_iter(),
        );
        settings.with_conversion(secret_text(), redact::TYPE, [TypeSpaceImpl::FromStr].into_iter());
        let mut space = TypeSpace::new(&settings);
        space.add_ref_types(definitions).map_err(|error| error.to_string())?;
        Ok::<_, String>(space.to_stream())
    })??;
    syn::parse2(tokens).map_err(|error| format!("its type does not parse: {error}"))
}

fn date_time() -> SchemaObject {
    SchemaObject {
        instance_type: Some(InstanceType::String.into()),
        format: Some("date-time".to_owned()),
        ..SchemaObject::default()
    }
}

fn secret_text() -> SchemaObject {
    SchemaObject {
        instance_type: Some(InstanceType::String.into()),
        format: Some("password".to_owned()),
        ..SchemaObject::default()
    }
}

/// typify names no schema when it fails, so each is tried with all others open.
fn culprits(document: &Document, shapes: &[(&Schema, Shape)], error: &str) -> Vec<crate::Problem> {
    let alone = |chosen: &str| {
        typify(shapes.iter().map(|(schema, shape)| {
            let shape = if schema.name == chosen { shape.clone() } else { Shape::Bool(true) };
            (schema.name.clone(), shape)
        }))
    };
    let mut found: Vec<crate::Problem> = shapes
        .iter()
        .filter_map(|(schema, _)| alone(&schema.name).err().map(|error| unsupported(document, schema, &error)))
        .collect();
    if found.is_empty() {
        // It takes several together.
        found.push(document.problem(
            "/components/schemas",
            UNSUPPORTED,
            format!("no Rust types for the schemas: {error}"),
            "simplify the schema that the message speaks of",
        ));
    }
    found
}

pub(crate) fn unsupported(document: &Document, schema: &Schema, error: &str) -> crate::Problem {
    document.problem(
        &schema.pointer,
        UNSUPPORTED,
        format!("no Rust type for schema `{}`: {}", schema.name, error.lines().next().unwrap_or_default()),
        "simplify it; combinations whose branches contradict each other and defaults of another type are the usual causes",
    )
}

/// The part of an OpenAPI schema that decides a Rust type, as JSON Schema.
fn shape(schema: &Value) -> Value {
    let Some(object) = schema.as_object() else { return schema.clone() };
    if let Some(target) = object.get("$ref") {
        return json!({ "$ref": target });
    }
    if let Some(mut secret) = redact::shape(object) {
        let is_nullable = secret.shift_remove("nullable") == Some(Value::Bool(true));
        return if is_nullable { schema::nullable(secret) } else { Value::Object(secret) };
    }
    let mut out = schema::map_children(object, &shape);
    schema::drop_rules(object, &mut out);
    schema::drop_rules_of_scalars(&mut out);
    schema::drop_foreign_limits(object, &mut out);
    redact::keep_optional(object, &mut out);
    schema::numeric_exclusive_limits(&mut out);
    out.retain(|key, _| !schema::is_annotation(key) || matches!(key.as_str(), "description" | "title" | "default"));
    if is_null(&out) {
        out.shift_remove("enum");
        out.shift_remove("nullable");
        out.insert("type".to_owned(), json!("null"));
    }
    match out.shift_remove("nullable") {
        Some(Value::Bool(true)) => schema::nullable(out),
        _ => Value::Object(out),
    }
}

/// dropshot's way to say that a body is `null`.
fn is_null(schema: &Map<String, Value>) -> bool {
    schema.get("enum").and_then(Value::as_array).is_some_and(|values| values.iter().all(Value::is_null))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rule_beside_properties_does_not_shape_the_type() {
        let schema = json!({"type": "object", "properties": {"a": {"type": "string"}}, "oneOf": [{"required": ["a"]}]});
        assert_eq!(shape(&schema), json!({"type": "object", "properties": {"a": {"type": "string"}}}));
    }

    #[test]
    fn a_branch_with_members_of_its_own_shapes_the_type() {
        let schema =
            json!({"properties": {"a": {}}, "allOf": [{"$ref": "#/components/schemas/B"}, {"required": ["a"]}]});
        assert_eq!(shape(&schema), json!({"properties": {"a": {}}, "allOf": [{"$ref": "#/components/schemas/B"}]}));
    }

    #[test]
    fn a_schema_without_a_type_is_named_with_its_place() {
        let text = "openapi: 3.0.3\ninfo: {title: A, version: '1'}\npaths: {}\ncomponents:\n  schemas:\n    Good: {type: string}\n    Bad:\n      type: integer\n      default: no number\n";
        let document = Document::parse("a.yaml", text).unwrap();
        let problems = generate(&document, &crate::read::model(&document).unwrap()).unwrap_err();
        assert_eq!((problems.0[0].rule, problems.0[0].place.line, problems.0.len()), ("schema-unsupported", 7, 1));
    }
}
