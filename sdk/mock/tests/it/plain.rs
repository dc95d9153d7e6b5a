//! Without scripts: the documented success, or the documented error.

use std::time::Duration;

use invite_mock::bytes::Bytes;
use invite_mock::http::{Request, Response};
use invite_mock::{Answered, Mock, MockServer};
use invite_sdk::types;
use serde_json::{Value, json};

use crate::{jane, pair};

fn user() -> Value {
    json!({"email": "jane@customer.example", "name": "Jane", "last-name": "Doe", "type": "customer"})
}

fn post(path: &str, headers: Headers<'_>, body: impl Into<Bytes>) -> Request<Bytes> {
    let request = Request::builder().method("POST").uri(path);
    headers.iter().fold(request, |request, (name, value)| request.header(*name, *value)).body(body.into()).unwrap()
}

async fn answer(request: Request<Bytes>) -> (u16, Value, Response<Bytes>) {
    let response = Mock::new().answer(request).await.unwrap();
    let body = serde_json::from_slice(response.body()).unwrap_or(Value::Null);
    (response.status().as_u16(), body, response)
}

type Headers<'a> = &'a [(&'a str, &'a str)];

const BEARER: (&str, &str) = ("authorization", "bearer x");
const JSON: (&str, &str) = ("content-type", "application/json; charset=utf-8");

#[tokio::test]
async fn the_client_gets_the_documented_examples() {
    let (mock, client) = pair().await;
    let answer = client.muninx_invite_user(jane()).await.unwrap();
    assert_eq!(answer.as_str(), "A confirmation email has been sent to the new user's email");
    client.muninx_resend_activation_email("jane@customer.example").await.unwrap();
    client.unleash_create_signup_token(types::UnleashCreateSignupToken::builder().name("team")).await.unwrap_err();
    client.liveness().await.unwrap();
    let requests = mock.requests();
    let seen: Vec<_> = requests.iter().map(|request| (request.operation(), request.answered())).collect();
    assert_eq!(seen[0], (Some("muninx_invite_user"), Answered::ByExample));
    assert_eq!(requests[0].json(), Some(&user()));
    assert_eq!(requests[1].path_parameter("email"), Some("jane@customer.example"));
}

#[tokio::test]
async fn each_stage_has_its_documented_error() {
    let good = user().to_string();
    let large = format!("{{\"email\": \"{}\"}}", "x".repeat(66_000));
    let cases: [(&str, u16, Headers, &str); 9] = [
        ("/users", 401, &[JSON], &good),
        ("/users", 401, &[("authorization", "Bearer "), JSON], &good),
        ("/users", 415, &[BEARER], &good),
        ("/users", 415, &[BEARER, ("content-type", "text/plain")], &large),
        ("/users", 413, &[BEARER, JSON], &large),
        ("/users", 400, &[BEARER, JSON], "{"),
        ("/users", 400, &[BEARER, JSON], "{}"),
        ("/users/nobody/activation-email", 400, &[BEARER], ""),
        ("/users", 200, &[BEARER, JSON], &good),
    ];
    for (path, status, headers, body) in cases {
        let (found, json, response) = answer(post(path, headers, body.to_owned())).await;
        assert_eq!(found, status, "{path} {headers:?}");
        assert_eq!(response.headers().contains_key("invite-mock-reason"), status != 200, "{path} {headers:?}");
        if status != 200 {
            assert_eq!(response.headers()["content-type"], "application/problem+json");
            assert_eq!(json["status"], status);
        }
        assert_eq!(response.headers().contains_key("www-authenticate"), status == 401);
    }
}

#[tokio::test]
async fn syntax_and_schema_have_the_example_that_speaks_of_them() {
    for path in ["/users", "/tokens", "/activations", "/activations/decline", "/activations/renew", "/sessions"] {
        let (_, malformed, _) = answer(post(path, &[BEARER, JSON], "{")).await;
        assert!(malformed["type"].as_str().unwrap().ends_with("/malformed_json"), "{path}: {malformed}");
    }
    let get = Request::get("/invitations?limit=0").header(BEARER.0, BEARER.1).body(Bytes::new()).unwrap();
    let (_, invalid, _) = answer(get).await;
    assert!(invalid["type"].as_str().unwrap().ends_with("/invalid_request"), "{invalid}");
    let (_, invalid, response) = answer(post("/activations", &[JSON], "{}")).await;
    assert!(invalid["type"].as_str().unwrap().ends_with("/invalid_request"), "{invalid}");
    let reason = response.headers()["invite-mock-reason"].to_str().unwrap();
    assert!(reason.contains("challenge") && reason.contains("password"), "all violations at once: {reason}");
}

#[tokio::test]
async fn half_a_pair_is_not_enough_and_either_alternative_is() {
    let path = "/v1/organizations/42/members/invite";
    let body = json!({"emailAddress": "jane@customer.example"}).to_string();
    let basic = ("authorization", "Basic a2V5OnNlY3JldA==");
    let cases: [(u16, Headers); 6] = [
        (401, &[BEARER, JSON]),
        (401, &[("applicationtoken", "x"), JSON]),
        (401, &[("authorization", "Basic a2V5"), JSON]),
        (401, &[("authorization", "Basic ?"), JSON]),
        (204, &[BEARER, ("applicationtoken", "x"), JSON]),
        (204, &[basic, JSON]),
    ];
    for (status, headers) in cases {
        let (found, _, response) = answer(post(path, headers, body.clone())).await;
        assert_eq!(found, status, "{headers:?}: {response:?}");
    }
}

/// As the server does, which the mock stands in for.
#[tokio::test]
async fn what_comes_twice_and_what_cannot_be_read_is_taken_as_the_server_takes_it() {
    let good = user().to_string();
    let cases: [(&str, u16, Headers); 6] = [
        ("/users", 401, &[BEARER, BEARER, JSON]),
        ("/users", 400, &[BEARER, JSON, ("idempotency-key", "k\u{e9}y")]),
        ("/users", 400, &[BEARER, JSON, ("idempotency-key", "key"), ("idempotency-key", "no key")]),
        ("/users", 200, &[BEARER, JSON, ("idempotency-key", "no key"), ("idempotency-key", "key")]),
        ("//users", 200, &[BEARER, JSON]),
        ("/users/", 200, &[BEARER, JSON]),
    ];
    for (path, status, headers) in cases {
        let (found, _, response) = answer(post(path, headers, good.clone())).await;
        assert_eq!(found, status, "{path} {headers:?}: {response:?}");
    }
    for (query, status) in [("limit=0&limit=5", 200), ("limit=5&limit=0", 400)] {
        let request = Request::get(format!("/events?{query}")).header(BEARER.0, BEARER.1).body(Bytes::new()).unwrap();
        assert_eq!(answer(request).await.0, status, "{query}");
    }
    for path in ["//health/live", "/health/live/"] {
        assert_eq!(answer(Request::get(path).body(Bytes::new()).unwrap()).await.0, 200, "{path}");
    }
}

#[tokio::test]
async fn what_the_document_does_not_have_is_404_or_405() {
    assert_eq!(answer(post("/user", &[], "")).await.0, 404);
    let (status, _, response) = answer(Request::get("/activations").body(Bytes::new()).unwrap()).await;
    assert_eq!((status, response.headers()["allow"].to_str().unwrap()), (405, "POST"));
}

/// The generator's examples, headers and schemas agree: each is what `mount` accepts.
#[tokio::test]
async fn every_documented_example_is_an_answer_that_the_document_allows() {
    let mock = Mock::new();
    let mut count = 0;
    for operation in invite_sdk::OPERATIONS {
        for status in 200..600 {
            let Ok(_) = mock.operation(operation.id, |when| when).unwrap().example(status).mount() else { continue };
            let response = {
                mock.reset();
                mock.operation(operation.id, |when| when.also_invalid()).unwrap().example(status).mount().unwrap();
                let path = operation.path.replace(['{', '}'], "x");
                let request = Request::builder().method(operation.method).uri(path).body(Bytes::new()).unwrap();
                mock.answer(request).await.unwrap()
            };
            assert_eq!(response.status(), status);
            let headers: Vec<(String, String)> = response
                .headers()
                .iter()
                .filter(|(name, _)| *name != "content-type")
                .map(|(name, value)| (name.to_string(), value.to_str().unwrap().to_owned()))
                .collect();
            let headers: Vec<(&str, &str)> =
                headers.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
            let body = (!response.body().is_empty()).then(|| serde_json::from_slice(response.body()).unwrap());
            let again = mock.operation(operation.id, |when| when).unwrap().documented(status, &headers, body).mount();
            assert!(again.is_ok(), "{} {status}: {again:?}", operation.id);
            count += 1;
        }
    }
    assert!(count > 100, "only {count} answers were tried");
}

#[tokio::test]
async fn a_dropped_mock_no_longer_listens() {
    let mock = MockServer::start().await.unwrap();
    let address = mock.address();
    let connection = tokio::net::TcpStream::connect(address).await.unwrap();
    drop(mock);
    // The connection ends when the task that owns it has been dropped, and the listener with it.
    tokio::time::timeout(Duration::from_secs(10), connection.readable()).await.unwrap().unwrap();
    assert!(tokio::net::TcpStream::connect(address).await.is_err());
}
