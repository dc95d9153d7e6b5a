//! What only PostgreSQL has: a pool of connections, transactions that go out in pipelines, and conflicts.
//!
//! Several processes write at once here, so what a plan was made of can change before it is written. Nothing is locked for
//! that. A use case runs at REPEATABLE READ: everything it reads is of one instant, and a row that somebody else has changed
//! since cannot be written. That a row is *missing* (an address without an account, a name that is free) is held by a unique
//! index. Either way the loser gets [`Error::Contended`] or [`Error::LostRace`] and the application does the use case again,
//! from its first question on. One rule follows from rows that it does not write, that an organization keeps an
//! administrator; whoever counts administrators therefore writes the row of the organization.
//!
//! SERIALIZABLE would find such cases by itself, and others that are none: it watches pages of indexes, and invites into one
//! organization would meet on them all the time. Statements that hold by themselves run at READ COMMITTED. Workers share
//! rows by SKIP LOCKED. Times are arguments, of a clock that goes with the database's (`clock`).
//!
//! Counts are the exception: many use cases count under one key, and at REPEATABLE READ all but one of them would begin anew.
//! They are counted beside the transaction, on a connection of their own, once all else is written and just before the COMMIT:
//! what is refused or has to begin anew still costs nothing. Only a COMMIT that fails after that does. They are one statement,
//! so that whoever counts under the same key waits for no message; and a crash may forget the last of them, so that nobody
//! waits for the disk.
//!
//! Those who begin anew take turns, by a lock of the database that they hold on a connection of their own: in the transaction
//! of the work the lock would come after its snapshot, and whoever waited for it would see the past. A process has one such
//! connection, so that its own queue up before it and of each process one waits in the database.
//!
//! Plans are kept, and made before there are statistics. So they follow indexes alone (`address`), and which index is not left to
//! guesses: PostgreSQL takes one of few rows (those of all invitations that wait) for as good as one of the very row, as long as it
//! knows of none. Who asks for a row by its key says the condition of such an index in other words: `closed_at IS NULL`, or with a sum
//! that changes nothing. `Store::assert_plans` looks at all that tests have asked.
//!
//! A transaction asks for its connection when it begins, and says BEGIN with its first question. Writes that wait go out
//! with the next question, and with the COMMIT if no one has to be looked at: without waiting for answers in between. Questions
//! that are known beforehand are asked as one, and rows that are added are one statement (`together`): each message wakes two
//! processes. A server that gives no answer is given up with its connections (`silence`).

use std::fs;
use std::sync::Arc;

use deadpool_postgres::Object;
use futures::future::{join, join_all, try_join_all};
use futures::{FutureExt as _, TryStreamExt as _};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use rustls::{ClientConfig, RootCertStore};
use tokio::time::timeout;
use tokio_postgres::error::SqlState;
use tokio_postgres::{Client, Statement as Prepared};
use tokio_postgres_rustls::MakeRustlsConnect;

use super::Error;
use super::address::PostgresAddress;
use super::busy::busy;
use super::look::Found;
use super::open::OpenError;
use super::sql::{Lost, Queued, Row, Statement};

mod convert;
mod migrate;
mod pool;
pub(super) mod presence;
mod schema;
mod silence;
mod together;

pub(super) use pool::Pool;

/// Statements of one pipeline: the answers of so many fit into what a connection buffers.
const PIPELINE: usize = 24;

/// What a transaction is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Purpose {
    /// To ask questions that hold by themselves: each has its own snapshot.
    Glance,
    /// The same for whoever watches.
    Watch,
    /// To read one snapshot.
    Read,
    /// To write what follows from what it reads.
    Write,
    /// To write what holds by itself.
    Brief,
    /// To write it by one statement.
    Single,
    /// To count.
    Count,
    /// To hold the turn.
    Turn,
}

impl Purpose {
    /// What begins it; none: each statement is its own transaction.
    const fn begin(self) -> Option<&'static str> {
        match self {
            Self::Glance | Self::Watch | Self::Single | Self::Count => None,
            Self::Read => Some("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"),
            Self::Write => Some("BEGIN ISOLATION LEVEL REPEATABLE READ"),
            Self::Brief => Some("BEGIN ISOLATION LEVEL READ COMMITTED"),
            Self::Turn => Some("BEGIN ISOLATION LEVEL READ COMMITTED; SELECT pg_advisory_xact_lock(7596832462)"),
        }
    }
}

/// What is in the database, which is left as it is.
pub(super) async fn look(address: &PostgresAddress) -> Result<Found, OpenError> {
    migrate::look(address, MakeRustlsConnect::new(client_config(address)?)).await
}

/// Which certificates are believed: those of the file, or of this machine.
fn client_config(address: &PostgresAddress) -> Result<ClientConfig, OpenError> {
    let mut roots = RootCertStore::empty();
    match &address.authorities {
        Some(path) => {
            let unreadable = |reason: String| OpenError::Certificates { path: path.clone(), reason };
            let pem = fs::read(path).map_err(|error| unreadable(error.to_string()))?;
            for certificate in CertificateDer::pem_slice_iter(&pem) {
                let certificate = certificate.map_err(|error| unreadable(error.to_string()))?;
                roots.add(certificate).map_err(|error| unreadable(error.to_string()))?;
            }
            if roots.is_empty() {
                return Err(unreadable("no certificate in it".to_owned()));
            }
        }
        // Without one that fits, the server's certificate is refused, and that is told.
        None => drop(roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs)),
    }
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let builder = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
    let builder = builder.map_err(|error| OpenError::Failed(Box::new(error)))?;
    Ok(builder.with_root_certificates(roots).with_no_client_auth())
}

/// A transaction. Dropping it undoes it.
pub(super) struct Transaction {
    client: Object,
    state: State,
    purpose: Purpose,
    /// Whether everything that was asked came to its end. PostgreSQL calls COMMIT a success also where it undoes what failed.
    is_whole: bool,
    /// Whether an answer is under way to whoever waits for it.
    is_asking: bool,
    pool: Pool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// BEGIN goes out with the first statement.
    New,
    Open,
    Over,
}

impl Transaction {
    /// Does what is queued, and then asks.
    pub(super) async fn ask(&mut self, queued: Vec<Queued>, question: Statement) -> Result<Vec<Row>, Error> {
        self.begin_asking();
        let rows = timeout(self.pool.answer, self.write_and_ask(queued, question)).await;
        self.heard_whole(rows)
    }

    async fn write_and_ask(&mut self, queued: Vec<Queued>, question: Statement) -> Result<Vec<Row>, Error> {
        let queued = self.write_first(queued).await?;
        let prepared = self.prepare(&queued).await?;
        let asked = prepare(&self.client, &question).await?;
        let opening = self.opening();
        let begin = self.begin(opening);
        let writes = self.writes(&queued, &prepared);
        let answer = self.client.query_raw(&asked, &question.values).then(collect);
        let (begun, (written, answer)) = join(begin, join(writes, answer)).await;
        begun?;
        check(&queued, written).and(answer).map_err(|error| self.failed(error))
    }

    /// Does what is queued, and then a statement; returns how many rows that changed.
    pub(super) async fn execute(&mut self, mut queued: Vec<Queued>, statement: Statement) -> Result<u64, Error> {
        queued.push(Queued { statement, expected: None });
        self.begin_asking();
        let changed = timeout(self.pool.answer, self.write_all(queued)).await;
        let changed = self.heard_whole(changed)?;
        Ok(changed.last().copied().unwrap_or_default())
    }

    /// Asks several questions that have one row at most as one.
    pub(super) async fn ask_together(&mut self, questions: &[Statement]) -> Result<Vec<Option<Row>>, Error> {
        let answer = self.ask(Vec::new(), together::question(questions)).await?;
        together::answers(answer, questions.len())
    }

    /// Waits for the turn.
    async fn take_turn(&mut self) -> Result<(), Error> {
        self.begin_asking();
        let turn = timeout(self.pool.answer, self.write(Vec::new())).await;
        self.heard_whole(turn).map(drop)
    }

    /// Does what is queued, and ends the transaction.
    pub(super) async fn commit(mut self, queued: Vec<Queued>) -> Result<(), Error> {
        if !self.is_whole {
            return Err(Error::Failed("what has failed in part is not committed".into()));
        }
        let written = timeout(self.pool.answer, self.write_before_commit(queued)).await;
        let (queued, prepared) = self.heard(written)?;
        if queued.is_empty() && self.state == State::New {
            return Ok(());
        }
        let committed = timeout(self.pool.answer, self.write_and_commit(&queued, &prepared)).await;
        self.heard_of_commit(committed)
    }

    /// Does what has to be looked at before a COMMIT is sent; returns what goes out with it. Whatever fails here is undone.
    async fn write_before_commit(&mut self, queued: Vec<Queued>) -> Result<(Vec<Queued>, Vec<Prepared>), Error> {
        let (counts, queued): (Vec<_>, Vec<_>) = queued.into_iter().partition(Queued::counts);
        let mut queued = self.write_first(together::inserts(queued)).await?;
        // A COMMIT that is sent already cannot be taken back.
        if !counts.is_empty() || queued.iter().any(|queued| queued.expected.is_some()) {
            self.write(std::mem::take(&mut queued)).await?;
        }
        for count in counts {
            self.count(&count).await?;
        }
        let prepared = self.prepare(&queued).await?;
        if self.client.is_closed() {
            return Err(busy("the connection has ended"));
        }
        Ok((queued, prepared))
    }

    async fn write_and_commit(&mut self, queued: &[Queued], prepared: &[Prepared]) -> Result<(), Error> {
        let opening = self.opening();
        let begin = self.begin(opening);
        let writes = self.writes(queued, prepared);
        let (begun, (written, committed)) = join(begin, join(writes, self.client.batch_execute("COMMIT"))).await;
        self.state = State::Over;
        let written = begun.map_err(Failed::Database).and(check(queued, written));
        written.and(committed.map_err(Failed::Database)).map_err(|error| self.not_committed(error))
    }

    /// Counts, on a connection for that: this transaction's own if it is for nothing else.
    async fn count(&self, count: &Queued) -> Result<(), Error> {
        let counted = if self.purpose == Purpose::Count {
            count_by(&self.client, count).await
        } else {
            count_by(&self.pool.counters.get().await?, count).await
        };
        counted.map_err(|error| self.failed(error))
    }

    fn failed(&self, failed: Failed) -> Error {
        match failed {
            Failed::Database(error) => {
                if error.code() == Some(&SqlState::FEATURE_NOT_SUPPORTED) {
                    // What was prepared before a newer program changed the table answers no more.
                    self.client.statement_cache.clear();
                }
                if error.code() == Some(&SqlState::READ_ONLY_SQL_TRANSACTION) {
                    self.pool.retire();
                }
                error.into()
            }
            Failed::Lost(lost) => lost.into(),
            Failed::Otherwise(error) => error,
        }
    }

    /// The same where the COMMIT was sent along.
    fn not_committed(&self, failed: Failed) -> Error {
        match failed {
            Failed::Database(error) if !convert::is_verdict(&error) => Error::Unknown(Box::new(error)),
            failed => self.failed(failed),
        }
    }

    /// Of a long queue, does all but the last.
    async fn write_first(&mut self, mut queued: Vec<Queued>) -> Result<Vec<Queued>, Error> {
        while queued.len() > PIPELINE {
            let rest = queued.split_off(PIPELINE);
            self.write(std::mem::replace(&mut queued, rest)).await?;
        }
        Ok(queued)
    }

    async fn write_all(&mut self, queued: Vec<Queued>) -> Result<Vec<u64>, Error> {
        let queued = self.write_first(queued).await?;
        self.write(queued).await
    }

    async fn write(&mut self, queued: Vec<Queued>) -> Result<Vec<u64>, Error> {
        let prepared = self.prepare(&queued).await?;
        let opening = self.opening();
        let begin = self.begin(opening);
        let writes = self.writes(&queued, &prepared);
        let (begun, written) = join(begin, writes).await;
        begun?;
        check(&queued, written).map_err(|error| self.failed(error))
    }

    async fn prepare(&self, queued: &[Queued]) -> Result<Vec<Prepared>, Error> {
        try_join_all(queued.iter().map(|queued| prepare(&self.client, &queued.statement))).await
    }

    /// What begins the transaction, if that has not been said. From now on it has to be taken back, also by whoever does not
    /// wait for the answer.
    fn opening(&mut self) -> Option<&'static str> {
        let opening = self.purpose.begin().filter(|_| self.state == State::New)?;
        self.state = State::Open;
        Some(opening)
    }

    async fn begin(&self, opening: Option<&'static str>) -> Result<(), tokio_postgres::Error> {
        match opening {
            Some(opening) => self.client.batch_execute(opening).await,
            None => Ok(()),
        }
    }

    /// All of them on their way before the first answer is there.
    fn writes<'a>(
        &'a self,
        queued: &'a [Queued],
        prepared: &'a [Prepared],
    ) -> impl Future<Output = Vec<Result<u64, tokio_postgres::Error>>> + use<'a> {
        let writes = queued.iter().zip(prepared);
        join_all(writes.map(|(queued, prepared)| self.client.execute_raw(prepared, &queued.statement.values)))
    }
}

/// ROLLBACK is sent and not waited for: whoever gets the connection next comes after it.
impl Drop for Transaction {
    fn drop(&mut self) {
        if self.is_asking {
            self.abandon();
        }
        if self.state == State::Open {
            let _ = self.client.batch_execute("ROLLBACK").now_or_never();
        }
    }
}

/// The first that failed says why; those after it only that they came after it.
fn check(queued: &[Queued], written: Vec<Result<u64, tokio_postgres::Error>>) -> Result<Vec<u64>, Failed> {
    let written = written.into_iter().collect::<Result<Vec<_>, _>>().map_err(Failed::Database)?;
    for (queued, changed) in queued.iter().zip(&written) {
        queued.judge(*changed).map_err(Failed::Lost)?;
    }
    Ok(written)
}

/// Counts in one statement, which fails by itself if there is no room: nothing has to be taken back then.
async fn count_by(client: &Object, count: &Queued) -> Result<(), Failed> {
    let statement = together::all_or_nothing(count);
    let prepared = prepare(client, &statement).await.map_err(Failed::Otherwise)?;
    match client.execute_raw(&prepared, &statement.values).await {
        Err(error) if error.code() == Some(&SqlState::DIVISION_BY_ZERO) => Err(Failed::Otherwise(Error::Full)),
        outcome => outcome.map(drop).map_err(Failed::Database),
    }
}

/// What went wrong with a pipeline.
enum Failed {
    Database(tokio_postgres::Error),
    Lost(Lost),
    Otherwise(Error),
}

/// A value that does not fit is found out here: a statement that is not sent keeps no COMMIT behind it from counting.
async fn prepare(client: &Object, statement: &Statement) -> Result<Prepared, Error> {
    let prepared = if statement.is_kept {
        client.prepare_cached(&statement.text).await?
    } else {
        let client: &Client = client;
        client.prepare(&statement.text).await?
    };
    if !convert::fit(&statement.values, prepared.params()) {
        return Err(Error::Failed(format!("values do not fit the statement {:?}", statement.text).into()));
    }
    Ok(prepared)
}

async fn collect(answer: Result<tokio_postgres::RowStream, tokio_postgres::Error>) -> Result<Vec<Row>, Failed> {
    answer.map_err(Failed::Database)?.map_ok(Row::Postgres).try_collect().await.map_err(Failed::Database)
}

#[cfg(test)]
mod standby;
#[cfg(test)]
mod tests;
