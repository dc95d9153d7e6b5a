//! Who performs an operation, and what that lets them do.

use std::collections::BTreeSet;

use crate::credential::Permission;
use crate::ids::{OrganizationId, UserId};
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
    /// The organizations of the tenant in which the user is an organization admin.
    pub admin_of: BTreeSet<OrganizationId>,
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
