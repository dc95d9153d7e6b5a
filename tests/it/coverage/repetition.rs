//! The same idempotency key again: with the same request, with another one, and while the first one runs.

use contract_tests::contract;
use contract_tests::document;
use contract_tests::http::{Answer, Payload};
use contract_tests::poll;
use contract_tests::server::Server;
use dropshot_codegen::model::In;
use invite_api::security::Operation;
use serde_json::{Value, json};

use super::{Seen, note};
use crate::support::{
    count, invitation, kare_acceptance, kare_invite, muninx_customer, muninx_organization, nexus_import, session,
    unleash_signup,
};

/// A request that succeeds once, and one of the same caller that is another.
struct Repeated {
    path: Vec<String>,
    body: Option<Value>,
    other_path: Vec<String>,
    other_body: Option<Value>,
    /// What follows the path of the other one.
    other_query: &'static str,
}

impl Repeated {
    /// Requests that differ in one member of the body.
    fn differing(path: &[&str], body: Value, member: &str, value: &str) -> Self {
        let path: Vec<String> = path.iter().map(|&segment| segment.to_owned()).collect();
        let mut other = body.clone();
        other[member] = json!(value);
        Self { path: path.clone(), body: Some(body), other_path: path, other_body: Some(other), other_query: "" }
    }
}

/// Whether an operation takes the header.
fn is_keyed(operation: Operation) -> bool {
    let parameters = &document::operation(operation.id()).parameters;
    parameters.iter().any(|parameter| parameter.location == In::Header && parameter.name == "Idempotency-Key")
}

/// Every operation that takes a key, with requests that have not been made before.
async fn requests(server: &Server) -> Vec<(Operation, Repeated)> {
    for address in ["keyed@customer.example", "other@customer.example"] {
        let answer = server.post(Operation::MuninxInviteUser, &[], &muninx_customer(address)).await;
        assert_eq!(answer.status, 200, "{}", answer.text());
    }
    let invited = server.post(Operation::KareInviteUserOrganization, &[], &kare_invite("keyed@mail.com")).await;
    assert_eq!(invited.status, 201, "{}", invited.text());
    let token = server.mail("keyed@mail.com", 1).await.secret("invitation");
    let ids = [
        invitation(server, "keyed-again@customer.example").await,
        invitation(server, "other-again@customer.example").await,
    ];
    let keyed = Operation::ALL.iter().copied().filter(|operation| is_keyed(*operation));
    let session = session(server, &server.world.acme).await;
    let refresh = session["refreshToken"].as_str().unwrap();
    keyed.map(|operation| (operation, request(server, operation, &token, refresh, &ids))).collect()
}

fn request(server: &Server, operation: Operation, token: &str, refresh: &str, ids: &[String; 2]) -> Repeated {
    let acme = &server.world.acme;
    match operation {
        Operation::MuninxInviteUser => {
            Repeated::differing(&[], muninx_customer("keyed-invite@customer.example"), "name", "Joan")
        }
        Operation::MuninxResendActivationEmail => Repeated {
            path: vec!["keyed@customer.example".to_owned()],
            body: None,
            other_path: vec!["other@customer.example".to_owned()],
            other_body: None,
            other_query: "",
        },
        Operation::ResendInvitation => {
            let [id, other] = ids.clone();
            Repeated { path: vec![id], body: None, other_path: vec![other], other_body: None, other_query: "" }
        }
        Operation::MuninxCreateToken => Repeated::differing(&[], json!({ "name": "keyed" }), "name", "other"),
        Operation::MuninxCreateCustomerOrganization => {
            Repeated::differing(&[], muninx_organization("keyed"), "display-name", "Other")
        }
        Operation::KareInviteUserOrganization => {
            Repeated::differing(&[], kare_invite("keyed-invite@mail.com"), "firstName", "Joan")
        }
        Operation::KareAcceptInvitation => {
            Repeated::differing(&[], kare_acceptance(token, "keyed@mail.com"), "firstName", "Joan")
        }
        Operation::NexusInviteOrganizationMember => {
            let body = json!({ "emailAddress": "keyed@nexus.example" });
            Repeated::differing(&["1"], body, "displayName", "Joan")
        }
        Operation::NexusImportOrganizationMembers => {
            Repeated::differing(&["1"], nexus_import("keyed", &["import@nexus.example"]), "importFilename", "other.csv")
        }
        Operation::NexusCreateApiKey => {
            let body = json!({ "permissions": ["user.write"], "description": "keyed" });
            Repeated::differing(&[], body, "description", "other")
        }
        Operation::UnleashSignup => {
            Repeated::differing(&[acme.signup_token()], unleash_signup("keyed@example.com"), "name", "Joan")
        }
        Operation::UnleashCreateSignupToken => {
            let body = json!({ "name": "keyed", "expiresAt": "2999-01-01T00:00:00Z" });
            Repeated::differing(&[], body, "name", "other")
        }
        Operation::CreateSession => {
            let body = json!({ "email": acme.text("/admin/email"), "password": acme.text("/admin/password") });
            Repeated::differing(&[], body, "email", "somebody@acme.example")
        }
        // Whoever holds another token is somebody else, with keys of their own: the body cannot differ.
        Operation::RefreshSession => {
            let body = Some(json!({ "refreshToken": refresh }));
            Repeated { path: vec![], body: body.clone(), other_path: vec![], other_body: body, other_query: "?other" }
        }
        other => panic!("{} takes an Idempotency-Key: say here how to repeat it", other.id()),
    }
}

async fn send(server: &Server, operation: Operation, path: &[String], query: &str, body: Option<&Value>) -> Answer {
    let mut headers = server.world.acme.credentials(operation);
    headers.push(("idempotency-key", "one key for all operations".replace(' ', "-")));
    let path: Vec<&str> = path.iter().map(String::as_str).collect();
    let target = format!("{}{query}", contract_tests::server::path(operation, &path));
    let answer = server.send(operation.method(), &target, &headers, body.map(Payload::json).as_ref()).await;
    contract::check(document::operation(operation.id()), &answer);
    answer
}

/// What the change left behind.
async fn traces(server: &Server) -> [i64; 8] {
    [
        count(server, "SELECT count(*) FROM users").await,
        count(server, "SELECT count(*) FROM invitations").await,
        count(server, "SELECT count(*) FROM outbox").await,
        count(server, "SELECT count(*) FROM api_tokens").await,
        count(server, "SELECT count(*) FROM api_keys").await,
        count(server, "SELECT count(*) FROM imports").await,
        count(server, "SELECT count(*) FROM organizations").await,
        count(server, "SELECT count(*) FROM events").await,
    ]
}

/// Every operation that takes a key does its work once, and tells other requests with the key apart.
pub(super) async fn keys(server: &Server, seen: &mut Seen) {
    for (operation, Repeated { path, body, other_path, other_body, other_query }) in requests(server).await {
        let first = send(server, operation, &path, "", body.as_ref()).await;
        assert!(first.status < 300, "{}: {}", operation.id(), first.text());
        poll::until("the end of all imports", async || {
            (count(server, "SELECT count(*) FROM imports WHERE state = 'running'").await == 0).then_some(())
        })
        .await;
        let before = traces(server).await;
        let again = send(server, operation, &path, "", body.as_ref()).await;
        assert_eq!((again.status, again.text()), (first.status, first.text()), "{}", operation.id());
        assert_eq!(traces(server).await, before, "{} was done twice", operation.id());

        let other = send(server, operation, &other_path, other_query, other_body.as_ref()).await;
        note(seen, operation, "the key of another request", &other, 422);
        server.execute("UPDATE idempotency_keys SET answer = NULL, claimed_until = expires_at").await;
        let running = send(server, operation, &path, "", body.as_ref()).await;
        note(seen, operation, "the key of a request that runs", &running, 409);
    }
}
