//! MuninX: an admin invites a user into the tenant or into one of its customer organizations.
//!
//! 1. Only admins of the tenant may call.
//! 2. An admin or agent has an agent type, a customer has none.
//! 3. Admins and agents go to the caller's tenant, customers to the customer organization that is named, or to the tenant.
//! 4. The address must be free in the whole system, because it is the key of a user in this flow's paths. One whose invitations
//!    have come to nothing, or were let pass, is free again.

pub mod organizations;
pub mod users;

use chrono::{DateTime, Utc};

use super::{Account, Change, FlowName, InviteeFacts, Offer, Plan, Reissuer, Supplies, purpose_of};
use crate::actor::{Actor, Administrator, Owner};
use crate::challenge::{MAX_CALLER_CHARS, MIN_CALLER_CHARS};
use crate::credential::{ApiToken, TokenKind};
use crate::email_address::EmailAddress;
use crate::event::{EventKind, NewEvent, Performer, Subject};
use crate::ids::ApiTokenId;
use crate::invitation::{Invitation, InvitationState};
use crate::membership::{AgentType, Grant, Membership, UserType};
use crate::organization::{Organization, OrganizationStatus};
use crate::refusal::{Refusal, RefusalCode};
use crate::secret::{PlainSecret, SecretDigest};
use crate::user::{Profile, User, UserStatus};

/// The body of an invite. `created-at` is missing here because it is accepted and ignored.
#[derive(Debug, Clone)]
pub struct InviteUser {
    /// `email`.
    pub email: String,
    /// `name`.
    pub name: String,
    /// `last-name`.
    pub last_name: String,
    /// `type`.
    pub user_type: UserType,
    /// `agent-type`.
    pub agent_type: Option<AgentType>,
    /// `organization`: a slug, read for customers only.
    pub organization: Option<String>,
    /// `challenge`: takes the place of a generated one.
    pub challenge: Option<PlainSecret>,
}

/// An invite that may go on to the facts.
#[derive(Debug, Clone)]
pub struct AdmittedInvite {
    /// The invited address.
    pub address: EmailAddress,
    /// The customer organization to look up.
    pub organization: Option<String>,
    /// The caller's own challenge.
    pub challenge: Option<PlainSecret>,
    profile: Profile,
    user_type: UserType,
    agent_type: Option<AgentType>,
}

/// What an invite needs to know.
#[derive(Debug, Clone)]
pub struct InviteFacts {
    /// The caller's tenant.
    pub tenant: Organization,
    /// The organization with the slug of [`AdmittedInvite::organization`], of whichever tenant.
    pub named: Option<Organization>,
    /// The caller.
    pub inviter: Option<User>,
    /// The account of the address.
    pub account: Account,
    /// The account's membership in the destination, live or removed.
    pub membership: Option<Membership>,
    /// Whether somebody may still come in to a pending account: a live membership has an invitation that can be accepted, or one
    /// in another tenant needs none.
    pub is_awaited: bool,
    /// Whether some invitation had the caller's challenge before.
    pub challenge_taken: bool,
    /// A pending invitation of that address to the destination.
    pub pending: Option<Invitation>,
}

/// The rule of the operations on users: admins of the tenant only.
///
/// # Errors
/// `not_allowed`.
pub fn administrator(actor: Actor) -> Result<Administrator, Refusal> {
    if !actor.administers_tenant() {
        return Err(Refusal::not_allowed("only admins of the tenant may manage its users"));
    }
    let tenant = actor.tenant;
    Ok(Administrator::proven(actor, tenant))
}

/// The rule of personal tokens: they belong to a person.
///
/// # Errors
/// `not_allowed` for programs.
pub fn owner(actor: &Actor) -> Result<Owner, Refusal> {
    match actor.user {
        Some(user) => Ok(Owner::proven(user, actor)),
        None => Err(Refusal::not_allowed("only a user can have a personal token")),
    }
}

/// Checks of an invite what needs no facts.
///
/// # Errors
/// `invalid_value`, `agent_type_required`, `agent_type_forbidden`.
pub fn admit(command: InviteUser) -> Result<AdmittedInvite, Refusal> {
    let address = super::address("email", &command.email)?;
    let given = super::name("name", &command.name)?;
    let family = super::name("last-name", &command.last_name)?;
    check_agent_type(command.user_type, command.agent_type)?;
    if let Some(challenge) = &command.challenge {
        check_challenge(challenge)?;
    }
    let organization = match command.user_type {
        UserType::Customer => command.organization,
        UserType::Admin | UserType::Agent => None,
    };
    Ok(AdmittedInvite {
        address,
        organization,
        challenge: command.challenge,
        profile: Profile::of_names(&given, &family),
        user_type: command.user_type,
        agent_type: command.agent_type,
    })
}

/// Plans an invite.
///
/// # Errors
/// `unknown_organization`, `email_taken`, `invalid_value` for a challenge that is not fresh.
pub fn plan(
    administrator: &Administrator,
    invite: AdmittedInvite,
    facts: InviteFacts,
    mut supplies: Supplies,
    now: DateTime<Utc>,
) -> Result<Plan, Refusal> {
    let organization = destination(administrator.actor(), &invite, &facts)?.clone();
    if is_taken(&facts) {
        return Err(Refusal::of_field(RefusalCode::EmailTaken, "email", "a user with this e-mail address exists"));
    }
    if facts.challenge_taken {
        return Err(Refusal::invalid(
            "challenge",
            "the challenge was used for another invitation: leave it out or choose another",
        ));
    }
    if let Some(challenge) = invite.challenge {
        supplies.secret = challenge;
        supplies.is_chosen = true;
    }
    let mut account = facts.account;
    let renamed = match &mut account {
        Account::Existing(user) => {
            user.profile = Profile { locale: supplies.language, ..invite.profile.clone() };
            Some(Change::UpdateProfile { user: user.id, profile: user.profile.clone(), at: now })
        }
        Account::New(_) => None,
    };
    let offer = Offer {
        flow: FlowName::Muninx,
        organization: &organization,
        inviter: facts.inviter.as_ref(),
        by: Performer::from(administrator.actor()),
        address: invite.address,
        profile: invite.profile,
        grant: Grant::muninx(invite.user_type, invite.agent_type),
        purpose: purpose_of(FlowName::Muninx),
    };
    let invitee = InviteeFacts { account, membership: facts.membership, pending: facts.pending };
    let mut plan = offer.plan(invitee, supplies, now);
    plan.changes.splice(0..0, renamed);
    Ok(plan)
}

/// Whether somebody has the address. An account that nobody has accepted, and whose invitations were all revoked, declined or let
/// pass, is nobody's: whoever invites the address next says what its owner is called. So is one of the own tenant that has
/// neither a password nor a link to set one.
fn is_taken(facts: &InviteFacts) -> bool {
    match &facts.account {
        Account::Existing(user) => user.status != UserStatus::Pending || facts.is_awaited,
        Account::New(_) => false,
    }
}

/// Whether a plan was refused for a challenge that another invitation has or had.
#[must_use]
pub fn is_of_taken_challenge(refusal: &Refusal) -> bool {
    refusal.code == RefusalCode::InvalidValue && refusal.field == Some("challenge")
}

/// What sending an activation mail again needs to know.
#[derive(Debug, Clone)]
pub struct ResendFacts {
    /// The user with the address, if a member of an organization of the caller's tenant.
    pub user: Option<User>,
    /// The user's latest pending invitation in the tenant, with its organization, which is locked also if its tenant is.
    pub pending: Option<(Invitation, Organization)>,
    /// The caller.
    pub inviter: Option<User>,
}

/// Plans sending an activation mail again: the old challenge dies.
///
/// # Errors
/// `user_not_found`, `user_not_pending`.
pub fn plan_resend(
    administrator: &Administrator,
    facts: ResendFacts,
    supplies: Supplies,
    now: DateTime<Utc>,
) -> Result<Plan, Refusal> {
    let user = facts.user.ok_or_else(|| Refusal::new(RefusalCode::UserNotFound, "there is no such user"))?;
    let not_pending = || Refusal::new(RefusalCode::UserNotPending, "the user has no open invitation to send again");
    if user.status != UserStatus::Pending {
        return Err(not_pending());
    }
    let (invitation, organization) = facts.pending.ok_or_else(not_pending)?;
    if invitation.state != InvitationState::Pending {
        return Err(not_pending());
    }
    if !super::is_unlocked(&user, &organization) {
        let detail = "the organization is suspended, so that no link to it opens anything";
        return Err(Refusal::new(RefusalCode::UserNotPending, detail));
    }
    let by = Reissuer {
        shown: facts.inviter.as_ref(),
        performer: Performer::from(administrator.actor()),
        kind: EventKind::InvitationResent,
    };
    Ok(super::reissue(&invitation, &user, &by, &organization, supplies, now))
}

/// Plans a personal token, which acts as its owner.
///
/// # Errors
/// `invalid_value` for the name.
pub fn plan_token(
    owner: &Owner,
    name: &str,
    id: ApiTokenId,
    digest: SecretDigest,
    now: DateTime<Utc>,
) -> Result<Plan, Refusal> {
    let token = ApiToken {
        id,
        digest,
        kind: TokenKind::Personal,
        name: super::label("name", name)?,
        user: Some(owner.user()),
        organization: owner.organization(),
        permissions: std::collections::BTreeSet::new(),
        session: None,
        created_at: now,
        expires_at: None,
    };
    let by = Performer::User(owner.user());
    let event = NewEvent::new(EventKind::TokenCreated, owner.organization(), by, Subject::ApiToken(id));
    Ok(Plan { changes: vec![Change::AddApiToken(token)], events: vec![event], ..Plan::default() })
}

/// Plans the end of a personal token.
///
/// # Errors
/// `token_not_found`, alike for an unknown one, one of somebody else and one that has ended.
pub fn plan_token_end(owner: &Owner, token: Option<&ApiToken>, now: DateTime<Utc>) -> Result<Plan, Refusal> {
    let not_found = || Refusal::new(RefusalCode::TokenNotFound, "you have no such token");
    let ApiToken { id, organization, .. } = *token.ok_or_else(not_found)?;
    let by = Performer::User(owner.user());
    let event = NewEvent::new(EventKind::TokenRevoked, organization, by, Subject::ApiToken(id));
    Ok(Plan { changes: vec![Change::RevokeApiToken { id, at: now }], events: vec![event], ..Plan::default() })
}

fn check_agent_type(user_type: UserType, agent_type: Option<AgentType>) -> Result<(), Refusal> {
    match (user_type, agent_type) {
        (UserType::Admin | UserType::Agent, Some(_)) | (UserType::Customer, None) => Ok(()),
        (UserType::Admin | UserType::Agent, None) => Err(Refusal::of_field(
            RefusalCode::AgentTypeRequired,
            "agent-type",
            "an admin or agent needs an agent-type: human, ai-assisted or ai-autonomous",
        )),
        (UserType::Customer, Some(_)) => Err(Refusal::of_field(
            RefusalCode::AgentTypeForbidden,
            "agent-type",
            "a customer has no agent-type: leave it out",
        )),
    }
}

fn check_challenge(challenge: &PlainSecret) -> Result<(), Refusal> {
    let length = challenge.expose().chars().count();
    if (MIN_CALLER_CHARS..=MAX_CALLER_CHARS).contains(&length) {
        return Ok(());
    }
    Err(Refusal::invalid("challenge", "a challenge has 16 to 255 characters: leave it out to have one made"))
}

/// Where the invitee goes. The tenant itself may be named too; another tenant's organization is unknown.
fn destination<'a>(
    actor: &Actor,
    invite: &AdmittedInvite,
    facts: &'a InviteFacts,
) -> Result<&'a Organization, Refusal> {
    if invite.organization.is_none() {
        return Ok(&facts.tenant);
    }
    match &facts.named {
        Some(named) if actor.sees(named) && named.status == OrganizationStatus::Active => Ok(named),
        Some(_) | None => Err(unknown_organization()),
    }
}

fn unknown_organization() -> Refusal {
    Refusal::of_field(
        RefusalCode::UnknownOrganization,
        "organization",
        "there is no such organization: name the tenant or one of its customer organizations",
    )
}

#[cfg(test)]
mod tests;
