//! Nexus: members of organizations.

use invite_api::params::NexusInviteOrganizationMemberPath;
use invite_api::request::{Body, Params, Path};
use invite_api::responses::NexusInviteOrganizationMemberResponse;
use invite_api::types;
use invite_domain::flow::nexus::InviteMember;

use super::context::Request;
use super::error::Problem;

pub(super) async fn invite_organization_member(
    request: Request,
    path: Params<Path, NexusInviteOrganizationMemberPath>,
    body: Body<types::NexusInviteMember>,
) -> Result<NexusInviteOrganizationMemberResponse, Problem> {
    let (actor, path, body) = request.admit_with(path.into_result(), body).await?;
    let command = InviteMember {
        email_address: body.email_address.into(),
        display_name: body.display_name.map(String::from),
        family_name: body.family_name.map(String::from),
        given_name: body.given_name.map(String::from),
        is_mfa_disabled: body.is_mfa_disabled,
        make_admin: body.make_admin,
    };
    request.app().nexus_invite_organization_member(&actor, path.organization_id, command).await?;
    Ok(NexusInviteOrganizationMemberResponse::NoContent)
}
