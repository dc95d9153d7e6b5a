//! `calls.rs`: from an operation's name and its inputs as JSON to the typed call, for tests that read both from a file.
//!
//! Written for a hand-written module beside it, `crate::vectors::calls`, which says what inputs and reports are.

use proc_macro2::TokenStream;
use quote::quote;

use super::answer::Answer;
use super::shape::{Argument, Shape, Type};
use crate::load::Document;
use crate::model::In;
use crate::names;

/// One function an operation, and the table of them.
pub(super) fn tokens(document: &Document, shapes: &[Shape<'_>]) -> TokenStream {
    let arms = shapes.iter().map(|shape| {
        let (id, function) = (&shape.operation.id, &shape.method);
        quote!(#id => Box::pin(#function(client, inputs)).await)
    });
    let functions = shapes.iter().map(|shape| {
        let (place, function) = (document.provenance(&shape.operation.pointer), function(shape));
        let doc = format!(" Calls `{}`, defined at `{place}`.", shape.operation.id);
        quote!(#[doc = #doc] #function)
    });
    quote! {
        use crate::vectors::calls::{Client, Inputs, Report, Unsent, errors, json, played, types};

        /// Calls the operation with that name.
        ///
        /// # Errors
        /// Nothing was sent, because the types refuse the inputs or cannot express them.
        pub(crate) async fn call(client: &Client, operation: &str, inputs: &Inputs<'_>) -> Result<Report, Unsent> {
            match operation {
                #(#arms,)*
                _ => Err(Unsent::Unexpressed("the client has no such operation".to_owned())),
            }
        }

        #(#functions)*
    }
}

fn function(shape: &Shape<'_>) -> TokenStream {
    let (function, method) = (&shape.method, &shape.public);
    if shape.body.is_some_and(|body| body.is_raw()) {
        return quote! {
            async fn #function(_: &Client, _: &Inputs<'_>) -> Result<Report, Unsent> {
                Err(Unsent::Unexpressed("the body is no JSON".to_owned()))
            }
        };
    }
    let required = shape.arguments.iter().filter(|argument| argument.is_required()).map(|argument| {
        let (place, name) = place(argument);
        match &argument.kind {
            Type::String => quote!(inputs.text(#place, #name)?),
            Type::Other(kind) => quote!(inputs.value::<#kind>(#place, #name)?),
        }
    });
    let body = shape.body.filter(|body| !body.is_optional()).map(|body| {
        let kind = body.rust_type();
        quote!(inputs.body::<#kind>()?)
    });
    let inputs: Vec<TokenStream> = required.chain(body).collect();
    let mut optional: Vec<TokenStream> =
        shape.arguments.iter().filter(|argument| !argument.is_required()).map(setter).collect();
    optional.extend(shape.body.filter(|body| body.is_optional()).map(|body| {
        let kind = body.rust_type();
        quote!(let call = if inputs.has_body() { call.body(inputs.body::<#kind>()?) } else { call };)
    }));
    let success = if Answer::are_alike(&shape.successes) {
        quote!(json)
    } else {
        let target = names::ident_pascal(&format!("{}Success", shape.name));
        bodies(&shape.successes, &quote!(crate::vectors::calls::operations::#target))
    };
    let error = &shape.error;
    let refusal = bodies(&shape.errors, &quote!(errors::#error));
    let taken = if inputs.is_empty() && optional.is_empty() { quote!(_) } else { quote!(inputs) };
    quote! {
        async fn #function(client: &Client, #taken: &Inputs<'_>) -> Result<Report, Unsent> {
            let call = client.#method(#(#inputs),*);
            #(#optional)*
            played(call, #success, #refusal).await
        }
    }
}

/// A function from one of several answers to its body.
fn bodies(answers: &[Answer<'_>], target: &TokenStream) -> TokenStream {
    let arms = answers.iter().map(|answer| answer.body_arm(target));
    quote!(|answer| match answer { #(#arms,)* _ => json(&()) })
}

fn setter(argument: &Argument<'_>) -> TokenStream {
    let (setter, (place, name)) = (argument.setter(), place(argument));
    let kind = argument.kind.tokens();
    quote! {
        let call = match inputs.optional::<#kind>(#place, #name)? {
            Some(value) => call.#setter(value),
            None => call,
        };
    }
}

fn place<'a>(argument: &'a Argument<'_>) -> (&'static str, &'a str) {
    let place = match argument.parameter.location {
        In::Path => "path",
        In::Query => "query",
        In::Header => "headers",
    };
    (place, &argument.parameter.name)
}
