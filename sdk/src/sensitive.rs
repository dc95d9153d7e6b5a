//! Texts that must not be shown.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A secret in a body: a password, a token. `Debug` hides it and there is no `Display`; [`expose`](Self::expose) shows it.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Sensitive(String);

impl Sensitive {
    /// The text itself.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Sensitive {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[redacted]")
    }
}

impl From<String> for Sensitive {
    fn from(text: String) -> Self {
        Self(text)
    }
}

impl From<&str> for Sensitive {
    fn from(text: &str) -> Self {
        Self(text.to_owned())
    }
}

/// So that a token of one answer can be the credential of the next client.
impl From<Sensitive> for secrecy::SecretString {
    fn from(sensitive: Sensitive) -> Self {
        sensitive.0.into()
    }
}
