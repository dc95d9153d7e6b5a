//! The client half: the document lowered to what progenitor takes, and the code around it.
//!
//! 1. [`lower`] makes the document that progenitor is fed: raw answers, a tolerant reader's schemas, nothing it panics on.
//! 2. `wire` runs progenitor: types, builders, and the lines that put each request together (`client.rs`). `requests` keeps
//!    those lines alone; `polish` and `enums` change the types where the document says more than progenitor hears; `marks`
//!    finds where; `answer_builders` keeps the builders of answers for those who ask for them.
//! 3. `errors` writes one enum an operation, by status (`errors.rs`).
//! 4. `security` writes the schemes, their setters and the table of operations: requirements, media types (`security.rs`).
//! 5. `clients` writes a client of its own for each tag that is marked so (`clients.rs`).
//! 6. `operations` writes the methods that people call and the decoding of answers (`operations.rs`).
//!
//! What does not depend on the document (client, credentials, calls, errors, drafts) is hand-written in the client crate;
//! the generated files name it as `crate::call`, `crate::answer`, `crate::credentials` and so on.

mod alternatives;
pub(crate) mod answer;
mod answer_builders;
pub(crate) mod body;
mod calls;
mod clients;
mod enums;
mod errors;
pub mod lower;
mod marks;
mod operations;
mod pages;
mod parameter;
mod polish;
mod requests;
pub mod sample;
mod security;
pub(crate) mod shape;
mod wire;

pub(crate) use enums::{wire_name, without_derives};
pub(crate) use marks::{Marks, marks};
pub(crate) use polish::{argument, redacted};
pub(crate) use wire::stray_secrets;

use proc_macro2::TokenStream;
use quote::quote;
use serde_json::Value;

pub(crate) use crate::secret::is_secret;
pub(crate) use lower::{
    in_requests_and_answers, is_called, is_idempotency_key, is_reserved, parameters as callers_parameters, takes_key,
};
pub(crate) use operations::doc;
pub(crate) use shape::{Retry, credential_setter, retry_class};

use crate::Files;
use crate::cite::Places;
use crate::diagnostic::Problems;
use crate::load::Document;
use crate::model::Model;
use crate::render;

const CLIENT_DOC: &str = "Types and requests, by progenitor from the document as the generator lowers it.";

/// What the client half produces.
#[derive(Clone, Debug, Default)]
pub struct Sdk {
    /// The document that progenitor is fed.
    pub lowered: Value,
    /// Generated files, by name.
    pub files: Files,
}

/// Generates the client half.
///
/// # Errors
/// Constructs that progenitor cannot take.
pub fn generate(document: &Document, model: &Model) -> Result<Sdk, Problems> {
    let shapes = shape::operations(document, model)?;
    let lowered = lower::lower(model);
    let samples = sample::Samples { document, lowered: &lowered };
    let mut files = Files::new();
    let mut file = |name: &str, doc: &str, tokens: TokenStream| -> Result<(), Problems> {
        files.insert(name.to_owned(), render::rust(document, doc, tokens)?);
        Ok(())
    };
    file(
        "errors.rs",
        "What each operation answers when it does not succeed: one enum an operation, one variant a status.",
        errors::tokens(document, &shapes),
    )?;
    file(
        "security.rs",
        "Security schemes, the setters of their credentials, and the table of operations.",
        security::tokens(document, model, &shapes),
    )?;
    file("operations.rs", &operations_doc(document, model), operations::tokens(&samples, &shapes))?;
    file("clients.rs", "One client a tag that has one of its own.", clients::tokens(&samples, model, &shapes))?;
    file("mod.rs", "What the document says, in Rust.", modules())?;
    let (marks, places) = (marks::marks(document, model), Places::of(document, model));
    let client = prettyplease::unparse(&wire::file(document, model, &lowered, &marks, &places)?);
    files.insert("client.rs".to_owned(), format!("{}\n//! {CLIENT_DOC}\n\n{client}", render::HEADER));
    Ok(Sdk { lowered, files })
}

/// The file by which tests call every operation of the client.
///
/// # Errors
/// As [`generate`].
pub(crate) fn calls(document: &Document, model: &Model) -> Result<Files, Problems> {
    let shapes = shape::operations(document, model)?;
    let doc = "Calls each operation of the client with inputs that are given as JSON, for the behaviour vectors.";
    let text = render::rust(document, doc, calls::tokens(document, &shapes))?;
    Ok(Files::from([("calls.rs".to_owned(), text)]))
}

/// Says which operations the client does not have.
fn operations_doc(document: &Document, model: &Model) -> String {
    let mut doc = "One method an operation.".to_owned();
    let missing: Vec<String> = model
        .operations
        .iter()
        .filter(|operation| !lower::is_called(operation))
        .map(|operation| format!("`{}` (`{}`)", operation.wire_id, document.provenance(&operation.pointer)))
        .collect();
    if !missing.is_empty() {
        doc += &format!("\n\nNot here, because they become websockets: {}.", missing.join(", "));
    }
    doc
}

/// `mod.rs`: progenitor's own output is exempt from the lints of hand-written code, the rest is not.
fn modules() -> TokenStream {
    quote! {
        #[allow(
            clippy::all,
            clippy::expect_used,
            clippy::unwrap_used,
            dead_code,
            deprecated,
            missing_docs,
            unreachable_pub,
            unused_imports,
            unused_variables,
            reason = "written by progenitor, partly unused here"
        )]
        pub(crate) mod client;
        pub mod clients;
        pub mod errors;
        pub mod operations;
        pub(crate) mod security;
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    const FIXTURE: &str = include_str!("sdk/fixture.yaml");
    /// Where the client of the fixture is compiled and run against a socket.
    const COMPILED: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../sdk/tests/things/generated");

    /// The document and its model.
    pub(crate) fn fixture(text: &str) -> Result<(Document, Model), Problems> {
        let document = crate::lint::settled(Document::parse("fixture.yaml", text).unwrap());
        let model = crate::read::model(&document)?;
        Ok((document, model))
    }

    fn generated(text: &str) -> Result<Sdk, Problems> {
        let (document, model) = fixture(text)?;
        generate(&document, &model)
    }

    #[test]
    fn the_client_of_the_fixture_is_the_one_that_is_run() {
        for (name, text) in generated(FIXTURE).unwrap().files {
            let path = format!("{COMPILED}/{name}");
            if std::env::var_os("UPDATE_FIXTURES").is_some() {
                std::fs::create_dir_all(COMPILED).unwrap();
                std::fs::write(&path, &text).unwrap();
            }
            let present = std::fs::read_to_string(&path).unwrap_or_default();
            assert!(present == text, "{path} is stale; run this test with UPDATE_FIXTURES=1 and commit the result");
        }
    }

    /// The text with runs of blanks as one, so that line breaks of the formatter do not matter.
    pub(super) fn file(name: &str) -> String {
        let sdk = generated(FIXTURE).unwrap();
        sdk.files[name].split_whitespace().collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn every_file_names_the_command_that_rebuilds_it() {
        let sdk = generated(FIXTURE).unwrap();
        assert_eq!(
            sdk.files.keys().collect::<Vec<_>>(),
            ["client.rs", "clients.rs", "errors.rs", "mod.rs", "operations.rs", "security.rs"]
        );
        assert!(sdk.files.values().all(|text| text.starts_with(render::HEADER)));
    }

    #[test]
    fn methods_take_what_is_required_and_setters_the_rest() {
        let operations = file("operations.rs");
        assert!(
            operations.contains(
                "pub fn create_thing( &self, id: i32, body: impl IntoBody<types::NewThing>, ) -> Call<CreateThing>"
            ),
            "{operations}"
        );
        assert!(
            operations.contains("impl Call<CreateThing> { /// Sets `dry-run`. /// /// Defined at `fixture.yaml:19`."),
            "{operations}"
        );
        assert!(operations.contains("client.create_thing(1, body).dry_run(true).await?"), "{operations}");
        assert!(operations.contains("pub fn dry_run(mut self, value: bool) -> Self"), "{operations}");
        assert!(!operations.contains("content_type"));
    }

    #[test]
    fn methods_say_who_may_call_and_where_they_are_defined() {
        let operations = file("operations.rs");
        assert!(operations.contains("/// Who may call: An administrator of things."));
        assert!(operations.contains("/// `POST /things/{id}`, defined at `fixture.yaml:6`."), "{operations}");
    }

    #[test]
    fn answers_are_decoded_by_status() {
        let operations = file("operations.rs");
        assert!(
            operations
                .contains("200 | 201 => answer.success(), 400 => answer.refusal(errors::CreateThingError::BadRequest)"),
            "{operations}"
        );
        assert!(operations.contains("204 => Verdict::Success(())"));
        assert!(file("errors.rs").contains(
            "pub enum HealthError { /// 503: It is not. (`fixture.yaml:157`) ServiceUnavailable(types::Problem), }"
        ));
    }

    #[test]
    fn the_table_holds_alternatives_and_media_types() {
        let security = file("security.rs");
        assert!(security.contains("security: &[&[Scheme::Bearer, Scheme::Session], &[Scheme::Basic]]"), "{security}");
        assert!(security.contains(r#"accept: "application/json, application/problem+json""#));
        assert!(security.contains(r#"Self::Session => Placement::Header("x-session")"#));
    }

    #[test]
    fn the_table_says_what_may_be_sent_again() {
        let security = file("security.rs");
        for (id, class) in [("create_thing", "Keyed"), ("weigh_thing", "Idempotent"), ("break_scales", "Never")] {
            let entry =
                security.split("OperationInfo {").find(|entry| entry.contains(&format!("id: \"{id}\""))).unwrap();
            assert!(entry.contains(&format!("retry: RetryClass::{class}")), "{entry}");
        }
        let unsent = FIXTURE.replace("x-retry: never", "x-retry: unsent");
        let security = &generated(&unsent).unwrap().files["security.rs"];
        assert!(security.contains("retry: RetryClass::Unsent") && !security.contains("retry: RetryClass::Never"));
        let unknown = FIXTURE.replace("x-retry: idempotent", "x-retry: often");
        let problem = generated(&unknown).unwrap_err().0.remove(0);
        assert_eq!((problem.rule, problem.place.line), ("retry-class", 120), "{problem}");
    }

    #[test]
    fn a_key_is_never_required_of_the_caller() {
        let demanded =
            FIXTURE.replace("name: Idempotency-Key, in: header,", "name: Idempotency-Key, in: header, required: true,");
        assert_ne!(demanded, FIXTURE);
        let (demanded, optional) = (generated(&demanded).unwrap(), generated(FIXTURE).unwrap());
        assert_eq!(demanded.files, optional.files);
    }

    #[test]
    fn a_secret_that_would_be_shown_is_refused_with_its_place() {
        for schema in [
            "{type: array, items: {type: integer, x-sensitive: true}}",
            "{oneOf: [{type: integer, x-sensitive: true}, {type: boolean}]}",
        ] {
            let stray = FIXTURE.replace("{type: array, x-sensitive: true, items: {type: string}}", schema);
            let problem = generated(&stray).unwrap_err().0.remove(0);
            assert_eq!((problem.rule, problem.place.line), ("secret-type", 222), "{problem}");
        }
    }

    #[test]
    fn setters_of_optional_members_take_the_bare_value() {
        assert!(
            file("client.rs")
                .contains("pub fn size<T>(mut self, value: T) -> Self where T: ::std::convert::TryInto<i64>")
        );
    }

    #[test]
    fn lists_and_several_kinds_of_success_have_types() {
        let array = FIXTURE.replace("schema: {type: boolean}", "schema: {type: array, items: {type: string}}");
        let operations = generated(&array).unwrap().files.remove("operations.rs").unwrap();
        assert!(operations.contains("pub fn dry_run(mut self, value: ::std::vec::Vec<::std::string::String>)"));
        let older = FIXTURE.replacen("          x-sent-by: vendor\n          content:\n            application/json:\n              schema: {$ref: '#/components/schemas/Thing'}", "          x-sent-by: vendor", 1);
        let operations = generated(&older).unwrap().files.remove("operations.rs").unwrap();
        assert!(operations.contains("pub enum CreateThingSuccess"), "{operations}");
        assert!(operations.contains("200 => answer.success_of(CreateThingSuccess::Ok)"), "{operations}");
    }
}
