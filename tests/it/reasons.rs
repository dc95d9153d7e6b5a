//! Why the server does not do what it is asked: callers are told that they may come back, and the log says the reason, once in a
//! while.

use contract_tests::database;
use contract_tests::poll;
use contract_tests::server::Server;
use invite_api::security::Operation;
use serde_json::json;

use crate::support::server;

/// Has the server say everything that it has to say.
async fn stopped(mut server: Server) -> String {
    server.ask_to_stop();
    server.ended().await;
    server.output()
}

#[tokio::test]
async fn a_probe_that_finds_what_others_have_found_says_nothing_more() {
    let server = server().await;
    server.execute("ALTER TABLE _sqlx_migrations RENAME TO elsewhere").await;
    for _ in 0..5 {
        let answer = server.call(Operation::Readiness, &[], &[], None).await;
        assert_eq!(answer.status, 503);
        assert!(answer.text().contains("the server cannot do this at the moment"), "{}", answer.text());
    }
    let output = stopped(server).await;
    assert_eq!(output.matches("the database does not do what it is asked").count(), 1, "{output}");
    assert!(output.contains("_sqlx_migrations"), "the reason is told: {output}");
}

#[tokio::test]
async fn a_full_disk_is_told_once_however_many_changes_it_costs() {
    if !database::takes_postgres("no trigger of SQLite says that the disk is full") {
        return;
    }
    let server = server().await;
    let full = "CREATE FUNCTION full_disk() RETURNS trigger LANGUAGE plpgsql AS \
                'BEGIN RAISE EXCEPTION ''no space left'' USING ERRCODE = ''53100''; END'";
    server.execute(full).await;
    server.execute("CREATE TRIGGER full_disk BEFORE INSERT ON api_tokens EXECUTE FUNCTION full_disk()").await;
    for _ in 0..5 {
        let answer = server.post(Operation::MuninxCreateToken, &[], &json!({ "name": "x" })).await;
        assert_eq!((answer.status, answer.header("retry-after")), (503, Some("10")), "{}", answer.text());
    }
    let output = stopped(server).await;
    assert_eq!(output.matches("the disk of the database is full").count(), 1, "{output}");
}

#[tokio::test]
async fn a_worker_that_cannot_go_on_says_why() {
    if !database::takes_postgres("on SQLite whoever only looks waits for nobody") {
        return;
    }
    let server = server().await;
    let database = server.database().await;
    database.lock().await;
    for said in ["the outbox cannot be read", "an import cannot go on for now"] {
        let line =
            poll::until(said, async || server.output().lines().find(|line| line.contains(said)).map(str::to_owned));
        let line = line.await;
        assert!(line.contains("lock timeout") && !line.contains("the server is busy"), "{line}");
    }
    database.unlock().await;
    database.close().await;
}
