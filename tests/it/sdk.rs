//! The client against the server: two derivations of one document, made independently, meet here.

use contract_tests::server::Server;
use contract_tests::world::Tenant;
use invite_sdk::errors::{
    ActivateError, KareInviteUserOrganizationError, MuninxInviteUserError, NexusInviteOrganizationMemberError,
    UnleashSignupError,
};
use invite_sdk::{Client, types};

use crate::support::{PASSWORD, clients_url, server};

#[tokio::test]
async fn muninx_from_the_invite_to_the_session() {
    let server = server().await;
    let client = client(&server, &server.world.acme);
    let user = types::MuninxNewUser::builder()
        .email("jane@customer.example")
        .name("Jane")
        .last_name("Doe")
        .type_(types::MuninxNewUserType::Customer);
    let answer = client.muninx_invite_user(user.clone().organization("acme-customer-1")).await.unwrap();
    assert_eq!(answer.as_str(), "A confirmation email has been sent to the new user's email");
    let error = client.muninx_invite_user(user).await.unwrap_err();
    assert!(
        matches!(error.operation_error(), Some(MuninxInviteUserError::Conflict(problem)) if problem.status == Some(409)),
        "{error:?}"
    );
    let agent = types::MuninxNewUser::builder()
        .email("x@acme.example")
        .name("X")
        .last_name("Y")
        .type_(types::MuninxNewUserType::Agent);
    let error = client.muninx_invite_user(agent).await.unwrap_err();
    let Some(MuninxInviteUserError::BadRequest(problem)) = error.operation_error() else { panic!("{error:?}") };
    assert_eq!(problem.field.as_deref(), Some("agent-type"));
    assert_eq!(problem.instance.as_deref(), Some(format!("urn:uuid:{}", error.request_id()).as_str()));

    // A mail that still waits when the next one is asked for is never sent.
    server.mail("jane@customer.example", 1).await;
    client.muninx_resend_activation_email("jane@customer.example").await.unwrap();
    let challenge = server.mail("jane@customer.example", 2).await.secret("challenge");
    signs_in(&client, "jane@customer.example", &challenge).await;
    let error =
        client.activate(types::Activation::builder().challenge(challenge).password(PASSWORD)).await.unwrap_err();
    assert!(matches!(error.operation_error(), Some(ActivateError::Conflict(_))), "{error:?}");
    let token = client.muninx_create_token(types::MuninxNewToken::builder().name("nightly")).await.unwrap();
    assert!(!format!("{token:?}").contains(token.token.expose()), "Debug shows no secret");
}

#[tokio::test]
async fn kare_from_the_invite_to_the_session() {
    let server = server().await;
    let client = client(&server, &server.world.acme);
    let permissions: types::KareInvitedPermissions =
        types::KareInvitedPermissions::builder().group(0).read(vec![1, 2]).try_into().unwrap();
    let invitee = types::KareInviteUserOrganization::builder()
        .first_name("John")
        .last_name("Doe")
        .email("test@mail.com")
        .permissions(permissions);
    let answer = client.kare_invite_user_organization(invitee.clone()).await.unwrap();
    assert_eq!((answer.status().as_u16(), answer.data.permissions.read.as_slice()), (201, [1, 2].as_slice()));
    let error = client.kare_invite_user_organization(invitee).await.unwrap_err();
    assert!(matches!(error.operation_error(), Some(KareInviteUserOrganizationError::Conflict(_))), "{error:?}");
    let token = server.mail("test@mail.com", 1).await.secret("invitation");
    let acceptance = types::KareAcceptInvitation::builder()
        .invitation_token(token)
        .email("test@mail.com")
        .password(PASSWORD)
        .first_name("John")
        .last_name("Doe")
        .phone("+33 1 23 45 67 89");
    assert_eq!(client.kare_accept_invitation(acceptance).await.unwrap().status(), 201);
}

#[tokio::test]
async fn nexus_from_the_invite_to_the_session() {
    let server = server().await;
    let acme = &server.world.acme;
    let client = client(&server, acme);
    let organization = i32::try_from(acme.organization()).unwrap();
    let member =
        types::NexusInviteMember::builder().email_address("maria@nexus.example").given_name("Maria").make_admin(true);
    assert_eq!(client.nexus_invite_organization_member(organization, member.clone()).await.unwrap().status(), 204);
    let basic = Client::builder(clients_url(&server))
        .nexus_basic(acme.text("/credentials/nexus/basic/username"), acme.text("/credentials/nexus/basic/password"))
        .build()
        .unwrap();
    let error = basic.nexus_invite_organization_member(organization, member.clone()).await.unwrap_err();
    assert!(matches!(error.operation_error(), Some(NexusInviteOrganizationMemberError::Conflict(_))), "{error:?}");
    let foreign = i32::try_from(server.world.globex.organization()).unwrap();
    let error = basic.nexus_invite_organization_member(foreign, member).await.unwrap_err();
    assert!(matches!(error.operation_error(), Some(NexusInviteOrganizationMemberError::NotFound(_))), "{error:?}");
    let challenge = server.mail("maria@nexus.example", 1).await.secret("challenge");
    signs_in(&client, "maria@nexus.example", &challenge).await;
}

#[tokio::test]
async fn unleash_from_the_link_to_the_session() {
    let server = server().await;
    let client = client(&server, &server.world.acme);
    let expires = "2999-01-01T00:00:00Z".parse::<invite_sdk::chrono::DateTime<invite_sdk::chrono::Utc>>().unwrap();
    let link = client
        .unleash_create_signup_token(types::UnleashCreateSignupToken::builder().name("Workshop").expires_at(expires))
        .await
        .unwrap();
    let token = link.secret.expose().to_owned();
    client.unleash_validate_signup_token(&token).await.unwrap();
    let user = client.unleash_signup(&token, account()).await.unwrap();
    assert_eq!((user.status().as_u16(), user.root_role), (200, Some(3)));
    let error = client.unleash_signup(&token, account()).await.unwrap_err();
    assert!(
        matches!(error.operation_error(), Some(UnleashSignupError::Conflict(body)) if body.name.as_deref() == Some("NameExistsError")),
        "{error:?}"
    );
    let error = client.unleash_signup("sgn_unknown", account()).await.unwrap_err();
    assert!(
        matches!(error.operation_error(), Some(UnleashSignupError::BadRequest(body)) if body.name.as_deref() == Some("BadDataError")),
        "{error:?}"
    );
    client.create_session(types::NewSession::builder().email("hunter@example.com").password(PASSWORD)).await.unwrap();
    client.liveness().await.unwrap();
    client.readiness().await.unwrap();
}

fn account() -> types::builder::UnleashCreateInvitedUser {
    types::UnleashCreateInvitedUser::builder().email("hunter@example.com").name("Hunter Burgan").password(PASSWORD)
}

/// A client with every credential of a tenant.
fn client(server: &Server, tenant: &Tenant) -> Client {
    Client::builder(clients_url(server))
        .muninx_bearer(tenant.text("/credentials/muninx/bearer"))
        .kare_bearer(tenant.text("/credentials/kare/bearer"))
        .kare_session(tenant.text("/credentials/kare/session_token"))
        .nexus_bearer(tenant.text("/credentials/nexus/bearer"))
        .nexus_application_token(tenant.text("/credentials/nexus/application_token"))
        .unleash_api_key(tenant.text("/credentials/unleash/admin_api_key"))
        .build()
        .unwrap()
}

async fn signs_in(client: &Client, email: &str, challenge: &str) {
    let activated =
        client.activate(types::Activation::builder().challenge(challenge).password(PASSWORD)).await.unwrap();
    assert_eq!(activated.user.email, email);
    client.create_session(types::NewSession::builder().email(email).password(PASSWORD)).await.unwrap();
}
