//! The independent leg: instances made from each schema, judged by a JSON Schema validator, the server's validator and
//! the generated types.
//!
//! The documents that the generator compares share their schemas, so that a fault common to both goes unseen there. Here
//! the judge is a validator over the canonical document, converted by test code.

use contract_tests::components::COMPONENTS;
use contract_tests::document::operation;
use contract_tests::http::{Answer, Payload};
use contract_tests::instances::{Instance, Intent, instances};
use contract_tests::json_schema;
use contract_tests::server::Server;
use contract_tests::verdicts::disagreements;
use futures::StreamExt as _;
use invite_api::security::Operation;

use crate::coverage::{parameters, with_body};
use crate::support::server;

#[test]
fn validator_schema_and_type_agree_on_every_instance() {
    let mut found = Vec::new();
    let (mut valid, mut invalid) = (0, 0);
    for component in COMPONENTS {
        let all = instances(component.name);
        assert!(all.len() > 5, "{} has only {} instances", component.name, all.len());
        for instance in &all {
            *if json_schema::component(component.name).is_valid(&instance.value) {
                &mut valid
            } else {
                &mut invalid
            } += 1;
            found.extend(disagreements(*component, instance));
        }
    }
    println!("{valid} valid and {invalid} invalid instances of {} components", COMPONENTS.len());
    assert!(valid > 1000 && invalid > 1000, "the generator makes too little: {valid} valid, {invalid} invalid");
    assert!(found.is_empty(), "{} disagreements:\n{}", found.len(), found.join("\n"));
}

#[test]
fn every_keyword_of_a_schema_is_broken_by_some_instance() {
    let mut unbroken = Vec::new();
    for component in COMPONENTS {
        let judge = json_schema::component(component.name);
        let all = instances(component.name);
        let broken: Vec<String> = all
            .iter()
            .flat_map(|instance| json_schema::faults(judge, &instance.value))
            .map(|fault| fault.keyword)
            .collect();
        let schema = serde_json::to_string(contract_tests::document::component(component.name)).unwrap();
        for keyword in [
            "required",
            "minLength",
            "maxLength",
            "pattern",
            "enum",
            "minimum",
            "maximum",
            "maxItems",
            "minProperties",
            "oneOf",
        ] {
            if schema.contains(&format!("\"{keyword}\":")) && !broken.iter().any(|known| known == keyword) {
                unbroken.push(format!("{} {keyword}", component.name));
            }
        }
        assert!(
            all.iter().any(|instance| instance.intent == Intent::Valid || judge.is_valid(&instance.value)),
            "{} has no valid instance",
            component.name
        );
    }
    assert_eq!(unbroken, Vec::<String>::new());
}

/// Requests under way at once; more than the server's cores keeps both ends busy.
const AT_ONCE: usize = 8;

#[tokio::test]
async fn the_server_agrees_on_every_instance() {
    let server = server().await;
    let mut wrong = Vec::new();
    let mut sent = 0;
    for operation in with_body() {
        let component = self::operation(operation.id()).body.as_ref().unwrap().contents[0].schema().unwrap();
        let all = instances(component);
        sent += all.len();
        let verdicts = futures::stream::iter(&all)
            .map(|instance| judged(&server, operation, component, instance))
            .buffer_unordered(AT_ONCE);
        wrong.extend(verdicts.filter_map(|verdict| async move { verdict }).collect::<Vec<_>>().await);
    }
    println!("{sent} bodies sent");
    assert!(wrong.is_empty(), "{} disagreements:\n{}", wrong.len(), wrong.join("\n"));
}

/// What is wrong with the server's verdict on one body.
async fn judged(server: &Server, operation: Operation, component: &str, instance: &Instance) -> Option<String> {
    let faults = json_schema::faults(json_schema::component(component), &instance.value);
    let headers = server.world.acme.credentials(operation);
    let payload = Payload::json(&instance.value);
    let answer = server.call(operation, &parameters(server, operation), &headers, Some(&payload)).await;
    let refused = breaks_the_schema(&answer);
    let context = || format!("{}, {}: {} {}", operation.id(), instance.what, answer.status, answer.text());
    if answer.status >= 500 {
        return Some(format!("{}: a fault of the server", context()));
    }
    (refused == faults.is_empty()).then(|| format!("{}: the schema says {faults:?}", context()))
}

/// Whether an answer is the 400 of a body that breaks its schema, in the form of its flow, with the violations.
fn breaks_the_schema(answer: &Answer) -> bool {
    if answer.status != 400 {
        return false;
    }
    let body = answer.json();
    let listed = |list: &str| body[list].as_array().is_some_and(|items| !items.is_empty());
    if let Some(kind) = body["type"].as_str() {
        return kind.ends_with("/invalid_request") && listed("errors");
    }
    if body["name"].is_string() {
        return body["name"] == "ValidationError" && listed("details");
    }
    body["message"].as_str().is_some_and(|message| message.starts_with("The request breaks its schema: "))
}
