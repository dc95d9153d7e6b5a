//! Errors: the type that dropshot documents, and the way from an error to a variant.

use std::collections::BTreeMap;

use proc_macro2::{Ident, TokenStream};
use quote::quote;

use super::answer::{self, Answer};
use crate::express::{express, for_schemars};
use crate::failure::Failure;
use crate::load::escape;
use crate::model::{Header, Operation, Payload, Response, Status};
use crate::server::Context;
use crate::{names, schema};

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
    // One that stands for several, or for none, is nowhere in the document.
    let pointer = format!("/components/responses/{}", escape(name));
    let place = context.document.value.pointer(&pointer).map(|_| {
        let place = format!(" Defined at `{}`.", context.document.provenance(&pointer));
        quote!(#[doc = ""] #[doc = #place])
    });
    quote! {
        #[doc = #doc]
        #place
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

/// The answers that can be made of any error of their status: the first JSON body of each, and no headers but the known.
fn plain<'a, 'b>(operation: &Operation, answers: &'b [Answer<'a>]) -> Vec<&'b Answer<'a>> {
    let statuses: Vec<Status> = operation.errors().filter(|it| is_plain(it)).map(|response| response.status).collect();
    let mut errors: Vec<&Answer<'_>> =
        answers.iter().filter(|answer| statuses.contains(&answer.response.status)).collect();
    let is_json =
        |answer: &Answer<'_>| answer.content.is_some_and(|content| matches!(content.payload, Payload::Json(_)));
    errors.sort_by_key(|answer| (answer.response.status, !is_json(answer)));
    errors.dedup_by_key(|answer| answer.response.status);
    errors
}

fn is_plain(response: &Response) -> bool {
    response.headers.iter().all(|header| !header.required || known(header).is_some())
}

/// What is known of every error and stands in the header.
fn known(header: &Header) -> Option<TokenStream> {
    match (header.name.to_lowercase().as_str(), header.schema["type"] == "integer") {
        ("retry-after", true) => Some(match answer::narrow_type(&header.schema) {
            Some(ty) => quote!(<#ty>::try_from(headers.retry_after).unwrap_or(<#ty>::MAX).into()),
            None => quote!(headers.retry_after.into()),
        }),
        ("retry-after", false) => Some(quote!(headers.retry_after.to_string().into())),
        ("www-authenticate", false) => Some(quote!(headers.www_authenticate.clone().into())),
        _ => None,
    }
}

/// From an error to the variant of its status, for statuses that are documented.
pub(super) fn reply(ident: &Ident, operation: &Operation, answers: &[Answer<'_>]) -> TokenStream {
    let errors = plain(operation, answers);
    if errors.is_empty() {
        return quote! {
            impl<E> ErrorReply<E> for #ident {
                fn from_error(_: &E) -> Option<Self> {
                    None
                }
            }
        };
    }
    let bounds = distinct(errors.iter().filter_map(|answer| answer.body_type()));
    let arms = errors.iter().map(|answer| arm(answer));
    let headers = errors.iter().any(|answer| answer.response.headers.iter().any(|header| known(header).is_some()));
    let headers = headers.then(|| quote!(let headers = error.headers();));
    quote! {
        impl<E: Refused #(+ ErrorFor<#bounds>)*> ErrorReply<E> for #ident {
            fn from_error(error: &E) -> Option<Self> {
                #headers
                #[allow(unreachable_patterns, reason = "the default leaves nothing over")]
                Some(match error.status() {
                    #(#arms,)*
                    _ => return None,
                })
            }
        }
    }
}

/// Types of the bodies that errors have.
pub(crate) fn bodies(context: &Context<'_>) -> Vec<TokenStream> {
    let operations = &context.model.operations;
    let bodies = operations.iter().flat_map(|operation| {
        let answers = answer::of(context, operation);
        let body = |answer: &Answer<'_>| {
            let raw = answer.is_raw().then(|| quote!(crate::reply::Raw));
            raw.or_else(|| answer.body_type())
        };
        plain(operation, &answers).into_iter().filter_map(body).collect::<Vec<_>>()
    });
    distinct(bodies)
}

fn distinct(types: impl Iterator<Item = TokenStream>) -> Vec<TokenStream> {
    let types: BTreeMap<String, TokenStream> = types.map(|body| (body.to_string(), body)).collect();
    types.into_values().collect()
}

fn arm(answer: &Answer<'_>) -> TokenStream {
    let (response, variant) = (answer.response, &answer.ident);
    let (pattern, status) = match response.status {
        Status::Exact(status) => (quote!(#status), None),
        Status::Range(digit) => {
            let (first, last) = (digit * 100, digit * 100 + 99);
            (quote!(status @ #first..=#last), Some(quote!(status,)))
        }
        Status::Default => (quote!(status), Some(quote!(status,))),
    };
    let body = answer.body_type().map(|body| quote!(ErrorFor::<#body>::body(error)?));
    if answer.is_tuple() {
        let body = body.map(|body| quote!((#body)));
        return quote!(#pattern => Self::#variant #body);
    }
    let fields = response.headers.iter().map(|header| {
        let field = names::ident_snake(&header.name);
        match (known(header), header.required) {
            (None, _) => quote!(#field: None),
            (Some(value), true) => quote!(#field: #value),
            (Some(value), false) => quote!(#field: Some(#value)),
        }
    });
    let body = body.map(|body| quote!(body: #body));
    quote!(#pattern => Self::#variant { #status #(#fields,)* #body })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_header_of_any_width_takes_the_seconds_that_are_known() {
        let value = |schema| {
            let header = Header {
                name: "Retry-After".to_owned(),
                required: true,
                description: String::new(),
                schema,
                reference: None,
                pointer: String::new(),
            };
            known(&header).unwrap().to_string().replace(' ', "")
        };
        assert_eq!(value(json!({"type": "integer"})), "headers.retry_after.into()");
        for (format, ty) in [("int8", "i8"), ("int16", "i16"), ("int32", "i32"), ("uint8", "u8"), ("uint16", "u16")] {
            let narrow = format!("<{ty}>::try_from(headers.retry_after).unwrap_or(<{ty}>::MAX).into()");
            assert_eq!(value(json!({"type": "integer", "format": format})), narrow);
        }
    }
}
