//! A server that is not ours, held against the document: `cargo xtask contract`, described in `tests/README.md`.
//!
//! 1. [`world`]: what its operator tells: credentials, and values that exist over there.
//! 2. [`cases`]: what is tried. The generated request vectors of the flow's operations, each valid one through the typed
//!    client, too, and a few situations that no single request can make, such as an address that is taken.
//! 3. [`run`]: makes the requests. Without leave to write it sends only what is safe by its method.
//! 4. [`judge`]: holds an answer against what the document says of the case. What that is comes from the document alone.
//! 5. [`print`](mod@print): says what came of it, to people and to scripts.

pub mod cases;
pub mod judge;
pub mod print;
pub mod run;
pub mod world;

use serde::Serialize;

/// What came of all cases.
#[derive(Clone, Debug, Serialize)]
pub struct Report {
    /// The flow.
    pub flow: String,
    /// Where the server is.
    pub base_url: String,
    /// Title and version of the document.
    pub document: String,
    /// Whether requests that change something were made.
    pub writes: bool,
    /// Cases that keep the document.
    pub kept: Vec<String>,
    /// Where it departs.
    pub findings: Vec<Finding>,
    /// Cases that could not be made.
    pub not_made: Vec<NotMade>,
    /// What nobody tried.
    pub untried: Vec<Untried>,
}

/// A documented answer that no case asks for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Untried {
    /// The status.
    pub status: u16,
    /// The operations that have it.
    pub operations: Vec<String>,
}

/// One departure in one case.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// A word for scripts, one of the constants of [`judge`].
    pub code: &'static str,
    /// `operationId`.
    pub operation: String,
    /// Which case.
    pub case: String,
    /// What the case is about, and where the document says it.
    pub because: String,
    /// What the document says.
    pub says: String,
    /// What came.
    pub came: String,
    /// Where in the body, if it is about its schema.
    pub pointer: Option<String>,
}

/// A case that could not be made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct NotMade {
    /// A word for scripts.
    pub why: Why,
    /// Which case.
    pub case: String,
    /// What is missing.
    pub text: String,
}

/// Why a case could not be made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Why {
    /// It changes something, and `--write` was not given.
    Writes,
    /// A credential is missing.
    NoCredential,
    /// A value of the server's world is missing.
    NoValue,
    /// Something that has to be there first could not be made.
    Prerequisite,
    /// The server asked to come back later.
    RateLimited,
    /// The typed client has no way to say it.
    NotExpressible,
}

impl Report {
    /// Cases in which it departs.
    #[must_use]
    pub fn departed(&self) -> usize {
        let mut cases: Vec<&str> = self.findings.iter().map(|finding| finding.case.as_str()).collect();
        cases.sort_unstable();
        cases.dedup();
        cases.len()
    }

    /// 0: every case that could be made keeps the document. 1: some depart. 2: none could be made.
    #[must_use]
    pub fn exit_code(&self) -> u8 {
        match (self.findings.is_empty(), self.kept.is_empty()) {
            (false, _) => 1,
            (true, false) => 0,
            (true, true) => 2,
        }
    }
}
