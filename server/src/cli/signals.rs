//! The signals to stop.

use super::failure::Failure;

/// What is watched from now on. Until then a signal does what the system does with it; for the first process of a container
/// that is nothing.
#[cfg(unix)]
pub(crate) struct Signals {
    interrupt: tokio::signal::unix::Signal,
    terminate: tokio::signal::unix::Signal,
}

#[cfg(unix)]
impl Signals {
    /// Watches SIGINT and SIGTERM.
    ///
    /// # Errors
    ///
    /// When signals cannot be watched.
    pub(crate) fn watch() -> Result<Self, Failure> {
        use tokio::signal::unix::{SignalKind, signal};

        let watched = |kind| signal(kind).map_err(|error| Failure::unexpected("cannot watch signals", &error));
        Ok(Self { interrupt: watched(SignalKind::interrupt())?, terminate: watched(SignalKind::terminate())? })
    }

    /// Waits for the next one and says which came.
    pub(super) async fn next(&mut self) -> &'static str {
        tokio::select! {
            _ = self.interrupt.recv() => "SIGINT",
            _ = self.terminate.recv() => "SIGTERM",
        }
    }
}

/// What is watched from now on.
#[cfg(not(unix))]
pub(crate) struct Signals(());

#[cfg(not(unix))]
impl Signals {
    /// Watches Ctrl-C.
    ///
    /// # Errors
    ///
    /// None here.
    pub(crate) fn watch() -> Result<Self, Failure> {
        Ok(Self(()))
    }

    /// Waits for the next one.
    pub(super) async fn next(&mut self) -> &'static str {
        match tokio::signal::ctrl_c().await {
            Ok(()) => "Ctrl-C",
            Err(_) => std::future::pending().await,
        }
    }
}
