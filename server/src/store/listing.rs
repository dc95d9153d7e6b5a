//! Pages of invitations and of events, the newest first, for those who oversee them.
//!
//! Each page is a range of one index that ends with the id: it begins after the last id of the page before, is read in
//! order, and stops at the limit. Nothing is skipped over and nothing is sorted, so the last page costs what the first does.

use chrono::{DateTime, Utc};
use invite_domain::email_address::EmailAddress;
use invite_domain::event::StoredEvent;
use invite_domain::flow::FlowName;
use invite_domain::ids::InvitationId;
use invite_domain::invitation::{Invitation, InvitationState};
use invite_domain::oversight::Realm;
use uuid::Uuid;

use super::cells::{Cells, millis};
use super::sql::{Engine, Statement, sql};
use super::{Error, Tx, events, invitations};

/// Which invitations to list.
#[derive(Debug, Clone)]
pub struct InvitationPage {
    /// Of whom.
    pub realm: Realm,
    /// Those of this flow.
    pub flow: Option<FlowName>,
    /// Those in this state as of now.
    pub state: Option<InvitationState>,
    /// Those of this address.
    pub address: Option<EmailAddress>,
    /// Those before this one.
    pub before: Option<InvitationId>,
    /// At most so many.
    pub limit: u32,
}

/// Which events to list.
#[derive(Debug, Clone)]
pub struct EventPage {
    /// Of whom.
    pub realm: Realm,
    /// Those of this kind.
    pub kind: Option<String>,
    /// Those before this one.
    pub before: Option<Uuid>,
    /// At most so many.
    pub limit: u32,
}

/// What a state means in the table: what stands in the row, and on which side of its end the row is.
type Stored = (Option<InvitationState>, Option<Age>);

#[derive(Debug, Clone, Copy)]
enum Age {
    Alive,
    TooOld,
}

/// A pending invitation that is too old is expired, whatever its row says; that takes two ranges. The sweep keeps short what
/// the list of pending ones skips over, and what of the expired ones must be sorted.
const fn stored(state: Option<InvitationState>) -> &'static [Stored] {
    match state {
        None => &[(None, None)],
        Some(InvitationState::Pending) => &[(Some(InvitationState::Pending), Some(Age::Alive))],
        Some(InvitationState::Accepted) => &[(Some(InvitationState::Accepted), None)],
        Some(InvitationState::Declined) => &[(Some(InvitationState::Declined), None)],
        Some(InvitationState::Revoked) => &[(Some(InvitationState::Revoked), None)],
        Some(InvitationState::Expired) => {
            &[(Some(InvitationState::Expired), None), (Some(InvitationState::Pending), Some(Age::TooOld))]
        }
    }
}

impl Tx {
    /// A page of invitations, each with the slug of its organization.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn invitation_page(
        &mut self,
        page: &InvitationPage,
        now: DateTime<Utc>,
    ) -> Result<Vec<(Invitation, String)>, Error> {
        let mut found = Vec::new();
        for range in stored(page.state) {
            let rows = invitation_range(self.engine(), page, *range, now).fetch_all(self).await?;
            for row in &rows {
                found.push((invitations::read(row)?, Cells(row).text("slug")?));
            }
        }
        found.sort_by_key(|(invitation, _)| std::cmp::Reverse(invitation.id));
        found.truncate(usize::try_from(page.limit).unwrap_or(usize::MAX));
        Ok(found)
    }

    /// A page of events, each with the slug of its organization.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn event_page(&mut self, page: EventPage) -> Result<Vec<(StoredEvent, String)>, Error> {
        let rows = event_range(page).fetch_all(self).await?;
        rows.iter().map(|row| Ok((events::read(row)?, Cells(row).text("slug")?))).collect()
    }
}

/// One range of an index of invitations.
fn invitation_range(engine: Engine, page: &InvitationPage, (state, age): Stored, now: DateTime<Utc>) -> Statement {
    // PostgreSQL knows that many wait and not that few of them are overdue: it would walk through all that wait, in the order of
    // the page. The overdue ones are found by themselves, therefore.
    let fence = engine == Engine::Postgres && matches!(age, Some(Age::TooOld)) && page.address.is_none();
    let mut sql = selected(if fence { "(SELECT * FROM invitations" } else { "invitations" }, page.realm);
    // An address has few invitations. The texts that are glued on keep the indexes of flow and state out of the choice.
    let aside = engine.aside();
    let glue = if page.address.is_some() && engine == Engine::Sqlite { " || ''" } else { "" };
    if let Some(address) = &page.address {
        sql.push(" AND address_normalized = ").push_bind(address.normalized());
    }
    if let Some(flow) = page.flow {
        sql.push(&format!(" AND flow{glue} = ")).push_bind(flow.as_str());
    }
    if let Some(state) = state {
        sql.push(&format!(" AND listed_as{glue} = ")).push_bind(state.as_str());
    }
    match age {
        Some(Age::Alive) => {
            sql.push(&format!(" AND {aside}expires_at > ")).push_bind(millis(now));
        }
        Some(Age::TooOld) => {
            sql.push(" AND expires_at <= ").push_bind(millis(now));
            if fence {
                sql.push(" OFFSET 0) t WHERE TRUE");
            }
        }
        None => {}
    }
    // The plus signs decide the index: the end of life leads to those that are overdue, the id to all others.
    let aside = if matches!(age, Some(Age::TooOld)) && page.address.is_none() { aside } else { "" };
    ended(sql, aside, page.before.map(InvitationId::get), page.limit)
}

/// One range of an index of events.
fn event_range(page: EventPage) -> Statement {
    let mut sql = selected("events", page.realm);
    if let Some(kind) = page.kind {
        sql.push(" AND kind = ").push_bind(kind);
    }
    ended(sql, "", page.before, page.limit)
}

fn selected(table: &str, realm: Realm) -> Statement {
    let mut sql = sql(format!(
        "SELECT t.*, (SELECT o.slug FROM organizations o WHERE o.id = t.organization_id) AS slug FROM {table} t WHERE "
    ));
    match realm {
        Realm::Tenant(tenant) => sql.push("tenant_id = ").push_bind(tenant.get()),
        Realm::Organization(organization) => sql.push("organization_id = ").push_bind(organization.get()),
    };
    sql
}

fn ended(mut sql: Statement, aside: &str, before: Option<Uuid>, limit: u32) -> Statement {
    if let Some(before) = before {
        sql.push(&format!(" AND {aside}id < ")).push_bind(before);
    }
    sql.push(&format!(" ORDER BY {aside}id DESC LIMIT ")).push_bind(i64::from(limit));
    sql
}

#[cfg(test)]
mod tests;
