//! Moving everything from a database of one engine to one of the other.
//!
//! 1. Nobody writes to either side while it runs: both are locked.
//! 2. The target is written in one transaction, and before that is committed every row is read again on both sides and compared,
//!    value by value. It is all there, or nothing is.
//!
//! Values stay as they are, those sealed under the server's key too. What the columns hold is told by PostgreSQL's catalog:
//! SQLite has no types for UUIDs and truths.

use std::fmt::Write as _;

use sha2::{Digest as _, Sha256};

use super::sql::{Engine, Row, Value, sql};
use super::{Error, Sequence, Store, Tx};

/// Every table with the columns of its key, each after those it refers to.
const TABLES: &[Table] = &[
    Table { name: "meta", key: &["name"] },
    Table { name: "organizations", key: &["id"] },
    Table { name: "organization_domains", key: &["tenant_id", "domain"] },
    Table { name: "users", key: &["id"] },
    Table { name: "memberships", key: &["user_id", "organization_id"] },
    Table { name: "signup_tokens", key: &["id"] },
    Table { name: "invitations", key: &["id"] },
    Table { name: "challenges", key: &["digest"] },
    Table { name: "api_tokens", key: &["id"] },
    Table { name: "api_keys", key: &["username"] },
    Table { name: "outbox", key: &["id"] },
    Table { name: "events", key: &["id"] },
    Table { name: "idempotency_keys", key: &["scope"] },
    Table { name: "imports", key: &["id"] },
    Table { name: "import_rows", key: &["import_id", "number"] },
    Table { name: "counts", key: &["scope"] },
];

/// Rows read or written with one statement: SQLite takes 32,766 values in one.
const ROWS_AT_ONCE: usize = 500;

struct Table {
    name: &'static str,
    key: &'static [&'static str],
}

struct Column {
    name: String,
    kind: Kind,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Small,
    Integer,
    Bool,
    Text,
    Bytes,
    Uuid,
}

/// What was found on both sides of a table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CopiedTable {
    /// Its name.
    pub table: &'static str,
    /// How many rows it has.
    pub rows: u64,
    /// The SHA-256 digest of all their values, in the order of their keys, in hexadecimal digits.
    pub digest: String,
}

/// Why nothing was copied.
#[derive(Debug, thiserror::Error)]
pub enum CopyError {
    /// Both are of one kind.
    #[error("both databases are of the same engine")]
    SameEngine,
    /// The target holds something already.
    #[error("the target is not empty: there are rows in its table {0}")]
    NotEmpty(&'static str),
    /// What was written is not what was read.
    #[error("the two sides differ in the table {0}")]
    Differs(&'static str),
    /// A database failed.
    #[error(transparent)]
    Store(#[from] Error),
}

impl Store {
    /// Whether everything could be copied here; nothing is changed.
    ///
    /// # Errors
    /// What stands in the way.
    pub async fn expect_empty(&self) -> Result<(), CopyError> {
        self.begin_write().await?.expect_empty().await
    }

    /// Copies everything into an empty database of the other engine; tells `done` of each table that is the same on both sides.
    ///
    /// # Errors
    /// Why the target is as it was.
    pub async fn copy_to(&self, target: &Self, mut done: impl FnMut(CopiedTable)) -> Result<(), CopyError> {
        let (mut from, mut to) = (self.begin_write().await?, target.begin_write().await?);
        if from.engine() == to.engine() {
            return Err(CopyError::SameEngine);
        }
        from.lock_tables("SHARE").await?;
        to.lock_tables("ACCESS EXCLUSIVE").await?;
        to.expect_empty().await?;
        for table in TABLES {
            let columns = columns(&mut from, &mut to, table.name).await?;
            let mut after = Vec::new();
            loop {
                let rows = from.rows_after(table, &columns, &after).await?;
                let Some(last) = rows.last() else { break };
                after = key(table, &columns, last);
                to.insert_rows(table, &columns, rows).await?;
            }
            done(compare(&mut from, &mut to, table, &columns).await?);
        }
        for sequence in [Sequence::Organizations, Sequence::Users] {
            let next = from.peek(sequence).await?;
            to.go_on_at(sequence, next).await?;
            if to.peek(sequence).await? != next {
                return Err(CopyError::Differs("sequences"));
            }
        }
        Ok(to.commit().await?)
    }
}

/// Reads a table on both sides, row by row.
async fn compare(from: &mut Tx, to: &mut Tx, table: &Table, columns: &[Column]) -> Result<CopiedTable, CopyError> {
    let (mut rows, mut digest, mut after) = (0, Sha256::new(), Vec::new());
    loop {
        let here = from.rows_after(table, columns, &after).await?;
        if here != to.rows_after(table, columns, &after).await? {
            return Err(CopyError::Differs(table.name));
        }
        let Some(last) = here.last() else { break };
        after = key(table, columns, last);
        rows += u64::try_from(here.len()).unwrap_or(u64::MAX);
        for value in here.iter().flatten() {
            absorb(&mut digest, value);
        }
    }
    let digest = digest.finalize().iter().fold(String::new(), |mut text, byte| {
        // Writing to a text does not fail.
        let _ = write!(text, "{byte:02x}");
        text
    });
    Ok(CopiedTable { table: table.name, rows, digest })
}

/// A value with its kind and its length, so that no two rows look alike.
fn absorb(digest: &mut Sha256, value: &Value) {
    let (kind, bytes): (u8, &[u8]) = match value {
        Value::Null => (0, &[]),
        Value::Integer(value) => (1, &value.to_be_bytes()),
        Value::Bool(value) => (2, &[u8::from(*value)]),
        Value::Text(value) => (3, value.as_bytes()),
        Value::Bytes(value) => (4, value),
        Value::Uuid(value) => (5, value.as_bytes()),
    };
    digest.update([kind]);
    digest.update(u64::try_from(bytes.len()).unwrap_or(u64::MAX).to_be_bytes());
    digest.update(bytes);
}

/// The columns of a table, as the side that is PostgreSQL knows them.
async fn columns(from: &mut Tx, to: &mut Tx, table: &str) -> Result<Vec<Column>, Error> {
    let tx = match from.engine() {
        Engine::Postgres => from,
        Engine::Sqlite => to,
    };
    let rows = sql("SELECT column_name::text AS name, data_type::text AS kind FROM information_schema.columns \
                    WHERE table_schema = current_schema() AND table_name = $1 ORDER BY ordinal_position")
    .bind(table)
    .fetch_all(tx)
    .await?;
    let column = |row: &Row| {
        let kind = match row.get::<String>("kind")?.as_str() {
            "integer" => Kind::Small,
            "bigint" => Kind::Integer,
            "boolean" => Kind::Bool,
            "text" => Kind::Text,
            "bytea" => Kind::Bytes,
            "uuid" => Kind::Uuid,
            other => return Err(Error::Failed(format!("a column of the type {other} cannot be copied").into())),
        };
        Ok(Column { name: row.get("name")?, kind })
    };
    rows.iter().map(column).collect()
}

/// The key of a row.
fn key(table: &Table, columns: &[Column], row: &[Value]) -> Vec<Value> {
    let value = |name: &&str| columns.iter().zip(row).find(|(column, _)| column.name == *name);
    table.key.iter().filter_map(value).map(|(_, value)| value.clone()).collect()
}

fn value(row: &Row, Column { name, kind }: &Column) -> Result<Value, Error> {
    Ok(match kind {
        Kind::Small => row.get::<Option<i32>>(name)?.into(),
        Kind::Integer => row.get::<Option<i64>>(name)?.into(),
        Kind::Bool => row.get::<Option<bool>>(name)?.into(),
        Kind::Text => row.get::<Option<String>>(name)?.into(),
        Kind::Bytes => row.get::<Option<Vec<u8>>>(name)?.into(),
        Kind::Uuid => row.get::<Option<uuid::Uuid>>(name)?.into(),
    })
}

fn names(columns: &[Column]) -> String {
    columns.iter().map(|column| column.name.as_str()).collect::<Vec<_>>().join(", ")
}

impl Tx {
    /// Keeps others away; on SQLite the transaction does.
    async fn lock_tables(&mut self, mode: &str) -> Result<(), Error> {
        match self.engine() {
            Engine::Sqlite => Ok(()),
            Engine::Postgres => {
                let tables = TABLES.iter().map(|table| table.name).collect::<Vec<_>>().join(", ");
                sql(format!("LOCK TABLE {tables} IN {mode} MODE")).execute(self).await.map(drop)
            }
        }
    }

    /// What the schema itself has put there is taken out.
    async fn expect_empty(&mut self) -> Result<(), CopyError> {
        for Table { name, .. } in TABLES {
            if *name == "meta" {
                sql("DELETE FROM meta").execute(self).await?;
            } else if sql(format!("SELECT 1 AS found FROM {name} LIMIT 1")).fetch_optional(self).await?.is_some() {
                return Err(CopyError::NotEmpty(name));
            }
        }
        Ok(())
    }

    /// The next rows of a table in the order of their keys.
    async fn rows_after(
        &mut self,
        table: &Table,
        columns: &[Column],
        after: &[Value],
    ) -> Result<Vec<Vec<Value>>, Error> {
        let (names, key) = (names(columns), table.key.join(", "));
        let mut question = sql(format!("SELECT {names} FROM {}", table.name));
        if !after.is_empty() {
            question.push(&format!(" WHERE ({key}) > ("));
            for (index, value) in after.iter().enumerate() {
                question.push(if index == 0 { "" } else { ", " }).push_bind(value.clone());
            }
            question.push(")");
        }
        question.push(&format!(" ORDER BY {key} LIMIT {ROWS_AT_ONCE}"));
        let rows = question.fetch_all(self).await?;
        rows.iter().map(|row| columns.iter().map(|column| value(row, column)).collect()).collect()
    }

    async fn insert_rows(&mut self, table: &Table, columns: &[Column], rows: Vec<Vec<Value>>) -> Result<(), Error> {
        let mut statement = sql(format!("INSERT INTO {} ({}) VALUES ", table.name, names(columns)));
        for (index, row) in rows.into_iter().enumerate() {
            statement.push(if index == 0 { "(" } else { "), (" });
            for (index, value) in row.into_iter().enumerate() {
                statement.push(if index == 0 { "" } else { ", " }).push_bind(value);
            }
        }
        statement.push(")");
        statement.execute(self).await.map(drop)
    }

    /// The number that a sequence gives out next.
    async fn peek(&mut self, sequence: Sequence) -> Result<i64, Error> {
        match self.engine() {
            Engine::Sqlite => sql("SELECT next_value FROM sequences WHERE name = $1").bind(sequence.row()),
            Engine::Postgres => {
                let last = "last_value + CASE WHEN is_called THEN 1 ELSE 0 END";
                sql(format!("SELECT {last} FROM {}", sequence.name()))
            }
        }
        .scalar(self)
        .await
    }

    async fn go_on_at(&mut self, sequence: Sequence, next: i64) -> Result<(), Error> {
        match self.engine() {
            Engine::Sqlite => {
                let changed = sql("UPDATE sequences SET next_value = $1 WHERE name = $2");
                changed.bind(next).bind(sequence.row()).execute(self).await.map(drop)
            }
            Engine::Postgres => {
                let set = sql(format!("SELECT setval('{}', $1, FALSE)", sequence.name())).bind(next);
                set.scalar::<i64>(self).await.map(drop)
            }
        }
    }
}

#[cfg(test)]
mod tests;
