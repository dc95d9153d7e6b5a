//! Traces: a collector gets a span for each request, which goes on with the caller's trace and holds nothing that was sent.

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use contract_tests::http::{self, Payload, Recorded};
use contract_tests::poll;
use contract_tests::server::Server;
use invite_api::security::Operation;
use tokio::io::AsyncWriteExt as _;
use tokio::net::{TcpListener, TcpStream};

use crate::metrics::Scrape;
use crate::support::{PROGRAM, muninx_customer};

/// What a collector was sent.
type Sent = Arc<Mutex<Vec<Recorded>>>;

/// A collector that says yes to everything; its URL and what it gets.
async fn collector() -> (String, Sent) {
    collector_that_answers("200 OK").await
}

async fn collector_that_answers(status: &'static str) -> (String, Sent) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let sent = Sent::default();
    let store = Arc::clone(&sent);
    tokio::spawn(async move {
        loop {
            let (stream, _) = listener.accept().await.unwrap();
            tokio::spawn(take(stream, Arc::clone(&store), status));
        }
    });
    (url, sent)
}

async fn take(mut stream: TcpStream, store: Sent, status: &str) {
    while let Some(request) = http::read(&mut stream).await {
        store.lock().unwrap().push(request);
        let answer = format!("HTTP/1.1 {status}\r\ncontent-type: application/x-protobuf\r\ncontent-length: 0\r\n\r\n");
        stream.write_all(answer.as_bytes()).await.unwrap();
    }
}

fn holds(body: &[u8], part: &[u8]) -> bool {
    body.windows(part.len()).any(|window| window == part)
}

#[tokio::test]
async fn a_collector_gets_a_span_for_each_request_and_nothing_that_was_sent() {
    let (url, sent) = collector().await;
    let mut server = Server::start(PROGRAM, &["--traces-endpoint", &url]).await;
    let mut headers = server.world.acme.credentials(Operation::MuninxInviteUser);
    let secret = headers[0].1.clone();
    headers.push(("traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01".to_owned()));
    let body = Payload::json(&muninx_customer("traced@customer.example"));
    let answer = server.call(Operation::MuninxInviteUser, &[], &headers, Some(&body)).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    let token = server.world.acme.signup_token().to_owned();
    assert_eq!(server.call(Operation::UnleashValidateSignupToken, &[&token], &[], None).await.status, 200);
    server.ask_to_stop();
    assert_eq!(server.ended().await.code(), Some(0), "{}", server.output());

    let requests =
        poll::until("the spans", async || Some(sent.lock().unwrap().clone()).filter(|sent| !sent.is_empty())).await;
    for request in &requests {
        assert_eq!((request.method.as_str(), request.target.as_str()), ("POST", "/v1/traces"));
    }
    let all: Vec<u8> = requests.into_iter().flat_map(|request| request.body).collect();
    let id = answer.header("x-request-id").unwrap();
    for part in ["invite-server", "POST /users", "muninx_invite_user", "http.response.status_code", id] {
        assert!(holds(&all, part.as_bytes()), "{part} is missing");
    }
    assert!(holds(&all, b"GET /invite/{token}/validate"), "the template, not the path");
    let trace = u128::from_str_radix("0af7651916cd43dd8448eb211c80319c", 16).unwrap().to_be_bytes();
    let parent = u64::from_str_radix("b7ad6b7169203331", 16).unwrap().to_be_bytes();
    assert!(holds(&all, &trace) && holds(&all, &parent), "the caller's trace goes on");
    let bare = secret.rsplit(' ').next().unwrap();
    for part in [bare, token.as_str(), "traced@customer.example"] {
        assert!(!holds(&all, part.as_bytes()), "{part} is in a span");
    }
}

#[tokio::test]
async fn the_path_for_traces_may_stand_in_the_endpoint_or_not() {
    for path in ["", "/", "/v1/traces", "/v1/traces/", "/base", "/base/v1/traces"] {
        let (url, sent) = collector().await;
        let mut server = Server::start(PROGRAM, &["--traces-endpoint", &format!("{url}{path}")]).await;
        assert_eq!(server.call(Operation::Liveness, &[], &[], None).await.status, 200);
        server.ask_to_stop();
        assert_eq!(server.ended().await.code(), Some(0), "{}", server.output());
        let target = sent.lock().unwrap().first().map(|request| request.target.clone());
        let base = if path.starts_with("/base") { "/base" } else { "" };
        assert_eq!(target, Some(format!("{base}/v1/traces")), "{path}");
    }
}

/// How many spans go out at once.
const BATCH: usize = 512;

#[tokio::test]
async fn spans_that_a_collector_does_not_take_are_told_once_in_a_while_and_counted() {
    let closed = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let (refusing, _) = collector_that_answers("404 Not Found").await;
    for (url, cause) in [(refusing, "404"), (format!("http://{closed}"), "network error")] {
        let server = Server::start(PROGRAM, &["--metrics-listen", "127.0.0.1:0", "--traces-endpoint", &url]).await;
        let lost = async || Scrape::of(&server).await.get("invite_trace_spans_lost_total").unwrap_or_default();
        for batch in 1..=2 {
            for _ in 0..BATCH {
                assert_eq!(server.call(Operation::Liveness, &[], &[], None).await.status, 200);
            }
            poll::until("the loss", async || (lost().await >= (batch * BATCH) as f64).then_some(())).await;
        }
        let output = server.output();
        let told: Vec<&str> = output.lines().filter(|line| line.contains("spans were not taken")).collect();
        assert_eq!(told.len(), 1, "{output}");
        let line: serde_json::Value = serde_json::from_str(told[0]).unwrap();
        assert_eq!((&line["level"], &line["endpoint"]), (&"WARN".into(), &format!("{url}/v1/traces").into()));
        assert!(line["error"].as_str().is_some_and(|error| error.contains(cause)), "{line}");
    }
}

#[tokio::test]
async fn a_collector_that_is_away_holds_up_nobody() {
    let closed = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let mut server =
        Server::start(PROGRAM, &["--traces-endpoint", &format!("http://{closed}"), "--traces-share", "0.5"]).await;
    for _ in 0..50 {
        assert_eq!(server.call(Operation::Liveness, &[], &[], None).await.status, 200);
    }
    server.ask_to_stop();
    assert_eq!(server.ended().await.code(), Some(0), "{}", server.output());
}

/// What a stop may take beyond its settings (server/README.md, "Start and stop").
const BEYOND: Duration = Duration::from_secs(17);

#[tokio::test]
async fn a_collector_that_never_answers_holds_up_no_request_and_no_stop() {
    let mute = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", mute.local_addr().unwrap());
    let stop = ["--shutdown-notice", "0s", "--shutdown-deadline", "1s"];
    let mut server = Server::start(PROGRAM, &[&["--traces-endpoint", &url], &stop[..]].concat()).await;
    for _ in 0..50 {
        assert_eq!(server.call(Operation::Liveness, &[], &[], None).await.status, 200);
    }
    let asked = Instant::now();
    server.ask_to_stop();
    let _held = mute.accept().await.unwrap();
    assert_eq!(server.ended().await.code(), Some(0), "{}", server.output());
    let bound = 2 * Duration::from_secs(1) + BEYOND;
    assert!(asked.elapsed() < bound, "the stop took {:?}", asked.elapsed());
    assert!(server.output().contains("the last spans were not sent"), "{}", server.output());
}
