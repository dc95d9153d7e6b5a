//! Unleash: whoever holds a signup token makes their own account.
//!
//! 1. The token must be usable.
//! 2. Names, address and password must pass.
//! 3. Address and username must be free. An address whose invitations have come to nothing, or were let pass, is free.
//! 4. The user is active at once, with the token's root role, and the invitation is recorded as accepted.

use std::fmt::Write as _;

use chrono::{DateTime, Utc};
use sha2::{Digest as _, Sha256};

use super::{Change, FlowName, Plan};
use crate::actor::{Actor, Administrator};
use crate::credential::Permission;
use crate::email_address::EmailAddress;
use crate::event::{EventKind, NewEvent, Performer, Subject};
use crate::ids::{InvitationId, SignupTokenId, UserId};
use crate::invitation::{DeliveryState, Invitation, InvitationState};
use crate::mail::Locale;
use crate::membership::{Grant, Membership};
use crate::organization::Organization;
use crate::refusal::{Refusal, RefusalCode};
use crate::secret::{PlainSecret, SecretDigest};
use crate::signup_token::{self, SignupToken};
use crate::user::{PasswordHash, Profile, User, UserStatus};

/// The body of a signup.
#[derive(Debug, Clone)]
pub struct Signup {
    /// `email`.
    pub email: String,
    /// `name`.
    pub name: String,
    /// `password`.
    pub password: PlainSecret,
    /// `username`.
    pub username: Option<String>,
}

/// A signup that may go on to the conflicts and to hashing.
#[derive(Debug, Clone)]
pub struct AdmittedSignup {
    /// The address; stored in lower case.
    pub address: EmailAddress,
    /// The username, if one was given.
    pub username: Option<String>,
    /// The password as given.
    pub password: PlainSecret,
    name: String,
}

/// What a signup needs to know.
#[derive(Debug, Clone)]
pub struct SignupFacts {
    /// The token that was presented.
    pub token: Option<SignupToken>,
    /// The account of the address.
    pub account: Option<User>,
    /// Whether somebody may still come in to a pending account, or is a member already when they do.
    pub is_awaited: bool,
    /// The account's membership where the token leads, live or removed.
    pub membership: Option<Membership>,
    /// A pending invitation of the address to there, which is too old.
    pub pending: Option<Invitation>,
    /// Whether a user has the username.
    pub username_taken: bool,
}

/// Ids and the hash, made ready for one signup.
#[derive(Debug, Clone)]
pub struct SignupSupplies {
    /// For the user, or that of the account that nobody has.
    pub user: UserId,
    /// For the invitation.
    pub invitation: InvitationId,
    /// The password's stored form.
    pub password_hash: PasswordHash,
    /// The language of somebody who has not chosen one.
    pub language: Locale,
}

/// The body of a new signup token.
#[derive(Debug, Clone)]
pub struct CreateSignupToken {
    /// `name`.
    pub name: String,
    /// `expiresAt`.
    pub expires_at: DateTime<Utc>,
}

/// Changes a signup token; what is absent stays as it is.
#[derive(Debug, Clone, Copy)]
pub struct UpdateSignupToken {
    /// The new expiry, capped like that of a new token.
    pub expires_at: Option<DateTime<Utc>>,
    /// Whether people can sign up with it.
    pub enabled: Option<bool>,
}

/// Ids and secrets, made ready for one signup token.
#[derive(Debug, Clone)]
pub struct SignupTokenSupplies {
    /// Its id.
    pub id: SignupTokenId,
    /// The digest of its secret.
    pub digest: SecretDigest,
    /// The secret under the server's key.
    pub sealed_secret: Vec<u8>,
}

/// Whether people can sign up with what was presented.
///
/// # Errors
/// `signup_token_unusable`, alike for unknown, disabled and expired.
pub fn check_token(token: Option<&SignupToken>, now: DateTime<Utc>) -> Result<&SignupToken, Refusal> {
    token.filter(|token| token.is_usable(now)).ok_or_else(|| {
        Refusal::new(
            RefusalCode::SignupTokenUnusable,
            "the signup link is unknown, disabled or expired: ask whoever sent it for a new one",
        )
    })
}

/// Checks a signup once its token is known to be usable.
///
/// # Errors
/// `invalid_value`.
pub fn admit(command: Signup) -> Result<AdmittedSignup, Refusal> {
    let address = super::address("email", &command.email)?;
    let name = super::name("name", &command.name)?;
    let username = command.username.map(|username| super::label("username", &username)).transpose()?;
    Ok(AdmittedSignup { address, username, password: command.password, name })
}

/// Checks the password of a signup. Takes milliseconds, so it belongs where hashing is done.
///
/// # Errors
/// `password_rejected`.
pub fn check_new_password(signup: &AdmittedSignup, organization: &Organization) -> Result<(), Refusal> {
    let mut context = vec![signup.address.original(), signup.name.as_str(), organization.name.as_str()];
    context.extend(signup.username.as_deref());
    super::check_password("password", signup.password.expose(), &context)
}

/// Looks for conflicts. Runs before the password is hashed and again inside the transaction.
///
/// # Errors
/// `signup_token_unusable`, `email_taken`, `username_taken`.
pub fn check_conflicts(facts: &SignupFacts, now: DateTime<Utc>) -> Result<&SignupToken, Refusal> {
    let token = check_token(facts.token.as_ref(), now)?;
    if facts.account.as_ref().is_some_and(|user| user.status != UserStatus::Pending || facts.is_awaited) {
        return Err(Refusal::of_field(RefusalCode::EmailTaken, "email", "a user with this e-mail address exists"));
    }
    if facts.username_taken {
        return Err(Refusal::of_field(RefusalCode::UsernameTaken, "username", "a user with this username exists"));
    }
    Ok(token)
}

/// Plans a signup; the user is the answer.
///
/// # Errors
/// See [`check_conflicts`].
pub fn plan(
    signup: AdmittedSignup,
    facts: &SignupFacts,
    supplies: SignupSupplies,
    now: DateTime<Utc>,
) -> Result<(Plan, User), Refusal> {
    let token = check_conflicts(facts, now)?;
    let before = facts.account.as_ref();
    let user = User {
        id: supplies.user,
        email: before.map_or(&signup.address, |user| &user.email).clone(),
        username: signup.username,
        profile: Profile {
            display_name: signup.name,
            given_name: None,
            family_name: None,
            phone: None,
            locale: supplies.language,
        },
        status: UserStatus::Active,
        password_hash: Some(supplies.password_hash),
        activated_at: Some(now),
        address_proven_at: None,
        suspended_by: None,
        created_at: before.map_or(now, |user| user.created_at),
    };
    let invitation = Invitation {
        id: supplies.invitation,
        flow: FlowName::Unleash,
        organization: token.organization,
        user: user.id,
        address: signup.address,
        inviter: token.created_by,
        signup_token: Some(token.id),
        state: InvitationState::Accepted,
        delivery: DeliveryState::None,
        created_at: now,
        expires_at: token.expires_at,
        closed_at: Some(now),
    };
    let grant = Grant::unleash(token.root_role);
    let mut changes = vec![
        if before.is_some() { Change::ClaimUser(user.clone()) } else { Change::AddUser(user.clone()) },
        super::membership_change(facts.membership.clone(), user.id, token.organization, grant, now),
    ];
    changes.extend(facts.pending.iter().flat_map(|older| super::closing(older, now)));
    changes.push(Change::AddInvitation(invitation));
    let (by, subject) = (Performer::User(user.id), Subject::Invitation(supplies.invitation));
    let event = NewEvent::new(EventKind::InvitationAccepted, token.organization, by, subject).concerning(user.id);
    Ok((Plan { changes, events: vec![event], ..Plan::default() }, user))
}

/// Plans a signup token; the token is the answer.
///
/// # Errors
/// `invalid_value`.
pub fn plan_token(
    administrator: &Administrator,
    command: &CreateSignupToken,
    supplies: SignupTokenSupplies,
    now: DateTime<Utc>,
) -> Result<(Plan, SignupToken), Refusal> {
    let token = SignupToken {
        id: supplies.id,
        digest: supplies.digest,
        sealed_secret: supplies.sealed_secret,
        name: super::label("name", &command.name)?,
        organization: administrator.organization(),
        root_role: signup_token::VIEWER_ROLE,
        enabled: true,
        expires_at: signup_token::capped_expiry(command.expires_at, now),
        created_at: now,
        created_by: administrator.actor().user,
    };
    let plan = link_plan(Change::AddSignupToken(token.clone()), EventKind::SignupTokenCreated, administrator, token.id);
    Ok((plan, token))
}

/// A token of the organization that is administered.
///
/// # Errors
/// `signup_token_not_found`, also for a token of another organization.
pub fn own_token(administrator: &Administrator, token: Option<SignupToken>) -> Result<SignupToken, Refusal> {
    // The sentence is the vendor's.
    token
        .filter(|token| token.organization == administrator.organization())
        .ok_or_else(|| Refusal::new(RefusalCode::SignupTokenNotFound, "Could not find public signup token."))
}

/// Plans the update of a signup token; the token as it is then is the answer.
///
/// # Errors
/// `signup_token_not_found`, also for a token of another organization.
pub fn plan_token_update(
    administrator: &Administrator,
    command: UpdateSignupToken,
    token: Option<SignupToken>,
    now: DateTime<Utc>,
) -> Result<(Plan, SignupToken), Refusal> {
    let mut token = own_token(administrator, token)?;
    token.enabled = command.enabled.unwrap_or(token.enabled);
    token.expires_at = command.expires_at.map_or(token.expires_at, |asked| signup_token::capped_expiry(asked, now));
    let change = Change::UpdateSignupToken { id: token.id, enabled: token.enabled, expires_at: token.expires_at };
    Ok((link_plan(change, EventKind::SignupTokenUpdated, administrator, token.id), token))
}

fn link_plan(change: Change, kind: EventKind, administrator: &Administrator, id: SignupTokenId) -> Plan {
    let by = Performer::from(administrator.actor());
    let event = NewEvent::new(kind, administrator.organization(), by, Subject::SignupToken(id));
    Plan { changes: vec![change], events: vec![event], ..Plan::default() }
}

/// The rule of signup tokens: admins of the credential's organization, and programs that administer Unleash.
///
/// # Errors
/// `not_allowed`.
pub fn administrator(actor: Actor) -> Result<Administrator, Refusal> {
    if !actor.has_permission(Permission::UnleashAdmin) && !actor.administers_own_organization() {
        return Err(Refusal::not_allowed("only admins may manage signup links"));
    }
    let organization = actor.organization;
    Ok(Administrator::proven(actor, organization))
}

/// The address of a user's picture: Gravatar by the SHA-256 of the lower-cased address.
#[must_use]
pub fn image_url(address: &EmailAddress) -> String {
    let digest = Sha256::digest(address.normalized().as_bytes());
    let mut hex = String::with_capacity(64);
    for byte in digest.as_slice() {
        // Writing to a string cannot fail.
        let _ = write!(hex, "{byte:02x}");
    }
    format!("https://gravatar.com/avatar/{hex}?s=42&d=retro&r=g")
}

#[cfg(test)]
mod tests;
