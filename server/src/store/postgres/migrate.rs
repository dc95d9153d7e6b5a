//! Migrations of PostgreSQL: forward only, one process at a time, each in a transaction of its own.

use std::io;
use std::time::Duration;

use rustls::CertificateError;
use tokio::time::Instant;
use tokio_postgres::error::SqlState;
use tokio_postgres::tls::MakeTlsConnect;
use tokio_postgres::{Client, Connection, Socket};
use tokio_postgres_rustls::MakeRustlsConnect;

use super::super::address::{ANSWER, PostgresAddress};
use super::super::key_mark;
use super::super::look::Found;
use super::super::migrations::{Migration, POSTGRES, missing};
use super::super::open::OpenError;
use super::convert::reason;
use super::schema::{Schema, forbidden};

/// Whoever migrates holds this lock.
const LOCK: &str = "SELECT pg_advisory_lock(7596832461)";

/// What is said of a migration that meets others who are at work, such as a backup: it may be tried again.
const MET: [SqlState; 2] = [SqlState::LOCK_NOT_AVAILABLE, SqlState::T_R_DEADLOCK_DETECTED];
/// How long a migration is tried again.
const PATIENCE: Duration = Duration::from_secs(10 * 60);
const PAUSE: Duration = Duration::from_secs(2);

/// What is said goes through TLS, or does not.
type Stream = <MakeRustlsConnect as MakeTlsConnect<Socket>>::Stream;

const LEDGER: &str = "CREATE TABLE IF NOT EXISTS _sqlx_migrations (version BIGINT PRIMARY KEY, description TEXT NOT NULL, \
                      installed_on TIMESTAMPTZ NOT NULL DEFAULT now(), success BOOLEAN NOT NULL, checksum BYTEA NOT NULL, \
                      execution_time BIGINT NOT NULL)";

/// Brings the schema up to date. Where nothing is left to do, nothing is written and nobody waited for: so operators may ask a
/// standby.
pub(super) async fn run(address: &PostgresAddress, tls: MakeRustlsConnect) -> Result<(), OpenError> {
    let database = &address.to_string();
    connected(address, tls, async |client| {
        let progress = in_time(database, progress(client, database)).await?;
        if progress.left.is_empty() { Ok(()) } else { migrate(client, database).await }
    })
    .await
}

/// What is in the database, which is left as it is.
pub(super) async fn look(address: &PostgresAddress, tls: MakeRustlsConnect) -> Result<Found, OpenError> {
    let database = &address.to_string();
    connected(address, tls, async |client| in_time(database, find(client, database)).await).await
}

async fn find(client: &Client, database: &str) -> Result<Found, OpenError> {
    let Some(version) = progress(client, database).await?.version else { return Ok(Found::default()) };
    let mark = client.query_opt("SELECT value FROM meta WHERE name = $1", &[&key_mark::ROW]).await;
    let mark = mark.map_err(|error| failed(database, &error, OpenError::Failed))?;
    Ok(Found { version, key_mark: mark.map(|row| row.get(0)) })
}

/// How far a schema is.
struct Progress {
    /// Its version; none if it has no tables yet.
    version: Option<i64>,
    /// What is left to do, and may be done.
    left: Vec<&'static Migration>,
}

async fn progress(client: &Client, database: &str) -> Result<Progress, OpenError> {
    let schema = Schema::find(client, database).await?;
    let done = match schema.has_ledger() {
        true => done(client).await.map_err(|error| failed(database, &error, OpenError::Failed))?,
        false => Vec::new(),
    };
    let left = missing(POSTGRES, &done)?;
    if !left.is_empty() {
        schema.can_be_changed(database)?;
    }
    Ok(Progress { version: done.last().map(|(version, _)| *version), left })
}

async fn connected<T>(
    address: &PostgresAddress,
    tls: MakeRustlsConnect,
    work: impl AsyncFnOnce(&Client) -> Result<T, OpenError>,
) -> Result<T, OpenError> {
    let (client, connection) = connect(address, tls).await?;
    // It ends when the client is gone, and tells the client of its troubles.
    let connection = tokio::spawn(connection);
    let outcome = work(&client).await;
    drop(client);
    if matches!(outcome, Err(OpenError::Away { .. })) {
        // It may wait for a server that says nothing.
        connection.abort();
    }
    let _ = connection.await;
    outcome
}

/// A connection. A server that takes one and then says nothing is given up as one that takes none.
pub(super) async fn connect(
    address: &PostgresAddress,
    tls: MakeRustlsConnect,
) -> Result<(Client, Connection<Socket, Stream>), OpenError> {
    match tokio::time::timeout(address.patience(), address.config.connect(tls)).await {
        Ok(connected) => connected.map_err(|error| unreachable(address, &error)),
        Err(_) => Err(silent(&address.to_string(), address.patience())),
    }
}

/// Gives up a server that says nothing. Only whoever waits for others has more time: for the lock, and for migrations.
pub(super) async fn in_time<T>(
    database: &str,
    work: impl Future<Output = Result<T, OpenError>>,
) -> Result<T, OpenError> {
    tokio::time::timeout(ANSWER, work).await.unwrap_or_else(|_| Err(silent(database, ANSWER)))
}

fn silent(database: &str, time: Duration) -> OpenError {
    OpenError::Away { database: database.to_owned(), reason: format!("no answer in {} s", time.as_secs()) }
}

async fn migrate(client: &Client, database: &str) -> Result<(), OpenError> {
    let broken = |error| failed(database, &error, OpenError::Migration);
    // Another process may take its time.
    client.batch_execute("SET lock_timeout = 0; SET statement_timeout = 0").await.map_err(broken)?;
    client.batch_execute(LOCK).await.map_err(broken)?;
    let Progress { version, left } = progress(client, database).await?;
    // Of a database that has nothing in it yet nobody has a backup.
    let kind: fn(_) -> OpenError = if version.is_some() { OpenError::Migration } else { OpenError::NotMade };
    for migration in left {
        let begun = Instant::now();
        while let Err(error) = apply(client, migration).await {
            let is_met = error.code().is_some_and(|code| MET.contains(code));
            if !is_met {
                return Err(failed(database, &error, kind));
            }
            client.batch_execute("ROLLBACK").await.map_err(broken)?;
            if begun.elapsed() > PATIENCE {
                return Err(OpenError::Away { database: database.to_owned(), reason: reason(&error) });
            }
            tracing::warn!(version = migration.version, reason = reason(&error), "the new schema waits for others");
            tokio::time::sleep(PAUSE).await;
        }
    }
    Ok(())
}

/// One migration, in a transaction of its own. It waits for no lock for long: behind it in line wait all servers that go on
/// beside it. The first one makes the table of what was done, too: if it fails it leaves nothing behind.
async fn apply(client: &Client, migration: &Migration) -> Result<(), tokio_postgres::Error> {
    client.batch_execute("BEGIN; SET LOCAL lock_timeout = '1s'").await?;
    client.batch_execute(LEDGER).await?;
    client.batch_execute(migration.sql).await?;
    let note = "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time) \
                VALUES ($1, $2, TRUE, $3, 0)";
    let (description, checksum) = (migration.description(), migration.checksum());
    client.execute(note, &[&migration.version, &description, &checksum]).await?;
    client.batch_execute("COMMIT").await
}

async fn done(client: &Client) -> Result<Vec<(i64, Vec<u8>)>, tokio_postgres::Error> {
    let rows = client.query("SELECT version, checksum FROM _sqlx_migrations ORDER BY version", &[]).await?;
    Ok(rows.iter().map(|row| (row.get(0), row.get(1))).collect())
}

/// Whether trying again can help: what a server that answers says of the user or the database stays true, and so does what its
/// certificate says of it.
pub(super) fn unreachable(address: &PostgresAddress, error: &tokio_postgres::Error) -> OpenError {
    let (database, reason) = (address.to_string(), reason(error));
    let is_refused = error.code().is_some_and(|code| {
        code.code().starts_with("28")
            || [SqlState::INVALID_CATALOG_NAME, SqlState::INSUFFICIENT_PRIVILEGE].contains(code)
    });
    if is_refused {
        OpenError::Unreachable { database, reason }
    } else if is_distrusted(error) {
        OpenError::Untrusted { database, reason }
    } else {
        OpenError::Away { database, reason }
    }
}

/// Whether the server's certificate is not believed. One whose time has not come or is over is not meant: that is mended
/// elsewhere, and this machine's clock may still be wrong.
fn is_distrusted(error: &tokio_postgres::Error) -> bool {
    let cause = std::error::Error::source(error).and_then(|cause| cause.downcast_ref::<io::Error>());
    let said = cause.and_then(io::Error::get_ref).and_then(|cause| cause.downcast_ref());
    match said {
        Some(rustls::Error::InvalidCertificate(reason)) => !matches!(
            reason,
            CertificateError::Expired
                | CertificateError::ExpiredContext { .. }
                | CertificateError::NotValidYet
                | CertificateError::NotValidYetContext { .. }
        ),
        _ => false,
    }
}

/// What has become of a question: a server that ends, has no room, or is a standby at present may be another one at the next
/// start.
pub(super) fn failed(
    database: &str,
    error: &tokio_postgres::Error,
    other: impl FnOnce(Box<dyn std::error::Error + Send + Sync>) -> OpenError,
) -> OpenError {
    // Of a connection that has broken off nobody says anything; of a shutdown, too little room and the like the server does.
    let is_over =
        error.code().is_none_or(|code| ["08", "53", "57P", "25006"].iter().any(|class| code.code().starts_with(class)));
    if is_over {
        OpenError::Away { database: database.to_owned(), reason: reason(error) }
    } else {
        forbidden(database, error).unwrap_or_else(|| other(reason(error).into()))
    }
}
