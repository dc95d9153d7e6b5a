//! The relay: empties the outbox.
//!
//! Mails are rows that were committed with the change that they tell of. The relay
//!
//! 1. leases due rows, as many as it has hands free; a lease ends by itself if the process dies, so no mail is lost,
//! 2. opens, renders and delivers each on its own, so that a slow or failing one holds up no other,
//! 3. marks the row: sent, to be tried again at a time of its own (`backoff`), or dead with the server's words.
//!
//! Delivery is at least once: a crash between delivery and mark sends a mail again, with the same Message-ID. The relay wakes
//! up when the application has committed a mail, and now and then for what has become due meanwhile. Any number of relays may
//! work on one outbox.

use std::sync::Arc;
use std::time::Duration;

use chrono::TimeDelta;
use tokio::sync::watch;
use tokio::task::{JoinHandle, JoinSet};

use crate::app::outbox::{Outbox, OutboxMail};
use crate::entropy::Entropy;
use crate::logging::redact;
use crate::mail::{DeliveryError, MAX_PARALLEL, Mailer, Renderer, Retry};

mod backoff;

/// What a lease lasts beyond the longest delivery: one that ends early sends a mail twice.
const LEASE_MARGIN: Duration = Duration::from_secs(30);
/// How long to look away when nothing wakes the relay.
const LOOK: Duration = Duration::from_millis(500);
/// How long to look away when the database does not answer.
const LOOK_AFTER_FAILURE: Duration = Duration::from_secs(5);
/// How long deliveries may take to end when the server stops.
const STOP: Duration = Duration::from_secs(10);

/// What the relay works with.
#[derive(Clone)]
pub struct RelayParts {
    /// Where mails wait, and what time it is.
    pub outbox: Outbox,
    /// Writes messages.
    pub renderer: Renderer,
    /// Carries them away.
    pub mailer: Arc<dyn Mailer>,
    /// Spreads the next attempts.
    pub entropy: Entropy,
}

/// A running relay.
pub struct Relay {
    task: JoinHandle<()>,
    stop: watch::Sender<bool>,
    mailer: Arc<dyn Mailer>,
}

impl Relay {
    /// Starts the relay.
    #[must_use]
    pub fn start(parts: RelayParts) -> Self {
        let (stop, stopped) = watch::channel(false);
        let mailer = parts.mailer.clone();
        Self { task: tokio::spawn(run(parts, stopped)), stop, mailer }
    }

    /// Takes no further mail, lets running deliveries end for a while, and closes the mailer. What did not end in time is
    /// taken up again when its lease ends.
    pub async fn stop(self) {
        self.stop.send_replace(true);
        let abort = self.task.abort_handle();
        if tokio::time::timeout(STOP, self.task).await.is_err() {
            abort.abort();
        }
        self.mailer.close().await;
    }
}

async fn run(parts: RelayParts, mut stopped: watch::Receiver<bool>) {
    let mut deliveries = JoinSet::new();
    while !*stopped.borrow() {
        let free = MAX_PARALLEL.saturating_sub(u32::try_from(deliveries.len()).unwrap_or(MAX_PARALLEL));
        let look = take(&parts, free, &mut deliveries).await;
        tokio::select! {
            _ = stopped.changed() => break,
            _ = deliveries.join_next(), if !deliveries.is_empty() => {}
            () = rest(&parts.outbox, look), if free > 0 => {}
        }
    }
    while deliveries.join_next().await.is_some() {}
}

/// Leases up to `free` mails and starts their delivery; returns how long to look away.
async fn take(parts: &RelayParts, free: u32, deliveries: &mut JoinSet<()>) -> Duration {
    if free == 0 {
        return LOOK;
    }
    let lease = parts.mailer.longest_delivery() + LEASE_MARGIN;
    let lease = TimeDelta::from_std(lease).unwrap_or(TimeDelta::hours(1));
    match parts.outbox.lease_due_mails(free, lease).await {
        Ok(mails) => {
            for mail in mails {
                deliveries.spawn(handle(parts.clone(), mail));
            }
            LOOK
        }
        Err(error) => {
            tracing::error!(error = &error as &dyn std::error::Error, "the outbox cannot be read");
            LOOK_AFTER_FAILURE
        }
    }
}

async fn rest(outbox: &Outbox, look: Duration) {
    if look == LOOK {
        outbox.wait(look).await;
    } else {
        // Without the database a wake-up would only make it busier.
        tokio::time::sleep(look).await;
    }
}

/// Delivers one mail and marks its row.
async fn handle(parts: RelayParts, mail: OutboxMail) {
    let (id, attempts) = (mail.id, mail.attempts);
    let marked = match deliver(&parts, &mail).await {
        Ok(()) => {
            tracing::info!(mail = %id, attempts, "mail sent");
            parts.outbox.mark_sent(id).await
        }
        Err(error) if error.retry == Retry::Later && attempts < backoff::MAX_ATTEMPTS => {
            let at = parts.outbox.now() + next_pause(&parts.entropy, attempts);
            tracing::warn!(mail = %id, attempts, next = %at, reason = %redact::text(&error.reason), "mail not sent");
            parts.outbox.mark_retry(id, at, &error.reason).await
        }
        Err(error) => {
            let reason = match error.retry {
                Retry::Never => error.reason,
                Retry::Later => format!("given up after {attempts} attempts: {}", error.reason),
            };
            tracing::error!(mail = %id, attempts, reason = %redact::text(&reason), "mail given up");
            parts.outbox.mark_dead(id, &reason).await
        }
    };
    if let Err(error) = marked {
        // The lease ends and the mail is taken up again: at least once, not at most.
        tracing::error!(mail = %id, error = &error as &dyn std::error::Error, "the outbox cannot be marked");
    }
}

async fn deliver(parts: &RelayParts, mail: &OutboxMail) -> Result<(), DeliveryError> {
    if mail.mail.link_dies_at().is_some_and(|end| end <= parts.outbox.now()) {
        return Err(DeliveryError::permanent("the link expired before the mail could be sent"));
    }
    let message = parts
        .renderer
        // Dated when it was queued: a repetition is then the same message, byte for byte.
        .render(mail.id, &mail.envelope, &mail.mail, mail.queued_at)
        .map_err(|error| DeliveryError::permanent(error.to_string()))?;
    parts.mailer.deliver(&message).await
}

fn next_pause(entropy: &Entropy, attempts: u32) -> TimeDelta {
    // Without entropy the whole pause does as well: spreading is a courtesy.
    let chance = entropy.bytes().map_or(u32::MAX, u32::from_ne_bytes);
    let pause = backoff::pause(attempts, chance).as_millis();
    i64::try_from(pause).map_or(TimeDelta::hours(1), TimeDelta::milliseconds)
}

#[cfg(test)]
mod tests;
