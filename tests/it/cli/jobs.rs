//! Imports as one job of the service: what stands in the report, whatever ends the waiting for it.

use contract_tests::peer::Peer;
use contract_tests::terminal::Terminal;
use serde_json::json;

use super::{Invite, Run, world};

const PEOPLE: &str = "emailAddress\nj1@nexus.example\nj2@nexus.example\n";
const ID: &str = "0193a4c1-7c55-7f2e-9c7e-3b1f5d0f8a11";
const JSON: &str = "application/json";

/// A service of the test's own, and the program with what it needs there.
async fn peer() -> (Peer, Invite) {
    let peer = Peer::listen().await;
    let invite = Invite::new().with("INVITE_SERVER", &peer.url()).with("INVITE_NEXUS_BASIC", "key-7:canary-password");
    (peer, invite.with("INVITE_RETRIES", "0"))
}

/// The service has taken the rows.
async fn accept(peer: &Peer) {
    let located = format!("{JSON}\r\nlocation: /imports/{ID}");
    peer.request().await.answer("202 Accepted", &located, "").await;
}

/// The job with its first result, and more to come.
fn look(state: &str) -> String {
    json!({
        "id": ID, "reference": "spring", "organizationId": 1, "filename": "people.csv", "state": state, "total": 2, "done": 1,
        "results": {"invited": 1, "added": 0, "alreadyMember": 0, "duplicate": 0, "invalid": 0},
        "createdAt": "2026-01-15T08:45:00.000Z",
        "items": [{"pointer": "/newMembers/0", "emailAddress": "j1@nexus.example", "result": "invited"}],
        "next": "abc",
    })
    .to_string()
}

/// An import that waits on a terminal, with a report.
fn start(invite: &Invite, report: &str) -> Terminal {
    let file = invite.file("people.csv", PEOPLE);
    let job = ["import", "--flow", "nexus", "--file", &file, "--set", "organizationId=1", "--job", "spring", "--wait"];
    let path = invite.path(report).display().to_string();
    invite.start(&[&job[..], &["--report", &path]].concat())
}

/// What came of each row, by a report.
fn outcomes(invite: &Invite, report: &str) -> Vec<String> {
    let text = std::fs::read_to_string(invite.path(report)).unwrap();
    text.lines().skip(1).map(|line| line.split(',').nth(3).unwrap().to_owned()).collect()
}

#[tokio::test]
async fn report_and_summary_name_the_job() {
    let (server, invite) = world().await;
    let organization = format!("organizationId={}", server.world.acme.organization());
    let file = invite.file("people.csv", &format!("{PEOPLE}no address\n"));
    let import = |name: &str, more: &[&str]| -> Run {
        let arguments = ["import", "--flow", "nexus", "--file", &file, "--set", &organization, "--job", name];
        invite.run(&[&arguments[..], more].concat())
    };
    for (name, more) in [("spring", &["--output", "json"][..]), ("summer", &["--output", "json", "--wait"])] {
        let (rows, summary) = import(name, more).lines();
        let id = summary["import"].as_str().unwrap();
        invite.run(&["imports", "get-import", "--id", id]).succeeded();
        let named: Vec<bool> = rows.iter().map(|row| row["import"] == id).collect();
        assert_eq!((named.as_slice(), &rows[0]["row"]), (&[false, true, true][..], &3.into()), "wrong rows come first");
    }
    let report = invite.path("report.csv");
    import("autumn", &["--report", &report.display().to_string()]).failed(5, &["3 rows: 2 accepted, 1 invalid"]);
    let text = std::fs::read_to_string(report).unwrap();
    let last: Vec<&str> = text.lines().map(|line| line.rsplit(',').next().unwrap()).collect();
    assert_eq!((last[0], last[1], last[2] == last[3] && last[2].len() == 36), ("import", "", true), "{text}");
    // A row by itself is of no job.
    let arguments = ["import", "--flow", "nexus", "--file", &file, "--set", &organization, "--output", "json"];
    let (rows, summary) = invite.run(&arguments).lines();
    assert!(rows[0]["import"].is_null() && summary.get("import").is_none(), "{summary}");
}

#[tokio::test]
async fn rows_that_were_accepted_stay_so_when_a_look_fails() {
    let (peer, invite) = peer().await;
    let terminal = start(&invite, "report.csv");
    accept(&peer).await;
    peer.request().await.answer("503 Service Unavailable", JSON, "{}").await;
    let (code, shown) = invite.ended(terminal).await;
    assert_eq!(code, 4, "{shown}");
    assert!(shown.contains("2 rows: 2 accepted in "), "{shown}");
    assert_eq!(outcomes(&invite, "report.csv"), ["accepted", "accepted"]);
}

#[tokio::test]
async fn ctrl_c_ends_every_part_of_the_waiting() {
    let (peer, invite) = peer().await;
    let ended = async |mut terminal: Terminal, says: &str| {
        terminal.press("\u{3}");
        let (code, shown) = invite.ended(terminal).await;
        assert!(code == 130 && shown.contains(says), "exit code {code}:\n{shown}");
    };
    let terminal = start(&invite, "sent.csv");
    let waiting = peer.request().await;
    ended(terminal, "whether the service has taken the rows is not known").await;
    assert_eq!(outcomes(&invite, "sent.csv"), ["unknown", "unknown"]);
    drop(waiting);

    let goes_on = "the import goes on without this program";
    let terminal = start(&invite, "running.csv");
    accept(&peer).await;
    let waiting = peer.request().await;
    ended(terminal, goes_on).await;
    assert_eq!(outcomes(&invite, "running.csv"), ["accepted", "accepted"]);
    drop(waiting);

    // The results come page by page.
    let terminal = start(&invite, "results.csv");
    accept(&peer).await;
    peer.request().await.answer("200 OK", JSON, &look("finished")).await;
    peer.request().await.answer("200 OK", JSON, &look("finished")).await;
    let waiting = peer.request().await;
    ended(terminal, goes_on).await;
    assert_eq!(outcomes(&invite, "results.csv"), ["done", "accepted"]);
    drop(waiting);
}

#[tokio::test]
async fn a_job_without_a_row_that_can_be_sent_says_why() {
    let (_peer, invite) = peer().await;
    let file = invite.file("people.csv", "emailAddress\nno address\nnone\n");
    let job = ["import", "--flow", "nexus", "--file", &file, "--set", "organizationId=1", "--job", "spring"];
    let says =
        ["row 1 (line 2, no address): invalid: the body is not valid: `emailAddress`", "row 2", "no row can be sent"];
    invite.run(&job).failed(2, &says);
}

#[tokio::test]
async fn rows_of_a_job_that_was_refused_are_not_sent_and_of_one_in_doubt_unknown() {
    for (status, outcome) in [("409 Conflict", "not-sent"), ("502 Bad Gateway", "unknown")] {
        let (peer, invite) = peer().await;
        let terminal = start(&invite, "report.csv");
        peer.request().await.answer(status, "application/problem+json", r#"{"title":"no"}"#).await;
        invite.ended(terminal).await;
        assert_eq!(outcomes(&invite, "report.csv"), [outcome, outcome]);
    }
}
