//! What errors say, and what they must not say.

use contract_tests::document::document;
use contract_tests::http::{Answer, Payload};
use invite_api::security::Operation;
use serde_json::{Value, json};

use crate::support::{PASSWORD, server, unleash_signup};

#[tokio::test]
async fn all_violations_are_listed_at_once_with_their_pointers() {
    let server = server().await;
    let empty = json!({});
    let muninx = server.post(Operation::MuninxInviteUser, &[], &empty).await;
    assert_eq!(pointers(&muninx, "/errors", "pointer"), ["/email", "/last-name", "/name", "/type"]);
    let nexus = server.post(Operation::NexusInviteOrganizationMember, &["0"], &json!({ "makeAdmin": "yes" })).await;
    assert_eq!(pointers(&nexus, "/errors", "pointer"), ["/emailAddress", "/makeAdmin", "/path/organizationId"]);
    let own = server.post(Operation::Activate, &[], &empty).await;
    assert_eq!(pointers(&own, "/errors", "pointer"), ["/challenge", "/password"]);
    let unleash =
        server.post(Operation::UnleashSignup, &[server.world.acme.signup_token()], &json!({ "rootRole": 1 })).await;
    assert_eq!(pointers(&unleash, "/details", "path"), ["/email", "/name", "/password", "/rootRole"]);
    let kare =
        server.post(Operation::KareInviteUserOrganization, &[], &json!({ "permissions": { "read": ["x"] } })).await;
    let message = kare.json()["message"].as_str().unwrap().to_owned();
    for pointer in ["/firstName", "/lastName", "/email", "/permissions/group", "/permissions/read/0"] {
        assert!(message.contains(pointer), "{pointer} is not in: {message}");
    }
}

#[tokio::test]
async fn errors_repeat_nothing_of_what_was_sent() {
    let server = server().await;
    let secret = "s3cret-that-must-not-come-back";
    let bodies = [
        (Operation::Activate, json!({ "challenge": secret, "password": secret })),
        (Operation::Activate, json!({ "challenge": [secret], "password": { "a": secret } })),
        (Operation::CreateSession, json!({ "email": format!("{secret}@b.example"), "password": secret })),
        (Operation::UnleashSignup, json!({ "email": secret, "name": "https://evil.example", "password": [secret] })),
        (
            Operation::MuninxInviteUser,
            json!({ "email": secret, "name": secret, "last-name": [secret], "type": secret, "agent-type": secret }),
        ),
        (
            Operation::KareInviteUserOrganization,
            json!({ "email": secret, "firstName": [secret], "permissions": secret }),
        ),
    ];
    for (operation, body) in bodies {
        let answer = server.post(operation, &super::parameters(&server, operation), &body).await;
        assert!(answer.status >= 400 && !answer.text().contains(secret), "{}: {}", operation.id(), answer.text());
    }
    let malformed = format!("{{\"password\": {secret}");
    for operation in super::with_body() {
        let headers = server.world.acme.credentials(operation);
        let answer = server
            .call(
                operation,
                &super::parameters(&server, operation),
                &headers,
                Some(&Payload::raw("application/json", malformed.clone())),
            )
            .await;
        let text = answer.text();
        assert!(
            !text.contains(secret) && !text.contains("line 1") && !text.contains("column"),
            "no parser internals: {text}"
        );
    }
}

#[tokio::test]
async fn the_type_of_a_problem_leads_to_its_documentation() {
    let server = server().await;
    let sections: Vec<&str> = document()["info"]["description"]
        .as_str()
        .unwrap()
        .lines()
        .filter_map(|line| line.strip_prefix("## "))
        .collect();
    assert!(sections.len() > 10, "{sections:?}");
    let unauthenticated = server.call(Operation::MuninxInviteUser, &[], &[], None).await;
    let taken = json!({ "email": "admin@acme.example", "name": "A", "last-name": "B", "type": "customer" });
    let organization =
        json!({ "email": "a@b.example", "name": "A", "last-name": "B", "type": "customer", "organization": "nowhere" });
    let answers = [
        unauthenticated,
        server.post(Operation::MuninxInviteUser, &[], &json!({})).await,
        server.post(Operation::MuninxInviteUser, &[], &taken).await,
        server.post(Operation::MuninxInviteUser, &[], &organization).await,
        server
            .post(Operation::NexusInviteOrganizationMember, &["999"], &json!({ "emailAddress": "a@b.example" }))
            .await,
        server
            .post(Operation::Activate, &[], &json!({ "challenge": "act_0123456789abcdef", "password": PASSWORD }))
            .await,
        server.post(Operation::CreateSession, &[], &json!({ "email": "a@b.example", "password": PASSWORD })).await,
        server.call(Operation::CreateSession, &[], &[], Some(&Payload::raw("application/json", "{"))).await,
        server.call(Operation::CreateSession, &[], &[], Some(&Payload::raw("text/plain", "{"))).await,
        server
            .call(Operation::CreateSession, &[], &[], Some(&Payload::raw("application/json", vec![b' '; 70_000])))
            .await,
    ];
    for answer in answers {
        let problem = answer.json();
        let address = problem["type"].as_str().unwrap();
        let path =
            address.strip_prefix(&server.world.base_url).unwrap_or_else(|| panic!("{address} is not at this server"));
        let code = address.rsplit('/').next().unwrap();
        assert!(sections.contains(&code), "{code} is not a problem type of the document");
        assert_eq!(server.send("GET", path.split('#').next().unwrap(), &[], None).await.status, 200, "{address}");
        let instance = problem["instance"].as_str().unwrap().strip_prefix("urn:uuid:").unwrap().to_owned();
        assert_eq!(answer.header("x-request-id"), Some(instance.as_str()), "the instance is the request id");
    }
}

#[tokio::test]
async fn names_of_unleash_errors_are_those_of_the_document() {
    let server = server().await;
    let description =
        document()["components"]["schemas"]["UnleashError"]["properties"]["name"]["description"].as_str().unwrap();
    let token = server.world.acme.signup_token();
    let headers = server.world.acme.credentials(Operation::UnleashCreateSignupToken);
    assert_eq!(server.post(Operation::UnleashSignup, &[token], &unleash_signup("a@b.example")).await.status, 200);
    let answers = [
        server.call(Operation::UnleashCreateSignupToken, &[], &[], None).await,
        server.call(Operation::UnleashCreateSignupToken, &[], &headers, Some(&Payload::untyped("{}"))).await,
        server
            .call(Operation::UnleashCreateSignupToken, &[], &headers, Some(&Payload::raw("application/json", "{")))
            .await,
        server
            .call(
                Operation::UnleashCreateSignupToken,
                &[],
                &headers,
                Some(&Payload::raw("application/json", vec![b' '; 70_000])),
            )
            .await,
        server.post(Operation::UnleashSignup, &["sgn_unknown"], &unleash_signup("c@d.example")).await,
        server.post(Operation::UnleashSignup, &[token], &unleash_signup("a@b.example")).await,
        server.post(Operation::UnleashSignup, &[token], &json!({})).await,
    ];
    for answer in answers {
        let body = answer.json();
        let name = body["name"].as_str().unwrap();
        assert!(description.contains(&format!("`{name}`")), "{}: {name} is not in the document", answer.status);
        assert_eq!(body["id"].as_str(), answer.header("x-request-id"), "the id is the request id");
    }
}

fn pointers(answer: &Answer, list: &str, member: &str) -> Vec<String> {
    let body = answer.json();
    let items = body.pointer(list).and_then(Value::as_array).unwrap_or_else(|| panic!("no {list}: {body}"));
    let mut found: Vec<String> = items.iter().map(|item| item[member].as_str().unwrap().to_owned()).collect();
    found.sort();
    found
}
