//! Every documented answer, brought about: its status, its headers and its body.
//!
//! [`Server::call`] holds each answer against the document, so that a test here only has to say which status it wants. Here each
//! of them is also held against the headers that protect it in a browser.

pub(crate) mod crowds;
mod invitations;
mod muninx;
mod order;
mod outages;
mod provocations;
mod repetition;
mod successes;
mod texts;

use std::collections::{BTreeMap, BTreeSet};

use contract_tests::contract;
use contract_tests::server::Server;
use invite_api::security::Operation;

use crate::headers::protected;
use crate::support::{NOBODYS, server};

/// What has been seen in this test: `(operation, status)`, and by what it came about first.
pub(crate) type Seen = BTreeMap<(String, u16), String>;

#[tokio::test]
async fn every_documented_answer_has_its_status_headers_and_body() {
    let mut seen = Seen::new();
    let server = server().await;
    successes::vectors(&server, &mut seen).await;
    provocations::requests(&server, &mut seen).await;
    provocations::bodies(&server, &mut seen).await;
    provocations::rules(&server, &mut seen).await;
    invitations::rules(&server, &mut seen).await;
    muninx::rules(&server, &mut seen).await;
    repetition::keys(&server, &mut seen).await;
    outages::busy_database(&server, &mut seen).await;
    outages::broken_database(&server, &mut seen).await;
    crowds::too_many_requests(&mut seen).await;
    crowds::overload(&mut seen).await;

    let documented = contract::documented();
    print(&documented, &seen);
    let missing: Vec<_> = documented.iter().filter(|pair| !seen.contains_key(*pair)).collect();
    assert_eq!(missing, Vec::<&(String, u16)>::new(), "documented and never seen");
}

/// The table: operation, status, and by what it came about.
fn print(documented: &BTreeSet<(String, u16)>, seen: &Seen) {
    println!("{:<34} status  came about by", "operation");
    for pair in documented {
        let by = seen.get(pair).map_or("-- NOT SEEN", String::as_str);
        println!("{:<34} {:>6}  {by}", pair.0, pair.1);
    }
    let count = documented.iter().filter(|pair| seen.contains_key(*pair)).count();
    println!("{count} of {} documented answers seen", documented.len());
}

/// Notes an answer whose status had to be `wanted`.
pub(crate) fn note(
    seen: &mut Seen,
    operation: Operation,
    what: &str,
    answer: &contract_tests::http::Answer,
    wanted: u16,
) {
    assert_eq!(answer.status, wanted, "{} with {what}: {}", operation.id(), answer.text());
    protected(answer, operation.id());
    seen.entry((operation.id().to_owned(), wanted)).or_insert_with(|| what.to_owned());
}

/// The operations that take a body.
pub(crate) fn with_body() -> impl Iterator<Item = Operation> {
    Operation::ALL
        .iter()
        .copied()
        .filter(|operation| contract_tests::document::operation(operation.id()).body.is_some())
}

/// Parameters that fit the template of an operation.
pub(crate) fn parameters(server: &Server, operation: Operation) -> Vec<&str> {
    match operation {
        Operation::MuninxResendActivationEmail | Operation::MuninxGetUser | Operation::MuninxUpdateUser => {
            vec!["nobody@acme.example"]
        }
        Operation::NexusInviteOrganizationMember | Operation::NexusImportOrganizationMembers => vec!["1"],
        Operation::MuninxDeleteToken
        | Operation::GetImport
        | Operation::GetInvitation
        | Operation::ResendInvitation
        | Operation::RevokeInvitation => vec![NOBODYS],
        Operation::NexusRemoveMemberRole => vec!["1", "999"],
        Operation::UnleashSignup
        | Operation::UnleashValidateSignupToken
        | Operation::UnleashGetSignupToken
        | Operation::UnleashUpdateSignupToken => {
            vec![server.world.acme.signup_token()]
        }
        _ => Vec::new(),
    }
}
