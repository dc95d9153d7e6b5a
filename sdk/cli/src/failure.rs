//! What went wrong: for a person what happened, where, and what to do; for a script an exit code and the same as JSON.

use std::fmt;
use std::process::ExitCode;

use serde_json::{Map, Value, json};

/// What a script can tell apart. The numbers are a promise: the help of the program and its README state them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Code {
    /// Everything that was wanted came about.
    Done,
    /// The service refused: a status of the 400s.
    Refused,
    /// The command line, the configuration or a local file is wrong. Nothing was sent.
    Usage,
    /// No connection, a broken one, or no answer in time.
    Unreachable,
    /// The service failed, or answered what the document does not know, or its answer cannot be written.
    Fault,
    /// An import came to its end, but not every row succeeded.
    Partial,
    /// Ctrl-C.
    Interrupted,
}

impl Code {
    /// The exit code.
    pub(crate) fn number(self) -> u8 {
        match self {
            Self::Done => 0,
            Self::Refused => 1,
            Self::Usage => 2,
            Self::Unreachable => 3,
            Self::Fault => 4,
            Self::Partial => 5,
            Self::Interrupted => 130,
        }
    }

    /// Its name in JSON.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Refused => "refused",
            Self::Usage => "usage",
            Self::Unreachable => "unreachable",
            Self::Fault => "fault",
            Self::Partial => "partial",
            Self::Interrupted => "interrupted",
        }
    }
}

impl From<Code> for ExitCode {
    fn from(code: Code) -> Self {
        Self::from(code.number())
    }
}

/// A failure. Boxed, because it is the rare case of every result.
#[derive(Clone, Debug)]
pub(crate) struct Failure(Box<Parts>);

#[derive(Clone, Debug)]
pub(crate) struct Parts {
    pub(crate) code: Code,
    /// What happened; lower case, no full stop.
    pub(crate) message: String,
    /// One line for each thing that is wrong.
    pub(crate) details: Vec<String>,
    /// What a person can do.
    pub(crate) hint: Option<String>,
    /// Whether the service acted is not known.
    pub(crate) in_doubt: bool,
    /// The call that failed, if one was made.
    pub(crate) call: Option<Call>,
}

/// A call that failed.
#[derive(Clone, Debug, Default)]
pub(crate) struct Call {
    pub(crate) operation: &'static str,
    /// Where it went: the server and nothing that a secret could stand in.
    pub(crate) server: String,
    pub(crate) request_id: String,
    pub(crate) attempts: u32,
    pub(crate) status: Option<u16>,
    pub(crate) retry_after: Option<f64>,
    /// The body of the answer, if it was JSON, without the secrets of an answer.
    pub(crate) body: Option<Value>,
    /// The body of a success that could not be read.
    pub(crate) unread: Option<Unread>,
}

/// Bytes that may hold the only copy of a secret.
#[derive(Clone)]
pub(crate) struct Unread(pub(crate) Vec<u8>);

impl fmt::Debug for Unread {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Unread").finish_non_exhaustive()
    }
}

impl Failure {
    pub(crate) fn new(code: Code, message: impl Into<String>) -> Self {
        let (details, message) = (Vec::new(), message.into());
        Self(Box::new(Parts { code, message, details, hint: None, in_doubt: false, call: None }))
    }

    /// Something of the caller's own.
    pub(crate) fn usage(message: impl Into<String>) -> Self {
        Self::new(Code::Usage, message)
    }

    pub(crate) fn hint(mut self, hint: impl Into<String>) -> Self {
        self.0.hint = Some(hint.into());
        self
    }

    pub(crate) fn details(mut self, details: Vec<String>) -> Self {
        self.0.details = details;
        self
    }

    /// The same of what comes after a call: that code no longer says that nothing was sent.
    pub(crate) fn after_a_call(mut self) -> Self {
        self.0.code = Code::Fault;
        self
    }

    /// One more line.
    pub(crate) fn detail(mut self, detail: impl Into<String>) -> Self {
        self.0.details.push(detail.into());
        self
    }

    /// Whether the service acted is not known.
    pub(crate) fn in_doubt(mut self, in_doubt: bool) -> Self {
        self.0.in_doubt = in_doubt;
        self
    }

    /// With the body of the answer as it came, for who wants its secrets.
    pub(crate) fn bare(mut self, body: &Unread) -> Self {
        if let Some(call) = &mut self.0.call {
            call.body = serde_json::from_slice(&body.0).ok();
        }
        self.detail(format!("the answer was: {}", String::from_utf8_lossy(&body.0)))
    }

    pub(crate) fn call(mut self, call: Call) -> Self {
        self.0.call = Some(call);
        self
    }

    /// The server that the call went to, known only to whoever made the client.
    pub(crate) fn at(mut self, server: &str) -> Self {
        if let Some(call) = &mut self.0.call {
            server.clone_into(&mut call.server);
        }
        self
    }

    pub(crate) fn parts(&self) -> &Parts {
        &self.0
    }

    pub(crate) fn code(&self) -> Code {
        self.0.code
    }

    /// One line, for lists of failures.
    pub(crate) fn line(&self) -> String {
        match self.0.details.as_slice() {
            [] => self.0.message.clone(),
            details => format!("{}: {}", self.0.message, details.join("; ")),
        }
    }

    /// The form for scripts.
    pub(crate) fn json(&self) -> Value {
        let Parts { code, message, details, hint, in_doubt, call } = self.parts();
        let mut error = Map::new();
        error.insert("code".to_owned(), json!(code.name()));
        error.insert("exit_code".to_owned(), json!(code.number()));
        error.insert("message".to_owned(), json!(message));
        error.insert("details".to_owned(), json!(details));
        error.insert("hint".to_owned(), json!(hint));
        error.insert("in_doubt".to_owned(), json!(in_doubt));
        if let Some(call) = call {
            error.insert("operation".to_owned(), json!(call.operation));
            error.insert("server".to_owned(), json!(call.server));
            error.insert("request_id".to_owned(), json!(call.request_id));
            error.insert("attempts".to_owned(), json!(call.attempts));
            error.insert("status".to_owned(), json!(call.status));
            error.insert("retry_after_seconds".to_owned(), json!(call.retry_after));
            error.insert("body".to_owned(), json!(call.body));
        }
        json!({ "error": error })
    }

    /// The form for people; what cannot be printed is still in it.
    pub(crate) fn text(&self) -> String {
        let Parts { message, details, hint, call, .. } = self.parts();
        let mut text = message.clone();
        for detail in details {
            text += &format!("\n  - {detail}");
        }
        if let Some(call) = call {
            text += &format!("\n  where:   `{}` at {}", call.operation, call.server);
            if call.attempts > 1 {
                text += &format!(", {} attempts", call.attempts);
            }
            text += &format!("\n  request: {}", call.request_id);
        }
        if let Some(hint) = hint {
            text += &format!("\nhint: {hint}");
        }
        text
    }
}
