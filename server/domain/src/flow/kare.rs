//! Kare: an admin adds a user to the organization of the session; the invitee accepts with a token.
//!
//! Invite:
//! 1. Only admins of the session's organization may call.
//! 2. A known address gets a membership, an unknown one a pending account too.
//! 3. A live member is a conflict, a removed one is revived, and who has not accepted in time is invited anew.
//! 4. Invitees are plain members.
//!
//! Accept:
//! 1. The token must be live and the address the invited one.
//! 2. A pending account gets password and profile and becomes active.
//! 3. An account that is active by now keeps all it has, so its own password must be given.
//! 4. The invitee is signed in.

use chrono::{DateTime, Utc};

use super::{Account, FlowName, InviteeFacts, Offer, Plan, Supplies, purpose_of};
use crate::activation::{self, PasswordDuty, RedemptionFacts};
use crate::actor::{Actor, Administrator};
use crate::challenge::{self, ChallengePurpose};
use crate::email_address::EmailAddress;
use crate::event::Performer;
use crate::ids::OrganizationId;
use crate::mail::Locale;
use crate::membership::{Grant, KarePermissions, Membership};
use crate::organization::Organization;
use crate::refusal::Refusal;
use crate::secret::PlainSecret;
use crate::user::{PasswordHash, Profile, User};

/// The scope of every invitee; what the number means is unpublished.
const SCOPE: i32 = 1;

/// The longest telephone number, in characters.
const MAX_PHONE_CHARS: usize = 20;

/// The body of an invite.
#[derive(Debug, Clone)]
pub struct InviteUser {
    /// `firstName`.
    pub first_name: String,
    /// `lastName`.
    pub last_name: String,
    /// `email`.
    pub email: String,
    /// `permissions`.
    pub permissions: KarePermissions,
}

/// An invite that may go on to the facts.
#[derive(Debug, Clone)]
pub struct AdmittedInvite {
    /// The invited address.
    pub address: EmailAddress,
    /// Where to.
    pub organization: OrganizationId,
    by: Performer,
    profile: Profile,
    permissions: KarePermissions,
}

/// What an invite needs to know.
#[derive(Debug, Clone)]
pub struct InviteFacts {
    /// The organization of the session.
    pub organization: Organization,
    /// The caller.
    pub inviter: Option<User>,
    /// The invitee.
    pub invitee: InviteeFacts,
}

/// The rule of inviting: admins of the session's organization only.
///
/// # Errors
/// `not_allowed`.
pub fn administrator(actor: Actor) -> Result<Administrator, Refusal> {
    if !actor.administers_own_organization() {
        return Err(Refusal::not_allowed("only admins of the organization may invite"));
    }
    let organization = actor.organization;
    Ok(Administrator::proven(actor, organization))
}

/// Checks of an invite what needs no facts.
///
/// # Errors
/// `invalid_value`.
pub fn admit(administrator: &Administrator, command: InviteUser) -> Result<AdmittedInvite, Refusal> {
    let address = super::address("email", &command.email)?;
    let first = super::name("firstName", &command.first_name)?;
    let last = super::name("lastName", &command.last_name)?;
    Ok(AdmittedInvite {
        address,
        organization: administrator.organization(),
        by: Performer::from(administrator.actor()),
        profile: Profile::of_names(&first, &last),
        permissions: command.permissions,
    })
}

/// Plans an invite; the membership is the answer.
///
/// # Errors
/// `already_member`.
pub fn plan(
    invite: AdmittedInvite,
    facts: InviteFacts,
    supplies: Supplies,
    now: DateTime<Utc>,
) -> Result<(Plan, Membership), Refusal> {
    if facts.invitee.is_member(now) {
        return Err(super::already_member());
    }
    let user = match &facts.invitee.account {
        Account::New(id) => *id,
        Account::Existing(user) => user.id,
    };
    let grant = Grant::kare(SCOPE, invite.permissions);
    let mut membership = Membership::new(user, facts.organization.id, grant.clone(), now);
    if let Some(before) = &facts.invitee.membership {
        membership.created_at = before.created_at;
    }
    let offer = Offer {
        flow: FlowName::Kare,
        organization: &facts.organization,
        inviter: facts.inviter.as_ref(),
        by: invite.by,
        address: invite.address,
        profile: invite.profile,
        grant,
        purpose: purpose_of(FlowName::Kare),
    };
    Ok((offer.plan(facts.invitee, supplies, now), membership))
}

/// The body of an acceptance.
#[derive(Debug, Clone)]
pub struct AcceptInvitation {
    /// `invitationToken`.
    pub invitation_token: PlainSecret,
    /// `email`: must be the invited one.
    pub email: String,
    /// `password`.
    pub password: PlainSecret,
    /// `firstName`.
    pub first_name: String,
    /// `lastName`.
    pub last_name: String,
    /// `phone`.
    pub phone: String,
    /// `lang`: `fr`, `en` or `de`.
    pub lang: Option<String>,
}

/// An acceptance that may go on to the facts.
#[derive(Debug, Clone)]
pub struct AdmittedAcceptance {
    /// The token to look up.
    pub token: PlainSecret,
    /// The password as given.
    pub password: PlainSecret,
    address: EmailAddress,
    profile: Profile,
    /// Without one the invitation's stays.
    language: Option<Locale>,
}

/// Checks an acceptance as far as it needs no facts.
///
/// # Errors
/// `invalid_value`.
pub fn admit_acceptance(command: AcceptInvitation) -> Result<AdmittedAcceptance, Refusal> {
    let address = super::address("email", &command.email)?;
    let first = super::name("firstName", &command.first_name)?;
    let last = super::name("lastName", &command.last_name)?;
    let mut profile = Profile::of_names(&first, &last);
    profile.phone = phone(&command.phone)?;
    let language = command.lang.as_deref().map(language).transpose()?;
    Ok(AdmittedAcceptance { token: command.invitation_token, password: command.password, address, profile, language })
}

/// Checks an acceptance against its facts. Runs before the password is looked at and again inside the transaction. An
/// account that keeps its password must be given that one.
///
/// # Errors
/// `secret_unknown`, `secret_used`, `secret_expired`, `secret_declined`, `secret_revoked`.
pub fn check_acceptance(
    acceptance: &AdmittedAcceptance,
    facts: Option<&RedemptionFacts>,
    now: DateTime<Utc>,
) -> Result<PasswordDuty, Refusal> {
    // A wrong address answers as an unknown token does: its holder shall not learn that the token is good.
    let facts = facts
        .filter(|facts| facts.challenge.purpose == ChallengePurpose::KareInvitation)
        .filter(|facts| facts.invitation.address == acceptance.address)
        .ok_or_else(|| challenge::unknown("invitationToken"))?;
    facts.check_open(now)?;
    Ok(PasswordDuty::of(facts))
}

/// Checks a first password. Takes milliseconds, so it belongs where hashing is done.
///
/// # Errors
/// `password_rejected`.
pub fn check_new_password(acceptance: &AdmittedAcceptance, facts: &RedemptionFacts) -> Result<(), Refusal> {
    let names = &acceptance.profile;
    let mut context = facts.user.password_context(&facts.organization.name);
    context.extend([names.given_name.as_deref(), names.family_name.as_deref()].into_iter().flatten());
    super::check_password("password", acceptance.password.expose(), &context)
}

/// Plans an acceptance. `new_password` is there if the duty was [`PasswordDuty::Set`].
#[must_use]
pub fn plan_acceptance(
    acceptance: AdmittedAcceptance,
    facts: &RedemptionFacts,
    new_password: Option<PasswordHash>,
    now: DateTime<Utc>,
) -> Plan {
    let locale = acceptance.language.unwrap_or(facts.user.profile.locale);
    activation::plan_redemption(facts, new_password, Some(Profile { locale, ..acceptance.profile }), now)
}

/// The vendor knows three languages; mails are written in more.
fn language(tag: &str) -> Result<Locale, Refusal> {
    Locale::from_tag(tag)
        .filter(|locale| *locale != Locale::Es)
        .ok_or_else(|| Refusal::invalid("lang", "the language is fr, en or de"))
}

fn phone(text: &str) -> Result<Option<String>, Refusal> {
    if text.is_empty() {
        return Ok(None);
    }
    if text.chars().count() > MAX_PHONE_CHARS {
        return Err(Refusal::invalid("phone", "a telephone number has at most 20 characters"));
    }
    super::label("phone", text).map(Some)
}

#[cfg(test)]
mod tests;
