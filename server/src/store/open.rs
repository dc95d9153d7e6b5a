//! Why a database cannot be used.

use std::io;
use std::path::PathBuf;

/// Why a database cannot be used. No password stands in it.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The file or its folder cannot be written.
    #[error("cannot write the database {}: {source}", path.display())]
    Unwritable {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// Another process serves the database.
    #[error("another server{} serves the database {}", process.map_or_else(String::new, |id| format!(" (process {id})")), path.display())]
    InUse {
        /// The file.
        path: PathBuf,
        /// The process, if it has said so.
        process: Option<u32>,
    },
    /// Servers, or another copy, work on the database.
    #[error("servers, or another copy, use the database {database}")]
    Served {
        /// The database.
        database: String,
    },
    /// Somebody moves everything from or to the database.
    #[error("the database {database} is just being copied")]
    Copied {
        /// The database.
        database: String,
    },
    /// The file is something else than a database.
    #[error("{} is not a database: name another file or move this one away", path.display())]
    NotADatabase {
        /// The file.
        path: PathBuf,
    },
    /// Another program holds the file.
    #[error("the database {} is busy: another program holds it", path.display())]
    Busy {
        /// The file.
        path: PathBuf,
    },
    /// The server does not let this program in, or knows no such database.
    #[error("cannot use the database {database}: {reason}")]
    Unreachable {
        /// The database.
        database: String,
        /// What the server or the system says.
        reason: String,
    },
    /// The server's certificate is not believed.
    #[error("cannot trust the server of the database {database}: {reason}")]
    Untrusted {
        /// The database.
        database: String,
        /// What is wrong with the certificate.
        reason: String,
    },
    /// There is no schema in which the user may do what is left to do.
    #[error("cannot use the database {database}: {reason}")]
    Unfit {
        /// The database.
        database: String,
        /// What stands in the way.
        reason: String,
        /// What takes it away.
        remedy: String,
    },
    /// The server does not answer, or takes nobody at present.
    #[error("the database {database} is away: {reason}")]
    Away {
        /// The database.
        database: String,
        /// What the server or the system says.
        reason: String,
    },
    /// The certificates of authorities cannot be used.
    #[error("cannot use the certificates in {}: {reason}", path.display())]
    Certificates {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// The database belongs to another program.
    #[error("{database} has tables of another program: name another one")]
    Foreign {
        /// The database, or the schema in it.
        database: String,
    },
    /// A newer version of this program has written the database.
    #[error(
        "the database has schema version {found} and this program knows versions up to {known}: install a newer version of the program"
    )]
    NewerSchema {
        /// The version of the database.
        found: i64,
        /// The newest version that this program knows.
        known: i64,
    },
    /// The schema could not be brought up to date.
    #[error("the database schema could not be brought up to date: {0}")]
    Migration(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// The tables could not be made in a database that has none yet.
    #[error("the tables could not be made: {0}")]
    NotMade(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// Anything else.
    #[error("the database could not be opened: {0}")]
    Failed(#[source] Box<dyn std::error::Error + Send + Sync>),
}
