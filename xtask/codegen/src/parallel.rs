//! Independent jobs side by side, on as many threads as the machine has cores.
//!
//! Scoped threads and a queue are all that a dozen jobs need; a thread pool would be one more dependency for the same.

use std::panic::{panic_any, resume_unwind};
use std::sync::{Mutex, PoisonError};
use std::thread;

use crate::guard;

/// As much as the main thread has: the passes recurse as deep as a document is nested.
const STACK: usize = 8 * 1024 * 1024;

/// Runs every job; the outcomes are in the order of the jobs. A panic of one of them is a panic here.
pub(crate) fn run<T: Send>(jobs: Vec<impl FnOnce() -> T + Send>) -> Vec<T> {
    let threads = thread::available_parallelism().map_or(1, usize::from).min(jobs.len());
    let queue = Mutex::new(jobs.into_iter().enumerate());
    let work = || {
        let mut done = Vec::new();
        loop {
            // Jobs run outside of the lock, so none of them can poison it.
            let next = queue.lock().unwrap_or_else(PoisonError::into_inner).next();
            let Some((index, job)) = next else { return done };
            done.push((index, guard::caught(job)));
        }
    };
    let mut done = thread::scope(|scope| {
        let other = || thread::Builder::new().stack_size(STACK).spawn_scoped(scope, work);
        // Where no thread is to be had, this one does it all.
        let others: Vec<_> = (1..threads).filter_map(|_| other().ok()).collect();
        let mut done = work();
        for other in others {
            done.extend(other.join().unwrap_or_else(|panic| resume_unwind(panic)));
        }
        done
    });
    done.sort_unstable_by_key(|(index, _)| *index);
    done.into_iter().map(|(_, (outcome, said))| kept(outcome, said.unwrap_or_default())).collect()
}

/// What a job said while it panicked is heard on the thread that asked for it.
fn kept<T>(outcome: Option<T>, said: String) -> T {
    guard::hear(&said);
    outcome.unwrap_or_else(|| panic_any(said))
}

#[cfg(test)]
mod tests {
    use std::panic::catch_unwind;

    use super::*;

    #[test]
    fn outcomes_are_in_the_order_of_the_jobs() {
        let jobs = (0..50).map(|number| move || number * 2);
        assert_eq!(run(jobs.collect()), (0..50).map(|number| number * 2).collect::<Vec<_>>());
        assert!(run(Vec::<fn()>::new()).is_empty());
    }

    #[test]
    fn a_panic_of_a_job_is_a_panic_of_whoever_asked() {
        let jobs = (0..4).map(|number| move || assert!(number < 3, "number three"));
        let panic = catch_unwind(|| run(jobs.collect())).unwrap_err();
        assert_eq!(panic.downcast_ref::<String>().map(String::as_str), Some("number three"));
    }

    #[test]
    fn a_panic_that_a_job_catches_is_heard() {
        let jobs = (0..4).map(|_| || catch_unwind(|| panic!("inside")).is_err());
        let (outcome, said) = guard::caught(|| run(jobs.collect()));
        assert_eq!((outcome, said.as_deref()), (Some(vec![true; 4]), Some("inside")));
    }
}
