//! The table of mails that wait: queued by plans, emptied by relays.
//!
//! A relay leases rows for a while instead of taking them, so that a relay that dies leaves them to the next one. Delivery
//! is at least once: a relay that dies between sending and saying so makes one mail go out twice, under one Message-ID.

use chrono::{DateTime, TimeDelta, Utc};
use invite_domain::ids::{InvitationId, MailId};
use invite_domain::invitation::DeliveryState;
use invite_domain::mail::{LeasedMail, MailKind, SealedMail};
use uuid::Uuid;

use super::cells::{Cells, millis};
use super::sql::{Engine, sql};
use super::{Error, Pools, Purpose, Row, Store, Tx};

mod entries;

/// The mails that somebody may take at `$1`.
const DUE: &str = "state = 'queued' AND next_at <= $1 AND (lease_until IS NULL OR lease_until <= $1)";
/// How much of a mail server's words is kept, in characters.
const MAX_REASON_CHARS: usize = 500;

/// Whether an invitation knows that its mail is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Told {
    /// It does, or there is nothing to tell.
    Already,
    /// Somebody holds it: [`Store::tell_sent`] later.
    NotYet,
}

impl Store {
    /// Leases mails that are due, the longest due first. Nobody else gets them before the lease ends.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn lease_due_mails(
        &self,
        now: DateTime<Utc>,
        limit: u32,
        lease: TimeDelta,
    ) -> Result<Vec<LeasedMail>, Error> {
        // Mails of a kind that only newer processes know are left to them.
        let kinds = MailKind::ALL.map(|kind| format!("'{}'", kind.as_str())).join(", ");
        // Most polls find nothing, and those shall not take turns with the writers.
        let due: Option<i32> = sql(format!("SELECT 1 FROM outbox WHERE {DUE} AND kind IN ({kinds}) LIMIT 1"))
            .bind(millis(now))
            .optional_scalar(&mut self.glance().await?)
            .await?;
        if due.is_none() {
            return Ok(Vec::new());
        }
        let mut tx = self.begin_brief().await?;
        let due = format!("SELECT id FROM outbox WHERE {DUE} AND kind IN ({kinds}) ORDER BY next_at, id LIMIT $3");
        let rows = sql(format!(
            "UPDATE outbox SET lease_until = $2, attempts = attempts + 1 WHERE id {} RETURNING *",
            tx.engine().picked(&due)
        ))
        .bind(millis(now))
        .bind(millis(now + lease))
        .bind(i64::from(limit))
        .fetch_all(&mut tx)
        .await?;
        let mut mails = rows.iter().map(read).collect::<Result<Vec<_>, _>>()?;
        tx.commit().await?;
        mails.sort_by_key(|mail| (mail.queued_at, mail.sealed.id));
        Ok(mails)
    }

    /// Ends the leases of a process before this one, of mails and imports. On SQLite there is no other that could have them; on
    /// PostgreSQL they end by themselves.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn take_over(&self) -> Result<(), Error> {
        if let Pools::Postgres(_) = &self.pools {
            return Ok(());
        }
        let mut tx = self.begin_brief().await?;
        sql("UPDATE outbox SET lease_until = NULL WHERE state = 'queued' AND lease_until IS NOT NULL").queue(&mut tx);
        sql("UPDATE imports SET lease = NULL, lease_until = NULL WHERE state = 'running' AND lease IS NOT NULL")
            .queue(&mut tx);
        tx.commit().await
    }

    /// Ends leases of mails before their time, unless somebody else has the mail by now.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn release_mails(&self, leases: &[(MailId, u32)]) -> Result<(), Error> {
        let mut tx = self.begin_brief().await?;
        for (id, attempts) in leases {
            sql("UPDATE outbox SET lease_until = NULL WHERE id = $1 AND closed_at IS NULL AND attempts = $2")
                .bind(id.get())
                .bind(i64::from(*attempts))
                .queue(&mut tx);
        }
        tx.commit().await
    }

    /// The mail server has taken a mail: wipes its payload and tells the invitation, unless somebody holds that. The mark does not
    /// wait for the invitation: all other mails wait for the mark, and without it the mail is sent again.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn mark_sent(&self, id: MailId, now: DateTime<Utc>) -> Result<Told, Error> {
        const MARK: &str = "UPDATE outbox SET state = 'sent', payload = NULL, lease_until = NULL, last_error = NULL, \
                            closed_at = $2 WHERE id = $1 AND closed_at IS NULL RETURNING invitation_id";
        let mut tx = self.begin(Purpose::Single).await?;
        let told = if tx.engine() == Engine::Postgres {
            // One message. Plans hold the invitation before its mails; whoever does not wait for it may come the other way round.
            let mark = sql(format!(
                "WITH marked AS ({MARK}), \
                 free AS MATERIALIZED (SELECT id FROM invitations WHERE id = (SELECT invitation_id FROM marked) \
                 FOR NO KEY UPDATE SKIP LOCKED), \
                 told AS (UPDATE invitations SET delivery = 'sent', delivery_reason = NULL \
                 WHERE id = (SELECT id FROM free) RETURNING id) \
                 SELECT invitation_id IS NOT NULL AND NOT EXISTS (SELECT 1 FROM told) FROM marked"
            ));
            let is_untold = mark.bind(id.get()).bind(millis(now)).optional_scalar(&mut tx).await?;
            if is_untold == Some(true) { Told::NotYet } else { Told::Already }
        } else {
            let marked = sql(MARK).bind(id.get()).bind(millis(now)).fetch_optional(&mut tx).await?;
            tx.tell_invitation(marked.as_ref(), &DeliveryState::Sent)?;
            Told::Already
        };
        tx.commit().await?;
        Ok(told)
    }

    /// Tells an invitation of a mail that was marked while somebody held it. One that has ended meanwhile, or has another mail by
    /// now, has nothing to be told.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn tell_sent(&self, id: MailId) -> Result<Told, Error> {
        if let Pools::Sqlite { .. } = &self.pools {
            // One who writes is alone there.
            return Ok(Told::Already);
        }
        let mut tx = self.begin_brief().await?;
        let free: Option<Uuid> = sql("SELECT id FROM invitations \
             WHERE id = (SELECT invitation_id FROM outbox WHERE id = $1) FOR NO KEY UPDATE SKIP LOCKED")
        .bind(id.get())
        .optional_scalar(&mut tx)
        .await?;
        let Some(invitation) = free else { return Ok(Told::NotYet) };
        // Asked when it is held, so that the mails are seen that whoever held it before has queued.
        sql("UPDATE invitations SET delivery = 'sent', delivery_reason = NULL WHERE id = $1 AND delivery = 'queued' \
             AND NOT EXISTS (SELECT 1 FROM outbox WHERE invitation_id = $1 AND closed_at IS NULL)")
        .bind(invitation)
        .queue(&mut tx);
        tx.commit().await?;
        Ok(Told::Already)
    }

    /// A mail could not be sent yet: it is due again at `next_at`. Each lease is an attempt, and the number of attempts says
    /// whose it is: when somebody else has leased the mail meanwhile, theirs counts and this says nothing any more.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn mark_retry(
        &self,
        id: MailId,
        attempts: u32,
        next_at: DateTime<Utc>,
        error: &str,
    ) -> Result<(), Error> {
        self.put_back(id, [attempts, attempts], next_at, error).await
    }

    /// A mail cannot be read here: as [`Self::mark_retry`], but what was no attempt to send it counts as none.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn hand_on_mail(
        &self,
        id: MailId,
        attempts: u32,
        next_at: DateTime<Utc>,
        error: &str,
    ) -> Result<(), Error> {
        self.put_back(id, [attempts, attempts.saturating_sub(1)], next_at, error).await
    }

    async fn put_back(
        &self,
        id: MailId,
        [attempts, counted]: [u32; 2],
        next_at: DateTime<Utc>,
        error: &str,
    ) -> Result<(), Error> {
        let mut tx = self.begin_brief().await?;
        sql("UPDATE outbox SET lease_until = NULL, attempts = $3, next_at = $4, last_error = $5 \
             WHERE id = $1 AND closed_at IS NULL AND attempts = $2")
        .bind(id.get())
        .bind(i64::from(attempts))
        .bind(i64::from(counted))
        .bind(millis(next_at))
        .bind(shortened(error))
        .queue(&mut tx);
        tx.commit().await
    }

    /// A mail is given up: it stays for operators with its error, and the invitation says what is told. As with
    /// [`Self::mark_retry`] only the last lease counts.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn mark_dead(
        &self,
        id: MailId,
        attempts: u32,
        [error, told]: [&str; 2],
        now: DateTime<Utc>,
    ) -> Result<(), Error> {
        let mut tx = self.begin_brief().await?;
        tx.hold_invitation_of_mail(id).await?;
        let reason = shortened(told);
        let row = sql("UPDATE outbox SET state = 'dead', lease_until = NULL, last_error = $3, closed_at = $4 \
             WHERE id = $1 AND closed_at IS NULL AND attempts = $2 RETURNING invitation_id")
        .bind(id.get())
        .bind(i64::from(attempts))
        .bind(shortened(error))
        .bind(millis(now))
        .fetch_optional(&mut tx)
        .await?;
        tx.tell_invitation(row.as_ref(), &DeliveryState::Failed { reason })?;
        tx.commit().await
    }
}

impl Tx {
    /// Queues a mail in this transaction. It is due at once.
    pub(super) fn queue_mail(&mut self, mail: &SealedMail, now: DateTime<Utc>) {
        sql("INSERT INTO outbox (id, kind, recipient, payload, invitation_id, state, attempts, queued_at, next_at) \
             VALUES ($1, $2, $3, $4, $5, 'queued', 0, $6, $6)")
        .bind(mail.id.get())
        .bind(mail.kind.as_str())
        .bind(&mail.recipient)
        .bind(&mail.payload)
        .bind(mail.invitation.map(InvitationId::get))
        .bind(millis(now))
        .queue(self);
    }

    pub(super) fn withdraw_mails(&mut self, invitation: InvitationId, now: DateTime<Utc>) {
        sql("UPDATE outbox SET state = 'withdrawn', payload = NULL, lease_until = NULL, closed_at = $2 \
             WHERE invitation_id = $1 AND state IN ('queued', 'dead')")
        .bind(invitation.get())
        .bind(millis(now))
        .queue(self);
    }

    /// A mail that was withdrawn meanwhile has no row here, and says nothing about its invitation any more.
    fn tell_invitation(&mut self, row: Option<&Row>, delivery: &DeliveryState) -> Result<(), Error> {
        let invitation = row.map(|row| Cells(row).optional_uuid("invitation_id")).transpose()?.flatten();
        if let Some(invitation) = invitation {
            self.set_delivery(InvitationId::new(invitation), delivery);
        }
        Ok(())
    }

    /// Plans change the invitation before its mails, so a relay must not hold the mail while it waits for the invitation.
    async fn hold_invitation_of_mail(&mut self, id: MailId) -> Result<(), Error> {
        match self.engine() {
            Engine::Sqlite => Ok(()),
            Engine::Postgres => {
                let invitation = "SELECT 1 FROM invitations WHERE id = (SELECT invitation_id FROM outbox WHERE id = $1) \
                                  FOR NO KEY UPDATE";
                sql(invitation).bind(id.get()).fetch_optional(self).await.map(drop)
            }
        }
    }
}

fn shortened(error: &str) -> String {
    error.chars().take(MAX_REASON_CHARS).collect()
}

fn read(row: &Row) -> Result<LeasedMail, Error> {
    let cells = Cells(row);
    Ok(LeasedMail {
        sealed: SealedMail {
            id: MailId::new(cells.uuid("id")?),
            invitation: cells.optional_uuid("invitation_id")?.map(InvitationId::new),
            kind: cells.named("kind", MailKind::from_stored)?,
            recipient: cells.text("recipient")?,
            payload: cells.get("payload")?,
        },
        attempts: cells.number("attempts")?,
        queued_at: cells.instant("queued_at")?,
    })
}

#[cfg(test)]
mod tests {
    use crate::store::Address;

    use super::*;

    #[tokio::test]
    async fn whoever_asks_for_due_mails_reads_those_alone() {
        let folder = tempfile::tempdir().expect("a folder");
        let store = Store::open(&Address::Sqlite(folder.path().join("invite.db"))).await.expect("opened");
        for rest in ["LIMIT 1", "ORDER BY next_at, id LIMIT 8"] {
            let steps = store.plan(&format!("SELECT id FROM outbox WHERE {DUE} {rest}")).await;
            assert_eq!(steps, ["SEARCH outbox USING INDEX outbox_due (state=? AND next_at<?)"], "{rest}");
        }
    }
}
