//! Where a server or a credential came from, for whoever has to put it right.

use std::fmt;

/// What said it.
#[derive(Clone, Debug)]
pub(crate) enum Origin {
    /// This flag.
    Flag(&'static str),
    /// This environment variable.
    Variable(String),
    /// The profile of this name.
    Profile(String),
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Flag(flag) => write!(f, "`{flag}`"),
            Self::Variable(name) => f.write_str(name),
            Self::Profile(name) => write!(f, "the profile `{name}`"),
        }
    }
}
