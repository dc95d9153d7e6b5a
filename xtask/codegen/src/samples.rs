//! Small programs that call one operation each, for readers to paste and run: in the shell with curl, in Rust, TypeScript
//! and Python.
//!
//! What differs from run to run comes from the environment: the server, credentials, places in the path, secrets of the
//! body. The rest of the body is the document's first example. All of them are `samples.json`; those in Rust are files as well,
//! so that the text that is shown is the text that is compiled.
//!
//! * `request`: what a program sends, before any language. `literal`: JSON as a language writes it.
//! * `curl`, `rust`, `typescript`, `python`: one language each.

mod curl;
mod literal;
mod python;
mod request;
mod rust;
mod typescript;

use proc_macro2::TokenStream;
use quote::{format_ident, quote};
use serde_json::{Map, Value, json};

use crate::Files;
use crate::diagnostic::Problems;
use crate::load::Document;
use crate::model::Model;
use crate::render;
use crate::sdk::shape;
use request::Request;

/// Begins the names of variables that say how the server is reached; whoever knows the real prefix puts it in its place.
pub const PREFIX: &str = "CLIENT_PREFIX";

/// What readers are shown, and what is compiled.
pub(crate) struct Samples {
    /// `samples.json`: by operation and language.
    pub(crate) shown: Value,
    /// The programs in Rust, and the file that calls them by name.
    pub(crate) files: Files,
}

/// Writes all programs.
///
/// # Errors
/// As [`crate::sdk::generate`].
pub(crate) fn generate(document: &Document, model: &Model) -> Result<Samples, Problems> {
    let lowered = crate::sdk::lower::lower(model);
    let values = crate::sdk::sample::Samples { document, lowered: &lowered };
    let (mut shown, mut files) = (Map::new(), Files::new());
    for shape in shape::operations(document, model)? {
        let request = Request::of(&values, model, &shape);
        let rust = rust::program(&values, &shape, &request).map_err(|error| {
            render::defect(document, &format!("the sample of `{}` does not parse: {error}", shape.operation.id))
        })?;
        files.insert(format!("{}.rs", shape.method), format!("{}\n\n{rust}", render::HEADER));
        let by_language = json!({
            "curl": curl::command(&request),
            "rust": rust,
            "typescript": typescript::program(&request),
            "python": python::program(&request),
        });
        shown.insert(shape.operation.wire_id.clone(), by_language);
    }
    files.insert("mod.rs".to_owned(), render::rust(document, "The samples in Rust, by operation.", modules(&files))?);
    Ok(Samples { shown: Value::Object(shown), files })
}

/// Each program in a module of its own, and what runs the one of an operation.
fn modules(files: &Files) -> TokenStream {
    let names: Vec<&str> = files.keys().filter_map(|name| name.strip_suffix(".rs")).collect();
    let modules = names.iter().map(|name| {
        let (module, file) = (format_ident!("{name}"), format!("{name}.rs"));
        quote! {
            mod #module {
                include!(#file);

                pub(super) fn run() -> super::Outcome {
                    main()
                }
            }
        }
    });
    let arms = names.iter().map(|name| {
        let module = format_ident!("{name}");
        quote!(#name => Some(#module::run()))
    });
    quote! {
        /// What a program ends with.
        pub(crate) type Outcome = Result<(), Box<dyn std::error::Error>>;

        /// Runs the sample of an operation; none if there is no such operation.
        pub(crate) fn run(operation: &str) -> Option<Outcome> {
            match operation {
                #(#arms,)*
                _ => None,
            }
        }

        #(#modules)*
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown() -> Value {
        let (document, model) = crate::sdk::tests::fixture(include_str!("sdk/fixture.yaml")).unwrap();
        generate(&document, &model).unwrap().shown
    }

    #[test]
    fn every_operation_has_a_program_in_every_language() {
        let shown = shown();
        let samples = shown.as_object().unwrap();
        assert!(samples.len() > 5, "{samples:?}");
        for (operation, by_language) in samples {
            let languages: Vec<&String> = by_language.as_object().unwrap().keys().collect();
            assert_eq!(languages, ["curl", "rust", "typescript", "python"], "{operation}");
        }
    }
}
