//! Answers that are one of several types: which one they are, and that nothing of them is lost.

use serde_json::{Value, json};

use crate::types::{Named, NamedGrade as Grade, NamedNet as Net, NamedPayment as Payment, NamedPrice as Price};

/// Reads a thing with `value` as its member `name`, and holds what is written of it against what was read.
fn named(name: &str, value: Value) -> Named {
    let sent = json!({"name": "a", name: value});
    let read: Named = serde_json::from_value(sent.clone()).unwrap();
    assert_eq!(serde_json::to_value(&read).unwrap(), sent);
    read
}

#[test]
fn a_tag_of_several_values_says_which_type_an_answer_is() {
    let payment = |value| named("payment", value).payment.unwrap();
    let payout = payment(json!({"type": "payout", "id": 1, "amount": 5, "state": "done"}));
    assert!(matches!(payout, Payment::Payout(payout) if payout.amount == 5));
    let refund = payment(json!({"type": "refund", "id": 1}));
    assert!(matches!(refund, Payment::Charge(charge) if charge.id == 1));
}

#[test]
fn a_type_that_its_tag_tells_is_read_as_tolerantly_as_others() {
    let newer = json!({"name": "a", "payment": {"type": "payout", "id": 1, "amount": 101, "state": "late", "at": 7}});
    let read: Named = serde_json::from_value(newer).unwrap();
    assert!(matches!(read.payment, Some(Payment::Payout(payout)) if payout.state.as_str() == "late"));
}

#[test]
fn tags_that_are_numbers_or_make_no_names_tell_types_apart() {
    let second = named("grade", json!({"level": 2, "mark": "3", "note": "kept"})).grade.unwrap();
    assert!(matches!(second, Grade::Second(second) if second.note.as_deref() == Some("kept")));
    assert!(matches!(named("grade", json!({"level": 3, "mark": "1"})).grade.unwrap(), Grade::First(_)));
}

#[test]
fn limits_that_tell_types_apart_are_kept() {
    assert!(matches!(named("net", json!("fe80::1")).net.unwrap(), Net::NewNet(_)));
    assert!(matches!(named("net", json!("10.0.0.1")).net.unwrap(), Net::OldNet(_)));
}

#[test]
fn closed_types_are_told_apart_by_the_members_that_they_do_not_know() {
    let priced = named("price", json!({"id": 1, "amount": 5})).price.unwrap();
    assert!(matches!(priced, Price::Priced(priced) if priced.amount == Some(5)));
}
