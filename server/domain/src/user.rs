//! Users: one table for all flows.

use std::fmt;

use chrono::{DateTime, Utc};

use crate::credential::ApiKey;
use crate::email_address::EmailAddress;
use crate::ids::{OrganizationId, UserId};
use crate::mail::Locale;

/// Where a user stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UserStatus {
    /// Invited; cannot sign in yet.
    Pending,
    /// Can sign in.
    Active,
    /// Locked by an administrator.
    Suspended,
}

impl UserStatus {
    /// The stored name.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Active => "active",
            Self::Suspended => "suspended",
        }
    }

    /// Reads a stored name.
    #[must_use]
    pub fn from_stored(name: &str) -> Option<Self> {
        [Self::Pending, Self::Active, Self::Suspended].into_iter().find(|status| status.as_str() == name)
    }
}

/// The stored form of a password (PHC string). The plain password never reaches a plan.
#[derive(Clone, PartialEq, Eq)]
pub struct PasswordHash(String);

impl PasswordHash {
    /// Wraps a PHC string.
    #[must_use]
    pub fn from_phc(phc: impl Into<String>) -> Self {
        Self(phc.into())
    }

    /// The PHC string, to store or to verify against.
    #[must_use]
    pub fn as_phc(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for PasswordHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PasswordHash(..)")
    }
}

/// How a user is called. Which members are filled depends on the flow that made the user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Profile {
    /// The whole name; never empty.
    pub display_name: String,
    /// Given or first name.
    pub given_name: Option<String>,
    /// Family or last name.
    pub family_name: Option<String>,
    /// Telephone number, as given.
    pub phone: Option<String>,
    /// Language of mail.
    pub locale: Locale,
}

impl Profile {
    /// A profile of a given and a family name.
    #[must_use]
    pub fn of_names(given_name: &str, family_name: &str) -> Self {
        Self {
            display_name: format!("{given_name} {family_name}"),
            given_name: Some(given_name.to_owned()),
            family_name: Some(family_name.to_owned()),
            phone: None,
            locale: Locale::default(),
        }
    }

    /// The given name, or the whole one of whom nobody has said which part of it that is.
    #[must_use]
    pub fn shown_given_name(&self) -> Option<&str> {
        self.given_name.as_deref().or_else(|| self.family_name.is_none().then_some(self.display_name.as_str()))
    }

    /// The name as mail may show it.
    #[must_use]
    pub fn shown_in_mail(&self) -> Option<String> {
        crate::names::shown_in_mail(&self.display_name)
    }
}

/// What hangs on an account beside its tokens.
#[derive(Debug, Clone, Default)]
pub struct Estate {
    /// Where the user is a live member, in all tenants.
    pub organizations: Vec<OrganizationId>,
    /// The keys of programs that were made by the account and have not ended.
    pub keys: Vec<ApiKey>,
}

/// A user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct User {
    /// Its number.
    pub id: UserId,
    /// The sign-in address, unique across the system.
    pub email: EmailAddress,
    /// An optional second sign-in name, unique if given.
    pub username: Option<String>,
    /// How the user is called.
    pub profile: Profile,
    /// Where the user stands.
    pub status: UserStatus,
    /// Absent until a password is set.
    pub password_hash: Option<PasswordHash>,
    /// When the user became active.
    pub activated_at: Option<DateTime<Utc>>,
    /// When somebody showed that the mailbox is theirs, by a secret that was mailed there; or the operator vouched for it. Whoever
    /// signed up by a link, or was let in by a secret that an inviter chose, may have taken anybody's address.
    pub address_proven_at: Option<DateTime<Utc>>,
    /// The tenant that has locked the user out, if it was one: it alone, or the operator, lets them in again. Whom the operator
    /// has locked out has none.
    pub suspended_by: Option<OrganizationId>,
    /// When the row was made.
    pub created_at: DateTime<Utc>,
}

impl User {
    /// Whether the account is known to be that of the mailbox's owner. One that is not joins nothing without a secret from there.
    #[must_use]
    pub const fn is_proven(&self) -> bool {
        self.address_proven_at.is_some()
    }

    /// How a suspended user stands once let in again: as one who can sign in, or as one who has never accepted.
    #[must_use]
    pub const fn status_when_resumed(&self) -> UserStatus {
        if self.activated_at.is_some() { UserStatus::Active } else { UserStatus::Pending }
    }

    /// What an attacker would try first as this user's password.
    #[must_use]
    pub fn password_context<'a>(&'a self, organization: &'a str) -> Vec<&'a str> {
        let profile = &self.profile;
        let names =
            [Some(profile.display_name.as_str()), profile.given_name.as_deref(), profile.family_name.as_deref()];
        let mut context = vec![self.email.original(), organization];
        context.extend(names.into_iter().flatten());
        context.extend(self.username.as_deref());
        context
    }
}
