//! What tests do to a database behind the store's back.

use sqlx::{AssertSqlSafe, Row as _};

use super::{Error, Store};

impl Store {
    /// Every row of every table, for telling whether anything has changed.
    pub(crate) async fn dump(&self) -> Result<String, Error> {
        let mut tx = self.begin_read().await?;
        let tables = self.tables().await?;
        let mut dump = String::new();
        for table in tables {
            let columns: Vec<String> = sqlx::query(AssertSqlSafe(format!("PRAGMA table_info({table})")))
                .fetch_all(tx.connection())
                .await?
                .iter()
                .map(|row| Ok(format!("quote({})", row.try_get::<String, _>("name")?)))
                .collect::<Result<_, sqlx::Error>>()?;
            let line = columns.join(" || ' | ' || ");
            let rows: Vec<String> = sqlx::query_scalar(AssertSqlSafe(format!("SELECT {line} FROM {table} ORDER BY 1")))
                .fetch_all(tx.connection())
                .await?;
            dump.push_str(&format!("{table}\n  {}\n", rows.join("\n  ")));
        }
        Ok(dump)
    }

    /// The program's tables.
    pub(crate) async fn tables(&self) -> Result<Vec<String>, Error> {
        let sql = "SELECT name FROM sqlite_master WHERE type = 'table' \
                   AND name NOT LIKE 'sqlite%' AND name NOT LIKE '_sqlx%' ORDER BY name";
        Ok(sqlx::query_scalar(sql).fetch_all(&self.readers).await?)
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
        sqlx::query(AssertSqlSafe(sql)).execute(&self.writer).await?;
        Ok(())
    }
}
