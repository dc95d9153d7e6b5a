//! One server key follows another: nothing that is sealed is lost, and a repeated request stays a repetition.

use std::net::TcpListener;
use std::path::Path;

use contract_tests::http::{Answer, Payload};
use contract_tests::server::Server;
use invite_api::security::Operation;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::support::{PROGRAM, activate, muninx_customer, run};

const NEW: &str = "5eb63bbbe01eeed093cb22bb8f5acdc3b94d27b9934d3e08a52e52d7da7dabfa";

/// Makes a personal token under a key, whose secret tells one answer from another.
async fn keyed(server: &Server) -> Answer {
    let mut headers = server.world.acme.credentials(Operation::MuninxCreateToken);
    headers.push(("idempotency-key", "once".to_owned()));
    server.post_as(&headers, Operation::MuninxCreateToken, &[], &json!({ "name": "kept" })).await
}

async fn reseal(home: &Path) -> (Option<i32>, String) {
    run(home, &["server-key", "reseal", "--json"]).await
}

/// How many values of each kind were under another key.
fn resealed(said: &str) -> Vec<u64> {
    let rows: Value = serde_json::from_str(said).unwrap_or_else(|error| panic!("{error}: {said}"));
    rows.as_array().unwrap().iter().map(|row| row["resealed"].as_u64().unwrap()).collect()
}

#[tokio::test]
async fn a_new_server_key_takes_the_place_of_the_old_one_and_nothing_is_lost() {
    // Nobody takes mails there: they wait.
    let closed = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let smtp = format!("smtp://{closed}");
    let waiting = ["--smtp", smtp.as_str()];
    let home = TempDir::new().unwrap();
    let keys = home.path().join("world/server.key");

    let server = Server::start_in(&[PROGRAM], home, &waiting).await;
    let invited = server.post(Operation::MuninxInviteUser, &[], &muninx_customer("jane@customer.example")).await;
    assert_eq!(invited.status, 200, "{}", invited.text());
    let first = keyed(&server).await;
    assert_eq!(first.status, 200, "{}", first.text());
    let link = server.world.acme.signup_token().to_owned();
    let (_, home) = server.stop().await;

    let old = std::fs::read_to_string(&keys).unwrap();
    std::fs::write(&keys, format!("{NEW}\n{old}")).unwrap();
    let server = Server::start_in(&[PROGRAM], home, &waiting).await;
    assert_eq!(keyed(&server).await.text(), first.text(), "the same answer, and no second token");
    let folder = server.folder().parent().unwrap().to_owned();
    let (code, said) = reseal(&folder).await;
    assert_eq!(code, Some(0), "{said}");
    let counts = resealed(&said);
    assert!(counts.iter().all(|count| *count > 0), "of each kind there was one: {said}");
    let (_, said) = reseal(&folder).await;
    assert_eq!(resealed(&said), [0, 0, 0], "nothing is left to do");
    assert_eq!(keyed(&server).await.text(), first.text(), "and still the same answer");
    let (_, home) = server.stop().await;

    std::fs::write(&keys, format!("{NEW}\n")).unwrap();
    let server = Server::start_in(&[PROGRAM], home, &[]).await;
    server.execute("UPDATE outbox SET next_at = 1, lease_until = NULL WHERE state = 'queued'").await;
    let challenge = server.mail("jane@customer.example", 1).await.secret("challenge");
    assert_eq!(activate(&server, &challenge).await.status, 200);
    let headers = server.world.acme.credentials(Operation::UnleashListSignupTokens);
    let shown = server.call(Operation::UnleashListSignupTokens, &[], &headers, None::<&Payload>).await;
    assert!(shown.text().contains(&link), "links are shown again: {}", shown.text());
}

#[tokio::test]
async fn what_opens_under_no_key_is_told_and_stays() {
    let server = Server::start(PROGRAM, &[]).await;
    let keys = server.folder().join("server.key");
    let (_, home) = server.stop().await;
    let old = std::fs::read_to_string(&keys).unwrap();
    std::fs::write(&keys, NEW).unwrap();
    let lost = ["server-key", "reseal", "--old-key-lost", "--json"];
    let (code, said) = run(home.path(), &lost).await;
    assert_eq!(code, Some(0), "{said}");
    let unreadable: Value = serde_json::from_str(&said).unwrap();
    assert!(unreadable.as_array().unwrap().iter().any(|row| row["unreadable"].as_u64() > Some(0)), "{said}");
    let (code, said) = reseal(home.path()).await;
    assert_eq!(code, Some(2), "{said}");
    assert!(said.contains("open under no key of the file"), "{said}");
    std::fs::write(&keys, format!("{NEW}\n{old}")).unwrap();
    let (code, said) = reseal(home.path()).await;
    assert_eq!(code, Some(0), "{said}");
}

#[tokio::test]
async fn nothing_works_on_a_database_with_another_server_key_than_its_own() {
    let server = Server::start(PROGRAM, &[]).await;
    let keys = server.folder().join("server.key");
    let (_, home) = server.stop().await;
    let own = std::fs::read_to_string(&keys).unwrap();
    let serve = ["serve", "--listen", "127.0.0.1:0", "--mail-folder", "mails", "--log-format", "text"];
    for command in [&serve[..], &["config", "check"], &["organization", "list"], &["server-key", "reseal"]] {
        std::fs::write(&keys, NEW).unwrap();
        let (code, said) = run(home.path(), command).await;
        assert_eq!(code, Some(2), "{command:?}: {said}");
        assert!(
            said.contains("server.key holds another key\nhint: put a copy of that key there"),
            "{command:?}: {said}"
        );
        std::fs::remove_file(&keys).unwrap();
        let (code, said) = run(home.path(), command).await;
        assert_eq!(code, Some(2), "{command:?}: {said}");
        assert!(said.contains("server.key is missing\nhint: "), "{command:?}: {said}");
        assert!(!keys.exists(), "{command:?}: no other one is made");
    }
    std::fs::write(&keys, format!("{NEW}\n{own}")).unwrap();
    let (code, said) = run(home.path(), &["organization", "list"]).await;
    assert_eq!(code, Some(0), "its own may be a further one: {said}");
}
