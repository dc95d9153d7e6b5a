//! MuninX: `/users`, `/tokens`.

pub(super) mod users;

use dropshot::RequestContext;
use invite_api::params::{
    MuninxCreateTokenHeader, MuninxDeleteTokenPath, MuninxInviteUserHeader, MuninxResendActivationEmailHeader,
    MuninxResendActivationEmailPath,
};
use invite_api::responses::{
    MuninxCreateTokenResponse, MuninxDeleteTokenResponse, MuninxInviteUserResponse, MuninxListTokensResponse,
    MuninxResendActivationEmailResponse,
};
use invite_api::security::op;
use invite_api::serve::Permit;
use invite_api::types;
use invite_domain::actor::{Administrator, Owner};
use invite_domain::credential::ApiToken;
use invite_domain::flow::muninx::InviteUser;
use invite_domain::membership::{AgentType, UserType};

use super::Context;
use super::call::{call, keyed};
use super::convert::{received, shown};
use super::error::Problem;

/// The sentence that the vendor documents.
const INVITED: &str = "A confirmation email has been sent to the new user's email";
/// The sentence that the vendor documents.
const RESENT: &str = "Confirmation email sent";

pub(super) async fn invite_user(
    request: &RequestContext<Context>,
    administrator: Permit<op::MuninxInviteUser, Administrator>,
    header: MuninxInviteUserHeader,
    body: types::MuninxNewUser,
) -> Result<MuninxInviteUserResponse, Problem> {
    let call = keyed(request, &*administrator, header.idempotency_key.as_deref(), &body)?;
    let app = &request.context().app;
    app.once(&call, app.muninx_invite_user(&call, &administrator, command(body))).await?;
    Ok(MuninxInviteUserResponse::Ok(INVITED.to_owned().into()))
}

/// `created-at` is accepted and ignored: the server's clock decides.
fn command(body: types::MuninxNewUser) -> InviteUser {
    InviteUser {
        email: body.email.into(),
        name: body.name.into(),
        last_name: body.last_name.into(),
        user_type: match body.type_ {
            types::MuninxNewUserType::Admin => UserType::Admin,
            types::MuninxNewUserType::Agent => UserType::Agent,
            types::MuninxNewUserType::Customer => UserType::Customer,
        },
        agent_type: body.agent_type.map(|kind| match kind {
            types::MuninxNewUserAgentType::Human => AgentType::Human,
            types::MuninxNewUserAgentType::AiAssisted => AgentType::AiAssisted,
            types::MuninxNewUserAgentType::AiAutonomous => AgentType::AiAutonomous,
        }),
        organization: body.organization.map(String::from),
        challenge: body.challenge.map(received),
    }
}

pub(super) async fn resend_activation_email(
    request: &RequestContext<Context>,
    administrator: Permit<op::MuninxResendActivationEmail, Administrator>,
    path: MuninxResendActivationEmailPath,
    header: MuninxResendActivationEmailHeader,
) -> Result<MuninxResendActivationEmailResponse, Problem> {
    let call = keyed(request, &*administrator, header.idempotency_key.as_deref(), &())?;
    let app = &request.context().app;
    app.once(&call, app.muninx_resend_activation_email(&call, &administrator, &path.email)).await?;
    Ok(MuninxResendActivationEmailResponse::Ok(RESENT.to_owned().into()))
}

pub(super) async fn create_token(
    request: &RequestContext<Context>,
    owner: Permit<op::MuninxCreateToken, Owner>,
    header: MuninxCreateTokenHeader,
    body: types::MuninxNewToken,
) -> Result<MuninxCreateTokenResponse, Problem> {
    let call = keyed(request, &*owner, header.idempotency_key.as_deref(), &body)?;
    let app = &request.context().app;
    let created = app.once(&call, app.muninx_create_token(&call, &owner, body.name.into())).await?;
    Ok(MuninxCreateTokenResponse::Ok(types::MuninxCreatedToken {
        id: created.id,
        name: created.name,
        token: shown(&created.token),
        created_at: created.created_at.into(),
    }))
}

pub(super) async fn list_tokens(
    request: &RequestContext<Context>,
    owner: Permit<op::MuninxListTokens, Owner>,
) -> Result<MuninxListTokensResponse, Problem> {
    let tokens = request.context().app.muninx_list_tokens(&owner).await?;
    let shown = |token: ApiToken| types::MuninxToken {
        id: token.id.get(),
        name: token.name,
        created_at: token.created_at.into(),
    };
    Ok(MuninxListTokensResponse::Ok(types::MuninxTokens(tokens.into_iter().map(shown).collect())))
}

pub(super) async fn delete_token(
    request: &RequestContext<Context>,
    owner: Permit<op::MuninxDeleteToken, Owner>,
    path: MuninxDeleteTokenPath,
) -> Result<MuninxDeleteTokenResponse, Problem> {
    request.context().app.muninx_delete_token(&call(request), &owner, path.id).await?;
    Ok(MuninxDeleteTokenResponse::NoContent)
}
