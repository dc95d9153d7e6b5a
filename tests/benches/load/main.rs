//! `cargo bench -p contract-tests --bench load`: how much the server bears.
//!
//! `cargo xtask bench server` runs it on both engines; alone it is on SQLite, or on the PostgreSQL of its environment. Server, floor
//! and load generator are processes of their own. The server does all that it always does: it sends the mails (into files) while it
//! takes the invitations. What is measured is chosen by the first word behind `--`:
//!
//! - nothing, or names of operations (`muninx kare`): next to the least that a server can do (`compare`);
//! - `slow-sync MICROSECONDS CONNECTIONS`: the same on a disk that takes its time, simulated;
//! - `cost`: memory of a server that idles, and the time of a start;
//! - `growth COUNT…`: with so many invitations in the database already;
//! - `replicas COUNT…`: so many servers on one database, PostgreSQL only;
//! - `better-auth`: next to another server that invites people.
#![expect(clippy::unwrap_used, reason = "a benchmark may stop at the first surprise")]

mod better_auth;
mod compare;
mod cost;
mod floor;
mod generator;
mod growth;
mod hashes;
mod replicas;
mod subjects;

use std::process::{Command, ExitCode};

use contract_tests::database::{Database, is_postgres};

const PROGRAM: &str = env!("CARGO_BIN_EXE_server-under-test");
/// Connections at once, unless [`slow_sync`] says otherwise.
const CONNECTIONS: usize = 32;
/// The variable in which it does.
const CONNECTIONS_VARIABLE: &str = "BENCH_CONNECTIONS";
const SECONDS: f64 = 5.0;
const TURNS: usize = 3;

fn main() -> ExitCode {
    // Cargo says `--bench`.
    let mut arguments: Vec<String> = std::env::args().skip(1).filter(|argument| argument != "--bench").collect();
    let what = if arguments.is_empty() { String::new() } else { arguments.remove(0) };
    match what.as_str() {
        "generate" => generator::main(),
        "floor" => floor::main(arguments[0].clone().into()),
        "hashes" => hashes::main(),
        "slow-sync" => return slow_sync(&arguments),
        _ => return measure(what, arguments),
    }
    ExitCode::SUCCESS
}

fn measure(what: String, arguments: Vec<String>) -> ExitCode {
    let counts = || arguments.iter().map(|count| count.parse().unwrap()).collect::<Vec<u64>>();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    let is_met = match what.as_str() {
        "better-auth" => runtime.block_on(better_auth::bench()),
        "cost" => runtime.block_on(cost::bench()),
        "growth" => runtime.block_on(growth::bench(&counts())),
        "replicas" => runtime.block_on(replicas::bench(&counts())),
        "" => runtime.block_on(compare::bench(&[])),
        _ => runtime.block_on(compare::bench(&[vec![what], arguments].concat())),
    };
    if is_met { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn connections() -> usize {
    std::env::var(CONNECTIONS_VARIABLE).map_or(CONNECTIONS, |connections| connections.parse().unwrap())
}

/// Whether this is what [`slow_sync`] runs.
fn is_slow() -> bool {
    std::env::var_os(CONNECTIONS_VARIABLE).is_some()
}

/// Runs the rest with a library before the C library's that makes every sync wait. How much one sync for many is worth depends on
/// how many there are at once, so that is an argument.
fn slow_sync(arguments: &[String]) -> ExitCode {
    let [microseconds, connections, rest @ ..] = arguments else {
        panic!("slow-sync MICROSECONDS CONNECTIONS [NAME]...")
    };
    let folder = tempfile::tempdir().unwrap();
    let library = folder.path().join("slow_sync.so");
    let source = concat!(env!("CARGO_MANIFEST_DIR"), "/benches/load/slow_sync.c");
    let compiled = Command::new("cc").args(["-shared", "-fPIC", "-o"]).arg(&library).arg(source).status().unwrap();
    assert!(compiled.success(), "cc has failed");
    println!("simulated: every sync is made to take {microseconds} µs longer");
    let again = Command::new(std::env::current_exe().unwrap())
        .args(rest)
        .env("LD_PRELOAD", library)
        .env("SYNC_MICROSECONDS", microseconds)
        .env(CONNECTIONS_VARIABLE, connections)
        .status();
    if again.unwrap().success() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn engine() -> &'static str {
    if is_postgres() { "PostgreSQL" } else { "SQLite" }
}

/// # Panics
/// When the database commits to memory, as that of the tests does: such rates are no rates.
async fn insist_on_durable_commits(database: &Database) {
    let answer = if is_postgres() { database.texts("SHOW fsync").await } else { Vec::new() };
    assert!(
        answer.iter().all(|fsync| fsync == "on"),
        "run this with `cargo xtask bench server` or `cargo xtask postgres --durable`"
    );
}

fn median(mut rates: Vec<f64>) -> f64 {
    rates.sort_by(f64::total_cmp);
    rates[rates.len() / 2]
}
