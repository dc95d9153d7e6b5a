//! The calls of an import, some at a time.

use std::cell::{Cell, RefCell};
use std::time::Duration;

use futures::StreamExt as _;
use tokio::sync::Notify;

use super::report::{Outcome, Report, Sent, Tally};
use super::rows::{self, Row};
use crate::command::Command;
use crate::failure::{Code, Failure};
use crate::sdk::Client;

/// How often one row waits because the service has had too many requests. It is sent with the same key each time, if the
/// service knows keys; if not, it is sent at most once and refused before that.
const PATIENCE: u32 = 5;
const LONGEST_WAIT: Duration = Duration::from_secs(60);
/// So many rows in a row that do not reach the service are reason enough to stop.
const UNREACHED: u32 = 3;

/// What a dry run says beside its rows: `valid` is no promise.
const UNSEEN: &str = "not checked, because only the service knows it: rules between columns, such as what a type wants beside it; \
                      who is there already; whether organizations and tokens exist; passwords that are too common";

/// An import.
pub(super) struct Work<'a> {
    pub(super) command: &'static Command,
    pub(super) client: &'a Client,
    pub(super) rows: &'a [Row],
    pub(super) concurrency: usize,
}

/// Says of each row whether it could be sent, and whether it would be the second one about somebody.
pub(super) fn dry(rows: &[Row], report: &mut Report) -> Result<Tally, Failure> {
    let (mut tally, nothing, repeated) = (Tally::dry(), Sent::default(), rows::repeated(rows));
    for row in rows {
        let second =
            repeated.get(&row.number).map(|before| Failure::usage(format!("the address is that of row {before}")));
        let result = match (&row.input, &second) {
            (Err(failure), _) | (Ok(_), Some(failure)) => Err(failure),
            (Ok(_), None) => Ok(&nothing),
        };
        let outcome = result.map_or(Outcome::Invalid, |_| Outcome::Valid);
        tally.count(outcome);
        report.row(row, outcome, result)?;
    }
    report.say(UNSEEN);
    Ok(tally)
}

/// Why no further row is begun.
#[derive(Default)]
struct Stop {
    asked: Cell<bool>,
    reason: RefCell<Option<Failure>>,
    unreached: Cell<u32>,
    /// Wakes the rows that wait.
    told: Notify,
}

impl Stop {
    fn is_set(&self) -> bool {
        self.asked.get() || self.reason.borrow().is_some()
    }

    /// Waits until no further call is to be made.
    async fn told(&self) {
        while !self.is_set() {
            self.told.notified().await;
        }
    }

    /// Is asked; again, if it says so.
    fn ask(&self) -> bool {
        self.told.notify_waiters();
        self.asked.replace(true)
    }

    /// The first reason is the one; what comes later is said with it.
    fn end(&self, failure: Failure) {
        let mut reason = self.reason.borrow_mut();
        *reason = Some(match reason.take() {
            Some(first) => first.detail(failure.line()),
            None => failure,
        });
        self.told.notify_waiters();
    }

    /// Learns from what came of a row.
    fn heed(&self, failure: Option<&Failure>) {
        let Some(failure) = failure else { return self.unreached.set(0) };
        // A row that was never sent says nothing of the service.
        let Some(call) = failure.parts().call.as_ref().filter(|call| call.attempts > 0) else { return };
        self.unreached.set(if failure.code() == Code::Unreachable { self.unreached.get() + 1 } else { 0 });
        // Credentials are those of every row.
        let is_everywhere = call.status == Some(401) || self.unreached.get() >= UNREACHED;
        if is_everywhere && self.reason.borrow().is_none() {
            self.end(failure.clone());
        }
    }
}

impl Work<'_> {
    /// Sends every row that can be sent; ends early for a reason, which then comes with the tally.
    pub(super) async fn done(&self, report: &mut Report) -> Result<Tally, (Tally, Failure)> {
        let stop = Stop::default();
        let mut begun = vec![false; self.rows.len()];
        let mut ended = vec![false; self.rows.len()];
        let mut tally = Tally::default();
        report.begin(self.rows.len());
        self.rounds(&stop, report, &mut tally, (&mut begun, &mut ended)).await;
        tally.interrupted = stop.asked.get();
        let rest = self.rest(report, &mut tally, &begun, &ended);
        match stop.reason.take().or(rest.err()) {
            Some(failure) => Err((tally, failure)),
            None => Ok(tally),
        }
    }

    async fn rounds(
        &self,
        stop: &Stop,
        report: &mut Report,
        tally: &mut Tally,
        (begun, ended): (&mut [bool], &mut [bool]),
    ) {
        let begun = Cell::from_mut(begun).as_slice_of_cells();
        let rows = self.rows.iter().enumerate().take_while(|_| !stop.is_set());
        let calls = futures::stream::iter(rows).map(|(index, row)| async move {
            begun[index].set(true);
            (index, self.one(row, stop).await)
        });
        let mut calls = std::pin::pin!(calls.buffer_unordered(self.concurrency));
        loop {
            tokio::select! {
                next = calls.next() => {
                    let Some((index, result)) = next else { return };
                    ended[index] = true;
                    stop.heed(result.as_ref().err());
                    let outcome = result.as_ref().err().map_or(Outcome::Done, Outcome::of);
                    tally.count(outcome);
                    // Those under way are waited for: what comes of them is said with the failure, if nowhere else.
                    if let Err(unwritten) = report.row(&self.rows[index], outcome, result.as_ref()) {
                        stop.end(unwritten);
                    }
                }
                _ = tokio::signal::ctrl_c() => {
                    if stop.ask() {
                        return;
                    }
                    report.say("stopping: no further row is begun; Ctrl-C again does not wait for those under way");
                }
            }
        }
    }

    /// One row, however often the service asks it to wait.
    async fn one(&self, row: &Row, stop: &Stop) -> Result<Sent, Failure> {
        let input = row.input.as_ref().map_err(Failure::clone)?;
        let mut patience = PATIENCE;
        loop {
            let failure = match (self.command.call)(self.client, input).await {
                Ok(answer) => return Ok(Sent { status: Some(answer.status), request_id: Some(answer.request_id) }),
                Err(failure) => failure,
            };
            let call = failure.parts().call.as_ref().filter(|call| call.status == Some(429));
            let Some(wait) = call.map(|call| call.retry_after.unwrap_or(1.0)) else { return Err(failure) };
            if patience == 0 || stop.is_set() {
                return Err(failure);
            }
            patience -= 1;
            let wait = Duration::try_from_secs_f64(wait).unwrap_or(LONGEST_WAIT).min(LONGEST_WAIT);
            tokio::select! {
                () = tokio::time::sleep(wait) => {}
                () = stop.told() => return Err(failure),
            }
        }
    }

    /// Those whose turn never came, and those that were left under way.
    fn rest(&self, report: &mut Report, tally: &mut Tally, begun: &[bool], ended: &[bool]) -> Result<(), Failure> {
        let mut written = Ok(());
        for (index, row) in self.rows.iter().enumerate().filter(|(index, _)| !ended[*index]) {
            let (outcome, text) = match begun[index] {
                true => (Outcome::Unknown, "it was under way; whether the service acted is not known"),
                false => (Outcome::NotSent, "its turn never came"),
            };
            tally.count(outcome);
            // They are counted also where no line can be written any more.
            written = written.and_then(|()| report.row(row, outcome, Err(&Failure::new(Code::Interrupted, text))));
        }
        written
    }
}
