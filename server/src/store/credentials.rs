//! The tables of credentials: bearer-like tokens, and the id and secret pairs of programs.
//!
//! Only live credentials are ever read here: expiry, revocation, the standing of the organization, its tenant and the user are
//! conditions of the query, not of a clean-up that might be late.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use invite_domain::credential::{ApiKey, ApiToken, LiveCredential, TokenKind};
use invite_domain::ids::{ApiTokenId, OrganizationId, SessionId, UserId};
use invite_domain::secret::SecretDigest;

use super::cells::{Cells, millis, permission_names};
use super::memberships::joined;
use super::sql::{Engine, Statement, sql};
use super::{Error, Row, Tx};

/// The tokens of sign-ins whose time is over at `$1`.
const ENDED: &str = "session_id IS NOT NULL AND expires_at <= $1";

impl Tx {
    /// A live bearer-like credential by the digest of its secret.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn find_live_token(
        &mut self,
        digest: &SecretDigest,
        now: DateTime<Utc>,
    ) -> Result<Option<LiveCredential>, Error> {
        let row = live_token(self.engine(), digest, now).fetch_optional(self).await?;
        row.as_ref().map(|row| read(row, true)).transpose()
    }

    /// A live id and secret pair by its id.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn find_live_api_key(
        &mut self,
        username: &str,
        now: DateTime<Utc>,
    ) -> Result<Option<LiveCredential>, Error> {
        let row = sql(concat!(
            "SELECT c.digest, c.organization_id, COALESCE(o.tenant_id, o.id) AS tenant_id, c.permissions, c.maker_id \
             FROM api_keys c JOIN organizations o ON o.id = c.organization_id \
             LEFT JOIN organizations t ON t.id = o.tenant_id \
             WHERE c.username = $1 AND c.revoked_at IS NULL AND (c.expires_at IS NULL OR c.expires_at > $2) \
             AND o.status = 'active' AND (t.id IS NULL OR t.status = 'active') \
             AND (c.maker_id IS NULL OR EXISTS (SELECT 1 FROM users u JOIN memberships m ON m.user_id = u.id \
             WHERE u.id = c.maker_id AND u.status = 'active' AND m.is_admin = TRUE AND m.deleted_at IS NULL \
             AND m.organization_id IN (o.id, o.tenant_id) AND ",
            joined!("m"),
            "))"
        ))
        .bind(username)
        .bind(millis(now))
        .fetch_optional(self)
        .await?;
        row.as_ref().map(|row| read(row, false)).transpose()
    }

    /// The live personal tokens of a user in an organization, in the order in which they were made.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn personal_tokens(
        &mut self,
        user: UserId,
        organization: OrganizationId,
    ) -> Result<Vec<ApiToken>, Error> {
        let rows = sql("SELECT * FROM api_tokens WHERE user_id = $1 AND kind = 'personal' AND organization_id = $2 \
             AND revoked_at IS NULL ORDER BY id")
        .bind(user.get())
        .bind(organization.get())
        .fetch_all(self)
        .await?;
        rows.iter().map(read_token).collect()
    }

    /// One of them.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn personal_token(
        &mut self,
        id: ApiTokenId,
        user: UserId,
        organization: OrganizationId,
    ) -> Result<Option<ApiToken>, Error> {
        let row = sql(
            "SELECT * FROM api_tokens WHERE id = $1 AND user_id = $2 AND kind = 'personal' AND organization_id = $3 \
             AND revoked_at IS NULL",
        )
        .bind(id.get())
        .bind(user.get())
        .bind(organization.get())
        .fetch_optional(self)
        .await?;
        row.as_ref().map(read_token).transpose()
    }

    /// Whether a credential still works, looked at once more: much may have happened since it was presented.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn is_token_live(&mut self, id: ApiTokenId, now: DateTime<Utc>) -> Result<bool, Error> {
        let digest = sql("SELECT digest FROM api_tokens WHERE id = $1").bind(id.get()).fetch_optional(self).await?;
        let Some(digest) = digest else { return Ok(false) };
        let digest = Cells(&digest).digest("digest")?;
        Ok(self.find_live_token(&digest, now).await?.is_some())
    }

    pub(super) fn revoke_api_token(&mut self, id: ApiTokenId, at: DateTime<Utc>) {
        sql("UPDATE api_tokens SET revoked_at = $2 WHERE id = $1 AND revoked_at IS NULL")
            .bind(id.get())
            .bind(millis(at))
            .queue(self);
    }

    /// Whatever a user ever had in an organization.
    pub(super) fn revoke_tokens_of(&mut self, user: UserId, organization: OrganizationId, at: DateTime<Utc>) {
        sql("UPDATE api_tokens SET revoked_at = $3 WHERE user_id = $1 AND organization_id = $2 AND revoked_at IS NULL")
            .bind(user.get())
            .bind(organization.get())
            .bind(millis(at))
            .queue(self);
    }

    pub(super) fn revoke_tokens_of_user(&mut self, user: UserId, at: DateTime<Utc>) {
        sql("UPDATE api_tokens SET revoked_at = $2 WHERE user_id = $1 AND revoked_at IS NULL")
            .bind(user.get())
            .bind(millis(at))
            .queue(self);
    }

    pub(super) fn revoke_session(&mut self, session: SessionId, at: DateTime<Utc>) {
        sql("UPDATE api_tokens SET revoked_at = $2 WHERE session_id = $1 AND revoked_at IS NULL")
            .bind(session.get())
            .bind(millis(at))
            .queue(self);
    }

    /// Whether any token of a sign-in is neither revoked nor too old.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn is_session_open(&mut self, session: SessionId, now: DateTime<Utc>) -> Result<bool, Error> {
        let found: i64 = sql("SELECT COUNT(*) FROM api_tokens WHERE session_id = $1 AND revoked_at IS NULL \
             AND (expires_at IS NULL OR expires_at > $2)")
        .bind(session.get())
        .bind(millis(now))
        .scalar(self)
        .await?;
        Ok(found > 0)
    }

    /// Whether there are tokens of sign-ins whose time is over.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn has_ended_session_tokens(&mut self, now: DateTime<Utc>) -> Result<bool, Error> {
        let found = sql(format!("SELECT 1 FROM api_tokens WHERE {ENDED} LIMIT 1")).bind(millis(now));
        Ok(found.fetch_optional(self).await?.is_some())
    }

    /// Removes some of them; says how many there were. A used refresh token has the end of its sign-in, so that it is known
    /// until then.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn sweep_session_tokens(&mut self, now: DateTime<Utc>, at_most: u32) -> Result<u64, Error> {
        let ended = format!("SELECT id FROM api_tokens WHERE {ENDED} ORDER BY expires_at LIMIT $2");
        sql(format!("DELETE FROM api_tokens WHERE id {}", self.engine().picked(&ended)))
            .bind(millis(now))
            .bind(i64::from(at_most))
            .execute(self)
            .await
    }

    pub(super) fn revoke_api_key(&mut self, username: &str, at: DateTime<Utc>) {
        sql("UPDATE api_keys SET revoked_at = $2 WHERE username = $1 AND revoked_at IS NULL")
            .bind(username)
            .bind(millis(at))
            .queue(self);
    }

    pub(super) fn add_api_key(&mut self, key: &ApiKey) {
        sql(
            "INSERT INTO api_keys (username, digest, organization_id, permissions, created_at, expires_at, description, \
             maker_id) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
        )
        .bind(&key.username)
        .bind(key.digest.as_bytes().as_slice())
        .bind(key.organization.get())
        .bind(permission_names(&key.permissions))
        .bind(millis(key.created_at))
        .bind(key.expires_at.map(millis))
        .bind(&key.description)
        .bind(key.maker.map(UserId::get))
        .queue(self);
    }

    pub(super) fn add_api_token(&mut self, token: &ApiToken) {
        sql(
            "INSERT INTO api_tokens (id, digest, kind, name, user_id, organization_id, permissions, session_id, created_at, \
             expires_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
        )
        .bind(token.id.get())
        .bind(token.digest.as_bytes().as_slice())
        .bind(token.kind.as_str())
        .bind(&token.name)
        .bind(token.user.map(UserId::get))
        .bind(token.organization.get())
        .bind(permission_names(&token.permissions))
        .bind(token.session.map(SessionId::get))
        .bind(millis(token.created_at))
        .bind(token.expires_at.map(millis))
        .queue(self);
    }
}

/// With the organizations of the tenant that its user administers; who has not accepted yet to do so does not. The sum keeps the
/// index of all administrators out of the choice.
pub(super) fn live_token(engine: Engine, digest: &SecretDigest, now: DateTime<Utc>) -> Statement {
    let (numbers, joined) = (engine.numbers("am.organization_id"), joined!("am"));
    sql(format!(
        "SELECT c.id, c.kind, c.digest, c.user_id, c.organization_id, COALESCE(o.tenant_id, o.id) AS tenant_id, \
         c.permissions, c.session_id, \
         (SELECT {numbers} FROM memberships am JOIN organizations ao ON ao.id = am.organization_id \
         WHERE am.user_id = c.user_id AND am.is_admin = TRUE AND am.deleted_at + 0 IS NULL \
         AND COALESCE(ao.tenant_id, ao.id) = COALESCE(o.tenant_id, o.id) AND ao.status = 'active' AND {joined}) AS admin_of \
         FROM api_tokens c JOIN organizations o ON o.id = c.organization_id \
         LEFT JOIN organizations t ON t.id = o.tenant_id \
         LEFT JOIN users u ON u.id = c.user_id \
         LEFT JOIN memberships m \
         ON m.user_id = c.user_id AND m.organization_id = c.organization_id AND m.deleted_at IS NULL \
         WHERE c.digest = $1 AND c.revoked_at IS NULL AND (c.expires_at IS NULL OR c.expires_at > $2) \
         AND o.status = 'active' AND (t.id IS NULL OR t.status = 'active') \
         AND (c.user_id IS NULL OR (u.status = 'active' AND m.user_id IS NOT NULL))"
    ))
    .bind(digest.as_bytes().as_slice())
    .bind(millis(now))
}

fn read(row: &Row, is_token: bool) -> Result<LiveCredential, Error> {
    let cells = Cells(row);
    let session = if is_token { cells.optional_uuid("session_id")? } else { None };
    Ok(LiveCredential {
        kind: if is_token { Some(cells.named("kind", TokenKind::from_stored)?) } else { None },
        id: if is_token { Some(ApiTokenId::new(cells.uuid("id")?)) } else { None },
        digest: cells.digest("digest")?,
        user: if is_token { cells.optional_user("user_id")? } else { None },
        maker: if is_token { None } else { cells.optional_user("maker_id")? },
        organization: cells.organization("organization_id")?,
        tenant: cells.organization("tenant_id")?,
        permissions: cells.permissions("permissions")?,
        session: session.map(SessionId::new),
        admin_of: if is_token { cells.organizations("admin_of")? } else { BTreeSet::new() },
    })
}

/// A bearer-like credential, live or dead.
pub(super) fn read_token(row: &Row) -> Result<ApiToken, Error> {
    let cells = Cells(row);
    Ok(ApiToken {
        id: ApiTokenId::new(cells.uuid("id")?),
        digest: cells.digest("digest")?,
        kind: cells.named("kind", TokenKind::from_stored)?,
        name: cells.text("name")?,
        user: cells.optional_user("user_id")?,
        organization: cells.organization("organization_id")?,
        permissions: cells.permissions("permissions")?,
        session: cells.optional_uuid("session_id")?.map(SessionId::new),
        created_at: cells.instant("created_at")?,
        expires_at: cells.optional_instant("expires_at")?,
    })
}
