//! Operations as the generated client sees them: names, Rust types and answers, worked out once for all files.

use proc_macro2::{Ident, TokenStream};
use quote::{format_ident, quote};
use serde_json::Value;

use super::answer::{self, Answer};
use super::body::{self, Sent};
use super::pages::{self, Pages};
use super::{lower, parameter};
use crate::diagnostic::{Problem, Problems};
use crate::load::Document;
use crate::model::{In, Model, Operation, Parameter};
use crate::names;

/// One operation.
pub(crate) struct Shape<'a> {
    pub(crate) operation: &'a Operation,
    /// `muninx_invite_user`, as progenitor names its method.
    pub(crate) method: Ident,
    /// The same as the client names it; differs where the client has a method of that name.
    pub(crate) public: Ident,
    /// `MuninxInviteUser`.
    pub(crate) name: Ident,
    /// `MuninxInviteUserError`.
    pub(crate) error: Ident,
    /// `MUNINX_INVITE_USER`.
    pub(crate) constant: Ident,
    pub(crate) arguments: Vec<Argument<'a>>,
    pub(crate) body: Option<Sent<'a>>,
    /// What a success can be; never empty.
    pub(crate) successes: Vec<Answer<'a>>,
    pub(crate) errors: Vec<Answer<'a>>,
    pub(crate) retry: Retry,
    /// `deprecated: true`.
    pub(crate) deprecated: bool,
    /// How it answers in pages, if it does.
    pub(crate) pages: Option<Pages>,
}

/// Whether a request may be sent again; variants of the client's `RetryClass`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Retry {
    Never,
    Unsent,
    Idempotent,
    Keyed,
}

impl Retry {
    /// The variant of the client's `RetryClass`.
    pub(crate) fn variant(self) -> TokenStream {
        match self {
            Self::Never => quote!(RetryClass::Never),
            Self::Unsent => quote!(RetryClass::Unsent),
            Self::Idempotent => quote!(RetryClass::Idempotent),
            Self::Keyed => quote!(RetryClass::Keyed),
        }
    }
}

/// One parameter.
pub(crate) struct Argument<'a> {
    pub(crate) parameter: &'a Parameter,
    pub(crate) name: Ident,
    pub(crate) kind: Type,
    /// `deprecated: true`.
    pub(crate) deprecated: bool,
}

/// Type of a parameter.
pub(crate) enum Type {
    /// Taken as `impl Into<String>`.
    String,
    /// Taken as it is.
    Other(TokenStream),
}

impl Shape<'_> {
    /// Every media type that the operation may answer with, sorted.
    pub(crate) fn media_types(&self) -> Vec<&str> {
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
    pub(crate) fn tokens(&self) -> TokenStream {
        match self {
            Self::String => quote!(::std::string::String),
            Self::Other(tokens) => tokens.clone(),
        }
    }
}

/// Type of a named schema.
pub(crate) fn schema(name: &str) -> TokenStream {
    let name = ident(names::pascal(name));
    quote!(types::#name)
}

/// All operations, in document order.
///
/// # Errors
/// Parameters and answers that the generated client cannot express.
pub(crate) fn operations<'a>(document: &Document, model: &'a Model) -> Result<Vec<Shape<'a>>, Problems> {
    let mut problems = Vec::new();
    let shapes = model
        .operations
        .iter()
        .filter(|operation| lower::is_called(operation))
        .map(|operation| shape(document, model, operation, &mut problems))
        .collect();
    if problems.is_empty() { Ok(shapes) } else { Err(Problems(problems)) }
}

fn shape<'a>(document: &Document, model: &Model, operation: &'a Operation, problems: &mut Vec<Problem>) -> Shape<'a> {
    let pascal = names::pascal(&operation.id);
    let raw = Raw::of(document, operation);
    let mut arguments = Vec::new();
    for parameter in lower::parameters(operation) {
        arguments.push(Argument {
            parameter,
            name: ident(names::snake(&parameter.name)),
            kind: parameter::kind(operation, parameter),
            deprecated: raw.is_parameter_deprecated(parameter),
        });
    }
    let (successes, errors) = answer::of(operation);
    let pages = pages::of(document, model, operation).unwrap_or_else(|refused| {
        problems.extend(refused.0);
        None
    });
    Shape {
        operation,
        method: ident(lower::wire_id(&operation.id)),
        public: free(&operation.id, &CLIENT_METHODS),
        name: ident(pascal.clone()),
        error: format_ident!("{pascal}Error"),
        constant: ident(operation.id.to_uppercase()),
        arguments,
        body: operation.body.as_ref().and_then(body::sent),
        successes,
        errors,
        retry: retry(document, operation, &raw, problems),
        deprecated: raw.is_deprecated(),
        pages,
    }
}

/// Whether the request of an operation may be sent again; a word that is none counts as absent.
pub(crate) fn retry_class(document: &Document, operation: &Operation) -> Retry {
    retry(document, operation, &Raw::of(document, operation), &mut Vec::new())
}

/// What the document says about repeating: `x-retry`, else the declared key, else the method (RFC 9110, section 9.2.2).
fn retry(document: &Document, operation: &Operation, raw: &Raw<'_>, problems: &mut Vec<Problem>) -> Retry {
    let keyed = operation.parameters.iter().any(lower::is_idempotency_key);
    match raw.text("x-retry") {
        Some("never") => Retry::Never,
        Some("unsent") => Retry::Unsent,
        _ if keyed => Retry::Keyed,
        Some("idempotent") => Retry::Idempotent,
        None => match operation.method.as_str() {
            "GET" | "HEAD" | "OPTIONS" | "PUT" | "DELETE" | "TRACE" => Retry::Idempotent,
            _ => Retry::Unsent,
        },
        Some(other) => {
            problems.push(document.problem(
                &format!("{}/x-retry", operation.pointer),
                "retry-class",
                format!("`x-retry` of `{}` is `{other}`", operation.id),
                "write `never`, `unsent` or `idempotent`, or leave it to the method",
            ));
            Retry::Unsent
        }
    }
}

/// The operation as it stands in the document, for what only the client asks of it.
struct Raw<'a> {
    document: &'a Value,
    operation: Option<&'a Value>,
    /// The path item's own parameters.
    shared: Option<&'a Value>,
}

impl<'a> Raw<'a> {
    fn of(document: &'a Document, operation: &Operation) -> Self {
        let item = operation.pointer.rsplit_once('/').map_or("", |(item, _)| item);
        let document = &document.value;
        Self {
            document,
            operation: document.pointer(&operation.pointer),
            shared: document.pointer(&format!("{item}/parameters")),
        }
    }

    fn text(&self, key: &str) -> Option<&'a str> {
        // What is not a text is as wrong as an unknown one.
        self.operation?.get(key).map(|value| value.as_str().unwrap_or("not a text"))
    }

    fn is_deprecated(&self) -> bool {
        self.operation.is_some_and(is_deprecated)
    }

    fn is_parameter_deprecated(&self, parameter: &Parameter) -> bool {
        let own = self.operation.and_then(|operation| operation.get("parameters"));
        let lists = [own, self.shared].into_iter().flatten().filter_map(Value::as_array).flatten();
        lists
            .map(|found| self.resolve(found))
            .any(|found| found.get("name").and_then(Value::as_str) == Some(&parameter.name) && is_deprecated(found))
    }

    fn resolve(&self, value: &'a Value) -> &'a Value {
        let target = value.get("$ref").and_then(Value::as_str).and_then(|target| target.strip_prefix('#'));
        target.and_then(|pointer| self.document.pointer(pointer)).unwrap_or(value)
    }
}

/// Whether `deprecated: true` stands in `value`.
pub(crate) fn is_deprecated(value: &Value) -> bool {
    value.get("deprecated").and_then(Value::as_bool) == Some(true)
}

impl Argument<'_> {
    /// Whether the caller must give it. A key by which the server knows a repetition is made if none is given.
    pub(crate) fn is_required(&self) -> bool {
        (self.parameter.required || self.parameter.location == In::Path) && !lower::is_idempotency_key(self.parameter)
    }

    /// The name of its setter.
    pub(crate) fn setter(&self) -> Ident {
        free(&self.name.to_string(), &CALL_METHODS)
    }
}

/// Methods that the hand-written client and call have themselves.
pub(crate) const CLIENT_METHODS: [&str; 2] = ["base_url", "builder"];
const CALL_METHODS: [&str; 12] = [
    "exchange",
    "header",
    "items",
    "new",
    "own_request_id",
    "pages",
    "refuse",
    "retries",
    "run",
    "send",
    "timeout",
    "turned",
];
/// Methods that the hand-written builder of clients has itself.
const BUILDER_METHODS: [&str; 12] = [
    "allow_insecure_http",
    "build",
    "connect_timeout",
    "credential",
    "http_client",
    "max_response_bytes",
    "new",
    "retries",
    "sleep_with",
    "timeout",
    "user_agent",
    "without_idempotency_keys",
];

/// The setter of a security scheme's credential.
pub(crate) fn credential_setter(scheme: &str) -> Ident {
    free(&names::snake(scheme), &BUILDER_METHODS)
}

/// An identifier that differs from those `taken`.
pub(crate) fn free(name: &str, taken: &[&str]) -> Ident {
    if taken.contains(&name) { format_ident!("{name}_") } else { ident(name.to_owned()) }
}

/// An identifier, spelled as progenitor spells it when the name is a keyword.
pub(crate) fn ident(name: String) -> Ident {
    if typify::accept_as_ident(&name) { format_ident!("{name}") } else { format_ident!("{name}_") }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use syn::{ImplItem, Item};

    use crate::standalone::CLIENT_FILES;

    /// The methods that a hand-written type of the client has itself, for all of its parameters.
    fn methods_of(ident: &str) -> BTreeSet<String> {
        let files = CLIENT_FILES.iter().map(|(_, text)| syn::parse_file(text).expect("a file in Rust"));
        let mut found = BTreeSet::new();
        for item in files.flat_map(|file| file.items) {
            let Item::Impl(item) = item else { continue };
            let syn::Type::Path(kind) = &*item.self_ty else { continue };
            if item.trait_.is_some() || kind.path.segments.last().is_none_or(|last| last.ident != ident) {
                continue;
            }
            found.extend(item.items.iter().filter_map(|item| match item {
                ImplItem::Fn(method) => Some(method.sig.ident.to_string()),
                _ => None,
            }));
        }
        found
    }

    #[test]
    fn what_hand_written_types_call_themselves_is_known() {
        for (ident, known) in [("Call", &super::CALL_METHODS), ("ClientBuilder", &super::BUILDER_METHODS)] {
            assert_eq!(methods_of(ident), known.iter().map(|name| (*name).to_owned()).collect(), "{ident}");
        }
    }
}
