//! `security.rs`: every operation with what it demands of its caller.

use proc_macro2::TokenStream;
use quote::quote;

use super::service::alternative;
use crate::diagnostic::Problems;
use crate::load::Document;
use crate::model::{Model, Operation, SchemeKind};
use crate::{names, render};

/// Generates the file.
///
/// # Errors
/// A defect of the generator.
pub(super) fn generate(document: &Document, model: &Model) -> Result<String, Problems> {
    let schemes = scheme_items(document, model);
    let access = access_items(document, model);
    let operations = operation_items(document, model);
    let types = operation_types(document, model);
    let realm = names::snake(&model.title);
    let place = document.provenance("/info/title");
    let realm_doc = format!(" What challenges name as the place that credentials are for: the title, `{place}`.");
    let file = quote! {
        use crate::credentials::Carrier;

        #[doc = #realm_doc]
        pub const REALM: &str = #realm;

        #schemes
        #access
        #operations
        #types
    };
    render::rust(document, "What each operation demands of its caller, and the names of the operations.", file)
}

fn scheme_items(document: &Document, model: &Model) -> TokenStream {
    let variants = model.schemes.iter().map(|scheme| {
        let ident = names::ident_pascal(&scheme.name);
        let doc = format!(" {} (`{}`)", scheme.description, document.provenance(&scheme.pointer));
        quote!(#[doc = #doc] #ident)
    });
    let names = model.schemes.iter().map(|scheme| {
        let (ident, name) = (names::ident_pascal(&scheme.name), &scheme.name);
        quote!(Self::#ident => #name)
    });
    let carriers = model.schemes.iter().map(|scheme| {
        let ident = names::ident_pascal(&scheme.name);
        let carrier = match &scheme.kind {
            SchemeKind::Bearer => quote!(Carrier::Bearer),
            SchemeKind::Basic => quote!(Carrier::Basic),
            SchemeKind::Header(name) => {
                let name = name.to_lowercase();
                quote!(Carrier::Header(#name))
            }
        };
        quote!(Self::#ident => #carrier)
    });
    let doc = format!(" The document's security schemes, `{}`.", document.provenance("/components/securitySchemes"));
    quote! {
        #[doc = #doc]
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum Scheme { #(#variants),* }

        impl Scheme {
            /// The name in the document.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { #(#names),* }
            }

            /// Where the credential stands in a request.
            #[must_use]
            pub const fn carrier(self) -> Carrier {
                match self { #(#carriers),* }
            }
        }
    }
}

fn access_items(document: &Document, model: &Model) -> TokenStream {
    let mut words: Vec<&str> = model
        .operations
        .iter()
        .filter_map(|operation| operation.access.as_ref())
        .map(|access| access.who.as_str())
        .collect();
    words.sort_unstable_by_key(|word| names::pascal(word));
    words.dedup_by_key(|word| names::pascal(word));
    if words.is_empty() {
        return quote!();
    }
    let variants = words.iter().map(|word| {
        let place = document.provenance(&first_use(model, word));
        let doc = format!(" `{word}` in `x-access`, first at `{place}`.");
        let ident = names::ident_pascal(word);
        quote!(#[doc = #doc] #ident)
    });
    let doc = format!(
        " Who may call an operation: the vocabulary of `x-access.who` below `{}`.",
        document.provenance("/paths")
    );
    quote! {
        #[doc = #doc]
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum Access { #(#variants),* }
    }
}

/// JSON pointer of the first `x-access` that has a word.
pub(super) fn first_use(model: &Model, word: &str) -> String {
    let has_word = |operation: &&Operation| operation.access.as_ref().is_some_and(|access| access.who == word);
    let first = model.operations.iter().find(has_word);
    first.map_or_else(String::new, |operation| format!("{}/x-access", operation.pointer))
}

/// A type for each operation, so that what belongs to one cannot be used for another.
fn operation_types(document: &Document, model: &Model) -> TokenStream {
    let types = model.operations.iter().map(|operation| {
        let ident = names::ident_pascal(&operation.id);
        let place = document.provenance(&operation.pointer);
        let doc = format!(" `{} {}`, defined at `{place}`.", operation.method, operation.path);
        quote!(#[doc = #doc] #[derive(Clone, Copy, Debug)] pub enum #ident {})
    });
    quote! {
        /// Each operation as a type: what belongs to one cannot be used for another.
        pub mod op {
            #(#types)*
        }
    }
}

fn operation_items(document: &Document, model: &Model) -> TokenStream {
    let operations = &model.operations;
    let variants = operations.iter().map(|operation| {
        let ident = names::ident_pascal(&operation.id);
        let doc = format!(" `{} {}`, `{}`.", operation.method, operation.path, document.provenance(&operation.pointer));
        quote!(#[doc = #doc] #ident)
    });
    let idents = operations.iter().map(|operation| names::ident_pascal(&operation.id));
    let methods = operation_methods(model);
    let doc = format!(" The document's operations, `{}`.", document.provenance("/paths"));
    quote! {
        #[doc = #doc]
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum Operation { #(#variants),* }

        impl Operation {
            /// All of them, in the order of the document.
            pub const ALL: &'static [Self] = &[#(Self::#idents),*];

            #methods
        }
    }
}

/// What the document says of each operation, one method a fact.
fn operation_methods(model: &Model) -> TokenStream {
    let operations = &model.operations;
    let arms = |value: &dyn Fn(&Operation) -> TokenStream| {
        operations
            .iter()
            .map(|operation| {
                let (ident, value) = (names::ident_pascal(&operation.id), value(operation));
                quote!(Self::#ident => #value)
            })
            .collect::<Vec<_>>()
    };
    let text = |text: &str| quote!(#text);
    let ids = arms(&|operation| text(&operation.wire_id));
    let methods = arms(&|operation| text(&operation.method));
    let paths = arms(&|operation| text(&operation.path));
    let access = access_method(operations);
    let limits = arms(&|operation| {
        let limit = usize::try_from(operation.max_body_bytes).unwrap_or(usize::MAX);
        quote!(#limit)
    });
    let security = arms(&|operation| {
        let alternatives = operation.security.iter().map(|requirement| {
            let schemes = alternative(model, requirement).into_iter().map(|scheme| names::ident_pascal(&scheme.name));
            quote!(&[#(Scheme::#schemes),*])
        });
        quote!(&[#(#alternatives),*])
    });
    quote! {
        /// The `operationId`.
        #[must_use]
        pub const fn id(self) -> &'static str {
            match self { #(#ids),* }
        }

        /// The HTTP method, upper case.
        #[must_use]
        pub const fn method(self) -> &'static str {
            match self { #(#methods),* }
        }

        /// The path template.
        #[must_use]
        pub const fn path(self) -> &'static str {
            match self { #(#paths),* }
        }

        /// Alternatives (OR) of credentials that must all be there (AND); empty: anyone may call.
        #[must_use]
        pub const fn security(self) -> &'static [&'static [Scheme]] {
            match self { #(#security),* }
        }

        #access

        /// Largest request body accepted, in bytes.
        #[must_use]
        pub const fn max_body_bytes(self) -> usize {
            match self { #(#limits),* }
        }
    }
}

/// Who may call each operation, if the document says it of all of them.
fn access_method(operations: &[Operation]) -> TokenStream {
    let arms: Option<Vec<TokenStream>> = operations
        .iter()
        .map(|operation| {
            let who = names::ident_pascal(&operation.access.as_ref()?.who);
            let ident = names::ident_pascal(&operation.id);
            Some(quote!(Self::#ident => Access::#who))
        })
        .collect();
    let Some(arms) = arms.filter(|arms| !arms.is_empty()) else { return quote!() };
    quote! {
        /// Who may call it.
        #[must_use]
        pub const fn access(self) -> Access {
            match self { #(#arms),* }
        }
    }
}
