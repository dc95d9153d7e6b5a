//! What progenitor is fed.

use super::*;

fn lowered() -> Value {
    let (_, model) = crate::sdk::tests::fixture(include_str!("../fixture.yaml")).unwrap();
    lower(&model)
}

const NONE: &Alternatives<'_> = &Alternatives::none();
const REQUEST: Use<'_> = Use { request: true, response: false, decides: Decides::Nothing, unions: NONE };
const ANSWER: Use<'_> = Use { request: false, response: true, decides: Decides::Nothing, unions: NONE };

#[test]
fn every_operation_answers_raw() {
    let lowered = lowered();
    let answers = &lowered["paths"]["/things/{id}"]["post"]["responses"];
    assert_eq!(answers, &json!({"default": {"description": "", "content": {"*/*": {}}}}));
}

#[test]
fn reserved_headers_security_and_limits_of_parameters_are_gone() {
    let lowered = lowered();
    let operation = &lowered["paths"]["/things/{id}"]["post"];
    let names: Vec<_> = operation["parameters"]
        .as_array()
        .unwrap()
        .iter()
        .map(|parameter| parameter["name"].as_str().unwrap())
        .collect();
    assert_eq!(names, ["id", "dry-run", "Idempotency-Key", "timeout"]);
    assert_eq!(operation["parameters"][0]["schema"], json!({"type": "integer", "format": "int32"}));
    assert!(operation.get("security").is_none());
    assert!(lowered["components"].get("securitySchemes").is_none());
}

#[test]
fn requests_keep_their_checks_and_lose_rules_between_members() {
    let schema = &lowered()["components"]["schemas"]["NewThing"];
    assert_eq!(schema["properties"]["name"]["maxLength"], 250);
    assert_eq!(schema["properties"]["kind"]["enum"], json!(["big", "small"]));
    assert!(schema.get("oneOf").is_none());
    assert!(schema.get("additionalProperties").is_none());
    assert!(schema.get("example").is_none());
}

#[test]
fn answers_are_read_tolerantly() {
    let schema = &lowered()["components"]["schemas"]["Thing"];
    assert!(schema.get("additionalProperties").is_none());
    assert_eq!(schema["properties"]["name"], json!({"type": "string"}));
    assert_eq!(schema["properties"]["kind"], json!({"type": "string", "enum": ["big", "small"]}));
    assert_eq!(
        schema["properties"]["turns"],
        json!({"type": "integer", "description": "Known values: `0`, `90`, `180`, `270`."})
    );
    assert_eq!(schema["properties"]["tags"]["nullable"], true);
}

#[test]
fn extension_members_of_answers_survive() {
    let problem = json!({"type": "object", "properties": {"title": {"type": "string"}}, "additionalProperties": true});
    assert_eq!(lower_schema(&problem, ANSWER)["additionalProperties"], json!({}));
    assert!(lower_schema(&problem, REQUEST).get("additionalProperties").is_none());
}

#[test]
fn branches_with_members_of_their_own_stay() {
    let schema = json!({"type": "object", "properties": {"a": {"type": "string"}}, "oneOf": [{"properties": {"b": {"type": "string"}}}, {"$ref": "#/components/schemas/C"}]});
    assert_eq!(lower_schema(&schema, REQUEST)["oneOf"].as_array().unwrap().len(), 2);
}

#[test]
fn an_enumeration_whose_values_make_no_names_is_read_as_a_text() {
    for values in [json!(["a", "A"]), json!(["+1", "-1"]), json!([""]), json!(["1st"])] {
        let schema = json!({"type": "string", "enum": values});
        assert!(lower_schema(&schema, ANSWER).get("enum").is_none(), "{values}");
        assert!(lower_schema(&schema, REQUEST).get("enum").is_some(), "{values}");
    }
}

#[test]
fn a_key_is_made_only_where_a_uuid_is_one() {
    for schema in [
        json!({"type": "string"}),
        json!({"type": "string", "format": "uuid"}),
        json!({"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[a-z0-9-]+$"}),
    ] {
        assert!(takes_key(&schema), "{schema}");
    }
    for schema in [
        json!({"type": "integer"}),
        json!({"type": "string", "maxLength": 20}),
        json!({"type": "string", "pattern": "^[0-9]+$"}),
    ] {
        assert!(!takes_key(&schema), "{schema}");
    }
}

#[test]
fn lowering_is_stable() {
    assert_eq!(crate::render::json(&lowered()), crate::render::json(&lowered()));
}
