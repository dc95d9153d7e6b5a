//! Connections: those that say nothing cost others nothing, and there are no more than configured.

use std::time::{Duration, Instant};

use contract_tests::poll;
use contract_tests::server::Server;
use invite_api::security::Operation;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::metrics::Scrape;

use crate::support::{PROGRAM, muninx_customer};

const PROBE: &[u8] = b"GET /health/live HTTP/1.1\r\nhost: invite.example\r\n\r\n";
const ALIVE: &str = "HTTP/1.1 200 ";

async fn started(more: &[&str]) -> Server {
    started_with("4096", more).await
}

/// Measured, and with a door before the server.
async fn started_with(most: &str, more: &[&str]) -> Server {
    let bounded = ["--metrics-listen", "127.0.0.1:0", "--limit-connections", most];
    Server::start(PROGRAM, &[&bounded[..], more].concat()).await
}

async fn connect(address: &str) -> TcpStream {
    TcpStream::connect(address).await.unwrap()
}

fn place(server: &Server) -> &str {
    server.world.base_url.trim_start_matches("http://")
}

/// What comes until the end of the connection, however that ends.
async fn rest(stream: &mut TcpStream) -> String {
    let mut bytes = Vec::new();
    let end = tokio::time::timeout(poll::DEADLINE, stream.read_to_end(&mut bytes)).await;
    assert!(end.is_ok(), "the connection does not end");
    String::from_utf8_lossy(&bytes).into_owned()
}

/// The status line of the next answer.
async fn asked(stream: &mut TcpStream, request: &[u8]) -> String {
    stream.write_all(request).await.unwrap();
    let mut start = [0; ALIVE.len()];
    stream.read_exact(&mut start).await.unwrap();
    String::from_utf8_lossy(&start).into_owned()
}

async fn open(server: &Server) -> f64 {
    Scrape::of(server).await.get("invite_connections").unwrap()
}

#[tokio::test]
async fn a_thousand_connections_that_say_nothing_keep_nobody_from_being_served() {
    let server = started(&["--limit-idle", "2s"]).await;
    let mut silent = Vec::new();
    for number in 0..1000 {
        let mut stream = connect(place(&server)).await;
        // Some say nothing at all, some as if they spoke another protocol. (Half a head has a test of its own.)
        let words: &[u8] = [&b""[..], b"PRI * HTTP/2.0\r\n"][number % 2];
        stream.write_all(words).await.unwrap();
        silent.push(stream);
    }
    for number in 0..20 {
        let body = muninx_customer(&format!("p{number}@customer.example"));
        let answer = server.post(Operation::MuninxInviteUser, &[], &body).await;
        assert_eq!(answer.status, 200, "{}", answer.text());
    }
    for mut stream in silent {
        let answer = rest(&mut stream).await;
        assert!(!answer.starts_with("HTTP/1.1 2"), "{answer}");
    }
    // What this test's own client keeps open is all that is left.
    poll::until("the end of them all", async || (open(&server).await <= 1.0).then_some(())).await;
}

/// As the guide says.
const HEAD: Duration = Duration::from_secs(30);

/// How long a head may take that never ends, though something of it comes now and then.
async fn endless_head(address: &str) -> Duration {
    let mut stream = connect(address).await;
    stream.write_all(b"GET /health/live HTTP/1.1\r\nhost: invite.example\r\nx-more: ").await.unwrap();
    let (mut from, mut to) = stream.split();
    let start = Instant::now();
    let more = async {
        while to.write_all(b"a").await.is_ok() {
            poll::pass(Duration::from_millis(200)).await;
        }
    };
    let ended = async {
        let mut answer = Vec::new();
        tokio::select! {
            _ = from.read_to_end(&mut answer) => {}
            () = more => {}
        }
    };
    // Generously beyond it: this machine may be busy.
    assert!(tokio::time::timeout(HEAD + poll::DEADLINE, ended).await.is_ok(), "it is waited for without end");
    start.elapsed()
}

#[tokio::test]
async fn a_head_that_never_ends_is_not_waited_for() {
    let (bare, door) = (crate::support::server().await, started(&["--limit-idle", "10m"]).await);
    let taken = futures::future::join(endless_head(place(&bare)), endless_head(place(&door))).await;
    for taken in [taken.0, taken.1] {
        assert!(taken > HEAD / 2, "a slow client has time: {taken:?}");
    }
}

#[tokio::test]
async fn connections_beyond_the_bound_wait_until_one_ends() {
    let server = started_with("3", &["--limit-idle", "10m"]).await;
    // Whatever this test's own client has kept is given back first.
    poll::until("room", async || (open(&server).await == 0.0).then_some(())).await;
    let mut held = Vec::new();
    for _ in 0..3 {
        held.push(connect(place(&server)).await);
    }
    poll::until("all places taken", async || (open(&server).await == 3.0).then_some(())).await;
    let mut waiting = connect(place(&server)).await;
    waiting.write_all(PROBE).await.unwrap();
    assert_eq!(open(&server).await, 3.0);
    assert_eq!(Scrape::of(&server).await.get("invite_connections_max"), Some(3.0));
    let mut byte = [0];
    assert!(waiting.try_read(&mut byte).is_err(), "it is not answered");
    held.pop();
    let mut start = [0; ALIVE.len()];
    waiting.read_exact(&mut start).await.unwrap();
    assert_eq!(start, *ALIVE.as_bytes());
}

#[tokio::test]
async fn connections_of_one_client_beyond_its_share_are_closed() {
    let server = started(&["--limit-client-connections", "3", "--limit-idle", "10m"]).await;
    poll::until("room", async || (open(&server).await == 0.0).then_some(())).await;
    let mut held = Vec::new();
    for _ in 0..3 {
        let mut stream = connect(place(&server)).await;
        assert_eq!(asked(&mut stream, PROBE).await, ALIVE);
        held.push(stream);
    }
    assert_eq!(rest(&mut connect(place(&server)).await).await, "", "closed without a word");
    assert_eq!(Scrape::of(&server).await.get("invite_connections_refused_total"), Some(1.0));
    held.pop();
    poll::until("room again", async || (open(&server).await == 2.0).then_some(())).await;
    assert_eq!(asked(&mut connect(place(&server)).await, PROBE).await, ALIVE);
}

#[tokio::test]
async fn proxies_have_no_bound_of_their_own() {
    let server = started(&["--limit-client-connections", "1", "--proxies-trusted", "127.0.0.1"]).await;
    let mut held = Vec::new();
    for _ in 0..5 {
        let mut stream = connect(place(&server)).await;
        assert_eq!(asked(&mut stream, PROBE).await, ALIVE);
        held.push(stream);
    }
}

#[tokio::test]
async fn a_client_that_takes_nothing_is_left() {
    let server = started(&["--limit-idle", "1s"]).await;
    let mut stream = connect(place(&server)).await;
    // Far more than the system keeps between the two.
    let request = b"GET /openapi.json HTTP/1.1\r\nhost: invite.example\r\n\r\n";
    for _ in 0..250 {
        stream.write_all(request).await.unwrap();
    }
    poll::until("its answer begins", async || (open(&server).await >= 1.0).then_some(())).await;
    poll::until("its end", async || (open(&server).await == 0.0).then_some(())).await;
    assert!(rest(&mut stream).await.len() < 250 * 250_000);
}

#[tokio::test]
async fn a_body_beyond_its_limit_is_refused_without_being_read() {
    let server = started(&[]).await;
    let (name, value) = server.world.acme.credentials(Operation::MuninxInviteUser).remove(0);
    let head = |framing: &str| {
        format!(
            "POST /users HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n{name}: {value}\r\n{framing}\r\n\r\n"
        )
    };
    // Not one byte of what is announced has to be sent.
    let mut stream = connect(place(&server)).await;
    stream.write_all(head("content-length: 100000000000").as_bytes()).await.unwrap();
    assert!(rest(&mut stream).await.starts_with("HTTP/1.1 413 "));
    // Whoever announces nothing is cut off.
    let mut stream = connect(place(&server)).await;
    stream.write_all(head("transfer-encoding: chunked").as_bytes()).await.unwrap();
    let chunk = format!("10000\r\n{}\r\n", " ".repeat(0x10000));
    let mut sent = 0;
    while sent < 1000 && stream.write_all(chunk.as_bytes()).await.is_ok() {
        sent += 1;
    }
    assert!(sent < 1000, "the server has read {sent} chunks of 64 KiB");
}

#[tokio::test]
async fn what_is_refused_in_any_case_is_not_waited_for() {
    let server = started(&["--limit-arrival", "10m"]).await;
    let (name, value) = server.world.acme.credentials(Operation::MuninxInviteUser).remove(0);
    let known = format!("{name}: {value}\r\n");
    for (who, media, framing, status) in [
        ("", "application/json", "content-length: 9999999", 401),
        ("", "application/json", "content-length: 99", 401),
        ("", "application/json", "transfer-encoding: chunked", 401),
        ("", "application/json", "content-length: 99\r\nexpect: 100-continue", 401),
        (&known, "text/plain", "content-length: 99", 415),
        (&known, "text/plain", "content-length: 99\r\nexpect: 100-continue", 415),
        (&known, "application/json", "content-length: 99999\r\nexpect: 100-continue", 413),
        (&known, "application/json", "content-length: 99\r\nexpect: 100-continue", 100),
    ] {
        let request = format!("POST /users HTTP/1.1\r\nhost: x\r\n{who}content-type: {media}\r\n{framing}\r\n\r\n");
        let mut stream = connect(place(&server)).await;
        let answer = tokio::time::timeout(poll::DEADLINE, asked(&mut stream, request.as_bytes())).await;
        assert_eq!(answer.as_deref(), Ok(&*format!("HTTP/1.1 {status} ")), "{media}, {framing}");
    }
}
