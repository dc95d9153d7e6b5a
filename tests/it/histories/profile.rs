//! What becomes of two names of one person, of which each call changes one.

use contract_tests::linear::Object;

/// A call about them, with what the answer says.
#[derive(Clone, Debug)]
pub(super) enum Call {
    Name(String),
    LastName(String),
    Look(String, String),
}

/// The names.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Profile {
    pub(super) name: String,
    pub(super) last_name: String,
}

impl Object for Profile {
    type Call = Call;

    fn after(&self, call: &Call) -> Vec<Self> {
        match call {
            Call::Name(name) => vec![Self { name: name.clone(), ..self.clone() }],
            Call::LastName(last_name) => vec![Self { last_name: last_name.clone(), ..self.clone() }],
            Call::Look(name, last_name) if (name, last_name) == (&self.name, &self.last_name) => vec![self.clone()],
            Call::Look(..) => Vec::new(),
        }
    }
}
