//! `api.rs`: the trait that a server of the document implements, one method an operation.

use proc_macro2::{Ident, Span};
use quote::quote;

use super::{params, responses};
use crate::diagnostic::Problems;
use crate::load::Document;
use crate::model::{Model, Operation};
use crate::{names, render};

/// Generates the file.
///
/// # Errors
/// A defect of the generator.
pub(super) fn generate(document: &Document, model: &Model) -> Result<String, Problems> {
    let methods = model.operations.iter().map(method);
    let tags = model.tags.iter().map(|(name, description)| quote!(#name = { description = #description }));
    let title = &model.title;
    let version = &model.version;
    let file = quote! {
        use dropshot::RequestContext;
        use super::{params, responses, types};
        use crate::request::{Body, Params};
        use crate::reply::Failure;

        /// Title of the document.
        pub const TITLE: &str = #title;
        /// Version of the document.
        pub const VERSION: &str = #version;

        /// The operations of the document. Extractors never fail: what is wrong with a request is a value that the method
        /// answers in the operation's own error body.
        #[dropshot::api_description { tag_config = { tags = { #(#tags),* } } }]
        pub trait Api {
            /// What every method gets.
            type Context;

            #(#methods)*
        }
    };
    render::rust(document, "The trait of the document's operations.", file)
}

fn method(operation: &Operation) -> proc_macro2::TokenStream {
    let name = names::ident_snake(&operation.id);
    let method = Ident::new(&operation.method, Span::call_site());
    let (path, tag) = (&operation.path, &operation.tag);
    let limit = usize::try_from(operation.max_body_bytes).unwrap_or(usize::MAX);
    let limit = operation.body.is_some().then(|| quote!(, request_body_max_bytes = #limit));
    let docs = doc_lines(operation);
    let parameters = params::PLACES.iter().filter_map(|(location, place)| {
        let ty = names::ident_pascal(&params::name(operation, *location)?);
        let argument = Ident::new(&place.to_lowercase(), Span::call_site());
        let place = names::ident_pascal(place);
        Some(quote!(#argument: Params<crate::request::#place, params::#ty>))
    });
    let body = operation.body.as_ref().map(|body| {
        let ty = names::ident_pascal(&body.schema);
        quote!(body: Body<types::#ty>)
    });
    let response = names::ident_pascal(&responses::name(operation));
    let error = operation.error_schema().map(names::ident_pascal);
    quote! {
        #(#[doc = #docs])*
        #[endpoint { method = #method, path = #path, tags = [#tag] #limit }]
        async fn #name(
            rqctx: RequestContext<Self::Context>,
            #(#parameters,)*
            #body
        ) -> Result<responses::#response, Failure<types::#error>>;
    }
}

/// Summary, blank line, description: dropshot makes its document's texts from the doc comment.
fn doc_lines(operation: &Operation) -> Vec<String> {
    let mut lines = vec![format!(" {}", operation.summary)];
    if !operation.description.is_empty() {
        lines.push(String::new());
        lines.extend(operation.description.lines().map(|line| format!(" {line}").trim_end().to_owned()));
    }
    lines
}
