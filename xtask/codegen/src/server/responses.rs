//! `responses.rs`: one enum for each operation, one variant for each documented answer.
//!
//! An answer that the document does not have cannot be written down, and each goes out with its own media type.

mod answer;
mod errors;
mod metadata;

use proc_macro2::TokenStream;
use quote::quote;

use super::Context;
use crate::diagnostic::Problems;
use crate::model::{Extension, Operation};
use crate::{names, render};

pub(super) use errors::{bodies as error_bodies, failure_type};
pub(crate) use metadata::{is_freeform, status as success_status, written as written_header};

/// Name of the enum of `operation`.
pub(super) fn name(operation: &Operation) -> String {
    format!("{}Response", names::pascal(&operation.id))
}

/// Generates the file.
///
/// # Errors
/// A defect of the generator.
pub(super) fn generate(context: &Context<'_>) -> Result<String, Problems> {
    let mut items: TokenStream =
        context.model.operations.iter().map(|operation| response(context, operation)).collect();
    items.extend(errors::components(context));
    let file = quote! {
        use dropshot::{ApiEndpointResponse, Body, HttpError, HttpResponse};
        #[allow(unused_imports, reason = "not every document has bodies")]
        use super::types;
        #[allow(unused_imports, reason = "not every document has every kind of answer")]
        use crate::reply::{self, ErrorFor, ErrorReply, Raw, Refused, Reply};
        #[allow(unused_imports, reason = "not every document has headers")]
        use crate::validate::literal;

        #items
    };
    render::rust(context.document, "Every documented answer of every operation, and no other.", file)
}

fn response(context: &Context<'_>, operation: &Operation) -> TokenStream {
    let ident = names::ident_pascal(&name(operation));
    let provenance = context.document.provenance(&operation.pointer);
    let doc = format!("Answers of `{}`, `{provenance}`.", operation.wire_id);
    let answers = answer::of(context, operation);
    let mut variants: Vec<TokenStream> = answers.iter().map(|answer| answer.variant(context)).collect();
    let mut sends: Vec<TokenStream> = answers.iter().map(|answer| answer.send()).collect();
    let mut statuses: Vec<TokenStream> = answers.iter().map(|answer| answer.status()).collect();
    if operation.extension == Extension::Websocket {
        variants.push(quote!(/** The connection becomes a websocket. */ Upgraded(crate::request::Upgraded)));
        sends.push(quote!(Self::Upgraded(upgraded) => upgraded.into_result()));
        statuses.push(quote!(Self::Upgraded(_) => 101u16));
    }
    let is_copyable = operation.extension != Extension::Websocket && !answers.iter().any(|answer| answer.is_raw());
    let clone = is_copyable.then(|| quote!(Clone,));
    let (metadata, headers) = metadata::of(operation);
    let errors = errors::reply(&ident, operation, &answers);
    let (sends, statuses) = if variants.is_empty() {
        (quote!(match self {}), quote!(match *self {}))
    } else {
        (quote!(match self { #(#sends),* }), quote!(match self { #(#statuses),* }))
    };
    quote! {
        #[doc = #doc]
        #[derive(#clone Debug)]
        pub enum #ident { #(#variants),* }

        impl HttpResponse for #ident {
            fn to_result(self) -> Result<::http::Response<Body>, HttpError> {
                #sends
            }

            fn response_metadata() -> ApiEndpointResponse {
                #metadata
            }

            fn status_code(&self) -> ::http::StatusCode {
                reply::status(#statuses)
            }
        }

        #errors
        #headers
    }
}
