//! `errors.rs`: one enum an operation, one variant a documented status.

use proc_macro2::{Literal, TokenStream};
use quote::quote;

use super::shape::Shape;
use crate::load::Document;

/// All error enums.
pub(super) fn tokens(document: &Document, shapes: &[Shape<'_>]) -> TokenStream {
    let enums = shapes.iter().map(|shape| error(document, shape));
    quote! {
        use super::client::types;
        use crate::answer::OperationError;

        #(#enums)*
    }
}

fn error(document: &Document, shape: &Shape<'_>) -> TokenStream {
    let name = &shape.error;
    let doc = format!(
        " What [`Client::{0}`](crate::Client::{0}), defined at `{1}`, answers when it does not succeed.",
        shape.public,
        document.provenance(&shape.operation.pointer)
    );
    let variants = shape.errors.iter().map(|answer| {
        let variant = &answer.variant;
        let doc = format!(
            " {}: {} (`{}`)",
            answer.response.status,
            answer.response.description.trim().replace('\n', "\n "),
            document.provenance(&answer.response.pointer)
        );
        match &answer.body {
            Some(body) => quote!(#[doc = #doc] #variant(#body)),
            None => quote!(#[doc = #doc] #variant),
        }
    });
    let arms = shape.errors.iter().map(|answer| {
        let (variant, status) = (&answer.variant, Literal::u16_unsuffixed(answer.response.status));
        match &answer.body {
            Some(_) => quote!(Self::#variant(_) => #status),
            None => quote!(Self::#variant => #status),
        }
    });
    // A reference to an enum without variants cannot be matched without looking at what it points to.
    let status = if shape.errors.is_empty() { quote!(match *self {}) } else { quote!(match self { #(#arms),* }) };
    quote! {
        #[doc = #doc]
        #[derive(Clone, Debug)]
        #[non_exhaustive]
        pub enum #name { #(#variants),* }

        impl #name {
            /// The status of the answer.
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
