//! What every operation has in common: its entry in the table, its inputs, how it is sent and read.

use std::fmt;

use crate::answer::{Answer, OperationError, Verdict};
use crate::draft::{Draft, Unmade};
use crate::generated::security::Scheme;
use crate::retry::RetryClass;

/// One operation of the document, as the client needs it.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct OperationInfo {
    /// `operationId`.
    pub id: &'static str,
    /// Upper-case method.
    pub method: &'static str,
    /// Path template.
    pub path: &'static str,
    /// Every media type that it may answer with, as the value of `Accept`; empty if it never has a body.
    pub accept: &'static str,
    /// Alternatives, each a set of schemes that go together; empty if it takes no credential.
    pub security: &'static [&'static [Scheme]],
    /// Whether its request may be sent again.
    pub retry: RetryClass,
}

/// What progenitor's lines make.
pub(crate) type Requested = Result<reqwest::Request, Unmade>;

/// An operation with its inputs. Implemented by the types in [`operations`](crate::operations) only.
pub trait Operation: Send + Sized + 'static {
    /// The body of a success.
    type Output: Send + 'static;
    /// What it answers when it does not succeed.
    type Error: OperationError;
    /// Its entry in the table.
    const INFO: OperationInfo;

    #[doc(hidden)]
    fn media_type(&self) -> MediaType {
        MediaType::AsSent
    }

    /// What it sends as `X-Request-Id`, if the document has a parameter for it and the caller gave one.
    #[doc(hidden)]
    fn request_id(&self) -> Option<String> {
        None
    }

    /// Whether it can make its request once only: the body is the caller's, maybe a stream.
    #[doc(hidden)]
    const ONCE: bool = false;

    #[doc(hidden)]
    fn request(&mut self, draft: &Draft<'_>) -> Requested;

    #[doc(hidden)]
    fn decode(answer: &Answer) -> Verdict<Self::Output, Self::Error>;
}

/// The media type of a request body.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MediaType {
    /// The one that its form has by itself.
    AsSent,
    /// There is no body.
    None,
    /// This one.
    Of(String),
}

/// A value that cannot be sent. Found out before anything is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InvalidInput {
    message: String,
}

impl InvalidInput {
    pub(crate) fn new(message: impl Into<String>) -> Self {
        Self { message: message.into() }
    }
}

impl fmt::Display for InvalidInput {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for InvalidInput {}

/// What can be given as a request body: the body itself, or its builder. A builder that is incomplete or holds an invalid
/// value makes the call fail when it is sent, with the member's name in the message.
pub trait IntoBody<T> {
    /// The body.
    ///
    /// ```
    /// use invite_sdk::IntoBody;
    ///
    /// let body: String = "as it is".into_body()?;
    /// assert_eq!(body, "as it is");
    /// # Ok::<(), invite_sdk::InvalidInput>(())
    /// ```
    ///
    /// # Errors
    /// A member that is missing or not valid.
    fn into_body(self) -> Result<T, InvalidInput>;
}

impl<T, B> IntoBody<T> for B
where
    B: TryInto<T>,
    B::Error: fmt::Display,
{
    fn into_body(self) -> Result<T, InvalidInput> {
        self.try_into().map_err(|error| InvalidInput::new(format!("the body is not valid: {error}")))
    }
}

/// The value of a member as its type wants it. The message names the member and not the value, which may be a secret.
pub(crate) fn converted<T, V>(value: V, member: &str) -> Result<T, String>
where
    V: TryInto<T>,
    V::Error: fmt::Display,
{
    value.try_into().map_err(|error| format!("error converting supplied value for {member}: {error}"))
}
