//! Secrets of a run through all flows, looked for in everything that outlives it: every column of the database, the audit
//! log, the metrics, the program's log, and the mails that were sent.

use std::collections::BTreeSet;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use contract_tests::http::Answer;
use contract_tests::server::Server;
use invite_api::security::Operation;
use serde_json::{Value, json};

use super::quiet;
use super::tenancy::{Things, credentials as credentials_of, guarded};
use crate::logs::{all_flows, credentials};
use crate::metrics::Scrape;
use crate::support::{PASSWORD, PROGRAM, kare_invite, muninx_customer, rows, server, session};

/// A secret as it could lie somewhere: as it is, in hexadecimal digits as both engines show bytes, or in base 64.
fn forms(secret: &str) -> Vec<String> {
    let hexadecimal: String = secret.bytes().map(|byte| format!("{byte:02x}")).collect();
    // Without the last characters, which depend on what follows.
    let encoded = STANDARD.encode(secret);
    let address_safe = URL_SAFE_NO_PAD.encode(secret);
    let whole = |text: &str| text[..text.len() / 4 * 4 - 4].to_lowercase();
    vec![secret.to_lowercase(), hexadecimal, whole(&encoded), whole(&address_safe)]
}

/// The lines that show a secret.
fn shown(place: &str, lines: &[String], secrets: &BTreeSet<String>) -> Vec<String> {
    let forms: Vec<String> = secrets.iter().flat_map(|secret| forms(secret)).collect();
    let lines = lines.iter().map(|line| (line, line.to_lowercase()));
    let found = lines.filter(|(_, folded)| forms.iter().any(|form| folded.contains(form)));
    found.map(|(line, _)| format!("{place}: {line}")).collect()
}

/// The audit log as an administrator reads it, all of it.
async fn audit(server: &Server) -> Vec<String> {
    let headers = server.world.acme.credentials(Operation::ListEvents);
    let (mut lines, mut cursor) = (Vec::new(), String::new());
    loop {
        let page = server.send("GET", &format!("/events?limit=100{cursor}"), &headers, None).await.json();
        lines.extend(page["items"].as_array().unwrap().iter().map(Value::to_string));
        let Some(next) = page["next"].as_str() else { return lines };
        cursor = format!("&cursor={next}");
    }
}

/// What is made while an answer is kept for a repetition.
async fn kept_answers(server: &Server, secrets: &mut BTreeSet<String>) {
    for (operation, body) in [
        (Operation::MuninxCreateToken, json!({ "name": "kept" })),
        (Operation::NexusCreateApiKey, json!({ "permissions": ["user.write"], "description": "kept" })),
        (Operation::UnleashCreateSignupToken, json!({ "name": "kept", "expiresAt": "2999-01-01T00:00:00Z" })),
    ] {
        let mut headers = server.world.acme.credentials(operation);
        headers.push(("idempotency-key", "kept".to_owned()));
        for _ in 0..2 {
            let answer = server.post_as(&headers, operation, &[], &body).await;
            assert!(answer.status < 300, "{}: {}", operation.id(), answer.text());
            let body = answer.json();
            let made = ["token", "secret", "password"].iter().filter_map(|member| body[member].as_str());
            let made: Vec<&str> = made.collect();
            assert_eq!(made.len(), 1, "{}: which member is the secret of {body}?", operation.id());
            secrets.extend(made.into_iter().map(str::to_owned));
        }
    }
}

#[tokio::test]
async fn no_secret_outlives_its_use_in_database_audit_log_metrics_and_log() {
    let server = Server::start(PROGRAM, &["--metrics-listen", "127.0.0.1:0"]).await;
    let mut secrets = credentials(&server.world.file);
    secrets.extend(all_flows(&server).await);
    kept_answers(&server, &mut secrets).await;
    let tokens = session(&server, &server.world.acme).await;
    secrets
        .extend(["accessToken", "refreshToken", "sessionToken"].map(|name| tokens[name].as_str().unwrap().to_owned()));
    quiet(&server).await;
    // A guess that is no secret of anybody, and short enough to be a word of the program.
    secrets.retain(|secret| secret.len() >= 16);
    assert!(secrets.len() > 35 && secrets.contains(PASSWORD), "{} secrets are too few", secrets.len());

    let database = server.database().await;
    let stored = rows(&database, "", "TRUE").await;
    database.close().await;
    let audit = audit(&server).await;
    let metrics = Scrape::of(&server).await.lines();
    let log: Vec<String> = server.output().lines().map(str::to_owned).collect();
    let mut found = Vec::new();
    for (place, lines, says) in [
        ("database", &stored, "users: "),
        ("audit log", &audit, "invitation.created"),
        ("metrics", &metrics, "unleash_signup"),
        ("log", &log, "unleash_signup"),
    ] {
        assert!(lines.iter().any(|line| line.contains(says)), "the {place} does not even say {says:?}");
        found.extend(shown(place, lines, &secrets));
    }
    assert!(found.is_empty(), "{} places show a secret:\n{}", found.len(), found.join("\n"));
}

/// What was mailed so far and is after the `#` of a link.
fn mailed(server: &Server) -> BTreeSet<String> {
    let texts = server.mails().into_iter().map(|mail| mail.text);
    let of = |text: String| -> Vec<String> {
        let links = text.split_whitespace().filter_map(|word| word.split_once('#')?.1.split_once('='));
        links.map(|(_, secret)| secret.to_owned()).collect()
    };
    texts.flat_map(of).collect()
}

/// All that an administrator can look at, by every credential that serves.
async fn looked_at(server: &Server, things: &Things, answers: &mut Vec<String>) {
    for operation in guarded().filter(|operation| operation.method() == "GET") {
        for (_, headers) in credentials_of(&server.world.acme, operation) {
            let answer = things.call(server, operation, &headers).await;
            assert_eq!(answer.status, 200, "{}: {}", operation.id(), answer.text());
            answers.push(said(operation, &answer));
        }
    }
    answers.extend(audit(server).await);
}

fn said(operation: Operation, answer: &Answer) -> String {
    format!("{}: {:?} {}", operation.id(), answer.headers, answer.text())
}

#[tokio::test]
async fn an_administrator_is_told_no_secret_that_was_mailed() {
    let server = server().await;
    let things = Things::of_acme(&server).await;
    let mut answers = Vec::new();
    for (operation, path, body) in [
        (Operation::MuninxInviteUser, &[][..], muninx_customer("reader@customer.example")),
        (Operation::KareInviteUserOrganization, &[], kare_invite("reader@mail.com")),
        (Operation::NexusInviteOrganizationMember, &["1"], json!({ "emailAddress": "reader@nexus.example" })),
    ] {
        let answer = server.post(operation, path, &body).await;
        assert!(answer.status < 300, "{}: {}", operation.id(), answer.text());
        answers.push(said(operation, &answer));
    }
    quiet(&server).await;
    looked_at(&server, &things, &mut answers).await;
    let before = mailed(&server).len();
    let headers = server.world.acme.credentials(Operation::ListInvitations);
    let page = server.call(Operation::ListInvitations, &[], &headers, None).await.json();
    let ids = page["items"].as_array().unwrap().iter().map(|item| item["id"].as_str().unwrap());
    let mut again: Vec<_> =
        ids.flat_map(|id| [Operation::ResendInvitation, Operation::GetInvitation].map(|it| (it, id))).collect();
    again.push((Operation::MuninxResendActivationEmail, "reader@customer.example"));
    for (operation, name) in again {
        let answer = server.call(operation, &[name], &server.world.acme.credentials(operation), None).await;
        assert_eq!(answer.status, 200, "{}: {}", operation.id(), answer.text());
        answers.push(said(operation, &answer));
        quiet(&server).await;
    }
    looked_at(&server, &things, &mut answers).await;
    let secrets = mailed(&server);
    assert!(before >= 5 && secrets.len() >= 2 * before, "{before}, {} secrets are too few", secrets.len());
    let found = shown("an answer", &answers, &secrets);
    assert!(found.is_empty(), "{}", found.join("\n"));
}

#[test]
fn a_secret_is_found_in_every_form() {
    let secret = "act_c2VjcmV0LXNlY3JldC1zZWNyZXQtc2VjcmV0LXM";
    let secrets = BTreeSet::from([secret.to_owned()]);
    let hexadecimal: String = secret.bytes().map(|byte| format!("{byte:02X}")).collect();
    for line in
        [format!("'{secret}'"), format!("X'{hexadecimal}'"), STANDARD.encode(secret), URL_SAFE_NO_PAD.encode(secret)]
    {
        assert_eq!(shown("here", &[line], &secrets).len(), 1);
    }
    assert!(shown("here", &["nothing".to_owned()], &secrets).is_empty());
}
