//! Credentials, dead ones too and never a secret: as operators look at them, and refresh tokens, which tell something when
//! they come after their end.

use chrono::{DateTime, Utc};
use invite_domain::credential::{ApiKey, StoredKey, StoredToken, TokenKind};
use invite_domain::ids::{ApiTokenId, OrganizationId, UserId};
use invite_domain::secret::SecretDigest;
use invite_domain::user::Estate;
use uuid::Uuid;

use super::cells::{Cells, millis};
use super::sql::sql;
use super::{Error, Row, Tx, credentials};

/// An index has those that nobody has revoked.
const MADE_BY: &str = "SELECT * FROM api_keys WHERE maker_id = $1 AND revoked_at IS NULL ORDER BY username";

/// Which credentials to list.
#[derive(Debug, Clone, Copy, Default)]
pub struct CredentialFilter {
    /// Those that act in this organization.
    pub organization: Option<OrganizationId>,
    /// Those that act as this user.
    pub user: Option<UserId>,
    /// Dead ones too.
    pub with_dead: bool,
    /// At most so many.
    pub limit: u32,
}

impl Tx {
    /// A bearer-like credential, live or dead.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn stored_token(&mut self, id: ApiTokenId) -> Result<Option<StoredToken>, Error> {
        let row = sql("SELECT * FROM api_tokens WHERE id = $1").bind(id.get()).fetch_optional(self).await?;
        row.as_ref().map(read_token).transpose()
    }

    /// A refresh token by the digest of its secret, live or dead.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn refresh_token(&mut self, digest: &SecretDigest) -> Result<Option<StoredToken>, Error> {
        let found = self.stored_token_of(digest).await?;
        Ok(found.filter(|stored| stored.token.kind == TokenKind::Refresh))
    }

    /// A bearer-like credential of any kind by the digest of its secret, live or dead.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn stored_token_of(&mut self, digest: &SecretDigest) -> Result<Option<StoredToken>, Error> {
        let row = sql("SELECT * FROM api_tokens WHERE digest = $1")
            .bind(digest.as_bytes().as_slice())
            .fetch_optional(self)
            .await?;
        let found = row.as_ref().map(read_token).transpose()?;
        Ok(found.filter(|stored| stored.token.digest.matches(digest)))
    }

    /// The credentials of scripts, applications and programs in the order in which they were made. Sign-ins are none.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn stored_tokens(
        &mut self,
        filter: CredentialFilter,
        after: Option<ApiTokenId>,
        now: DateTime<Utc>,
    ) -> Result<Vec<StoredToken>, Error> {
        let rows = sql(
            "SELECT * FROM api_tokens WHERE id > $1 AND session_id IS NULL AND (organization_id = $2 OR $2 IS NULL) \
             AND (user_id = $3 OR $3 IS NULL) \
             AND ($4 OR (revoked_at IS NULL AND (expires_at IS NULL OR expires_at > $5))) ORDER BY id LIMIT $6",
        )
        .bind(after.map_or(Uuid::nil(), ApiTokenId::get))
        .bind(filter.organization.map(OrganizationId::get))
        .bind(filter.user.map(UserId::get))
        .bind(filter.with_dead)
        .bind(millis(now))
        .bind(i64::from(filter.limit))
        .fetch_all(self)
        .await?;
        rows.iter().map(read_token).collect()
    }

    /// An id and secret pair, live or dead.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn stored_key(&mut self, username: &str) -> Result<Option<StoredKey>, Error> {
        let row = sql("SELECT * FROM api_keys WHERE username = $1").bind(username).fetch_optional(self).await?;
        row.as_ref().map(read_key).transpose()
    }

    /// An id and secret pair by the digest of its secret, live or dead. All are looked at: nothing but an operator's command asks.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn stored_key_of(&mut self, digest: &SecretDigest) -> Result<Option<StoredKey>, Error> {
        let row = sql("SELECT * FROM api_keys WHERE digest = $1")
            .bind(digest.as_bytes().as_slice())
            .fetch_optional(self)
            .await?;
        let found = row.as_ref().map(read_key).transpose()?;
        Ok(found.filter(|stored| stored.key.digest.matches(digest)))
    }

    /// The id and secret pairs that an account has made and that nobody has revoked.
    async fn keys_made_by(&mut self, maker: UserId) -> Result<Vec<ApiKey>, Error> {
        let rows = sql(MADE_BY).bind(maker.get()).fetch_all(self).await?;
        rows.iter().map(|row| Ok(read_key(row)?.key)).collect()
    }

    /// What hangs on an account beside its tokens.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn estate(&mut self, user: UserId) -> Result<Estate, Error> {
        let memberships = self.memberships_of(user).await?;
        let organizations = memberships.into_iter().map(|membership| membership.organization).collect();
        Ok(Estate { organizations, keys: self.keys_made_by(user).await? })
    }

    /// Id and secret pairs in the order of their ids.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn stored_keys(
        &mut self,
        filter: CredentialFilter,
        after: Option<&str>,
        now: DateTime<Utc>,
    ) -> Result<Vec<StoredKey>, Error> {
        let rows = sql("SELECT * FROM api_keys WHERE username > $1 AND (organization_id = $2 OR $2 IS NULL) \
             AND ($3 OR (revoked_at IS NULL AND (expires_at IS NULL OR expires_at > $4))) ORDER BY username LIMIT $5")
        .bind(after.unwrap_or_default())
        .bind(filter.organization.map(OrganizationId::get))
        .bind(filter.with_dead)
        .bind(millis(now))
        .bind(i64::from(filter.limit))
        .fetch_all(self)
        .await?;
        rows.iter().map(read_key).collect()
    }
}

fn read_token(row: &Row) -> Result<StoredToken, Error> {
    Ok(StoredToken { token: credentials::read_token(row)?, revoked_at: Cells(row).optional_instant("revoked_at")? })
}

fn read_key(row: &Row) -> Result<StoredKey, Error> {
    let cells = Cells(row);
    let key = ApiKey {
        username: cells.text("username")?,
        digest: cells.digest("digest")?,
        organization: cells.organization("organization_id")?,
        maker: cells.optional_user("maker_id")?,
        permissions: cells.permissions("permissions")?,
        description: cells.optional_text("description")?,
        created_at: cells.instant("created_at")?,
        expires_at: cells.optional_instant("expires_at")?,
    };
    Ok(StoredKey { key, revoked_at: cells.optional_instant("revoked_at")? })
}

#[cfg(test)]
mod tests {
    use super::super::{Address, Store};

    #[tokio::test]
    async fn the_keys_that_an_account_has_made_are_found_by_their_maker() {
        let folder = tempfile::tempdir().expect("a folder");
        let store = Store::open(&Address::Sqlite(folder.path().join("invite.db"))).await.expect("opened");
        let steps = store.plan(super::MADE_BY).await.join("\n");
        assert!(steps.contains("USING INDEX api_keys_by_maker (maker_id=?)"), "{steps}");
    }
}
