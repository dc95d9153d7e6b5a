//! Signing in, renewing a sign-in, signing out.

use dropshot::RequestContext;
use invite_api::params::{CreateSessionHeader, RefreshSessionHeader};
use invite_api::responses::{CreateSessionResponse, DeleteSessionResponse, RefreshSessionResponse};
use invite_api::security::op;
use invite_api::serve::Permit;
use invite_api::types;
use invite_domain::actor::Owner;
use invite_domain::secret::PlainSecret;

use super::Context;
use super::call::{call, keyed};
use super::convert::shown;
use super::error::Problem;
use crate::app::SessionTokens;

pub(super) async fn create_session(
    request: &RequestContext<Context>,
    password: Permit<op::CreateSession, PlainSecret>,
    header: CreateSessionHeader,
    body: types::NewSession,
) -> Result<CreateSessionResponse, Problem> {
    let call = keyed(request, &*password, header.idempotency_key.as_deref(), &body)?;
    let app = &request.context().app;
    let organization = body.organization.as_deref().map(String::as_str);
    let look = app.may_create_session(&call, &body.email);
    let work = app.create_session(&call, &body.email, password.expose(), organization);
    let tokens = app.once_if_let_in(&call, look, work).await?;
    Ok(CreateSessionResponse::Created(tokens_view(&tokens)))
}

pub(super) async fn refresh_session(
    request: &RequestContext<Context>,
    token: Permit<op::RefreshSession, PlainSecret>,
    header: RefreshSessionHeader,
    body: types::SessionRefresh,
) -> Result<RefreshSessionResponse, Problem> {
    let call = keyed(request, &*token, header.idempotency_key.as_deref(), &body)?;
    let app = &request.context().app;
    let look = app.may_refresh_session(&call, &token);
    let tokens = app.once_if_let_in(&call, look, app.refresh_session(&call, &token)).await?;
    Ok(RefreshSessionResponse::Ok(tokens_view(&tokens)))
}

pub(super) async fn delete_session(
    request: &RequestContext<Context>,
    owner: Permit<op::DeleteSession, Owner>,
) -> Result<DeleteSessionResponse, Problem> {
    request.context().app.delete_session(&call(request), &owner).await?;
    Ok(DeleteSessionResponse::NoContent)
}

fn tokens_view(tokens: &SessionTokens) -> types::SessionTokens {
    types::SessionTokens {
        access_token: shown(&tokens.access),
        refresh_token: shown(&tokens.refresh),
        session_token: shown(&tokens.session),
        expires_at: tokens.expires_at.into(),
    }
}
