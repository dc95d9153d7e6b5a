//! SIGHUP: the certificate and its key are read anew. Nothing else of the configuration is.

use std::convert::Infallible;

use super::failure::Failure;
use crate::causes::Causes;
use crate::tls::Tls;

/// What is watched from now on. Until then a hangup ends the process, as the system has it.
pub(super) struct Hangups {
    #[cfg(unix)]
    signal: tokio::signal::unix::Signal,
}

impl Hangups {
    /// Watches SIGHUP, where there is such a thing.
    ///
    /// # Errors
    ///
    /// When signals cannot be watched.
    pub(super) fn watch() -> Result<Self, Failure> {
        Ok(Self {
            #[cfg(unix)]
            signal: tokio::signal::unix::signal(tokio::signal::unix::SignalKind::hangup())
                .map_err(|error| Failure::unexpected("cannot watch signals", &error))?,
        })
    }

    /// Waits for the next one.
    async fn next(&mut self) {
        #[cfg(unix)]
        if self.signal.recv().await.is_some() {
            return;
        }
        std::future::pending().await
    }

    /// Reads the certificate anew at each of them, without an end.
    pub(super) async fn attend(mut self, tls: Option<Tls>) -> Infallible {
        loop {
            self.next().await;
            let Some(tls) = tls.clone() else {
                tracing::info!(signal = "SIGHUP", "without a certificate there is nothing to read anew");
                continue;
            };
            // Files may be slow, and whoever waits for the end of the server is not to wait for them.
            if let Err(error) = tokio::task::spawn_blocking(move || read_anew(&tls)).await {
                tracing::error!(error = %Causes(&error), "the certificate cannot be read anew");
            }
        }
    }
}

fn read_anew(tls: &Tls) {
    let certificate = tls.path().display().to_string();
    match tls.reload() {
        Ok(()) => tracing::info!(signal = "SIGHUP", certificate, "certificate and key were read anew"),
        Err(error) => tracing::error!(
            signal = "SIGHUP",
            error = %error,
            hint = error.hint(),
            "the certificate cannot be read anew: the one before is still shown"
        ),
    }
}
