//! The load: requests to one operation from a process of its own, and how long each took.
//!
//! In a closed loop every connection sends its next request as soon as it has an answer. At a fixed rate requests are due at
//! fixed times, whatever has become of those before them, and their time counts from when they were due: a server that stalls
//! is charged for all that had to wait, not only for those that were on their way (coordinated omission).

use std::collections::BTreeMap;
use std::io::{Write as _, stdin, stdout};
use std::net::SocketAddr;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use hdrhistogram::Histogram;
use http_body_util::{BodyExt as _, Full};
use hyper::body::Bytes;
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper_util::rt::TokioIo;
use serde::{Deserialize, Serialize};
use tokio::net::TcpStream;
use tokio::sync::Mutex;
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};

/// What stands for the number of the request, in targets and bodies.
const NUMBER: &str = "{n}";

/// What to send, how often.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Load {
    pub(crate) address: SocketAddr,
    pub(crate) method: String,
    pub(crate) target: String,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Option<String>,
    /// The status of every answer.
    pub(crate) expected: u16,
    /// The number of the first request: no body comes twice.
    pub(crate) first: u64,
    pub(crate) connections: usize,
    pub(crate) seconds: f64,
    /// Requests a second; none for a closed loop.
    pub(crate) rate: Option<f64>,
}

/// What came of it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Outcome {
    /// Answers as expected.
    pub(crate) answered: u64,
    /// Others by their status; 0 where there was none.
    pub(crate) others: BTreeMap<u16, u64>,
    pub(crate) seconds: f64,
    pub(crate) median_us: u64,
    pub(crate) p99_us: u64,
    pub(crate) worst_us: u64,
}

impl Outcome {
    pub(crate) fn rate(&self) -> f64 {
        self.answered as f64 / self.seconds
    }
}

impl Load {
    /// Has a process of its own do it.
    pub(crate) fn run(&self) -> Outcome {
        let program = std::env::current_exe().unwrap();
        let mut child =
            Command::new(program).arg("generate").stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let said = serde_json::to_vec(self).unwrap();
        child.stdin.take().unwrap().write_all(&said).unwrap();
        let output = child.wait_with_output().unwrap();
        assert!(output.status.success(), "the load generator failed");
        serde_json::from_slice(&output.stdout).unwrap()
    }
}

/// The process: its load comes from standard input.
pub(crate) fn main() {
    let load: Load = serde_json::from_reader(stdin()).unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let outcome = runtime.block_on(generate(load));
    serde_json::to_writer(stdout(), &outcome).unwrap();
}

/// Times that are due, in turn.
type Due = Arc<Mutex<UnboundedReceiver<(u64, Instant)>>>;

/// What one connection saw.
struct Seen {
    times: Histogram<u64>,
    others: BTreeMap<u16, u64>,
}

async fn generate(load: Load) -> Outcome {
    let load = Arc::new(load);
    let begin = Instant::now();
    let end = begin + Duration::from_secs_f64(load.seconds);
    let due = load.rate.map(|rate| schedule(rate, begin, end));
    let connections: Vec<_> =
        (0..load.connections).map(|index| tokio::spawn(connection(load.clone(), index, due.clone(), end))).collect();
    let mut all = Seen { times: histogram(), others: BTreeMap::new() };
    for connection in connections {
        let seen = connection.await.unwrap();
        all.times.add(seen.times).unwrap();
        for (status, count) in seen.others {
            *all.others.entry(status).or_default() += count;
        }
    }
    Outcome {
        answered: all.times.len(),
        others: all.others,
        seconds: begin.elapsed().as_secs_f64(),
        median_us: all.times.value_at_quantile(0.5),
        p99_us: all.times.value_at_quantile(0.99),
        worst_us: all.times.max(),
    }
}

fn histogram() -> Histogram<u64> {
    Histogram::new_with_bounds(1, 120_000_000, 3).unwrap()
}

/// A thread that says when a request is due: the timer of the runtime knows milliseconds only.
fn schedule(rate: f64, begin: Instant, end: Instant) -> Due {
    let (sender, receiver) = unbounded_channel();
    std::thread::spawn(move || {
        for number in 0.. {
            let due = begin + Duration::from_secs_f64(number as f64 / rate);
            if due > end {
                return;
            }
            std::thread::sleep(due.saturating_duration_since(Instant::now()));
            if sender.send((number, due)).is_err() {
                return;
            }
        }
    });
    Arc::new(Mutex::new(receiver))
}

async fn connection(load: Arc<Load>, index: usize, due: Option<Due>, end: Instant) -> Seen {
    let mut seen = Seen { times: histogram(), others: BTreeMap::new() };
    let mut sender = None;
    let mut turn = 0;
    loop {
        let (number, begin) = match &due {
            Some(due) => match due.lock().await.recv().await {
                Some(next) => next,
                None => return seen,
            },
            None => (index as u64 + turn * load.connections as u64, Instant::now()),
        };
        if due.is_none() && begin > end {
            return seen;
        }
        turn += 1;
        let status = send(&load, load.first + number, &mut sender).await;
        if status == load.expected {
            seen.times.saturating_record(begin.elapsed().as_micros() as u64);
        } else {
            *seen.others.entry(status).or_default() += 1;
        }
    }
}

/// Sends one request and reads the whole answer; 0 if there is none.
async fn send(load: &Load, number: u64, sender: &mut Option<SendRequest<Full<Bytes>>>) -> u16 {
    let number = number.to_string();
    if sender.as_ref().is_none_or(SendRequest::is_closed) {
        *sender = connect(load.address).await;
    }
    let Some(connected) = sender else { return 0 };
    let mut request = hyper::Request::builder()
        .method(load.method.as_str())
        .uri(load.target.replace(NUMBER, &number))
        .header("host", load.address.to_string());
    for (name, value) in &load.headers {
        request = request.header(name, value);
    }
    let body = load.body.as_ref().map(|body| body.replace(NUMBER, &number)).unwrap_or_default();
    let request = request.body(Full::new(Bytes::from(body))).unwrap();
    let answer = async {
        connected.ready().await?;
        let answer = connected.send_request(request).await?;
        let status = answer.status().as_u16();
        answer.into_body().collect().await?;
        Ok::<_, hyper::Error>(status)
    };
    match answer.await {
        Ok(status) => status,
        Err(_) => {
            *sender = None;
            0
        }
    }
}

async fn connect(address: SocketAddr) -> Option<SendRequest<Full<Bytes>>> {
    let stream = TcpStream::connect(address).await.ok()?;
    stream.set_nodelay(true).ok()?;
    let (sender, connection) = handshake(TokioIo::new(stream)).await.ok()?;
    tokio::spawn(connection);
    Some(sender)
}
