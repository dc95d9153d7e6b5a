//! Canaries: a secret that a client sends is in no Debug output, log line, message or header of the mock.

use std::sync::{Arc, Mutex};

use invite_mock::{Mock, MockServer};
use serde_json::json;

#[tokio::test]
async fn no_secret_is_shown_anywhere() {
    let log = Arc::new(Mutex::new(String::new()));
    let lines = Arc::clone(&log);
    let mock =
        Mock::observed(move |request| *lines.lock().unwrap() += &format!("{request}\n{request:?}\n{request:#?}\n"));
    let mock = MockServer::builder().mock(mock).start().await.unwrap();
    mock.create_session(|when| when.body(json!({"password": "canary-wanted"}))).example(201).mount().unwrap();
    let http = reqwest::Client::new();
    let url = |path: &str| format!("{}{path}", mock.base_url());
    let mut answers = String::new();
    let requests = [
        http.post(url("/sessions")).json(&json!({"email": "jane@customer.example", "password": "canary-1"})),
        http.post(url("/sessions")).json(&json!({"email": "jane@customer.example", "pasword": "canary-2"})),
        http.post(url("/sessions")).body("canary-3"),
        http.post(url("/sessions")).json(&json!("canary-4")),
        http.get(url("/invite/canary5/validate?token=canary-6")),
        http.get(url("/invites/canary-7")),
        http.post(url("/users")).bearer_auth("canary-8").header("x-session-token", "canary-9").json(&json!({})),
        http.post(url("/tokens")).basic_auth("canary-10", Some("canary-11")),
    ];
    for request in requests {
        let answer = request.send().await.unwrap();
        answers += &format!("{} {:?}\n", answer.status(), answer.headers());
        answers += &answer.text().await.unwrap();
    }
    let log = log.lock().unwrap().clone();
    let all = format!("{log}\n{answers}\n{mock:?}\n{:?}\n{}", mock.requests(), mock.verify().unwrap_err());
    let shown: Vec<&str> = all.lines().filter(|line| line.contains("canary")).collect();
    assert!(shown.is_empty(), "{shown:#?}");
    assert!(log.contains("jane@customer.example") && log.contains("[redacted]"), "{log}");
    assert_eq!(mock.requests().len(), 8);
}
