//! A short round of the fuzzer's changes with a fixed seed: no document makes the generator panic.
//!
//! `cargo xtask fuzz` looks further. To see one document again: `MUTATION=17 cargo test -p dropshot-codegen --test mutations`.

#![expect(clippy::unwrap_used, reason = "a test may stop at the first surprise")]

use dropshot_codegen::lint::Set;
use dropshot_codegen::{Document, lint};
use serde_json::{Value, json};

#[path = "../fuzz/mutate.rs"]
mod mutate;

/// As many as take a few seconds without optimisation.
const ROUNDS: u64 = 200;

/// SplitMix64: bytes that are the same everywhere and always.
fn bytes(seed: u64) -> Vec<u8> {
    let mut state = seed;
    let mut next = || {
        state = state.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mixed = (state ^ (state >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    };
    // One or two changes: a document with many is refused early.
    let length = 5 + usize::try_from(next() % 8).unwrap();
    std::iter::repeat_with(|| next().to_le_bytes()[0]).take(length).collect()
}

#[test]
fn no_mutation_makes_the_generator_panic() {
    let parse = |text| Document::parse("seed.yaml", text).unwrap().value;
    let seeds: Vec<_> = mutate::SEEDS.into_iter().map(parse).collect();
    let only: Option<u64> = std::env::var("MUTATION").ok().and_then(|round| round.parse().ok());
    let rounds: u64 = std::env::var("ROUNDS").ok().and_then(|rounds| rounds.parse().ok()).unwrap_or(ROUNDS);
    let mut defects = Vec::new();
    let mut clean = 0;
    for round in 0..rounds {
        if only.is_some_and(|only| only != round) {
            continue;
        }
        let text = mutate::document(&bytes(round), &seeds);
        let problems = lint("mutated.yaml", &text, Set::General);
        clean += u64::from(!problems.has_errors());
        if only.is_some() {
            println!("{text}\n{problems}");
        }
        defects.extend(
            problems
                .0
                .into_iter()
                .filter(|problem| problem.rule == "generator-defect")
                .map(|problem| format!("round {round}: {problem}")),
        );
    }
    assert!(defects.is_empty(), "{} of {rounds}\n{}", defects.len(), defects.join("\n"));
    // Otherwise the changes are too wild to reach the passes.
    assert!(only.is_some() || clean > rounds / 10, "only {clean} of {rounds} documents were generated");
}

/// What refers to itself does so in whatever wrapping: a walk that knows references only never ends.
#[test]
fn a_wrapped_reference_ends_every_walk() {
    for text in mutate::SEEDS {
        let seed = Document::parse("seed.yaml", text).unwrap().value;
        let mut references = Vec::new();
        find_references(&seed["components"]["schemas"], "/components/schemas", &mut references);
        assert!(!references.is_empty());
        for pointer in references {
            let mut document = seed.clone();
            let node = document.pointer_mut(&pointer).unwrap();
            *node = json!({"allOf": [node.take()]});
            let problems = lint("wrapped.yaml", &document.to_string(), Set::General);
            assert!(!problems.0.iter().any(|problem| problem.rule == "generator-defect"), "{pointer}: {problems}");
        }
    }
}

fn find_references(value: &Value, pointer: &str, found: &mut Vec<String>) {
    match value {
        Value::Object(members) if members.contains_key("$ref") => found.push(pointer.to_owned()),
        Value::Object(members) => {
            members.iter().for_each(|(key, value)| find_references(value, &format!("{pointer}/{key}"), found));
        }
        Value::Array(items) => {
            items
                .iter()
                .enumerate()
                .for_each(|(index, item)| find_references(item, &format!("{pointer}/{index}"), found));
        }
        _ => {}
    }
}

#[test]
fn the_seeds_are_kept_by_every_rule() {
    for text in mutate::SEEDS {
        let problems = dropshot_codegen::lint::check(&Document::parse("seed.yaml", text).unwrap(), Set::General);
        assert!(problems.0.is_empty(), "{problems}");
    }
}
