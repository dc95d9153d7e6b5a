//! Secrets that have become too old: dead from their instant on, whoever has looked or cleaned up since.

use chrono::{DateTime, TimeDelta, Utc};
use contract_tests::database;
use contract_tests::http::{self, Payload};
use contract_tests::server::{Server, path};
use invite_api::security::Operation;
use serde_json::json;

use super::{Kind, Place, Secrets, opens};
use crate::replicas;
use crate::support::{count, server};

/// Where the end of each kind is written down.
const ENDS: [&str; 5] = ["challenges", "signup_tokens", "api_tokens", "api_keys", "invitations"];

/// Lets everything that ends do so at an instant.
async fn end_at(server: &Server, instant: DateTime<Utc>) {
    let database = server.database().await;
    for table in ENDS {
        // All of them were made before; a constraint may say that ends lie behind beginnings.
        let sql = format!("UPDATE {table} SET expires_at = {}", instant.timestamp_millis());
        database.execute_unchecked(&sql).await;
    }
    database.close().await;
}

/// A place that a secret opens, and what it answers about one that is too old.
const PLACES: [(Kind, Place, u16); 13] = [
    (Kind::Challenge, Place::Decline, 410),
    (Kind::Challenge, Place::Activation, 410),
    (Kind::Invitation, Place::Acceptance, 410),
    (Kind::Signup, Place::Validation, 400),
    (Kind::Signup, Place::Signup, 400),
    (Kind::Personal, Place::PersonalBearer, 401),
    (Kind::Access, Place::SessionBearer, 401),
    (Kind::Access, Place::NexusBearer, 401),
    (Kind::Session, Place::KareSession, 401),
    (Kind::Application, Place::Application, 401),
    (Kind::ApiKey, Place::UnleashKey, 401),
    (Kind::Pair, Place::Basic, 401),
    (Kind::Refresh, Place::Refresh, 401),
];

#[tokio::test]
async fn everything_is_dead_a_second_after_its_end_and_alive_a_minute_before() {
    let server = server().await;
    let secrets = Secrets::of_acme(&server).await;
    end_at(&server, Utc::now() - TimeDelta::seconds(1)).await;
    for (kind, place, status) in PLACES {
        let answer = place.present(&server, &secrets, secrets.get(kind)).await;
        assert_eq!(answer.status, status, "{kind:?} at {place:?}: {}", answer.text());
    }
    let untouched = "SELECT count(*) FROM challenges WHERE used_at IS NOT NULL OR revoked_at IS NOT NULL";
    assert_eq!(count(&server, untouched).await, 0, "a look at what is too old uses nothing up");
    end_at(&server, Utc::now() + TimeDelta::minutes(1)).await;
    for (kind, place, _) in PLACES.into_iter().filter(|(_, place, _)| *place != Place::Decline) {
        let answer = place.present(&server, &secrets, secrets.get(kind)).await;
        assert!(opens(&answer), "{kind:?} at {place:?}: {}", answer.text());
    }
}

/// Looks at a signup token again and again until it is dead, and holds each answer against the clock.
async fn watched(server: &Server, base_url: &str, end: DateTime<Utc>, residue: TimeDelta) {
    let url = format!("{base_url}{}", path(Operation::UnleashValidateSignupToken, &[server.world.acme.signup_token()]));
    let client = http::client();
    let (mut alive, mut dead) = (0, 0);
    while dead < 3 {
        let sent = Utc::now();
        let status = http::send(&client, "GET", &url, &[], None).await.unwrap().status;
        let received = Utc::now();
        match status {
            200 => {
                assert!(sent < end + residue, "alive {} after its end", sent - end);
                alive += 1;
            }
            400 => {
                assert!(received >= end - residue, "dead {} before its end", end - received);
                dead += 1;
            }
            other => panic!("{other}"),
        }
    }
    assert!(alive > 0, "it was never seen alive");
}

#[tokio::test]
async fn a_link_dies_at_its_instant_and_needs_no_janitor() {
    let server = server().await;
    let end = Utc::now() + TimeDelta::milliseconds(1500);
    end_at(&server, end).await;
    // One machine, one clock.
    watched(&server, &server.world.base_url, end, TimeDelta::milliseconds(50)).await;
}

#[tokio::test]
async fn servers_whose_clocks_are_hours_apart_judge_alike() {
    if !database::takes_postgres("a file of SQLite has one server, whose clock is the only one") {
        return;
    }
    let first = server().await;
    let fast = replicas::ahead(3600, &first).await;
    let slow = replicas::ahead(-3600, &first).await;
    let servers = [&first.world.base_url, &fast.base_url, &slow.base_url];
    // What each of them makes ends at the same time.
    let admin = &first.world.acme;
    let body = json!({ "email": admin.text("/admin/email"), "password": admin.text("/admin/password") });
    let mut ends = Vec::new();
    for base_url in servers {
        let url = format!("{base_url}/sessions");
        let tokens = http::send(&http::client(), "POST", &url, &[], Some(&Payload::json(&body))).await.unwrap().json();
        ends.push(tokens["expiresAt"].as_str().unwrap().parse::<DateTime<Utc>>().unwrap());
    }
    let apart = *ends.iter().max().unwrap() - *ends.iter().min().unwrap();
    assert!(apart < TimeDelta::minutes(1), "{ends:?}");
    // To the second: what is left of the difference is the time that a question to the database takes.
    let end = Utc::now() + TimeDelta::seconds(2);
    end_at(&first, end).await;
    let residue = TimeDelta::milliseconds(500);
    futures::future::join_all(servers.map(|base_url| watched(&first, base_url, end, residue))).await;
}
