//! The independent leg: instances made from each schema, judged by a JSON Schema validator, the server's validator and
//! the generated types.
//!
//! The documents that the generator compares share their schemas, so that a fault common to both goes unseen there. Here
//! the judge is a validator over the canonical document, converted by test code.

use contract_tests::components::COMPONENTS;
use contract_tests::instances::{Intent, instances};
use contract_tests::json_schema;
use contract_tests::verdicts::disagreements;

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
        for keyword in
            ["required", "minLength", "maxLength", "pattern", "enum", "minimum", "maximum", "maxItems", "oneOf"]
        {
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
