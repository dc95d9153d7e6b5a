//! Organizations: the tenants people belong to, and the customer organizations of a tenant.

use crate::ids::OrganizationId;
use crate::names;
use crate::refusal::Refusal;

/// Whether an organization may be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OrganizationStatus {
    /// In use.
    Active,
    /// Locked: nobody signs in to it or is invited to it.
    Suspended,
}

impl OrganizationStatus {
    /// The stored name.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Suspended => "suspended",
        }
    }

    /// Reads a stored name.
    #[must_use]
    pub fn from_stored(name: &str) -> Option<Self> {
        [Self::Active, Self::Suspended].into_iter().find(|status| status.as_str() == name)
    }
}

/// An organization.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Organization {
    /// Its number.
    pub id: OrganizationId,
    /// Its name in paths and bodies, unique across the system.
    pub slug: String,
    /// Its name for people.
    pub name: String,
    /// The tenant, if this is a customer organization.
    pub tenant: Option<OrganizationId>,
    /// Whether it may be used.
    pub status: OrganizationStatus,
}

/// What a tenant writes down about one of its customer organizations.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct OrganizationDetails {
    /// The customer's mail domains, in lower case.
    pub domains: Vec<String>,
    /// What another system calls the customer.
    pub external_ref: Option<String>,
    /// Anything worth remembering.
    pub notes: Option<String>,
}

impl Organization {
    /// Checks slug and name.
    ///
    /// # Errors
    /// `invalid_value`.
    pub fn check(&self) -> Result<(), Refusal> {
        let well_formed = (1..=63).contains(&self.slug.len())
            && self.slug.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-');
        if !well_formed {
            return Err(Refusal::invalid("slug", "a slug has 1 to 63 lower-case letters, digits and hyphens"));
        }
        names::check_name(&self.name).map_err(|problem| Refusal::invalid("name", problem.to_string()))
    }

    /// The tenant that this organization is or belongs to.
    #[must_use]
    pub fn tenant_id(&self) -> OrganizationId {
        self.tenant.unwrap_or(self.id)
    }
}
