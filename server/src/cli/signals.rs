//! Waiting for the signal to stop.

use std::io;

/// Waits for SIGINT or SIGTERM and says which came.
///
/// # Errors
///
/// When signals cannot be watched.
#[cfg(unix)]
pub(super) async fn stop_signal() -> io::Result<&'static str> {
    use tokio::signal::unix::{SignalKind, signal};

    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    tokio::select! {
        _ = interrupt.recv() => Ok("SIGINT"),
        _ = terminate.recv() => Ok("SIGTERM"),
    }
}

/// Waits for Ctrl-C.
///
/// # Errors
///
/// When it cannot be watched.
#[cfg(not(unix))]
pub(super) async fn stop_signal() -> io::Result<&'static str> {
    tokio::signal::ctrl_c().await.map(|()| "Ctrl-C")
}
