//! Runs progenitor on the lowered document.

use proc_macro2::TokenStream;
use progenitor::{GenerationSettings, Generator, InterfaceStyle, TagStyle};
use serde_json::{Value, json};

use super::marks::Marks;
use super::{answer_builders, lower, polish, requests};
use crate::cite::Places;
use crate::diagnostic::{Problem, Problems};
use crate::load::Document;
use crate::model::Model;
use crate::server::unsupported;
use crate::{names, render, unique};

/// Progenitor's types and requests. A syntax tree and not tokens: it is by far the largest file, and to read it twice would double
/// the time of the whole pass.
///
/// # Errors
/// Constructs that progenitor refuses; it says in words of its own which, and not where.
pub(super) fn file(
    document: &Document,
    model: &Model,
    lowered: &Value,
    marks: &Marks,
    places: &Places,
) -> Result<syn::File, Problems> {
    let refuse = |message: String| {
        Problems(vec![document.problem(
            "",
            "client-generator",
            message,
            "write the construct in another way, or report it together with the document",
        )])
    };
    let made = render::caught(|| generate(lowered));
    let tokens = match made {
        Ok(tokens) => tokens.map_err(refuse)?,
        Err(panic) => {
            let problems = culprits(document, model, lowered);
            if problems.is_empty() {
                // Not of a schema: the guard finds the place.
                std::panic::resume_unwind(Box::new(panic));
            }
            return Err(Problems(problems));
        }
    };
    let file: syn::File = syn::parse2(requests::trim(tokens))
        .map_err(|error| render::defect(document, &format!("progenitor's output does not parse: {error}")))?;
    let mut file = requests::cut(file).map_err(|message| render::defect(document, &message))?;
    let stray = polish::polish(&mut file, marks, places);
    if let Some(types) = polish::content(&mut file.items, "types") {
        answer_builders::gate(types, lower::request_schemas(model).into_iter().map(names::pascal).collect());
    }
    unique::check(document, &file)?;
    if stray.is_empty() { Ok(file) } else { Err(stray_secrets(document, &stray)) }
}

/// What progenitor makes of a lowered document.
fn generate(lowered: &Value) -> Result<TokenStream, String> {
    let specification: openapiv3::OpenAPI = serde_json::from_value(lowered.clone())
        .map_err(|error| format!("the lowered document is not OpenAPI: {error}"))?;
    let sensitive: schemars::schema::SchemaObject = serde_json::from_value(crate::secret::sensitive())
        .map_err(|error| format!("the schema of a secret is not a schema: {error}"))?;
    let mut settings = GenerationSettings::new();
    settings
        .with_interface(InterfaceStyle::Builder)
        .with_tag(TagStyle::Merged)
        .with_conversion(sensitive, "crate::Sensitive", [].into_iter())
        // The default, HashMap, would make the order of members differ from run to run.
        .with_map_type("::std::collections::BTreeMap");
    Generator::new(&settings).generate_tokens(&specification).map_err(|error| format!("progenitor: {error}"))
}

/// The schemas on which typify panics, which progenitor hands them to: each is tried with all others open.
fn culprits(document: &Document, model: &Model, lowered: &Value) -> Vec<Problem> {
    let alone = |chosen: &str| {
        let mut part = lowered.clone();
        part["paths"] = json!({});
        if let Some(schemas) = part["components"]["schemas"].as_object_mut() {
            schemas.iter_mut().filter(|(name, _)| *name != chosen).for_each(|(_, schema)| *schema = json!({}));
        }
        render::caught(|| generate(&part)).err()
    };
    let panics = model.schemas.iter().filter_map(|schema| Some((schema, alone(&schema.name)?)));
    panics.map(|(schema, panic)| unsupported(document, schema, &panic)).collect()
}

/// Secrets that no type can hide, by their JSON pointers.
pub(crate) fn stray_secrets(document: &Document, stray: &[String]) -> Problems {
    let problems = stray.iter().map(|pointer| {
        document.problem(
            pointer,
            "secret-type",
            "a secret that is no text and no member of a named type would be shown".to_owned(),
            "mark the member or the component that holds it, or give the type around it a name under `components`",
        )
    });
    Problems(problems.collect())
}
