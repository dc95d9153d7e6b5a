//! Faults: what happens to a server, its database, its disk and its mail server, and what must be left of what was answered.
//!
//! `cargo xtask faults` runs this, on each engine, beside a PostgreSQL server of its own that it may break. Every fault is a
//! row of the table at the end. Something lost or doubled, an answer that the document does not have, a server that does
//! not come back by itself, an answer of 500: any of them fails.
//!
//! What happens is drawn from a seed (`INVITE_FAULTS_SEED`), when it meets whom is up to the machine. `INVITE_FAULTS_KILLS` says
//! how often the server is killed, and with it how long the rest goes on; `INVITE_FAULTS_PAUSE` how many seconds PostgreSQL
//! stands still. `INVITE_FAULTS_REQUESTS` says how many requests a server gets that nobody thought of (`requests`), and with
//! `INVITE_FAULTS_ONLY_REQUESTS` nothing else happens.
#![expect(clippy::expect_used, clippy::panic, reason = "what cannot be set up fails the run that asked for it")]

use std::time::{Duration, Instant};

use contract_tests::database;

use load::Tally;

mod cluster;
mod disk;
mod kills;
mod load;
mod mails;
mod requests;

/// The program under test, unless `INVITE_FAULTS_PROGRAM` names one that is optimized.
const PROGRAM: &str = env!("CARGO_BIN_EXE_server-under-test");

/// How much of it.
pub(crate) struct Settings {
    pub(crate) seed: u64,
    pub(crate) kills: usize,
    pub(crate) pause: Duration,
    requests: usize,
}

impl Settings {
    fn read() -> Self {
        let number = |name: &str, or: u64| match std::env::var(name) {
            Ok(text) => text.parse().unwrap_or_else(|_| panic!("{name} is a number, not {text:?}")),
            Err(_) => or,
        };
        Self {
            seed: number("INVITE_FAULTS_SEED", 1),
            kills: usize::try_from(number("INVITE_FAULTS_KILLS", 3)).expect("a number of kills"),
            pause: Duration::from_secs(number("INVITE_FAULTS_PAUSE", 2)),
            requests: usize::try_from(number("INVITE_FAULTS_REQUESTS", 3000)).expect("a number of requests"),
        }
    }
}

#[tokio::main]
async fn main() {
    let settings = Settings::read();
    let engine = if database::is_postgres() { "PostgreSQL" } else { "SQLite" };
    let program = std::env::var("INVITE_FAULTS_PROGRAM").unwrap_or_else(|_| PROGRAM.to_owned());
    println!("{engine}, requests that nobody thought of:");
    let findings = requests::fuzz(&program, settings.requests, settings.seed).await;
    assert!(findings.is_empty(), "with the seed {}:\n{}", settings.seed, findings.join("\n"));
    if std::env::var_os("INVITE_FAULTS_ONLY_REQUESTS").is_some() {
        return;
    }
    let mut table = vec![heading()];
    let mut wrong = Vec::new();
    let mut note = |fault: &str, begun: Instant, tally: Tally| {
        println!("{engine}, {fault}: {:.0} s", begun.elapsed().as_secs_f64());
        wrong.extend(faults_of(fault, &tally));
        let line = line(engine, fault, &tally);
        // A long round is worth something also if it does not come to its end.
        println!("{line}");
        table.push(line);
    };
    macro_rules! faults {
        ($($fault:literal => $tally:expr;)*) => {
            $(let begun = Instant::now(); note($fault, begun, $tally.await);)*
        };
    }
    faults! {
        "kill -9 under load" => kills::kills(&settings);
        "SMTP 421, 451, 550, slow, stalled, dropped" => mails::faults(&settings);
        "SMTP without STARTTLS" => mails::stripped(&settings);
    }
    if database::is_postgres() {
        faults! {
            "-m immediate, started again" => cluster::restarts(&settings);
            "stands still" => cluster::pause(&settings);
            "no connection left" => cluster::connections(&settings);
        }
    }
    let begun = Instant::now();
    match disk::full(&settings).await {
        Some(tally) => note("disk full", begun, tally),
        None if is_ci() => wrong.push("a full disk was not tried: this user may not mount one".to_owned()),
        None => println!("NOT TRIED: a full disk, which takes the right to mount one"),
    }
    println!("\n{}\n", table.join("\n"));
    assert!(wrong.is_empty(), "with the seed {}: {}", settings.seed, wrong.join("; "));
}

/// Whether this run answers for others, who take what it says for all that there is to try.
fn is_ci() -> bool {
    std::env::var_os("CI").is_some_and(|value| !value.is_empty() && value != "false")
}

/// What must not be.
fn faults_of(fault: &str, tally: &Tally) -> Vec<String> {
    let mut wrong = Vec::new();
    if tally.failed > 0 {
        wrong.push(format!("{fault}: {} were answered with a 500", tally.failed));
    }
    if tally.lost > 0 {
        wrong.push(format!("{fault}: {} were answered for and are not there", tally.lost));
    }
    if tally.doubled > 0 {
        wrong.push(format!("{fault}: {} are there more than once", tally.doubled));
    }
    // What a mail server takes and does not answer for goes out again however many there are (`mails`); a kill leaves one in doubt.
    if tally.most_extra_mails > 1 {
        wrong.push(format!("{fault}: {} extra mails at once", tally.most_extra_mails));
    }
    wrong
}

fn heading() -> String {
    let columns = "engine | fault | times | done | 503 | 500 | no answer | lost | doubled | extra mails (most at once) \
                   | longest answer | longest recovery";
    format!("| {columns} |\n|{}", "---|".repeat(columns.split('|').count()))
}

fn line(engine: &str, fault: &str, tally: &Tally) -> String {
    let Tally { times, done, turned_away, failed, unanswered, lost, doubled, extra_mails, most_extra_mails, .. } =
        tally;
    let seconds = |time: Duration| format!("{:.2} s", time.as_secs_f64());
    format!(
        "| {engine} | {fault} | {times} | {done} | {turned_away} | {failed} | {unanswered} | {lost} | {doubled} \
         | {extra_mails} ({most_extra_mails}) | {} | {} |",
        seconds(tally.longest_answer),
        seconds(tally.longest_recovery)
    )
}
