//! Many invitations from a file.

use contract_tests::peer::Peer;
use serde_json::Value;

use crate::support::count;

use super::{Invite, Run, world};

const PEOPLE: &str = "\
Email,name,last-name,type,agent-type
p1@customer.example,Jane,Doe,customer,
p2@customer.example,Jane,Doe,boss,
p1@customer.example,Jane,Doe,customer,
p4@acme.example,Sam,Reed,agent,
p5@acme.example,Sam,Reed,agent,human
p6@customer.example,Jane
p7@customer.example,Zoë,Doe,customer,
";

/// The file in which nothing was changed by a bar.
const OUTCOMES: [(&str, &str, &str); 7] = [
    ("1", "p1@customer.example", "done"),
    ("2", "p2@customer.example", "invalid"),
    ("3", "p1@customer.example", "refused"),
    ("4", "p4@acme.example", "refused"),
    ("5", "p5@acme.example", "done"),
    ("6", "p6@customer.example", "invalid"),
    ("7", "p7@customer.example", "done"),
];

#[tokio::test]
async fn rows_that_fail_do_not_stop_the_rest_and_a_bar_shows_how_far_it_is() {
    let (server, invite) = world().await;
    let file = invite.file("people.csv", PEOPLE);
    let report = invite.path("report.csv");
    let path = report.display().to_string();
    // One at a time, so that the first of the two with one address is the one that is invited.
    let arguments = ["import", "--flow", "muninx", "--file", &file, "--report", &path, "--concurrency", "1"];
    let mut terminal = invite.start(&arguments);
    terminal.expect("0/7 rows").await;
    terminal.expect("row 2 (line 3, p2@customer.example): invalid: `type` is not valid").await;
    terminal.expect("row 3 (line 4, p1@customer.example): refused: the service refused: 409 Conflict").await;
    terminal.expect("7/7 rows").await;
    let (code, shown) = invite.ended(terminal).await;
    assert_eq!(code, 5, "{shown}");
    assert!(shown.contains("7 rows: 3 done, 2 refused, 2 invalid in "), "{shown}");

    let text = std::fs::read_to_string(&report).unwrap();
    let rows: Vec<Vec<&str>> = text.lines().skip(1).map(|line| line.split(',').collect()).collect();
    let found: Vec<(&str, &str, &str)> = rows.iter().map(|row| (row[0], row[2], row[3])).collect();
    assert_eq!(found, OUTCOMES);
    assert_eq!(rows[0][4], "200");
    let invited = "SELECT count(*) FROM users WHERE status = 'pending'";
    assert_eq!(count(&server, invited).await, 3);
}

#[tokio::test]
async fn without_a_terminal_there_are_lines_and_quiet_has_none() {
    let (server, invite) = world().await;
    let rows = |name: &str| (0..20).map(|row| format!("{name}{row}@x.example\n")).collect::<String>();
    let organization = format!("organizationId={}", server.world.acme.organization());
    let import = |input: &str, more: &[&str]| -> Run {
        let arguments = ["import", "--flow", "nexus", "--file", "-", "--set", &organization];
        invite.run_with(&[&arguments[..], more].concat(), &format!("email address\n{input}"))
    };
    let run = import(&rows("a"), &[]).succeeded();
    assert!(run.err.contains("10 of 20 rows") && run.err.contains("20 rows: 20 done in "), "{}", run.err);
    assert!(!run.err.contains('\u{1b}') && run.out.is_empty(), "{}{}", run.out, run.err);
    let run = import(&rows("b"), &["--quiet"]).succeeded();
    assert_eq!((run.out.as_str(), run.err.as_str()), ("", ""));

    let run = import(&rows("a"), &["--output", "json"]);
    assert_eq!((run.code, run.err.as_str()), (5, ""));
    let lines: Vec<Value> = run.out.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let (summary, rows) = lines.split_last().unwrap();
    assert_eq!((&summary["summary"]["refused"], &summary["summary"]["dry_run"]), (&20.into(), &false.into()));
    assert!(rows.iter().all(|row| row["status"] == 409 && row["request_id"].is_string()), "{}", run.out);
}

#[tokio::test]
async fn a_dry_run_checks_everything_and_sends_nothing() {
    let invite = Invite::new();
    let file = invite.file("people.csv", PEOPLE);
    let arguments = ["import", "--flow", "muninx", "--file", &file, "--dry-run"];
    let says = [
        "row 2 (line 3, p2@customer.example): invalid",
        "row 3 (line 4, p1@customer.example): invalid: the address is that of row 1",
        "7 rows: 4 valid, 3 invalid in ",
        "; nothing was sent",
        "not checked, because only the service knows it: rules between columns",
    ];
    invite.run(&arguments).failed(5, &says);
    let run = invite.run(&[&arguments[..], &["--output", "json"]].concat());
    let lines: Vec<Value> = run.out.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!((run.code, &lines[0]["outcome"]), (5, &"valid".into()), "{}", run.out);
    let summary = &lines.last().unwrap()["summary"];
    assert_eq!((&summary["dry_run"], &summary["valid"], &summary["done"]), (&true.into(), &4.into(), &0.into()));
    let rows = "email,name,last-name,type\nnobody,A,B,customer\nA@x.example,A,B,customer\na@X.example,A,B,customer\n";
    let file = invite.file("addresses.csv", rows);
    let says = ["row 1 (line 2, nobody): invalid: `email` is not valid", "row 3 (line 4, a@X.example): invalid"];
    invite.run(&["import", "--flow", "muninx", "--file", &file, "--dry-run"]).failed(5, &says);
    let rows = ["{\"emailAddress\": \"a@b.example\", \"organizationId\": ", "1}\n", "2}\n"];
    let file = invite.file("two-places.jsonl", &[rows[0], rows[1], rows[0], rows[2]].concat());
    invite.run(&["import", "--flow", "nexus", "--file", &file, "--dry-run"]).succeeded();
    let file = invite.file("people.jsonl", "{\"emailAddress\": \"a@b.example\", \"organizationId\": 1}\n");
    invite.run(&["import", "--flow", "nexus", "--file", &file, "--dry-run"]).succeeded();
    invite.run(&["import", "--flow", "kare", "--file", &file, "--format", "csv"]).failed(2, &["is not known"]);
    let file = invite.file("windows.csv", &PEOPLE.replace('\n', "\r\n"));
    let says = ["row 2 (line 3, p2@customer.example)", "row 6 (line 7, p6@customer.example)"];
    invite.run(&["import", "--flow", "muninx", "--file", &file, "--dry-run"]).failed(5, &says);
    invite.run(&["import", "--flow", "nexus", "--file", "/nowhere.csv"]).failed(2, &["/nowhere.csv cannot be read"]);
}

#[tokio::test]
async fn kare_and_unleash_rows_have_nested_members_and_secrets() {
    let (server, invite) = world().await;
    let kare = "email;firstName;lastName;permissions.group;permissions.read\nk1@x.example;Ann;Lee;1;[1,2]\n";
    invite.run_with(&["import", "--flow", "kare", "--file", "-"], kare).succeeded();
    let token = server.world.acme.signup_token();
    let token_file = format!("token={}", invite.file("token", token));
    let rows = "{\"email\":\"u1@x.example\",\"name\":\"Uma\",\"password\":\"canary-password-of-a-row\"}\n";
    let arguments = ["import", "--flow", "unleash", "--file", "-", "--format", "jsonl", "--set-file", &token_file];
    invite.run_with(&arguments, rows).succeeded();
    invite.run_with(&arguments, rows).failed(5, &["409 Conflict"]);
    invite.never_printed(&["canary-password-of-a-row", token]);
}

#[tokio::test]
async fn what_would_befall_every_row_ends_the_import() {
    let (server, _) = world().await;
    let rows = "Email,name,last-name,type\n".to_owned() + &"a@b.example,A,B,customer\n".repeat(50);
    let arguments = ["import", "--flow", "muninx", "--file", "-", "--concurrency", "2"];
    let stranger = Invite::new().with("INVITE_SERVER", &server.world.base_url).with("INVITE_MUNINX_BEARER", "stranger");
    stranger.run_with(&arguments, &rows).failed(1, &["401 Unauthorized", "not sent", "check the credentials"]);
    let lost = Invite::new().with("INVITE_SERVER", "http://127.0.0.1:1").with("INVITE_MUNINX_BEARER", "stranger");
    lost.run_with(&[&arguments[..], &["--retries", "0"]].concat(), &rows).failed(3, &["not sent", "no connection"]);
}

#[tokio::test]
async fn ctrl_c_waits_for_what_is_under_way_and_says_what_was_done() {
    let peer = Peer::listen().await;
    let invite = Invite::new().with("INVITE_SERVER", &peer.url()).with("INVITE_MUNINX_BEARER", "canary-bearer");
    let file = invite.file("people.csv", PEOPLE);
    let arguments = ["import", "--flow", "muninx", "--file", &file, "--concurrency", "1"];

    let mut terminal = invite.start(&arguments);
    let waiting = peer.request().await;
    terminal.press("\u{3}");
    terminal.expect("stopping: no further row is begun").await;
    waiting.answer("200 OK", "application/json", "\"sent\"").await;
    let (code, shown) = invite.ended(terminal).await;
    assert_eq!(code, 130, "{shown}");
    assert!(shown.contains("7 rows: 1 done, 6 not sent in "), "{shown}");

    let mut terminal = invite.start(&arguments);
    let waiting = peer.request().await;
    terminal.press("\u{3}");
    terminal.expect("stopping").await;
    terminal.press("\u{3}");
    let (code, shown) = invite.ended(terminal).await;
    assert_eq!(code, 130, "{shown}");
    assert!(shown.contains("7 rows: 1 unknown, 6 not sent in "), "{shown}");
    assert!(shown.contains("whether the service acted is not known"), "{shown}");
    drop(waiting);
}

#[tokio::test]
async fn a_service_that_is_asked_too_much_is_given_time() {
    let peer = Peer::listen().await;
    let invite = Invite::new().with("INVITE_SERVER", &peer.url()).with("INVITE_MUNINX_BEARER", "canary-bearer");
    let rows = "Email,name,last-name,type\na@b.example,A,B,customer\n";
    let running =
        std::thread::spawn(move || invite.run_with(&["import", "--flow", "muninx", "--file", "-"], rows).succeeded());
    let busy = "application/problem+json\r\nretry-after: 0";
    peer.request().await.answer("429 Too Many Requests", busy, r#"{"title":"wait"}"#).await;
    peer.request().await.answer("200 OK", "application/json", "\"sent\"").await;
    assert!(running.join().unwrap().err.contains("1 rows: 1 done"));
}

#[tokio::test]
async fn a_row_has_one_key_however_often_it_is_sent() {
    let peer = Peer::listen().await;
    let rows = "Email,name,last-name,type\na@b.example,A,B,customer\nc@d.example,C,D,customer\n";
    let import = ["import", "--flow", "muninx", "--file", "-", "--retries", "0", "--concurrency", "1"];
    for more in [&[][..], &["--without-idempotency-keys"]] {
        let invite = Invite::new().with("INVITE_SERVER", &peer.url()).with("INVITE_MUNINX_BEARER", "canary-bearer");
        let arguments = [&import[..], more].concat();
        let running = std::thread::spawn(move || invite.run_with(&arguments, rows).succeeded());
        let mut keys = Vec::new();
        for status in ["429 Too Many Requests", "429 Too Many Requests", "200 OK", "200 OK"] {
            let waiting = peer.request().await;
            keys.push(waiting.request.header("idempotency-key").map(str::to_owned));
            waiting.answer(status, "application/json\r\nretry-after: 0", "\"sent\"").await;
        }
        running.join().unwrap();
        if more.is_empty() {
            assert!(keys[0].is_some() && keys[1] == keys[0] && keys[2] == keys[0], "{keys:?}");
            assert!(keys[3].is_some() && keys[3] != keys[0], "another row is another wish: {keys:?}");
        } else {
            assert_eq!(keys, [None, None, None, None]);
        }
    }
}

#[tokio::test]
async fn a_job_takes_all_rows_at_once_and_says_what_came_of_each() {
    let (server, invite) = world().await;
    let organization = format!("organizationId={}", server.world.acme.organization());
    let people =
        "emailAddress,displayName\nj1@nexus.example,Jane\nJ1@nexus.example,Jane\nno address,Sam\nj2@nexus.example,\n";
    let file = invite.file("people.csv", people);
    let import = |name: &str, more: &[&str]| {
        let arguments = ["import", "--flow", "nexus", "--file", &file, "--set", &organization, "--job", name];
        invite.run(&[&arguments[..], more].concat())
    };
    let run = import("spring", &["--wait"]);
    run.failed(
        5,
        &["row 2 (line 3, J1@nexus.example): refused: duplicate", "row 3", "4 rows: 2 done, 1 refused, 1 invalid"],
    );
    assert_eq!(count(&server, "SELECT count(*) FROM imports WHERE state = 'finished' AND total = 3").await, 1);
    let run = import("autumn", &["--wait", "--output", "json"]);
    assert_eq!(run.code, 5, "{}{}", run.out, run.err);
    let lines: Vec<Value> = run.out.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(lines.last().unwrap()["summary"]["refused"], 3, "they are members by now: {}", run.out);
    import("autumn", &[]).failed(1, &["409", "another one"]);
    let run = import("winter", &[]);
    run.failed(5, &["invite imports get-import --id ", "4 rows: 3 accepted, 1 invalid"]);
    let file = invite.file("kare.csv", "email\n");
    invite.run(&["import", "--flow", "kare", "--file", &file, "--job", "x"]).failed(2, &["`--flow nexus`"]);
}

#[tokio::test]
async fn rows_of_a_job_that_nobody_waits_for_are_accepted_and_not_done() {
    let (server, invite) = world().await;
    let organization = format!("organizationId={}", server.world.acme.organization());
    let file = invite.file("people.csv", "emailAddress\nj1@nexus.example\nj2@nexus.example\n");
    let report = invite.path("report.csv").display().to_string();
    let import = |more: &[&str]| {
        let arguments = ["import", "--flow", "nexus", "--file", &file, "--set", &organization];
        invite.run(&[&arguments[..], more].concat()).succeeded()
    };
    let run = import(&["--job", "spring", "--report", &report]);
    assert!(run.err.contains("2 rows: 2 accepted in "), "{}", run.err);
    let rows = std::fs::read_to_string(&report).unwrap();
    assert!(rows.lines().skip(1).all(|row| row.contains(",accepted,202,")), "{rows}");
    let run = import(&["--job", "autumn", "--output", "json"]);
    let summary: Value = serde_json::from_str(run.out.lines().last().unwrap()).unwrap();
    assert_eq!((&summary["summary"]["accepted"], &summary["summary"]["done"]), (&2.into(), &0.into()), "{}", run.out);
}
