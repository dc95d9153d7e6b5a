//! The store: what is written down, in transactions.
//!
//! The only part that names a database driver; its signatures carry domain types. Every use case reads and writes through one
//! [`Tx`], and a `Tx` that is dropped leaves nothing behind. What a `Tx` is told to write reaches the database with its next
//! question or with the commit, never later and always in order.
//!
//! There is one writer, because SQLite has one: write transactions wait for each other before they read, so that what a
//! plan was made of still holds when it is written. Readers go on meanwhile, each on its own snapshot.

mod apply;
mod cells;
mod challenges;
mod credentials;
mod events;
mod idempotency;
mod imports;
mod invitations;
mod limits;
mod listing;
mod members;
mod memberships;
mod organizations;
mod outbox;
mod registry;
mod signup_tokens;
mod sql;
mod sqlite;
mod users;
mod workload;

use std::path::Path;
use std::sync::Arc;

use sqlx::{Sqlite, SqlitePool};

use sql::{Engine, Queued, Row, sql};
use workload::Wait;

pub use events::EventFilter;
pub use idempotency::{Claimed, KeyClaim};
pub use imports::ImportLease;
pub use limits::Counted;
pub use listing::{EventPage, InvitationPage};
pub use members::{Sought, UserFilter};
pub use registry::CredentialFilter;
pub use sqlite::OpenError;
pub use workload::{Connections, Waited, Workload};

/// Why the store could not do something.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// No connection came free in time, or another process holds the database.
    #[error("the database is busy")]
    Busy,
    /// A row holds what no row may hold.
    #[error("the database holds an unreadable value in {column}")]
    Damaged {
        /// The column.
        column: &'static str,
    },
    /// A row was not as the plan found it.
    #[error("a row changed between reading and writing: {what}")]
    LostRace {
        /// What was to be written.
        what: &'static str,
    },
    /// The key of the request belongs to another request by now.
    #[error("an idempotency key was taken over by another request")]
    KeyGone,
    /// There is no room for one more of something that is limited.
    #[error("a limit is reached")]
    Full,
    /// Anything else.
    #[error("the database failed")]
    Failed(#[source] Box<dyn std::error::Error + Send + Sync>),
}

/// The store.
#[derive(Debug, Clone)]
pub struct Store {
    writer: SqlitePool,
    readers: SqlitePool,
    waits: Arc<Waits>,
}

/// How transactions wait for their turn.
#[derive(Debug, Default)]
struct Waits {
    read: Wait,
    write: Wait,
}

impl Store {
    /// Opens a database file, makes it if it is missing, and brings its schema up to date.
    ///
    /// # Errors
    /// Each reason why the file cannot be used, in words for the operator.
    pub async fn open(path: &Path) -> Result<Self, OpenError> {
        let (writer, readers) = sqlite::open(path).await?;
        Ok(Self { writer, readers, waits: Arc::default() })
    }

    /// Opens a transaction that reads one snapshot.
    ///
    /// # Errors
    /// [`Error::Busy`] when no connection comes free.
    pub async fn begin_read(&self) -> Result<Tx, Error> {
        let begun = self.waits.read.during(self.readers.begin_with("BEGIN")).await?;
        Ok(Tx::new(Connection::Sqlite(begun)))
    }

    /// Opens a transaction that may write. It waits for the writers before it.
    ///
    /// # Errors
    /// [`Error::Busy`] when it waits too long.
    pub async fn begin_write(&self) -> Result<Tx, Error> {
        let begun = self.waits.write.during(self.writer.begin_with(sqlite::BEGIN_WRITE)).await?;
        Ok(Tx::new(Connection::Sqlite(begun)))
    }

    /// The same for statements that hold by themselves, whatever was true before them.
    async fn begin_brief(&self) -> Result<Tx, Error> {
        self.begin_write().await
    }

    /// Whether the database has the schema that this program needs.
    ///
    /// # Errors
    /// When it does not answer.
    pub async fn has_current_schema(&self) -> Result<bool, Error> {
        let applied: i64 = sql("SELECT COALESCE(MAX(version), 0) FROM _sqlx_migrations WHERE success")
            .scalar(&mut self.begin_read().await?)
            .await?;
        Ok(applied == sqlite::newest_migration())
    }

    /// The connections there are.
    #[must_use]
    pub fn connections(&self) -> Vec<Connections> {
        let of = |(pool, connections): (&'static str, &SqlitePool)| {
            let (open, idle) = (usize::try_from(connections.size()).unwrap_or_default(), connections.num_idle());
            let most = usize::try_from(connections.options().get_max_connections()).unwrap_or_default();
            Connections { pool, most, in_use: open.saturating_sub(idle), idle }
        };
        [("writer", &self.writer), ("readers", &self.readers)].map(of).into()
    }

    /// How transactions wait for their turn.
    #[must_use]
    pub fn waits(&self) -> [Waited; 2] {
        [self.waits.read.read("read"), self.waits.write.read("write")]
    }

    /// Closes all connections, after those in use have come back.
    pub async fn close(&self) {
        self.readers.close().await;
        self.writer.close().await;
    }
}

/// A transaction. Dropping it undoes it.
pub struct Tx {
    connection: Connection,
    /// Writes that have not reached the database yet.
    queued: Vec<Queued>,
}

/// A transaction of an engine.
enum Connection {
    Sqlite(sqlx::Transaction<'static, Sqlite>),
}

impl Tx {
    const fn new(connection: Connection) -> Self {
        Self { connection, queued: Vec::new() }
    }

    /// Makes everything durable that was written.
    ///
    /// # Errors
    /// [`Error::LostRace`] and [`Error::KeyGone`] when a row was not as the plan found it, [`Error::Full`] when a limit is
    /// reached, others when the database fails.
    /// Nothing is written then.
    pub async fn commit(mut self) -> Result<(), Error> {
        self.flush().await?;
        match self.connection {
            Connection::Sqlite(connection) => Ok(connection.commit().await?),
        }
    }

    /// Sends what is queued.
    async fn flush(&mut self) -> Result<(), Error> {
        for Queued { statement, lost } in self.queued.drain(..) {
            let changed = match &mut self.connection {
                Connection::Sqlite(connection) => sqlite::execute(connection, statement).await?,
            };
            if let Some(lost) = lost.filter(|_| changed != 1) {
                return Err(lost.into());
            }
        }
        Ok(())
    }

    const fn engine(&self) -> Engine {
        match self.connection {
            Connection::Sqlite(_) => Engine::Sqlite,
        }
    }

    async fn next_number(&mut self, sequence: &'static str) -> Result<i64, Error> {
        sql("UPDATE sequences SET next_value = next_value + 1 WHERE name = $1 RETURNING next_value - 1")
            .bind(sequence)
            .scalar(self)
            .await
    }
}

impl std::fmt::Debug for Tx {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Tx(..)")
    }
}

#[cfg(test)]
pub(crate) mod testing;
#[cfg(test)]
mod tests;
