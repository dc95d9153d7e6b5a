//! Whether the database is one that this program can work on.

use super::busy::busy;
use super::sql::sql;
use super::{Error, Pools, Store, migrations};

impl Store {
    /// Whether the database has the schema that this program needs, or the next one: while a newer program takes over, those
    /// that run already go on beside it.
    ///
    /// # Errors
    /// When it does not answer, or takes no changes.
    pub async fn has_schema(&self) -> Result<bool, Error> {
        let mut tx = self.watch().await?;
        let newest = match &self.pools {
            Pools::Sqlite { writer, .. } => {
                writer.works().await?;
                migrations::newest(migrations::SQLITE)
            }
            Pools::Postgres(pool) => {
                let question = sql("SELECT current_setting('transaction_read_only')::boolean");
                if question.scalar(&mut tx).await? {
                    pool.retire();
                    return Err(busy("the database takes no changes: it is a standby, or was made read-only"));
                }
                migrations::newest(migrations::POSTGRES)
            }
        };
        let question = sql("SELECT COALESCE(MAX(version), 0) FROM _sqlx_migrations WHERE success");
        Ok(question.scalar::<i64>(&mut tx).await? >= newest)
    }
}
