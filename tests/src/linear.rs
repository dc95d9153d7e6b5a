//! Whether what clients saw at the same time can be explained by an object that does one thing after another.
//!
//! A history is the calls to one object, each with its answer and with the time in which it went on. It is linear if every call
//! can be said to have happened at one instant of its time, so that each answer is the one that the object gives then. The
//! search is that of Wing and Gong (1993): of the calls that may come next, try each; a set of calls that has led to a state
//! without an end is not tried again.

use std::collections::HashSet;
use std::fmt::Debug;
use std::hash::Hash;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// The state of an object, as its rules have it.
pub trait Object: Clone + Eq + Hash {
    /// A call and its answer.
    type Call: Debug;

    /// The states that the object may be in after a call with such an answer; none if it does not answer so.
    fn after(&self, call: &Self::Call) -> Vec<Self>;
}

/// A call in its time.
#[derive(Clone, Debug)]
pub struct Record<C> {
    /// When it was sent.
    pub began: Duration,
    /// When its answer had come.
    pub ended: Duration,
    /// The call and its answer.
    pub call: C,
}

/// Calls to one object, as they are made.
#[derive(Debug)]
pub struct History<C> {
    zero: Instant,
    records: Mutex<Vec<Record<C>>>,
}

impl<C> Default for History<C> {
    fn default() -> Self {
        Self { zero: Instant::now(), records: Mutex::default() }
    }
}

impl<C: Clone> History<C> {
    /// Makes a call and writes it down.
    pub async fn record(&self, call: impl Future<Output = C>) -> C {
        let began = self.zero.elapsed();
        let call = call.await;
        let record = Record { began, ended: self.zero.elapsed(), call: call.clone() };
        self.records.lock().unwrap_or_else(PoisonError::into_inner).push(record);
        call
    }

    /// What was written down, in the order in which it began.
    #[must_use]
    pub fn into_records(self) -> Vec<Record<C>> {
        let mut records = self.records.into_inner().unwrap_or_else(PoisonError::into_inner);
        records.sort_by_key(|record| record.began);
        records
    }
}

/// Calls that one search can keep apart.
const MOST: usize = 128;

/// Looks for an order that explains a history of an object that was in a state at first.
///
/// # Errors
/// There is none: the history, with the calls marked that can be explained together at most.
///
/// # Panics
/// The history has more than 128 calls.
pub fn explain<S: Object>(start: &S, history: &[Record<S::Call>]) -> Result<(), String> {
    assert!(history.len() <= MOST, "a history of {} calls is too long", history.len());
    let mut search = Search { history, seen: HashSet::new(), longest: 0 };
    if search.go(0, start) {
        return Ok(());
    }
    let line = |(index, record): (usize, &Record<S::Call>)| {
        let mark = if search.longest & (1 << index) == 0 { ' ' } else { '+' };
        let (began, ended) = (record.began.as_secs_f64() * 1e3, record.ended.as_secs_f64() * 1e3);
        format!("{mark} {began:>9.1} to {ended:>9.1} ms  {:?}", record.call)
    };
    Err(history.iter().enumerate().map(line).collect::<Vec<_>>().join("\n"))
}

struct Search<'a, S: Object> {
    history: &'a [Record<S::Call>],
    /// Calls that have happened, one bit for each, and the state after them.
    seen: HashSet<(u128, S)>,
    longest: u128,
}

impl<S: Object> Search<'_, S> {
    fn go(&mut self, done: u128, state: &S) -> bool {
        let left = || (0..self.history.len()).filter(|index| done & (1 << index) == 0);
        // Whoever began after another one had its answer comes after it.
        let Some(first_end) = left().map(|index| self.history[index].ended).min() else { return true };
        if !self.seen.insert((done, state.clone())) {
            return false;
        }
        if done.count_ones() >= self.longest.count_ones() {
            self.longest = done;
        }
        let next: Vec<usize> = left().filter(|index| self.history[*index].began <= first_end).collect();
        next.into_iter().any(|index| {
            let states = state.after(&self.history[index].call);
            states.iter().any(|state| self.go(done | 1 << index, state))
        })
    }
}
