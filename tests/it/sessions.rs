//! Sessions: what renews one and what ends it.

use contract_tests::http::{Answer, Payload};
use contract_tests::server::Server;
use contract_tests::world::Headers;
use invite_api::security::{Operation, Scheme};
use serde_json::{Value, json};

use crate::support::{
    PASSWORD, account_elsewhere, bearer, count, kare_headers, kare_invite, server, session, unleash_signup,
    without_instance,
};

const DELETE: Operation = Operation::DeleteSession;
const KARE: Operation = Operation::KareInviteUserOrganization;
const LIST: Operation = Operation::ListInvitations;
const REFRESH: Operation = Operation::RefreshSession;

async fn refresh(server: &Server, tokens: &Value) -> Answer {
    server.post(REFRESH, &[], &json!({ "refreshToken": tokens["refreshToken"] })).await
}

async fn renewed(server: &Server, tokens: &Value) -> Value {
    let answer = refresh(server, tokens).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    answer.json()
}

/// Whether the access token works.
async fn is_open(server: &Server, tokens: &Value) -> bool {
    match server.call(LIST, &[], &bearer(tokens, "accessToken"), None).await.status {
        200 => true,
        401 => false,
        other => panic!("{other}"),
    }
}

async fn sign_out(server: &Server, headers: &Headers) -> u16 {
    server.call(DELETE, &[], headers, None).await.status
}

/// The events of a kind, the newest first.
async fn events(server: &Server, kind: &str) -> Vec<Value> {
    let headers = server.world.acme.credentials(LIST);
    let page = server.send("GET", &format!("/events?kind={kind}"), &headers, None).await.json();
    page["items"].as_array().unwrap().clone()
}

#[tokio::test]
async fn a_refresh_goes_on_with_the_same_session() {
    let server = server().await;
    let first = session(&server, &server.world.acme).await;
    let second = renewed(&server, &first).await;
    let third = renewed(&server, &second).await;
    for token in ["accessToken", "refreshToken", "sessionToken"] {
        assert!(first[token] != second[token] && second[token] != third[token], "{token} is a new one");
    }
    for tokens in [&first, &second, &third] {
        assert!(is_open(&server, tokens).await, "an access token works until its own end");
    }
    // The halves of Kare belong together across a refresh: it is one session.
    let mut halves = bearer(&third, "accessToken");
    halves.push(("x-session-token", first["sessionToken"].as_str().unwrap().to_owned()));
    for (index, headers) in [halves, kare_headers(&third)].iter().enumerate() {
        let answer = server.post_as(headers, KARE, &[], &kare_invite(&format!("person{index}@mail.com"))).await;
        assert_eq!(answer.status, 201, "{}", answer.text());
    }
    let (created, refreshed) = (events(&server, "session.created").await, events(&server, "session.refreshed").await);
    let subjects: Vec<&Value> = created.iter().chain(&refreshed).map(|event| &event["subject"]["id"]).collect();
    assert_eq!(subjects.len(), 3);
    assert!(subjects.windows(2).all(|pair| pair[0] == pair[1]), "{subjects:?}");
}

#[tokio::test]
async fn a_refresh_token_that_comes_again_ends_its_session() {
    let server = server().await;
    let acme = &server.world.acme;
    let (first, other) = (session(&server, acme).await, session(&server, acme).await);
    let second = renewed(&server, &first).await;
    let third = renewed(&server, &second).await;

    let again = refresh(&server, &first).await;
    let problem = again.json();
    assert!(problem["type"].as_str().unwrap().ends_with("/docs/problems/not_authenticated"), "{problem}");
    assert_eq!(again.status, 401);
    for tokens in [&first, &second, &third] {
        assert!(!is_open(&server, tokens).await, "every access token of the session is dead");
        assert_eq!(refresh(&server, tokens).await.status, 401, "and every refresh token");
    }
    assert_eq!(server.post_as(&kare_headers(&third), KARE, &[], &kare_invite("a@mail.com")).await.status, 401);
    let events = events(&server, "session.revoked").await;
    assert_eq!(events.len(), 1, "what has ended does not end again");
    assert_eq!(events[0]["performer"]["kind"], "system", "{}", events[0]);

    assert!(is_open(&server, &other).await, "another session of the same person goes on");
    renewed(&server, &other).await;
}

#[tokio::test]
async fn only_a_live_refresh_token_refreshes() {
    let server = server().await;
    let tokens = session(&server, &server.world.acme).await;
    let others = ["accessToken", "sessionToken"].map(|token| tokens[token].as_str().unwrap().to_owned());
    let mut texts = Vec::new();
    for token in others.iter().map(String::as_str).chain(["ref_0123456789abcdef"]) {
        let answer = server.post(REFRESH, &[], &json!({ "refreshToken": token })).await;
        let problem = without_instance(&answer);
        assert_eq!(answer.status, 401, "{problem}");
        assert!(answer.header("www-authenticate").is_some());
        texts.push(problem);
    }
    assert!(texts.windows(2).all(|pair| pair[0] == pair[1]), "all are refused alike");

    // Who is locked out cannot go on meanwhile, and can again afterwards.
    for (dead, alive) in [
        ("UPDATE users SET status = 'suspended' WHERE id = 1", "UPDATE users SET status = 'active' WHERE id = 1"),
        ("UPDATE memberships SET deleted_at = 1 WHERE user_id = 1", "UPDATE memberships SET deleted_at = NULL"),
        ("UPDATE organizations SET status = 'suspended' WHERE id = 1", "UPDATE organizations SET status = 'active'"),
    ] {
        server.execute(dead).await;
        assert_eq!(refresh(&server, &tokens).await.status, 401, "{dead}");
        server.execute(alive).await;
    }
    assert_eq!(count(&server, "SELECT count(*) FROM events WHERE kind = 'session.revoked'").await, 0);
    let tokens = renewed(&server, &tokens).await;
    server.execute("UPDATE api_tokens SET expires_at = 1700000000000 WHERE kind = 'refresh'").await;
    assert_eq!(refresh(&server, &tokens).await.status, 401, "too old");
    assert!(is_open(&server, &tokens).await, "age ends nothing else");
}

#[tokio::test]
async fn a_refresh_whose_answer_was_lost_is_repeated_by_its_key() {
    let server = server().await;
    let tokens = session(&server, &server.world.acme).await;
    let headers = vec![("idempotency-key", "lost-answer".to_owned())];
    let payload = Payload::json(&json!({ "refreshToken": tokens["refreshToken"] }));
    let first = server.call(REFRESH, &[], &headers, Some(&payload)).await;
    let again = server.call(REFRESH, &[], &headers, Some(&payload)).await;
    assert_eq!((first.status, again.status, again.text()), (200, 200, first.text()));
    renewed(&server, &again.json()).await;
    assert_eq!(refresh(&server, &tokens).await.status, 401, "without the key it is a used token");
}

#[tokio::test]
async fn signing_out_ends_the_session_and_no_other() {
    let server = server().await;
    let acme = &server.world.acme;
    let (first, other) = (session(&server, acme).await, session(&server, acme).await);
    let second = renewed(&server, &first).await;
    assert_eq!(sign_out(&server, &acme.headers(&[Scheme::MuninxBearer])).await, 401, "a personal token has no session");
    assert_eq!(sign_out(&server, &bearer(&second, "accessToken")).await, 204);
    for tokens in [&first, &second] {
        assert!(!is_open(&server, tokens).await);
        assert_eq!(sign_out(&server, &bearer(tokens, "accessToken")).await, 401, "a repeat finds nothing to end");
        assert_eq!(refresh(&server, tokens).await.status, 401);
    }
    assert_eq!(server.post_as(&kare_headers(&second), KARE, &[], &kare_invite("a@mail.com")).await.status, 401);
    assert!(is_open(&server, &other).await);
    assert_eq!(
        (events(&server, "session.deleted").await.len(), events(&server, "session.revoked").await.len()),
        (1, 0)
    );
    let personal = server.call(LIST, &[], &acme.headers(&[Scheme::MuninxBearer]), None).await;
    assert_eq!(personal.status, 200, "the personal token goes on");
}

#[tokio::test]
async fn somebody_signs_in_where_they_say_if_they_have_joined() {
    let server = server().await;
    let (acme, globex) = (&server.world.acme, &server.world.globex);
    let jane = "jane@people.example";
    account_elsewhere(&server, jane).await;
    let invite = json!({ "emailAddress": jane });
    let nexus = Operation::NexusInviteOrganizationMember;
    assert_eq!(server.post(nexus, &["1"], &invite).await.status, 204);
    let sign_in = async |email: &str, password: &str, organization: Option<&str>| {
        let mut body = json!({ "email": email, "password": password });
        if let Some(slug) = organization {
            body["organization"] = json!(slug);
        }
        server.post_as(&vec![], Operation::CreateSession, &[], &body).await
    };
    let place = async |tokens: &Value| {
        let headers = bearer(tokens, "accessToken");
        server.call(Operation::MuninxGetUser, &["me"], &headers, None).await.json()["organization"].clone()
    };
    for (organization, wanted) in [(None, "globex"), (Some("globex"), "globex"), (Some("acme"), "acme")] {
        let tokens = sign_in(jane, PASSWORD, organization).await;
        assert_eq!(tokens.status, 201, "{organization:?}: {}", tokens.text());
        assert_eq!(place(&tokens.json()).await, wanted, "{organization:?}");
        assert_eq!(place(&renewed(&server, &tokens.json()).await).await, wanted, "{organization:?}: refreshed");
    }

    let wrong = sign_in(jane, "not the password", None).await;
    let john = "john@people.example";
    let path = [globex.signup_token()];
    assert_eq!(server.post_as(&vec![], Operation::UnleashSignup, &path, &unleash_signup(john)).await.status, 200);
    assert_eq!(server.post(nexus, &["1"], &json!({ "emailAddress": john })).await.status, 204);
    for (email, organization, why) in [
        (jane, acme.customer_slug(), "of a tenant that she belongs to"),
        (jane, "nowhere", "not there"),
        (john, "acme", "he has not accepted yet"),
    ] {
        let refused = sign_in(email, PASSWORD, Some(organization)).await;
        assert_eq!(refused.status, 401, "{why}");
        assert_eq!(without_instance(&refused), without_instance(&wrong), "{why}");
    }
}
