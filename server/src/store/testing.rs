//! What tests do to a database behind the store's back.

use tempfile::TempDir;

use super::sql::{Engine, once};
use super::{Error, Store};

/// A database of the engine under test, gone with its last user.
pub(crate) struct TestDatabase {
    folder: TempDir,
}

impl TestDatabase {
    /// A new one, without a schema.
    pub(crate) async fn new() -> Self {
        Self { folder: tempfile::tempdir().expect("a folder") }
    }

    /// The store on it.
    pub(crate) async fn open(&self) -> Store {
        Store::open(&self.folder.path().join("invite.db")).await.expect("opened")
    }
}

impl Store {
    /// Every row of every table, for telling whether anything has changed.
    pub(crate) async fn dump(&self) -> Result<String, Error> {
        let tables = self.tables().await?;
        let mut tx = self.begin_read().await?;
        let (columns, quote) = match tx.engine() {
            Engine::Sqlite => ("SELECT name FROM pragma_table_info($1) ORDER BY cid", "quote"),
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

    /// The program's tables.
    pub(crate) async fn tables(&self) -> Result<Vec<String>, Error> {
        let mut tx = self.begin_read().await?;
        let sql = match tx.engine() {
            Engine::Sqlite => {
                "SELECT name FROM sqlite_master WHERE type = 'table' \
                 AND name NOT LIKE 'sqlite%' AND name NOT LIKE '_sqlx%' ORDER BY name"
            }
        };
        once(sql).scalars(&mut tx).await
    }

    /// Makes every `verb` on a table fail, after the row has been written.
    pub(crate) async fn fail_after(&self, verb: &str, table: &str) -> Result<(), Error> {
        let sql = format!("CREATE TRIGGER injected AFTER {verb} ON {table} BEGIN SELECT RAISE(ABORT, 'injected'); END");
        self.run_sql(sql).await
    }

    /// Takes the failure away again.
    pub(crate) async fn heal(&self) -> Result<(), Error> {
        self.run_sql("DROP TRIGGER injected".into()).await
    }

    /// Runs a statement.
    pub(crate) async fn run_sql(&self, sql: String) -> Result<(), Error> {
        let mut tx = self.begin_brief().await?;
        once(sql).queue(&mut tx);
        tx.commit().await
    }
}
