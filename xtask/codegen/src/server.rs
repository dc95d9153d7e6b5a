//! The server half: types, schemas, parameters, responses, trait, security and stub of a dropshot server.

mod api;
mod params;
mod redact;
mod responses;
mod routes;
mod schemas;
mod security;
mod service;
mod stub;
mod types;

use std::collections::{BTreeMap, BTreeSet};

pub(crate) use schemas::for_validator;

use crate::Files;
use crate::diagnostic::Problems;
use crate::failure::{self, Failure};
use crate::load::Document;
use crate::model::{Body, Content, Model, Operation, Payload};
use crate::{names, render};

/// What the files of the server have in common.
struct Context<'a> {
    document: &'a Document,
    model: &'a Model,
    failures: BTreeMap<&'a str, Failure>,
    /// Templates that dropshot's router does not know.
    handed_on: BTreeSet<String>,
}

/// Generates every file of the server crate's `generated` module.
///
/// # Errors
/// Schemas without a Rust type.
pub fn generate(document: &Document, model: &Model) -> Result<Files, Problems> {
    let context = Context::new(document, model);
    let modules = quote::quote! {
        // Only `service` goes through it, so that no request comes past the checks.
        #[allow(unreachable_pub, reason = "dropshot's macro makes everything public")]
        mod api;
        pub mod params;
        pub mod responses;
        pub mod schemas;
        pub mod security;
        pub mod service;
        #[allow(missing_docs, reason = "typify documents what the schema describes, not enum variants")]
        #[allow(non_camel_case_types, reason = "typify calls the values `+1` and `-1` plus1 and minus1")]
        pub mod types;
    };
    Ok(Files::from([
        ("mod.rs".to_owned(), render::rust(document, "The server half of the contract.", modules)?),
        ("api.rs".to_owned(), api::generate(&context)?),
        ("params.rs".to_owned(), params::generate(&context)?),
        ("responses.rs".to_owned(), responses::generate(&context)?),
        ("schemas.rs".to_owned(), schemas::generate(&context)?),
        ("security.rs".to_owned(), security::generate(document, model)?),
        ("service.rs".to_owned(), service::generate(&context)?),
        ("types.rs".to_owned(), types::generate(document, model)?),
    ]))
}

/// An implementation of the traits that lets nobody in and answers 501 to everybody else.
///
/// # Errors
/// A defect of the generator.
pub fn stub(document: &Document, model: &Model) -> Result<String, Problems> {
    stub::generate(&Context::new(document, model))
}

impl<'a> Context<'a> {
    fn new(document: &'a Document, model: &'a Model) -> Self {
        Self { document, model, failures: failure::of(model), handed_on: crate::routes::handed_on(model) }
    }

    fn failure(&self, operation: &Operation) -> &Failure {
        // Every operation of the model has its entry.
        self.failures.get(operation.id.as_str()).unwrap_or(&Failure::Own)
    }
}

/// How a trait method takes a request body.
enum Taken<'a> {
    /// Read and checked against the named schema; the media types that are JSON and the media types that are forms.
    Typed { schema: &'a str, json: Vec<String>, form: Vec<String> },
    /// `multipart/form-data`.
    Multipart,
    /// Handed on as it is, of one of these media types.
    Raw(Vec<String>),
}

fn taken(body: &Body) -> Taken<'_> {
    let mut schemas: Vec<&str> = body.contents.iter().filter_map(Content::schema).collect();
    schemas.dedup();
    let of_kind = |fits: fn(&Payload) -> bool| -> Vec<String> {
        body.contents.iter().filter(|content| fits(&content.payload)).map(Content::essence).collect()
    };
    let raw = of_kind(|payload| matches!(payload, Payload::Raw | Payload::Multipart));
    match (schemas.as_slice(), body.contents.as_slice()) {
        ([schema], _) if raw.is_empty() => Taken::Typed {
            schema,
            json: of_kind(|payload| matches!(payload, Payload::Json(_))),
            form: of_kind(|payload| matches!(payload, Payload::Form(_))),
        },
        (_, [Content { payload: Payload::Multipart, .. }]) => Taken::Multipart,
        _ => Taken::Raw(body.contents.iter().map(Content::essence).collect()),
    }
}

/// Name of the type that lists the media types of an operation's body, unless it is JSON alone.
fn media_name(operation: &Operation) -> Option<String> {
    match taken(operation.body.as_ref()?) {
        Taken::Typed { json, form, .. } if form.is_empty() && json == ["application/json"] => None,
        Taken::Raw(types) if types == ["application/octet-stream"] => None,
        Taken::Multipart => None,
        Taken::Typed { .. } | Taken::Raw(_) => Some(format!("{}Media", names::pascal(&operation.id))),
    }
}

/// What other passes must know of how the server takes and answers.
pub(crate) use api::{doc_lines, is_documented, is_form};
pub(crate) use params::documented_schema;
pub(crate) use responses::{is_freeform, success_status, written_header};
pub(crate) use types::unsupported;
