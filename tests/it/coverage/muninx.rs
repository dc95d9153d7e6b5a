//! What the operations on MuninX's users and tokens refuse.

use contract_tests::http::Payload;
use contract_tests::server::Server;
use invite_api::security::Operation;
use serde_json::{Value, json};

use super::{Seen, note};
use crate::support::{NOBODYS, bearer, muninx_customer, muninx_organization, plain_user, without_instance};

use Operation::{
    MuninxCreateCustomerOrganization, MuninxCreateToken, MuninxDeleteToken, MuninxGetUser, MuninxInviteUser,
    MuninxListUsers, MuninxUpdateUser,
};

pub(super) async fn rules(server: &Server, seen: &mut Seen) {
    tokens(server, seen).await;
    seeing_users(server, seen).await;
    changing_users(server, seen).await;
    organizations(server, seen).await;
}

/// Somebody else's token is answered like one that is not there.
async fn tokens(server: &Server, seen: &mut Seen) {
    let acme = server.world.acme.credentials(MuninxDeleteToken);
    let answer = server.call(MuninxDeleteToken, &["no-uuid"], &acme, None).await;
    note(seen, MuninxDeleteToken, "a path that cannot be", &answer, 400);
    assert_eq!(answer.json()["errors"][0]["pointer"], "/path/id");
    let globex = server.world.globex.credentials(MuninxCreateToken);
    let foreign = server.post_as(&globex, MuninxCreateToken, &[], &json!({ "name": "foreign" })).await.json();
    let mut told = Vec::new();
    for id in [NOBODYS, foreign["id"].as_str().unwrap()] {
        let answer = server.call(MuninxDeleteToken, &[id], &acme, None).await;
        note(seen, MuninxDeleteToken, "a token out of sight", &answer, 404);
        told.push(without_instance(&answer));
    }
    assert_eq!(told[0], told[1]);
}

async fn seeing_users(server: &Server, seen: &mut Seen) {
    let acme = server.world.acme.credentials(MuninxGetUser);
    for (query, field) in [
        ("type=boss", "type"),
        ("type=admin,", "type"),
        ("status=pending", "status"),
        ("agent-type=robot", "agent-type"),
        ("organization=ACME", "organization"),
        ("auto-assign-tickets=yes", "auto-assign-tickets"),
    ] {
        let answer = server.send("GET", &format!("/users?{query}"), &acme, None).await;
        note(seen, MuninxListUsers, query, &answer, 400);
        assert_eq!(answer.json()["errors"][0]["pointer"], format!("/query/{field}"), "{query}");
    }
    let answer = server.call(MuninxGetUser, &["no address"], &acme, None).await;
    note(seen, MuninxGetUser, "no address", &answer, 400);
    let mut told = Vec::new();
    for email in ["nobody@acme.example", "admin@globex.example"] {
        let answer = server.call(MuninxGetUser, &[email], &acme, None).await;
        note(seen, MuninxGetUser, "a user out of sight", &answer, 404);
        told.push(without_instance(&answer));
    }
    assert_eq!(told[0], told[1]);
    let plain = bearer(&plain_user(server, "looker@customer.example").await, "accessToken");
    let answer = server.call(MuninxGetUser, &["admin@acme.example"], &plain, None).await;
    note(seen, MuninxGetUser, "a plain user", &answer, 403);
    let body = Payload::json(&json!({ "name": "Mine" }));
    let answer = server.call(MuninxUpdateUser, &["admin@acme.example"], &plain, Some(&body)).await;
    note(seen, MuninxUpdateUser, "a plain user", &answer, 403);
}

async fn changing_users(server: &Server, seen: &mut Seen) {
    let address = "changed@customer.example";
    assert_eq!(server.post(MuninxInviteUser, &[], &muninx_customer(address)).await.status, 200);
    let cases = [
        (address, json!({ "type": "agent" }), 400, "agent-type"),
        (address, json!({ "agent-type": "human" }), 400, "agent-type"),
        (address, json!({ "organization": "globex-customer-1" }), 400, "organization"),
        (address, json!({ "auto-assign-tickets": "true" }), 400, "auto-assign-tickets"),
        (address, json!({ "name": "see evil.com" }), 400, "name"),
        ("me", json!({ "type": "customer" }), 400, ""),
        ("nobody@acme.example", json!({ "name": "A" }), 404, ""),
        ("admin@globex.example", json!({ "name": "A" }), 404, ""),
        (address, json!({ "status": "active" }), 409, ""),
        (address, json!({ "type": "agent", "agent-type": "human" }), 409, ""),
    ];
    for (email, body, status, field) in cases {
        let answer = server.post(MuninxUpdateUser, &[email], &body).await;
        note(seen, MuninxUpdateUser, &body.to_string(), &answer, status);
        assert_eq!(answer.json()["field"].as_str().unwrap_or_default(), field, "{body}");
    }
}

async fn organizations(server: &Server, seen: &mut Seen) {
    let first = muninx_organization("first");
    assert_eq!(server.post(MuninxCreateCustomerOrganization, &[], &first).await.status, 200);
    let with = |id: &str, member: &str, value: Value| {
        let mut body = muninx_organization(id);
        body[member] = value;
        body
    };
    let cases = [
        (first, 409, "id"),
        // Slugs are unique over all tenants.
        (muninx_organization("globex"), 409, "id"),
        (with("second", "domains", json!(["FIRST.example"])), 409, "domains"),
        (with("second", "domains", json!(["a.example", "A.example"])), 400, "domains"),
        (with("second", "display-name", json!("see evil.com")), 400, "display-name"),
        (with("second", "domains", json!(["a.cc", "b.cc", "c.cc", "d.cc", "e.cc", "f.cc"])), 400, "domains"),
    ];
    for (body, status, field) in cases {
        let answer = server.post(MuninxCreateCustomerOrganization, &[], &body).await;
        note(seen, MuninxCreateCustomerOrganization, &body.to_string(), &answer, status);
        assert_eq!(answer.json()["field"].as_str(), Some(field), "{body}: {}", answer.text());
    }
}
