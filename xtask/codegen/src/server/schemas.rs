//! `schemas.rs`: each component's schema as the document has it, for dropshot's own document and for the validator.
//!
//! Derived `JsonSchema` implementations lose lengths, patterns and formats, so the implementation is the literal schema.
//! That makes the comparison of documents partly circular; the contract tests therefore hold types, validator and
//! server against generated instances as well.

use proc_macro2::TokenStream;
use quote::quote;
use serde_json::{Value, json};

use super::Context;
use crate::diagnostic::Problems;
use crate::express::{express, for_schemars};
use crate::failure;
use crate::model::{Model, Schema};
use crate::{names, render, schema};

/// Generates the file.
///
/// # Errors
/// A defect of the generator.
pub(super) fn generate(context: &Context<'_>) -> Result<String, Problems> {
    let model = context.model;
    let has_own = failure::has_own_schema(model);
    let items = model.schemas.iter().map(|schema| {
        let is_own = has_own && schema.name == failure::OWN;
        item(schema, &context.document.provenance(&schema.pointer), is_own)
    });
    let definitions = serde_json::to_string(&definitions(model)).unwrap_or_default();
    let names = model.schemas.iter().map(|schema| &schema.name);
    let imports = (!model.schemas.is_empty()).then(|| {
        quote! {
            use std::sync::LazyLock;
            use super::types;
            use crate::validate::{Described, Validator, literal};
        }
    });
    let file = quote! {
        #imports

        /// Every component schema as JSON Schema, for the validator.
        pub const DEFINITIONS: &str = #definitions;

        /// Names of all component schemas, in the order of the document.
        pub const NAMES: &[&str] = &[#(#names),*];

        #(#items)*
    };
    render::rust(context.document, "The document's schemas, literally.", file)
}

fn item(schema: &Schema, provenance: &str, is_own: bool) -> TokenStream {
    let ty = names::ident_pascal(&schema.name);
    let name = &schema.name;
    let expressed = express(&schema.value, &mut |_| {});
    let literal = for_schemars(&expressed).to_string();
    let references: Vec<_> = schema::references(&expressed).iter().map(|name| names::ident_pascal(name)).collect();
    let doc = format!("From `{provenance}`.");
    let referenceable = schema.inline.then(|| {
        quote! {
            fn is_referenceable() -> bool {
                false
            }
        }
    });
    // dropshot has a type of its own for this schema: one id keeps the two from getting two names.
    let id = is_own.then(|| {
        quote! {
            fn schema_id() -> ::std::borrow::Cow<'static, str> {
                <::dropshot::HttpErrorResponseBody as ::schemars::JsonSchema>::schema_id()
            }
        }
    });
    quote! {
        #[doc = #doc]
        impl ::schemars::JsonSchema for types::#ty {
            fn schema_name() -> String {
                #name.to_owned()
            }
            #referenceable
            #id
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
    }
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
        // `anyOf`, because null may be a value of the schema itself.
        Some(Value::Bool(true)) if !out.contains_key("type") => json!({ "anyOf": [{ "type": "null" }, out] }),
        Some(Value::Bool(true)) => schema::nullable(out),
        _ => Value::Object(out),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn null_is_taken_where_the_schema_beside_it_takes_it_too() {
        let schema = json!({"nullable": true, "allOf": [{"type": "string", "nullable": true}]});
        let validator = jsonschema::validator_for(&for_validator(&schema)).unwrap();
        assert!(validator.is_valid(&Value::Null) && validator.is_valid(&json!("a")) && !validator.is_valid(&json!(1)));
    }

    #[test]
    fn a_member_called_example_survives_the_validator() {
        let schema = json!({"type": "object", "properties": {"example": {"type": "string", "example": "x"}}});
        assert_eq!(for_validator(&schema), json!({"type": "object", "properties": {"example": {"type": "string"}}}));
    }
}
