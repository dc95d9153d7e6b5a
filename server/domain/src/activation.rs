//! Activation: a pending user proves the mailbox and sets a password.
//!
//! 1. The challenge must be live, and the invitation pending.
//! 2. A pending account gets its password and becomes active.
//! 3. An account that became active through another invitation keeps its password: only the invitation is accepted.

use chrono::{DateTime, Utc};

use crate::challenge::{self, Challenge, ChallengePurpose};
use crate::event::{EventKind, NewEvent, Performer, Subject};
use crate::flow::{Change, Plan, check_password};
use crate::invitation::{Invitation, InvitationState};
use crate::organization::{Organization, OrganizationStatus};
use crate::refusal::Refusal;
use crate::user::{PasswordHash, User, UserStatus};

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
}

impl RedemptionFacts {
    /// Whether the secret opens anything now. While the user or the organization is locked it does not, and lives on.
    pub(crate) fn check_open(&self, now: DateTime<Utc>) -> Result<(), Refusal> {
        self.challenge.check_live(now)?;
        let is_open = self.invitation.state_at(now) == InvitationState::Pending
            && self.user.status != UserStatus::Suspended
            && self.organization.status == OrganizationStatus::Active;
        if is_open { Ok(()) } else { Err(challenge::expired()) }
    }
}

/// What redeeming a challenge means for the account's password.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PasswordDuty {
    /// The account is pending: the given password becomes its first.
    Set,
    /// The account has one, and keeps it.
    Keep,
}

impl PasswordDuty {
    pub(crate) fn of(user: &User) -> Self {
        match user.status {
            UserStatus::Pending => Self::Set,
            UserStatus::Active | UserStatus::Suspended => Self::Keep,
        }
    }
}

/// Checks an activation. Runs before the password is looked at and again inside the transaction.
///
/// # Errors
/// `secret_unknown`, `secret_used`, `secret_expired`.
pub fn check(facts: Option<&RedemptionFacts>, now: DateTime<Utc>) -> Result<PasswordDuty, Refusal> {
    let facts = facts
        .filter(|facts| facts.challenge.purpose == ChallengePurpose::Activation)
        .ok_or_else(|| challenge::unknown("challenge"))?;
    facts.check_open(now)?;
    Ok(PasswordDuty::of(&facts.user))
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
    let mut changes = vec![
        Change::RedeemChallenge { digest: facts.challenge.digest, at: now },
        Change::CloseInvitation { id: facts.invitation.id, state: InvitationState::Accepted, at: now },
    ];
    if let Some(password_hash) = new_password {
        changes.push(Change::ActivateUser { user: facts.user.id, password_hash, profile: None, at: now });
    }
    Plan { changes, mails: Vec::new(), events: vec![accepted(facts)] }
}

/// What the audit log says of a redeemed challenge: its holder is the user.
pub(crate) fn accepted(facts: &RedemptionFacts) -> NewEvent {
    let by = Performer::User(facts.user.id);
    let subject = Subject::Invitation(facts.invitation.id);
    NewEvent::new(EventKind::InvitationAccepted, facts.organization.id, by, subject).concerning(facts.user.id)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::flow::fixtures;
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
            [Change::RedeemChallenge { .. }, Change::CloseInvitation { .. }, Change::ActivateUser { .. }]
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
    fn secrets_of_another_purpose_are_unknown() {
        assert_eq!(code(None), Some(RefusalCode::SecretUnknown));
        let facts = facts(ChallengePurpose::KareInvitation, UserStatus::Pending);
        assert_eq!(code(Some(&facts)), Some(RefusalCode::SecretUnknown));
    }

    #[test]
    fn a_withdrawn_invitation_is_gone() {
        let mut facts = facts(ChallengePurpose::Activation, UserStatus::Pending);
        facts.invitation.state = InvitationState::Revoked;
        assert_eq!(code(Some(&facts)), Some(RefusalCode::SecretExpired));
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
