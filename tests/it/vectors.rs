//! The behaviour vectors, run against every side, and the faults that they catch.

pub(crate) mod live;
mod mocks;
mod mutations;

use contract_tests::document::model;
use contract_tests::vectors::client::Between;
use contract_tests::vectors::target::Failure;
use contract_tests::vectors::{File, client, files, target};

use crate::support::server;
use live::Live;
use mocks::{InProcess, OnSocket};

/// The sides, as columns.
const SIDES: [&str; 5] = ["client", "server", "mock", "mock, in process", "client and mock"];

/// All vectors of one operation on one side, and those that do not hold.
type Cell = (usize, Vec<Failure>);

/// Fails with every vector that does not hold.
fn all_green(side: &str, failures: &[Failure]) {
    let texts: Vec<&str> = failures.iter().map(|failure| failure.text.as_str()).collect();
    assert!(texts.is_empty(), "{} vectors fail on the {side}:\n{}", texts.len(), texts.join("\n"));
}

#[tokio::test]
async fn every_vector_is_green_on_every_side() {
    let server = server().await;
    let (served, mock, in_process) = (Live::of(&server), OnSocket::start().await, InProcess::default());
    let mut rows: Vec<(&File, [Cell; 5])> = Vec::new();
    for file in files() {
        let cells = [
            client::run(&Between::default(), file, |_| true).await,
            target::run(&served, file, |_| true).await,
            target::run(&mock, file, |_| true).await,
            target::run(&in_process, file, |_| true).await,
            client::replay(file).await,
        ];
        rows.push((file, cells));
    }
    print(&rows);
    for (side, name) in SIDES.iter().enumerate() {
        let failures: Vec<Failure> = rows.iter().flat_map(|(_, cells)| cells[side].1.clone()).collect();
        all_green(name, &failures);
    }
}

/// The table: green of all, by operation and side.
fn print(rows: &[(&File, [Cell; 5])]) {
    let line = |name: &str, count: String, cells: [String; 5]| {
        let cells: String = cells.iter().map(|cell| format!(" {cell:>16}")).collect();
        println!("{name:<34} {count:>8}{cells}");
    };
    line("operation", "vectors".to_owned(), SIDES.map(str::to_owned));
    let mut sums = [(0, 0); 5];
    for (file, cells) in rows {
        let counts = [0, 1, 2, 3, 4].map(|side| (cells[side].0 - cells[side].1.len(), cells[side].0));
        for (sum, count) in sums.iter_mut().zip(counts) {
            *sum = (sum.0 + count.0, sum.1 + count.1);
        }
        line(&file.operation, file.count().to_string(), counts.map(|(green, all)| format!("{green}/{all}")));
    }
    let all: usize = rows.iter().map(|(file, _)| file.count()).sum();
    line("all", all.to_string(), sums.map(|(green, all)| format!("{green}/{all}")));
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
