//! What a call through the client costs beyond the same call by hand with reqwest and serde: `cargo bench -p invite-sdk`.
//!
//! Both send the same request to the same server on loopback, in turns, so that whatever else the machine does meets both
//! alike; what counts is the ratio of the medians, which may be 1.05 at most, or this fails. By hand means with care: a client
//! made once with its credentials and limits, status and media type looked at, every member read, and the
//! `Idempotency-Key` that the operation declares, made anew for each call as the client does. It sends neither user agent
//! nor request id, which the client does. Allocations are counted on the thread that makes the call. Last, 10,000 calls are made
//! at once through one client.

#![expect(clippy::unwrap_used, reason = "a benchmark may stop at the first surprise")]

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, ExitCode, Stdio};
use std::time::{Duration, Instant};

use invite_sdk::{Client, types};
use reqwest::StatusCode;
use reqwest::header::{CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue};
use serde::{Deserialize, Serialize};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpSocket, TcpStream};
use tokio::runtime::Runtime;

const ANSWER: &str = r#"{"data":{"id":7,"userId":42,"organizationId":3,"scope":1,"permissions":{"group":0,"read":[1],"manage":[]},"createdAt":"2026-01-15T08:45:00.000Z","updatedAt":"2026-01-15T08:45:00.000Z","deletedAt":null}}"#;
const WARM: usize = 2_000;
const ROUNDS: usize = 20_000;
const AT_ONCE: usize = 10_000;
/// The most that the median may be, next to the one by hand.
const DEMANDED: f64 = 1.05;

/// The request as someone would write it by hand.
#[derive(Clone, Serialize)]
#[serde(rename_all = "camelCase")]
struct Invitee {
    first_name: String,
    last_name: String,
    email: String,
    permissions: Permissions,
}

#[derive(Clone, Serialize, Deserialize)]
struct Permissions {
    group: i64,
    #[serde(default)]
    read: Vec<i64>,
    #[serde(default)]
    manage: Vec<i64>,
}

/// The answer as someone would write it by hand.
#[derive(Deserialize)]
struct Invited {
    data: Membership,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Membership {
    organization_id: i64,
    #[expect(dead_code, reason = "read as the client reads it")]
    scope: i64,
    #[expect(dead_code, reason = "read as the client reads it")]
    user_id: i64,
    #[expect(dead_code, reason = "read as the client reads it")]
    permissions: Permissions,
    #[expect(dead_code, reason = "read as the client reads it")]
    created_at: chrono::DateTime<chrono::Utc>,
    #[expect(dead_code, reason = "read as the client reads it")]
    updated_at: chrono::DateTime<chrono::Utc>,
    #[expect(dead_code, reason = "read as the client reads it")]
    deleted_at: Option<chrono::DateTime<chrono::Utc>>,
}

/// The environment variable by which this program becomes the server.
const SERVE: &str = "SERVE_FOR_BENCHMARK";

/// The server in a process of its own, so that its work and its connections are not counted as the client's.
struct Server {
    process: Child,
    url: String,
}

impl Server {
    fn start() -> Self {
        let program = std::env::current_exe().unwrap();
        let mut process = Command::new(program).env(SERVE, "1").stdout(Stdio::piped()).spawn().unwrap();
        let mut url = String::new();
        BufReader::new(process.stdout.as_mut().unwrap()).read_line(&mut url).unwrap();
        Self { process, url: url.trim().to_owned() }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
    }
}

/// Answers every request on every connection with [`ANSWER`].
fn serve() {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async move {
        let socket = TcpSocket::new_v4().unwrap();
        socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
        let listener = socket.listen(4096).unwrap();
        println!("http://{}", listener.local_addr().unwrap());
        loop {
            let (stream, _) = listener.accept().await.unwrap();
            tokio::spawn(answer(stream));
        }
    });
}

async fn answer(mut stream: TcpStream) {
    let head =
        format!("HTTP/1.1 201 Created\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n", ANSWER.len());
    let (bytes, mut seen, mut buffer) = (head + ANSWER, Vec::new(), [0; 8192]);
    stream.set_nodelay(true).unwrap();
    loop {
        match stream.read(&mut buffer).await {
            Ok(0) | Err(_) => return,
            Ok(count) => seen.extend_from_slice(&buffer[..count]),
        }
        if is_complete(&seen) {
            seen.clear();
            if stream.write_all(bytes.as_bytes()).await.is_err() {
                return;
            }
        }
    }
}

/// Whether one request is there to its last byte.
fn is_complete(seen: &[u8]) -> bool {
    let text = String::from_utf8_lossy(seen);
    let Some((head, body)) = text.split_once("\r\n\r\n") else { return false };
    let length = head.lines().find_map(|line| {
        let (name, value) = line.split_once(": ")?;
        if name.eq_ignore_ascii_case("content-length") { value.parse().ok() } else { None }
    });
    body.len() >= length.unwrap_or(0)
}

fn typed_body() -> types::KareInviteUserOrganization {
    let permissions = types::KareInvitedPermissions::builder().group(0).read(vec![1]).manage(vec![]);
    let permissions: types::KareInvitedPermissions = permissions.try_into().unwrap();
    let invitee = types::KareInviteUserOrganization::builder()
        .first_name("John")
        .last_name("Doe")
        .email("test@mail.com")
        .permissions(permissions);
    invitee.try_into().unwrap()
}

fn body_by_hand() -> Invitee {
    Invitee {
        first_name: "John".to_owned(),
        last_name: "Doe".to_owned(),
        email: "test@mail.com".to_owned(),
        permissions: Permissions { group: 0, read: vec![1], manage: vec![] },
    }
}

async fn through_the_client(client: &Client, body: types::KareInviteUserOrganization) -> i64 {
    client.kare_invite_user_organization(body).await.unwrap().data.organization_id
}

/// What someone makes once who writes it by hand with care: credentials and limits are the client's.
fn http_by_hand() -> reqwest::Client {
    let headers = [("authorization", "Bearer bearer"), ("x-session-token", "session"), ("accept", "application/json")];
    let headers = headers.map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_static(value)));
    reqwest::Client::builder()
        .redirect(reqwest::redirect::Policy::none())
        .default_headers(HeaderMap::from_iter(headers))
        .connect_timeout(Duration::from_secs(10))
        .timeout(Duration::from_secs(30))
        .build()
        .unwrap()
}

async fn by_hand(http: &reqwest::Client, url: &str, body: Invitee) -> i64 {
    let key = uuid::Uuid::new_v4().to_string();
    let request =
        http.post(format!("{url}/users-organizations/v1/ad/invite")).header("idempotency-key", key).json(&body);
    let answer = request.send().await.unwrap();
    assert_eq!(answer.status(), StatusCode::CREATED);
    assert!(answer.headers().get(CONTENT_TYPE).is_some_and(|kind| kind.as_bytes().starts_with(b"application/json")));
    answer.json::<Invited>().await.unwrap().data.organization_id
}

/// Nanoseconds of one run.
fn timed<T>(runtime: &Runtime, call: impl Future<Output = T>) -> u128 {
    let start = Instant::now();
    runtime.block_on(call);
    start.elapsed().as_nanos()
}

fn percentile(times: &mut [u128], percent: usize) -> f64 {
    times.sort_unstable();
    times[times.len() * percent / 100] as f64 / 1_000.0
}

/// Resident memory in MiB: now, and at most so far. Nothing where the system does not tell.
fn memory() -> (f64, f64) {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let kib = |name: &str| {
        let line = status.lines().find(|line| line.starts_with(name))?;
        line.split_whitespace().nth(1)?.parse::<f64>().ok()
    };
    (kib("VmRSS:").unwrap_or_default() / 1024.0, kib("VmHWM:").unwrap_or_default() / 1024.0)
}

fn main() -> ExitCode {
    rlimit::increase_nofile_limit(2 * AT_ONCE as u64).unwrap();
    if std::env::var_os(SERVE).is_some() {
        serve();
        return ExitCode::SUCCESS;
    }
    let server = Server::start();
    let url = server.url.clone();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let client = Client::builder(&url).kare_bearer("bearer").kare_session("session").build().unwrap();
    let http = http_by_hand();
    let (typed, untyped) = (typed_body(), body_by_hand());
    let (mut ours, mut theirs) = (Vec::with_capacity(ROUNDS), Vec::with_capacity(ROUNDS));
    for round in 0..WARM + ROUNDS {
        let (typed, untyped) = (typed.clone(), untyped.clone());
        let hand = || timed(&runtime, by_hand(&http, &url, untyped));
        // Who goes first takes turns too.
        let (own, other) = if round % 2 == 0 {
            (timed(&runtime, through_the_client(&client, typed)), hand())
        } else {
            let other = hand();
            (timed(&runtime, through_the_client(&client, typed)), other)
        };
        if round >= WARM {
            ours.push(own);
            theirs.push(other);
        }
    }
    let own = allocation_counter::measure(|| {
        runtime.block_on(through_the_client(&client, typed.clone()));
    });
    let other = allocation_counter::measure(|| {
        runtime.block_on(by_hand(&http, &url, untyped.clone()));
    });

    println!("{ROUNDS} calls each, in turns, on loopback");
    println!("{:24} {:>12} {:>12} {:>8}", "", "invite-sdk", "by hand", "ratio");
    for (name, percent) in [("median, µs", 50), ("90th percentile, µs", 90), ("99th percentile, µs", 99)] {
        let (own, other) = (percentile(&mut ours, percent), percentile(&mut theirs, percent));
        println!("{name:24} {own:>12.1} {other:>12.1} {:>8.3}", own / other);
    }
    for (name, own, other) in [
        ("allocations", own.count_total, other.count_total),
        ("bytes allocated", own.bytes_total, other.bytes_total),
        ("bytes at once", own.bytes_max, other.bytes_max),
    ] {
        println!("{name:24} {own:>12} {other:>12} {:>8.3}", own as f64 / other as f64);
    }
    let (own, other) = (built(typed_body), built(body_by_hand));
    println!("a body of one's own: {own:.2} µs by its builder, which checks it; {other:.2} µs by hand");
    at_once(&url);
    let ratio = percentile(&mut ours, 50) / percentile(&mut theirs, 50);
    let is_met = ratio <= DEMANDED;
    println!("{}: a median of {DEMANDED} times the one by hand at most", if is_met { "met" } else { "missed" });
    if is_met { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// Microseconds to make a body, on average.
fn built<T>(make: fn() -> T) -> f64 {
    let start = Instant::now();
    for _ in 0..ROUNDS {
        std::hint::black_box(make());
    }
    start.elapsed().as_secs_f64() * 1e6 / ROUNDS as f64
}

/// Many calls through one client, all begun before the first is over.
fn at_once(url: &str) {
    let client = Client::builder(url).kare_bearer("bearer").kare_session("session").build().unwrap();
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let (before, _) = memory();
    let start = Instant::now();
    let answered = runtime.block_on(async {
        let mut calls = tokio::task::JoinSet::new();
        for _ in 0..AT_ONCE {
            let client = client.clone();
            calls.spawn(async move { through_the_client(&client, typed_body()).await });
        }
        calls.join_all().await.len()
    });
    let (after, peak) = memory();
    println!(
        "{answered} calls at once: {:.2} s, no error; memory {before:.0} MiB before, {peak:.0} at most, {after:.0} after",
        start.elapsed().as_secs_f64()
    );
}
