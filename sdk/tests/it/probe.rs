//! The probe that separates client generators: one test a row, each against a real socket.
//!
//! The row on two error bodies of one operation needs a document that has one: `things`, `answers.rs`.

use std::time::Duration;

use invite_sdk::errors::{ActivateError, KareAcceptInvitationError};
use invite_sdk::{Client, ErrorKind, types};

use crate::calls::{CREDENTIALS, acceptance, activation, client, everything, muninx_user, unleash_account};
use crate::peer::{Peer, answer, header, typed};

async fn peer() -> Peer {
    Peer::answering(answer("204 No Content", &[], "")).await
}

/// The request line when `token` is the value of a path parameter, below the prefix `base`.
async fn line(base: &str, token: &str) -> String {
    // Neither such values nor such prefixes are the document's.
    let peer = Peer::aside(answer("204 No Content", &[], "")).await;
    let _ = client(&format!("{}{base}", peer.url)).unleash_validate_signup_token(token).await;
    peer.request().lines().next().unwrap().to_owned()
}

#[tokio::test]
async fn probe_the_body_of_a_410_is_typed() {
    let problem = r#"{"type": "/problems/expired", "title": "expired", "status": 410, "detail": "d", "instance": "i"}"#;
    let peer = Peer::answering(typed("410 Gone", "application/problem+json", problem)).await;
    let error = client(&peer.url).activate(activation()).await.unwrap_err().into_operation_error().unwrap();
    assert!(matches!(&error, ActivateError::Gone(problem) if problem.title == "expired"), "{error:?}");
    let peer = Peer::answering(typed("410 Gone", "application/json", r#"{"message": "expired"}"#)).await;
    let error =
        client(&peer.url).kare_accept_invitation(acceptance()).await.unwrap_err().into_operation_error().unwrap();
    assert!(matches!(&error, KareAcceptInvitationError::Gone(body) if body.message == "expired"), "{error:?}");
}

#[tokio::test]
async fn probe_a_blank_in_a_path_is_percent_20() {
    assert_eq!(line("", "a b").await, "GET /invite/a%20b/validate HTTP/1.1");
}

#[tokio::test]
async fn probe_dots_in_a_path_are_refused() {
    let peer = peer().await;
    for dots in [".", ".."] {
        let error = client(&peer.url).unleash_signup(dots, unleash_account()).await.unwrap_err();
        assert_eq!((error.kind(), error.attempts()), (ErrorKind::InvalidInput, 0), "{dots}");
    }
    assert!(peer.requests().is_empty());
}

#[tokio::test]
async fn probe_encoded_dots_stay_in_their_segment() {
    for (dots, encoded) in [("%2e%2e", "%252e%252e"), ("%2E%2E", "%252E%252E"), (".%2e", ".%252e"), ("...", "...")] {
        assert_eq!(line("", dots).await, format!("GET /invite/{encoded}/validate HTTP/1.1"));
    }
}

#[tokio::test]
async fn probe_an_empty_path_value_is_refused() {
    let peer = peer().await;
    let error = client(&peer.url).unleash_signup("", unleash_account()).await.unwrap_err();
    assert_eq!((error.kind(), error.attempts()), (ErrorKind::InvalidInput, 0));
    assert!(peer.requests().is_empty());
}

#[tokio::test]
async fn probe_what_urls_take_for_navigation_stays_in_its_segment() {
    for (value, encoded) in [
        ("a\\..\\b", "a%5C..%5Cb"),
        ("..\\", "..%5C"),
        (".\t.", ".%09."),
        ("\r\n..", "%0D%0A.."),
        ("../../x", "..%2F..%2Fx"),
        ("x?y#z", "x%3Fy%23z"),
        (";v=1", ";v=1"),
    ] {
        assert_eq!(line("", value).await, format!("GET /invite/{encoded}/validate HTTP/1.1"), "{value:?}");
    }
}

#[tokio::test]
async fn probe_what_is_not_ascii_is_encoded_as_utf_8() {
    for (value, encoded) in
        [("ü", "%C3%BC"), ("日", "%E6%97%A5"), ("\u{2025}", "%E2%80%A5"), ("．．", "%EF%BC%8E%EF%BC%8E")]
    {
        assert_eq!(line("", value).await, format!("GET /invite/{encoded}/validate HTTP/1.1"), "{value:?}");
    }
}

#[tokio::test]
async fn probe_a_base_url_is_joined_once() {
    for (base, prefix) in [("", ""), ("/", ""), ("/main", "/main"), ("/main/", "/main"), ("/a/b//", "/a/b")] {
        assert_eq!(line(base, "t").await, format!("GET {prefix}/invite/t/validate HTTP/1.1"), "{base}");
    }
}

#[tokio::test]
async fn probe_an_anonymous_operation_is_sent_no_credential() {
    let peer = peer().await;
    let _ = client(&peer.url).unleash_signup("t", unleash_account()).await;
    let request = peer.request();
    assert_eq!(header(&request, "authorization"), None);
    assert!(CREDENTIALS.iter().all(|canary| !request.contains(canary)), "{request}");
}

#[tokio::test]
async fn probe_accept_lists_every_declared_media_type() {
    let peer = peer().await;
    let _ = client(&peer.url).muninx_invite_user(muninx_user()).await;
    assert_eq!(header(&peer.request(), "accept").unwrap(), "application/json, application/problem+json");
}

#[tokio::test]
async fn probe_the_user_agent_names_crate_and_version() {
    let peer = peer().await;
    let _ = client(&peer.url).liveness().await;
    assert_eq!(header(&peer.request(), "user-agent").unwrap(), concat!("invite-sdk/", env!("CARGO_PKG_VERSION")));
}

#[tokio::test]
async fn probe_a_post_without_a_key_is_not_repeated() {
    let problem = r#"{"title": "not now"}"#;
    let headers = [("retry-after", "5"), ("content-type", "application/problem+json")];
    let peer = Peer::answering(answer("503 Service Unavailable", &headers, problem)).await;
    let client = everything(&peer.url).without_idempotency_keys().build().unwrap();
    let error = client.unleash_signup("t", unleash_account()).await.unwrap_err();
    assert_eq!((error.status().unwrap().as_u16(), error.attempts()), (503, 1));
    assert_eq!(error.retry_after(), Some(Duration::from_secs(5)));
    assert_eq!(peer.requests().len(), 1);
}

#[tokio::test]
async fn probe_debug_hides_the_token() {
    let builder = everything("https://a.example");
    let shown = format!("{builder:?} {:?}", builder.clone().build().unwrap());
    assert!(!shown.contains("canary") && shown.contains("MuninxBearer"), "{shown}");
}

#[tokio::test]
async fn probe_an_enumeration_meets_a_new_value() {
    let body = r#"{"id":3,"accountType":"Hologram"}"#;
    let peer = Peer::answering(typed("200 OK", "application/json", body)).await;
    let user = client(&peer.url).unleash_signup("t", unleash_account()).await.unwrap().into_inner();
    let kind = user.account_type.as_ref().unwrap();
    assert!(matches!(kind, types::UnleashUserAccountType::Unrecognized(_)) && kind.as_str() == "Hologram", "{kind:?}");
    assert_eq!(invite_sdk::serde_json::to_string(&user).unwrap(), r#"{"accountType":"Hologram","id":3}"#);
}

#[tokio::test]
async fn probe_a_missing_credential_sends_nothing() {
    let peer = peer().await;
    let error = Client::builder(&peer.url).build().unwrap().muninx_invite_user(muninx_user()).await.unwrap_err();
    assert_eq!((error.kind(), error.attempts()), (ErrorKind::MissingCredential, 0));
    assert!(peer.requests().is_empty());
}
