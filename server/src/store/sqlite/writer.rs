//! The connection that writes: one transaction at a time, and one COMMIT for all that are ready.
//!
//! Write transactions follow each other in one transaction of SQLite. When one is done it lets the next one have the connection and
//! waits, with all that came before it, for the COMMIT that makes them durable together. The COMMIT has a thread of its own,
//! which asks for the connection as everybody else does, in line, and lets those pass once who have come behind it meanwhile: all of
//! them are in its COMMIT. So a COMMIT takes along what has gathered while the disk was busy with the last one, and nothing waits for
//! others to come.
//!
//! Nobody is answered before the COMMIT. A transaction that fails after it has written is undone alone: everything is undone, and what
//! those have written who wait is done again, in the same order. That is rare; a savepoint for each would copy every page that each of
//! them changes. Only if SQLite gives up as a whole, because the disk is full or broken, or if another process writes just then, do
//! those that wait fail with it.

use std::io;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::sync::{Arc, PoisonError};
use std::thread;
use std::time::Duration;

use rusqlite::Connection;
use tokio::sync::{Mutex, MutexGuard, OwnedMutexGuard, oneshot};
use tokio::time::{Instant, sleep, timeout};

use crate::causes::Causes;

use super::super::Error;
use super::super::busy::busy;
use super::super::sql::Queued;
use super::{PATIENCE, is_busy, is_full, repeat};

/// How long to wait before another process is asked again to let this one write.
const PAUSE: Duration = Duration::from_millis(2);
/// How many statements of one transaction are kept to be done again, their values counted with them. One that has more is made durable
/// before the next one begins.
const KEPT: usize = 10_000;
/// How long a COMMIT may take before whoever watches is told: longer than anybody waits to begin.
const STUCK: Duration = PATIENCE.saturating_mul(2);

/// The connection that writes.
#[derive(Debug, Clone)]
pub(in super::super) struct Writer {
    seat: Arc<Mutex<Seat>>,
    /// Wakes the thread that commits. It ends when nobody can wake it any more.
    bell: SyncSender<()>,
    commits: Commits,
    /// How many wait to begin.
    in_line: Arc<AtomicUsize>,
}

/// One who waits to begin.
struct Waits<'a>(&'a AtomicUsize);

impl Drop for Waits<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
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
    fn course(&self) -> std::sync::MutexGuard<'_, Course> {
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
    /// What those have written.
    written: Vec<Queued>,
    commits: Commits,
}

/// A transaction that writes.
pub(in super::super) struct Changes {
    seat: OwnedMutexGuard<Seat>,
    bell: SyncSender<()>,
    /// What it has written; nothing any more once that is more than is kept.
    written: Vec<Queued>,
    /// How many statements that were, and values in them.
    size: usize,
    /// How many rows the connection had changed when it began. What was written is undone by this and not by the list above, so that
    /// what failed before it came on the list is undone, too.
    changed_before: u64,
    /// Whether there is nothing to undo any more.
    is_over: bool,
}

impl Writer {
    pub(super) fn new(connection: Connection) -> io::Result<Self> {
        let seat = Seat::new(connection);
        let commits = seat.commits.clone();
        let (bell, rung) = sync_channel(1);
        let writer = Self { seat: Arc::new(Mutex::new(seat)), bell, commits, in_line: Arc::default() };
        let (seat, commits, in_line) = (writer.seat.clone(), writer.commits.clone(), writer.in_line.clone());
        thread::Builder::new()
            .name("commits".to_owned())
            .spawn(move || commit_when_rung(&seat, &rung, &commits, &in_line))?;
        Ok(writer)
    }

    /// Opens a transaction, after those that asked before.
    pub(in super::super) async fn begin(&self) -> Result<Changes, Error> {
        let begun = Instant::now();
        self.in_line.fetch_add(1, Ordering::Relaxed);
        let waits = Waits(&self.in_line);
        let seat = timeout(PATIENCE, self.seat.clone().lock_owned()).await;
        drop(waits);
        let seat = seat.map_err(|_| busy("those who write before one took too long"))?;
        while seat.connection.is_autocommit() {
            // Takes the write lock at once: a transaction that reads first and locks later fails as soon as another
            // process has written in between.
            match seat.run("BEGIN IMMEDIATE") {
                Err(error) if is_busy(&error) && begun.elapsed() < PATIENCE => sleep(PAUSE).await,
                outcome => outcome?,
            }
        }
        let changed_before = seat.connection.total_changes();
        Ok(Changes { seat, bell: self.bell.clone(), written: Vec::new(), size: 0, changed_before, is_over: false })
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
    fn new(connection: Connection) -> Self {
        Self { connection, waiting: Vec::new(), written: Vec::new(), commits: Commits::default() }
    }

    fn run(&self, statement: &str) -> rusqlite::Result<()> {
        self.connection.prepare_cached(statement)?.execute([]).map(drop)
    }

    /// Has the thread come that commits: it waits for this seat, and finds whoever waits in it then. If it has ended, all is undone
    /// that waits for it.
    fn ring(&mut self, bell: &SyncSender<()>) -> Result<(), Error> {
        ring(bell).inspect_err(|_| self.give_up(thread_ended))
    }

    /// Makes durable what waits for it.
    fn commit(&mut self) -> Vec<oneshot::Sender<Result<(), Error>>> {
        let committed = self.run("COMMIT");
        self.commits.course().has_failed = committed.as_ref().is_err_and(|error| !is_full(error));
        match committed {
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
            self.give_up(undone);
        } else if has_written && let Err(error) = self.begin_anew() {
            tracing::warn!(error = %Causes(&error), "changes that waited for the disk are undone");
            self.give_up(undone);
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
        for queued in &self.written {
            queued.judge(repeat(&self.connection, queued)?)?;
        }
        Ok(())
    }

    /// A number that is another one when another connection has written.
    fn version(&self) -> rusqlite::Result<i64> {
        self.connection.prepare_cached("PRAGMA data_version")?.query_row([], |row| row.get(0))
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

/// What becomes of those whose changes are undone with those of somebody else.
fn undone() -> Error {
    Error::Busy { reason: "it was undone with a change that failed".to_owned() }
}

/// What an error means for those whose changes are undone with it.
fn of_others(error: &rusqlite::Error) -> Error {
    if is_full(error) { Error::NoRoom } else { Error::Failed(error.to_string().into()) }
}

impl Changes {
    /// What is written here without a note is not done again if somebody after it is undone.
    pub(super) fn connection(&self) -> &Connection {
        &self.seat.connection
    }

    /// Keeps in mind what was written.
    pub(super) fn note(&mut self, queued: Queued) {
        self.size += 1 + queued.statement.values.len();
        if self.is_long() {
            self.written = Vec::new();
        } else {
            self.written.push(queued);
        }
    }

    /// Nobody begins before it is durable, so that it is never done again.
    fn is_long(&self) -> bool {
        self.size > KEPT
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
        self.written.clear();
        let has_written = self.seat.connection.total_changes() != self.changed_before;
        self.seat.undo(has_written);
    }

    async fn wait(mut self) -> Result<(), Error> {
        let (sender, receiver) = oneshot::channel();
        let is_long = self.is_long();
        let written = std::mem::take(&mut self.written);
        self.is_over = true;
        self.seat.ring(&self.bell)?;
        self.seat.waiting.push(sender);
        self.seat.written.extend(written);
        if is_long {
            answer(self.seat.commit());
        }
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

fn commit_when_rung(seat: &Mutex<Seat>, rung: &Receiver<()>, commits: &Commits, in_line: &AtomicUsize) {
    while rung.recv().is_ok() {
        commits.course().since = Some(Instant::now());
        let mut seat = line_up(seat, in_line);
        let durable = if seat.waiting.is_empty() { Vec::new() } else { seat.commit() };
        // The next ones go on while these get their answers.
        drop(seat);
        commits.course().since = None;
        answer(durable);
    }
}

/// Waits for the connection, and once more behind those who have come into line meanwhile: what they write is durable with the same
/// sync, for which they would have to wait otherwise, and then for one of their own.
fn line_up<'a>(seat: &'a Mutex<Seat>, in_line: &AtomicUsize) -> MutexGuard<'a, Seat> {
    let come = seat.blocking_lock();
    if in_line.load(Ordering::Relaxed) == 0 {
        return come;
    }
    drop(come);
    seat.blocking_lock()
}

/// Tells those whose changes are durable.
fn answer(durable: Vec<oneshot::Sender<Result<(), Error>>>) {
    for waiting in durable {
        // Whoever has gone away does not want to know.
        let _ = waiting.send(Ok(()));
    }
}

#[cfg(test)]
mod tests;
