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
    /// `organization_not_found`, and `invalid_value` if it is the slug of one and the number of another.
    pub async fn operator_organization(&self, name: &str) -> Result<Organization, Error> {
        let mut tx = self.shared.store.begin_read().await?;
        let by_slug = tx.organization_by_slug(name).await?;
        let by_number = match name.parse() {
            Ok(number) => tx.organization(OrganizationId::new(number)).await?,
            Err(_) => None,
        };
        let found = match (by_number, by_slug) {
            // Administrators of tenants choose slugs, also such as are numbers of others: a guess would let them choose, too,
            // whom an operator locks.
            (Some(numbered), Some(named)) if numbered.id != named.id => return Err(ambiguous(&numbered, &named).into()),
            (numbered, named) => numbered.or(named),
        };
        Ok(found.ok_or_else(|| unknown(name))?)
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
    /// `organization_not_found`.
    pub async fn operator_set_organization_status(
        &self,
        id: OrganizationId,
        status: OrganizationStatus,
    ) -> Result<Organization, Error> {
        self.until_alone(|| async {
            let mut tx = self.shared.store.begin_write().await?;
            // Of this instant: somebody else may have changed it since it was looked up.
            let organization = tx.organization(id).await?.ok_or_else(|| unknown(&id.to_string()))?;
            let plan = administration::plan_organization_status(&organization, status);
            self.commit_operators(tx, &plan, self.now()).await?;
            Ok(Organization { status, ..organization })
        })
        .await
    }
}

fn unknown(name: &str) -> Refusal {
    Refusal::new(RefusalCode::OrganizationNotFound, format!("there is no organization `{name}`"))
}

/// No slug begins with a plus, and a number may.
fn ambiguous(numbered: &Organization, named: &Organization) -> Refusal {
    let detail = format!(
        "there are two organizations of this name: number {} has the slug `{}`, and the slug `{}` is of number {}; write +{} or +{}",
        numbered.id, numbered.slug, named.slug, named.id, numbered.id, named.id
    );
    Refusal::invalid("organization", detail)
}
