//! A secret that somebody has found: said what it is, and ended.

use std::io::Write as _;
use std::process::{Output, Stdio};

use contract_tests::world::basic;
use invite_api::security::Operation;
use serde_json::{Value, json};

use super::{Operator, session_and_script, token_status};
use crate::support::{muninx_customer, server};

impl Operator {
    fn with_secret(&self, command: &str, secret: &str) -> Output {
        let mut program = self.program(command, true);
        let mut child = program.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        child.stdin.take().unwrap().write_all(format!("{secret}\n").as_bytes()).unwrap();
        child.wait_with_output().unwrap()
    }

    fn of_secret(&self, command: &str, secret: &str) -> Value {
        let output = self.with_secret(command, secret);
        assert!(output.status.success(), "{command}: {}", String::from_utf8_lossy(&output.stderr));
        assert!(!String::from_utf8_lossy(&output.stdout).contains(secret), "it is not said again");
        serde_json::from_slice(&output.stdout).unwrap()
    }

    fn refused_secret(&self, command: &str, secret: &str) -> String {
        let output = self.with_secret(command, secret);
        assert_eq!((output.status.code(), output.stdout.len()), (Some(2), 0), "{command}");
        String::from_utf8(output.stderr).unwrap()
    }
}

#[tokio::test]
async fn a_secret_that_was_found_says_what_it_is_and_ends() {
    let server = server().await;
    let operator = Operator::of(&server);
    let acme = server.world.acme.organization();
    let (session, [signed_in, script]) = session_and_script(&server, "jane@customer.example").await;
    let secret_of = |headers: &[(&str, String)]| headers[0].1.trim_start_matches("Bearer ").to_owned();
    let key = operator.json(&format!("key add --organization {acme} --description importer"));
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    for (secret, kind) in [
        (secret_of(&script), "personal"),
        (text(&session["refreshToken"]), "refresh"),
        (text(&key["secret"]), "key"),
        (server.world.acme.signup_token().to_owned(), "signup_token"),
    ] {
        let found = operator.of_secret("secret find", &secret);
        assert_eq!((&found["kind"], &found["state"]), (&json!(kind), &json!("live")), "{found}");
        let ended = operator.of_secret("secret end", &secret);
        let state = if kind == "signup_token" { "disabled" } else { "revoked" };
        assert_eq!((&ended["id"], &ended["state"]), (&found["id"], &json!(state)));
        let events = operator.json("events list --limit 100").as_array().unwrap().len();
        assert_eq!(operator.of_secret("secret end", &secret), ended, "once is enough");
        assert_eq!(operator.json("events list --limit 100").as_array().unwrap().len(), events, "and on record once");
    }
    let performed = operator.events(4);
    let kinds: Vec<_> = performed.iter().map(|(kind, performer)| (kind.as_str(), performer.as_str())).collect();
    let by_operator = ["signup_token.updated", "key.revoked", "session.deleted", "token.revoked"];
    assert_eq!(kinds, by_operator.map(|kind| (kind, "operator")));

    assert_eq!(token_status(&server, &script).await, 401);
    assert_eq!(token_status(&server, &signed_in).await, 401, "the whole sign-in");
    let invite = json!({ "emailAddress": "one@acme.example" });
    let of_key = vec![basic(key["id"].as_str().unwrap(), key["secret"].as_str().unwrap())];
    let organization = acme.to_string();
    let answer = server.post_as(&of_key, Operation::NexusInviteOrganizationMember, &[&organization], &invite).await;
    assert_eq!(answer.status, 401);
    let token = server.world.acme.signup_token();
    let validated = server.call(Operation::UnleashValidateSignupToken, &[token], &[], None).await;
    assert_eq!(validated.status, 400);
}

#[tokio::test]
async fn the_link_of_an_invitation_is_known_and_left_to_its_administrator() {
    let server = server().await;
    let operator = Operator::of(&server);
    let address = "jane@new.example";
    assert_eq!(server.post(Operation::MuninxInviteUser, &[], &muninx_customer(address)).await.status, 200);
    let challenge = server.mail(address, 1).await.secret("challenge");
    let found = operator.of_secret("secret find", &challenge);
    assert_eq!((&found["kind"], &found["state"]), (&json!("invitation"), &json!("live")), "{found}");
    let said = operator.refused_secret("secret end", &challenge);
    assert!(said.contains(found["id"].as_str().unwrap()) && said.contains("send the invitation again"), "{said}");
    assert_eq!(operator.of_secret("secret find", &challenge)["state"], json!("live"), "nothing was changed");
    for (secret, expected) in [("act_nothing", "no secret of this server"), ("", "no secret on standard input")] {
        let said = operator.refused_secret("secret find", secret);
        assert!(said.contains(expected) && said.contains("hint: "), "{said}");
    }
}
