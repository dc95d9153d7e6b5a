//! `copy`: moves everything to a database of the other engine.

use super::failure::Failure;
use super::flags::database;
use super::{print, remark, run};
use crate::config::keys::{COPY_FROM_VARIABLE, COPY_TO_VARIABLE};
use crate::store::{Address, CopyError, Error, Store};

#[derive(clap::Args)]
pub(super) struct CopyFlags {
    /// Where everything is: a file, or the URL of a PostgreSQL database
    #[arg(long, value_name = "FILE|URL", env = COPY_FROM_VARIABLE, hide_env_values = true)]
    from: String,
    /// Where it shall be: an empty database of the other kind
    #[arg(long, value_name = "FILE|URL", env = COPY_TO_VARIABLE, hide_env_values = true)]
    to: String,
}

/// Copies, compares, and tells of each table on the way.
///
/// # Errors
///
/// Why the target is as it was.
pub(super) async fn copy(flags: CopyFlags) -> Result<(), Failure> {
    let from = database("--from", &flags.from)?;
    let to = database("--to", &flags.to)?;
    if let Address::Sqlite(file) = &from
        && !file.exists()
    {
        return Err(Failure::mendable(format!("there is no database {}", file.display()), "name it with --from"));
    }
    // To open a database brings its schema up to date: whatever can be refused is refused before.
    if matches!((&from, &to), (Address::Sqlite(_), Address::Sqlite(_)) | (Address::Postgres(_), Address::Postgres(_))) {
        return Err(failure(&CopyError::SameEngine));
    }
    let unusable = |error| run::database_failure(&error);
    let _from = from.reserve_alone().await.map_err(unusable)?;
    let _to = to.reserve_alone().await.map_err(unusable)?;
    let target = Store::open(&to).await.map_err(unusable)?;
    target.expect_empty().await.map_err(|error| failure(&error))?;
    let source = Store::open(&from).await.map_err(unusable)?;
    let (mut tables, mut rows) = (0_u64, 0);
    let copied = source
        .copy_to(&target, |table| {
            tables += 1;
            rows += table.rows;
            remark(&format!("{}: {} rows, alike on both sides, SHA-256 {}", table.table, table.rows, table.digest));
        })
        .await;
    source.close().await;
    target.close().await;
    copied.map_err(|error| failure(&error))?;
    // That all of it is there is what success means, whoever hears of it.
    let _ = print(&format!("copied {rows} rows of {tables} tables from {from} to {to}\n"));
    Ok(())
}

fn failure(error: &CopyError) -> Failure {
    match error {
        CopyError::SameEngine => Failure::mendable(
            error.to_string(),
            "`copy` moves between SQLite and PostgreSQL; copy a file while no server runs, a PostgreSQL database by pg_dump",
        ),
        CopyError::NotEmpty(_) => {
            Failure::mendable(error.to_string(), "it is left as it is; name an empty database with --to")
        }
        CopyError::Store(Error::Busy { .. } | Error::Contended) => Failure::mendable(
            "somebody else holds one of the databases",
            "stop the servers on both, and try again; nothing was copied",
        ),
        CopyError::Store(unknown @ Error::Unknown(_)) => {
            Failure::unexpected("it is not known whether everything was copied, or nothing", unknown)
                .with_hint("copy again: a target that is not empty any more has everything")
        }
        CopyError::Differs(_) | CopyError::Store(_) => Failure::unexpected("nothing was copied", error),
    }
}
