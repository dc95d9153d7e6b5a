//! Migrations: what brings a schema up to date, in order and forward only.
//!
//! What was done stands in a table of the database, with a checksum, so that a file that was changed afterwards is noticed.
//! The table has the name and the form that sqlx gave it, which kept it first.

use std::sync::LazyLock;

use sha2::{Digest as _, Sha384};

use super::open::OpenError;

/// One step.
#[derive(Debug)]
pub(super) struct Migration {
    pub(super) version: i64,
    /// The file's name without its ending.
    name: &'static str,
    pub(super) sql: &'static str,
}

macro_rules! migrations {
    ($engine:literal: $($version:literal $name:literal,)+) => {
        &[$(Migration {
            version: $version,
            name: $name,
            sql: include_str!(concat!("../../migrations/", $engine, "/", $name, ".sql")),
        }),+]
    };
}

/// All of SQLite.
pub(super) const SQLITE: &[Migration] = migrations! { "sqlite":
    1 "0001_initial",
    2 "0002_events_and_idempotency",
    3 "0003_outbox_kinds",
    4 "0004_api_key_descriptions",
    5 "0005_imports",
    6 "0006_pages_of_invitations",
    7 "0007_automatic_tickets",
    8 "0008_expired_invitations",
    9 "0009_customer_organizations",
    10 "0010_limits",
    11 "0011_due_mails",
    12 "0012_makers_of_keys",
    13 "0013_ended_sessions",
    14 "0014_proven_addresses",
    15 "0015_administrators",
    16 "0016_who_suspended",
    17 "0017_keys_by_maker",
    18 "0018_fewer_indexes",
};

/// All of PostgreSQL, which begins with the schema that SQLite had by then.
pub(super) const POSTGRES: &[Migration] = migrations! { "postgres":
    9 "0009_schema",
    10 "0010_limits",
    11 "0011_due_mails",
    12 "0012_makers_of_keys",
    13 "0013_ended_sessions",
    14 "0014_proven_addresses",
    15 "0015_administrators",
    16 "0016_who_suspended",
    17 "0017_keys_by_maker",
    18 "0018_fewer_indexes",
};

impl Migration {
    /// What the file says of itself.
    pub(super) fn description(&self) -> String {
        self.name.split_once('_').map_or(self.name, |(_, words)| words).replace('_', " ")
    }

    pub(super) fn checksum(&self) -> Vec<u8> {
        Sha384::digest(self.sql).to_vec()
    }
}

/// The version of the newest one.
pub(super) fn newest(all: &[Migration]) -> i64 {
    all.last().map_or(0, |migration| migration.version)
}

/// The version that this program brings a schema up to, of either engine.
#[must_use]
pub fn schema_version() -> &'static str {
    static VERSION: LazyLock<String> = LazyLock::new(|| newest(POSTGRES).to_string());
    &VERSION
}

/// What is still to be done, by what stands in the database: versions with their checksums, in order.
pub(super) fn missing<'a>(all: &'a [Migration], done: &[(i64, Vec<u8>)]) -> Result<Vec<&'a Migration>, OpenError> {
    let (found, known) = (done.last().map_or(0, |(version, _)| *version), newest(all));
    if found > known {
        return Err(OpenError::NewerSchema { found, known });
    }
    let mut missing = Vec::new();
    for migration in all {
        match done.iter().find(|(version, _)| *version == migration.version) {
            None => missing.push(migration),
            Some((_, checksum)) if *checksum == migration.checksum() => {}
            Some((version, _)) => {
                return Err(OpenError::Migration(format!("migration {version} is not the one that was done").into()));
            }
        }
    }
    Ok(missing)
}

/// Whether somebody else's tables stand in the database.
pub(super) fn is_foreign(tables: &[String]) -> bool {
    let has = |name: &str| tables.iter().any(|table| table == name);
    !(tables.is_empty() || has("_sqlx_migrations") && (has("meta") || tables.len() == 1))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::{Migration, POSTGRES, SQLITE};

    #[test]
    fn every_file_is_listed_with_its_version_and_in_order() {
        for (folder, listed) in [("sqlite", SQLITE), ("postgres", POSTGRES)] {
            let folder = format!("{}/migrations/{folder}", env!("CARGO_MANIFEST_DIR"));
            let files = std::fs::read_dir(folder).expect("a folder");
            let files: BTreeSet<String> =
                files.map(|file| file.expect("a file").file_name().into_string().expect("a name")).collect();
            assert_eq!(files, listed.iter().map(|migration| format!("{}.sql", migration.name)).collect());
            assert!(listed.is_sorted_by_key(|migration| migration.version));
            let number = |migration: &Migration| format!("{:04}_", migration.version);
            assert!(listed.iter().all(|migration| migration.name.starts_with(&number(migration))));
        }
    }
}
