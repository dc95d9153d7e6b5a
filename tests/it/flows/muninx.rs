//! MuninX: `POST /users` and what follows.

mod locks;
mod organizations;
mod users;

use contract_tests::http::Payload;
use contract_tests::world::Headers;
use invite_api::security::Operation;
use serde_json::{Value, json};

use crate::support::{
    PASSWORD, activate, bearer, count, decline, invitation_of, muninx_customer, plain_user, server, sign_in,
};

const INVITE: Operation = Operation::MuninxInviteUser;
const RESEND: Operation = Operation::MuninxResendActivationEmail;

#[tokio::test]
async fn the_vendors_example_leads_to_a_session() {
    let server = server().await;
    // As the seed writes it, with the masked address filled in.
    let body = r#"{ "email": "jane.doe@customer.example", "name": "Jane", "last-name": "Doe", "type": "customer", "organization": "acme-customer-1" }"#;
    let headers = server.world.acme.credentials(INVITE);
    let answer = server.call(INVITE, &[], &headers, Some(&Payload::raw("application/json", body))).await;
    assert_eq!(
        (answer.status, answer.text()),
        (200, r#""A confirmation email has been sent to the new user's email""#.to_owned())
    );

    let mail = server.mail("jane.doe@customer.example", 1).await;
    let link = mail.link();
    assert!(link.starts_with(&format!("{}/activate#challenge=act_", server.world.base_url)), "{link}");
    assert!(mail.html.contains(&link.replace('&', "&amp;")), "{}", mail.html);
    assert_eq!(server.send("GET", "/activate", &[], None).await.status, 200, "the page behind the link");
    assert_eq!(
        count(&server, "SELECT count(*) FROM users WHERE status = 'pending'").await,
        1,
        "opening the page changes nothing"
    );

    let activated = activate(&server, &mail.secret("challenge")).await;
    assert_eq!(activated.status, 200);
    assert_eq!(activated.json()["user"]["email"], "jane.doe@customer.example");
    let session = sign_in(&server, "Jane.DOE@customer.example", PASSWORD).await;
    let token = server
        .post_as(&bearer(&session, "accessToken"), Operation::MuninxCreateToken, &[], &json!({ "name": "nightly" }))
        .await;
    assert_eq!(token.status, 200);
    let again = server
        .post_as(&bearer(&token.json(), "token"), Operation::MuninxCreateToken, &[], &json!({ "name": "x" }))
        .await;
    assert_eq!(again.status, 200, "a personal token acts as its owner");
}

#[tokio::test]
async fn an_agent_joins_the_tenant_whatever_organization_says() {
    let server = server().await;
    let body = json!({
        "email": "sam@acme.example", "name": "Sam", "last-name": "Reed", "type": "agent", "agent-type": "human",
        "organization": "globex-customer-1", "created-at": "1999-12-31T23:59:59Z", "unknown": true,
    });
    assert_eq!(server.post(INVITE, &[], &body).await.status, 200);
    let joined = "SELECT count(*) FROM memberships m JOIN users u ON u.id = m.user_id JOIN organizations o ON o.id = m.organization_id \
        WHERE u.email_normalized = 'sam@acme.example' AND o.slug = 'acme' AND m.is_admin = FALSE AND u.created_at > 1700000000000";
    assert_eq!(count(&server, joined).await, 1);
}

#[tokio::test]
async fn a_customer_without_organization_belongs_to_the_tenant() {
    let server = server().await;
    let mut body = muninx_customer("solo@customer.example");
    body.as_object_mut().unwrap().remove("organization");
    assert_eq!(server.post(INVITE, &[], &body).await.status, 200);
    let joined = "SELECT count(*) FROM memberships m JOIN users u ON u.id = m.user_id WHERE u.email = 'solo@customer.example' AND m.organization_id = 1";
    assert_eq!(count(&server, joined).await, 1);
}

#[tokio::test]
async fn a_challenge_of_the_callers_choice_is_the_one_that_works() {
    let server = server().await;
    let mut body = muninx_customer("chosen@customer.example");
    body["challenge"] = json!("a challenge & a half #1 é");
    assert_eq!(server.post(INVITE, &[], &body).await.status, 200);
    assert_eq!(server.mail("chosen@customer.example", 1).await.secret("challenge"), "a challenge & a half #1 é");
    assert_eq!(activate(&server, "a challenge & a half #1 é").await.status, 200);
}

#[tokio::test]
async fn sending_again_replaces_the_challenge() {
    let server = server().await;
    let address = "pending@customer.example";
    assert_eq!(server.post(INVITE, &[], &muninx_customer(address)).await.status, 200);
    let old = server.mail(address, 1).await.secret("challenge");
    let headers = server.world.acme.credentials(RESEND);
    let answer = server.call(RESEND, &["Pending@Customer.example"], &headers, None).await;
    assert_eq!((answer.status, answer.text()), (200, r#""Confirmation email sent""#.to_owned()));
    let new = server.mail(address, 2).await.secret("challenge");
    assert_ne!(old, new);
    assert_eq!(activate(&server, &old).await.status, 410);
    assert_eq!(activate(&server, &new).await.status, 200);
    assert_eq!(activate(&server, &new).await.status, 409);
}

#[tokio::test]
async fn after_a_revoked_or_declined_invitation_any_tenant_can_invite_the_address_again() {
    let server = server().await;
    let address = "again@customer.example";
    assert_eq!(server.post(INVITE, &[], &muninx_customer(address)).await.status, 200);
    assert_eq!(server.post(INVITE, &[], &muninx_customer(address)).await.status, 409, "it waits");
    let id = invitation_of(&server, address).await;
    let acme = server.world.acme.credentials(Operation::RevokeInvitation);
    assert_eq!(server.call(Operation::RevokeInvitation, &[&id], &acme, None).await.status, 200);

    let globex = server.world.globex.credentials(INVITE);
    let elsewhere = json!({ "email": address, "name": "Joan", "last-name": "Roe", "type": "customer" });
    assert_eq!(server.post_as(&globex, INVITE, &[], &elsewhere).await.status, 200);
    let mail = server.mail(address, 2).await;
    assert!(mail.text.contains("Joan Roe"), "{}", mail.text);
    assert_eq!(server.post(INVITE, &[], &muninx_customer(address)).await.status, 409, "globex's by now");
    assert_eq!(decline(&server, &mail.secret("challenge")).await.status, 204);

    assert_eq!(server.post(INVITE, &[], &muninx_customer(address)).await.status, 200);
    let shown = server.call(Operation::MuninxGetUser, &[address], &acme, None).await.json();
    assert_eq!(
        (&shown["name"], &shown["last-name"], &shown["status"]),
        (&json!("Jane"), &json!("Doe"), &json!("pending"))
    );
    assert_eq!(activate(&server, &server.mail(address, 3).await.secret("challenge")).await.status, 200);
    sign_in(&server, address, PASSWORD).await;
    assert_eq!(server.post_as(&globex, INVITE, &[], &elsewhere).await.status, 409, "she is somebody");
}

#[tokio::test]
async fn a_token_is_listed_without_its_secret_until_it_is_deleted() {
    let server = server().await;
    let session = bearer(&plain_user(&server, "scripts@customer.example").await, "accessToken");
    let list = async || server.call(Operation::MuninxListTokens, &[], &session, None).await.json();
    assert_eq!(list().await, json!([]), "tokens of others are not listed, and a sign-in is none");
    let create = async |name: &str| {
        server.post_as(&session, Operation::MuninxCreateToken, &[], &json!({ "name": name })).await.json()
    };
    let (first, second) = (create("first").await, create("second").await);
    let shown = |token: &Value| json!({ "id": token["id"], "name": token["name"], "created_at": token["created_at"] });
    assert_eq!(list().await, json!([shown(&first), shown(&second)]));

    let token = bearer(&first, "token");
    let delete = async |headers: &Headers, token: &Value| {
        let id = token["id"].as_str().unwrap();
        let answer = server.call(Operation::MuninxDeleteToken, &[id], headers, None).await;
        (answer.status, answer.body.len())
    };
    let admin = server.world.acme.credentials(Operation::MuninxDeleteToken);
    assert_eq!(delete(&admin, &first).await.0, 404, "not even an administrator ends somebody else's token");
    assert_eq!(delete(&token, &first).await, (204, 0), "a token can end itself");
    assert_eq!(server.call(Operation::MuninxListTokens, &[], &token, None).await.status, 401, "at once");
    assert_eq!(delete(&session, &first).await.0, 404, "once");
    assert_eq!(list().await, json!([shown(&second)]));
    let recorded = "SELECT count(*) FROM events WHERE kind = 'token.revoked' AND performer_kind = 'user'";
    assert_eq!(count(&server, recorded).await, 1);
}
