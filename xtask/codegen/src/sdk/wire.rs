//! Runs progenitor on the lowered document.

use progenitor::{GenerationSettings, Generator, HooksMode, InterfaceStyle, TagStyle};
use quote::quote;
use serde_json::Value;
use syn::{Expr, ImplItem, Item, Local, Stmt, parse_quote};

use super::marks::Marks;
use super::polish;
use crate::cite::Places;
use crate::diagnostic::Problems;
use crate::load::Document;
use crate::render;

/// Progenitor's client. A syntax tree and not tokens: it is by far the largest file, and to read it twice would double
/// the time of the whole pass.
///
/// # Errors
/// Constructs that progenitor refuses; it says in words of its own which, and not where.
pub(super) fn file(
    document: &Document,
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
    let specification: openapiv3::OpenAPI = serde_json::from_value(lowered.clone())
        .map_err(|error| refuse(format!("the lowered document is not OpenAPI: {error}")))?;
    let sensitive: schemars::schema::SchemaObject = serde_json::from_value(crate::secret::sensitive())
        .map_err(|error| refuse(format!("the schema of a secret is not a schema: {error}")))?;
    let mut settings = GenerationSettings::new();
    settings
        .with_interface(InterfaceStyle::Builder)
        .with_tag(TagStyle::Merged)
        .with_hooks(HooksMode::Expected)
        .with_inner_type(quote!(crate::hooks::Context))
        .with_conversion(sensitive, "crate::Sensitive", [].into_iter())
        // The default, HashMap, would make the order of members differ from run to run.
        .with_map_type("::std::collections::BTreeMap");
    let tokens = Generator::new(&settings)
        .generate_tokens(&specification)
        .map_err(|error| refuse(format!("progenitor: {error}")))?;
    let mut file: syn::File = syn::parse2(tokens)
        .map_err(|error| render::defect(document, &format!("progenitor's output does not parse: {error}")))?;
    file.items.iter_mut().for_each(undocument);
    file.items.iter_mut().for_each(retarget);
    let stray = polish::polish(&mut file, marks, places);
    if stray.is_empty() { Ok(file) } else { Err(stray_secrets(document, &stray)) }
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

/// Progenitor's methods are private here, and its examples of them cannot be compiled.
fn undocument(item: &mut Item) {
    let Item::Impl(implementation) = item else { return };
    for item in &mut implementation.items {
        if let ImplItem::Fn(method) = item {
            method.attrs.retain(|attribute| !attribute.path().is_ident("doc"));
        }
    }
}

/// Progenitor puts a URL together as text, which reqwest parses again. The client has made the URL of the call already, and
/// in a way that no value can redirect: it is taken instead.
fn retarget(item: &mut Item) {
    let Item::Mod(module) = item else { return };
    let items = module.content.iter_mut().flat_map(|(_, items)| items);
    let functions = items.filter_map(|item| match item {
        Item::Impl(implementation) => Some(&mut implementation.items),
        _ => None,
    });
    for item in functions.flatten() {
        let ImplItem::Fn(function) = item else { continue };
        for statement in &mut function.block.stmts {
            if let Stmt::Local(Local { init: Some(init), .. }) = statement
                && is_base_url(&init.expr)
            {
                *init.expr = parse_quote!(client.inner.url.clone());
            }
        }
    }
}

/// `format!("{}/things/{}", client.baseurl, …)`.
fn is_base_url(value: &Expr) -> bool {
    let Expr::Macro(call) = value else { return false };
    call.mac.path.is_ident("format") && call.mac.tokens.to_string().contains("client . baseurl")
}
