//! The relay: empties the outbox.
//!
//! Mails are rows that were committed with the change that they tell of. The relay
//!
//! 1. leases due rows, as many as it has hands free; a lease ends by itself if the process dies, so no mail is lost,
//! 2. opens, renders and delivers each on its own, so that a slow or failing one holds up no other for long,
//! 3. marks the row before the next mail is handed over (`mail::turns`): sent, to be tried again at a time of its own (`backoff`), or dead with the server's words,
//!    of which the invitation gets what is its administrators' business;
//!    while the database does not take the mark of a mail that is sent, no other is handed over; an invitation that somebody
//!    holds is told afterwards and holds up none,
//! 4. gives back, when it stops, what it could not deliver in time, so that the next relay does it at once.
//!
//! Delivery is at least once: a crash between delivery and mark sends that mail again, with the same Message-ID. The relay wakes
//! up when the application has committed a mail, and now and then for what has become due meanwhile. Any number of relays may
//! work on one outbox.

use std::collections::HashMap;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use chrono::TimeDelta;
use futures::FutureExt as _;
use invite_domain::ids::MailId;
use tokio::sync::watch;
use tokio::task::{self, AbortHandle, JoinHandle, JoinSet};
use tokio::time::Instant;

use crate::app;
use crate::app::outbox::{NOT_TOLD, Outbox, OutboxMail, Told};
use crate::causes::Causes;
use crate::entropy::Entropy;
use crate::health::{stopped, working};
use crate::logging::redact;
use crate::mail::turns::Turn;
use crate::mail::{Cause, DeliveryError, MAX_PARALLEL, Mailer, Renderer, Retry};
use crate::throttle::Throttle;

mod backoff;

/// While more mails than these are under way, hands that come free wait a moment for each other: looking for one mail costs
/// the database as much as looking for several.
const FEW: u32 = MAX_PARALLEL / 2;
const MOMENT: Duration = Duration::from_millis(20);
/// What a lease lasts beyond the longest delivery: one that ends early sends a mail twice.
const LEASE_MARGIN: Duration = Duration::from_secs(30);
/// How long before its lease ends a mail is not handed over any more. Whoever waits for a mark waits until the lease ends: of
/// those that were leased together none is handed over then.
const TOO_LATE: Duration = Duration::from_secs(10);
/// How long to wait with a mark that the database did not take.
const MARK_AGAIN: Duration = Duration::from_millis(200);
/// How long to look away when nothing wakes the relay.
const LOOK: Duration = Duration::from_millis(500);
/// How long to look away when the database does not answer.
const LOOK_AFTER_FAILURE: Duration = Duration::from_secs(5);
/// How much longer than its deliveries a relay may take to stop: it still has to give back what it could not do.
pub(crate) const LAST_WORDS: Duration = Duration::from_secs(5);
/// How long the connections to the mail server may take to close.
pub(crate) const GOODBYE: Duration = Duration::from_secs(1);

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
    task: JoinHandle<Option<Result<(), app::Error>>>,
    /// Until when deliveries under way may take, once it is to stop.
    stop: watch::Sender<Option<Duration>>,
    mailer: Arc<dyn Mailer>,
}

impl Relay {
    /// Starts the relay.
    #[must_use]
    pub fn start(parts: RelayParts) -> Self {
        let (stop, stopped) = watch::channel(None);
        let mailer = parts.mailer.clone();
        Self { task: tokio::spawn(working("relay", run(parts, stopped))), stop, mailer }
    }

    /// What tells whether it still works.
    #[must_use]
    pub fn worker(&self) -> AbortHandle {
        self.task.abort_handle()
    }

    /// Takes no further mail, lets running deliveries end until `deadline`, gives the others back, and closes the mailer.
    ///
    /// # Errors
    /// What was not given back, or that nobody was left to do so.
    pub async fn stop(self, deadline: Duration) -> Result<(), String> {
        self.stop.send_replace(Some(deadline));
        let stopped = stopped("relay", "mails under way were", self.task, deadline + LAST_WORDS).await;
        // A mail server that does not answer a QUIT keeps nobody.
        let _ = tokio::time::timeout(GOODBYE, self.mailer.close()).await;
        stopped
    }
}

/// Works until it is to stop; what it could not give back then is the error.
async fn run(parts: RelayParts, mut stopped: watch::Receiver<Option<Duration>>) -> Result<(), app::Error> {
    let mut deliveries = Deliveries::default();
    while stopped.borrow().is_none() {
        let free = MAX_PARALLEL.saturating_sub(deliveries.len());
        let look = take(&parts, free, &mut deliveries).await;
        let under_way = deliveries.len();
        tokio::select! {
            _ = stopped.changed() => break,
            () = deliveries.some_end(), if under_way > 0 => {}
            () = rest(&parts.outbox, look, under_way > FEW), if under_way < MAX_PARALLEL => {}
        }
    }
    let deadline = stopped.borrow().unwrap_or_default();
    if tokio::time::timeout(deadline, deliveries.all_end()).await.is_err() {
        let undone = deliveries.abort().await;
        parts.outbox.release(&undone).await.inspect_err(|error| {
            // Their leases end by themselves, only later.
            tracing::error!(error = %Causes(error), "mails under way cannot be given back");
        })?;
    }
    Ok(())
}

/// Deliveries under way.
#[derive(Default)]
struct Deliveries {
    tasks: JoinSet<()>,
    /// Whose leases: mails with the numbers of their attempts.
    leases: HashMap<task::Id, (MailId, u32)>,
}

impl Deliveries {
    fn start(&mut self, parts: &RelayParts, mail: OutboxMail, lease_end: Instant) {
        let lease = (mail.id, mail.attempts);
        let task = self.tasks.spawn(handle(parts.clone(), mail, lease_end));
        self.leases.insert(task.id(), lease);
    }

    fn len(&self) -> u32 {
        u32::try_from(self.tasks.len()).unwrap_or(u32::MAX)
    }

    async fn one_ends(&mut self) {
        let ended = match self.tasks.join_next_with_id().await {
            Some(Ok((task, ()))) => task,
            // Its lease ends, and the mail is taken up again.
            Some(Err(panicked)) => panicked.id(),
            None => return,
        };
        self.leases.remove(&ended);
    }

    /// Waits for one, and when many are under way a moment for more.
    async fn some_end(&mut self) {
        self.one_ends().await;
        let fewer = async {
            while self.len() > FEW {
                self.one_ends().await;
            }
        };
        // What has not ended in a moment goes on.
        let _ = tokio::time::timeout(MOMENT, fewer).await;
    }

    async fn all_end(&mut self) {
        while self.len() > 0 {
            self.one_ends().await;
        }
    }

    /// Gives up those under way; returns their leases.
    async fn abort(mut self) -> Vec<(MailId, u32)> {
        self.tasks.shutdown().await;
        self.leases.into_values().collect()
    }
}

/// Leases up to `free` mails and starts their delivery; returns how long to look away.
async fn take(parts: &RelayParts, free: u32, deliveries: &mut Deliveries) -> Duration {
    if free == 0 {
        return LOOK;
    }
    let lease = parts.mailer.longest_delivery() + LEASE_MARGIN;
    let lease_end = Instant::now() + lease;
    let lease = TimeDelta::from_std(lease).unwrap_or(TimeDelta::hours(1));
    match parts.outbox.lease_due_mails(free, lease).await {
        Ok(mails) => {
            for mail in mails {
                deliveries.start(parts, mail, lease_end);
            }
            LOOK
        }
        Err(error) => {
            tracing::error!(error = %Causes(&error), "the outbox cannot be read");
            LOOK_AFTER_FAILURE
        }
    }
}

async fn rest(outbox: &Outbox, look: Duration, is_busy: bool) {
    if is_busy {
        tokio::time::sleep(MOMENT).await;
    }
    if look == LOOK {
        outbox.wait(look).await;
    } else {
        // Without the database a wake-up would only make it busier.
        tokio::time::sleep(look).await;
    }
}

/// Delivers one mail and marks its row.
async fn handle(parts: RelayParts, mail: OutboxMail, lease_end: Instant) {
    let (id, attempts) = (mail.id, mail.attempts);
    // A mail that makes the delivery panic is not tried for ever either.
    let delivery = AssertUnwindSafe(deliver(&parts, &mail)).catch_unwind();
    let Ok(outcome) = tokio::time::timeout_at(lease_end - TOO_LATE, delivery).await else {
        tracing::warn!(mail = %id, attempts, "mail not handed over in time: somebody else may have it soon");
        return;
    };
    let panicked = |_| Err(DeliveryError::transient("the delivery panicked"));
    let marked = match outcome.unwrap_or_else(panicked) {
        Ok(turn) => {
            tracing::info!(mail = %id, attempts, "mail sent");
            parts.outbox.count_sent();
            let told = mark_sent(&parts.outbox, id, lease_end).await;
            drop(turn);
            match told {
                Ok(Told::NotYet) => tell_sent(&parts.outbox, id, lease_end).await,
                told => told.map(drop),
            }
        }
        Err(error) if error.retry == Retry::Later && attempts < backoff::MAX_ATTEMPTS => {
            let at = parts.outbox.now() + next_pause(&parts.entropy, attempts);
            tracing::warn!(mail = %id, attempts, next = %at, reason = %redact::text(&error.reason), "mail not sent");
            parts.outbox.mark_retry(id, attempts, at, &error.reason).await
        }
        Err(error) => {
            let reason = match error.retry {
                Retry::Never => error.reason,
                Retry::Later => format!("given up after {attempts} attempts: {}", error.reason),
            };
            tracing::error!(mail = %id, attempts, reason = %redact::text(&reason), "mail given up");
            let told = if error.cause == Cause::Mail { &reason } else { NOT_TOLD };
            parts.outbox.mark_dead(id, attempts, &reason, told).await
        }
    };
    if let Err(error) = marked {
        // The lease ends and the mail is taken up again: at least once, not at most.
        tracing::error!(mail = %id, error = %Causes(&error), "the outbox cannot be marked");
    }
}

/// Calls a mail sent until the database takes it, or its lease ends.
async fn mark_sent(outbox: &Outbox, id: MailId, lease_end: Instant) -> Result<Told, app::Error> {
    static SAID: Throttle = Throttle::new();
    loop {
        match outbox.mark_sent(id).await {
            Err(error) if Instant::now() < lease_end => {
                let error = Causes(&error).to_string();
                if SAID.is_news(&error) {
                    tracing::warn!(mail = %id, error, "a sent mail cannot be marked yet");
                }
                tokio::time::sleep(MARK_AGAIN).await;
            }
            marked => return marked,
        }
    }
}

/// Tells an invitation that somebody holds as soon as it is let go. If that takes too long it goes on calling the mail queued.
async fn tell_sent(outbox: &Outbox, id: MailId, until: Instant) -> Result<(), app::Error> {
    loop {
        match outbox.tell_sent(id).await {
            Ok(Told::Already) => return Ok(()),
            Ok(Told::NotYet) | Err(_) if Instant::now() < until => tokio::time::sleep(MARK_AGAIN).await,
            Ok(Told::NotYet) => {
                tracing::error!(mail = %id, "the invitation of a sent mail is not told: somebody holds it for too long");
                return Ok(());
            }
            Err(error) => return Err(error),
        }
    }
}

async fn deliver(parts: &RelayParts, mail: &OutboxMail) -> Result<Turn, DeliveryError> {
    if mail.mail.link_dies_at().is_some_and(|end| end <= parts.outbox.now()) {
        return Err(DeliveryError::permanent("the link expired before the mail could be sent"));
    }
    let message = parts
        .renderer
        // Dated when it was queued: a repetition is then the same message, byte for byte.
        .render(mail.id, &mail.envelope, &mail.mail, mail.queued_at)
        .map_err(|error| DeliveryError::permanent(error.to_string()).of(error.cause()))?;
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
