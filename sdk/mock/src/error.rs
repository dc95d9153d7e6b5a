//! What scripts and expectations complain about.

use std::fmt;

/// A script that says what the document does not allow, or nothing at all. Lists everything that is wrong with it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScriptError {
    pub(crate) operation: String,
    pub(crate) problems: Vec<String>,
}

impl ScriptError {
    /// Everything that is wrong, one by one.
    ///
    /// ```
    /// let mock = invite_mock::Mock::new();
    /// let error = mock.liveness(|when| when).example(418).mount().unwrap_err();
    /// assert!(error.problems()[0].starts_with("418 is not documented"));
    /// ```
    #[must_use]
    pub fn problems(&self) -> &[String] {
        &self.problems
    }
}

impl fmt::Display for ScriptError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the script for {} cannot be used: {}", self.operation, self.problems.join("; "))
    }
}

impl std::error::Error for ScriptError {}

/// What did not happen as the scripts say. Lists every difference.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unverified {
    pub(crate) differences: Vec<String>,
}

impl Unverified {
    /// Every difference.
    ///
    /// ```
    /// let mock = invite_mock::Mock::new();
    /// let script = mock.liveness(|when| when).example(200).times(2).mount()?;
    /// let error = mock.verify().unwrap_err();
    /// assert_eq!(error.differences(), ["script 1 for liveness: expected 2 calls, got 0"]);
    /// # Ok::<(), invite_mock::ScriptError>(())
    /// ```
    #[must_use]
    pub fn differences(&self) -> &[String] {
        &self.differences
    }
}

impl fmt::Display for Unverified {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the mock was not called as its scripts say: {}", self.differences.join("; "))
    }
}

impl std::error::Error for Unverified {}
