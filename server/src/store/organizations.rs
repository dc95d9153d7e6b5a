//! The table of organizations.

use chrono::{DateTime, Utc};
use invite_domain::ids::{OrganizationId, UserId};
use invite_domain::organization::{Organization, OrganizationDetails, OrganizationStatus};

use super::cells::{Cells, millis};
use super::sql::{Statement, sql};
use super::{Error, Row, Sequence, Tx};

impl Tx {
    /// A number for a new organization.
    ///
    /// # Errors
    /// When the database fails, or numbers have run out.
    pub async fn allocate_organization_id(&mut self) -> Result<OrganizationId, Error> {
        let number = self.next_number(Sequence::Organizations).await?;
        i32::try_from(number).map(OrganizationId::new).map_err(|_| Error::Damaged { column: "sequences.next_value" })
    }

    /// An organization by its number.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn organization(&mut self, id: OrganizationId) -> Result<Option<Organization>, Error> {
        let row = by_id(id).fetch_optional(self).await?;
        row.as_ref().map(read).transpose()
    }

    /// An organization as it stands for whoever is invited into it: whoever locks a tenant locks its customer organizations.
    ///
    /// # Errors
    /// When the database fails, or it is not there.
    pub async fn inviting_organization(&mut self, id: OrganizationId) -> Result<Organization, Error> {
        let missing = |column| Error::Damaged { column };
        let mut organization = self.organization(id).await?.ok_or(missing("invitations.organization_id"))?;
        if let Some(tenant) = organization.tenant {
            let tenant = self.organization(tenant).await?.ok_or(missing("organizations.tenant_id"))?;
            if tenant.status == OrganizationStatus::Suspended {
                organization.status = OrganizationStatus::Suspended;
            }
        }
        Ok(organization)
    }

    /// An organization by its slug.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn organization_by_slug(&mut self, slug: &str) -> Result<Option<Organization>, Error> {
        let row = by_slug(slug).fetch_optional(self).await?;
        row.as_ref().map(read).transpose()
    }

    /// The organizations of all tenants in which a user is a live member.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn places_of(&mut self, user: UserId) -> Result<Vec<Organization>, Error> {
        let rows = sql("SELECT o.* FROM organizations o JOIN memberships m ON m.organization_id = o.id \
             WHERE m.user_id = $1 AND m.deleted_at IS NULL ORDER BY o.id")
        .bind(user.get())
        .fetch_all(self)
        .await?;
        rows.iter().map(read).collect()
    }

    /// Organizations of all tenants in the order of their numbers, from after one on.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn organizations(
        &mut self,
        after: Option<OrganizationId>,
        limit: u32,
    ) -> Result<Vec<Organization>, Error> {
        let rows = sql("SELECT * FROM organizations WHERE id > $1 ORDER BY id LIMIT $2")
            .bind(after.map_or(0, OrganizationId::get))
            .bind(i64::from(limit))
            .fetch_all(self)
            .await?;
        rows.iter().map(read).collect()
    }

    /// Whether an organization of a tenant has one of the domains, which are in lower case.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn domain_taken(&mut self, tenant: OrganizationId, domains: &[String]) -> Result<bool, Error> {
        for domain in domains {
            let found: i64 = sql("SELECT COUNT(*) FROM organization_domains WHERE tenant_id = $1 AND domain = $2")
                .bind(tenant.get())
                .bind(domain)
                .scalar(self)
                .await?;
            if found > 0 {
                return Ok(true);
            }
        }
        Ok(false)
    }

    pub(super) fn describe_organization(
        &mut self,
        id: OrganizationId,
        tenant: OrganizationId,
        details: &OrganizationDetails,
    ) {
        sql("UPDATE organizations SET external_ref = $2, notes = $3 WHERE id = $1")
            .bind(id.get())
            .bind(&details.external_ref)
            .bind(&details.notes)
            .queue(self);
        for domain in &details.domains {
            sql("INSERT INTO organization_domains (tenant_id, domain, organization_id) VALUES ($1, $2, $3)")
                .bind(tenant.get())
                .bind(domain)
                .bind(id.get())
                .queue(self);
        }
    }

    pub(super) fn set_organization_status(
        &mut self,
        id: OrganizationId,
        status: OrganizationStatus,
        now: DateTime<Utc>,
    ) {
        sql("UPDATE organizations SET status = $2, updated_at = $3 WHERE id = $1")
            .bind(id.get())
            .bind(status.as_str())
            .bind(millis(now))
            .queue(self);
    }

    pub(super) fn add_organization(&mut self, organization: &Organization, now: DateTime<Utc>) {
        sql("INSERT INTO organizations (id, slug, name, tenant_id, status, created_at, updated_at) \
             VALUES ($1, $2, $3, $4, $5, $6, $6)")
        .bind(organization.id.get())
        .bind(&organization.slug)
        .bind(&organization.name)
        .bind(organization.tenant.map(OrganizationId::get))
        .bind(organization.status.as_str())
        .bind(millis(now))
        .queue(self);
    }
}

pub(super) fn by_id(id: OrganizationId) -> Statement {
    sql("SELECT * FROM organizations WHERE id = $1").bind(id.get())
}

pub(super) fn by_slug(slug: &str) -> Statement {
    sql("SELECT * FROM organizations WHERE slug = $1").bind(slug)
}

fn read(row: &Row) -> Result<Organization, Error> {
    let cells = Cells(row);
    Ok(Organization {
        id: cells.organization("id")?,
        slug: cells.text("slug")?,
        name: cells.text("name")?,
        tenant: cells.optional_organization("tenant_id")?,
        status: cells.named("status", OrganizationStatus::from_stored)?,
    })
}
