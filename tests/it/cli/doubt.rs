//! What a script can tell apart: nothing was sent, it was refused, or perhaps it was done.

use contract_tests::peer::Peer;
use serde_json::Value;

use super::{Invite, muninx};

const ROWS: &str = "Email,name,last-name,type\na@b.example,A,B,customer\n";
const PROBLEM: &str = "application/problem+json";
const PAGE: &str = "text/html";

fn stranger(url: &str) -> Invite {
    Invite::new().with("INVITE_SERVER", url).with("INVITE_MUNINX_BEARER", "canary-bearer").with("INVITE_RETRIES", "0")
}

#[tokio::test]
async fn a_failure_says_whether_the_service_may_have_acted() {
    let peer = Peer::listen().await;
    let url = peer.url();
    let json = ["--output", "json"];
    for (status, media_type, body, code, is_in_doubt) in [
        ("409 Conflict", PROBLEM, r#"{"title":"taken"}"#, 1, false),
        ("429 Too Many Requests", PROBLEM, r#"{"title":"wait"}"#, 1, false),
        ("502 Bad Gateway", PAGE, "<html>", 4, true),
        ("503 Service Unavailable", PROBLEM, r#"{"title":"wait"}"#, 4, false),
        ("504 Gateway Timeout", PAGE, "<html>", 4, true),
        // It says that it was done, in words that nobody knows.
        ("200 OK", PAGE, "<html>", 4, true),
    ] {
        let arguments = [&muninx("a@b.example")[..], &json].concat();
        let (_, run) = stranger(&url).told(&peer, &arguments, &[(status, media_type, body)]).await;
        assert_eq!((run.code, &run.error()["in_doubt"]), (code, &is_in_doubt.into()), "{status}: {}", run.err);
    }
    let (_, run) = stranger(&url).told(&peer, &muninx("a@b.example"), &[("502 Bad Gateway", PAGE, "")]).await;
    run.failed(4, &["a gateway answered in place of the service: whether the service acted is not known"]);
    let silent = [&muninx("a@b.example")[..], &json, &["--timeout", "0.3"]].concat();
    assert_eq!(stranger(&url).run(&silent).error()["in_doubt"], true);
    drop(peer);
    let unreachable = stranger(&url).run(&[&muninx("a@b.example")[..], &json].concat()).error();
    assert_eq!((&unreachable["code"], &unreachable["in_doubt"]), (&"unreachable".into(), &false.into()));
    let misuse = Invite::new().run(&[&["health", "liveness"][..], &json].concat()).error();
    assert_eq!((&misuse["code"], &misuse["in_doubt"]), (&"usage".into(), &false.into()));
}

#[tokio::test]
async fn a_row_that_was_perhaps_done_is_unknown_and_not_failed() {
    let peer = Peer::listen().await;
    for (status, media_type, body, outcome) in [
        ("502 Bad Gateway", PAGE, "<html>", "unknown"),
        ("200 OK", PAGE, "<html>", "unknown"),
        ("503 Service Unavailable", PROBLEM, r#"{"title":"wait"}"#, "failed"),
        ("500 Internal Server Error", PROBLEM, r#"{"title":"no"}"#, "failed"),
    ] {
        let invite = stranger(&peer.url());
        let file = invite.file("people.csv", ROWS);
        let import = ["import", "--flow", "muninx", "--file", &file, "--output", "json"];
        let (_, run) = invite.told(&peer, &import, &[(status, media_type, body)]).await;
        let (rows, summary) = run.lines();
        assert_eq!((run.code, &rows[0]["outcome"]), (5, &Value::from(outcome)), "{status}: {}", run.out);
        assert_eq!(summary[outcome], 1, "{}", run.out);
    }
}
