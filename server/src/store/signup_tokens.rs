//! The table of signup tokens.

use chrono::{DateTime, Utc};
use invite_domain::ids::{OrganizationId, SignupTokenId, UserId};
use invite_domain::secret::SecretDigest;
use invite_domain::signup_token::SignupToken;
use invite_domain::user::User;

use super::cells::{Cells, millis};
use super::sql::{Engine, Statement, sql};
use super::{Error, Row, Tx, users};

impl Tx {
    /// A signup token by the digest of its secret, usable or not. While its organization or tenant is locked there is none.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn signup_token(&mut self, digest: &SecretDigest) -> Result<Option<SignupToken>, Error> {
        let row = of_secret(digest).fetch_optional(self).await?;
        Ok(row.as_ref().map(read).transpose()?.filter(|token| token.digest.matches(digest)))
    }

    /// The same whatever has become of its organization.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn stored_signup_token_of(&mut self, digest: &SecretDigest) -> Result<Option<SignupToken>, Error> {
        let row = sql("SELECT * FROM signup_tokens WHERE digest = $1")
            .bind(digest.as_bytes().as_slice())
            .fetch_optional(self)
            .await?;
        Ok(row.as_ref().map(read).transpose()?.filter(|token| token.digest.matches(digest)))
    }

    /// Holds a signup token as it is until this transaction ends: whoever wants to switch it off meanwhile waits, so that nobody
    /// signs up by a token that was answered to be off. Others may sign up by it, except that whoever comes after somebody who
    /// waits to change it ([`Self::await_signup_token`]) comes after the change. SQLite has one writer.
    ///
    /// # Errors
    /// When the database fails, or somebody has changed the token since this transaction began.
    pub async fn hold_signup_token(&mut self, digest: &SecretDigest) -> Result<(), Error> {
        if self.engine() == Engine::Postgres {
            // A row is shared with all who come, however long somebody waits for it; the other lock has a queue.
            let held = sql("SELECT id FROM signup_tokens \
                 WHERE digest = $1 AND pg_advisory_xact_lock_shared($2) IS NOT NULL FOR SHARE");
            held.bind(digest.as_bytes().as_slice()).bind(queue_of(digest)).fetch_optional(self).await?;
        }
        Ok(())
    }

    /// Waits for those who sign up by a token at this moment, to change it, and has those wait who come later. Asked first of all.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn await_signup_token(&mut self, digest: &SecretDigest) -> Result<(), Error> {
        if self.engine() == Engine::Postgres {
            let alone = sql("SELECT pg_advisory_xact_lock($1) IS NOT NULL");
            alone.bind(queue_of(digest)).fetch_optional(self).await?;
        }
        Ok(())
    }

    pub(super) fn add_signup_token(&mut self, token: &SignupToken) {
        sql(
            "INSERT INTO signup_tokens (id, digest, sealed_secret, name, organization_id, root_role, enabled, expires_at, \
             created_at, created_by) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
        )
        .bind(token.id.get())
        .bind(token.digest.as_bytes().as_slice())
        .bind(&token.sealed_secret)
        .bind(&token.name)
        .bind(token.organization.get())
        .bind(token.root_role)
        .bind(token.enabled)
        .bind(millis(token.expires_at))
        .bind(millis(token.created_at))
        .bind(token.created_by.map(UserId::get))
        .queue(self);
    }

    pub(super) fn update_signup_token(&mut self, id: SignupTokenId, enabled: bool, expires_at: DateTime<Utc>) {
        sql("UPDATE signup_tokens SET enabled = $2, expires_at = $3 WHERE id = $1")
            .bind(id.get())
            .bind(enabled)
            .bind(millis(expires_at))
            .queue(self);
    }

    /// The signup tokens of an organization, usable or not, the oldest first.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn signup_tokens_of(&mut self, organization: OrganizationId) -> Result<Vec<SignupToken>, Error> {
        let rows = sql("SELECT * FROM signup_tokens WHERE organization_id = $1 ORDER BY id")
            .bind(organization.get())
            .fetch_all(self)
            .await?;
        rows.iter().map(read).collect()
    }

    /// Everybody who made a signup token of an organization.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn creators_of_signup_tokens(&mut self, organization: OrganizationId) -> Result<Vec<User>, Error> {
        let rows =
            sql("SELECT * FROM users WHERE id IN (SELECT created_by FROM signup_tokens WHERE organization_id = $1)")
                .bind(organization.get())
                .fetch_all(self)
                .await?;
        rows.iter().map(users::read).collect()
    }

    /// Who signed up with which token of an organization, in the order of their numbers.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn users_of_signup_tokens(
        &mut self,
        organization: OrganizationId,
    ) -> Result<Vec<(SignupTokenId, User)>, Error> {
        let rows = sql("SELECT users.*, invitations.signup_token_id FROM signup_tokens \
             JOIN invitations ON invitations.signup_token_id = signup_tokens.id \
             JOIN users ON users.id = invitations.user_id \
             WHERE signup_tokens.organization_id = $1 ORDER BY users.id")
        .bind(organization.get())
        .fetch_all(self)
        .await?;
        rows.iter()
            .map(|row| Ok((SignupTokenId::new(Cells(row).uuid("signup_token_id")?), users::read(row)?)))
            .collect()
    }

    /// Who signed up with a token, in the order of their numbers.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn users_of_signup_token(&mut self, id: SignupTokenId) -> Result<Vec<User>, Error> {
        let rows = sql("SELECT users.* FROM users JOIN invitations ON invitations.user_id = users.id \
             WHERE invitations.signup_token_id = $1 ORDER BY users.id")
        .bind(id.get())
        .fetch_all(self)
        .await?;
        rows.iter().map(users::read).collect()
    }
}

/// The number of the lock that those who use a signup token line up for.
fn queue_of(digest: &SecretDigest) -> i64 {
    digest.as_bytes().iter().take(8).fold(0, |number, byte| number << 8 | i64::from(*byte))
}

pub(super) fn of_secret(digest: &SecretDigest) -> Statement {
    let question = sql("SELECT s.* FROM signup_tokens s JOIN organizations o ON o.id = s.organization_id \
         LEFT JOIN organizations t ON t.id = o.tenant_id \
         WHERE s.digest = $1 AND o.status = 'active' AND (t.id IS NULL OR t.status = 'active')");
    question.bind(digest.as_bytes().as_slice())
}

fn read(row: &Row) -> Result<SignupToken, Error> {
    let cells = Cells(row);
    Ok(SignupToken {
        id: SignupTokenId::new(cells.uuid("id")?),
        digest: cells.digest("digest")?,
        sealed_secret: cells.get("sealed_secret")?,
        name: cells.text("name")?,
        organization: cells.organization("organization_id")?,
        root_role: cells.get("root_role")?,
        enabled: cells.get("enabled")?,
        expires_at: cells.instant("expires_at")?,
        created_at: cells.instant("created_at")?,
        created_by: cells.optional_user("created_by")?,
    })
}
