//! What administrators see and do about invitations of all flows: look up, send again, revoke.
//!
//! 1. An administrator of an organization oversees it; one of a tenant oversees its customer organizations too.
//! 2. What is not overseen does not exist.
//! 3. Only a pending invitation is sent again or revoked; it may have become too old.
//! 4. While its user or its organization is locked its link opens nothing, and none is sent.
//! 5. Whom a tenant has locked out before they came in, and takes the last invitation away from, is locked no more: the tenant sees
//!    them no longer, and nobody else could lift it.

use chrono::{DateTime, Utc};

use crate::actor::{Actor, Administrator};
use crate::event::{EventKind, NewEvent, Performer, Subject};
use crate::flow::{Change, Plan, Reissuer, Supplies, is_unlocked, reissue};
use crate::ids::OrganizationId;
use crate::invitation::{Invitation, InvitationState};
use crate::membership::Membership;
use crate::organization::Organization;
use crate::refusal::{Refusal, RefusalCode};
use crate::user::{User, UserStatus};

/// Whose invitations and events are meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Realm {
    /// A tenant with all its customer organizations.
    Tenant(OrganizationId),
    /// One organization.
    Organization(OrganizationId),
}

/// The rule of oversight.
///
/// # Errors
/// `not_allowed`.
pub fn administrator(actor: Actor) -> Result<Administrator, Refusal> {
    if !actor.administers_own_organization() {
        return Err(Refusal::not_allowed("only administrators of the organization may do this"));
    }
    let organization = if actor.administers_tenant() { actor.tenant } else { actor.organization };
    Ok(Administrator::proven(actor, organization))
}

/// What an administrator oversees.
#[must_use]
pub fn realm(administrator: &Administrator) -> Realm {
    let organization = administrator.organization();
    if organization == administrator.actor().tenant {
        Realm::Tenant(organization)
    } else {
        Realm::Organization(organization)
    }
}

impl Realm {
    /// Whether an organization belongs to it.
    #[must_use]
    pub fn covers(self, organization: &Organization) -> bool {
        match self {
            Self::Tenant(tenant) => organization.tenant_id() == tenant,
            Self::Organization(id) => organization.id == id,
        }
    }
}

/// An invitation with all that hangs on it.
#[derive(Debug, Clone)]
pub struct InvitationFacts {
    /// The invitation.
    pub invitation: Invitation,
    /// Where it leads; locked also if its tenant is.
    pub organization: Organization,
    /// The invited person's account.
    pub user: User,
    /// The account's membership there, live or removed.
    pub membership: Option<Membership>,
    /// Where else and here it is a live member, in all tenants, if it is locked.
    pub places: Vec<Organization>,
}

/// The invitation, if the administrator oversees it.
///
/// # Errors
/// `invitation_not_found`, alike for an unknown one and one of somebody else.
pub fn overseen(administrator: &Administrator, facts: Option<InvitationFacts>) -> Result<InvitationFacts, Refusal> {
    facts
        .filter(|facts| realm(administrator).covers(&facts.organization))
        .ok_or_else(|| Refusal::new(RefusalCode::InvitationNotFound, "there is no such invitation"))
}

/// Plans sending an invitation again: the secret before it dies.
///
/// # Errors
/// `invitation_not_pending`.
pub fn plan_resend(
    administrator: &Administrator,
    facts: &InvitationFacts,
    inviter: Option<&User>,
    supplies: Supplies,
    now: DateTime<Utc>,
) -> Result<Plan, Refusal> {
    check_pending(&facts.invitation)?;
    if !is_unlocked(&facts.user, &facts.organization) {
        let detail = "the invited person or the organization is suspended, so that no link of theirs opens anything";
        return Err(Refusal::new(RefusalCode::InvitationNotPending, detail));
    }
    let by = Reissuer {
        shown: inviter,
        performer: Performer::from(administrator.actor()),
        kind: EventKind::InvitationResent,
    };
    Ok(reissue(&facts.invitation, &facts.user, &by, &facts.organization, supplies, now))
}

/// Plans revoking an invitation: the secret dies, mails that wait are withdrawn, and the invited person is no member any more. A lock
/// that the tenant has put on them before they came in goes with the last of its invitations.
///
/// # Errors
/// `invitation_not_pending`.
pub fn plan_revoke(
    administrator: &Administrator,
    facts: &InvitationFacts,
    now: DateTime<Utc>,
) -> Result<Plan, Refusal> {
    let invitation = &facts.invitation;
    check_pending(invitation)?;
    let id = invitation.id;
    let mut changes = vec![
        Change::CloseInvitation { id, state: InvitationState::Revoked, at: now },
        Change::RevokeChallenges { invitation: id, at: now },
        Change::WithdrawMails { invitation: id },
    ];
    if let Some(membership) = facts.membership.clone().filter(Membership::is_live) {
        changes.push(Change::ChangeMembership(Membership { deleted_at: Some(now), updated_at: now, ..membership }));
    }
    let by = Performer::from(administrator.actor());
    let mut events = vec![
        NewEvent::new(EventKind::InvitationRevoked, facts.organization.id, by.clone(), Subject::Invitation(id))
            .concerning(invitation.user),
    ];
    if outlives_its_tenant(facts) {
        let (user, status) = (facts.user.id, facts.user.status_when_resumed());
        changes.push(Change::SetUserStatus { user, status, suspended_by: None, at: now });
        events.extend(facts.places.iter().map(|place| {
            NewEvent::new(EventKind::UserResumed, place.id, by.clone(), Subject::User(user))
                .done_in(facts.organization.id)
        }));
    }
    Ok(Plan { changes, mails: Vec::new(), events })
}

/// Whether the lock of somebody who never came in is the tenant's, which has them nowhere but by this invitation.
fn outlives_its_tenant(facts: &InvitationFacts) -> bool {
    let InvitationFacts { user, organization, places, .. } = facts;
    let tenant = organization.tenant_id();
    let has_elsewhere = places.iter().any(|place| place.tenant_id() == tenant && place.id != organization.id);
    user.status == UserStatus::Suspended
        && user.suspended_by == Some(tenant)
        && user.activated_at.is_none()
        && !has_elsewhere
}

fn check_pending(invitation: &Invitation) -> Result<(), Refusal> {
    match invitation.state {
        InvitationState::Pending => Ok(()),
        InvitationState::Accepted | InvitationState::Declined | InvitationState::Revoked | InvitationState::Expired => {
            Err(Refusal::new(RefusalCode::InvitationNotPending, "the invitation is not pending any more"))
        }
    }
}
