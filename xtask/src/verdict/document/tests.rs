//! Each row is one operation in one document, changed in one way, so that one run of Redocly judges all of them.

use serde_json::{Map, json};

use super::*;

/// Everything that rows change, in one operation.
fn operation(id: &str) -> Value {
    json!({
        "operationId": id,
        "summary": "s",
        "x-access": { "who": "owner", "rule": "r" },
        "x-retry": "idempotent",
        "x-max-body-bytes": 1000,
        "x-dropshot-pagination": { "required": [] },
        "security": [{ "first": [], "second": [] }, { "third": [] }],
        "parameters": [
            { "name": "q", "in": "query", "schema": { "type": "string", "default": "a", "pattern": "^a" } },
        ],
        "requestBody": { "required": true, "content": { "application/json": { "schema": schema() } } },
        "responses": {
            "200": {
                "description": "d",
                "headers": { "X-Promise": { "required": true, "schema": { "type": "string" } } },
                "content": { "application/json": { "schema": schema() } },
            },
            "409": { "description": "d" },
        },
    })
}

fn schema() -> Value {
    json!({
        "type": "object",
        "required": ["name"],
        "properties": {
            "name": { "type": "string" },
            "kind": { "type": "string", "enum": ["a", "b"] },
            "maybe": { "type": "string", "nullable": true },
            "composed": { "nullable": true, "allOf": [{ "$ref": "#/components/schemas/Part" }] },
            "sure": { "allOf": [{ "$ref": "#/components/schemas/Part" }] },
        },
    })
}

const SENT: &str = "/requestBody/content/application~1json/schema";
const ANSWERED: &str = "/responses/200/content/application~1json/schema";

/// Name, where it changes below the operation, what stands there then (null: nothing), weight, part of the wording.
fn rows() -> Vec<(&'static str, String, Value, Level, &'static str)> {
    use Level::{Major, Minor, Patch};
    let sent = |rest: &str| format!("{SENT}{rest}");
    let answered = |rest: &str| format!("{ANSWERED}{rest}");
    let at = str::to_owned;
    vec![
        ("answer_lost", at("/responses/409"), Value::Null, Major, "`409` was removed"),
        ("answer_gained", at("/responses/422"), json!({ "description": "d" }), Minor, "`responses/422` was added"),
        ("member_demanded", sent("/required"), json!(["name", "kind"]), Major, "became required"),
        ("member_no_longer_demanded", sent("/required"), Value::Null, Minor, "`required`"),
        ("member_offered", sent("/properties/new"), json!({ "type": "string" }), Minor, "`new` was added"),
        ("member_not_understood", sent("/properties/kind"), Value::Null, Major, "`kind` was removed"),
        ("member_not_answered", answered("/properties/kind"), Value::Null, Major, "`kind`"),
        ("null_refused", sent("/properties/maybe/nullable"), Value::Null, Major, "narrowed"),
        ("null_refused_beside_all_of", sent("/properties/composed/nullable"), Value::Null, Major, "no longer `true`"),
        ("null_taken", sent("/properties/sure/nullable"), json!(true), Minor, "is now `true`"),
        ("null_answered", answered("/properties/name/nullable"), json!(true), Major, "widened"),
        ("null_answered_beside_all_of", answered("/properties/sure/nullable"), json!(true), Major, "is now `true`"),
        ("null_no_longer_answered", answered("/properties/composed/nullable"), Value::Null, Minor, "no longer `true`"),
        ("value_refused", sent("/properties/kind/enum"), json!(["a"]), Major, "lost values"),
        ("value_answered", answered("/properties/kind/enum"), json!(["a", "b", "c"]), Major, "gained values"),
        ("value_taken", sent("/properties/kind/enum"), json!(["a", "b", "c"]), Minor, "`enum` of `kind`"),
        ("credential_refused", at("/security/1"), Value::Null, Major, "no longer accepted"),
        ("second_half_demanded", at("/security/1/second"), json!([]), Major, "now requires `second`"),
        ("second_half_spared", at("/security/0/second"), Value::Null, Minor, "second"),
        ("others_shut_out", at("/x-access/who"), json!("admin"), Major, "from `owner` to `admin`"),
        ("opened_to_anyone", at("/x-access/who"), json!("anyone"), Minor, "from `owner` to `anyone`"),
        ("access_reworded", at("/x-access/rule"), json!("other words"), Patch, "`rule`"),
        ("access_unstated", at("/x-access"), Value::Null, Major, "`x-access` was removed"),
        ("repeating_harmful", at("/x-retry"), json!("never"), Major, "from `idempotent` to `never`"),
        ("repeating_unhelpful", at("/x-retry"), json!("unsent"), Major, "from `idempotent` to `unsent`"),
        ("repeating_unpromised", at("/x-retry"), Value::Null, Major, "no longer `idempotent`"),
        ("less_room", at("/x-max-body-bytes"), json!(500), Major, "from `1000` to `500`"),
        ("more_room", at("/x-max-body-bytes"), json!(2000), Minor, "from `1000` to `2000`"),
        ("pages_lost", at("/x-dropshot-pagination"), Value::Null, Major, "x-dropshot-pagination"),
        ("another_default", at("/parameters/0/schema/default"), json!("b"), Major, "from `a` to `b`"),
        ("parameter_demanded", at("/parameters/0/required"), json!(true), Major, "became required"),
        ("stricter_pattern", at("/parameters/0/schema/pattern"), json!("^ab"), Major, "`pattern`"),
        ("body_optional", at("/requestBody/required"), json!(false), Minor, "`required`"),
        ("header_unpromised", at("/responses/200/headers/X-Promise/required"), json!(false), Major, "`required`"),
        ("header_lost", at("/responses/200/headers"), Value::Null, Major, "were removed"),
        ("not_to_be_sent", sent("/properties/kind/readOnly"), json!(true), Major, "`readOnly`"),
        ("not_to_be_answered", answered("/properties/kind/writeOnly"), json!(true), Major, "`writeOnly`"),
        ("hidden_in_logs", sent("/properties/name/x-sensitive"), json!(true), Minor, "`x-sensitive`"),
        ("deprecated", at("/deprecated"), json!(true), Minor, "`deprecated`"),
        ("summary_reworded", at("/summary"), json!("t"), Patch, "from `s` to `t`"),
        ("described", at("/description"), json!("d"), Patch, "`description`"),
        ("example_given", sent("/properties/name/example"), json!("Jane"), Patch, "`example`"),
        ("removed", String::new(), Value::Null, Major, "was removed"),
        ("untouched", at("/summary"), json!("s"), Patch, ""),
    ]
}

fn set(node: &mut Value, pointer: &str, value: &Value) {
    let (parent, key) = pointer.rsplit_once('/').unwrap();
    let key = key.replace("~1", "/");
    match (node.pointer_mut(parent).unwrap(), value) {
        (Value::Object(members), Value::Null) => drop(members.shift_remove(&key)),
        (Value::Object(members), value) => drop(members.insert(key, value.clone())),
        (Value::Array(items), Value::Null) => drop(items.remove(key.parse().unwrap())),
        (Value::Array(items), value) => items[key.parse::<usize>().unwrap()] = value.clone(),
        (other, _) => panic!("{parent} is {other}"),
    }
}

fn uses_shared(id: &str, method: &str, part: &str) -> (String, Value) {
    let content = json!({ "application/json": { "schema": { "$ref": "#/components/schemas/Shared" } } });
    let mut node =
        json!({ "operationId": id, "security": [{ "fourth": [] }], "responses": { "204": { "description": "d" } } });
    match part {
        "sent" => node["requestBody"] = json!({ "content": content }),
        _ => node["responses"] = json!({ "200": { "description": "d", "content": content } }),
    }
    (format!("/{id}"), json!({ method: node }))
}

/// The document before and after.
fn documents() -> (Value, Value) {
    let scheme = |name: &str| json!({ "type": "apiKey", "in": "header", "name": name });
    let mut paths = Map::new();
    for (id, ..) in rows() {
        paths.insert(format!("/{id}"), json!({ "post": operation(id) }));
    }
    paths.extend([uses_shared("sends_shared", "post", "sent"), uses_shared("answers_shared", "get", "answered")]);
    let before = json!({
        "openapi": "3.0.3",
        "info": { "title": "t", "version": "1.0.0" },
        "paths": paths,
        "components": {
            "schemas": {
                "Part": { "type": "object" },
                "Shared": { "type": "object", "properties": { "kind": { "type": "string", "enum": ["a"] } } },
            },
            "securitySchemes": {
                "first": scheme("a"), "second": scheme("b"), "third": scheme("c"), "fourth": scheme("d"),
            },
        },
    });
    let mut after = before.clone();
    for (id, pointer, value, ..) in rows() {
        let prefix = format!("/paths/~1{id}");
        match pointer.as_str() {
            "" => set(&mut after, &prefix, &value),
            pointer => set(&mut after, &format!("{prefix}/post{pointer}"), &value),
        }
    }
    set(&mut after, "/info/version", &json!("2.0.0"));
    set(&mut after, "/components/schemas/Shared/properties/kind/enum", &json!(["a", "b"]));
    set(&mut after, "/components/securitySchemes/fourth/name", &json!("e"));
    set(&mut after, "/paths/~1added", &json!({ "get": { "operationId": "added", "responses": {} } }));
    (before, after)
}

/// Reasons, and both texts, of the two documents as Redocly compares them.
fn judged() -> (Vec<Reason>, String, String) {
    let folder = tempfile::tempdir().unwrap();
    let (before, after) = documents();
    let text = |value: &Value| serde_json::to_string_pretty(value).unwrap();
    let (before, after) = (text(&before), text(&after));
    let paths = (folder.path().join("base.json"), folder.path().join("new.json"));
    std::fs::write(&paths.0, &before).unwrap();
    std::fs::write(&paths.1, &after).unwrap();
    let report = report(&paths.0, &paths.1).unwrap();
    let base = Document::parse("api.json", &before).unwrap();
    let new = Document::parse("api.json", &after).unwrap();
    let reasons = reasons(&Pair { base: &base, new: &new, revision: "v1" }, &report);
    (reasons, before, after)
}

#[test]
fn each_change_of_a_document_has_its_weight_its_operation_and_its_line() {
    let (reasons, before, after) = judged();
    let mut wrong = Vec::new();
    for (id, pointer, _, level, wording) in rows() {
        let of: Vec<_> = reasons.iter().filter(|reason| reason.operations == [id]).collect();
        let told = of.iter().map(|reason| reason.clause()).collect::<Vec<_>>().join("; ");
        let heaviest = of.iter().map(|reason| reason.level).max();
        let expected = (!wording.is_empty()).then_some(level);
        if heaviest != expected || !told.contains(wording) {
            wrong.push(format!("{id}: expected {expected:?} `{wording}`, got {heaviest:?}: {told}"));
        }
        for reason in of {
            let site = reason.site.as_ref().unwrap();
            let text = if site.at.is_some() { &before } else { &after };
            let line = text.lines().nth(site.line - 1).unwrap();
            let parts: Vec<_> = pointer.split('/').rev().take(2).collect();
            let near = parts.iter().any(|part| line.contains(part)) || line.contains(id) || line.trim() == "{";
            if !near {
                wrong.push(format!("{id}: line {} is `{}`", site.line, line.trim()));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn a_shared_part_concerns_everyone_who_uses_it_and_the_version_nobody() {
    let (reasons, ..) = judged();
    let of = |wording: &str| {
        let found: Vec<_> = reasons.iter().filter(|reason| reason.what.contains(wording)).collect();
        let [reason] = found.as_slice() else { panic!("{wording}: {found:?}") };
        (reason.level, reason.operations.join(" "))
    };
    assert_eq!(of("gained values: 'b'"), (Level::Major, "sends_shared answers_shared".to_owned()));
    assert_eq!(of("security scheme `fourth`"), (Level::Major, "sends_shared answers_shared".to_owned()));
    assert_eq!(of("`/added` was added"), (Level::Minor, "added".to_owned()));
    assert!(reasons.iter().all(|reason| !reason.what.contains("2.0.0")), "the version itself is no change");
}
