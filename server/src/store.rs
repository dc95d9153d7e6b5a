//! The store: what is written down, in transactions.
//!
//! The only part that names a database driver; its signatures carry domain types. Every use case reads and writes through one
//! [`Tx`], and a `Tx` that is dropped leaves nothing behind. What a `Tx` is told to write reaches the database with its next
//! question or with the commit, never later and always in order.
//!
//! On SQLite there is one writer: write transactions wait for each other before they read, so that what a plan was made of
//! still holds when it is written. Readers go on meanwhile, each on its own snapshot. On PostgreSQL writers go on beside each
//! other, and one that meets another may have to begin anew (`postgres`).

mod address;
mod apply;
mod busy;
mod cells;
mod challenges;
mod copy;
mod credential_records;
mod credentials;
mod events;
mod foresight;
mod idempotency;
mod imports;
mod invitations;
mod key_mark;
mod limits;
mod listing;
mod look;
mod memberships;
mod migrations;
mod muninx_users;
mod open;
mod organizations;
mod outbox;
mod postgres;
mod readiness;
mod reservation;
mod sealed;
mod signup_tokens;
mod sql;
mod sqlite;
mod users;
mod workload;

use std::sync::Arc;

use chrono::{DateTime, Utc};
use postgres::{Pool, Purpose};
use sql::{Engine, Queued, Row, Statement, sql};
use workload::Wait;

use crate::clock::AgreedClock;

pub use address::{ACCEPTED_FORMS, Address, AddressError};
pub use copy::{CopiedTable, CopyError};
pub use credential_records::CredentialFilter;
pub use events::EventFilter;
pub use foresight::Question;
pub use idempotency::{Claimed, KeyClaim};
pub use imports::ImportLease;
pub use limits::Counted;
pub use listing::{EventPage, InvitationPage};
pub use look::{Found, Outlook};
pub use migrations::schema_version;
pub use muninx_users::Sought;
pub use open::OpenError;
pub use outbox::Told;
pub use reservation::Reservation;
pub use sealed::{Sealed, SealedColumn, SealedRow};
pub use workload::{Connections, Waited, Workload};

/// Why the store could not do something.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// No connection came free in time, another process holds the database, or it is away. The log has the reason (`busy`).
    #[error("the database does not do what it is asked: {reason}")]
    Busy {
        /// What the server, the system or this program says. It holds no values and no secrets.
        reason: String,
    },
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
    /// Somebody else wrote the same at the same time; done again, it may work.
    #[error("others wrote the same at the same time")]
    Contended,
    /// The key of the request belongs to another request by now.
    #[error("an idempotency key was taken over by another request")]
    KeyGone,
    /// There is no room for one more of something that is limited.
    #[error("a limit is reached")]
    Full,
    /// The disk of the database is full.
    #[error("the disk of the database is full")]
    NoRoom,
    /// The database was told to commit and did not say whether it has.
    #[error("the database did not say whether it has written it")]
    Unknown(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// Anything else.
    #[error("the database failed")]
    Failed(#[source] Box<dyn std::error::Error + Send + Sync>),
}

/// The store.
#[derive(Debug, Clone)]
pub struct Store {
    pools: Pools,
    waits: Arc<Waits>,
}

/// How transactions wait for their turn.
#[derive(Debug, Default)]
struct Waits {
    read: Wait,
    write: Wait,
}

#[derive(Debug, Clone)]
enum Pools {
    Sqlite { writer: sqlite::Writer, readers: sqlite::Readers },
    Postgres(Pool),
}

impl Store {
    /// Opens a database and brings its schema up to date. A missing file is made.
    ///
    /// # Errors
    /// Each reason why the database cannot be used, in words for the operator.
    pub async fn open(address: &Address) -> Result<Self, OpenError> {
        let pools = match address {
            Address::Sqlite(path) => {
                let (writer, readers) = sqlite::open(path)?;
                Pools::Sqlite { writer, readers }
            }
            Address::Postgres(address) => Pools::Postgres(Pool::open(address).await?),
        };
        Ok(Self { pools, waits: Arc::default() })
    }

    /// Opens what asks questions that hold by themselves: each is answered of the instant in which it is asked.
    ///
    /// # Errors
    /// [`Error::Busy`] when no connection comes free.
    pub async fn glance(&self) -> Result<Tx, Error> {
        self.begin(Purpose::Glance).await
    }

    /// The same for whoever watches how things are: however much there is to do, it waits for nobody else.
    ///
    /// # Errors
    /// [`Error::Busy`] when no connection comes free.
    pub async fn watch(&self) -> Result<Tx, Error> {
        self.begin(Purpose::Watch).await
    }

    /// Opens a transaction that reads one snapshot.
    ///
    /// # Errors
    /// [`Error::Busy`] when no connection comes free.
    pub async fn begin_read(&self) -> Result<Tx, Error> {
        self.begin(Purpose::Read).await
    }

    /// Opens a transaction that may write. On SQLite it waits for the writers before it.
    ///
    /// # Errors
    /// [`Error::Busy`] when it waits too long.
    pub async fn begin_write(&self) -> Result<Tx, Error> {
        self.begin(Purpose::Write).await
    }

    /// The same for statements that hold by themselves, whatever was true before them.
    ///
    /// # Errors
    /// [`Error::Busy`] when it waits too long.
    pub async fn begin_brief(&self) -> Result<Tx, Error> {
        self.begin(Purpose::Brief).await
    }

    /// Waits for the turn of those who begin anew, of whom there is one at a time on a database, in all processes. It ends with
    /// the value. None: nobody ever has to begin anew.
    ///
    /// # Errors
    /// [`Error::Busy`] when it waits too long.
    pub async fn turn(&self) -> Result<Option<Tx>, Error> {
        match &self.pools {
            Pools::Sqlite { .. } => Ok(None),
            Pools::Postgres(pool) => {
                let turn = Connection::Postgres(self.waits.write.during(pool.turn()).await?);
                Ok(Some(Tx::new(turn)))
            }
        }
    }

    async fn begin(&self, purpose: Purpose) -> Result<Tx, Error> {
        let wait = match purpose {
            Purpose::Glance | Purpose::Watch | Purpose::Read => &self.waits.read,
            Purpose::Write | Purpose::Brief | Purpose::Single | Purpose::Count | Purpose::Turn => &self.waits.write,
        };
        let connection = wait.during(self.connect(purpose)).await?;
        Ok(Tx::new(connection))
    }

    async fn connect(&self, purpose: Purpose) -> Result<Connection, Error> {
        Ok(match (&self.pools, purpose) {
            (Pools::Sqlite { readers, .. }, Purpose::Glance | Purpose::Watch) => {
                Connection::Sqlite(sqlite::glance(readers).await?)
            }
            (Pools::Sqlite { readers, .. }, Purpose::Read) => Connection::Sqlite(sqlite::begin_read(readers).await?),
            (
                Pools::Sqlite { writer, .. },
                Purpose::Write | Purpose::Brief | Purpose::Single | Purpose::Count | Purpose::Turn,
            ) => Connection::Sqlite(sqlite::Transaction::Write(writer.begin().await?)),
            (Pools::Postgres(pool), purpose) => Connection::Postgres(pool.begin(purpose).await?),
        })
    }

    /// Has a clock agree with the database's, which all processes on it share. On SQLite there is one process, and its
    /// machine's clock counts.
    ///
    /// # Errors
    /// When it does not answer.
    pub async fn set(&self, clock: &AgreedClock) -> Result<(), Error> {
        // Waiting for a connection is no part of the question.
        let mut tx = match &self.pools {
            Pools::Sqlite { .. } => return Ok(()),
            Pools::Postgres(_) => self.glance().await?,
        };
        clock.agree(async || tx.time().await).await
    }

    /// The connections there are.
    #[must_use]
    pub fn connections(&self) -> Vec<Connections> {
        match &self.pools {
            Pools::Sqlite { writer, readers } => sqlite::connections(writer, readers),
            Pools::Postgres(pool) => pool.connections(),
        }
    }

    /// How transactions wait for their turn.
    #[must_use]
    pub fn waits(&self) -> [Waited; 2] {
        [self.waits.read.read("read"), self.waits.write.read("write")]
    }

    /// Waits until all that a write transaction has seen is durable. On SQLite it sees what others have written before it who
    /// still wait for the disk: whoever refuses something because of that shall be right also for those who look now.
    ///
    /// # Errors
    /// When it is undone: what was seen was never so.
    pub async fn settled(&self) -> Result<(), Error> {
        match &self.pools {
            Pools::Sqlite { writer, .. } => writer.settled().await,
            Pools::Postgres(_) => Ok(()),
        }
    }

    /// Closes all connections, after those in use have come back.
    pub async fn close(&self) {
        match &self.pools {
            Pools::Sqlite { writer, readers } => {
                readers.close();
                writer.close().await;
            }
            Pools::Postgres(pool) => pool.close(),
        }
    }
}

/// A transaction. Dropping it undoes it.
pub struct Tx {
    connection: Connection,
    /// Writes that have not reached the database yet.
    queued: Vec<Queued>,
    /// Answers to questions that have not been asked yet.
    foreseen: Vec<(Statement, Option<Row>)>,
}

/// A transaction of an engine.
enum Connection {
    Sqlite(sqlite::Transaction),
    Postgres(postgres::Transaction),
}

impl Tx {
    const fn new(connection: Connection) -> Self {
        Self { connection, queued: Vec::new(), foreseen: Vec::new() }
    }

    /// Makes everything durable that was written.
    ///
    /// # Errors
    /// [`Error::LostRace`], [`Error::Contended`] and [`Error::KeyGone`] when something was not as the plan found it,
    /// [`Error::Full`] when a limit is reached, others when the database fails. Nothing is written then, unless it is
    /// [`Error::Unknown`]: then all of it is, or nothing.
    pub async fn commit(self) -> Result<(), Error> {
        match self.connection {
            Connection::Sqlite(connection) => connection.commit(self.queued).await,
            Connection::Postgres(connection) => connection.commit(self.queued).await,
        }
    }

    /// The present instant by PostgreSQL's clock, not by the beginning of the transaction.
    async fn time(&mut self) -> Result<DateTime<Utc>, Error> {
        let text = "SELECT floor(extract(epoch FROM clock_timestamp()) * 1000)::bigint";
        let milliseconds: i64 = sql(text).scalar(self).await?;
        DateTime::from_timestamp_millis(milliseconds).ok_or(Error::Damaged { column: "clock_timestamp()" })
    }

    const fn engine(&self) -> Engine {
        match self.connection {
            Connection::Sqlite(_) => Engine::Sqlite,
            Connection::Postgres(_) => Engine::Postgres,
        }
    }

    /// A number that is given out once. On SQLite it goes back with the transaction, on PostgreSQL it is lost.
    async fn next_number(&mut self, sequence: Sequence) -> Result<i64, Error> {
        match self.engine() {
            Engine::Sqlite => {
                sql("UPDATE sequences SET next_value = next_value + 1 WHERE name = $1 RETURNING next_value - 1")
                    .bind(sequence.row())
            }
            Engine::Postgres => sql(format!("SELECT nextval('{}')", sequence.name())),
        }
        .scalar(self)
        .await
    }
}

/// Where numbers come from.
#[derive(Debug, Clone, Copy)]
enum Sequence {
    Organizations,
    Users,
}

impl Sequence {
    const fn row(self) -> &'static str {
        match self {
            Self::Organizations => "organizations",
            Self::Users => "users",
        }
    }

    /// What PostgreSQL calls it.
    const fn name(self) -> &'static str {
        match self {
            Self::Organizations => "organization_numbers",
            Self::Users => "user_numbers",
        }
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
