//! The server half: types, schemas, parameters, responses, trait and security of a dropshot server.

mod api;
mod params;
mod responses;
mod schemas;
mod security;
mod types;

pub(crate) use schemas::for_validator;

use crate::Files;
use crate::diagnostic::Problems;
use crate::load::Document;
use crate::model::Model;
use crate::render;

/// Generates every file of the server crate's `generated` module.
///
/// # Errors
/// Schemas without a Rust type.
pub fn generate(document: &Document, model: &Model) -> Result<Files, Problems> {
    let modules = quote::quote! {
        pub mod api;
        pub mod params;
        pub mod responses;
        pub mod schemas;
        pub mod security;
        #[allow(missing_docs, reason = "typify documents what the schema describes, not enum variants")]
        pub mod types;
    };
    Ok(Files::from([
        ("mod.rs".to_owned(), render::rust(document, "The server half of the contract.", modules)?),
        ("api.rs".to_owned(), api::generate(document, model)?),
        ("params.rs".to_owned(), params::generate(document, model)?),
        ("responses.rs".to_owned(), responses::generate(document, model)?),
        ("schemas.rs".to_owned(), schemas::generate(document, model)?),
        ("security.rs".to_owned(), security::generate(document, model)?),
        ("types.rs".to_owned(), types::generate(document, model)?),
    ]))
}
