//! The table of idempotency keys.

use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::cells::{Cells, millis};
use super::sql::{Lost, sql};
use super::{Error, Store, Tx};

/// How many keys that have ended are removed with each new one: more than one, so that they become fewer.
const SWEEP: i64 = 8;

/// A request that wants to run under a key.
#[derive(Clone)]
pub struct KeyClaim {
    /// Whose key for what, as a keyed hash.
    pub scope: [u8; 32],
    /// What is asked for, as a keyed hash.
    pub fingerprint: [u8; 32],
    /// Both hashes as they are while another server key is the first.
    pub under_other_keys: Vec<([u8; 32], [u8; 32])>,
    /// This request.
    pub claim: Uuid,
    /// Until when nobody may take its place.
    pub claimed_until: DateTime<Utc>,
    /// When the key is free again.
    pub expires_at: DateTime<Utc>,
}

/// What became of a claim.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Claimed {
    /// The request may run.
    Granted,
    /// Another one with the same key runs.
    Running,
    /// It ran before and was answered.
    Answered {
        /// Whose key for what, as it was hashed then.
        scope: [u8; 32],
        /// The answer, sealed.
        answer: Vec<u8>,
    },
    /// The key came with another request.
    OtherRequest,
}

impl Store {
    /// Claims a key for a request.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn claim_key(&self, key: &KeyClaim, now: DateTime<Utc>) -> Result<Claimed, Error> {
        let mut tx = self.begin_brief().await?;
        for (scope, fingerprint) in &key.under_other_keys {
            // One that has ended, and one whose request died: what it does after all is undone, for its key is gone.
            sql("DELETE FROM idempotency_keys WHERE scope = $1 \
                 AND (expires_at <= $2 OR answer IS NULL AND claimed_until <= $2)")
            .bind(scope.as_slice())
            .bind(millis(now))
            .queue(&mut tx);
            if let Some(known) = known(&mut tx, scope, fingerprint).await? {
                return Ok(known);
            }
        }
        let free = tx.engine().skip_locked();
        sql(format!(
            "DELETE FROM idempotency_keys WHERE scope IN \
             (SELECT scope FROM idempotency_keys WHERE expires_at <= $1 ORDER BY expires_at LIMIT $2{free})"
        ))
        .bind(millis(now))
        .bind(SWEEP)
        .queue(&mut tx);
        // A key that has ended, and one whose request died before it was answered, are free.
        let granted =
            sql("INSERT INTO idempotency_keys (scope, fingerprint, claim, claimed_until, answer, expires_at) \
             VALUES ($1, $2, $3, $4, NULL, $5) ON CONFLICT (scope) DO UPDATE SET fingerprint = $2, claim = $3, \
             claimed_until = $4, answer = NULL, expires_at = $5 \
             WHERE idempotency_keys.expires_at <= $6 \
             OR idempotency_keys.answer IS NULL AND idempotency_keys.claimed_until <= $6")
            .bind(key.scope.as_slice())
            .bind(key.fingerprint.as_slice())
            .bind(key.claim)
            .bind(millis(key.claimed_until))
            .bind(millis(key.expires_at))
            .bind(millis(now))
            .execute(&mut tx)
            .await?;
        if granted == 1 {
            tx.commit().await?;
            return Ok(Claimed::Granted);
        }
        known(&mut tx, &key.scope, &key.fingerprint).await?.ok_or(Error::KeyGone)
    }

    /// Gives a key back whose request changed nothing.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn release_key(&self, key: &KeyClaim) -> Result<(), Error> {
        let mut tx = self.begin_brief().await?;
        sql("DELETE FROM idempotency_keys WHERE scope = $1 AND claim = $2 AND answer IS NULL")
            .bind(key.scope.as_slice())
            .bind(key.claim)
            .queue(&mut tx);
        tx.commit().await
    }
}

/// What became of a request under a key; none: there was none.
async fn known(tx: &mut Tx, scope: &[u8; 32], wanted: &[u8; 32]) -> Result<Option<Claimed>, Error> {
    let statement = sql("SELECT fingerprint, answer FROM idempotency_keys WHERE scope = $1").bind(scope.as_slice());
    let Some(row) = statement.fetch_optional(tx).await? else { return Ok(None) };
    let cells = Cells(&row);
    let fingerprint: Vec<u8> = cells.get("fingerprint")?;
    let answer: Option<Vec<u8>> = cells.get("answer")?;
    Ok(Some(match answer {
        _ if fingerprint != wanted => Claimed::OtherRequest,
        Some(answer) => Claimed::Answered { scope: *scope, answer },
        None => Claimed::Running,
    }))
}

impl Tx {
    /// Keeps the answer of a request, with its change. If the request took so long that another one has taken its place, the
    /// transaction ends with [`Error::KeyGone`].
    pub fn answer_key(&mut self, key: &KeyClaim, answer: Vec<u8>) {
        sql("UPDATE idempotency_keys SET answer = $3 WHERE scope = $1 AND claim = $2 AND answer IS NULL")
            .bind(key.scope.as_slice())
            .bind(key.claim)
            .bind(answer)
            .queue_one(self, Lost::Key);
    }
}
