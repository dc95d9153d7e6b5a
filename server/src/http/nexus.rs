//! Nexus: members of organizations.

use invite_api::responses::NexusInviteOrganizationMemberResponse;
use invite_api::security::op;
use invite_api::serve::Permit;
use invite_api::types;
use invite_domain::actor::Administrator;
use invite_domain::flow::nexus::InviteMember;

use super::error::Problem;
use crate::app::App;

pub(super) async fn invite_organization_member(
    app: &App,
    administrator: Permit<op::NexusInviteOrganizationMember, Administrator>,
    body: types::NexusInviteMember,
) -> Result<NexusInviteOrganizationMemberResponse, Problem> {
    let command = InviteMember {
        email_address: body.email_address.into(),
        display_name: body.display_name.map(String::from),
        family_name: body.family_name.map(String::from),
        given_name: body.given_name.map(String::from),
        is_mfa_disabled: body.is_mfa_disabled,
        make_admin: body.make_admin,
    };
    app.nexus_invite_organization_member(&administrator, command).await?;
    Ok(NexusInviteOrganizationMemberResponse::NoContent)
}
