//! Kare: invitations of the administrators' application, and their acceptance.

use dropshot::RequestContext;
use invite_api::params::{KareAcceptInvitationHeader, KareInviteUserOrganizationHeader};
use invite_api::responses::{KareAcceptInvitationResponse, KareInviteUserOrganizationResponse};
use invite_api::security::op;
use invite_api::serve::Permit;
use invite_api::types;
use invite_domain::actor::Administrator;
use invite_domain::flow::kare::{AcceptInvitation, InviteUser};
use invite_domain::membership::KarePermissions;
use invite_domain::secret::PlainSecret;

use super::Context;
use super::call::keyed;
use super::convert::{received, shown};
use super::error::Problem;
use crate::app::KareMembership;

pub(super) async fn invite_user_organization(
    request: &RequestContext<Context>,
    administrator: Permit<op::KareInviteUserOrganization, Administrator>,
    header: KareInviteUserOrganizationHeader,
    body: types::KareInviteUserOrganization,
) -> Result<KareInviteUserOrganizationResponse, Problem> {
    let call = keyed(request, &*administrator, header.idempotency_key.as_deref(), &body)?;
    let app = &request.context().app;
    let permissions =
        KarePermissions { group: body.permissions.group, read: body.permissions.read, manage: body.permissions.manage };
    let command = InviteUser {
        first_name: body.first_name.into(),
        last_name: body.last_name.into(),
        email: body.email.into(),
        permissions,
    };
    let membership = app.once(&call, app.kare_invite_user_organization(&call, &administrator, command)).await?;
    Ok(KareInviteUserOrganizationResponse::Created(types::KareMembershipEnvelope { data: view(membership) }))
}

fn view(membership: KareMembership) -> types::KareMembership {
    types::KareMembership {
        user_id: membership.user_id,
        organization_id: membership.organization_id,
        scope: membership.scope.into(),
        permissions: types::KarePermissions {
            group: membership.group,
            read: membership.read,
            manage: membership.manage,
        },
        deleted_at: membership.deleted_at.map(Into::into),
        updated_at: membership.updated_at.into(),
        created_at: membership.created_at.into(),
    }
}

pub(super) async fn accept_invitation(
    request: &RequestContext<Context>,
    invitation_token: Permit<op::KareAcceptInvitation, PlainSecret>,
    header: KareAcceptInvitationHeader,
    body: types::KareAcceptInvitation,
) -> Result<KareAcceptInvitationResponse, Problem> {
    let call = keyed(request, &*invitation_token, header.idempotency_key.as_deref(), &body)?;
    let app = &request.context().app;
    let command = AcceptInvitation {
        invitation_token: invitation_token.into_inner(),
        email: body.email.into(),
        password: received(body.password),
        first_name: body.first_name.into(),
        last_name: body.last_name.into(),
        phone: body.phone.into(),
        lang: body.lang.map(|lang| lang.to_string()),
    };
    let look = app.may_kare_accept_invitation(&call, &command);
    let tokens = app.once_if_let_in(&call, look, app.kare_accept_invitation(&call, command.clone())).await?;
    Ok(KareAcceptInvitationResponse::Created(types::KareSessionTokensEnvelope {
        data: types::KareSessionTokens {
            access_token: shown(&tokens.access),
            refresh_token: shown(&tokens.refresh),
            session_token: shown(&tokens.session),
        },
    }))
}
