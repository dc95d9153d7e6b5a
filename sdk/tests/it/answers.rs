//! What the client makes of answers: documented, vendors' own, foreign, cut short.

use std::error::Error as _;
use std::time::Duration;

use invite_sdk::errors::{MuninxInviteUserError, UnleashSignupError};
use invite_sdk::{Client, ErrorKind};

use crate::calls::{client, everything, kare_invitee, muninx_user, nexus_member, unleash_account};
use crate::peer::{Peer, answer, typed};

const HTML: &str = "<html><body>502 Bad Gateway</body></html>";

#[tokio::test]
async fn a_success_is_the_documented_type_with_status_headers_and_request_id() {
    let peer = Peer::answering(answer(
        "200 OK",
        &[("content-type", "application/json; charset=utf-8"), ("x-request-id", "server-1")],
        "\"sent\"",
    ))
    .await;
    let response = client(&peer.url).muninx_invite_user(muninx_user()).await.unwrap();
    assert_eq!(response.status(), 200);
    assert_eq!(response.request_id(), "server-1");
    assert_eq!(response.headers()["content-type"], "application/json; charset=utf-8");
    assert_eq!(response.into_inner().to_string(), "sent");
}

#[tokio::test]
async fn an_empty_success_is_one() {
    let peer = Peer::answering(answer("204 No Content", &[], "")).await;
    client(&peer.url).nexus_invite_organization_member(7, nexus_member()).await.unwrap();
}

#[tokio::test]
async fn a_documented_error_is_typed_by_its_status_and_keeps_extension_members() {
    let body = r#"{"title": "taken", "status": 409, "field": "email", "trace": {"deep": 1}}"#;
    // Vendors send problems as plain JSON too.
    for media_type in ["application/problem+json", "application/json"] {
        let peer = Peer::answering(typed("409 Conflict", media_type, body)).await;
        let error = client(&peer.url).muninx_invite_user(muninx_user()).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Operation);
        assert_eq!(error.status().unwrap(), 409);
        assert_eq!(error.body().unwrap(), body.as_bytes());
        let Some(MuninxInviteUserError::Conflict(problem)) = error.operation_error() else { panic!("{error:?}") };
        assert_eq!(problem.title.as_deref(), Some("taken"));
        assert_eq!(problem.extra["trace"]["deep"], 1);
        assert!(error.to_string().starts_with("`muninx_invite_user` was answered 409 Conflict (request "), "{error}");
        assert_eq!(error.into_operation_error().unwrap().status(), 409);
    }
}

#[tokio::test]
async fn two_statuses_with_the_same_body_stay_apart() {
    let body = r#"{"id": "1", "name": "NameExistsError", "message": "m"}"#;
    for (status, code) in [("400 Bad Request", 400), ("409 Conflict", 409)] {
        let peer = Peer::answering(typed(status, "application/json", body)).await;
        let error = client(&peer.url).unleash_signup("t", unleash_account()).await.unwrap_err();
        let typed = error.into_operation_error().unwrap();
        assert_eq!(typed.status(), code);
        assert_eq!(matches!(typed, UnleashSignupError::Conflict(_)), code == 409);
    }
}

#[tokio::test]
async fn an_undeclared_status_keeps_status_headers_and_bytes() {
    let peer =
        Peer::answering(answer("502 Bad Gateway", &[("content-type", "text/html"), ("via", "gateway")], HTML)).await;
    let error = client(&peer.url).muninx_invite_user(muninx_user()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Undeclared);
    assert_eq!(error.status().unwrap(), 502);
    assert_eq!(error.headers().unwrap()["via"], "gateway");
    assert_eq!(error.body().unwrap(), HTML.as_bytes());
    assert!(error.operation_error().is_none());
    assert!(!format!("{error} {error:?}").contains("html"), "{error:?}");
}

#[tokio::test]
async fn a_401_without_a_body_is_an_error_value() {
    let peer = Peer::answering(answer("401 Unauthorized", &[("www-authenticate", "Bearer")], "")).await;
    let error = client(&peer.url).kare_invite_user_organization(kare_invitee()).await.unwrap_err();
    assert_eq!((error.kind(), error.status().unwrap().as_u16()), (ErrorKind::Unreadable, 401));
    assert_eq!(error.headers().unwrap()["www-authenticate"], "Bearer");
}

#[tokio::test]
async fn a_success_in_a_foreign_media_type_is_unreadable_and_kept() {
    let peer = Peer::answering(typed("200 OK", "text/html", HTML)).await;
    let error = client(&peer.url).muninx_invite_user(muninx_user()).await.unwrap_err();
    assert_eq!((error.kind(), error.status().unwrap().as_u16()), (ErrorKind::Unreadable, 200));
    assert_eq!(error.body().unwrap(), HTML.as_bytes());
    assert_eq!(error.source().unwrap().to_string(), "the body is not JSON");
}

#[tokio::test]
async fn json_of_another_type_is_unreadable_and_says_where() {
    let peer = Peer::answering(typed("200 OK", "application/json", r#"{"id": "canary"}"#)).await;
    let error = client(&peer.url).unleash_signup("t", unleash_account()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unreadable);
    let source = error.source().unwrap().to_string();
    assert!(source.contains("data error at `id`, line 1") && !source.contains("canary"), "{source}");
}

#[tokio::test]
async fn an_answer_larger_than_the_limit_is_not_read() {
    let announced = typed("200 OK", "application/json", &format!("\"{}\"", "x".repeat(100)));
    let mut chunked =
        b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n".to_vec();
    for _ in 0..10 {
        chunked.extend_from_slice(b"a\r\nxxxxxxxxxx\r\n");
    }
    chunked.extend_from_slice(b"0\r\n\r\n");
    for bytes in [announced, chunked] {
        let peer = Peer::answering(bytes).await;
        let client = everything(&peer.url).max_response_bytes(64).build().unwrap();
        let error = client.muninx_invite_user(muninx_user()).await.unwrap_err();
        assert_eq!((error.kind(), error.status().unwrap().as_u16()), (ErrorKind::TooLarge, 200));
        assert!(error.body().unwrap().len() <= 64);
    }
}

#[tokio::test]
async fn an_answer_cut_short_is_an_error_that_keeps_what_came() {
    let peer = Peer::answering(
        b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 99\r\n\r\n\"sent".to_vec(),
    )
    .await;
    let error = client(&peer.url).muninx_invite_user(muninx_user()).await.unwrap_err();
    assert_eq!((error.kind(), error.status().unwrap().as_u16()), (ErrorKind::Transport, 200));
    assert_eq!(error.body().unwrap(), b"\"sent");
}

#[tokio::test]
async fn time_limits_of_client_and_call_hold() {
    let peer = Peer::silent().await;
    let short = Duration::from_millis(50);
    let by_client = everything(&peer.url).timeout(short).build().unwrap().liveness().await.unwrap_err();
    let by_call = client(&peer.url).liveness().timeout(short).await.unwrap_err();
    for error in [by_client, by_call] {
        assert!(error.is_timeout() && error.kind() == ErrorKind::Timeout && error.status().is_none(), "{error:?}");
    }
}

#[tokio::test]
async fn a_server_that_is_not_there_is_a_connect_error() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    let error = Client::builder(url).build().unwrap().liveness().retries(0).await.unwrap_err();
    assert!(error.is_connect() && error.attempts() == 1, "{error:?}");
    assert!(error.to_string().starts_with("`liveness` could not connect (request "), "{error}");
}

#[tokio::test]
async fn calls_run_in_tasks_of_their_own() {
    let peer = Peer::answering(typed("200 OK", "application/json", "\"sent\"")).await;
    let client = client(&peer.url);
    let tasks: Vec<_> = (0..8).map(|_| tokio::spawn(client.muninx_invite_user(muninx_user()).send())).collect();
    for task in tasks {
        task.await.unwrap().unwrap();
    }
    assert_eq!(peer.requests().len(), 8);
}
