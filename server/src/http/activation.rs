//! Redeeming a challenge.

use dropshot::RequestContext;
use invite_api::responses::{ActivateResponse, DeclineInvitationResponse, RenewChallengeResponse};
use invite_api::security::op;
use invite_api::serve::Permit;
use invite_api::types;
use invite_domain::secret::PlainSecret;

use super::Context;
use super::call::call;
use super::error::Problem;
use crate::app::ActivatedUser;

pub(super) async fn activate(
    request: &RequestContext<Context>,
    challenge: Permit<op::Activate, PlainSecret>,
    body: types::Activation,
) -> Result<ActivateResponse, Problem> {
    let call = call(request);
    let user = request.context().app.activate(&call, challenge.expose(), body.password.expose()).await?;
    Ok(ActivateResponse::Ok(types::ActivationResult { password_set: user.password_set, user: view(user)? }))
}

pub(super) async fn decline_invitation(
    request: &RequestContext<Context>,
    challenge: Permit<op::DeclineInvitation, PlainSecret>,
) -> Result<DeclineInvitationResponse, Problem> {
    request.context().app.decline_invitation(&call(request), &challenge).await?;
    Ok(DeclineInvitationResponse::NoContent)
}

pub(super) async fn renew_challenge(
    request: &RequestContext<Context>,
    challenge: Permit<op::RenewChallenge, PlainSecret>,
) -> Result<RenewChallengeResponse, Problem> {
    request.context().app.renew_challenge(&call(request), &challenge).await?;
    Ok(RenewChallengeResponse::Accepted)
}

fn view(user: ActivatedUser) -> Result<types::ActivatedUser, Problem> {
    let id = u64::try_from(user.id).ok().and_then(std::num::NonZeroU64::new);
    let id = id.ok_or_else(|| crate::app::Error::Internal(anyhow::anyhow!("user id {} is not positive", user.id)))?;
    Ok(types::ActivatedUser {
        id,
        email: user.email,
        display_name: user.display_name,
        status: types::ActivatedUserStatus::Active,
        activated_at: user.activated_at.into(),
        created_at: user.created_at.into(),
    })
}
