//! What becomes of a signup token.

use std::collections::BTreeSet;

use contract_tests::linear::{Object, Record};

/// A call about it, with what the answer says.
#[derive(Clone, Debug)]
pub(super) enum Call {
    /// An address signed up, or was told why it did not.
    SignUp(String, Outcome),
    /// It was switched on or off.
    Switch(bool),
    /// Whether it is on, and who signed up with it.
    Look(bool, BTreeSet<String>),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    Done,
    /// The token is off.
    Off,
    /// There have been too many.
    Limited,
}

/// How it stands.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Token {
    pub(super) is_on: bool,
    pub(super) people: BTreeSet<String>,
}

impl Object for Token {
    type Call = Call;

    fn after(&self, call: &Call) -> Vec<Self> {
        let mut after = self.clone();
        let holds = match call {
            Call::SignUp(address, Outcome::Done) => self.is_on && after.people.insert(address.clone()),
            // Whoever it is switched off for hears of that first.
            Call::SignUp(_, Outcome::Limited) => self.is_on,
            Call::SignUp(_, Outcome::Off) => !self.is_on,
            Call::Switch(is_on) => {
                after.is_on = *is_on;
                true
            }
            Call::Look(is_on, people) => (self.is_on, &self.people) == (*is_on, people),
        };
        if holds { vec![after] } else { Vec::new() }
    }
}

/// Holds a history against the limit: as many signed up as may, unless fewer wanted to, and nobody was turned away before.
/// The count is no part of the object: it is raised in a moment before that in which others see the new person.
pub(super) fn check_limit(history: &[Record<Call>], allowed: usize) {
    let done = |until| {
        let done = history.iter().filter(|record| matches!(record.call, Call::SignUp(_, Outcome::Done)));
        done.filter(|record| record.began <= until).count()
    };
    let all = history.iter().map(|record| record.ended).max().unwrap_or_default();
    assert!(done(all) <= allowed, "{} have signed up, of {allowed}", done(all));
    for record in history {
        if matches!(record.call, Call::SignUp(_, Outcome::Limited)) {
            assert!(done(record.ended) == allowed, "turned away before {allowed} had signed up: {record:?}");
        }
    }
}
