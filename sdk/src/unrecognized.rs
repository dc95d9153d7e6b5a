//! Values of enumerations that the document did not know when the client was made.

use std::fmt;

/// A value that a newer server sent. It is kept as it came and goes back as it came; it cannot be made by hand, so a
/// misspelt value is found out where it is written and not by the server.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Unrecognized(String);

impl Unrecognized {
    pub(crate) fn new(value: String) -> Self {
        Self(value)
    }

    /// The value as it came.
    ///
    /// ```no_run
    /// # fn run(value: invite_sdk::Unrecognized) {
    /// println!("a value that only newer versions know: {}", value.as_str());
    /// # }
    /// ```
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Unrecognized {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, f)
    }
}

impl fmt::Display for Unrecognized {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
