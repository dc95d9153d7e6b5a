//! Making a world: organizations, a first admin, and one credential of every kind.
//!
//! For `dev` and for tests. A server for real begins empty, and its operators make what it begins with (`operator.rs`).
//! Organizations and admins are looked up first, so that running it again changes nothing; credentials are new each time,
//! because a plain secret cannot be read back.

use chrono::TimeDelta;
use invite_domain::administration;
use invite_domain::email_address::EmailAddress;
use invite_domain::event::{EventKind, NewEvent, Performer, Subject};
use invite_domain::flow::{Change, Plan, unleash};
use invite_domain::ids::{OrganizationId, UserId};
use invite_domain::membership::{AgentType, Grant, KareGrant, KarePermissions, Membership, NexusGrant, UserType};
use invite_domain::organization::{Organization, OrganizationStatus};
use invite_domain::refusal::Refusal;
use invite_domain::secret::PlainSecret;
use invite_domain::user::{PasswordHash, Profile, User, UserStatus};

use super::operator::TokenOwner;
use super::{App, Call, Error, SessionTokens, sessions};
use crate::store::Tx;

/// What the first credentials are called.
const FIRST: &str = "first credential";

/// The id and secret of a program.
#[derive(Debug, Clone)]
pub struct BasicPair {
    /// The id.
    pub username: String,
    /// The secret.
    pub password: PlainSecret,
}

impl App {
    /// Finds an organization by its slug, or makes it. With a tenant it is a customer organization of that tenant.
    ///
    /// # Errors
    /// `invalid_value` for the slug or name, or when the slug belongs to another tenant's organization.
    pub async fn seed_organization(
        &self,
        slug: &str,
        name: &str,
        tenant: Option<OrganizationId>,
    ) -> Result<Organization, Error> {
        let now = self.now();
        let mut tx = self.shared.store.begin_write().await?;
        if let Some(found) = tx.organization_by_slug(slug).await? {
            if found.tenant != tenant {
                return Err(Refusal::invalid("slug", "another organization has this slug").into());
            }
            return Ok(found);
        }
        let id = tx.allocate_organization_id().await?;
        let status = OrganizationStatus::Active;
        let organization = Organization { id, slug: slug.to_owned(), name: name.to_owned(), tenant, status };
        let plan = administration::plan_organization(organization.clone(), None)?;
        self.commit_all(&Call::internal(), tx, &plan, &(), now).await?;
        Ok(organization)
    }

    /// Finds a user by address, or makes one: an active admin of an organization, in every flow. A user who exists keeps
    /// everything, the password included.
    ///
    /// # Errors
    /// `invalid_value`, `password_rejected`.
    pub async fn seed_admin(
        &self,
        organization: &Organization,
        email: &str,
        given_name: &str,
        family_name: &str,
        password: &str,
    ) -> Result<UserId, Error> {
        let address = EmailAddress::parse(email).map_err(|problem| Refusal::invalid("email", problem.to_string()))?;
        if let Some(user) = self.find_user(&address).await? {
            return Ok(user.id);
        }
        let profile = Profile::of_names(given_name, family_name);
        invite_domain::flow::check_password(
            "password",
            password,
            &[email, given_name, family_name, &organization.name],
        )?;
        let hash = self.shared.passwords.hash(None, password).await?;
        let mut tx = self.shared.store.begin_write().await?;
        if let Some(user) = tx.user_by_email(&address).await? {
            return Ok(user.id);
        }
        self.add_admin(tx, organization.id, address, profile, hash).await
    }

    /// Makes a personal token.
    ///
    /// # Errors
    /// When the database fails or is busy.
    pub async fn seed_personal_token(&self, user: UserId, organization: OrganizationId) -> Result<PlainSecret, Error> {
        let made = self.operator_add_token(TokenOwner::Person(user), organization, FIRST, None).await?;
        Ok(made.secret)
    }

    /// Signs a user in for a given time, without asking for a password.
    ///
    /// # Errors
    /// When the database fails or is busy.
    pub async fn seed_session(
        &self,
        user: UserId,
        organization: OrganizationId,
        ttl: TimeDelta,
    ) -> Result<SessionTokens, Error> {
        let now = self.now();
        let until = now + ttl;
        let session = self.new_session_until(user, organization, now, until, until)?;
        let plan = Plan { changes: sessions::changes(&session).collect(), ..Plan::default() };
        let tx = self.shared.store.begin_write().await?;
        self.commit_all(&Call::internal(), tx, &plan, &(), now).await?;
        Ok(session.tokens)
    }

    /// Makes an application token of a tenant.
    ///
    /// # Errors
    /// When the database fails or is busy.
    pub async fn seed_application_token(&self, organization: OrganizationId) -> Result<PlainSecret, Error> {
        Ok(self.operator_add_token(TokenOwner::Application, organization, FIRST, None).await?.secret)
    }

    /// Makes the key of a program that administers signup links.
    ///
    /// # Errors
    /// When the database fails or is busy.
    pub async fn seed_unleash_admin_key(&self, organization: OrganizationId) -> Result<PlainSecret, Error> {
        Ok(self.operator_add_token(TokenOwner::UnleashAdmin, organization, FIRST, None).await?.secret)
    }

    /// Makes the id and secret of a program with `user.write`.
    ///
    /// # Errors
    /// When the database fails or is busy.
    pub async fn seed_basic_pair(&self, organization: OrganizationId) -> Result<BasicPair, Error> {
        let made = self.operator_add_key(organization, None, None).await?;
        Ok(BasicPair { username: made.key.username, password: made.secret })
    }

    /// Makes a signup token of an organization, as its admin. It lives a month, like every other.
    ///
    /// # Errors
    /// When the user is no admin of the organization, or the database fails or is busy.
    pub async fn seed_signup_token(&self, user: UserId, organization: &Organization) -> Result<PlainSecret, Error> {
        let mut tx = self.shared.store.begin_read().await?;
        let tenant = organization.tenant_id();
        let actor = invite_domain::actor::Actor {
            user: Some(user),
            organization: organization.id,
            tenant,
            kind: invite_domain::actor::ActorKind::Session,
            token: None,
            session: None,
            admin_of: tx.administered_organizations(user, tenant).await?,
        };
        drop(tx);
        let expires_at = self.now() + TimeDelta::days(366);
        let command = unleash::CreateSignupToken { name: "first link".into(), expires_at };
        let administrator = unleash::administrator(actor)?;
        Ok(self.unleash_create_signup_token(&Call::internal(), &administrator, command).await?.secret)
    }

    async fn find_user(&self, address: &EmailAddress) -> Result<Option<User>, Error> {
        Ok(self.shared.store.begin_read().await?.user_by_email(address).await?)
    }

    async fn add_admin(
        &self,
        mut tx: Tx,
        organization: OrganizationId,
        email: EmailAddress,
        profile: Profile,
        password_hash: PasswordHash,
    ) -> Result<UserId, Error> {
        let now = self.now();
        let id = tx.allocate_user_id(&email).await?;
        let user = User {
            id,
            email,
            username: None,
            profile,
            status: UserStatus::Active,
            password_hash: Some(password_hash),
            activated_at: Some(now),
            address_proven_at: Some(now),
            suspended_by: None,
            created_at: now,
        };
        let membership = Membership::new(id, organization, admin_grant(), now);
        let event = NewEvent::new(EventKind::UserCreated, organization, Performer::Operator, Subject::User(id));
        let plan = Plan {
            changes: vec![Change::AddUser(user), Change::AddMembership(membership)],
            events: vec![event],
            ..Plan::default()
        };
        self.commit_all(&Call::internal(), tx, &plan, &(), now).await?;
        Ok(id)
    }
}

/// An admin in every flow.
fn admin_grant() -> Grant {
    Grant {
        kare: Some(KareGrant { scope: 1, permissions: KarePermissions::default() }),
        nexus: Some(NexusGrant { mfa_disabled: false }),
        ..Grant::muninx(UserType::Admin, Some(AgentType::Human))
    }
}
