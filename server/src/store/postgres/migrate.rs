//! Migrations of PostgreSQL: forward only, one process at a time, each in a transaction of its own.
//!
//! What was done stands in the table that sqlx keeps for SQLite, with versions and checksums of the same form.

use sqlx::migrate::Migrator;
use tokio_postgres::Client;
use tokio_postgres_rustls::MakeRustlsConnect;

use super::super::address::PostgresAddress;
use super::super::open::OpenError;

static MIGRATIONS: Migrator = sqlx::migrate!("migrations/postgres");

/// Whoever migrates holds this lock.
const LOCK: &str = "SELECT pg_advisory_lock(7596832461)";

const LEDGER: &str = "CREATE TABLE IF NOT EXISTS _sqlx_migrations (version BIGINT PRIMARY KEY, description TEXT NOT NULL, \
                      installed_on TIMESTAMPTZ NOT NULL DEFAULT now(), success BOOLEAN NOT NULL, checksum BYTEA NOT NULL, \
                      execution_time BIGINT NOT NULL)";

/// The version of the newest one.
pub(super) fn newest() -> i64 {
    MIGRATIONS.iter().map(|migration| migration.version).max().unwrap_or_default()
}

/// Brings the schema up to date.
pub(super) async fn run(address: &PostgresAddress, tls: MakeRustlsConnect) -> Result<(), OpenError> {
    connected(address, tls, async |client| migrate(client, &address.to_string()).await).await
}

/// The version of the schema, which is left as it is.
pub(super) async fn look(address: &PostgresAddress, tls: MakeRustlsConnect) -> Result<i64, OpenError> {
    connected(address, tls, async |client| {
        let failed = |error: tokio_postgres::Error| OpenError::Failed(Box::new(error));
        check_owner(client, &address.to_string()).await?;
        let ledger = client.query_one("SELECT to_regclass('_sqlx_migrations') IS NOT NULL", &[]).await;
        if !ledger.map_err(failed)?.get::<_, bool>(0) {
            return Ok(0);
        }
        let done = client.query_one("SELECT COALESCE(MAX(version), 0) FROM _sqlx_migrations", &[]).await;
        let (found, known) = (done.map_err(failed)?.get(0), newest());
        if found > known { Err(OpenError::NewerSchema { found, known }) } else { Ok(found) }
    })
    .await
}

async fn connected<T>(
    address: &PostgresAddress,
    tls: MakeRustlsConnect,
    work: impl AsyncFnOnce(&Client) -> Result<T, OpenError>,
) -> Result<T, OpenError> {
    let unreachable =
        |error: tokio_postgres::Error| OpenError::Unreachable { database: address.to_string(), reason: reason(&error) };
    let (client, connection) = address.config.connect(tls).await.map_err(unreachable)?;
    // It ends when the client is gone, and tells the client of its troubles.
    let connection = tokio::spawn(connection);
    let outcome = work(&client).await;
    drop(client);
    let _ = connection.await;
    outcome
}

async fn migrate(client: &Client, database: &str) -> Result<(), OpenError> {
    let failed = |error: tokio_postgres::Error| OpenError::Migration(Box::new(error));
    // Another process may take its time.
    client.batch_execute("SET lock_timeout = 0; SET statement_timeout = 0").await.map_err(failed)?;
    client.batch_execute(LOCK).await.map_err(failed)?;
    check_owner(client, database).await?;
    client.batch_execute(LEDGER).await.map_err(failed)?;
    let rows = client.query("SELECT version, checksum FROM _sqlx_migrations ORDER BY version", &[]).await;
    let done: Vec<(i64, Vec<u8>)> = rows.map_err(failed)?.iter().map(|row| (row.get(0), row.get(1))).collect();
    let (found, known) = (done.last().map_or(0, |(version, _)| *version), newest());
    if found > known {
        return Err(OpenError::NewerSchema { found, known });
    }
    for migration in MIGRATIONS.iter() {
        match done.iter().find(|(version, _)| *version == migration.version) {
            Some((_, checksum)) if **checksum == *migration.checksum => {}
            Some((version, _)) => {
                return Err(OpenError::Migration(format!("migration {version} is not the one that was done").into()));
            }
            None => {
                client.batch_execute("BEGIN").await.map_err(failed)?;
                client.batch_execute(migration.sql.as_str()).await.map_err(failed)?;
                let note = "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time) \
                            VALUES ($1, $2, TRUE, $3, 0)";
                let (version, description) = (migration.version, migration.description.as_ref());
                client.execute(note, &[&version, &description, &migration.checksum.as_ref()]).await.map_err(failed)?;
                client.batch_execute("COMMIT").await.map_err(failed)?;
            }
        }
    }
    Ok(())
}

/// Looks whose schema it is before anything is written to it.
async fn check_owner(client: &Client, database: &str) -> Result<(), OpenError> {
    let tables = "SELECT table_name::text FROM information_schema.tables WHERE table_schema = current_schema()";
    let tables = client.query(tables, &[]).await.map_err(|error| OpenError::Failed(Box::new(error)))?;
    let has = |name: &str| tables.iter().any(|row| row.get::<_, &str>(0) == name);
    if tables.is_empty() || has("_sqlx_migrations") && (has("meta") || tables.len() == 1) {
        Ok(())
    } else {
        Err(OpenError::Foreign { database: database.to_owned() })
    }
}

/// What the server, or the system, says.
fn reason(error: &tokio_postgres::Error) -> String {
    match (error.as_db_error(), std::error::Error::source(error)) {
        (Some(said), _) => said.message().to_owned(),
        (None, Some(cause)) => cause.to_string(),
        (None, None) => error.to_string(),
    }
}
