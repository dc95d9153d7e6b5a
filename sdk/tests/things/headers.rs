//! Headers that the document has a parameter for.
#![expect(deprecated, reason = "what the document deprecates is still sent as it says")]

use chrono::{DateTime, Utc};

use crate::Client;
use crate::peer::{Peer, answer, header};
use crate::types::{Size, Turn};

fn time() -> DateTime<Utc> {
    "2026-11-29T20:27:13Z".parse().unwrap()
}

#[tokio::test]
async fn a_request_id_of_the_document_is_the_callers_in_header_and_error() {
    let peer = Peer::answering(answer("503 Service Unavailable", &[], "")).await;
    let client = Client::builder(&peer.url).build().unwrap();
    let error = client.break_scales("1").x_request_id("mine-1").await.unwrap_err();
    assert_eq!(header(&peer.request(), "x-request-id").as_deref(), Some("mine-1"));
    assert_eq!(error.request_id(), "mine-1");
}

#[tokio::test]
async fn a_header_of_the_call_comes_before_the_parameter() {
    let peer = Peer::answering(answer("204 No Content", &[], "")).await;
    let client = Client::builder(&peer.url).build().unwrap();
    client.break_scales("1").x_request_id("mine-1").header("x-request-id", "mine-2").await.unwrap();
    assert_eq!(header(&peer.request(), "x-request-id").as_deref(), Some("mine-2"));
}

#[tokio::test]
async fn times_in_headers_are_those_of_rfc_3339() {
    let peer = Peer::answering(answer("204 No Content", &[], "")).await;
    let client = Client::builder(&peer.url).build().unwrap();
    client.break_scales("1").x_since(time()).x_days(vec![time(), time()]).await.unwrap();
    let request = peer.request();
    assert_eq!(header(&request, "x-since").as_deref(), Some("2026-11-29T20:27:13Z"));
    assert_eq!(header(&request, "x-days").as_deref(), Some("2026-11-29T20:27:13Z,2026-11-29T20:27:13Z"));
}

#[tokio::test]
async fn a_length_of_a_body_that_is_not_sent_is_not_too_large() {
    let head = "HTTP/1.1 204 No Content\r\nconnection: close\r\ncontent-length: 99999999\r\n\r\n";
    let peer = Peer::answering(head.as_bytes().to_vec()).await;
    let client = Client::builder(&peer.url).max_response_bytes(1000).build().unwrap();
    client.break_scales("1").await.unwrap();
}

#[tokio::test]
async fn named_types_are_sent_as_in_json() {
    let peer = Peer::answering(answer("204 No Content", &[], "")).await;
    let client = Client::builder(&peer.url).build().unwrap();
    let turn = || Turn::try_from(90).unwrap();
    client.get_turn(turn(), "canary pin".into(), turn()).x_pin("1234".into()).x_size(Size(Some(3))).await.unwrap();
    let request = peer.request();
    assert!(request.starts_with("GET /turns/90/canary%20pin "), "{request}");
    for (name, value) in [("x-turn", "90"), ("x-pin", "1234"), ("x-size", "3")] {
        assert_eq!(header(&request, name).as_deref(), Some(value), "{name}");
    }
}
