//! What the generated tables are made of. They know the document; everything else in this crate knows only them.

/// One operation.
#[derive(Debug)]
pub(crate) struct Operation {
    /// `operationId`.
    pub(crate) id: &'static str,
    /// Upper-case method.
    pub(crate) method: &'static str,
    /// Path template.
    pub(crate) path: &'static str,
    /// Where it is defined.
    pub(crate) place: &'static str,
    pub(crate) parameters: &'static [Parameter],
    pub(crate) body: Option<RequestBody>,
    /// By ascending status.
    pub(crate) answers: &'static [Answer],
    /// Alternatives, each a set of schemes that go together; empty: anonymous.
    pub(crate) security: &'static [&'static [&'static Scheme]],
    pub(crate) max_body_bytes: usize,
}

/// One parameter.
#[derive(Debug)]
pub(crate) struct Parameter {
    pub(crate) name: &'static str,
    pub(crate) location: Location,
    pub(crate) required: bool,
    /// A secret: never shown.
    pub(crate) sensitive: bool,
    pub(crate) list: List,
    /// Of the value, or of the items of a list.
    pub(crate) kind: Kind,
    /// Pointer into the schemas.
    pub(crate) schema: &'static str,
}

/// Where a parameter stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(dead_code, reason = "no document has every kind")]
pub(crate) enum Location {
    Path,
    Query,
    Header,
}

/// How the items of a list are written.
#[derive(Clone, Copy, Debug)]
#[allow(dead_code, reason = "no document has every kind")]
pub(crate) enum List {
    No,
    Repeated,
    Separated(char),
}

/// How text becomes a value.
#[derive(Clone, Copy, Debug)]
#[allow(dead_code, reason = "no document has every kind")]
pub(crate) enum Kind {
    Text,
    Integer,
    Number,
    Boolean,
}

/// The body of a request.
#[derive(Debug)]
pub(crate) struct RequestBody {
    pub(crate) required: bool,
    pub(crate) contents: &'static [Content],
}

/// One media type of a body.
#[derive(Debug)]
pub(crate) struct Content {
    pub(crate) media_type: &'static str,
    /// Pointer into the schemas; none for bytes that are handed on as they are.
    pub(crate) schema: Option<&'static str>,
    /// Each keeps the schema.
    pub(crate) examples: &'static [Example],
}

/// A documented body.
#[derive(Debug)]
pub(crate) struct Example {
    /// Empty if it is the only one.
    pub(crate) name: &'static str,
    /// JSON.
    pub(crate) body: &'static str,
}

/// An answer of an operation.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) response: &'static Response,
}

/// An answer, whatever its status: operations share them.
#[derive(Debug)]
pub(crate) struct Response {
    pub(crate) headers: &'static [Header],
    pub(crate) content: Option<Content>,
    /// Only the vendor's own servers send it.
    pub(crate) is_foreign: bool,
}

/// A header of an answer.
#[derive(Debug)]
pub(crate) struct Header {
    pub(crate) name: &'static str,
    pub(crate) required: bool,
    pub(crate) kind: Kind,
    /// Pointer into the schemas.
    pub(crate) schema: &'static str,
    pub(crate) example: &'static str,
}

/// A way to say who is calling.
#[derive(Debug)]
pub(crate) struct Scheme {
    pub(crate) name: &'static str,
    pub(crate) placement: Placement,
}

/// Where a credential stands.
#[derive(Clone, Copy, Debug)]
#[allow(dead_code, reason = "no document has every kind")]
pub(crate) enum Placement {
    Bearer,
    Basic,
    /// The bare value of this header.
    Header(&'static str),
}

impl Operation {
    /// The answer with this status.
    pub(crate) fn answer(&self, status: u16) -> Option<&'static Answer> {
        self.answers.iter().find(|answer| answer.status == status)
    }

    /// The success that a server of this document sends.
    pub(crate) fn success(&self) -> Option<&'static Answer> {
        let own = || self.answers.iter().filter(|answer| !answer.response.is_foreign);
        own().find(|answer| answer.status / 100 == 2).or_else(|| own().find(|answer| answer.status < 400))
    }

    /// Every documented status, for messages.
    pub(crate) fn statuses(&self) -> String {
        let statuses: Vec<String> = self.answers.iter().map(|answer| answer.status.to_string()).collect();
        statuses.join(", ")
    }
}

impl Kind {
    /// The value that `text` stands for; the text itself if it stands for none of this kind, so that the schema refuses it.
    pub(crate) fn value(self, text: &str) -> serde_json::Value {
        let parsed = match self {
            Self::Text => None,
            Self::Integer => text.parse::<i64>().ok().map(Into::into),
            Self::Number => text.parse::<f64>().ok().map(Into::into),
            Self::Boolean => text.parse::<bool>().ok().map(Into::into),
        };
        parsed.unwrap_or_else(|| text.into())
    }
}
