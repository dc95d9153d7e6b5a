//! `cargo bench -p contract-tests --bench load`: how much the server bears, next to the least that a server can do (`floor`).
//!
//! On SQLite, and on PostgreSQL by `cargo xtask postgres cargo bench -p contract-tests --bench load`. Server, floor and load
//! generator are processes of their own. Server and floor take turns, so that whatever else the machine does meets both.
//! The server does all that it always does: it sends the mails (into files) while it takes the invitations. How many of them
//! still wait when a turn ends is in the table; the floor's turn begins when all are sent. `-- muninx kare` runs these alone.
#![expect(clippy::unwrap_used, reason = "a benchmark may stop at the first surprise")]

mod floor;
mod generator;

use std::net::SocketAddr;
use std::process::{Command, ExitCode};

use contract_tests::database::{self, Database};
use contract_tests::poll;
use contract_tests::server::Server;
use contract_tests::world::Headers;
use floor::Floor;
use generator::{Load, Outcome};
use invite_api::security::Operation;

const PROGRAM: &str = env!("CARGO_BIN_EXE_server-under-test");
/// Connections at once.
const CONNECTIONS: usize = 32;
const SECONDS: f64 = 5.0;
const TURNS: usize = 3;
/// What part of the floor's rate is demanded.
const DEMAND: f64 = 0.8;
/// How many times the floor's 99th percentile is allowed at half load.
const PATIENCE: f64 = 3.0;

fn main() -> ExitCode {
    let mut arguments = std::env::args().skip(1);
    match arguments.next().as_deref() {
        Some("generate") => {
            generator::main();
            ExitCode::SUCCESS
        }
        Some("floor") => {
            floor::main(arguments.next().unwrap().into());
            ExitCode::SUCCESS
        }
        // Simulated: `-- slow-sync 2000` makes every sync of both take 2 ms longer.
        Some("slow-sync") => slow_sync(&arguments.next().unwrap()),
        first => {
            // Cargo says `--bench`.
            let only = first.map(str::to_owned).into_iter().chain(arguments).filter(|name| name != "--bench").collect();
            tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap().block_on(bench(only))
        }
    }
}

/// Runs all of it again with a library before the C library's that makes every sync wait.
fn slow_sync(microseconds: &str) -> ExitCode {
    let folder = tempfile::tempdir().unwrap();
    let library = folder.path().join("slow_sync.so");
    let source = concat!(env!("CARGO_MANIFEST_DIR"), "/benches/load/slow_sync.c");
    let compiled = Command::new("cc").args(["-shared", "-fPIC", "-o"]).arg(&library).arg(source).status().unwrap();
    assert!(compiled.success(), "cc has failed");
    println!("every sync is made to take {microseconds} µs longer");
    let again = Command::new(std::env::current_exe().unwrap())
        .env("LD_PRELOAD", library)
        .env("SYNC_MICROSECONDS", microseconds)
        .status();
    if again.unwrap().success() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// One kind of request to the server, and what stands for it at the floor.
struct Subject {
    name: &'static str,
    server: Load,
    floor: Load,
    demand: f64,
}

async fn bench(only: Vec<String>) -> ExitCode {
    let server = Server::start(PROGRAM, &[]).await;
    let (status, ended) = Server::start(PROGRAM, &[]).await.stop().await;
    assert!(status.success());
    let floor = Floor::start(ended.path()).await;
    let engine = if database::is_postgres() { "PostgreSQL" } else { "SQLite" };
    println!("{engine}, {CONNECTIONS} connections, {TURNS} turns of {SECONDS} s; times in ms");
    println!(
        "{:<18} {:>9} {:>9} {:>6}  {:>10}  {:>20}  {:>20}",
        "", "server/s", "floor/s", "ratio", "mails left", "median, p99 at half", "the floor's"
    );
    let mut is_met = true;
    let database = server.database().await;
    for mut subject in subjects(&server, floor.address) {
        if only.is_empty() || only.iter().any(|name| name == subject.name) {
            is_met &= judge(&mut subject, &database).await;
        }
    }
    println!("memory of the server: {} MiB at most", server.peak_memory() / 1024);
    if is_met { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

async fn judge(subject: &mut Subject, database: &Database) -> bool {
    let (mut own, mut least, mut left) = (Vec::new(), Vec::new(), 0);
    for _ in 0..TURNS {
        own.push(run(&mut subject.server, None).rate());
        left = all_sent(database).await.max(left);
        least.push(run(&mut subject.floor, None).rate());
    }
    let (own, least) = (median(own), median(least));
    let half = Some(own.min(least) / 2.0);
    let calm = run(&mut subject.server, half);
    left = all_sent(database).await.max(left);
    let calm_floor = run(&mut subject.floor, half);
    let ratio = own / least;
    let waits = calm.p99_us as f64 / calm_floor.p99_us as f64;
    let is_met = ratio >= subject.demand && waits <= PATIENCE;
    let milliseconds = |time: u64| time as f64 / 1e3;
    let times =
        |outcome: &Outcome| format!("{:.2}, {:.2}", milliseconds(outcome.median_us), milliseconds(outcome.p99_us));
    println!(
        "{:<18} {own:>9.0} {least:>9.0} {ratio:>6.2}  {left:>10}  {:>20}  {:>20}  {}",
        subject.name,
        times(&calm),
        times(&calm_floor),
        if is_met { "met" } else { "MISSED" },
    );
    is_met
}

/// Sends requests that were not sent before.
fn run(load: &mut Load, rate: Option<f64>) -> Outcome {
    let outcome = Load { rate, ..load.clone() }.run();
    load.first += outcome.answered + outcome.others.values().sum::<u64>() + CONNECTIONS as u64 * 1000;
    assert!(outcome.others.is_empty(), "{} {}: {:?}", load.method, load.target, outcome.others);
    outcome
}

/// Waits until the server has sent all mails; how many there were.
async fn all_sent(database: &Database) -> i64 {
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

fn median(mut rates: Vec<f64>) -> f64 {
    rates.sort_by(f64::total_cmp);
    rates[rates.len() / 2]
}

fn subjects(server: &Server, floor: SocketAddr) -> Vec<Subject> {
    let world = &server.world;
    let address = world.base_url.trim_start_matches("http://").parse().unwrap();
    let load = |address, method: &str, target: String, headers: Headers, body: Option<String>, expected| {
        let mut headers: Vec<(String, String)> =
            headers.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
        if body.is_some() {
            headers.push(("content-type".to_owned(), "application/json".to_owned()));
        }
        let (method, first) = (method.to_owned(), 0);
        Load {
            address,
            method,
            target,
            headers,
            body,
            expected,
            first,
            connections: CONNECTIONS,
            seconds: SECONDS,
            rate: None,
        }
    };
    let invite = |name: &'static str, operation: Operation, target: String, body: String, expected| {
        let least = r#"{"email":"NAME-{n}@customer.example"}"#.replace("NAME", name);
        Subject {
            name,
            server: load(address, "POST", target, world.acme.credentials(operation), Some(body), expected),
            floor: load(floor, "POST", "/floor".to_owned(), Headers::new(), Some(least), 204),
            demand: DEMAND,
        }
    };
    let organization = world.acme.organization();
    let muninx = format!(
        r#"{{"email":"m-{{n}}@customer.example","name":"Jane","last-name":"Doe","type":"customer","organization":"{}"}}"#,
        world.acme.customer_slug()
    );
    let kare = r#"{"firstName":"Jane","lastName":"Doe","email":"k-{n}@customer.example","permissions":{"group":0}}"#;
    let nexus = r#"{"emailAddress":"x-{n}@customer.example","displayName":"Jane Doe","familyName":"Doe","givenName":"Jane","isMfaDisabled":false,"makeAdmin":false}"#;
    vec![
        invite("muninx", Operation::MuninxInviteUser, "/users".to_owned(), muninx, 200),
        invite(
            "kare",
            Operation::KareInviteUserOrganization,
            "/users-organizations/v1/ad/invite".to_owned(),
            kare.to_owned(),
            201,
        ),
        invite(
            "nexus",
            Operation::NexusInviteOrganizationMember,
            format!("/v1/organizations/{organization}/members/invite"),
            nexus.to_owned(),
            204,
        ),
        Subject {
            name: "validate",
            server: load(
                address,
                "GET",
                format!("/invite/{}/validate", world.acme.signup_token()),
                Headers::new(),
                None,
                200,
            ),
            floor: load(floor, "GET", "/floor/1".to_owned(), Headers::new(), None, 200),
            demand: DEMAND,
        },
    ]
}
