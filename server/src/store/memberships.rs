//! The table of memberships.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use invite_domain::flow::muninx::users::Elsewhere;
use invite_domain::ids::{OrganizationId, UserId};
use invite_domain::membership::{
    AgentType, Grant, KareGrant, KarePermissions, Membership, MuninxGrant, NexusGrant, UnleashGrant, UserType,
};

use super::cells::{Cells, millis};
use super::sql::{Lost, Statement, sql};
use super::{Error, Row, Tx};

/// That somebody has accepted to be a member: there is no invitation to it that still waits. Looked for among the person's own
/// invitations, which are few. In an organization many may wait, so its indexes are kept out of the choice: by the sum, and by not
/// saying `state = 'pending'`, where an index of all that wait looks as good to PostgreSQL as long as there are none.
macro_rules! joined {
    ($membership:literal) => {
        concat!(
            "NOT EXISTS (SELECT 1 FROM invitations i WHERE i.user_id = ",
            $membership,
            ".user_id AND i.organization_id + 0 = ",
            $membership,
            ".organization_id AND i.closed_at IS NULL)"
        )
    };
}
pub(super) use joined;

/// What a person `u` has accepted of the tenant of `o`. Within the tenant its administrators may have moved them since.
macro_rules! accepted {
    ($when:literal) => {
        concat!(
            "(SELECT ",
            $when,
            "(i.closed_at) FROM invitations i WHERE i.user_id = u.id \
             AND i.tenant_id + 0 = COALESCE(o.tenant_id, o.id) AND i.state = 'accepted')"
        )
    };
}

/// Where a user `$1` signs in, perhaps in the organization with the slug `$2`. The membership itself may be older than the day on which
/// somebody joined: it was there while the invitation waited, and comes back with another one.
const HOME: &str = concat!(
    "SELECT m.organization_id FROM memberships m JOIN organizations o ON o.id = m.organization_id \
     JOIN users u ON u.id = m.user_id LEFT JOIN organizations t ON t.id = o.tenant_id \
     WHERE m.user_id = $1 AND (o.slug = $2 OR $2 IS NULL) AND m.deleted_at IS NULL AND o.status = 'active' \
     AND (t.id IS NULL OR t.status = 'active') AND ",
    joined!("m"),
    " ORDER BY COALESCE(",
    accepted!("MAX"),
    " < u.address_proven_at, FALSE), COALESCE(",
    accepted!("MIN"),
    ", m.created_at), m.created_at, m.organization_id LIMIT 1"
);

const OTHER_ADMINISTRATORS: &str = concat!(
    "SELECT COUNT(*) FROM memberships m JOIN users u ON u.id = m.user_id \
     WHERE m.organization_id = $1 AND m.user_id <> $2 AND m.is_admin = TRUE AND m.deleted_at IS NULL \
     AND u.status = 'active' AND ",
    joined!("m")
);

/// What an update writes, whichever row it is for.
macro_rules! update_membership {
    () => {
        "UPDATE memberships SET is_admin = $3, muninx_type = $4, muninx_agent_type = $5, kare_scope = $6, \
         kare_group = $7, kare_read = $8, kare_manage = $9, nexus_mfa_disabled = $10, unleash_root_role = $11, \
         created_at = $12, updated_at = $13, deleted_at = $14, muninx_auto_assign = $15"
    };
}

impl Tx {
    /// A membership, live or removed.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn membership(
        &mut self,
        user: UserId,
        organization: OrganizationId,
    ) -> Result<Option<Membership>, Error> {
        let row = sql("SELECT * FROM memberships WHERE user_id = $1 AND organization_id = $2")
            .bind(user.get())
            .bind(organization.get())
            .fetch_optional(self)
            .await?;
        row.as_ref().map(read).transpose()
    }

    /// The live memberships of a user, in all tenants.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn memberships_of(&mut self, user: UserId) -> Result<Vec<Membership>, Error> {
        let rows = sql("SELECT * FROM memberships WHERE user_id = $1 AND deleted_at IS NULL ORDER BY organization_id")
            .bind(user.get())
            .fetch_all(self)
            .await?;
        rows.iter().map(read).collect()
    }

    /// The organizations of a tenant in which a user is an organization admin.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn administered_organizations(
        &mut self,
        user: UserId,
        tenant: OrganizationId,
    ) -> Result<BTreeSet<OrganizationId>, Error> {
        let numbers: Vec<i32> = sql(concat!(
            "SELECT m.organization_id FROM memberships m JOIN organizations o ON o.id = m.organization_id \
                 WHERE m.user_id = $1 AND m.is_admin = TRUE AND m.deleted_at + 0 IS NULL \
                 AND COALESCE(o.tenant_id, o.id) = $2 AND o.status = 'active' AND ",
            joined!("m")
        ))
        .bind(user.get())
        .bind(tenant.get())
        .scalars(self)
        .await?;
        Ok(numbers.into_iter().map(OrganizationId::new).collect())
    }

    /// Whether a user is a live member of an organization of a tenant.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn belongs_to_tenant(&mut self, user: UserId, tenant: OrganizationId) -> Result<bool, Error> {
        let found: i64 = sql("SELECT COUNT(*) FROM memberships m JOIN organizations o ON o.id = m.organization_id \
             WHERE m.user_id = $1 AND m.deleted_at IS NULL AND COALESCE(o.tenant_id, o.id) = $2")
        .bind(user.get())
        .bind(tenant.get())
        .scalar(self)
        .await?;
        Ok(found > 0)
    }

    /// What a user is to other tenants.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn elsewhere(&mut self, user: UserId, tenant: OrganizationId) -> Result<Elsewhere, Error> {
        let row = sql(concat!(
            "SELECT COUNT(*) AS known, COUNT(CASE WHEN ",
            joined!("m"),
            " THEN 1 END) AS joined FROM memberships m JOIN organizations o ON o.id = m.organization_id \
             WHERE m.user_id = $1 AND m.deleted_at IS NULL AND COALESCE(o.tenant_id, o.id) <> $2"
        ))
        .bind(user.get())
        .bind(tenant.get())
        .fetch_one(self)
        .await?;
        let (known, joined): (i64, i64) = (row.get("known")?, row.get("joined")?);
        Ok(match (known, joined) {
            (0, _) => Elsewhere::Nothing,
            (_, 0) => Elsewhere::Invited,
            _ => Elsewhere::Member,
        })
    }

    /// Whether somebody may still come in to a pending account: by an invitation that can be accepted, or because a membership, other
    /// than in a tenant that may invite anew, needs none.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn is_awaited(
        &mut self,
        user: UserId,
        tenant: Option<OrganizationId>,
        now: DateTime<Utc>,
    ) -> Result<bool, Error> {
        let found = sql("SELECT 1 FROM memberships m JOIN organizations o ON o.id = m.organization_id \
             LEFT JOIN invitations i ON i.user_id = m.user_id AND i.organization_id + 0 = m.organization_id \
             AND i.closed_at IS NULL WHERE m.user_id = $1 AND m.deleted_at IS NULL \
             AND (i.expires_at > $3 OR (i.id IS NULL AND (COALESCE(o.tenant_id, o.id) <> $2 OR $2 IS NULL))) LIMIT 1")
        .bind(user.get())
        .bind(tenant.map(OrganizationId::get))
        .bind(millis(now));
        Ok(found.fetch_optional(self).await?.is_some())
    }

    /// A live membership that its user has accepted.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn joined_membership(
        &mut self,
        user: UserId,
        organization: OrganizationId,
    ) -> Result<Option<Membership>, Error> {
        let row = sql(concat!(
            "SELECT * FROM memberships m WHERE m.user_id = $1 AND m.organization_id = $2 AND m.deleted_at IS NULL AND ",
            joined!("m")
        ))
        .bind(user.get())
        .bind(organization.get())
        .fetch_optional(self)
        .await?;
        row.as_ref().map(read).transpose()
    }

    /// Whether a user has not accepted yet to be in an organization.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn has_open_invitation(&mut self, user: UserId, organization: OrganizationId) -> Result<bool, Error> {
        let found = sql(
            "SELECT 1 FROM invitations WHERE user_id = $1 AND organization_id + 0 = $2 AND closed_at IS NULL LIMIT 1",
        )
        .bind(user.get())
        .bind(organization.get());
        Ok(found.fetch_optional(self).await?.is_some())
    }

    /// How many active organization admins an organization has beside a user. Who has not accepted yet is none.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn count_other_administrators(
        &mut self,
        organization: OrganizationId,
        user: UserId,
    ) -> Result<i64, Error> {
        // On PostgreSQL, of two that count at the same time the second begins anew. On SQLite there is no second.
        sql("UPDATE organizations SET updated_at = updated_at WHERE id = $1").bind(organization.get()).queue(self);
        sql(OTHER_ADMINISTRATORS).bind(organization.get()).bind(user.get()).scalar(self).await
    }

    /// Where a user signs in: in the organization that they name by its slug, if they have joined it and it is usable. When nothing
    /// is said, the usable one that they have belonged to longest. An invitation that they have not accepted leads nowhere yet, and
    /// where somebody has joined before the mailbox was proven, perhaps without its owner, comes last.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn home_organization(
        &mut self,
        user: UserId,
        named: Option<&str>,
    ) -> Result<Option<OrganizationId>, Error> {
        let number: Option<i32> = sql(HOME).bind(user.get()).bind(named).optional_scalar(self).await?;
        Ok(number.map(OrganizationId::new))
    }

    pub(super) fn add_membership(&mut self, membership: &Membership) {
        let insert = "INSERT INTO memberships (user_id, organization_id, is_admin, muninx_type, muninx_agent_type, kare_scope, \
                      kare_group, kare_read, kare_manage, nexus_mfa_disabled, unleash_root_role, created_at, updated_at, \
                      deleted_at, muninx_auto_assign) \
                      VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)";
        written(insert, membership).queue(self);
    }

    /// Who comes back gets new credentials: those of before ended when the membership did.
    pub(super) fn revive_membership(&mut self, membership: &Membership) {
        self.revoke_tokens_of(membership.user, membership.organization, membership.updated_at);
        let update =
            concat!(update_membership!(), " WHERE user_id = $1 AND organization_id = $2 AND deleted_at IS NOT NULL");
        written(update, membership).queue_one(self, Lost::Row("reviving a membership"));
    }

    pub(super) fn change_membership(&mut self, membership: &Membership) {
        let update =
            concat!(update_membership!(), " WHERE user_id = $1 AND organization_id = $2 AND deleted_at IS NULL");
        written(update, membership).queue_one(self, Lost::Row("changing a membership"));
    }
}

fn written(text: &'static str, membership: &Membership) -> Statement {
    let grant = &membership.grant;
    let permissions = grant.kare.as_ref().map(|kare| &kare.permissions);
    sql(text)
        .bind(membership.user.get())
        .bind(membership.organization.get())
        .bind(grant.is_admin)
        .bind(grant.muninx.map(|muninx| muninx.user_type.as_str()))
        .bind(grant.muninx.and_then(|muninx| muninx.agent_type).map(AgentType::as_str))
        .bind(grant.kare.as_ref().map(|kare| kare.scope))
        .bind(permissions.map(|permissions| permissions.group))
        .bind(permissions.map(|permissions| list(&permissions.read)))
        .bind(permissions.map(|permissions| list(&permissions.manage)))
        .bind(grant.nexus.map(|nexus| nexus.mfa_disabled))
        .bind(grant.unleash.map(|unleash| unleash.root_role))
        .bind(millis(membership.created_at))
        .bind(millis(membership.updated_at))
        .bind(membership.deleted_at.map(millis))
        .bind(grant.muninx.map(|muninx| muninx.auto_assign_tickets))
}

/// Ids as a JSON array. `Debug` of integers is that form.
fn list(ids: &[i64]) -> String {
    format!("{ids:?}")
}

fn ids(cells: &Cells<'_>, column: &'static str) -> Result<Vec<i64>, Error> {
    let text = cells.optional_text(column)?.unwrap_or_else(|| "[]".into());
    serde_json::from_str(&text).map_err(|_| Error::Damaged { column })
}

fn read(row: &Row) -> Result<Membership, Error> {
    let cells = Cells(row);
    Ok(Membership {
        user: cells.user("user_id")?,
        organization: cells.organization("organization_id")?,
        grant: grant(&cells)?,
        created_at: cells.instant("created_at")?,
        updated_at: cells.instant("updated_at")?,
        deleted_at: cells.optional_instant("deleted_at")?,
    })
}

pub(super) fn grant(cells: &Cells<'_>) -> Result<Grant, Error> {
    let agent_type = cells.optional_named("muninx_agent_type", AgentType::from_name)?;
    let user_type = cells.optional_named("muninx_type", UserType::from_name)?;
    let auto_assign: Option<bool> = cells.get("muninx_auto_assign")?;
    let auto_assign_tickets = auto_assign.unwrap_or_default();
    let scope: Option<i32> = cells.get("kare_scope")?;
    let group: Option<i64> = cells.get("kare_group")?;
    let mfa_disabled: Option<bool> = cells.get("nexus_mfa_disabled")?;
    let root_role: Option<i32> = cells.get("unleash_root_role")?;
    let kare = match (scope, group) {
        (Some(scope), Some(group)) => {
            let permissions =
                KarePermissions { group, read: ids(cells, "kare_read")?, manage: ids(cells, "kare_manage")? };
            Some(KareGrant { scope, permissions })
        }
        (None, _) | (_, None) => None,
    };
    Ok(Grant {
        is_admin: cells.get("is_admin")?,
        muninx: user_type.map(|user_type| MuninxGrant { user_type, agent_type, auto_assign_tickets }),
        kare,
        nexus: mfa_disabled.map(|mfa_disabled| NexusGrant { mfa_disabled }),
        unleash: root_role.map(|root_role| UnleashGrant { root_role }),
    })
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;
    use invite_domain::secret::SecretDigest;

    use crate::store::credentials::live_token;
    use crate::store::sql::Engine;
    use crate::store::{Address, Store};

    /// In an organization thousands may wait, and every request asks.
    #[tokio::test]
    async fn whether_somebody_has_accepted_is_looked_for_among_their_own_invitations() {
        let folder = tempfile::tempdir().expect("a folder");
        let store = Store::open(&Address::Sqlite(folder.path().join("invite.db"))).await.expect("opened");
        let token = live_token(Engine::Sqlite, &SecretDigest::from_bytes([0; 32]), DateTime::UNIX_EPOCH);
        let steps = store.plan(&token.text).await;
        let of_invitations: Vec<_> = steps.iter().filter(|step| step.starts_with("SEARCH i ")).collect();
        assert_eq!(of_invitations, ["SEARCH i USING INDEX invitations_by_user (user_id=?)"], "{steps:#?}");
    }

    #[tokio::test]
    async fn where_somebody_signs_in_is_looked_for_among_their_own_rows() {
        let folder = tempfile::tempdir().expect("a folder");
        let store = Store::open(&Address::Sqlite(folder.path().join("invite.db"))).await.expect("opened");
        let steps = store.plan(super::HOME).await;
        let of_invitations: Vec<_> = steps.iter().filter(|step| step.starts_with("SEARCH i ")).collect();
        assert_eq!(of_invitations, ["SEARCH i USING INDEX invitations_by_user (user_id=?)"; 3], "{steps:#?}");
        assert!(!steps.iter().any(|step| step.starts_with("SCAN")), "{steps:#?}");
    }

    /// Every invitation makes a membership; of administrators there are few.
    #[tokio::test]
    async fn administrators_are_counted_without_all_who_are_members() {
        let folder = tempfile::tempdir().expect("a folder");
        let store = Store::open(&Address::Sqlite(folder.path().join("invite.db"))).await.expect("opened");
        let steps = store.plan(super::OTHER_ADMINISTRATORS).await;
        let of_administrators =
            |step: &String| step.starts_with("SEARCH m USING INDEX memberships_of_administrators (org");
        assert!(steps.iter().any(of_administrators), "{steps:#?}");
    }
}
