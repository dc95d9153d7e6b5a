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

async fn writes(server: &Server) -> Vec<Write> {
    let invite = ["users", "memberships", "invitations", "challenges", "outbox"].as_slice();
    let overseen = invitation(server, "overseen@customer.example").await;
    for body in [muninx_customer("resent@customer.example"), muninx_customer("pending@customer.example")] {
        assert_eq!(server.post(Operation::MuninxInviteUser, &[], &body).await.status, 200);
    }
    assert_eq!(
        server.post(Operation::KareInviteUserOrganization, &[], &kare_invite("taker@mail.com")).await.status,
        201
    );
    let body = json!({ "emailAddress": "second@nexus.example", "makeAdmin": true });
    assert_eq!(server.post(Operation::NexusInviteOrganizationMember, &["1"], &body).await.status, 204);
    let second = count(server, "SELECT max(user_id) FROM memberships WHERE organization_id = 1").await.to_string();
    let spare = server.post(Operation::MuninxCreateToken, &[], &json!({ "name": "spare" })).await.json();
    let spare = spare["id"].as_str().unwrap().to_owned();
    let challenge = server.mail("pending@customer.example", 1).await.secret("challenge");
    let invitation = server.mail("taker@mail.com", 1).await.secret("invitation");
    let token = vec![server.world.acme.signup_token().to_owned()];
    let admin = json!({ "email": server.world.acme.text("/admin/email"), "password": server.world.acme.text("/admin/password") });
    let change = json!({ "name": "Second", "type": "admin", "agent-type": "human", "status": "suspended" });
    let link = json!({ "name": "write", "expiresAt": "2999-01-01T00:00:00Z" });
    let write = |operation, path, body, tables| {
        let headers = server.world.acme.credentials(operation);
        Write { operation, path, body, headers, tables }
    };
    let (renewed, ended) = (session(server, &server.world.acme).await, session(server, &server.world.acme).await);
    let refresh = json!({ "refreshToken": renewed["refreshToken"] });
    let sign_out = write(Operation::DeleteSession, vec![], None, &["api_tokens"]);
    vec![
        write(Operation::MuninxInviteUser, vec![], Some(muninx_customer("new@customer.example")), invite),
        write(Operation::KareInviteUserOrganization, vec![], Some(kare_invite("new@mail.com")), invite),
        write(
            Operation::NexusInviteOrganizationMember,
            vec!["1".to_owned()],
            Some(json!({ "emailAddress": "new@nexus.example" })),
            invite,
        ),
        write(Operation::NexusRemoveMemberRole, vec!["1".to_owned(), second], None, &["memberships"]),
        write(Operation::NexusCreateApiKey, vec![], Some(json!({ "permissions": ["user.write"] })), &["api_keys"]),
        write(
            Operation::UnleashSignup,
            token,
            Some(unleash_signup("new@example.com")),
            &["users", "memberships", "invitations"],
        ),
        write(
            Operation::MuninxResendActivationEmail,
            vec!["resent@customer.example".to_owned()],
            None,
            &["challenges", "outbox"],
        ),
        write(Operation::ResendInvitation, vec![overseen.clone()], None, &["challenges", "outbox", "invitations"]),
        write(Operation::RevokeInvitation, vec![overseen], None, &["challenges", "memberships", "invitations"]),
        write(Operation::MuninxCreateToken, vec![], Some(json!({ "name": "write" })), &["api_tokens"]),
        write(
            Operation::MuninxUpdateUser,
            vec!["second@nexus.example".to_owned()],
            Some(change),
            &["users", "memberships"],
        ),
        write(
            Operation::MuninxCreateCustomerOrganization,
            vec![],
            Some(muninx_organization("write")),
            &["organizations", "organization_domains"],
        ),
        write(Operation::MuninxDeleteToken, vec![spare], None, &["api_tokens"]),
        write(Operation::UnleashCreateSignupToken, vec![], Some(link), &["signup_tokens"]),
        write(
            Operation::Activate,
            vec![],
            Some(json!({ "challenge": challenge, "password": PASSWORD })),
            &["users", "challenges", "invitations"],
        ),
        write(
            Operation::KareAcceptInvitation,
            vec![],
            Some(kare_acceptance(&invitation, "taker@mail.com")),
            &["users", "challenges", "api_tokens"],
        ),
        write(Operation::CreateSession, vec![], Some(admin), &["api_tokens"]),
        write(Operation::RefreshSession, vec![], Some(refresh), &["api_tokens"]),
        Write { headers: bearer(&ended, "accessToken"), ..sign_out },
    ]
}
