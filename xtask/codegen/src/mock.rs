//! The mock's half: what an engine that knows no document needs to play this one, and the script that only says what the
//! document allows.
//!
//! 1. `schemas` writes every schema as the mock's validator takes it (`schemas.json`), secrets marked.
//! 2. `contract` writes the tables of operations, answers, examples and credentials (`contract.rs`).
//! 3. `script` writes one method, one matcher and one enum of answers an operation (`script.rs`).
//!
//! Made under the strict rules only: they hold what a mock needs, an example for every body and one media type for each.

mod contract;
mod schemas;
mod script;

use quote::quote;

use crate::Files;
use crate::diagnostic::Problems;
use crate::load::Document;
use crate::model::Model;
use crate::render;

/// Stands for the name of the mock's crate in examples; whoever knows the real name puts it in its place.
pub const CRATE: &str = "mock_crate";

/// Generates the mock's files.
///
/// # Errors
/// A defect of the generator.
pub fn generate(document: &Document, model: &Model) -> Result<Files, Problems> {
    let mut schemas = schemas::Schemas::of(model);
    let contract = contract::tokens(document, model, &mut schemas);
    let script = script::tokens(document, model);
    let modules = quote! {
        pub(crate) mod contract;
        pub mod script;
    };
    Ok(Files::from([
        (
            "contract.rs".to_owned(),
            render::rust(
                document,
                "The tables of the document: operations, answers, examples, credentials.",
                contract,
            )?,
        ),
        ("mod.rs".to_owned(), render::rust(document, "What the document says, for the mock.", modules)?),
        ("schemas.json".to_owned(), render::json(&schemas.into_value())),
        (
            "script.rs".to_owned(),
            render::rust(document, "One method, one matcher and one enum of answers an operation.", script)?,
        ),
    ]))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sdk::tests::fixture;

    const FIXTURE: &str = include_str!("sdk/fixture.yaml");

    fn file(name: &str) -> String {
        let (document, model) = fixture(FIXTURE).unwrap();
        generate(&document, &model).unwrap()[name].split_whitespace().collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn schemas_keep_what_a_validator_needs_and_mark_secrets() {
        let schemas: serde_json::Value = serde_json::from_str(&file("schemas.json")).unwrap();
        let text = schemas.to_string();
        assert!(text.contains(r#""x-sensitive":true"#), "{text}");
        for annotation in ["\"writeOnly\"", "\"description\"", "\"nullable\""] {
            assert!(!text.contains(annotation), "{annotation} in {text}");
        }
    }

    #[test]
    fn an_answer_that_is_not_documented_has_no_variant() {
        let script = file("script.rs");
        let health = script.split("pub enum HealthAnswer").nth(1).unwrap().split("impl ").next().unwrap();
        assert!(health.contains("ServiceUnavailable") && !health.contains("Conflict"), "{health}");
    }

    #[test]
    fn tables_name_the_line_of_each_operation() {
        let contract = file("contract.rs");
        assert!(contract.contains(r#"place: "fixture.yaml:6""#), "{contract}");
    }
}
