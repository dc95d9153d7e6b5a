//! SIGHUP: the certificate and its key are read anew. Nothing else of the configuration is.

use std::convert::Infallible;

use url::Url;

use super::failure::Failure;
use crate::causes::Causes;
use crate::clock::{Clock as _, SystemClock};
use crate::config::Config;
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
    pub(super) async fn attend(mut self, config: &Config) -> Infallible {
        loop {
            self.next().await;
            let Some(tls) = config.tls.clone() else {
                tracing::info!(signal = "SIGHUP", "without a certificate there is nothing to read anew");
                continue;
            };
            let public_url = config.public_url.clone();
            // Files may be slow, and whoever waits for the end of the server is not to wait for them.
            if let Err(error) = tokio::task::spawn_blocking(move || read_anew(&tls, &public_url)).await {
                tracing::error!(error = %Causes(&error), "the certificate cannot be read anew");
            }
        }
    }
}

fn read_anew(tls: &Tls, public_url: &Url) {
    let certificate = tls.path().display().to_string();
    match tls.reload() {
        Ok(()) => {
            let ends = tls.ends().map(tracing::field::display);
            tracing::info!(signal = "SIGHUP", certificate, ends, "certificate and key were read anew");
            for doubt in tls.doubts(SystemClock.now(), public_url) {
                tracing::warn!("{doubt}");
            }
        }
        Err(error) => tracing::error!(
            signal = "SIGHUP",
            error = %error,
            hint = error.hint(),
            "the certificate cannot be read anew: the one before is still shown"
        ),
    }
}
