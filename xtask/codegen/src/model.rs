//! The document as the generator sees it: every reference resolved, every operation flat.
//!
//! Built once by [`read`](crate::read::model); the passes after it never look at the raw document for an operation again.

use serde_json::Value;

/// Everything the passes need to know.
#[derive(Clone, Debug)]
pub struct Model {
    /// `info.title`.
    pub title: String,
    /// `info.version`.
    pub version: String,
    /// In document order.
    pub operations: Vec<Operation>,
    /// Root tags with their descriptions, in document order.
    pub tags: Vec<(String, String)>,
    /// `components.schemas`, in document order.
    pub schemas: Vec<Schema>,
    /// `components.securitySchemes`, in document order.
    pub schemes: Vec<Scheme>,
}

/// One named schema.
#[derive(Clone, Debug)]
pub struct Schema {
    /// Component name, PascalCase.
    pub name: String,
    /// As written.
    pub value: Value,
    /// JSON pointer into the document.
    pub pointer: String,
}

/// One security scheme.
#[derive(Clone, Debug)]
pub struct Scheme {
    /// Component name, camelCase.
    pub name: String,
    /// How the credential travels.
    pub kind: SchemeKind,
    /// First paragraph of the description.
    pub description: String,
}

/// How a credential travels.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SchemeKind {
    /// `Authorization: Bearer …`.
    Bearer,
    /// `Authorization: Basic …`.
    Basic,
    /// A header of its own that carries the bare value; the name as written.
    Header(String),
}

/// One operation.
#[derive(Clone, Debug)]
pub struct Operation {
    /// `operationId`, snake_case.
    pub id: String,
    /// Upper-case method.
    pub method: String,
    /// Path template.
    pub path: String,
    /// One line.
    pub summary: String,
    /// Markdown, may be empty.
    pub description: String,
    /// The one tag.
    pub tag: String,
    /// JSON pointer of the operation object.
    pub pointer: String,
    /// Path, query and header parameters in document order.
    pub parameters: Vec<Parameter>,
    /// The request body, if any.
    pub body: Option<Body>,
    /// In ascending order of status.
    pub responses: Vec<Response>,
    /// OR of ANDs of scheme names; empty: anonymous.
    pub security: Vec<Vec<String>>,
    /// `x-access`.
    pub access: Access,
    /// Largest body accepted, in bytes.
    pub max_body_bytes: u64,
}

/// Who may call an operation.
#[derive(Clone, Debug)]
pub struct Access {
    /// One word of the document's vocabulary.
    pub who: String,
    /// One sentence.
    pub rule: String,
}

/// Where a parameter stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum In {
    /// A segment of the path.
    Path,
    /// The query string.
    Query,
    /// A header.
    Header,
}

/// One parameter.
#[derive(Clone, Debug)]
pub struct Parameter {
    /// Name on the wire.
    pub name: String,
    /// Where it stands.
    pub location: In,
    /// Whether it must be there.
    pub required: bool,
    /// Its schema, never a reference.
    pub schema: Value,
    /// What it means.
    pub description: String,
}

/// A request body.
#[derive(Clone, Debug)]
pub struct Body {
    /// Component name of its schema.
    pub schema: String,
    /// The one media type.
    pub media_type: String,
}

/// One documented answer.
#[derive(Clone, Debug)]
pub struct Response {
    /// Exact status.
    pub status: u16,
    /// What it means.
    pub description: String,
    /// Media type and component name of its schema; none: no body.
    pub content: Option<Content>,
    /// Headers in document order.
    pub headers: Vec<Header>,
    /// The vendor's own servers send it, this one never does (`x-sent-by: vendor`).
    pub vendor_only: bool,
    /// JSON pointer of the response object, references followed.
    pub pointer: String,
}

impl Response {
    /// Whether the status is 2xx.
    #[must_use]
    pub fn is_success(&self) -> bool {
        (200..300).contains(&self.status)
    }
}

/// A body of an answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Content {
    /// For example `application/problem+json`.
    pub media_type: String,
    /// Component name of its schema.
    pub schema: String,
}

/// One header of an answer.
#[derive(Clone, Debug)]
pub struct Header {
    /// Name as written.
    pub name: String,
    /// Whether it is always sent.
    pub required: bool,
    /// What it means.
    pub description: String,
    /// Its schema.
    pub schema: Value,
}

impl Operation {
    /// The success answer that a server of this document sends: the lowest 2xx not marked as the vendor's own.
    #[must_use]
    pub fn success(&self) -> Option<&Response> {
        self.responses.iter().find(|response| response.is_success() && !response.vendor_only)
    }

    /// Component name of the schema that all errors share; [`read`](crate::read) has made sure of it.
    #[must_use]
    pub fn error_schema(&self) -> Option<&str> {
        self.errors().find_map(|response| response.content.as_ref()).map(|content| content.schema.as_str())
    }

    /// All answers that are not a success.
    pub fn errors(&self) -> impl Iterator<Item = &Response> {
        self.responses.iter().filter(|response| !response.is_success())
    }
}
