//! Signing in.

use dropshot::RequestContext;
use invite_api::params::CreateSessionHeader;
use invite_api::responses::CreateSessionResponse;
use invite_api::security::op;
use invite_api::serve::Permit;
use invite_api::types;
use invite_domain::secret::PlainSecret;

use super::Context;
use super::call::keyed;
use super::convert::shown;
use super::error::Problem;

pub(super) async fn create_session(
    request: &RequestContext<Context>,
    password: Permit<op::CreateSession, PlainSecret>,
    header: CreateSessionHeader,
    body: types::NewSession,
) -> Result<CreateSessionResponse, Problem> {
    let call = keyed(request, &*password, header.idempotency_key.as_deref(), &body)?;
    let app = &request.context().app;
    let tokens = app.once(&call, app.create_session(&call, &body.email, password.expose())).await?;
    Ok(CreateSessionResponse::Created(types::SessionTokens {
        access_token: shown(&tokens.access),
        refresh_token: shown(&tokens.refresh),
        session_token: shown(&tokens.session),
        expires_at: tokens.expires_at.into(),
    }))
}
