//! Secrets that were tampered with, that come from elsewhere, and that come again.

use contract_tests::http::Payload;
use contract_tests::server::Server;
use invite_api::security::{Operation, Scheme};
use serde_json::json;

use super::{Kind, Place, Secrets, opens, quiet};
use crate::support::{
    PASSWORD, PROGRAM, activate, bearer, decline, kare_acceptance, kare_headers, kare_invite, rows, server, sign_in,
    without_instance,
};

/// A server that judges every attempt, however many have failed.
async fn patient_server() -> Server {
    Server::start(
        PROGRAM,
        &[
            "--limit-guesses",
            "off",
            "--limit-account-guesses",
            "off",
            "--limit-account",
            "off",
            "--limit-client",
            "off",
        ],
    )
    .await
}

/// Everything that is nearly a secret, and can stand in a header and in a path.
fn near_misses(secret: &str) -> Vec<String> {
    let replaced = |place: usize, c: char| format!("{}{c}{}", &secret[..place], &secret[place + 1..]);
    let (prefix, random) = secret.split_at(4);
    let mut all: Vec<String> = secret
        .char_indices()
        .flat_map(|(place, c)| {
            let other = if c == 'A' { 'B' } else { 'A' };
            let case = if c.is_ascii_lowercase() { c.to_ascii_uppercase() } else { c.to_ascii_lowercase() };
            [replaced(place, other), replaced(place, case)]
        })
        .filter(|changed| changed != secret)
        .collect();
    all.extend([
        secret[1..].to_owned(),
        secret[..secret.len() - 1].to_owned(),
        format!("{secret}A"),
        format!("{secret}="),
        format!("{secret}{secret}"),
        format!("{secret},{secret}"),
        random.to_owned(),
        format!("{prefix}{}", random.chars().rev().collect::<String>()),
        format!("{prefix}{}", "A".repeat(random.len())),
        format!("{prefix}' OR '1'='1"),
        format!("{prefix}%"),
        format!("{prefix}*"),
    ]);
    all
}

/// Which place a kind of secret is tried at while it is tampered with: one that uses nothing up.
const fn home(kind: Kind) -> Place {
    match kind {
        Kind::Challenge => Place::Activation,
        Kind::Invitation => Place::Acceptance,
        Kind::Signup => Place::Validation,
        Kind::Personal => Place::PersonalBearer,
        Kind::Access => Place::SessionBearer,
        Kind::Refresh => Place::Refresh,
        Kind::Session => Place::KareSession,
        Kind::Application => Place::Application,
        Kind::ApiKey => Place::UnleashKey,
        Kind::Pair => Place::Basic,
    }
}

#[tokio::test]
async fn a_secret_with_any_character_changed_opens_nothing_and_stays_good() {
    let server = patient_server().await;
    let secrets = Secrets::of_acme(&server).await;
    quiet(&server).await;
    let database = server.database().await;
    let before = rows(&database, "", "TRUE").await;
    let mut tried = 0;
    for (kind, secret) in &secrets.0 {
        for changed in near_misses(secret) {
            let answer = home(*kind).present(&server, &secrets, &changed).await;
            assert!(!opens(&answer), "{kind:?} as {changed:?}: {}", answer.status);
            tried += 1;
        }
    }
    assert!(tried > 800, "{tried}");
    assert_eq!(rows(&database, "", "TRUE").await, before, "an attempt left something behind");
    database.close().await;
    for (kind, secret) in &secrets.0 {
        let answer = home(*kind).present(&server, &secrets, secret).await;
        assert!(opens(&answer), "{kind:?}: {}", answer.text());
    }
}

#[tokio::test]
async fn a_secret_opens_only_what_its_kind_is_for() {
    let server = patient_server().await;
    let secrets = Secrets::of_acme(&server).await;
    let foreign = |place: Place| secrets.0.iter().filter(move |(kind, _)| !place.opened_by().contains(kind));
    for place in Place::ALL {
        for (kind, secret) in foreign(place) {
            let answer = place.present(&server, &secrets, secret).await;
            assert!(!opens(&answer), "{kind:?} at {place:?}: {}", answer.status);
        }
    }
    for place in Place::ALL {
        for (kind, secret) in secrets.0.iter().filter(|(kind, _)| place.opened_by().contains(kind)) {
            let answer = place.present(&server, &secrets, secret).await;
            // Whoever has activated has nothing to decline any more; the secret is still known for what it is.
            assert!(opens(&answer), "{kind:?} at {place:?}: {}", answer.text());
        }
    }
}

#[tokio::test]
async fn a_signed_looking_token_is_a_token_that_nobody_knows() {
    let server = server().await;
    let encode = |text: &str| base64::Engine::encode(&base64::engine::general_purpose::URL_SAFE_NO_PAD, text);
    let claims = encode(r#"{"sub":"1","organization":1,"scope":"admin","exp":9999999999}"#);
    let unsigned = |algorithm: &str, signature: &str| {
        format!("{}.{claims}.{signature}", encode(&format!(r#"{{"alg":"{algorithm}","typ":"JWT"}}"#)))
    };
    let access = server.world.acme.header(Scheme::KareBearer);
    for token in [unsigned("none", ""), unsigned("None", ""), unsigned("HS256", &encode("signature"))] {
        for headers in [
            vec![access.clone(), ("x-session-token", token.clone())],
            vec![("authorization", format!("Bearer {token}")), ("x-session-token", token.clone())],
        ] {
            let invite = kare_invite("jwt@mail.com");
            let answer = server.post_as(&headers, Operation::KareInviteUserOrganization, &[], &invite).await;
            assert_eq!(answer.status, 401, "{token}");
        }
        let wrong = server.post(Operation::KareAcceptInvitation, &[], &kare_acceptance(&token, "jwt@mail.com")).await;
        assert_eq!((activate(&server, &token).await.status, wrong.status), (400, 400), "{token}");
    }
}

#[tokio::test]
async fn a_used_secret_stays_used_whatever_else_its_holder_sends() {
    let server = server().await;
    let secrets = Secrets::of_acme(&server).await;
    let (challenge, token) = (secrets.get(Kind::Challenge), secrets.get(Kind::Invitation));
    let [activated, accepting] = Secrets::INVITED;
    let first = activate(&server, challenge).await;
    let accepted = server.post(Operation::KareAcceptInvitation, &[], &kare_acceptance(token, accepting)).await;
    assert_eq!((first.status, accepted.status), (200, 201));
    for answer in [&first, &accepted] {
        assert!(answer.header("set-cookie").is_none(), "a client is given no state to come back with");
    }
    let mut held = bearer(&sign_in(&server, activated, PASSWORD).await, "accessToken");
    held.push(("cookie", format!("challenge={challenge}; session=1")));
    held.push(("idempotency-key", "again".to_owned()));
    for headers in [vec![], held, kare_headers(&accepted.json()["data"])] {
        let body = json!({ "challenge": challenge, "password": "another-password-entirely" });
        let again = server.call(Operation::Activate, &[], &headers, Some(&Payload::json(&body))).await;
        let mut body = kare_acceptance(token, accepting);
        body["password"] = json!("another-password-entirely");
        let accepted = server.call(Operation::KareAcceptInvitation, &[], &headers, Some(&Payload::json(&body))).await;
        assert_eq!((again.status, accepted.status), (409, 409), "{headers:?}");
    }
    assert_eq!(decline(&server, challenge).await.status, 409);
    sign_in(&server, activated, PASSWORD).await;
    sign_in(&server, accepting, PASSWORD).await;
}

#[tokio::test]
async fn whom_a_secret_is_for_is_not_the_bodys_to_say() {
    let server = server().await;
    let secrets = Secrets::of_acme(&server).await;
    let victim = server.world.acme.text("/admin/email");
    let mut body = json!({ "challenge": secrets.get(Kind::Challenge), "password": PASSWORD });
    for member in ["email", "user", "userId", "id", "organization", "role", "type"] {
        body[member] = json!(if member == "email" { victim } else { "1" });
    }
    let answer = server.post(Operation::Activate, &[], &body).await;
    assert_eq!((answer.status, &answer.json()["user"]["email"]), (200, &json!(Secrets::INVITED[0])));
    let token = secrets.get(Kind::Invitation);
    let wrong = server.post(Operation::KareAcceptInvitation, &[], &kare_acceptance(token, victim)).await;
    let unknown = server.post(Operation::KareAcceptInvitation, &[], &kare_acceptance("inv_unknown", victim)).await;
    assert_eq!((wrong.status, without_instance(&wrong)), (400, without_instance(&unknown)), "answered alike");
    sign_in(&server, victim, server.world.acme.text("/admin/password")).await;
}
