//! Nexus beyond inviting: roles of members, and API keys.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use invite_domain::actor::Administrator;
use invite_domain::credential::Permission;
use invite_domain::flow::nexus::{keys, members};
use invite_domain::ids::UserId;
use invite_domain::refusal::{Refusal, RefusalCode};
use invite_domain::secret::{PlainSecret, SecretKind};

use super::{ApiKeyCreated, App, Call, Error};

/// A key to make, as its maker asks for it.
#[derive(Debug)]
pub struct NewApiKey {
    /// The public half, unless the server is to make one.
    pub id: Option<String>,
    /// The secret half, unless the server is to make one.
    pub secret: Option<PlainSecret>,
    /// What it may do.
    pub permissions: BTreeSet<Permission>,
    /// What it is for.
    pub description: Option<String>,
    /// When it ends.
    pub expires_at: Option<DateTime<Utc>>,
}

impl App {
    /// `nexus_remove_member_role`: makes an administrator a plain member.
    ///
    /// # Errors
    /// `organization_not_found`, `user_not_found`, `last_administrator`.
    pub async fn nexus_remove_member_role(
        &self,
        call: &Call,
        administrator: &Administrator,
        user_id: &str,
    ) -> Result<(), Error> {
        // What is no number belongs to no user, like any other unknown id.
        let user = user_id.parse().map(UserId::new);
        let user = user.map_err(|_| Refusal::new(RefusalCode::UserNotFound, "the organization has no such member"))?;
        self.until_alone(|| async {
            let now = self.now();
            let id = administrator.organization();
            let mut tx = self.shared.store.begin_write().await?;
            let facts = members::MemberFacts {
                organization: tx.organization(id).await?,
                membership: tx.membership(user, id).await?,
                other_administrators: tx.count_other_administrators(id, user).await?,
            };
            let plan = members::plan_demotion(administrator, facts, now)?;
            self.commit_all(call, tx, &plan, &(), now).await
        })
        .await
    }

    /// `nexus_create_api_key`: makes a key of a program. Its secret is shown here only.
    ///
    /// # Errors
    /// `invalid_value`, `api_key_taken`; `not_authenticated` if the maker's credential works no more.
    pub async fn nexus_create_api_key(
        &self,
        call: &Call,
        administrator: &Administrator,
        asked: NewApiKey,
    ) -> Result<ApiKeyCreated, Error> {
        let now = self.now();
        let id = match asked.id {
            Some(id) => id,
            None => self.shared.entropy.id(now)?.to_string(),
        };
        let secret = match asked.secret {
            Some(secret) => secret,
            None => self.shared.entropy.secret(SecretKind::ApiKey)?,
        };
        let command = keys::CreateApiKey {
            id,
            digest: secret.digest(),
            permissions: asked.permissions,
            description: asked.description,
            expires_at: asked.expires_at,
        };
        self.until_alone(|| async {
            let mut tx = self.shared.store.begin_write().await?;
            let maker = administrator.actor();
            if let (Some(user), Some(token)) = (maker.user, maker.token) {
                tx.hold_user(user);
                // A key that nobody has seen yet would outlive the end of all that acts as its maker.
                if !tx.is_token_live(token, now).await? {
                    return Err(Refusal::not_authenticated().into());
                }
            }
            let is_taken = tx.stored_key(&command.id).await?.is_some();
            let (plan, key) = keys::plan(administrator, command.clone(), is_taken, now)?;
            let created = ApiKeyCreated::of(key, secret.clone(), now);
            self.commit_all(call, tx, &plan, &created, now).await?;
            Ok(created)
        })
        .await
    }
}
