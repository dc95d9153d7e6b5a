//! A mail server with every fault at once, and one whose STARTTLS somebody has taken away.

use std::collections::BTreeMap;
use std::time::Instant;

use contract_tests::bodies::muninx_customer;
use contract_tests::http::Payload;
use contract_tests::poll;
use contract_tests::server::Server;
use contract_tests::smtp::Peer;
use invite_api::security::Operation;

use crate::load::Tally;
use crate::{PROGRAM, Settings};

/// What the peer does with mails for a domain (`tests/it/smtp_peer.py`), and how many copies arrive in the end.
const DOMAINS: [(&str, usize); 8] = [
    ("well.example", 1),
    // 451, 450 and 421 at first.
    ("later.example", 1),
    ("busy.example", 1),
    ("closing.example", 1),
    ("slow.example", 1),
    // 550.
    ("refused.example", 0),
    ("stalled.example", 0),
    // The connection ends after the mail and before its answer: nobody can know that it has arrived.
    ("dropped.example", 2),
];

async fn invite(server: &Server, address: &str, tally: &mut Tally) {
    let begun = Instant::now();
    let headers = server.world.acme.credentials(Operation::MuninxInviteUser);
    let payload = Payload::json(&muninx_customer(address));
    let answer = server.call(Operation::MuninxInviteUser, &[], &headers, Some(&payload)).await;
    assert_eq!(answer.status, 200, "an invite does not wait for the mail: {}", answer.text());
    tally.longest_answer = tally.longest_answer.max(begun.elapsed());
    tally.done += 1;
}

/// 421, 451, 550, a stall, a slow one, and a connection that ends after the data.
pub(crate) async fn faults(settings: &Settings) -> Tally {
    let peer = Peer::plain(0).await;
    let server = Server::start(PROGRAM, &["--smtp", &peer.plain_url()]).await;
    let of_each = (settings.kills / 10).clamp(2, 10);
    let mut tally = Tally { times: of_each * DOMAINS.len(), ..Tally::default() };
    let begun = Instant::now();
    for number in 0..of_each {
        for (domain, _) in DOMAINS {
            // Each stall holds one of few hands until its time is over: one of them shows what there is to show.
            if domain != "stalled.example" || number == 0 {
                invite(&server, &format!("p{number}@{domain}"), &mut tally).await;
            }
        }
    }
    tally.times = tally.done;
    let database = server.database().await;
    let rest = "SELECT count(*) FROM outbox WHERE state = 'queued' AND recipient NOT LIKE '%@stalled.example'";
    poll::until("the mails", async || {
        // The next attempts are due in seconds; now will do.
        database.execute("UPDATE outbox SET next_at = 0 WHERE state = 'queued' AND lease_until IS NULL").await;
        (database.number(rest).await == 0).then_some(())
    })
    .await;
    tally.longest_recovery = begun.elapsed();
    let refused = "SELECT count(*) FROM outbox WHERE state = 'dead' AND recipient LIKE '%@refused.example'";
    assert_eq!(database.number(refused).await, i64::try_from(of_each).unwrap_or(0), "550 is for good");
    database.close().await;
    let mut copies: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for mail in peer.take_mails() {
        copies.entry(mail.to).or_default().push(mail.message_id);
    }
    for number in 0..of_each {
        for (domain, wanted) in DOMAINS {
            let found = copies.remove(&format!("p{number}@{domain}")).unwrap_or_default();
            assert_eq!(found.len(), wanted, "p{number}@{domain}");
            assert!(found.windows(2).all(|pair| pair[0] == pair[1]), "a second mail, and no copy of the first");
            tally.extra_mails += found.len().saturating_sub(1);
        }
    }
    tally
}

/// Somebody between the servers takes STARTTLS away, and goes.
pub(crate) async fn stripped(_: &Settings) -> Tally {
    const MAILS: usize = 5;
    let peer = Peer::with_tls().await;
    let server = Server::start(PROGRAM, &["--smtp", &peer.tls_url()]).await;
    let peer = peer.replaced(false).await;
    let mut tally = Tally { times: 1, ..Tally::default() };
    for number in 0..MAILS {
        invite(&server, &format!("p{number}@well.example"), &mut tally).await;
    }
    let database = server.database().await;
    let count = async |of: &str| database.number(&format!("SELECT count(*) FROM outbox WHERE {of}")).await;
    let all = i64::try_from(MAILS).unwrap_or(0);
    poll::until("the failed attempts", async || {
        (count("state = 'queued' AND last_error IS NOT NULL").await == all).then_some(())
    })
    .await;
    let said = peer.output();
    assert!(!said.contains("sign-in") && !said.contains("mail"), "nothing is said to whoever has no TLS: {said}");
    let begun = Instant::now();
    let peer = peer.replaced(true).await;
    poll::until("the mails", async || {
        database.execute("UPDATE outbox SET next_at = 0 WHERE state = 'queued' AND lease_until IS NULL").await;
        (count("state = 'sent'").await == all).then_some(())
    })
    .await;
    tally.longest_recovery = begun.elapsed();
    database.close().await;
    assert_eq!(peer.take_mails().len(), MAILS, "each of them once");
    tally
}
