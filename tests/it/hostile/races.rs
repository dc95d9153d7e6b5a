//! Requests at the same moment: one of them wins, and the others learn it.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use contract_tests::database;
use contract_tests::http::{self, Payload};
use contract_tests::poll;
use contract_tests::server::{self, Server};
use dropshot_codegen::model::Status;
use futures::future::join_all;
use invite_api::security::Operation;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::coverage::crowds::Held;
use crate::metrics::Scrape;
use crate::replicas;
use crate::support::{
    PASSWORD, PROGRAM, activate, count, kare_acceptance, kare_invite, muninx_customer, server, session, try_sign_in,
    unleash_signup,
};

/// Rounds of two: one round may be decided by luck.
const ROUNDS: usize = 8;

/// From an address to the body of an invite.
type MakeBody = fn(&str) -> Value;

#[tokio::test]
async fn of_two_invites_of_one_address_one_succeeds() {
    let server = server().await;
    let token = server.world.acme.signup_token();
    let flows: [(Operation, Vec<&str>, MakeBody); 4] = [
        (Operation::MuninxInviteUser, vec![], muninx_customer),
        (Operation::KareInviteUserOrganization, vec![], kare_invite),
        (Operation::NexusInviteOrganizationMember, vec!["1"], |address| json!({ "emailAddress": address })),
        (Operation::UnleashSignup, vec![token], unleash_signup),
    ];
    for (operation, path, body) in &flows {
        for round in 0..ROUNDS {
            let address = format!("{}-{round}@race.example", operation.id().replace('_', "-"));
            let statuses = at_once(&server, *operation, path, &body(&address), 2).await;
            let success = contract_tests::document::operation(operation.id()).success().unwrap().status;
            assert_eq!(
                statuses.into_iter().map(Status::Exact).collect::<Vec<_>>(),
                [success, Status::Exact(409)],
                "{}",
                operation.id()
            );
        }
    }
    let expected = i64::try_from(4 * ROUNDS).unwrap();
    assert_eq!(count(&server, "SELECT count(*) FROM users WHERE email LIKE '%@race.example'").await, expected);
    assert_eq!(count(&server, "SELECT count(*) FROM invitations").await, expected);
    assert_eq!(count(&server, "SELECT count(*) FROM outbox").await, expected / 4 * 3);
}

#[tokio::test]
async fn rights_that_are_taken_away_while_a_body_is_on_its_way_are_not_used() {
    let server = server().await;
    let operation = Operation::MuninxInviteUser;
    let headers = server.world.acme.credentials(operation);
    let body = muninx_customer("late@race.example").to_string();
    for (taken, given_back) in [
        ("UPDATE users SET status = 'suspended' WHERE id = 1", "UPDATE users SET status = 'active' WHERE id = 1"),
        ("UPDATE memberships SET deleted_at = 1 WHERE user_id = 1", "UPDATE memberships SET deleted_at = NULL"),
        ("UPDATE organizations SET status = 'suspended' WHERE id = 1", "UPDATE organizations SET status = 'active'"),
        ("UPDATE api_tokens SET revoked_at = 1 WHERE user_id = 1", "UPDATE api_tokens SET revoked_at = NULL"),
    ] {
        // Its credentials are valid, else nobody would want the body.
        let held = Held::start_as(&server, &headers, operation, body.len()).await;
        server.execute(taken).await;
        assert_eq!(held.send(body.as_bytes()).await, "HTTP/1.1 401 Unauthorized", "{taken}");
        server.execute(given_back).await;
    }
    let held = Held::start_as(&server, &headers, operation, body.len()).await;
    assert_eq!(held.send(body.as_bytes()).await, "HTTP/1.1 200 OK");
}

#[tokio::test]
async fn a_challenge_redeemed_by_32_at_once_works_once() {
    let server = server().await;
    let address = "race@customer.example";
    assert_eq!(server.post(Operation::MuninxInviteUser, &[], &muninx_customer(address)).await.status, 200);
    let challenge = server.mail(address, 1).await.secret("challenge");
    let body = json!({ "challenge": challenge, "password": PASSWORD });
    let statuses = at_once(&server, Operation::Activate, &[], &body, 32).await;
    assert_eq!(statuses[0], 200);
    assert!(statuses[1..].iter().all(|status| *status == 409), "{statuses:?}");
    assert_eq!(activate(&server, &challenge).await.status, 409);
}

#[tokio::test]
async fn an_invitation_token_redeemed_by_32_at_once_works_once() {
    let server = server().await;
    let address = "race@mail.com";
    assert_eq!(server.post(Operation::KareInviteUserOrganization, &[], &kare_invite(address)).await.status, 201);
    let token = server.mail(address, 1).await.secret("invitation");
    let sessions = count(&server, "SELECT count(*) FROM api_tokens").await;
    let statuses = at_once(&server, Operation::KareAcceptInvitation, &[], &kare_acceptance(&token, address), 32).await;
    assert_eq!(statuses[0], 201);
    // One whose account became active between its two looks has not given that account's password.
    assert!(statuses[1..].iter().all(|status| [401, 409].contains(status)), "{statuses:?}");
    assert_eq!(count(&server, "SELECT count(*) FROM api_tokens").await, sessions + 3, "one session, three tokens");
}

#[tokio::test]
async fn a_link_redeemed_64_times_at_once_at_all_servers_lets_one_in() {
    let first = server().await;
    let second = if database::is_postgres() { Some(replicas::beside(&first, &[]).await) } else { None };
    let mut servers = vec![first.world.base_url.clone()];
    servers.extend(second.as_ref().map(|replica| replica.base_url.clone()));
    let address = "one@race.example";
    let invite = json!({ "emailAddress": address });
    assert_eq!(first.post(Operation::NexusInviteOrganizationMember, &["1"], &invite).await.status, 204);
    let challenge = first.mail(address, 1).await.secret("challenge");
    let accepting = json!({ "challenge": challenge, "password": PASSWORD });
    let declining = json!({ "challenge": challenge });
    let client = http::client();
    // Some accept and some decline, on every server.
    let requests = (0..64).map(|number| {
        let (operation, body) = if number % 4 == 3 {
            (Operation::DeclineInvitation, &declining)
        } else {
            (Operation::Activate, &accepting)
        };
        let url = format!("{}{}", servers[number / 2 % servers.len()], server::path(operation, &[]));
        let client = &client;
        async move { http::send(client, "POST", &url, &[], Some(&Payload::json(body))).await.unwrap().status }
    });
    let mut statuses = join_all(requests).await;
    statuses.sort_unstable();
    assert!([200, 204].contains(&statuses[0]), "{statuses:?}");
    // Hashing takes only so many at once; whoever was turned away has changed nothing.
    assert!(statuses[1..].iter().all(|status| [409, 503].contains(status)), "{statuses:?}");
    let used = "SELECT count(*) FROM events WHERE kind IN ('invitation.accepted', 'invitation.declined')";
    assert_eq!(count(&first, used).await, 1);
}

#[tokio::test]
async fn a_full_queue_of_passwords_turns_callers_away_and_leaves_others_alone() {
    let core = first_core();
    let measured = ["--metrics-listen", "127.0.0.1:0"];
    let server = Server::start_in(&["taskset", "-c", &core, PROGRAM], TempDir::new().unwrap(), &measured).await;
    let waiting = async || Scrape::of(&server).await.get("invite_hashing_waiting").unwrap();
    let body = json!({ "email": "nobody@acme.example", "password": PASSWORD });
    let flood = at_once(&server, Operation::CreateSession, &[], &body, 100);
    let others = async {
        let token = server.post(Operation::MuninxCreateToken, &[], &json!({ "name": "meanwhile" })).await;
        let live = server.call(Operation::Liveness, &[], &[], None).await;
        (token.status, live.status)
    };
    let seen = poll::until("passwords that wait", async || (waiting().await > 0.0).then_some(()));
    let (statuses, others, ()) = tokio::join!(flood, others, seen);
    assert_eq!(others, (200, 200));
    let turned_away = statuses.iter().filter(|status| **status == 503).count();
    assert!(turned_away > 0 && statuses.iter().all(|status| [401, 503].contains(status)), "{statuses:?}");
    let (email, password) = (server.world.acme.text("/admin/email"), server.world.acme.text("/admin/password"));
    assert_eq!(try_sign_in(&server, email, password).await.status, 201, "once the queue has emptied");
    assert_eq!(waiting().await, 0.0);
}

#[tokio::test]
async fn one_client_that_floods_the_passwords_keeps_nobody_else_from_signing_in() {
    let core = first_core();
    let flags =
        ["--proxies-trusted=127.0.0.1", "--limit-client=off", "--limit-changes=off", "--limit-signup-token=off"];
    let server = Server::start_in(&["taskset", "-c", &core, PROGRAM], TempDir::new().unwrap(), &flags).await;
    let from = |client: &str| vec![("x-forwarded-for", client.to_owned())];
    let (turned_away, is_over) = (AtomicUsize::new(0), AtomicBool::new(false));
    let flood = join_all((0..48).map(|worker| {
        let (server, headers, token) = (&server, from("198.51.100.1"), server.world.acme.signup_token());
        let (turned_away, is_over) = (&turned_away, &is_over);
        async move {
            for number in 0.. {
                if is_over.load(Ordering::Relaxed) {
                    return;
                }
                let body = unleash_signup(&format!("{worker}-{number}@flood.example"));
                let status = server.post_as(&headers, Operation::UnleashSignup, &[token], &body).await.status;
                assert!([200, 503].contains(&status), "{status}");
                turned_away.fetch_add(usize::from(status == 503), Ordering::Relaxed);
            }
        }
    }));
    let others = async {
        let is_full = async || (turned_away.load(Ordering::Relaxed) > 0).then_some(());
        poll::until("a flood that has all it can get", is_full).await;
        let body = json!({
            "email": server.world.acme.text("/admin/email"), "password": server.world.acme.text("/admin/password"),
        });
        let mut statuses = Vec::new();
        for _ in 0..5 {
            let headers = from("198.51.100.2");
            statuses.push(server.post_as(&headers, Operation::CreateSession, &[], &body).await.status);
        }
        is_over.store(true, Ordering::Relaxed);
        statuses
    };
    let (_, statuses) = tokio::join!(flood, others);
    assert_eq!(statuses, [201; 5]);
}

#[tokio::test]
async fn a_refresh_token_used_by_8_at_once_works_once() {
    let server = server().await;
    for _ in 0..ROUNDS {
        let tokens = session(&server, &server.world.acme).await;
        let body = json!({ "refreshToken": tokens["refreshToken"] });
        let statuses = at_once(&server, Operation::RefreshSession, &[], &body, 8).await;
        assert_eq!(statuses, [200, 401, 401, 401, 401, 401, 401, 401]);
    }
    // The others came with a used token, each time: the sign-in that one of them renewed has ended.
    let ended = "SELECT count(*) FROM events WHERE kind = 'session.revoked'";
    assert_eq!(count(&server, ended).await, i64::try_from(ROUNDS).unwrap());
}

/// A core that this process may use. The queue grows with the cores, and a machine with many would never fill it.
fn first_core() -> String {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let allowed = status.lines().find_map(|line| line.strip_prefix("Cpus_allowed_list:")).unwrap().trim();
    allowed.split([',', '-']).next().unwrap().to_owned()
}

/// The statuses of the same request, sent `times` at once, in ascending order.
async fn at_once(server: &Server, operation: Operation, path: &[&str], body: &Value, times: usize) -> Vec<u16> {
    let headers = server.world.acme.credentials(operation);
    let payload = Payload::json(body);
    let requests = (0..times).map(|_| server.call(operation, path, &headers, Some(&payload)));
    let mut statuses: Vec<u16> = join_all(requests).await.iter().map(|answer| answer.status).collect();
    statuses.sort_unstable();
    statuses
}
