//! Values that must not be shown.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// A secret of a request or an answer: a password, a token. `Debug` hides it and there is no `Display`;
/// [`expose`](Self::expose) shows it.
///
/// The document marks them with `format: password`, `writeOnly` or `x-sensitive`; credentials are secrets without a mark.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Sensitive<T = String>(T);

impl<T> Sensitive<T> {
    /// The value itself.
    #[must_use]
    pub const fn expose(&self) -> &T {
        &self.0
    }

    /// The value itself, taken out.
    #[must_use]
    pub fn into_exposed(self) -> T {
        self.0
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

impl FromStr for Sensitive {
    type Err = std::convert::Infallible;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Ok(Self(text.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_travels_whole_and_shows_nothing() {
        let codes: Sensitive<Vec<String>> = serde_json::from_str(r#"["canary-1","canary-2"]"#).unwrap();
        assert_eq!(serde_json::to_string(&codes).unwrap(), r#"["canary-1","canary-2"]"#);
        let text = Sensitive::from("canary".to_owned());
        assert_eq!(serde_json::to_string(&text).unwrap(), r#""canary""#);
        assert_eq!(format!("{codes:?} {:#?}", Some(&text)), "[redacted] Some(\n    [redacted],\n)");
        assert_eq!(text.into_exposed(), "canary");
    }
}
