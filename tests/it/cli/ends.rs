//! What ends an import before its rows do, and what is left behind then.

use contract_tests::peer::Peer;

use crate::support::count;

use super::{Invite, world};

const NAMES: &str = "Email,name,last-name,type\n";

fn rows(count: usize, who: &str) -> String {
    let rows = (0..count).map(|row| format!("{who}{row}@customer.example,A,B,customer\n"));
    NAMES.to_owned() + &rows.collect::<String>()
}

#[tokio::test]
async fn an_import_whose_reader_has_gone_begins_no_further_row() {
    let (server, invite) = world().await;
    let import = ["import", "--flow", "muninx", "--file", "-", "--output", "json", "--concurrency", "1"];
    invite.unread(&[&import[..], &["--dry-run"]].concat(), &rows(3, "p")).succeeded();
    let run = invite.unread(&import, &rows(3, "p"));
    run.failed(4, &["standard output cannot be written", "row 1 is done, request "]);
    assert_eq!(count(&server, "SELECT count(*) FROM users WHERE status = 'pending'").await, 1);
    // Those that are under way are waited for, and what came of each is said.
    let together = [&import[..7], &["--concurrency", "3"]].concat();
    let run = invite.unread(&together, &rows(9, "q"));
    let said = run.failed(4, &["standard output cannot be written"]).err;
    let done = count(&server, "SELECT count(*) FROM users WHERE status = 'pending'").await - 1;
    assert_eq!(i64::try_from(said.matches(" is done, request ").count()).unwrap(), done, "{said}");
    assert!(done <= 3, "no further row is begun: {said}");
    // A file is the record, whoever reads standard output.
    let report = invite.path("report.jsonl").display().to_string();
    invite.unread(&[&import[..], &["--report", &report]].concat(), &rows(4, "r")).succeeded();
}

#[tokio::test]
async fn ctrl_c_ends_a_wait_that_the_service_asks_for() {
    let peer = Peer::listen().await;
    let invite = Invite::new().with("INVITE_SERVER", &peer.url()).with("INVITE_MUNINX_BEARER", "canary-bearer");
    let file = invite.file("people.csv", &rows(3, "p"));
    let mut terminal = invite.start(&["import", "--flow", "muninx", "--file", &file, "--concurrency", "2"]);
    let busy = "application/problem+json\r\nretry-after: 60";
    peer.request().await.answer("429 Too Many Requests", busy, r#"{"title":"wait"}"#).await;
    // By the end of another row, the first one waits.
    peer.request().await.answer("409 Conflict", "application/problem+json", r#"{"title":"taken"}"#).await;
    let waiting = peer.request().await;
    terminal.press("\u{3}");
    terminal.expect("stopping: no further row is begun").await;
    waiting.answer("200 OK", "application/json", "\"sent\"").await;
    let (code, shown) = invite.ended(terminal).await;
    assert_eq!(code, 130, "{shown}");
    assert!(shown.contains("3 rows: 1 done, 2 refused in "), "{shown}");
    assert!(shown.contains("429 Too Many Requests"), "{shown}");
}

#[tokio::test]
async fn rows_that_are_never_sent_do_not_hide_that_the_service_is_gone() {
    let lost = Invite::new().with("INVITE_SERVER", "http://127.0.0.1:1").with("INVITE_MUNINX_BEARER", "stranger");
    let wrong = "x@customer.example,A,B,boss\n";
    let right = "y@customer.example,A,B,customer\n";
    let rows = NAMES.to_owned() + &[right, wrong].concat().repeat(10);
    let import = ["import", "--flow", "muninx", "--file", "-", "--retries", "0", "--concurrency", "1"];
    let run = lost.run_with(&import, &rows).failed(3, &["no connection"]);
    assert!(run.err.contains("20 rows: 3 failed, 2 invalid, 15 not sent in "), "{}", run.err);
}

#[tokio::test]
async fn a_report_is_made_when_nothing_more_can_be_told_beforehand() {
    let invite = Invite::new();
    let report = invite.path("report.csv");
    let path = report.display().to_string();
    let file = invite.file("people.csv", &rows(2, "p"));
    let import = ["import", "--flow", "muninx", "--file", &file, "--report", &path];
    invite.run(&import).failed(2, &["no server is named"]);
    invite.run(&[&import[..], &["--server", "http://127.0.0.1:1"]].concat()).failed(2, &["needs muninxBearer"]);
    let invite = invite.with("INVITE_NEXUS_BASIC", "key-7:canary-password");
    let people = "{\"emailAddress\":\"a@x.example\",\"organizationId\":";
    let file = invite.file("people.jsonl", &format!("{people}1}}\n{people}2}}\n"));
    let nexus = ["import", "--flow", "nexus", "--file", &file, "--job", "spring", "--report", &path];
    let says = ["the rows of a job are all of one organization"];
    invite.run(&[&nexus[..], &["--server", "http://127.0.0.1:1"]].concat()).failed(2, &says);
    assert!(!report.exists(), "it would be in the way of the next run");
}
