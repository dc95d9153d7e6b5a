//! Looking at a database without changing it: whether a start would take it.

use super::migrations::{POSTGRES, SQLITE, newest};
use super::reservation::holder;
use super::{Address, OpenError, postgres, sqlite};

/// How a database stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outlook {
    /// What is there.
    pub found: Found,
    /// The version that a start brings the schema up to.
    pub known: i64,
    /// The server that has the file, by its process if it has said so. A database of PostgreSQL is anybody's.
    pub holder: Option<Option<u32>>,
}

/// What is in a database.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Found {
    /// The version of its schema; 0 if it has no tables yet, or is not there.
    pub version: i64,
    /// The mark of the server key that it goes with.
    pub key_mark: Option<String>,
}

impl Address {
    /// Looks at the database.
    ///
    /// # Errors
    /// Why a start would not take it.
    pub async fn look(&self) -> Result<Outlook, OpenError> {
        let (found, known, holder) = match self {
            Self::Sqlite(path) if path.exists() => (sqlite::look(path)?, newest(SQLITE), holder(path)),
            Self::Sqlite(_) => (Found::default(), newest(SQLITE), None),
            Self::Postgres(address) => (postgres::look(address).await?, newest(POSTGRES), None),
        };
        Ok(Outlook { found, known, holder })
    }
}
