//! Statements and rows of either engine: the one form in which the tables' files speak to a database.
//!
//! A [`Statement`] is a text with numbered parameters and its values. Questions are asked at once. Writes are queued in their
//! transaction and reach the database with the next question or with the commit, in order: what is known beforehand goes out
//! together. What a write must have done ([`Statement::queue_one`]) is looked at before the commit.

use std::borrow::Cow;
use std::ops::Range;
use std::sync::Arc;

use tokio_postgres::types::FromSql;
use uuid::Uuid;

use super::{Connection, Error, Tx, sqlite};

/// A database engine, for the few texts that differ.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Engine {
    Sqlite,
    Postgres,
}

impl Engine {
    /// That a key is among those that a question picks to work on. Rows that another process works on are left to it; SQLite has
    /// one writer. PostgreSQL picks first, and then finds each row by its key: how many there are it cannot know when it plans.
    pub(super) fn picked(self, question: &str) -> String {
        match self {
            Self::Sqlite => format!("IN ({question})"),
            Self::Postgres => format!("= ANY (ARRAY({question} FOR UPDATE SKIP LOCKED))"),
        }
    }

    /// That a key is among those that a question finds, which come first: each row is then found by its key.
    pub(super) fn among(self, question: &str) -> String {
        match self {
            Self::Sqlite => format!("IN ({question})"),
            Self::Postgres => format!("= ANY (ARRAY({question}))"),
        }
    }

    /// All numbers of a column as one text, divided by blanks.
    pub(super) fn numbers(self, column: &str) -> String {
        match self {
            Self::Sqlite => format!("group_concat({column}, ' ')"),
            Self::Postgres => format!("string_agg({column}::text, ' ')"),
        }
    }
}

/// A parameter.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Value {
    Null,
    Integer(i64),
    Bool(bool),
    Text(String),
    Bytes(Vec<u8>),
    Uuid(Uuid),
}

macro_rules! from {
    ($($from:ty: $value:ident => $made:expr;)*) => {
        $(impl From<$from> for Value {
            fn from($value: $from) -> Self {
                $made
            }
        })*
    };
}

from! {
    i64: value => Self::Integer(value);
    i32: value => Self::Integer(value.into());
    bool: value => Self::Bool(value);
    &str: value => Self::from(value.to_owned());
    String: value => Self::Text(without_nul(value));
    &String: value => Self::from(value.clone());
    &Option<String>: value => value.as_deref().into();
    &[u8]: value => Self::Bytes(value.to_vec());
    Vec<u8>: value => Self::Bytes(value);
    &Vec<u8>: value => Self::Bytes(value.clone());
    Uuid: value => Self::Uuid(value);
}

/// PostgreSQL has no text with this character in it. SQLite does without it too, so that a text is the same on either engine.
fn without_nul(text: String) -> String {
    if text.contains('\0') { text.replace('\0', "\u{fffd}") } else { text }
}

impl<T: Into<Self>> From<Option<T>> for Value {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Null, Into::into)
    }
}

/// A statement with its values.
#[derive(Debug, PartialEq)]
pub(super) struct Statement {
    pub(super) text: Cow<'static, str>,
    pub(super) values: Vec<Value>,
    /// Whether a connection shall remember how it is done.
    pub(super) is_kept: bool,
}

/// A statement that comes again and again.
pub(super) fn sql(text: impl Into<Cow<'static, str>>) -> Statement {
    Statement { text: text.into(), values: Vec::new(), is_kept: true }
}

/// A statement that nobody needs again.
pub(super) fn once(text: impl Into<Cow<'static, str>>) -> Statement {
    Statement { is_kept: false, ..sql(text) }
}

/// What it means that a write found no row.
#[derive(Debug, Clone, Copy)]
pub(super) enum Lost {
    /// A row is not as the plan found it.
    Row(&'static str),
    /// An idempotency key belongs to another request by now.
    Key,
    /// There is no room for one more of something that is limited.
    Count,
}

impl From<Lost> for Error {
    fn from(lost: Lost) -> Self {
        match lost {
            Lost::Row(what) => Self::LostRace { what },
            Lost::Key => Self::KeyGone,
            Lost::Count => Self::Full,
        }
    }
}

/// How many rows a write has to change, and what it means if it does not.
#[derive(Debug, Clone, Copy)]
pub(super) struct Expected {
    pub(super) rows: u64,
    pub(super) lost: Lost,
}

/// A write that waits for its turn.
#[derive(Debug)]
pub(super) struct Queued {
    pub(super) statement: Statement,
    pub(super) expected: Option<Expected>,
}

impl Queued {
    /// Whether it has changed what it has to.
    pub(super) fn judge(&self, changed: u64) -> Result<(), Lost> {
        match self.expected {
            Some(Expected { rows, lost }) if rows != changed => Err(lost),
            _ => Ok(()),
        }
    }

    /// Whether it counts something that is limited.
    pub(super) const fn counts(&self) -> bool {
        matches!(self.expected, Some(Expected { lost: Lost::Count, .. }))
    }
}

impl Statement {
    /// The value of the next parameter.
    pub(super) fn bind(mut self, value: impl Into<Value>) -> Self {
        self.values.push(value.into());
        self
    }

    /// Adds to the text.
    pub(super) fn push(&mut self, text: &str) -> &mut Self {
        self.text.to_mut().push_str(text);
        self
    }

    /// Adds a parameter to the text.
    pub(super) fn push_bind(&mut self, value: impl Into<Value>) -> &mut Self {
        self.values.push(value.into());
        let number = self.values.len();
        self.push(&format!("${number}"))
    }

    pub(super) async fn fetch_all(self, tx: &mut Tx) -> Result<Vec<Row>, Error> {
        let queued = tx.queue_before(&self);
        match &mut tx.connection {
            Connection::Sqlite(connection) => {
                Ok(connection.ask(queued, self, usize::MAX)?.into_iter().map(Row::Sqlite).collect())
            }
            Connection::Postgres(connection) => connection.ask(queued, self).await,
        }
    }

    pub(super) async fn fetch_optional(self, tx: &mut Tx) -> Result<Option<Row>, Error> {
        if let Some(answer) = tx.foreseen(&self) {
            return Ok(answer);
        }
        let queued = tx.queue_before(&self);
        match &mut tx.connection {
            Connection::Sqlite(connection) => Ok(connection.ask(queued, self, 1)?.into_iter().next().map(Row::Sqlite)),
            Connection::Postgres(connection) => Ok(connection.ask(queued, self).await?.into_iter().next()),
        }
    }

    pub(super) async fn fetch_one(self, tx: &mut Tx) -> Result<Row, Error> {
        let row = self.fetch_optional(tx).await?;
        row.ok_or_else(|| Error::Failed("a statement gave no row".into()))
    }

    /// The first column of the only row.
    pub(super) async fn scalar<T: Stored>(self, tx: &mut Tx) -> Result<T, Error> {
        self.fetch_one(tx).await?.first()
    }

    /// The first column of the only row, if there is one.
    pub(super) async fn optional_scalar<T: Stored>(self, tx: &mut Tx) -> Result<Option<T>, Error> {
        self.fetch_optional(tx).await?.as_ref().map(Row::first).transpose()
    }

    /// The first column of every row.
    pub(super) async fn scalars<T: Stored>(self, tx: &mut Tx) -> Result<Vec<T>, Error> {
        self.fetch_all(tx).await?.iter().map(Row::first).collect()
    }

    /// Does it at once; returns how many rows it changed.
    pub(super) async fn execute(self, tx: &mut Tx) -> Result<u64, Error> {
        let queued = tx.queue_before(&self);
        match &mut tx.connection {
            Connection::Sqlite(connection) => connection.execute(queued, self),
            Connection::Postgres(connection) => connection.execute(queued, self).await,
        }
    }

    /// Does it with the next question or with the commit.
    pub(super) fn queue(self, tx: &mut Tx) {
        tx.queued.push(Queued { statement: self, expected: None });
    }

    /// The same, and it has to change one row.
    pub(super) fn queue_one(self, tx: &mut Tx, lost: Lost) {
        self.queue_expecting(tx, Expected { rows: 1, lost });
    }

    /// The same, and it has to change so many rows.
    pub(super) fn queue_expecting(self, tx: &mut Tx, expected: Expected) {
        tx.queued.push(Queued { statement: self, expected: Some(expected) });
    }
}

/// What a column can be read as.
pub(super) trait Stored: rusqlite::types::FromSql + for<'r> FromSql<'r> {}

impl<T> Stored for T where T: rusqlite::types::FromSql + for<'r> FromSql<'r> {}

/// A row of an answer.
#[derive(Debug)]
pub(super) enum Row {
    Sqlite(sqlite::Row),
    Postgres(tokio_postgres::Row),
    /// Some columns of a row that answers several questions.
    PostgresPart(Arc<tokio_postgres::Row>, Range<usize>),
}

impl Row {
    /// A column by its name.
    pub(super) fn get<T: Stored>(&self, column: &str) -> Result<T, Error> {
        match self {
            Self::Sqlite(row) => row.get(column),
            Self::Postgres(row) => Ok(row.try_get(column)?),
            Self::PostgresPart(row, part) => {
                let columns = row.columns().get(part.clone()).unwrap_or_default();
                let index = columns.iter().position(|known| known.name() == column);
                let index = index.ok_or_else(|| Error::Failed(format!("no column {column}").into()))?;
                Ok(row.try_get(part.start + index)?)
            }
        }
    }

    fn first<T: Stored>(&self) -> Result<T, Error> {
        match self {
            Self::Sqlite(row) => row.at(0),
            Self::Postgres(row) => Ok(row.try_get(0)?),
            Self::PostgresPart(row, part) => Ok(row.try_get(part.start)?),
        }
    }
}
