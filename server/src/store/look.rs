//! Looking at a database without changing it: whether a start would take it.

use super::migrations::{POSTGRES, SQLITE, newest};
use super::{Address, OpenError, postgres, sqlite};

/// How a database stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Outlook {
    /// The version of its schema; 0 if it has no tables yet, or is not there.
    pub found: i64,
    /// The version that a start brings it up to.
    pub known: i64,
}

impl Address {
    /// Looks at the database.
    ///
    /// # Errors
    /// Why a start would not take it.
    pub async fn look(&self) -> Result<Outlook, OpenError> {
        let (found, known) = match self {
            Self::Sqlite(path) if path.exists() => (sqlite::look(path)?, newest(SQLITE)),
            Self::Sqlite(_) => (0, newest(SQLITE)),
            Self::Postgres(address) => (postgres::look(address).await?, newest(POSTGRES)),
        };
        Ok(Outlook { found, known })
    }
}
