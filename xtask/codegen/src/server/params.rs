//! `params.rs`: one struct for each operation and place of its parameters.

use proc_macro2::TokenStream;
use quote::quote;
use serde_json::{Map, Value, json};

use super::schemas::for_validator;
use crate::diagnostic::Problems;
use crate::load::Document;
use crate::model::{In, Model, Operation, Parameter};
use crate::{names, render};

/// The places in the order of the extractors of a trait method.
pub(super) const PLACES: [(In, &str); 3] = [(In::Path, "Path"), (In::Query, "Query"), (In::Header, "Header")];

/// Name of the struct that holds the parameters of `operation` in one place, if it has any.
pub(super) fn name(operation: &Operation, location: In) -> Option<String> {
    let place = PLACES.iter().find(|(candidate, _)| *candidate == location)?.1;
    operation
        .parameters
        .iter()
        .any(|parameter| parameter.location == location)
        .then(|| format!("{}{place}", names::pascal(&operation.id)))
}

/// Generates the file.
///
/// # Errors
/// A defect of the generator.
pub(super) fn generate(document: &Document, model: &Model) -> Result<String, Problems> {
    let mut items = TokenStream::new();
    for operation in &model.operations {
        for (location, place) in PLACES {
            if let Some(name) = name(operation, location) {
                let parameters =
                    operation.parameters.iter().filter(|parameter| parameter.location == location).collect::<Vec<_>>();
                let doc =
                    format!("{place} parameters of `{}`, `{}`.", operation.id, document.provenance(&operation.pointer));
                items.extend(parameter_set(&name, &doc, &parameters));
            }
        }
    }
    let file = quote! {
        use std::sync::LazyLock;
        use crate::request::ParamSet;
        use crate::validate::{Described, Validator, literal};

        #items
    };
    render::rust(document, "Parameters of the operations.", file)
}

fn parameter_set(name: &str, doc: &str, parameters: &[&Parameter]) -> TokenStream {
    let ident = names::ident_pascal(name);
    let fields = parameters.iter().map(|parameter| {
        let field = names::ident_snake(&parameter.name);
        let wire = &parameter.name;
        let doc = parameter.description.lines().next().unwrap_or_default();
        let ty = rust_type(&parameter.schema);
        let (ty, default) = if parameter.required { (ty, quote!()) } else { (quote!(Option<#ty>), quote!(, default)) };
        quote! { #[doc = #doc] #[serde(rename = #wire #default)] pub #field: #ty }
    });
    let dropshot = object_schema(parameters, &|parameter| {
        let mut schema = parameter.schema.as_object().cloned().unwrap_or_default();
        if !parameter.description.is_empty() {
            schema.insert("description".to_owned(), Value::String(parameter.description.clone()));
        }
        Value::Object(schema)
    });
    let validator = object_schema(parameters, &|parameter| for_validator(&parameter.schema));
    let (dropshot, validator) = (dropshot.to_string(), validator.to_string());
    let kinds = parameters.iter().map(|parameter| {
        let (wire, kind) = (&parameter.name, parameter.schema["type"].as_str().unwrap_or("string"));
        quote!((#wire, #kind))
    });
    quote! {
        #[doc = #doc]
        #[derive(Clone, Debug, ::serde::Deserialize)]
        pub struct #ident { #(#fields),* }

        impl ::schemars::JsonSchema for #ident {
            fn schema_name() -> String {
                #name.to_owned()
            }
            fn json_schema(_: &mut ::schemars::r#gen::SchemaGenerator) -> ::schemars::schema::Schema {
                literal(#dropshot)
            }
        }

        impl Described for #ident {
            fn validator() -> &'static Validator {
                static VALIDATOR: LazyLock<Validator> = LazyLock::new(|| Validator::of_schema(#validator));
                &VALIDATOR
            }
        }

        impl ParamSet for #ident {
            const KINDS: &'static [(&'static str, &'static str)] = &[#(#kinds),*];
        }
    }
}

fn object_schema(parameters: &[&Parameter], schema: &dyn Fn(&Parameter) -> Value) -> Value {
    let properties: Map<_, _> =
        parameters.iter().map(|parameter| (parameter.name.clone(), schema(parameter))).collect();
    let required: Vec<_> =
        parameters.iter().filter(|parameter| parameter.required).map(|parameter| &parameter.name).collect();
    let mut object = json!({ "type": "object", "properties": properties });
    if !required.is_empty() {
        object["required"] = json!(required);
    }
    object
}

fn rust_type(schema: &Value) -> TokenStream {
    match (schema["type"].as_str(), schema["format"].as_str()) {
        (Some("integer"), Some("int32")) => quote!(i32),
        (Some("integer"), _) => quote!(i64),
        (Some("number"), _) => quote!(f64),
        (Some("boolean"), _) => quote!(bool),
        (_, Some("uuid")) => quote!(::uuid::Uuid),
        _ => quote!(String),
    }
}
