//! `calls.rs`: what the command line gave becomes the arguments of the client's method.

use proc_macro2::TokenStream;
use quote::quote;

use crate::load::Document;
use crate::model::In;
use crate::names;
use crate::sdk::answer::Answer;
use crate::sdk::body::Sent;
use crate::sdk::shape::{Argument, Shape, Type};

/// All functions.
pub(super) fn tokens(document: &Document, shapes: &[Shape<'_>]) -> TokenStream {
    let functions = shapes.iter().map(|shape| function(document, shape));
    let typed = shapes.iter().any(|shape| shape.body.is_some_and(|body| !body.is_raw()));
    let types = typed.then(|| quote!(, types));
    let several = shapes.iter().any(|shape| !Answer::are_alike(&shape.successes));
    let operations = several.then(|| quote!(, operations));
    quote! {
        use crate::exchange::{self, Running};
        use crate::input::Input;
        use crate::sdk::{Client #operations #types};

        #(#functions)*
    }
}

fn function(document: &Document, shape: &Shape<'_>) -> TokenStream {
    let name = &shape.public;
    let place = document.provenance(&shape.operation.pointer);
    let doc = format!(" `{} {}`, defined at `{place}`.", shape.operation.method, shape.operation.path);
    let required = shape.arguments.iter().filter(|argument| argument.is_required()).map(|argument| {
        let key = key(argument);
        match argument.kind {
            Type::String => quote!(input.text(#key)?),
            Type::Other(_) => quote!(input.value(#key)?),
        }
    });
    let body = shape.body.filter(|body| !body.is_optional()).map(|body| body_value(&body));
    let optional = shape.arguments.iter().filter(|argument| !argument.is_required()).map(|argument| {
        let (key, setter) = (key(argument), argument.setter());
        let found = match argument.kind {
            Type::String => quote!(input.text_if_given(#key)?),
            Type::Other(_) => quote!(input.value_if_given(#key)?),
        };
        quote! {
            if let Some(value) = #found {
                call = call.#setter(value);
            }
        }
    });
    let optional: Vec<TokenStream> = optional
        .chain(shape.body.filter(Sent::is_optional).map(|body| {
            let value = body_value(&body);
            quote! {
                if input.has_body() {
                    call = call.body(#value);
                }
            }
        }))
        .collect();
    let mutable = (!optional.is_empty()).then(|| quote!(mut));
    let unused = shape.arguments.is_empty() && shape.body.is_none();
    let input = if unused { quote!(_) } else { quote!(input) };
    let content = content(shape);
    quote! {
        #[doc = #doc]
        pub(super) fn #name<'a>(client: &'a Client, #input: &'a Input) -> Running<'a> {
            Box::pin(async move {
                let #mutable call = client.#name(#(#required,)* #body);
                #(#optional)*
                exchange::finish(call.send().await, #content)
            })
        }
    }
}

/// `checks.rs`: whether a call can be made, without making it.
pub(super) fn checks(document: &Document, shapes: &[Shape<'_>]) -> TokenStream {
    let functions = shapes.iter().map(|shape| check(document, shape));
    let in_arguments = |shape: &Shape<'_>| {
        shape.arguments.iter().any(|argument| argument.kind.tokens().to_string().starts_with("types ::"))
    };
    let typed = shapes.iter().any(|shape| in_arguments(shape) || shape.body.is_some_and(|body| !body.is_raw()));
    let types = typed.then(|| {
        quote!(
            use crate::sdk::types;
        )
    });
    quote! {
        use crate::failure::Failure;
        use crate::input::Input;
        #types

        #(#functions)*
    }
}

/// Everything that the call takes, made and thrown away.
fn check(document: &Document, shape: &Shape<'_>) -> TokenStream {
    let name = &shape.public;
    let place = document.provenance(&shape.operation.pointer);
    let doc = format!(" Whether everything that `{}`, defined at `{place}`, takes can be sent.", shape.operation.id);
    let parameters = shape.arguments.iter().map(|argument| {
        let key = key(argument);
        match (&argument.kind, argument.is_required()) {
            (Type::String, true) => quote!(input.text(#key)?;),
            (Type::String, false) => quote!(input.text_if_given(#key)?;),
            (Type::Other(kind), true) => quote!(input.value::<#kind>(#key)?;),
            (Type::Other(kind), false) => quote!(input.value_if_given::<#kind>(#key)?;),
        }
    });
    let body = shape.body.map(|body| {
        let value = body_value(&body);
        if body.is_optional() { quote!(if input.has_body() { #value; }) } else { quote!(#value;) }
    });
    let unused = shape.arguments.is_empty() && shape.body.is_none();
    let input = if unused { quote!(_) } else { quote!(input) };
    quote! {
        #[doc = #doc]
        pub(super) fn #name(#input: &Input) -> Result<(), Failure> {
            #(#parameters)*
            #body
            Ok(())
        }
    }
}

/// How the engine names a parameter.
fn key(argument: &Argument<'_>) -> String {
    let place = match argument.parameter.location {
        In::Path => "path",
        In::Query => "query",
        In::Header => "header",
    };
    format!("{place}/{}", argument.parameter.name)
}

fn body_value(body: &Sent<'_>) -> TokenStream {
    if body.is_raw() {
        return quote!(input.bytes()?);
    }
    let ty = body.rust_type();
    quote!(input.body::<#ty>()?)
}

/// What turns a success into something to print.
fn content(shape: &Shape<'_>) -> TokenStream {
    if Answer::are_alike(&shape.successes) {
        return shape.successes.first().map_or_else(|| quote!(exchange::nothing), by_kind);
    }
    let name = names::ident_pascal(&format!("{}Success", shape.name));
    let arms = shape.successes.iter().map(|answer| {
        let convert = by_kind(answer);
        let variant = answer.name();
        match (answer.body().is_some(), answer.is_exact()) {
            (true, true) => quote!(operations::#name::#variant(body) => #convert(body)),
            (true, false) => quote!(operations::#name::#variant(_, body) => #convert(body)),
            (false, true) => quote!(operations::#name::#variant => exchange::nothing(())),
            (false, false) => quote!(operations::#name::#variant(_) => exchange::nothing(())),
        }
    });
    quote! {
        |success| match success {
            #(#arms,)*
            _ => exchange::nothing(()),
        }
    }
}

fn by_kind(answer: &Answer<'_>) -> TokenStream {
    match (answer.response.json(), answer.body()) {
        (Some(_), _) => quote!(exchange::json),
        (None, Some(_)) => quote!(exchange::bytes),
        (None, None) => quote!(exchange::nothing),
    }
}
