//! Imports from end to end: many rows, a server that is killed in the middle, results by page.

use std::time::{Duration, Instant};

use contract_tests::server::Server;
use contract_tests::{database, poll};
use invite_api::security::Operation;
use serde_json::{Value, json};

use crate::support::{PROGRAM, count, imported, nexus_import, server};

/// How long 10,000 rows may take, on a slow machine that does other things too.
const LONGEST: Duration = Duration::from_secs(600);

async fn get(server: &Server, path: &str) -> Value {
    let headers = server.world.acme.credentials(Operation::GetImport);
    let answer = server.send("GET", path, &headers, None).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    answer.json()
}

/// The import once it has ended; it must be further within each deadline.
pub(crate) async fn ended(server: &Server, id: &str) -> Value {
    let (start, mut done) = (Instant::now(), -1);
    loop {
        let import = poll::until("progress of the import", async || {
            let import = get(server, &format!("/imports/{id}?limit=1")).await;
            (import["state"] != "running" || import["done"].as_i64()? > done).then_some(import)
        })
        .await;
        if import["state"] != "running" {
            return import;
        }
        done = import["done"].as_i64().unwrap();
        assert!(start.elapsed() < LONGEST, "the import takes too long: {import}");
    }
}

/// Every row of an import, page by page.
pub(crate) async fn rows(server: &Server, id: &str) -> Vec<Value> {
    let mut rows = Vec::new();
    let mut page = get(server, &format!("/imports/{id}?limit=300")).await;
    loop {
        rows.extend(page["items"].as_array().unwrap().clone());
        let Some(next) = page["next"].as_str() else { return rows };
        page = get(server, &format!("/imports/{id}?limit=300&cursor={next}")).await;
    }
}

/// As many rows as an import may have; on PostgreSQL fewer: each takes many times as long there, and is done by the same code.
fn many() -> usize {
    if database::is_postgres() { 1_000 } else { 10_000 }
}

#[tokio::test]
async fn many_rows_are_done_each_with_a_result() {
    let server = server().await;
    let invite = json!({ "emailAddress": "member@nexus.example" });
    assert_eq!(server.post(Operation::NexusInviteOrganizationMember, &["1"], &invite).await.status, 204);
    let address = |number: usize| match number % 100 {
        97 => "no address".to_owned(),
        98 => "MEMBER@nexus.example".to_owned(),
        99 => format!("Row{}@Nexus.example", number - 99),
        _ => format!("row{number}@nexus.example"),
    };
    let addresses: Vec<String> = (0..many()).map(address).collect();
    let addresses: Vec<&str> = addresses.iter().map(String::as_str).collect();
    let id = imported(&server, &nexus_import("many", &addresses)).await;

    let import = ended(&server, &id).await;
    assert_eq!((import["state"].as_str(), import["done"].as_i64()), (Some("finished"), i64::try_from(many()).ok()));
    let hundreds = many() / 100;
    let results = json!({
        "invited": 97 * hundreds,
        "added": 0,
        "alreadyMember": 1,
        "duplicate": 2 * hundreds - 1,
        "invalid": hundreds,
    });
    assert_eq!(import["results"], results);
    let rows = rows(&server, &id).await;
    assert_eq!(rows.len(), many());
    for (number, row) in rows.iter().enumerate() {
        let wanted = match number % 100 {
            97 => "invalid",
            98 if number == 98 => "already_member",
            98 | 99 => "duplicate",
            _ => "invited",
        };
        assert_eq!(
            (row["result"].as_str(), row["pointer"].as_str()),
            (Some(wanted), Some(&*format!("/newMembers/{number}")))
        );
    }
    assert_eq!(
        (rows[97]["reason"].as_str(), rows[97]["field"].as_str()),
        (Some("invalid_value"), Some("emailAddress"))
    );
    let invited = i64::try_from(97 * hundreds + 1).unwrap();
    assert_eq!(count(&server, "SELECT count(DISTINCT address_normalized) FROM invitations").await, invited);
    assert_eq!(count(&server, "SELECT count(*) FROM events WHERE kind = 'invitation.created'").await, invited);
    assert_eq!(count(&server, "SELECT count(*) FROM outbox WHERE kind = 'import_finished'").await, 1);
}

#[tokio::test]
async fn a_killed_server_goes_on_where_it_was_and_does_no_row_twice() {
    let first = server().await;
    let addresses: Vec<String> = (0..1500).map(|number| format!("row{number}@nexus.example")).collect();
    let addresses: Vec<&str> = addresses.iter().map(String::as_str).collect();
    let id = imported(&first, &nexus_import("killed", &addresses)).await;
    poll::until("the first rows", async || {
        (get(&first, &format!("/imports/{id}?limit=1")).await["done"].as_i64()? > 0).then_some(())
    })
    .await;
    let second = Server::start_in(&[PROGRAM], first.kill(), &[]).await;
    let left = count(&second, "SELECT count(*) FROM import_rows WHERE result IS NULL").await;
    assert!(left > 0, "the server was killed too late for the test to say anything");

    let import = ended(&second, &id).await;
    assert_eq!((import["state"].as_str(), import["results"]["invited"].as_i64()), (Some("finished"), Some(1500)));
    for table in ["invitations", "outbox"] {
        let sql = match table {
            "invitations" => "SELECT count(*) - count(DISTINCT address_normalized) FROM invitations",
            _ => "SELECT count(*) - count(DISTINCT recipient) FROM outbox",
        };
        assert_eq!(count(&second, sql).await, 0, "{table}");
    }
    assert_eq!(count(&second, "SELECT count(*) FROM invitations").await, 1500);
    assert_eq!(count(&second, "SELECT count(*) FROM outbox").await, 1501, "one for each person, one for who imported");
    let told = second.mail("admin@acme.example", 1).await;
    for expected in ["Rows: 1500.", "Invited: 1500.", &format!(" /imports/{id} ")] {
        assert!(told.text.contains(expected), "{expected} in {}", told.text);
    }
}
