//! The importer: works off the imports that were accepted.
//!
//! It wakes up when the application has accepted one, and now and then for those of other replicas and those that a dead
//! process left. One import at a time, batch by batch; any number of importers may work on one database. A process that is
//! asked to stop ends its batch and gives the rest back.

use std::panic::AssertUnwindSafe;
use std::time::Duration;

use futures::FutureExt as _;
use tokio::sync::watch;
use tokio::task::{AbortHandle, JoinHandle};
use tokio::time::Instant;

use crate::app::Error;
use crate::app::imports::{ImportLease, Imports, Step};
use crate::causes::Causes;
use crate::health::{stopped, working};

/// How long to look away when nothing wakes the importer.
const LOOK: Duration = Duration::from_secs(2);
/// How long to look away when the database does not answer.
const LOOK_AFTER_FAILURE: Duration = Duration::from_secs(5);
/// How much longer than its batch an importer may take to stop: it still has to give the import back.
const LAST_WORDS: Duration = Duration::from_secs(5);

/// A running importer.
#[derive(Debug)]
pub struct Importer {
    task: JoinHandle<Option<Result<(), Error>>>,
    /// Until when the batch under way may take, once it is to stop.
    stop: watch::Sender<Option<Instant>>,
}

impl Importer {
    /// Starts the importer.
    #[must_use]
    pub fn start(imports: Imports) -> Self {
        let (stop, stopped) = watch::channel(None);
        Self { task: tokio::spawn(working("importer", run(imports, stopped))), stop }
    }

    /// What tells whether it still works.
    #[must_use]
    pub fn worker(&self) -> AbortHandle {
        self.task.abort_handle()
    }

    /// Begins no further batch, waits for the one under way until `deadline`, and gives the import back. A batch that does not
    /// end in time is undone.
    ///
    /// # Errors
    /// An import was not given back, or nobody was left to do so.
    pub async fn stop(self, deadline: Duration) -> Result<(), String> {
        self.stop.send_replace(Some(Instant::now() + deadline));
        stopped("importer", "an import under way was", self.task, deadline + LAST_WORDS).await
    }
}

/// Works until it is to stop; what kept it from giving an import back then is the error.
async fn run(imports: Imports, mut stopped: watch::Receiver<Option<Instant>>) -> Result<(), Error> {
    while stopped.borrow().is_none() {
        let worked = match imports.lease().await {
            Ok(None) => Ok(false),
            Ok(Some(lease)) => match turn(&imports, lease, &mut stopped).await {
                Err(error) if stopped.borrow().is_some() => return Err(error),
                worked => worked.map(|()| true),
            },
            Err(error) => Err(error),
        };
        let look = match worked {
            Ok(true) => continue,
            Ok(false) => LOOK,
            Err(error) => {
                tracing::error!(error = %Causes(&error), "an import cannot go on for now");
                LOOK_AFTER_FAILURE
            }
        };
        tokio::select! {
            _ = stopped.changed() => break,
            () = rest(&imports, look) => {}
        }
    }
    Ok(())
}

/// Works on an import until it ends, fails, or this process has to end.
async fn turn(
    imports: &Imports,
    lease: ImportLease,
    stopped: &mut watch::Receiver<Option<Instant>>,
) -> Result<(), Error> {
    tracing::info!(import = %lease.import, "an import goes on");
    while stopped.borrow().is_none() {
        let step = tokio::select! {
            step = AssertUnwindSafe(imports.step(lease)).catch_unwind() => step,
            () = too_late(stopped) => break,
        };
        match step {
            Ok(Ok(Step::More)) => {}
            Ok(Ok(Step::Ended)) => {
                tracing::info!(import = %lease.import, "an import has ended");
                return Ok(());
            }
            Ok(Ok(Step::Lost)) => return Ok(()),
            Err(_) => {
                // Its next batch may panic again, on whichever process: the others come first, and no importer ends by it.
                tracing::error!(import = %lease.import, "a batch of an import has panicked");
                imports.put_off(lease).await?;
                return Ok(());
            }
            Ok(Err(error)) => {
                // Whoever looks next need not wait for the end of the lease. That ends by itself if this fails, too.
                let _ = imports.put_off(lease).await;
                return Err(error);
            }
        }
    }
    imports.release(lease).await
}

/// Waits until it is to stop, and then until the batch under way may take no longer.
async fn too_late(stopped: &mut watch::Receiver<Option<Instant>>) {
    let end = stopped.wait_for(Option::is_some).await.ok().and_then(|end| *end);
    // Nobody is left who could ask: the process ends as it is.
    tokio::time::sleep_until(end.unwrap_or_else(Instant::now)).await;
}

async fn rest(imports: &Imports, look: Duration) {
    if look == LOOK {
        imports.wait(look).await;
    } else {
        // Without the database a wake-up would only make it busier.
        tokio::time::sleep(look).await;
    }
}
