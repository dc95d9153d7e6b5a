//! `stub.rs`: an implementation of the trait that answers 501 to everything, to start from.

use quote::quote;

use super::{Context, api};
use crate::diagnostic::Problems;
use crate::{names, render};

/// Generates the file.
///
/// # Errors
/// A defect of the generator.
pub(super) fn generate(context: &Context<'_>) -> Result<String, Problems> {
    let methods = context.model.operations.iter().map(|operation| {
        let name = names::ident_snake(&operation.id);
        let (signature, result) = (api::signature(operation), api::result(context, operation));
        quote! {
            async fn #name(_: RequestContext<Self::Context>, #signature) -> #result {
                Err(not_implemented().into())
            }
        }
    });
    let imports = api::imports(context, &quote!(crate));
    let file = quote! {
        #imports
        use crate::reply::not_implemented;

        /// A server of which every operation is still to be written.
        #[derive(Clone, Copy, Debug)]
        pub enum Stub {}

        #[allow(unused_variables, clippy::useless_conversion, reason = "a stub reads nothing")]
        impl crate::api::Api for Stub {
            type Context = ();

            #(#methods)*
        }
    };
    render::rust(context.document, "Answers 501 to every operation.", file)
}
