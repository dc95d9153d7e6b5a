//! Sign-ins: what renews one, and what ends it.
//!
//! 1. A refresh token works once: using it replaces it by another one of the same sign-in.
//! 2. One that comes again was copied, or its holder lost the answer. Nobody can tell who holds the newer tokens, so the whole
//!    sign-in ends (RFC 9700, section 4.14.2).
//! 3. No renewal moves the end of the sign-in, which is the end of its first refresh token.

use chrono::{DateTime, Utc};

use crate::actor::{Actor, Owner};
use crate::credential::StoredToken;
use crate::event::{EventKind, NewEvent, Performer, Subject};
use crate::ids::{OrganizationId, SessionId, UserId};
use crate::plan::{Change, Plan};
use crate::refusal::{Refusal, RefusalCode};

/// A person's sign-in to an organization.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SignIn {
    /// Its id, which all its tokens share.
    pub id: SessionId,
    /// Who signed in.
    pub user: UserId,
    /// Where its tokens act.
    pub organization: OrganizationId,
}

impl SignIn {
    /// What the audit log says of it, if its person did it.
    #[must_use]
    pub const fn event(self, kind: EventKind) -> NewEvent {
        NewEvent::new(kind, self.organization, Performer::User(self.user), Subject::Session(self.id))
    }
}

/// What a renewal needs to know.
#[derive(Debug, Clone)]
pub struct RefreshFacts {
    /// The refresh token that was presented, live or dead.
    pub token: StoredToken,
    /// Whether it works: neither it nor anything that it stands on has ended.
    pub is_live: bool,
    /// Whether any token of its sign-in is neither revoked nor too old.
    pub is_open: bool,
}

/// What presenting a refresh token leads to.
#[derive(Debug, Clone)]
pub enum Refresh {
    /// The sign-in goes on, with new tokens beside this plan.
    Renew {
        /// Which one.
        sign_in: SignIn,
        /// When it ends at the latest.
        until: DateTime<Utc>,
        /// Uses the token up.
        plan: Plan,
    },
    /// The token was used before: this plan ends the sign-in, and the answer is [`refused`] all the same.
    End(Plan),
}

/// Judges a refresh token.
///
/// # Errors
/// `not_authenticated`, alike for every token that does not work.
pub fn refresh(facts: &RefreshFacts, now: DateTime<Utc>) -> Result<Refresh, Refusal> {
    let token = &facts.token.token;
    let (Some(id), Some(user), Some(until)) = (token.session, token.user, token.expires_at) else {
        return Err(refused());
    };
    let sign_in = SignIn { id, user, organization: token.organization };
    if facts.is_live {
        let changes = vec![Change::RevokeApiToken { id: token.id, at: now }];
        let events = vec![sign_in.event(EventKind::SessionRefreshed)];
        return Ok(Refresh::Renew { sign_in, until, plan: Plan { changes, events, ..Plan::default() } });
    }
    if facts.token.revoked_at.is_some() && facts.is_open {
        let subject = Subject::Session(id);
        let event = NewEvent::new(EventKind::SessionRevoked, token.organization, Performer::System, subject);
        return Ok(Refresh::End(end(id, event.concerning(user), now)));
    }
    Err(refused())
}

/// The one answer to a refresh token that does not work.
#[must_use]
pub fn refused() -> Refusal {
    Refusal::new(
        RefusalCode::NotAuthenticated,
        "the refresh token is unknown, expired, revoked or was used before: sign in again",
    )
}

/// The rule of signing out: whoever acts by a sign-in.
///
/// # Errors
/// `not_authenticated` for a credential that is of no sign-in, such as a personal token.
pub fn owner(actor: &Actor) -> Result<Owner, Refusal> {
    match (actor.user, actor.session) {
        (Some(user), Some(_)) => Ok(Owner::proven(user, actor)),
        _ => Err(not_signed_in()),
    }
}

/// Plans the end of the sign-in that its person acts by.
///
/// # Errors
/// `not_authenticated` if it has ended meanwhile.
pub fn plan_end(owner: &Owner, is_open: bool, now: DateTime<Utc>) -> Result<Plan, Refusal> {
    let id = owner.session().filter(|_| is_open).ok_or_else(not_signed_in)?;
    let sign_in = SignIn { id, user: owner.user(), organization: owner.organization() };
    Ok(end(id, sign_in.event(EventKind::SessionDeleted), now))
}

fn not_signed_in() -> Refusal {
    Refusal::new(
        RefusalCode::NotAuthenticated,
        "the access token of a session that is open is needed for this operation",
    )
}

fn end(session: SessionId, event: NewEvent, now: DateTime<Utc>) -> Plan {
    Plan { changes: vec![Change::RevokeSession { session, at: now }], events: vec![event], ..Plan::default() }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use chrono::TimeDelta;
    use uuid::Uuid;

    use super::*;
    use crate::credential::{ApiToken, TokenKind};
    use crate::ids::ApiTokenId;
    use crate::secret::PlainSecret;

    fn facts(now: DateTime<Utc>) -> RefreshFacts {
        let token = ApiToken {
            id: ApiTokenId::new(Uuid::from_u128(1)),
            digest: PlainSecret::from_caller("secret").digest(),
            kind: TokenKind::Refresh,
            name: "sign-in".into(),
            user: Some(UserId::new(1)),
            organization: OrganizationId::new(1),
            permissions: BTreeSet::new(),
            session: Some(SessionId::new(Uuid::from_u128(2))),
            created_at: now - TimeDelta::days(1),
            expires_at: Some(now + TimeDelta::days(29)),
        };
        RefreshFacts { token: StoredToken { token, revoked_at: None }, is_live: true, is_open: true }
    }

    #[test]
    fn a_live_token_renews_its_sign_in_until_its_own_end() {
        let now = DateTime::UNIX_EPOCH;
        let Ok(Refresh::Renew { until, plan, .. }) = refresh(&facts(now), now) else { panic!("not renewed") };
        assert_eq!(until, now + TimeDelta::days(29));
        assert!(matches!(plan.changes[..], [Change::RevokeApiToken { .. }]));
        assert_eq!(plan.events[0].kind, EventKind::SessionRefreshed);
    }

    #[test]
    fn only_a_used_token_of_an_open_sign_in_ends_it() {
        let now = DateTime::UNIX_EPOCH;
        let outcome = |revoked: bool, is_open| {
            let mut facts = RefreshFacts { is_live: false, is_open, ..facts(now) };
            facts.token.revoked_at = revoked.then_some(now);
            refresh(&facts, now)
        };
        let Ok(Refresh::End(plan)) = outcome(true, true) else { panic!("not ended") };
        assert!(matches!(plan.changes[..], [Change::RevokeSession { .. }]));
        assert_eq!((plan.events[0].kind, &plan.events[0].by), (EventKind::SessionRevoked, &Performer::System));
        // Too old, or of somebody who is locked out: that ends nothing.
        for (revoked, is_open) in [(false, true), (false, false), (true, false)] {
            assert_eq!(outcome(revoked, is_open).err(), Some(refused()), "{revoked} {is_open}");
        }
    }
}
