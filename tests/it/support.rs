//! What several files of tests do alike.

use std::path::Path;

pub(crate) use contract_tests::bodies::{PASSWORD, kare_invite, muninx_customer, unleash_signup};
use contract_tests::database::{self, Database};
use contract_tests::http::{Answer, Payload};
use contract_tests::server::{Process, Server};
use contract_tests::world::{Headers, Tenant};
use invite_api::security::{Operation, Scheme};
use invite_server::app::LimitKind;
use serde_json::{Value, json};
use tempfile::TempDir;

/// The program under test.
pub(crate) const PROGRAM: &str = env!("CARGO_BIN_EXE_server-under-test");

/// An id that nothing has.
pub(crate) const NOBODYS: &str = "00000000-0000-0000-0000-000000000000";

/// A server with a fresh world.
pub(crate) async fn server() -> Server {
    Server::start(PROGRAM, &[]).await
}

/// The same for tests that compare rows. Its limits are such that no count wears off while they do; else it would be swept,
/// and the next request that counts under its key would insert a row and not update one.
pub(crate) async fn server_with_nothing_to_sweep() -> Server {
    let limits = limits(&[]);
    Server::start(PROGRAM, &limits.iter().map(String::as_str).collect::<Vec<_>>()).await
}

/// Runs a command of the program on the world of a folder; its exit code and what it said.
pub(crate) async fn run(home: &Path, command: &[&str]) -> (Option<i32>, String) {
    let scratch = TempDir::new().unwrap();
    let (data, url) = (home.join("world").display().to_string(), database::url(home));
    let mut arguments = [command, &["--data-dir", &data, "--public-url", "http://localhost:1"]].concat();
    if let Some(url) = &url {
        arguments.extend(["--database", url]);
    }
    let mut process = Process::start(PROGRAM, scratch.path(), &arguments);
    (process.ended().await.code(), process.output())
}

/// Limits as arguments of a server: some, and for all others 1000 a month. None of them wears off soon.
pub(crate) fn limits(some: &[(LimitKind, &str)]) -> Vec<String> {
    let kinds = LimitKind::ALL.iter().filter(|kind| **kind != LimitKind::Client);
    let flag = |kind: &LimitKind| {
        let limit = some.iter().find(|(known, _)| known == kind).map_or("1000/30d", |(_, limit)| limit);
        format!("--limit-{}={limit}", kind.as_str().replace('_', "-"))
    };
    kinds.map(flag).collect()
}

/// A JSON body for Kare's acceptance.
pub(crate) fn kare_acceptance(token: &str, email: &str) -> Value {
    json!({
        "invitationToken": token, "email": email, "password": PASSWORD,
        "firstName": "John", "lastName": "Doe", "phone": "+33 1 23 45 67 89",
    })
}

/// A JSON body for a customer organization of MuninX.
pub(crate) fn muninx_organization(id: &str) -> Value {
    json!({ "id": id, "display-name": "Another Customer", "domains": [format!("{id}.example")] })
}

/// A JSON body for Nexus's import into acme.
pub(crate) fn nexus_import(id: &str, addresses: &[&str]) -> Value {
    let rows: Vec<Value> = addresses.iter().map(|address| json!({ "emailAddress": address })).collect();
    json!({
        "id": id, "importDate": "2026-01-15T08:45:00Z", "importFilename": "people.csv", "importingUserId": "1",
        "organizationId": 1, "newMembers": rows,
    })
}

/// Has people imported into acme and returns the id of the import.
pub(crate) async fn imported(server: &Server, body: &Value) -> String {
    let answer = server.post(Operation::NexusImportOrganizationMembers, &["1"], body).await;
    assert_eq!((answer.status, answer.body.len()), (202, 0), "{}", answer.text());
    answer.header("location").and_then(|location| location.strip_prefix("/imports/")).unwrap().to_owned()
}

/// Redeems a challenge.
pub(crate) async fn activate(server: &Server, challenge: &str) -> Answer {
    let body = json!({ "challenge": challenge, "password": PASSWORD });
    server.call(Operation::Activate, &[], &[], Some(&Payload::json(&body))).await
}

/// Signs in with a password that may be wrong.
pub(crate) async fn try_sign_in(server: &Server, email: &str, password: &str) -> Answer {
    let body = json!({ "email": email, "password": password });
    server.call(Operation::CreateSession, &[], &[], Some(&Payload::json(&body))).await
}

/// Signs in; the answer has to be a session.
pub(crate) async fn sign_in(server: &Server, email: &str, password: &str) -> Value {
    let answer = try_sign_in(server, email, password).await;
    assert_eq!(answer.status, 201, "{}", answer.text());
    answer.json()
}

/// A new sign-in of a tenant's administrator.
pub(crate) async fn session(server: &Server, tenant: &Tenant) -> Value {
    sign_in(server, tenant.text("/admin/email"), tenant.text("/admin/password")).await
}

/// The headers of one alternative. An operation that ends what it is called by gets a sign-in of its own.
pub(crate) async fn headers(server: &Server, tenant: &Tenant, operation: Operation, alternative: &[Scheme]) -> Headers {
    match operation {
        Operation::DeleteSession => bearer(&session(server, tenant).await, "accessToken"),
        _ => tenant.headers(alternative),
    }
}

/// `Authorization: Bearer` with the token in a member of an answer.
pub(crate) fn bearer(tokens: &Value, member: &str) -> Headers {
    vec![("authorization", format!("Bearer {}", tokens[member].as_str().unwrap_or_else(|| panic!("no {member}"))))]
}

/// The two headers of Kare.
pub(crate) fn kare_headers(tokens: &Value) -> Headers {
    let mut headers = bearer(tokens, "accessToken");
    headers.push(("x-session-token", tokens["sessionToken"].as_str().unwrap().to_owned()));
    headers
}

/// Declines an invitation.
pub(crate) async fn decline(server: &Server, secret: &str) -> Answer {
    server.call(Operation::DeclineInvitation, &[], &[], Some(&Payload::json(&json!({ "challenge": secret })))).await
}

/// Asks for a new link.
pub(crate) async fn renew(server: &Server, secret: &str) -> Answer {
    server.call(Operation::RenewChallenge, &[], &[], Some(&Payload::json(&json!({ "challenge": secret })))).await
}

/// Invites a customer of acme, redeems the mailed challenge and signs in: somebody who is known and may do nothing.
pub(crate) async fn plain_user(server: &Server, email: &str) -> Value {
    let answer = server.post(Operation::MuninxInviteUser, &[], &muninx_customer(email)).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    let challenge = server.mail(email, 1).await.secret("challenge");
    assert_eq!(activate(server, &challenge).await.status, 200);
    sign_in(server, email, PASSWORD).await
}

/// An account of globex by the name of Hunter Burgan, whose owner has shown that the mailbox is theirs.
pub(crate) async fn account_elsewhere(server: &Server, email: &str) {
    let headers = server.world.globex.credentials(Operation::MuninxInviteUser);
    // MuninX's schema of an address has no other letters.
    let email = &email.replace("bücher", "xn--bcher-kva");
    let body = json!({ "email": email, "name": "Hunter", "last-name": "Burgan", "type": "customer" });
    let answer = server.post_as(&headers, Operation::MuninxInviteUser, &[], &body).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    let challenge = server.mail(email, 1).await.secret("challenge");
    assert_eq!(activate(server, &challenge).await.status, 200);
}

/// Invites a customer of acme and looks the invitation up: its id.
pub(crate) async fn invitation(server: &Server, email: &str) -> String {
    let answer = server.post(Operation::MuninxInviteUser, &[], &muninx_customer(email)).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    invitation_of(server, email).await
}

/// The id of the only invitation of an address.
pub(crate) async fn invitation_of(server: &Server, email: &str) -> String {
    let headers = server.world.acme.credentials(Operation::ListInvitations);
    let page = server.send("GET", &format!("/invitations?email={email}"), &headers, None).await.json();
    page["items"][0]["id"].as_str().unwrap_or_else(|| panic!("no invitation of {email}: {page}")).to_owned()
}

/// A body without what differs from one request to the next.
pub(crate) fn without_instance(answer: &Answer) -> Value {
    let mut body = answer.json();
    for member in ["instance", "id"] {
        if body.get(member).is_some() {
            body[member] = Value::Null;
        }
    }
    body
}

/// Whether the server has made a text to be a secret: it begins with its kind. Links have a sign-up token in them.
pub(crate) fn is_secret(text: &str) -> bool {
    text.len() >= 30 && text.get(3..4) == Some("_") || text.contains("sgn_")
}

/// All texts of a JSON value.
pub(crate) fn strings(value: &Value) -> Vec<String> {
    match value {
        Value::String(text) => vec![text.clone()],
        Value::Array(items) => items.iter().flat_map(strings).collect(),
        Value::Object(members) => members.values().flat_map(strings).collect(),
        _ => Vec::new(),
    }
}

/// One number from the database.
pub(crate) async fn count(server: &Server, sql: &str) -> i64 {
    let database = server.database().await;
    let count = database.number(sql).await;
    database.close().await;
    count
}

/// Every row that meets a condition, from the tables that have a column; from all if none is named.
pub(crate) async fn rows(database: &Database, column: &str, condition: &str) -> Vec<String> {
    let mut found = Vec::new();
    for table in database.tables().await {
        if column.is_empty() || database.columns(&table).await.iter().any(|own| own == column) {
            let rows = database.literals(&table, condition).await;
            found.extend(rows.into_iter().map(|row| format!("{table}: {row}")));
        }
    }
    found
}

/// Where a client finds the server: behind a validating proxy if there is one (`cargo xtask nightly prism`).
pub(crate) fn clients_url(server: &Server) -> String {
    let url = &server.world.base_url;
    let behind = |proxy| format!("{proxy}/{}", url.rsplit(':').next().unwrap_or_default());
    std::env::var("INVITE_TEST_PROXY").map_or_else(|_| url.clone(), behind)
}
