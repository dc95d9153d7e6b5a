//! Requests that no client library sends: bytes over a socket.

use contract_tests::server::Server;
use invite_api::security::Operation;
use serde_json::json;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::support::{count, muninx_customer, server};

#[tokio::test]
async fn a_chunked_body_has_the_same_limit_and_the_same_meaning() {
    let server = server().await;
    let body = muninx_customer("chunked@customer.example").to_string();
    let (start, end) = body.split_at(10);
    let chunks = format!("{:x}\r\n{start}\r\n{:x};ext=1\r\n{end}\r\n0\r\n\r\n", start.len(), end.len());
    let head = head(&server, "transfer-encoding: chunked");
    assert!(exchange(&server, &format!("{head}{chunks}")).await.starts_with("HTTP/1.1 200 "));
    let long = " ".repeat(1000);
    let flood: String = (0..66).map(|_| format!("3e8\r\n{long}\r\n")).collect();
    let answer = exchange(&server, &format!("{head}{flood}0\r\n\r\n")).await;
    assert!(answer.starts_with("HTTP/1.1 413 ") && answer.contains("application/problem+json"), "{answer}");
}

#[tokio::test]
async fn a_body_that_breaks_off_changes_nothing() {
    let server = server().await;
    let body = muninx_customer("cut@customer.example").to_string();
    let request = format!("{}{body}", head(&server, &format!("content-length: {}", body.len() + 1)));
    let mut stream = connect(&server).await;
    stream.write_all(request.as_bytes()).await.unwrap();
    stream.shutdown().await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    assert!(!answer.starts_with("HTTP/1.1 2"), "{answer}");
    let next = server.post(Operation::MuninxInviteUser, &[], &muninx_customer("next@customer.example")).await;
    assert_eq!(next.status, 200, "the server goes on");
    assert_eq!(count(&server, "SELECT count(*) FROM users WHERE email LIKE 'cut@%'").await, 0);
}

#[tokio::test]
async fn a_sender_that_asks_first_is_told_to_go_on() {
    let server = server().await;
    let body = muninx_customer("asked@customer.example").to_string();
    let head = head(&server, &format!("expect: 100-continue\r\ncontent-length: {}", body.len()));
    let mut stream = connect(&server).await;
    stream.write_all(head.as_bytes()).await.unwrap();
    let mut interim = [0; 25];
    stream.read_exact(&mut interim).await.unwrap();
    assert_eq!(&interim, b"HTTP/1.1 100 Continue\r\n\r\n");
    stream.write_all(body.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
}

#[tokio::test]
async fn what_somebody_on_the_way_could_read_otherwise_is_refused() {
    let server = server().await;
    let body = muninx_customer("twice@customer.example").to_string();
    let length = format!("content-length: {}", body.len());
    for (more, status) in [
        ("content-encoding: gzip", 415),
        ("content-encoding: identity\r\ncontent-encoding: br", 415),
        ("idempotency-key: one\r\nidempotency-key: other", 400),
        ("content-encoding: identity\r\nidempotency-key: one", 200),
    ] {
        let answer = exchange(&server, &format!("{}{body}", head(&server, &format!("{length}\r\n{more}")))).await;
        assert!(answer.starts_with(&format!("HTTP/1.1 {status} ")), "{more}: {answer}");
    }
    let headers = server.world.acme.credentials(Operation::ListInvitations);
    let answer = server.send("GET", "/invitations?limit=1&limit=2", &headers, None).await;
    assert_eq!(
        (answer.status, &answer.json()["errors"][0]["pointer"]),
        (400, &json!("/query/limit")),
        "{}",
        answer.text()
    );
}

#[tokio::test]
async fn what_is_no_operation_is_404_or_405_and_says_nothing_of_the_server() {
    let server = server().await;
    let cases =
        [("GET", "/nowhere", 404), ("DELETE", "/users", 405), ("PUT", "/activations", 405), ("GET", "/sessions", 405)];
    for (method, path, wanted) in cases {
        let answer = server.send(method, path, &[], None).await;
        assert_eq!(answer.status, wanted, "{method} {path}");
        assert_eq!(answer.header("content-type"), Some("application/json"), "{method} {path}");
        assert_eq!(answer.headers.contains_key("allow"), wanted == 405, "{method} {path}");
        assert!(answer.header("server").is_none() && answer.header("x-powered-by").is_none());
        assert!(answer.json()["message"].is_string(), "{}", answer.text());
    }
}

#[tokio::test]
async fn what_is_no_http_is_refused_without_a_body() {
    let server = server().await;
    let (long, many) = ("a".repeat(70_000), "x-one: more\r\n".repeat(200));
    for (request, status) in [
        ("BREW\r\n\r\n".to_owned(), 400),
        ("GET / HTTP/1.1\r\nno header\r\n\r\n".to_owned(), 400),
        (format!("GET /{long} HTTP/1.1\r\n\r\n"), 414),
        (format!("GET / HTTP/1.1\r\n{many}\r\n"), 431),
    ] {
        let answer = exchange(&server, &request).await;
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        assert!(head.starts_with(&format!("HTTP/1.1 {status} ")), "{head}");
        assert!(body.is_empty(), "{status}: {body}");
    }
}

/// An invite up to the end of its headers.
fn head(server: &Server, framing: &str) -> String {
    let (name, value) = server.world.acme.credentials(Operation::MuninxInviteUser).remove(0);
    let host = server.world.base_url.trim_start_matches("http://");
    format!(
        "POST /users HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\ncontent-type: application/json\r\n{name}: {value}\r\n{framing}\r\n\r\n"
    )
}

async fn connect(server: &Server) -> TcpStream {
    TcpStream::connect(server.world.base_url.trim_start_matches("http://")).await.unwrap()
}

pub(crate) async fn exchange(server: &Server, request: &str) -> String {
    let mut stream = connect(server).await;
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    answer
}
