//! The server next to the floor. They take turns, so that whatever else the machine does meets both. How many mails still wait
//! when a turn ends is in the table; the floor's turn begins when all are sent.

use contract_tests::database::Database;
use contract_tests::poll;
use contract_tests::server::Server;

use crate::floor::Floor;
use crate::generator::{Load, Outcome};
use crate::subjects::{Least, Subject, subjects};
use crate::{CONNECTIONS, PROGRAM, SECONDS, TURNS, engine, hashes, insist_on_durable_commits, median};

/// How many times the floor's 99th percentile is allowed at half load.
const PATIENCE: f64 = 3.0;
/// What the server may take up under full load.
const MOST_MEMORY: u64 = 200;

/// The named operations, or all; whether all demands are met.
pub(crate) async fn bench(only: &[String]) -> bool {
    let server = Server::start(PROGRAM, &[]).await;
    let (status, ended) = Server::start(PROGRAM, &[]).await.stop().await;
    assert!(status.success());
    let floor = Floor::start(ended.path()).await;
    println!("{}, {CONNECTIONS} connections, {TURNS} turns of {SECONDS} s; times in ms", engine());
    println!(
        "{:<18} {:>9} {:>9} {:>6}  {:>10}  {:>20}  {:>20}",
        "", "server/s", "floor/s", "ratio", "mails left", "median, p99 at half", "the floor's"
    );
    let mut is_met = true;
    let database = server.database().await;
    insist_on_durable_commits(&database).await;
    for mut subject in subjects(&server, floor.address) {
        if only.is_empty() || only.iter().any(|name| name == subject.name) {
            is_met &= judge(&mut subject, &database).await;
        }
    }
    let memory = server.peak_memory() / 1024;
    println!("memory of the server: {memory} MiB at most, {MOST_MEMORY} demanded");
    is_met && memory <= MOST_MEMORY
}

async fn judge(subject: &mut Subject, database: &Database) -> bool {
    let (mut own, mut least, mut left) = (Vec::new(), Vec::new(), 0);
    for _ in 0..TURNS {
        own.push(run(&mut subject.server, None).rate());
        left = all_sent(database).await.max(left);
        least.push(match &mut subject.floor {
            Least::Requests(floor) => run(floor, None).rate(),
            Least::Hashes => hashes::rate(),
        });
    }
    let (own, least) = (median(own), median(least));
    let half = Some(own.min(least) / 2.0);
    let calm = run(&mut subject.server, half);
    left = all_sent(database).await.max(left);
    let calm_floor = match &mut subject.floor {
        Least::Requests(floor) => Some(run(floor, half)),
        Least::Hashes => None,
    };
    let ratio = own / least;
    let waits = calm_floor.as_ref().map_or(0.0, |floor| calm.p99_us as f64 / floor.p99_us as f64);
    let is_met = ratio >= subject.demand && waits <= PATIENCE;
    let milliseconds = |time: u64| time as f64 / 1e3;
    let times =
        |outcome: &Outcome| format!("{:.2}, {:.2}", milliseconds(outcome.median_us), milliseconds(outcome.p99_us));
    println!(
        "{:<18} {own:>9.0} {least:>9.0} {ratio:>6.2}  {left:>10}  {:>20}  {:>20}  {}",
        subject.name,
        times(&calm),
        calm_floor.as_ref().map_or_else(|| "-".to_owned(), times),
        if is_met { "met" } else { "MISSED" },
    );
    is_met
}

/// Sends requests that were not sent before.
pub(crate) fn run(load: &mut Load, rate: Option<f64>) -> Outcome {
    let outcome = Load { rate, ..load.clone() }.run();
    load.first += outcome.answered + outcome.others.values().sum::<u64>() + CONNECTIONS as u64 * 1000;
    assert!(outcome.others.is_empty(), "{} {}: {:?}", load.method, load.target, outcome.others);
    outcome
}

/// Waits until the server has sent all mails; how many there were.
pub(crate) async fn all_sent(database: &Database) -> i64 {
    const QUEUED: &str = "SELECT COUNT(*) FROM outbox WHERE state = 'queued'";
    let left = database.number(QUEUED).await;
    // As long as mails go out, there is no end to how long that may take.
    let mut before = left;
    while before > 0 {
        before =
            poll::until("mails going out", async || Some(database.number(QUEUED).await).filter(|now| *now < before))
                .await;
    }
    left
}
