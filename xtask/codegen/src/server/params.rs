//! `params.rs`: one struct for each operation and place of its parameters, and the media types of bodies.

use proc_macro2::TokenStream;
use quote::quote;
use serde_json::{Map, Value, json};

use super::schemas::for_validator;
use super::{Context, Taken, media_name, taken};
use crate::diagnostic::Problems;
use crate::express::{express, for_schemars};
use crate::model::{Extension, In, List, Operation, Parameter};
use crate::sdk::is_reserved;
use crate::secret::is_secret_node;
use crate::{names, render, schema};

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
pub(super) fn generate(context: &Context<'_>) -> Result<String, Problems> {
    let mut items = TokenStream::new();
    for operation in &context.model.operations {
        let mut documentation = Some(documentation(operation));
        for (location, place) in PLACES {
            if let Some(name) = name(operation, location) {
                let provenance = context.document.provenance(&operation.pointer);
                let doc = format!("{place} parameters of `{}`, `{provenance}`.", operation.wire_id);
                items.extend(parameter_set(context, operation, location, &name, &doc, documentation.take()));
            }
        }
        items.extend(media(operation));
    }
    let uses_types = items.to_string().contains("types ::").then(|| {
        quote!(
            use super::types;
        )
    });
    let file = quote! {
        #[allow(unused_imports, reason = "not every document has parameters")]
        use std::sync::LazyLock;
        #uses_types
        #[allow(unused_imports, reason = "not every document has every kind")]
        use crate::request::{self, Kind, List, Media, Param, ParamSet};
        #[allow(unused_imports, reason = "not every document has parameters")]
        use crate::validate::{Described, Validator, literal};

        #items
    };
    render::rust(context.document, "Parameters of the operations.", file)
}

fn parameter_set(
    context: &Context<'_>,
    operation: &Operation,
    location: In,
    name: &str,
    doc: &str,
    documentation: Option<TokenStream>,
) -> TokenStream {
    let mut parameters: Vec<&Parameter> =
        operation.parameters.iter().filter(|parameter| parameter.location == location).collect();
    let ident = names::ident_pascal(name);
    // Documented like the others, but neither read nor checked: a handler has media types and credentials by their own ways.
    let read: Vec<&Parameter> = parameters.iter().copied().filter(|parameter| !is_reserved(parameter)).collect();
    let fields = read.iter().map(|parameter| field(context, parameter));
    let kinds = parameters.iter().map(|parameter| param(context, parameter));
    let fields = quote!(#(#fields),*);
    let kinds = quote!(#(#kinds),*);
    let validator = validator(&read);
    let template = (location == In::Path && context.handed_on.contains(&operation.path)).then(|| {
        let path = &operation.path;
        quote!(const TEMPLATE: Option<&'static str> = Some(#path);)
    });
    // dropshot lists them by name; `documentation` puts them back into the order of the document.
    parameters.sort_by(|left, right| left.name.cmp(&right.name));
    let documented = object_schema(&parameters, &|parameter| documented(context, parameter));
    let references: Vec<_> = schema::references(&documented).iter().map(|name| names::ident_pascal(name)).collect();
    let documented = documented.to_string();
    quote! {
        #[doc = #doc]
        #[derive(Clone, Debug, ::serde::Deserialize)]
        pub struct #ident { #fields }

        impl ::schemars::JsonSchema for #ident {
            fn schema_name() -> String {
                #name.to_owned()
            }
            fn json_schema(generator: &mut ::schemars::r#gen::SchemaGenerator) -> ::schemars::schema::Schema {
                #(generator.subschema_for::<types::#references>();)*
                let _ = generator;
                literal(#documented)
            }
        }

        impl Described for #ident {
            fn validator() -> &'static Validator {
                static VALIDATOR: LazyLock<Validator> = LazyLock::new(|| #validator);
                &VALIDATOR
            }
        }

        impl ParamSet for #ident {
            const PARAMETERS: &'static [Param] = &[#kinds];
            #template
            #documentation
        }
    }
}

fn validator(parameters: &[&Parameter]) -> TokenStream {
    let refers = parameters.iter().any(|parameter| !schema::references(&written(parameter)).is_empty());
    let schema = object_schema(parameters, &|parameter| for_validator(&written(parameter))).to_string();
    if refers {
        quote!(Validator::of_schema_with(#schema, super::schemas::DEFINITIONS))
    } else {
        quote!(Validator::of_schema(#schema))
    }
}

/// The first set of an operation documents all its parameters.
fn documentation(operation: &Operation) -> TokenStream {
    let order = operation.parameters.iter().map(|parameter| {
        let (place, name) = (place(parameter.location), &parameter.name);
        quote!((#place, #name))
    });
    let sets = PLACES.iter().filter_map(|(location, place)| {
        let set = names::ident_pascal(&name(operation, *location)?);
        let place = names::ident_pascal(place);
        Some(quote!(request::documented::<request::#place, #set>()))
    });
    let extension = match &operation.extension {
        Extension::Pagination(value) => {
            let value = value.to_string();
            quote!(request::paginated(#value))
        }
        Extension::None | Extension::Websocket => quote!(::dropshot::ExtensionMode::None),
    };
    quote! {
        fn documentation() -> ::dropshot::ExtractorMetadata {
            request::documentation(&[#(#order),*], vec![#(#sets),*], #extension)
        }
    }
}

fn place(location: In) -> &'static str {
    match location {
        In::Path => "path",
        In::Query => "query",
        In::Header => "header",
    }
}

fn field(context: &Context<'_>, parameter: &Parameter) -> TokenStream {
    let field = names::ident_snake(&parameter.name);
    let wire = &parameter.name;
    let mut doc = parameter.description.lines().next().unwrap_or_default().to_owned();
    if doc.is_empty() {
        doc = format!("`{wire}`.");
    }
    let doc = format!("{doc} (`{}`)", context.document.provenance(&parameter.pointer));
    let ty = rust_type(parameter);
    let is_secret = is_secret_node(&context.document.value, &parameter.pointer, &parameter.schema);
    let ty = if is_secret { quote!(crate::sensitive::Sensitive<#ty>) } else { ty };
    let is_optional = !parameter.required || parameter.schema["nullable"] == true;
    let (ty, default) = if is_optional { (quote!(Option<#ty>), quote!(, default)) } else { (ty, quote!()) };
    quote! { #[doc = #doc] #[serde(rename = #wire #default)] pub #field: #ty }
}

/// How the raw values of a parameter become JSON.
fn param(context: &Context<'_>, parameter: &Parameter) -> TokenStream {
    let lookup = |pointer: &str| context.document.value.pointer(pointer);
    let name = &parameter.name;
    let scalar = if parameter.list == List::No { Some(&parameter.schema) } else { parameter.schema.get("items") };
    let kind = match scalar.and_then(|schema| schema::kind(schema, &lookup)) {
        _ if is_reserved(parameter) => quote!(Kind::Ignored),
        Some("integer") => quote!(Kind::Integer),
        Some("number") => quote!(Kind::Number),
        Some("boolean") => quote!(Kind::Boolean),
        _ => quote!(Kind::Text),
    };
    let list = match parameter.list {
        List::No => quote!(List::No),
        List::Repeated => quote!(List::Repeated),
        List::Separated(separator) => quote!(List::Separated(#separator)),
    };
    quote!(Param { name: #name, kind: #kind, list: #list })
}

/// The schema as the document has it, a reference where it is one.
pub(crate) fn written(parameter: &Parameter) -> Value {
    match &parameter.reference {
        Some(name) => json!({ "$ref": format!("{}{name}", schema::COMPONENT) }),
        None => parameter.schema.clone(),
    }
}

/// The schema that dropshot documents: arrays as their items, for it takes scalars in paths and queries only.
pub(crate) fn documented_schema<'a>(
    parameter: &Parameter,
    lookup: &dyn Fn(&str) -> Option<&'a Value>,
    lose: &mut dyn FnMut(String),
) -> Value {
    let items = (parameter.list != List::No && parameter.location != In::Header)
        .then(|| parameter.schema.get("items").cloned().unwrap_or_default());
    let written = items.unwrap_or_else(|| written(parameter));
    let expressed = express(&written, lose);
    if parameter.location == In::Header || schema::is_scalar(&expressed, lookup) {
        return expressed;
    }
    lose(String::new());
    json!({ "type": "string" })
}

fn documented(context: &Context<'_>, parameter: &Parameter) -> Value {
    let lookup = |pointer: &str| context.document.value.pointer(pointer);
    let expressed = for_schemars(&documented_schema(parameter, &lookup, &mut |_| {}));
    // dropshot takes the description off and the rest as it is only if the schema stands in an `allOf` of its own.
    let mut out = json!({ "allOf": [expressed] });
    if !parameter.description.is_empty() {
        out["description"] = json!(parameter.description);
    }
    out
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

fn rust_type(parameter: &Parameter) -> TokenStream {
    if parameter.list != List::No {
        let item = parameter.schema.get("items").map_or_else(|| quote!(String), scalar_type);
        return quote!(Vec<#item>);
    }
    match &parameter.reference {
        Some(name) => {
            let name = names::ident_pascal(name);
            quote!(types::#name)
        }
        None => scalar_type(&parameter.schema),
    }
}

fn scalar_type(schema: &Value) -> TokenStream {
    if let Some(name) = schema::reference(schema) {
        let name = names::ident_pascal(name);
        return quote!(types::#name);
    }
    match (schema["type"].as_str(), schema["format"].as_str().unwrap_or_default()) {
        (Some("integer"), format) => integer_type(format),
        (Some("number"), "float") => quote!(f32),
        (Some("number"), _) => quote!(f64),
        (Some("boolean"), _) => quote!(bool),
        (Some("string"), "uuid") => quote!(::uuid::Uuid),
        (Some("string"), "ip") => quote!(::std::net::IpAddr),
        (Some("string"), "ipv4") => quote!(::std::net::Ipv4Addr),
        (Some("string"), "ipv6") => quote!(::std::net::Ipv6Addr),
        (Some("string"), "date-time") => quote!(::chrono::DateTime<::chrono::Utc>),
        (Some("string"), "date") => quote!(::chrono::NaiveDate),
        _ => quote!(String),
    }
}

pub(super) fn integer_type(format: &str) -> TokenStream {
    match format {
        "int8" => quote!(i8),
        "int16" => quote!(i16),
        "int32" => quote!(i32),
        "uint8" => quote!(u8),
        "uint16" => quote!(u16),
        "uint32" => quote!(u32),
        "uint" | "uint64" => quote!(u64),
        _ => quote!(i64),
    }
}

/// The type that lists the media types of a body.
fn media(operation: &Operation) -> TokenStream {
    let (Some(name), Some(body)) = (media_name(operation), &operation.body) else { return quote!() };
    let ident = names::ident_pascal(&name);
    let (json, form, raw) = match taken(body) {
        Taken::Typed { json, form, .. } => (json, form, Vec::new()),
        Taken::Raw(raw) => (Vec::new(), Vec::new(), raw),
        Taken::Multipart => return quote!(),
    };
    let doc = format!("Media types of the body of `{}`.", operation.wire_id);
    quote! {
        #[doc = #doc]
        #[derive(Clone, Copy, Debug)]
        pub struct #ident;

        impl Media for #ident {
            const JSON: &'static [&'static str] = &[#(#json),*];
            const FORM: &'static [&'static str] = &[#(#form),*];
            const RAW: &'static [&'static str] = &[#(#raw),*];
        }
    }
}
