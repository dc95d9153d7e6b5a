//! Pages of invitations and of events, the newest first, for those who oversee them.
//!
//! Pages are ranges of an index that ends with the id: each begins after the last id of the page before, is read in order, and stops
//! at the limit. Nothing is skipped over, so the last page costs what the first does.

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
        let rows = invitations_of(self.engine(), page, now).fetch_all(self).await?;
        rows.iter().map(|row| Ok((invitations::read(row)?, Cells(row).text("slug")?))).collect()
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

/// The column that says whose a row is, and its value.
const fn of(realm: Realm) -> (&'static str, i32) {
    match realm {
        Realm::Tenant(tenant) => ("tenant_id", tenant.get()),
        Realm::Organization(organization) => ("organization_id", organization.get()),
    }
}

/// A page of invitations.
fn invitations_of(engine: Engine, page: &InvitationPage, now: DateTime<Utc>) -> Statement {
    let (realm, id) = of(page.realm);
    let ids = if page.address.is_some() { ids_of_address(realm, page) } else { ids_of_all(realm, page) };
    let mut sql = sql(format!(
        "SELECT t.*, (SELECT o.slug FROM organizations o WHERE o.id = t.organization_id) AS slug \
         FROM invitations t WHERE t.id {} ORDER BY t.id DESC",
        engine.among(&ids)
    ))
    .bind(id)
    .bind(page.before.map_or(Uuid::max(), InvitationId::get))
    .bind(i64::from(page.limit));
    if let Some(address) = &page.address {
        sql = sql.bind(address.normalized());
    }
    if matches!(page.state, Some(InvitationState::Pending | InvitationState::Expired)) {
        sql = sql.bind(millis(now));
    }
    sql
}

/// The ids of a page of one address, `$4`. It has few invitations in a tenant: what else is asked for is looked at in their rows.
fn ids_of_address(realm: &str, page: &InvitationPage) -> String {
    let tenant = match page.realm {
        Realm::Tenant(_) => "$1",
        Realm::Organization(_) => "(SELECT COALESCE(o.tenant_id, o.id) FROM organizations o WHERE o.id = $1)",
    };
    // What is added to the other columns keeps their indexes out of the choice.
    let flow = page.flow.map(|flow| format!(" AND flow || '' = '{}'", flow.as_str())).unwrap_or_default();
    let state = match page.state {
        None => String::new(),
        Some(InvitationState::Pending) => " AND listed_as || '' = 'pending' AND expires_at + 0 > $5".to_owned(),
        Some(InvitationState::Expired) => {
            " AND (listed_as || '' = 'expired' OR listed_as || '' = 'pending' AND expires_at + 0 <= $5)".to_owned()
        }
        Some(state) => format!(" AND listed_as || '' = '{}'", state.as_str()),
    };
    format!(
        "SELECT id FROM invitations WHERE tenant_id = {tenant} AND address_normalized = $4 AND id < $2 \
         AND {realm} + 0 = $1{flow}{state} ORDER BY id DESC LIMIT $3"
    )
}

/// The ids of a page of all addresses: the newest of each flow and state, which stand in order in one index, and of those the newest.
/// There are few flows and states, so that this costs less than an index for each way to ask costs with every write.
fn ids_of_all(realm: &str, page: &InvitationPage) -> String {
    let flows = page.flow.map_or(FlowName::ALL.to_vec(), |flow| vec![flow]);
    let states = page.state.map_or(InvitationState::ALL.to_vec(), |state| vec![state]);
    // A pending invitation that is too old is expired, whatever its row says.
    let age = if page.state == Some(InvitationState::Pending) { " AND expires_at + 0 > $4" } else { "" };
    let mut ranges: Vec<String> = Vec::new();
    for flow in flows {
        ranges.extend(states.iter().map(|state| {
            format!(
                "SELECT id FROM (SELECT id FROM invitations WHERE {realm} = $1 AND flow = '{}' AND listed_as = '{}' \
                 AND id < $2{age} ORDER BY id DESC LIMIT $3) t",
                flow.as_str(),
                state.as_str()
            )
        }));
    }
    if page.state == Some(InvitationState::Expired) {
        ranges.push(ids_of_overdue(realm, page.flow));
    }
    format!("SELECT id FROM ({}) t ORDER BY id DESC LIMIT $3", ranges.join(" UNION ALL "))
}

/// The ids of what is expired and not yet listed so. The sweep keeps them few; they are found by themselves before anything else is
/// asked of them.
fn ids_of_overdue(realm: &str, flow: Option<FlowName>) -> String {
    let flow = flow.map(|flow| format!(" AND flow = '{}'", flow.as_str())).unwrap_or_default();
    format!(
        "SELECT id FROM (WITH overdue AS MATERIALIZED (SELECT id, {realm}, flow FROM invitations \
         WHERE listed_as = 'pending' AND expires_at <= $4) \
         SELECT id FROM overdue WHERE {realm} = $1 AND id < $2{flow}) t"
    )
}

/// One range of an index of events.
fn event_range(page: EventPage) -> Statement {
    let (realm, id) = of(page.realm);
    let mut sql = sql(format!(
        "SELECT t.*, (SELECT o.slug FROM organizations o WHERE o.id = t.organization_id) AS slug FROM events t WHERE {realm} = $1"
    ))
    .bind(id);
    if let Some(kind) = page.kind {
        sql.push(" AND kind = ").push_bind(kind);
    }
    if let Some(before) = page.before {
        sql.push(" AND id < ").push_bind(before);
    }
    sql.push(" ORDER BY id DESC LIMIT ").push_bind(i64::from(page.limit));
    sql
}

#[cfg(test)]
mod tests;
