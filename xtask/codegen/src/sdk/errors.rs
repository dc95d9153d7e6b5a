//! `errors.rs`: one enum an operation, one variant a documented status.

use proc_macro2::{TokenStream, TokenTree};
use quote::quote;

use super::answer::Answer;
use super::operations::doc;
use super::sample::CRATE;
use super::shape::Shape;
use crate::load::Document;

/// All error enums.
pub(super) fn tokens(document: &Document, shapes: &[Shape<'_>]) -> TokenStream {
    let enums: TokenStream = shapes.iter().map(|shape| error(document, shape)).collect();
    let types = names_types(&enums).then(|| {
        quote!(
            use super::client::types;
        )
    });
    let trait_ = (!shapes.is_empty()).then(|| {
        quote!(
            use crate::answer::OperationError;
        )
    });
    quote! {
        #types
        #trait_

        #enums
    }
}

/// Whether generated code names a type of the document: not every document has one there.
pub(super) fn names_types(tokens: &TokenStream) -> bool {
    tokens.clone().into_iter().any(|token| match token {
        TokenTree::Ident(ident) => ident == "types",
        TokenTree::Group(group) => names_types(&group.stream()),
        TokenTree::Punct(_) | TokenTree::Literal(_) => false,
    })
}

fn error(document: &Document, shape: &Shape<'_>) -> TokenStream {
    let name = &shape.error;
    let text = format!(
        " What [`Client::{0}`](crate::Client::{0}), defined at `{1}`, answers when it does not succeed.",
        shape.public,
        document.provenance(&shape.operation.pointer)
    );
    let example = doc(&format!(
        "The status of the answer.\n\n```no_run\n# fn run(error: {CRATE}::errors::{name}) {{\n\
         println!(\"refused with {{}}\", error.status());\n# }}\n```"
    ));
    let variants = shape.errors.iter().map(|answer| answer.variant(document));
    let arms = shape.errors.iter().map(Answer::status_arm);
    // A reference to an enum without variants cannot be matched without looking at what it points to.
    let status = if shape.errors.is_empty() { quote!(match *self {}) } else { quote!(match self { #(#arms),* }) };
    let (derives, debug) = debug(shape);
    quote! {
        #[doc = #text]
        #derives
        #[non_exhaustive]
        pub enum #name { #(#variants),* }

        #debug

        impl #name {
            #example
            #[must_use]
            pub fn status(&self) -> u16 {
                #status
            }
        }

        impl ::std::fmt::Display for #name {
            fn fmt(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                crate::answer::write_status(f, self.status())
            }
        }

        impl ::std::error::Error for #name {}
        impl OperationError for #name {}
    }
}

/// The derives, and `Debug` where a body is bytes: what a server says in a form that nobody knows may repeat a secret.
fn debug(shape: &Shape<'_>) -> (TokenStream, Option<TokenStream>) {
    if shape.errors.iter().all(|answer| !answer.is_bytes()) {
        return (quote!(#[derive(Clone, Debug)]), None);
    }
    let name = &shape.error;
    let arms = shape.errors.iter().map(Answer::debug_arm);
    let debug = quote! {
        impl ::std::fmt::Debug for #name {
            fn fmt(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                match self { #(#arms),* }
            }
        }
    };
    (quote!(#[derive(Clone)]), Some(debug))
}
