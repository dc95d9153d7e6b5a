//! `commands.rs`: the table of groups, commands and flags.

use std::collections::BTreeSet;

use proc_macro2::TokenStream;
use quote::quote;

use super::{fields, secrets};
use crate::load::Document;
use crate::model::{Model, Operation};
use crate::names;
use crate::sdk::body::Form;
use crate::sdk::shape::Shape;

/// Where operations without a tag go.
const UNTAGGED: &str = "operations";

/// The engine's own commands.
const TAKEN: [&str; 5] = ["completions", "help", "import", "man", "profile"];

/// The table.
pub(super) fn tokens(document: &Document, model: &Model, shapes: &[Shape<'_>]) -> TokenStream {
    let mut groups: Vec<(String, Vec<&Shape<'_>>)> = Vec::new();
    for tag in &model.tags {
        groups.push((tag.name.clone(), Vec::new()));
    }
    for shape in shapes {
        let tag = tag(shape.operation);
        match groups.iter_mut().find(|(name, _)| name == tag) {
            Some((_, members)) => members.push(shape),
            None => groups.push((tag.to_owned(), vec![shape])),
        }
    }
    groups.retain(|(_, members)| !members.is_empty());
    let entries = groups.iter().map(|(tag, members)| {
        let title = group(tag);
        let about = model.tags.iter().find(|known| known.name == *tag).and_then(|tag| tag.description.as_deref());
        let about = about.unwrap_or_default().trim();
        let known = model.tags.iter().position(|known| known.name == *tag);
        let defined = document.provenance(&known.map_or_else(|| "/paths".to_owned(), |index| format!("/tags/{index}")));
        let mut taken = BTreeSet::from(["help".to_owned()]);
        let commands =
            members.iter().map(|shape| command(document, model, &name(shape.operation, tag, &mut taken), shape));
        let commands: Vec<TokenStream> = commands.collect();
        quote!(Group { name: #title, about: #about, defined: #defined, commands: &[#(#commands),*] })
    });
    let has_flags = shapes.iter().any(|shape| !fields::of(document, model, shape).is_empty());
    let of_flags = has_flags.then(|| {
        quote!(
            use crate::command::{Field, Kind, Place};
        )
    });
    quote! {
        use super::{calls, checks};
        use crate::command::{Body, Command, Group};
        #of_flags
        use crate::sdk::{Operation, operations};

        /// Every operation of the document, by tag.
        pub(crate) const GROUPS: &[Group] = &[#(#entries),*];
    }
}

fn tag(operation: &Operation) -> &str {
    operation.tags.first().map_or(UNTAGGED, String::as_str)
}

/// The name of a group, which is not one of the engine's own commands.
fn group(tag: &str) -> String {
    let name = names::kebab(tag);
    if TAKEN.contains(&name.as_str()) { format!("{name}-operations") } else { name }
}

/// The name of a command: that of the operation without the tag before it, unless another has it.
fn name(operation: &Operation, tag: &str, taken: &mut BTreeSet<String>) -> String {
    let (whole, tag) = (names::kebab(&operation.id), names::kebab(tag));
    let short = whole.strip_prefix(&format!("{tag}-")).filter(|rest| !rest.is_empty() && !taken.contains(*rest));
    let name = short.map_or_else(|| whole.clone(), str::to_owned);
    let name = if taken.contains(&name) { format!("{name}-operation") } else { name };
    taken.insert(name.clone());
    name
}

fn command(document: &Document, model: &Model, name: &str, shape: &Shape<'_>) -> TokenStream {
    let operation = shape.operation;
    let id = &operation.id;
    let (summary, description) = (operation.summary.trim(), operation.description.trim());
    let access = operation.access.as_ref().map_or("", |access| access.rule.trim());
    let fields = fields::of(document, model, shape);
    let fields = fields.iter().map(fields::Field::tokens);
    let secrets = secrets::of(document, shape);
    let (names, issues, times) = (secrets.names.iter(), secrets.issues, secrets.times.iter());
    let headers = secrets::plain_headers(document, shape);
    let body = match shape.body.map(|body| body.form) {
        None => quote!(Body::None),
        Some(Form::Typed) => quote!(Body::Json { required: true }),
        Some(Form::Optional) => quote!(Body::Json { required: false }),
        Some(Form::Raw) => quote!(Body::Raw { required: true }),
        Some(Form::OptionalRaw) => quote!(Body::Raw { required: false }),
    };
    let (deprecated, operation_type) = (shape.deprecated, &shape.name);
    let defined = document.provenance(&operation.pointer);
    let pages = pages(shape);
    let call = &shape.public;
    quote! {
        Command {
            id: #id,
            name: #name,
            summary: #summary,
            description: #description,
            access: #access,
            defined: #defined,
            info: <operations::#operation_type as Operation>::INFO,
            fields: &[#(#fields),*],
            body: #body,
            secrets: &[#(#names),*],
            issues: #issues,
            times: &[#(#times),*],
            headers: &[#(#headers),*],
            pages: #pages,
            deprecated: #deprecated,
            check: checks::#call,
            call: calls::#call,
        }
    }
}

/// How an operation answers in pages.
fn pages(shape: &Shape<'_>) -> TokenStream {
    let Some(pages) = &shape.pages else { return quote!(None) };
    let (cursor, items, next) = (format!("query/{}", pages.names.parameter), &pages.names.items, &pages.names.next);
    quote!(Some(crate::command::Pages { cursor: #cursor, items: #items, next: #next }))
}
