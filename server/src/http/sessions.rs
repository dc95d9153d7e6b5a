//! Signing in.

use invite_api::request::Body;
use invite_api::responses::CreateSessionResponse;
use invite_api::types;

use super::context::Request;
use super::error::Problem;

pub(super) async fn create_session(
    request: Request,
    body: Body<types::NewSession>,
) -> Result<CreateSessionResponse, Problem> {
    let body = body.read().await?;
    let tokens = request.app().create_session(&body.email, &body.password).await?;
    Ok(CreateSessionResponse::Created(types::SessionTokens {
        access_token: tokens.access.expose().to_owned(),
        refresh_token: tokens.refresh.expose().to_owned(),
        session_token: tokens.session.expose().to_owned(),
        expires_at: tokens.expires_at.into(),
    }))
}
