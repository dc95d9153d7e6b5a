//! Operations as the generated client sees them: names, Rust types and answers, worked out once for all files.

use proc_macro2::{Ident, TokenStream};
use quote::{format_ident, quote};
use serde_json::Value;

use super::lower;
use crate::diagnostic::{Problem, Problems};
use crate::load::Document;
use crate::model::{In, Model, Operation, Parameter, Response, Status};
use crate::names;

/// One operation.
pub(super) struct Shape<'a> {
    pub(super) operation: &'a Operation,
    /// `muninx_invite_user`.
    pub(super) method: Ident,
    /// `MuninxInviteUser`.
    pub(super) name: Ident,
    /// `MuninxInviteUserError`.
    pub(super) error: Ident,
    /// `MUNINX_INVITE_USER`.
    pub(super) constant: Ident,
    pub(super) arguments: Vec<Argument<'a>>,
    /// Type of the request body.
    pub(super) body: Option<TokenStream>,
    /// Component name of the success body.
    pub(super) success: Option<&'a str>,
    pub(super) errors: Vec<ErrorAnswer<'a>>,
}

/// One parameter.
pub(super) struct Argument<'a> {
    pub(super) parameter: &'a Parameter,
    pub(super) name: Ident,
    pub(super) kind: Type,
}

/// Type of a parameter.
pub(super) enum Type {
    /// Taken as `impl Into<String>`.
    String,
    /// Taken as it is.
    Other(TokenStream),
}

/// One answer that is not a success.
pub(super) struct ErrorAnswer<'a> {
    pub(super) response: &'a Response,
    pub(super) status: u16,
    pub(super) variant: Ident,
    /// Type of the body.
    pub(super) body: Option<TokenStream>,
}

impl Shape<'_> {
    /// Every media type that the operation may answer with, sorted.
    pub(super) fn media_types(&self) -> Vec<&str> {
        let mut types: Vec<&str> = self
            .operation
            .responses
            .iter()
            .flat_map(|response| &response.contents)
            .map(|content| content.media_type.as_str())
            .collect();
        types.sort_unstable();
        types.dedup();
        types
    }
}

impl Type {
    pub(super) fn tokens(&self) -> TokenStream {
        match self {
            Self::String => quote!(::std::string::String),
            Self::Other(tokens) => tokens.clone(),
        }
    }
}

/// Type of a named schema.
pub(super) fn schema(name: &str) -> TokenStream {
    let name = ident(names::pascal(name));
    quote!(types::#name)
}

/// All operations, in document order.
///
/// # Errors
/// Parameters and answers that the generated client cannot express.
pub(super) fn operations<'a>(document: &Document, model: &'a Model) -> Result<Vec<Shape<'a>>, Problems> {
    let mut problems = Vec::new();
    let shapes = model.operations.iter().map(|operation| shape(document, operation, &mut problems)).collect();
    if problems.is_empty() { Ok(shapes) } else { Err(Problems(problems)) }
}

fn shape<'a>(document: &Document, operation: &'a Operation, problems: &mut Vec<Problem>) -> Shape<'a> {
    let pascal = names::pascal(&operation.id);
    let success =
        operation.success().and_then(Response::json).map(|(_, name)| name);
    for response in operation.responses.iter().filter(|response| response.is_success()) {
        if response.json().map(|(_, name)| name) != success {
            problems.push(document.problem(
                &response.pointer,
                "one-success-body",
                format!("`{}` has success answers with different bodies", operation.id),
                "give all 2xx answers of the operation the same schema",
            ));
        }
    }
    let mut arguments = Vec::new();
    for parameter in lower::parameters(operation) {
        match argument(&pascal, parameter) {
            Some(argument) => arguments.push(argument),
            None => problems.push(document.problem(
                &operation.pointer,
                "parameter-type",
                format!("parameter `{}` of `{}` has a type that is not supported", parameter.name, operation.id),
                "use a string, integer, number or boolean",
            )),
        }
    }
    let errors = operation.errors().filter_map(|response| {
        let Status::Exact(status) = response.status else { return None };
        let body = response.json().map(|(_, name)| schema(name));
        Some(ErrorAnswer { response, status, variant: ident(names::status(status)), body })
    });
    Shape {
        operation,
        method: ident(operation.id.clone()),
        name: ident(pascal.clone()),
        error: format_ident!("{pascal}Error"),
        constant: ident(operation.id.to_uppercase()),
        arguments,
        body: operation.body.as_ref().and_then(|body| body.contents.first()?.schema()).map(schema),
        success,
        errors: errors.collect(),
    }
}

fn argument<'a>(operation: &str, parameter: &'a Parameter) -> Option<Argument<'a>> {
    let text = |key: &str| parameter.schema.get(key).and_then(Value::as_str).unwrap_or_default();
    let kind = match (text("type"), text("format")) {
        ("string", _) if parameter.schema.get("enum").is_some() => {
            let name = ident(format!("{operation}{}", names::pascal(&parameter.name)));
            Type::Other(quote!(types::#name))
        }
        ("string", "uuid") => Type::Other(quote!(::uuid::Uuid)),
        ("string", "date-time") => Type::Other(quote!(::chrono::DateTime<::chrono::offset::Utc>)),
        ("string", "date") => Type::Other(quote!(::chrono::naive::NaiveDate)),
        ("string", _) => Type::String,
        ("integer", "int32") => Type::Other(quote!(i32)),
        ("integer", "uint32") => Type::Other(quote!(u32)),
        ("integer", "uint64") => Type::Other(quote!(u64)),
        ("integer", "" | "int64") => Type::Other(quote!(i64)),
        ("number", "float") => Type::Other(quote!(f32)),
        ("number", _) => Type::Other(quote!(f64)),
        ("boolean", _) => Type::Other(quote!(bool)),
        _ => return None,
    };
    Some(Argument { parameter, name: ident(names::snake(&parameter.name)), kind })
}

impl Argument<'_> {
    /// Whether the caller must give it.
    pub(super) fn is_required(&self) -> bool {
        self.parameter.required || self.parameter.location == In::Path
    }
}

/// An identifier, spelled as progenitor spells it when the name is a keyword.
fn ident(name: String) -> Ident {
    if typify::accept_as_ident(&name) { format_ident!("{name}") } else { format_ident!("{name}_") }
}
