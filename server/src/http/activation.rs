//! Redeeming a challenge.

use invite_api::request::Body;
use invite_api::responses::ActivateResponse;
use invite_api::types;

use super::context::Request;
use super::error::Problem;
use crate::app::ActivatedUser;

pub(super) async fn activate(request: Request, body: Body<types::Activation>) -> Result<ActivateResponse, Problem> {
    let body = body.read().await?;
    let user = request.app().activate(&body.challenge, &body.password).await?;
    Ok(ActivateResponse::Ok(types::ActivationResult { user: view(user)? }))
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
