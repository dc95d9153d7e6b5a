//! The samples that readers are shown, run as they are: each against a server on which it succeeds, in all languages, and
//! one that the server refuses.

pub(crate) mod language;

use contract_tests::document::document;
use contract_tests::server::Server;
use invite_api::security::{Operation, Scheme};
use language::{Ended, Language};
use serde_json::json;

use crate::support::{PASSWORD, activate, clients_url, server};
use crate::vectors::live::{Live, Values};

/// Variables of the environment.
type Variables = Vec<(String, String)>;

#[tokio::test]
async fn every_sample_in_the_shell_does_what_it_says() {
    every_sample_succeeds(Language::curl()).await;
}

/// A body that is put together as text would end in the middle of the password, or hold what stands behind it.
#[tokio::test]
async fn a_password_with_quotes_is_sent_as_it_is() {
    const ODD: &str = r#"it's a "quoted\\" $(password) `too`", "email": "sam"#;
    let server = server().await;
    let jane = "jane.doe@customer.example";
    let body = contract_tests::bodies::muninx_customer(jane);
    assert_eq!(server.post(Operation::MuninxInviteUser, &[], &body).await.status, 200);
    let challenge = server.mail(jane, 1).await.secret("challenge");
    for (operation, values) in [
        (Operation::Activate, vec![("/body/challenge".to_owned(), json!(challenge))]),
        (Operation::CreateSession, Vec::new()),
    ] {
        let mut variables = variables(&server, operation, &values);
        variables.iter_mut().filter(|(name, _)| name == "PASSWORD").for_each(|(_, value)| ODD.clone_into(value));
        let ended = Language::curl().run(operation.id(), &variables);
        assert!(ended.succeeded, "{}: {}", operation.id(), ended.output);
    }
}

#[tokio::test]
async fn every_sample_in_rust_does_what_it_says() {
    every_sample_succeeds(Language::rust()).await;
}

#[tokio::test]
async fn every_sample_in_typescript_does_what_it_says() {
    every_sample_succeeds(Language::typescript()).await;
}

#[tokio::test]
async fn every_sample_in_python_does_what_it_says() {
    every_sample_succeeds(Language::python()).await;
}

#[test]
fn the_samples_in_rust_are_compiled_as_they_are_shown() {
    let samples = language::samples();
    assert_eq!(samples.len(), Operation::ALL.len());
    for (operation, by_language) in samples {
        let compiled = language::compiled(&operation);
        let (_, program) = compiled.split_once("\n\n").unwrap();
        assert_eq!(by_language["rust"].as_str(), Some(program), "{operation}");
    }
}

async fn every_sample_succeeds(language: Language) {
    let server = server().await;
    let live = Live::of(&server);
    let mut failures = Vec::new();
    for operation in Operation::ALL {
        let values = values(&server, &live, *operation).await;
        let ended = language.run(operation.id(), &variables(&server, *operation, &values));
        let status = success(*operation);
        if !ended.succeeded || !ended.output.contains(&status) {
            failures.push(format!("{} does not end with {status}:\n{}", operation.id(), ended.output));
        }
    }
    let Ended { succeeded, output } = refused(&server, &language).await;
    if succeeded || !output.contains("404") {
        failures.push(format!("a refusal is taken for a success:\n{output}"));
    }
    assert!(failures.is_empty(), "{}", failures.join("\n\n"));
}

/// Asks for somebody who is not there.
async fn refused(server: &Server, language: &Language) -> Ended {
    let values = vec![("/path/email".to_owned(), json!("nobody@customer.example"))];
    language.run("muninx_get_user", &variables(server, Operation::MuninxGetUser, &values))
}

/// The status of the success that this server answers with.
fn success(operation: Operation) -> String {
    let responses = document()["paths"][operation.path()][operation.method().to_lowercase()]["responses"].as_object();
    responses.unwrap().keys().find(|status| status.starts_with('2')).unwrap().clone()
}

/// What has to be there for the sample to succeed. It names some people itself, as the document's example does.
async fn values(server: &Server, live: &Live<'_>, operation: Operation) -> Values {
    match operation {
        Operation::CreateSession => {
            let jane = "jane.doe@customer.example";
            let body = contract_tests::bodies::muninx_customer(jane);
            assert_eq!(server.post(Operation::MuninxInviteUser, &[], &body).await.status, 200);
            let challenge = server.mail(jane, 1).await.secret("challenge");
            assert_eq!(activate(server, &challenge).await.status, 200);
            Vec::new()
        }
        // Invited by the sample of the operation before.
        Operation::KareAcceptInvitation => {
            let token = server.mail("test@mail.com", 1).await.secret("invitation");
            vec![("/body/invitationToken".to_owned(), json!(token))]
        }
        _ => live.make(operation).await,
    }
}

/// The environment of a sample: the server, every credential, and the values of this run by the names that samples use.
fn variables(server: &Server, operation: Operation, values: &Values) -> Variables {
    let mut variables: Variables =
        vec![("INVITE_SERVER".to_owned(), clients_url(server)), ("PASSWORD".to_owned(), PASSWORD.to_owned())];
    let schemes = Operation::ALL.iter().flat_map(|operation| operation.security()).copied().flatten();
    variables.extend(schemes.map(|scheme| credential(server, *scheme)));
    for (pointer, value) in values {
        let name = pointer.rsplit('/').next().unwrap();
        let value = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        let name = match (name, pointer.split('/').nth(1)) {
            (_, Some("credentials")) => format!("INVITE_{}", shouted(name)),
            ("id", Some("path")) if operation.path().starts_with("/imports") => "IMPORT_ID".to_owned(),
            ("id", Some("path")) if operation.path().starts_with("/invitations") => "INVITATION_ID".to_owned(),
            ("id", Some("path")) => "TOKEN_ID".to_owned(),
            _ => shouted(name),
        };
        variables.push((name, value.trim_start_matches("Bearer ").to_owned()));
    }
    variables
}

fn credential(server: &Server, scheme: Scheme) -> (String, String) {
    let (_, header) = server.world.acme.header(scheme);
    (format!("INVITE_{}", shouted(scheme.name())), header.trim_start_matches("Bearer ").to_owned())
}

/// `invitationToken` as `INVITATION_TOKEN`.
fn shouted(name: &str) -> String {
    let words =
        name.chars().map(|c| if c.is_ascii_uppercase() { format!("_{c}") } else { c.to_ascii_uppercase().to_string() });
    words.collect()
}
