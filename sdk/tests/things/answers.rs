//! Answers of an operation whose bodies differ in type and media type, and what a call may add to its request.

use std::error::Error as _;

use crate::errors::GetThingError;
use crate::peer::{Peer, answer, header, typed};
use crate::{Client, ErrorKind};

fn client(url: &str) -> Client {
    Client::builder(url).basic("key", "secret").build().unwrap()
}

/// Valid as either error of `get_thing`, so that only the status can tell which it is.
const EITHER: &str = r#"{"since": "2026-11-22T14:10:49Z", "reason": "lost", "title": "gone"}"#;

#[tokio::test]
async fn probe_two_different_error_bodies_are_typed_by_status() {
    for media_type in ["application/problem+json", "application/vnd.things.gone+json", "application/json"] {
        let peer = Peer::answering(typed("404 Not Found", media_type, EITHER)).await;
        let error = client(&peer.url).get_thing(1).await.unwrap_err().into_operation_error().unwrap();
        assert!(matches!(&error, GetThingError::NotFound(problem) if problem.title.as_deref() == Some("gone")));
        let peer = Peer::answering(typed("410 Gone", media_type, EITHER)).await;
        let error = client(&peer.url).get_thing(1).await.unwrap_err().into_operation_error().unwrap();
        assert!(matches!(&error, GetThingError::Gone(gone) if gone.reason.as_str() == "lost"), "{error:?}");
    }
}

#[tokio::test]
async fn every_declared_media_type_is_accepted_and_decoded() {
    let peer = Peer::answering(typed("200 OK", "application/vnd.things+json; charset=utf-8", r#"{"name": "a"}"#)).await;
    assert_eq!(client(&peer.url).get_thing(1).await.unwrap().name, "a");
    assert_eq!(
        header(&peer.request(), "accept").unwrap(),
        "application/problem+json, application/vnd.things+json, application/vnd.things.gone+json"
    );
}

#[tokio::test]
async fn a_declared_error_without_or_with_a_foreign_body_keeps_everything() {
    let html = "<html>gone</html>";
    for (bytes, body, reason) in [
        (answer("410 Gone", &[("via", "gateway")], ""), "", "the body is empty"),
        (answer("410 Gone", &[("via", "gateway"), ("content-type", "text/html")], html), html, "the body is not JSON"),
    ] {
        let peer = Peer::answering(bytes).await;
        let error = client(&peer.url).get_thing(1).await.unwrap_err();
        assert_eq!((error.kind(), error.status().unwrap().as_u16()), (ErrorKind::Unreadable, 410));
        assert_eq!(error.headers().unwrap()["via"], "gateway");
        assert_eq!(error.body().unwrap(), body.as_bytes());
        assert_eq!(error.source().unwrap().to_string(), reason);
    }
}

#[tokio::test]
async fn a_status_that_another_operation_declares_is_undeclared_here() {
    let peer = Peer::answering(typed("410 Gone", "application/problem+json", EITHER)).await;
    let error = client(&peer.url).paint_thing("1").await.unwrap_err();
    assert_eq!((error.kind(), error.status().unwrap().as_u16()), (ErrorKind::Undeclared, 410));
    assert_eq!(error.body().unwrap(), EITHER.as_bytes());
}

#[tokio::test]
async fn a_call_sends_headers_of_its_own() {
    let peer = Peer::answering(answer("204 No Content", &[], "")).await;
    let call = client(&peer.url).paint_thing("1").header("x-trace", "1").header("user-agent", "me");
    let response = call.header("X-Request-Id", "mine").await.unwrap();
    let request = peer.request();
    assert_eq!(header(&request, "x-trace").unwrap(), "1");
    assert_eq!(header(&request, "user-agent").unwrap(), "me");
    assert_eq!((header(&request, "x-request-id").unwrap().as_str(), response.request_id()), ("mine", "mine"));
}

#[tokio::test]
async fn headers_that_cannot_be_sent_are_refused_before_anything_is() {
    let peer = Peer::answering(answer("204 No Content", &[], "")).await;
    let client = client(&peer.url);
    for (name, value) in [
        ("content-length", "0"),
        ("Host", "elsewhere.example"),
        ("transfer-encoding", "chunked"),
        ("x", "canary\r\ny: 1"),
        ("a b", "1"),
    ] {
        let error = client.paint_thing("1").header(name, value).await.unwrap_err();
        assert_eq!((error.kind(), error.attempts()), (ErrorKind::InvalidInput, 0), "{name}");
        assert!(!error.source().unwrap().to_string().contains("canary"), "{error:?}");
    }
    assert!(peer.requests().is_empty());
}

#[tokio::test]
#[expect(deprecated, reason = "a parameter that the document deprecates, named like a method of every call")]
async fn a_parameter_may_be_named_like_a_method_of_calls() {
    let peer = Peer::answering(typed("200 OK", "application/json", r#"{"name": "a"}"#)).await;
    let thing = crate::types::NewThing::builder().name("a").kind("big");
    client(&peer.url).create_thing(1, thing).timeout_(7).dry_run(true).await.unwrap();
    assert!(peer.request().starts_with("POST /things/1?dry-run=true&timeout=7 "), "{}", peer.request());
}

#[tokio::test]
async fn an_answer_to_head_needs_no_body() {
    let turn = || crate::types::Turn::try_from(90).unwrap();
    let peer = Peer::answering(typed("200 OK", "application/json", "")).await;
    client(&peer.url).peek_turn(turn(), "1234".into()).await.unwrap();
    let peer = Peer::answering(typed("404 Not Found", "application/json", "")).await;
    let error = client(&peer.url).peek_turn(turn(), "1234".into()).await.unwrap_err();
    assert_eq!((error.kind(), error.status().unwrap().as_u16()), (ErrorKind::Operation, 404));
}

#[tokio::test]
async fn bytes_of_an_error_are_not_shown() {
    let turn = || crate::types::Turn::try_from(90).unwrap();
    for (status, shown) in
        [("418 I'm a teapot", "Default(418, 10 bytes)"), ("502 Bad Gateway", "ServerError(502, 10 bytes)")]
    {
        let peer = Peer::answering(typed(status, "text/plain", "canary-418")).await;
        let error = client(&peer.url).get_turn(turn(), "1234".into(), turn()).await.unwrap_err();
        assert!(!format!("{error:?} {error:#?}").contains("canary"), "{error:?}");
        assert_eq!(format!("{:?}", error.operation_error().unwrap()), shown);
        assert_eq!(error.body().unwrap(), b"canary-418");
    }
}
