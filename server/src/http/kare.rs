//! Kare: invitations of the administrators' application, and their acceptance.

use invite_api::request::Body;
use invite_api::responses::{KareAcceptInvitationResponse, KareInviteUserOrganizationResponse};
use invite_api::types;
use invite_domain::flow::kare::{AcceptInvitation, InviteUser};
use invite_domain::membership::KarePermissions;
use invite_domain::secret::PlainSecret;

use super::context::Request;
use super::error::Problem;
use crate::app::KareMembership;

pub(super) async fn invite_user_organization(
    request: Request,
    body: Body<types::KareInviteUserOrganization>,
) -> Result<KareInviteUserOrganizationResponse, Problem> {
    let (actor, body) = request.admit(body).await?;
    let permissions =
        KarePermissions { group: body.permissions.group, read: body.permissions.read, manage: body.permissions.manage };
    let command = InviteUser {
        first_name: body.first_name.into(),
        last_name: body.last_name.into(),
        email: body.email.into(),
        permissions,
    };
    let membership = request.app().kare_invite_user_organization(&actor, command).await?;
    Ok(KareInviteUserOrganizationResponse::Created(types::KareMembershipEnvelope { data: view(membership) }))
}

fn view(membership: KareMembership) -> types::KareMembership {
    let KarePermissions { group, read, manage } = membership.permissions;
    types::KareMembership {
        user_id: membership.user_id,
        organization_id: membership.organization_id,
        scope: membership.scope.into(),
        permissions: types::KarePermissions { group, read, manage },
        deleted_at: membership.deleted_at.map(Into::into),
        updated_at: membership.updated_at.into(),
        created_at: membership.created_at.into(),
    }
}

pub(super) async fn accept_invitation(
    request: Request,
    body: Body<types::KareAcceptInvitation>,
) -> Result<KareAcceptInvitationResponse, Problem> {
    let body = body.read().await?;
    let command = AcceptInvitation {
        invitation_token: PlainSecret::from_caller(String::from(body.invitation_token)),
        email: body.email.into(),
        password: PlainSecret::from_caller(String::from(body.password)),
        first_name: body.first_name.into(),
        last_name: body.last_name.into(),
        phone: body.phone.into(),
        lang: body.lang.map(|lang| lang.to_string()),
    };
    let tokens = request.app().kare_accept_invitation(command).await?;
    Ok(KareAcceptInvitationResponse::Created(types::KareSessionTokensEnvelope {
        data: types::KareSessionTokens {
            access_token: tokens.access.expose().to_owned(),
            refresh_token: tokens.refresh.expose().to_owned(),
            session_token: tokens.session.expose().to_owned(),
        },
    }))
}
