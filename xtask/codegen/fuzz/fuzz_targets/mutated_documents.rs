//! Changes to the seed documents, and bytes that are no document: none of them may make the generator panic.
//!
//! A panic of a library that is caught counts: a rule should have come before it.

#![no_main]

use std::sync::LazyLock;

use dropshot_codegen::lint::Set;
use dropshot_codegen::{Document, lint};
use libfuzzer_sys::fuzz_target;

#[path = "../mutate.rs"]
mod mutate;

static SEEDS: LazyLock<Vec<serde_json::Value>> = LazyLock::new(|| {
    let parse = |text| Document::parse("seed.yaml", text).expect("a seed is a document").value;
    mutate::SEEDS.into_iter().map(parse).collect()
});

fuzz_target!(|bytes: &[u8]| {
    let text = mutate::document(bytes, &SEEDS);
    let problems = lint("mutated.yaml", &text, Set::General);
    let _ = (problems.render(true), problems.json());
    if let Some(defect) = problems.0.iter().find(|problem| problem.rule == "generator-defect") {
        eprintln!("{text}");
        panic!("{defect}");
    }
});
