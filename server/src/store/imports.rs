//! The tables of imports and their rows.
//!
//! A worker leases an import for a while, so that one that dies leaves it to the next. Whether a row is done twice does not
//! hang on the lease: its result is written in the transaction of its change.

use chrono::{DateTime, Utc};
use invite_domain::email_address::EmailAddress;
use invite_domain::event::{Origin, Performer};
use invite_domain::flow::nexus::InviteMember;
use invite_domain::ids::{ImportId, OrganizationId, UserId};
use invite_domain::import::{
    Import, ImportRow, ImportState, NewImport, RowFault, RowOutcome, RowResult, StopReason, Tally, WaitingRow,
};
use uuid::Uuid;

use super::cells::{Cells, millis};
use super::sql::{Lost, once, sql};
use super::{Error, Row, Store, Tx};

/// Rows written with one statement: SQLite takes 32,766 values in one.
const ROWS_AT_ONCE: usize = 1000;

/// A turn at an import.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ImportLease {
    /// The import.
    pub import: ImportId,
    /// Which turn.
    pub turn: Uuid,
}

impl Store {
    /// Leases the import that has waited longest, if there is one that nobody works on.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn lease_import(
        &self,
        turn: Uuid,
        now: DateTime<Utc>,
        until: DateTime<Utc>,
    ) -> Result<Option<ImportLease>, Error> {
        // Most polls find nothing, and those shall not take turns with the writers.
        let due: Option<i32> =
            sql("SELECT 1 FROM imports WHERE state = 'running' AND (lease_until IS NULL OR lease_until <= $1) LIMIT 1")
                .bind(millis(now))
                .optional_scalar(&mut self.glance().await?)
                .await?;
        if due.is_none() {
            return Ok(None);
        }
        let mut tx = self.begin_brief().await?;
        let picked = tx.engine().picked(
            "SELECT id FROM imports WHERE state = 'running' AND (lease_until IS NULL OR lease_until <= $2) \
             ORDER BY id LIMIT 1",
        );
        let id: Option<Uuid> =
            sql(format!("UPDATE imports SET lease = $1, lease_until = $3 WHERE id {picked} RETURNING id"))
                .bind(turn)
                .bind(millis(now))
                .bind(millis(until))
                .optional_scalar(&mut tx)
                .await?;
        tx.commit().await?;
        Ok(id.map(|id| ImportLease { import: ImportId::new(id), turn }))
    }

    /// Gives a turn back before its time. Nobody takes the import up before `until`.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn release_import(&self, lease: ImportLease, until: Option<DateTime<Utc>>) -> Result<(), Error> {
        let mut tx = self.begin_brief().await?;
        sql("UPDATE imports SET lease = NULL, lease_until = $3 WHERE id = $1 AND lease = $2")
            .bind(lease.import.get())
            .bind(lease.turn)
            .bind(until.map(millis))
            .queue(&mut tx);
        tx.commit().await
    }
}

impl Tx {
    /// The import of a turn, which lasts until `until` from now on. None: it has ended, or the turn is somebody else's.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn hold_import(&mut self, lease: ImportLease, until: DateTime<Utc>) -> Result<Option<Import>, Error> {
        let row =
            sql("UPDATE imports SET lease_until = $3 WHERE id = $1 AND lease = $2 AND ended_at IS NULL RETURNING *")
                .bind(lease.import.get())
                .bind(lease.turn)
                .bind(millis(until))
                .fetch_optional(self)
                .await?;
        row.as_ref().map(read).transpose()
    }

    /// An import.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn import(&mut self, id: ImportId) -> Result<Option<Import>, Error> {
        let row = sql("SELECT * FROM imports WHERE id = $1").bind(id.get()).fetch_optional(self).await?;
        row.as_ref().map(read).transpose()
    }

    /// Whether an organization has an import of a name.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn has_import(&mut self, organization: OrganizationId, reference: &str) -> Result<bool, Error> {
        let found: i64 = sql("SELECT COUNT(*) FROM imports WHERE organization_id = $1 AND reference = $2")
            .bind(organization.get())
            .bind(reference)
            .scalar(self)
            .await?;
        Ok(found > 0)
    }

    /// The next rows whose turn it is.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn waiting_import_rows(&mut self, import: ImportId, limit: u32) -> Result<Vec<WaitingRow>, Error> {
        let rows = sql("SELECT * FROM import_rows WHERE import_id = $1 AND result IS NULL ORDER BY number LIMIT $2")
            .bind(import.get())
            .bind(i64::from(limit))
            .fetch_all(self)
            .await?;
        rows.iter().map(read_waiting).collect()
    }

    /// Whether an earlier row of an import was done with an address.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn import_has_address(&mut self, import: ImportId, address: &EmailAddress) -> Result<bool, Error> {
        let found: i64 = sql("SELECT COUNT(*) FROM import_rows WHERE import_id = $1 AND address_normalized = $2")
            .bind(import.get())
            .bind(address.normalized())
            .scalar(self)
            .await?;
        Ok(found > 0)
    }

    /// Rows of an import from a number on, at most `limit`.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn import_rows(&mut self, import: ImportId, from: u32, limit: u32) -> Result<Vec<ImportRow>, Error> {
        let rows = sql("SELECT * FROM import_rows WHERE import_id = $1 AND number >= $2 ORDER BY number LIMIT $3")
            .bind(import.get())
            .bind(i64::from(from))
            .bind(i64::from(limit))
            .fetch_all(self)
            .await?;
        rows.iter().map(read_row).collect()
    }

    pub(super) fn add_import(&mut self, new: &NewImport) {
        let import = &new.import;
        sql("INSERT INTO imports (id, reference, organization_id, filename, performer_kind, performer_id, \
             notified_user_id, request_id, address, state, total, created_at) \
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)")
        .bind(import.id.get())
        .bind(&import.reference)
        .bind(import.organization.get())
        .bind(&import.filename)
        .bind(import.by.kind())
        .bind(import.by.id())
        .bind(import.notified.map(UserId::get))
        .bind(import.origin.request)
        .bind(import.origin.address.map(|address| address.to_string()))
        .bind(import.state.as_str())
        .bind(i64::from(import.total))
        .bind(millis(import.created_at))
        .queue(self);
        let numbered: Vec<(u32, &InviteMember)> = (0..).zip(&new.rows).collect();
        for rows in numbered.chunks(ROWS_AT_ONCE) {
            let mut statement = once(
                "INSERT INTO import_rows (import_id, number, email_address, display_name, given_name, family_name, \
                 mfa_disabled, make_admin) VALUES ",
            );
            for (index, (number, row)) in rows.iter().enumerate() {
                statement.push(if index == 0 { "(" } else { "), (" });
                statement.push_bind(import.id.get()).push(", ");
                statement.push_bind(i64::from(*number)).push(", ");
                statement.push_bind(&row.email_address).push(", ");
                statement.push_bind(&row.display_name).push(", ");
                statement.push_bind(&row.given_name).push(", ");
                statement.push_bind(&row.family_name).push(", ");
                statement.push_bind(row.is_mfa_disabled).push(", ");
                statement.push_bind(row.make_admin);
            }
            statement.push(")");
            statement.queue(self);
        }
    }

    /// Keeps the result of a row and forgets what it asked for.
    pub(super) fn close_import_row(&mut self, import: ImportId, number: u32, outcome: &RowOutcome) {
        let fault = outcome.fault.as_ref();
        sql("UPDATE import_rows SET result = $3, address_normalized = $4, user_id = $5, reason = $6, detail = $7, \
             field = $8, display_name = NULL, given_name = NULL, family_name = NULL, mfa_disabled = NULL, \
             make_admin = NULL WHERE import_id = $1 AND number = $2 AND result IS NULL")
        .bind(import.get())
        .bind(i64::from(number))
        .bind(outcome.result.as_str())
        .bind(outcome.address.as_ref().map(EmailAddress::normalized))
        .bind(outcome.user.map(UserId::get))
        .bind(fault.map(|fault| fault.reason.as_str()))
        .bind(fault.map(|fault| fault.detail.as_str()))
        .bind(fault.and_then(|fault| fault.field.as_deref()))
        .queue_one(self, Lost::Row("a row of an import"));
    }

    pub(super) fn advance_import(&mut self, id: ImportId, tally: &Tally) {
        sql(
            "UPDATE imports SET invited = $2, added = $3, already_member = $4, duplicate = $5, invalid = $6 WHERE id = $1",
        )
        .bind(id.get())
        .bind(i64::from(tally.invited))
        .bind(i64::from(tally.added))
        .bind(i64::from(tally.already_member))
        .bind(i64::from(tally.duplicate))
        .bind(i64::from(tally.invalid))
        .queue(self);
    }

    pub(super) fn end_import(
        &mut self,
        id: ImportId,
        state: ImportState,
        reason: Option<StopReason>,
        at: DateTime<Utc>,
    ) {
        sql(
            "UPDATE imports SET state = $2, reason = $3, ended_at = $4, lease = NULL, lease_until = NULL WHERE id = $1",
        )
        .bind(id.get())
        .bind(state.as_str())
        .bind(reason.map(StopReason::as_str))
        .bind(millis(at))
        .queue(self);
    }
}

fn read(row: &Row) -> Result<Import, Error> {
    let cells = Cells(row);
    let performer =
        Performer::from_stored(&cells.text("performer_kind")?, cells.optional_text("performer_id")?.as_deref());
    let address = cells.optional_text("address")?.map(|address| address.parse());
    Ok(Import {
        id: ImportId::new(cells.uuid("id")?),
        reference: cells.text("reference")?,
        organization: cells.organization("organization_id")?,
        filename: cells.text("filename")?,
        by: performer.ok_or(Error::Damaged { column: "imports.performer_kind" })?,
        notified: cells.optional_user("notified_user_id")?,
        origin: Origin {
            request: cells.optional_uuid("request_id")?,
            address: address.transpose().map_err(|_| Error::Damaged { column: "imports.address" })?,
        },
        state: cells.named("state", ImportState::from_stored)?,
        reason: cells.optional_named("reason", StopReason::from_stored)?,
        total: cells.number("total")?,
        tally: Tally {
            invited: cells.number("invited")?,
            added: cells.number("added")?,
            already_member: cells.number("already_member")?,
            duplicate: cells.number("duplicate")?,
            invalid: cells.number("invalid")?,
        },
        created_at: cells.instant("created_at")?,
        ended_at: cells.optional_instant("ended_at")?,
    })
}

fn read_waiting(row: &Row) -> Result<WaitingRow, Error> {
    let cells = Cells(row);
    Ok(WaitingRow {
        number: cells.number("number")?,
        command: InviteMember {
            email_address: cells.text("email_address")?,
            display_name: cells.optional_text("display_name")?,
            family_name: cells.optional_text("family_name")?,
            given_name: cells.optional_text("given_name")?,
            is_mfa_disabled: cells.get("mfa_disabled")?,
            make_admin: cells.get("make_admin")?,
        },
    })
}

fn read_row(row: &Row) -> Result<ImportRow, Error> {
    let cells = Cells(row);
    let fault = match (cells.optional_text("reason")?, cells.optional_text("detail")?) {
        (Some(reason), Some(detail)) => Some(RowFault { reason, detail, field: cells.optional_text("field")? }),
        (None, _) | (_, None) => None,
    };
    Ok(ImportRow {
        number: cells.number("number")?,
        address: cells.text("email_address")?,
        result: cells.optional_named("result", RowResult::from_stored)?,
        user: cells.optional_user("user_id")?,
        fault,
    })
}
