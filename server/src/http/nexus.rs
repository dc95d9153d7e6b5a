//! Nexus: members of organizations, and API keys.

use dropshot::RequestContext;
use invite_api::params::{NexusCreateApiKeyHeader, NexusInviteOrganizationMemberHeader, NexusRemoveMemberRolePath};
use invite_api::responses::{
    NexusCreateApiKeyResponse, NexusInviteOrganizationMemberResponse, NexusRemoveMemberRoleResponse,
};
use invite_api::security::op;
use invite_api::serve::Permit;
use invite_api::types;
use invite_domain::actor::Administrator;
use invite_domain::credential::Permission;
use invite_domain::flow::nexus::InviteMember;

use super::Context;
use super::call::{call, keyed};
use super::convert::{received, shown};
use super::error::Problem;
use crate::app::{self, ApiKeyCreated, NewApiKey};

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

pub(super) async fn remove_member_role(
    request: &RequestContext<Context>,
    administrator: Permit<op::NexusRemoveMemberRole, Administrator>,
    path: NexusRemoveMemberRolePath,
) -> Result<NexusRemoveMemberRoleResponse, Problem> {
    let app = &request.context().app;
    app.nexus_remove_member_role(&call(request), &administrator, &path.user_id).await?;
    Ok(NexusRemoveMemberRoleResponse::NoContent)
}

pub(super) async fn create_api_key(
    request: &RequestContext<Context>,
    administrator: Permit<op::NexusCreateApiKey, Administrator>,
    header: NexusCreateApiKeyHeader,
    body: types::NexusNewApiKey,
) -> Result<NexusCreateApiKeyResponse, Problem> {
    let call = keyed(request, &*administrator, header.idempotency_key.as_deref(), &body)?;
    let app = &request.context().app;
    let asked = NewApiKey {
        id: body.id.map(String::from),
        secret: body.secret.map(received),
        permissions: body.permissions.into_iter().map(permission).collect(),
        description: body.description.map(String::from),
        expires_at: body.expires_at.map(Into::into),
    };
    let created = app.once(&call, app.nexus_create_api_key(&call, &administrator, asked)).await?;
    Ok(NexusCreateApiKeyResponse::Created(key_view(created)?))
}

fn permission(permission: types::NexusPermission) -> Permission {
    match permission {
        types::NexusPermission::UserWrite => Permission::UserWrite,
    }
}

fn key_view(key: ApiKeyCreated) -> Result<types::NexusApiKey, Problem> {
    Ok(types::NexusApiKey {
        id: key.id.try_into().map_err(app::Error::internal)?,
        secret: shown(&key.secret),
        permissions: key.permissions.iter().filter_map(|name| name.parse().ok()).collect(),
        description: key.description,
        created_at: key.created_at.into(),
        expires_at: key.expires_at.into(),
    })
}
