//! Connections: those that say nothing cost others nothing, there are no more than configured, and TLS is spoken.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use contract_tests::poll;
use contract_tests::server::{Process, Server};
use contract_tests::smtp::certificate;
use invite_api::security::Operation;
use reqwest::Certificate;
use serde_json::Value;
use tempfile::TempDir;
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

/// A server that shows a certificate for `localhost`: its process, its address, and the folder with the files.
async fn by_tls(folder: &TempDir, more: &[&str]) -> (Process, String) {
    let [shown, key] = certificate(folder.path());
    let process = serve(folder, &shown, &key, more);
    let address = poll::until("the address in the log", async || {
        let output = process.output();
        let mut lines = output.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
        lines.find(|line| line["message"] == "ready")?["listen"].as_str().map(str::to_owned)
    })
    .await;
    (process, address.replace("127.0.0.1", "localhost"))
}

fn serve(folder: &TempDir, shown: &Path, key: &Path, more: &[&str]) -> Process {
    let data = folder.path().join("data").display().to_string();
    let (shown, key) = (shown.display().to_string(), key.display().to_string());
    let place = ["serve", "--listen", "127.0.0.1:0", "--public-url", "https://localhost", "--data-dir", &data];
    let tls = ["--tls-certificate", &shown, "--tls-key", &key, "--log-format", "json"];
    Process::start(PROGRAM, folder.path(), &[&place[..], &tls, more].concat())
}

#[tokio::test]
async fn clients_that_trust_the_certificate_are_served_by_tls_and_nobody_without() {
    let folder = TempDir::new().unwrap();
    let (_process, address) = by_tls(&folder, &["--limit-idle", "1s"]).await;
    let authority = Certificate::from_pem(&std::fs::read(folder.path().join("ca.pem")).unwrap()).unwrap();
    let url = format!("https://{address}/health/live");
    let trusting = reqwest::Client::builder().tls_certs_only([authority]).build().unwrap();
    let answer = trusting.get(&url).send().await.unwrap();
    assert_eq!((answer.status(), answer.version()), (200.try_into().unwrap(), reqwest::Version::HTTP_11));
    assert_eq!(answer.headers()["strict-transport-security"], "max-age=31536000");
    let error = reqwest::get(&url).await.unwrap_err();
    assert!(error.is_connect(), "{error:?}");
    let plain = reqwest::get(url.replace("https:", "http:")).await;
    assert!(plain.is_err(), "{plain:?}");
    // A greeting that does not come is not waited for.
    rest(&mut connect(&address).await).await;
    assert_eq!(trusting.get(&url).send().await.unwrap().status(), 200);
}

#[tokio::test]
async fn a_certificate_and_a_key_that_do_not_go_together_are_told_before_anything_starts() {
    let (folder, other) = (TempDir::new().unwrap(), TempDir::new().unwrap());
    let [shown, key] = certificate(folder.path());
    let [_, strange] = certificate(other.path());
    let nowhere = PathBuf::from("nowhere.pem");
    for (shown, key, words) in [
        (&shown, &strange, "certificate and key do not go together"),
        (&shown, &nowhere, "nowhere.pem holds no private key"),
        (&key, &key, "key.pem holds no certificate"),
        (&shown, &shown, "certificate.pem holds no private key"),
    ] {
        let mut process = serve(&folder, shown, key, &[]);
        assert_eq!(process.ended().await.code(), Some(2));
        assert!(process.output().contains(words), "{}", process.output());
        assert!(!folder.path().join("data").exists(), "nothing was made");
    }
}
