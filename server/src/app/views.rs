//! What use cases answer: facts for the HTTP layer to put into each flow's own form. They can be kept, sealed, for a
//! repetition of the request ([`super::App::once`]).

use chrono::{DateTime, Utc};
use invite_domain::activation::PasswordDuty;
use invite_domain::credential::ApiKey;
use invite_domain::event::StoredEvent;
use invite_domain::ids::UserId;
use invite_domain::invitation::{DeliveryState, Invitation};
use invite_domain::membership::{KarePermissions, Membership};
use invite_domain::organization::{Organization, OrganizationDetails};
use invite_domain::secret::PlainSecret;
use invite_domain::user::User;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// A personal token, with its secret for the only time.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct ApiTokenCreated {
    /// Its id.
    pub id: Uuid,
    /// What its owner calls it.
    pub name: String,
    /// The secret.
    #[serde(with = "exposed")]
    pub token: PlainSecret,
    /// When it was made.
    pub created_at: DateTime<Utc>,
}

/// The key of a program, with its secret for the only time.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct ApiKeyCreated {
    /// The public half.
    pub id: String,
    /// The secret half.
    #[serde(with = "exposed")]
    pub secret: PlainSecret,
    /// What it may do, by the stored names.
    pub permissions: Vec<String>,
    /// What it is for.
    pub description: Option<String>,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// When it ends.
    pub expires_at: DateTime<Utc>,
}

impl ApiKeyCreated {
    /// Shows a key that was made at `now`.
    #[must_use]
    pub fn of(key: ApiKey, secret: PlainSecret, now: DateTime<Utc>) -> Self {
        Self {
            id: key.username,
            secret,
            permissions: key.permissions.iter().map(|permission| permission.as_str().to_owned()).collect(),
            description: key.description,
            created_at: key.created_at,
            expires_at: key.expires_at.unwrap_or(now),
        }
    }
}

/// A customer organization that has just been made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CustomerOrganization {
    /// The slug.
    pub slug: String,
    /// The name for people.
    pub name: String,
    /// The mail domains, in lower case.
    pub domains: Vec<String>,
    /// What another system calls the customer.
    pub external_ref: Option<String>,
    /// Anything worth remembering.
    pub notes: Option<String>,
    /// The slug of the tenant.
    pub tenant: String,
    /// When it was made.
    pub created_at: DateTime<Utc>,
}

impl CustomerOrganization {
    /// Shows an organization that was made at `now`.
    #[must_use]
    pub fn of(organization: Organization, details: OrganizationDetails, tenant: String, now: DateTime<Utc>) -> Self {
        Self {
            slug: organization.slug,
            name: organization.name,
            domains: details.domains,
            external_ref: details.external_ref,
            notes: details.notes,
            tenant,
            created_at: now,
        }
    }
}

/// The three secrets of one sign-in, shown once. They share a session, so that halves can be told to belong together.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct SessionTokens {
    /// The bearer.
    #[serde(with = "exposed")]
    pub access: PlainSecret,
    /// Renews the session.
    #[serde(with = "exposed")]
    pub refresh: PlainSecret,
    /// Kare's second half beside the bearer.
    #[serde(with = "exposed")]
    pub session: PlainSecret,
    /// When access and session token die.
    pub expires_at: DateTime<Utc>,
}

/// A membership as Kare shows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KareMembership {
    /// Who.
    pub user_id: i64,
    /// Where.
    pub organization_id: i64,
    /// Kare's role number.
    pub scope: i32,
    /// Kare's permissions: the group.
    pub group: i64,
    /// What the member may read.
    pub read: Vec<i64>,
    /// What the member may manage.
    pub manage: Vec<i64>,
    /// When the member was removed.
    pub deleted_at: Option<DateTime<Utc>>,
    /// When the row was last changed.
    pub updated_at: DateTime<Utc>,
    /// When the row was made.
    pub created_at: DateTime<Utc>,
}

impl KareMembership {
    /// Shows a membership that the Kare flow made.
    #[must_use]
    pub fn of(membership: Membership) -> Self {
        let (scope, permissions) =
            membership.grant.kare.map_or_else(Default::default, |grant| (grant.scope, grant.permissions));
        let KarePermissions { group, read, manage } = permissions;
        Self {
            user_id: membership.user.get(),
            organization_id: i64::from(membership.organization.get()),
            scope,
            group,
            read,
            manage,
            deleted_at: membership.deleted_at,
            updated_at: membership.updated_at,
            created_at: membership.created_at,
        }
    }
}

/// A user as Unleash shows one who has just signed up.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct UnleashUser {
    /// Its number.
    pub id: i64,
    /// The name.
    pub name: String,
    /// The address, in lower case.
    pub email: String,
    /// The username, if one was given.
    pub username: Option<String>,
    /// Where the picture is.
    pub image_url: String,
    /// Failed sign-ins.
    pub login_attempts: i32,
    /// The root role's number.
    pub root_role: i32,
    /// When the user was last seen.
    pub seen_at: Option<DateTime<Utc>>,
    /// When the user was made.
    pub created_at: DateTime<Utc>,
}

/// A signup token as Unleash shows it to admins, secret included.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct SignupTokenView {
    /// The secret.
    #[serde(with = "exposed")]
    pub secret: PlainSecret,
    /// The link to share, below the public URL; as secret as the token.
    #[serde(with = "exposed")]
    pub url: PlainSecret,
    /// What admins call it.
    pub name: String,
    /// When it dies.
    pub expires_at: DateTime<Utc>,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// The address of who made it; absent for programs.
    pub created_by: Option<String>,
    /// Whether an admin lets it work.
    pub enabled: bool,
    /// The root role that it gives; it is always Viewer.
    pub root_role: i32,
    /// Who signed up with it.
    pub users: Vec<SignupTokenUser>,
}

/// Somebody who signed up with a token.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SignupTokenUser {
    /// The user's number.
    pub id: i64,
    /// The user's name.
    pub name: String,
    /// The username, if one was given.
    pub username: Option<String>,
}

/// A user who has just been activated.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ActivatedUser {
    /// Its number.
    pub id: i64,
    /// The address, as invited.
    pub email: String,
    /// The name.
    pub display_name: String,
    /// Given or first name.
    pub given_name: Option<String>,
    /// Family or last name.
    pub family_name: Option<String>,
    /// The slug of the organization that the invitation led to.
    pub organization: String,
    /// When the user became active.
    pub activated_at: DateTime<Utc>,
    /// Whether the given password became the account's; an account that was active keeps its own.
    pub password_set: bool,
    /// When the user was made.
    pub created_at: DateTime<Utc>,
}

impl ActivatedUser {
    /// Shows a user after an activation at `now`.
    #[must_use]
    pub fn of(user: User, organization: &str, duty: PasswordDuty, now: DateTime<Utc>) -> Self {
        Self {
            id: user.id.get(),
            email: user.email.original().to_owned(),
            display_name: user.profile.display_name,
            given_name: user.profile.given_name,
            family_name: user.profile.family_name,
            organization: organization.to_owned(),
            activated_at: user.activated_at.unwrap_or(now),
            password_set: duty == PasswordDuty::Set,
            created_at: user.created_at,
        }
    }
}

/// Part of a list.
#[derive(Debug, Clone)]
pub struct Page<T> {
    /// The items.
    pub items: Vec<T>,
    /// Where the next page begins; none after the last one.
    pub next: Option<String>,
}

impl<T> Page<T> {
    /// A list without anything.
    #[must_use]
    pub const fn empty() -> Self {
        Self { items: Vec::new(), next: None }
    }

    /// The first `limit` items of those found, which are one more if there is a next page.
    #[must_use]
    pub fn of(mut items: Vec<T>, limit: u32, cursor: impl FnOnce(&T) -> String) -> Self {
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        let has_more = items.len() > limit;
        items.truncate(limit);
        let next = if has_more { items.last().map(cursor) } else { None };
        Self { items, next }
    }
}

/// An invitation as those see it who oversee it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct InvitationView {
    /// Its id.
    pub id: Uuid,
    /// The flow, by its stored name.
    pub flow: String,
    /// The state at the time of looking, by its stored name.
    pub state: String,
    /// The slug of the organization.
    pub organization: String,
    /// The number of the organization.
    pub organization_id: i32,
    /// The invited person's account.
    pub user_id: i64,
    /// The invited address.
    pub email: String,
    /// Who invited.
    pub inviter_id: Option<i64>,
    /// Where the mail stands, by its stored name.
    pub delivery: String,
    /// Why the mail was given up.
    pub delivery_reason: Option<String>,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// When it dies.
    pub expires_at: DateTime<Utc>,
    /// When it was closed.
    pub closed_at: Option<DateTime<Utc>>,
}

impl InvitationView {
    /// Shows an invitation as it stands at `now`.
    #[must_use]
    pub fn of(invitation: Invitation, organization: String, now: DateTime<Utc>) -> Self {
        Self {
            id: invitation.id.get(),
            flow: invitation.flow.as_str().to_owned(),
            state: invitation.state_at(now).as_str().to_owned(),
            organization,
            organization_id: invitation.organization.get(),
            user_id: invitation.user.get(),
            email: invitation.address.original().to_owned(),
            inviter_id: invitation.inviter.map(UserId::get),
            delivery: invitation.delivery.as_str().to_owned(),
            delivery_reason: match invitation.delivery {
                DeliveryState::Failed { reason } => Some(reason),
                DeliveryState::None | DeliveryState::Queued | DeliveryState::Sent => None,
            },
            created_at: invitation.created_at,
            expires_at: invitation.expires_at,
            closed_at: invitation.closed_at,
        }
    }
}

/// An event as those see it who oversee the organization.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EventView {
    /// Its id.
    pub id: Uuid,
    /// The slug of the organization.
    pub organization: String,
    /// The event.
    pub event: StoredEvent,
}

impl EventView {
    /// Shows an event.
    #[must_use]
    pub const fn of(event: StoredEvent, organization: String) -> Self {
        Self { id: event.id, organization, event }
    }
}

/// Secrets inside answers that are kept for a repetition. Whoever uses this seals the text before it is stored.
mod exposed {
    use invite_domain::secret::PlainSecret;
    use serde::{Deserialize as _, Deserializer, Serializer};

    pub(super) fn serialize<S: Serializer>(secret: &PlainSecret, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(secret.expose())
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<PlainSecret, D::Error> {
        String::deserialize(deserializer).map(PlainSecret::from_caller)
    }
}
