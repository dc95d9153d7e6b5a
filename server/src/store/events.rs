//! The audit log's table: rows are added and read, nothing else.

use chrono::{DateTime, Utc};
use invite_domain::event::{EventKind, NewEvent, Origin, StoredEvent};
use invite_domain::ids::{OrganizationId, UserId};
use uuid::Uuid;

use super::cells::{Cells, millis};
use super::sql::sql;
use super::{Error, Row, Tx};

/// Which events to list.
#[derive(Debug, Clone, Copy, Default)]
pub struct EventFilter {
    /// Those in the log of this organization.
    pub organization: Option<OrganizationId>,
    /// Those of this kind.
    pub kind: Option<EventKind>,
    /// Those before this one.
    pub before: Option<Uuid>,
    /// At most so many.
    pub limit: u32,
}

impl Tx {
    /// Adds an event to the log of its organization, in this transaction. An organization that is not there has no tenant, and
    /// the column of the tenant is never empty: the statement fails by itself, and nobody has to look at what it did.
    pub fn add_event(&mut self, id: Uuid, event: &NewEvent, origin: Origin, now: DateTime<Utc>) {
        sql("INSERT INTO events (id, organization_id, tenant_id, kind, performer_kind, performer_id, subject_kind, \
             subject_id, user_id, request_id, address, at) \
             VALUES ($1, $2, (SELECT COALESCE(o.tenant_id, o.id) FROM organizations o WHERE o.id = $2), \
             $3, $4, $5, $6, $7, $8, $9, $10, $11)")
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
        .queue(self);
    }

    /// The log of all tenants or of one organization, the newest first.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn events(&mut self, filter: EventFilter) -> Result<Vec<StoredEvent>, Error> {
        let rows =
            sql("SELECT * FROM events WHERE (organization_id = $1 OR $1 IS NULL) AND (kind = $2 OR $2 IS NULL) \
             AND (id < $3 OR $3 IS NULL) ORDER BY id DESC LIMIT $4")
            .bind(filter.organization.map(OrganizationId::get))
            .bind(filter.kind.map(EventKind::as_str))
            .bind(filter.before)
            .bind(i64::from(filter.limit))
            .fetch_all(self)
            .await?;
        rows.iter().map(read).collect()
    }
}

pub(super) fn read(row: &Row) -> Result<StoredEvent, Error> {
    let cells = Cells(row);
    let address = cells.optional_text("address")?.map(|text| text.parse()).transpose();
    Ok(StoredEvent {
        id: cells.uuid("id")?,
        at: cells.instant("at")?,
        organization: cells.organization("organization_id")?,
        kind: cells.text("kind")?,
        performer_kind: cells.text("performer_kind")?,
        performer_id: cells.optional_text("performer_id")?,
        subject_kind: cells.text("subject_kind")?,
        subject_id: cells.text("subject_id")?,
        user: cells.optional_user("user_id")?,
        origin: Origin {
            request: cells.optional_uuid("request_id")?,
            address: address.map_err(|_| Error::Damaged { column: "events.address" })?,
        },
    })
}
