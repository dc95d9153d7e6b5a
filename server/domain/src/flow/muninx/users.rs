//! MuninX's users: who sees whom, and what an update changes.
//!
//! 1. Admins and agents of the tenant see everybody in it, an admin of one customer organization its people, everybody else
//!    themselves.
//! 2. Admins of the tenant change everything about whom they see; everybody changes their own names.
//! 3. Admins and agents are in the tenant, customers where they are named: another type or organization can be a move, which
//!    takes the membership and its credentials away at the old place.
//! 4. A user has one name and one standing for all tenants. Of one who belongs to another tenant too, no admin changes them.
//!    Whom a tenant has locked out, it alone lets in again, whoever else they belong to by then; whom the operator has, no tenant.
//! 5. The tenant keeps its last active admin.

mod update;

use crate::actor::Actor;
use crate::ids::{OrganizationId, UserId};
use crate::membership::{AgentType, Grant, Membership, UserType};
use crate::oversight::Realm;
use crate::refusal::{Refusal, RefusalCode};
use crate::user::{User, UserStatus};

pub use update::{Elsewhere, UpdateFacts, UpdateUser, plan_update};

/// How much of the tenant a person sees.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sight {
    /// Everybody in there.
    Everybody(Realm),
    /// Only themselves.
    Themselves,
}

/// Which users to list. What is absent lets all through.
#[derive(Debug, Clone, Default)]
pub struct UserFilter {
    /// Of these types.
    pub types: Option<Vec<UserType>>,
    /// Who stand so.
    pub statuses: Option<Vec<UserStatus>>,
    /// Of these agent types.
    pub agent_types: Option<Vec<AgentType>>,
    /// Of the organizations with these slugs.
    pub organizations: Option<Vec<String>>,
    /// Who are given tickets, or are not.
    pub auto_assign_tickets: Option<Vec<bool>>,
}

/// Proof that an actor is a person, and whom they see.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member {
    actor: Actor,
    user: UserId,
    sight: Sight,
}

impl Member {
    /// The person.
    #[must_use]
    pub const fn user(&self) -> UserId {
        self.user
    }

    /// The tenant.
    #[must_use]
    pub const fn tenant(&self) -> OrganizationId {
        self.actor.tenant
    }

    /// Whom they see.
    #[must_use]
    pub const fn sight(&self) -> Sight {
        self.sight
    }
}

/// The rule of seeing users. `in_tenant` is the actor's own membership in the tenant, if they have accepted it.
///
/// # Errors
/// `not_allowed` for programs.
pub fn member(actor: Actor, in_tenant: Option<&Membership>) -> Result<Member, Refusal> {
    let user = actor.user.ok_or_else(|| Refusal::not_allowed("only a user may do this"))?;
    let is_agent = in_tenant.filter(|membership| membership.is_live()).and_then(|membership| membership.grant.muninx);
    let is_agent = is_agent.is_some_and(|grant| grant.user_type == UserType::Agent);
    let sight = if actor.administers_tenant() || is_agent {
        Sight::Everybody(Realm::Tenant(actor.tenant))
    } else if actor.administers_own_organization() {
        Sight::Everybody(Realm::Organization(actor.organization))
    } else {
        Sight::Themselves
    };
    Ok(Member { actor, user, sight })
}

/// A user with the one membership that counts here: the oldest that this flow made, else the oldest.
#[derive(Debug, Clone)]
pub struct SeenUser {
    /// The user.
    pub user: User,
    /// What the membership allows.
    pub grant: Grant,
    /// Where it is.
    pub organization: OrganizationId,
    /// The slug of that organization.
    pub slug: String,
    /// Whether the person has not accepted yet, and another tenant has them or invited them before: what is known of the account
    /// comes from there. Else whoever invites an address would learn whose it is. Nobody is a stranger to themselves.
    pub is_only_invited: bool,
}

/// The type of a member: this flow's, or what every flow knows of its admins.
#[must_use]
pub fn type_of(grant: &Grant) -> Option<UserType> {
    grant.muninx.map(|muninx| muninx.user_type).or(grant.is_admin.then_some(UserType::Admin))
}

/// The user that was looked for among those whom the member sees.
///
/// # Errors
/// `user_not_found`; `not_allowed`, whoever was looked for, if the member sees only themselves.
pub fn seen<T>(member: &Member, found: Option<T>) -> Result<T, Refusal> {
    found.ok_or_else(|| match member.sight {
        Sight::Everybody(_) => Refusal::new(RefusalCode::UserNotFound, "there is no such user"),
        Sight::Themselves => Refusal::not_allowed("only admins and agents of the tenant may see other users"),
    })
}

#[cfg(test)]
mod tests;
