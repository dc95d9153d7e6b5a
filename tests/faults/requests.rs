//! Requests that nobody thought of, over all operations, to a server in a process of its own.
//!
//! They are drawn from a seed ([`mutate`]) and sent as bytes ([`wire`]). None of them may be answered with a 5xx that is no 503,
//! with a status that its operation does not have, or, as long as it is HTTP, not at all; none may make the program panic or
//! grow.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};
use std::time::Instant;

use contract_tests::contract;
use contract_tests::document;
use contract_tests::server::Server;
use invite_api::security::Operation;
use invite_server::app::LimitKind;
use serde_json::Value;
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

use mutate::{Request, Source};
use wire::{Came, Connection};

mod mutate;
mod wire;

/// How many ask at once.
const CROWD: u64 = 8;
/// From so many requests on a round is a long one.
const LONG: usize = 100_000;
/// What the memory of a long round may grow by after its first quarter, in KiB: everything that can meet has met by then, and a
/// million requests took 3 MiB more (`server/BENCHMARKS.md`).
const GROWTH: u64 = 24 * 1024;
/// The same of a short round, in whose first quarter little has met that may meet later: a hash of 19 MiB for each core, and the
/// bodies of imports that the crowd sends at once, up to 8 MiB as text and as much again once they are read.
const SHORT_GROWTH: u64 = 160 * 1024;
/// hyper answers longer targets by itself, with 414: no operation gets to see them.
const LONGEST_TARGET: usize = 65_534;
/// One answer in so many is held against the document as a whole, and the first of each kind.
const WHOLE: usize = 16;
/// A long round says how far it is whenever each of the crowd has sent so many more.
const TOLD: usize = 10_000;
/// So many findings tell enough.
const FINDINGS: usize = 20;

/// What came of it.
#[derive(Default)]
struct Seen {
    /// Answers by operation and status.
    answers: BTreeMap<(&'static str, u16), usize>,
    /// Broken requests by status; 0: the connection ended.
    broken: BTreeMap<u16, usize>,
    findings: Vec<String>,
}

/// Sends so many, and says what was wrong.
pub(crate) async fn fuzz(program: &str, requests: usize, seed: u64) -> Vec<String> {
    let sink = sink().await;
    let mut arguments = vec!["--smtp".to_owned(), sink];
    arguments.extend(LimitKind::ALL.iter().map(|kind| format!("--limit-{}=off", kind.as_str().replace('_', "-"))));
    let server = Server::start(program, &arguments.iter().map(String::as_str).collect::<Vec<_>>()).await;
    let seen = Arc::new(Mutex::new(Seen::default()));
    let begun = Instant::now();
    round(&server, &seen, requests / 4, seed).await;
    let early = server.peak_memory();
    round(&server, &seen, requests - requests / 4, seed ^ (1 << 32)).await;
    let late = server.peak_memory();
    let took = begun.elapsed().as_secs_f64();
    report(&seen, requests, took, early, late);
    let mut findings = std::mem::take(&mut seen.lock().expect("nobody failed").findings);
    let allowed = if requests < LONG { SHORT_GROWTH } else { GROWTH };
    if late > early + allowed {
        findings.push(format!("memory grew from {early} to {late} KiB after the first quarter"));
    }
    let log = server.output();
    findings.extend(log.lines().filter(|line| line.contains("panicked")).take(3).map(str::to_owned));
    still_well(&server, &mut findings).await;
    findings
}

/// The credentials of both tenants still serve: the run was about more than 401.
async fn still_well(server: &Server, findings: &mut Vec<String>) {
    for tenant in [&server.world.acme, &server.world.globex] {
        for operation in [Operation::ListInvitations, Operation::UnleashListSignupTokens, Operation::MuninxListTokens] {
            for alternative in operation.security() {
                let answer = server.send("GET", operation.path(), &tenant.headers(alternative), None).await;
                if answer.status != 200 {
                    findings.push(format!(
                        "{} by {alternative:?} answers {} at the end",
                        operation.id(),
                        answer.status
                    ));
                }
            }
        }
    }
}

async fn round(server: &Server, seen: &Arc<Mutex<Seen>>, requests: usize, seed: u64) {
    let mut workers = JoinSet::new();
    for worker in 0..CROWD {
        let share = requests / usize::try_from(CROWD).unwrap_or(1);
        let source = Source::new(seed.wrapping_mul(CROWD).wrapping_add(worker), &server.world);
        let is_first = worker == 0;
        workers.spawn(work(source, Connection::new(&server.world.base_url), share, seen.clone(), is_first));
    }
    workers.join_all().await;
}

/// One of the crowd; `tells`: it speaks for all, in long rounds.
async fn work(mut source: Source, mut connection: Connection, requests: usize, seen: Arc<Mutex<Seen>>, tells: bool) {
    for number in 0..requests {
        if tells && number > 0 && number % TOLD == 0 {
            println!("  {number} of {requests} requests, {CROWD} times");
        }
        let request = source.next();
        let came = connection.send(&request.wire).await;
        if !request.is_sound {
            // What it has left behind is not for the next one.
            connection.leave();
        }
        if let Ok(Came::Answer(answer)) = &came
            && answer.status < 300
            // It names the token of the world, which would be deleted, and everything after that would be a 401.
            && request.operation != Operation::MuninxListTokens
            && let Ok(body) = serde_json::from_slice::<Value>(&answer.body)
        {
            source.learn(&body);
        }
        let mut seen = seen.lock().expect("nobody failed");
        if let Some(finding) = seen.judge(&request, &came, number % WHOLE == 0) {
            seen.findings.push(finding);
        }
        if seen.findings.len() >= FINDINGS {
            return;
        }
    }
}

impl Seen {
    /// What is wrong with an answer.
    fn judge(&mut self, request: &Request, came: &std::io::Result<Came>, is_whole: bool) -> Option<String> {
        let is_sound = request.is_sound && request.wire.target.len() <= LONGEST_TARGET;
        let wrong = match came {
            Err(error) => Some(format!("no answer: {error}")),
            Ok(Came::Nothing) if is_sound => Some("the connection ended without an answer".to_owned()),
            Ok(Came::Nothing) => {
                *self.broken.entry(0).or_default() += 1;
                None
            }
            Ok(Came::Answer(answer)) if !is_sound => {
                *self.broken.entry(answer.status).or_default() += 1;
                (answer.status >= 500 && answer.status != 503).then(|| format!("{}: {}", answer.status, answer.text()))
            }
            Ok(Came::Answer(answer)) => {
                let count = self.answers.entry((request.operation.id(), answer.status)).or_default();
                *count += 1;
                let is_first = *count == 1;
                let broken = if answer.status >= 500 && answer.status != 503 {
                    vec!["the server failed".to_owned()]
                } else if is_first || is_whole {
                    contract::violations(document::operation(request.operation.id()), answer)
                } else {
                    Vec::new()
                };
                let mut text = answer.text();
                text.truncate(text.floor_char_boundary(500));
                (!broken.is_empty()).then(|| format!("{} {}: {}", answer.status, broken.join("; "), text))
            }
        }?;
        let bytes = request.wire.bytes();
        let sent = String::from_utf8_lossy(&bytes[..bytes.len().min(1500)]).into_owned();
        Some(format!("{}: {wrong}; asked {sent:?}", request.operation.id()))
    }
}

fn report(seen: &Mutex<Seen>, requests: usize, took: f64, early: u64, late: u64) {
    let seen = seen.lock().expect("nobody failed");
    let mut statuses: BTreeMap<u16, usize> = BTreeMap::new();
    for ((_, status), count) in &seen.answers {
        *statuses.entry(*status).or_default() += count;
    }
    let operations: BTreeSet<&str> = seen.answers.keys().map(|(operation, _)| *operation).collect();
    let done = seen.answers.keys().filter(|(_, status)| *status < 300).count();
    println!("{requests} requests in {took:.0} s over {} operations, {done} of which did something", operations.len());
    println!("  by status: {statuses:?}; not quite HTTP (0: hung up): {:?}", seen.broken);
    println!("  peak memory: {early} KiB after a quarter, {late} KiB at the end");
}

/// A mail server that takes everything and keeps nothing.
async fn sink() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let port = listener.local_addr().expect("a port").port();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(swallow(stream));
        }
    });
    format!("smtp://127.0.0.1:{port}?tls=none")
}

async fn swallow(stream: TcpStream) -> Option<()> {
    let (reader, mut writer) = stream.into_split();
    let mut lines = BufReader::new(reader).split(b'\n');
    writer.write_all(b"220 sink\r\n").await.ok()?;
    let mut is_text = false;
    while let Some(line) = lines.next_segment().await.ok()? {
        let line = String::from_utf8_lossy(&line).trim_end().to_owned();
        let answer = match line.as_str() {
            "." => "250 taken",
            _ if is_text => continue,
            "DATA" => "354 go on",
            line if line.starts_with("EHLO") => "250-sink\r\n250-8BITMIME\r\n250 SMTPUTF8",
            _ => "250 fine",
        };
        is_text = answer.starts_with("354");
        writer.write_all(format!("{answer}\r\n").as_bytes()).await.ok()?;
    }
    None
}
