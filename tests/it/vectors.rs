//! The behaviour vectors, run against every side, and the faults that they catch.

mod live;
mod mutations;

use contract_tests::document::model;
use contract_tests::vectors::client::Between;
use contract_tests::vectors::target::Failure;
use contract_tests::vectors::{client, files, target};

use crate::support::server;
use live::Live;

/// Green and all vectors of one operation on one side.
type Cell = (usize, usize);

/// Fails with every vector that does not hold.
fn all_green(side: &str, failures: &[Failure]) {
    let texts: Vec<&str> = failures.iter().map(|failure| failure.text.as_str()).collect();
    assert!(texts.is_empty(), "{} vectors fail on the {side}:\n{}", texts.len(), texts.join("\n"));
}

#[tokio::test]
async fn every_vector_is_green_on_every_side() {
    let server = server().await;
    let served = Live::of(&server);
    let (mut rows, mut failures) = (Vec::new(), [Vec::new(), Vec::new()]);
    for file in files() {
        let on_client = client::run(&Between::default(), file, |_| true).await;
        let on_server = target::run(&served, file, |_| true).await;
        let cell = |(count, failed): &(usize, Vec<Failure>)| -> Cell { (count - failed.len(), *count) };
        rows.push((file, [cell(&on_client), cell(&on_server)]));
        failures[0].extend(on_client.1);
        failures[1].extend(on_server.1);
    }
    println!("{:<34} {:>8} {:>10} {:>10}", "operation", "vectors", "client", "server");
    let print = |name: &str, count: usize, cells: [Cell; 2]| {
        let [on_client, on_server] = cells.map(|(green, all)| format!("{green}/{all}"));
        println!("{name:<34} {count:>8} {on_client:>10} {on_server:>10}");
    };
    rows.iter().for_each(|(file, cells)| print(&file.operation, file.count(), *cells));
    let sum = |side: usize| rows.iter().fold((0, 0), |sum, (_, cells)| (sum.0 + cells[side].0, sum.1 + cells[side].1));
    print("all", rows.iter().map(|(file, _)| file.count()).sum(), [sum(0), sum(1)]);
    all_green("client", &failures[0]);
    all_green("server", &failures[1]);
}

#[test]
fn every_operation_has_vectors_of_both_kinds_and_every_name_is_unique() {
    assert_eq!(files().len(), model().operations.len());
    let mut names = std::collections::BTreeSet::new();
    for file in files() {
        assert!(!file.requests.is_empty() && file.answers.len() > 10, "{} has few vectors", file.operation);
        let requests = file.requests.iter().map(|vector| &vector.name);
        for name in requests.chain(file.answers.iter().map(|vector| &vector.name)) {
            assert!(names.insert(name), "{name} stands there twice");
        }
    }
}

/// The generator breaks one rule at a time; a validator that it does not know judges whether it did.
#[test]
fn bodies_are_right_or_wrong_as_their_vectors_say() {
    use contract_tests::json_schema;
    for file in files() {
        let body = contract_tests::document::operation(&file.operation).body.as_ref();
        let Some(component) = body.and_then(|body| body.contents[0].schema()) else { continue };
        for vector in &file.requests {
            let Some(sent) = &vector.request.body else { continue };
            let Some(json) = sent.json(file) else { continue };
            let faults = json_schema::faults(json_schema::component(component), &json);
            let is_broken = !sent.patch.is_empty();
            assert_eq!(faults.is_empty(), !is_broken, "{}: {json}: {faults:?}", vector.name);
        }
    }
}
