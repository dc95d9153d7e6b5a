//! MuninX: `/users`, `/tokens`.

use invite_api::params::MuninxResendActivationEmailPath;
use invite_api::responses::{MuninxCreateTokenResponse, MuninxInviteUserResponse, MuninxResendActivationEmailResponse};
use invite_api::security::op;
use invite_api::serve::Permit;
use invite_api::types;
use invite_domain::actor::{Administrator, Owner};
use invite_domain::flow::muninx::InviteUser;
use invite_domain::membership::{AgentType, UserType};

use super::convert::{received, shown};
use super::error::Problem;
use crate::app::App;

/// The sentence that the vendor documents.
const INVITED: &str = "A confirmation email has been sent to the new user's email";
/// The sentence that the vendor documents.
const RESENT: &str = "Confirmation email sent";

pub(super) async fn invite_user(
    app: &App,
    administrator: Permit<op::MuninxInviteUser, Administrator>,
    body: types::MuninxNewUser,
) -> Result<MuninxInviteUserResponse, Problem> {
    app.muninx_invite_user(&administrator, command(body)).await?;
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
    app: &App,
    administrator: Permit<op::MuninxResendActivationEmail, Administrator>,
    path: MuninxResendActivationEmailPath,
) -> Result<MuninxResendActivationEmailResponse, Problem> {
    app.muninx_resend_activation_email(&administrator, &path.email).await?;
    Ok(MuninxResendActivationEmailResponse::Ok(RESENT.to_owned().into()))
}

pub(super) async fn create_token(
    app: &App,
    owner: Permit<op::MuninxCreateToken, Owner>,
    body: types::MuninxNewToken,
) -> Result<MuninxCreateTokenResponse, Problem> {
    let created = app.muninx_create_token(&owner, body.name.into()).await?;
    Ok(MuninxCreateTokenResponse::Ok(types::MuninxCreatedToken {
        id: created.id,
        name: created.name,
        token: shown(&created.token),
        created_at: created.created_at.into(),
    }))
}
