//! Users with the one membership that counts in a tenant, for the flow that shows users with one organization.
//!
//! Whoever asks sees one realm; a user outside it is not found. The membership that counts is the oldest that the flow made,
//! else the oldest.

use invite_domain::email_address::EmailAddress;
use invite_domain::flow::muninx::users::{SeenUser, Sight, UserFilter};
use invite_domain::ids::{OrganizationId, UserId};
use invite_domain::membership::{AgentType, UserType};
use invite_domain::oversight::Realm;
use invite_domain::user::UserStatus;

use super::cells::Cells;
use super::sql::{Statement, Value, sql};
use super::{Error, Row, Tx, memberships, users};

/// One user to look for.
#[derive(Debug, Clone, Copy)]
pub enum Sought<'a> {
    /// By number.
    Id(UserId),
    /// By address, in whatever spelling.
    Address(&'a EmailAddress),
}

impl Tx {
    /// The users whom `user` of `tenant` sees, in the order of their numbers.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn seen_users(
        &mut self,
        tenant: OrganizationId,
        user: UserId,
        sight: Sight,
        filter: &UserFilter,
    ) -> Result<Vec<SeenUser>, Error> {
        // Callers choose how many values it has: a connection that remembered each of these texts would never have enough.
        let mut sql = Statement { is_kept: false, ..counted(tenant, user, sight) };
        sql.push(") c ON c.user_id = u.id WHERE c.place = 1");
        let names = |types: &[UserType]| types.iter().map(|kind| kind.as_str()).collect::<Vec<_>>();
        among(
            &mut sql,
            "COALESCE(c.muninx_type, CASE WHEN c.is_admin = TRUE THEN 'admin' END)",
            filter.types.as_deref().map(names),
        );
        let names = |kinds: &[AgentType]| kinds.iter().map(|kind| kind.as_str()).collect::<Vec<_>>();
        among(&mut sql, "c.muninx_agent_type", filter.agent_types.as_deref().map(names));
        let names = |statuses: &[UserStatus]| statuses.iter().map(|status| status.as_str()).collect::<Vec<_>>();
        let status = "CASE WHEN c.is_only_invited THEN 'pending' ELSE u.status END";
        among(&mut sql, status, filter.statuses.as_deref().map(names));
        among(&mut sql, "c.slug", filter.organizations.clone());
        among(&mut sql, "c.muninx_auto_assign", filter.auto_assign_tickets.clone());
        sql.push(" ORDER BY u.id");
        let rows = sql.fetch_all(self).await?;
        rows.iter().map(read).collect()
    }

    /// One of them.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn seen_user(
        &mut self,
        tenant: OrganizationId,
        user: UserId,
        sight: Sight,
        sought: Sought<'_>,
    ) -> Result<Option<SeenUser>, Error> {
        let mut sql = counted(tenant, user, sight);
        match sought {
            Sought::Id(id) => sql.push(" AND m.user_id = ").push_bind(id.get()),
            Sought::Address(address) => sql
                .push(" AND m.user_id = (SELECT id FROM users WHERE email_normalized = ")
                .push_bind(address.normalized())
                .push(")"),
        };
        sql.push(") c ON c.user_id = u.id WHERE c.place = 1");
        let row = sql.fetch_optional(self).await?;
        row.as_ref().map(read).transpose()
    }
}

/// The live memberships of those who are seen, numbered for each user from the one that counts on; left open for more
/// conditions.
fn counted(tenant: OrganizationId, user: UserId, sight: Sight) -> Statement {
    let mut sql = sql("SELECT u.*, c.* FROM users u JOIN (\
         SELECT m.user_id, m.organization_id, m.is_admin, m.muninx_type, m.muninx_agent_type, m.muninx_auto_assign, \
         m.kare_scope, m.kare_group, m.kare_read, m.kare_manage, m.nexus_mfa_disabled, m.unleash_root_role, o.slug, \
         (SELECT 1 FROM invitations i WHERE i.user_id = m.user_id AND i.organization_id + 0 = m.organization_id \
         AND i.closed_at IS NULL LIMIT 1) IS NOT NULL AND (SELECT 1 FROM memberships e \
         JOIN organizations f ON f.id = e.organization_id WHERE e.user_id = m.user_id \
         AND e.deleted_at IS NULL AND COALESCE(f.tenant_id, f.id) <> ");
    sql.push_bind(tenant.get()).push(concat!(
        " AND (e.created_at < m.created_at OR ",
        memberships::joined!("e"),
        ") LIMIT 1) IS NOT NULL AND m.user_id <> "
    ));
    sql.push_bind(user.get()).push(
        " AS is_only_invited, ROW_NUMBER() OVER (PARTITION BY m.user_id \
         ORDER BY m.muninx_type IS NULL, m.created_at, m.organization_id) AS place \
         FROM memberships m JOIN organizations o ON o.id = m.organization_id WHERE m.deleted_at IS NULL AND ",
    );
    let realm = match sight {
        Sight::Everybody(realm) => realm,
        Sight::Themselves => Realm::Tenant(tenant),
    };
    match realm {
        Realm::Tenant(tenant) => {
            sql.push("(o.id = ").push_bind(tenant.get()).push(" OR o.tenant_id = ").push_bind(tenant.get()).push(")")
        }
        Realm::Organization(organization) => sql.push("o.id = ").push_bind(organization.get()),
    };
    if sight == Sight::Themselves {
        sql.push(" AND m.user_id = ").push_bind(user.get());
    }
    sql
}

/// Lets only rows through that have one of the values.
fn among<T: Into<Value>>(sql: &mut Statement, column: &'static str, values: Option<Vec<T>>) {
    let Some(values) = values else { return };
    sql.push(" AND ").push(column).push(" IN (");
    for (index, value) in values.into_iter().enumerate() {
        sql.push(if index == 0 { "" } else { ", " }).push_bind(value);
    }
    sql.push(")");
}

fn read(row: &Row) -> Result<SeenUser, Error> {
    let cells = Cells(row);
    Ok(SeenUser {
        user: users::read(row)?,
        grant: memberships::grant(&cells)?,
        organization: cells.organization("organization_id")?,
        slug: cells.text("slug")?,
        is_only_invited: cells.get("is_only_invited")?,
    })
}
