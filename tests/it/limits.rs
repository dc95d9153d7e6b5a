//! Limits on how often something may happen, each by its own name, over a real socket.

use contract_tests::http::Answer;
use contract_tests::poll;
use contract_tests::server::Server;
use contract_tests::world::{Headers, basic};
use invite_api::security::{Operation, Scheme};
use invite_server::app::LimitKind;
use serde_json::{Value, json};

use crate::coverage::crowds::Held;
use crate::headers::protected;
use crate::metrics::Scrape;
use crate::support::{
    PASSWORD, PROGRAM, activate, count, kare_acceptance, kare_invite, muninx_customer, nexus_import, sign_in,
    try_sign_in, unleash_signup,
};

/// A server on which one thing may happen a day.
async fn server(kind: LimitKind, limit: &str, more: &[&str]) -> Server {
    let flag = format!("--limit-{}", kind.as_str().replace('_', "-"));
    let arguments: Vec<&str> = [flag.as_str(), limit].into_iter().chain(more.iter().copied()).collect();
    Server::start(PROGRAM, &arguments).await
}

async fn invite(server: &Server, address: &str) -> Answer {
    server.post(Operation::MuninxInviteUser, &[], &muninx_customer(address)).await
}

/// Does the same limited thing a second time, each time with the answer that it gets.
async fn twice(kind: LimitKind, server: &Server) -> [Answer; 2] {
    let token = server.world.acme.signup_token();
    match kind {
        LimitKind::Client => [
            server.call(Operation::UnleashValidateSignupToken, &[token], &[], None).await,
            server.call(Operation::UnleashValidateSignupToken, &[token], &[], None).await,
        ],
        LimitKind::Changes => [
            server.post(Operation::MuninxCreateToken, &[], &json!({ "name": "a" })).await,
            server.post(Operation::MuninxCreateToken, &[], &json!({ "name": "b" })).await,
        ],
        LimitKind::Inviter | LimitKind::Organization => {
            [invite(server, "a@limit.example").await, invite(server, "b@limit.example").await]
        }
        // By another flow: what counts is whose mailbox it is, however it is written.
        LimitKind::Recipient => [
            invite(server, "jane@limit.example").await,
            server.post(Operation::KareInviteUserOrganization, &[], &kare_invite("Jane@Limit.example")).await,
        ],
        LimitKind::SignupToken => [
            server.post(Operation::UnleashSignup, &[token], &unleash_signup("a@limit.example")).await,
            server.post(Operation::UnleashSignup, &[token], &unleash_signup("b@limit.example")).await,
        ],
        LimitKind::Imports => [
            server.post(Operation::NexusImportOrganizationMembers, &["1"], &nexus_import("a", &["a@b.example"])).await,
            server.post(Operation::NexusImportOrganizationMembers, &["1"], &nexus_import("b", &["a@b.example"])).await,
        ],
        LimitKind::Guesses => {
            [activate(server, "act_0123456789abcdef").await, activate(server, "act_0123456789abcdeg").await]
        }
        LimitKind::AccountGuesses | LimitKind::Account => [
            try_sign_in(server, "admin@acme.example", "not the password").await,
            try_sign_in(server, "Admin@Acme.example", server.world.acme.text("/admin/password")).await,
        ],
    }
}

/// The status of what is allowed, or counted as a failure.
fn wanted(kind: LimitKind) -> u16 {
    match kind {
        LimitKind::Client
        | LimitKind::Changes
        | LimitKind::Inviter
        | LimitKind::Organization
        | LimitKind::Recipient
        | LimitKind::SignupToken => 200,
        LimitKind::Imports => 202,
        LimitKind::Guesses => 400,
        LimitKind::AccountGuesses | LimitKind::Account => 401,
    }
}

#[tokio::test]
async fn every_limit_holds_names_itself_and_says_when_to_come_back() {
    for kind in LimitKind::ALL.iter().copied() {
        let server = server(kind, "1/1d", &[]).await;
        let [first, second] = twice(kind, &server).await;
        assert_eq!(first.status, wanted(kind), "{kind:?}: {}", first.text());
        assert_eq!(second.status, 429, "{kind:?}: {}", second.text());
        assert!(second.text().contains(kind.what()), "{kind:?}: {}", second.text());
        let seconds: u32 = second.header("retry-after").unwrap().parse().unwrap();
        assert!((86_300..=86_400).contains(&seconds), "{kind:?}: {seconds}");
    }
}

#[tokio::test]
async fn a_limit_of_one_leaves_others_alone() {
    let server = server(LimitKind::Inviter, "1/1d", &["--limit-organization", "1/1d"]).await;
    assert_eq!(invite(&server, "a@limit.example").await.status, 200);
    assert_eq!(invite(&server, "b@limit.example").await.status, 429);
    let globex = &server.world.globex;
    let headers = globex.credentials(Operation::MuninxInviteUser);
    let mut body = muninx_customer("c@limit.example");
    body["organization"] = json!(globex.customer_slug());
    assert_eq!(server.post_as(&headers, Operation::MuninxInviteUser, &[], &body).await.status, 200, "another tenant");
    let headers = server.world.acme.credentials(Operation::MuninxListUsers);
    let reading = server.call(Operation::MuninxListUsers, &[], &headers, None).await;
    assert_eq!(reading.status, 200, "reading goes on");
    let refused = "\"status\":429";
    let log = poll::until("its line", async || Some(server.output()).filter(|log| log.contains(refused))).await;
    for line in log.lines().filter(|line| line.contains("\"status\":")) {
        let line: Value = serde_json::from_str(line).unwrap();
        let client = (line["status"] == 429).then_some("127.0.0.1");
        assert_eq!(line["client"].as_str(), client, "{line}");
    }
}

#[tokio::test]
async fn whoever_makes_keys_invites_no_more_by_them() {
    let server = server(LimitKind::Inviter, "2/1d", &[]).await;
    let key = server.post(Operation::NexusCreateApiKey, &[], &json!({ "permissions": ["user.write"] })).await.json();
    let key = vec![basic(key["id"].as_str().unwrap(), key["secret"].as_str().unwrap())];
    let by = async |headers: &Headers, address: &str| {
        let body = json!({ "emailAddress": address });
        server.post_as(headers, Operation::NexusInviteOrganizationMember, &["1"], &body).await.status
    };
    assert_eq!(by(&key, "a@limit.example").await, 204);
    assert_eq!(invite(&server, "b@limit.example").await.status, 200);
    assert_eq!(by(&key, "c@limit.example").await, 429);
    assert_eq!(invite(&server, "d@limit.example").await.status, 429);
    let operators = server.world.acme.headers(&[Scheme::NexusBasic]);
    assert_eq!(by(&operators, "e@limit.example").await, 204, "a key that nobody of theirs has made");
}

#[tokio::test]
async fn what_is_refused_or_repeated_does_not_count_and_does_nothing() {
    let server = server(LimitKind::Inviter, "2/1d", &[]).await;
    let mut headers = server.world.acme.credentials(Operation::MuninxInviteUser);
    headers.push(("idempotency-key", "once".to_owned()));
    for _ in 0..3 {
        let body = muninx_customer("a@limit.example");
        assert_eq!(server.post_as(&headers, Operation::MuninxInviteUser, &[], &body).await.status, 200, "one invite");
        assert_eq!(invite(&server, "a@limit.example").await.status, 409);
    }
    assert_eq!(invite(&server, "b@limit.example").await.status, 200, "the second");
    headers.pop();
    headers.push(("idempotency-key", "later".to_owned()));
    for _ in 0..3 {
        let body = muninx_customer("c@limit.example");
        assert_eq!(
            server.post_as(&headers, Operation::MuninxInviteUser, &[], &body).await.status,
            429,
            "the key is free"
        );
    }
    assert_eq!(count(&server, "SELECT count(*) FROM users WHERE email LIKE '%@limit.example'").await, 2);
    assert_eq!(count(&server, "SELECT count(*) FROM outbox").await, 2);
    assert_eq!(count(&server, "SELECT count(*) FROM events WHERE kind = 'invitation.created'").await, 2);
}

#[tokio::test]
async fn what_is_held_back_claims_no_key_and_what_was_answered_is_answered_again() {
    let flags = ["--limit-signup-token", "1/1d", "--proxies-trusted", "127.0.0.1"];
    let server = server(LimitKind::Guesses, "1/1d", &flags).await;
    let link = server.world.acme.signup_token();
    let send = async |key: &str, client: &str, operation: Operation, path: &[&str], body: &Value| {
        let headers: Headers = vec![("idempotency-key", key.to_owned()), ("x-forwarded-for", client.to_owned())];
        server.post_as(&headers, operation, path, body).await
    };
    let (here, elsewhere) = ("198.51.100.1", "198.51.100.2");
    let signup = unleash_signup("first@limit.example");
    let first = send("once", here, Operation::UnleashSignup, &[link], &signup).await;
    assert_eq!(first.status, 200, "{}", first.text());
    let guess = json!({ "refreshToken": "ref_0123456789abcdef" });
    assert_eq!(send("guess", here, Operation::RefreshSession, &[], &guess).await.status, 401, "the only one");

    let database = server.database().await;
    database.break_write("BEFORE", "INSERT ON idempotency_keys").await;
    let email = server.world.acme.text("/admin/email");
    for (client, operation, path, body) in [
        (here, Operation::CreateSession, vec![], json!({ "email": email, "password": "not the password" })),
        (here, Operation::RefreshSession, vec![], guess.clone()),
        (here, Operation::KareAcceptInvitation, vec![], kare_acceptance("inv_0123456789abcdef", "john@mail.com")),
        (here, Operation::UnleashSignup, vec!["sgn_0123456789abcdef"], unleash_signup("second@limit.example")),
        (elsewhere, Operation::UnleashSignup, vec![link], unleash_signup("second@limit.example")),
    ] {
        let answer = send("another", client, operation, &path, &body).await;
        assert_eq!(answer.status, 429, "{} from {client}: {}", operation.id(), answer.text());
    }
    let again = send("once", here, Operation::UnleashSignup, &[link], &signup).await;
    assert_eq!((again.status, again.text()), (200, first.text()));
    assert_eq!(send("guess", elsewhere, Operation::RefreshSession, &[], &guess).await.status, 500, "others claim one");
    database.mend_write().await;
    database.close().await;
}

#[tokio::test]
async fn failed_attempts_destroy_nothing_and_hold_back_only_whom_they_count_for() {
    let server = server(LimitKind::Guesses, "3/1d", &["--proxies-trusted", "127.0.0.1"]).await;
    assert_eq!(invite(&server, "jane@limit.example").await.status, 200);
    let challenge = server.mail("jane@limit.example", 1).await.secret("challenge");
    for wanted in [400, 400, 400, 429, 429] {
        assert_eq!(activate(&server, "act_0123456789abcdef").await.status, wanted);
    }
    let (email, password) = (server.world.acme.text("/admin/email"), server.world.acme.text("/admin/password"));
    assert_eq!(try_sign_in(&server, email, password).await.status, 429, "no password is judged for this client");
    let elsewhere = vec![("x-forwarded-for", "198.51.100.7".to_owned())];
    let body = json!({ "email": email, "password": password });
    assert_eq!(server.post_as(&elsewhere, Operation::CreateSession, &[], &body).await.status, 201, "for others it is");
    assert_eq!(activate(&server, &challenge).await.status, 200, "the invitation is as good as before");
}

/// Looks at a signup token as a client that writes this header.
async fn look(server: &Server, header: &'static str, value: &str) -> u16 {
    let headers: Headers = vec![(header, value.to_owned())];
    let token = server.world.acme.signup_token();
    server.call(Operation::UnleashValidateSignupToken, &[token], &headers, None).await.status
}

#[tokio::test]
async fn without_a_configured_proxy_nobody_is_believed_to_be_somebody_else() {
    let server = server(LimitKind::Client, "2/1d", &[]).await;
    for (header, value, wanted) in [
        ("x-forwarded-for", "198.51.100.1", 200),
        ("forwarded", "for=198.51.100.2", 200),
        ("x-forwarded-for", "198.51.100.3", 429),
        ("forwarded", "for=198.51.100.4", 429),
    ] {
        assert_eq!(look(&server, header, value).await, wanted, "{header}: {value}");
    }
}

#[tokio::test]
async fn behind_a_proxy_clients_are_told_apart_and_a_64_bit_prefix_is_one_of_them() {
    let server = server(LimitKind::Client, "2/1d", &["--proxies-trusted", "127.0.0.0/8"]).await;
    for (client, wanted) in [
        ("2001:db8:1:2::1", 200),
        ("2001:db8:1:2:ffff::9", 200),
        ("2001:db8:1:2:3:4:5:6", 429),
        ("2001:db8:1:3::1", 200),
        // The client wrote the first of them; the proxy, which knows better, the last.
        ("2001:db8:9::1, 2001:db8:1:2::1", 429),
        ("198.51.100.1", 200),
        ("198.51.100.2", 200),
    ] {
        assert_eq!(look(&server, "x-forwarded-for", client).await, wanted, "{client}");
    }
    assert_eq!(look(&server, "forwarded", "for=198.51.100.9").await, 200, "the proxy itself");
    assert_eq!(look(&server, "forwarded", "for=198.51.100.8").await, 200, "the proxy itself");
    assert_eq!(look(&server, "forwarded", "for=198.51.100.7").await, 429, "the header that is not the configured one");
}

#[tokio::test]
async fn whoever_has_a_place_and_sends_no_body_loses_it() {
    let arguments = ["--limit-at-once", "1", "--limit-wait", "1m", "--limit-arrival", "3s"];
    let server = Server::start(PROGRAM, &[&arguments[..], &["--metrics-listen", "127.0.0.1:0"]].concat()).await;
    let held = Held::start(&server).await;
    // It waits for the only place, which nothing but the end of the patience frees.
    let headers = server.world.acme.credentials(Operation::MuninxListUsers);
    let waiting = server.call(Operation::MuninxListUsers, &[], &headers, None);
    let seen = poll::until("it waits", async || {
        let scrape = Scrape::of(&server).await;
        (scrape.get("invite_gate_waiting") == Some(1.0)).then(|| scrape.get("invite_gate_at_work"))
    });
    let (waiting, at_work) = futures::future::join(waiting, seen).await;
    assert_eq!(waiting.status, 200, "{}", waiting.text());
    assert_eq!(at_work, Some(1.0));
    assert_eq!(Scrape::of(&server).await.get("invite_gate_waiting"), Some(0.0));
    assert_eq!(held.answer().await, "HTTP/1.1 400 Bad Request");
}

#[tokio::test]
async fn pages_count_as_requests() {
    let server = server(LimitKind::Client, "2/1d", &[]).await;
    for path in ["/openapi.json", "/docs/"] {
        assert_eq!(server.send("GET", path, &[], None).await.status, 200, "{path}");
    }
    for path in ["/openapi.json", "/openapi.yaml", "/docs/", "/activate", "/new-user", "/assets/activate.js", "/users"]
    {
        let refused = server.send("GET", path, &[], None).await;
        assert_eq!(refused.status, 429, "{path}");
        assert!(refused.text().contains(LimitKind::Client.what()), "{path}: {}", refused.text());
        assert!(refused.header("retry-after").is_some_and(|wait| wait.parse::<u32>().unwrap() > 43_000), "{path}");
        protected(&refused, path);
    }
    let lines = poll::until("a line of each", async || {
        let output = server.output();
        let lines = output.lines().filter(|line| line.contains("\"status\":429")).map(str::to_owned);
        Some(lines.collect::<Vec<_>>()).filter(|lines| lines.len() == 7)
    })
    .await;
    for line in lines {
        let line: Value = serde_json::from_str(&line).unwrap();
        assert_eq!((&line["message"], &line["client"]), (&json!("request"), &json!("127.0.0.1")), "{line}");
    }
}

#[tokio::test]
async fn the_audit_log_has_the_address_of_the_client_behind_the_proxy() {
    let server = Server::start(PROGRAM, &["--proxies-trusted", "127.0.0.1", "--proxies-header", "forwarded"]).await;
    let mut headers = server.world.acme.credentials(Operation::MuninxInviteUser);
    headers.push(("forwarded", "for=\"[2001:db8::7]:4711\"".to_owned()));
    let body = muninx_customer("jane@limit.example");
    assert_eq!(server.post_as(&headers, Operation::MuninxInviteUser, &[], &body).await.status, 200);
    let sql = "SELECT count(*) FROM events WHERE kind = 'invitation.created' AND address = '2001:db8::7'";
    assert_eq!(count(&server, sql).await, 1);
}

#[tokio::test]
async fn whoever_signs_in_again_and_again_is_not_held_back() {
    let server = server(LimitKind::AccountGuesses, "1/1d", &["--limit-guesses", "1/1d"]).await;
    let (email, password) = (server.world.acme.text("/admin/email"), server.world.acme.text("/admin/password"));
    for _ in 0..3 {
        sign_in(&server, email, password).await;
    }
    assert_eq!(try_sign_in(&server, email, PASSWORD).await.status, 401);
    assert_eq!(try_sign_in(&server, email, password).await.status, 429);
}

#[tokio::test]
async fn a_probe_beyond_its_limit_asks_nothing_of_the_database() {
    let mut server = Server::start(PROGRAM, &["--limit-client", "5/1h"]).await;
    let mut answers = Vec::new();
    for method in ["HEAD", "GET", "HEAD", "GET", "HEAD", "GET", "HEAD"] {
        answers.push(server.send(method, "/health/ready", &[], None).await.status);
    }
    assert!(answers.contains(&200) && answers.ends_with(&[429, 429]), "{answers:?}");
    server.execute("ALTER TABLE _sqlx_migrations RENAME TO elsewhere").await;
    for method in ["HEAD", "GET"] {
        assert_eq!(server.send(method, "/health/ready", &[], None).await.status, 429);
    }
    server.ask_to_stop();
    server.ended().await;
    assert!(!server.output().contains("the database does not do what it is asked"), "{}", server.output());
}
