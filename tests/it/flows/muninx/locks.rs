//! Whom a tenant has locked out, and what is left of them when it lets them in again, or lets them go.

use contract_tests::http::{Answer, Payload};
use contract_tests::server::Server;
use contract_tests::world::Tenant;
use invite_api::security::Operation;
use serde_json::{Value, json};

use crate::imports;
use crate::support::{
    PASSWORD, activate, imported, kare_acceptance, kare_invite, muninx_customer, nexus_import, plain_user, server,
    sign_in, unleash_signup,
};

async fn post(server: &Server, tenant: &Tenant, operation: Operation, path: &[&str], body: &Value) -> u16 {
    server.post_as(&tenant.credentials(operation), operation, path, body).await.status
}

async fn put(server: &Server, tenant: &Tenant, email: &str, body: &Value) -> Answer {
    let headers = tenant.credentials(Operation::MuninxUpdateUser);
    server.call(Operation::MuninxUpdateUser, &[email], &headers, Some(&Payload::json(body))).await
}

async fn set(server: &Server, tenant: &Tenant, email: &str, status: &str) -> u16 {
    put(server, tenant, email, &json!({ "status": status })).await.status
}

/// The status in which acme sees somebody.
async fn shown(server: &Server, email: &str) -> Value {
    let headers = server.world.acme.credentials(Operation::MuninxGetUser);
    server.call(Operation::MuninxGetUser, &[email], &headers, None).await.json()["status"].clone()
}

/// Revokes the newest invitation of an address that a tenant sees as pending.
async fn revoke(server: &Server, tenant: &Tenant, email: &str) {
    let headers = tenant.credentials(Operation::ListInvitations);
    let page = server.send("GET", &format!("/invitations?state=pending&email={email}"), &headers, None).await.json();
    let id = page["items"][0]["id"].as_str().unwrap_or_else(|| panic!("no invitation of {email}: {page}")).to_owned();
    let revoked = server.call(Operation::RevokeInvitation, &[&id], &headers, None).await;
    assert_eq!(revoked.status, 200, "{}", revoked.text());
}

#[tokio::test]
async fn who_was_let_in_to_an_account_of_nobodys_and_has_no_link_can_be_invited_anew() {
    let server = server().await;
    let (acme, globex) = (&server.world.acme, &server.world.globex);
    for flow in ["muninx", "kare", "nexus", "import"] {
        let email = format!("{flow}@people.example");
        assert_eq!(
            server.post(Operation::UnleashSignup, &[acme.signup_token()], &unleash_signup(&email)).await.status,
            200
        );
        assert_eq!(set(&server, acme, &email, "suspended").await, 200);
        let kare = Operation::KareInviteUserOrganization;
        assert_eq!(post(&server, globex, kare, &[], &kare_invite(&email)).await, 201, "{flow}");
        server.mail(&email, 1).await;
        assert_eq!(set(&server, acme, &email, "active").await, 200, "{flow}");
        assert_eq!(shown(&server, &email).await, "pending", "{flow}");
        revoke(&server, globex, &email).await;

        let nexus = json!({ "emailAddress": email });
        let (status, wanted) = match flow {
            "muninx" => (post(&server, acme, Operation::MuninxInviteUser, &[], &muninx_customer(&email)).await, 200),
            "kare" => (post(&server, acme, kare, &[], &kare_invite(&email)).await, 201),
            "nexus" => (post(&server, acme, Operation::NexusInviteOrganizationMember, &["1"], &nexus).await, 204),
            _ => {
                let id = imported(&server, &nexus_import(&email, &[&email])).await;
                assert_eq!(imports::ended(&server, &id).await["results"]["invited"], 1);
                (202, 202)
            }
        };
        assert_eq!(status, wanted, "{flow}");
        let mail = server.mail(&email, 2).await;
        if flow == "kare" {
            let body = kare_acceptance(&mail.secret("invitation"), &email);
            assert_eq!(server.post_as(&vec![], Operation::KareAcceptInvitation, &[], &body).await.status, 201);
        } else {
            assert_eq!(activate(&server, &mail.secret("challenge")).await.status, 200, "{flow}");
        }
        sign_in(&server, &email, PASSWORD).await;
        assert_eq!(shown(&server, &email).await, "active", "{flow}");
    }
}

#[tokio::test]
async fn a_lock_goes_with_the_last_invitation_of_who_never_came() {
    let server = server().await;
    let (acme, globex) = (&server.world.acme, &server.world.globex);
    let email = "jane@people.example";
    let nexus = json!({ "emailAddress": email });
    assert_eq!(post(&server, acme, Operation::MuninxInviteUser, &[], &muninx_customer(email)).await, 200);
    assert_eq!(post(&server, acme, Operation::NexusInviteOrganizationMember, &["1"], &nexus).await, 204);
    assert_eq!(set(&server, acme, email, "suspended").await, 200);
    let own = globex.organization().to_string();
    assert_eq!(post(&server, globex, Operation::NexusInviteOrganizationMember, &[&own], &nexus).await, 204);
    let challenge = server.mail(email, 3).await.secret("challenge");

    revoke(&server, acme, email).await;
    assert_eq!(shown(&server, email).await, "suspended", "another invitation of acme's waits");
    assert_eq!(activate(&server, &challenge).await.status, 410, "locked");
    revoke(&server, acme, email).await;
    for tenant in [acme, globex] {
        let headers = tenant.credentials(Operation::ListEvents);
        let log = server.send("GET", "/events?kind=user.resumed", &headers, None).await.json();
        assert_eq!(log["items"].as_array().unwrap().len(), 1, "{log}");
    }
    assert_eq!(activate(&server, &challenge).await.status, 200);
    sign_in(&server, email, PASSWORD).await;
}

#[tokio::test]
async fn what_is_so_already_is_nobodys_change() {
    let server = server().await;
    let (acme, globex) = (&server.world.acme, &server.world.globex);
    let email = "jane@customer.example";
    plain_user(&server, email).await;
    let own = globex.organization().to_string();
    let invite = json!({ "emailAddress": email });
    assert_eq!(post(&server, globex, Operation::NexusInviteOrganizationMember, &[&own], &invite).await, 204);
    assert_eq!(set(&server, acme, email, "active").await, 200);
    assert_eq!(set(&server, acme, email, "suspended").await, 409);
    let promoted = json!({ "name": "Jane", "last-name": "Doe", "type": "agent", "agent-type": "human" });
    let answer = put(&server, acme, email, &promoted).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    let renamed = put(&server, acme, email, &json!({ "name": "Joan", "last-name": "Doe" })).await;
    assert_eq!(renamed.status, 409, "{}", renamed.text());
}
