//! Moving a live system from SQLite to PostgreSQL, on which it goes on as if nothing had happened.

use std::net::TcpListener;
use std::path::Path;

use contract_tests::database;
use contract_tests::http::Payload;
use contract_tests::poll;
use contract_tests::server::{Process, Server};
use invite_api::security::Operation;
use serde_json::json;
use tempfile::TempDir;

use crate::support::{
    PASSWORD, PROGRAM, activate, bearer, count, kare_acceptance, kare_invite, muninx_customer, session, sign_in,
};

/// Runs `copy` and returns its exit code and what it said.
async fn copy(folder: &Path, from: &str, to: &str) -> (Option<i32>, String) {
    let mut process = Process::start(PROGRAM, folder, &["copy", "--from", from, "--to", to]);
    (process.ended().await.code(), process.output())
}

#[tokio::test]
async fn a_system_with_life_in_it_moves_to_postgresql_and_goes_on() {
    if !database::takes_postgres("there is no PostgreSQL to move to") {
        return;
    }
    let (home, scratch) = (TempDir::new().unwrap(), TempDir::new().unwrap());
    let from = format!("sqlite:{}", home.path().join("world/invite.db").display());
    database::settle(home.path(), &from);
    // Nobody takes mails there: they wait.
    let closed = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let server = Server::start_in(&[PROGRAM], home, &["--smtp", &format!("smtp://{closed}")]).await;
    let keyed = |server: &Server| {
        let mut headers = server.world.acme.credentials(Operation::MuninxCreateToken);
        headers.push(("idempotency-key", "once".to_owned()));
        headers
    };
    assert_eq!(
        server.post(Operation::MuninxInviteUser, &[], &muninx_customer("jane@customer.example")).await.status,
        200
    );
    assert_eq!(
        server.post(Operation::KareInviteUserOrganization, &[], &kare_invite("john@kare.example")).await.status,
        201
    );
    let token = server.post_as(&keyed(&server), Operation::MuninxCreateToken, &[], &json!({ "name": "kept" })).await;
    let signed_in = session(&server, &server.world.acme).await;

    let (to, used) = (database::url(scratch.path()).unwrap(), scratch.path().join("used"));
    std::fs::create_dir(&used).unwrap();
    let (code, said) = copy(scratch.path(), &from, &to).await;
    assert_eq!(code, Some(2), "{said}");
    assert!(said.contains("another server (process "), "{said}");

    let (_, home) = server.stop().await;
    let (code, said) = copy(scratch.path(), &from, &to).await;
    assert_eq!(code, Some(0), "{said}");
    assert!(said.contains("invitations: 2 rows, alike on both sides, SHA-256 "), "{said}");
    let password = to.split(['/', ':', '@']).nth(4).unwrap();
    assert!(said.contains("copied ") && !said.contains(password), "no password is shown: {said}");
    let (code, again) = copy(scratch.path(), &from, &to).await;
    assert_eq!(code, Some(2), "{again}");
    assert!(again.contains("the target is not empty"), "{again}");

    database::settle(home.path(), &to);
    let server = Server::start_in(&[PROGRAM], home, &[]).await;
    who_was_invited_comes_in(&server).await;
    let repeated = server.post_as(&keyed(&server), Operation::MuninxCreateToken, &[], &json!({ "name": "kept" })).await;
    assert_eq!((repeated.status, repeated.json()), (200, token.json()), "an answer that was kept is given again");
    let headers = bearer(&signed_in, "accessToken");
    assert_eq!(server.send("GET", "/invitations", &headers, None).await.status, 200, "who was signed in still is");
    assert_eq!(
        server.post(Operation::MuninxInviteUser, &[], &muninx_customer("new@customer.example")).await.status,
        200
    );
    let newest = "SELECT count(*) FROM users WHERE email = 'new@customer.example' AND id = (SELECT max(id) FROM users)";
    assert_eq!(count(&server, newest).await, 1, "numbers go on where they were");
}

/// Mails that waited go out, and their secrets work.
async fn who_was_invited_comes_in(server: &Server) {
    server.execute("UPDATE outbox SET next_at = 1, lease_until = NULL WHERE state = 'queued'").await;
    let challenge = server.mail("jane@customer.example", 1).await.secret("challenge");
    assert_eq!(activate(server, &challenge).await.status, 200);
    sign_in(server, "jane@customer.example", PASSWORD).await;
    let secret = server.mail("john@kare.example", 1).await.secret("invitation");
    let acceptance = Payload::json(&kare_acceptance(&secret, "john@kare.example"));
    assert_eq!(server.call(Operation::KareAcceptInvitation, &[], &[], Some(&acceptance)).await.status, 201);
}

#[tokio::test]
async fn servers_of_the_schema_are_found_whatever_their_name_is_before_anything_is_brought_up_to_date() {
    if !database::takes_postgres("there is no PostgreSQL to move from") {
        return;
    }
    let (home, scratch, elsewhere) = (TempDir::new().unwrap(), TempDir::new().unwrap(), TempDir::new().unwrap());
    let from = format!("{}&application_name=x", database::url(home.path()).unwrap());
    database::settle(home.path(), &from);
    let to = format!("sqlite:{}", scratch.path().join("new.db").display());
    let server = Server::start_in(&[PROGRAM], home, &[]).await;
    server.execute("DELETE FROM _sqlx_migrations WHERE version = (SELECT max(version) FROM _sqlx_migrations)").await;
    let version = async || count(&server, "SELECT max(version) FROM _sqlx_migrations").await;
    let before = version().await;
    let (code, said) = copy(scratch.path(), &from, &to).await;
    assert_eq!(code, Some(2), "{said}");
    assert!(said.contains("servers, or another copy, use the database"), "{said}");
    assert_eq!(version().await, before);
    let (code, said) = copy(scratch.path(), &database::url(elsewhere.path()).unwrap(), &to).await;
    assert_eq!(code, Some(0), "another schema of the same database has no server: {said}");

    let holder = "SELECT coalesce(max(pid), 0) FROM pg_locks JOIN pg_namespace n ON objid::bigint # 2147483648 = n.oid::bigint \
                  WHERE locktype = 'advisory' AND classid = 759683246 AND granted AND nspname = current_schema()";
    let first = count(&server, holder).await;
    assert_eq!(count(&server, &format!("SELECT count(*) WHERE pg_terminate_backend({first})")).await, 1);
    poll::until("the lock is taken again", async || {
        (![0, first].contains(&count(&server, holder).await)).then_some(())
    })
    .await;
}
