//! What only SQLite has: opening a file, its settings, its migrations, its ways of being busy.

use std::borrow::Cow;
use std::fs::OpenOptions;
use std::io;
use std::path::Path;
use std::time::Duration;

use sqlx::migrate::Migrator;
use sqlx::query::Query;
use sqlx::sqlite::SqliteArguments;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};
use sqlx::{AssertSqlSafe, Connection as _, SqlSafeStr as _, Sqlite, SqliteConnection, SqlitePool};

use super::Error;
use super::open::OpenError;
use super::sql::{Queued, Row, Statement, Value};
use super::workload::Connections;

/// Takes the write lock at once. A transaction that reads first and locks later fails as soon as another one has written
/// in between, without waiting.
pub(super) const BEGIN_WRITE: &str = "BEGIN IMMEDIATE";

/// How long to wait for another process, and for a free connection.
const PATIENCE: Duration = Duration::from_secs(5);

/// Result codes of SQLite (the low byte of extended ones).
const SQLITE_BUSY: i32 = 5;
const SQLITE_LOCKED: i32 = 6;
const SQLITE_NOTADB: i32 = 26;

pub(super) static MIGRATIONS: Migrator = sqlx::migrate!("migrations/sqlite");

/// Opens the writer and the readers.
pub(super) async fn open(path: &Path) -> Result<(SqlitePool, SqlitePool), OpenError> {
    probe(path).map_err(|source| OpenError::Unwritable { path: path.to_owned(), source })?;
    let options = SqliteConnectOptions::new()
        .filename(path)
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Wal)
        // A commit that was answered for must survive a power cut.
        .synchronous(SqliteSynchronous::Full)
        .foreign_keys(true)
        .busy_timeout(PATIENCE);
    migrate(path, &options).await?;
    let pool = || SqlitePoolOptions::new().acquire_timeout(PATIENCE).idle_timeout(None).max_lifetime(None);
    let failed = |error: sqlx::Error| OpenError::Failed(Box::new(error));
    let writer = pool().max_connections(1).connect_with(options.clone()).await.map_err(failed)?;
    let readers = std::thread::available_parallelism().map_or(1, usize::from).saturating_mul(2).clamp(4, 32);
    let readers = pool()
        .max_connections(u32::try_from(readers).unwrap_or(4))
        .connect_with(options.pragma("query_only", "ON"))
        .await
        .map_err(failed)?;
    Ok((writer, readers))
}

/// Tries to write before SQLite does, because the system says better than SQLite why it cannot. A new file is readable by
/// its owner only.
fn probe(path: &Path) -> io::Result<()> {
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt as _;
        options.mode(0o600);
    }
    options.open(path).map(drop)
}

async fn migrate(path: &Path, options: &SqliteConnectOptions) -> Result<(), OpenError> {
    let not_opened = |error| not_opened(path, error);
    let mut connection = SqliteConnection::connect_with(options).await.map_err(not_opened)?;
    check_schema(path, &mut connection).await?;
    MIGRATIONS.run(&mut connection).await.map_err(|error| OpenError::Migration(Box::new(error)))?;
    connection.close().await.map_err(not_opened)
}

/// The version of the schema of a file that is there.
pub(super) async fn look(path: &Path) -> Result<i64, OpenError> {
    let unwritable = |source| OpenError::Unwritable { path: path.to_owned(), source };
    OpenOptions::new().read(true).write(true).open(path).map_err(unwritable)?;
    let options = SqliteConnectOptions::new().filename(path).read_only(true);
    let mut connection = SqliteConnection::connect_with(&options).await.map_err(|error| not_opened(path, error))?;
    let found = check_schema(path, &mut connection).await?;
    connection.close().await.map_err(|error| not_opened(path, error))?;
    Ok(found)
}

fn not_opened(path: &Path, error: sqlx::Error) -> OpenError {
    if code(&error) == Some(SQLITE_NOTADB) {
        OpenError::NotADatabase { path: path.to_owned() }
    } else {
        OpenError::Failed(Box::new(error))
    }
}

/// Looks whose database it is and how new, before anything is written to it; the version of its schema.
async fn check_schema(path: &Path, connection: &mut SqliteConnection) -> Result<i64, OpenError> {
    let failed = |error| not_opened(path, error);
    let tables: Vec<String> = sqlx::query_scalar("SELECT name FROM sqlite_master WHERE type = 'table'")
        .fetch_all(&mut *connection)
        .await
        .map_err(failed)?;
    if tables.is_empty() {
        return Ok(0);
    }
    let has = |name: &str| tables.iter().any(|table| table == name);
    if !has("_sqlx_migrations") || !(has("meta") || tables.len() == 1) {
        return Err(OpenError::Foreign { database: path.display().to_string() });
    }
    let found: i64 = sqlx::query_scalar("SELECT COALESCE(MAX(version), 0) FROM _sqlx_migrations")
        .fetch_one(connection)
        .await
        .map_err(failed)?;
    let known = newest_migration();
    if found > known { Err(OpenError::NewerSchema { found, known }) } else { Ok(found) }
}

/// The connections of a pool.
pub(super) fn connections(name: &'static str, pool: &SqlitePool) -> Connections {
    let (open, idle) = (usize::try_from(pool.size()).unwrap_or_default(), pool.num_idle());
    let most = usize::try_from(pool.options().get_max_connections()).unwrap_or_default();
    Connections { pool: name, most, in_use: open.saturating_sub(idle), idle }
}

/// The version of the schema that this program needs.
pub(super) fn newest_migration() -> i64 {
    MIGRATIONS.iter().map(|migration| migration.version).max().unwrap_or_default()
}

/// Whether an error only says that others were there first.
pub(super) fn is_busy(error: &sqlx::Error) -> bool {
    matches!(error, sqlx::Error::PoolTimedOut) || matches!(code(error), Some(SQLITE_BUSY | SQLITE_LOCKED))
}

fn code(error: &sqlx::Error) -> Option<i32> {
    let extended: i32 = error.as_database_error()?.code()?.parse().ok()?;
    Some(extended & 0xff)
}

impl From<sqlx::Error> for Error {
    fn from(error: sqlx::Error) -> Self {
        if is_busy(&error) { Self::Busy } else { Self::Failed(Box::new(error)) }
    }
}

/// A statement as the driver wants it; the values move.
fn query(statement: Statement) -> Query<'static, Sqlite, SqliteArguments> {
    let text = match statement.text {
        Cow::Borrowed(text) => text.into_sql_str(),
        Cow::Owned(text) => AssertSqlSafe(text).into_sql_str(),
    };
    let mut query = sqlx::query(text).persistent(statement.is_kept);
    for value in statement.values {
        query = match value {
            Value::Null => query.bind(None::<i64>),
            Value::Integer(value) => query.bind(value),
            Value::Bool(value) => query.bind(value),
            Value::Text(value) => query.bind(value),
            Value::Bytes(value) => query.bind(value),
            Value::Uuid(value) => query.bind(value),
        };
    }
    query
}

pub(super) async fn fetch_all(connection: &mut SqliteConnection, statement: Statement) -> Result<Vec<Row>, Error> {
    let rows = query(statement).fetch_all(connection).await?;
    Ok(rows.into_iter().map(Row::Sqlite).collect())
}

pub(super) async fn fetch_optional(
    connection: &mut SqliteConnection,
    statement: Statement,
) -> Result<Option<Row>, Error> {
    Ok(query(statement).fetch_optional(connection).await?.map(Row::Sqlite))
}

pub(super) async fn execute(connection: &mut SqliteConnection, statement: Statement) -> Result<u64, Error> {
    Ok(query(statement).execute(connection).await?.rows_affected())
}

/// Does what is queued, one after another.
pub(super) async fn write(connection: &mut SqliteConnection, queued: Vec<Queued>) -> Result<(), Error> {
    for Queued { statement, lost } in queued {
        let changed = execute(connection, statement).await?;
        if let Some(lost) = lost.filter(|_| changed != 1) {
            return Err(lost.into());
        }
    }
    Ok(())
}
