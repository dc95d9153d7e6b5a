//! Who is undone, who is told, and when.

use std::path::Path;

use futures::FutureExt as _;
use tokio::sync::oneshot::error::TryRecvError;

use super::super::super::sql::sql;
use super::super::{Statement, connect, execute, fetch};
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
    // Numbers that the program gives out come back from the change that takes them.
    let statement = sql("INSERT INTO t VALUES ($1) RETURNING n").bind(number);
    let (rows, writes) = fetch(&seat.connection, &statement, 1).expect("written");
    assert!(rows.len() == 1 && writes);
    seat.written.push(Queued { statement, expected: None });
    seat.waiting.push(sender);
    receiver
}

#[test]
fn one_is_undone_and_those_who_wait_are_not() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut seat = Seat::new(opened(folder.path()));
    seat.run("BEGIN IMMEDIATE").expect("begun");
    let mut first = wait(&mut seat, 1);
    for number in [7, 8] {
        execute(&seat.connection, &insert(number)).expect("written");
        seat.undo(true);
    }
    execute(&seat.connection, &insert(2)).expect("written");
    seat.written.push(Queued { statement: insert(2), expected: None });
    execute(&seat.connection, &insert(9)).expect("written");
    seat.undo(true);
    let mut second = wait(&mut seat, 3);
    seat.undo(false);
    answer(seat.commit());
    assert_eq!(numbers(&seat.connection), [1, 2, 3]);
    for waiting in [&mut first, &mut second] {
        waiting.try_recv().expect("told").expect("durable");
    }
}

#[tokio::test]
async fn what_was_written_before_it_failed_is_undone_noted_or_not() {
    let folder = tempfile::tempdir().expect("a folder");
    let seat = Seat::new(opened(folder.path()));
    let commits = seat.commits.clone();
    // A thread that has not come yet.
    let (bell, _rung) = sync_channel(1);
    let writer = Writer { seat: Arc::new(Mutex::new(seat)), bell, commits, in_line: Arc::default() };
    let mut first = writer.begin().await.expect("begun");
    execute(first.connection(), &insert(1)).expect("written");
    first.note(Queued { statement: insert(1), expected: None });
    let mut first = Box::pin(first.commit());
    assert!(futures::poll!(&mut first).is_pending());
    let second = writer.begin().await.expect("begun");
    execute(second.connection(), &insert(2)).expect("written");
    drop(second);
    let mut seat = writer.seat.lock().await;
    answer(seat.commit());
    assert_eq!(numbers(&seat.connection), [1]);
    drop(seat);
    first.await.expect("durable");
}

#[test]
fn what_another_process_has_written_in_between_undoes_those_who_wait() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut seat = Seat::new(opened(folder.path()));
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
    assert!(matches!(waiting.try_recv(), Ok(Err(Error::Busy { .. }))));
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
    assert_eq!(changes.written.len(), 0, "what is never done again takes no memory");
    changes.commit().now_or_never().expect("at once").expect("durable");
    assert_eq!(numbers(&connect(&folder.path().join("invite.db")).expect("opened")).len(), KEPT + 1);
}

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
    let seat = Seat::new(opened(folder.path()));
    let commits = seat.commits.clone();
    let writer = Writer { seat: Arc::new(Mutex::new(seat)), bell: sync_channel(1).0, commits, in_line: Arc::default() };
    for _ in 0..2 {
        let changes = writer.begin().await.expect("begun");
        changes.connection().execute_batch("CREATE TABLE u (a)").expect("what was before is undone");
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
