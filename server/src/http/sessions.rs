//! Signing in.

use invite_api::responses::CreateSessionResponse;
use invite_api::security::op;
use invite_api::serve::Permit;
use invite_api::types;
use invite_domain::secret::PlainSecret;

use super::convert::shown;
use super::error::Problem;
use crate::app::App;

pub(super) async fn create_session(
    app: &App,
    password: Permit<op::CreateSession, PlainSecret>,
    body: types::NewSession,
) -> Result<CreateSessionResponse, Problem> {
    let tokens = app.create_session(&body.email, password.expose()).await?;
    Ok(CreateSessionResponse::Created(types::SessionTokens {
        access_token: shown(&tokens.access),
        refresh_token: shown(&tokens.refresh),
        session_token: shown(&tokens.session),
        expires_at: tokens.expires_at.into(),
    }))
}
