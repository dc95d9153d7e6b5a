//! What the document marks as a secret does not show itself in `Debug` of the server's types.

use contract_tests::components::COMPONENTS;
use contract_tests::document::{component, resolve};
use contract_tests::instances::instances;
use contract_tests::json_schema;
use contract_tests::verdicts::marks_a_secret;
use invite_api::{params, responses, types};
use serde_json::Value;

const CANARY: &str = "canary-in-a-coal-mine";

#[test]
fn no_secret_of_a_body_shows_itself() {
    let mut hidden = Vec::new();
    for this in COMPONENTS {
        let judge = json_schema::component(this.name);
        for instance in instances(this.name).iter().filter(|instance| judge.is_valid(&instance.value)) {
            let mut value = instance.value.clone();
            let mut places = Vec::new();
            plant(component(this.name), &mut value, "", &mut places);
            if !places.is_empty() {
                let shown = (this.show)(&value).unwrap();
                assert!(!shown.contains(CANARY), "{}: {places:?} in {shown}", this.name);
                assert!(shown.contains("[redacted]"), "{}: {shown}", this.name);
                assert!((this.round_trip)(&value).unwrap().to_string().contains(CANARY), "{}: it is lost", this.name);
                hidden.extend(places.into_iter().map(|place| format!("{}{place}", this.name)));
            }
        }
    }
    hidden.sort();
    hidden.dedup();
    let marked = secrets_of_the_document();
    assert!(marked.len() > 12, "the walk is broken: {marked:?}");
    let missed: Vec<&String> = marked.iter().filter(|place| !hidden.contains(place)).collect();
    assert_eq!(missed, Vec::<&String>::new(), "no instance held these");
}

#[test]
fn no_secret_of_a_path_or_a_header_shows_itself() {
    let path: params::UnleashSignupPath = serde_json::from_value(serde_json::json!({"token": CANARY})).unwrap();
    assert_eq!(path.token.expose(), CANARY);
    assert!(!format!("{path:?}").contains(CANARY), "{path:?}");
    let body = instances("UnleashPublicSignupToken").swap_remove(0).value;
    let body: types::UnleashPublicSignupToken = serde_json::from_value(body).unwrap();
    let location = CANARY.to_owned().into();
    let answer = responses::UnleashCreateSignupTokenResponse::Created { location, body };
    assert!(!format!("{answer:?}").contains(CANARY), "{answer:?}");
}

/// Puts the canary in place of every secret, and says where.
fn plant(schema: &'static Value, value: &mut Value, at: &str, places: &mut Vec<String>) {
    let schema = resolve(schema);
    match value {
        Value::String(text) if marks_a_secret(schema) => {
            CANARY.clone_into(text);
            places.push(at.to_owned());
        }
        Value::Object(members) => {
            for (name, value) in members {
                plant(&schema["properties"][name], value, &format!("{at}/{name}"), places);
            }
        }
        Value::Array(items) => items.iter_mut().for_each(|item| plant(&schema["items"], item, at, places)),
        _ => {}
    }
}

/// Component and member of everything that is marked, in the component's own schema.
fn secrets_of_the_document() -> Vec<String> {
    COMPONENTS
        .iter()
        .flat_map(|this| {
            let members = component(this.name)["properties"].as_object().into_iter().flatten();
            let secret = members.filter(|(_, schema)| marks_a_secret(resolve(schema)));
            secret.map(|(name, _)| format!("{}/{name}", this.name))
        })
        .collect()
}
