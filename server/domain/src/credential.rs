//! Credentials at rest: every bearer-like secret, and the id and secret pairs of programs.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};

use crate::ids::{ApiTokenId, OrganizationId, SessionId, UserId};
use crate::secret::SecretDigest;

/// What kind of bearer-like credential a row is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum TokenKind {
    /// A person's script.
    Personal,
    /// A sign-in, as a bearer.
    Access,
    /// Renews a sign-in.
    Refresh,
    /// Kare's second half.
    Session,
    /// An application.
    Application,
    /// A program, as a bearer or a bare `Authorization` value.
    ApiKey,
}

impl TokenKind {
    /// The stored name.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Personal => "personal",
            Self::Access => "access",
            Self::Refresh => "refresh",
            Self::Session => "session",
            Self::Application => "application",
            Self::ApiKey => "api_key",
        }
    }

    /// Reads a stored name.
    #[must_use]
    pub fn from_stored(name: &str) -> Option<Self> {
        [Self::Personal, Self::Access, Self::Refresh, Self::Session, Self::Application, Self::ApiKey]
            .into_iter()
            .find(|kind| kind.as_str() == name)
    }
}

/// Something that a program's key allows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Permission {
    /// Nexus: make and change users.
    UserWrite,
    /// Unleash: administer.
    UnleashAdmin,
}

impl Permission {
    /// The stored name.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::UserWrite => "user.write",
            Self::UnleashAdmin => "unleash.admin",
        }
    }

    /// Reads a stored name.
    #[must_use]
    pub fn from_stored(name: &str) -> Option<Self> {
        [Self::UserWrite, Self::UnleashAdmin].into_iter().find(|permission| permission.as_str() == name)
    }
}

/// A bearer-like credential to store.
#[derive(Debug, Clone)]
pub struct ApiToken {
    /// Its id.
    pub id: ApiTokenId,
    /// The digest of the secret.
    pub digest: SecretDigest,
    /// What kind it is.
    pub kind: TokenKind,
    /// What its owner calls it.
    pub name: String,
    /// Who it acts as; absent for applications and programs.
    pub user: Option<UserId>,
    /// Where it acts.
    pub organization: OrganizationId,
    /// What a program may do.
    pub permissions: BTreeSet<Permission>,
    /// The sign-in that it belongs to.
    pub session: Option<SessionId>,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// When it dies; absent if only revoking ends it.
    pub expires_at: Option<DateTime<Utc>>,
}

/// A program's id and secret, as `Basic` carries them.
#[derive(Debug, Clone)]
pub struct ApiKey {
    /// The public half.
    pub username: String,
    /// The digest of the secret half.
    pub digest: SecretDigest,
    /// Where it acts.
    pub organization: OrganizationId,
    /// The administrator who made it, and whose rights it never goes beyond; none: the operator.
    pub maker: Option<UserId>,
    /// What the program may do.
    pub permissions: BTreeSet<Permission>,
    /// What it is for, in its maker's words.
    pub description: Option<String>,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// When it dies; absent if only revoking ends it.
    pub expires_at: Option<DateTime<Utc>>,
}

/// A stored credential that is live now, with what the check of an actor needs. The store returns none that is expired,
/// revoked, or of a suspended organization, or whose user is not an active member of the organization.
#[derive(Debug, Clone)]
pub struct LiveCredential {
    /// What kind it is; `None` for an id and secret pair.
    pub kind: Option<TokenKind>,
    /// Which one; `None` for an id and secret pair.
    pub id: Option<ApiTokenId>,
    /// The digest of the secret, to compare in constant time.
    pub digest: SecretDigest,
    /// Who it acts as.
    pub user: Option<UserId>,
    /// Who made it, of an id and secret pair that a person has made.
    pub maker: Option<UserId>,
    /// Where it acts.
    pub organization: OrganizationId,
    /// The tenant of that organization.
    pub tenant: OrganizationId,
    /// What a program may do.
    pub permissions: BTreeSet<Permission>,
    /// The sign-in that it belongs to.
    pub session: Option<SessionId>,
    /// The organizations of the tenant that the user administers.
    pub admin_of: BTreeSet<OrganizationId>,
}

/// A stored credential with its end, as operators see it.
#[derive(Debug, Clone)]
pub struct StoredToken {
    /// The credential.
    pub token: ApiToken,
    /// When it was revoked.
    pub revoked_at: Option<DateTime<Utc>>,
}

/// A stored id and secret pair with its end, as operators see it.
#[derive(Debug, Clone)]
pub struct StoredKey {
    /// The pair.
    pub key: ApiKey,
    /// When it was revoked.
    pub revoked_at: Option<DateTime<Utc>>,
}
