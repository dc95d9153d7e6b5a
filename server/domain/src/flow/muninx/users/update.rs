//! What an update of a user changes: rules 2 to 5.

use chrono::{DateTime, Utc};

use super::super::check_agent_type;
use super::{Member, type_of};
use crate::event::{EventKind, NewEvent, Performer, Subject};
use crate::flow::nexus::keys::plan_ends;
use crate::flow::{Change, Plan, name};
use crate::ids::OrganizationId;
use crate::membership::{AgentType, Grant, Membership, MuninxGrant, UserType};
use crate::organization::{Organization, OrganizationStatus};
use crate::refusal::{Refusal, RefusalCode};
use crate::user::{Estate, Profile, User, UserStatus};

/// The body of an update: what is absent stays.
#[derive(Debug, Clone, Default)]
pub struct UpdateUser {
    /// `name`.
    pub name: Option<String>,
    /// `last-name`.
    pub last_name: Option<String>,
    /// `type`.
    pub user_type: Option<UserType>,
    /// `organization`: a slug, read for customers only.
    pub organization: Option<String>,
    /// `agent-type`.
    pub agent_type: Option<AgentType>,
    /// `auto-assign-tickets`.
    pub auto_assign_tickets: Option<bool>,
    /// `status`: active or suspended.
    pub status: Option<UserStatus>,
}

impl UpdateUser {
    /// Whether more than names are to change: that takes an admin, and may have somebody administer less than before.
    #[must_use]
    pub const fn needs_admin(&self) -> bool {
        let Self { name: _, last_name: _, user_type, organization, agent_type, auto_assign_tickets, status } = self;
        user_type.is_some()
            || organization.is_some()
            || agent_type.is_some()
            || auto_assign_tickets.is_some()
            || status.is_some()
    }
}

/// What a user is to other tenants.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Elsewhere {
    /// None of them has them.
    Nothing,
    /// Invited by one, and accepted nowhere.
    Invited,
    /// A live member of one.
    Member,
}

/// What an update needs to know.
#[derive(Debug, Clone)]
pub struct UpdateFacts {
    /// The user.
    pub user: User,
    /// The membership that counts.
    pub membership: Membership,
    /// The tenant.
    pub tenant: Organization,
    /// The user's membership in the tenant itself, live or removed.
    pub in_tenant: Option<Membership>,
    /// The organization with the slug of [`UpdateUser::organization`], of whichever tenant.
    pub named: Option<Organization>,
    /// The user's membership there, live or removed.
    pub in_named: Option<Membership>,
    /// Whether the user has not accepted yet to be there.
    pub is_invited: bool,
    /// What the user is to other tenants.
    pub elsewhere: Elsewhere,
    /// [`SeenUser::is_only_invited`](super::SeenUser::is_only_invited).
    pub is_only_invited: bool,
    /// What hangs on the account, if its status may change.
    pub estate: Estate,
    /// How many active admins the tenant has beside the user.
    pub other_administrators: i64,
}

impl UpdateFacts {
    /// Whether what holds for all tenants is not for this one alone to change. An invitation that nobody has accepted takes nothing
    /// from a tenant whose member somebody is: else anybody could keep it from locking them out.
    const fn is_shared(&self) -> bool {
        match self.elsewhere {
            Elsewhere::Nothing => false,
            Elsewhere::Invited => self.is_invited,
            Elsewhere::Member => true,
        }
    }
}

/// Plans an update. What is asked for and is so already is left alone.
///
/// # Errors
/// `not_allowed`; `invalid_value`, `agent_type_required`, `agent_type_forbidden`, `unknown_organization`,
/// `last_administrator`; `user_pending`, `user_shared`, `already_member`.
pub fn plan_update(
    member: &Member,
    command: &UpdateUser,
    facts: &UpdateFacts,
    now: DateTime<Utc>,
) -> Result<Plan, Refusal> {
    check_right(member, command, &facts.user)?;
    let profile = profile(command, &facts.user.profile)?;
    let grant = new_grant(command, &facts.membership.grant)?;
    let place = destination(command, facts, &grant)?;
    let status = standing(command.status, facts);
    check_last_administrator(facts, &grant, place.map(|(id, _)| id), status)?;
    check_conflicts(member, command, facts, profile != facts.user.profile, place)?;

    let user = facts.user.id;
    let organization = place.map_or(facts.membership.organization, |(id, _)| id);
    let mut plan = Plan::default();
    if profile != facts.user.profile {
        plan.changes.push(Change::UpdateProfile { user, profile, at: now });
    }
    match place {
        Some((id, there)) => {
            let removed = Membership { deleted_at: Some(now), updated_at: now, ..facts.membership.clone() };
            plan.changes.push(Change::ChangeMembership(removed));
            plan.changes.push(arrival(there, &facts.membership, id, grant, now));
        }
        None if grant != facts.membership.grant => {
            let changed = Membership { grant, updated_at: now, ..facts.membership.clone() };
            plan.changes.push(Change::ChangeMembership(changed));
        }
        None => {}
    }
    let updated =
        |concerned| NewEvent::new(EventKind::UserUpdated, concerned, Performer::User(member.user), Subject::User(user));
    if !plan.changes.is_empty() {
        plan.events.push(updated(organization).done_in(organization));
    }
    if place.is_some() {
        plan.events.push(updated(facts.membership.organization));
    }
    if status != facts.user.status {
        let change = change_of_status(member, facts, status, organization, now);
        plan.changes.extend(change.changes);
        plan.events.extend(change.events);
    }
    Ok(plan)
}

/// Locks the user out or lets them in again, which is done in `organization` and concerns wherever they belong.
fn change_of_status(
    member: &Member,
    facts: &UpdateFacts,
    status: UserStatus,
    organization: OrganizationId,
    now: DateTime<Utc>,
) -> Plan {
    let (user, by) = (facts.user.id, Performer::User(member.user));
    let mut plan = Plan::default();
    if status == UserStatus::Pending && facts.user.activated_at.is_some() {
        plan.changes.push(Change::ForgetPassword { user, at: now });
        plan.changes.push(Change::RevokeTokensOfUser { user, at: now });
        let ends = plan_ends(&facts.estate.keys, &by, now);
        plan.changes.extend(ends.changes);
        plan.events.extend(ends.events.into_iter().map(|event| event.done_in(organization)));
    }
    let is_locked = status == UserStatus::Suspended;
    let suspended_by = is_locked.then_some(member.tenant());
    plan.changes.push(Change::SetUserStatus { user, status, suspended_by, at: now });
    let kind = if is_locked { EventKind::UserSuspended } else { EventKind::UserResumed };
    let others = facts.estate.organizations.iter().copied().filter(|other| *other != organization);
    let concerned = std::iter::once(organization).chain(others);
    let record = |concerned| NewEvent::new(kind, concerned, by.clone(), Subject::User(user)).done_in(organization);
    plan.events.extend(concerned.map(record));
    plan
}

fn check_right(member: &Member, command: &UpdateUser, user: &User) -> Result<(), Refusal> {
    if member.actor.administers_tenant() || (user.id == member.user && !command.needs_admin()) {
        return Ok(());
    }
    Err(Refusal::not_allowed("only admins of the tenant may change more than their own names"))
}

fn profile(command: &UpdateUser, old: &Profile) -> Result<Profile, Refusal> {
    let is_so = |asked: &Option<String>, shown: Option<&str>| asked.is_none() || asked.as_deref() == shown;
    if is_so(&command.name, old.shown_given_name()) && is_so(&command.last_name, old.family_name.as_deref()) {
        return Ok(old.clone());
    }
    let checked = |field, text: &Option<String>| text.as_deref().map(|text| name(field, text)).transpose();
    let given = checked("name", &command.name)?.or_else(|| old.given_name.clone());
    let family = checked("last-name", &command.last_name)?.or_else(|| old.family_name.clone());
    let parts: Vec<&str> = [given.as_deref(), family.as_deref()].into_iter().flatten().collect();
    Ok(Profile { display_name: parts.join(" "), given_name: given, family_name: family, ..old.clone() })
}

/// The grant as it is to be. Whoever stops being an admin here is none in any flow.
fn new_grant(command: &UpdateUser, old: &Grant) -> Result<Grant, Refusal> {
    if command.user_type.is_none() && command.agent_type.is_none() && command.auto_assign_tickets.is_none() {
        return Ok(old.clone());
    }
    let user_type = command.user_type.or_else(|| type_of(old)).ok_or_else(no_type)?;
    let kept = old.muninx.filter(|_| user_type != UserType::Customer);
    let agent_type = command.agent_type.or_else(|| kept.and_then(|grant| grant.agent_type));
    check_agent_type(user_type, agent_type)?;
    let was_auto_assigned = kept.is_some_and(|grant| grant.auto_assign_tickets);
    let auto_assign_tickets = command.auto_assign_tickets.unwrap_or(was_auto_assigned);
    if auto_assign_tickets && user_type == UserType::Customer {
        return Err(Refusal::invalid("auto-assign-tickets", "a customer works on no tickets: leave it out"));
    }
    let muninx = Some(MuninxGrant { user_type, agent_type, auto_assign_tickets });
    Ok(Grant { is_admin: user_type == UserType::Admin, muninx, ..old.clone() })
}

fn no_type() -> Refusal {
    Refusal::invalid("type", "this user has no type yet: say which it is to be")
}

/// Where the user moves to, with the membership there, live or removed; none: nowhere.
fn destination<'a>(
    command: &UpdateUser,
    facts: &'a UpdateFacts,
    grant: &Grant,
) -> Result<Option<(OrganizationId, Option<&'a Membership>)>, Refusal> {
    let user_type = type_of(grant);
    let is_customer = user_type == Some(UserType::Customer);
    let place = match (&command.organization, &facts.named) {
        (Some(_), Some(named)) if is_customer && named.tenant_id() == facts.tenant.id => {
            if named.status != OrganizationStatus::Active {
                return Err(super::super::unknown_organization());
            }
            Some((named.id, facts.in_named.as_ref()))
        }
        (Some(_), _) if is_customer => return Err(super::super::unknown_organization()),
        (Some(_), _) if user_type.is_none() => return Err(no_type()),
        // Admins and agents are in the tenant.
        _ if command.user_type.is_some() && !is_customer => Some((facts.tenant.id, facts.in_tenant.as_ref())),
        _ => None,
    };
    Ok(place.filter(|(id, _)| *id != facts.membership.organization))
}

/// The membership of who moves within the tenant. Since when they belong to it stays: that decides where they sign in.
fn arrival(
    there: Option<&Membership>,
    from: &Membership,
    to: OrganizationId,
    grant: Grant,
    now: DateTime<Utc>,
) -> Change {
    let created_at = from.created_at;
    match there {
        Some(old) => {
            Change::ReviveMembership(Membership { grant, created_at, updated_at: now, deleted_at: None, ..old.clone() })
        }
        None => Change::AddMembership(Membership { created_at, ..Membership::new(from.user, to, grant, now) }),
    }
}

/// How the user stands afterwards: one who is let in again stands as before. But whose an account is that nobody has proven, and
/// that another tenant has invited too, a secret from the mailbox has to show first.
fn standing(asked: Option<UserStatus>, facts: &UpdateFacts) -> UserStatus {
    let user = &facts.user;
    match (asked, user.status) {
        (Some(UserStatus::Active), UserStatus::Suspended)
            if facts.elsewhere != Elsewhere::Nothing && !user.is_proven() =>
        {
            UserStatus::Pending
        }
        (Some(UserStatus::Active), UserStatus::Suspended) => user.status_when_resumed(),
        (Some(UserStatus::Suspended), _) => UserStatus::Suspended,
        (Some(UserStatus::Active | UserStatus::Pending) | None, status) => status,
    }
}

fn check_last_administrator(
    facts: &UpdateFacts,
    grant: &Grant,
    moved_to: Option<OrganizationId>,
    status: UserStatus,
) -> Result<(), Refusal> {
    let administers =
        facts.in_tenant.as_ref().is_some_and(|membership| membership.is_live() && membership.grant.is_admin);
    let is_here = facts.membership.organization == facts.tenant.id;
    let stays = !is_here || (grant.is_admin && moved_to.is_none());
    let goes = !stays || status == UserStatus::Suspended;
    if administers && facts.user.status == UserStatus::Active && facts.other_administrators == 0 && goes {
        let detail = "nobody could give the role back; make somebody else an administrator before";
        return Err(Refusal::new(RefusalCode::LastAdministrator, detail));
    }
    Ok(())
}

fn check_conflicts(
    member: &Member,
    command: &UpdateUser,
    facts: &UpdateFacts,
    is_renamed: bool,
    place: Option<(OrganizationId, Option<&Membership>)>,
) -> Result<(), Refusal> {
    check_shared(member, command, facts, is_renamed)?;
    let is_let_in = command.status == Some(UserStatus::Active);
    let is_pending = facts.user.status == UserStatus::Pending;
    if (is_pending && is_let_in) || ((is_pending || facts.is_invited) && place.is_some()) {
        let detail = "the user has not accepted the invitation yet: wait, or revoke it and invite again";
        return Err(Refusal::new(RefusalCode::UserPending, detail));
    }
    match place {
        Some((_, Some(there))) if there.is_live() => {
            let detail = "the user belongs to that organization already, by another invitation";
            Err(Refusal::new(RefusalCode::AlreadyMember, detail))
        }
        Some(_) | None => Ok(()),
    }
}

/// Refuses what is not the tenant's to change. What is so already is nobody's change.
fn check_shared(member: &Member, command: &UpdateUser, facts: &UpdateFacts, is_renamed: bool) -> Result<(), Refusal> {
    let shared = |detail| Err(Refusal::new(RefusalCode::UserShared, detail));
    // Nor does an answer tell how they are called and how they stand there: no guess at it is right or wrong.
    let is_asked = command.name.is_some() || command.last_name.is_some() || command.status.is_some();
    if facts.is_only_invited && is_asked && facts.user.suspended_by != Some(member.tenant()) {
        return shared(
            "the user has not accepted yet and is known to another tenant: their names and status are not this one's",
        );
    }
    if facts.is_shared() && is_renamed && facts.user.id != member.user {
        return shared("the user belongs to another tenant too: only they themselves change their names");
    }
    let user = &facts.user;
    match (command.status, user.status) {
        (None, _) => Ok(()),
        (Some(asked), now) if asked == now => Ok(()),
        // Else a friend with a tenant would let in whom another tenant has locked out, and a colleague whom the operator has.
        (Some(UserStatus::Active), UserStatus::Suspended) if user.suspended_by != Some(member.tenant()) => {
            shared("another tenant or the operator of the server has locked the user out, and lets them in again")
        }
        (Some(UserStatus::Active), UserStatus::Suspended) => Ok(()),
        (Some(_), _) if facts.is_shared() => {
            shared("the user belongs to another tenant too: only the operator of the server changes their status")
        }
        (Some(_), _) => Ok(()),
    }
}
