//! The trait `Authenticate`: one hook for each alternative of credentials that an operation takes.

use std::collections::BTreeMap;

use proc_macro2::{Ident, TokenStream};
use quote::quote;

use super::{Caller, has_callers};
use crate::model::{Model, Scheme, SchemeKind};
use crate::names;
use crate::server::Context;

/// The schemes of one alternative in the order of the document, whatever the order of the requirement.
pub(in crate::server) fn alternative<'a>(model: &'a Model, requirement: &[String]) -> Vec<&'a Scheme> {
    model.schemes.iter().filter(|scheme| requirement.contains(&scheme.name)).collect()
}

/// One hook.
struct Hook<'a> {
    name: Ident,
    schemes: Vec<&'a Scheme>,
}

/// A hook for each alternative, in the order of the document's schemes.
fn hooks(model: &Model) -> Vec<Hook<'_>> {
    let position = |scheme: &Scheme| model.schemes.iter().position(|known| known.name == scheme.name);
    let requirements = model.operations.iter().flat_map(|operation| &operation.security);
    let distinct: BTreeMap<Vec<Option<usize>>, Vec<&Scheme>> = requirements
        .map(|requirement| alternative(model, requirement))
        .filter(|schemes| !schemes.is_empty())
        .map(|schemes| (schemes.iter().map(|scheme| position(scheme)).collect(), schemes))
        .collect();
    let mut taken: Vec<String> = Vec::new();
    distinct
        .into_values()
        .map(|schemes| {
            let mut name = schemes.iter().map(|scheme| names::snake(&scheme.name)).collect::<Vec<_>>().join("_and_");
            // A scheme may be called like a pair of others.
            while taken.contains(&name) {
                name.push('_');
            }
            taken.push(name.clone());
            Hook { name: names::ident_snake(&name), schemes }
        })
        .collect()
}

/// The trait, and the search for the first alternative that is complete and valid.
pub(super) fn items(context: &Context<'_>) -> TokenStream {
    let model = context.model;
    if !has_callers(model) {
        return quote!();
    }
    let hooks = hooks(model);
    let methods = hooks.iter().map(|hook| method(context, hook));
    let arms = hooks.iter().map(arm);
    let required = model.operations.iter().any(|operation| matches!(Caller::of(operation), Caller::Required));
    let required = required.then(|| {
        quote! {
            async fn caller<S: Authenticate>(
                rqctx: &RequestContext<S::Context>,
                operation: Operation,
            ) -> Result<S::Caller, S::Error> {
                find_caller::<S>(rqctx, operation).await?.ok_or_else(|| Rejection::NotAuthenticated.into())
            }
        }
    });
    let place = format!(" Defined at `{}`.", context.document.provenance("/components/securitySchemes"));
    quote! {
        /// The document's credentials: one hook for each alternative that an operation takes.
        ///
        /// A hook says who presents what it is given, or that it is not valid, alone or together. It is called for
        /// credentials that are complete; an operation without credentials calls none.
        ///
        #[doc = #place]
        pub trait Authenticate: Serve {
            /// Who is calling.
            type Caller: Send;

            #(#methods)*
        }

        /// Who is calling, by the first alternative that is complete and valid.
        async fn find_caller<S: Authenticate>(
            rqctx: &RequestContext<S::Context>,
            operation: Operation,
        ) -> Result<Option<S::Caller>, S::Error> {
            let headers = rqctx.request.headers();
            for alternative in operation.security() {
                let found = match **alternative {
                    #(#arms)*
                    _ => None,
                };
                if found.is_some() {
                    return Ok(found);
                }
            }
            Ok(None)
        }

        #required
    }
}

fn method(context: &Context<'_>, hook: &Hook<'_>) -> TokenStream {
    let name = &hook.name;
    let docs: Vec<String> = hook
        .schemes
        .iter()
        .map(|scheme| {
            let place = context.document.provenance(&scheme.pointer);
            format!(" * `{}`, defined at `{place}`: {}", scheme.name, scheme.description)
        })
        .collect();
    let credentials = hook.schemes.iter().map(|scheme| {
        let name = argument(scheme);
        let ty = credential(scheme);
        quote!(#name: #ty)
    });
    quote! {
        /// Who presents these credentials; none: they are not valid.
        ///
        #(#[doc = #docs])*
        fn #name(
            rqctx: &RequestContext<Self::Context>,
            operation: Operation,
            #(#credentials),*
        ) -> impl Future<Output = Result<Option<Self::Caller>, Self::Error>> + Send;
    }
}

fn arm(hook: &Hook<'_>) -> TokenStream {
    let name = &hook.name;
    let schemes: Vec<Ident> = hook.schemes.iter().map(|scheme| names::ident_pascal(&scheme.name)).collect();
    let values: Vec<Ident> = hook.schemes.iter().map(|scheme| argument(scheme)).collect();
    let found = hook.schemes.iter().map(|scheme| {
        let ident = names::ident_pascal(&scheme.name);
        match scheme.kind {
            SchemeKind::Basic => quote!(credentials::basic(headers)),
            SchemeKind::Bearer | SchemeKind::Header(_) => quote!(credentials::secret(Scheme::#ident, headers)),
        }
    });
    quote! {
        [#(Scheme::#schemes),*] => match (#(#found,)*) {
            (#(Some(#values),)*) => <S as Authenticate>::#name(rqctx, operation, #(#values),*).await?,
            _ => None,
        },
    }
}

/// The trait's implementation for the stub: nobody is known.
pub(in crate::server) fn stub(context: &Context<'_>) -> TokenStream {
    if !has_callers(context.model) {
        return quote!();
    }
    let methods = hooks(context.model).into_iter().map(|hook| {
        let Hook { name, schemes } = hook;
        let credentials = schemes.iter().map(|scheme| credential(scheme));
        quote! {
            async fn #name(
                _: &RequestContext<Self::Context>,
                _: Operation,
                #(_: #credentials),*
            ) -> Result<Option<Self::Caller>, Self::Error> {
                Err(PlainError::not_implemented())
            }
        }
    });
    quote! {
        impl Authenticate for Stub {
            type Caller = ();

            #(#methods)*
        }
    }
}

/// Name of a credential as an argument, unless that is the name of another.
fn argument(scheme: &Scheme) -> Ident {
    match names::snake(&scheme.name).as_str() {
        taken @ ("rqctx" | "operation" | "headers") => quote::format_ident!("{taken}_credential"),
        name => names::ident_snake(name),
    }
}

/// What a hook gets for a scheme.
fn credential(scheme: &Scheme) -> TokenStream {
    match scheme.kind {
        SchemeKind::Basic => quote!(Basic),
        SchemeKind::Bearer | SchemeKind::Header(_) => quote!(Sensitive),
    }
}
