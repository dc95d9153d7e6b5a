//! Whether this process can take requests, beside its database: it is not about to stop, and what works in the background still does.
//!
//! The mail server is not asked: mails wait in the outbox while it is away, and every replica would be taken out of service
//! at the same moment.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use futures::FutureExt as _;
use tokio::task::{AbortHandle, JoinHandle};

use crate::causes::Causes;

/// What readiness asks, shared by all requests.
#[derive(Debug, Clone)]
pub struct Health(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    is_stopping: AtomicBool,
    workers: Vec<(&'static str, AbortHandle)>,
}

impl Health {
    /// A process with these workers.
    #[must_use]
    pub fn new(workers: Vec<(&'static str, AbortHandle)>) -> Self {
        Self(Arc::new(Shared { is_stopping: AtomicBool::new(false), workers }))
    }

    /// From now on no load balancer shall send requests here.
    pub fn stop(&self) {
        self.0.is_stopping.store(true, Ordering::Relaxed);
    }

    /// Why no requests shall be sent here; none: they may.
    #[must_use]
    pub fn fault(&self) -> Option<Fault> {
        if self.0.is_stopping.load(Ordering::Relaxed) {
            return Some(Fault::Stopping);
        }
        self.workers().find(|(_, works)| !works).map(|(name, _)| Fault::Ended(name))
    }

    /// The workers, and whether each still works.
    pub fn workers(&self) -> impl Iterator<Item = (&'static str, bool)> {
        self.0.workers.iter().map(|(name, worker)| (*name, !worker.is_finished()))
    }
}

/// The work of a worker, of whose end the log has a line. What ends it is a panic: it goes on after all else that fails. None: it
/// did not come to the end of its work.
pub(crate) async fn working<T>(worker: &'static str, work: impl Future<Output = T>) -> Option<T> {
    let ended = AssertUnwindSafe(work).catch_unwind().await;
    if ended.is_err() {
        tracing::error!(worker, "a worker has ended by itself; restart the server");
    }
    ended.ok()
}

/// What became of a worker that was told to stop: it has so much time to give back what is under way.
///
/// # Errors
/// What was not given back, or that nobody was left to do so.
pub(crate) async fn stopped<E: std::error::Error + 'static>(
    worker: &'static str,
    what: &'static str,
    task: JoinHandle<Option<Result<(), E>>>,
    time: Duration,
) -> Result<(), String> {
    let abort = task.abort_handle();
    match tokio::time::timeout(time, task).await {
        Ok(Ok(Some(given_back))) => given_back.map_err(|error| format!("{what} not given back: {}", Causes(&error))),
        Ok(Ok(None) | Err(_)) => Err(format!("the {worker} had ended by itself")),
        Err(_) => {
            abort.abort();
            Err(format!("{what} not given back in time"))
        }
    }
}

/// Why no requests shall be sent to a process.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// It is about to stop.
    Stopping,
    /// A worker has ended by itself: a defect.
    Ended(&'static str),
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::logging::buffer::Buffer;

    #[tokio::test]
    async fn the_log_has_a_line_of_a_worker_that_has_ended_by_itself_and_none_of_a_stop() {
        let log = Buffer::default();
        let writer = log.clone();
        let subscriber = tracing_subscriber::fmt().with_ansi(false).with_writer(move || writer.clone()).finish();
        let _logged = tracing::subscriber::set_default(subscriber);
        working("importer", async {}).await;
        working("relay", async { panic!("as a test does") }).await;
        let said = log.text();
        assert!(said.contains("ERROR") && said.contains("worker=\"relay\""), "{said}");
        assert!(!said.contains("importer"), "{said}");
    }

    #[tokio::test]
    async fn a_worker_that_has_ended_makes_a_process_unfit_and_so_does_a_stop() {
        let (relay, importer) = (tokio::spawn(std::future::pending::<()>()), tokio::spawn(async {}));
        let health = Health::new(vec![("relay", relay.abort_handle())]);
        assert_eq!(health.fault(), None);
        let unfit = Health::new(vec![("relay", relay.abort_handle()), ("importer", importer.abort_handle())]);
        importer.await.unwrap();
        assert_eq!(unfit.fault(), Some(Fault::Ended("importer")));
        assert_eq!(unfit.workers().collect::<Vec<_>>(), [("relay", true), ("importer", false)]);
        health.stop();
        assert_eq!(health.clone().fault(), Some(Fault::Stopping));
    }
}
