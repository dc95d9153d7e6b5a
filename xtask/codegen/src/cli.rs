//! The command line: one subcommand an operation, as tables that a hand-written engine turns into flags, and one function
//! an operation that makes the typed call.
//!
//! 1. `fields` finds what a caller can say: parameters, and the members of a body.
//! 2. `secrets` finds what an answer must not show.
//! 3. `commands` writes both as a table (`commands.rs`), grouped by tag.
//! 4. `calls` writes the function of each operation (`calls.rs`), and one that only checks what it takes (`checks.rs`).
//!
//! The generated files name the client as `crate::sdk` and the engine as `crate::command` and `crate::exchange`.

mod calls;
mod commands;
mod fields;
mod secrets;

use proc_macro2::TokenStream;
use quote::quote;

use crate::Files;
use crate::diagnostic::Problems;
use crate::load::Document;
use crate::model::{Model, SchemeKind};
use crate::names;
use crate::render;
use crate::sdk::shape;

/// Generates the command line.
///
/// # Errors
/// Operations that the client cannot express either.
pub fn generate(document: &Document, model: &Model) -> Result<Files, Problems> {
    let shapes = shape::operations(document, model)?;
    let mut files = Files::new();
    let mut file = |name: &str, doc: &str, tokens: TokenStream| -> Result<(), Problems> {
        files.insert(name.to_owned(), render::rust(document, doc, tokens)?);
        Ok(())
    };
    file(
        "calls.rs",
        "One function an operation: the typed call with what the command line gave.",
        calls::tokens(document, &shapes),
    )?;
    file(
        "checks.rs",
        "One function an operation: whether its call can be made, without making it.",
        calls::checks(document, &shapes),
    )?;
    file("commands.rs", "Every operation as a subcommand.", commands::tokens(document, model, &shapes))?;
    file("mod.rs", "What the document says, for the command line.", modules())?;
    file("schemes.rs", "What each security scheme takes as a credential.", schemes(document, model))?;
    Ok(files)
}

fn modules() -> TokenStream {
    quote! {
        #[allow(deprecated, reason = "what is deprecated can still be called; its help says so")]
        mod calls;
        mod checks;
        pub(crate) mod commands;
        pub(crate) mod schemes;
    }
}

fn schemes(document: &Document, model: &Model) -> TokenStream {
    let entries = model.schemes.iter().map(|scheme| {
        let variant = names::ident_pascal(&scheme.name);
        let username = scheme.kind == SchemeKind::Basic;
        let (description, defined) = (&scheme.description, document.provenance(&scheme.pointer));
        quote! {
            SchemeEntry {
                scheme: Scheme::#variant,
                username: #username,
                description: #description,
                defined: #defined,
            }
        }
    });
    let scheme = (!model.schemes.is_empty()).then(|| {
        quote!(
            use crate::sdk::Scheme;
        )
    });
    quote! {
        use crate::command::SchemeEntry;
        #scheme

        /// Every scheme of the document.
        pub(crate) const SCHEMES: &[SchemeEntry] = &[#(#entries),*];
    }
}

#[cfg(test)]
mod tests;
