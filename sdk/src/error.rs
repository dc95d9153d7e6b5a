//! One error for all that can go wrong, and the operation's own error one step away.

use std::fmt;
use std::time::{Duration, SystemTime};

use reqwest::StatusCode;
use reqwest::header::HeaderMap;

use crate::answer::{Answer, Mismatch, OperationError, write_status};
use crate::credentials::MissingCredential;
use crate::operation::InvalidInput;
use crate::retry::{Attempts, is_of_a_gateway, retry_after};

/// Why a call has no documented success.
///
/// [`operation_error`](Self::operation_error) is what the operation itself answered, typed; for the rest there are
/// predicates, and [`status`](Self::status), [`headers`](Self::headers) and [`body`](Self::body) of whatever the server
/// sent. Neither `Display` nor `Debug` shows a credential, the URL or the raw body.
pub struct Error<E> {
    inner: Box<Inner<E>>,
}

struct Inner<E> {
    operation: &'static str,
    request_id: String,
    attempts: Attempts,
    cause: Cause<E>,
    answer: Option<Answer>,
}

/// What went wrong.
pub(crate) enum Cause<E> {
    Input(InvalidInput),
    Missing(MissingCredential),
    Transport(reqwest::Error),
    Operation(E),
    Undeclared,
    Mismatch(Mismatch),
    TooLarge { limit: usize },
}

/// What kind of failure it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// An input cannot be sent. Nothing was.
    InvalidInput,
    /// The operation needs a credential that the client does not have. Nothing was sent.
    MissingCredential,
    /// No connection came about, in none of the attempts. Nothing was sent.
    Connect,
    /// The time was up. Whether the server acted is not known.
    Timeout,
    /// The connection broke, or the answer was cut short; or there was no connection any more for a repetition of what had
    /// been sent before. Whether the server acted is not known.
    Transport,
    /// The operation answered with one of its documented errors.
    Operation,
    /// The document does not know this status for the operation.
    Undeclared,
    /// The document knows the status, but the body is missing, foreign or not as it says.
    Unreadable,
    /// The body of the answer is larger than the client reads.
    TooLarge,
}

impl<E> Error<E> {
    pub(crate) fn new(
        operation: &'static str,
        sent_id: String,
        attempts: Attempts,
        cause: Cause<E>,
        answer: Option<Answer>,
    ) -> Self {
        let request_id = answer.as_ref().and_then(Answer::request_id).map_or(sent_id, str::to_owned);
        Self { inner: Box::new(Inner { operation, request_id, attempts, cause, answer }) }
    }

    /// What kind of failure it is.
    ///
    /// ```no_run
    /// # fn run<E>(error: invite_sdk::Error<E>) {
    /// use invite_sdk::ErrorKind;
    ///
    /// if let ErrorKind::Timeout | ErrorKind::Transport = error.kind() {
    ///     println!("perhaps it was carried out all the same");
    /// }
    /// # }
    /// ```
    #[must_use]
    pub fn kind(&self) -> ErrorKind {
        match &self.inner.cause {
            Cause::Input(_) => ErrorKind::InvalidInput,
            Cause::Missing(_) => ErrorKind::MissingCredential,
            Cause::Transport(error) if error.is_connect() && !self.inner.attempts.sent => ErrorKind::Connect,
            Cause::Transport(error) if error.is_timeout() => ErrorKind::Timeout,
            Cause::Transport(_) => ErrorKind::Transport,
            Cause::Operation(_) => ErrorKind::Operation,
            Cause::Undeclared => ErrorKind::Undeclared,
            Cause::Mismatch(_) => ErrorKind::Unreadable,
            Cause::TooLarge { .. } => ErrorKind::TooLarge,
        }
    }

    /// What the operation answered, if that is one of its documented errors.
    ///
    /// ```no_run
    /// # fn run<E>(error: invite_sdk::Error<E>) {
    /// if let Some(refused) = error.operation_error() {
    ///     # let _: &E = refused;
    ///     // an enum, one variant a documented status
    /// }
    /// # }
    /// ```
    #[must_use]
    pub fn operation_error(&self) -> Option<&E> {
        match &self.inner.cause {
            Cause::Operation(error) => Some(error),
            _ => None,
        }
    }

    /// The same by value.
    ///
    /// ```no_run
    /// # fn run<E>(error: invite_sdk::Error<E>) -> Result<E, invite_sdk::Error<E>> {
    /// let refused: E = error.into_operation_error()?;
    /// # Ok(refused)
    /// # }
    /// ```
    ///
    /// # Errors
    /// The error itself, if it is of another kind.
    pub fn into_operation_error(self) -> Result<E, Self> {
        match *self.inner {
            Inner { cause: Cause::Operation(error), .. } => Ok(error),
            inner => Err(Self { inner: Box::new(inner) }),
        }
    }

    /// Whether no connection came about, in none of the attempts, so that nothing was sent.
    ///
    /// ```no_run
    /// # fn run<E>(error: invite_sdk::Error<E>) {
    /// if error.is_connect() {
    ///     println!("the server cannot be reached; nothing was sent");
    /// }
    /// # }
    /// ```
    #[must_use]
    pub fn is_connect(&self) -> bool {
        self.kind() == ErrorKind::Connect
    }

    /// Whether the time was up, while connecting or later.
    ///
    /// ```no_run
    /// # fn run<E>(error: invite_sdk::Error<E>) {
    /// if error.is_timeout() {
    ///     println!("no answer in time");
    /// }
    /// # }
    /// ```
    #[must_use]
    pub fn is_timeout(&self) -> bool {
        matches!(&self.inner.cause, Cause::Transport(error) if error.is_timeout())
    }

    /// How often the request was sent, or tried to be; 0 if nothing was tried.
    ///
    /// ```no_run
    /// # fn run<E>(error: invite_sdk::Error<E>) {
    /// println!("gave up after {} attempts", error.attempts());
    /// # }
    /// ```
    #[must_use]
    pub fn attempts(&self) -> u32 {
        self.inner.attempts.count
    }

    /// Whether the server may have acted on an attempt of which no answer of its own came: the time was up, the connection
    /// broke, or a gateway answered in its place (502, 504); with the last attempt or with one before it, whatever the last was
    /// told. A 502 or 504 that the document declares for the operation, with the documented body, is the server's own.
    ///
    /// ```no_run
    /// # fn run<E>(error: invite_sdk::Error<E>) {
    /// if error.is_in_doubt() {
    ///     println!("perhaps it was carried out all the same");
    /// }
    /// # }
    /// ```
    #[must_use]
    pub fn is_in_doubt(&self) -> bool {
        let is_of_a_gateway = || self.status().is_some_and(|status| is_of_a_gateway(status.as_u16()));
        self.inner.attempts.unanswered
            || match self.kind() {
                ErrorKind::Timeout | ErrorKind::Transport => true,
                ErrorKind::Undeclared | ErrorKind::Unreadable | ErrorKind::TooLarge => is_of_a_gateway(),
                ErrorKind::InvalidInput | ErrorKind::MissingCredential | ErrorKind::Connect | ErrorKind::Operation => {
                    false
                }
            }
    }

    /// How long the server asks to wait before another attempt (`Retry-After`), if it does: the call did not make one,
    /// because the operation, the policy or the time limit did not allow it.
    ///
    /// ```no_run
    /// # fn run<E>(error: invite_sdk::Error<E>) {
    /// if let Some(wait) = error.retry_after() {
    ///     println!("try again in {} seconds", wait.as_secs());
    /// }
    /// # }
    /// ```
    #[must_use]
    pub fn retry_after(&self) -> Option<Duration> {
        retry_after(self.headers()?, SystemTime::now())
    }

    /// The status of the answer, if there was one.
    ///
    /// ```no_run
    /// # fn run<E>(error: invite_sdk::Error<E>) {
    /// use invite_sdk::reqwest::StatusCode;
    ///
    /// if error.status() == Some(StatusCode::NOT_FOUND) {
    ///     println!("there is no such thing");
    /// }
    /// # }
    /// ```
    #[must_use]
    pub fn status(&self) -> Option<StatusCode> {
        self.inner.answer.as_ref().map(Answer::status)
    }

    /// The headers of the answer, if there was one.
    ///
    /// ```no_run
    /// # fn run<E>(error: invite_sdk::Error<E>) {
    /// if let Some(headers) = error.headers() {
    ///     println!("{:?}", headers.get("content-type"));
    /// }
    /// # }
    /// ```
    #[must_use]
    pub fn headers(&self) -> Option<&HeaderMap> {
        self.inner.answer.as_ref().map(Answer::headers)
    }

    /// The body of the answer as it came, if there was one; what was read of it, if it was cut short.
    ///
    /// ```no_run
    /// # fn run<E>(error: invite_sdk::Error<E>) {
    /// println!("{} bytes came", error.body().map_or(0, <[u8]>::len));
    /// # }
    /// ```
    #[must_use]
    pub fn body(&self) -> Option<&[u8]> {
        self.inner.answer.as_ref().map(Answer::body)
    }

    /// The server's request id; the one that was made for the call if the server has none of its own.
    ///
    /// ```no_run
    /// # fn run<E>(error: invite_sdk::Error<E>) {
    /// println!("ask the people who run the server about {}", error.request_id());
    /// # }
    /// ```
    #[must_use]
    pub fn request_id(&self) -> &str {
        &self.inner.request_id
    }

    /// `operationId` of the operation that was called.
    ///
    /// ```no_run
    /// # fn run<E>(error: invite_sdk::Error<E>) {
    /// println!("{} failed", error.operation_id());
    /// # }
    /// ```
    #[must_use]
    pub fn operation_id(&self) -> &'static str {
        self.inner.operation
    }
}

impl<E> fmt::Display for Error<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}` ", self.inner.operation)?;
        match self.kind() {
            ErrorKind::InvalidInput => return f.write_str("was not sent: an input is not valid"),
            ErrorKind::MissingCredential => {
                return f.write_str("was not sent: a credential is missing");
            }
            ErrorKind::Connect => f.write_str("could not connect")?,
            ErrorKind::Timeout => f.write_str("took too long")?,
            ErrorKind::Transport => f.write_str("lost its connection")?,
            ErrorKind::Operation | ErrorKind::Undeclared | ErrorKind::Unreadable | ErrorKind::TooLarge => {
                f.write_str("was answered")?
            }
        }
        if let Some(status) = self.status() {
            f.write_str(" ")?;
            write_status(f, status.as_u16())?;
        }
        match &self.inner.cause {
            Cause::Undeclared => f.write_str(", which the document does not know")?,
            Cause::Mismatch(_) => f.write_str(" with a body that the document does not know")?,
            Cause::TooLarge { limit } => write!(f, " with more than {limit} bytes")?,
            Cause::Input(_) | Cause::Missing(_) | Cause::Transport(_) | Cause::Operation(_) => {}
        }
        match self.inner.attempts.count {
            0 | 1 => write!(f, " (request {})", self.inner.request_id),
            attempts => write!(f, " ({attempts} attempts, request {})", self.inner.request_id),
        }
    }
}

impl<E: fmt::Debug> fmt::Debug for Error<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut debug = f.debug_struct("Error");
        debug
            .field("operation", &self.inner.operation)
            .field("kind", &self.kind())
            .field("status", &self.status())
            .field("request_id", &self.inner.request_id)
            .field("attempts", &self.inner.attempts.count);
        match &self.inner.cause {
            Cause::Input(error) => debug.field("cause", error),
            Cause::Missing(error) => debug.field("cause", &format_args!("{error}")),
            Cause::Transport(error) => debug.field("cause", error),
            Cause::Operation(error) => debug.field("cause", error),
            Cause::Mismatch(error) => debug.field("cause", error),
            Cause::Undeclared | Cause::TooLarge { .. } => &mut debug,
        };
        debug.finish_non_exhaustive()
    }
}

impl<E: OperationError> std::error::Error for Error<E> {
    /// Local causes, the transport's error, or where a body stops being what it should. A documented error is not a
    /// cause but the failure itself: [`operation_error`](Self::operation_error).
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match &self.inner.cause {
            Cause::Input(error) => Some(error),
            Cause::Missing(error) => Some(error),
            Cause::Transport(error) => Some(error),
            Cause::Mismatch(error) => Some(error),
            Cause::Operation(_) | Cause::Undeclared | Cause::TooLarge { .. } => None,
        }
    }
}
