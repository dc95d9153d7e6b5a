//! Request bodies: which of the documented media types the client sends, and how.

use proc_macro2::TokenStream;
use quote::quote;
use serde_json::{Value, json};

use super::shape::schema;
use crate::model::{Body, Content, Payload};

const JSON: &str = "application/json";
const FORM: &str = "application/x-www-form-urlencoded";
const BINARY: &str = "application/octet-stream";

/// How the client sends a body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    /// By progenitor, from the Rust type.
    Typed,
    /// From the Rust type, which may be missing; the client writes the JSON itself.
    Optional,
    /// As the caller gives it.
    Raw,
    /// The same, and it may be missing.
    OptionalRaw,
}

/// The body of a request.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sent<'a> {
    pub(crate) content: &'a Content,
    pub(crate) form: Form,
}

/// The media type that the client sends: JSON before forms before anything else.
pub(crate) fn sent(body: &Body) -> Option<Sent<'_>> {
    let rank = |content: &&Content| match content.payload {
        Payload::Json(_) => 0,
        Payload::Form(_) => 1,
        Payload::Raw | Payload::Multipart => 2,
    };
    let content = body.contents.iter().min_by_key(rank)?;
    let form = match (&content.payload, body.required) {
        (Payload::Json(_), true) | (Payload::Form(_), _) => Form::Typed,
        (Payload::Json(_), false) => Form::Optional,
        (Payload::Raw | Payload::Multipart, true) => Form::Raw,
        (Payload::Raw | Payload::Multipart, false) => Form::OptionalRaw,
    };
    Some(Sent { content, form })
}

impl Sent<'_> {
    /// What progenitor is fed.
    pub(crate) fn lowered(&self) -> Value {
        let reference =
            self.content.schema().map(|name| json!({"$ref": format!("{}{name}", crate::schema::COMPONENT)}));
        let (media_type, schema) = match (self.form, &self.content.payload, reference) {
            (Form::Typed, Payload::Form(_), Some(reference)) => (FORM, reference),
            (Form::Typed, _, Some(reference)) => (JSON, reference),
            _ => (BINARY, json!({"type": "string", "format": "binary"})),
        };
        json!({"required": true, "content": {media_type: {"schema": schema}}})
    }

    /// The Rust type that the caller gives.
    pub(crate) fn rust_type(&self) -> TokenStream {
        self.content.schema().map_or_else(|| quote!(RawBody), schema)
    }

    pub(crate) fn is_raw(&self) -> bool {
        matches!(self.form, Form::Raw | Form::OptionalRaw)
    }

    pub(crate) fn is_optional(&self) -> bool {
        matches!(self.form, Form::Optional | Form::OptionalRaw)
    }

    /// Whether the operation must say which media type its body has.
    pub(crate) fn has_media_type(&self) -> bool {
        !self.media_type().is_empty()
    }

    /// The method of the operation that says which media type its body has; none where progenitor says it rightly.
    pub(crate) fn media_type(&self) -> TokenStream {
        let written = &self.content.media_type;
        let body = match self.form {
            Form::Typed if written == JSON || written == FORM => return quote!(),
            Form::Typed => quote!(MediaType::Of(#written.to_owned())),
            Form::Optional => {
                quote!(self.body.as_ref().map_or(MediaType::None, |_| MediaType::Of(#written.to_owned())))
            }
            Form::Raw => quote!(self.body.media_type(#written)),
            Form::OptionalRaw => {
                quote!(self.body.as_ref().map_or(MediaType::None, |body| body.media_type(#written)))
            }
        };
        quote! {
            fn media_type(&self) -> MediaType {
                #body
            }
        }
    }

    /// What the function that makes the request gets.
    pub(crate) fn value(&self) -> TokenStream {
        match self.form {
            Form::Typed => quote!(&self.body),
            Form::Optional => quote!(crate::body::encoded(self.body.as_ref())?.into()),
            Form::Raw => quote!(std::mem::take(&mut self.body).into_inner()),
            Form::OptionalRaw => quote!(self.body.take().map(RawBody::into_inner).unwrap_or_default()),
        }
    }
}
