//! Errors: the type that dropshot documents, and the way from a status and a body to a variant.

use std::collections::BTreeMap;

use proc_macro2::{Ident, TokenStream};
use quote::quote;

use super::answer::variant_name;
use crate::express::{express, for_schemars};
use crate::failure::Failure;
use crate::model::{Operation, Response, Status};
use crate::server::Context;
use crate::{names, schema};

/// Headers that [`reply::ErrorHeaders`] carries.
const HEADERS: [&str; 2] = ["retry-after", "www-authenticate"];

/// The error type of a trait method.
pub(crate) fn failure_type(context: &Context<'_>, operation: &Operation) -> TokenStream {
    match context.failure(operation) {
        Failure::Own => quote!(::dropshot::HttpError),
        Failure::Schema(name) => {
            let name = names::ident_pascal(name);
            quote!(Failure<types::#name>)
        }
        Failure::Response(name, _) => {
            let name = component_name(name);
            quote!(Failure<responses::#name>)
        }
    }
}

fn component_name(name: &str) -> Ident {
    names::ident_pascal(&format!("{name}Component"))
}

/// Types that stand for response components in dropshot's document; they have no values.
pub(super) fn components(context: &Context<'_>) -> TokenStream {
    let distinct: BTreeMap<&str, &Failure> = context
        .failures
        .values()
        .filter(|failure| matches!(failure, Failure::Response(..)))
        .map(|failure| (failure.component(), failure))
        .collect();
    distinct.into_iter().map(|(name, failure)| component(context, name, failure)).collect()
}

fn component(context: &Context<'_>, name: &str, failure: &Failure) -> TokenStream {
    let ident = component_name(name);
    let schema = failure.schema(context.model, &|value| for_schemars(&express(value, &mut |_| {})));
    let references: Vec<_> = schema::references(&schema).iter().map(|name| names::ident_pascal(name)).collect();
    let (schema, doc) = (schema.to_string(), format!("The response component `{name}` in dropshot's document."));
    quote! {
        #[doc = #doc]
        #[derive(Clone, Copy, Debug)]
        pub enum #ident {}

        impl ::schemars::JsonSchema for #ident {
            fn schema_name() -> String {
                #name.to_owned()
            }
            fn is_referenceable() -> bool {
                false
            }
            fn json_schema(generator: &mut ::schemars::r#gen::SchemaGenerator) -> ::schemars::schema::Schema {
                #(generator.subschema_for::<types::#references>();)*
                let _ = generator;
                literal(#schema)
            }
        }
    }
}

/// From a status and the operation's one error body to the variant, for statuses that are documented.
pub(super) fn reply(ident: &Ident, operation: &Operation) -> TokenStream {
    let [body] = operation.error_schemas()[..] else { return quote!() };
    let body = names::ident_pascal(body);
    let mut errors: Vec<&Response> = operation.errors().filter(|response| !response.vendor_only).collect();
    errors.sort_by_key(|response| response.status);
    let arms = errors.iter().filter(|response| is_plain(response)).map(|response| arm(response));
    quote! {
        impl ErrorReply for #ident {
            type Body = types::#body;

            fn from_error(status: u16, headers: ErrorHeaders, body: Self::Body) -> Option<Self> {
                let _ = &headers;
                #[allow(unreachable_patterns, reason = "the default leaves nothing over")]
                Some(match status {
                    #(#arms,)*
                    _ => return None,
                })
            }
        }
    }
}

/// Whether the error can be made of a body and the headers that every error may carry.
fn is_plain(response: &Response) -> bool {
    let is_known = |name: &str| HEADERS.contains(&name.to_lowercase().as_str());
    response.contents.len() == 1
        && response.json().is_some()
        && response.headers.iter().all(|header| !header.required || is_known(&header.name))
}

fn arm(response: &Response) -> TokenStream {
    let variant = names::ident_pascal(&variant_name(response.status));
    let pattern = match response.status {
        Status::Exact(status) => quote!(#status),
        Status::Range(digit) => {
            let (first, last) = (digit * 100, digit * 100 + 99);
            quote!(#first..=#last)
        }
        Status::Default => quote!(_),
    };
    if response.headers.is_empty() && matches!(response.status, Status::Exact(_)) {
        return quote!(#pattern => Self::#variant(body));
    }
    let status = (!matches!(response.status, Status::Exact(_))).then(|| quote!(status,));
    let fields = response.headers.iter().map(|header| {
        let field = names::ident_snake(&header.name);
        match (HEADERS.contains(&header.name.to_lowercase().as_str()), header.required) {
            (false, _) => quote!(#field: None),
            (true, true) => quote!(#field: headers.#field),
            (true, false) => quote!(#field: Some(headers.#field)),
        }
    });
    quote!(#pattern => Self::#variant { #status #(#fields,)* body })
}
