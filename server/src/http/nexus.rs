//! Nexus: members of organizations.

use dropshot::RequestContext;
use invite_api::params::NexusInviteOrganizationMemberHeader;
use invite_api::responses::NexusInviteOrganizationMemberResponse;
use invite_api::security::op;
use invite_api::serve::Permit;
use invite_api::types;
use invite_domain::actor::Administrator;
use invite_domain::flow::nexus::InviteMember;

use super::Context;
use super::call::keyed;
use super::error::Problem;

pub(super) async fn invite_organization_member(
    request: &RequestContext<Context>,
    administrator: Permit<op::NexusInviteOrganizationMember, Administrator>,
    header: NexusInviteOrganizationMemberHeader,
    body: types::NexusInviteMember,
) -> Result<NexusInviteOrganizationMemberResponse, Problem> {
    let call = keyed(request, &*administrator, header.idempotency_key.as_deref(), &body)?;
    let app = &request.context().app;
    let command = InviteMember {
        email_address: body.email_address.into(),
        display_name: body.display_name.map(String::from),
        family_name: body.family_name.map(String::from),
        given_name: body.given_name.map(String::from),
        is_mfa_disabled: body.is_mfa_disabled,
        make_admin: body.make_admin,
    };
    app.once(&call, app.nexus_invite_organization_member(&call, &administrator, command)).await?;
    Ok(NexusInviteOrganizationMemberResponse::NoContent)
}
