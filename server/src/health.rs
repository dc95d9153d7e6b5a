//! Whether this process can take requests, beside its database: it is not about to stop, and what works in the background still does.
//!
//! The mail server is not asked: mails wait in the outbox while it is away, and every replica would be taken out of service
//! at the same moment.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use tokio::task::AbortHandle;

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
        self.0.workers.iter().find(|(_, worker)| worker.is_finished()).map(|(name, _)| Fault::Ended(name))
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

    #[tokio::test]
    async fn a_worker_that_has_ended_makes_a_process_unfit_and_so_does_a_stop() {
        let (relay, importer) = (tokio::spawn(std::future::pending::<()>()), tokio::spawn(async {}));
        let health = Health::new(vec![("relay", relay.abort_handle())]);
        assert_eq!(health.fault(), None);
        let unfit = Health::new(vec![("relay", relay.abort_handle()), ("importer", importer.abort_handle())]);
        importer.await.unwrap();
        assert_eq!(unfit.fault(), Some(Fault::Ended("importer")));
        health.stop();
        assert_eq!(health.clone().fault(), Some(Fault::Stopping));
    }
}
