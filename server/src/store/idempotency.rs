//! The table of idempotency keys.

use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::cells::{Cells, millis};
use super::sql::{Engine, Lost, sql};
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
        tx.hold_scopes(key).await?;
        for (scope, fingerprint) in &key.under_other_keys {
            // One that has ended, and one whose request died: what it does after all is undone, for its key is gone.
            sql("DELETE FROM idempotency_keys WHERE scope = $1 \
                 AND (expires_at <= $2 OR answer IS NULL AND claimed_until <= $2)")
            .bind(scope.as_slice())
            .bind(millis(now))
            .queue(&mut tx);
            if let Some(known) = known(&mut tx, scope, fingerprint, now).await? {
                return Ok(known);
            }
        }
        let ended = "SELECT scope FROM idempotency_keys WHERE expires_at <= $1 ORDER BY expires_at LIMIT $2";
        sql(format!("DELETE FROM idempotency_keys WHERE scope {}", tx.engine().picked(ended)))
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
        known(&mut tx, &key.scope, &key.fingerprint, now).await?.ok_or(Error::KeyGone)
    }

    /// What became of the requests under a key, without claiming it; none: it is free.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn known_key(&self, key: &KeyClaim, now: DateTime<Utc>) -> Result<Option<Claimed>, Error> {
        let mut tx = self.begin_read().await?;
        let own = std::iter::once((&key.scope, &key.fingerprint));
        let others = key.under_other_keys.iter().map(|(scope, fingerprint)| (scope, fingerprint));
        for (scope, fingerprint) in own.chain(others) {
            if let Some(known) = known(&mut tx, scope, fingerprint, now).await? {
                return Ok(Some(known));
            }
        }
        Ok(None)
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

/// What became of a request under a key; none: there was none, or it has ended.
async fn known(tx: &mut Tx, scope: &[u8; 32], wanted: &[u8; 32], now: DateTime<Utc>) -> Result<Option<Claimed>, Error> {
    let statement = sql("SELECT fingerprint, answer, expires_at FROM idempotency_keys WHERE scope = $1");
    let Some(row) = statement.bind(scope.as_slice()).fetch_optional(tx).await? else { return Ok(None) };
    let cells = Cells(&row);
    if cells.instant("expires_at")? <= now {
        return Ok(None);
    }
    let fingerprint: Vec<u8> = cells.get("fingerprint")?;
    let answer: Option<Vec<u8>> = cells.get("answer")?;
    Ok(Some(match answer {
        _ if fingerprint != wanted => Claimed::OtherRequest,
        Some(answer) => Claimed::Answered { scope: *scope, answer },
        None => Claimed::Running,
    }))
}

impl Tx {
    /// While server keys are changed, one process looks for a key of a request where another one writes it, and the other way
    /// round: only one of them looks at a time. SQLite has one writer, and with one server key both write the same row.
    async fn hold_scopes(&mut self, key: &KeyClaim) -> Result<(), Error> {
        if key.under_other_keys.is_empty() || self.engine() == Engine::Sqlite {
            return Ok(());
        }
        let others = key.under_other_keys.iter().map(|(scope, _)| scope);
        let [a, b, c, d, e, f, g, h, ..] = *others.fold(&key.scope, |least, scope| least.min(scope));
        let alone = sql("SELECT pg_advisory_xact_lock($1) IS NOT NULL");
        alone.bind(i64::from_be_bytes([a, b, c, d, e, f, g, h])).fetch_optional(self).await.map(drop)
    }

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

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;
    use futures::future::join;

    use super::super::testing::TestDatabase;
    use super::*;

    #[tokio::test]
    async fn of_two_processes_with_the_server_keys_in_two_orders_one_runs() {
        let database = TestDatabase::new().await;
        if !database.takes_postgres("a file has one server") {
            return;
        }
        let (one, other) = (database.open().await, database.open().await);
        let now = DateTime::UNIX_EPOCH + TimeDelta::days(20_000);
        for round in 0..20 {
            let [first, second] = [[round; 32], [round + 100; 32]];
            let claim = |scope, of_other| KeyClaim {
                scope,
                fingerprint: scope,
                under_other_keys: vec![(of_other, of_other)],
                claim: Uuid::from_u128(scope[0].into()),
                claimed_until: now + TimeDelta::minutes(1),
                expires_at: now + TimeDelta::days(1),
            };
            let (first, second) = (claim(first, second), claim(second, first));
            let (first, second) = join(one.claim_key(&first, now), other.claim_key(&second, now)).await;
            let mut outcomes = [first.expect("asked"), second.expect("asked")];
            outcomes.sort_by_key(|outcome| *outcome != Claimed::Granted);
            assert_eq!(outcomes, [Claimed::Granted, Claimed::Running], "round {round}");
        }
    }
}
