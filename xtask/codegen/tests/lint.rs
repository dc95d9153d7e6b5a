//! Every rule has a document in `lint/` that breaks it and no other, and what is said about it stands beside it.
//!
//! After a change of wording: `UPDATE_LINT=1 cargo test -p dropshot-codegen --test lint`, then review the diff.

#![expect(clippy::unwrap_used, reason = "a test may stop at the first surprise")]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use dropshot_codegen::lint::{Set, check, rules};
use dropshot_codegen::{Document, Problems};

/// Rules of the reader, which come before there is a document.
const READING: [&str; 4] = ["duplicate-key", "nesting-too-deep", "yaml-not-json", "yaml-syntax"];

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/lint")
}

fn fixtures() -> BTreeSet<String> {
    let names = fs::read_dir(folder()).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    names.filter_map(|name| name.strip_suffix(".yaml").map(str::to_owned)).collect()
}

/// What is said about a fixture, under the rules of the set that holds its rule.
fn said(name: &str) -> Problems {
    let text = fs::read_to_string(folder().join(format!("{name}.yaml"))).unwrap();
    let set = rules().find(|rule| rule.id == name).map_or(Set::General, |rule| rule.set);
    match Document::parse(&format!("{name}.yaml"), &text) {
        Ok(document) => check(&document, set),
        Err(problems) => problems,
    }
}

#[test]
fn every_rule_has_a_fixture() {
    let ids: BTreeSet<String> = rules().map(|rule| rule.id).chain(READING).map(str::to_owned).collect();
    assert_eq!(ids.len(), rules().count() + READING.len(), "two rules have one id");
    assert_eq!(fixtures(), ids);
}

#[test]
fn every_fixture_breaks_its_rule_and_no_other() {
    let mut wrong = Vec::new();
    for name in fixtures() {
        let said = said(&name);
        let broken: BTreeSet<&str> = said.0.iter().map(|problem| problem.rule).collect();
        if broken != BTreeSet::from([name.as_str()]) {
            wrong.push(format!("{name}.yaml breaks {broken:?}\n{said}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}

#[test]
fn what_is_said_is_what_was_reviewed() {
    for name in fixtures() {
        let path = folder().join(format!("{name}.txt"));
        let text = format!("{}\n", said(&name));
        if std::env::var_os("UPDATE_LINT").is_some() {
            fs::write(&path, text).unwrap();
            continue;
        }
        let reviewed = fs::read_to_string(&path).unwrap_or_default();
        assert_eq!(text, reviewed, "{name}.txt is stale; set UPDATE_LINT=1 to rewrite it");
    }
}

#[test]
fn what_is_generated_of_a_document_comes_with_its_warnings() {
    let name = "discriminator-ignored";
    let text = fs::read_to_string(folder().join(format!("{name}.yaml"))).unwrap();
    let warnings = dropshot_codegen::generate(&format!("{name}.yaml"), &text).unwrap().warnings;
    assert_eq!(warnings, said(name));
}

#[test]
fn every_problem_points_into_the_document() {
    for name in fixtures() {
        for problem in said(&name).0 {
            assert!(!problem.excerpt.text.is_empty(), "{problem}");
            assert!(problem.end_column > problem.place.column, "{problem}");
            assert!(!problem.message.is_empty() && !problem.fix.is_empty() && !problem.message.ends_with('.'));
        }
    }
}

#[test]
fn every_rule_says_what_it_demands() {
    for rule in rules() {
        assert!(rule.id.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-'), "{}", rule.id);
        assert!(!rule.says.is_empty() && !rule.says.ends_with('.'), "{}", rule.id);
    }
}

#[test]
fn the_json_form_is_stable() {
    let problem = said("unknown-member").0.remove(1).json();
    assert_eq!(
        problem,
        serde_json::json!({
            "rule": "unknown-member",
            "severity": "error",
            "file": "unknown-member.yaml",
            "line": 10,
            "column": 30,
            "end_column": 39,
            "pointer": "/components/schemas/Thing/properties/name/maxlength",
            "message": "a schema of OpenAPI 3.0 has no member `maxlength`",
            "fix": "write `maxLength` if that is what is meant",
        })
    );
}
