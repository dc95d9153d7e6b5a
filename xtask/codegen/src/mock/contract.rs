//! `contract.rs`: operations, their answers with examples, and how credentials travel, as constants.

use std::collections::BTreeMap;

use proc_macro2::{Ident, Literal, TokenStream};
use quote::{format_ident, quote};
use serde_json::Value;

use super::schemas::Schemas;
use crate::load::Document;
use crate::model::{Content, Header, In, List, Model, Operation, Parameter, Response, SchemeKind, Status};
use crate::names;
use crate::sdk::callers_parameters;

/// All tables.
pub(super) fn tokens(document: &Document, model: &Model, schemas: &mut Schemas) -> TokenStream {
    let mut tables = Tables { document, model, schemas, responses: BTreeMap::new() };
    let operations: Vec<_> = model.operations.iter().map(|operation| tables.operation(operation)).collect();
    let names = model.operations.iter().map(constant);
    let responses = tables.responses.into_iter().map(|(pointer, (name, response))| {
        let doc = format!(" Defined at `{}`.", document.provenance(&pointer));
        quote!(#[doc = #doc] static #name: Response = #response;)
    });
    let schemes = model.schemes.iter().map(|scheme| {
        let (name, wire) = (scheme_constant(&scheme.name), &scheme.name);
        let placement = match &scheme.kind {
            SchemeKind::Bearer => quote!(Placement::Bearer),
            SchemeKind::Basic => quote!(Placement::Basic),
            SchemeKind::Header(header) => {
                let header = header.to_ascii_lowercase();
                quote!(Placement::Header(#header))
            }
        };
        let doc = format!(" Defined at `{}`.", document.provenance(&scheme.pointer));
        quote!(#[doc = #doc] static #name: Scheme = Scheme { name: #wire, placement: #placement };)
    });
    quote! {
        use crate::contract::*;

        #(#schemes)*
        #(#responses)*
        #(#operations)*

        /// Every operation, in the order of the document.
        pub(crate) static OPERATIONS: &[&Operation] = &[#(&#names),*];
    }
}

/// The name of an operation's table.
pub(super) fn constant(operation: &Operation) -> Ident {
    format_ident!("{}", operation.id.to_uppercase())
}

fn scheme_constant(name: &str) -> Ident {
    format_ident!("SCHEME_{}", names::snake(name).to_uppercase())
}

struct Tables<'a> {
    document: &'a Document,
    model: &'a Model,
    schemas: &'a mut Schemas,
    /// By the pointer of the response, because operations share them.
    responses: BTreeMap<String, (Ident, TokenStream)>,
}

impl Tables<'_> {
    fn operation(&mut self, operation: &Operation) -> TokenStream {
        let name = constant(operation);
        let (id, method, path) = (&operation.wire_id, &operation.method, &operation.path);
        let place = self.document.provenance(&operation.pointer);
        let parameters: Vec<_> = callers_parameters(operation).map(|parameter| self.parameter(parameter)).collect();
        let body = operation.body.as_ref().map_or_else(
            || quote!(None),
            |body| {
                let required = body.required;
                let contents = body.contents.iter().map(|content| self.content(content));
                quote!(Some(RequestBody { required: #required, contents: &[#(#contents),*] }))
            },
        );
        let answers: Vec<_> =
            operation.responses.iter().filter_map(|response| self.answer(operation, response)).collect();
        let security = operation.security.iter().map(|schemes| {
            let schemes = schemes.iter().map(|scheme| scheme_constant(scheme));
            quote!(&[#(&#schemes),*])
        });
        let limit = Literal::u64_unsuffixed(operation.max_body_bytes);
        let doc = format!(" Defined at `{place}`.");
        quote! {
            #[doc = #doc]
            pub(crate) static #name: Operation = Operation {
                id: #id,
                method: #method,
                path: #path,
                place: #place,
                parameters: &[#(#parameters),*],
                body: #body,
                answers: &[#(#answers),*],
                security: &[#(#security),*],
                max_body_bytes: #limit,
            };
        }
    }

    fn parameter(&mut self, parameter: &Parameter) -> TokenStream {
        let (name, required) = (&parameter.name, parameter.required);
        let location = match parameter.location {
            In::Path => quote!(Location::Path),
            In::Query => quote!(Location::Query),
            In::Header => quote!(Location::Header),
        };
        let sensitive = self.is_sensitive(&parameter.pointer, &parameter.schema);
        let kind = kind(parameter.schema.get("items").unwrap_or(&parameter.schema));
        let list = match parameter.list {
            List::No => quote!(List::No),
            List::Repeated => quote!(List::Repeated),
            List::Separated(separator) => quote!(List::Separated(#separator)),
        };
        let schema = self.schemas.value(&parameter.schema);
        quote! {
            Parameter {
                name: #name,
                location: #location,
                required: #required,
                sensitive: #sensitive,
                list: #list,
                kind: #kind,
                schema: #schema,
            }
        }
    }

    /// Only exact statuses: the strict rules know no other.
    fn answer(&mut self, operation: &Operation, response: &Response) -> Option<TokenStream> {
        let Status::Exact(status) = response.status else { return None };
        let name = response.component.as_ref().map_or_else(
            || format_ident!("{}_{}", constant(operation), status),
            |component| format_ident!("RESPONSE_{}", names::snake(component).to_uppercase()),
        );
        if !self.responses.contains_key(&response.pointer) {
            let table = self.response(response);
            self.responses.insert(response.pointer.clone(), (name.clone(), table));
        }
        let status = Literal::u16_unsuffixed(status);
        Some(quote!(Answer { status: #status, response: &#name }))
    }

    fn response(&mut self, response: &Response) -> TokenStream {
        let headers: Vec<_> = response.headers.iter().map(|header| self.header(header)).collect();
        let content = response.contents.first().map_or_else(
            || quote!(None),
            |content| {
                let content = self.content(content);
                quote!(Some(#content))
            },
        );
        let is_foreign = response.is_foreign;
        quote!(Response { headers: &[#(#headers),*], content: #content, is_foreign: #is_foreign })
    }

    fn header(&mut self, header: &Header) -> TokenStream {
        let (name, required) = (&header.name, header.required);
        let kind = kind(&header.schema);
        let written = self.document.value.pointer(&header.pointer).and_then(|header| header.get("example"));
        let example = written.unwrap_or_else(|| stand_in(&header.schema));
        let example = example.as_str().map_or_else(|| example.to_string(), str::to_owned);
        let schema = self.schemas.value(&header.schema);
        quote! {
            Header { name: #name, required: #required, kind: #kind, schema: #schema, example: #example }
        }
    }

    fn content(&self, content: &Content) -> TokenStream {
        let media_type = &content.media_type;
        let schema = content
            .schema()
            .and_then(|name| self.model.schema(name))
            .map(|schema| format!("{}{}", crate::schema::COMPONENT, schema.name));
        let schema = schema.map_or_else(|| quote!(None), |pointer| quote!(Some(#pointer)));
        let examples = self.examples(&content.pointer).into_iter().map(|(name, value)| {
            let body = raw(&value.to_string());
            quote!(Example { name: #name, body: #body })
        });
        quote!(Content { media_type: #media_type, schema: #schema, examples: &[#(#examples),*] })
    }

    fn examples(&self, pointer: &str) -> Vec<(String, Value)> {
        let Some(content) = self.document.value.pointer(pointer) else { return Vec::new() };
        if let Some(example) = content.get("example") {
            return vec![(String::new(), example.clone())];
        }
        let named = content.get("examples").and_then(Value::as_object).into_iter().flatten();
        named
            .filter_map(|(name, example)| {
                let target = example.get("$ref").and_then(Value::as_str).and_then(|target| target.strip_prefix('#'));
                let example = target.map_or(Some(example), |pointer| self.document.value.pointer(pointer))?;
                Some((name.clone(), example.get("value")?.clone()))
            })
            .collect()
    }

    fn is_sensitive(&self, pointer: &str, schema: &Value) -> bool {
        let marked = |value: &Value| value.as_object().is_some_and(crate::sdk::is_secret);
        marked(schema) || self.document.value.pointer(pointer).is_some_and(marked)
    }
}

/// A value for a header without an example.
fn stand_in(schema: &Value) -> &Value {
    let listed = schema.get("enum").and_then(|values| values.get(0));
    schema
        .get("example")
        .or_else(|| schema.get("default"))
        .or(listed)
        .or_else(|| schema.get("minimum"))
        .unwrap_or_else(|| &*ONE)
}

/// A text and a number at once.
static ONE: std::sync::LazyLock<Value> = std::sync::LazyLock::new(|| Value::from(1));

/// How the text of a parameter or header becomes a value.
fn kind(schema: &Value) -> TokenStream {
    match schema.get("type").and_then(Value::as_str) {
        Some("integer") => quote!(Kind::Integer),
        Some("number") => quote!(Kind::Number),
        Some("boolean") => quote!(Kind::Boolean),
        _ => quote!(Kind::Text),
    }
}

/// A raw string literal: JSON without a backslash before every quote.
fn raw(text: &str) -> TokenStream {
    let mut fence = "#".to_owned();
    while text.contains(&format!("\"{fence}")) {
        fence.push('#');
    }
    format!("r{fence}\"{text}\"{fence}").parse().unwrap_or_else(|_| quote!(#text))
}
