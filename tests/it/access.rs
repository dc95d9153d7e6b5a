//! Credentials: what the document demands is demanded, all of it and nothing else.

use contract_tests::document::{document, model};
use contract_tests::http::{Answer, Payload};
use contract_tests::server::Server;
use contract_tests::world::{Headers, Tenant, basic};
use invite_api::security::{Operation, Scheme};
use serde_json::{Value, json};

use crate::coverage::parameters;
use crate::support::{PASSWORD, headers, muninx_organization, nexus_import, server, session, unleash_signup};

#[tokio::test]
async fn every_operation_demands_what_the_document_says() {
    let server = server().await;
    let (acme, globex) = (&server.world.acme, &server.world.globex);
    for operation in Operation::ALL.iter().copied().filter(|operation| !operation.security().is_empty()) {
        refused(&server, operation, "nothing", &Vec::new()).await;
        for alternative in operation.security() {
            let answer = probe(&server, operation, &headers(&server, acme, operation, alternative).await).await;
            assert_ne!(answer.status, 401, "{}: {alternative:?} is enough: {}", operation.id(), answer.text());
            for scheme in *alternative {
                refused(&server, operation, "a wrong secret", &spoilt(acme, alternative, *scheme)).await;
                if alternative.len() > 1 {
                    refused(&server, operation, "one half", &vec![acme.header(*scheme)]).await;
                    let mixed: Headers = alternative
                        .iter()
                        .map(|other| if other == scheme { globex } else { acme }.header(*other))
                        .collect();
                    refused(&server, operation, "halves of two tenants", &mixed).await;
                }
            }
        }
    }
}

#[tokio::test]
async fn a_credential_serves_no_operation_that_does_not_name_its_kind() {
    let server = server().await;
    let acme = &server.world.acme;
    let personal = acme.text("/credentials/muninx/bearer");
    let access = acme.text("/credentials/kare/bearer");
    let session = acme.text("/credentials/kare/session_token");
    let application = acme.text("/credentials/nexus/application_token");
    let key = acme.text("/credentials/unleash/admin_api_key");
    let bearer = |token: &str| vec![("authorization", format!("Bearer {token}"))];
    let pair = |token: &str, name: &'static str, second: &str| {
        vec![("authorization", format!("Bearer {token}")), (name, second.to_owned())]
    };
    let foreign: Vec<(Operation, Headers)> = vec![
        (Operation::MuninxInviteUser, bearer(session)),
        (Operation::MuninxInviteUser, bearer(application)),
        (Operation::MuninxInviteUser, bearer(key)),
        (Operation::MuninxInviteUser, vec![("authorization", personal.to_owned())]),
        (Operation::MuninxInviteUser, vec![acme.header(Scheme::NexusBasic)]),
        (
            Operation::MuninxInviteUser,
            vec![("authorization", format!("Bearer {personal}")), ("authorization", format!("Bearer {personal}"))],
        ),
        (Operation::KareInviteUserOrganization, pair(personal, "x-session-token", session)),
        (Operation::KareInviteUserOrganization, pair(session, "x-session-token", access)),
        (Operation::KareInviteUserOrganization, pair(access, "x-session-token", access)),
        // The world's Nexus bearer is of another sign-in of the same person.
        (
            Operation::KareInviteUserOrganization,
            pair(acme.text("/credentials/nexus/bearer"), "x-session-token", session),
        ),
        (Operation::KareInviteUserOrganization, vec![acme.header(Scheme::NexusBasic)]),
        (Operation::NexusInviteOrganizationMember, pair(personal, "ApplicationToken", application)),
        (Operation::NexusInviteOrganizationMember, pair(access, "ApplicationToken", session)),
        (Operation::NexusInviteOrganizationMember, vec![basic(acme.text("/credentials/nexus/basic/username"), key)]),
        (
            Operation::NexusInviteOrganizationMember,
            vec![basic(
                server.world.globex.text("/credentials/nexus/basic/username"),
                acme.text("/credentials/nexus/basic/password"),
            )],
        ),
        (Operation::UnleashCreateSignupToken, vec![("authorization", access.to_owned())]),
        (Operation::UnleashCreateSignupToken, bearer(personal)),
        (Operation::UnleashCreateSignupToken, bearer(session)),
        (Operation::UnleashCreateSignupToken, vec![acme.header(Scheme::NexusBasic)]),
        (Operation::DeleteSession, bearer(personal)),
        (Operation::DeleteSession, bearer(session)),
    ];
    for (operation, headers) in foreign {
        refused(&server, operation, "a foreign credential", &headers).await;
    }
}

#[tokio::test]
async fn the_name_of_an_authentication_scheme_has_no_letter_case() {
    let server = server().await;
    let token = server.world.acme.text("/credentials/muninx/bearer");
    for word in ["bearer", "BEARER", "Bearer"] {
        let answer =
            probe(&server, Operation::MuninxCreateToken, &vec![("authorization", format!("{word} {token}"))]).await;
        assert_eq!(answer.status, 200, "{word}");
    }
}

#[tokio::test]
async fn operations_without_security_ask_for_nothing_and_mind_nothing() {
    let server = server().await;
    for operation in Operation::ALL.iter().copied().filter(|operation| operation.security().is_empty()) {
        for headers in [
            vec![],
            vec![("authorization", "Bearer nonsense".to_owned())],
            server.world.acme.headers(&[Scheme::KareBearer, Scheme::KareSession]),
        ] {
            let answer = probe(&server, operation, &headers).await;
            assert_ne!(answer.status, 401, "{} with {headers:?}: {}", operation.id(), answer.text());
        }
    }
}

#[tokio::test]
async fn strangers_are_turned_away_before_their_body_is_looked_at() {
    let server = server().await;
    let payloads = [
        None,
        Some(Payload::raw("text/plain", "hello")),
        Some(Payload::untyped("{}")),
        Some(Payload::json(&json!({}))),
        Some(Payload::raw("application/json", "{")),
        Some(Payload::raw("application/json", vec![b' '; 200_000])),
    ];
    for operation in Operation::ALL.iter().copied().filter(|operation| !operation.security().is_empty()) {
        for payload in &payloads {
            let answer = server.call(operation, &parameters(&server, operation), &[], payload.as_ref()).await;
            assert_eq!(
                answer.status,
                401,
                "{} with {:?}",
                operation.id(),
                payload.as_ref().map(|payload| &payload.content_type)
            );
        }
    }
}

#[test]
fn the_servers_table_of_requirements_is_the_documents() {
    assert_eq!(Operation::ALL.len(), model().operations.len());
    for (operation, declared) in Operation::ALL.iter().zip(&model().operations) {
        assert_eq!(
            (operation.id(), operation.method(), operation.path()),
            (declared.id.as_str(), declared.method.as_str(), declared.path.as_str())
        );
        // From the document itself, not from the generator's reading of it.
        let object = document().pointer(&declared.pointer).unwrap();
        let wanted: Vec<Vec<&str>> = object["security"]
            .as_array()
            .unwrap()
            .iter()
            .map(|alternative| alternative.as_object().unwrap().keys().map(String::as_str).collect())
            .collect();
        let held: Vec<Vec<&str>> = operation
            .security()
            .iter()
            .map(|alternative| alternative.iter().map(|scheme| scheme.name()).collect())
            .collect();
        assert_eq!(held, wanted, "{}", declared.id);
        assert!(
            object["x-access"]["who"].is_string() && object["x-access"]["rule"].is_string(),
            "{} states no access rule",
            declared.id
        );
    }
}

/// A request that authentication is the only thing to object to.
async fn probe(server: &Server, operation: Operation, headers: &Headers) -> Answer {
    let body = body(server, operation).await.map(|body| Payload::json(&body));
    server.call(operation, &parameters(server, operation), headers, body.as_ref()).await
}

async fn refused(server: &Server, operation: Operation, what: &str, headers: &Headers) {
    let answer = probe(server, operation, headers).await;
    assert_eq!(answer.status, 401, "{} with {what}: {}", operation.id(), answer.text());
    let challenge = answer.header("www-authenticate").unwrap();
    let takes_basic = operation.security().iter().any(|alternative| alternative.contains(&Scheme::NexusBasic));
    assert!(challenge.contains(r#"Bearer realm=""#), "{challenge}");
    assert_eq!(challenge.contains(r#"Basic realm=""#), takes_basic, "{}: {challenge}", operation.id());
}

/// The alternative with the last character of one secret changed.
fn spoilt(tenant: &Tenant, alternative: &[Scheme], victim: Scheme) -> Headers {
    let spoil = |(name, value): (&'static str, String)| {
        let mut value = value;
        let last = value.pop();
        value.push(if last == Some('A') { 'E' } else { 'A' });
        (name, value)
    };
    let header = |scheme: &Scheme| match *scheme == victim {
        true if victim == Scheme::NexusBasic => basic(tenant.text("/credentials/nexus/basic/username"), "wrong"),
        true => spoil(tenant.header(*scheme)),
        false => tenant.header(*scheme),
    };
    alternative.iter().map(header).collect()
}

/// A body that authentication is the only thing to object to.
pub(crate) async fn body(server: &Server, operation: Operation) -> Option<Value> {
    Some(match operation {
        Operation::MuninxInviteUser => {
            json!({ "email": "a@b.example", "name": "A", "last-name": "B", "type": "customer" })
        }
        Operation::MuninxUpdateUser => json!({ "name": "Probe" }),
        Operation::MuninxCreateToken => json!({ "name": "probe" }),
        Operation::MuninxCreateCustomerOrganization => muninx_organization("probe"),
        Operation::KareInviteUserOrganization => crate::support::kare_invite("probe@mail.com"),
        Operation::KareAcceptInvitation => crate::support::kare_acceptance("inv_unknown", "probe@mail.com"),
        Operation::NexusInviteOrganizationMember => json!({ "emailAddress": "probe@nexus.example" }),
        Operation::NexusImportOrganizationMembers => nexus_import("probe", &["probe@nexus.example"]),
        Operation::NexusCreateApiKey => json!({ "permissions": ["user.write"] }),
        Operation::UnleashSignup => unleash_signup("probe@example.com"),
        Operation::UnleashCreateSignupToken => json!({ "name": "probe", "expiresAt": "2999-01-01T00:00:00Z" }),
        Operation::UnleashUpdateSignupToken => json!({ "enabled": true }),
        Operation::Activate => json!({ "challenge": "act_0123456789abcdef", "password": PASSWORD }),
        Operation::DeclineInvitation | Operation::RenewChallenge => json!({ "challenge": "act_0123456789abcdef" }),
        Operation::CreateSession => {
            json!({ "email": server.world.acme.text("/admin/email"), "password": server.world.acme.text("/admin/password") })
        }
        Operation::RefreshSession => {
            json!({ "refreshToken": session(server, &server.world.acme).await["refreshToken"] })
        }
        Operation::MuninxResendActivationEmail
        | Operation::MuninxListUsers
        | Operation::MuninxGetUser
        | Operation::MuninxListTokens
        | Operation::MuninxDeleteToken
        | Operation::NexusRemoveMemberRole
        | Operation::GetImport
        | Operation::ListInvitations
        | Operation::GetInvitation
        | Operation::ResendInvitation
        | Operation::RevokeInvitation
        | Operation::ListEvents
        | Operation::DeleteSession
        | Operation::UnleashValidateSignupToken
        | Operation::UnleashListSignupTokens
        | Operation::UnleashGetSignupToken
        | Operation::Liveness
        | Operation::Readiness => return None,
    })
}
