//! What waits in the database, counted along its indexes, and how long transactions wait for their turn.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use chrono::{DateTime, Utc};

use super::sql::sql;
use super::{Error, Tx};

/// What waits in the database, whichever process will do it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Workload {
    /// Mails to be sent, those under way among them.
    pub mails_queued: u64,
    /// Since when the oldest of them has waited.
    pub oldest_mail: Option<DateTime<Utc>>,
    /// Mails that were given up and wait for an operator.
    pub mails_dead: u64,
    /// Imports that have rows left.
    pub imports_running: u64,
}

impl Tx {
    /// What waits.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn workload(&mut self) -> Result<Workload, Error> {
        // Ids of mails are made in the order of time, so that the index of states knows the oldest.
        let oldest: Option<i64> = sql("SELECT queued_at FROM outbox WHERE state = 'queued' ORDER BY id LIMIT 1")
            .optional_scalar(self)
            .await?;
        Ok(Workload {
            mails_queued: self.count_of("SELECT COUNT(*) FROM outbox WHERE state = 'queued'").await?,
            oldest_mail: oldest.map(read_instant).transpose()?,
            mails_dead: self.count_of("SELECT COUNT(*) FROM outbox WHERE state = 'dead'").await?,
            imports_running: self.count_of("SELECT COUNT(*) FROM imports WHERE state = 'running'").await?,
        })
    }

    async fn count_of(&mut self, question: &'static str) -> Result<u64, Error> {
        let count: i64 = sql(question).scalar(self).await?;
        Ok(u64::try_from(count).unwrap_or_default())
    }
}

fn read_instant(millis: i64) -> Result<DateTime<Utc>, Error> {
    DateTime::from_timestamp_millis(millis).ok_or(Error::Damaged { column: "queued_at" })
}

/// Connections of one pool.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Connections {
    /// Which pool.
    pub pool: &'static str,
    /// How many there may be.
    pub most: usize,
    /// Those that somebody works with.
    pub in_use: usize,
    /// Those that are open and free.
    pub idle: usize,
}

/// How transactions of one kind wait until they have begun, since this process started.
#[derive(Debug, Default)]
pub(super) struct Wait {
    waiting: AtomicU64,
    ended: AtomicU64,
    nanos: AtomicU64,
}

/// How transactions waited for their turn, until an instant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Waited {
    /// `read` or `write`.
    pub mode: &'static str,
    /// How many wait now.
    pub waiting: u64,
    /// How many have waited to the end, whether or not they could begin.
    pub ended: u64,
    /// How long those did, together.
    pub time: Duration,
}

/// One that waits; who gives up has waited too.
struct Waiting<'a>(&'a Wait, Instant);

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        let Self(wait, since) = self;
        let nanos = u64::try_from(since.elapsed().as_nanos()).unwrap_or(u64::MAX);
        wait.waiting.fetch_sub(1, Ordering::Relaxed);
        wait.nanos.fetch_add(nanos, Ordering::Relaxed);
        wait.ended.fetch_add(1, Ordering::Relaxed);
    }
}

impl Wait {
    /// Waits and counts it.
    pub(super) async fn during<T>(&self, beginning: impl Future<Output = T>) -> T {
        self.waiting.fetch_add(1, Ordering::Relaxed);
        let _waiting = Waiting(self, Instant::now());
        beginning.await
    }

    pub(super) fn read(&self, mode: &'static str) -> Waited {
        Waited {
            mode,
            waiting: self.waiting.load(Ordering::Relaxed),
            ended: self.ended.load(Ordering::Relaxed),
            time: Duration::from_nanos(self.nanos.load(Ordering::Relaxed)),
        }
    }
}
