//! The connection that writes: one transaction at a time, and one COMMIT for all that are ready.
//!
//! Write transactions follow each other in one transaction of SQLite. When one is done it lets the next one have the connection and
//! waits, with all that came before it, for the COMMIT that makes them durable together. The COMMIT has a thread of its own,
//! which asks for the connection as everybody else does, in line: whoever stands before it is in its COMMIT. So a COMMIT takes
//! along what has gathered while the disk was busy with the last one, and nothing waits for others to come.
//!
//! Nobody is answered before the COMMIT. A transaction that fails after it has written is undone alone: everything is undone, and what
//! those have written who wait is done again, in the same order. That is rare; a savepoint for each would copy every page that each of
//! them changes. Only if SQLite gives up as a whole, because the disk is full or broken, or if another process writes just then, do
//! those that wait fail with it.

use std::io;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread;
use std::time::Duration;

use rusqlite::Connection;
use tokio::sync::{Mutex, OwnedMutexGuard, oneshot};
use tokio::time::{Instant, sleep, timeout};

use crate::causes::Causes;

use super::super::Error;
use super::super::busy::busy;
use super::super::sql::Queued;
use super::{PATIENCE, execute, is_busy, is_full};

/// How long to wait before another process is asked again to let this one write.
const PAUSE: Duration = Duration::from_millis(2);
/// How many writes of one transaction are kept to be done again. One that has more is made durable before the next one begins.
const KEPT: usize = 1000;

/// The connection that writes.
#[derive(Debug, Clone)]
pub(in super::super) struct Writer {
    seat: Arc<Mutex<Seat>>,
    /// Wakes the thread that commits. It ends when nobody can wake it any more.
    bell: SyncSender<()>,
}

#[derive(Debug)]
struct Seat {
    connection: Connection,
    /// Those whose changes are in the open transaction and wait for the disk.
    waiting: Vec<oneshot::Sender<Result<(), Error>>>,
    /// What those have written.
    written: Vec<Queued>,
}

/// A transaction that writes.
pub(in super::super) struct Changes {
    seat: OwnedMutexGuard<Seat>,
    bell: SyncSender<()>,
    /// What it has written.
    written: Vec<Queued>,
    /// Whether there is nothing to undo any more.
    is_over: bool,
}

impl Writer {
    pub(super) fn new(connection: Connection) -> io::Result<Self> {
        let seat = Arc::new(Mutex::new(Seat { connection, waiting: Vec::new(), written: Vec::new() }));
        let (bell, rung) = sync_channel(1);
        let seat_of_thread = seat.clone();
        thread::Builder::new().name("commits".to_owned()).spawn(move || commit_when_rung(&seat_of_thread, &rung))?;
        Ok(Self { seat, bell })
    }

    /// Opens a transaction, after those that asked before.
    pub(in super::super) async fn begin(&self) -> Result<Changes, Error> {
        let begun = Instant::now();
        let seat = timeout(PATIENCE, self.seat.clone().lock_owned()).await;
        let seat = seat.map_err(|_| busy("those who write before one took too long"))?;
        while seat.connection.is_autocommit() {
            // Takes the write lock at once: a transaction that reads first and locks later fails as soon as another
            // process has written in between.
            match seat.run("BEGIN IMMEDIATE") {
                Err(error) if is_busy(&error) && begun.elapsed() < PATIENCE => sleep(PAUSE).await,
                outcome => outcome?,
            }
        }
        Ok(Changes { seat, bell: self.bell.clone(), written: Vec::new(), is_over: false })
    }

    /// Waits until what those have written who wait for the disk is durable.
    ///
    /// # Errors
    /// When it is undone.
    pub(in super::super) async fn settled(&self) -> Result<(), Error> {
        let (sender, receiver) = oneshot::channel();
        let mut seat = self.seat.lock().await;
        if seat.waiting.is_empty() {
            return Ok(());
        }
        seat.waiting.push(sender);
        drop(seat);
        let _ = self.bell.try_send(());
        receiver.await.map_err(|_| thread_ended())?
    }

    /// Whether a transaction is open.
    pub(super) fn is_in_use(&self) -> bool {
        self.seat.try_lock().is_err()
    }

    /// Waits for those at work, and moves what they wrote into the database file.
    pub(in super::super) async fn close(&self) {
        let seat = self.seat.lock().await;
        // The thread that moves the log may be at it.
        let _ = seat.connection.busy_timeout(PATIENCE);
        if let Err(error) = seat.connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(())) {
            tracing::debug!(%error, "the write-ahead log stays as it is");
        }
    }
}

impl Seat {
    fn run(&self, statement: &str) -> rusqlite::Result<()> {
        self.connection.prepare_cached(statement)?.execute([]).map(drop)
    }

    /// Makes durable what waits for it.
    fn commit(&mut self) -> Vec<oneshot::Sender<Result<(), Error>>> {
        match self.run("COMMIT") {
            Ok(()) => {
                self.written.clear();
                std::mem::take(&mut self.waiting)
            }
            Err(error) => {
                self.give_up(|| of_others(&error));
                Vec::new()
            }
        }
    }

    /// Undoes the open transaction, and tells everybody whose changes were in it.
    fn give_up(&mut self, why: impl Fn() -> Error) {
        if !self.connection.is_autocommit() {
            // Without success the next BEGIN says why.
            let _ = self.run("ROLLBACK");
        }
        self.written.clear();
        for waiting in self.waiting.drain(..) {
            // Whoever has gone away does not want to know.
            let _ = waiting.send(Err(why()));
        }
    }

    /// Undoes what the last transaction has written, if it has.
    fn undo(&mut self, has_written: bool) {
        if self.connection.is_autocommit() || self.waiting.is_empty() {
            // SQLite says why it gives up only to whoever made it do so; the others have lost what they may do again.
            self.give_up(|| Error::Busy);
        } else if has_written && let Err(error) = self.begin_anew() {
            tracing::warn!(error = %Causes(&error), "changes that waited for the disk are undone");
            self.give_up(|| Error::Busy);
        }
    }

    /// Undoes everything, and does again what those have written who wait.
    fn begin_anew(&mut self) -> Result<(), Error> {
        let before = self.version()?;
        self.run("ROLLBACK")?;
        self.run("BEGIN IMMEDIATE")?;
        // What another process has written in between, those who wait have not seen.
        if self.version()? != before {
            return Err(busy("another process has written"));
        }
        self.written.iter().try_for_each(|queued| queued.judge(execute(&self.connection, &queued.statement)?))
    }

    /// A number that is another one when another connection has written.
    fn version(&self) -> rusqlite::Result<i64> {
        self.connection.prepare_cached("PRAGMA data_version")?.query_row([], |row| row.get(0))
    }
}

fn thread_ended() -> Error {
    Error::Failed("the thread that commits has ended".into())
}

/// What an error means for those whose changes are undone with it.
fn of_others(error: &rusqlite::Error) -> Error {
    if is_full(error) { Error::NoRoom } else { Error::Failed(error.to_string().into()) }
}

impl Changes {
    pub(super) fn connection(&self) -> &Connection {
        &self.seat.connection
    }

    /// Keeps in mind what was written.
    pub(super) fn note(&mut self, queued: Queued) {
        self.written.push(queued);
    }

    /// Waits until all that was written is durable.
    pub(super) async fn commit(self) -> Result<(), Error> {
        self.wait().await
    }

    /// Undoes all that was written, and waits until what it has met there is durable: what is not could not be seen by
    /// whoever looks now for the reason.
    pub(super) async fn settle(mut self) {
        self.undo();
        self.is_over = true;
        if !self.seat.waiting.is_empty() {
            // What becomes of the others is told to them.
            let _ = self.wait().await;
        }
    }

    fn undo(&mut self) {
        let has_written = !std::mem::take(&mut self.written).is_empty();
        self.seat.undo(has_written);
    }

    async fn wait(mut self) -> Result<(), Error> {
        let (sender, receiver) = oneshot::channel();
        let is_long = self.written.len() > KEPT;
        let written = std::mem::take(&mut self.written);
        self.seat.waiting.push(sender);
        self.seat.written.extend(written);
        self.is_over = true;
        if is_long {
            answer(self.seat.commit());
        }
        // If the bell rings already, the thread is on its way and will find this one too.
        let _ = self.bell.try_send(());
        drop(self);
        receiver.await.map_err(|_| thread_ended())?
    }
}

impl Drop for Changes {
    fn drop(&mut self) {
        if !self.is_over {
            self.undo();
        }
    }
}

fn commit_when_rung(seat: &Mutex<Seat>, rung: &Receiver<()>) {
    while rung.recv().is_ok() {
        let mut seat = seat.blocking_lock();
        if seat.waiting.is_empty() {
            continue;
        }
        let durable = seat.commit();
        // The next ones go on while these get their answers.
        drop(seat);
        answer(durable);
    }
}

/// Tells those whose changes are durable.
fn answer(durable: Vec<oneshot::Sender<Result<(), Error>>>) {
    for waiting in durable {
        // Whoever has gone away does not want to know.
        let _ = waiting.send(Ok(()));
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use futures::FutureExt as _;
    use tokio::sync::oneshot::error::TryRecvError;

    use super::super::super::sql::sql;
    use super::super::{Statement, connect};
    use super::*;

    fn opened(folder: &Path) -> Connection {
        let path = folder.join("invite.db");
        std::fs::File::create(&path).expect("a file");
        let connection = connect(&path).expect("opened");
        connection.execute_batch("CREATE TABLE IF NOT EXISTS t (n INTEGER PRIMARY KEY)").expect("a table");
        connection
    }

    fn insert(number: i64) -> Statement {
        sql("INSERT INTO t VALUES ($1)").bind(number)
    }

    fn numbers(connection: &Connection) -> Vec<i64> {
        let mut all = connection.prepare("SELECT n FROM t ORDER BY n").expect("prepared");
        let all = all.query_map([], |row| row.get(0)).expect("asked");
        all.collect::<Result<_, _>>().expect("read")
    }

    /// Somebody who waits for the disk, and what it has written.
    fn wait(seat: &mut Seat, number: i64) -> oneshot::Receiver<Result<(), Error>> {
        let (sender, receiver) = oneshot::channel();
        execute(&seat.connection, &insert(number)).expect("written");
        seat.written.push(Queued { statement: insert(number), expected: None });
        seat.waiting.push(sender);
        receiver
    }

    #[test]
    fn one_is_undone_and_those_who_wait_are_not() {
        let folder = tempfile::tempdir().expect("a folder");
        let mut seat = Seat { connection: opened(folder.path()), waiting: Vec::new(), written: Vec::new() };
        seat.run("BEGIN IMMEDIATE").expect("begun");
        let mut first = wait(&mut seat, 1);
        for number in [7, 8] {
            execute(&seat.connection, &insert(number)).expect("written");
            seat.undo(true);
        }
        let mut second = wait(&mut seat, 2);
        seat.undo(false);
        answer(seat.commit());
        assert_eq!(numbers(&seat.connection), [1, 2]);
        for waiting in [&mut first, &mut second] {
            waiting.try_recv().expect("told").expect("durable");
        }
    }

    #[test]
    fn what_another_process_has_written_in_between_undoes_those_who_wait() {
        let folder = tempfile::tempdir().expect("a folder");
        let mut seat = Seat { connection: opened(folder.path()), waiting: Vec::new(), written: Vec::new() };
        let other = connect(&folder.path().join("invite.db")).expect("opened");
        let in_between = move || {
            execute(&other, &insert(9)).expect("written by another");
        };
        seat.connection.rollback_hook(Some(in_between)).expect("hooked");
        seat.run("BEGIN IMMEDIATE").expect("begun");
        let mut waiting = wait(&mut seat, 1);
        execute(&seat.connection, &insert(7)).expect("written");
        assert_eq!(waiting.try_recv().map(drop), Err(TryRecvError::Empty));
        seat.undo(true);
        assert!(matches!(waiting.try_recv(), Ok(Err(Error::Busy))));
        assert_eq!(numbers(&seat.connection), [9]);
    }

    #[tokio::test]
    async fn a_long_one_is_durable_before_the_next_one_begins() {
        let folder = tempfile::tempdir().expect("a folder");
        let writer = Writer::new(opened(folder.path())).expect("a thread");
        let mut changes = writer.begin().await.expect("begun");
        for number in 0..=i64::try_from(KEPT).expect("few") {
            execute(changes.connection(), &insert(number)).expect("written");
            changes.note(Queued { statement: insert(number), expected: None });
        }
        changes.commit().now_or_never().expect("at once").expect("durable");
        assert_eq!(numbers(&connect(&folder.path().join("invite.db")).expect("opened")).len(), KEPT + 1);
    }
}
