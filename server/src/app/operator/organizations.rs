//! Organizations of all tenants.

use invite_domain::administration;
use invite_domain::ids::OrganizationId;
use invite_domain::organization::{Organization, OrganizationStatus};
use invite_domain::refusal::{Refusal, RefusalCode};

use super::super::{App, Error};

impl App {
    /// Organizations in the order of their numbers.
    ///
    /// # Errors
    /// When the database fails or is busy.
    pub async fn operator_organizations(
        &self,
        after: Option<OrganizationId>,
        limit: u32,
    ) -> Result<Vec<Organization>, Error> {
        Ok(self.shared.store.begin_read().await?.organizations(after, limit).await?)
    }

    /// An organization by its slug or its number.
    ///
    /// # Errors
    /// `organization_not_found`.
    pub async fn operator_organization(&self, name: &str) -> Result<Organization, Error> {
        let mut tx = self.shared.store.begin_read().await?;
        let by_slug = tx.organization_by_slug(name).await?;
        // A slug may consist of digits; it was chosen, and a number was not.
        let found = match (by_slug, name.parse()) {
            (Some(found), _) => Some(found),
            (None, Ok(number)) => tx.organization(OrganizationId::new(number)).await?,
            (None, Err(_)) => None,
        };
        let refusal = || Refusal::new(RefusalCode::OrganizationNotFound, format!("there is no organization `{name}`"));
        Ok(found.ok_or_else(refusal)?)
    }

    /// Makes a tenant, or a customer organization of one.
    ///
    /// # Errors
    /// `invalid_value`, also for a slug that is taken.
    pub async fn operator_add_organization(
        &self,
        slug: &str,
        name: &str,
        tenant: Option<&Organization>,
    ) -> Result<Organization, Error> {
        self.until_alone(|| async {
            let now = self.now();
            let mut tx = self.shared.store.begin_write().await?;
            if tx.organization_by_slug(slug).await?.is_some() {
                return Err(Refusal::invalid("slug", format!("another organization has the slug `{slug}`")).into());
            }
            let organization = Organization {
                id: tx.allocate_organization_id().await?,
                slug: slug.to_owned(),
                name: name.to_owned(),
                tenant: tenant.map(|tenant| tenant.id),
                status: OrganizationStatus::Active,
            };
            let plan = administration::plan_organization(organization.clone(), tenant)?;
            self.commit_operators(tx, &plan, now).await?;
            Ok(organization)
        })
        .await
    }

    /// Locks an organization, and with it whoever acts in it, or unlocks it.
    ///
    /// # Errors
    /// When the database fails or is busy.
    pub async fn operator_set_organization_status(
        &self,
        organization: Organization,
        status: OrganizationStatus,
    ) -> Result<Organization, Error> {
        self.until_alone(|| async {
            let tx = self.shared.store.begin_write().await?;
            let plan = administration::plan_organization_status(&organization, status);
            self.commit_operators(tx, &plan, self.now()).await?;
            Ok(Organization { status, ..organization.clone() })
        })
        .await
    }
}
