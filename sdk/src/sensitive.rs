//! Values that must not be shown.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A secret in a body: a password, a token. `Debug` hides it and there is no `Display`; [`expose`](Self::expose) shows it.
///
/// The document marks them with `format: password`, `writeOnly` or `x-sensitive`.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Sensitive<T = String>(T);

impl<T> Sensitive<T> {
    /// The value itself.
    ///
    /// ```
    /// use invite_sdk::Sensitive;
    ///
    /// let password: Sensitive = "correct horse".into();
    /// assert_eq!(password.expose(), "correct horse");
    /// assert_eq!(format!("{password:?}"), "[redacted]");
    /// ```
    #[must_use]
    pub fn expose(&self) -> &T {
        &self.0
    }
}

impl<T> fmt::Debug for Sensitive<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[redacted]")
    }
}

impl<T> From<T> for Sensitive<T> {
    fn from(value: T) -> Self {
        Self(value)
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_travels_whole_and_shows_nothing() {
        let codes: Sensitive<Vec<String>> = serde_json::from_str(r#"["canary-1","canary-2"]"#).unwrap();
        assert_eq!(serde_json::to_string(&codes).unwrap(), r#"["canary-1","canary-2"]"#);
        assert_eq!(codes.expose().len(), 2);
        let text: Sensitive = "canary".into();
        assert_eq!(serde_json::to_string(&text).unwrap(), r#""canary""#);
        assert_eq!(text.expose(), "canary");
        assert_eq!(format!("{codes:?} {text:?} {:#?}", Some(&text)), "[redacted] [redacted] Some(\n    [redacted],\n)");
    }
}
