//! The outbox of all tenants: what waits, what was given up, and trying again.

use chrono::{DateTime, Utc};
use invite_domain::administration::{self, MailFacts};
use invite_domain::flow::Plan;
use invite_domain::ids::MailId;
use invite_domain::mail::{MailState, OutboxEntry};
use invite_domain::refusal::Refusal;

use super::super::{App, Error};
use crate::store::{self, Tx};

/// How many mails are tried again in one transaction.
const BATCH: u32 = 100;

/// What became of trying all again.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct RetriedMails {
    /// So many are due now.
    pub retried: u64,
    /// So many are left, because their links are dead.
    pub left: u64,
}

impl App {
    /// Mails in the order in which they were queued, without what they say.
    ///
    /// # Errors
    /// When the database fails or is busy.
    pub async fn operator_mails(
        &self,
        state: MailState,
        after: Option<MailId>,
        limit: u32,
    ) -> Result<Vec<OutboxEntry>, Error> {
        Ok(self.shared.store.begin_read().await?.outbox_entries(state, after, limit).await?)
    }

    /// A mail, without what it says.
    ///
    /// # Errors
    /// When the database fails or is busy.
    pub async fn operator_mail(&self, id: MailId) -> Result<Option<OutboxEntry>, Error> {
        Ok(self.shared.store.begin_read().await?.outbox_entry(id).await?)
    }

    /// Makes a mail due at once that waits or was given up, with all attempts before it.
    ///
    /// # Errors
    /// `invalid_value` for a mail that is not to be sent.
    pub async fn operator_retry_mail(&self, id: MailId) -> Result<Option<OutboxEntry>, Error> {
        self.change_mail(id, administration::plan_retry).await
    }

    /// Takes a mail out that waits or was given up. It is never sent, and nothing of what it says is left.
    ///
    /// # Errors
    /// `invalid_value` for a mail that is not to be sent anyway.
    pub async fn operator_discard_mail(&self, id: MailId) -> Result<Option<OutboxEntry>, Error> {
        self.change_mail(id, |mail, _| administration::plan_discard(mail)).await
    }

    /// Tries every mail again that was given up and whose link still works.
    ///
    /// # Errors
    /// When the database fails or is busy; what was done until then is done.
    pub async fn operator_retry_dead_mails(&self) -> Result<RetriedMails, Error> {
        let mut outcome = RetriedMails::default();
        let mut after = None;
        loop {
            let (batch, last) = self.until_alone(|| self.retry_batch(after)).await?;
            outcome.retried += batch.retried;
            outcome.left += batch.left;
            let Some(last) = last else { return Ok(outcome) };
            after = Some(last);
        }
    }

    /// What became of some of them, and the last one; none: there are no more.
    async fn retry_batch(&self, after: Option<MailId>) -> Result<(RetriedMails, Option<MailId>), Error> {
        let now = self.now();
        let mut tx = self.shared.store.begin_write().await?;
        let entries = tx.outbox_entries(MailState::Dead, after, BATCH).await?;
        let (mut outcome, last) = (RetriedMails::default(), entries.last().map(|entry| entry.id));
        let mut plan = Plan::default();
        for entry in entries {
            match administration::plan_retry(&facts(&mut tx, entry, now).await?, now) {
                Ok(one) => {
                    plan.changes.extend(one.changes);
                    plan.events.extend(one.events);
                    outcome.retried += 1;
                }
                Err(_) => outcome.left += 1,
            }
        }
        self.commit_operators(tx, &plan, now).await?;
        Ok((outcome, last))
    }

    async fn change_mail(
        &self,
        id: MailId,
        plan: impl Fn(&MailFacts, DateTime<Utc>) -> Result<Plan, Refusal>,
    ) -> Result<Option<OutboxEntry>, Error> {
        self.until_alone(|| async {
            let now = self.now();
            let mut tx = self.shared.store.begin_write().await?;
            let Some(entry) = tx.outbox_entry(id).await? else { return Ok(None) };
            let plan = plan(&facts(&mut tx, entry, now).await?, now)?;
            self.commit_operators(tx, &plan, now).await?;
            self.operator_mail(id).await
        })
        .await
    }
}

async fn facts(tx: &mut Tx, entry: OutboxEntry, now: DateTime<Utc>) -> Result<MailFacts, store::Error> {
    let invitation = match entry.invitation {
        Some(id) => tx.invitation(id).await?,
        None => None,
    };
    Ok(MailFacts {
        id: entry.id,
        kind: entry.kind,
        state: entry.state,
        is_leased: entry.leased_until.is_some_and(|until| until > now),
        invitation,
    })
}
