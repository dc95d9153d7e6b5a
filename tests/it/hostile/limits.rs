//! Limits hold for all servers on a database together, and outlive each of them.

use contract_tests::database;
use contract_tests::http::{self, Answer, Payload};
use contract_tests::server::{self, Server};
use invite_api::security::Operation;
use invite_server::app::LimitKind;
use serde_json::{Value, json};

use crate::replicas;
use crate::support::{PROGRAM, limits, muninx_customer, nexus_import, unleash_signup};

/// How often each may happen.
const MOST: usize = 4;

/// Who gets mail after mail.
const RECIPIENT: &str = "reader@shared.example";

/// What the requests that use a limit up are answered with; none: it is of all requests, and would have to be reached by those
/// that a test makes besides. Its test is in `limits`.
fn status(kind: LimitKind) -> Option<u16> {
    match kind {
        LimitKind::Client => None,
        LimitKind::Changes
        | LimitKind::Inviter
        | LimitKind::Organization
        | LimitKind::Recipient
        | LimitKind::SignupToken => Some(200),
        LimitKind::Imports => Some(202),
        LimitKind::Guesses => Some(400),
        LimitKind::AccountGuesses | LimitKind::Account => Some(401),
    }
}

/// Every limit that is counted apart.
fn kinds() -> impl Iterator<Item = (LimitKind, u16)> {
    LimitKind::ALL.iter().filter_map(|kind| Some((*kind, status(*kind)?)))
}

fn request(kind: LimitKind, number: usize, token: &str) -> (Operation, Vec<&str>, Value) {
    let email = format!("person{number}@shared.example");
    match kind {
        LimitKind::Client | LimitKind::Changes => {
            (Operation::MuninxCreateToken, vec![], json!({ "name": format!("token {number}") }))
        }
        LimitKind::Inviter | LimitKind::Organization => (Operation::MuninxInviteUser, vec![], muninx_customer(&email)),
        LimitKind::Recipient if number == 0 => (Operation::MuninxInviteUser, vec![], muninx_customer(RECIPIENT)),
        LimitKind::Recipient => (Operation::MuninxResendActivationEmail, vec![RECIPIENT], Value::Null),
        LimitKind::SignupToken => (Operation::UnleashSignup, vec![token], unleash_signup(&email)),
        LimitKind::Imports => {
            let body = nexus_import(&format!("import {number}"), &[&email]);
            (Operation::NexusImportOrganizationMembers, vec!["1"], body)
        }
        LimitKind::Guesses => {
            let body = json!({ "challenge": format!("act_0123456789abcde{number}"), "password": "x".repeat(20) });
            (Operation::Activate, vec![], body)
        }
        LimitKind::AccountGuesses | LimitKind::Account => {
            let body = json!({ "email": "admin@acme.example", "password": format!("wrong-password-{number}") });
            (Operation::CreateSession, vec![], body)
        }
    }
}

async fn send(first: &Server, base_url: &str, kind: LimitKind, number: usize) -> Answer {
    let (operation, path, body) = request(kind, number, first.world.acme.signup_token());
    let url = format!("{base_url}{}", server::path(operation, &path));
    let headers = first.world.acme.credentials(operation);
    let payload = (!body.is_null()).then(|| Payload::json(&body));
    http::send(&http::client(), operation.method(), &url, &headers, payload.as_ref()).await.unwrap()
}

/// A server that turns away what comes after the last that is allowed.
async fn used_up(first: &Server, base_url: &str, kind: LimitKind) {
    let answer = send(first, base_url, kind, MOST).await;
    assert_eq!(answer.status, 429, "{kind:?}: {}", answer.text());
    assert!(answer.text().contains(kind.what()), "{kind:?}: {}", answer.text());
    let seconds: u32 = answer.header("retry-after").unwrap().parse().unwrap();
    assert!((20_000..=21_600).contains(&seconds), "{kind:?}: one of {MOST} a day comes back after {seconds} s");
}

#[tokio::test]
async fn servers_side_by_side_count_together() {
    if !database::takes_postgres("a file of SQLite has one server, so that no other counts beside it") {
        return;
    }
    for (kind, status) in kinds() {
        let flags = limits(&[(kind, "4/1d")]);
        let flags: Vec<&str> = flags.iter().map(String::as_str).collect();
        let first = Server::start(PROGRAM, &flags).await;
        let second = replicas::beside(&first, &flags).await;
        let servers = [first.world.base_url.as_str(), second.base_url.as_str()];
        for number in 0..MOST {
            let answer = send(&first, servers[number % 2], kind, number).await;
            assert_eq!(answer.status, status, "{kind:?}, {number}: {}", answer.text());
        }
        for base_url in servers {
            used_up(&first, base_url, kind).await;
        }
    }
}

#[tokio::test]
async fn a_restart_gives_nothing_back() {
    for (kind, status) in kinds() {
        let flags = limits(&[(kind, "4/1d")]);
        let flags: Vec<&str> = flags.iter().map(String::as_str).collect();
        let first = Server::start(PROGRAM, &flags).await;
        for number in 0..MOST {
            let answer = send(&first, &first.world.base_url, kind, number).await;
            assert_eq!(answer.status, status, "{kind:?}, {number}: {}", answer.text());
        }
        let again = Server::start_in(&[PROGRAM], first.kill(), &flags).await;
        used_up(&again, &again.world.base_url, kind).await;
    }
}
