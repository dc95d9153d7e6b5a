//! Credentials of all tenants: bearer-like tokens, and the id and secret pairs of programs.

use std::collections::BTreeSet;

use chrono::TimeDelta;
use invite_domain::administration;
use invite_domain::credential::{ApiKey, ApiToken, Permission, StoredKey, StoredToken, TokenKind};
use invite_domain::ids::{ApiTokenId, OrganizationId, UserId};
use invite_domain::membership::Membership;
use invite_domain::names;
use invite_domain::refusal::Refusal;
use invite_domain::secret::{PlainSecret, SecretKind};
use invite_domain::user::UserStatus;

use super::super::{App, Error};
use crate::store::CredentialFilter;

/// For whom a new token acts.
#[derive(Debug, Clone, Copy)]
pub enum TokenOwner {
    /// A script of a person: a personal token.
    Person(UserId),
    /// An application of a tenant: the half beside a bearer.
    Application,
    /// A program that administers Unleash signup links.
    UnleashAdmin,
}

/// A token with its secret, which is not shown again.
#[derive(Debug, Clone)]
pub struct NewToken {
    /// What is stored.
    pub token: ApiToken,
    /// The secret.
    pub secret: PlainSecret,
}

/// An id and secret pair with its secret, which is not shown again.
#[derive(Debug, Clone)]
pub struct NewKey {
    /// What is stored.
    pub key: ApiKey,
    /// The secret.
    pub secret: PlainSecret,
}

impl App {
    /// Tokens in the order in which they were made; sign-ins are none.
    ///
    /// # Errors
    /// When the database fails or is busy.
    pub async fn operator_tokens(
        &self,
        filter: CredentialFilter,
        after: Option<ApiTokenId>,
    ) -> Result<Vec<StoredToken>, Error> {
        Ok(self.shared.store.begin_read().await?.stored_tokens(filter, after, self.now()).await?)
    }

    /// Makes a token.
    ///
    /// # Errors
    /// `invalid_value` for the name, and for a person who is not active or does not belong to the organization.
    pub async fn operator_add_token(
        &self,
        owner: TokenOwner,
        organization: OrganizationId,
        name: &str,
        lifetime: Option<TimeDelta>,
    ) -> Result<NewToken, Error> {
        let now = self.now();
        names::check_label(name).map_err(|problem| Refusal::invalid("name", problem.to_string()))?;
        let (kind, secret, user, permissions) = match owner {
            TokenOwner::Person(user) => (TokenKind::Personal, SecretKind::PersonalToken, Some(user), BTreeSet::new()),
            TokenOwner::Application => (TokenKind::Application, SecretKind::ApplicationToken, None, BTreeSet::new()),
            TokenOwner::UnleashAdmin => {
                (TokenKind::ApiKey, SecretKind::ApiKey, None, BTreeSet::from([Permission::UnleashAdmin]))
            }
        };
        let secret = self.shared.entropy.secret(secret)?;
        let token = ApiToken {
            id: ApiTokenId::new(self.shared.entropy.id(now)?),
            digest: secret.digest(),
            kind,
            name: name.to_owned(),
            user,
            organization,
            permissions,
            session: None,
            created_at: now,
            expires_at: lifetime.map(|lifetime| now + lifetime),
        };
        let mut tx = self.shared.store.begin_write().await?;
        if let Some(user) = user {
            if !tx.user(user).await?.is_some_and(|user| user.status == UserStatus::Active) {
                return Err(Refusal::invalid("user", "the user is not active: a token of theirs would not work").into());
            }
            if !tx.membership(user, organization).await?.is_some_and(|membership: Membership| membership.is_live()) {
                return Err(Refusal::invalid("organization", "the user is no member of this organization").into());
            }
        }
        self.commit_operators(tx, &administration::plan_token(token.clone()), now).await?;
        Ok(NewToken { token, secret })
    }

    /// Ends a token. One that has been revoked stays as it is.
    ///
    /// # Errors
    /// When the database fails or is busy.
    pub async fn operator_revoke_token(&self, id: ApiTokenId) -> Result<Option<StoredToken>, Error> {
        self.until_alone(|| async {
            let now = self.now();
            let mut tx = self.shared.store.begin_write().await?;
            let Some(stored) = tx.stored_token(id).await? else { return Ok(None) };
            if stored.revoked_at.is_some() {
                return Ok(Some(stored));
            }
            self.commit_operators(tx, &administration::plan_token_end(&stored.token, now), now).await?;
            Ok(Some(StoredToken { revoked_at: Some(now), ..stored }))
        })
        .await
    }

    /// Id and secret pairs in the order of their ids.
    ///
    /// # Errors
    /// When the database fails or is busy.
    pub async fn operator_keys(&self, filter: CredentialFilter, after: Option<&str>) -> Result<Vec<StoredKey>, Error> {
        Ok(self.shared.store.begin_read().await?.stored_keys(filter, after, self.now()).await?)
    }

    /// Makes an id and secret pair of a program that may make and change users.
    ///
    /// # Errors
    /// `invalid_value` for the description.
    pub async fn operator_add_key(
        &self,
        organization: OrganizationId,
        description: Option<String>,
        lifetime: Option<TimeDelta>,
    ) -> Result<NewKey, Error> {
        let now = self.now();
        if let Some(description) = &description {
            names::check_label(description).map_err(|problem| Refusal::invalid("description", problem.to_string()))?;
        }
        let secret = self.shared.entropy.secret(SecretKind::ApiKey)?;
        let key = ApiKey {
            username: self.shared.entropy.id(now)?.to_string(),
            digest: secret.digest(),
            organization,
            maker: None,
            permissions: BTreeSet::from([Permission::UserWrite]),
            description,
            created_at: now,
            expires_at: lifetime.map(|lifetime| now + lifetime),
        };
        let tx = self.shared.store.begin_write().await?;
        self.commit_operators(tx, &administration::plan_key(key.clone()), now).await?;
        Ok(NewKey { key, secret })
    }

    /// Ends an id and secret pair. One that has been revoked stays as it is.
    ///
    /// # Errors
    /// When the database fails or is busy.
    pub async fn operator_revoke_key(&self, username: &str) -> Result<Option<StoredKey>, Error> {
        self.until_alone(|| async {
            let now = self.now();
            let mut tx = self.shared.store.begin_write().await?;
            let Some(stored) = tx.stored_key(username).await? else { return Ok(None) };
            if stored.revoked_at.is_some() {
                return Ok(Some(stored));
            }
            self.commit_operators(tx, &administration::plan_key_end(&stored.key, now), now).await?;
            Ok(Some(StoredKey { revoked_at: Some(now), ..stored }))
        })
        .await
    }
}
