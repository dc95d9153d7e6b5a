//! The contract's operations over the application: unpack, call, convert, answer.
//!
//! One line an operation here, the conversions in one file a tag. Errors have one table, `error`; what the document
//! demands of credentials, bodies and answers is generated in `invite-api` and enforced in `context`.

mod activation;
mod body;
mod context;
pub(crate) mod error;
mod health;
mod kare;
mod muninx;
mod nexus;
mod sessions;
mod unleash;

use dropshot::RequestContext;
use invite_api::api::Api;
use invite_api::reply::Failure;
use invite_api::request::{Body, Params, Path};
use invite_api::security::Operation;
use invite_api::{params, responses, types};

pub use context::Context;
use context::answer;

/// The server's implementation of the contract.
#[derive(Debug)]
pub enum Service {}

impl Api for Service {
    type Context = Context;

    async fn muninx_invite_user(
        rqctx: RequestContext<Context>,
        body: Body<types::MuninxNewUser>,
    ) -> Result<responses::MuninxInviteUserResponse, Failure<types::MuninxProblem>> {
        answer(rqctx, Operation::MuninxInviteUser, |request| muninx::invite_user(request, body)).await
    }

    async fn muninx_resend_activation_email(
        rqctx: RequestContext<Context>,
        path: Params<Path, params::MuninxResendActivationEmailPath>,
    ) -> Result<responses::MuninxResendActivationEmailResponse, Failure<types::MuninxProblem>> {
        answer(rqctx, Operation::MuninxResendActivationEmail, |request| muninx::resend_activation_email(request, path))
            .await
    }

    async fn muninx_create_token(
        rqctx: RequestContext<Context>,
        body: Body<types::MuninxNewToken>,
    ) -> Result<responses::MuninxCreateTokenResponse, Failure<types::MuninxProblem>> {
        answer(rqctx, Operation::MuninxCreateToken, |request| muninx::create_token(request, body)).await
    }

    async fn kare_invite_user_organization(
        rqctx: RequestContext<Context>,
        body: Body<types::KareInviteUserOrganization>,
    ) -> Result<responses::KareInviteUserOrganizationResponse, Failure<types::KareError>> {
        answer(rqctx, Operation::KareInviteUserOrganization, |request| kare::invite_user_organization(request, body))
            .await
    }

    async fn kare_accept_invitation(
        rqctx: RequestContext<Context>,
        body: Body<types::KareAcceptInvitation>,
    ) -> Result<responses::KareAcceptInvitationResponse, Failure<types::KareError>> {
        answer(rqctx, Operation::KareAcceptInvitation, |request| kare::accept_invitation(request, body)).await
    }

    async fn nexus_invite_organization_member(
        rqctx: RequestContext<Context>,
        path: Params<Path, params::NexusInviteOrganizationMemberPath>,
        body: Body<types::NexusInviteMember>,
    ) -> Result<responses::NexusInviteOrganizationMemberResponse, Failure<types::NexusProblemDetails>> {
        answer(rqctx, Operation::NexusInviteOrganizationMember, |request| {
            nexus::invite_organization_member(request, path, body)
        })
        .await
    }

    async fn unleash_signup(
        rqctx: RequestContext<Context>,
        path: Params<Path, params::UnleashSignupPath>,
        body: Body<types::UnleashCreateInvitedUser>,
    ) -> Result<responses::UnleashSignupResponse, Failure<types::UnleashError>> {
        answer(rqctx, Operation::UnleashSignup, |request| unleash::signup(request, path, body)).await
    }

    async fn unleash_validate_signup_token(
        rqctx: RequestContext<Context>,
        path: Params<Path, params::UnleashValidateSignupTokenPath>,
    ) -> Result<responses::UnleashValidateSignupTokenResponse, Failure<types::UnleashError>> {
        answer(rqctx, Operation::UnleashValidateSignupToken, |request| unleash::validate_signup_token(request, path))
            .await
    }

    async fn unleash_create_signup_token(
        rqctx: RequestContext<Context>,
        body: Body<types::UnleashCreateSignupToken>,
    ) -> Result<responses::UnleashCreateSignupTokenResponse, Failure<types::UnleashError>> {
        answer(rqctx, Operation::UnleashCreateSignupToken, |request| unleash::create_signup_token(request, body)).await
    }

    async fn unleash_update_signup_token(
        rqctx: RequestContext<Context>,
        path: Params<Path, params::UnleashUpdateSignupTokenPath>,
        body: Body<types::UnleashUpdateSignupToken>,
    ) -> Result<responses::UnleashUpdateSignupTokenResponse, Failure<types::UnleashError>> {
        answer(rqctx, Operation::UnleashUpdateSignupToken, |request| unleash::update_signup_token(request, path, body))
            .await
    }

    async fn activate(
        rqctx: RequestContext<Context>,
        body: Body<types::Activation>,
    ) -> Result<responses::ActivateResponse, Failure<types::Problem>> {
        answer(rqctx, Operation::Activate, |request| activation::activate(request, body)).await
    }

    async fn create_session(
        rqctx: RequestContext<Context>,
        body: Body<types::NewSession>,
    ) -> Result<responses::CreateSessionResponse, Failure<types::Problem>> {
        answer(rqctx, Operation::CreateSession, |request| sessions::create_session(request, body)).await
    }

    async fn liveness(rqctx: RequestContext<Context>) -> Result<responses::LivenessResponse, Failure<types::Problem>> {
        answer(rqctx, Operation::Liveness, health::liveness).await
    }

    async fn readiness(
        rqctx: RequestContext<Context>,
    ) -> Result<responses::ReadinessResponse, Failure<types::Problem>> {
        answer(rqctx, Operation::Readiness, health::readiness).await
    }
}
