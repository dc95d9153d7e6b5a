//! Unleash: signup tokens and `POST /invite/{token}/signup`.

use chrono::{DateTime, TimeDelta, Utc};
use contract_tests::server::Server;
use contract_tests::world::Headers;
use invite_api::security::{Operation, Scheme};
use serde_json::{Value, json};

use crate::support::{PASSWORD, bearer, invitation_of, server, sign_in, unleash_signup, without_instance};

const CREATE: Operation = Operation::UnleashCreateSignupToken;
const GET: Operation = Operation::UnleashGetSignupToken;
const LIST: Operation = Operation::UnleashListSignupTokens;
const SIGNUP: Operation = Operation::UnleashSignup;
const UPDATE: Operation = Operation::UnleashUpdateSignupToken;
const VALIDATE: Operation = Operation::UnleashValidateSignupToken;

#[tokio::test]
async fn the_vendors_example_leads_to_a_session() {
    let server = server().await;
    let body =
        json!({ "username": "Hunter", "email": "Hunter@Example.com", "name": "Hunter Burgan", "password": PASSWORD });
    let answer = server.post(SIGNUP, &[server.world.acme.signup_token()], &body).await;
    assert_eq!(answer.status, 200);
    let user = answer.json();
    assert_eq!(
        (&user["email"], &user["username"], &user["name"]),
        (&json!("hunter@example.com"), &json!("Hunter"), &json!("Hunter Burgan"))
    );
    assert_eq!(
        (&user["rootRole"], &user["loginAttempts"], &user["accountType"]),
        (&json!(3), &json!(0), &json!("User"))
    );
    // Nobody has signed in yet and nothing is managed by SCIM, however that is said.
    assert!(user["seenAt"].is_null() && user["scimId"].is_null());
    for left_out in ["isAPI", "inviteLink", "emailSent", "permissions"] {
        assert_eq!(user.get(left_out), None, "{left_out}");
    }
    sign_in(&server, "hunter@example.com", PASSWORD).await;
    assert!(server.mails().is_empty(), "a signup sends no mail");
}

#[tokio::test]
async fn an_administrator_makes_a_link_and_anybody_with_it_signs_up() {
    let server = server().await;
    let expires = Utc::now() + TimeDelta::days(5);
    let body = json!({ "name": "Spring workshop", "expiresAt": expires.to_rfc3339() });
    for (index, alternative) in CREATE.security().iter().enumerate() {
        let answer = server.post_as(&server.world.acme.headers(alternative), CREATE, &[], &body).await;
        assert_eq!(answer.status, 201);
        let token = answer.json();
        let secret = token["secret"].as_str().unwrap();
        assert_eq!(answer.header("location"), Some(format!("tokens/{secret}").as_str()));
        assert_eq!(token["url"], format!("{}/new-user?invite={secret}", server.world.base_url));
        assert_eq!((&token["enabled"], &token["users"]), (&json!(true), &json!([])));
        assert_eq!(server.send("GET", &format!("/new-user?invite={secret}"), &[], None).await.status, 200);
        let valid = server.call(VALIDATE, &[secret], &[], None).await;
        assert_eq!((valid.status, valid.body.len()), (200, 0));
        for person in 0..2 {
            let signup = unleash_signup(&format!("person{index}{person}@example.com"));
            assert_eq!(server.post(SIGNUP, &[secret], &signup).await.status, 200, "a link serves many");
        }
    }
}

#[tokio::test]
async fn a_link_lives_a_month_at_most_and_may_be_born_dead() {
    let server = server().await;
    let far = server.post(CREATE, &[], &json!({ "name": "Far", "expiresAt": "2999-01-01T00:00:00Z" })).await.json();
    let expires: DateTime<Utc> = far["expiresAt"].as_str().unwrap().parse().unwrap();
    let lives = expires - Utc::now();
    assert!(lives > TimeDelta::days(27) && lives <= TimeDelta::days(31), "{lives}");
    // An offset can lead into a year that no answer could say.
    for instant in ["0000-01-01T00:00:00+23:59", "9999-12-31T23:59:59-23:59"] {
        let beyond = server.post(CREATE, &[], &json!({ "name": "Beyond", "expiresAt": instant })).await;
        assert_eq!(beyond.status, 400, "{instant}: {}", beyond.text());
    }
    let past = server.post(CREATE, &[], &json!({ "name": "Past", "expiresAt": "2001-01-01T00:00:00+02:00" })).await;
    assert_eq!((past.status, &past.json()["expiresAt"]), (201, &json!("2000-12-31T22:00:00.000Z")));
    let secret = past.json()["secret"].as_str().unwrap().to_owned();
    assert_eq!(server.call(VALIDATE, &[&secret], &[], None).await.status, 400);
    assert_eq!(server.post(SIGNUP, &[&secret], &unleash_signup("late@example.com")).await.status, 400);
}

#[tokio::test]
async fn a_session_of_the_person_who_signed_up_is_no_administrators() {
    let server = server().await;
    assert_eq!(
        server.post(SIGNUP, &[server.world.acme.signup_token()], &unleash_signup("viewer@example.com")).await.status,
        200
    );
    let session = sign_in(&server, "viewer@example.com", PASSWORD).await;
    let body = json!({ "name": "Mine", "expiresAt": "2999-01-01T00:00:00Z" });
    assert_eq!(server.post_as(&bearer(&session, "accessToken"), CREATE, &[], &body).await.status, 403);
    assert_eq!(
        server.post_as(&server.world.acme.headers(&[Scheme::UnleashBearer]), CREATE, &[], &body).await.status,
        201
    );
}

/// The tokens that a caller is shown.
async fn listed(server: &Server, headers: &Headers) -> Vec<Value> {
    let answer = server.call(LIST, &[], headers, None).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    answer.json()["tokens"].as_array().unwrap().clone()
}

#[tokio::test]
async fn administrators_copy_every_link_again_with_those_who_signed_up() {
    let server = server().await;
    let acme = &server.world.acme;
    let create = async |name: &str, expires: &str| {
        let answer = server.post(CREATE, &[], &json!({ "name": name, "expiresAt": expires })).await;
        assert_eq!(answer.status, 201, "{}", answer.text());
        answer.json()
    };
    let workshop = create("Workshop", "2999-01-01T00:00:00Z").await;
    let expired = create("Past", "2001-01-01T00:00:00Z").await;
    // Made by a person, who is named.
    let body = json!({ "name": "Mine", "expiresAt": "2999-01-01T00:00:00Z" });
    let mine = server.post_as(&acme.headers(&[Scheme::UnleashBearer]), CREATE, &[], &body).await.json();
    assert_eq!((&workshop["createdBy"], &mine["createdBy"]), (&Value::Null, &json!("admin@acme.example")));
    let secret = workshop["secret"].as_str().unwrap();
    for email in ["first@example.com", "second@example.com"] {
        assert_eq!(server.post(SIGNUP, &[secret], &unleash_signup(email)).await.status, 200);
    }
    let disabled = server.post(UPDATE, &[secret], &json!({ "enabled": false })).await.json();
    let names: Vec<&Value> = disabled["users"].as_array().unwrap().iter().map(|user| &user["name"]).collect();
    assert_eq!(names, ["Hunter Burgan", "Hunter Burgan"]);

    for alternative in LIST.security() {
        let headers = acme.headers(alternative);
        let tokens = listed(&server, &headers).await;
        let (of_the_world, made) = tokens.split_first().unwrap();
        assert_eq!(of_the_world["secret"], acme.signup_token());
        assert_eq!(made, [disabled.clone(), expired.clone(), mine.clone()], "all, the oldest first, as they are now");
        for token in &tokens {
            let answer = server.call(GET, &[token["secret"].as_str().unwrap()], &headers, None).await;
            assert_eq!((answer.status, &answer.json()), (200, token), "one is shown as it is in the list");
        }
    }
}

#[tokio::test]
async fn links_are_shown_to_administrators_of_their_organization_only() {
    let server = server().await;
    let (acme, globex) = (&server.world.acme, &server.world.globex);
    let token = acme.signup_token();
    let foreign = globex.credentials(GET);
    let mut texts = Vec::new();
    for (token, headers) in [(token, &foreign), ("sgn_unknown", &acme.credentials(GET))] {
        let answer = server.call(GET, &[token], headers, None).await;
        let body = without_instance(&answer);
        assert_eq!((answer.status, &body["name"]), (404, &json!("NotFoundError")));
        assert_eq!(body["message"], "Could not find public signup token.");
        texts.push(body);
    }
    assert_eq!(texts[0], texts[1], "another tenant's token is answered like one that is not there");
    let secrets: Vec<Value> =
        listed(&server, &foreign).await.into_iter().map(|token| token["secret"].clone()).collect();
    assert_eq!(secrets, [globex.signup_token()]);

    assert_eq!(server.post(SIGNUP, &[token], &unleash_signup("viewer@example.com")).await.status, 200);
    let viewer = bearer(&sign_in(&server, "viewer@example.com", PASSWORD).await, "accessToken");
    for (operation, path) in [(LIST, &[][..]), (GET, &[token])] {
        let answer = server.call(operation, path, &viewer, None).await;
        assert_eq!((answer.status, &answer.json()["name"]), (403, &json!("PermissionError")), "{}", operation.id());
    }
}

#[tokio::test]
async fn an_address_whose_invitations_came_to_nothing_is_free_for_a_sign_up() {
    let server = server().await;
    let acme = &server.world.acme;
    let path = [acme.signup_token()];
    let signup = async |email: &str| server.post(SIGNUP, &path, &unleash_signup(email)).await.status;
    let headers = acme.credentials(Operation::ListInvitations);
    let invite = async |email: &str| {
        let body = json!({ "emailAddress": email, "makeAdmin": true });
        assert_eq!(server.post(Operation::NexusInviteOrganizationMember, &["1"], &body).await.status, 204);
        assert_eq!(signup(email).await, 409, "it waits");
    };
    let (late, revoked) = ("late@people.example", "revoked@people.example");
    invite(late).await;
    server.execute("UPDATE invitations SET expires_at = created_at").await;
    invite(revoked).await;
    let id = invitation_of(&server, revoked).await;
    assert_eq!(server.call(Operation::RevokeInvitation, &[&id], &headers, None).await.status, 200);
    for (email, old) in [(late, "expired"), (revoked, "revoked")] {
        assert_eq!(signup(email).await, 200, "{old}");
        assert_eq!(signup(email).await, 409, "{old}: somebody has it");
        let page = server.send("GET", &format!("/invitations?email={email}"), &headers, None).await.json();
        let states: Vec<&Value> = page["items"].as_array().unwrap().iter().map(|item| &item["state"]).collect();
        assert_eq!(states, ["accepted", old]);
        let tokens = sign_in(&server, email, PASSWORD).await;
        let me = server.call(Operation::MuninxGetUser, &["me"], &bearer(&tokens, "accessToken"), None).await.json();
        assert_eq!(
            (&me["name"], &me["status"], &me["type"]),
            (&json!("Hunter Burgan"), &json!("active"), &Value::Null)
        );
        let rights = server.call(Operation::ListInvitations, &[], &bearer(&tokens, "accessToken"), None).await.status;
        assert_eq!(rights, 403, "{old}: what the invitation offered is gone");
    }
}
