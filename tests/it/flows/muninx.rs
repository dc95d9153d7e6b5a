//! MuninX: `POST /users` and what follows.

use contract_tests::http::Payload;
use invite_api::security::Operation;
use serde_json::json;

use crate::support::{PASSWORD, activate, bearer, count, muninx_customer, server, sign_in};

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
        WHERE u.email_normalized = 'sam@acme.example' AND o.slug = 'acme' AND m.is_admin = 0 AND u.created_at > 1700000000000";
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
