//! `stub.rs`: an implementation of the traits to start from. Nobody is known to it, and every operation answers 501.
//!
//! What the generated code checks before a handler works from the first minute: missing credentials are 401 and a body
//! that breaks its schema is 400, in the operation's own error body where the document has an example of one.

use std::collections::BTreeMap;

use proc_macro2::TokenStream;
use quote::quote;

use super::{Context, api, responses, service};
use crate::diagnostic::Problems;
use crate::model::Status;
use crate::{names, render};

/// Generates the file.
///
/// # Errors
/// A defect of the generator.
pub(super) fn generate(context: &Context<'_>) -> Result<String, Problems> {
    let bodies = bodies(context);
    let authenticate = service::authenticate_stub(context);
    let authorize = service::authorize_stub(context);
    let methods = context.model.operations.iter().map(|operation| {
        let name = names::ident_method(&operation.id);
        let permit = service::permit(operation, &quote!(Self));
        let values = api::arguments(operation).into_iter().map(|argument| argument.value);
        let response = names::ident_pascal(&responses::name(operation));
        quote! {
            async fn #name(
                _: &RequestContext<Self::Context>,
                _: #permit,
                #(_: #values),*
            ) -> Result<responses::#response, Self::Error> {
                Err(PlainError::not_implemented())
            }
        }
    });
    let file = quote! {
        use dropshot::RequestContext;

        #[allow(unused_imports, reason = "not every document has every kind of input")]
        use crate::{params, reply::{self, PlainError}, responses, serve::{Anonymous, Permit, Serve}, types};
        #[allow(unused_imports, reason = "not every document has credentials and rules of access")]
        use crate::{credentials::Basic, sensitive::Sensitive, security::{Operation, op}, service::*};
        #[allow(unused_imports, reason = "not every document has every kind of input")]
        use crate::request::{Multipart, Raw};

        /// A server of which every operation is still to be written.
        #[derive(Clone, Copy, Debug)]
        pub enum Stub {}

        impl Serve for Stub {
            type Context = ();
            type Error = PlainError;
            type Refusal = PlainError;
            type Admission = ();

            async fn admit(_: &RequestContext<()>, _: Operation) -> Result<(), PlainError> {
                Ok(())
            }

            fn refusal(_: &RequestContext<()>, operation: Operation, error: PlainError) -> PlainError {
                error.of(operation)
            }
        }

        #bodies
        #authenticate
        #authorize

        impl Service for Stub {
            #(#methods)*
        }
    };
    render::rust(context.document, "Nobody is known, and every operation answers 501.", file)
}

/// The error bodies, each as the document's example for the status, or as the first of any status.
fn bodies(context: &Context<'_>) -> TokenStream {
    let examples = examples(context);
    responses::error_bodies(context)
        .into_iter()
        .map(|body| {
            let name = body.to_string();
            let value = if name == quote!(crate::reply::Raw).to_string() {
                quote!(Some(reply::Raw::new(self.to_string())))
            } else if let Some((first, others)) = examples.get(&name).and_then(|examples| examples.split_first()) {
                let arms = others.iter().map(|(status, example)| quote!(#status => #example,));
                let example = &first.1;
                quote!(::serde_json::from_str(match reply::Refused::status(self) { #(#arms)* _ => #example }).ok())
            } else {
                quote!(None)
            };
            quote! {
                impl reply::ErrorFor<#body> for PlainError {
                    fn body(&self) -> Option<#body> {
                        #value
                    }
                }
            }
        })
        .collect()
}

/// The first example of each error body and status, by the name of the body's type.
fn examples(context: &Context<'_>) -> BTreeMap<String, Vec<(u16, String)>> {
    let mut examples: BTreeMap<String, Vec<(u16, String)>> = BTreeMap::new();
    for response in context.model.operations.iter().flat_map(|operation| operation.errors()) {
        let Some((content, schema)) = response.json() else { continue };
        let name = names::ident_pascal(schema);
        let Some(node) = context.document.value.pointer(&content.pointer) else { continue };
        let named = node["examples"].as_object().and_then(|examples| examples.values().next());
        let example = node.get("example").or_else(|| named.and_then(|example| example.get("value")));
        // A range or the default: any status that no other example has.
        let status = if let Status::Exact(status) = response.status { status } else { 0 };
        let known = examples.entry(quote!(types::#name).to_string()).or_default();
        if let Some(example) = example
            && !known.iter().any(|(other, _)| *other == status)
        {
            known.push((status, example.to_string()));
        }
    }
    examples
}
