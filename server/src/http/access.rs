//! Who may come in: the hooks that the document demands, one for each way to present credentials and one for each word of
//! `x-access`. What they answer reaches the handlers as types; without it no use case can be called.

use dropshot::RequestContext;
use invite_api::credentials::Basic;
use invite_api::security::Operation;
use invite_api::sensitive::Sensitive;
use invite_api::service::{AdminRequest, Authenticate, Authorize, MemberRequest, OwnerRequest, TokenHolderRequest};
use invite_domain::actor::{Actor, Administrator, Owner};
use invite_domain::flow::muninx::users::Member;
use invite_domain::flow::{kare, muninx, nexus, unleash};
use invite_domain::oversight;
use invite_domain::secret::PlainSecret;
use invite_domain::session;

use super::convert::received;
use super::error::Problem;
use super::{Context, Service};
use crate::app::Error;
use crate::auth::Presented;

type Request = RequestContext<Context>;

impl Authenticate for Service {
    type Caller = Actor;

    async fn session_bearer(request: &Request, _: Operation, token: Sensitive) -> Result<Option<Actor>, Problem> {
        caller(request, &[Presented::SessionBearer(received(token))]).await
    }

    async fn muninx_bearer(request: &Request, _: Operation, token: Sensitive) -> Result<Option<Actor>, Problem> {
        caller(request, &[Presented::MuninxBearer(received(token))]).await
    }

    async fn kare_bearer_and_kare_session(
        request: &Request,
        _: Operation,
        bearer: Sensitive,
        session: Sensitive,
    ) -> Result<Option<Actor>, Problem> {
        caller(request, &[Presented::KareBearer(received(bearer)), Presented::KareSession(received(session))]).await
    }

    async fn nexus_bearer_and_nexus_application_token(
        request: &Request,
        _: Operation,
        bearer: Sensitive,
        application: Sensitive,
    ) -> Result<Option<Actor>, Problem> {
        let application = Presented::NexusApplicationToken(received(application));
        caller(request, &[Presented::NexusBearer(received(bearer)), application]).await
    }

    async fn nexus_basic(request: &Request, _: Operation, pair: Basic) -> Result<Option<Actor>, Problem> {
        let presented = Presented::NexusBasic { username: pair.username, password: received(pair.password) };
        caller(request, &[presented]).await
    }

    async fn unleash_api_key(request: &Request, _: Operation, key: Sensitive) -> Result<Option<Actor>, Problem> {
        caller(request, &[Presented::UnleashApiKey(received(key))]).await
    }

    async fn unleash_bearer(request: &Request, _: Operation, token: Sensitive) -> Result<Option<Actor>, Problem> {
        caller(request, &[Presented::UnleashBearer(received(token))]).await
    }
}

impl Authorize for Service {
    type Admin = Administrator;
    type Owner = Owner;
    type Member = Member;
    /// The secret that is held. Redeeming it is the check, in the transaction that uses it up: no look ahead of that one
    /// would prove anything.
    type TokenHolder = PlainSecret;

    async fn admin(request: &Request, asked: AdminRequest<'_, Actor>) -> Result<Administrator, Problem> {
        let administrator = match asked {
            AdminRequest::MuninxInviteUser { caller, .. }
            | AdminRequest::MuninxResendActivationEmail { caller, .. }
            | AdminRequest::MuninxCreateCustomerOrganization { caller, .. } => muninx::administrator(caller),
            AdminRequest::ListInvitations { caller, .. }
            | AdminRequest::GetInvitation { caller, .. }
            | AdminRequest::ResendInvitation { caller, .. }
            | AdminRequest::RevokeInvitation { caller, .. }
            | AdminRequest::ListEvents { caller, .. } => oversight::administrator(caller),
            AdminRequest::KareInviteUserOrganization { caller, .. } => kare::administrator(caller),
            AdminRequest::NexusInviteOrganizationMember { caller, path, .. } => {
                return Ok(request.context().app.nexus_administrator(caller, path.organization_id).await?);
            }
            AdminRequest::NexusImportOrganizationMembers { caller, path, .. } => {
                return Ok(request.context().app.nexus_administrator(caller, path.organization_id).await?);
            }
            AdminRequest::GetImport { caller, path, .. } => {
                return Ok(request.context().app.import_administrator(caller, path.id).await?);
            }
            AdminRequest::NexusRemoveMemberRole { caller, path, .. } => {
                return Ok(request.context().app.nexus_administrator(caller, path.organization_id).await?);
            }
            AdminRequest::NexusCreateApiKey { caller, .. } => nexus::keys::administrator(caller),
            AdminRequest::UnleashCreateSignupToken { caller, .. }
            | AdminRequest::UnleashListSignupTokens { caller, .. }
            | AdminRequest::UnleashGetSignupToken { caller, .. }
            | AdminRequest::UnleashUpdateSignupToken { caller, .. } => unleash::administrator(caller),
        };
        Ok(administrator.map_err(Error::Refused)?)
    }

    async fn owner(_: &Request, asked: OwnerRequest<'_, Actor>) -> Result<Owner, Problem> {
        match asked {
            OwnerRequest::MuninxCreateToken { caller, .. }
            | OwnerRequest::MuninxListTokens { caller }
            | OwnerRequest::MuninxDeleteToken { caller, .. } => Ok(muninx::owner(&caller).map_err(Error::Refused)?),
            OwnerRequest::DeleteSession { caller } => Ok(session::owner(&caller).map_err(Error::Refused)?),
        }
    }

    async fn member(request: &Request, asked: MemberRequest<'_, Actor>) -> Result<Member, Problem> {
        match asked {
            MemberRequest::MuninxListUsers { caller, .. }
            | MemberRequest::MuninxGetUser { caller, .. }
            | MemberRequest::MuninxUpdateUser { caller, .. } => Ok(request.context().app.muninx_member(caller).await?),
        }
    }

    async fn token_holder(_: &Request, asked: TokenHolderRequest<'_>) -> Result<PlainSecret, Problem> {
        Ok(PlainSecret::from_caller(match asked {
            TokenHolderRequest::KareAcceptInvitation { body, .. } => body.invitation_token.expose().as_str(),
            TokenHolderRequest::UnleashSignup { path, .. } => path.token.expose().as_str(),
            TokenHolderRequest::Activate { body } => body.challenge.expose().as_str(),
            TokenHolderRequest::DeclineInvitation { body } | TokenHolderRequest::RenewChallenge { body } => {
                body.challenge.expose().as_str()
            }
            TokenHolderRequest::CreateSession { body, .. } => body.password.expose().as_str(),
            TokenHolderRequest::RefreshSession { body, .. } => body.refresh_token.expose().as_str(),
        }))
    }
}

async fn caller(request: &Request, presented: &[Presented]) -> Result<Option<Actor>, Problem> {
    Ok(request.context().app.authenticate(presented).await?)
}
