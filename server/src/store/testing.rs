//! What tests do to a database behind the store's back.
//!
//! Tests run on the engine that `INVITE_TEST_ENGINE` names: `sqlite`, which is the default, or `postgres`. The latter takes
//! place in schemas of the database at `INVITE_TEST_POSTGRES_URL`; `cargo xtask postgres` starts a server for that.

use invite_domain::email_address::EmailAddress;
use tempfile::TempDir;
use tokio_postgres::NoTls;

use super::sql::{Engine, once};
use super::{Address, Error, Pools, Store, Tx};
use crate::clock::{Clock as _, SystemClock};
use crate::entropy::Entropy;

mod plans;
pub(crate) mod proxy;

/// An address that no user has.
pub(crate) fn nobody() -> EmailAddress {
    EmailAddress::parse("nobody@example.com").expect("an address")
}

/// A database of the engine under test, gone with this value.
pub(crate) enum TestDatabase {
    Sqlite(TempDir),
    Postgres { url: String, schema: String },
}

impl TestDatabase {
    /// A new one, without tables.
    pub(crate) async fn new() -> Self {
        match std::env::var("INVITE_TEST_ENGINE").as_deref() {
            Err(_) | Ok("sqlite") => Self::Sqlite(tempfile::tempdir().expect("a folder")),
            Ok("postgres") => {
                let url = std::env::var("INVITE_TEST_POSTGRES_URL");
                let url = url.expect("run this with `cargo xtask postgres COMMAND`, or set INVITE_TEST_POSTGRES_URL");
                let id = Entropy.id(SystemClock.now()).expect("an id");
                let schema = format!("test_{}", id.simple());
                run(&url, &format!("CREATE SCHEMA {schema}")).await;
                Self::Postgres { url, schema }
            }
            Ok(other) => panic!("INVITE_TEST_ENGINE is sqlite or postgres, not {other}"),
        }
    }

    /// Whether it is one of PostgreSQL; if not, says why a test has nothing to try on it.
    pub(crate) fn takes_postgres(&self, why: &str) -> bool {
        let is_it = matches!(self, Self::Postgres { .. });
        if !is_it {
            println!("NOT TRIED: {why}");
        }
        is_it
    }

    /// Where it is.
    pub(crate) fn address(&self) -> Address {
        match self {
            Self::Sqlite(folder) => Address::Sqlite(folder.path().join("invite.db")),
            Self::Postgres { url, schema } => {
                let mark = if url.contains('?') { '&' } else { '?' };
                let options = format!("{mark}options=-c%20search_path%3D{schema}");
                Address::parse(&format!("{url}{options}")).expect("an address")
            }
        }
    }

    /// The store on it.
    pub(crate) async fn open(&self) -> Store {
        Store::open(&self.address()).await.expect("opened")
    }
}

impl Drop for TestDatabase {
    fn drop(&mut self) {
        if let Self::Postgres { url, schema } = self {
            let (url, sql) = (url.clone(), format!("DROP SCHEMA {schema} CASCADE"));
            // Nobody waits for it: it has to wait itself, for connections of a runtime that is about to end.
            std::thread::spawn(move || {
                let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
                runtime.block_on(run(&url, &sql));
            });
        }
    }
}

/// Runs a statement on a connection of its own.
async fn run(url: &str, sql: &str) {
    let (client, connection) = tokio_postgres::connect(url, NoTls).await.expect("connected");
    let connection = tokio::spawn(connection);
    client.batch_execute(sql).await.unwrap_or_else(|error| panic!("{sql}: {error}"));
    drop(client);
    connection.await.expect("it ends").expect("it ends well");
}

impl Store {
    /// Every row of every table, for telling whether anything has changed.
    pub(crate) async fn dump(&self) -> Result<String, Error> {
        let tables = self.tables().await?;
        let mut tx = self.begin_read().await?;
        let (columns, quote) = match tx.engine() {
            Engine::Sqlite => ("SELECT name FROM pragma_table_info($1) ORDER BY cid", "quote"),
            Engine::Postgres => (
                "SELECT attname::text FROM pg_attribute \
                 WHERE attrelid = $1::text::regclass AND attnum > 0 AND NOT attisdropped ORDER BY attnum",
                "quote_nullable",
            ),
        };
        let mut dump = String::new();
        for table in tables {
            let columns: Vec<String> = once(columns).bind(&table).scalars(&mut tx).await?;
            let literals: Vec<String> = columns.iter().map(|column| format!("{quote}({column})")).collect();
            let line = literals.join(" || ' | ' || ");
            let rows: Vec<String> = once(format!("SELECT {line} FROM {table} ORDER BY 1")).scalars(&mut tx).await?;
            dump.push_str(&format!("{table}\n  {}\n", rows.join("\n  ")));
        }
        Ok(dump)
    }

    /// How SQLite answers a question, step by step.
    pub(crate) async fn plan(&self, question: &str) -> Vec<String> {
        let mut tx = self.begin_read().await.expect("a reader");
        let mut explained = once(format!("EXPLAIN QUERY PLAN {question}"));
        // The plan is the same whatever the values are.
        for _ in (1..).take_while(|number| question.contains(&format!("${number}"))) {
            explained = explained.bind(None::<i64>);
        }
        let rows = explained.fetch_all(&mut tx).await;
        let rows = rows.unwrap_or_else(|error| panic!("{question}: {error}"));
        rows.iter().map(|row| row.get("detail").expect("a text")).collect()
    }

    /// The program's tables.
    pub(crate) async fn tables(&self) -> Result<Vec<String>, Error> {
        let mut tx = self.begin_read().await?;
        let sql = match tx.engine() {
            Engine::Sqlite => {
                "SELECT name FROM sqlite_master WHERE type = 'table' \
                 AND name NOT LIKE 'sqlite%' AND name NOT LIKE '_sqlx%' ORDER BY name"
            }
            Engine::Postgres => {
                "SELECT tablename::text FROM pg_tables WHERE schemaname = current_schema() \
                 AND tablename NOT LIKE '_sqlx%' ORDER BY tablename"
            }
        };
        once(sql).scalars(&mut tx).await
    }

    /// Makes every `verb` on a table fail, after the row has been written.
    pub(crate) async fn fail_after(&self, verb: &str, table: &str) -> Result<(), Error> {
        let effect = match self.engine() {
            Engine::Sqlite => "BEGIN SELECT RAISE(ABORT, 'injected'); END",
            Engine::Postgres => {
                let function = "CREATE FUNCTION injected() RETURNS trigger LANGUAGE plpgsql AS \
                                'BEGIN RAISE EXCEPTION ''injected''; END'";
                self.run_sql(function.into()).await?;
                "FOR EACH ROW EXECUTE FUNCTION injected()"
            }
        };
        self.run_sql(format!("CREATE TRIGGER injected AFTER {verb} ON {table} {effect}")).await
    }

    /// Takes the failure away again.
    pub(crate) async fn heal(&self) -> Result<(), Error> {
        let sql = match self.engine() {
            Engine::Sqlite => "DROP TRIGGER injected",
            Engine::Postgres => "DROP FUNCTION injected CASCADE",
        };
        self.run_sql(sql.into()).await
    }

    /// Does a statement and lets nobody else to its rows as long as the value lasts; undoes it then.
    pub(crate) async fn hold(&self, sql: String) -> Tx {
        let mut tx = self.begin_brief().await.expect("begun");
        once(sql).execute(&mut tx).await.expect("done");
        tx
    }

    fn engine(&self) -> Engine {
        match self.pools {
            Pools::Sqlite { .. } => Engine::Sqlite,
            Pools::Postgres(_) => Engine::Postgres,
        }
    }

    /// Runs a statement.
    pub(crate) async fn run_sql(&self, sql: String) -> Result<(), Error> {
        let mut tx = self.begin_brief().await?;
        once(sql).queue(&mut tx);
        tx.commit().await
    }
}
