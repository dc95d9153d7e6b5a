//! The database of a server under test, for looking into and for breaking, whichever engine it has.
//!
//! `INVITE_TEST_ENGINE` says which: `sqlite`, which is the default, or `postgres`. The latter takes place in schemas of the
//! database at `INVITE_TEST_POSTGRES_URL`, as a user who may do everything; `cargo xtask postgres` starts a server for that.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Mutex, MutexGuard};
use std::time::Duration;

use rusqlite::Connection;
use rusqlite::types::ValueRef;
use tokio::task::JoinHandle;
use tokio_postgres::{Client, NoTls, SimpleQueryMessage};
use uuid::Uuid;

use crate::poll;

/// The file in a server's folder that says where its database is, unless it lies there itself.
const PLACE: &str = "database";

/// Whether tests run on PostgreSQL.
#[must_use]
pub fn is_postgres() -> bool {
    match std::env::var("INVITE_TEST_ENGINE").as_deref() {
        Err(_) | Ok("sqlite") => false,
        Ok("postgres") => true,
        Ok(other) => panic!("INVITE_TEST_ENGINE is sqlite or postgres, not {other}"),
    }
}

/// Whether tests run on PostgreSQL; if not, says why one of them has nothing to try.
#[must_use]
pub fn takes_postgres(why: &str) -> bool {
    takes(is_postgres(), why)
}

/// Whether tests run on SQLite; if not, says why one of them has nothing to try.
#[must_use]
pub fn takes_sqlite(why: &str) -> bool {
    takes(!is_postgres(), why)
}

fn takes(is_it: bool, why: &str) -> bool {
    if !is_it {
        println!("NOT TRIED: {why}");
    }
    is_it
}

/// The URL of the database that belongs to a server's folder, made with its first use; none on SQLite.
#[must_use]
pub fn url(folder: &Path) -> Option<String> {
    if !is_postgres() {
        return None;
    }
    let place = folder.join(PLACE);
    if let Ok(url) = std::fs::read_to_string(&place) {
        return Some(url);
    }
    let url = std::env::var("INVITE_TEST_POSTGRES_URL");
    let url = url.expect("run this with `cargo xtask postgres COMMAND`, or set INVITE_TEST_POSTGRES_URL");
    let schema = format!("test_{}", Uuid::new_v4().simple());
    let url = format!("{url}{}options=-c%20search_path%3D{schema}", if url.contains('?') { '&' } else { '?' });
    let made = url.clone();
    // The caller may stand in a runtime, and it may not.
    let making = std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        runtime.block_on(async {
            let database = connect(&made).await;
            database.execute(&format!("CREATE SCHEMA {schema}")).await;
        });
    });
    making.join().expect("the schema is made");
    settle(folder, &url);
    Some(url)
}

/// Has a server's folder have its database at a place, also one of another engine.
pub fn settle(folder: &Path, place: &str) {
    std::fs::write(folder.join(PLACE), place).expect("the folder can be written");
}

/// Has another folder have the database of a server's folder.
pub fn share(folder: &Path, other: &Path) {
    if let Some(url) = url(folder) {
        settle(other, &url);
    }
}

async fn connect(url: &str) -> Database {
    let (client, connection) = tokio_postgres::connect(url, NoTls).await.expect("the database answers");
    // It ends with the client.
    let connection = tokio::spawn(async move { drop(connection.await) });
    Database::Postgres { client, connection }
}

fn held(connection: &Mutex<Connection>) -> MutexGuard<'_, Connection> {
    connection.lock().expect("nobody else has failed with it")
}

fn texts(connection: &Connection, sql: &str) -> rusqlite::Result<Vec<Vec<String>>> {
    let mut question = connection.prepare(sql)?;
    let columns = question.column_count();
    let text = |value: ValueRef<'_>| match value {
        ValueRef::Null => String::new(),
        ValueRef::Integer(value) => value.to_string(),
        ValueRef::Real(value) => value.to_string(),
        ValueRef::Text(bytes) | ValueRef::Blob(bytes) => String::from_utf8_lossy(bytes).into_owned(),
    };
    let rows = question.query_map([], |row| (0..columns).map(|column| row.get_ref(column).map(text)).collect())?;
    rows.collect()
}

/// How long to wait for the server's own writes.
const PATIENCE: Duration = Duration::from_secs(5);

/// An open database.
#[derive(Debug)]
pub enum Database {
    /// A file.
    Sqlite(Mutex<Connection>),
    /// A schema of its own.
    Postgres {
        /// Asks.
        client: Client,
        /// Carries questions and answers.
        connection: JoinHandle<()>,
    },
}

impl Database {
    /// Opens the database of a server's folder. Of SQLite one connection: a second one could hold an older idea of the schema,
    /// and SQLite refuses to create a trigger that such a connection still remembers.
    pub async fn open(folder: &Path) -> Self {
        if let Some(url) = url(folder) {
            return connect(&url).await;
        }
        let connection = Connection::open(folder.join("world/invite.db")).expect("the database can be opened");
        connection.busy_timeout(PATIENCE).expect("the database can be set up");
        connection.pragma_update(None, "foreign_keys", true).expect("the database can be set up");
        Self::Sqlite(Mutex::new(connection))
    }

    /// Closes it.
    pub async fn close(self) {
        match self {
            Self::Sqlite(_) => {}
            Self::Postgres { client, connection } => {
                drop(client);
                connection.await.expect("the connection ends");
            }
        }
    }

    /// Runs statements.
    pub async fn execute(&self, sql: &str) {
        match self {
            Self::Sqlite(connection) => {
                held(connection).execute_batch(sql).unwrap_or_else(|error| panic!("{sql}: {error}"));
            }
            Self::Postgres { client, .. } => {
                client.batch_execute(sql).await.unwrap_or_else(|error| panic!("{sql}: {error:?}"));
            }
        }
    }

    /// Runs a statement whatever rules and triggers say.
    pub async fn execute_unchecked(&self, sql: &str) {
        let (begin, end) = self.unchecked();
        self.execute(&format!("{begin} {sql}; {end}")).await;
    }

    const fn unchecked(&self) -> (&'static str, &'static str) {
        match self {
            Self::Sqlite(_) => ("PRAGMA foreign_keys = OFF; BEGIN IMMEDIATE;", "COMMIT; PRAGMA foreign_keys = ON"),
            Self::Postgres { .. } => ("BEGIN; SET LOCAL session_replication_role = replica;", "COMMIT"),
        }
    }

    /// Asks a question; every value as text, and nothing as an empty one.
    pub async fn ask(&self, sql: &str) -> Vec<Vec<String>> {
        match self {
            Self::Sqlite(connection) => texts(&held(connection), sql).unwrap_or_else(|error| panic!("{sql}: {error}")),
            Self::Postgres { client, .. } => {
                let messages = client.simple_query(sql).await.unwrap_or_else(|error| panic!("{sql}: {error:?}"));
                let rows = messages.iter().filter_map(|message| match message {
                    SimpleQueryMessage::Row(row) => Some(row),
                    _ => None,
                });
                let text =
                    |row: &tokio_postgres::SimpleQueryRow, column| row.get(column).unwrap_or_default().to_owned();
                rows.map(|row| (0..row.len()).map(|column| text(row, column)).collect()).collect()
            }
        }
    }

    /// The first value of every row.
    pub async fn texts(&self, sql: &str) -> Vec<String> {
        self.ask(sql).await.into_iter().map(|mut row| row.swap_remove(0)).collect()
    }

    /// The only value.
    pub async fn number(&self, sql: &str) -> i64 {
        let found = self.texts(sql).await;
        found.first().and_then(|text| text.parse().ok()).unwrap_or_else(|| panic!("{sql}: {found:?}"))
    }

    /// The program's tables.
    pub async fn tables(&self) -> Vec<String> {
        let mut tables = self
            .texts(match self {
                Self::Sqlite(_) => "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite%'",
                Self::Postgres { .. } => "SELECT tablename FROM pg_tables WHERE schemaname = current_schema()",
            })
            .await;
        tables.retain(|table| table != "_sqlx_migrations" && table != "fault_log");
        tables.sort();
        tables
    }

    /// The columns of a table, in order.
    pub async fn columns(&self, table: &str) -> Vec<String> {
        self.texts(&match self {
            Self::Sqlite(_) => format!("SELECT name FROM pragma_table_info('{table}') ORDER BY cid"),
            Self::Postgres { .. } => format!(
                "SELECT attname FROM pg_attribute \
                 WHERE attrelid = '{table}'::regclass AND attnum > 0 AND NOT attisdropped ORDER BY attnum"
            ),
        })
        .await
    }

    /// Every row of a table that meets a condition, as the SQL literals of its values.
    pub async fn literals(&self, table: &str, condition: &str) -> Vec<String> {
        let quote = |column: &String| match self {
            Self::Sqlite(_) => format!("quote({column})"),
            Self::Postgres { .. } => format!("quote_nullable({column}::text)"),
        };
        let columns: Vec<String> = self.columns(table).await.iter().map(quote).collect();
        let sql = format!("SELECT {} FROM {table} WHERE {condition} ORDER BY 1", columns.join(" || ', ' || "));
        self.texts(&sql).await
    }

    /// Waits until no mail and no import is on its way, so that rows can be compared.
    pub async fn settled(&self) {
        let waiting = "SELECT (SELECT count(*) FROM outbox WHERE state = 'queued') \
                       + (SELECT count(*) FROM imports WHERE state = 'running')";
        poll::until("an empty outbox", async || (self.number(waiting).await == 0).then_some(())).await;
    }

    /// Every row of every table.
    pub async fn snapshot(&self) -> BTreeMap<String, Vec<String>> {
        let mut all = BTreeMap::new();
        for table in self.tables().await {
            let rows = self.literals(&table, "TRUE").await;
            all.insert(table, rows);
        }
        all
    }

    /// Puts every row back as it was, whatever rules and triggers say.
    pub async fn restore(&self, rows: &BTreeMap<String, Vec<String>>) {
        let (begin, end) = self.unchecked();
        let mut sql = begin.to_owned();
        for (table, rows) in rows {
            sql.push_str(&format!("DELETE FROM {table};"));
            for row in rows {
                sql.push_str(&format!("INSERT INTO {table} VALUES ({row});"));
            }
        }
        self.execute(&(sql + end)).await;
    }

    /// Makes a kind of write fail, such as `INSERT ON users`, before or after it is done.
    pub async fn break_write(&self, moment: &str, point: &str) {
        let effect = match self {
            Self::Sqlite(_) => "BEGIN SELECT RAISE(ABORT, 'injected'); END",
            Self::Postgres { .. } => {
                self.execute(
                    "CREATE FUNCTION fault() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RAISE EXCEPTION ''injected''; END'",
                )
                .await;
                "FOR EACH ROW EXECUTE FUNCTION fault()"
            }
        };
        self.execute(&format!("CREATE TRIGGER fault {moment} {point} {effect}")).await;
    }

    /// Takes that back.
    pub async fn mend_write(&self) {
        self.execute(match self {
            Self::Sqlite(_) => "DROP TRIGGER fault",
            Self::Postgres { .. } => "DROP FUNCTION fault CASCADE",
        })
        .await;
    }

    /// Has every write of some kinds written down in a table `fault_log`.
    pub async fn record_writes(&self, points: &[String]) {
        self.execute("CREATE TABLE fault_log (point TEXT)").await;
        if matches!(self, Self::Postgres { .. }) {
            self.execute(
                "CREATE FUNCTION recorded() RETURNS trigger LANGUAGE plpgsql AS \
                 'BEGIN INSERT INTO fault_log VALUES (TG_ARGV[0]); RETURN NULL; END'",
            )
            .await;
        }
        for (index, point) in points.iter().enumerate() {
            let effect = match self {
                Self::Sqlite(_) => format!("BEGIN INSERT INTO fault_log VALUES ('{point}'); END"),
                Self::Postgres { .. } => format!("FOR EACH ROW EXECUTE FUNCTION recorded('{point}')"),
            };
            self.execute(&format!("CREATE TRIGGER recorded_{index} AFTER {point} {effect}")).await;
        }
    }

    /// What was written down; nothing more is.
    pub async fn recorded_writes(&self, points: &[String]) -> Vec<String> {
        let reached = self.texts("SELECT DISTINCT point FROM fault_log ORDER BY point").await;
        match self {
            Self::Sqlite(_) => {
                for index in 0..points.len() {
                    self.execute(&format!("DROP TRIGGER recorded_{index}")).await;
                }
            }
            Self::Postgres { .. } => self.execute("DROP FUNCTION recorded CASCADE").await,
        }
        self.execute("DROP TABLE fault_log").await;
        reached
    }

    /// Allows what the audit log forbids: rows of it to be removed.
    pub async fn free_events(&self) {
        self.execute(match self {
            Self::Sqlite(_) => "DROP TRIGGER events_are_not_removed",
            Self::Postgres { .. } => "DROP TRIGGER events_are_not_removed ON events",
        })
        .await;
    }

    /// Keeps everybody else from writing, and on PostgreSQL from reading, until [`Self::unlock`].
    pub async fn lock(&self) {
        self.execute(&match self {
            Self::Sqlite(_) => "BEGIN IMMEDIATE".to_owned(),
            Self::Postgres { .. } => {
                format!("BEGIN; LOCK TABLE {} IN ACCESS EXCLUSIVE MODE", self.tables().await.join(", "))
            }
        })
        .await;
    }

    /// Lets others write again.
    pub async fn unlock(&self) {
        self.execute("ROLLBACK").await;
    }
}
