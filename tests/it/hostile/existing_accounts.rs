//! Somebody who has an account is invited, by each flow and in each spelling of the address: the account stays as it is,
//! byte for byte. But an account that somebody made with another one's address is that one's as soon as they show it.

use contract_tests::database::Database;
use contract_tests::http::Payload;
use contract_tests::server::Server;
use contract_tests::world::{Headers, Tenant, basic};
use invite_api::security::{Operation, Scheme};
use serde_json::{Value, json};

use crate::imports;
use crate::support::{
    NOBODYS, PASSWORD, account_elsewhere, activate, bearer, imported, invitation_of, kare_invite, muninx_customer,
    nexus_import, plain_user, rows, run, server, sign_in, try_sign_in, unleash_signup,
};

/// Addresses and ways to write them; `NAME` stands for the local part.
const SPELLINGS: [(&str, &str); 5] = [
    ("NAME@people.example", "NAME@people.example"),
    ("NAME@people.example", "NAME@PEOPLE.Example"),
    ("NAME@people.example", "  NAME@people.example "),
    ("NAME@bücher.example", "NAME@xn--bcher-kva.example"),
    ("NAME@bücher.example", "NAME@BÜCHER.EXAMPLE"),
];

/// What comes of an address that has an account.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Outcome {
    /// Its owner is a member from now on, and is told.
    Joins,
    /// The flow wants an address that nobody has.
    Taken,
    /// The document's schema of an address does not cover the spelling.
    Bad,
}

use Outcome::{Bad, Joins, Taken};

/// The flows, and what comes of each spelling.
const FLOWS: [(&str, [Outcome; 5]); 5] = [
    ("muninx", [Taken, Taken, Bad, Taken, Bad]),
    ("kare", [Joins, Joins, Bad, Joins, Bad]),
    ("nexus", [Joins, Joins, Bad, Joins, Joins]),
    ("import", [Joins; 5]),
    ("unleash", [Taken, Taken, Bad, Taken, Taken]),
];

/// Invites into acme; the answer's status.
async fn invite(server: &Server, flow: &str, local: &str, address: &str) -> u16 {
    let known = "Somebody Else";
    let (operation, path, body) = match flow {
        "muninx" => (Operation::MuninxInviteUser, vec![], muninx_customer(address)),
        "kare" => (Operation::KareInviteUserOrganization, vec![], kare_invite(address)),
        "nexus" => {
            let body =
                json!({ "emailAddress": address, "displayName": known, "isMfaDisabled": true, "makeAdmin": true });
            (Operation::NexusInviteOrganizationMember, vec!["1"], body)
        }
        "unleash" => {
            let body = json!({ "email": address, "name": known, "password": "another-password-entirely" });
            (Operation::UnleashSignup, vec![server.world.acme.signup_token()], body)
        }
        _ => {
            let id = imported(server, &nexus_import(local, &[address])).await;
            let results = imports::ended(server, &id).await["results"].clone();
            return if results["added"] == 1 { 202 } else { 400 };
        }
    };
    server.post(operation, &path, &body).await.status
}

/// The account and what it has elsewhere.
async fn kept(database: &Database, user: i64) -> Vec<String> {
    let mut found = rows(database, "email_normalized", &format!("id = {user}")).await;
    assert_eq!(found.len(), 1);
    found.extend(rows(database, "nexus_mfa_disabled", &format!("user_id = {user} AND organization_id <> 1")).await);
    found
}

async fn number_of(database: &Database, address: &str) -> i64 {
    let address = address.replace("bücher", "xn--bcher-kva");
    database.number(&format!("SELECT id FROM users WHERE email_normalized = '{address}'")).await
}

async fn is_member(database: &Database, user: i64) -> bool {
    let of_acme = format!("user_id = {user} AND organization_id = 1 AND deleted_at IS NULL");
    !rows(database, "nexus_mfa_disabled", &of_acme).await.is_empty()
}

#[tokio::test]
async fn an_account_stays_as_it_is_whoever_invites_it_and_however_it_is_written() {
    let server = server().await;
    let database = server.database().await;
    for (flow, outcomes) in FLOWS {
        for (number, ((address, spelling), outcome)) in SPELLINGS.into_iter().zip(outcomes).enumerate() {
            let local = format!("{flow}{number}");
            let address = address.replace("NAME", &local);
            account_elsewhere(&server, &address).await;
            let user = number_of(&database, &address).await;
            let before = kept(&database, user).await;
            let written = spelling.replace("NAME", &local.to_uppercase());
            let place = format!("{flow}, {written:?}");

            let status = invite(&server, flow, &local, &written).await;
            let wanted: &[u16] = match outcome {
                Joins => &[201, 202, 204],
                Taken => &[409],
                Bad => &[400],
            };
            assert!(wanted.contains(&status), "{place}: {status}");
            assert_eq!(kept(&database, user).await, before, "{place}: the account is another one");
            assert_eq!(is_member(&database, user).await, outcome == Joins, "{place}");
            if outcome == Joins {
                let notice = server.mail(&address.replace("bücher", "xn--bcher-kva"), 2).await;
                assert!(notice.text.contains("Hunter Burgan"), "{place}: {}", notice.text);
                assert!(!notice.text.contains("#challenge=") && !notice.text.contains("#invitation="), "{place}");
            }
            sign_in(&server, &address, PASSWORD).await;
        }
    }
    database.close().await;
}

const VICTIM: &str = "cfo@people.example";
const HERS: &str = "the-owner-of-the-mailbox";

/// The slug of the organization in which somebody is signed in.
async fn place(server: &Server, session: &Value) -> Value {
    let me = server.call(Operation::MuninxGetUser, &["me"], &bearer(session, "accessToken"), None).await;
    assert_eq!(me.status, 200, "{}", me.text());
    me.json()["organization"].clone()
}

async fn post_as(server: &Server, tenant: &Tenant, operation: Operation, path: &[&str], body: &Value) -> u16 {
    server.post_as(&tenant.credentials(operation), operation, path, body).await.status
}

/// Has somebody who administers globex make a key of a program.
async fn key_of(server: &Server, session: &Value) -> Headers {
    let mut headers = bearer(session, "accessToken");
    headers.push(server.world.globex.header(Scheme::NexusApplicationToken));
    let made =
        server.post_as(&headers, Operation::NexusCreateApiKey, &[], &json!({ "permissions": ["user.write"] })).await;
    assert_eq!(made.status, 201, "{}", made.text());
    let made = made.json();
    vec![basic(made["id"].as_str().unwrap(), made["secret"].as_str().unwrap())]
}

/// What a key of a program is told about an import that is not there: it is known, or not.
async fn imports_with(server: &Server, key: &Headers) -> u16 {
    server.call(Operation::GetImport, &[NOBODYS], key, None).await.status
}

/// By a link of globex, or by a secret that its administrator chose: an active account, and nobody has asked the mailbox.
async fn claim(server: &Server, door: &str) {
    let globex = &server.world.globex;
    if door == "signup" {
        let path = [globex.signup_token()];
        assert_eq!(post_as(server, globex, Operation::UnleashSignup, &path, &unleash_signup(VICTIM)).await, 200);
        return;
    }
    let chosen = "known-to-the-inviter-0001";
    let body = json!({ "email": VICTIM, "name": "A", "last-name": "B", "type": "customer", "challenge": chosen });
    assert_eq!(post_as(server, globex, Operation::MuninxInviteUser, &[], &body).await, 200);
    // Redeeming withdraws what has not gone out.
    server.mail(VICTIM, 1).await;
    assert_eq!(activate(server, chosen).await.status, 200);
}

#[tokio::test]
async fn whoever_took_somebody_elses_address_gets_nowhere_by_it() {
    for (door, mails_before) in [("signup", 0), ("chosen challenge", 1)] {
        let server = server().await;
        claim(&server, door).await;
        server
            .execute(&format!(
                "UPDATE memberships SET is_admin = TRUE WHERE user_id = (SELECT id FROM users WHERE email = '{VICTIM}')"
            ))
            .await;
        let thief = sign_in(&server, VICTIM, PASSWORD).await;
        assert_eq!(place(&server, &thief).await, "globex", "{door}");
        let key = key_of(&server, &thief).await;
        assert_ne!(imports_with(&server, &key).await, 401, "{door}");

        let invite = json!({ "emailAddress": VICTIM, "makeAdmin": true });
        let acme = &server.world.acme;
        assert_eq!(post_as(&server, acme, Operation::NexusInviteOrganizationMember, &["1"], &invite).await, 204);
        let again = sign_in(&server, VICTIM, PASSWORD).await;
        assert_eq!(place(&server, &again).await, "globex", "{door}: the invitation waits for the mailbox");

        let challenge = server.mail(VICTIM, mails_before + 1).await.secret("challenge");
        let body = json!({ "challenge": challenge, "password": HERS });
        let accepted = server.post_as(&vec![], Operation::Activate, &[], &body).await;
        assert_eq!(accepted.status, 200, "{door}: {}", accepted.text());
        for tokens in [&thief, &again] {
            let headers = bearer(tokens, "accessToken");
            assert_eq!(server.call(Operation::MuninxGetUser, &["me"], &headers, None).await.status, 401, "{door}");
        }
        assert_eq!(imports_with(&server, &key).await, 401, "{door}: the key of a program");
        for tenant in [acme, &server.world.globex] {
            let headers = tenant.credentials(Operation::ListEvents);
            let log = server.send("GET", "/events?kind=user.taken_over", &headers, None).await.json();
            assert_eq!(log["items"].as_array().unwrap().len(), 1, "{door}: {log}");
            let is_hers = tenant.organization() == acme.organization();
            assert_eq!(
                log["items"][0].get("address").is_some(),
                is_hers,
                "{door}: globex learns not from where: {log}"
            );
        }
        assert_eq!(try_sign_in(&server, VICTIM, PASSWORD).await.status, 401, "{door}");
        let hers = sign_in(&server, VICTIM, HERS).await;
        assert_eq!(place(&server, &hers).await, "acme", "{door}: not where she was taken to first");
    }
}

#[tokio::test]
async fn an_invitation_that_waits_for_the_mailbox_leads_nowhere_however_old_it_is() {
    let server = server().await;
    claim(&server, "signup").await;
    let invite = json!({ "emailAddress": VICTIM, "makeAdmin": true });
    let acme = &server.world.acme;
    assert_eq!(post_as(&server, acme, Operation::NexusInviteOrganizationMember, &["1"], &invite).await, 204);
    // As if the thief had come to globex only later: the membership that is there longest is the one that waits.
    server
        .execute(&format!(
            "UPDATE memberships SET created_at = created_at + 86400000 WHERE organization_id <> 1 \
             AND user_id = (SELECT id FROM users WHERE email = '{VICTIM}')"
        ))
        .await;
    assert_eq!(place(&server, &sign_in(&server, VICTIM, PASSWORD).await).await, "globex");
}

#[tokio::test]
async fn an_address_that_another_tenant_has_locked_before_its_owner_came_can_be_freed() {
    let server = server().await;
    let (acme, globex) = (&server.world.acme, &server.world.globex);
    let body = json!({ "email": VICTIM, "name": "A", "last-name": "B", "type": "customer" });
    assert_eq!(post_as(&server, globex, Operation::MuninxInviteUser, &[], &body).await, 200);
    let put = async |tenant: &Tenant, status: &str| {
        let headers = tenant.credentials(Operation::MuninxUpdateUser);
        let body = Payload::json(&json!({ "status": status }));
        server.call(Operation::MuninxUpdateUser, &[VICTIM], &headers, Some(&body)).await.status
    };
    assert_eq!(put(globex, "suspended").await, 200);
    let invite = json!({ "emailAddress": VICTIM });
    assert_eq!(post_as(&server, acme, Operation::NexusInviteOrganizationMember, &["1"], &invite).await, 204);
    let challenge = server.mail(VICTIM, 2).await.secret("challenge");
    assert_eq!(activate(&server, &challenge).await.status, 410, "locked");
    assert_eq!(put(acme, "active").await, 409, "whom globex has locked out");
    let (code, said) = run(server.folder().parent().unwrap(), &["user", "resume", VICTIM]).await;
    assert_eq!(code, Some(0), "{said}");
    assert_eq!(put(globex, "suspended").await, 409, "it is not globex's any more");
    assert_eq!(activate(&server, &challenge).await.status, 200);
    assert_eq!(place(&server, &sign_in(&server, VICTIM, PASSWORD).await).await, "acme");
}

#[tokio::test]
async fn nobody_else_lets_in_whom_a_tenant_has_locked_out() {
    let server = server().await;
    let (acme, globex) = (&server.world.acme, &server.world.globex);
    let path = [acme.signup_token()];
    assert_eq!(post_as(&server, acme, Operation::UnleashSignup, &path, &unleash_signup(VICTIM)).await, 200);
    let old = sign_in(&server, VICTIM, PASSWORD).await;
    let put = async |tenant: &Tenant, status: &str| {
        let headers = tenant.credentials(Operation::MuninxUpdateUser);
        let body = Payload::json(&json!({ "status": status }));
        server.call(Operation::MuninxUpdateUser, &[VICTIM], &headers, Some(&body)).await.status
    };
    assert_eq!(put(acme, "suspended").await, 200);
    let (path, invite) = (globex.organization().to_string(), json!({ "emailAddress": VICTIM }));
    assert_eq!(post_as(&server, globex, Operation::NexusInviteOrganizationMember, &[&path], &invite).await, 204);
    assert_eq!(put(globex, "active").await, 409);
    let me = async || {
        let headers = bearer(&old, "accessToken");
        server.call(Operation::MuninxGetUser, &["me"], &headers, None).await.status
    };
    assert_eq!(me().await, 401, "she is locked out as before");

    assert_eq!(put(acme, "active").await, 200, "whoever has locked her out lets her in, whoever else has invited her");
    assert_eq!(me().await, 401, "whose the account is has to be shown first");
    assert_eq!(try_sign_in(&server, VICTIM, PASSWORD).await.status, 401);
    let body = json!({ "challenge": server.mail(VICTIM, 1).await.secret("challenge"), "password": HERS });
    assert_eq!(server.post_as(&vec![], Operation::Activate, &[], &body).await.status, 200);
    sign_in(&server, VICTIM, HERS).await;
}

#[tokio::test]
async fn whoever_moves_within_a_tenant_still_signs_in_there() {
    let server = server().await;
    let (acme, globex) = (&server.world.acme, &server.world.globex);
    let jane = "jane@people.example";
    plain_user(&server, jane).await;
    let own = globex.organization().to_string();
    let invite = json!({ "emailAddress": jane });
    assert_eq!(post_as(&server, globex, Operation::NexusInviteOrganizationMember, &[&own], &invite).await, 204);
    let headers = acme.credentials(Operation::MuninxUpdateUser);
    let promoted = Payload::json(&json!({ "type": "agent", "agent-type": "human" }));
    let moved = server.call(Operation::MuninxUpdateUser, &[jane], &headers, Some(&promoted)).await;
    assert_eq!(moved.status, 200, "{}", moved.text());
    assert_eq!(
        place(&server, &sign_in(&server, jane, PASSWORD).await).await,
        "acme",
        "not where a stranger invited her"
    );
}

#[tokio::test]
async fn a_tenant_whose_offer_came_to_nothing_is_not_where_somebody_signs_in() {
    let server = server().await;
    let (acme, globex) = (&server.world.acme, &server.world.globex);
    let own = globex.organization().to_string();
    for (ending, jane) in [("revoked", "jane@people.example"), ("expired", "late@people.example")] {
        let body = json!({ "emailAddress": jane });
        let invite = async |tenant: &Tenant, path: &str| {
            let status = post_as(&server, tenant, Operation::NexusInviteOrganizationMember, &[path], &body).await;
            assert_eq!(status, 204, "{ending}");
        };
        invite(acme, "1").await;
        server.mail(jane, 1).await;
        if ending == "revoked" {
            let id = invitation_of(&server, jane).await;
            let headers = acme.credentials(Operation::RevokeInvitation);
            assert_eq!(server.call(Operation::RevokeInvitation, &[&id], &headers, None).await.status, 200);
        } else {
            let late = format!("UPDATE invitations SET expires_at = created_at WHERE address = '{jane}'");
            server.execute(&late).await;
        }
        invite(globex, &own).await;
        assert_eq!(activate(&server, &server.mail(jane, 2).await.secret("challenge")).await.status, 200);
        assert_eq!(place(&server, &sign_in(&server, jane, PASSWORD).await).await, "globex", "{ending}");
        invite(acme, "1").await;
        let session = sign_in(&server, jane, PASSWORD).await;
        assert_eq!(place(&server, &session).await, "globex", "{ending}: she came there first");
    }
}

#[tokio::test]
async fn whom_the_operator_has_locked_out_no_stranger_with_a_tenant_lets_in() {
    let server = server().await;
    let (acme, globex) = (&server.world.acme, &server.world.globex);
    let path = [acme.signup_token()];
    assert_eq!(post_as(&server, acme, Operation::UnleashSignup, &path, &unleash_signup(VICTIM)).await, 200);
    let old = sign_in(&server, VICTIM, PASSWORD).await;
    let home = server.folder().parent().unwrap();
    assert_eq!(run(home, &["user", "suspend", VICTIM]).await.0, Some(0));
    let (path, invite) = (globex.organization().to_string(), json!({ "emailAddress": VICTIM }));
    assert_eq!(post_as(&server, globex, Operation::NexusInviteOrganizationMember, &[&path], &invite).await, 204);
    let headers = globex.credentials(Operation::MuninxUpdateUser);
    let body = Payload::json(&json!({ "status": "active" }));
    assert_eq!(server.call(Operation::MuninxUpdateUser, &[VICTIM], &headers, Some(&body)).await.status, 409);
    assert_eq!(run(home, &["user", "resume", VICTIM]).await.0, Some(0));
    assert_eq!(place(&server, &old).await, "acme", "nothing of hers is lost");
    sign_in(&server, VICTIM, PASSWORD).await;
}
