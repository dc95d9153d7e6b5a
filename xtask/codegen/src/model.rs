//! The document as the generator sees it: every reference resolved, every operation flat, every body named.
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
    /// Root tags, in document order.
    pub tags: Vec<Tag>,
    /// `components.schemas` in document order, then the schemas of bodies that had no name.
    pub schemas: Vec<Schema>,
    /// `components.securitySchemes`, in document order.
    pub schemes: Vec<Scheme>,
}

/// One root tag.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tag {
    /// Its name.
    pub name: String,
    /// What it groups.
    pub description: Option<String>,
    /// URL and description of documentation elsewhere.
    pub docs: Option<(String, Option<String>)>,
    /// `x-client`: its operations have a client of their own.
    pub client: Option<TagClient>,
    /// JSON pointer of the tag object.
    pub pointer: String,
}

/// What `x-client` says of a tag.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TagClient {
    /// Base URL of the server that its maker runs, if it has one.
    pub server: Option<String>,
}

/// One named schema.
#[derive(Clone, Debug)]
pub struct Schema {
    /// Component name; for the schema of a body that had none, a name that was made.
    pub name: String,
    /// As written.
    pub value: Value,
    /// As its Rust types are made of it: with titles that tell apart what is written in place.
    pub typed: Value,
    /// JSON pointer into the document.
    pub pointer: String,
    /// Written in place, so that nothing can refer to it.
    pub inline: bool,
}

/// One security scheme.
#[derive(Clone, Debug)]
pub struct Scheme {
    /// Component name.
    pub name: String,
    /// How the credential travels.
    pub kind: SchemeKind,
    /// First paragraph of the description.
    pub description: String,
    /// JSON pointer of the scheme object, references followed.
    pub pointer: String,
}

/// How a credential travels.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SchemeKind {
    /// `Authorization: Bearer …`; OAuth 2 and OpenID Connect use it too.
    Bearer,
    /// `Authorization: Basic …`.
    Basic,
    /// A header of its own that carries the bare value; the name as written.
    Header(String),
}

/// One operation.
#[derive(Clone, Debug)]
pub struct Operation {
    /// Name in Rust, snake_case, unique.
    pub id: String,
    /// `operationId` as written; made of method and path if there is none.
    pub wire_id: String,
    /// Upper-case method.
    pub method: String,
    /// Path template.
    pub path: String,
    /// One line, may be empty.
    pub summary: String,
    /// Markdown, may be empty.
    pub description: String,
    /// In document order.
    pub tags: Vec<String>,
    /// Whether callers should leave it.
    pub deprecated: bool,
    /// JSON pointer of the operation object.
    pub pointer: String,
    /// Path, query and header parameters in document order; an operation's own replaces one of its path.
    pub parameters: Vec<Parameter>,
    /// The request body, if any.
    pub body: Option<Body>,
    /// Exact statuses in ascending order, then ranges, then the default.
    pub responses: Vec<Response>,
    /// OR of ANDs of scheme names; empty: anonymous.
    pub security: Vec<Vec<String>>,
    /// `x-access`, if the document states it.
    pub access: Option<Access>,
    /// Largest body accepted, in bytes.
    pub max_body_bytes: u64,
    /// What dropshot adds to operations that answer in pages or become a websocket.
    pub extension: Extension,
}

/// An extension that dropshot writes and reads.
#[derive(Clone, Debug, PartialEq)]
pub enum Extension {
    /// None.
    None,
    /// `x-dropshot-pagination` with its value.
    Pagination(Value),
    /// `x-dropshot-websocket`.
    Websocket,
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
    /// Its schema, never a reference at the top.
    pub schema: Value,
    /// Component name, if the schema is a reference.
    pub reference: Option<String>,
    /// What it means.
    pub description: String,
    /// How the items of an array are written.
    pub list: List,
    /// JSON pointer of the parameter object, references followed.
    pub pointer: String,
}

/// How the items of an array parameter are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum List {
    /// Not an array.
    No,
    /// `a=1&a=2` (`explode: true`).
    Repeated,
    /// One value with this character between the items.
    Separated(char),
}

/// A request body.
#[derive(Clone, Debug)]
pub struct Body {
    /// Whether it must be there.
    pub required: bool,
    /// In document order, never empty.
    pub contents: Vec<Content>,
    /// JSON pointer of the body object, references followed.
    pub pointer: String,
}

/// One documented answer.
#[derive(Clone, Debug)]
pub struct Response {
    /// What it stands for.
    pub status: Status,
    /// What it means.
    pub description: String,
    /// In document order; empty: no body.
    pub contents: Vec<Content>,
    /// Headers in document order.
    pub headers: Vec<Header>,
    /// Other servers send it, the vendor's own or a gateway in front; this one never does (`x-sent-by`).
    pub is_foreign: bool,
    /// Name under `components.responses`, if it is a reference.
    pub component: Option<String>,
    /// JSON pointer of the response object, references followed.
    pub pointer: String,
}

/// Members of a path item that are operations, in OpenAPI 3.0.
pub const METHODS: [&str; 8] = ["get", "put", "post", "delete", "options", "head", "patch", "trace"];

/// The key of an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Status {
    /// `404`.
    Exact(u16),
    /// `4XX`: its first digit.
    Range(u16),
    /// `default`.
    Default,
}

impl Status {
    /// From the key in the document.
    #[must_use]
    pub fn parse(key: &str) -> Option<Self> {
        match key.as_bytes() {
            b"default" => Some(Self::Default),
            [digit @ b'1'..=b'5', b'X' | b'x', b'X' | b'x'] => Some(Self::Range(u16::from(digit - b'0'))),
            [b'1'..=b'5', _, _] => key.parse().ok().map(Self::Exact),
            _ => None,
        }
    }

    /// The first digit; none for `default`.
    #[must_use]
    pub fn class(self) -> Option<u16> {
        match self {
            Self::Exact(status) => Some(status / 100),
            Self::Range(digit) => Some(digit),
            Self::Default => None,
        }
    }
}

impl std::fmt::Display for Status {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Exact(status) => write!(f, "{status}"),
            Self::Range(digit) => write!(f, "{digit}XX"),
            Self::Default => f.write_str("default"),
        }
    }
}

/// One media type of a body.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Content {
    /// For example `application/problem+json`, as written.
    pub media_type: String,
    /// What the bytes are.
    pub payload: Payload,
    /// JSON pointer of the media type object.
    pub pointer: String,
}

/// What the bytes of a body are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Payload {
    /// JSON of the named schema.
    Json(String),
    /// `application/x-www-form-urlencoded` of the named schema.
    Form(String),
    /// `multipart/form-data`.
    Multipart,
    /// Text or bytes that are handed on as they are.
    Raw,
}

impl Content {
    /// Component name of the schema that decides the Rust type.
    #[must_use]
    pub fn schema(&self) -> Option<&str> {
        match &self.payload {
            Payload::Json(name) | Payload::Form(name) => Some(name),
            Payload::Multipart | Payload::Raw => None,
        }
    }

    /// The media type without parameters, lower case.
    #[must_use]
    pub fn essence(&self) -> String {
        essence(&self.media_type)
    }
}

/// A media type without parameters, lower case.
#[must_use]
pub fn essence(media_type: &str) -> String {
    media_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase()
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
    /// Its schema, never a reference at the top.
    pub schema: Value,
    /// Component name, if the schema is a reference.
    pub reference: Option<String>,
    /// JSON pointer of the header object, references followed.
    pub pointer: String,
}

impl Response {
    /// Whether the status is 2xx.
    #[must_use]
    pub fn is_success(&self) -> bool {
        self.status.class() == Some(2)
    }

    /// Whether the status is 4xx or 5xx.
    #[must_use]
    pub fn is_error(&self) -> bool {
        matches!(self.status.class(), Some(4 | 5))
    }

    /// The first JSON body.
    #[must_use]
    pub fn json(&self) -> Option<(&Content, &str)> {
        self.contents.iter().find_map(|content| match &content.payload {
            Payload::Json(name) => Some((content, name.as_str())),
            Payload::Form(_) | Payload::Multipart | Payload::Raw => None,
        })
    }
}

impl Operation {
    /// The success answer that a server of this document sends: the lowest 2xx not marked as the vendor's own; without
    /// one, the lowest answer that is no error, and the default last.
    #[must_use]
    pub fn success(&self) -> Option<&Response> {
        let own = || self.responses.iter().filter(|response| !response.is_foreign && !response.is_error());
        own().find(|response| response.is_success()).or_else(|| own().next())
    }

    /// Every answer with a 4xx or 5xx status, and the default where it is not the success.
    pub fn errors(&self) -> impl Iterator<Item = &Response> {
        let is_default_error = self.success().is_some_and(|success| success.status != Status::Default);
        self.responses
            .iter()
            .filter(move |response| response.is_error() || (is_default_error && response.status == Status::Default))
    }

    /// Names of the schemas of its JSON errors, without repetition, in order of status.
    #[must_use]
    pub fn error_schemas(&self) -> Vec<&str> {
        let mut names: Vec<&str> = Vec::new();
        for (_, name) in self.errors().filter_map(Response::json) {
            if !names.contains(&name) {
                names.push(name);
            }
        }
        names
    }
}

impl Model {
    /// The schema called `name`.
    #[must_use]
    pub fn schema(&self, name: &str) -> Option<&Schema> {
        self.schemas.iter().find(|schema| schema.name == name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn statuses_are_exact_ranges_or_the_default() {
        assert_eq!(Status::parse("404"), Some(Status::Exact(404)));
        assert_eq!(Status::parse("4XX"), Some(Status::Range(4)));
        assert_eq!(Status::parse("default"), Some(Status::Default));
        assert_eq!([Status::parse("600"), Status::parse("4X"), Status::parse("40a")], [None; 3]);
        assert!(Status::Exact(599) < Status::Range(2) && Status::Range(5) < Status::Default);
    }
}
