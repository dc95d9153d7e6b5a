//! A database that is away, takes no changes at present or is held by somebody else: it is told for what it is, nobody is sent
//! to a backup for it, and the server goes on once it is back.

use std::net::TcpListener;
use std::path::Path;

use contract_tests::database::{self, Database};
use contract_tests::poll;
use contract_tests::server::{Process, Server};
use invite_api::security::Operation;
use serde_json::json;
use tempfile::TempDir;

use crate::support::{PROGRAM, server};

pub(crate) const SERVE: &str = "serve --log-format text --listen 127.0.0.1:0 --public-url http://localhost:1";
pub(crate) const CHECK: &str = "config check --listen 127.0.0.1:0 --public-url http://localhost:1";
pub(crate) const LIST: &str = "user list";

/// Runs a command on the data folder of a home and on a database.
pub(crate) async fn said(home: &Path, command: &str, database: &str) -> (Option<i32>, String) {
    let (scratch, data) = (TempDir::new().unwrap(), home.join("world").display().to_string());
    let place = ["--data-dir", &data, "--database", database];
    let words: Vec<&str> = command.split(' ').chain(place).collect();
    let mut process = Process::start(PROGRAM, scratch.path(), &words);
    (process.ended().await.code(), process.output())
}

/// A home whose database has its tables.
async fn home() -> TempDir {
    let home = TempDir::new().unwrap();
    let place = match database::url(home.path()) {
        Some(url) => url,
        None => home.path().join("world/invite.db").display().to_string(),
    };
    let (code, output) = said(home.path(), "organization add acme --name Acme", &place).await;
    assert_eq!(code, Some(0), "{output}");
    home
}

/// The same as a user of its own, whom the tables belong to: what is set for that user is set for nobody else.
pub(crate) fn as_user(url: &str, user: &str) -> String {
    let (scheme, rest) = url.split_once("://").unwrap();
    let (_, place) = rest.split_once('@').unwrap();
    format!("{scheme}://{user}:secret@{place}")
}

#[tokio::test]
async fn a_server_goes_on_once_a_database_takes_changes_again() {
    if !database::takes_postgres("SQLite has no standby") {
        return;
    }
    let home = TempDir::new().unwrap();
    let url = database::url(home.path()).unwrap();
    let (_, user) = url.rsplit_once("search_path%3D").unwrap();
    let operator = Database::open(home.path()).await;
    let role = format!("CREATE ROLE {user} LOGIN PASSWORD 'secret'; ALTER SCHEMA {user} OWNER TO {user}");
    operator.execute(&role).await;
    database::settle(home.path(), &as_user(&url, user));
    let server = Server::start_in(&[PROGRAM], home, &[]).await;
    let change = async || server.post(Operation::MuninxCreateToken, &[], &json!({ "name": "x" })).await.status;
    let ready = async |status: u16| {
        poll::until("readiness", async || {
            (server.send("GET", "/health/ready", &[], None).await.status == status).then_some(())
        })
        .await;
    };
    assert_eq!(change().await, 200);

    // Now it is a standby: whoever was connected is not any more, and whoever connects may only look.
    operator.execute(&format!("ALTER ROLE {user} SET default_transaction_read_only = on")).await;
    let ended = format!("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = '{user}'");
    operator.execute(&ended).await;
    ready(503).await;
    let statuses = futures::future::join_all((0..40).map(|_| change())).await;
    assert!(statuses.iter().all(|status| *status == 503), "{statuses:?}");
    poll::until("the reason", async || server.output().contains("database does not allow writes").then_some(())).await;

    operator.execute(&format!("ALTER ROLE {user} RESET default_transaction_read_only")).await;
    ready(200).await;
    let statuses = futures::future::join_all((0..40).map(|_| change())).await;
    assert!(statuses.iter().all(|status| *status == 200), "{statuses:?}");

    let (_, _home) = server.stop().await;
    operator.execute(&format!("DROP SCHEMA {user} CASCADE; DROP ROLE {user}")).await;
    operator.close().await;
}

#[tokio::test]
async fn the_log_names_a_request_of_which_nobody_knows_whether_it_was_done() {
    if !database::is_postgres() {
        return;
    }
    let server = server().await;
    let database = server.database().await;
    let leaves = "CREATE FUNCTION leave() RETURNS trigger LANGUAGE plpgsql AS \
                  'BEGIN PERFORM pg_terminate_backend(pg_backend_pid()); RETURN NULL; END'";
    database.execute(leaves).await;
    let at_the_end = "CREATE CONSTRAINT TRIGGER leave AFTER INSERT ON api_tokens DEFERRABLE INITIALLY DEFERRED \
                      FOR EACH ROW EXECUTE FUNCTION leave()";
    database.execute(at_the_end).await;
    let answer = server.post(Operation::MuninxCreateToken, &[], &json!({ "name": "x" })).await;
    assert_eq!(answer.status, 503);
    assert!(answer.text().contains("did not say whether this was done"), "{}", answer.text());
    let request = answer.header("x-request-id").unwrap();
    poll::until("the line", async || {
        let said = server.output();
        let mut lines = said.lines().filter(|line| line.contains(request));
        lines.any(|line| line.contains("it is not known whether this was done")).then_some(())
    })
    .await;
    database.close().await;
}

#[tokio::test]
async fn a_database_that_takes_no_changes_is_away_and_may_be_looked_at() {
    if !database::takes_postgres("SQLite has no standby") {
        return;
    }
    let (home, empty) = (home().await, TempDir::new().unwrap());
    let read_only = |home: &Path| database::url(home).unwrap() + "%20-c%20default_transaction_read_only%3Don";
    let (url, any) = (read_only(home.path()), "&target_session_attrs=any");
    for command in [SERVE, CHECK, LIST] {
        let (code, output) = said(home.path(), command, &url).await;
        assert_eq!(code, Some(1), "{command}: {output}");
        assert!(output.contains(" is away: database does not allow writes"), "{command}: {output}");
        assert!(!output.contains("backup"), "{command}: {output}");
    }
    let (code, output) = said(home.path(), LIST, &format!("{url}{any}")).await;
    assert_eq!(code, Some(0), "{output}");
    let (code, output) = said(home.path(), LIST, &format!("{}{any}", read_only(empty.path()))).await;
    assert_eq!(code, Some(1), "{output}");
    assert!(output.contains(" is away: cannot execute CREATE TABLE in a read-only transaction"), "{output}");
}

#[tokio::test]
async fn a_database_server_that_says_nothing_is_given_up() {
    let home = TempDir::new().unwrap();
    // The system takes connections on its behalf.
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("postgres://ann@{}/invite?connect_timeout=1", silent.local_addr().unwrap());
    for command in [SERVE, CHECK, LIST] {
        let (code, output) = said(home.path(), command, &url).await;
        assert_eq!(code, Some(1), "{command}: {output}");
        assert!(output.contains(" is away: no answer in 1 s"), "{command}: {output}");
    }
}

#[tokio::test]
async fn a_file_that_another_program_writes_to_is_busy_and_not_damaged() {
    if !database::takes_sqlite("PostgreSQL has no file") {
        return;
    }
    let home = home().await;
    let file = home.path().join("world/invite.db").display().to_string();
    let other = Database::open(home.path()).await;
    other.lock().await;
    let (code, output) = said(home.path(), LIST, &file).await;
    assert_eq!(code, Some(0), "whoever only looks waits for nobody: {output}");
    let (code, output) = said(home.path(), SERVE, &file).await;
    assert_eq!(code, Some(1), "{output}");
    assert!(output.contains("busy") && !output.contains("backup"), "{output}");
    other.unlock().await;

    other.execute("DELETE FROM _sqlx_migrations WHERE version = 17; DROP INDEX api_keys_by_maker").await;
    other.lock().await;
    let (code, output) = said(home.path(), LIST, &file).await;
    assert_eq!(code, Some(1), "{output}");
    assert!(output.contains("invite.db is busy: another program holds it"), "{output}");
    other.unlock().await;
    other.close().await;
    let (code, output) = said(home.path(), LIST, &file).await;
    assert_eq!(code, Some(0), "{output}");
}
