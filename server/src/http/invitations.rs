//! Invitations of all flows, and the audit log.

use dropshot::RequestContext;
use invite_api::params::{
    GetInvitationPath, ListEventsQuery, ListInvitationsQuery, ResendInvitationHeader, ResendInvitationPath,
    RevokeInvitationPath,
};
use invite_api::responses::{
    GetInvitationResponse, ListEventsResponse, ListInvitationsResponse, ResendInvitationResponse,
    RevokeInvitationResponse,
};
use invite_api::security::op;
use invite_api::serve::Permit;
use invite_api::types;
use invite_domain::actor::Administrator;
use invite_domain::invitation::InvitationState;

use super::Context;
use super::call::{call, keyed};
use super::error::Problem;
use crate::app::{self, EventQuery, EventView, InvitationQuery, InvitationView};

pub(super) async fn list_invitations(
    request: &RequestContext<Context>,
    administrator: Permit<op::ListInvitations, Administrator>,
    query: ListInvitationsQuery,
) -> Result<ListInvitationsResponse, Problem> {
    let query = InvitationQuery {
        flow: query.flow,
        state: query.state.as_deref().and_then(InvitationState::from_stored),
        organization: query.organization,
        email: query.email,
        limit: limit(query.limit),
        cursor: query.cursor,
    };
    let page = request.context().app.list_invitations(&administrator, query).await?;
    let items = page.items.into_iter().map(invitation).collect::<Result<_, _>>()?;
    Ok(ListInvitationsResponse::Ok(types::InvitationPage { items, next: page.next }))
}

pub(super) async fn get_invitation(
    request: &RequestContext<Context>,
    administrator: Permit<op::GetInvitation, Administrator>,
    path: GetInvitationPath,
) -> Result<GetInvitationResponse, Problem> {
    let found = request.context().app.get_invitation(&administrator, path.id).await?;
    Ok(GetInvitationResponse::Ok(invitation(found)?))
}

pub(super) async fn resend_invitation(
    request: &RequestContext<Context>,
    administrator: Permit<op::ResendInvitation, Administrator>,
    path: ResendInvitationPath,
    header: ResendInvitationHeader,
) -> Result<ResendInvitationResponse, Problem> {
    let call = keyed(request, &*administrator, header.idempotency_key.as_deref(), &())?;
    let app = &request.context().app;
    let sent = app.once(&call, app.resend_invitation(&call, &administrator, path.id)).await?;
    Ok(ResendInvitationResponse::Ok(invitation(sent)?))
}

pub(super) async fn revoke_invitation(
    request: &RequestContext<Context>,
    administrator: Permit<op::RevokeInvitation, Administrator>,
    path: RevokeInvitationPath,
) -> Result<RevokeInvitationResponse, Problem> {
    let revoked = request.context().app.revoke_invitation(&call(request), &administrator, path.id).await?;
    Ok(RevokeInvitationResponse::Ok(invitation(revoked)?))
}

pub(super) async fn list_events(
    request: &RequestContext<Context>,
    administrator: Permit<op::ListEvents, Administrator>,
    query: ListEventsQuery,
) -> Result<ListEventsResponse, Problem> {
    let query = EventQuery { kind: query.kind, limit: limit(query.limit), cursor: query.cursor };
    let page = request.context().app.list_events(&administrator, query).await?;
    let items = page.items.into_iter().map(event).collect();
    Ok(ListEventsResponse::Ok(types::EventPage { items, next: page.next }))
}

/// The schema keeps it in its bounds.
fn limit(limit: Option<i32>) -> Option<u32> {
    limit.and_then(|limit| u32::try_from(limit).ok())
}

fn invitation(view: InvitationView) -> Result<types::Invitation, Problem> {
    Ok(types::Invitation {
        id: view.id,
        flow: view.flow,
        state: view.state.parse().map_err(app::Error::internal)?,
        organization: view.organization,
        organization_id: view.organization_id,
        user_id: view.user_id,
        email: view.email,
        inviter_id: view.inviter_id,
        delivery: types::InvitationDelivery {
            state: view.delivery.parse().map_err(app::Error::internal)?,
            reason: view.delivery_reason,
        },
        created_at: view.created_at.into(),
        expires_at: view.expires_at.into(),
        closed_at: view.closed_at.map(Into::into),
    })
}

fn event(EventView { id, organization, event }: EventView) -> types::Event {
    types::Event {
        id,
        at: event.at.into(),
        kind: event.kind,
        organization,
        organization_id: event.organization.get(),
        performer: types::EventPerformer { kind: event.performer_kind, id: event.performer_id },
        subject: types::EventSubject { kind: event.subject_kind, id: event.subject_id },
        user_id: event.user.map(invite_domain::ids::UserId::get),
        request_id: event.origin.request,
        address: event.origin.address.map(|address| address.to_string()),
    }
}
