//! `/customer-organizations`.

use dropshot::RequestContext;
use invite_api::params::MuninxCreateCustomerOrganizationHeader;
use invite_api::responses::MuninxCreateCustomerOrganizationResponse;
use invite_api::security::op;
use invite_api::serve::Permit;
use invite_api::types;
use invite_domain::actor::Administrator;
use invite_domain::flow::muninx::organizations::CreateOrganization;

use super::super::Context;
use super::super::call::keyed;
use super::super::error::Problem;

pub(in crate::http) async fn create_customer_organization(
    request: &RequestContext<Context>,
    administrator: Permit<op::MuninxCreateCustomerOrganization, Administrator>,
    header: MuninxCreateCustomerOrganizationHeader,
    body: types::MuninxNewCustomerOrganization,
) -> Result<MuninxCreateCustomerOrganizationResponse, Problem> {
    let call = keyed(request, &*administrator, header.idempotency_key.as_deref(), &body)?;
    let app = &request.context().app;
    let command = CreateOrganization {
        slug: body.id.into(),
        name: body.display_name.into(),
        domains: body.domains.into_iter().map(String::from).collect(),
        external_ref: body.external_ref.map(String::from),
        notes: body.notes.map(String::from),
    };
    let work = app.muninx_create_customer_organization(&call, &administrator, command);
    let created = app.once(&call, work).await?;
    Ok(MuninxCreateCustomerOrganizationResponse::Ok(types::MuninxCustomerOrganization {
        id: created.slug,
        display_name: created.name,
        domains: created.domains,
        external_ref: created.external_ref,
        notes: created.notes,
        status: types::MuninxCustomerOrganizationStatus::Active,
        tenant_id: created.tenant,
        created_at: created.created_at.into(),
        updated_at: created.created_at.into(),
    }))
}
