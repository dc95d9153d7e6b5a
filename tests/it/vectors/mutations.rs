//! Deliberately broken servers and clients: the vectors have to catch each, and the table says by which name.
//!
//! A broken server is the real one behind an intermediary that changes what passes: to its callers there is no difference.
//! A broken client is the real one with something changed between it and those who watch it: the answers that it gets to
//! see, its configuration, how often its caller calls, or what is seen of it. Changed sources would show the same to the
//! peer and to the caller, and only these two are looked at.

mod clients;
mod servers;

use std::collections::BTreeSet;

use contract_tests::vectors::client::Between;
use contract_tests::vectors::intermediary::{Fault, Intermediary};
use contract_tests::vectors::target::Failure;
use contract_tests::vectors::{client, file, files, target};

use super::all_green;
use super::live::Live;
use crate::support::server;

/// One fault.
struct Mutation<F> {
    /// What the broken side does.
    name: &'static str,
    /// The vector that has to catch it.
    caught_by: &'static str,
    fault: F,
}

const fn mutation<F>(name: &'static str, caught_by: &'static str, fault: F) -> Mutation<F> {
    Mutation { name, caught_by, fault }
}

/// Operation of a vector.
fn operation(vector: &str) -> &str {
    vector.split('/').next().unwrap()
}

/// Prints which vectors catch a mutation; what is wrong if the one that has to does not.
fn judge<F>(mutation: &Mutation<F>, failures: &[Failure]) -> Option<String> {
    let caught: BTreeSet<&str> = failures.iter().map(|failure| failure.vector.as_str()).collect();
    println!("{:<52} {:>3} vectors, among them {}", mutation.name, caught.len(), mutation.caught_by);
    let missed = format!("{} is not caught by {}, only by {caught:?}", mutation.name, mutation.caught_by);
    (!caught.contains(mutation.caught_by)).then_some(missed)
}

#[tokio::test]
async fn every_broken_server_is_caught_by_name() {
    let server = server().await;
    let all = servers::all(&server.world.acme);
    assert!(all.len() >= 10, "{} broken servers show little", all.len());
    let mut missed = Vec::new();
    for mutation in &all {
        let between = Intermediary::before(&server.world.base_url, mutation.fault.clone()).await;
        let broken = Live::behind(&server, between.url.clone());
        let (_, failures) = target::run(&broken, file(operation(mutation.caught_by)), |_| true).await;
        missed.extend(judge(mutation, &failures));
    }
    assert_eq!(missed, Vec::<String>::new());
}

#[tokio::test]
async fn a_server_behind_an_intermediary_that_changes_nothing_is_not_accused() {
    let server = server().await;
    let between = Intermediary::before(&server.world.base_url, Fault::default()).await;
    let behind = Live::behind(&server, between.url.clone());
    let mut failures = Vec::new();
    for file in files() {
        failures.extend(target::run(&behind, file, |_| true).await.1);
    }
    all_green("server behind an intermediary", &failures);
}

#[tokio::test]
async fn every_broken_client_is_caught_by_name() {
    let all = clients::all();
    assert!(all.len() >= 10, "{} broken clients show little", all.len());
    let mut missed = Vec::new();
    for mutation in &all {
        let (_, failures) = client::run(&mutation.fault, file(operation(mutation.caught_by)), |_| true).await;
        missed.extend(judge(mutation, &failures));
    }
    assert_eq!(missed, Vec::<String>::new());
}

/// A name that stands twice would hide that one of them is not caught.
#[tokio::test]
async fn twenty_different_mutations_are_listed() {
    let server = server().await;
    let servers: Vec<&str> = servers::all(&server.world.acme).iter().map(|mutation| mutation.name).collect();
    let clients: Vec<&str> = clients::all().iter().map(|mutation: &Mutation<Between>| mutation.name).collect();
    let names: BTreeSet<&str> = servers.iter().chain(&clients).copied().collect();
    assert_eq!(names.len(), servers.len() + clients.len());
    assert!(names.len() >= 20, "{names:?}");
}
