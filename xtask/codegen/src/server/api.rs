//! `api.rs`: the trait that a server of the document implements, one method an operation.

use std::collections::BTreeSet;

use proc_macro2::{Ident, Span, TokenStream};
use quote::quote;
use serde_json::Value;

use super::{Context, Taken, media_name, params, responses, taken};
use crate::diagnostic::Problems;
use crate::model::{Body, Extension, Model, Operation, Payload, Tag};
use crate::{names, render};

/// Generates the file.
///
/// # Errors
/// A defect of the generator.
pub(super) fn generate(context: &Context<'_>) -> Result<String, Problems> {
    let methods = context.model.operations.iter().map(|operation| {
        if context.handed_on.contains(&operation.path) {
            super::routes::method(context, operation)
        } else {
            method(context, operation)
        }
    });
    let (junctions, variables) = super::routes::junctions(context);
    let tags = tag_config(context.model);
    let title = &context.model.title;
    let version = &context.model.version;
    let place = |pointer| context.document.provenance(pointer);
    let title_doc = format!(" Title of the document, `{}`.", place("/info/title"));
    let version_doc = format!(" Version of the document, `{}`.", place("/info/version"));
    let document = document(context);
    let imports = imports(context);
    let file = quote! {
        #imports

        #[doc = #title_doc]
        pub const TITLE: &str = #title;
        #[doc = #version_doc]
        pub const VERSION: &str = #version;

        #document

        #variables

        /// The operations of the document. Extractors never fail: what is wrong with a request is a value that the method
        /// answers in the operation's own error body.
        #[dropshot::api_description { #tags }]
        pub trait Api {
            /// What every method gets.
            type Context;

            #(#methods)*

            #junctions
        }
    };
    render::rust(context.document, "The trait of the document's operations.", file)
}

/// Names that at least one method uses.
fn imports(context: &Context<'_>) -> TokenStream {
    let operations = &context.model.operations;
    let text: String = operations
        .iter()
        .map(|operation| format!("{} {} ", signature(operation), result(context, operation)))
        .collect();
    let used: BTreeSet<&str> = text.split(|c: char| !c.is_alphanumeric()).collect();
    let import = |from: &TokenStream, words: &[&str]| {
        let words: Vec<Ident> = words.iter().filter(|word| used.contains(*word)).map(|word| ident(word)).collect();
        (!words.is_empty()).then(|| quote!(use #from::{#(#words),*};))
    };
    let modules = import(&quote!(super), &["params", "responses", "types"]);
    let request = import(&quote!(crate::request), &["Body", "Multipart", "Optional", "Params", "Raw"]);
    let context = (!operations.is_empty()).then(|| {
        quote!(
            use dropshot::RequestContext;
        )
    });
    let failure = used.contains("Failure").then(|| {
        quote!(
            use crate::reply::Failure;
        )
    });
    quote! {
        #context
        #modules
        #request
        #failure
    }
}

pub(super) fn ident(word: &str) -> Ident {
    Ident::new(word, Span::call_site())
}

fn tag_config(model: &Model) -> TokenStream {
    if model.tags.is_empty() {
        return quote!();
    }
    let is_known = |tag: &String| model.tags.iter().any(|known| known.name == *tag);
    let others = (!model.operations.iter().all(|operation| operation.tags.iter().all(is_known)))
        .then(|| quote!(allow_other_tags = true,));
    let tags = model.tags.iter().map(|Tag { name, description, docs, .. }| {
        let description = description.as_ref().map(|text| quote!(description = #text,));
        let docs = docs.as_ref().map(|(url, text)| {
            let text = text.as_ref().map(|text| quote!(description = #text,));
            quote!(external_docs = { #text url = #url })
        });
        quote!(#name = { #description #docs })
    });
    quote!(tag_config = { #others tags = { #(#tags),* } })
}

/// The function that has dropshot write its document, with everything of `info` that dropshot knows.
fn document(context: &Context<'_>) -> TokenStream {
    let info = &context.document.value["info"];
    let text = |value: &Value| value.as_str().map(|text| text.trim().to_owned());
    let setters = [
        ("description", &info["description"]),
        ("terms_of_service", &info["termsOfService"]),
        ("contact_name", &info["contact"]["name"]),
        ("contact_url", &info["contact"]["url"]),
        ("contact_email", &info["contact"]["email"]),
    ];
    let setters = setters.into_iter().filter_map(|(setter, value)| {
        let (setter, value) = (ident(setter), text(value)?);
        Some(quote!(definition.#setter(#value);))
    });
    let license = text(&info["license"]["name"]).map(|name| match text(&info["license"]["url"]) {
        Some(url) => quote!(definition.license(#name, #url);),
        None => quote!(definition.license_name(#name);),
    });
    quote! {
        /// The document as dropshot makes it of a description.
        ///
        /// # Errors
        /// dropshot's document has no JSON form.
        pub fn document<C: dropshot::ServerContext>(
            description: &dropshot::ApiDescription<C>,
        ) -> ::serde_json::Result<::serde_json::Value> {
            // dropshot takes semantic versions only; the document's own is written over it.
            let version = VERSION.parse().unwrap_or(dropshot::semver::Version::new(0, 0, 0));
            #[allow(unused_mut, reason = "not every document says more than its title and version")]
            let mut definition = description.openapi(TITLE, version);
            #(#setters)*
            #license
            let mut document = definition.json()?;
            document["info"]["version"] = VERSION.into();
            Ok(document)
        }
    }
}

fn method(context: &Context<'_>, operation: &Operation) -> TokenStream {
    let name = names::ident_method(&operation.id);
    let method = ident(&operation.method);
    let (path, tags) = (&operation.path, &operation.tags);
    let id = (name != operation.wire_id).then(|| {
        let id = &operation.wire_id;
        quote!(, operation_id = #id)
    });
    let tags = (!tags.is_empty()).then(|| quote!(, tags = [#(#tags),*]));
    let deprecated = operation.deprecated.then(|| quote!(, deprecated = true));
    let form = operation
        .body
        .as_ref()
        .filter(|body| is_form(body))
        .map(|_| quote!(, content_type = "application/x-www-form-urlencoded"));
    let limit = usize::try_from(operation.max_body_bytes).unwrap_or(usize::MAX);
    let limit = operation.body.is_some().then(|| quote!(, request_body_max_bytes = #limit));
    let docs = doc_lines(operation);
    let provenance = render::comment(&context.document.provenance(&operation.pointer));
    let signature = signature(operation);
    let result = result(context, operation);
    quote! {
        #(#[doc = #docs])*
        #provenance
        #[endpoint { method = #method, path = #path #id #tags #deprecated #form #limit }]
        async fn #name(rqctx: RequestContext<Self::Context>, #signature) -> #result;
    }
}

/// Whether dropshot documents the body as a form.
pub(crate) fn is_form(body: &Body) -> bool {
    matches!(taken(body), Taken::Typed { ref json, .. } if json.is_empty())
}

/// One part of a request, as dropshot extracts it and as a handler gets it.
pub(super) struct Argument {
    /// Name of the argument.
    pub(super) name: Ident,
    /// What dropshot calls.
    pub(super) extractor: TokenStream,
    /// What the handler gets.
    pub(super) value: TokenStream,
    /// Type of what was checked against the document; none: the handler reads it.
    pub(super) checked: Option<TokenStream>,
    /// Whether it can be left out.
    pub(super) is_optional: bool,
}

/// Arguments of a trait method after the context.
pub(super) fn arguments(operation: &Operation) -> Vec<Argument> {
    let parameters = params::PLACES.iter().filter_map(|(location, place)| {
        let ty = names::ident_pascal(&params::name(operation, *location)?);
        let value = quote!(params::#ty);
        let name = ident(&place.to_lowercase());
        let place = names::ident_pascal(place);
        let extractor = quote!(Params<crate::request::#place, #value>);
        Some(Argument { name, extractor, checked: Some(value.clone()), value, is_optional: false })
    });
    let body = operation.body.as_ref().map(|body| body_argument(operation, body));
    let upgrade = (operation.extension == Extension::Websocket && operation.body.is_none()).then(|| {
        let extractor = quote!(crate::request::Upgrade);
        Argument { name: ident("upgrade"), value: extractor.clone(), extractor, checked: None, is_optional: false }
    });
    parameters.chain(body).chain(upgrade).collect()
}

fn body_argument(operation: &Operation, body: &Body) -> Argument {
    let media = media_name(operation).map(|name| {
        let name = names::ident_pascal(&name);
        quote!(params::#name)
    });
    let (extractor, checked) = match (taken(body), media) {
        (Taken::Typed { schema, .. }, media) => {
            let ty = names::ident_pascal(schema);
            let media = media.map(|media| quote!(, #media));
            (quote!(Body<types::#ty #media>), Some(quote!(types::#ty)))
        }
        (Taken::Multipart, _) => (quote!(Multipart), None),
        (Taken::Raw(_), Some(media)) => (quote!(Raw<#media>), None),
        (Taken::Raw(_), None) => (quote!(Raw), None),
    };
    let value = checked.clone().unwrap_or_else(|| extractor.clone());
    let name = ident("body");
    if body.required {
        return Argument { name, extractor, value, checked, is_optional: false };
    }
    Argument {
        name,
        extractor: quote!(Optional<#extractor>),
        value: quote!(Option<#value>),
        checked,
        is_optional: true,
    }
}

/// The same as dropshot sees them.
pub(super) fn signature(operation: &Operation) -> TokenStream {
    let arguments = arguments(operation).into_iter().map(|Argument { name, extractor, .. }| quote!(#name: #extractor));
    quote!(#(#arguments),*)
}

/// What a trait method answers.
pub(super) fn result(context: &Context<'_>, operation: &Operation) -> TokenStream {
    let response = names::ident_pascal(&responses::name(operation));
    let failure = responses::failure_type(context, operation);
    quote!(Result<responses::#response, #failure>)
}

/// Summary, blank line, description: dropshot makes its document's texts from the doc comment.
pub(crate) fn doc_lines(operation: &Operation) -> Vec<String> {
    let mut lines: Vec<String> =
        operation.summary.lines().map(|line| format!(" {line}").trim_end().to_owned()).collect();
    if !operation.description.is_empty() {
        lines.push(String::new());
        lines.extend(operation.description.lines().map(|line| format!(" {line}").trim_end().to_owned()));
    }
    lines
}

/// Whether the body is documented as it is: the one media type is one that dropshot knows.
pub(crate) fn is_documented(body: &Body) -> bool {
    match body.contents.as_slice() {
        [only] => match only.payload {
            Payload::Json(_) => only.media_type == "application/json",
            Payload::Form(_) => only.media_type == "application/x-www-form-urlencoded",
            Payload::Multipart => only.media_type == "multipart/form-data",
            Payload::Raw => only.media_type == "application/octet-stream",
        },
        _ => false,
    }
}
