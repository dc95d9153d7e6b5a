//! Which server key the database goes with: a keyed hash of it, from which the key cannot be had.

use super::cells::Cells;
use super::{Error, Store, Tx, sql};

/// Its row in the table of what is true of the database as a whole.
pub(super) const ROW: &str = "server_key";

impl Store {
    /// The mark of the server key that the database goes with; none: no server has come with one yet.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn key_mark(&self) -> Result<Option<String>, Error> {
        let row =
            sql("SELECT value FROM meta WHERE name = $1").bind(ROW).fetch_optional(&mut self.glance().await?).await?;
        row.map(|row| Cells(&row).text("value")).transpose()
    }

    /// The same, after the given mark has taken the place of none. Of servers that come at the same time, one wins.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn claim_key_mark(&self, mark: &str) -> Result<String, Error> {
        if let Some(found) = self.key_mark().await? {
            return Ok(found);
        }
        let mut tx = self.begin_brief().await?;
        sql("INSERT INTO meta (name, value) VALUES ($1, $2) ON CONFLICT (name) DO NOTHING")
            .bind(ROW)
            .bind(mark)
            .queue(&mut tx);
        tx.commit().await?;
        self.key_mark().await?.ok_or(Error::Damaged { column: "meta.value" })
    }
}

impl Tx {
    /// Has the database go with another server key.
    pub fn set_key_mark(&mut self, mark: &str) {
        sql("INSERT INTO meta (name, value) VALUES ($1, $2) ON CONFLICT (name) DO UPDATE SET value = excluded.value")
            .bind(ROW)
            .bind(mark)
            .queue(self);
    }
}
