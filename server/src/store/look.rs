//! Looking at a database without changing it: whether a start would take it.

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
        match self {
            Self::Sqlite(path) if !path.exists() => Ok(Outlook { found: 0, known: sqlite::newest_migration() }),
            Self::Sqlite(path) => Ok(Outlook { found: sqlite::look(path).await?, known: sqlite::newest_migration() }),
            Self::Postgres(address) => {
                Ok(Outlook { found: postgres::look(address).await?, known: postgres::newest_migration() })
            }
        }
    }
}
