//! The document itself: its examples, its schemas, and the ledger's promises.

use std::collections::BTreeSet;

use contract_tests::components::COMPONENTS;
use contract_tests::document::{FILE, component_names, document, model, resolve, root, text};
use contract_tests::json_schema;
use serde_json::Value;

use crate::support::server;

#[test]
fn every_example_is_valid() {
    let mut found = Vec::new();
    for (place, name, schema) in components() {
        for (at, schema, example) in examples_of_schema(schema, &format!("{place}/{name}")) {
            found.push((at, schema, example));
        }
    }
    walk(document(), "", &mut found);
    assert!(found.len() > 100, "only {} examples were found: the walk is broken", found.len());
    let wrong: Vec<String> = found
        .iter()
        .flat_map(|(at, schema, example)| {
            let faults = json_schema::faults(json_schema::of(schema), example);
            faults.into_iter().map(move |fault| format!("{at}: {fault:?}"))
        })
        .collect();
    assert_eq!(wrong, Vec::<String>::new());
}

/// What is wrong with a request has an answer of its own in the documentation and from the mock, which would otherwise speak of
/// something else.
#[test]
fn every_refusal_of_a_broken_request_has_an_example() {
    let mut missing = Vec::new();
    for operation in &model().operations {
        let Some(answer) = document().pointer(&format!("{}/responses/400", operation.pointer)) else { continue };
        let (_, content) = resolve(answer)["content"].as_object().unwrap().iter().next().unwrap();
        let has = |name: &str| content["examples"].get(name).is_some();
        let is_asked = operation.body.is_some() || !operation.parameters.is_empty();
        let wanted = [("contract", is_asked), ("malformed", operation.body.is_some())];
        let lacking = wanted.iter().filter(|(name, is_wanted)| *is_wanted && !has(name));
        missing.extend(lacking.map(|(name, _)| format!("{}: {name}", operation.id)));
    }
    assert_eq!(missing, Vec::<String>::new());
}

/// One status for two reasons says so, and shows both.
#[test]
fn every_conflict_of_a_keyed_operation_speaks_of_the_key() {
    for operation in &model().operations {
        let is_keyed = operation.parameters.iter().any(|parameter| parameter.name == "Idempotency-Key");
        let pointer = format!("{}/responses/409", operation.pointer);
        let Some(answer) = document().pointer(&pointer).filter(|_| is_keyed) else { continue };
        let answer = resolve(answer);
        let text = answer["description"].as_str().unwrap();
        assert!(
            text.contains("a request with the same `Idempotency-Key` is still running")
                || text.starts_with("A request with the same"),
            "{}: {text}",
            operation.id
        );
        let (_, content) = answer["content"].as_object().unwrap().iter().next().unwrap();
        let running = content["examples"].get("running").or(content.get("example"));
        assert!(
            running.is_some_and(|example| example.to_string().contains("Idempotency-Key is still running")),
            "{}",
            operation.id
        );
    }
}

#[tokio::test]
async fn the_served_document_is_the_canonical_one() {
    let server = server().await;
    let yaml = server.send("GET", "/openapi.yaml", &[], None).await;
    assert_eq!((yaml.status, yaml.header("content-type")), (200, Some("application/yaml")));
    assert!(yaml.body == text().into_bytes(), "/openapi.yaml is not {FILE} byte for byte");
    let json = server.send("GET", "/openapi.json", &[], None).await;
    assert_eq!((json.status, json.header("content-type")), (200, Some("application/json")));
    assert!(json.json() == *document(), "/openapi.json does not say what {FILE} says");
}

#[tokio::test]
async fn the_documentation_is_served_below_docs() {
    let server = server().await;
    let get = async |path: &str| server.send("GET", path, &[], None).await;
    let redirect = get("/docs").await;
    assert_eq!((redirect.status, redirect.header("location")), (308, Some("docs/")));
    let index = get("/docs/").await;
    assert_eq!((index.status, index.header("content-type")), (200, Some("text/html; charset=utf-8")));
    for operation in &model().operations {
        assert!(index.text().contains(&operation.summary), "the overview does not show {}", operation.id);
        let page = get(&format!("/docs/operations/{}.html", operation.id)).await;
        assert!(page.status == 200 && page.text().contains(&operation.summary), "{} has no page", operation.id);
    }
    let type_of_problem = get("/docs/problems/not_allowed").await;
    assert_eq!(type_of_problem.status, 200);
    assert_eq!(type_of_problem.body, get("/docs/problems/not_allowed.html").await.body);
    let script = get("/docs/assets/docs.js").await;
    assert_eq!((script.status, script.header("content-type")), (200, Some("text/javascript; charset=utf-8")));
    for nowhere in ["/docs/problems/%3Cscript%3E", "/docs/operations", "/docs/a/b/c"] {
        let missing = get(nowhere).await;
        assert_eq!(
            (missing.status, missing.header("content-type")),
            (404, Some("text/html; charset=utf-8")),
            "{nowhere}"
        );
        assert!(!missing.text().contains("<script>"), "{nowhere} is echoed");
    }
}

#[test]
fn every_operation_shows_an_example_of_each_body() {
    let mut bare = Vec::new();
    for operation in &model().operations {
        let operation_object = document().pointer(&operation.pointer).unwrap();
        let bodies =
            operation_object.get("requestBody").map(|body| ("request".to_owned(), resolve(body))).into_iter().chain(
                operation_object["responses"]
                    .as_object()
                    .unwrap()
                    .iter()
                    .map(|(status, response)| (status.clone(), resolve(response))),
            );
        for (what, body) in bodies {
            for (media_type, content) in body["content"].as_object().into_iter().flatten() {
                if content.get("example").is_none() && content.get("examples").is_none() {
                    bare.push(format!("{} {what} {media_type}", operation.id));
                }
            }
        }
    }
    assert_eq!(bare, Vec::<String>::new());
}

#[test]
fn every_component_has_a_validator_and_a_type() {
    let listed: Vec<&str> = COMPONENTS.iter().map(|component| component.name).collect();
    assert_eq!(listed, component_names());
    assert_eq!(listed, invite_api::schemas::NAMES);
    for component in COMPONENTS {
        // Compiling panics on a schema that is none.
        (component.validates)(&Value::Null);
        let _ = json_schema::component(component.name);
    }
}

#[test]
fn the_ledger_names_tests_that_exist() {
    let ledger = std::fs::read_to_string(root().join("openapi/generated/ledger.json")).unwrap();
    let entries: Vec<Value> = serde_json::from_str(&ledger).unwrap();
    assert!(!entries.is_empty());
    for entry in &entries {
        let held_by = entry["held_by"].as_str().unwrap();
        let (file, function) = held_by.split_once("::").unwrap_or_else(|| panic!("{held_by} is not path.rs::function"));
        let source = std::fs::read_to_string(root().join(file)).unwrap_or_else(|error| panic!("{held_by}: {error}"));
        let declared = source
            .lines()
            .any(|line| line.trim_start().trim_start_matches("async ").starts_with(&format!("fn {function}(")));
        assert!(declared, "{held_by} holds {} of the ledger, but there is no such test", entry["class"]);
        assert!(!entry["lost"].as_array().unwrap().is_empty(), "{} loses nothing", entry["class"]);
    }
    let classes: BTreeSet<&str> = entries.iter().map(|entry| entry["class"].as_str().unwrap()).collect();
    assert_eq!(classes.len(), entries.len(), "a class is listed twice");
}

type Example = (String, &'static Value, &'static Value);

fn components() -> impl Iterator<Item = (&'static str, &'static str, &'static Value)> {
    let schemas = document()["components"]["schemas"].as_object().unwrap();
    schemas.iter().map(|(name, schema)| ("/components/schemas", name.as_str(), schema))
}

/// The examples inside a schema, each with the part of the schema it belongs to.
fn examples_of_schema(schema: &'static Value, at: &str) -> Vec<Example> {
    let mut found: Vec<Example> =
        schema.get("example").map(|example| (format!("{at}/example"), schema, example)).into_iter().collect();
    for (name, property) in schema["properties"].as_object().into_iter().flatten() {
        found.extend(examples_of_schema(property, &format!("{at}/properties/{name}")));
    }
    if let Some(items) = schema.get("items") {
        found.extend(examples_of_schema(items, &format!("{at}/items")));
    }
    found
}

/// The examples of media types, parameters and headers: whatever has a `schema` beside `example` or `examples`.
fn walk(node: &'static Value, at: &str, found: &mut Vec<Example>) {
    if let (Some(schema), true) = (node.get("schema"), !at.starts_with("/components/schemas")) {
        found.extend(node.get("example").map(|example| (format!("{at}/example"), schema, example)));
        for (name, example) in node["examples"].as_object().into_iter().flatten() {
            found.push((format!("{at}/examples/{name}"), schema, &example["value"]));
        }
    }
    match node {
        Value::Object(members) => members.iter().for_each(|(name, child)| walk(child, &format!("{at}/{name}"), found)),
        Value::Array(items) => {
            items.iter().enumerate().for_each(|(index, child)| walk(child, &format!("{at}/{index}"), found))
        }
        _ => {}
    }
}
