//! The behaviour vectors of `openapi/generated/vectors`, and one runner for every side.
//!
//! * here: the files as they are read. `openapi/README.md` describes the format.
//! * [`request`]: the bytes of a request vector. [`same`]: when two JSON values are the same to this contract.
//! * [`target`]: request vectors against whatever answers them: the server, a mock, either behind something else.
//! * [`intermediary`]: changes what passes, so that a good server becomes a bad one.
//! * [`client`]: both kinds against the client, whose peer is [`peer`], a scripted socket, or `scripted`, a mock.
//!   [`calls`]: JSON to typed calls.
//!
//! The server and the client are met over loopback only: dropshot has no way to hand it a request without a socket, and the
//! client's transport is reqwest. The mock has one, so that it is met over a socket and in process. The server's process
//! runs the library's own `main`: what is tested is the same code with signals and logs of its own.

pub mod calls;
pub mod client;
#[rustfmt::skip]
#[expect(clippy::too_many_lines, reason = "generated: an arm an operation")]
#[path = "generated/calls.rs"]
pub(crate) mod generated_calls;
pub mod intermediary;
pub mod peer;
pub mod request;
pub mod same;
mod scripted;
pub mod target;

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde::Deserialize;
use serde_json::{Map, Value};

use crate::document;

/// Where the files are, below the root of the workspace.
pub const FOLDER: &str = "openapi/generated/vectors";

/// The vectors of one operation.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct File {
    /// `operationId`.
    pub operation: String,
    /// Upper-case method.
    pub method: String,
    /// Path template.
    pub path: String,
    /// Where the document defines it.
    pub at: String,
    /// Example bodies by name.
    #[serde(default)]
    pub bodies: Map<String, Value>,
    /// One request each.
    pub requests: Vec<RequestVector>,
    /// One call each, and what a peer answers.
    pub answers: Vec<AnswerVector>,
}

/// A request, what a server has to answer, and what a client does.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RequestVector {
    /// Unique over all files.
    pub name: String,
    /// What the document says, and where.
    pub because: String,
    /// The request.
    pub request: Request,
    /// Where it is wrong: `/body/email`; none if it is right.
    pub violates: Option<String>,
    /// One of these answers; none if it never reaches a server.
    pub server: Option<Vec<Promise>>,
    /// None if typed code cannot say it.
    pub client: Option<Does>,
}

/// One request.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Request {
    /// Schemes that are sent, all of them.
    pub credentials: Vec<String>,
    /// Path parameters, not encoded.
    #[serde(default)]
    pub path: BTreeMap<String, String>,
    /// Query parameters.
    #[serde(default)]
    pub query: BTreeMap<String, String>,
    /// Headers.
    #[serde(default)]
    pub headers: BTreeMap<String, String>,
    /// The body.
    pub body: Option<Body>,
}

/// A body: an example, perhaps changed; a text; or bytes in hexadecimal digits.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Body {
    /// None: not sent.
    pub media_type: Option<String>,
    /// One of the file's bodies.
    pub example: Option<String>,
    /// A JSON patch (RFC 6902), whose operations may repeat their value `times`.
    #[serde(default)]
    pub patch: Vec<Patch>,
    /// In place of an example.
    pub text: Option<String>,
    /// In place of an example.
    pub hex: Option<String>,
    /// With blanks after it, until it has this size.
    pub padded_to_bytes: Option<usize>,
}

/// One operation of a patch.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Patch {
    /// `add`, `replace` or `remove`.
    pub op: String,
    /// Where.
    pub path: String,
    /// What.
    #[serde(default)]
    pub value: Value,
    /// A text or list that is repeated so often.
    pub times: Option<usize>,
}

/// A declared answer.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Promise {
    /// The status.
    pub status: u16,
    /// None: no body.
    pub media_type: Option<String>,
    /// The component that the body is.
    pub schema: Option<String>,
    /// Headers that are always there.
    #[serde(default)]
    pub headers: Vec<String>,
}

/// What a client does that is asked for a request.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub enum Does {
    /// Sends exactly this.
    Sends,
    /// Sends nothing.
    Refuses,
    /// One of the two, as its types are.
    #[serde(rename = "sends or refuses")]
    Either,
}

/// What a peer answers in turn, and what a client reports.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AnswerVector {
    /// Unique over all files.
    pub name: String,
    /// What the document says, and where.
    pub because: String,
    /// In turn.
    pub exchanges: Vec<Exchange>,
    /// How often the client may send the request again.
    #[serde(default)]
    pub repetitions: u32,
    /// How much the client may read.
    pub max_response_bytes: Option<usize>,
    /// What it reports.
    pub client: Report,
}

/// One answer.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Exchange {
    /// The connection is closed without any answer.
    #[serde(default)]
    pub closed: bool,
    /// The status.
    #[serde(default)]
    pub status: u16,
    /// The headers, in lower case.
    #[serde(default)]
    pub headers: BTreeMap<String, String>,
    /// The body, as JSON.
    pub json: Option<Value>,
    /// The body, as text.
    pub text: Option<String>,
    /// With blanks after it, until it has this size.
    pub padded_to_bytes: Option<usize>,
    /// The connection is closed after so many bytes of the body that was announced.
    pub cut_to_bytes: Option<usize>,
}

/// What a client says of the last answer that it asked for.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Report {
    /// The kind of outcome.
    pub reports: Word,
    /// How often the request was sent.
    pub attempts: u32,
    /// At least so long it waited before each further attempt.
    #[serde(default)]
    pub waits_seconds: Vec<u64>,
    /// A member that the typed body may have no room for.
    pub may_lack: Option<String>,
    /// A header that is the same in every attempt.
    pub same_header: Option<String>,
}

/// A kind of outcome.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub enum Word {
    /// A declared success.
    Success,
    /// A declared error.
    Error,
    /// A status that the document does not know.
    Undeclared,
    /// A declared status with another body.
    Unreadable,
    /// A body larger than is read.
    TooLarge,
    /// No whole answer.
    Transport,
}

impl File {
    /// The request that answer vectors are answers to: the first that a client sends.
    #[must_use]
    pub fn first(&self) -> &RequestVector {
        let sent = self.requests.iter().find(|vector| vector.client == Some(Does::Sends));
        sent.unwrap_or_else(|| panic!("{} has no valid request", self.operation))
    }

    /// How many vectors it has.
    #[must_use]
    pub fn count(&self) -> usize {
        self.requests.len() + self.answers.len()
    }
}

/// All files, by operation, in the order of the document.
#[must_use]
pub fn files() -> &'static [File] {
    static FILES: LazyLock<Vec<File>> = LazyLock::new(|| {
        let folder = document::root().join(FOLDER);
        let read = |operation: &dropshot_codegen::model::Operation| {
            let path = folder.join(format!("{}.json", operation.id));
            let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
            serde_json::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
        };
        document::model().operations.iter().map(read).collect()
    });
    &FILES
}

/// The file of one operation.
#[must_use]
pub fn file(operation: &str) -> &'static File {
    files().iter().find(|file| file.operation == operation).unwrap_or_else(|| panic!("no vectors of {operation}"))
}
