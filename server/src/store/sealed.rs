//! What is sealed, wherever it is kept, for sealing it under another key.

use uuid::Uuid;

use super::cells::Cells;
use super::sql::{Value, sql};
use super::{Error, Tx};

/// A column of sealed values.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SealedColumn {
    /// The secrets of signup tokens, for links that are shown again.
    SignupTokens,
    /// Mails that may still be sent.
    Mails,
    /// Answers that a repeated request gets again.
    Answers,
}

/// Which row of its table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SealedRow {
    /// One with an id.
    Id(Uuid),
    /// A key of a request.
    Scope([u8; 32]),
}

/// A sealed value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sealed {
    /// Where it is.
    pub row: SealedRow,
    /// What is there.
    pub value: Vec<u8>,
}

impl SealedColumn {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::SignupTokens, Self::Mails, Self::Answers];

    /// Table, key and column.
    const fn names(self) -> (&'static str, &'static str, &'static str) {
        match self {
            Self::SignupTokens => ("signup_tokens", "id", "sealed_secret"),
            Self::Mails => ("outbox", "id", "payload"),
            Self::Answers => ("idempotency_keys", "scope", "answer"),
        }
    }

    /// Asks for values from a row on. Most mails are sent and have none left: those that have are found by their state.
    fn question(self) -> String {
        let (table, key, name) = self.names();
        let part = |condition: &str| {
            format!(
                "SELECT {key}, {name} AS value FROM {table} \
                 WHERE {condition}{key} > $1 AND {name} IS NOT NULL ORDER BY {key} LIMIT $2"
            )
        };
        match self {
            Self::SignupTokens | Self::Answers => part(""),
            Self::Mails => {
                let (queued, dead) = (part("state = 'queued' AND "), part("state = 'dead' AND "));
                format!("SELECT * FROM ({queued}) q UNION ALL SELECT * FROM ({dead}) d ORDER BY {key} LIMIT $2")
            }
        }
    }

    /// A row before all others.
    const fn start(self) -> Value {
        match self {
            Self::SignupTokens | Self::Mails => Value::Uuid(Uuid::nil()),
            Self::Answers => Value::Bytes(Vec::new()),
        }
    }

    fn row(self, cells: &Cells<'_>) -> Result<SealedRow, Error> {
        match self {
            Self::SignupTokens | Self::Mails => cells.uuid("id").map(SealedRow::Id),
            Self::Answers => {
                let scope: Vec<u8> = cells.get("scope")?;
                let scope = scope.try_into().map_err(|_| Error::Damaged { column: "idempotency_keys.scope" })?;
                Ok(SealedRow::Scope(scope))
            }
        }
    }
}

impl SealedRow {
    fn value(&self) -> Value {
        match self {
            Self::Id(id) => Value::Uuid(*id),
            Self::Scope(scope) => Value::Bytes(scope.to_vec()),
        }
    }
}

impl Tx {
    /// Sealed values in the order of their rows.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn sealed(
        &mut self,
        column: SealedColumn,
        after: Option<&SealedRow>,
        limit: u32,
    ) -> Result<Vec<Sealed>, Error> {
        let rows = sql(column.question())
            .bind(after.map_or_else(|| column.start(), SealedRow::value))
            .bind(i64::from(limit))
            .fetch_all(self)
            .await?;
        let read = |row| {
            let cells = Cells(row);
            Ok(Sealed { row: column.row(&cells)?, value: cells.get("value")? })
        };
        rows.iter().map(read).collect()
    }

    /// Puts a value in the place of another one, unless that is not there any more.
    pub fn replace_sealed(&mut self, column: SealedColumn, sealed: &Sealed, value: Vec<u8>) {
        let (table, key, name) = column.names();
        sql(format!("UPDATE {table} SET {name} = $3 WHERE {key} = $1 AND {name} = $2"))
            .bind(sealed.row.value())
            .bind(&sealed.value)
            .bind(value)
            .queue(self);
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Address, Store};
    use super::*;

    #[tokio::test]
    async fn mails_that_are_sent_are_not_read_to_find_those_that_are_not() {
        let folder = tempfile::tempdir().expect("a folder");
        let store = Store::open(&Address::Sqlite(folder.path().join("invite.db"))).await.expect("opened");
        let steps = store.plan(&SealedColumn::Mails.question()).await.join("\n");
        assert_eq!(steps.matches("USING INDEX outbox_by_state (state=? AND id>?)").count(), 2, "{steps}");
        assert!(!steps.contains("SCAN outbox"), "{steps}");
    }
}
