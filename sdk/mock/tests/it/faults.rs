//! Faults, as a peer on the socket sees them.

use std::io::ErrorKind;
use std::time::Duration;

use invite_mock::{Fault, Mock, MockServer};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

const REQUEST: &[u8] = b"GET /health/live HTTP/1.1\r\nhost: x\r\n\r\n";

/// What arrives until the connection ends, and how it ends.
async fn receive(fault: Fault) -> (Vec<u8>, Option<ErrorKind>) {
    let mock = MockServer::start().await.unwrap();
    mock.liveness(|when| when).fault(fault).mount().unwrap();
    let mut stream = TcpStream::connect(mock.address()).await.unwrap();
    stream.write_all(REQUEST).await.unwrap();
    let mut received = Vec::new();
    let end = stream.read_to_end(&mut received).await;
    (received, end.err().map(|error| error.kind()))
}

fn split(received: &[u8]) -> (String, String) {
    let text = String::from_utf8(received.to_vec()).unwrap();
    let (head, body) = text.split_once("\r\n\r\n").unwrap();
    (head.to_owned(), body.to_owned())
}

#[tokio::test]
async fn nothing_arrives_before_a_reset_or_an_end() {
    assert_eq!(receive(Fault::ResetBeforeAnswer).await, (vec![], Some(ErrorKind::ConnectionReset)));
    assert_eq!(receive(Fault::CloseBeforeAnswer).await, (vec![], None));
}

#[tokio::test]
async fn a_body_is_cut_where_the_script_says() {
    let (received, end) = receive(Fault::TruncateBody { after: 5 }).await;
    let (head, body) = split(&received);
    assert!(head.starts_with("HTTP/1.1 200 OK\r\n") && head.contains("content-length: 15"), "{head}");
    assert_eq!((body.as_str(), end), (r#"{"sta"#, None));
    let (received, end) = receive(Fault::ResetBody { after: 3 }).await;
    assert_eq!((split(&received).1.as_str(), end), (r#"{"s"#, Some(ErrorKind::ConnectionReset)));
}

/// The test would be green whatever the program does with broken bodies.
#[test]
fn a_fault_behind_the_end_of_the_body_is_refused() {
    let mock = Mock::new();
    for fault in [Fault::TruncateBody { after: 15 }, Fault::ResetBody { after: 15 }, Fault::HangBody { after: 16 }] {
        let error = mock.liveness(|when| when).fault(fault.clone()).mount().unwrap_err();
        assert!(error.to_string().contains("changes nothing about a body of 15 bytes"), "{fault:?}: {error}");
    }
    for fault in [Fault::TruncateBody { after: 0 }, Fault::SlowBody { bytes: 1, every: Duration::ZERO }] {
        let error = mock.delete_session(|when| when).fault(fault.clone()).mount();
        assert!(error.is_err(), "{fault:?} of an answer without a body");
    }
    mock.liveness(|when| when).fault(Fault::TruncateBody { after: 14 }).mount().unwrap();
    mock.delete_session(|when| when).fault(Fault::Hang).mount().unwrap();
}

#[tokio::test]
async fn a_slow_body_arrives_whole() {
    let (received, end) = receive(Fault::SlowBody { bytes: 4, every: Duration::from_millis(1) }).await;
    assert_eq!((split(&received).1.as_str(), end), (r#"{"status":"ok"}"#, None));
}

#[tokio::test]
async fn garbage_is_no_http() {
    let (received, _) = receive(Fault::GarbageInsteadOfHttp).await;
    assert!(!received.is_empty() && !received.starts_with(b"HTTP/"));
}

#[tokio::test]
async fn silence_lasts_until_the_client_leaves() {
    for (fault, expected) in [(Fault::Hang, ""), (Fault::HangBody { after: 2 }, "{\"")] {
        let mock = MockServer::start().await.unwrap();
        mock.liveness(|when| when).fault(fault).mount().unwrap();
        let mut stream = TcpStream::connect(mock.address()).await.unwrap();
        stream.write_all(REQUEST).await.unwrap();
        let mut received = vec![0; 1024];
        if !expected.is_empty() {
            let count = stream.read(&mut received).await.unwrap();
            assert!(String::from_utf8_lossy(&received[..count]).ends_with(expected));
        }
        // The mock has the request and holds its side open: only when this side ends does the other.
        stream.shutdown().await.unwrap();
        assert_eq!(stream.read(&mut received).await.unwrap(), 0);
        assert_eq!(mock.requests().len(), 1);
    }
}

#[tokio::test]
async fn the_next_connection_is_not_affected() {
    let mock = MockServer::start().await.unwrap();
    mock.liveness(|when| when).fault(Fault::ResetBeforeAnswer).example(200).mount().unwrap();
    let client = reqwest::Client::new();
    let url = format!("{}/health/live", mock.base_url());
    assert!(client.get(&url).send().await.is_err());
    assert_eq!(client.get(&url).send().await.unwrap().status(), 200);
}
