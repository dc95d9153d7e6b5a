//! Delivery to an SMTP server that misbehaves: each mail meets its own fate, and nobody waits for a mail but its reader.

use contract_tests::poll;
use contract_tests::server::Server;
use invite_api::security::Operation;

use crate::metrics::Scrape;
use crate::support::{PROGRAM, activate, count, muninx_customer};
use contract_tests::smtp::Peer;

/// A server that mails to a port of this machine without TLS.
async fn server(port: u16) -> Server {
    let url = format!("smtp://127.0.0.1:{port}");
    Server::start(PROGRAM, &["--smtp", &url, "--metrics-listen", "127.0.0.1:0"]).await
}

/// How many attempts came to an end, as the metrics say it.
async fn counted(server: &Server, outcome: &str) -> Option<f64> {
    Scrape::of(server).await.get(&format!("invite_mail_deliveries_total{{outcome=\"{outcome}\"}}"))
}

async fn invite(server: &Server, address: &str) {
    let answer = server.post(Operation::MuninxInviteUser, &[], &muninx_customer(address)).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
}

/// What the outbox and the invitation say of the mail to an address: state, attempts, last error, delivery, reason.
async fn fate(server: &Server, address: &str) -> (String, i64, String, String, String) {
    let database = server.database().await;
    let sql = format!(
        "SELECT o.state, o.attempts, COALESCE(o.last_error, ''), i.delivery, COALESCE(i.delivery_reason, '') \
         FROM outbox o JOIN invitations i ON i.id = o.invitation_id WHERE o.recipient = '{address}'"
    );
    let [row] = <[Vec<String>; 1]>::try_from(database.ask(&sql).await).unwrap();
    database.close().await;
    let [state, attempts, error, delivery, reason] = <[String; 5]>::try_from(row).unwrap();
    (state, attempts.parse().unwrap(), error, delivery, reason)
}

#[tokio::test]
async fn each_mail_meets_its_own_fate_and_holds_up_no_other() {
    let peer = Peer::plain(0).await;
    let server = server(peer.port).await;
    invite(&server, "jane@stalled.example").await;
    poll::until("the stall", async || peer.output().contains("stalled").then_some(())).await;
    for domain in ["slow", "later", "busy", "closing", "relay", "refused", "well"] {
        invite(&server, &format!("jane@{domain}.example")).await;
    }
    let mail = peer.mail("jane@well.example").await;
    assert_eq!(activate(&server, &mail.secret("challenge")).await.status, 200);
    for (domain, said) in [
        ("later", "greylisted"),
        ("busy", "mailbox busy"),
        ("closing", "shutting down"),
        ("relay", "relay access denied"),
    ] {
        let (state, attempts, error, delivery, _) = poll::until(domain, async || {
            Some(fate(&server, &format!("jane@{domain}.example")).await).filter(|fate| !fate.2.is_empty())
        })
        .await;
        assert_eq!((state.as_str(), attempts, delivery.as_str()), ("queued", 1, "queued"), "{domain}");
        assert!(error.contains(said), "{domain}: {error}");
    }
    let (state, attempts, _, delivery, reason) = poll::until("the refusal", async || {
        Some(fate(&server, "jane@refused.example").await).filter(|fate| fate.0 == "dead")
    })
    .await;
    assert_eq!((state.as_str(), attempts, delivery.as_str()), ("dead", 1, "failed"));
    assert!(reason.contains("550") && reason.contains("no such mailbox"), "the administrator sees why: {reason}");
    assert_eq!((counted(&server, "deferred").await, counted(&server, "given_up").await), (Some(4.0), Some(1.0)));
    let (state, attempts, error, ..) = fate(&server, "jane@stalled.example").await;
    assert_eq!((state.as_str(), attempts, error.as_str()), ("queued", 1, ""), "it still waits for an answer");

    // The next attempts are due in seconds; now will do.
    server.execute("UPDATE outbox SET next_at = 0 WHERE state = 'queued' AND lease_until IS NULL").await;
    for domain in ["slow", "later", "busy", "closing", "relay"] {
        peer.mail(&format!("jane@{domain}.example")).await;
    }
    assert_eq!(peer.mails().len(), 6, "each of them once");
    poll::until("the count", async || (counted(&server, "sent").await == Some(6.0)).then_some(())).await;
    assert_eq!(counted(&server, "given_up").await, Some(1.0));
}

#[tokio::test]
async fn a_mail_whose_server_vanished_after_the_data_goes_out_once_more_as_the_same_message() {
    let peer = Peer::plain(0).await;
    let server = server(peer.port).await;
    invite(&server, "jane@dropped.example").await;
    poll::until("the failed attempt", async || {
        (!fate(&server, "jane@dropped.example").await.2.is_empty()).then_some(())
    })
    .await;
    server.execute("UPDATE outbox SET next_at = 0 WHERE state = 'queued'").await;
    poll::until("the second copy", async || (fate(&server, "jane@dropped.example").await.0 == "sent").then_some(()))
        .await;
    let mails = peer.mails();
    assert_eq!(mails.len(), 2, "nobody could know that the first one had arrived");
    assert_eq!(mails[0].message_id, mails[1].message_id, "mail programs show it once");
    assert_eq!(mails[0].text, mails[1].text);
    assert_eq!(activate(&server, &mails[0].secret("challenge")).await.status, 200);
}

#[tokio::test]
async fn a_mail_server_that_is_down_stops_no_invitation_and_gets_the_mails_when_it_is_back() {
    // Bound and given back: nobody listens there until the peer does.
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let server = server(port).await;
    for number in 1..=10 {
        invite(&server, &format!("jane{number}@well.example")).await;
    }
    poll::until("the failed attempts", async || {
        let failed =
            "SELECT count(*) FROM outbox WHERE state = 'queued' AND attempts = 1 AND last_error LIKE '%onnect%'";
        (count(&server, failed).await == 10).then_some(())
    })
    .await;
    assert!(count(&server, "SELECT count(DISTINCT next_at) FROM outbox").await > 5, "they do not come back together");
    let peer = Peer::plain(port).await;
    server.execute("UPDATE outbox SET next_at = 0").await;
    for number in 1..=10 {
        peer.mail(&format!("jane{number}@well.example")).await;
    }
    poll::until("the marks", async || {
        (count(&server, "SELECT count(*) FROM invitations WHERE delivery = 'sent'").await == 10).then_some(())
    })
    .await;
}
