//! Why the store does not do what it is asked. Callers hear only that they may come back; whoever can do something about it reads
//! the reason in the log, once in a while.

use std::fmt::Display;

use super::Error;
use crate::causes::Causes;
use crate::throttle::Throttle;

static SAID: Throttle = Throttle::new();

/// [`Error::Busy`], of which the log has the reason.
pub(super) fn busy(reason: impl Display) -> Error {
    let reason = reason.to_string();
    tell(&reason);
    Error::Busy { reason }
}

/// [`Error::Busy`] while this process stops, of which the log says enough.
pub(super) fn stopping() -> Error {
    Error::Busy { reason: "this process closes it".to_owned() }
}

impl Error {
    /// Has the log have the reason, if it does not have it yet.
    pub(crate) fn tell(&self) {
        // Whoever has found that out has told it.
        if !matches!(self, Self::Busy { .. }) {
            tell(&Causes(self).to_string());
        }
    }
}

fn tell(reason: &str) {
    if SAID.is_news(reason) {
        tracing::warn!(reason, "the database does not do what it is asked");
    }
}
