//! `schemas.rs`: each component's schema as the document has it, for dropshot's own document and for the validator.
//!
//! Derived `JsonSchema` implementations lose lengths, patterns and formats, so the implementation is the literal schema.
//! That makes the comparison of documents partly circular; the contract tests therefore hold types, validator and
//! server against generated instances as well.

use proc_macro2::TokenStream;
use quote::quote;
use serde_json::Value;

use crate::diagnostic::Problems;
use crate::load::Document;
use crate::model::Model;
use crate::{names, render, schema};

/// Generates the file.
///
/// # Errors
/// A defect of the generator.
pub(super) fn generate(document: &Document, model: &Model) -> Result<String, Problems> {
    let mut items = TokenStream::new();
    for schema in &model.schemas {
        let ty = names::ident_pascal(&schema.name);
        let name = &schema.name;
        let literal = for_dropshot(&schema.value).to_string();
        let references: Vec<_> =
            schema::references(&schema.value).iter().map(|name| names::ident_pascal(name)).collect();
        let doc = format!("From `{}`.", document.provenance(&schema.pointer));
        items.extend(quote! {
            #[doc = #doc]
            impl ::schemars::JsonSchema for types::#ty {
                fn schema_name() -> String {
                    #name.to_owned()
                }
                fn json_schema(generator: &mut ::schemars::r#gen::SchemaGenerator) -> ::schemars::schema::Schema {
                    #(generator.subschema_for::<types::#references>();)*
                    let _ = generator;
                    literal(#literal)
                }
            }
            impl Described for types::#ty {
                fn validator() -> &'static Validator {
                    static VALIDATOR: LazyLock<Validator> = LazyLock::new(|| Validator::of_component(DEFINITIONS, #name));
                    &VALIDATOR
                }
            }
        });
    }
    let definitions = serde_json::to_string(&definitions(model)).unwrap_or_default();
    let names = model.schemas.iter().map(|schema| &schema.name);
    let file = quote! {
        use std::sync::LazyLock;
        use super::types;
        use crate::validate::{Described, Validator, literal};

        /// Every component schema as JSON Schema, for the validator.
        pub const DEFINITIONS: &str = #definitions;

        /// Names of all component schemas, in the order of the document.
        pub const NAMES: &[&str] = &[#(#names),*];

        #items
    };
    render::rust(document, "The document's schemas, literally.", file)
}

/// schemars 0.8 speaks draft 7: exclusive limits are numbers there, booleans in OpenAPI 3.0.
fn for_dropshot(schema: &Value) -> Value {
    let Some(object) = schema.as_object() else { return schema.clone() };
    let mut out = schema::map_children(object, &for_dropshot);
    schema::numeric_exclusive_limits(&mut out);
    Value::Object(out)
}

fn definitions(model: &Model) -> Value {
    Value::Object(model.schemas.iter().map(|schema| (schema.name.clone(), for_validator(&schema.value))).collect())
}

/// An OpenAPI 3.0 schema as JSON Schema: `nullable` is a type, references lead to `$defs`, annotations go.
pub(crate) fn for_validator(schema: &Value) -> Value {
    let Some(object) = schema.as_object() else { return schema.clone() };
    let mut out = schema::map_children(object, &for_validator);
    out.retain(|key, _| !schema::is_annotation(key));
    if let Some(Value::String(reference)) = out.get_mut("$ref") {
        *reference = reference.replace(schema::COMPONENT, "#/$defs/");
    }
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
    fn a_member_called_example_survives_the_validator() {
        let schema = json!({"type": "object", "properties": {"example": {"type": "string", "example": "x"}}});
        assert_eq!(for_validator(&schema), json!({"type": "object", "properties": {"example": {"type": "string"}}}));
    }
}
