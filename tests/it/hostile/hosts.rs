//! Requests that say the server is somebody else: links, places and pages stay its own.

use contract_tests::http::{Answer, Payload};
use contract_tests::server::Server;
use contract_tests::world::Headers;
use invite_api::security::Operation;
use serde_json::{Value, json};

use crate::support::{PROGRAM, invitation_of, kare_invite, muninx_customer, muninx_organization, nexus_import, server};
use crate::wire::exchange;

/// Headers by which proxies, frameworks and browsers tell where a request went; and what an attacker writes there.
const LIES: [(&str, &str); 16] = [
    ("host", "evil.example"),
    ("x-forwarded-host", "evil.example"),
    ("x-forwarded-proto", "gopher"),
    ("x-forwarded-port", "4443"),
    ("x-forwarded-prefix", "/evil.example"),
    ("x-forwarded-server", "evil.example"),
    ("x-forwarded-for", "evil.example"),
    ("forwarded", "for=192.0.2.1;host=evil.example;proto=gopher"),
    ("x-host", "evil.example"),
    ("x-http-host-override", "evil.example"),
    ("x-original-host", "evil.example"),
    ("x-original-url", "https://evil.example/"),
    ("x-rewrite-url", "https://evil.example/"),
    ("origin", "https://evil.example"),
    ("referer", "https://evil.example/"),
    ("via", "1.1 evil.example"),
];

fn lying(mut headers: Headers) -> Headers {
    headers.extend(LIES.map(|(name, value)| (name, value.to_owned())));
    headers
}

/// Nothing of the answer is what the request said of the server.
fn unimpressed(answer: &Answer, what: &str) {
    let headers = answer.headers.iter().map(|(name, value)| format!("{name}: {value:?}"));
    let all = headers.chain([answer.text()]).collect::<Vec<_>>().join("\n");
    for word in ["evil.example", "gopher:", ":4443"] {
        assert!(!all.contains(word), "{what} says {word}: {all}");
    }
}

/// Every operation that mails or shows a link.
fn linking(server: &Server, invitation: &str) -> Vec<(Operation, Vec<String>, Value, u16)> {
    let of = |text: &str| vec![text.to_owned()];
    vec![
        (Operation::MuninxInviteUser, vec![], muninx_customer("muninx@lie.example"), 200),
        (Operation::MuninxResendActivationEmail, of("second@lie.example"), Value::Null, 200),
        (Operation::KareInviteUserOrganization, vec![], kare_invite("kare@lie.example"), 201),
        (Operation::NexusInviteOrganizationMember, of("1"), json!({ "emailAddress": "nexus@lie.example" }), 204),
        (Operation::NexusImportOrganizationMembers, of("1"), nexus_import("lie", &["row@lie.example"]), 202),
        (Operation::ResendInvitation, of(invitation), Value::Null, 200),
        (Operation::MuninxCreateCustomerOrganization, vec![], muninx_organization("lie"), 200),
        (
            Operation::UnleashCreateSignupToken,
            vec![],
            json!({ "name": "Link", "expiresAt": "2999-01-01T00:00:00Z" }),
            201,
        ),
        (Operation::UnleashListSignupTokens, vec![], Value::Null, 200),
        (Operation::UnleashGetSignupToken, of(server.world.acme.signup_token()), Value::Null, 200),
        // Problems name the page of their type.
        (Operation::Activate, vec![], json!({ "challenge": "act_0123456789abcdef", "password": "x".repeat(20) }), 400),
        (Operation::MuninxInviteUser, vec![], json!({}), 400),
    ]
}

async fn links_stay(server: &Server) {
    let invited = ["first@lie.example", "second@lie.example"];
    for address in invited {
        let answer = server.post(Operation::MuninxInviteUser, &[], &muninx_customer(address)).await;
        assert_eq!(answer.status, 200);
        // A mail that still waits is withdrawn when the next one takes its place.
        server.mail(address, 1).await;
    }
    let [first, second] = invited;
    let invitation = invitation_of(server, first).await;
    for (operation, path, body, wanted) in linking(server, &invitation) {
        let path: Vec<&str> = path.iter().map(String::as_str).collect();
        let headers = lying(server.world.acme.credentials(operation));
        let payload = (!body.is_null()).then(|| Payload::json(&body));
        let answer = server.call(operation, &path, &headers, payload.as_ref()).await;
        assert_eq!(answer.status, wanted, "{}: {}", operation.id(), answer.text());
        unimpressed(&answer, operation.id());
    }
    let base = server.world.base_url.as_str();
    let (muninx, kare, nexus) = ("muninx@lie.example", "kare@lie.example", "nexus@lie.example");
    for (address, count) in [(first, 2), (second, 2), (muninx, 1), (kare, 1), (nexus, 1)] {
        for number in 1..=count {
            let mail = server.mail(address, number).await;
            assert!(mail.link().starts_with(&format!("{base}/activate#")), "{}", mail.link());
            assert!(!mail.html.contains("evil"), "{}", mail.html);
        }
    }
    assert!(server.mail("row@lie.example", 1).await.link().starts_with(base));
}

#[tokio::test]
async fn links_are_the_servers_own_whatever_a_request_says_of_it() {
    links_stay(&server().await).await;
}

#[tokio::test]
async fn links_are_the_servers_own_behind_a_proxy_that_is_believed_about_clients() {
    for header in ["x-forwarded-for", "forwarded"] {
        let arguments = ["--proxies-trusted", "127.0.0.1", "--proxies-header", header];
        links_stay(&Server::start(PROGRAM, &arguments).await).await;
    }
}

#[tokio::test]
async fn pages_and_documents_name_no_host_of_a_request() {
    let server = server().await;
    let token = server.world.acme.signup_token();
    let signup = format!("/new-user?invite={token}");
    for path in ["/activate", signup.as_str(), "/docs", "/docs/problems/secret_unknown", "/openapi.json", "/nowhere"] {
        unimpressed(&server.send("GET", path, &lying(vec![]), None).await, path);
    }
}

#[tokio::test]
async fn a_target_that_names_another_host_changes_no_link() {
    let server = server().await;
    let (name, value) = server.world.acme.credentials(Operation::UnleashCreateSignupToken).remove(0);
    let body = r#"{"name":"Link","expiresAt":"2999-01-01T00:00:00Z"}"#;
    let path = Operation::UnleashCreateSignupToken.path();
    for (target, host) in [
        (format!("http://evil.example{path}"), "evil.example"),
        (format!("http://evil.example{path}"), "localhost"),
        (path.to_owned(), "localhost@evil.example"),
    ] {
        let answer = exchange(
            &server,
            &format!(
                "POST {target} HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\ncontent-type: application/json\r\n\
                 {name}: {value}\r\ncontent-length: {}\r\n\r\n{body}",
                body.len()
            ),
        )
        .await;
        assert!(answer.starts_with("HTTP/1.1 201 "), "{target}, {host}: {answer}");
        assert!(answer.contains(&format!("{}/new-user?invite=", server.world.base_url)), "{answer}");
        assert!(!answer.contains("evil"), "{answer}");
    }
}
