//! Somebody who has an account is invited, by each flow and in each spelling of the address: the account stays as it is,
//! byte for byte.

use contract_tests::database::Database;
use contract_tests::server::Server;
use invite_api::security::Operation;
use serde_json::json;

use crate::imports;
use crate::support::{
    PASSWORD, imported, kare_invite, muninx_customer, nexus_import, rows, server, sign_in, unleash_signup,
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

/// An account by another tenant's link, with a name, a username and a password of its own.
async fn account(server: &Server, local: &str, address: &str) -> i64 {
    let mut signup = unleash_signup(address);
    signup["username"] = json!(local);
    let answer = server.post(Operation::UnleashSignup, &[server.world.globex.signup_token()], &signup).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    answer.json()["id"].as_i64().unwrap()
}

/// The account and what it has elsewhere.
async fn kept(database: &Database, user: i64) -> Vec<String> {
    let mut found = rows(database, "email_normalized", &format!("id = {user}")).await;
    assert_eq!(found.len(), 1);
    found.extend(rows(database, "nexus_mfa_disabled", &format!("user_id = {user} AND organization_id <> 1")).await);
    found
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
            let user = account(&server, &local, &address).await;
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
                let notice = server.mail(&address.replace("bücher", "xn--bcher-kva"), 1).await;
                assert!(notice.text.contains("Hunter Burgan"), "{place}: {}", notice.text);
                assert!(!notice.text.contains("#challenge=") && !notice.text.contains("#invitation="), "{place}");
            }
            sign_in(&server, &address, PASSWORD).await;
        }
    }
    database.close().await;
}
