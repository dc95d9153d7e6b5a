//! A database that is busy or broken.

use contract_tests::http::Payload;
use contract_tests::server::Server;
use invite_api::security::Operation;
use serde_json::{Value, json};

use super::{Seen, note};
use crate::support::{
    NOBODYS, PASSWORD, bearer, invitation_of, kare_acceptance, kare_invite, muninx_customer, muninx_organization,
    nexus_import, session, unleash_signup,
};

use Operation::{
    Activate, CreateSession, DeclineInvitation, DeleteSession, GetImport, GetInvitation, KareAcceptInvitation,
    KareInviteUserOrganization, ListEvents, ListInvitations, MuninxCreateCustomerOrganization, MuninxCreateToken,
    MuninxDeleteToken, MuninxGetUser, MuninxInviteUser, MuninxListTokens, MuninxListUsers, MuninxResendActivationEmail,
    MuninxUpdateUser, NexusCreateApiKey, NexusImportOrganizationMembers, NexusInviteOrganizationMember,
    NexusRemoveMemberRole, RefreshSession, RenewChallenge, ResendInvitation, RevokeInvitation,
    UnleashCreateSignupToken, UnleashGetSignupToken, UnleashListSignupTokens, UnleashSignup, UnleashUpdateSignupToken,
    UnleashValidateSignupToken,
};

/// Requests that write, one for each operation; none of them has been made before.
fn writes(
    server: &Server,
    challenge: &str,
    invitation: &str,
    id: &str,
    refresh: &str,
) -> Vec<(Operation, Vec<String>, Option<Value>)> {
    let token = vec![server.world.acme.signup_token().to_owned()];
    vec![
        (MuninxInviteUser, vec![], Some(muninx_customer("write@customer.example"))),
        (MuninxResendActivationEmail, vec!["taken@customer.example".to_owned()], None),
        (MuninxCreateToken, vec![], Some(json!({ "name": "write" }))),
        (MuninxUpdateUser, vec!["me".to_owned()], Some(json!({ "name": "Write" }))),
        (MuninxCreateCustomerOrganization, vec![], Some(muninx_organization("write"))),
        (MuninxDeleteToken, vec![NOBODYS.to_owned()], None),
        (KareInviteUserOrganization, vec![], Some(kare_invite("write@mail.com"))),
        (KareAcceptInvitation, vec![], Some(kare_acceptance(invitation, "taker@mail.com"))),
        (NexusInviteOrganizationMember, vec!["1".to_owned()], Some(json!({ "emailAddress": "write@nexus.example" }))),
        (NexusImportOrganizationMembers, vec!["1".to_owned()], Some(nexus_import("write", &["a@nexus.example"]))),
        (NexusRemoveMemberRole, vec!["1".to_owned(), "1".to_owned()], None),
        (NexusCreateApiKey, vec![], Some(json!({ "permissions": ["user.write"] }))),
        (UnleashSignup, token.clone(), Some(unleash_signup("write@example.com"))),
        (UnleashUpdateSignupToken, token, Some(json!({ "enabled": true }))),
        (UnleashCreateSignupToken, vec![], Some(json!({ "name": "write", "expiresAt": "2999-01-01T00:00:00Z" }))),
        (Activate, vec![], Some(json!({ "challenge": challenge, "password": PASSWORD }))),
        (DeclineInvitation, vec![], Some(json!({ "challenge": challenge }))),
        (RenewChallenge, vec![], Some(json!({ "challenge": challenge }))),
        (ResendInvitation, vec![id.to_owned()], None),
        (RevokeInvitation, vec![id.to_owned()], None),
        (
            CreateSession,
            vec![],
            Some(json!({ "email": "admin@acme.example", "password": server.world.acme.text("/admin/password") })),
        ),
        (RefreshSession, vec![], Some(json!({ "refreshToken": refresh }))),
        (DeleteSession, vec![], None),
    ]
}

/// Somebody else keeps writing, longer than the server waits.
pub(super) async fn busy_database(server: &Server, seen: &mut Seen) {
    assert_eq!(server.post(KareInviteUserOrganization, &[], &kare_invite("taker@mail.com")).await.status, 201);
    let invitation = server.mail("taker@mail.com", 1).await.secret("invitation");
    assert_eq!(server.post(MuninxInviteUser, &[], &muninx_customer("taker@customer.example")).await.status, 200);
    let challenge = server.mail("taker@customer.example", 1).await.secret("challenge");
    let id = invitation_of(server, "taker@customer.example").await;
    let session = session(server, &server.world.acme).await;
    let database = server.database().await;
    database.lock().await;
    let requests = writes(server, &challenge, &invitation, &id, session["refreshToken"].as_str().unwrap());
    let answers = futures::future::join_all(requests.iter().map(async |(operation, path, body)| {
        let path: Vec<&str> = path.iter().map(String::as_str).collect();
        let payload = body.as_ref().map(Payload::json);
        let headers = match operation {
            DeleteSession => bearer(&session, "accessToken"),
            _ => server.world.acme.credentials(*operation),
        };
        (*operation, server.call(*operation, &path, &headers, payload.as_ref()).await)
    }))
    .await;
    for (operation, answer) in &answers {
        note(seen, *operation, "a database that is locked", answer, 503);
    }
    let log = server.output();
    let reasons = log.lines().filter(|line| line.contains("the database does not do what it is asked"));
    let reasons: Vec<_> = reasons.filter(|line| line.contains("\"reason\":\"")).collect();
    assert!((1..=16).contains(&reasons.len()), "some lines for all of them say why: {reasons:#?}");
    database.unlock().await;
    database.close().await;
    let again = server.post(MuninxCreateToken, &[], &json!({ "name": "again" })).await;
    assert_eq!(again.status, 200, "the server goes on once the lock is gone");
}

/// Every table that any operation needs is gone.
pub(super) async fn broken_database(server: &Server, seen: &mut Seen) {
    for sql in [
        "ALTER TABLE users RENAME TO gone_users",
        "ALTER TABLE api_tokens RENAME TO gone_api_tokens",
        "ALTER TABLE challenges RENAME TO gone_challenges",
        "ALTER TABLE signup_tokens RENAME TO gone_signup_tokens",
        "ALTER TABLE _sqlx_migrations RENAME TO gone_migrations",
    ] {
        server.execute(sql).await;
    }
    let mut requests = writes(server, "act_0123456789abcdef", "inv_0123456789", NOBODYS, "ref_0123456789abcdef");
    requests.push((GetImport, vec![NOBODYS.to_owned()], None));
    requests.push((GetInvitation, vec![NOBODYS.to_owned()], None));
    requests.push((ListInvitations, vec![], None));
    requests.push((ListEvents, vec![], None));
    requests.push((MuninxListTokens, vec![], None));
    requests.push((MuninxListUsers, vec![], None));
    requests.push((MuninxGetUser, vec!["me".to_owned()], None));
    requests.push((UnleashListSignupTokens, vec![], None));
    for operation in [UnleashValidateSignupToken, UnleashGetSignupToken] {
        requests.push((operation, vec![server.world.acme.signup_token().to_owned()], None));
    }
    for (operation, path, body) in requests {
        let path: Vec<&str> = path.iter().map(String::as_str).collect();
        let payload = body.as_ref().map(Payload::json);
        let answer = server.call(operation, &path, &server.world.acme.credentials(operation), payload.as_ref()).await;
        note(seen, operation, "a broken database", &answer, 500);
        let text = answer.text().to_lowercase();
        assert!(
            !text.contains("sql") && !text.contains("table") && !text.contains("users"),
            "an error tells no internals: {text}"
        );
    }
    let ready = server.call(Operation::Readiness, &[], &[], None).await;
    note(seen, Operation::Readiness, "a database without its schema", &ready, 503);
    let live = server.call(Operation::Liveness, &[], &[], None).await;
    assert_eq!(live.status, 200, "the process itself is well");
}
