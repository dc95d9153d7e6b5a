//! The outbox as a relay sees it: mails in the clear, leased, to be reported as sent, to be retried, or dead.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use invite_domain::ids::{InvitationId, MailId};
use invite_domain::mail::{LeasedMail, Mail, MailEnvelope};

use super::{App, Error, Shared, mail_payload};
use crate::causes::Causes;
use crate::store;

pub use crate::store::Told;

/// How old a mail is that is given up because a process cannot read it: by then whoever can read it has sent it, or has tried
/// in vain to the end (`outbox::backoff`). Attempts do not tell: most are of processes that can read it.
const UNREADABLE_AGE: TimeDelta = TimeDelta::days(3);
/// How long such a mail is left to others: a quarter of its age, between these.
const UNREADABLE_PAUSES: (TimeDelta, TimeDelta) = (TimeDelta::minutes(1), TimeDelta::hours(1));

/// How often a mark is made that a busy database does not take: nothing is lost without it, but the mail is tried once more.
const MARKS: u32 = 5;
/// How long to wait in between.
const MARK_AGAIN: Duration = Duration::from_millis(200);

/// What an invitation says of a mail that was given up for what is the operator's business alone.
pub const NOT_TOLD: &str = "the mail could not be sent; the operator of the server can see why";

/// A mail to send now, leased to one relay.
#[derive(Debug, Clone)]
pub struct OutboxMail {
    /// Its id, also the stem of its Message-ID.
    pub id: MailId,
    /// For whom.
    pub envelope: MailEnvelope,
    /// What it says.
    pub mail: Mail,
    /// How often sending has been tried, this time included.
    pub attempts: u32,
    /// The invitation whose delivery state follows this mail.
    pub invitation: Option<InvitationId>,
    /// When it was queued.
    pub queued_at: DateTime<Utc>,
}

/// The relay's side of the outbox.
#[derive(Debug, Clone)]
pub struct Outbox {
    shared: Arc<Shared>,
}

impl App {
    /// The relay's side of the outbox.
    #[must_use]
    pub fn outbox(&self) -> Outbox {
        Outbox { shared: Arc::clone(&self.shared) }
    }
}

impl Outbox {
    /// The present instant, for computing when to try again.
    #[must_use]
    pub fn now(&self) -> DateTime<Utc> {
        self.shared.clock.now()
    }

    /// Leases mails that are due, at most `limit`. Nobody else gets them for the length of `lease`. A mail that cannot be
    /// read waits for a process that can: one of a newer version, or with another server key. In the end it is given up.
    ///
    /// # Errors
    /// When the database fails or is busy.
    pub async fn lease_due_mails(&self, limit: u32, lease: TimeDelta) -> Result<Vec<OutboxMail>, Error> {
        let leased = self.shared.store.lease_due_mails(self.now(), limit, lease).await?;
        let mut mails = Vec::with_capacity(leased.len());
        for mail in leased {
            match mail_payload::open(&self.shared.sealer, &mail.sealed) {
                Ok((envelope, content)) => mails.push(OutboxMail {
                    id: mail.sealed.id,
                    envelope,
                    mail: content,
                    attempts: mail.attempts,
                    invitation: mail.sealed.invitation,
                    queued_at: mail.queued_at,
                }),
                Err(error) => {
                    // The others are leased already and are not forgotten for its sake: its own lease ends.
                    if let Err(failed) = self.hand_on(&mail, &error.to_string()).await {
                        let (id, error) = (mail.sealed.id, Causes(&failed));
                        tracing::warn!(mail = %id, %error, "a mail that cannot be read here is not handed on");
                    }
                }
            }
        }
        Ok(mails)
    }

    async fn hand_on(&self, mail: &LeasedMail, error: &str) -> Result<(), Error> {
        let (id, attempts, now) = (mail.sealed.id, mail.attempts, self.now());
        let age = now - mail.queued_at;
        if age < UNREADABLE_AGE {
            tracing::warn!(mail = %id, error, "a queued mail cannot be read here");
            let (shortest, longest) = UNREADABLE_PAUSES;
            let next_at = now + (age / 4).clamp(shortest, longest);
            return Ok(self.shared.store.hand_on_mail(id, attempts, next_at, error).await?);
        }
        tracing::error!(mail = %id, attempts, error, "a queued mail cannot be read and is given up");
        self.mark_dead(id, attempts, error, NOT_TOLD).await
    }

    /// The mail server has taken a mail, whether or not the database can be told.
    pub fn count_sent(&self) {
        Self::count(&self.shared.activity.mails_sent);
    }

    /// Tells the database of it, and the invitation if nobody holds that.
    ///
    /// # Errors
    /// When the database fails or is busy.
    pub async fn mark_sent(&self, id: MailId) -> Result<Told, Error> {
        Ok(self.shared.store.mark_sent(id, self.now()).await?)
    }

    /// Tells the invitation of a mail afterwards, if nobody holds it any more.
    ///
    /// # Errors
    /// When the database fails or is busy.
    pub async fn tell_sent(&self, id: MailId) -> Result<Told, Error> {
        Ok(self.shared.store.tell_sent(id).await?)
    }

    /// A mail could not be sent yet; it is due again at `next_at`. Nothing comes of it if somebody else has the mail by now,
    /// which the number of its attempts tells.
    ///
    /// # Errors
    /// When the database fails or is busy.
    pub async fn mark_retry(
        &self,
        id: MailId,
        attempts: u32,
        next_at: DateTime<Utc>,
        error: &str,
    ) -> Result<(), Error> {
        Self::count(&self.shared.activity.mails_deferred);
        Ok(while_busy(|| self.shared.store.mark_retry(id, attempts, next_at, error)).await?)
    }

    /// A mail is given up; its invitation says why, as far as it is `told`. Nothing comes of it if somebody else has the mail by
    /// now.
    ///
    /// # Errors
    /// When the database fails or is busy.
    pub async fn mark_dead(&self, id: MailId, attempts: u32, error: &str, told: &str) -> Result<(), Error> {
        Self::count(&self.shared.activity.mails_given_up);
        let now = self.now();
        Ok(while_busy(|| self.shared.store.mark_dead(id, attempts, [error, told], now)).await?)
    }

    /// It happened, whether or not the database can be told.
    fn count(of: &AtomicU64) {
        of.fetch_add(1, Ordering::Relaxed);
    }

    /// Gives mails back that could not be delivered in time; they are due at once. As with [`Self::mark_retry`] the number of
    /// attempts says whose a lease is.
    ///
    /// # Errors
    /// When the database fails or is busy.
    pub async fn release(&self, leases: &[(MailId, u32)]) -> Result<(), Error> {
        Ok(self.shared.store.release_mails(leases).await?)
    }

    /// Waits until this process queues a mail, or for `at_most`: mails of other replicas and retries come by polling.
    pub async fn wait(&self, at_most: Duration) {
        // Running out of time is as good a reason to look as being woken.
        let _ = tokio::time::timeout(at_most, self.shared.mail_queued.notified()).await;
    }
}

/// Makes a mark again that a busy database does not take.
async fn while_busy<M>(mark: impl Fn() -> M) -> Result<(), store::Error>
where
    M: Future<Output = Result<(), store::Error>>,
{
    for _ in 1..MARKS {
        match mark().await {
            Err(store::Error::Busy { .. }) => tokio::time::sleep(MARK_AGAIN).await,
            marked => return marked,
        }
    }
    mark().await
}
