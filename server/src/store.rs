//! The store: what is written down, in transactions.
//!
//! The only part that names sqlx; its signatures carry domain types. Every use case reads and writes through one [`Tx`],
//! and a `Tx` that is dropped leaves nothing behind. SQL texts keep to what SQLite and PostgreSQL share (numbered
//! parameters, `RETURNING`, partial indexes); what only SQLite has is in `sqlite`.
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
mod listing;
mod members;
mod memberships;
mod organizations;
mod outbox;
mod registry;
mod signup_tokens;
mod sqlite;
mod users;

use std::path::Path;

use sqlx::{Sqlite, SqlitePool, Transaction};

pub use apply::Applied;
pub use events::EventFilter;
pub use idempotency::{Claimed, KeyClaim};
pub use imports::ImportLease;
pub use listing::{EventPage, InvitationPage};
pub use members::{Sought, UserFilter};
pub use registry::CredentialFilter;
pub use sqlite::OpenError;

/// The engine. Row and connection types below are named through it.
type Engine = Sqlite;
type Connection = sqlx::SqliteConnection;
type Row = sqlx::sqlite::SqliteRow;

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
    /// Anything else.
    #[error("the database failed")]
    Failed(#[source] Box<dyn std::error::Error + Send + Sync>),
}

impl From<sqlx::Error> for Error {
    fn from(error: sqlx::Error) -> Self {
        if sqlite::is_busy(&error) { Self::Busy } else { Self::Failed(Box::new(error)) }
    }
}

/// The store.
#[derive(Debug, Clone)]
pub struct Store {
    writer: SqlitePool,
    readers: SqlitePool,
}

impl Store {
    /// Opens a database file, makes it if it is missing, and brings its schema up to date.
    ///
    /// # Errors
    /// Each reason why the file cannot be used, in words for the operator.
    pub async fn open(path: &Path) -> Result<Self, OpenError> {
        let (writer, readers) = sqlite::open(path).await?;
        Ok(Self { writer, readers })
    }

    /// Opens a transaction that reads one snapshot.
    ///
    /// # Errors
    /// [`Error::Busy`] when no connection comes free.
    pub async fn begin_read(&self) -> Result<Tx, Error> {
        Ok(Tx { inner: self.readers.begin_with("BEGIN").await? })
    }

    /// Opens a transaction that may write. It waits for the writers before it.
    ///
    /// # Errors
    /// [`Error::Busy`] when it waits too long.
    pub async fn begin_write(&self) -> Result<Tx, Error> {
        Ok(Tx { inner: self.writer.begin_with(sqlite::BEGIN_WRITE).await? })
    }

    /// Whether the database has the schema that this program needs.
    ///
    /// # Errors
    /// When it does not answer.
    pub async fn has_current_schema(&self) -> Result<bool, Error> {
        let applied: i64 = sqlx::query_scalar("SELECT COALESCE(MAX(version), 0) FROM _sqlx_migrations WHERE success")
            .fetch_one(&self.readers)
            .await?;
        Ok(applied == sqlite::newest_migration())
    }

    /// Closes all connections, after those in use have come back.
    pub async fn close(&self) {
        self.readers.close().await;
        self.writer.close().await;
    }
}

/// A transaction. Dropping it undoes it.
pub struct Tx {
    inner: Transaction<'static, Engine>,
}

impl Tx {
    /// Makes everything durable that was written.
    ///
    /// # Errors
    /// When the database fails; nothing is written then.
    pub async fn commit(self) -> Result<(), Error> {
        Ok(self.inner.commit().await?)
    }

    fn connection(&mut self) -> &mut Connection {
        &mut self.inner
    }

    async fn next_number(&mut self, sequence: &'static str) -> Result<i64, Error> {
        Ok(sqlx::query_scalar(
            "UPDATE sequences SET next_value = next_value + 1 WHERE name = $1 RETURNING next_value - 1",
        )
        .bind(sequence)
        .fetch_one(self.connection())
        .await?)
    }
}

impl std::fmt::Debug for Tx {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Tx(..)")
    }
}

#[cfg(test)]
mod testing;
#[cfg(test)]
mod tests;
