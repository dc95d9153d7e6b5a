//! The server next to the floor. They take turns, so that whatever else the machine does meets both. How many mails still wait
//! when a turn ends is in the table; the floor's turn begins when all are sent.

use std::time::Duration;

use contract_tests::database::Database;
use contract_tests::poll;
use contract_tests::server::Server;

use crate::floor::Floor;
use crate::generator::{Load, Outcome};
use crate::subjects::{Least, Subject, subjects};
use crate::{PROGRAM, SECONDS, TURNS, connections, engine, hashes, insist_on_durable_commits, median};

/// How many times the floor's 99th percentile is allowed at half load.
const PATIENCE: f64 = 3.0;
/// Between two looks for mails that wait.
const LOOK: Duration = Duration::from_millis(200);
/// What the server may take up under full load.
const MOST_MEMORY: u64 = 200;

/// The named operations, or all; whether all demands are met.
pub(crate) async fn bench(only: &[String]) -> bool {
    let server = Server::start(PROGRAM, &[]).await;
    let (status, ended) = Server::start(PROGRAM, &[]).await.stop().await;
    assert!(status.success());
    let floor = Floor::start(ended.path()).await;
    let (engine, connections) = (engine(), connections());
    println!("\n{engine}, {connections} connections, {TURNS} turns of {SECONDS} s; times in ms, at half load\n");
    println!(
        "| {:<8} | {:>8} | {:>7} | {:>5} | {:>8} | {:>11} | {:>6} | {:>11} | {:>6} | {:>9} | {:>8} | {:>10} |",
        "",
        "server/s",
        "floor/s",
        "ratio",
        "demanded",
        "its median",
        "p99",
        "the floor's",
        "p99",
        "p99 ratio",
        "demanded",
        "mails left"
    );
    println!(
        "|----------|---------:|--------:|------:|---------:|------------:|-------:|------------:|-------:|----------:|---------:|-----------:|"
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
    println!("\nmemory of the server: {memory} MiB at most, {MOST_MEMORY} demanded");
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
    let milliseconds = |time: u64| format!("{:.2}", time as f64 / 1e3);
    let of_floor =
        |time: fn(&Outcome) -> u64| calm_floor.as_ref().map_or("-".to_owned(), |floor| milliseconds(time(floor)));
    println!(
        "| {:<8} | {own:>8.0} | {least:>7.0} | {ratio:>5.2} | {:>8} | {:>11} | {:>6} | {:>11} | {:>6} | {:>9} | {:>8} | {left:>10} |",
        subject.name,
        demand(subject.demand, ratio >= subject.demand),
        milliseconds(calm.median_us),
        milliseconds(calm.p99_us),
        of_floor(|floor| floor.median_us),
        of_floor(|floor| floor.p99_us),
        calm_floor.as_ref().map_or("-".to_owned(), |_| format!("{waits:.1}")),
        calm_floor.as_ref().map_or("-".to_owned(), |_| demand(PATIENCE, waits <= PATIENCE)),
    );
    is_met
}

/// What is demanded, in bold where it is missed.
pub(crate) fn demand(what: f64, is_met: bool) -> String {
    if is_met { what.to_string() } else { format!("**{what}**") }
}

/// Sends requests that were not sent before.
pub(crate) fn run(load: &mut Load, rate: Option<f64>) -> Outcome {
    let outcome = Load { rate, ..load.clone() }.run();
    load.first += outcome.answered + outcome.others.values().sum::<u64>() + load.connections as u64 * 1000;
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
        // Counting costs the database more than a mail does.
        poll::pass(LOOK).await;
        before =
            poll::until("mails going out", async || Some(database.number(QUEUED).await).filter(|now| *now < before))
                .await;
    }
    left
}
