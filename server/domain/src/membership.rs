//! Memberships: user × organization × grant.
//!
//! There is one row for each pair, whichever flows it went through; each flow keeps its own part of the grant. "Is this
//! user an organization admin?" has one answer for all flows: [`Grant::is_admin`].

use chrono::{DateTime, Utc};

use crate::ids::{OrganizationId, UserId};

/// MuninX's kind of user.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UserType {
    /// Manages the tenant and works tickets.
    Admin,
    /// Works tickets.
    Agent,
    /// Opens tickets.
    Customer,
}

impl UserType {
    /// The name on the wire and in the database.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Admin => "admin",
            Self::Agent => "agent",
            Self::Customer => "customer",
        }
    }

    /// Reads the name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        [Self::Admin, Self::Agent, Self::Customer].into_iter().find(|kind| kind.as_str() == name)
    }
}

/// MuninX's kind of agent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AgentType {
    /// A person.
    Human,
    /// A person helped by a machine.
    AiAssisted,
    /// A machine.
    AiAutonomous,
}

impl AgentType {
    /// The name on the wire and in the database.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Human => "human",
            Self::AiAssisted => "ai-assisted",
            Self::AiAutonomous => "ai-autonomous",
        }
    }

    /// Reads the name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        [Self::Human, Self::AiAssisted, Self::AiAutonomous].into_iter().find(|kind| kind.as_str() == name)
    }
}

/// MuninX's part of a grant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MuninxGrant {
    /// The kind of user.
    pub user_type: UserType,
    /// The kind of agent; absent for customers.
    pub agent_type: Option<AgentType>,
    /// Whether the user is given tickets automatically; never a customer.
    pub auto_assign_tickets: bool,
}

/// Kare's permission ids, opaque to this service.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct KarePermissions {
    /// The permission group.
    pub group: i64,
    /// Ids that may be read.
    pub read: Vec<i64>,
    /// Ids that may be managed.
    pub manage: Vec<i64>,
}

/// Kare's part of a grant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KareGrant {
    /// Kare's role number.
    pub scope: i32,
    /// Kare's permissions.
    pub permissions: KarePermissions,
}

/// Nexus's part of a grant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NexusGrant {
    /// Whether the second factor is switched off.
    pub mfa_disabled: bool,
}

/// Unleash's part of a grant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UnleashGrant {
    /// The root role's number.
    pub root_role: i32,
}

/// What a membership allows.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Grant {
    /// Whether the member is an organization admin, in every flow.
    pub is_admin: bool,
    /// MuninX's part.
    pub muninx: Option<MuninxGrant>,
    /// Kare's part.
    pub kare: Option<KareGrant>,
    /// Nexus's part.
    pub nexus: Option<NexusGrant>,
    /// Unleash's part.
    pub unleash: Option<UnleashGrant>,
}

impl Grant {
    /// What MuninX grants a type of user.
    #[must_use]
    pub fn muninx(user_type: UserType, agent_type: Option<AgentType>) -> Self {
        let is_admin = user_type == UserType::Admin;
        let muninx = MuninxGrant { user_type, agent_type, auto_assign_tickets: false };
        Self { is_admin, muninx: Some(muninx), ..Self::default() }
    }

    /// What Kare grants an invitee: a plain member, whatever `scope` says.
    #[must_use]
    pub fn kare(scope: i32, permissions: KarePermissions) -> Self {
        Self { kare: Some(KareGrant { scope, permissions }), ..Self::default() }
    }

    /// What Nexus grants a member.
    #[must_use]
    pub fn nexus(is_admin: bool, mfa_disabled: bool) -> Self {
        Self { is_admin, nexus: Some(NexusGrant { mfa_disabled }), ..Self::default() }
    }

    /// The same without the rights of an administrator, in every flow: MuninX's admins become its agents.
    #[must_use]
    pub fn without_administration(self) -> Self {
        let muninx = self.muninx.map(|grant| match grant.user_type {
            UserType::Admin => MuninxGrant { user_type: UserType::Agent, ..grant },
            UserType::Agent | UserType::Customer => grant,
        });
        Self { is_admin: false, muninx, ..self }
    }

    /// What Unleash grants somebody who signed up.
    #[must_use]
    pub fn unleash(root_role: i32) -> Self {
        Self { unleash: Some(UnleashGrant { root_role }), ..Self::default() }
    }
}

/// A membership.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Membership {
    /// Who.
    pub user: UserId,
    /// Where.
    pub organization: OrganizationId,
    /// What it allows.
    pub grant: Grant,
    /// When the row was made; a revived membership keeps it.
    pub created_at: DateTime<Utc>,
    /// When the row was last changed.
    pub updated_at: DateTime<Utc>,
    /// When the member was removed.
    pub deleted_at: Option<DateTime<Utc>>,
}

impl Membership {
    /// A fresh membership.
    #[must_use]
    pub fn new(user: UserId, organization: OrganizationId, grant: Grant, now: DateTime<Utc>) -> Self {
        Self { user, organization, grant, created_at: now, updated_at: now, deleted_at: None }
    }

    /// Whether the user is a member now.
    #[must_use]
    pub fn is_live(&self) -> bool {
        self.deleted_at.is_none()
    }
}
