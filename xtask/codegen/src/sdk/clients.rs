//! `clients.rs`: a client of its own for each tag that the document marks with `x-client`, with the credentials that the
//! operations of the tag take as a type, so that none can be forgotten.

use proc_macro2::{Ident, TokenStream};
use quote::{format_ident, quote};

use super::operations;
use super::sample::{CRATE, Samples};
use super::shape::{CLIENT_METHODS, Shape, free};
use crate::load::Document;
use crate::model::{Model, SchemeKind, Tag, TagClient};
use crate::names;

/// Functions that every such client has itself.
const METHODS: [&str; 3] = ["at", "client", "vendor"];

/// One client a marked tag.
pub(super) fn tokens(samples: &Samples<'_>, model: &Model, shapes: &[Shape<'_>]) -> TokenStream {
    let taken = shapes.iter().map(|shape| shape.operation.id.as_str()).chain(CLIENT_METHODS);
    let taken: Vec<&str> = taken.collect();
    let clients: Vec<TokenStream> = model
        .tags
        .iter()
        .filter_map(|tag| {
            let of_tag: Vec<&Shape<'_>> =
                shapes.iter().filter(|shape| shape.operation.tags.contains(&tag.name)).collect();
            let view = free(&names::snake(&tag.name), &taken);
            let (document, kind) = (samples.document, tag.client.as_ref()?);
            Some(Client { samples, document, model, tag, kind, view, shapes: of_tag }.tokens())
        })
        .collect();
    let vendors = vendors(model);
    if clients.is_empty() {
        return vendors;
    }
    let has_body = clients_shapes(model, shapes).any(|shape| shape.body.is_some());
    let body = has_body.then(|| {
        quote!(
            use super::client::types;
            use crate::operation::IntoBody;
        )
    });
    let has_credentials = clients_shapes(model, shapes).any(|shape| !shape.operation.security.is_empty());
    let secret = has_credentials.then(|| {
        quote!(
            use secrecy::SecretString;
        )
    });
    quote! {
        use super::operations;
        use crate::builder::ClientBuilder;
        use crate::call::Call;
        #body
        #secret

        #vendors

        #(#clients)*
    }
}

/// The servers that vendors run themselves, so that a program can offer them by name.
fn vendors(model: &Model) -> TokenStream {
    let served = model.tags.iter().filter(|tag| tag.client.as_ref().is_some_and(|client| client.server.is_some()));
    let entries = served.map(|tag| {
        let (name, client) = (&tag.name, format_ident!("{}", names::ident_pascal(&tag.name)));
        quote!((#name, #client::SERVER))
    });
    quote! {
        /// The servers that vendors run themselves, by the tag of their operations.
        pub const VENDORS: &[(&str, &str)] = &[#(#entries),*];
    }
}

/// The operations of all marked tags.
fn clients_shapes<'a>(model: &Model, shapes: &'a [Shape<'a>]) -> impl Iterator<Item = &'a Shape<'a>> {
    let marked: Vec<String> =
        model.tags.iter().filter(|tag| tag.client.is_some()).map(|tag| tag.name.clone()).collect();
    shapes.iter().filter(move |shape| shape.operation.tags.iter().any(|tag| marked.contains(tag)))
}

/// One marked tag.
struct Client<'a> {
    samples: &'a Samples<'a>,
    document: &'a Document,
    model: &'a Model,
    tag: &'a Tag,
    kind: &'a TagClient,
    /// The method of the common client that gives this one.
    view: Ident,
    shapes: Vec<&'a Shape<'a>>,
}

impl Client<'_> {
    fn tokens(&self) -> TokenStream {
        let name = names::ident_pascal(&self.tag.name);
        let place = self.document.provenance(&self.tag.pointer);
        let text = self.tag.description.as_deref().unwrap_or(&self.tag.name);
        let doc =
            operations::doc(&format!("{text}\n\nThe operations of the tag `{}`, defined at `{place}`.", self.tag.name));
        let alternatives = self.alternatives();
        let credentials = (!alternatives.is_empty()).then(|| self.credentials(&alternatives));
        let constructors = self.constructors(&alternatives);
        let methods = self.shapes.iter().map(|shape| self.method(shape));
        let view = &self.view;
        let view_doc = operations::doc(&format!(
            "The operations of the tag `{}`, `{place}`, with this client's credentials.\n\n```no_run\n\
             # fn run(client: {CRATE}::Client) {{\nlet {view} = client.{view}();\n# }}\n```",
            self.tag.name
        ));
        let client_doc = operations::doc(&format!(
            "The client that all tags share.\n\n```no_run\n# fn run({view}: {CRATE}::clients::{name}) {{\n\
             println!(\"{{}}\", {view}.client().base_url());\n# }}\n```"
        ));
        quote! {
            #doc
            #[derive(Clone, Debug)]
            pub struct #name { client: crate::Client }

            impl #name {
                #constructors
                #client_doc
                #[must_use]
                pub fn client(&self) -> &crate::Client {
                    &self.client
                }
                #(#methods)*
            }

            impl From<crate::Client> for #name {
                fn from(client: crate::Client) -> Self {
                    Self { client }
                }
            }

            impl crate::Client {
                #view_doc
                #[must_use]
                pub fn #view(&self) -> #name {
                    self.clone().into()
                }
            }

            #credentials
        }
    }

    /// `at`, and `vendor` where its maker runs a server.
    fn constructors(&self, alternatives: &[&[String]]) -> TokenStream {
        let credentials = format_ident!("{}Credentials", names::ident_pascal(&self.tag.name));
        let (argument, given, apply) = if !alternatives.is_empty() {
            (
                quote!(credentials: #credentials),
                quote!(credentials),
                quote!(credentials.give(crate::Client::builder(base_url))),
            )
        } else {
            (quote!(), quote!(), quote!(crate::Client::builder(base_url)))
        };
        let vendor = self.kind.server.as_ref().map(|server| {
            let text = format!(
                " Base URL of the vendor's own server, `{}`.",
                self.document.provenance(&format!("{}/x-client", self.tag.pointer))
            );
            let vendor = operations::doc(&format!(
                "Starts a client of the vendor's own server, [`SERVER`](Self::SERVER), which knows nothing of idempotency \
                 keys: see [`without_idempotency_keys`](ClientBuilder::without_idempotency_keys).\n\n{}",
                self.example(alternatives, "vendor", "")
            ));
            quote! {
                #[doc = #text]
                pub const SERVER: &'static str = #server;

                #vendor
                pub fn vendor(#argument) -> ClientBuilder {
                    Self::at(Self::SERVER, #given).without_idempotency_keys()
                }
            }
        });
        let at = operations::doc(&format!(
            "Starts a client of the server at `base_url`, which may have a path prefix and a trailing slash.\n\n{}",
            self.example(alternatives, "at", "\"https://api.example\"")
        ));
        quote! {
            #vendor
            #at
            pub fn at(base_url: impl Into<String>, #argument) -> ClientBuilder {
                #apply
            }
        }
    }

    /// How `constructor` is called, with the first way into the operations.
    fn example(&self, alternatives: &[&[String]], constructor: &str, base_url: &str) -> String {
        let (name, view) = (names::ident_pascal(&self.tag.name), &self.view);
        let credentials = alternatives.first().map(|alternative| self.way(alternative).example);
        let mut code = String::new();
        let mut imported = name.to_string();
        if let Some(example) = &credentials {
            imported = format!("{{{name}, {name}Credentials}}");
            code = format!("let credentials = {example};\n");
        }
        let arguments: Vec<&str> = [base_url, credentials.as_ref().map_or("", |_| "credentials")]
            .into_iter()
            .filter(|argument| !argument.is_empty())
            .collect();
        format!(
            "```\nuse {CRATE}::clients::{imported};\n\n\
             {code}let {view} = {name}::{constructor}({}).build()?.{view}();\n\
             # Ok::<(), {CRATE}::ConfigurationError>(())\n```",
            arguments.join(", ")
        )
    }

    /// The ways into the operations of the tag, without repetition, in order of appearance.
    fn alternatives(&self) -> Vec<&[String]> {
        let mut found: Vec<&[String]> = Vec::new();
        for alternative in self.shapes.iter().flat_map(|shape| &shape.operation.security) {
            if !alternative.is_empty() && !found.contains(&alternative.as_slice()) {
                found.push(alternative);
            }
        }
        found
    }

    fn credentials(&self, alternatives: &[&[String]]) -> TokenStream {
        let name = format_ident!("{}Credentials", names::ident_pascal(&self.tag.name));
        let ways: Vec<Way> = alternatives.iter().map(|alternative| self.way(alternative)).collect();
        let variants = ways.iter().map(|way| &way.variant);
        let arms = ways.iter().map(|way| &way.arm);
        let constructors = ways.iter().map(|way| &way.constructor);
        let place = self.document.provenance(&self.tag.pointer);
        let doc =
            format!(" What the operations of the tag `{}`, `{place}`, ask for: one of these, complete.", self.tag.name);
        quote! {
            #[doc = #doc]
            #[derive(Clone, Debug)]
            #[non_exhaustive]
            pub enum #name { #(#variants),* }

            impl #name {
                #(#constructors)*

                /// Hands the credentials to a builder.
                fn give(self, builder: ClientBuilder) -> ClientBuilder {
                    match self { #(#arms),* }
                }
            }
        }
    }

    /// One alternative as a variant, how it is made, and what becomes of it.
    fn way(&self, alternative: &[String]) -> Way {
        let words: Vec<String> = alternative.iter().map(|scheme| self.word(scheme)).collect();
        let variant = names::ident_pascal(&words.join("And"));
        let parts: Vec<Part> = alternative
            .iter()
            .zip(&words)
            .flat_map(|(scheme, word)| self.parts(scheme, word, alternative.len()))
            .collect();
        let calls = alternative.iter().map(|scheme| {
            let setter = format_ident!("{}", names::snake(scheme));
            let given = parts.iter().filter(|part| part.scheme == *scheme).map(|part| &part.name);
            quote!(.#setter(#(#given),*))
        });
        let names: Vec<&Ident> = parts.iter().map(|part| &part.name).collect();
        let fields = parts.iter().map(|Part { doc, name, ty, .. }| quote!(#[doc = #doc] #name: #ty));
        let taken = parts.iter().map(|Part { name, ty, .. }| quote!(#name: impl Into<#ty>));
        let constructor = names::ident_snake(&words.join("And"));
        let known = alternative.iter().filter_map(|name| self.model.schemes.iter().find(|known| known.name == *name));
        let places = known.map(|scheme| format!("`{}` (`{}`)", scheme.name, self.document.provenance(&scheme.pointer)));
        let doc = format!(" {}.", places.collect::<Vec<_>>().join(" and "));
        let kind = format_ident!("{}Credentials", names::ident_pascal(&self.tag.name));
        let values: Vec<String> =
            parts.iter().map(|part| format!("\"the-{}\"", part.name.to_string().replace('_', "-"))).collect();
        let example = format!("{kind}::{constructor}({})", values.join(", "));
        let constructor_doc = operations::doc(&format!(
            "{}\n\n```\nuse {CRATE}::clients::{kind};\n\nlet credentials = {example};\n```",
            doc.trim()
        ));
        Way {
            example,
            variant: quote!(#[doc = #doc] #variant { #(#fields),* }),
            arm: quote!(Self::#variant { #(#names),* } => builder #(#calls)*),
            constructor: quote! {
                #constructor_doc
                pub fn #constructor(#(#taken),*) -> Self {
                    Self::#variant { #(#names: #names.into()),* }
                }
            },
        }
    }

    /// What a scheme asks for: one text, or two.
    fn parts(&self, scheme: &str, word: &str, of: usize) -> Vec<Part> {
        let Some(known) = self.model.schemes.iter().find(|known| known.name == scheme) else { return Vec::new() };
        let part = |doc: &str, name: Ident, ty: TokenStream| Part {
            scheme: scheme.to_owned(),
            doc: format!(" {doc}"),
            name,
            ty,
        };
        if known.kind != SchemeKind::Basic {
            return vec![part(&known.description, names::ident_snake(word), quote!(SecretString))];
        }
        let prefix = if of == 1 { String::new() } else { format!("{}_", names::snake(word)) };
        vec![
            part(&known.description, format_ident!("{prefix}username"), quote!(String)),
            part("The secret that goes with it.", format_ident!("{prefix}password"), quote!(SecretString)),
        ]
    }

    /// A scheme's name without the tag's: `Bearer` of `muninxBearer`.
    fn word(&self, scheme: &str) -> String {
        let (scheme, tag) = (names::pascal(scheme), names::pascal(&self.tag.name));
        match scheme.strip_prefix(&tag) {
            Some(word) if !word.is_empty() => word.to_owned(),
            _ => scheme,
        }
    }

    fn method(&self, shape: &Shape<'_>) -> TokenStream {
        let prefix = format!("{}_", names::snake(&self.tag.name));
        let short = shape.operation.id.strip_prefix(&prefix).unwrap_or(&shape.operation.id);
        let (name, public, operation) = (free(short, &METHODS), &shape.public, &shape.name);
        let operations::Signature { taken, given } = operations::signature(shape);
        let deprecated = shape.deprecated.then(|| operations::deprecated(self.document, &shape.operation.pointer));
        let allow = shape.deprecated.then(|| quote!(#[allow(deprecated)]));
        let view = format!("client.{}()", self.view);
        let sample = self.samples.fenced(shape, &view, &name.to_string());
        let doc = format!(
            "{}\n\n{sample}\n\nSee [`Client::{public}`](crate::Client::{public}), `{}`.",
            shape.operation.summary,
            self.document.provenance(&shape.operation.pointer)
        );
        let doc = operations::doc(&doc);
        quote! {
            #doc
            #deprecated
            #allow
            pub fn #name(&self, #(#taken),*) -> Call<operations::#operation> {
                self.client.#public(#(#given),*)
            }
        }
    }
}

/// One text of a credential.
struct Part {
    scheme: String,
    doc: String,
    name: Ident,
    ty: TokenStream,
}

/// One alternative of credentials in Rust.
struct Way {
    /// How it is made.
    example: String,
    variant: TokenStream,
    arm: TokenStream,
    constructor: TokenStream,
}
