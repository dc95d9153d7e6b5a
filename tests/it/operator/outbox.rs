//! Dead letters: listed with their reason, retried by a server that runs, or taken out.

use contract_tests::poll;
use contract_tests::server::Server;
use invite_api::security::Operation;
use serde_json::{Value, json};

use super::Operator;
use crate::support::{PROGRAM, activate, count, muninx_customer};
use contract_tests::smtp::Peer;

async fn invite(server: &Server, address: &str) {
    assert_eq!(server.post(Operation::MuninxInviteUser, &[], &muninx_customer(address)).await.status, 200);
}

/// The mails that were given up, once there are so many.
async fn dead(operator: &Operator, number: usize) -> Vec<Value> {
    poll::until("dead letters", async || {
        let Value::Array(dead) = operator.json("outbox list") else { panic!("no list") };
        (dead.len() == number).then_some(dead)
    })
    .await
}

#[tokio::test]
async fn a_dead_letter_is_listed_with_its_reason_and_delivered_once_retried() {
    let peer = Peer::plain(0).await;
    let server = Server::start(PROGRAM, &["--smtp", &format!("smtp://127.0.0.1:{}", peer.port)]).await;
    let operator = Operator::of(&server);
    invite(&server, "jane@new.example").await;
    let entry = dead(&operator, 1).await.remove(0);
    assert_eq!(
        (&entry["recipient"], &entry["kind"], &entry["attempts"]),
        (&json!("jane@new.example"), &json!("activation"), &json!(1))
    );
    assert!(entry["reason"].as_str().unwrap().contains("no such mailbox yet"), "{entry}");
    let table = operator.text("outbox list");
    assert!(table.contains("\\u{1b}[31mno such mailbox yet") && !table.contains('\u{1b}'), "{table}");

    let id = entry["id"].as_str().unwrap();
    let retried = operator.json(&format!("outbox retry {id}"));
    assert_eq!((&retried["state"], &retried["attempts"]), (&json!("queued"), &json!(0)));
    let mail = peer.mail("jane@new.example").await;
    assert!(mail.message_id.starts_with(id), "{} is the message of {id}", mail.message_id);
    let secret = mail.secret("challenge");
    poll::until("the mark", async || {
        (operator.json(&format!("outbox show {id}"))["state"] == json!("sent")).then_some(())
    })
    .await;
    assert_eq!(
        count(&server, "SELECT count(*) FROM invitations WHERE delivery = 'sent' AND delivery_reason IS NULL").await,
        1
    );
    assert_eq!(operator.events(1), [("mail.retried".to_owned(), "operator".to_owned())]);
    let shown = operator.text(&format!("outbox show {id}")) + &operator.text("outbox list --state sent");
    assert!(shown.contains(id) && !shown.contains(&secret), "{shown}");
    assert!(operator.refused(&format!("outbox retry {id}")).contains("has been sent"));
    assert_eq!(activate(&server, &secret).await.status, 200);
}

#[tokio::test]
async fn all_dead_letters_are_retried_but_those_whose_links_are_dead() {
    let peer = Peer::plain(0).await;
    let server = Server::start(PROGRAM, &["--smtp", &format!("smtp://127.0.0.1:{}", peer.port)]).await;
    let operator = Operator::of(&server);
    for name in ["ann", "bob", "cid"] {
        invite(&server, &format!("{name}@new.example")).await;
    }
    let letters = dead(&operator, 3).await;
    server.execute("UPDATE invitations SET expires_at = 1 WHERE address = 'ann@new.example'").await;
    assert_eq!(operator.json("outbox retry --all"), json!({ "retried": 2, "left": 1 }));
    peer.mail("bob@new.example").await;
    peer.mail("cid@new.example").await;
    let left = dead(&operator, 1).await.remove(0);
    assert_eq!(left["recipient"], json!("ann@new.example"));
    let id = left["id"].as_str().unwrap();
    assert!(letters.iter().any(|letter| letter["id"] == left["id"]));
    assert!(operator.refused(&format!("outbox retry {id}")).contains("the link of this mail is dead"));

    assert_eq!(operator.json(&format!("outbox discard {id}"))["state"], json!("withdrawn"));
    assert_eq!(count(&server, "SELECT count(*) FROM outbox WHERE state = 'withdrawn' AND payload IS NULL").await, 1);
    assert_eq!(operator.events(1), [("mail.discarded".to_owned(), "operator".to_owned())]);
    assert!(operator.refused(&format!("outbox discard {id}")).contains("withdrawn"));
    let said = String::from_utf8(operator.run("outbox retry", false).stderr).unwrap();
    assert!(said.contains("<ID|--all>"), "one or all, and never all by mistake: {said}");
    let nobody = "00000000-0000-7000-8000-000000000000";
    for command in ["show", "retry", "discard"] {
        let said = operator.refused(&format!("outbox {command} {nobody}"));
        assert!(said.contains(&format!("there is no mail {nobody}")) && said.contains("outbox list"), "{said}");
    }
}
