//! Servers side by side: any number of them on one PostgreSQL database, one on a file of SQLite.

use std::collections::BTreeSet;

use contract_tests::database;
use contract_tests::http::{self, Payload};
use contract_tests::mailbox;
use contract_tests::poll;
use contract_tests::server::{self, Process, Served, Server};
use invite_api::security::Operation;
use serde_json::json;

use crate::support::{PROGRAM, count, imported, kare_invite, nexus_import, server};

/// Another server on the world of the first one.
pub(crate) async fn beside(first: &Server, more: &[&str]) -> Served {
    Served::beside(first, &[PROGRAM], more).await
}

/// The same on a machine whose clock is ahead by some seconds.
pub(crate) async fn ahead(seconds: i64, first: &Server) -> Served {
    let clock = format!("INVITE_TEST_CLOCK_AHEAD={seconds}");
    Served::beside(first, &["env", &clock, PROGRAM], &[]).await
}

#[tokio::test]
async fn two_servers_do_every_row_of_an_import_once_though_one_is_killed() {
    const ROWS: usize = 600;
    if !database::takes_postgres("a file of SQLite has one server") {
        return;
    }
    let first = server().await;
    let second = beside(&first, &[]).await;
    let addresses: Vec<String> = (0..ROWS).map(|number| format!("row{number}@nexus.example")).collect();
    let id = imported(&first, &nexus_import("shared", &addresses.iter().map(String::as_str).collect::<Vec<_>>())).await;
    let database = first.database().await;
    poll::until("the first rows and mails", async || {
        let rows = database.number("SELECT count(*) FROM import_rows WHERE result IS NOT NULL").await;
        let mails = database.number("SELECT count(*) FROM outbox WHERE state = 'sent'").await;
        (rows > 0 && mails > 0).then_some(())
    })
    .await;
    let headers = first.world.acme.credentials(Operation::GetImport);
    let mails = first.folder().join("mailbox");
    let _folder = first.kill();
    let left = database.number("SELECT count(*) FROM import_rows WHERE result IS NULL").await;
    assert!(left > 0, "the server was killed too late for the test to say anything");
    // The time of the leases that it held passes.
    database
        .execute(
            "UPDATE imports SET lease_until = 1 WHERE lease IS NOT NULL; \
             UPDATE outbox SET lease_until = 1 WHERE lease_until IS NOT NULL",
        )
        .await;

    let client = http::client();
    let import = poll::until("the end of the import", async || {
        let url = format!("{}/imports/{id}?limit=1", second.base_url);
        let import = http::send(&client, "GET", &url, &headers, None).await.unwrap().json();
        (import["state"] != "running").then_some(import)
    })
    .await;
    assert_eq!(
        (import["state"].as_str(), import["results"]["invited"].as_u64()),
        (Some("finished"), Some(ROWS as u64))
    );
    poll::until("the last mail", async || {
        (database.number("SELECT count(*) FROM outbox WHERE state <> 'sent'").await == 0).then_some(())
    })
    .await;
    for (table, column) in
        [("users", "email_normalized"), ("invitations", "address_normalized"), ("outbox", "recipient")]
    {
        let rows = database.texts(&format!("SELECT {column} FROM {table} WHERE {column} LIKE 'row%'")).await;
        assert_eq!((rows.len(), rows.iter().collect::<BTreeSet<_>>().len()), (ROWS, ROWS), "{table}");
    }
    let mails = mailbox::read(&mails);
    let people: BTreeSet<&str> = mails.iter().map(|mail| mail.to.as_str()).filter(|to| to.starts_with("row")).collect();
    assert_eq!((mails.len(), people.len()), (ROWS + 1, ROWS), "one for each person, one for who imported");
    database.close().await;
}

#[tokio::test]
async fn two_servers_empty_one_outbox_and_send_each_mail_once() {
    if !database::takes_postgres("a file of SQLite has one server") {
        return;
    }
    let first = server().await;
    let second = beside(&first, &[]).await;
    let have_both_sent = || [first.output(), second.process.output()].iter().all(|output| output.contains("mail sent"));
    // Whoever wakes up first may take all of one import.
    for round in 1..=30 {
        let addresses: Vec<String> = (0..100).map(|number| format!("row{round}-{number}@nexus.example")).collect();
        let addresses: Vec<&str> = addresses.iter().map(String::as_str).collect();
        imported(&first, &nexus_import(&format!("mails {round}"), &addresses)).await;
        poll::until("the last mail", async || (first.mails().len() == round * 101).then_some(())).await;
        poll::until("the last mark", async || {
            (count(&first, "SELECT count(*) FROM outbox WHERE state <> 'sent'").await == 0).then_some(())
        })
        .await;
        if have_both_sent() {
            break;
        }
    }
    assert!(have_both_sent(), "{}{}", first.output(), second.process.output());
    assert_eq!(count(&first, "SELECT count(*) FROM outbox WHERE attempts <> 1").await, 0, "none was leased twice");
}

#[tokio::test]
async fn a_keyed_request_at_two_servers_at_once_is_done_once_and_both_repeat_its_answer() {
    const ROUNDS: usize = 8;
    if !database::takes_postgres("a file of SQLite has one server") {
        return;
    }
    let first = server().await;
    let second = beside(&first, &[]).await;
    let mut servers = [first.world.base_url.clone(), second.base_url.clone()];
    let client = http::client();
    for round in 0..ROUNDS {
        let name = format!("keyed{round}@replica.example");
        for (operation, body) in [
            (Operation::KareInviteUserOrganization, kare_invite(&name)),
            (Operation::MuninxCreateToken, json!({ "name": format!("keyed {round}") })),
        ] {
            let mut headers = first.world.acme.credentials(operation);
            headers.push(("idempotency-key", format!("key-{round}")));
            let payload = Payload::json(&body);
            let at_both = async || {
                let urls = servers.each_ref().map(|base_url| format!("{base_url}{}", server::path(operation, &[])));
                let send = async |url: &str| http::send(&client, "POST", url, &headers, Some(&payload)).await.unwrap();
                tokio::join!(send(&urls[0]), send(&urls[1]))
            };
            let (one, other) = at_both().await;
            let done = if one.status < 300 { &one } else { &other };
            assert!(done.status < 300, "neither did it: {}{}", one.text(), other.text());
            for answer in [&one, &other] {
                let is_running = answer.status == 409 && answer.text().contains("Idempotency-Key is still running");
                assert!(is_running || answer.text() == done.text(), "{}: {}", answer.status, answer.text());
            }
            // One of the two did not do it.
            let (one, other) = at_both().await;
            for again in [one, other] {
                assert_eq!((again.status, again.text()), (done.status, done.text()));
            }
        }
        servers.reverse();
    }
    let done = i64::try_from(ROUNDS).unwrap();
    for (what, of_whom) in [("invitations", "address_normalized"), ("outbox", "recipient"), ("api_tokens", "name")] {
        let sql = format!("SELECT count(*) FROM {what} WHERE {of_whom} LIKE 'keyed%'");
        assert_eq!(count(&first, &sql).await, done, "{what}");
    }
}

#[tokio::test]
async fn a_second_server_on_one_file_is_refused_and_the_first_one_stays() {
    if !database::takes_sqlite("PostgreSQL has no file") {
        return;
    }
    let first = server().await;
    let data = first.folder().display().to_string();
    for command in ["dev", "serve"] {
        let folder = first.folder().join(command);
        std::fs::create_dir(&folder).unwrap();
        let mails = format!("--mail-folder={}", folder.display());
        let mut arguments = vec![command, "--listen", "127.0.0.1:0", "--data-dir", &data];
        if command == "serve" {
            arguments.extend([mails.as_str(), "--public-url=http://localhost", "--log-format=text"]);
        }
        let mut process = Process::start(PROGRAM, &folder, &arguments);
        let status = process.ended().await;
        let output = process.output();
        assert_eq!(status.code(), Some(2), "{command}: {output}");
        for text in ["another server (process ", "invite.db", "hint: ", "PostgreSQL"] {
            assert!(output.contains(text), "{command} does not say {text:?}: {output}");
        }
    }
    assert!(first.folder().join("dev.json").exists(), "what the first one says of itself stays");
    assert_eq!(first.send("GET", "/health/ready", &[], None).await.status, 200);
    // Killed, it leaves nothing in the way.
    let again = Server::start_in(&[PROGRAM], first.kill(), &[]).await;
    assert_eq!(again.send("GET", "/health/ready", &[], None).await.status, 200);
}
