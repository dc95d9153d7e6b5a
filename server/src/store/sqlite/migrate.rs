//! Migrations of SQLite, all in one transaction, and a look at what was done.

use std::fs::OpenOptions;
use std::path::Path;

use rusqlite::{Connection, ErrorCode, OpenFlags, OptionalExtension as _, TransactionBehavior};

use super::super::key_mark;
use super::super::look::Found;
use super::super::migrations::{SQLITE, is_foreign, missing};
use super::super::open::OpenError;
use super::is_busy;

const LEDGER: &str = "CREATE TABLE IF NOT EXISTS _sqlx_migrations (version BIGINT PRIMARY KEY, description TEXT NOT NULL, \
                      installed_on TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP, success BOOLEAN NOT NULL, \
                      checksum BLOB NOT NULL, execution_time BIGINT NOT NULL)";

/// Brings the schema up to date; others wait meanwhile. Where nothing is left to do, nobody is kept waiting and nobody waited for.
pub(super) fn run(path: &Path, connection: &mut Connection) -> Result<(), OpenError> {
    if missing(SQLITE, &recorded(path, connection)?)?.is_empty() {
        return Ok(());
    }
    let failed = |error: rusqlite::Error| match is_busy(&error) {
        true => not_opened(path, &error),
        false => OpenError::Migration(Box::new(error)),
    };
    let work = connection.transaction_with_behavior(TransactionBehavior::Immediate).map_err(failed)?;
    check_owner(path, &work)?;
    work.execute_batch(LEDGER).map_err(failed)?;
    // Another process may have been faster.
    for migration in missing(SQLITE, &done(&work).map_err(failed)?)? {
        work.execute_batch(migration.sql).map_err(failed)?;
        let note = "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time) \
                    VALUES (?1, ?2, TRUE, ?3, 0)";
        let values = (migration.version, migration.description(), migration.checksum());
        work.execute(note, values).map_err(failed)?;
    }
    work.commit().map_err(failed)
}

/// What is in a file that is there, which is left as it is.
pub(in super::super) fn look(path: &Path) -> Result<Found, OpenError> {
    let unwritable = |source| OpenError::Unwritable { path: path.to_owned(), source };
    OpenOptions::new().read(true).write(true).open(path).map_err(unwritable)?;
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags).map_err(|error| not_opened(path, &error))?;
    let done = recorded(path, &connection)?;
    missing(SQLITE, &done)?;
    let Some((version, _)) = done.last() else { return Ok(Found::default()) };
    let failed = |error| not_opened(path, &error);
    let mut question = connection.prepare("SELECT value FROM meta WHERE name = ?1").map_err(failed)?;
    let key_mark = question.query_row([key_mark::ROW], |row| row.get(0)).optional().map_err(failed)?;
    Ok(Found { version: *version, key_mark })
}

/// What was done to the schema; nothing, if it has no tables yet.
fn recorded(path: &Path, connection: &Connection) -> Result<Vec<(i64, Vec<u8>)>, OpenError> {
    if check_owner(path, connection)?.is_empty() {
        return Ok(Vec::new());
    }
    done(connection).map_err(|error| not_opened(path, &error))
}

/// Looks whose database it is, before anything is written to it; its tables.
fn check_owner(path: &Path, connection: &Connection) -> Result<Vec<String>, OpenError> {
    let tables = strings(connection, "SELECT name FROM sqlite_master WHERE type = 'table'");
    let tables = tables.map_err(|error| not_opened(path, &error))?;
    if is_foreign(&tables) { Err(OpenError::Foreign { database: path.display().to_string() }) } else { Ok(tables) }
}

fn strings(connection: &Connection, question: &str) -> rusqlite::Result<Vec<String>> {
    connection.prepare(question)?.query_map([], |row| row.get(0))?.collect()
}

fn done(connection: &Connection) -> rusqlite::Result<Vec<(i64, Vec<u8>)>> {
    let mut question = connection.prepare("SELECT version, checksum FROM _sqlx_migrations ORDER BY version")?;
    let rows = question.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
    rows.collect()
}

/// What has become of a question to a file: one that others hold is no damaged one.
pub(super) fn not_opened(path: &Path, error: &rusqlite::Error) -> OpenError {
    match error.sqlite_error_code() {
        Some(ErrorCode::NotADatabase) => OpenError::NotADatabase { path: path.to_owned() },
        _ if is_busy(error) => OpenError::Busy { path: path.to_owned() },
        _ => OpenError::Failed(error.to_string().into()),
    }
}
