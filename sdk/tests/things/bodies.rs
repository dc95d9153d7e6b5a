//! Members that may be absent, null or a value, and enumerations that may grow.

use serde_json::{Value, json};

use crate::peer::{Peer, typed};
use crate::{Client, ErrorKind, Patch, types};

/// What is sent as the body when a thing is changed so, and what comes back of it.
async fn sent(change: types::builder::ThingChange) -> Value {
    let peer = Peer::answering(typed("200 OK", "application/json", "{}")).await;
    Client::builder(&peer.url).build().unwrap().change_thing(1, change).await.unwrap();
    serde_json::from_str(peer.request().split_once("\r\n\r\n").unwrap().1).unwrap()
}

/// What is read when a server answers so.
async fn read(body: &Value) -> types::Thing {
    let peer = Peer::answering(typed("200 OK", "application/vnd.things+json", &body.to_string())).await;
    Client::builder(&peer.url).build().unwrap().get_thing(1).await.unwrap().into_inner()
}

#[tokio::test]
async fn absent_null_and_value_are_sent_apart() {
    let change = types::ThingChange::builder;
    assert_eq!(sent(change()).await, json!({"finish": "matt"}), "absent; the default is the document's");
    assert_eq!(
        sent(change().name_null().size_null().colour_null().tags_null_().weight_null()).await,
        json!({"name": null, "size": null, "colour": null, "tags": null, "weight": null, "finish": "matt"})
    );
    let values = change().name("b").size(3).colour("red").tags(vec!["x".to_owned()]).note("hush").weight(7);
    assert_eq!(
        sent(values).await,
        json!({"name": "b", "size": 3, "colour": "red", "tags": ["x"], "note": "hush", "weight": 7, "finish": "matt"})
    );
    assert_eq!(sent(change().size(3).size_null()).await["size"], Value::Null, "the last word counts");
}

#[tokio::test]
async fn absent_null_and_value_are_read_apart() {
    let body = json!({"name": null, "size": 3, "finish": "matt"});
    let peer = Peer::answering(typed("200 OK", "application/json", &body.to_string())).await;
    let client = Client::builder(&peer.url).build().unwrap();
    let change = client.change_thing(1, types::ThingChange::builder()).await.unwrap().into_inner();
    assert!(change.name.is_null() && change.colour.is_absent());
    assert_eq!(change.size, Patch::Value(3));
    assert_eq!(serde_json::to_value(&change).unwrap(), body);
}

#[tokio::test]
async fn a_value_that_breaks_a_rule_is_refused_where_it_is_written() {
    let peer = Peer::answering(typed("200 OK", "application/json", "{}")).await;
    let change = types::ThingChange::builder().name("");
    let error = Client::builder(&peer.url).build().unwrap().change_thing(1, change).await.unwrap_err();
    assert_eq!((error.kind(), error.attempts()), (ErrorKind::InvalidInput, 0));
    assert!(peer.requests().is_empty());
}

#[tokio::test]
async fn a_value_that_the_document_does_not_know_is_kept_and_goes_back_as_it_came() {
    let body = json!({"name": "a", "kind": "gigantic", "shape": "häxagonal"});
    let thing = read(&body).await;
    let Some(types::ThingKind::Unrecognized(kind)) = &thing.kind else { panic!("{thing:?}") };
    assert_eq!(kind.as_str(), "gigantic");
    assert_eq!(thing.kind.as_ref().unwrap().to_string(), "gigantic");
    assert_eq!(serde_json::to_value(&thing).unwrap(), body);
}

#[tokio::test]
async fn known_values_of_texts_and_numbers_are_read() {
    let body = json!({"name": "a", "kind": "big", "shape": "round", "turns": 45});
    let thing = read(&body).await;
    assert_eq!(
        (thing.kind.clone().unwrap(), thing.shape.clone().unwrap()),
        (types::ThingKind::Big, types::ThingShape::Round)
    );
    assert_eq!(thing.turns, Some(45), "a number that the document does not know is a number");
    assert_eq!(serde_json::to_value(&thing).unwrap(), body);
    assert_eq!(read(&json!({"name": "a", "shape": null})).await.shape, None);
}

#[tokio::test]
async fn an_open_enumeration_leaves_the_rest_of_a_union_to_the_others() {
    for (text, is_time) in [("cold", false), ("2026-11-22T14:10:49Z", true)] {
        let body = json!({"name": "a", "mark": text});
        let thing = read(&body).await;
        let mark = thing.mark.clone().unwrap();
        assert_eq!(matches!(mark, types::ThingMark::DateTime(_)), is_time, "{mark:?}");
        assert_eq!(serde_json::to_value(&thing).unwrap(), body);
    }
}

#[tokio::test]
async fn a_constant_tells_the_variants_of_a_union_apart() {
    let body = json!({"name": "a", "place": {"kind": "room", "floor": 3}});
    let thing = read(&body).await;
    assert!(matches!(&thing.place, Some(types::ThingPlace::Room { floor: Some(3), .. })), "{thing:?}");
    assert_eq!(serde_json::to_value(&thing).unwrap(), body);
}

#[tokio::test]
async fn a_value_that_is_written_must_be_known() {
    assert_eq!("big".parse::<types::NewThingKind>().unwrap(), types::NewThingKind::Big);
    assert!("gigantic".parse::<types::NewThingKind>().is_err());
    assert!(types::NewThingKind::try_from("gigantic").is_err());
    let peer = Peer::answering(typed("201 Created", "application/json", "{}")).await;
    let client = Client::builder(&peer.url).basic("key", "secret").build().unwrap();
    let body = types::NewThing::builder().name("a").kind("gigantic");
    assert_eq!(client.create_thing(1, body).await.unwrap_err().kind(), ErrorKind::InvalidInput);
    assert!(peer.requests().is_empty());
}
