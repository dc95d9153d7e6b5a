//! Servers side by side on one PostgreSQL: what an invitation costs of the processors, those of the database included.

use std::fs;
use std::net::{Ipv4Addr, SocketAddr};

use contract_tests::database;
use contract_tests::server::{Served, Server};

use crate::compare::{all_sent, demand};
use crate::generator::Load;
use crate::subjects::subjects;
use crate::{CONNECTIONS, PROGRAM, SECONDS, TURNS, insist_on_durable_commits, median};

/// How many times as much as with the first count.
const MOST: f64 = 1.2;
/// A limit that nobody meets; each invitation counts for it all the same.
const HIGH: &str = "1000000/1m";
/// Processor time as the kernel counts it, in a second.
const TICKS: f64 = 100.0;

/// Whether the cost of an invitation stays the same with so many servers.
pub(crate) async fn bench(counts: &[u64]) -> bool {
    assert!(database::is_postgres(), "SQLite has one server");
    println!("\nPostgreSQL, {CONNECTIONS} connections shared by the servers, {TURNS} turns of {SECONDS} s\n");
    println!("| servers | invitations/s | processor ms an invitation | ratio | demanded |");
    println!("|--------:|--------------:|---------------------------:|------:|---------:|");
    let (mut first, mut is_met) = (None, true);
    for count in counts {
        let (rate, cost) = measure(*count as usize).await;
        let ratio = cost / *first.get_or_insert(cost);
        is_met &= ratio <= MOST;
        let demanded = demand(MOST, ratio <= MOST);
        println!("| {count:>7} | {rate:>13.0} | {cost:>26.3} | {ratio:>5.2} | {demanded:>8} |");
    }
    is_met
}

/// Invitations a second, and milliseconds of the processors for each.
async fn measure(servers: usize) -> (f64, f64) {
    let first = Server::start(PROGRAM, &[]).await;
    let mut others = Vec::new();
    for _ in 1..servers {
        others.push(beside(&first).await);
    }
    let floor = SocketAddr::from((Ipv4Addr::LOCALHOST, 1));
    let load = subjects(&first, floor).into_iter().find(|subject| subject.name == "muninx").unwrap().server;
    let addresses: Vec<SocketAddr> =
        std::iter::once(load.address).chain(others.iter().map(|other| other.address)).collect();
    let database = first.database().await;
    insist_on_durable_commits(&database).await;
    let (mut rates, mut costs) = (Vec::new(), Vec::new());
    for turn in 0..TURNS {
        let before = processor_time();
        let (answered, rate) = at_once(&load, &addresses, turn);
        rates.push(rate);
        // The mails are a part of what an invitation costs.
        all_sent(&database).await;
        costs.push((processor_time() - before) * 1e3 / answered as f64);
    }
    (median(rates), median(costs))
}

/// Every server has its part of the connections and a generator of its own.
fn at_once(load: &Load, addresses: &[SocketAddr], turn: usize) -> (u64, f64) {
    let generators: Vec<_> = addresses
        .iter()
        .enumerate()
        .map(|(place, address)| {
            let first = ((turn * addresses.len() + place) as u64 + 1) * 1_000_000;
            let load = Load { address: *address, connections: CONNECTIONS / addresses.len(), first, ..load.clone() };
            std::thread::spawn(move || load.run())
        })
        .collect();
    let outcomes: Vec<_> = generators.into_iter().map(|generator| generator.join().unwrap()).collect();
    assert!(outcomes.iter().all(|outcome| outcome.others.is_empty()), "{outcomes:?}");
    (outcomes.iter().map(|outcome| outcome.answered).sum(), outcomes.iter().map(|outcome| outcome.rate()).sum())
}

/// Another server, as generous as the development server that is the first one.
async fn beside(first: &Server) -> Served {
    let generous =
        ["client", "changes", "inviter", "organization", "recipient"].map(|limit| format!("--limit-{limit}"));
    let flags: Vec<&str> = generous.iter().flat_map(|flag| [flag.as_str(), HIGH]).collect();
    Served::beside(first, &[PROGRAM], &flags).await
}

/// Seconds that the processors have spent on servers and on the database, as long as their processes live.
fn processor_time() -> f64 {
    let processes =
        fs::read_dir("/proc").unwrap().filter_map(|entry| fs::read_to_string(entry.ok()?.path().join("stat")).ok());
    let of = |stat: String| {
        // The name stands in brackets and may have blanks; 12 and 13 fields behind it are the times.
        let (start, rest) = stat.rsplit_once(')')?;
        let name = start.split_once('(')?.1;
        let fields: Vec<&str> = rest.split_whitespace().collect();
        let ticks: f64 = fields.get(11)?.parse::<f64>().ok()? + fields.get(12)?.parse::<f64>().ok()?;
        (name == "postgres" || name.starts_with("server-under")).then_some(ticks / TICKS)
    };
    processes.filter_map(of).sum()
}
