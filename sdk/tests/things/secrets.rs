//! What the document marks as a secret is shown nowhere and travels whole.

use serde_json::{Value, json};

use crate::peer::{Peer, typed};
use crate::{Client, types};

/// Every way in which the document can mark a secret: by format, as a component, as a list, deep inside, as an object.
fn body() -> Value {
    json!({
        "name": "a",
        "owner": {
            "name": "Ann",
            "pin": "canary-pin",
            "codes": ["canary-code"],
            "birth": {"place": "canary-place", "year": 4711},
            "account": {"number": "canary-number"},
            "devices": [{"serial": 4711}],
            "home": {"door": 4711},
        },
    })
}

fn is_silent(shown: &str) -> bool {
    !shown.contains("canary") && !shown.contains("4711")
}

#[tokio::test]
async fn debug_of_nested_types_shows_no_secret() {
    let peer = Peer::answering(typed("200 OK", "application/vnd.things+json", &body().to_string())).await;
    let response = Client::builder(&peer.url).build().unwrap().get_thing(1).await.unwrap();
    let shown = format!("{response:?} {response:#?}");
    assert!(is_silent(&shown), "{shown}");
    assert!(shown.contains("Ann") && shown.contains("[redacted]"), "{shown}");
}

#[tokio::test]
async fn secrets_round_trip_and_can_be_read() {
    let peer = Peer::answering(typed("200 OK", "application/vnd.things+json", &body().to_string())).await;
    let thing = Client::builder(&peer.url).build().unwrap().get_thing(1).await.unwrap().into_inner();
    assert_eq!(serde_json::to_value(&thing).unwrap(), body());
    let owner = thing.owner.unwrap();
    assert_eq!(owner.pin.expose(), "canary-pin");
    assert_eq!(*owner.codes.unwrap().expose(), ["canary-code"]);
    assert_eq!(owner.birth.unwrap().year.unwrap().expose(), &4711);
}

#[test]
fn builders_show_no_secret() {
    let account = types::Account::builder().number("canary-number".to_owned());
    let birth = types::OwnerBirth::builder().year(4711).place("canary-place");
    let owner = types::Owner::builder().name("Ann").pin("canary-pin").codes(vec!["canary-code".to_owned()]);
    let change = types::ThingChange::builder().note("canary-note").weight(4711);
    let shown = format!("{account:?} {birth:?} {owner:?} {change:?}");
    assert!(is_silent(&shown), "{shown}");
    let change: types::ThingChange = change.try_into().unwrap();
    assert!(is_silent(&format!("{change:?}")), "writeOnly is a secret: {change:?}");
}

#[tokio::test]
async fn errors_show_no_secret() {
    let gone = r#"{"since": "2026-11-22T14:10:49Z", "reason": "lost", "owner": "canary"}"#;
    let peer = Peer::answering(typed("410 Gone", "application/json", gone)).await;
    let error = Client::builder(&peer.url).build().unwrap().get_thing(1).await.unwrap_err();
    let typed_error = error.operation_error().unwrap();
    let shown = format!("{error} {error:?} {typed_error} {typed_error:?}");
    assert!(is_silent(&shown), "{shown}");
    assert_eq!(typed_error.to_string(), "410 Gone");
}
