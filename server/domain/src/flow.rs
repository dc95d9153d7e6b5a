//! The flows: a command and its facts in, a plan or a refusal out.
//!
//! What holds for every flow is here: the facts about an invitee, and how an offer becomes rows and a mail. A flow
//! has a function that admits a command (authorisation, then rules that need no facts) and one that plans it (rules that
//! need facts, then conflicts). Redeeming is in [`crate::activation`] and [`kare`].

pub mod kare;
pub mod muninx;
pub mod nexus;
pub mod unleash;

use chrono::{DateTime, Utc};

use crate::challenge::{Challenge, ChallengePurpose};
use crate::email_address::EmailAddress;
use crate::event::{EventKind, NewEvent, Performer, Subject};
use crate::ids::{InvitationId, MailId, OrganizationId, UserId};
use crate::invitation::{DeliveryState, Invitation, InvitationState};
use crate::mail::{Locale, Mail, MailEnvelope, NewMail};
use crate::membership::{Grant, Membership};
use crate::names::{self, NameProblem};
use crate::organization::{Organization, OrganizationStatus};
use crate::refusal::{Refusal, RefusalCode};
use crate::secret::PlainSecret;
use crate::user::{Profile, User, UserStatus};

pub use crate::plan::{Change, Plan};

/// Makes everything that is known of each flow from one line a flow, so that nothing about a new one can be forgotten.
macro_rules! flows {
    ($($(#[$doc:meta])* $flow:ident is stored as $name:literal and redeemed by $purpose:ident;)*) => {
        /// One way that an invitation is issued and accepted.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum FlowName {
            $($(#[$doc])* $flow,)*
        }

        impl FlowName {
            /// All of them.
            pub const ALL: &'static [Self] = &[$(Self::$flow),*];

            /// The stored name.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$flow => $name,)*
                }
            }

            /// Reads a stored name.
            #[must_use]
            pub fn from_stored(name: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|flow| flow.as_str() == name)
            }
        }

        /// By which door a flow's invitees come in.
        #[must_use]
        pub const fn purpose_of(flow: FlowName) -> ChallengePurpose {
            match flow {
                $(FlowName::$flow => ChallengePurpose::$purpose,)*
            }
        }
    };
}

flows! {
    /// MuninX's `POST /users`.
    Muninx is stored as "muninx" and redeemed by Activation;
    /// Kare's user-organization invite.
    Kare is stored as "kare" and redeemed by KareInvitation;
    /// Nexus's member invite.
    Nexus is stored as "nexus" and redeemed by Activation;
    /// Unleash's public signup.
    Unleash is stored as "unleash" and redeemed by Activation;
}

/// Whether the invited address has an account.
#[derive(Debug, Clone)]
pub enum Account {
    /// It has none; this number is free for one.
    New(UserId),
    /// It has one.
    Existing(Box<User>),
}

/// What is known about an invitee before the plan.
#[derive(Debug, Clone)]
pub struct InviteeFacts {
    /// The account of the address.
    pub account: Account,
    /// The account's membership in the organization, live or removed.
    pub membership: Option<Membership>,
    /// The pending invitation of that address to that organization.
    pub pending: Option<Invitation>,
}

impl InviteeFacts {
    /// Whether the invitee is a member, or can still accept to be one. Who let the time pass may be invited anew, and who has
    /// neither a password nor a link to set one: the account was nobody's when they were let in again.
    fn is_member(&self, now: DateTime<Utc>) -> bool {
        let opens = match (&self.pending, &self.account) {
            (Some(invitation), _) => invitation.state_at(now) != InvitationState::Expired,
            (None, Account::Existing(user)) => user.status != UserStatus::Pending,
            (None, Account::New(_)) => true,
        };
        self.membership.as_ref().is_some_and(Membership::is_live) && opens
    }
}

/// Ids, secrets and the end of life, made ready for one invitation.
#[derive(Debug, Clone)]
pub struct Supplies {
    /// For the invitation.
    pub invitation: InvitationId,
    /// For its mail.
    pub mail: MailId,
    /// For its challenge.
    pub secret: PlainSecret,
    /// Whether the inviter chose it.
    pub is_chosen: bool,
    /// When invitation and challenge die.
    pub expires_at: DateTime<Utc>,
    /// The language of somebody who has not chosen one.
    pub language: Locale,
}

/// An offer to join that has passed all checks.
struct Offer<'a> {
    flow: FlowName,
    organization: &'a Organization,
    inviter: Option<&'a User>,
    by: Performer,
    address: EmailAddress,
    /// For an account that must be made; an existing one keeps its own.
    profile: Profile,
    grant: Grant,
    purpose: ChallengePurpose,
}

impl Offer<'_> {
    /// 1. Make the account if there is none.
    /// 2. Make the membership, or revive it; one that nobody has accepted in time gets the new grant.
    /// 3. Close an older invitation of the same address.
    /// 4. Record the invitation.
    /// 5. Ask to prove the mailbox, unless somebody has; else tell its owner.
    /// 6. Record who invited whom.
    fn plan(self, facts: InviteeFacts, supplies: Supplies, now: DateTime<Utc>) -> Plan {
        let mut plan = Plan::default();
        let id = supplies.invitation;
        let user = match facts.account {
            Account::Existing(user) => *user,
            Account::New(id) => {
                let profile = Profile { locale: supplies.language, ..self.profile.clone() };
                let user = pending_user(id, self.address.clone(), profile, now);
                plan.changes.push(Change::AddUser(user.clone()));
                user
            }
        };
        plan.changes.push(membership_change(facts.membership, user.id, self.organization.id, self.grant.clone(), now));
        plan.changes.extend(facts.pending.iter().flat_map(|older| closing(older, now)));
        let asks = !user.is_proven();
        plan.changes.push(Change::AddInvitation(self.invitation(&user, asks, &supplies, now)));
        if asks {
            let challenge = new_challenge(self.purpose, supplies.invitation, user.id, &supplies, now);
            plan.changes.push(Change::AddChallenge(challenge));
        }
        plan.mails.push(NewMail {
            id: supplies.mail,
            invitation: Some(supplies.invitation),
            envelope: MailEnvelope { to: user.email.clone(), locale: user.profile.locale },
            mail: if asks {
                asking_mail(self.purpose, &user, self.inviter, self.organization, supplies)
            } else {
                notice(&user, self.inviter, self.organization)
            },
        });
        plan.events.push(
            NewEvent::new(EventKind::InvitationCreated, self.organization.id, self.by, Subject::Invitation(id))
                .concerning(user.id),
        );
        plan
    }

    fn invitation(&self, user: &User, asks: bool, supplies: &Supplies, now: DateTime<Utc>) -> Invitation {
        Invitation {
            id: supplies.invitation,
            flow: self.flow,
            organization: self.organization.id,
            user: user.id,
            address: self.address.clone(),
            inviter: self.inviter.map(|inviter| inviter.id),
            signup_token: None,
            state: if asks { InvitationState::Pending } else { InvitationState::Accepted },
            delivery: DeliveryState::Queued,
            created_at: now,
            expires_at: supplies.expires_at,
            closed_at: (!asks).then_some(now),
        }
    }
}

/// The end of an older invitation of the same address, which a new one replaces.
fn closing(older: &Invitation, now: DateTime<Utc>) -> [Change; 3] {
    let state = match older.state_at(now) {
        InvitationState::Expired => InvitationState::Expired,
        InvitationState::Pending | InvitationState::Accepted | InvitationState::Declined | InvitationState::Revoked => {
            InvitationState::Revoked
        }
    };
    [
        Change::CloseInvitation { id: older.id, state, at: now },
        Change::RevokeChallenges { invitation: older.id, at: now },
        Change::WithdrawMails { invitation: older.id },
    ]
}

/// Whether a link opens anything now, as far as its user and its organization go.
pub(crate) fn is_unlocked(user: &User, organization: &Organization) -> bool {
    user.status != UserStatus::Suspended && organization.status == OrganizationStatus::Active
}

/// Sends a pending invitation again: the old challenge and the unsent mails die, a new challenge goes out.
pub(crate) fn reissue(
    invitation: &Invitation,
    user: &User,
    by: &Reissuer<'_>,
    organization: &Organization,
    supplies: Supplies,
    now: DateTime<Utc>,
) -> Plan {
    let purpose = purpose_of(invitation.flow);
    let id = invitation.id;
    Plan {
        // The invitation before its challenge and its mails: whoever ends it, or tells it of its mail, holds them in this order, too.
        changes: vec![
            Change::ReissueInvitation { id, expires_at: supplies.expires_at },
            Change::RevokeChallenges { invitation: id, at: now },
            Change::WithdrawMails { invitation: id },
            Change::AddChallenge(new_challenge(purpose, id, user.id, &supplies, now)),
        ],
        mails: vec![NewMail {
            id: supplies.mail,
            invitation: Some(id),
            envelope: MailEnvelope { to: user.email.clone(), locale: user.profile.locale },
            mail: asking_mail(purpose, user, by.shown, organization, supplies),
        }],
        events: vec![
            NewEvent::new(by.kind, organization.id, by.performer.clone(), Subject::Invitation(id)).concerning(user.id),
        ],
    }
}

/// Who sends an invitation again, and as what the audit log knows it.
pub(crate) struct Reissuer<'a> {
    /// Whom the mail names.
    pub(crate) shown: Option<&'a User>,
    pub(crate) performer: Performer,
    pub(crate) kind: EventKind,
}

fn pending_user(id: UserId, email: EmailAddress, profile: Profile, now: DateTime<Utc>) -> User {
    User {
        id,
        email,
        username: None,
        profile,
        status: UserStatus::Pending,
        password_hash: None,
        activated_at: None,
        address_proven_at: None,
        suspended_by: None,
        created_at: now,
    }
}

fn membership_change(
    before: Option<Membership>,
    user: UserId,
    organization: OrganizationId,
    grant: Grant,
    now: DateTime<Utc>,
) -> Change {
    match before {
        Some(old) if old.is_live() => Change::ChangeMembership(Membership { grant, updated_at: now, ..old }),
        Some(old) => Change::ReviveMembership(Membership { grant, updated_at: now, deleted_at: None, ..old }),
        None => Change::AddMembership(Membership::new(user, organization, grant, now)),
    }
}

fn new_challenge(
    purpose: ChallengePurpose,
    invitation: InvitationId,
    user: UserId,
    supplies: &Supplies,
    now: DateTime<Utc>,
) -> Challenge {
    Challenge {
        digest: supplies.secret.digest(),
        purpose,
        invitation,
        user,
        is_chosen: supplies.is_chosen,
        created_at: now,
        expires_at: supplies.expires_at,
        used_at: None,
        revoked_at: None,
    }
}

fn asking_mail(
    purpose: ChallengePurpose,
    user: &User,
    inviter: Option<&User>,
    organization: &Organization,
    supplies: Supplies,
) -> Mail {
    let invitee = user.profile.shown_in_mail();
    let inviter = inviter.and_then(|inviter| inviter.profile.shown_in_mail());
    let organization = organization.name.clone();
    let Supplies { secret, expires_at, .. } = supplies;
    match purpose {
        ChallengePurpose::Activation => {
            Mail::Activation { invitee, inviter, organization, challenge: secret, expires_at }
        }
        ChallengePurpose::KareInvitation => {
            Mail::KareInvitation { invitee, inviter, organization, invitation_token: secret, expires_at }
        }
    }
}

fn notice(user: &User, inviter: Option<&User>, organization: &Organization) -> Mail {
    Mail::AddedNotice {
        invitee: user.profile.shown_in_mail(),
        inviter: inviter.and_then(|inviter| inviter.profile.shown_in_mail()),
        organization: organization.name.clone(),
    }
}

/// Refuses an address that nobody can be written to, under its name on the wire.
fn address(field: &'static str, text: &str) -> Result<EmailAddress, Refusal> {
    EmailAddress::parse(text).map_err(|problem| Refusal::invalid(field, problem.to_string()))
}

/// Refuses a name that mail cannot show, under its name on the wire.
fn name(field: &'static str, text: &str) -> Result<String, Refusal> {
    names::check_name(text).map(|()| text.to_owned()).map_err(|problem| bad_name(field, problem))
}

/// Refuses a text that cannot be shown at all, under its name on the wire.
pub(crate) fn label(field: &'static str, text: &str) -> Result<String, Refusal> {
    names::check_label(text).map(|()| text.to_owned()).map_err(|problem| bad_name(field, problem))
}

fn bad_name(field: &'static str, problem: NameProblem) -> Refusal {
    Refusal::invalid(field, problem.to_string())
}

fn already_member() -> Refusal {
    Refusal::new(RefusalCode::AlreadyMember, "the user is already a member of this organization")
}

/// Refuses a weak password, under its name on the wire.
///
/// # Errors
/// `password_rejected`, saying which rule is broken.
pub fn check_password(field: &'static str, password: &str, context: &[&str]) -> Result<(), Refusal> {
    crate::password::check_password(password, context)
        .map_err(|problem| Refusal::of_field(RefusalCode::PasswordRejected, field, problem.to_string()))
}

#[cfg(test)]
pub(crate) mod fixtures;
