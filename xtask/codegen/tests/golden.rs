//! One small document for each construct, and what is made of it: the surface of server and client, or the problems.
//!
//! `UPDATE_FIXTURES=1 cargo test -p dropshot-codegen --test golden` writes the expectations and SUPPORT.md anew. That the
//! crates compile and that dropshot says the same again is checked by `cargo xtask corpus xtask/codegen/tests/golden`.

#![expect(clippy::unwrap_used, reason = "a test may stop at the first surprise")]

mod surface;

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use dropshot_codegen::diagnostic::Severity;
use dropshot_codegen::lint;
use dropshot_codegen::project_server::CLASSES;

/// Problems that no rule of the lint reports, because they are found while something else is done.
const PASSES: &[(&str, &str)] = &[
    ("client-generator", "progenitor takes the lowered document"),
    ("document-unreadable", "the file is there and holds text"),
    ("duplicate-key", "no key stands twice in an object"),
    ("extension-conflict", "an operation does not answer in pages and become a websocket"),
    ("generator-defect", "no library panics; a document on which one does is a defect of the generator"),
    ("nesting-too-deep", "schemas are not nested beyond what a parser can follow"),
    ("retry-class", "`x-retry` is `never`, `unsent` or `idempotent`"),
    ("rust-names", "no two things have one name in Rust"),
    ("schema-unsupported", "typify finds a Rust type for a schema"),
    ("secret-type", "a secret stands where its type can hide it"),
    ("yaml-not-json", "the YAML has a JSON form: no anchors, no tags, texts as keys"),
    ("yaml-syntax", "the text is YAML or JSON"),
];

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden")
}

fn is_writing() -> bool {
    std::env::var_os("UPDATE_FIXTURES").is_some()
}

/// Names of the documents, sorted.
fn cases() -> Vec<String> {
    let entries = fs::read_dir(folder()).unwrap().map(|entry| entry.unwrap().path());
    let documents = entries.filter(|path| path.extension().is_some_and(|kind| kind == "yaml"));
    let mut names: Vec<String> = documents.map(|path| path.file_stem().unwrap().to_str().unwrap().to_owned()).collect();
    names.sort();
    names
}

fn text(case: &str) -> String {
    fs::read_to_string(folder().join(format!("{case}.yaml"))).unwrap()
}

/// Holds `found` against the file, or writes it.
fn expect(path: &Path, found: &str, differing: &mut Vec<String>) {
    if is_writing() {
        fs::write(path, found).unwrap();
    } else if fs::read_to_string(path).ok().as_deref() != Some(found) {
        differing.push(path.file_name().unwrap().to_str().unwrap().to_owned());
    }
}

#[test]
fn every_construct_becomes_what_is_written_down() {
    let mut differing = Vec::new();
    for case in cases() {
        let file = format!("{case}.yaml");
        let (found, kind, other) = match dropshot_codegen::generate(&file, &text(&case)) {
            Ok(output) => (surface::of(&output), "rs", "problems.txt"),
            Err(problems) => (format!("{problems}\n"), "problems.txt", "rs"),
        };
        expect(&folder().join(format!("{case}.{kind}")), &found, &mut differing);
        let stale = folder().join(format!("{case}.{other}"));
        if is_writing() {
            let _ = fs::remove_file(&stale);
        }
        assert!(!stale.exists(), "{} has two expectations", case);
    }
    assert!(
        differing.is_empty(),
        "{differing:?} differ; see what changed with `UPDATE_FIXTURES=1 cargo test -p dropshot-codegen --test golden` and `git diff`"
    );
}

#[test]
fn every_document_says_what_it_shows() {
    for case in cases() {
        let is_refused = case.starts_with("refused_");
        let wanted: &[&str] = if is_refused { &["refused"] } else { &["construct", "server", "client"] };
        for key in wanted {
            assert!(header(&text(&case), key).is_some(), "{case} does not say `# {key}: …`");
        }
        let refused = dropshot_codegen::generate(&format!("{case}.yaml"), &text(&case)).is_err();
        assert_eq!(refused, is_refused, "{case}");
    }
}

#[test]
fn the_support_matrix_is_up_to_date() {
    let mut differing = Vec::new();
    expect(&Path::new(env!("CARGO_MANIFEST_DIR")).join("SUPPORT.md"), &support(), &mut differing);
    assert!(
        differing.is_empty(),
        "SUPPORT.md is stale: `UPDATE_FIXTURES=1 cargo test -p dropshot-codegen --test golden`"
    );
}

/// A line `# key: value` at the head of a document.
fn header(text: &str, key: &str) -> Option<String> {
    let start = format!("# {key}: ");
    text.lines().take_while(|line| line.starts_with('#')).find_map(|line| line.strip_prefix(&start).map(str::to_owned))
}

fn support() -> String {
    let mut out = String::from(
        "<!-- Written by `UPDATE_FIXTURES=1 cargo test -p dropshot-codegen --test golden`; do not edit. -->\n\
         # What of OpenAPI 3.0 the generator supports\n\n\
         `cargo xtask generate --document FILE --out DIR` makes a server and a client of any document that keeps the\n\
         rules below. A document that breaks one is refused, with the place and what to do; nothing is dropped in\n\
         silence. `cargo xtask lint FILE` names every problem without generating anything.\n\n\
         ## Constructs\n\n\
         Each has a document in [tests/golden](tests/golden) and, beside it, what is made of it.\n\n\
         | construct | server | client | example |\n|---|---|---|---|\n",
    );
    for case in cases().iter().filter(|case| !case.starts_with("refused_")) {
        let text = text(case);
        let cell = |key: &str| header(&text, key).unwrap_or_default().replace('|', "\\|");
        let _ = writeln!(
            out,
            "| {} | {} | {} | [{case}](tests/golden/{case}.yaml) |",
            cell("construct"),
            cell("server"),
            cell("client")
        );
    }
    out += "\n## What dropshot cannot say\n\n\
            The server does what the document says; the document that dropshot itself emits leaves these things out or\n\
            says them in another way. `generate` counts them, and the comparison of the two documents allows nothing else.\n\n\
            | class | why |\n|---|---|\n";
    for (class, why) in CLASSES {
        let _ = writeln!(out, "| `{class}` | {why} |");
    }
    out += "\n## What is refused\n\nEach rule has a failing document in [tests/lint](tests/lint).\n\n| construct | rules | example |\n|---|---|---|\n";
    for case in cases().iter().filter(|case| case.starts_with("refused_")) {
        let text = text(case);
        let rules = refusals(case, &text).iter().map(|rule| format!("`{rule}`")).collect::<Vec<_>>().join(", ");
        let _ =
            writeln!(out, "| {} | {rules} | [{case}](tests/golden/{case}.yaml) |", header(&text, "refused").unwrap());
    }
    out += "\n| rule | what a document must keep |\n|---|---|\n";
    let general = || lint::rules().filter(|rule| rule.set == lint::Set::General);
    let mut rules: Vec<(&str, &str)> = general()
        .filter(|rule| rule.severity == Severity::Error)
        .map(|rule| (rule.id, rule.says))
        .chain(PASSES.iter().copied())
        .collect();
    rules.sort_unstable();
    for (id, says) in rules {
        let _ = writeln!(out, "| `{id}` | {} |", says.replace('|', "\\|"));
    }
    out += "\n## What has one reading\n\n\
            Allowed, and said as a warning: the passes get the document with its one reading written out. A place with\n\
            several is refused by the same rule.\n\n| rule | what a document should keep |\n|---|---|\n";
    for rule in general().filter(|rule| rule.settled) {
        let _ = writeln!(out, "| `{}` | {} |", rule.id, rule.says.replace('|', "\\|"));
    }
    out += "\n## What has no effect\n\nAllowed, and said as a warning.\n\n| rule | what is so |\n|---|---|\n";
    for rule in general().filter(|rule| rule.severity == Severity::Warning && !rule.settled) {
        let _ = writeln!(out, "| `{}` | {} |", rule.id, rule.says.replace('|', "\\|"));
    }
    out
}

fn refusals(case: &str, text: &str) -> Vec<&'static str> {
    let problems = dropshot_codegen::generate(&format!("{case}.yaml"), text).unwrap_err();
    let mut rules: Vec<&str> =
        problems.0.iter().filter(|problem| problem.is_error()).map(|problem| problem.rule).collect();
    rules.sort_unstable();
    rules.dedup();
    rules
}
