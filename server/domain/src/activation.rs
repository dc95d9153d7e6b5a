//! Activation: a pending user proves the mailbox and sets a password.
//!
//! 1. The challenge must be live, and the invitation pending.
//! 2. A pending account gets its password and becomes active.
//! 3. An account that became active through another invitation keeps its password: only the invitation is accepted.
//! 4. But an active account whose mailbox nobody has proven may be anybody's, who took the address of somebody else. Whoever holds
//!    a secret from the mailbox is its owner: the account gets their password, and all that acted as it before ends, keys that it
//!    has made among it. Every organization that it belongs to has that on record.
//!
//! Whoever holds the secret can also turn the offer down, or have a secret that died of age replaced by a mail.

use chrono::{DateTime, TimeDelta, Utc};

use crate::challenge::{self, Challenge, ChallengePurpose};
use crate::event::{EventKind, NewEvent, Performer, Subject};
use crate::flow::nexus::keys::plan_ends;
use crate::flow::{Change, Plan, Reissuer, Supplies, check_password, is_unlocked, reissue};
use crate::invitation::{Invitation, InvitationState};
use crate::membership::Membership;
use crate::organization::Organization;
use crate::refusal::Refusal;
use crate::user::{Estate, PasswordHash, Profile, User, UserStatus};

/// How long a mailbox rests after a secret was sent to it, before its holder can have another one sent.
const RENEWAL_REST: TimeDelta = TimeDelta::minutes(10);

/// All that hangs on a challenge; what redeeming one needs to know, in every flow.
#[derive(Debug, Clone)]
pub struct RedemptionFacts {
    /// The stored challenge.
    pub challenge: Challenge,
    /// What it accepts.
    pub invitation: Invitation,
    /// Whose account it opens.
    pub user: User,
    /// Where it leads.
    pub organization: Organization,
    /// What hangs on the account, if it may be somebody else's.
    pub estate: Estate,
}

impl RedemptionFacts {
    /// Whether the secret opens anything now. While the user or the organization is locked it does not, and lives on.
    pub(crate) fn check_open(&self, now: DateTime<Utc>) -> Result<(), Refusal> {
        if self.invitation.state == InvitationState::Declined {
            return Err(challenge::declined());
        }
        self.challenge.check_live(now)?;
        match self.invitation.state_at(now) {
            InvitationState::Pending if self.is_unlocked() => Ok(()),
            InvitationState::Expired => Err(challenge::expired()),
            InvitationState::Pending
            | InvitationState::Accepted
            | InvitationState::Declined
            | InvitationState::Revoked => Err(challenge::revoked()),
        }
    }

    fn is_unlocked(&self) -> bool {
        is_unlocked(&self.user, &self.organization)
    }

    /// Whether a new secret may go out: this one died of age and of nothing else, what it accepts still stands, and the
    /// mailbox had its rest since this one was sent.
    fn is_renewable(&self, now: DateTime<Utc>) -> bool {
        let challenge = &self.challenge;
        let died_of_age = challenge.used_at.is_none() && challenge.revoked_at.is_none() && challenge.expires_at <= now;
        died_of_age
            && challenge.created_at + RENEWAL_REST <= now
            && self.invitation.state == InvitationState::Pending
            && self.is_unlocked()
    }
}

/// What redeeming a challenge means for the account's password.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PasswordDuty {
    /// The account is pending, or not known to be its mailbox's owner's: the given password becomes its own.
    Set,
    /// The account has one, and keeps it.
    Keep,
}

impl PasswordDuty {
    pub(crate) fn of(facts: &RedemptionFacts) -> Self {
        let RedemptionFacts { user, challenge, .. } = facts;
        match user.status {
            UserStatus::Pending => Self::Set,
            UserStatus::Active if !user.is_proven() && !challenge.is_chosen => Self::Set,
            UserStatus::Active | UserStatus::Suspended => Self::Keep,
        }
    }
}

/// Checks an activation. Runs before the password is looked at and again inside the transaction.
///
/// # Errors
/// `secret_unknown`, `secret_used`, `secret_expired`, `secret_declined`, `secret_revoked`.
pub fn check(facts: Option<&RedemptionFacts>, now: DateTime<Utc>) -> Result<PasswordDuty, Refusal> {
    let facts = facts
        .filter(|facts| facts.challenge.purpose == ChallengePurpose::Activation)
        .ok_or_else(|| challenge::unknown("challenge"))?;
    facts.check_open(now)?;
    Ok(PasswordDuty::of(facts))
}

/// Checks a first password. Takes milliseconds, so it belongs where hashing is done.
///
/// # Errors
/// `password_rejected`.
pub fn check_new_password(password: &str, facts: &RedemptionFacts) -> Result<(), Refusal> {
    check_password("password", password, &facts.user.password_context(&facts.organization.name))
}

/// Plans an activation. `new_password` is there if [`check`] asked for it.
#[must_use]
pub fn plan(facts: &RedemptionFacts, new_password: Option<PasswordHash>, now: DateTime<Utc>) -> Plan {
    plan_redemption(facts, new_password, None, now)
}

/// Plans redeeming a challenge, whatever door it is for. The names of an account that was active before stay.
pub(crate) fn plan_redemption(
    facts: &RedemptionFacts,
    new_password: Option<PasswordHash>,
    profile: Option<Profile>,
    now: DateTime<Utc>,
) -> Plan {
    let RedemptionFacts { challenge, invitation, user, .. } = facts;
    let mut events = vec![accepted(facts)];
    // The invitation before its challenge, as all others hold them.
    let mut changes = vec![
        Change::CloseInvitation { id: invitation.id, state: InvitationState::Accepted, at: now },
        Change::RedeemChallenge { digest: challenge.digest, at: now },
        Change::WithdrawMails { invitation: invitation.id },
    ];
    if let Some(password_hash) = new_password {
        let is_new = user.status == UserStatus::Pending;
        let (user, proven) = (user.id, !challenge.is_chosen);
        changes.push(Change::ActivateUser {
            user,
            password_hash,
            proven,
            profile: profile.filter(|_| is_new),
            at: now,
        });
        if !is_new {
            changes.push(Change::RevokeTokensOfUser { user, at: now });
            let ends = plan_ends(&facts.estate.keys, &Performer::User(user), now);
            changes.extend(ends.changes);
            events.extend(taken_over(facts));
            events.extend(ends.events.into_iter().map(|event| event.done_in(facts.organization.id)));
        }
    }
    Plan { changes, mails: Vec::new(), events }
}

/// What the audit logs say of an account that somebody else may have made: wherever it is a member it is another person's now.
fn taken_over(facts: &RedemptionFacts) -> impl Iterator<Item = NewEvent> + '_ {
    let user = facts.user.id;
    facts.estate.organizations.iter().map(move |organization| {
        NewEvent::new(EventKind::UserTakenOver, *organization, Performer::User(user), Subject::User(user))
            .done_in(facts.organization.id)
    })
}

/// What the audit log says of a redeemed challenge: its holder is the user.
pub(crate) fn accepted(facts: &RedemptionFacts) -> NewEvent {
    by_holder(facts, EventKind::InvitationAccepted)
}

fn by_holder(facts: &RedemptionFacts, kind: EventKind) -> NewEvent {
    let by = Performer::User(facts.user.id);
    let subject = Subject::Invitation(facts.invitation.id);
    NewEvent::new(kind, facts.organization.id, by, subject).concerning(facts.user.id)
}

/// Plans declining, whatever door the secret is for: the offer ends, and the membership with it.
///
/// # Errors
/// `secret_used`, `secret_declined`, `secret_expired`, `secret_revoked`.
pub fn plan_decline(
    facts: &RedemptionFacts,
    membership: Option<Membership>,
    now: DateTime<Utc>,
) -> Result<Plan, Refusal> {
    facts.check_open(now)?;
    let invitation = facts.invitation.id;
    let mut changes = vec![
        Change::CloseInvitation { id: invitation, state: InvitationState::Declined, at: now },
        Change::RedeemChallenge { digest: facts.challenge.digest, at: now },
        Change::WithdrawMails { invitation },
    ];
    if let Some(membership) = membership.filter(Membership::is_live) {
        changes.push(Change::ChangeMembership(Membership { deleted_at: Some(now), updated_at: now, ..membership }));
    }
    Ok(Plan { changes, mails: Vec::new(), events: vec![by_holder(facts, EventKind::InvitationDeclined)] })
}

/// Plans a new secret in place of one that died of age; none for any other.
#[must_use]
pub fn plan_renewal(
    facts: &RedemptionFacts,
    inviter: Option<&User>,
    supplies: Supplies,
    now: DateTime<Utc>,
) -> Option<Plan> {
    let by = Reissuer { shown: inviter, performer: Performer::User(facts.user.id), kind: EventKind::InvitationRenewed };
    let RedemptionFacts { invitation, user, organization, .. } = facts;
    facts.is_renewable(now).then(|| reissue(invitation, user, &by, organization, supplies, now))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::flow::fixtures::{self, ACME, GLOBEX};
    use crate::membership::Grant;
    use crate::organization::OrganizationStatus;
    use crate::refusal::RefusalCode;

    fn facts(purpose: ChallengePurpose, status: UserStatus) -> RedemptionFacts {
        fixtures::redemption(purpose, status)
    }

    fn code(facts: Option<&RedemptionFacts>) -> Option<RefusalCode> {
        check(facts, fixtures::now()).err().map(|refusal| refusal.code)
    }

    #[test]
    fn a_pending_user_gets_the_password() {
        let facts = facts(ChallengePurpose::Activation, UserStatus::Pending);
        assert_eq!(check(Some(&facts), fixtures::now()), Ok(PasswordDuty::Set));
        let plan = plan(&facts, Some(PasswordHash::from_phc("hash")), fixtures::now());
        assert!(matches!(
            plan.changes[..],
            [
                Change::CloseInvitation { .. },
                Change::RedeemChallenge { .. },
                Change::WithdrawMails { .. },
                Change::ActivateUser { proven: true, .. }
            ]
        ));
    }

    #[test]
    fn an_active_account_keeps_its_password() {
        let facts = facts(ChallengePurpose::Activation, UserStatus::Active);
        assert_eq!(check(Some(&facts), fixtures::now()), Ok(PasswordDuty::Keep));
        let plan = plan(&facts, None, fixtures::now());
        assert!(!plan.changes.iter().any(|change| matches!(change, Change::ActivateUser { .. })));
    }

    #[test]
    fn whoever_owns_the_mailbox_takes_over_an_account_that_nobody_has_proven() {
        let mut facts = facts(ChallengePurpose::Activation, UserStatus::Active);
        facts.user.address_proven_at = None;
        assert_eq!(check(Some(&facts), fixtures::now()), Ok(PasswordDuty::Set));
        let plan = plan(&facts, Some(PasswordHash::from_phc("hash")), fixtures::now());
        assert!(matches!(
            plan.changes[3..],
            [Change::ActivateUser { proven: true, profile: None, .. }, Change::RevokeTokensOfUser { .. }]
        ));
        facts.challenge.is_chosen = true;
        assert_eq!(check(Some(&facts), fixtures::now()), Ok(PasswordDuty::Keep), "the inviter knows that secret");
    }

    #[test]
    fn who_takes_an_account_over_ends_the_keys_that_it_made_and_is_on_record_wherever_it_belongs() {
        let mut facts = facts(ChallengePurpose::Activation, UserStatus::Active);
        facts.user.address_proven_at = None;
        facts.estate = Estate { organizations: vec![ACME, GLOBEX], keys: vec![fixtures::key(GLOBEX)] };
        let plan = plan(&facts, Some(PasswordHash::from_phc("hash")), fixtures::now());
        assert!(matches!(plan.changes.last(), Some(Change::RevokeApiKey { .. })), "{plan:?}");
        let told: Vec<_> =
            plan.events.iter().map(|event| (event.kind, event.organization, event.is_from_elsewhere)).collect();
        assert_eq!(
            told,
            [
                (EventKind::InvitationAccepted, ACME, false),
                (EventKind::UserTakenOver, ACME, false),
                (EventKind::UserTakenOver, GLOBEX, true),
                (EventKind::KeyRevoked, GLOBEX, true),
            ]
        );
    }

    #[test]
    fn a_secret_that_the_inviter_chose_proves_nothing() {
        let mut facts = facts(ChallengePurpose::Activation, UserStatus::Pending);
        facts.challenge.is_chosen = true;
        let plan = plan(&facts, Some(PasswordHash::from_phc("hash")), fixtures::now());
        assert!(matches!(plan.changes[3..], [Change::ActivateUser { proven: false, .. }]));
    }

    #[test]
    fn secrets_of_another_purpose_are_unknown() {
        assert_eq!(code(None), Some(RefusalCode::SecretUnknown));
        let facts = facts(ChallengePurpose::KareInvitation, UserStatus::Pending);
        assert_eq!(code(Some(&facts)), Some(RefusalCode::SecretUnknown));
    }

    #[test]
    fn a_withdrawn_invitation_is_gone() {
        let mut facts = facts(ChallengePurpose::Activation, UserStatus::Pending);
        facts.invitation.state = InvitationState::Revoked;
        assert_eq!(code(Some(&facts)), Some(RefusalCode::SecretRevoked));
        facts.invitation.state = InvitationState::Declined;
        assert_eq!(code(Some(&facts)), Some(RefusalCode::SecretDeclined));
    }

    #[test]
    fn declining_ends_the_offer_and_the_membership_with_it() {
        let facts = facts(ChallengePurpose::KareInvitation, UserStatus::Pending);
        let membership = Membership::new(facts.user.id, facts.organization.id, Grant::unleash(1), fixtures::now());
        let plan = plan_decline(&facts, Some(membership), fixtures::now()).expect("a live secret");
        assert!(matches!(
            &plan.changes[..],
            [
                Change::CloseInvitation { state: InvitationState::Declined, .. },
                Change::RedeemChallenge { .. },
                Change::WithdrawMails { .. },
                Change::ChangeMembership(Membership { deleted_at: Some(_), .. }),
            ]
        ));
    }

    #[test]
    fn only_a_secret_that_died_of_age_is_renewed() {
        let dead = || {
            let mut facts = facts(ChallengePurpose::Activation, UserStatus::Pending);
            facts.challenge.expires_at = fixtures::now() + RENEWAL_REST;
            facts
        };
        let late = fixtures::now() + RENEWAL_REST;
        let renewed = |facts: &RedemptionFacts, at| plan_renewal(facts, None, fixtures::supplies(), at).is_some();
        assert!(renewed(&dead(), late));
        assert!(!renewed(&dead(), late - TimeDelta::milliseconds(1)), "it lives");
        let spoil: [fn(&mut RedemptionFacts); 7] = [
            |facts| facts.challenge.used_at = Some(facts.challenge.created_at),
            |facts| facts.challenge.revoked_at = Some(facts.challenge.created_at),
            |facts| facts.challenge.created_at += TimeDelta::milliseconds(1),
            |facts| facts.invitation.state = InvitationState::Declined,
            |facts| facts.invitation.state = InvitationState::Revoked,
            |facts| facts.user.status = UserStatus::Suspended,
            |facts| facts.organization.status = OrganizationStatus::Suspended,
        ];
        for (index, spoil) in spoil.into_iter().enumerate() {
            let mut facts = dead();
            spoil(&mut facts);
            assert!(!renewed(&facts, late), "case {index}");
        }
    }

    #[test]
    fn passwords_made_of_address_name_or_organization_are_rejected() {
        let facts = facts(ChallengePurpose::Activation, UserStatus::Pending);
        assert_eq!(check_new_password("violet ladder seldom", &facts), Ok(()));
        for password in ["jane@example.com", "JaneDoeAcmeInc", "short"] {
            let refusal = check_new_password(password, &facts).expect_err(password);
            assert_eq!(refusal.code, RefusalCode::PasswordRejected);
        }
    }
}
