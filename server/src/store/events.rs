//! The audit log's table: rows are added and read, nothing else.

use chrono::{DateTime, Utc};
use invite_domain::event::{NewEvent, Origin};
use invite_domain::ids::UserId;
use uuid::Uuid;

use super::cells::millis;
use super::{Error, Tx};

impl Tx {
    /// Adds an event to the log of its organization, in this transaction.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn add_event(
        &mut self,
        id: Uuid,
        event: &NewEvent,
        origin: Origin,
        now: DateTime<Utc>,
    ) -> Result<(), Error> {
        sqlx::query(
            "INSERT INTO events (id, organization_id, tenant_id, kind, performer_kind, performer_id, subject_kind, \
             subject_id, user_id, request_id, address, at) \
             SELECT $1, o.id, COALESCE(o.tenant_id, o.id), $3, $4, $5, $6, $7, $8, $9, $10, $11 \
             FROM organizations o WHERE o.id = $2",
        )
        .bind(id)
        .bind(event.organization.get())
        .bind(event.kind.as_str())
        .bind(event.by.kind())
        .bind(event.by.id())
        .bind(event.subject.kind())
        .bind(event.subject.to_string())
        .bind(event.user.map(UserId::get))
        .bind(origin.request)
        .bind(origin.address.map(|address| address.to_string()))
        .bind(millis(now))
        .execute(self.connection())
        .await?;
        Ok(())
    }
}
