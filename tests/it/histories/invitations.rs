//! What becomes of the invitations of one address into one organization.

use std::collections::BTreeSet;

use contract_tests::linear::Object;

/// A call about them, with what the answer says.
#[derive(Clone, Debug)]
pub(super) enum Call {
    /// Whether there is a new invitation.
    Invite(bool),
    /// Every invitation, by its id, and where it stands.
    List(Vec<(String, String)>),
    /// Whether the invitation of an id has a new secret.
    Resend(String, bool),
    /// Whether it has ended.
    Revoke(String, bool),
    /// Whether a secret has opened the account.
    Accept(String, bool),
    /// Whether a secret has turned the offer down.
    Decline(String, bool),
    /// Somebody asked for a new secret in place of one; the answer says nothing.
    Renew(String),
    /// The secrets that are alive become too old.
    Age,
}

/// Where they stand.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(super) struct Invitations {
    /// In the order in which they were issued; the id is that of a list, as soon as one has shown it.
    issued: Vec<(Option<String>, &'static str)>,
    /// The secret of the pending one, if somebody has found out which it is.
    known: Option<String>,
    /// Whether that secret is too old.
    is_old: bool,
    /// Secrets that open nothing any more.
    dead: BTreeSet<String>,
}

impl Invitations {
    fn is_pending(&self) -> bool {
        self.issued.last().is_some_and(|(_, state)| *state == "pending")
    }

    /// What a list says where the rules have a state: of what is pending and too old it says so.
    fn is_shown_as(&self, state: &str, shown: &str) -> bool {
        shown == if state == "pending" && self.is_old { "expired" } else { state }
    }

    fn is_pending_with(&self, id: &str) -> bool {
        self.is_pending() && self.issued.last().is_some_and(|(own, _)| own.as_deref() == Some(id))
    }

    fn has(&self, id: &str) -> bool {
        self.issued.iter().any(|(own, _)| own.as_deref() == Some(id))
    }

    /// Whether a secret may be that of the pending one.
    fn may_live(&self, secret: &str) -> bool {
        self.is_pending() && !self.dead.contains(secret) && self.known.as_deref().is_none_or(|known| known == secret)
    }

    /// With a new secret, which nobody has seen yet.
    fn reissued(mut self) -> Self {
        self.dead.extend(self.known.take());
        self.is_old = false;
        self
    }

    fn ended(mut self, state: &'static str) -> Self {
        self.dead.extend(self.known.take());
        self.is_old = false;
        if let Some((_, last)) = self.issued.last_mut() {
            *last = state;
        }
        self
    }

    fn without(mut self, secret: &str) -> Self {
        self.dead.insert(secret.to_owned());
        self
    }

    /// A secret was presented to end the pending one.
    fn presented(&self, secret: &str, is_done: bool, state: &'static str) -> Vec<Self> {
        let may_live = self.may_live(secret);
        if is_done {
            let done = self.clone().without(secret).ended(state);
            return if may_live && !self.is_old { vec![done] } else { Vec::new() };
        }
        match self.known.as_deref() {
            // It lives, and an old one may be replaced later.
            Some(known) if known == secret && self.is_pending() => {
                if self.is_old {
                    vec![self.clone()]
                } else {
                    Vec::new()
                }
            }
            _ if may_live && self.is_old => {
                let known = Self { known: Some(secret.to_owned()), ..self.clone() };
                vec![self.clone().without(secret), known]
            }
            _ => vec![self.clone().without(secret)],
        }
    }

    /// A list was shown; whatever has no id yet takes one of it.
    fn listed(&self, list: &[(String, String)]) -> Vec<Self> {
        if list.len() != self.issued.len() {
            return Vec::new();
        }
        let Some(place) = self.issued.iter().position(|(id, _)| id.is_none()) else {
            let is_shown = |(id, state): &(Option<String>, &str)| {
                list.iter().any(|(shown, said)| Some(shown) == id.as_ref() && self.is_shown_as(state, said))
            };
            return if self.issued.iter().all(is_shown) { vec![self.clone()] } else { Vec::new() };
        };
        let free = list.iter().filter(|(id, said)| !self.has(id) && self.is_shown_as(self.issued[place].1, said));
        free.flat_map(|(id, _)| {
            let mut named = self.clone();
            named.issued[place].0 = Some(id.clone());
            named.listed(list)
        })
        .collect()
    }
}

impl Object for Invitations {
    type Call = Call;

    fn after(&self, call: &Call) -> Vec<Self> {
        let is_late = self.is_pending() && self.is_old;
        let is_member = self.issued.last().is_some_and(|(_, state)| matches!(*state, "pending" | "accepted"));
        let when = |holds: bool, after: Self| if holds { vec![after] } else { Vec::new() };
        match call {
            Call::Invite(true) => {
                let mut after = if is_late { self.clone().ended("expired") } else { self.clone().reissued() };
                after.issued.push((None, "pending"));
                when(!is_member || is_late, after)
            }
            Call::Invite(false) => when(is_member && !is_late, self.clone()),
            Call::List(list) => self.listed(list),
            Call::Resend(id, true) => when(self.is_pending_with(id), self.clone().reissued()),
            Call::Revoke(id, true) => when(self.is_pending_with(id), self.clone().ended("revoked")),
            Call::Resend(id, false) | Call::Revoke(id, false) => {
                when(self.has(id) && !self.is_pending_with(id), self.clone())
            }
            Call::Accept(secret, is_done) => self.presented(secret, *is_done, "accepted"),
            Call::Decline(secret, is_done) => self.presented(secret, *is_done, "declined"),
            Call::Renew(secret) if self.is_old && self.may_live(secret) => {
                let replaced = self.clone().without(secret).reissued();
                if self.known.is_some() { vec![replaced] } else { vec![replaced, self.clone().without(secret)] }
            }
            Call::Renew(_) => vec![self.clone()],
            Call::Age => vec![Self { is_old: self.is_old || self.is_pending(), ..self.clone() }],
        }
    }
}
