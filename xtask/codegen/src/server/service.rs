//! `service.rs`: the traits that a server implements, and the way of every request to them.
//!
//! Every request has to be taken on first (`Serve::admit`, a hook that knows the operation). The checks that the document
//! demands come next, before the handler, in generated code: credentials in [`authenticate`], the rule of `x-access` in
//! [`authorize`]. What they find out reaches the handler as the value of a permit, so a handler that forgets a check cannot
//! be written.

mod authenticate;
mod authorize;

use proc_macro2::{Ident, TokenStream};
use quote::{format_ident, quote};

use super::{Context, api, responses};
use crate::diagnostic::Problems;
use crate::model::{Model, Operation};
use crate::{names, render};

pub(super) use authenticate::{alternative, stub as authenticate_stub};
pub(super) use authorize::{stub as authorize_stub, words};

/// Generates the file.
///
/// # Errors
/// A defect of the generator.
pub(super) fn generate(context: &Context<'_>) -> Result<String, Problems> {
    let authenticate = authenticate::items(context);
    let authorize = authorize::items(context);
    let service = service(context);
    let served = served(context);
    let file = quote! {
        use std::marker::PhantomData;

        use dropshot::{ApiDescription, ApiDescriptionBuildErrors, RequestContext, StubContext};

        use super::api::{Api, api_mod};
        pub use super::api::{TITLE, VERSION, document};
        #[allow(unused_imports, reason = "not every document has credentials, parameters, bodies and errors")]
        use super::{params, responses, security::{Operation, Scheme, op}, types};
        #[allow(unused_imports, reason = "not every document has credentials")]
        use crate::credentials::{self, Basic};
        #[allow(unused_imports, reason = "not every document has errors with a body")]
        use crate::reply::{ErrorFor, Failure};
        #[allow(unused_imports, reason = "not every document has every kind of input")]
        use crate::request::{Body, Multipart, Optional, Params, Raw};
        #[allow(unused_imports, reason = "not every document has credentials")]
        use crate::sensitive::Sensitive;
        #[allow(unused_imports, reason = "not every document has credentials")]
        use crate::serve::{self, Anonymous, Permit, Rejection, Serve};

        #authenticate
        #authorize
        #service
        #served

        /// Every operation of the document, answered by `S`, as dropshot serves it.
        ///
        /// # Errors
        /// dropshot refuses an operation.
        pub fn description<S: Service>() -> Result<ApiDescription<S::Context>, ApiDescriptionBuildErrors> {
            api_mod::api_description::<Served<S>>()
        }

        /// The same without an implementation, for the document alone.
        ///
        /// # Errors
        /// As [`description`].
        pub fn stub_description() -> Result<ApiDescription<StubContext>, ApiDescriptionBuildErrors> {
            api_mod::stub_api_description()
        }
    };
    render::rust(
        context.document,
        "What a server implements: hooks for credentials and access, a handler for each operation.",
        file,
    )
}

/// Who is behind a request, as the hooks and the handler see it.
pub(super) enum Caller {
    /// The operation asks for no credentials.
    Nobody,
    /// It takes credentials and does without.
    Optional,
    /// It demands credentials.
    Required,
}

impl Caller {
    pub(super) fn of(operation: &Operation) -> Self {
        if operation.security.is_empty() {
            Self::Nobody
        } else if operation.security.iter().any(Vec::is_empty) {
            Self::Optional
        } else {
            Self::Required
        }
    }
}

/// Whether any operation takes credentials, so that there is a type of callers.
pub(super) fn has_callers(model: &Model) -> bool {
    model.operations.iter().any(|operation| !matches!(Caller::of(operation), Caller::Nobody))
}

/// Name of an operation as a type and as a variant.
fn marker(operation: &Operation) -> Ident {
    names::ident_pascal(&operation.id)
}

/// Type of the permit that the handler gets; `service` is the implementation.
pub(super) fn permit(operation: &Operation, service: &TokenStream) -> TokenStream {
    let marker = marker(operation);
    let found = match (authorize::hook(operation), Caller::of(operation)) {
        (Some(hook), _) => {
            let found = &hook.found;
            quote!(<#service as Authorize>::#found)
        }
        (None, Caller::Nobody) => quote!(Anonymous),
        (None, Caller::Optional) => quote!(Option<<#service as Authenticate>::Caller>),
        (None, Caller::Required) => quote!(<#service as Authenticate>::Caller),
    };
    quote!(Permit<op::#marker, #found>)
}

/// The traits above the one of the operations.
fn parents(context: &Context<'_>) -> TokenStream {
    let bounds = responses::error_bodies(context).into_iter().map(|body| quote!(ErrorFor<#body>));
    let bounds: Vec<TokenStream> = bounds.collect();
    let refusal = (!bounds.is_empty()).then(|| quote!(<Refusal: #(#bounds)+*>));
    let authenticate = has_callers(context.model).then(|| quote!(Authenticate+));
    let authorize = (!words(context.model).is_empty()).then(|| quote!(Authorize+));
    quote!(#authenticate #authorize Serve #refusal)
}

fn service(context: &Context<'_>) -> TokenStream {
    let parents = parents(context);
    let methods = context.model.operations.iter().map(|operation| {
        let name = names::ident_method(&operation.id);
        let docs = api::doc_lines(operation);
        let place = format!(
            " `{} {}`, defined at `{}`.",
            operation.method,
            operation.path,
            context.document.provenance(&operation.pointer)
        );
        let gap = (!docs.iter().all(String::is_empty)).then(|| quote!(#[doc = ""]));
        let permit = permit(operation, &quote!(Self));
        let response = names::ident_pascal(&responses::name(operation));
        let values = api::arguments(operation).into_iter().map(|argument| {
            let (name, value) = (argument.name, argument.value);
            quote!(#name: #value)
        });
        quote! {
            #(#[doc = #docs])*
            #gap
            #[doc = #place]
            fn #name(
                rqctx: &RequestContext<Self::Context>,
                permit: #permit,
                #(#values),*
            ) -> impl Future<Output = Result<responses::#response, Self::Error>> + Send;
        }
    });
    let paths = format!(" Defined at `{}`.", context.document.provenance("/paths"));
    quote! {
        /// The operations of the document. Each handler gets what the checks before it have found out, and a request that is
        /// as the document says.
        ///
        #[doc = #paths]
        pub trait Service: #parents {
            #(#methods)*
        }
    }
}

/// dropshot's trait, implemented for whatever implements ours.
fn served(context: &Context<'_>) -> TokenStream {
    let methods = context.model.operations.iter().map(|operation| {
        let name = names::ident_method(&operation.id);
        let (signature, result) = (api::signature(operation), api::result(context, operation));
        let marker = marker(operation);
        let way = way(operation);
        quote! {
            async fn #name(rqctx: RequestContext<Self::Context>, #signature) -> #result {
                let work = async { #way };
                Ok(<S as Serve>::answer(&rqctx, Operation::#marker, work).await?)
            }
        }
    });
    quote! {
        /// The way of every request to the handlers of `S`.
        #[allow(dead_code, reason = "it is a type and has no values")]
        struct Served<S>(PhantomData<fn() -> S>);

        impl<S: Service> Api for Served<S> {
            type Context = S::Context;

            #(#methods)*
        }
    }
}

/// Checks and handler of one operation, in their order.
fn way(operation: &Operation) -> TokenStream {
    let (name, marker) = (names::ident_method(&operation.id), marker(operation));
    let arguments = api::arguments(operation);
    let values: Vec<&Ident> = arguments.iter().map(|argument| &argument.name).collect();
    let input = quote!((#(#values,)*));
    let caller = match Caller::of(operation) {
        Caller::Nobody => None,
        Caller::Optional => Some(format_ident!("find_caller")),
        Caller::Required => Some(format_ident!("caller")),
    };
    // Whoever is taken on keeps the place until the answer: the binding lives as long as the work.
    let read = match (&caller, values.is_empty()) {
        (Some(caller), _) => quote! {
            let caller = || #caller::<S>(&rqctx, Operation::#marker);
            let (_admission, caller, #input) =
                serve::receive::<S, _, _, _>(&rqctx, Operation::#marker, caller, #input).await?;
        },
        (None, false) => quote! {
            let nobody = || async { Ok(()) };
            let (_admission, (), #input) =
                serve::receive::<S, _, _, _>(&rqctx, Operation::#marker, nobody, #input).await?;
        },
        (None, true) => quote!(let _admission = <S as Serve>::admit(&rqctx, Operation::#marker).await?;),
    };
    let found = match (authorize::hook(operation), caller.is_some()) {
        (Some(hook), _) => {
            let request = hook.request(operation, &arguments);
            let method = &hook.method;
            quote!(<S as Authorize>::#method(&rqctx, #request).await?)
        }
        (None, true) => quote!(caller),
        (None, false) => quote!(Anonymous),
    };
    // Every layer above would hold a handler's future twice, which may be large: on its way in, and while it works.
    quote! {
        #read
        let permit = Permit::new(#found);
        Box::pin(<S as Service>::#name(&rqctx, permit, #(#values),*)).await
    }
}
