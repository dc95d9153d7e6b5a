//! Nothing half-done: a write that fails anywhere leaves the database as it was, and no mail.
//!
//! The database itself is made to fail, by triggers that a second connection adds. For each operation:
//!
//! 1. It runs once while other triggers record which tables it writes to; then every row is put back.
//! 2. Each of these writes fails in turn, before and after it is done: the answer is 500 and no row has changed.
//! 3. Nothing fails any more: it succeeds, so that nothing was left behind that could be in the way.

use contract_tests::database::Database;
use contract_tests::http::Payload;
use contract_tests::server::Server;
use contract_tests::world::Headers;
use invite_api::security::Operation;
use serde_json::{Value, json};

use crate::support::{
    PASSWORD, bearer, count, invitation, kare_acceptance, kare_invite, muninx_customer, muninx_organization,
    server_with_nothing_to_sweep, session, unleash_signup,
};

/// An operation that writes, and the tables it writes to at least.
struct Write {
    operation: Operation,
    path: Vec<String>,
    body: Option<Value>,
    headers: Headers,
    tables: &'static [&'static str],
}

#[tokio::test]
async fn a_fault_in_any_write_leaves_nothing_behind() {
    let server = server_with_nothing_to_sweep().await;
    let database = server.database().await;
    let writes = writes(&server).await;
    // Here rows are put back that nobody else may touch.
    database.free_events().await;
    database.settled().await;
    let mut mails = server.mails().len();
    for write in writes {
        let reached = recorded(&server, &database, &write).await;
        for table in write.tables {
            assert!(
                reached.iter().any(|point| point.ends_with(&format!(" ON {table}"))),
                "{} does not write {table}: {reached:?}",
                write.operation.id()
            );
        }
        for point in &reached {
            for moment in ["BEFORE", "AFTER"] {
                fails_whole(&server, &database, &write, moment, point).await;
            }
        }
        let status = send(&server, &write).await;
        assert!(status < 300, "{} once nothing fails any more: {status}", write.operation.id());
        // One for the run that was recorded, one for the last.
        mails += if reached.iter().any(|point| point == "INSERT ON outbox") { 2 } else { 0 };
    }
    database.settled().await;
    assert_eq!(server.mails().len(), mails, "a mail for each success and for nothing else");
    database.close().await;
}

/// Which writes an operation does, as `INSERT ON users`. Every row is put back afterwards.
async fn recorded(server: &Server, database: &Database, write: &Write) -> Vec<String> {
    database.settled().await;
    let before = database.snapshot().await;
    let points = points(database).await;
    database.record_writes(&points).await;
    let status = send(server, write).await;
    assert!(status < 300, "{}: {status}", write.operation.id());
    let reached = database.recorded_writes(&points).await;
    database.settled().await;
    database.restore(&before).await;
    reached
}

/// Every kind of write to every table.
async fn points(database: &Database) -> Vec<String> {
    let mut points = Vec::new();
    for table in database.tables().await {
        // The relay marks what it has sent, in columns of its own and at a time of its own.
        let kinds: &[&str] = match table.as_str() {
            "outbox" => &["INSERT", "DELETE"],
            "invitations" => &["INSERT", "UPDATE OF state, expires_at, closed_at", "DELETE"],
            _ => &["INSERT", "UPDATE", "DELETE"],
        };
        points.extend(kinds.iter().map(|kind| format!("{kind} ON {table}")));
    }
    points
}

/// Sends `write` while one of its writes fails.
async fn fails_whole(server: &Server, database: &Database, write: &Write, moment: &str, point: &str) {
    let before = database.snapshot().await;
    database.break_write(moment, point).await;
    let status = send(server, write).await;
    let after = database.snapshot().await;
    database.mend_write().await;
    let what = format!("{} with a fault {moment} {point}", write.operation.id());
    assert_eq!(status, 500, "{what}");
    let changed: Vec<_> =
        before.iter().filter(|(name, rows)| after.get(*name) != Some(rows)).map(|(name, _)| name).collect();
    assert!(changed.is_empty(), "{what} left something in {changed:?}");
}

async fn send(server: &Server, write: &Write) -> u16 {
    let path: Vec<&str> = write.path.iter().map(String::as_str).collect();
    let payload = write.body.as_ref().map(Payload::json);
    server.call(write.operation, &path, &write.headers, payload.as_ref()).await.status
}

/// Writes of every operation that does any, with what each needs to succeed.
async fn writes(server: &Server) -> Vec<Write> {
    let mut writes = invites(server);
    writes.extend(about_invitations(server).await);
    writes.extend(about_users(server).await);
    writes.extend(about_credentials(server).await);
    writes
}

/// A write with the credentials that it asks for.
fn write(
    server: &Server,
    operation: Operation,
    path: &[&str],
    body: Option<Value>,
    tables: &'static [&'static str],
) -> Write {
    let headers = server.world.acme.credentials(operation);
    Write { operation, path: path.iter().map(|text| (*text).to_owned()).collect(), body, headers, tables }
}

fn invites(server: &Server) -> Vec<Write> {
    let tables = &["users", "memberships", "invitations", "challenges", "outbox"];
    let nexus = json!({ "emailAddress": "new@nexus.example" });
    let token = server.world.acme.signup_token();
    let signup = unleash_signup("new@example.com");
    vec![
        write(server, Operation::MuninxInviteUser, &[], Some(muninx_customer("new@customer.example")), tables),
        write(server, Operation::KareInviteUserOrganization, &[], Some(kare_invite("new@mail.com")), tables),
        write(server, Operation::NexusInviteOrganizationMember, &["1"], Some(nexus), tables),
        write(server, Operation::UnleashSignup, &[token], Some(signup), &["users", "memberships", "invitations"]),
    ]
}

async fn about_invitations(server: &Server) -> Vec<Write> {
    let overseen = invitation(server, "overseen@customer.example").await;
    let resent = "resent@customer.example";
    for address in [resent, "pending@customer.example"] {
        assert_eq!(server.post(Operation::MuninxInviteUser, &[], &muninx_customer(address)).await.status, 200);
    }
    let taker = "taker@mail.com";
    assert_eq!(server.post(Operation::KareInviteUserOrganization, &[], &kare_invite(taker)).await.status, 201);
    let challenge = server.mail("pending@customer.example", 1).await.secret("challenge");
    let activation = json!({ "challenge": challenge, "password": PASSWORD });
    let token = server.mail(taker, 1).await.secret("invitation");
    let acceptance = kare_acceptance(&token, taker);
    let resending = &["challenges", "outbox", "invitations"];
    let revoking = &["challenges", "memberships", "invitations"];
    let redeeming = &["users", "challenges", "invitations"];
    let accepting = &["users", "challenges", "api_tokens"];
    vec![
        write(server, Operation::MuninxResendActivationEmail, &[resent], None, &["challenges", "outbox"]),
        write(server, Operation::ResendInvitation, &[&overseen], None, resending),
        write(server, Operation::RevokeInvitation, &[&overseen], None, revoking),
        write(server, Operation::Activate, &[], Some(activation), redeeming),
        write(server, Operation::KareAcceptInvitation, &[], Some(acceptance), accepting),
    ]
}

async fn about_users(server: &Server) -> Vec<Write> {
    let address = "second@nexus.example";
    let body = json!({ "emailAddress": address, "makeAdmin": true });
    assert_eq!(server.post(Operation::NexusInviteOrganizationMember, &["1"], &body).await.status, 204);
    let second = count(server, "SELECT max(user_id) FROM memberships WHERE organization_id = 1").await.to_string();
    let change = json!({ "name": "Second", "type": "admin", "agent-type": "human", "status": "suspended" });
    let organization = muninx_organization("write");
    let making = &["organizations", "organization_domains"];
    vec![
        write(server, Operation::NexusRemoveMemberRole, &["1", &second], None, &["memberships"]),
        write(server, Operation::MuninxUpdateUser, &[address], Some(change), &["users", "memberships"]),
        write(server, Operation::MuninxCreateCustomerOrganization, &[], Some(organization), making),
    ]
}

async fn about_credentials(server: &Server) -> Vec<Write> {
    let acme = &server.world.acme;
    let spare = server.post(Operation::MuninxCreateToken, &[], &json!({ "name": "spare" })).await.json();
    let spare = spare["id"].as_str().unwrap();
    let key = json!({ "permissions": ["user.write"] });
    let token = json!({ "name": "write" });
    let link = json!({ "name": "write", "expiresAt": "2999-01-01T00:00:00Z" });
    let admin = json!({ "email": acme.text("/admin/email"), "password": acme.text("/admin/password") });
    let (renewed, ended) = (session(server, acme).await, session(server, acme).await);
    let refresh = json!({ "refreshToken": renewed["refreshToken"] });
    let sign_out = write(server, Operation::DeleteSession, &[], None, &["api_tokens"]);
    vec![
        write(server, Operation::NexusCreateApiKey, &[], Some(key), &["api_keys"]),
        write(server, Operation::MuninxCreateToken, &[], Some(token), &["api_tokens"]),
        write(server, Operation::MuninxDeleteToken, &[spare], None, &["api_tokens"]),
        write(server, Operation::UnleashCreateSignupToken, &[], Some(link), &["signup_tokens"]),
        write(server, Operation::CreateSession, &[], Some(admin), &["api_tokens"]),
        write(server, Operation::RefreshSession, &[], Some(refresh), &["api_tokens"]),
        Write { headers: bearer(&ended, "accessToken"), ..sign_out },
    ]
}
