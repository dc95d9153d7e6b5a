//! `script.rs`: what a test may tell the mock to answer. What the document does not say has no name here.

use proc_macro2::{Ident, Literal, TokenStream};
use quote::{format_ident, quote};
use serde_json::Value;

use super::{CRATE, contract};
use crate::load::Document;
use crate::model::{Header, In, Model, Operation, Parameter, Payload, Response, Status};
use crate::names;
use crate::sdk::doc;

/// Methods that the hand-written matcher has itself.
const MATCHER_METHODS: [&str; 6] = ["any", "also_invalid", "body", "header", "query", "satisfies"];

/// Methods, matchers and answers.
pub(super) fn tokens(document: &Document, model: &Model) -> TokenStream {
    let methods = model.operations.iter().map(|operation| method(document, operation));
    let operations = model.operations.iter().map(|operation| item(document, operation));
    quote! {
        use super::contract;
        use crate::answer::{IsAnswer, Parts};
        use crate::script::{Scriptable, Script, Table, When};
        use crate::{operations, types};

        impl crate::Mock { #(#methods)* }

        #(#operations)*
    }
}

fn method(document: &Document, operation: &Operation) -> TokenStream {
    let (name, ty) = (names::ident_snake(&operation.id), names::ident_pascal(&operation.id));
    let (method, path) = (&operation.method, &operation.path);
    let doc = doc(&format!(
        "Scripts answers of `{method} {path}`: {}.\n\n{}\n\nDefined at `{}`.",
        operation.summary.trim_end_matches('.'),
        example(operation, "when"),
        document.provenance(&operation.pointer)
    ));
    quote! {
        #doc
        pub fn #name(
            &self,
            when: impl FnOnce(When<operations::#ty>) -> When<operations::#ty>,
        ) -> Script<operations::#ty> {
            Script::new(self, when)
        }
    }
}

/// A program that scripts the first documented answer, with this condition.
fn example(operation: &Operation, when: &str) -> String {
    let name = names::ident_snake(&operation.id);
    let statuses = operation.responses.iter().filter_map(|response| match response.status {
        Status::Exact(status) => Some(status),
        _ => None,
    });
    let status = statuses.min().unwrap_or(200);
    format!(
        "```\nlet mock = {CRATE}::Mock::new();\n\
         let script = mock.{name}(|when| {when}).example({status}).mount()?;\n\
         # Ok::<(), {CRATE}::ScriptError>(())\n```"
    )
}

fn item(document: &Document, operation: &Operation) -> TokenStream {
    let (ty, table) = (names::ident_pascal(&operation.id), contract::constant(operation));
    let answer = format_ident!("{}Answer", names::pascal(&operation.id));
    let variants: Vec<Variant<'_>> = operation.responses.iter().filter_map(Variant::of).collect();
    let declared = variants.iter().map(|variant| variant.declaration(document));
    let arms = variants.iter().map(Variant::arm);
    let doc = format!(
        " What `{} {}`, defined at `{}`, may answer.",
        operation.method,
        operation.path,
        document.provenance(&operation.pointer)
    );
    let matchers = matchers(document, operation, &ty);
    quote! {
        impl Scriptable for operations::#ty {
            type Answer = #answer;
            const TABLE: Table = Table(&contract::#table);
        }

        #[doc = #doc]
        #[derive(Clone, Debug)]
        pub enum #answer { #(#declared),* }

        impl IsAnswer for #answer {
            fn parts(&self) -> Parts {
                match self { #(#arms),* }
            }
        }

        #matchers
    }
}

/// One documented answer.
struct Variant<'a> {
    response: &'a Response,
    status: u16,
    name: Ident,
    body: Option<TokenStream>,
    is_json: bool,
}

impl<'a> Variant<'a> {
    fn of(response: &'a Response) -> Option<Self> {
        let Status::Exact(status) = response.status else { return None };
        let payload = response.contents.first().map(|content| &content.payload);
        let is_json = matches!(payload, Some(Payload::Json(_)));
        let body = payload.map(|payload| match payload {
            Payload::Json(name) => {
                let name = names::ident_pascal(name);
                quote!(types::#name)
            }
            Payload::Form(_) | Payload::Multipart | Payload::Raw => quote!(::std::vec::Vec<u8>),
        });
        Some(Self { response, status, name: names::ident_pascal(&names::status(Status::Exact(status))), body, is_json })
    }

    fn declaration(&self, document: &Document) -> TokenStream {
        let (name, response) = (&self.name, self.response);
        let doc = format!(
            " {}: {} (`{}`)",
            self.status,
            response.description.trim().replace('\n', "\n "),
            document.provenance(&response.pointer)
        );
        let fields = match (&self.body, response.headers.as_slice()) {
            (None, []) => quote!(),
            (Some(body), []) => quote!((#body)),
            (body, headers) => {
                let headers = headers.iter().map(|header| {
                    let (name, ty) = (names::ident_snake(&header.name), header_type(header));
                    let place = document.provenance(&header.pointer);
                    let description = header.description.trim().replace('\n', "\n ");
                    let doc = format!(" `{}` (`{place}`). {description}", header.name);
                    quote!(#[doc = #doc] #name: #ty)
                });
                let body = body.as_ref().map(|body| quote!(#[doc = " The body."] body: #body));
                quote!({ #(#headers,)* #body })
            }
        };
        quote!(#[doc = #doc] #name #fields)
    }

    fn arm(&self) -> TokenStream {
        let (name, status) = (&self.name, Literal::u16_unsuffixed(self.status));
        let parts = match (&self.body, self.is_json) {
            (None, _) => quote!(Parts::empty(#status)),
            (Some(_), true) => quote!(Parts::json(#status, body)),
            (Some(_), false) => quote!(Parts::bytes(#status, body)),
        };
        let headers = &self.response.headers;
        match (&self.body, headers.as_slice()) {
            (None, []) => quote!(Self::#name => #parts),
            (Some(_), []) => quote!(Self::#name(body) => #parts),
            (body, headers) => {
                let fields = headers.iter().map(|header| names::ident_snake(&header.name));
                let body = body.as_ref().map(|_| quote!(body));
                let values = headers.iter().map(|header| {
                    let (wire, field) = (&header.name, names::ident_snake(&header.name));
                    let method = if header.required { quote!(header) } else { quote!(optional_header) };
                    quote!(.#method(#wire, #field))
                });
                quote!(Self::#name { #(#fields,)* #body } => #parts #(#values)*)
            }
        }
    }
}

fn header_type(header: &Header) -> TokenStream {
    let text = |key: &str| header.schema.get(key).and_then(Value::as_str);
    let ty = match text("type") {
        Some("integer") if matches!(text("format"), Some("uint" | "uint64")) => quote!(u64),
        Some("integer") => quote!(i64),
        Some("number") => quote!(f64),
        Some("boolean") => quote!(bool),
        _ => quote!(::std::string::String),
    };
    if header.required { ty } else { quote!(::std::option::Option<#ty>) }
}

/// One method a parameter, to match by its value.
fn matchers(document: &Document, operation: &Operation, ty: &Ident) -> TokenStream {
    if operation.parameters.is_empty() {
        return quote!();
    }
    let methods = operation.parameters.iter().map(|parameter| matcher(document, operation, parameter));
    quote!(impl When<operations::#ty> { #(#methods)* })
}

fn matcher(document: &Document, operation: &Operation, parameter: &Parameter) -> TokenStream {
    let wire = &parameter.name;
    let name = names::snake(wire);
    let name =
        if MATCHER_METHODS.contains(&name.as_str()) { format_ident!("{name}_") } else { names::ident_snake(wire) };
    let doc = doc(&format!(
        "Only requests with this value of `{wire}` (`{}`). {}\n\n{}",
        document.provenance(&parameter.pointer),
        parameter.description.trim(),
        example(operation, &format!("when.{name}(\"1\")"))
    ));
    let with = match parameter.location {
        In::Path => quote!(with_path),
        In::Query => quote!(query),
        In::Header => quote!(header),
    };
    quote! {
        #doc
        #[must_use]
        pub fn #name(self, value: impl ::std::fmt::Display) -> Self {
            self.#with(#wire, value)
        }
    }
}
