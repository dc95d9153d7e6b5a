//! Logs: what happened, and no secret and no full address.

use std::collections::BTreeSet;
use std::net::TcpListener;

use contract_tests::http::Payload;
use contract_tests::poll;
use contract_tests::server::{Process, Server};
use contract_tests::world::World;
use invite_api::security::Operation;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::canaries::programs::serve;
use crate::support::{
    PASSWORD, PROGRAM, activate, is_secret, kare_acceptance, kare_headers, kare_invite, muninx_customer, server,
    sign_in, strings, try_sign_in, unleash_signup,
};

const ADDRESSES: [&str; 5] = [
    "jane.doe@customer.example",
    "test@mail.com",
    "maria.silva@nexus.example",
    "hunter@example.com",
    "admin@acme.example",
];

#[tokio::test]
async fn a_run_through_all_flows_logs_no_secret_and_no_full_address() {
    let server = server().await;
    let mut secrets = credentials(&server.world.file);
    secrets.extend(all_flows(&server).await);
    assert!(secrets.len() > 25, "{} secrets are too few", secrets.len());
    assert_silent(
        &server.output(),
        &secrets,
        &["unleash_signup", "muninx_invite_user", "activate", "create_session", r#""status":200"#],
    );
}

#[tokio::test]
async fn a_server_that_logs_everything_logs_no_secret_either() {
    let first = server().await;
    let world = first.world.clone();
    let mut secrets = credentials(&world.file);
    let (_, temporary) = first.stop().await;
    let (process, address) = serve(&temporary).await;
    let client = contract_tests::http::client();
    let requests = requests(&world);
    for (operation, path, headers, body) in &requests {
        let url = format!(
            "http://{address}{}",
            contract_tests::server::path(*operation, &path.iter().map(String::as_str).collect::<Vec<_>>())
        );
        let payload = body.as_ref().map(Payload::json);
        let answer =
            contract_tests::http::send(&client, operation.method(), &url, headers, payload.as_ref()).await.unwrap();
        assert!(answer.status < 300, "{}: {}", operation.id(), answer.text());
        secrets.extend(
            strings(&serde_json::from_slice(&answer.body).unwrap_or_default())
                .into_iter()
                .filter(|text| is_secret(text)),
        );
    }
    secrets.insert(PASSWORD.to_owned());
    assert_silent(&process.output(), &secrets, &["unleash_signup", "TRACE"]);
}

#[tokio::test]
async fn a_path_that_nobody_serves_is_no_error_of_the_server() {
    let (_, folder) = server().await.stop().await;
    let (process, address) = serve(&folder).await;
    let client = contract_tests::http::client();
    let answer =
        contract_tests::http::send(&client, "GET", &format!("http://{address}/nowhere"), &[], None).await.unwrap();
    assert_eq!(answer.status, 404);
    let lines = poll::until("the line of the request", async || {
        let lines = lines_of(&process.output(), "/nowhere");
        lines.iter().any(|line| line["message"] == "request completed").then_some(lines)
    })
    .await;
    for line in lines {
        assert!(["DEBUG", "TRACE"].contains(&line["level"].as_str().unwrap()), "{line}");
    }
}

/// The lines of a log that name a target.
fn lines_of(log: &str, target: &str) -> Vec<Value> {
    log.lines()
        .filter_map(|line| serde_json::from_str(line).ok())
        .filter(|line: &Value| line["uri"] == target)
        .collect()
}

/// Uses every flow once; returns the secrets that were sent or received.
pub(crate) async fn all_flows(server: &Server) -> BTreeSet<String> {
    let mut secrets = BTreeSet::from([PASSWORD.to_owned()]);
    for (operation, path, headers, body) in requests(&server.world) {
        let path: Vec<&str> = path.iter().map(String::as_str).collect();
        let answer = server.call(operation, &path, &headers, body.as_ref().map(Payload::json).as_ref()).await;
        assert!(answer.status < 300, "{}: {}", operation.id(), answer.text());
        secrets.extend(
            strings(&serde_json::from_slice(&answer.body).unwrap_or_default())
                .into_iter()
                .filter(|text| is_secret(text)),
        );
    }
    for address in ["jane.doe@customer.example", "maria.silva@nexus.example"] {
        let challenge = server.mail(address, 1).await.secret("challenge");
        assert_eq!(activate(server, &challenge).await.status, 200);
        assert_eq!(activate(server, &challenge).await.status, 409);
        secrets.insert(challenge);
        secrets.extend(strings(&sign_in(server, address, PASSWORD).await).into_iter().filter(|text| is_secret(text)));
    }
    let token = server.mail("test@mail.com", 1).await.secret("invitation");
    let accepted =
        server.post(Operation::KareAcceptInvitation, &[], &kare_acceptance(&token, "test@mail.com")).await.json();
    secrets.insert(token);
    secrets.extend(strings(&accepted).into_iter().filter(|text| is_secret(text)));
    let forbidden = server
        .post_as(
            &kare_headers(&accepted["data"]),
            Operation::KareInviteUserOrganization,
            &[],
            &kare_invite("x@mail.com"),
        )
        .await;
    assert_eq!(forbidden.status, 403);
    odd_requests(server, &mut secrets).await;
    secrets
}

/// Secrets where nobody expects them: unknown routes, encoded, in a query, in a body that is refused.
async fn odd_requests(server: &Server, secrets: &mut BTreeSet<String>) {
    let token = server.world.acme.signup_token();
    let encoded = token.replace('_', "%5F");
    for path in [
        format!("/invite/{token}"),
        format!("/invite/{encoded}/signup"),
        format!("//invite//{token}/validate/"),
        format!("/%69nvite/{token}/validate"),
        format!("/new-user?invite={token}"),
        format!("/nowhere/{token}?challenge={token}"),
        "/users/jane.doe%40customer.example/activation-email".to_owned(),
        "/users/jane.doe@customer.example".to_owned(),
    ] {
        server.send("GET", &path, &[("referer", format!("http://x.example/new-user?invite={token}"))], None).await;
    }
    let stranger = "0123456789abcdef0123456789abcdef";
    assert_eq!(
        server.post(Operation::UnleashSignup, &[stranger], &unleash_signup("late@example.com")).await.status,
        400
    );
    secrets.extend([stranger.to_owned(), "hunter-two-is-no-password".to_owned(), encoded]);
    assert_eq!(try_sign_in(server, "admin@acme.example", "hunter-two-is-no-password").await.status, 401);
}

type Call = (Operation, Vec<String>, Vec<(&'static str, String)>, Option<Value>);

fn requests(world: &World) -> Vec<Call> {
    let call = |operation: Operation, path: &[&str], body: Value| {
        (
            operation,
            path.iter().map(|text| (*text).to_owned()).collect(),
            world.acme.credentials(operation),
            (!body.is_null()).then_some(body),
        )
    };
    let token = world.acme.signup_token();
    vec![
        call(Operation::MuninxInviteUser, &[], muninx_customer("jane.doe@customer.example")),
        call(Operation::MuninxInviteUser, &[], muninx_customer("resent@customer.example")),
        call(Operation::MuninxResendActivationEmail, &["resent@customer.example"], Value::Null),
        call(Operation::MuninxCreateToken, &[], json!({ "name": "nightly" })),
        call(Operation::KareInviteUserOrganization, &[], kare_invite("test@mail.com")),
        call(Operation::NexusInviteOrganizationMember, &["1"], json!({ "emailAddress": "maria.silva@nexus.example" })),
        call(Operation::UnleashValidateSignupToken, &[token], Value::Null),
        call(Operation::UnleashGetSignupToken, &[token], Value::Null),
        call(Operation::UnleashListSignupTokens, &[], Value::Null),
        call(Operation::UnleashSignup, &[token], unleash_signup("hunter@example.com")),
        call(Operation::UnleashCreateSignupToken, &[], json!({ "name": "link", "expiresAt": "2999-01-01T00:00:00Z" })),
        call(
            Operation::CreateSession,
            &[],
            json!({ "email": world.acme.text("/admin/email"), "password": world.acme.text("/admin/password") }),
        ),
    ]
}

fn assert_silent(log: &str, secrets: &BTreeSet<String>, expected: &[&str]) {
    for text in expected {
        assert!(log.contains(text), "the log does not even say {text}: {log}");
    }
    let told: Vec<(&str, &String)> = log
        .lines()
        .flat_map(|line| secrets.iter().filter(|secret| line.contains(*secret)).map(move |secret| (line, secret)))
        .collect();
    assert!(told.is_empty(), "secrets in the log: {told:#?}");
    // The greeting of `dev` names its own administrator.
    let lines = log.lines().filter(|line| line.starts_with('{'));
    let shown: Vec<&str> = lines
        .filter(|line| {
            ADDRESSES.iter().any(|address| line.contains(address) || line.contains(&address.replace('@', "%40")))
        })
        .collect();
    assert!(shown.is_empty(), "full addresses in the log: {shown:#?}");
}

/// All credentials of a world; user names and addresses are none.
pub(crate) fn credentials(file: &Value) -> BTreeSet<String> {
    let secrets: BTreeSet<String> = [&file["credentials"], &file["other_tenant"]["credentials"]]
        .into_iter()
        .flat_map(strings)
        .filter(|text| is_secret(text))
        .collect();
    secrets.into_iter().chain([file["admin"]["password"].as_str().unwrap().to_owned()]).collect()
}

/// A program that ended, and what it said.
async fn failed(arguments: &[&str]) -> (Option<i32>, String) {
    let folder = TempDir::new().unwrap();
    let data = folder.path().join("data").display().to_string();
    let place = ["--data-dir", &data, "--public-url", "http://localhost"];
    let mut process = Process::start(PROGRAM, folder.path(), &[&["serve"][..], &place, arguments].concat());
    (process.ended().await.code(), process.output())
}

#[tokio::test]
async fn why_a_server_does_not_start_is_a_line_of_the_log_like_all_others() {
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("invite.toml").display().to_string();
    std::fs::write(&file, "nothing = 1\n[log]\nformat = \"json\"\n").unwrap();
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let taken = taken.local_addr().unwrap().to_string();
    let wrong = ["--listen", "nowhere", "--limit-client", "many"];
    for (code, count, arguments) in [
        (2, 2, [&wrong[..], &["--log-format", "json"]].concat()),
        // Whoever collects the lines has set nothing: it is no terminal.
        (2, 2, wrong.to_vec()),
        (2, 1, vec!["--listen", "127.0.0.1:0", "--config", &file]),
        (1, 1, vec!["--listen", &taken, "--log-level", "info,invite_server=off"]),
    ] {
        let (ended, output) = failed(&arguments).await;
        assert_eq!(ended, Some(code), "{output}");
        let lines = output.lines().map(|line| serde_json::from_str::<Value>(line).expect(line));
        let errors: Vec<Value> = lines.filter(|line| line["level"] == "ERROR").collect();
        assert_eq!(errors.len(), count, "{arguments:?}: {output}");
        for error in errors {
            let is_told = |member: &str| error[member].as_str().is_some_and(|text| text.len() > 10);
            assert!(is_told("timestamp") && is_told("message") && is_told("hint"), "{error}");
        }
    }
    let (ended, output) = failed(&[&wrong[..], &["--log-format", "text"]].concat()).await;
    assert_eq!(ended, Some(2), "{output}");
    assert!(output.starts_with("error: ") && output.contains("\nhint: "), "{output}");
}
