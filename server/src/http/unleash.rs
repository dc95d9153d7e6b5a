//! Unleash: signup by a shared link, and the links.

use dropshot::RequestContext;
use invite_api::params::{
    UnleashCreateSignupTokenHeader, UnleashGetSignupTokenPath, UnleashSignupHeader, UnleashUpdateSignupTokenPath,
    UnleashValidateSignupTokenPath,
};
use invite_api::responses::{
    UnleashCreateSignupTokenResponse, UnleashGetSignupTokenResponse, UnleashListSignupTokensResponse,
    UnleashSignupResponse, UnleashUpdateSignupTokenResponse, UnleashValidateSignupTokenResponse,
};
use invite_api::security::op;
use invite_api::serve::Permit;
use invite_api::types;
use invite_domain::actor::Administrator;
use invite_domain::flow::unleash::{CreateSignupToken, Signup, UpdateSignupToken};
use invite_domain::secret::PlainSecret;

use super::Context;
use super::call::{call, keyed};
use super::convert::{received, shown};
use super::error::Problem;
use crate::app::{App, SignupTokenUser, SignupTokenView, UnleashUser};

pub(super) async fn signup(
    request: &RequestContext<Context>,
    token: Permit<op::UnleashSignup, PlainSecret>,
    header: UnleashSignupHeader,
    body: types::UnleashCreateInvitedUser,
) -> Result<UnleashSignupResponse, Problem> {
    let call = keyed(request, &*token, header.idempotency_key.as_deref(), &body)?;
    let app = &request.context().app;
    let command = Signup {
        email: body.email.into(),
        name: body.name.into(),
        password: received(body.password),
        username: body.username.map(String::from),
    };
    let look = app.may_unleash_signup(&call, token.expose(), &command);
    let work = app.unleash_signup(&call, token.expose(), command.clone());
    let user = app.once_if_let_in(&call, look, work).await?;
    Ok(UnleashSignupResponse::Ok(user_view(user)))
}

/// The fields that deployed servers send; the others of the schema are left out, as they do.
fn user_view(user: UnleashUser) -> types::UnleashUser {
    types::UnleashUser {
        id: user.id,
        name: Some(user.name),
        email: Some(user.email),
        username: user.username,
        image_url: Some(user.image_url),
        login_attempts: Some(user.login_attempts),
        root_role: Some(user.root_role),
        seen_at: user.seen_at.map(Into::into),
        created_at: Some(user.created_at.into()),
        account_type: Some(types::UnleashUserAccountType::User),
        scim_id: None,
        invite_link: None,
        email_sent: None,
        is_api: None,
        permissions: Vec::new(),
    }
}

pub(super) async fn validate_signup_token(
    request: &RequestContext<Context>,
    path: UnleashValidateSignupTokenPath,
) -> Result<UnleashValidateSignupTokenResponse, Problem> {
    request.context().app.unleash_validate_signup_token(path.token.expose()).await?;
    Ok(UnleashValidateSignupTokenResponse::Ok)
}

pub(super) async fn list_signup_tokens(
    app: &App,
    administrator: Permit<op::UnleashListSignupTokens, Administrator>,
) -> Result<UnleashListSignupTokensResponse, Problem> {
    let tokens = app.unleash_list_signup_tokens(&administrator).await?;
    let tokens = tokens.into_iter().map(token_view).collect();
    Ok(UnleashListSignupTokensResponse::Ok(types::UnleashPublicSignupTokens { tokens }))
}

pub(super) async fn get_signup_token(
    app: &App,
    administrator: Permit<op::UnleashGetSignupToken, Administrator>,
    path: UnleashGetSignupTokenPath,
) -> Result<UnleashGetSignupTokenResponse, Problem> {
    let token = app.unleash_get_signup_token(&administrator, path.token.expose()).await?;
    Ok(UnleashGetSignupTokenResponse::Ok(token_view(token)))
}

pub(super) async fn create_signup_token(
    request: &RequestContext<Context>,
    administrator: Permit<op::UnleashCreateSignupToken, Administrator>,
    header: UnleashCreateSignupTokenHeader,
    body: types::UnleashCreateSignupToken,
) -> Result<UnleashCreateSignupTokenResponse, Problem> {
    let call = keyed(request, &*administrator, header.idempotency_key.as_deref(), &body)?;
    let app = &request.context().app;
    let command = CreateSignupToken { name: body.name.into(), expires_at: body.expires_at.into() };
    let token = app.once(&call, app.unleash_create_signup_token(&call, &administrator, command)).await?;
    // Relative, as the vendor sends it.
    let location = format!("tokens/{}", token.secret.expose()).into();
    Ok(UnleashCreateSignupTokenResponse::Created { location, body: token_view(token) })
}

pub(super) async fn update_signup_token(
    request: &RequestContext<Context>,
    administrator: Permit<op::UnleashUpdateSignupToken, Administrator>,
    path: UnleashUpdateSignupTokenPath,
    body: types::UnleashUpdateSignupToken,
) -> Result<UnleashUpdateSignupTokenResponse, Problem> {
    let call = call(request);
    let command = UpdateSignupToken { expires_at: body.expires_at.map(Into::into), enabled: body.enabled };
    let token =
        request.context().app.unleash_update_signup_token(&call, &administrator, path.token.expose(), command).await?;
    Ok(UnleashUpdateSignupTokenResponse::Ok(token_view(token)))
}

fn token_view(token: SignupTokenView) -> types::UnleashPublicSignupToken {
    types::UnleashPublicSignupToken {
        secret: shown(&token.secret),
        url: Some(shown(&token.url)),
        name: token.name,
        enabled: token.enabled,
        expires_at: token.expires_at.into(),
        created_at: token.created_at.into(),
        created_by: token.created_by,
        role: types::UnleashRole {
            id: Some(token.root_role),
            name: Some("Viewer".to_owned()),
            type_: Some("root".to_owned()),
            description: None,
            project: None,
        },
        users: Some(token.users.into_iter().map(token_user).collect()),
    }
}

fn token_user(user: SignupTokenUser) -> types::UnleashUser {
    types::UnleashUser {
        id: user.id,
        name: Some(user.name),
        username: user.username,
        email: None,
        image_url: None,
        login_attempts: None,
        root_role: None,
        seen_at: None,
        created_at: None,
        account_type: None,
        scim_id: None,
        invite_link: None,
        email_sent: None,
        is_api: None,
        permissions: Vec::new(),
    }
}
