//! The table of counts: until when what was counted under a key counts. The arithmetic is that of [`invite_domain::limit`].

use chrono::{DateTime, Utc};
use invite_domain::limit::{Limit, SKEW};

use super::cells::Cells;
use super::sql::{Expected, Lost, Statement};
use super::{Error, Purpose, Store, Tx, sql};

/// One more of something that is limited.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Counted {
    /// What of, as a keyed hash.
    pub key: [u8; 32],
    /// How often it may happen.
    pub limit: Limit,
}

impl Store {
    /// Counts one more under each key, by itself. False: there is no room under one of them, and nothing counts.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn count(&self, counted: &[Counted], now: DateTime<Utc>) -> Result<bool, Error> {
        let mut tx = self.begin(Purpose::Count).await?;
        tx.count(counted, now);
        match tx.commit().await {
            Ok(()) => Ok(true),
            Err(Error::Full) => Ok(false),
            Err(error) => Err(error),
        }
    }
}

impl Tx {
    /// Counts one more under each key. If there is no room under one of them the transaction ends with [`Error::Full`], so
    /// that what does not happen does not count. Called last: others who count under the same keys wait until the end of the
    /// transaction.
    pub fn count(&mut self, counted: &[Counted], now: DateTime<Utc>) {
        // In one order, so that no two transactions wait for each other.
        let mut counted = counted.to_vec();
        counted.sort_by_key(|counted| counted.key);
        let Some((last, others)) = counted.split_last() else { return };
        let mut count = sql("INSERT INTO counts (scope, until, reach) VALUES ").bind(now.timestamp_micros());
        for counted in others {
            push_count(&mut count, counted, now);
            count.push(", ");
        }
        push_count(&mut count, last, now);
        // `excluded.until` is now and a share; what is still ahead of now comes on top, unless it is too far ahead to be true.
        let skew = SKEW.num_microseconds().unwrap_or(i64::MAX);
        let ahead = format!(
            "CASE WHEN counts.until > $1 AND counts.until <= excluded.reach + {skew} THEN counts.until - $1 ELSE 0 END"
        );
        count.push(&format!(
            " ON CONFLICT (scope) DO UPDATE SET reach = excluded.reach, until = excluded.until + {ahead} \
             WHERE excluded.until + {ahead} <= excluded.reach"
        ));
        let rows = u64::try_from(counted.len()).unwrap_or(u64::MAX);
        count.queue_expecting(self, Expected { rows, lost: Lost::Count });
    }

    /// Until when what was counted under a key counts; none: nothing does.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn counts_until(&mut self, key: &[u8; 32]) -> Result<Option<DateTime<Utc>>, Error> {
        let until = until(key).fetch_optional(self).await?;
        let Some(until) = until else { return Ok(None) };
        let until = DateTime::from_timestamp_micros(Cells(&until).get("until")?);
        until.ok_or(Error::Damaged { column: "counts.until" }).map(Some)
    }

    /// Whether there are counts that have worn off.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn has_worn_off_counts(&mut self, now: DateTime<Utc>) -> Result<bool, Error> {
        let found = sql("SELECT until FROM counts WHERE until <= $1 LIMIT 1").bind(now.timestamp_micros());
        Ok(found.fetch_optional(self).await?.is_some())
    }

    /// Removes counts that have worn off, at most so many; says how many there were.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn sweep_counts(&mut self, now: DateTime<Utc>, at_most: u32) -> Result<u64, Error> {
        let picked = self.engine().picked("SELECT scope FROM counts WHERE until <= $1 ORDER BY until LIMIT $2");
        // Looked at twice: one that is counted anew in between stays.
        sql(format!("DELETE FROM counts WHERE until <= $1 AND scope {picked}"))
            .bind(now.timestamp_micros())
            .bind(i64::from(at_most))
            .execute(self)
            .await
    }
}

/// The row of one key.
fn push_count(count: &mut Statement, Counted { key, limit }: &Counted, now: DateTime<Utc>) {
    count.push("(").push_bind(key.as_slice());
    count.push(", ").push_bind((now + limit.share()).timestamp_micros());
    count.push(", ").push_bind((now + limit.reach()).timestamp_micros());
    count.push(")");
}

pub(super) fn until(key: &[u8; 32]) -> Statement {
    sql("SELECT until FROM counts WHERE scope = $1").bind(key.as_slice())
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;
    use invite_domain::limit::Verdict;
    use proptest::prelude::*;

    use super::*;
    use crate::store::testing::TestDatabase;

    fn at(micros: i64) -> DateTime<Utc> {
        DateTime::UNIX_EPOCH + TimeDelta::days(20_000) + TimeDelta::microseconds(micros)
    }

    async fn store() -> (Store, TestDatabase) {
        let database = TestDatabase::new().await;
        (database.open().await, database)
    }

    #[tokio::test]
    async fn of_several_counts_one_without_room_keeps_all_from_counting() {
        let (store, _database) = store().await;
        let many = Counted { key: [1; 32], limit: Limit::new(3, TimeDelta::hours(1)).expect("a limit") };
        let one = Counted { key: [2; 32], limit: Limit::new(1, TimeDelta::hours(1)).expect("a limit") };
        assert!(store.count(&[many, one], at(0)).await.expect("counted"));
        for _ in 0..5 {
            assert!(!store.count(&[many, one], at(0)).await.expect("counted"));
        }
        for has_room in [true, true, false] {
            assert_eq!(store.count(&[many], at(0)).await.expect("counted"), has_room, "the refused ones did not count");
        }
        let mut tx = store.begin_read().await.expect("begun");
        assert_eq!(tx.counts_until(&[1; 32]).await.expect("read"), Some(at(0) + TimeDelta::hours(1)));
        assert_eq!(tx.counts_until(&[3; 32]).await.expect("read"), None);
    }

    #[tokio::test]
    async fn what_has_worn_off_is_swept_and_nothing_else() {
        let (store, _database) = store().await;
        let limit = Limit::new(1, TimeDelta::seconds(1)).expect("a limit");
        for (number, now) in [(1, 0), (2, 0), (3, 500_000)] {
            assert!(store.count(&[Counted { key: [number; 32], limit }], at(now)).await.expect("counted"));
        }
        let mut tx = store.begin_write().await.expect("begun");
        assert!(!tx.has_worn_off_counts(at(999_999)).await.expect("looked"));
        assert!(tx.has_worn_off_counts(at(1_000_000)).await.expect("looked"));
        assert_eq!(tx.sweep_counts(at(1_000_000), 1).await.expect("swept"), 1);
        assert_eq!(tx.sweep_counts(at(1_000_000), 10).await.expect("swept"), 1);
        assert!(tx.counts_until(&[3; 32]).await.expect("read").is_some());
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

        /// The statement decides as the arithmetic does, whatever the limit and however the requests come.
        #[test]
        fn the_statement_agrees_with_the_arithmetic(
            allowed in 1_u32..20,
            period in 1_000_i64..10_000_000,
            steps in prop::collection::vec(0_i64..2_000_000, 1..60),
        ) {
            let limit = Limit::new(allowed, TimeDelta::microseconds(period)).expect("a limit");
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
            runtime.block_on(async {
                let (store, _database) = store().await;
                let counted = Counted { key: [7; 32], limit };
                let (mut now, mut until) = (0, None);
                for step in steps {
                    now += step;
                    let had_room = store.count(&[counted], at(now)).await.expect("counted");
                    match limit.judge(until, at(now)) {
                        Verdict::Admitted(next) => {
                            until = Some(next);
                            assert!(had_room);
                        }
                        Verdict::Refused(_) => assert!(!had_room),
                    }
                    let mut tx = store.begin_read().await.expect("begun");
                    assert_eq!(tx.counts_until(&counted.key).await.expect("read"), until);
                }
            });
        }
    }
}
