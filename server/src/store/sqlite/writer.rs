//! The connection that writes: one transaction at a time, and one COMMIT for all that are ready.
//!
//! A write transaction is a savepoint in a transaction of SQLite. When it is done it lets the next one have the connection and
//! waits, with all that came before it, for the COMMIT that makes them durable together. The COMMIT has a thread of its own,
//! which asks for the connection as everybody else does, in line: whoever stands before it is in its COMMIT. So a COMMIT takes
//! along what has gathered while the disk was busy with the last one, and nothing waits for others to come.
//!
//! Nobody is answered before the COMMIT. A transaction that fails is undone alone; only if SQLite gives up as a whole, because
//! the disk is full or broken, do those that wait fail with it.

use std::io;
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::sync::{Arc, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use rusqlite::Connection;
use tokio::sync::{Mutex, OwnedMutexGuard, oneshot};
use tokio::time::{Instant, sleep, timeout};

use super::super::Error;
use super::super::busy::busy;
use super::{PATIENCE, is_busy, is_full};

/// How long to wait before another process is asked again to let this one write.
const PAUSE: Duration = Duration::from_millis(2);
/// How long a COMMIT may take before whoever watches is told: longer than anybody waits to begin.
const STUCK: Duration = PATIENCE.saturating_mul(2);

/// The connection that writes.
#[derive(Debug, Clone)]
pub(in super::super) struct Writer {
    seat: Arc<Mutex<Seat>>,
    /// Wakes the thread that commits. It ends when nobody can wake it any more.
    bell: SyncSender<()>,
    commits: Commits,
}

/// How the thread that commits gets on, for whoever watches.
#[derive(Debug, Clone, Default)]
struct Commits(Arc<std::sync::Mutex<Course>>);

#[derive(Debug, Default)]
struct Course {
    /// Since when it is at a COMMIT, or waits for the connection.
    since: Option<Instant>,
    /// Whether the last one failed, though there was room.
    has_failed: bool,
}

impl Commits {
    fn course(&self) -> MutexGuard<'_, Course> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Course {
    fn is_stuck(&self, now: Instant) -> bool {
        self.since.is_some_and(|since| now.saturating_duration_since(since) > STUCK)
    }
}

#[derive(Debug)]
struct Seat {
    connection: Connection,
    /// Those whose changes are in the open transaction and wait for the disk.
    waiting: Vec<oneshot::Sender<Result<(), Error>>>,
}

/// A transaction that writes.
pub(in super::super) struct Changes {
    seat: OwnedMutexGuard<Seat>,
    bell: SyncSender<()>,
    /// Whether there is nothing to undo any more.
    is_over: bool,
}

impl Writer {
    pub(super) fn new(connection: Connection) -> io::Result<Self> {
        let seat = Arc::new(Mutex::new(Seat { connection, waiting: Vec::new() }));
        let (bell, rung) = sync_channel(1);
        let writer = Self { seat, bell, commits: Commits::default() };
        let (seat, commits) = (writer.seat.clone(), writer.commits.clone());
        thread::Builder::new().name("commits".to_owned()).spawn(move || commit_when_rung(&seat, &rung, &commits))?;
        Ok(writer)
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
        let changes = Changes { seat, bell: self.bell.clone(), is_over: false };
        changes.seat.run("SAVEPOINT changes")?;
        Ok(changes)
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
        seat.ring(&self.bell)?;
        seat.waiting.push(sender);
        drop(seat);
        receiver.await.map_err(|_| thread_ended())?
    }

    /// Looks whether changes become durable. After one that did not, a change that says nothing is tried: whoever is not ready is sent
    /// no others.
    ///
    /// # Errors
    /// When they do not.
    pub(in super::super) async fn works(&self) -> Result<(), Error> {
        let (is_stuck, has_failed) = {
            let course = self.commits.course();
            (course.is_stuck(Instant::now()), course.has_failed)
        };
        if is_stuck {
            return Err(busy(format_args!("the disk has not taken a change in {} s", STUCK.as_secs())));
        }
        if !has_failed {
            return ring(&self.bell);
        }
        let change = async {
            let changes = self.begin().await?;
            changes.connection().pragma_update(None, "user_version", 0)?;
            changes.commit().await
        };
        timeout(PATIENCE, change).await.map_err(|_| busy("the disk does not take a change"))?
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

    /// Has the thread come that commits: it waits for this seat, and finds whoever waits in it then. If it has ended, all is undone
    /// that waits for it.
    fn ring(&mut self, bell: &SyncSender<()>) -> Result<(), Error> {
        ring(bell).inspect_err(|_| self.give_up(thread_ended))
    }

    /// Makes durable what waits for it.
    fn commit(&mut self, commits: &Commits) -> Vec<oneshot::Sender<Result<(), Error>>> {
        let committed = self.run("COMMIT");
        commits.course().has_failed = committed.as_ref().is_err_and(|error| !is_full(error));
        match committed {
            Ok(()) => std::mem::take(&mut self.waiting),
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
        for waiting in self.waiting.drain(..) {
            // Whoever has gone away does not want to know.
            let _ = waiting.send(Err(why()));
        }
    }

    /// Undoes the last savepoint.
    fn undo(&mut self) {
        if self.connection.is_autocommit() {
            // It says why only to whoever made it do so; the others have lost what they may do again.
            self.give_up(|| Error::Busy);
        } else if self.waiting.is_empty() {
            self.give_up(|| Error::Busy);
        } else if let Err(error) = self.run("ROLLBACK TO changes").and_then(|()| self.run("RELEASE changes")) {
            self.give_up(|| of_others(&error));
        }
    }
}

/// If the bell rings already, the thread is on its way.
fn ring(bell: &SyncSender<()>) -> Result<(), Error> {
    match bell.try_send(()) {
        Ok(()) | Err(TrySendError::Full(())) => Ok(()),
        Err(TrySendError::Disconnected(())) => Err(thread_ended()),
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

    /// Waits until all that was written is durable.
    pub(super) async fn commit(self) -> Result<(), Error> {
        self.seat.run("RELEASE changes")?;
        self.wait().await
    }

    /// Undoes all that was written, and waits until what it has met there is durable: what is not could not be seen by
    /// whoever looks now for the reason.
    pub(super) async fn settle(mut self) {
        self.seat.undo();
        self.is_over = true;
        if !self.seat.waiting.is_empty() {
            // What becomes of the others is told to them.
            let _ = self.wait().await;
        }
    }

    async fn wait(mut self) -> Result<(), Error> {
        let (sender, receiver) = oneshot::channel();
        self.is_over = true;
        self.seat.ring(&self.bell)?;
        self.seat.waiting.push(sender);
        drop(self);
        receiver.await.map_err(|_| thread_ended())?
    }
}

impl Drop for Changes {
    fn drop(&mut self) {
        if !self.is_over {
            self.seat.undo();
        }
    }
}

fn commit_when_rung(seat: &Mutex<Seat>, rung: &Receiver<()>, commits: &Commits) {
    while rung.recv().is_ok() {
        commits.course().since = Some(Instant::now());
        let mut seat = seat.blocking_lock();
        let durable = if seat.waiting.is_empty() { Vec::new() } else { seat.commit(commits) };
        // The next ones go on while these get their answers.
        drop(seat);
        commits.course().since = None;
        for waiting in durable {
            let _ = waiting.send(Ok(()));
        }
    }
}

#[cfg(test)]
mod tests {
    use futures::FutureExt as _;

    use super::super::connect;
    use super::*;

    impl Writer {
        /// Has each COMMIT fail from now on, or none.
        pub(in super::super::super) async fn fail_commits(&self, fails: bool) {
            let mut seat = self.seat.lock().await;
            seat.connection.commit_hook(fails.then_some(|| true)).expect("it can have one");
        }
    }

    #[tokio::test]
    async fn nobody_waits_for_a_thread_that_has_ended() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("invite.db");
        std::fs::File::create(&path).expect("a file");
        let connection = connect(&path).expect("opened");
        let seat = Arc::new(Mutex::new(Seat { connection, waiting: Vec::new() }));
        let writer = Writer { seat, bell: sync_channel(1).0, commits: Commits::default() };
        for _ in 0..2 {
            let changes = writer.begin().await.expect("begun");
            changes.connection().execute_batch("CREATE TABLE t (a)").expect("what was before is undone");
            let committed = changes.commit().now_or_never().expect("it does not wait");
            assert!(matches!(committed, Err(Error::Failed(_))), "{committed:?}");
        }
        writer.works().now_or_never().expect("it does not wait").expect_err("it does not work");
    }

    #[test]
    fn a_commit_may_take_as_long_as_others_wait_to_begin_and_no_longer() {
        let start = Instant::now();
        let course = Course { since: Some(start), has_failed: false };
        assert!(!course.is_stuck(start + STUCK) && course.is_stuck(start + STUCK + PAUSE));
        assert!(!Course::default().is_stuck(start + STUCK + PAUSE), "it waits for somebody to come");
    }
}
