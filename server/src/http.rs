//! The contract's operations over the application: unpack, call, convert, answer.
//!
//! One line an operation here, the conversions in one file a tag. Who may come in is decided in `access`, errors have one
//! table, `error`; what the document demands of credentials, bodies and answers is generated in `invite-api`, which calls
//! nothing here before all of it is checked.

mod access;
mod activation;
mod body;
mod call;
mod context;
mod convert;
pub(crate) mod error;
pub(crate) mod exposition;
mod health;
mod imports;
mod invitations;
mod kare;
mod muninx;
mod nexus;
pub(crate) mod routes;
mod sessions;
mod unleash;

use dropshot::RequestContext;
use invite_api::security::op;
use invite_api::serve::{Anonymous, Permit};
use invite_api::{params, responses, service, types};
use invite_domain::actor::{Administrator, Owner};
use invite_domain::flow::muninx::users::Member;
use invite_domain::secret::PlainSecret;

pub use context::Context;
pub(crate) use context::client;
use error::Problem;
pub(crate) use health::readiness;
pub use imports::check_row;

/// The server's implementation of the contract.
#[derive(Debug)]
pub enum Service {}

impl service::Service for Service {
    async fn muninx_invite_user(
        request: &RequestContext<Context>,
        permit: Permit<op::MuninxInviteUser, Administrator>,
        header: params::MuninxInviteUserHeader,
        body: types::MuninxNewUser,
    ) -> Result<responses::MuninxInviteUserResponse, Problem> {
        muninx::invite_user(request, permit, header, body).await
    }

    async fn muninx_resend_activation_email(
        request: &RequestContext<Context>,
        permit: Permit<op::MuninxResendActivationEmail, Administrator>,
        path: params::MuninxResendActivationEmailPath,
        header: params::MuninxResendActivationEmailHeader,
    ) -> Result<responses::MuninxResendActivationEmailResponse, Problem> {
        muninx::resend_activation_email(request, permit, path, header).await
    }

    async fn muninx_list_users(
        request: &RequestContext<Context>,
        permit: Permit<op::MuninxListUsers, Member>,
        query: params::MuninxListUsersQuery,
    ) -> Result<responses::MuninxListUsersResponse, Problem> {
        muninx::users::list_users(request, permit, query).await
    }

    async fn muninx_get_user(
        request: &RequestContext<Context>,
        permit: Permit<op::MuninxGetUser, Member>,
        path: params::MuninxGetUserPath,
    ) -> Result<responses::MuninxGetUserResponse, Problem> {
        muninx::users::get_user(request, permit, path).await
    }

    async fn muninx_update_user(
        request: &RequestContext<Context>,
        permit: Permit<op::MuninxUpdateUser, Member>,
        path: params::MuninxUpdateUserPath,
        body: types::MuninxUserUpdate,
    ) -> Result<responses::MuninxUpdateUserResponse, Problem> {
        muninx::users::update_user(request, permit, path, body).await
    }

    async fn muninx_create_token(
        request: &RequestContext<Context>,
        permit: Permit<op::MuninxCreateToken, Owner>,
        header: params::MuninxCreateTokenHeader,
        body: types::MuninxNewToken,
    ) -> Result<responses::MuninxCreateTokenResponse, Problem> {
        muninx::create_token(request, permit, header, body).await
    }

    async fn muninx_list_tokens(
        request: &RequestContext<Context>,
        permit: Permit<op::MuninxListTokens, Owner>,
    ) -> Result<responses::MuninxListTokensResponse, Problem> {
        muninx::list_tokens(request, permit).await
    }

    async fn muninx_delete_token(
        request: &RequestContext<Context>,
        permit: Permit<op::MuninxDeleteToken, Owner>,
        path: params::MuninxDeleteTokenPath,
    ) -> Result<responses::MuninxDeleteTokenResponse, Problem> {
        muninx::delete_token(request, permit, path).await
    }

    async fn muninx_create_customer_organization(
        request: &RequestContext<Context>,
        permit: Permit<op::MuninxCreateCustomerOrganization, Administrator>,
        header: params::MuninxCreateCustomerOrganizationHeader,
        body: types::MuninxNewCustomerOrganization,
    ) -> Result<responses::MuninxCreateCustomerOrganizationResponse, Problem> {
        muninx::organizations::create_customer_organization(request, permit, header, body).await
    }

    async fn kare_invite_user_organization(
        request: &RequestContext<Context>,
        permit: Permit<op::KareInviteUserOrganization, Administrator>,
        header: params::KareInviteUserOrganizationHeader,
        body: types::KareInviteUserOrganization,
    ) -> Result<responses::KareInviteUserOrganizationResponse, Problem> {
        kare::invite_user_organization(request, permit, header, body).await
    }

    async fn kare_accept_invitation(
        request: &RequestContext<Context>,
        permit: Permit<op::KareAcceptInvitation, PlainSecret>,
        header: params::KareAcceptInvitationHeader,
        body: types::KareAcceptInvitation,
    ) -> Result<responses::KareAcceptInvitationResponse, Problem> {
        kare::accept_invitation(request, permit, header, body).await
    }

    async fn nexus_invite_organization_member(
        request: &RequestContext<Context>,
        permit: Permit<op::NexusInviteOrganizationMember, Administrator>,
        _: params::NexusInviteOrganizationMemberPath,
        header: params::NexusInviteOrganizationMemberHeader,
        body: types::NexusInviteMember,
    ) -> Result<responses::NexusInviteOrganizationMemberResponse, Problem> {
        nexus::invite_organization_member(request, permit, header, body).await
    }

    async fn nexus_import_organization_members(
        request: &RequestContext<Context>,
        permit: Permit<op::NexusImportOrganizationMembers, Administrator>,
        _: params::NexusImportOrganizationMembersPath,
        header: params::NexusImportOrganizationMembersHeader,
        body: types::NexusImport,
    ) -> Result<responses::NexusImportOrganizationMembersResponse, Problem> {
        imports::import_organization_members(request, permit, header, body).await
    }

    async fn get_import(
        request: &RequestContext<Context>,
        permit: Permit<op::GetImport, Administrator>,
        path: params::GetImportPath,
        query: params::GetImportQuery,
    ) -> Result<responses::GetImportResponse, Problem> {
        imports::get_import(&request.context().app, permit, path, query).await
    }

    async fn nexus_remove_member_role(
        request: &RequestContext<Context>,
        permit: Permit<op::NexusRemoveMemberRole, Administrator>,
        path: params::NexusRemoveMemberRolePath,
        _: params::NexusRemoveMemberRoleQuery,
    ) -> Result<responses::NexusRemoveMemberRoleResponse, Problem> {
        nexus::remove_member_role(request, permit, path).await
    }

    async fn nexus_create_api_key(
        request: &RequestContext<Context>,
        permit: Permit<op::NexusCreateApiKey, Administrator>,
        header: params::NexusCreateApiKeyHeader,
        body: types::NexusNewApiKey,
    ) -> Result<responses::NexusCreateApiKeyResponse, Problem> {
        nexus::create_api_key(request, permit, header, body).await
    }

    async fn unleash_signup(
        request: &RequestContext<Context>,
        permit: Permit<op::UnleashSignup, PlainSecret>,
        _: params::UnleashSignupPath,
        header: params::UnleashSignupHeader,
        body: types::UnleashCreateInvitedUser,
    ) -> Result<responses::UnleashSignupResponse, Problem> {
        unleash::signup(request, permit, header, body).await
    }

    async fn unleash_validate_signup_token(
        request: &RequestContext<Context>,
        _: Permit<op::UnleashValidateSignupToken, Anonymous>,
        path: params::UnleashValidateSignupTokenPath,
    ) -> Result<responses::UnleashValidateSignupTokenResponse, Problem> {
        unleash::validate_signup_token(request, path).await
    }

    async fn unleash_list_signup_tokens(
        request: &RequestContext<Context>,
        permit: Permit<op::UnleashListSignupTokens, Administrator>,
    ) -> Result<responses::UnleashListSignupTokensResponse, Problem> {
        unleash::list_signup_tokens(&request.context().app, permit).await
    }

    async fn unleash_get_signup_token(
        request: &RequestContext<Context>,
        permit: Permit<op::UnleashGetSignupToken, Administrator>,
        path: params::UnleashGetSignupTokenPath,
    ) -> Result<responses::UnleashGetSignupTokenResponse, Problem> {
        unleash::get_signup_token(&request.context().app, permit, path).await
    }

    async fn unleash_create_signup_token(
        request: &RequestContext<Context>,
        permit: Permit<op::UnleashCreateSignupToken, Administrator>,
        header: params::UnleashCreateSignupTokenHeader,
        body: types::UnleashCreateSignupToken,
    ) -> Result<responses::UnleashCreateSignupTokenResponse, Problem> {
        unleash::create_signup_token(request, permit, header, body).await
    }

    async fn unleash_update_signup_token(
        request: &RequestContext<Context>,
        permit: Permit<op::UnleashUpdateSignupToken, Administrator>,
        path: params::UnleashUpdateSignupTokenPath,
        body: types::UnleashUpdateSignupToken,
    ) -> Result<responses::UnleashUpdateSignupTokenResponse, Problem> {
        unleash::update_signup_token(request, permit, path, body).await
    }

    async fn activate(
        request: &RequestContext<Context>,
        permit: Permit<op::Activate, PlainSecret>,
        body: types::Activation,
    ) -> Result<responses::ActivateResponse, Problem> {
        activation::activate(request, permit, body).await
    }

    async fn decline_invitation(
        request: &RequestContext<Context>,
        permit: Permit<op::DeclineInvitation, PlainSecret>,
        _: types::HeldChallenge,
    ) -> Result<responses::DeclineInvitationResponse, Problem> {
        activation::decline_invitation(request, permit).await
    }

    async fn renew_challenge(
        request: &RequestContext<Context>,
        permit: Permit<op::RenewChallenge, PlainSecret>,
        _: types::HeldChallenge,
    ) -> Result<responses::RenewChallengeResponse, Problem> {
        activation::renew_challenge(request, permit).await
    }

    async fn create_session(
        request: &RequestContext<Context>,
        permit: Permit<op::CreateSession, PlainSecret>,
        header: params::CreateSessionHeader,
        body: types::NewSession,
    ) -> Result<responses::CreateSessionResponse, Problem> {
        sessions::create_session(request, permit, header, body).await
    }

    async fn refresh_session(
        request: &RequestContext<Context>,
        permit: Permit<op::RefreshSession, PlainSecret>,
        header: params::RefreshSessionHeader,
        body: types::SessionRefresh,
    ) -> Result<responses::RefreshSessionResponse, Problem> {
        sessions::refresh_session(request, permit, header, body).await
    }

    async fn delete_session(
        request: &RequestContext<Context>,
        permit: Permit<op::DeleteSession, Owner>,
    ) -> Result<responses::DeleteSessionResponse, Problem> {
        sessions::delete_session(request, permit).await
    }

    async fn list_invitations(
        request: &RequestContext<Context>,
        permit: Permit<op::ListInvitations, Administrator>,
        query: params::ListInvitationsQuery,
    ) -> Result<responses::ListInvitationsResponse, Problem> {
        invitations::list_invitations(request, permit, query).await
    }

    async fn get_invitation(
        request: &RequestContext<Context>,
        permit: Permit<op::GetInvitation, Administrator>,
        path: params::GetInvitationPath,
    ) -> Result<responses::GetInvitationResponse, Problem> {
        invitations::get_invitation(request, permit, path).await
    }

    async fn resend_invitation(
        request: &RequestContext<Context>,
        permit: Permit<op::ResendInvitation, Administrator>,
        path: params::ResendInvitationPath,
        header: params::ResendInvitationHeader,
    ) -> Result<responses::ResendInvitationResponse, Problem> {
        invitations::resend_invitation(request, permit, path, header).await
    }

    async fn revoke_invitation(
        request: &RequestContext<Context>,
        permit: Permit<op::RevokeInvitation, Administrator>,
        path: params::RevokeInvitationPath,
    ) -> Result<responses::RevokeInvitationResponse, Problem> {
        invitations::revoke_invitation(request, permit, path).await
    }

    async fn list_events(
        request: &RequestContext<Context>,
        permit: Permit<op::ListEvents, Administrator>,
        query: params::ListEventsQuery,
    ) -> Result<responses::ListEventsResponse, Problem> {
        invitations::list_events(request, permit, query).await
    }

    async fn liveness(
        _: &RequestContext<Context>,
        _: Permit<op::Liveness, Anonymous>,
    ) -> Result<responses::LivenessResponse, Problem> {
        Ok(health::liveness())
    }

    async fn readiness(
        request: &RequestContext<Context>,
        _: Permit<op::Readiness, Anonymous>,
    ) -> Result<responses::ReadinessResponse, Problem> {
        health::readiness(request.context()).await
    }
}
