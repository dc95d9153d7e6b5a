//! `responses.rs`: one enum for each operation, one variant for each documented answer.
//!
//! An answer that the document does not have cannot be written down, and each goes out with its own media type.

use proc_macro2::TokenStream;
use quote::quote;
use serde_json::{Map, Value, json};

use crate::diagnostic::Problems;
use crate::load::Document;
use crate::model::{Header, Model, Operation, Response};
use crate::{names, render};

/// Name of the enum of `operation`.
pub(super) fn name(operation: &Operation) -> String {
    format!("{}Response", names::pascal(&operation.id))
}

/// Generates the file.
///
/// # Errors
/// A defect of the generator.
pub(super) fn generate(document: &Document, model: &Model) -> Result<String, Problems> {
    let mut items = TokenStream::new();
    for operation in &model.operations {
        items.extend(response(document, operation));
    }
    let file = quote! {
        use dropshot::{ApiEndpointResponse, Body, HttpError, HttpResponse};
        use super::types;
        use crate::reply::{self, ErrorHeaders, ErrorReply, Reply};
        use crate::validate::literal;

        #items
    };
    render::rust(document, "Every documented answer of every operation, and no other.", file)
}

/// The answers that this server may give.
fn own(operation: &Operation) -> impl Iterator<Item = &Response> {
    operation.responses.iter().filter(|response| !response.vendor_only)
}

fn response(document: &Document, operation: &Operation) -> TokenStream {
    let ident = names::ident_pascal(&name(operation));
    let doc = format!("Answers of `{}`, `{}`.", operation.id, document.provenance(&operation.pointer));
    let variants = own(operation).map(|response| {
        let variant = names::ident_pascal(&names::status(response.status));
        let doc = format!("{}: {}", response.status, response.description.lines().next().unwrap_or_default());
        let fields = fields(response);
        quote!(#[doc = #doc] #variant #fields)
    });
    let sends = own(operation).map(send);
    let statuses = own(operation).map(|response| {
        let variant = names::ident_pascal(&names::status(response.status));
        let status = response.status;
        let pattern = if response.headers.is_empty() && response.content.is_none() {
            quote!()
        } else if response.headers.is_empty() {
            quote!((..))
        } else {
            quote!({ .. })
        };
        quote!(Self::#variant #pattern => #status)
    });
    let (metadata, headers) = metadata(operation);
    let errors = error_reply(operation);
    quote! {
        #[doc = #doc]
        #[derive(Clone, Debug)]
        pub enum #ident { #(#variants),* }

        impl HttpResponse for #ident {
            fn to_result(self) -> Result<::http::Response<Body>, HttpError> {
                match self { #(#sends),* }
            }

            fn response_metadata() -> ApiEndpointResponse {
                #metadata
            }

            fn status_code(&self) -> ::http::StatusCode {
                reply::status(match self { #(#statuses),* })
            }
        }

        #errors
        #headers
    }
}

fn fields(response: &Response) -> TokenStream {
    let body = response.content.as_ref().map(|content| names::ident_pascal(&content.schema));
    if response.headers.is_empty() {
        return body.map_or_else(TokenStream::new, |body| quote!((types::#body)));
    }
    let headers = response.headers.iter().map(|header| {
        let (field, ty, doc) =
            (names::ident_snake(&header.name), header_type(header), format!("Header `{}`.", header.name));
        quote!(#[doc = #doc] #field: #ty)
    });
    let body = body.map(|body| quote!(/** The body. */ body: types::#body));
    quote!({ #(#headers,)* #body })
}

fn send(response: &Response) -> TokenStream {
    let variant = names::ident_pascal(&names::status(response.status));
    let status = response.status;
    let fields: Vec<_> = response.headers.iter().map(|header| names::ident_snake(&header.name)).collect();
    let body = response.content.is_some().then(|| quote!(body));
    let pattern = if !fields.is_empty() {
        quote!({ #(#fields,)* #body })
    } else if body.is_some() {
        quote!((body))
    } else {
        quote!()
    };
    let headers = response.headers.iter().map(|header| {
        let (field, name) = (names::ident_snake(&header.name), header.name.to_lowercase());
        if header.required { quote!(.header(#name, &#field)) } else { quote!(.optional_header(#name, #field.as_ref())) }
    });
    let end = response.content.as_ref().map_or_else(
        || quote!(.empty()),
        |content| {
            let media_type = &content.media_type;
            quote!(.json(#media_type, &body))
        },
    );
    quote!(Self::#variant #pattern => Reply::new(#status) #(#headers)* #end)
}

fn header_type(header: &Header) -> TokenStream {
    let ty = if header.schema["type"] == "integer" { quote!(u32) } else { quote!(String) };
    if header.required { ty } else { quote!(Option<#ty>) }
}

/// The success answer as dropshot's document describes it, and the struct that carries its headers there.
fn metadata(operation: &Operation) -> (TokenStream, TokenStream) {
    let Some(success) = operation.success() else { return (quote!(ApiEndpointResponse::default()), quote!()) };
    let (status, description) = (success.status, &success.description);
    let body = success.content.as_ref().map(|content| names::ident_pascal(&content.schema));
    if success.headers.is_empty() {
        let metadata = body.map_or_else(
            || quote!(reply::empty_metadata(#status, #description)),
            |body| quote!(reply::metadata::<types::#body>(#status, #description)),
        );
        return (metadata, quote!());
    }
    let name = format!("{}Headers", name(operation));
    let ident = names::ident_pascal(&name);
    let metadata = body.map_or_else(
        || quote!(reply::empty_metadata_with::<#ident>(#status, #description)),
        |body| quote!(reply::metadata_with::<types::#body, #ident>(#status, #description)),
    );
    let schema = headers_schema(&success.headers).to_string();
    let item = quote! {
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
            fn json_schema(_: &mut ::schemars::r#gen::SchemaGenerator) -> ::schemars::schema::Schema {
                literal(#schema)
            }
        }
    };
    (metadata, item)
}

fn headers_schema(headers: &[Header]) -> Value {
    let properties: Map<_, _> = headers
        .iter()
        .map(|header| {
            let mut schema = header.schema.as_object().cloned().unwrap_or_default();
            schema.insert("description".to_owned(), json!(header.description));
            (header.name.clone(), Value::Object(schema))
        })
        .collect();
    let required: Vec<_> = headers.iter().filter(|header| header.required).map(|header| &header.name).collect();
    json!({ "type": "object", "properties": properties, "required": required })
}

/// From a status and the operation's error body to the variant, for statuses that are documented.
fn error_reply(operation: &Operation) -> TokenStream {
    let ident = names::ident_pascal(&name(operation));
    let Some(body) = operation.error_schema().map(names::ident_pascal) else { return quote!() };
    let arms = operation.errors().map(|response| {
        let variant = names::ident_pascal(&names::status(response.status));
        let status = response.status;
        if response.headers.is_empty() {
            return quote!(#status => Self::#variant(body));
        }
        let fields = response.headers.iter().map(|header| {
            let field = names::ident_snake(&header.name);
            if header.required { quote!(#field: headers.#field) } else { quote!(#field: Some(headers.#field)) }
        });
        quote!(#status => Self::#variant { #(#fields,)* body })
    });
    quote! {
        impl ErrorReply for #ident {
            type Body = types::#body;

            fn from_error(status: u16, headers: ErrorHeaders, body: Self::Body) -> Option<Self> {
                let _ = &headers;
                Some(match status {
                    #(#arms,)*
                    _ => return None,
                })
            }
        }
    }
}
