//! `serve`: the server as configured.

use super::failure::Failure;
use super::operator::stranger;
use super::reload::Hangups;
use super::run;
use super::signals::Signals;
use super::supervisor;
use crate::config::{self, Given};
use crate::logging;

/// Runs until a signal or a fatal error.
///
/// # Errors
///
/// Everything that keeps the server from starting or from stopping well.
pub(super) async fn serve(given: Given) -> Result<(), Failure> {
    until_stopped(&given).await.map_err(|failure| failure.in_log_of(config::log_format(&given)))
}

async fn until_stopped(given: &Given) -> Result<(), Failure> {
    let loaded = config::load(given).map_err(Failure::configuration)?;
    logging::init(&loaded.config.log).map_err(|error| Failure::unexpected("cannot set up logging", &error))?;
    for warning in &loaded.warnings {
        tracing::warn!("{warning}");
    }
    for variable in &loaded.strangers {
        tracing::warn!("{}", stranger(variable));
    }
    let (mut signals, hangups) = (Signals::watch()?, Hangups::watch()?);
    let running = tokio::select! {
        running = run::start(&loaded.config) => running?,
        // What was begun is undone, as after a crash.
        signal = signals.next() => {
            tracing::info!(signal, "stopped before it was ready");
            return Ok(());
        }
    };
    tracing::info!(
        listen = %running.local_addr(),
        metrics = running.metrics_addr().map(tracing::field::display),
        public_url = %loaded.config.public_url,
        mail = %running.mail_destination(),
        version = env!("CARGO_PKG_VERSION"),
        "ready"
    );
    supervisor::tell(supervisor::READY);
    tokio::select! {
        stopped = running.until_stopped(signals) => stopped,
        never = hangups.attend(&loaded.config) => match never {},
    }
}
