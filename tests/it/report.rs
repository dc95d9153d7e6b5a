//! `cargo xtask contract`, the program behind it: a server that keeps the document is found to do so, one that departs is found
//! out, and what could not be tried counts for neither.

use std::process::{Command, Output};

use contract_tests::document;
use contract_tests::report::cases::{FLOWS, situations};
use contract_tests::report::judge;
use contract_tests::report::world::variable;
use contract_tests::server::Server;
use contract_tests::vectors::intermediary::{Fault, Intermediary};
use dropshot_codegen::model::Status;
use reqwest::header::HeaderValue;
use serde_json::{Value, json};

use crate::support::PROGRAM;

const REPORT: &str = env!("CARGO_BIN_EXE_contract-report");

/// Credentials of acme by scheme.
fn credentials(server: &Server) -> Value {
    let acme = &server.world.acme;
    let basic = ["username", "password"].map(|half| acme.text(&format!("/credentials/nexus/basic/{half}")));
    json!({
        "muninxBearer": acme.text("/credentials/muninx/bearer"),
        "kareBearer": acme.text("/credentials/kare/bearer"),
        "kareSession": acme.text("/credentials/kare/session_token"),
        "nexusBearer": acme.text("/credentials/nexus/bearer"),
        "nexusApplicationToken": acme.text("/credentials/nexus/application_token"),
        "nexusBasic": basic.join(":"),
        "unleashApiKey": acme.text("/credentials/unleash/admin_api_key"),
        "unleashBearer": acme.text("/credentials/kare/bearer"),
    })
}

fn command(base_url: &str, flow: &str) -> Command {
    let mut command = Command::new(REPORT);
    for scheme in &document::model().schemes {
        command.env_remove(variable(&scheme.name));
    }
    command.args(["--json", "--base-url", base_url, "--flow", flow, "--world"]);
    command.arg(document::root().join(format!("tests/worlds/{flow}.json")));
    command
}

async fn ended(mut command: Command) -> Output {
    // In a thread of its own: what it talks to may live in this one.
    tokio::task::spawn_blocking(move || command.output().unwrap()).await.unwrap()
}

async fn reported(server: &Server, base_url: &str, flow: &str, more: &[&str]) -> (i32, Value) {
    let file = server.folder().join("credentials.json");
    std::fs::write(&file, credentials(server).to_string()).unwrap();
    let mut command = command(base_url, flow);
    command.arg("--credentials").arg(&file).arg("--mailbox").arg(server.folder().join("mailbox")).args(more);
    let output = ended(command).await;
    let report = serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{output:?}"));
    (output.status.code().unwrap(), report)
}

fn codes(report: &Value) -> Vec<(String, String)> {
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let findings = report["findings"].as_array().unwrap().iter();
    findings.map(|finding| (text(&finding["code"]), text(&finding["case"]))).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn this_server_keeps_its_document_in_every_flow() {
    let server = Server::start(PROGRAM, &[]).await;
    for flow in FLOWS {
        let (code, report) = reported(&server, &server.world.base_url, flow, &["--write"]).await;
        assert_eq!((code, &report["findings"], &report["not_made"]), (0, &json!([]), &json!([])), "{flow}");
        let kept = report["kept"].as_array().unwrap();
        assert!(kept.len() > 60, "{flow}: {} cases", kept.len());
        let journey = format!("{flow}/journey/create_session");
        assert_eq!(kept.iter().any(|case| *case == *journey), flow != "unleash", "{journey}");
        println!("{flow}: {} cases keep the document", kept.len());
        // What takes a second person, two requests or a server in need is no part of that.
        let untried: Vec<u64> =
            report["untried"].as_array().unwrap().iter().map(|untried| untried["status"].as_u64().unwrap()).collect();
        let expected = [403, 422, 429, 500, 503];
        assert!(expected.iter().all(|status| untried.contains(status)), "{flow}: {untried:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_departs_is_found_out() {
    let server = Server::start(PROGRAM, &[]).await;
    let session = credentials(&server)["kareSession"].as_str().unwrap().to_owned();
    for (flow, fault, code, case) in departures(session) {
        let broken = Intermediary::before(&server.world.base_url, fault).await;
        let more: &[&str] = if flow == "muninx" { &[] } else { &["--write"] };
        let (exit, report) = reported(&server, &broken.url, flow, more).await;
        let found = codes(&report);
        assert!(exit == 1 && found.contains(&(code.to_owned(), case.to_owned())), "{code} in {case}: {found:?}");
    }
}

/// How a server departs in a flow, and by which code and in which case it is found out.
#[expect(clippy::too_many_lines, reason = "one table")]
fn departures(session: String) -> Vec<(&'static str, Fault, &'static str, &'static str)> {
    let empty = |status: u16, other: u16| {
        Fault::of_answers(move |_, answer| {
            if answer.status == status {
                answer.status = other;
                answer.body.clear();
                answer.headers.remove("content-type");
            }
        })
    };
    let status = |status: u16, other: u16| {
        Fault::of_answers(move |_, answer| {
            if answer.status == status {
                answer.status = other;
            }
        })
    };
    vec![
        ("unleash", status(409, 400), judge::OTHER_STATUS, "unleash_signup/situation/taken-address"),
        ("unleash", status(200, 201), judge::VENDOR_STATUS, "unleash_signup/valid/example"),
        ("unleash", status(200, 202), judge::UNDECLARED_STATUS, "unleash_signup/valid/example"),
        ("unleash", status(200, 202), judge::CLIENT_CANNOT_READ, "unleash_signup/valid/example/by-client"),
        ("unleash", empty(400, 400), judge::BODY_MISSING, "unleash_validate_signup_token/situation/unknown-token"),
        (
            "nexus",
            Fault::of_answers(|_, answer| {
                answer.headers.insert("content-type", HeaderValue::from_static("application/json"));
            }),
            judge::CONTENT_TYPE,
            "nexus_invite_organization_member/situation/member-already",
        ),
        (
            "kare",
            Fault::of_answers(|_, answer| answer.body = b"{\"message\":7}".to_vec()),
            judge::BODY_SCHEMA,
            "kare_invite_user_organization/situation/taken-address",
        ),
        (
            "muninx",
            Fault::of_answers(|_, answer| drop(answer.headers.remove("www-authenticate"))),
            judge::HEADER,
            "muninx_list_users/credentials/muninxBearer/wrong-muninxBearer",
        ),
        (
            "unleash",
            Fault::of_answers(|_, answer| {
                if let Some(location) = answer.headers.get("location").cloned() {
                    answer.headers.append("location", location);
                }
            }),
            judge::HEADER,
            "unleash_create_signup_token/valid/example",
        ),
        (
            "kare",
            // Any session will do.
            Fault::of_requests(move |request| {
                let given = request.headers.iter_mut().find(|(name, _)| name == "x-session-token");
                given.into_iter().for_each(|(_, value)| session.clone_into(value));
            }),
            judge::OTHER_STATUS,
            "kare_invite_user_organization/credentials/kareBearer+kareSession/wrong-kareSession",
        ),
        (
            "kare",
            Fault::of_answers(|request, answer| {
                if request.header("user-agent").is_some_and(|agent| agent.contains("invite-sdk")) {
                    answer.status = 403;
                    answer.body = b"{\"message\":\"no\"}".to_vec();
                }
            }),
            judge::OTHER_STATUS,
            "kare_invite_user_organization/valid/example/by-client",
        ),
        (
            "kare",
            // Whatever a key is, it is taken.
            Fault::of_requests(|request| request.headers.retain(|(name, _)| name != "idempotency-key")),
            judge::OTHER_STATUS,
            "kare_invite_user_organization/headers/Idempotency-Key/pattern",
        ),
        (
            "nexus",
            in_problems(|problem| problem["status"] = json!(418)),
            judge::BODY_STATUS,
            "nexus_invite_organization_member/situation/member-already",
        ),
        (
            "nexus",
            in_problems(|problem| problem["errors"] = json!([{ "pointer": "/nickName", "detail": "is wrong" }])),
            judge::OTHER_PLACE,
            "nexus_invite_organization_member/body/emailAddress/missing",
        ),
        (
            "muninx",
            Fault::of_answers(|_, answer| answer.body = b"<p>".to_vec()),
            judge::BODY_NOT_JSON,
            "muninx_list_users/valid",
        ),
    ]
}

/// Changes what errors say.
fn in_problems(change: impl Fn(&mut Value) + Send + Sync + 'static) -> Fault {
    Fault::of_answers(move |_, answer| {
        if answer.status >= 400
            && let Ok(mut problem) = serde_json::from_slice(&answer.body)
        {
            change(&mut problem);
            answer.body = problem.to_string().into_bytes();
        }
    })
}

/// What an answer gives away, and what is taken from an answer into the next request, may be a secret.
#[tokio::test(flavor = "multi_thread")]
async fn what_answers_hold_is_in_no_report() {
    const SECRET: &str = "sgn_nobody-may-see-this-token";
    let server = Server::start(PROGRAM, &[]).await;
    let fault = Fault::of_answers(|_, answer| {
        if answer.headers.contains_key("location") {
            answer.headers.insert("location", HeaderValue::from_static("http://[ sgn_nobody-may-see-this-token"));
        }
    });
    let broken = Intermediary::before(&server.world.base_url, fault).await;
    let (exit, report) = reported(&server, &broken.url, "unleash", &["--write"]).await;
    let said = report["findings"].as_array().unwrap().iter().find(|finding| finding["code"] == judge::HEADER).unwrap();
    assert_eq!((exit, said["came"].as_str().unwrap()), (1, "the header Location breaks pattern"));
    assert!(!report.to_string().contains(SECRET), "{report}");
}

#[tokio::test(flavor = "multi_thread")]
async fn without_leave_nothing_is_written_and_no_secret_is_shown() {
    let server = Server::start(PROGRAM, &[]).await;
    let written = std::sync::Arc::new(std::sync::Mutex::new(Vec::new()));
    let seen = std::sync::Arc::clone(&written);
    let watch = Fault::of_requests(move |request| {
        if request.method != "GET" {
            seen.lock().unwrap().push(request.target.clone());
        }
    });
    let watched = Intermediary::before(&server.world.base_url, watch).await;
    let (code, report) = reported(&server, &watched.url, "muninx", &[]).await;
    assert_eq!((code, &report["findings"]), (0, &json!([])), "{report}");
    let why = |why: &str| report["not_made"].as_array().unwrap().iter().filter(|case| case["why"] == why).count();
    assert!(why("writes") > 100, "{report}");
    assert_eq!(*written.lock().unwrap(), Vec::<String>::new());
    for secret in credentials(&server).as_object().unwrap().values() {
        assert!(!report.to_string().contains(secret.as_str().unwrap()), "{report}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_tried_is_no_departure() {
    let server = Server::start(PROGRAM, &[]).await;
    // No credential, and no leave to write: nothing of Nexus is left.
    let output = ended(command(&server.world.base_url, "nexus")).await;
    assert_eq!(output.status.code(), Some(2), "{output:?}");
    // What needs none is tried all the same.
    let output = ended(command(&server.world.base_url, "muninx")).await;
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!((output.status.code(), &report["findings"]), (Some(0), &json!([])), "{report}");
    assert!(report.to_string().contains("set INVITE_CONTRACT_MUNINX_BEARER"), "{report}");
    // Nobody is there, and a flow that there is not.
    let base_url = server.world.base_url.clone();
    drop(server);
    for (base_url, flow) in [(base_url.as_str(), "muninx"), (base_url.as_str(), "circle"), ("ftp://h", "kare")] {
        let output = ended(command(base_url, flow)).await;
        assert!(output.status.code() == Some(2) && output.stdout.is_empty(), "{output:?}");
    }
}

#[test]
fn every_situation_stands_for_a_documented_answer() {
    for situation in situations() {
        let operation = document::operation(&situation.operation);
        let declared = operation.responses.iter().any(|response| response.status == Status::Exact(situation.status));
        assert!(declared, "{}/{}", situation.operation, situation.case);
    }
}
