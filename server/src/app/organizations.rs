//! Customer organizations.

use invite_domain::actor::Administrator;
use invite_domain::flow::muninx::organizations::{self, CreateOrganization, CreationFacts};

use super::{App, Call, CustomerOrganization, Error};
use crate::store;

impl App {
    /// `muninx_create_customer_organization`: makes an organization of customers within the tenant.
    ///
    /// # Errors
    /// `invalid_value`, `organization_taken`, `domain_taken`.
    pub async fn muninx_create_customer_organization(
        &self,
        call: &Call,
        administrator: &Administrator,
        command: CreateOrganization,
    ) -> Result<CustomerOrganization, Error> {
        let admitted = organizations::admit(command)?;
        self.until_alone(|| async {
            let now = self.now();
            let mut tx = self.shared.store.begin_write().await?;
            let missing = store::Error::Damaged { column: "organizations.id" };
            let tenant = tx.organization(administrator.organization()).await?.ok_or(missing)?;
            let facts = CreationFacts {
                id: tx.allocate_organization_id().await?,
                is_slug_taken: tx.organization_by_slug(&admitted.slug).await?.is_some(),
                is_domain_taken: tx.domain_taken(tenant.id, &admitted.details.domains).await?,
            };
            let details = admitted.details.clone();
            let (plan, organization) = organizations::plan(administrator, admitted.clone(), facts)?;
            let created = CustomerOrganization::of(organization, details, tenant.slug, now);
            self.commit_all(call, tx, &plan, &created, now).await?;
            Ok(created)
        })
        .await
    }
}
