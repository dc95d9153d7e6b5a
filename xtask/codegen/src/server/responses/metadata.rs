//! The success answer as dropshot's document describes it, and the struct that carries its headers there.

use proc_macro2::TokenStream;
use quote::quote;
use serde_json::{Map, Value, json};

use super::name;
use crate::express::{express, for_schemars};
use crate::model::{Header, Operation, Response, Status};
use crate::{names, schema};

/// The expression, and the items that it needs.
pub(super) fn of(operation: &Operation) -> (TokenStream, TokenStream) {
    let Some(success) = operation.success() else { return (quote!(ApiEndpointResponse::default()), quote!()) };
    let description = &success.description;
    let status = match status(success) {
        Some(status) => quote!(Some(#status)),
        None => quote!(None),
    };
    if is_freeform(success) {
        return (quote!(reply::freeform_metadata(#status, #description)), quote!());
    }
    let body = success.json().map(|(_, body)| {
        let body = names::ident_pascal(body);
        quote!(types::#body)
    });
    let body = body.unwrap_or_else(|| quote!(reply::NoBody));
    if success.headers.is_empty() {
        return (quote!(reply::metadata::<#body, reply::NoHeaders>(#status, #description)), quote!());
    }
    let name = format!("{}Headers", name(operation));
    let ident = names::ident_pascal(&name);
    (quote!(reply::metadata::<#body, #ident>(#status, #description)), headers_struct(&name, &success.headers))
}

/// The status that dropshot documents; none: the default.
pub(crate) fn status(success: &Response) -> Option<u16> {
    match success.status {
        Status::Exact(status) => Some(status),
        Status::Range(digit) => Some(digit * 100),
        Status::Default => None,
    }
}

/// Whether dropshot documents the body as one of any kind.
pub(crate) fn is_freeform(success: &Response) -> bool {
    !success.contents.is_empty() && success.json().is_none()
}

fn headers_struct(name: &str, headers: &[Header]) -> TokenStream {
    let ident = names::ident_pascal(name);
    let schema = headers_schema(headers);
    let references: Vec<_> = schema::references(&schema).iter().map(|name| names::ident_pascal(name)).collect();
    let schema = schema.to_string();
    quote! {
        struct #ident;

        impl ::serde::Serialize for #ident {
            fn serialize<S: ::serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_unit()
            }
        }

        impl ::schemars::JsonSchema for #ident {
            fn schema_name() -> String {
                #name.to_owned()
            }
            fn json_schema(generator: &mut ::schemars::r#gen::SchemaGenerator) -> ::schemars::schema::Schema {
                #(generator.subschema_for::<types::#references>();)*
                let _ = generator;
                literal(#schema)
            }
        }
    }
}

/// The schema of a header as the document has it, a reference where it is one.
pub(crate) fn written(header: &Header) -> Value {
    match &header.reference {
        Some(name) => json!({ "$ref": format!("{}{name}", schema::COMPONENT) }),
        None => header.schema.clone(),
    }
}

fn headers_schema(headers: &[Header]) -> Value {
    let properties: Map<_, _> = headers
        .iter()
        .map(|header| {
            let schema = for_schemars(&express(&written(header), &mut |_| {}));
            let mut wrapped = json!({ "allOf": [schema] });
            if !header.description.is_empty() {
                wrapped["description"] = json!(header.description);
            }
            (header.name.clone(), wrapped)
        })
        .collect();
    let required: Vec<_> = headers.iter().filter(|header| header.required).map(|header| &header.name).collect();
    json!({ "type": "object", "properties": properties, "required": required })
}
