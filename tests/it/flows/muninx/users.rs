//! MuninX's users: who sees whom, and what changes of them do.

use contract_tests::http::{Answer, Payload};
use contract_tests::server::Server;
use contract_tests::world::Headers;
use invite_api::security::Operation;
use serde_json::{Value, json};

use crate::support::{
    PASSWORD, activate, bearer, count, kare_invite, muninx_customer, plain_user, server, sign_in, try_sign_in,
    unleash_signup,
};

use Operation::{
    KareInviteUserOrganization, MuninxGetUser, MuninxInviteUser, MuninxListUsers, MuninxUpdateUser,
    NexusInviteOrganizationMember, UnleashSignup,
};

/// Invites an agent, who accepts and signs in.
async fn agent(server: &Server, email: &str) -> Headers {
    let body = json!({ "email": email, "name": "Sam", "last-name": "Reed", "type": "agent", "agent-type": "human" });
    assert_eq!(server.post(MuninxInviteUser, &[], &body).await.status, 200);
    accepted(server, email).await
}

/// Accepts the invitation of an address and signs in.
async fn accepted(server: &Server, email: &str) -> Headers {
    assert_eq!(activate(server, &server.mail(email, 1).await.secret("challenge")).await.status, 200);
    bearer(&sign_in(server, email, PASSWORD).await, "accessToken")
}

async fn list(server: &Server, headers: &Headers, query: &str) -> Vec<String> {
    let answer = server.send("GET", &format!("/users{query}"), headers, None).await;
    assert_eq!(answer.status, 200, "{query}: {}", answer.text());
    let users = answer.json()["users"].as_array().unwrap().clone();
    users.iter().map(|user| user["email"].as_str().unwrap().to_owned()).collect()
}

async fn get(server: &Server, headers: &Headers, email: &str) -> Answer {
    server.call(MuninxGetUser, &[email], headers, None).await
}

async fn put(server: &Server, headers: &Headers, email: &str, body: Value) -> Answer {
    server.call(MuninxUpdateUser, &[email], headers, Some(&Payload::json(&body))).await
}

fn admin(server: &Server) -> Headers {
    server.world.acme.credentials(MuninxListUsers)
}

#[tokio::test]
async fn an_agent_who_has_not_accepted_sees_nobody_else() {
    let server = server().await;
    let sam = "sam@people.example";
    let body = json!({ "email": sam, "name": "Sam", "last-name": "Reed", "type": "agent", "agent-type": "human" });
    assert_eq!(server.post(MuninxInviteUser, &[], &body).await.status, 200);
    let customer = server.world.acme.customer_organization().to_string();
    let invite = json!({ "emailAddress": sam });
    assert_eq!(server.post(NexusInviteOrganizationMember, &[&customer], &invite).await.status, 204);
    assert_eq!(activate(&server, &server.mail(sam, 2).await.secret("challenge")).await.status, 200);
    let headers = bearer(&sign_in(&server, sam, PASSWORD).await, "accessToken");
    assert_eq!(list(&server, &headers, "").await, [sam]);
    assert_eq!(get(&server, &headers, "admin@acme.example").await.status, 403);
    assert_eq!(activate(&server, &server.mail(sam, 1).await.secret("challenge")).await.status, 200);
    assert!(list(&server, &headers, "").await.len() > 1, "an agent by now");
}

#[tokio::test]
async fn whom_a_caller_sees_depends_on_the_role() {
    let server = server().await;
    let sam = agent(&server, "sam@acme.example").await;
    let jane = bearer(&plain_user(&server, "jane@customer.example").await, "accessToken");
    assert_eq!(server.post(MuninxInviteUser, &[], &muninx_customer("late@customer.example")).await.status, 200);
    let customer = server.world.acme.customer_organization().to_string();
    let body = json!({ "emailAddress": "boss@customer.example", "makeAdmin": true });
    assert_eq!(server.post(NexusInviteOrganizationMember, &[&customer], &body).await.status, 204);
    let boss = accepted(&server, "boss@customer.example").await;

    let everybody = [
        "admin@acme.example",
        "sam@acme.example",
        "jane@customer.example",
        "late@customer.example",
        "boss@customer.example",
    ];
    assert_eq!(list(&server, &admin(&server), "").await, everybody, "pending ones too, and nobody of another tenant");
    assert_eq!(list(&server, &sam, "").await, everybody);
    assert_eq!(list(&server, &boss, "").await, everybody[2..]);
    assert_eq!(list(&server, &jane, "").await, ["jane@customer.example"]);
    for headers in [&sam, &boss, &jane] {
        assert_eq!(get(&server, headers, "me").await.status, 200);
    }
    assert_eq!(get(&server, &sam, "jane@customer.example").await.status, 200);
    assert_eq!(get(&server, &boss, "sam@acme.example").await.status, 404, "out of an organization's sight");
    let mut refused = Vec::new();
    for email in ["admin@acme.example", "admin@globex.example", "nobody@nowhere.example"] {
        let answer = get(&server, &jane, email).await;
        assert_eq!(answer.status, 403);
        refused.push(json!([answer.json()["type"], answer.json()["detail"]]));
    }
    assert!(refused.windows(2).all(|pair| pair[0] == pair[1]), "whoever sees nobody learns of nobody: {refused:?}");
}

#[tokio::test]
async fn a_list_is_narrowed_by_all_its_filters() {
    let server = server().await;
    let admin = admin(&server);
    agent(&server, "sam@acme.example").await;
    for email in ["jane@customer.example", "joan@customer.example"] {
        assert_eq!(server.post(MuninxInviteUser, &[], &muninx_customer(email)).await.status, 200);
    }
    let tickets = json!({ "auto-assign-tickets": "true" });
    assert_eq!(put(&server, &admin, "sam@acme.example", tickets).await.status, 200);
    assert_eq!(put(&server, &admin, "joan@customer.example", json!({ "status": "suspended" })).await.status, 200);
    let cases: [(&str, &[&str]); 10] = [
        ("?type=agent", &["sam@acme.example"]),
        ("?type=admin,agent", &["admin@acme.example", "sam@acme.example"]),
        ("?status=active", &["admin@acme.example", "sam@acme.example"]),
        ("?status=suspended", &["joan@customer.example"]),
        ("?status=active,suspended&type=customer", &["joan@customer.example"]),
        ("?agent-type=human&type=agent", &["sam@acme.example"]),
        ("?agent-type=ai-assisted", &[]),
        ("?organization=acme-customer-1", &["jane@customer.example", "joan@customer.example"]),
        ("?organization=globex,nowhere", &[]),
        ("?auto-assign-tickets=true", &["sam@acme.example"]),
    ];
    for (query, expected) in cases {
        assert_eq!(list(&server, &admin, query).await, expected, "{query}");
    }
}

#[tokio::test]
async fn a_user_is_shown_as_the_vendor_shows_one() {
    let server = server().await;
    let admin = admin(&server);
    assert_eq!(server.post(MuninxInviteUser, &[], &muninx_customer("Jane@Customer.example")).await.status, 200);
    let mut jane = get(&server, &admin, "jane@customer.example").await.json();
    assert!(jane.as_object_mut().unwrap().remove("created-at").is_some_and(|at| at.as_str().unwrap().ends_with('Z')));
    let expected = json!({
        "name": "Jane", "last-name": "Doe", "email": "Jane@Customer.example", "type": "customer",
        "organization": "acme-customer-1", "status": "pending", "auto-assign-tickets": false,
    });
    assert_eq!(jane, expected);
    // Invited by another flow: the names are one, and MuninX's members are not there.
    let body = json!({ "emailAddress": "maria@nexus.example", "displayName": "Maria Silva" });
    assert_eq!(server.post(NexusInviteOrganizationMember, &["1"], &body).await.status, 204);
    let maria = get(&server, &admin, "maria@nexus.example").await.json();
    assert_eq!((&maria["name"], &maria["organization"]), (&json!("Maria Silva"), &json!("acme")));
    for absent in ["last-name", "type", "agent-type", "auto-assign-tickets"] {
        assert!(maria.get(absent).is_none(), "{maria}");
    }
}

#[tokio::test]
async fn everybody_renames_themselves_and_an_admin_everybody() {
    let server = server().await;
    let jane = bearer(&plain_user(&server, "jane@customer.example").await, "accessToken");
    let old = count(&server, "SELECT max(updated_at) FROM users").await;
    let answer = put(&server, &jane, "me", json!({ "last-name": "Roe" })).await;
    assert_eq!((answer.status, answer.text()), (200, r#""User updated""#.to_owned()));
    assert_eq!(get(&server, &jane, "me").await.json()["last-name"], "Roe");
    assert!(count(&server, "SELECT updated_at FROM users WHERE email = 'jane@customer.example'").await > old);
    for body in [json!({ "status": "active" }), json!({ "name": "Joan", "type": "admin" })] {
        assert_eq!(put(&server, &jane, "me", body).await.status, 403);
    }
    assert_eq!(get(&server, &jane, "me").await.json()["name"], "Jane", "nothing is half done");
    assert_eq!(put(&server, &admin(&server), "jane@customer.example", json!({ "name": "Joan" })).await.status, 200);
    assert_eq!(get(&server, &jane, "me").await.json()["name"], "Joan");
    assert_eq!(count(&server, "SELECT count(*) FROM events WHERE kind = 'user.updated'").await, 2);
}

#[tokio::test]
async fn a_suspended_user_is_out_until_let_in_again() {
    let server = server().await;
    let admin = admin(&server);
    let address = "jane@customer.example";
    let jane = bearer(&plain_user(&server, address).await, "accessToken");
    let token = server.post_as(&jane, Operation::MuninxCreateToken, &[], &json!({ "name": "script" })).await.json();
    let script = bearer(&token, "token");
    for (status, expected) in [("suspended", [401, 401, 401]), ("active", [200, 200, 201])] {
        assert_eq!(put(&server, &admin, address, json!({ "status": status })).await.status, 200);
        assert_eq!(get(&server, &admin, address).await.json()["status"], status);
        let found = [
            get(&server, &jane, "me").await.status,
            get(&server, &script, "me").await.status,
            try_sign_in(&server, address, PASSWORD).await.status,
        ];
        assert_eq!(found, expected, "{status}");
    }
    let alone = put(&server, &admin, "me", json!({ "status": "suspended" })).await;
    assert_eq!((alone.status, get(&server, &admin, "me").await.status), (400, 200), "the last admin stays");
}

#[tokio::test]
async fn another_type_is_another_role_at_once() {
    let server = server().await;
    let admin = admin(&server);
    let address = "jane@customer.example";
    let old = bearer(&plain_user(&server, address).await, "accessToken");
    let body = json!({ "type": "admin", "agent-type": "ai-assisted", "auto-assign-tickets": "true" });
    assert_eq!(put(&server, &admin, address, body).await.status, 200);
    assert_eq!(get(&server, &old, "me").await.status, 401, "the sign-in was for the organization that she left");
    let jane = bearer(&sign_in(&server, address, PASSWORD).await, "accessToken");
    let shown = get(&server, &jane, "me").await.json();
    assert_eq!((&shown["type"], &shown["organization"]), (&json!("admin"), &json!("acme")));
    assert_eq!((&shown["agent-type"], &shown["auto-assign-tickets"]), (&json!("ai-assisted"), &json!(true)));
    let body = muninx_customer("friend@customer.example");
    assert_eq!(server.post_as(&jane, MuninxInviteUser, &[], &body).await.status, 200);

    let back = json!({ "type": "customer", "organization": "acme-customer-1" });
    assert_eq!(put(&server, &jane, "me", back).await.status, 200);
    let jane = bearer(&sign_in(&server, address, PASSWORD).await, "accessToken");
    let shown = get(&server, &jane, "me").await.json();
    assert_eq!((&shown["organization"], shown.get("agent-type")), (&json!("acme-customer-1"), None));
    assert_eq!(server.post_as(&jane, MuninxInviteUser, &[], &muninx_customer("x@customer.example")).await.status, 403);
}

#[tokio::test]
async fn no_tenant_locks_a_user_out_of_another() {
    let server = server().await;
    let admin = admin(&server);
    let address = "jane@customer.example";
    let jane = bearer(&plain_user(&server, address).await, "accessToken");
    let globex = server.world.globex.organization().to_string();
    let headers = server.world.globex.credentials(NexusInviteOrganizationMember);
    let body = json!({ "emailAddress": address });
    assert_eq!(server.post_as(&headers, NexusInviteOrganizationMember, &[&globex], &body).await.status, 204);
    for body in [json!({ "status": "suspended" }), json!({ "name": "Joan" })] {
        for headers in [&admin, &server.world.globex.credentials(MuninxUpdateUser)] {
            let answer = put(&server, headers, address, body.clone()).await;
            assert_eq!(answer.status, 409, "{body}: {}", answer.text());
        }
    }
    assert_eq!(put(&server, &jane, "me", json!({ "name": "Joan" })).await.status, 200, "her names are hers");
    let shown = get(&server, &server.world.globex.credentials(MuninxGetUser), address).await.json();
    assert_eq!((&shown["organization"], shown.get("type")), (&json!("globex"), None), "each tenant shows its own");
}

/// Somebody signs up at acme, and globex invites them.
async fn signed_up_and_invited_elsewhere(server: &Server, address: &str) {
    let token = server.world.acme.signup_token();
    assert_eq!(server.post_as(&vec![], UnleashSignup, &[token], &unleash_signup(address)).await.status, 200);
    let headers = server.world.globex.credentials(KareInviteUserOrganization);
    assert_eq!(server.post_as(&headers, KareInviteUserOrganization, &[], &kare_invite(address)).await.status, 201);
}

#[tokio::test]
async fn who_has_only_been_invited_is_shown_without_what_another_tenant_knows() {
    let server = server().await;
    let (acme, globex) = (admin(&server), server.world.globex.credentials(MuninxGetUser));
    let address = "jane@people.example";
    signed_up_and_invited_elsewhere(&server, address).await;
    let known = get(&server, &acme, address).await.json();
    assert_eq!((known.get("name").is_some(), &known["status"]), (true, &json!("active")), "{known}");
    let shown = get(&server, &globex, address).await.json();
    assert_eq!(shown, json!({ "email": address, "organization": "globex", "status": "pending" }));
    for guess in [json!({ "status": "active" }), json!({ "status": "suspended" }), json!({ "name": known["name"] })] {
        let answer = put(&server, &globex, address, guess.clone()).await;
        assert_eq!(answer.status, 409, "{guess} is right or wrong, which nobody is told: {}", answer.text());
    }
    for (query, is_there) in [("", true), ("?status=active", false)] {
        let listed = list(&server, &globex, query).await;
        assert_eq!(listed.iter().any(|listed| listed == address), is_there, "{query:?}: {listed:?}");
    }
}

#[tokio::test]
async fn an_invitation_that_nobody_has_accepted_takes_no_power_from_the_tenant_of_a_member() {
    let server = server().await;
    let (admin, globex) = (admin(&server), &server.world.globex);
    let address = "jane@people.example";
    signed_up_and_invited_elsewhere(&server, address).await;
    for body in [json!({ "name": "Joan" }), json!({ "status": "suspended" })] {
        let answer = put(&server, &globex.credentials(MuninxUpdateUser), address, body.clone()).await;
        assert_eq!(answer.status, 409, "{body}: {}", answer.text());
        let answer = put(&server, &admin, address, body.clone()).await;
        assert_eq!(answer.status, 200, "{body}: {}", answer.text());
    }
    assert_eq!(try_sign_in(&server, address, PASSWORD).await.status, 401);
    assert_eq!(put(&server, &admin, address, json!({ "status": "active" })).await.status, 200);
}
