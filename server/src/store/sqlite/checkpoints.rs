//! Moving what the write-ahead log has into the database file, beside those who write.
//!
//! SQLite does it by itself, in a COMMIT, which then takes two or three syncs longer and holds up all who write meanwhile. So a
//! thread with a connection of its own does it. What is written in the meantime comes after it into the log, which therefore has no
//! end as long as somebody writes: when it is too long a COMMIT does the rest, and the next change begins the log anew.

use std::sync::mpsc::{Receiver, sync_channel};
use std::thread;

use rusqlite::Connection;

use super::OpenError;

/// Pages that are worth being moved: 16 MiB. SQLite by itself takes a quarter of that; but most of what is written are the same few
/// pages again, at the ends of indexes, which are moved once.
const ENOUGH: i32 = 4000;
/// Pages at which a COMMIT moves what is left: 64 MiB.
const TOO_MANY: i32 = 4 * ENOUGH;

/// Has the log of the one who writes moved by another connection.
pub(super) fn beside(writer: &mut Connection, other: Connection) -> Result<(), OpenError> {
    // One that is under way sees to all that there is when it begins.
    let (bell, rung) = sync_channel(1);
    let mut moved = 0;
    let hooked = writer.wal_hook(Some(move |log: &mut rusqlite::hooks::Wal, pages| {
        if pages < moved {
            moved = 0;
        }
        if pages >= TOO_MANY {
            // The thread may still be at it. It is not rung for any more, and the next COMMIT tries again.
            let _ = log.checkpoint();
        } else if pages >= moved + ENOUGH {
            moved = pages;
            let _ = bell.try_send(());
        }
        Ok(())
    }));
    hooked.map_err(|error| OpenError::Failed(Box::new(error)))?;
    let thread = thread::Builder::new().name("checkpoints".to_owned()).spawn(move || move_when_rung(&other, &rung));
    thread.map(drop).map_err(|error| OpenError::Failed(Box::new(error)))
}

fn move_when_rung(connection: &Connection, rung: &Receiver<()>) {
    while rung.recv().is_ok() {
        if let Err(error) = connection.query_row("PRAGMA wal_checkpoint(PASSIVE)", [], |_| Ok(())) {
            tracing::debug!(%error, "the write-ahead log stays as it is");
        }
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::{Path, PathBuf};
    use std::time::{Duration, Instant};

    use super::super::connect;
    use super::*;

    /// When a test gives up.
    const PATIENCE: Duration = Duration::from_secs(60);

    const PAGE: u64 = 4096;

    /// A database of one table, whose log another connection moves.
    fn opened(folder: &Path) -> (PathBuf, Connection) {
        let path = folder.join("invite.db");
        fs::File::create(&path).expect("a file");
        let mut writer = connect(&path).expect("opened");
        writer.execute_batch("CREATE TABLE t (data BLOB)").expect("a table");
        beside(&mut writer, connect(&path).expect("opened")).expect("a thread");
        (path, writer)
    }

    fn write(writer: &Connection, pages: u64) {
        writer
            .execute("INSERT INTO t VALUES (randomblob($1))", [i64::try_from(pages * PAGE).expect("few")])
            .expect("written");
    }

    fn size(path: &Path) -> u64 {
        fs::metadata(path).expect("a file").len()
    }

    #[test]
    fn the_log_is_moved_while_nobody_writes_any_more() {
        let folder = tempfile::tempdir().expect("a folder");
        let (path, writer) = opened(folder.path());
        write(&writer, 2 * ENOUGH as u64);
        let end = Instant::now() + PATIENCE;
        while size(&path) < 2 * ENOUGH as u64 * PAGE {
            assert!(Instant::now() < end, "nobody moves it");
            thread::yield_now();
        }
    }

    #[test]
    fn the_log_has_an_end_however_much_is_written() {
        let folder = tempfile::tempdir().expect("a folder");
        let (path, writer) = opened(folder.path());
        for _ in 0..4 * TOO_MANY / ENOUGH {
            write(&writer, ENOUGH as u64);
        }
        let most = 2 * TOO_MANY as u64 * PAGE;
        let log = size(&path.with_extension("db-wal"));
        assert!(log < most, "{log} bytes");
    }
}
