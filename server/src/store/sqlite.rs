//! What only SQLite has: opening a file, its settings, its ways of being busy, and how statements are run.
//!
//! Statements run where they are asked for, on the thread of the caller: what they need is in memory, and takes less time than
//! a message to another thread would. Only a COMMIT waits for the disk, and that has a thread of its own ([`writer`]); so has what
//! becomes of the log that it writes ([`checkpoints`]).

mod checkpoints;
mod migrate;
mod writer;

use std::fs::OpenOptions;
use std::io;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use deadpool::Runtime;
use deadpool::unmanaged::{Object, Pool, PoolConfig, PoolError};
use rusqlite::config::DbConfig;
use rusqlite::types::{FromSql, ToSql, ToSqlOutput, ValueRef};
use rusqlite::{Connection, ErrorCode, OpenFlags};

use super::Error;
use super::busy::{busy, stopping};
use super::open::OpenError;
use super::sql::{Queued, Statement, Value};
use super::workload::Connections;

pub(super) use migrate::look;
pub(super) use writer::Writer;

/// How long to wait for another process, and for a connection.
const PATIENCE: Duration = Duration::from_secs(5);
/// What the writer keeps of the database in memory, in KiB: what a change touches of the many indexes of a large table.
const WRITER_CACHE: i64 = 16 * 1024;
/// Statements that a connection remembers; the program has fewer.
const REMEMBERED: usize = 512;

/// Connections that read, each transaction its own snapshot, beside each other and beside the writer.
pub(super) type Readers = Pool<Connection>;

/// Opens the writer and the readers.
pub(super) fn open(path: &Path) -> Result<(Writer, Readers), OpenError> {
    probe(path).map_err(|source| OpenError::Unwritable { path: path.to_owned(), source })?;
    let mut connection = connect(path).map_err(|error| migrate::not_opened(path, &error))?;
    migrate::run(path, &mut connection)?;
    let failed = |error: rusqlite::Error| OpenError::Failed(Box::new(error));
    let readers = std::thread::available_parallelism().map_or(1, usize::from).saturating_mul(2).clamp(4, 32);
    let readers = (0..readers).map(|_| {
        let reader = connect(path)?;
        reader.pragma_update(None, "query_only", true)?;
        Ok(reader)
    });
    let readers = readers.collect::<Result<_, _>>().map_err(|error| migrate::not_opened(path, &error))?;
    let readers = pool(readers);
    connection.pragma_update(None, "cache_size", -WRITER_CACHE).map_err(failed)?;
    // It waits for other processes by itself, and keeps no thread waiting.
    connection.busy_timeout(Duration::ZERO).map_err(failed)?;
    let other = connect(path).map_err(|error| migrate::not_opened(path, &error))?;
    checkpoints::beside(&mut connection, other)?;
    let writer = Writer::new(connection).map_err(|error| OpenError::Failed(Box::new(error)))?;
    Ok((writer, readers))
}

fn pool(connections: Vec<Connection>) -> Readers {
    let timeout = Some(PATIENCE);
    let config = PoolConfig { max_size: connections.len(), timeout, runtime: Some(Runtime::Tokio1) };
    let pool = Pool::from_config(&config);
    for connection in connections {
        // There is room for as many as there are.
        let _ = pool.try_add(connection);
    }
    pool
}

/// Opens a transaction that reads one snapshot.
pub(super) async fn begin_read(readers: &Readers) -> Result<Transaction, Error> {
    let snapshot = Snapshot(reader(readers).await?);
    snapshot.0.prepare_cached("BEGIN")?.raw_execute()?;
    Ok(Transaction::Read(snapshot))
}

/// The same for questions that hold by themselves.
pub(super) async fn glance(readers: &Readers) -> Result<Transaction, Error> {
    Ok(Transaction::Glance(reader(readers).await?))
}

async fn reader(readers: &Readers) -> Result<Object<Connection>, Error> {
    readers.get().await.map_err(|error| match error {
        // A stop under way.
        PoolError::Closed => stopping(),
        PoolError::Timeout | PoolError::NoRuntimeSpecified => busy("no connection that reads came free in time"),
    })
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

fn connect(path: &Path) -> rusqlite::Result<Connection> {
    // Each connection is used by one thread at a time.
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags)?;
    connection.busy_timeout(PATIENCE)?;
    connection.set_prepared_statement_cache_capacity(REMEMBERED);
    connection.pragma_update(None, "journal_mode", "WAL")?;
    // A commit that was answered for must survive a power cut.
    connection.pragma_update(None, "synchronous", "FULL")?;
    connection.pragma_update(None, "foreign_keys", true)?;
    // What a statement keeps to undo itself, or sorts, shall not become a file of its own.
    connection.pragma_update(None, "temp_store", "MEMORY")?;
    // How a statement is done depends on its text alone. Else SQLite takes every value that it has compared with the condition of
    // a partial index for a reason to compile the statement anew: for the look-up of a credential, with every request.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    Ok(connection)
}

/// The connections, and how many of them somebody works with.
pub(super) fn connections(writer: &Writer, readers: &Readers) -> Vec<Connections> {
    let status = readers.status();
    let readers = Connections {
        pool: "readers",
        most: status.max_size,
        in_use: status.size.saturating_sub(status.available),
        idle: status.available,
    };
    let in_use = usize::from(writer.is_in_use());
    vec![Connections { pool: "writer", most: 1, in_use, idle: 1 - in_use }, readers]
}

/// Whether an error only says that others were there first.
fn is_busy(error: &rusqlite::Error) -> bool {
    matches!(error.sqlite_error_code(), Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked))
}

/// Whether an error says that the disk is full; the index of the write-ahead log has an error of its own for that.
fn is_full(error: &rusqlite::Error) -> bool {
    error.sqlite_error().is_some_and(|error| {
        error.code == ErrorCode::DiskFull || error.extended_code == rusqlite::ffi::SQLITE_IOERR_SHMSIZE
    })
}

impl From<rusqlite::Error> for Error {
    fn from(error: rusqlite::Error) -> Self {
        if is_busy(&error) {
            busy(error)
        } else if is_full(&error) {
            Self::NoRoom
        } else {
            Self::Failed(Box::new(error))
        }
    }
}

impl ToSql for Value {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(match self {
            Self::Null => ToSqlOutput::Borrowed(ValueRef::Null),
            Self::Integer(value) => (*value).into(),
            Self::Bool(value) => (*value).into(),
            Self::Text(value) => ToSqlOutput::Borrowed(ValueRef::Text(value.as_bytes())),
            Self::Bytes(value) => ToSqlOutput::Borrowed(ValueRef::Blob(value)),
            Self::Uuid(value) => ToSqlOutput::Borrowed(ValueRef::Blob(value.as_bytes())),
        })
    }
}

/// A row of an answer.
#[derive(Debug)]
pub(super) struct Row {
    /// Their names, shared by the rows of an answer.
    columns: Arc<Columns>,
    values: Vec<rusqlite::types::Value>,
}

impl Row {
    pub(super) fn get<T: FromSql>(&self, column: &str) -> Result<T, Error> {
        let index = self.columns.position(column);
        self.at(index.ok_or_else(|| Error::Failed(format!("no column {column}").into()))?)
    }

    pub(super) fn at<T: FromSql>(&self, index: usize) -> Result<T, Error> {
        let value = self.values.get(index).ok_or_else(|| Error::Failed("a row without a column".into()))?;
        T::column_result(value.into()).map_err(|error| Error::Failed(Box::new(error)))
    }
}

/// The names of columns, one behind the other: every row of every answer has some, and reads them by their names.
#[derive(Debug)]
struct Columns {
    names: String,
    /// Where each ends.
    ends: Vec<usize>,
}

impl Columns {
    fn of(answer: &rusqlite::Statement<'_>) -> Self {
        let mut columns = Self { names: String::new(), ends: Vec::with_capacity(answer.column_count()) };
        for name in answer.column_names() {
            columns.names.push_str(name);
            columns.ends.push(columns.names.len());
        }
        columns
    }

    fn position(&self, name: &str) -> Option<usize> {
        let mut start = 0;
        self.ends.iter().position(|end| self.names.get(std::mem::replace(&mut start, *end)..*end) == Some(name))
    }
}

/// A transaction. Dropping it undoes it.
pub(super) enum Transaction {
    /// None: each question is its own.
    Glance(Object<Connection>),
    Read(Snapshot),
    Write(writer::Changes),
}

/// A reader in use.
pub(super) struct Snapshot(Object<Connection>);

impl Drop for Snapshot {
    fn drop(&mut self) {
        // If it has not begun, there is nothing to end.
        let _ = self.0.prepare_cached("COMMIT").and_then(|mut end| end.raw_execute());
    }
}

impl Transaction {
    fn connection(&self) -> &Connection {
        match self {
            Self::Glance(connection) => connection,
            Self::Read(snapshot) => &snapshot.0,
            Self::Write(changes) => changes.connection(),
        }
    }

    /// Does what is queued, and then asks for at most so many rows.
    pub(super) fn ask(&mut self, queued: Vec<Queued>, question: Statement, most: usize) -> Result<Vec<Row>, Error> {
        self.write(queued)?;
        let (rows, writes) = fetch(self.connection(), &question, most)?;
        if writes {
            self.note(Queued { statement: question, expected: None });
        }
        Ok(rows)
    }

    /// Does what is queued, and then a statement; returns how many rows that changed.
    pub(super) fn execute(&mut self, queued: Vec<Queued>, statement: Statement) -> Result<u64, Error> {
        self.write(queued)?;
        let changed = execute(self.connection(), &statement)?;
        self.note(Queued { statement, expected: None });
        Ok(changed)
    }

    /// Does what is queued, and makes everything durable.
    pub(super) async fn commit(mut self, queued: Vec<Queued>) -> Result<(), Error> {
        let written = self.write(queued);
        match self {
            Self::Glance(_) | Self::Read(_) => written,
            Self::Write(changes) if written.is_ok() => changes.commit().await,
            Self::Write(changes) => {
                changes.settle().await;
                written
            }
        }
    }

    /// Does what is queued, one after another.
    fn write(&mut self, queued: Vec<Queued>) -> Result<(), Error> {
        for queued in queued {
            let changed = execute(self.connection(), &queued.statement)?;
            let outcome = queued.judge(changed);
            self.note(queued);
            outcome?;
        }
        Ok(())
    }

    fn note(&mut self, queued: Queued) {
        if let Self::Write(changes) = self {
            changes.note(queued);
        }
    }
}

/// The rows of an answer, and whether the question has changed something.
fn fetch(connection: &Connection, question: &Statement, most: usize) -> Result<(Vec<Row>, bool), Error> {
    with(connection, question, |prepared| {
        let (count, writes) = (prepared.column_count(), !prepared.readonly());
        let mut columns: Option<Arc<Columns>> = None;
        let mut answer = prepared.raw_query();
        let mut rows = Vec::new();
        while rows.len() < most {
            let Some(row) = answer.next()? else { break };
            let columns = columns.get_or_insert_with(|| Arc::new(Columns::of(row.as_ref()))).clone();
            let mut values = Vec::with_capacity(count);
            for index in 0..count {
                values.push(row.get(index)?);
            }
            rows.push(Row { columns, values });
        }
        Ok((rows, writes))
    })
}

fn execute(connection: &Connection, statement: &Statement) -> Result<u64, Error> {
    let changed = with(connection, statement, |prepared| prepared.raw_execute())?;
    Ok(u64::try_from(changed).unwrap_or(u64::MAX))
}

/// Does a write again; what it gives back was read the first time.
fn repeat(connection: &Connection, Queued { statement, .. }: &Queued) -> Result<u64, Error> {
    let changed = with(connection, statement, |prepared| {
        if prepared.column_count() == 0 {
            return prepared.raw_execute();
        }
        let (mut answer, mut rows) = (prepared.raw_query(), 0);
        while answer.next()?.is_some() {
            rows += 1;
        }
        Ok(rows)
    })?;
    Ok(u64::try_from(changed).unwrap_or(u64::MAX))
}

/// Prepares a statement and gives it its values.
fn with<T>(
    connection: &Connection,
    statement: &Statement,
    work: impl FnOnce(&mut rusqlite::Statement<'_>) -> rusqlite::Result<T>,
) -> Result<T, Error> {
    if statement.is_kept {
        let mut prepared = connection.prepare_cached(&statement.text)?;
        bind(&mut prepared, &statement.values)?;
        Ok(work(&mut prepared)?)
    } else {
        let mut prepared = connection.prepare(&statement.text)?;
        bind(&mut prepared, &statement.values)?;
        Ok(work(&mut prepared)?)
    }
}

/// To SQLite, `$1` is a name: it counts parameters in the order in which they come up.
fn bind(prepared: &mut rusqlite::Statement<'_>, values: &[Value]) -> Result<(), Error> {
    for index in 1..=prepared.parameter_count() {
        let number = prepared.parameter_name(index).and_then(|name| name.strip_prefix('$')?.parse::<usize>().ok());
        let value = number.and_then(|number| values.get(number.checked_sub(1)?));
        let value = value.ok_or_else(|| Error::Failed("a statement lacks a value".into()))?;
        prepared.raw_bind_parameter(index, value)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use rusqlite::StatementStatus;

    use super::super::sql::sql;
    use super::*;

    /// What every look-up of a credential does: it joins a table that has an index with a condition.
    const QUESTION: &str = "SELECT s.id FROM signup_tokens s JOIN organizations o ON o.id = s.organization_id \
                            LEFT JOIN organizations t ON t.id = o.tenant_id WHERE s.digest = $1 AND o.status = 'active'";

    #[test]
    fn a_statement_is_compiled_once_whatever_its_values() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("invite.db");
        probe(&path).expect("a file");
        let mut connection = connect(&path).expect("opened");
        migrate::run(&path, &mut connection).expect("migrated");
        for value in 0..4 {
            fetch(&connection, &sql(QUESTION).bind(vec![value; 32]), 1).expect("an answer");
        }
        let prepared = connection.prepare_cached(QUESTION).expect("remembered");
        let counts = [StatementStatus::Run, StatementStatus::RePrepare].map(|status| prepared.get_status(status));
        assert_eq!(counts, [4, 0], "runs, and compilations after the first");
    }
}
