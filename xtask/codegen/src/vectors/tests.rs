//! The vectors of the client's fixture and of small documents.

use std::collections::BTreeSet;

use super::*;

fn made_of(text: &str) -> Files {
    let document = Document::parse("fixture.yaml", text).unwrap();
    let model = crate::read::model(&document).unwrap();
    files(&document, &model)
}

fn fixture() -> Files {
    made_of(include_str!("../sdk/fixture.yaml"))
}

fn vectors(files: &Files, operation: &str, kind: &str) -> Vec<Value> {
    let file: Value = serde_json::from_str(&files[&format!("{operation}.json")]).unwrap();
    file[kind].as_array().unwrap().clone()
}

/// Names without the operation.
fn names(vectors: &[Value]) -> Vec<&str> {
    vectors.iter().map(|vector| vector["name"].as_str().unwrap().split_once('/').unwrap().1).collect()
}

fn named<'a>(vectors: &'a [Value], name: &str) -> &'a Value {
    let found = vectors.iter().find(|vector| vector["name"].as_str().unwrap().ends_with(&format!("/{name}")));
    found.unwrap_or_else(|| panic!("no {name} among {:?}", names(vectors)))
}

/// A document of one operation that takes this schema, written in one line.
fn taking(schema: &str, example: &str) -> Files {
    made_of(&format!(
        "openapi: 3.0.3\ninfo: {{title: T, version: '1'}}\npaths:\n  /a:\n    post:\n      operationId: a\n      \
         requestBody:\n        required: true\n        content:\n          application/json:\n            \
         schema: {{$ref: '#/components/schemas/A'}}\n            example: {example}\n      responses:\n        \
         '204': {{description: Done.}}\n        '400': {{description: No.}}\ncomponents:\n  schemas:\n    A: {schema}\n"
    ))
}

/// `name: patch` of every vector that breaks the body.
fn patches(files: &Files) -> Vec<String> {
    let broken = vectors(files, "a", "requests");
    let patch = |vector: &Value| {
        let patch = vector["request"]["body"].get("patch")?[0].clone();
        let value = patch.get("value").map(|value| format!(" {value}")).unwrap_or_default();
        Some(format!(
            "{} {} {}{value}",
            names(std::slice::from_ref(vector))[0],
            patch["op"].as_str()?,
            patch["path"].as_str()?
        ))
    };
    broken.iter().filter_map(patch).collect()
}

#[test]
fn names_are_unique_and_the_same_each_time() {
    let files = fixture();
    assert_eq!(files, fixture());
    for file in files.keys() {
        let operation = file.strip_suffix(".json").unwrap();
        let all = [vectors(&files, operation, "requests"), vectors(&files, operation, "answers")].concat();
        let names = names(&all);
        assert_eq!(names.iter().collect::<BTreeSet<_>>().len(), names.len(), "{file}");
    }
}

#[test]
fn each_rule_of_a_text_is_broken_alone() {
    let files = taking(
        "{type: object, required: [b], properties: {b: {type: string, minLength: 2, maxLength: 4, pattern: '^[a-z]+$'}}}",
        "{b: abc}",
    );
    assert_eq!(
        patches(&files),
        [
            "body/null replace  null",
            "body/wrong-type replace  []",
            "body/b/missing remove /b",
            "body/b/null replace /b null",
            "body/b/wrong-type replace /b 7",
            "body/b/too-short replace /b \"a\"",
            "body/b/too-long replace /b \"aaaaa\"",
            "body/b/pattern replace /b \"a \"",
        ]
    );
}

#[test]
fn members_that_no_example_has_are_added_with_their_fault() {
    let files = taking(
        "{type: object, additionalProperties: false, properties: {c: {type: object, required: [n], properties: \
         {n: {type: integer, minimum: 1, maximum: 3}}}, l: {type: array, nullable: true, maxItems: 1, items: {type: boolean}}}}",
        "{}",
    );
    let found = patches(&files);
    for wanted in [
        "body/x-unknown/unknown-member add /x-unknown \"value\"",
        "body/c/n/missing add /c {}",
        "body/c/n/too-small add /c {\"n\":0}",
        "body/c/n/too-large add /c {\"n\":4}",
        "body/c/n/fraction add /c {\"n\":1.5}",
        "body/l/too-many-items add /l [true,true]",
        "body/l/0/wrong-type add /l [\"text\"]",
    ] {
        assert!(found.iter().any(|patch| patch == wanted), "no {wanted} in {found:#?}");
    }
    assert!(!found.iter().any(|patch| patch.starts_with("body/l/null")), "null is allowed: {found:#?}");
}

#[test]
fn rules_between_members_are_broken_by_one_change() {
    let files = fixture();
    let requests = vectors(&files, "create_thing", "requests");
    assert_eq!(
        named(&requests, "body/rule-kind-big")["request"]["body"]["patch"],
        json!([{ "op": "replace", "path": "/kind", "value": "big" }])
    );
    assert_eq!(named(&requests, "body/rule-with-size")["because"], "oneOf (fixture.yaml:194)");
}

#[test]
fn credentials_are_whole_alternatives_none_and_each_half() {
    let files = fixture();
    let requests = vectors(&files, "create_thing", "requests");
    let credentials = |name: &str| named(&requests, name)["request"]["credentials"].clone();
    assert_eq!(credentials("credentials/basic"), json!(["basic"]));
    for half in ["bearer", "session"] {
        let name = format!("credentials/only-{half}");
        assert_eq!(credentials(&name), json!([half]));
        assert_eq!(named(&requests, &name)["server"][0]["status"], 401);
        assert_eq!(named(&requests, &name)["client"], "refuses");
    }
    let anonymous = vectors(&files, "get_thing", "requests");
    assert!(!names(&anonymous).iter().any(|name| name.starts_with("credentials/")));
}

#[test]
fn what_is_not_declared_is_not_demanded() {
    let files = fixture();
    let requests = vectors(&files, "create_thing", "requests");
    assert!(
        !names(&requests).iter().any(|name| name.contains("oversize") || name.contains("plain-text")),
        "{requests:#?}"
    );
    let requests = vectors(&files, "paint_thing", "requests");
    assert_eq!(names(&requests), ["valid", "path/id/empty", "path/id/dot", "path/id/dots", "path/id/reserved"]);
}

#[test]
fn sequences_follow_what_may_be_repeated() {
    let files = fixture();
    let retries = |operation: &str| -> Vec<(String, u64, Value)> {
        let answers = vectors(&files, operation, "answers");
        let retries = answers.iter().filter(|vector| vector["name"].as_str().unwrap().contains("/retry/"));
        retries
            .map(|vector| {
                let name = names(std::slice::from_ref(vector))[0].to_owned();
                let client = &vector["client"];
                (name, client["attempts"].as_u64().unwrap(), client["same_header"].clone())
            })
            .collect()
    };
    let keyed = retries("create_thing");
    assert!(keyed.contains(&("retry/503-seconds".to_owned(), 2, json!("idempotency-key"))), "{keyed:?}");
    assert!(retries("weigh_thing").contains(&("retry/gives-up".to_owned(), 3, Value::Null)));
    for operation in ["paint_thing", "break_scales"] {
        let retries = retries(operation);
        assert!(!retries.is_empty() && retries.iter().all(|(_, attempts, _)| *attempts == 1), "{retries:?}");
    }
}

#[test]
fn unknown_values_stand_in_every_list_that_an_answer_reaches() {
    let answers = vectors(&fixture(), "get_thing", "answers");
    let gone = named(&answers, "answer/410/typical");
    assert_eq!(gone["exchanges"][0]["json"]["reason"], "broken");
    assert_eq!(gone["client"]["reports"], "error");
    let cut = named(&answers, "success/cut-off");
    assert_eq!(cut["client"], json!({ "reports": "transport", "attempts": 1 }));
}
