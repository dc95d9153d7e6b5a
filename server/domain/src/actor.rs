//! Who performs an operation, and what that lets them do.
//!
//! [`Administrator`] and [`Owner`] are what is left of a successful check: use cases take them instead of an [`Actor`], so a
//! check that is forgotten does not compile. Each flow makes its own, by its own rule.

use std::collections::BTreeSet;

use crate::credential::Permission;
use crate::ids::{ApiTokenId, OrganizationId, SessionId, UserId};
use crate::organization::Organization;

/// By what kind of credential an actor acts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ActorKind {
    /// A user's personal token.
    PersonalToken,
    /// A sign-in.
    Session,
    /// A sign-in beside an application of the same tenant.
    ApplicationSession,
    /// A program of Nexus.
    ApiKey {
        /// Its public half.
        id: String,
        /// What it may do.
        permissions: BTreeSet<Permission>,
        /// The administrator who made it; none: the operator.
        maker: Option<UserId>,
    },
    /// A program that administers Unleash signup tokens.
    UnleashAdmin,
}

/// Who performs an operation. Made only by authentication.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Actor {
    /// The user; absent for programs.
    pub user: Option<UserId>,
    /// The organization of the credential.
    pub organization: OrganizationId,
    /// The tenant of that organization: nothing outside it exists for this actor.
    pub tenant: OrganizationId,
    /// By what kind of credential.
    pub kind: ActorKind,
    /// The credential, if it is a person's.
    pub token: Option<ApiTokenId>,
    /// The sign-in that the credential is of, if it is of one.
    pub session: Option<SessionId>,
    /// The organizations of the tenant in which the user is an organization admin.
    pub admin_of: BTreeSet<OrganizationId>,
}

/// Proof that an actor may administer an organization, by the rule of the flow that made it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Administrator {
    actor: Actor,
    organization: OrganizationId,
}

impl Administrator {
    /// For flows only, after their check.
    pub(crate) const fn proven(actor: Actor, organization: OrganizationId) -> Self {
        Self { actor, organization }
    }

    /// Who administers.
    #[must_use]
    pub const fn actor(&self) -> &Actor {
        &self.actor
    }

    /// The organization that is administered.
    #[must_use]
    pub const fn organization(&self) -> OrganizationId {
        self.organization
    }
}

/// Proof that an actor is a person, who may do what concerns only themselves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Owner {
    user: UserId,
    organization: OrganizationId,
    token: Option<ApiTokenId>,
    session: Option<SessionId>,
}

impl Owner {
    /// For flows only, after their check.
    pub(crate) const fn proven(user: UserId, actor: &Actor) -> Self {
        Self { user, organization: actor.organization, token: actor.token, session: actor.session }
    }

    /// The person.
    #[must_use]
    pub const fn user(&self) -> UserId {
        self.user
    }

    /// The organization of the person's credential.
    #[must_use]
    pub const fn organization(&self) -> OrganizationId {
        self.organization
    }

    /// The person's credential.
    #[must_use]
    pub const fn token(&self) -> Option<ApiTokenId> {
        self.token
    }

    /// The sign-in of the person's credential, if it is of one.
    #[must_use]
    pub const fn session(&self) -> Option<SessionId> {
        self.session
    }
}

impl Actor {
    /// Whether an organization exists for this actor.
    #[must_use]
    pub fn sees(&self, organization: &Organization) -> bool {
        organization.tenant_id() == self.tenant
    }

    /// Whether the actor is an organization admin of it. A tenant's admins administer its customer organizations.
    #[must_use]
    pub fn administers(&self, organization: &Organization) -> bool {
        self.sees(organization)
            && (self.admin_of.contains(&organization.id) || self.admin_of.contains(&organization.tenant_id()))
    }

    /// Whether the actor is an organization admin of the organization that its credential names.
    #[must_use]
    pub fn administers_own_organization(&self) -> bool {
        self.admin_of.contains(&self.organization) || self.administers_tenant()
    }

    /// Whether the actor is an organization admin of its tenant.
    #[must_use]
    pub fn administers_tenant(&self) -> bool {
        self.admin_of.contains(&self.tenant)
    }

    /// Whether the organization is that of the actor's credential, or a customer organization of it.
    #[must_use]
    pub fn acts_in(&self, organization: &Organization) -> bool {
        self.sees(organization) && (organization.id == self.organization || self.tenant == self.organization)
    }

    /// Whether the actor is a program with a permission.
    #[must_use]
    pub fn has_permission(&self, permission: Permission) -> bool {
        match &self.kind {
            ActorKind::ApiKey { permissions, .. } => permissions.contains(&permission),
            ActorKind::UnleashAdmin => permission == Permission::UnleashAdmin,
            ActorKind::PersonalToken | ActorKind::Session | ActorKind::ApplicationSession => false,
        }
    }
}
