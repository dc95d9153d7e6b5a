//! The server is killed at random moments while a crowd is at work, and starts again.

use std::time::{Duration, Instant};

use contract_tests::database::{self, Database};
use contract_tests::mailbox::Mail;
use contract_tests::poll;
use contract_tests::random::Random;
use contract_tests::server::Server;
use contract_tests::smtp::Peer;
use tempfile::TempDir;

use crate::load::{Asked, Crowd, Tally, listed, send_again};
use crate::{PROGRAM, Settings};

/// At most so many successes lie before a kill.
const MOST: usize = 40;
/// And at most so much time behind the last of them, in microseconds.
const BEYOND: usize = 5_000;

pub(crate) async fn kills(settings: &Settings) -> Tally {
    let mut random = Random::new(settings.seed);
    let peer = Peer::plain(0).await;
    let url = peer.plain_url();
    let mut server = start(TempDir::new().expect("a folder"), &url).await;
    let mut tally = Tally { times: settings.kills, ..Tally::default() };
    let mut everything: Vec<Asked> = Vec::new();
    for number in 0..settings.kills {
        let round = format!("kill-{number}");
        let mut crowd = Crowd::start(&server, &round);
        crowd.after(1 + random.below(MOST)).await;
        poll::pass(Duration::from_micros(u64::try_from(random.below(BEYOND)).unwrap_or(0))).await;
        let folder = server.kill();
        let mut asked = crowd.gone().await;
        let held = held(&folder).await;

        let begun = Instant::now();
        server = start(folder, &url).await;
        tally.longest_recovery = tally.longest_recovery.max(begun.elapsed());
        asked.extend(send_again(&server, &asked).await);
        let there = tally.add(&server, &round, &asked).await;
        let mails = delivered(&server, &peer, &held).await;
        tally.add_mails(&asked, &there, &mails);
        everything.extend(asked);
    }
    tally.lost += gone_meanwhile(&server, &everything).await;
    tally
}

/// How much of everything that was done is not there at the end.
async fn gone_meanwhile(server: &Server, everything: &[Asked]) -> usize {
    let found = listed(server, "").await;
    everything.iter().filter(|asked| asked.is_lost(&found)).count()
}

/// Starts a server, and waits until it says that it is ready.
async fn start(folder: TempDir, smtp: &str) -> Server {
    let server = Server::start_in(&[PROGRAM], folder, &["--smtp", smtp]).await;
    poll::until("readiness", async || {
        (server.send("GET", "/health/ready", &[], None).await.status == 200).then_some(())
    })
    .await;
    server
}

/// The mails that a killed server had leased. On SQLite the next one has them at once.
async fn held(folder: &TempDir) -> Vec<String> {
    if !database::is_postgres() {
        return Vec::new();
    }
    let database = Database::open(folder.path()).await;
    let connected = "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'invite-server'";
    // What had arrived is done to its end.
    poll::until("the end of connections", async || (database.number(connected).await == 0).then_some(())).await;
    let leased = "SELECT quote_literal(id) FROM outbox WHERE state = 'queued' AND lease_until IS NOT NULL";
    let held = database.texts(leased).await;
    database.close().await;
    held
}

/// Lets the time of leases pass that a killed server held, and waits until nothing is to be mailed any more.
async fn delivered(server: &Server, peer: &Peer, held: &[String]) -> Vec<Mail> {
    let database = server.database().await;
    if !held.is_empty() {
        database.execute(&format!("UPDATE outbox SET lease_until = 1 WHERE id IN ({})", held.join(", "))).await;
    }
    database.settled().await;
    database.close().await;
    peer.take_mails()
}
