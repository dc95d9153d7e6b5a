//! Methods that dropshot's router does not know, and the endpoints that hand requests on to them.

use std::collections::BTreeSet;

use proc_macro2::{Ident, TokenStream};
use quote::{format_ident, quote};

use super::{Context, api, params};
use crate::model::{Extension, Operation};
use crate::routes::{self, Junction};
use crate::{names, render};

/// A trait method without an endpoint of its own.
pub(super) fn method(context: &Context<'_>, operation: &Operation) -> TokenStream {
    let name = names::ident_method(&operation.id);
    let docs = api::doc_lines(operation);
    let provenance = render::comment(&context.document.provenance(&operation.pointer));
    let (signature, result) = (api::signature(operation), api::result(context, operation));
    quote! {
        #(#[doc = #docs])*
        #provenance
        fn #name(
            rqctx: RequestContext<Self::Context>,
            #signature
        ) -> impl ::std::future::Future<Output = #result> + Send + 'static;
    }
}

/// An endpoint for each junction and method, and beside the trait a type for each junction.
pub(super) fn junctions(context: &Context<'_>) -> (TokenStream, TokenStream) {
    let operations = &context.model.operations;
    let methods: BTreeSet<&str> = operations.iter().map(|operation| operation.method.as_str()).collect();
    let mut taken: BTreeSet<String> =
        operations.iter().map(|operation| names::ident_method(&operation.id).to_string()).collect();
    let (mut out, mut types) = (TokenStream::new(), TokenStream::new());
    for (index, junction) in routes::junctions(context.model).iter().enumerate() {
        let kind = format_ident!("Junction{}", index + 1);
        types.extend(variables(junction, &kind));
        for method in &methods {
            let handed = junction.operations(context.model, method);
            if handed.iter().all(|(_, operation)| operation.is_none()) {
                continue;
            }
            let name = (1..).map(|number| format!("junction_{number}")).find(|name| taken.insert(name.clone()));
            out.extend(endpoint(junction, method, &handed, &name.unwrap_or_default(), &kind));
        }
    }
    (out, types)
}

fn variables(junction: &Junction, kind: &Ident) -> TokenStream {
    let names = junction.path.split('{').skip(1).filter_map(|rest| rest.split_once('}')).map(|(name, _)| name);
    let doc = format!(" The variables of `{}`, where several paths meet.", junction.path);
    quote! {
        #[doc = #doc]
        #[derive(Debug)]
        pub struct #kind;

        impl crate::request::route::Variables for #kind {
            const NAMES: &'static [&'static str] = &[#(#names),*];
        }
    }
}

fn takes_request(operation: &Operation) -> bool {
    operation.body.is_some() || operation.extension == Extension::Websocket
}

fn endpoint(
    junction: &Junction,
    method: &str,
    handed: &[(&str, Option<&Operation>)],
    name: &str,
    kind: &Ident,
) -> TokenStream {
    let path = &junction.path;
    let templates = handed.iter().map(|(template, _)| template);
    let operations = || handed.iter().enumerate().filter_map(|(index, (_, operation))| Some((index, (*operation)?)));
    let arms = operations().map(|(index, operation)| arm(index, operation));
    let limit = operations().map(|(_, operation)| limit(operation)).max().unwrap_or_default();
    let doc = format!(
        " Hands `{method} {path}` on by its path: dropshot knows a literal or one variable at a place, not both."
    );
    let (name, method) = (format_ident!("{name}"), api::ident(method));
    let is_read = operations().any(|(_, operation)| takes_request(operation));
    let request = if is_read { quote!(request) } else { quote!(_request) };
    let is_total = handed.iter().all(|(_, operation)| operation.is_some());
    let others = (!is_total).then(|| quote!(Some(_) => Err(crate::request::route::no_operation(true)),));
    quote! {
        #[doc = #doc]
        #[endpoint { method = #method, path = #path, unpublished = true, request_body_max_bytes = #limit }]
        async fn #name(
            rqctx: RequestContext<Self::Context>,
            #request: crate::request::route::Unrouted<#kind>,
        ) -> Result<::http::Response<::dropshot::Body>, ::dropshot::HttpError> {
            let mut rqctx = rqctx;
            match crate::request::route::template(&rqctx, &[#(#templates),*]) {
                #(#arms)*
                #others
                _ => Err(crate::request::route::no_operation(false)),
            }
        }
    }
}

fn limit(operation: &Operation) -> usize {
    usize::try_from(operation.max_body_bytes).unwrap_or(usize::MAX)
}

fn arm(index: usize, operation: &Operation) -> TokenStream {
    let (name, id, limit) = (names::ident_method(&operation.id), &operation.wire_id, limit(operation));
    let places = params::PLACES.iter().filter(|(location, _)| params::name(operation, *location).is_some());
    let arguments: Vec<_> = places.map(|(_, place)| format_ident!("{}", place.to_lowercase())).collect();
    let body = takes_request(operation).then(|| {
        quote! {
            let body = ::dropshot::ExclusiveExtractor::from_request(&rqctx, request.into_inner()).await?;
        }
    });
    let body_argument = takes_request(operation).then(|| quote!(body));
    quote! {
        Some(#index) => {
            crate::request::route::become_operation(&mut rqctx, #id, #limit);
            #(let #arguments = ::dropshot::SharedExtractor::from_request(&rqctx).await?;)*
            #body
            crate::request::route::answer(Self::#name(rqctx, #(#arguments,)* #body_argument).await)
        }
    }
}
