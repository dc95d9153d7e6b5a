//! What the operator of the server may change at its command line, across all tenants.
//!
//! Nobody has to prove a right here: whoever can read the server key and write the database is the operator. What is asked for
//! must make sense all the same, and is on record like everything else.

use chrono::{DateTime, Utc};

use crate::credential::{ApiKey, ApiToken};
use crate::event::{EventKind, NewEvent, Performer, Subject};
use crate::flow::{Change, Plan};
use crate::ids::{ApiTokenId, MailId, OrganizationId, SessionId};
use crate::invitation::{Invitation, InvitationState};
use crate::mail::{MailKind, MailState};
use crate::organization::{Organization, OrganizationStatus};
use crate::refusal::Refusal;
use crate::signup_token::SignupToken;
use crate::user::{User, UserStatus};

/// Plans a new organization; a customer organization belongs to a tenant that is none itself.
///
/// # Errors
/// `invalid_value`.
pub fn plan_organization(organization: Organization, tenant: Option<&Organization>) -> Result<Plan, Refusal> {
    organization.check()?;
    if tenant.is_some_and(|tenant| tenant.tenant.is_some()) {
        return Err(Refusal::invalid("tenant", "a customer organization cannot have customer organizations"));
    }
    let event = by_operator(EventKind::OrganizationCreated, organization.id, Subject::Organization(organization.id));
    Ok(Plan { changes: vec![Change::AddOrganization(organization)], events: vec![event], ..Plan::default() })
}

/// Plans locking or unlocking an organization. One that stands so already is left alone.
#[must_use]
pub fn plan_organization_status(organization: &Organization, status: OrganizationStatus) -> Plan {
    if organization.status == status {
        return Plan::default();
    }
    let kind = match status {
        OrganizationStatus::Active => EventKind::OrganizationResumed,
        OrganizationStatus::Suspended => EventKind::OrganizationSuspended,
    };
    Plan {
        changes: vec![Change::SetOrganizationStatus { id: organization.id, status }],
        events: vec![by_operator(kind, organization.id, Subject::Organization(organization.id))],
        ..Plan::default()
    }
}

/// Plans locking a user out, whom a tenant may have locked out already: it cannot let them in any more. Every organization that the
/// user belongs to has it in its log.
#[must_use]
pub fn plan_suspension(user: &User, organizations: &[OrganizationId], now: DateTime<Utc>) -> Plan {
    user_plan(user, UserStatus::Suspended, EventKind::UserSuspended, organizations, now)
}

/// Plans letting a user in again: as one who can sign in, or as one who has never accepted an invitation.
#[must_use]
pub fn plan_resumption(user: &User, organizations: &[OrganizationId], now: DateTime<Utc>) -> Plan {
    user_plan(user, user.status_when_resumed(), EventKind::UserResumed, organizations, now)
}

/// Plans the end of all that somebody is signed in with, personal tokens of scripts among it. Whoever knows the password may sign
/// in again.
#[must_use]
pub fn plan_sign_out(user: &User, organizations: &[OrganizationId], now: DateTime<Utc>) -> Plan {
    let User { id: user, status, suspended_by, .. } = *user;
    let event =
        |organization: &OrganizationId| by_operator(EventKind::UserSignedOut, *organization, Subject::User(user));
    Plan {
        changes: vec![
            // As it was: whoever makes a token at this moment holds the account, and meets this.
            Change::SetUserStatus { user, status, suspended_by, at: now },
            Change::RevokeTokensOfUser { user, at: now },
        ],
        events: organizations.iter().map(event).collect(),
        ..Plan::default()
    }
}

fn user_plan(
    user: &User,
    status: UserStatus,
    kind: EventKind,
    organizations: &[OrganizationId],
    now: DateTime<Utc>,
) -> Plan {
    if user.status == status && user.suspended_by.is_none() {
        return Plan::default();
    }
    let events = organizations.iter().map(|organization| by_operator(kind, *organization, Subject::User(user.id)));
    Plan {
        changes: vec![Change::SetUserStatus { user: user.id, status, suspended_by: None, at: now }],
        events: events.collect(),
        ..Plan::default()
    }
}

/// Plans a credential.
#[must_use]
pub fn plan_token(token: ApiToken) -> Plan {
    let mut event = by_operator(EventKind::TokenCreated, token.organization, Subject::ApiToken(token.id));
    event.user = token.user;
    Plan { changes: vec![Change::AddApiToken(token)], events: vec![event], ..Plan::default() }
}

/// Plans the end of a credential.
#[must_use]
pub fn plan_token_end(token: &ApiToken, now: DateTime<Utc>) -> Plan {
    let id: ApiTokenId = token.id;
    let mut event = by_operator(EventKind::TokenRevoked, token.organization, Subject::ApiToken(id));
    event.user = token.user;
    Plan { changes: vec![Change::RevokeApiToken { id, at: now }], events: vec![event], ..Plan::default() }
}

/// Plans an id and secret pair.
#[must_use]
pub fn plan_key(key: ApiKey) -> Plan {
    let event = by_operator(EventKind::KeyCreated, key.organization, Subject::ApiKey(key.username.clone()));
    Plan { changes: vec![Change::AddApiKey(key)], events: vec![event], ..Plan::default() }
}

/// Plans the end of an id and secret pair.
#[must_use]
pub fn plan_key_end(key: &ApiKey, now: DateTime<Utc>) -> Plan {
    let event = by_operator(EventKind::KeyRevoked, key.organization, Subject::ApiKey(key.username.clone()));
    let change = Change::RevokeApiKey { username: key.username.clone(), at: now };
    Plan { changes: vec![change], events: vec![event], ..Plan::default() }
}

/// Plans the end of a sign-in with all its tokens.
#[must_use]
pub fn plan_session_end(session: SessionId, token: &ApiToken, now: DateTime<Utc>) -> Plan {
    let mut event = by_operator(EventKind::SessionDeleted, token.organization, Subject::Session(session));
    event.user = token.user;
    Plan { changes: vec![Change::RevokeSession { session, at: now }], events: vec![event], ..Plan::default() }
}

/// Plans that nobody signs up by a link any more. One that is off is left alone.
#[must_use]
pub fn plan_signup_token_end(token: &SignupToken) -> Plan {
    if !token.enabled {
        return Plan::default();
    }
    let change = Change::UpdateSignupToken { id: token.id, enabled: false, expires_at: token.expires_at };
    let event = by_operator(EventKind::SignupTokenUpdated, token.organization, Subject::SignupToken(token.id));
    Plan { changes: vec![change], events: vec![event], ..Plan::default() }
}

/// What deciding about a mail needs to know.
#[derive(Debug, Clone)]
pub struct MailFacts {
    /// Its id.
    pub id: MailId,
    /// What it says.
    pub kind: MailKind,
    /// What became of it.
    pub state: MailState,
    /// Whether a relay is delivering it at this moment.
    pub is_leased: bool,
    /// The invitation that it belongs to.
    pub invitation: Option<Invitation>,
}

/// Plans another try, at once and with all attempts before it.
///
/// # Errors
/// `invalid_value` for a mail that is not waiting or given up, and for one whose link is dead.
pub fn plan_retry(mail: &MailFacts, now: DateTime<Utc>) -> Result<Plan, Refusal> {
    check_unsent(mail)?;
    let pending = |invitation: &Invitation| invitation.state_at(now) == InvitationState::Pending;
    if mail.kind.has_link() && !mail.invitation.as_ref().is_some_and(pending) {
        return Err(Refusal::invalid("id", "the link of this mail is dead: its invitation is no longer pending"));
    }
    Ok(mail_plan(mail, Change::RequeueMail { id: mail.id }, EventKind::MailRetried))
}

/// Plans that a mail is never sent.
///
/// # Errors
/// `invalid_value` for a mail that is not waiting or given up.
pub fn plan_discard(mail: &MailFacts) -> Result<Plan, Refusal> {
    check_unsent(mail)?;
    Ok(mail_plan(mail, Change::DiscardMail { id: mail.id }, EventKind::MailDiscarded))
}

fn check_unsent(mail: &MailFacts) -> Result<(), Refusal> {
    match mail.state {
        MailState::Queued if mail.is_leased => Err(Refusal::invalid("id", "this mail is being sent at this moment")),
        MailState::Queued | MailState::Dead => Ok(()),
        MailState::Sent => Err(Refusal::invalid("id", "this mail has been sent")),
        MailState::Withdrawn => Err(Refusal::invalid("id", "this mail was withdrawn, and nothing of it is left")),
    }
}

fn mail_plan(mail: &MailFacts, change: Change, kind: EventKind) -> Plan {
    // A mail that belongs to no invitation belongs to no organization's log.
    let event = mail.invitation.as_ref().map(|invitation| {
        by_operator(kind, invitation.organization, Subject::Mail(mail.id)).concerning(invitation.user)
    });
    Plan { changes: vec![change], events: event.into_iter().collect(), ..Plan::default() }
}

fn by_operator(kind: EventKind, organization: OrganizationId, subject: Subject) -> NewEvent {
    NewEvent::new(kind, organization, Performer::Operator, subject)
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::flow::fixtures::{self, ACME, ACME_CUSTOMER};

    fn mail(kind: MailKind, state: MailState, invitation: Option<Invitation>) -> MailFacts {
        MailFacts { id: MailId::new(Uuid::nil()), kind, state, is_leased: false, invitation }
    }

    #[test]
    fn a_mail_with_a_dead_link_is_not_sent_again() {
        let now = fixtures::now();
        let pending = fixtures::invitation();
        let closed = Invitation { state: InvitationState::Revoked, closed_at: Some(now), ..pending.clone() };
        let expired = Invitation { expires_at: now, ..pending.clone() };
        for kind in [MailKind::Activation, MailKind::KareInvitation] {
            assert!(plan_retry(&mail(kind, MailState::Dead, Some(pending.clone())), now).is_ok());
            for dead in [Some(closed.clone()), Some(expired.clone()), None] {
                assert!(plan_retry(&mail(kind, MailState::Dead, dead), now).is_err());
            }
        }
        assert!(plan_retry(&mail(MailKind::AddedNotice, MailState::Dead, Some(closed)), now).is_ok(), "it has no link");
    }

    #[test]
    fn only_a_mail_that_waits_or_was_given_up_is_retried_or_discarded() {
        for (state, is_leased, expected) in [
            (MailState::Queued, false, true),
            (MailState::Queued, true, false),
            (MailState::Dead, false, true),
            (MailState::Sent, false, false),
            (MailState::Withdrawn, false, false),
        ] {
            let mail = MailFacts { is_leased, ..mail(MailKind::AddedNotice, state, Some(fixtures::invitation())) };
            assert_eq!(plan_retry(&mail, fixtures::now()).is_ok(), expected, "{state:?} {is_leased}");
            assert_eq!(plan_discard(&mail).is_ok(), expected, "{state:?} {is_leased}");
        }
    }

    #[test]
    fn a_user_comes_back_as_they_went() {
        let now = fixtures::now();
        let user = fixtures::redemption(crate::challenge::ChallengePurpose::Activation, UserStatus::Suspended).user;
        for (activated_at, expected) in [(Some(now), UserStatus::Active), (None, UserStatus::Pending)] {
            let user = User { activated_at, ..user.clone() };
            let plan = plan_resumption(&user, &[ACME, ACME_CUSTOMER], now);
            assert!(matches!(plan.changes[..], [Change::SetUserStatus { status, .. }] if status == expected));
            assert_eq!(plan.events.iter().map(|event| event.organization).collect::<Vec<_>>(), [ACME, ACME_CUSTOMER]);
        }
        assert!(plan_suspension(&user, &[ACME], now).changes.is_empty(), "nothing changes, so nothing is on record");
        let by_tenant = User { suspended_by: Some(ACME), ..user };
        let plan = plan_suspension(&by_tenant, &[ACME], now);
        assert!(matches!(plan.changes[..], [Change::SetUserStatus { suspended_by: None, .. }]), "the operator's lock");
        assert_eq!(plan.events.len(), 1);
    }

    #[test]
    fn a_customer_organization_has_no_customers_of_its_own() {
        let customer = Organization { tenant: Some(ACME), ..fixtures::organization(ACME_CUSTOMER) };
        let new = |slug: &str| Organization { slug: slug.to_owned(), ..fixtures::organization(ACME) };
        assert!(plan_organization(new("fine"), None).is_ok());
        assert!(plan_organization(new("fine"), Some(&customer)).is_err());
        assert!(plan_organization(new("Not fine"), None).is_err());
    }
}
