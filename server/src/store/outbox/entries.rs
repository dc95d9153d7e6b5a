//! The outbox as operators look at it, and what they do to single mails.

use chrono::{DateTime, Utc};
use invite_domain::ids::{InvitationId, MailId};
use invite_domain::invitation::DeliveryState;
use invite_domain::mail::{MailKind, MailState, OutboxEntry};
use uuid::Uuid;

use super::super::cells::{Cells, millis};
use super::super::invitations::reason;
use super::super::sql::{Lost, sql};
use super::super::{Error, Row, Tx};

/// What an invitation says of a mail that an operator took out.
const DISCARDED: &str = "discarded by the operator";

impl Tx {
    /// A mail, without what it says.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn outbox_entry(&mut self, id: MailId) -> Result<Option<OutboxEntry>, Error> {
        let row = sql("SELECT * FROM outbox WHERE id = $1").bind(id.get()).fetch_optional(self).await?;
        row.as_ref().map(read).transpose()
    }

    /// Mails that stand in a certain way, in the order in which they were queued, without what they say.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn outbox_entries(
        &mut self,
        state: MailState,
        after: Option<MailId>,
        limit: u32,
    ) -> Result<Vec<OutboxEntry>, Error> {
        let rows = sql("SELECT * FROM outbox WHERE state = $1 AND id > $2 ORDER BY id LIMIT $3")
            .bind(state.as_str())
            .bind(after.map_or(Uuid::nil(), MailId::get))
            .bind(i64::from(limit))
            .fetch_all(self)
            .await?;
        rows.iter().map(read).collect()
    }

    pub(in super::super) fn requeue_mail(&mut self, id: MailId, now: DateTime<Utc>) {
        self.set_delivery_of_mail(id, &DeliveryState::Queued);
        sql("UPDATE outbox SET state = 'queued', attempts = 0, next_at = $2, lease_until = NULL, closed_at = NULL \
             WHERE id = $1 AND state IN ('queued', 'dead') AND (lease_until IS NULL OR lease_until <= $2)")
        .bind(id.get())
        .bind(millis(now))
        .queue_one(self, Lost::Row("a mail of the operator"));
    }

    pub(in super::super) fn discard_mail(&mut self, id: MailId, now: DateTime<Utc>) {
        self.set_delivery_of_mail(id, &DeliveryState::Failed { reason: DISCARDED.to_owned() });
        sql("UPDATE outbox SET state = 'withdrawn', payload = NULL, lease_until = NULL, closed_at = $2 \
             WHERE id = $1 AND state IN ('queued', 'dead') AND (lease_until IS NULL OR lease_until <= $2)")
        .bind(id.get())
        .bind(millis(now))
        .queue_one(self, Lost::Row("a mail of the operator"));
    }

    /// Before the mail itself: whoever writes both takes the invitation first, so that nobody waits for each other.
    fn set_delivery_of_mail(&mut self, id: MailId, delivery: &DeliveryState) {
        sql("UPDATE invitations SET delivery = $2, delivery_reason = $3 \
             WHERE id = (SELECT invitation_id FROM outbox WHERE id = $1)")
        .bind(id.get())
        .bind(delivery.as_str())
        .bind(reason(delivery))
        .queue(self);
    }
}

fn read(row: &Row) -> Result<OutboxEntry, Error> {
    let cells = Cells(row);
    Ok(OutboxEntry {
        id: MailId::new(cells.uuid("id")?),
        kind: cells.named("kind", MailKind::from_stored)?,
        recipient: cells.text("recipient")?,
        invitation: cells.optional_uuid("invitation_id")?.map(InvitationId::new),
        state: cells.named("state", MailState::from_stored)?,
        attempts: cells.number("attempts")?,
        queued_at: cells.instant("queued_at")?,
        next_at: cells.instant("next_at")?,
        leased_until: cells.optional_instant("lease_until")?,
        closed_at: cells.optional_instant("closed_at")?,
        last_error: cells.optional_text("last_error")?,
    })
}
