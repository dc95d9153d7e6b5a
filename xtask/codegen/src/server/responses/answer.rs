//! The variants of an operation's enum: one for each status and media type.

use proc_macro2::{Ident, TokenStream};
use quote::{format_ident, quote};
use serde_json::Value;

use crate::failure::Failure;
use crate::model::{Content, Header, Operation, Payload, Response, Status};
use crate::names;
use crate::secret::is_secret_node;
use crate::server::{Context, params};

/// One variant.
pub(super) struct Answer<'a> {
    pub(super) response: &'a Response,
    pub(super) content: Option<&'a Content>,
    pub(super) ident: Ident,
}

/// The answers that this server may give; where dropshot's own error stands for the errors, they travel as that.
pub(super) fn of<'a>(context: &Context<'_>, operation: &'a Operation) -> Vec<Answer<'a>> {
    let is_own = *context.failure(operation) == Failure::Own;
    let mut answers = Vec::new();
    for response in operation.responses.iter().filter(|response| !response.is_foreign) {
        if is_own && response.is_error() {
            continue;
        }
        let name = names::status(response.status);
        if response.contents.len() <= 1 {
            answers.push(Answer { response, content: response.contents.first(), ident: names::ident_pascal(&name) });
            continue;
        }
        for content in &response.contents {
            let ident = format_ident!("{name}{}", names::pascal(&content.media_type.replace('*', "any")));
            answers.push(Answer { response, content: Some(content), ident });
        }
    }
    answers
}

impl Answer<'_> {
    /// Whether the body is handed on as it is.
    pub(super) fn is_raw(&self) -> bool {
        self.content.is_some_and(|content| content.schema().is_none())
    }

    pub(super) fn is_exact(&self) -> bool {
        matches!(self.response.status, Status::Exact(_))
    }

    pub(super) fn is_tuple(&self) -> bool {
        self.is_exact() && self.response.headers.is_empty()
    }

    pub(super) fn body_type(&self) -> Option<TokenStream> {
        let content = self.content?;
        Some(match &content.payload {
            Payload::Json(name) | Payload::Form(name) => {
                let name = names::ident_pascal(name);
                quote!(types::#name)
            }
            Payload::Multipart | Payload::Raw => quote!(Raw),
        })
    }

    pub(super) fn variant(&self, context: &Context<'_>) -> TokenStream {
        let ident = &self.ident;
        let text = self.response.description.lines().next().unwrap_or_default();
        let provenance = context.document.provenance(&self.response.pointer);
        let doc = format!("{}: {text} (`{provenance}`)", self.response.status);
        let body = self.body_type();
        if self.is_tuple() {
            let body = body.map(|body| quote!((#body)));
            return quote!(#[doc = #doc] #ident #body);
        }
        let status = (!self.is_exact()).then(|| quote!(/** The status. */ status: u16,));
        let headers = self.response.headers.iter().map(|header| {
            let (field, ty) = (names::ident_snake(&header.name), header_type(context, header));
            let doc = format!("Header `{}` (`{}`).", header.name, context.document.provenance(&header.pointer));
            quote!(#[doc = #doc] #field: #ty)
        });
        let body = body.map(|body| quote!(/** The body. */ body: #body));
        quote!(#[doc = #doc] #ident { #status #(#headers,)* #body })
    }

    pub(super) fn send(&self) -> TokenStream {
        let ident = &self.ident;
        let body = self.content.map(|_| quote!(body));
        let fields: Vec<_> = self.response.headers.iter().map(|header| names::ident_snake(&header.name)).collect();
        let (start, pattern) = match (self.response.status, self.is_tuple()) {
            (Status::Exact(status), true) => (quote!(#status), body.as_ref().map(|body| quote!((#body)))),
            (Status::Exact(status), false) => (quote!(#status), Some(quote!({ #(#fields,)* #body }))),
            _ => (quote!(status), Some(quote!({ status, #(#fields,)* #body }))),
        };
        let headers = self.response.headers.iter().map(|header| {
            let (field, name) = (names::ident_snake(&header.name), header.name.to_lowercase());
            if header.required {
                quote!(.header(#name, &#field))
            } else {
                quote!(.optional_header(#name, #field.as_ref()))
            }
        });
        let end = match self.content {
            None => quote!(.empty()),
            Some(Content { media_type, payload: Payload::Json(_) | Payload::Form(_), .. }) => {
                quote!(.json(#media_type, &body))
            }
            Some(Content { media_type, .. }) => quote!(.raw(#media_type, body)),
        };
        quote!(Self::#ident #pattern => Reply::new(#start) #(#headers)* #end)
    }

    pub(super) fn status(&self) -> TokenStream {
        let ident = &self.ident;
        match (self.response.status, self.is_tuple()) {
            (Status::Exact(status), true) if self.content.is_none() => quote!(Self::#ident => #status),
            (Status::Exact(status), true) => quote!(Self::#ident(..) => #status),
            (Status::Exact(status), false) => quote!(Self::#ident { .. } => #status),
            _ => quote!(Self::#ident { status, .. } => *status),
        }
    }
}

fn header_type(context: &Context<'_>, header: &Header) -> TokenStream {
    let ty = if header.schema["type"] == "integer" { integer_type(&header.schema) } else { quote!(String) };
    let is_secret = is_secret_node(&context.document.value, &header.pointer, &header.schema);
    let ty = if is_secret { quote!(crate::sensitive::Sensitive<#ty>) } else { ty };
    if header.required { ty } else { quote!(Option<#ty>) }
}

/// The type of an integer that is known: it may be too narrow for any.
pub(super) fn narrow_type(schema: &Value) -> Option<TokenStream> {
    let ty = integer_type(schema);
    matches!(ty.to_string().as_str(), "i8" | "i16" | "i32" | "u8" | "u16").then_some(ty)
}

/// The type of its format; of what is counted and has an end, the usual one.
fn integer_type(schema: &Value) -> TokenStream {
    let whole = |key: &str| schema.get(key).and_then(Value::as_i64);
    let format = schema.get("format").and_then(Value::as_str).unwrap_or_default();
    let counts = whole("minimum").is_some_and(|least| least >= 0);
    let most = whole("maximum").or_else(|| (format == "int32").then_some(i64::from(i32::MAX)));
    if counts && most.is_some_and(|most| most <= i64::from(u32::MAX)) {
        quote!(u32)
    } else {
        params::integer_type(format)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn headers_have_the_integers_that_their_schemas_allow() {
        for (schema, wanted) in [
            (json!({"type": "integer"}), "i64"),
            (json!({"type": "integer", "minimum": -1}), "i64"),
            (json!({"type": "integer", "minimum": 0, "format": "int64"}), "i64"),
            (json!({"type": "integer", "minimum": 0, "maximum": 60}), "u32"),
            (json!({"type": "integer", "minimum": 1, "format": "int32"}), "u32"),
            (json!({"type": "integer", "format": "int32"}), "i32"),
            (json!({"type": "integer", "format": "uint64"}), "u64"),
        ] {
            assert_eq!(integer_type(&schema).to_string(), wanted, "{schema}");
        }
    }
}
