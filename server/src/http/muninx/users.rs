//! `/users`, apart from inviting.

use dropshot::RequestContext;
use invite_api::params::{MuninxGetUserPath, MuninxListUsersQuery, MuninxUpdateUserPath};
use invite_api::responses::{MuninxGetUserResponse, MuninxListUsersResponse, MuninxUpdateUserResponse};
use invite_api::security::op;
use invite_api::serve::Permit;
use invite_api::types;
use invite_domain::flow::muninx::users::{Member, SeenUser, UpdateUser, UserFilter, type_of};
use invite_domain::membership::{AgentType, UserType};
use invite_domain::user::{Profile, UserStatus};

use super::super::Context;
use super::super::call::call;
use super::super::error::Problem;

/// The sentence that the vendor documents.
const UPDATED: &str = "User updated";

pub(in crate::http) async fn list_users(
    request: &RequestContext<Context>,
    member: Permit<op::MuninxListUsers, Member>,
    query: MuninxListUsersQuery,
) -> Result<MuninxListUsersResponse, Problem> {
    let filter = UserFilter {
        types: query.r#type.map(|text| listed(&text, UserType::from_name)),
        statuses: query.status.map(|text| listed(&text, UserStatus::from_stored)),
        agent_types: query.agent_type.map(|text| listed(&text, AgentType::from_name)),
        organizations: query.organization.map(|text| listed(&text, |slug| Some(slug.to_owned()))),
        auto_assign_tickets: query.auto_assign_tickets.map(|text| listed(&text, |word| word.parse().ok())),
    };
    let users = request.context().app.muninx_list_users(&member, &filter).await?;
    Ok(MuninxListUsersResponse::Ok(types::MuninxUsers { users: users.into_iter().map(shown).collect() }))
}

/// The values of a filter, which are divided by commas. The document has none but known ones.
fn listed<T>(text: &str, read: impl Fn(&str) -> Option<T>) -> Vec<T> {
    text.split(',').filter_map(read).collect()
}

pub(in crate::http) async fn get_user(
    request: &RequestContext<Context>,
    member: Permit<op::MuninxGetUser, Member>,
    path: MuninxGetUserPath,
) -> Result<MuninxGetUserResponse, Problem> {
    Ok(MuninxGetUserResponse::Ok(shown(request.context().app.muninx_get_user(&member, &path.email).await?)))
}

fn shown(seen: SeenUser) -> types::MuninxUser {
    let SeenUser { user, grant, slug, is_only_invited, .. } = seen;
    let profile = Some(user.profile).filter(|_| !is_only_invited);
    types::MuninxUser {
        name: profile.as_ref().and_then(Profile::shown_given_name).map(str::to_owned),
        last_name: profile.and_then(|profile| profile.family_name),
        email: Some(user.email.original().to_owned()),
        created_at: Some(user.created_at.into()).filter(|_| !is_only_invited),
        type_: type_of(&grant).map(|kind| match kind {
            UserType::Admin => types::MuninxUserType::Admin,
            UserType::Agent => types::MuninxUserType::Agent,
            UserType::Customer => types::MuninxUserType::Customer,
        }),
        organization: Some(slug),
        status: Some(match user.status {
            _ if is_only_invited => types::MuninxUserStatus::Pending,
            UserStatus::Pending => types::MuninxUserStatus::Pending,
            UserStatus::Active => types::MuninxUserStatus::Active,
            UserStatus::Suspended => types::MuninxUserStatus::Suspended,
        }),
        auto_assign_tickets: grant.muninx.map(|muninx| muninx.auto_assign_tickets),
        agent_type: grant.muninx.and_then(|muninx| muninx.agent_type).map(|kind| match kind {
            AgentType::Human => types::MuninxUserAgentType::Human,
            AgentType::AiAssisted => types::MuninxUserAgentType::AiAssisted,
            AgentType::AiAutonomous => types::MuninxUserAgentType::AiAutonomous,
        }),
    }
}

pub(in crate::http) async fn update_user(
    request: &RequestContext<Context>,
    member: Permit<op::MuninxUpdateUser, Member>,
    path: MuninxUpdateUserPath,
    body: types::MuninxUserUpdate,
) -> Result<MuninxUpdateUserResponse, Problem> {
    let app = &request.context().app;
    app.muninx_update_user(&call(request), &member, &path.email, &command(body)).await?;
    Ok(MuninxUpdateUserResponse::Ok(UPDATED.to_owned().into()))
}

fn command(body: types::MuninxUserUpdate) -> UpdateUser {
    UpdateUser {
        name: body.name.map(String::from),
        last_name: body.last_name.map(String::from),
        user_type: body.type_.map(|kind| match kind {
            types::MuninxUserUpdateType::Admin => UserType::Admin,
            types::MuninxUserUpdateType::Agent => UserType::Agent,
            types::MuninxUserUpdateType::Customer => UserType::Customer,
        }),
        organization: body.organization.map(String::from),
        agent_type: body.agent_type.map(|kind| match kind {
            types::MuninxUserUpdateAgentType::Human => AgentType::Human,
            types::MuninxUserUpdateAgentType::AiAssisted => AgentType::AiAssisted,
            types::MuninxUserUpdateAgentType::AiAutonomous => AgentType::AiAutonomous,
        }),
        auto_assign_tickets: body.auto_assign_tickets.map(|word| match word {
            types::MuninxUserUpdateAutoAssignTickets::True => true,
            types::MuninxUserUpdateAutoAssignTickets::False => false,
        }),
        status: body.status.map(|status| match status {
            types::MuninxUserUpdateStatus::Active => UserStatus::Active,
            types::MuninxUserUpdateStatus::Suspended => UserStatus::Suspended,
        }),
    }
}
