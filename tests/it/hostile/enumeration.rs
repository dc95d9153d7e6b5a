//! Finding out who has an account, and what others have: answers are alike, and take alike long.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use contract_tests::http::Answer;
use contract_tests::server::Server;
use invite_api::security::Operation;
use serde_json::{Value, json};

use super::{Kind, Secrets, quiet};
use crate::support::{
    PASSWORD, PROGRAM, activate, decline, imported, invitation, muninx_customer, nexus_import, renew, try_sign_in,
    without_instance,
};

/// A server that judges every attempt, and four people of it: active, suspended, pending, and none at all.
async fn server_with_people() -> (Server, [&'static str; 4]) {
    let off = ["--limit-guesses", "off", "--limit-account-guesses", "off", "--limit-account", "off"];
    let server = Server::start(PROGRAM, &off).await;
    let people =
        ["active@people.example", "suspended@people.example", "pending@people.example", "nobody@people.example"];
    for (number, email) in people[..3].iter().enumerate() {
        assert_eq!(server.post(Operation::MuninxInviteUser, &[], &muninx_customer(email)).await.status, 200);
        let challenge = server.mail(email, 1).await.secret("challenge");
        if number < 2 {
            assert_eq!(activate(&server, &challenge).await.status, 200);
        }
    }
    server.execute("UPDATE users SET status = 'suspended' WHERE email_normalized = 'suspended@people.example'").await;
    (server, people)
}

/// What of an answer a caller can tell from another one: all but the id of the request and the moment.
fn appearance(answer: &Answer) -> (u16, BTreeSet<String>, Value) {
    let changing = ["x-request-id", "date"];
    let headers = answer.headers.iter().filter(|(name, _)| !changing.contains(&name.as_str()));
    let headers = headers.map(|(name, value)| format!("{name}: {value:?}")).collect();
    (answer.status, headers, if answer.body.is_empty() { Value::Null } else { without_instance(answer) })
}

fn alike(answers: &[(String, Answer)]) {
    for (what, answer) in &answers[1..] {
        assert_eq!(appearance(answer), appearance(&answers[0].1), "{what} is answered unlike {}", answers[0].0);
    }
}

#[tokio::test]
async fn signing_in_tells_nobody_apart() {
    let (server, people) = server_with_people().await;
    let mut answers = Vec::new();
    for email in people {
        answers.push((email.to_owned(), try_sign_in(&server, email, "not-the-password-at-all").await));
    }
    // Whoever is locked out does not learn that the password is right.
    answers.push(("the right password".to_owned(), try_sign_in(&server, people[1], PASSWORD).await));
    answers.push(("the right password".to_owned(), try_sign_in(&server, people[2], PASSWORD).await));
    alike(&answers);
    assert_eq!(answers[0].1.status, 401);
    assert_eq!(try_sign_in(&server, people[0], PASSWORD).await.status, 201);
}

#[tokio::test]
async fn signing_in_takes_alike_long_for_everybody() {
    const ROUNDS: usize = 15;
    let (server, people) = server_with_people().await;
    let mut times: [Vec<Duration>; 4] = Default::default();
    // In turns, so that whatever else the machine does falls on all of them.
    for _ in 0..ROUNDS {
        for (email, times) in people.iter().zip(&mut times) {
            let start = Instant::now();
            assert_eq!(try_sign_in(&server, email, "not-the-password-at-all").await.status, 401);
            times.push(start.elapsed());
        }
    }
    let medians = times.map(|mut times| {
        times.sort();
        times[ROUNDS / 2]
    });
    println!("{people:?}: {medians:?}");
    // Whoever is not hashed for is answered many times faster.
    let (least, most) = (medians.iter().min().unwrap(), medians.iter().max().unwrap());
    assert!(*most < *least * 2, "{medians:?}");
}

#[tokio::test]
async fn asking_for_a_new_link_tells_nothing_of_the_old_one() {
    let (server, _) = server_with_people().await;
    let secrets = Secrets::of_acme(&server).await;
    let live = secrets.get(Kind::Challenge);
    let used = server.mail("active@people.example", 1).await.secret("challenge");
    let strangers = ["act_0123456789abcdef", "inv_0123456789abcdef", "a-secret-of-a-caller"];
    let mut answers = Vec::new();
    for secret in strangers.into_iter().chain([live, &used, secrets.get(Kind::Signup), secrets.get(Kind::Access)]) {
        answers.push((secret.to_owned(), renew(&server, secret).await));
    }
    alike(&answers);
    assert_eq!(answers[0].1.status, 202);
    quiet(&server).await;
    assert_eq!(server.mails().iter().filter(|mail| mail.to == Secrets::INVITED[0]).count(), 1, "nothing is mailed");
}

#[tokio::test]
async fn secrets_that_are_none_are_all_unknown_alike() {
    let (server, _) = server_with_people().await;
    let secrets = Secrets::of_acme(&server).await;
    let others = [Kind::Signup, Kind::Personal, Kind::Access, Kind::Refresh, Kind::Application, Kind::ApiKey];
    let strangers = ["act_0123456789abcdef", "act_ 0123456789abcdef", "0123456789abcdef"];
    let (mut activations, mut declines) = (Vec::new(), Vec::new());
    for secret in strangers.into_iter().chain(others.map(|kind| secrets.get(kind))) {
        activations.push((secret.to_owned(), activate(&server, secret).await));
        declines.push((secret.to_owned(), decline(&server, secret).await));
    }
    alike(&activations);
    alike(&declines);
    assert_eq!((activations[0].1.status, declines[0].1.status), (400, 400));
}

#[tokio::test]
async fn what_others_have_is_answered_like_what_nobody_has() {
    let (server, _) = server_with_people().await;
    let globex = &server.world.globex;
    let found = invitation(&server, "found@people.example").await;
    let import = imported(&server, &nexus_import("theirs", &["row@people.example"])).await;
    let none = "00000000-0000-4000-8000-000000000000";
    let token = server.post(Operation::MuninxCreateToken, &[], &json!({ "name": "theirs" })).await.json();
    let token = token["id"].as_str().unwrap();
    let pairs: Vec<(Operation, Vec<&str>, Vec<&str>)> = vec![
        (Operation::GetInvitation, vec![&found], vec![none]),
        (Operation::ResendInvitation, vec![&found], vec![none]),
        (Operation::RevokeInvitation, vec![&found], vec![none]),
        (Operation::GetImport, vec![&import], vec![none]),
        (Operation::MuninxGetUser, vec!["found@people.example"], vec!["nobody@people.example"]),
        (Operation::MuninxResendActivationEmail, vec!["found@people.example"], vec!["nobody@people.example"]),
        (Operation::MuninxDeleteToken, vec![token], vec![none]),
        (Operation::NexusRemoveMemberRole, vec!["1", "1"], vec!["999", "1"]),
        (Operation::UnleashGetSignupToken, vec![server.world.acme.signup_token()], vec!["sgn_unknown"]),
    ];
    for (operation, theirs, nobodys) in pairs {
        let headers = globex.credentials(operation);
        let mut answers = Vec::new();
        for path in [nobodys, theirs] {
            answers
                .push((format!("{} of {path:?}", operation.id()), server.call(operation, &path, &headers, None).await));
        }
        alike(&answers);
        assert_eq!(answers[0].1.status, 404, "{}", answers[0].0);
    }
}
