//! `cargo xtask generate`: from the document to everything that is derived from it; `--check` compares without writing.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use dropshot_codegen::project_server::CLASSES;
use dropshot_codegen::{mock, samples, sdk};
use serde_json::{Value, json};

use crate::workspace::{root, write_if_changed};

/// The canonical document.
pub(crate) const DOCUMENT: &str = "openapi/invite.yaml";
/// Folders that hold nothing but generated files.
const FOLDERS: [&str; 8] = [
    "openapi/generated",
    "sdk/src/generated",
    "server/api/src/generated",
    "sdk/cli/src/generated",
    "sdk/mock/src/generated",
    "openapi/generated/vectors",
    "tests/src/generated",
    "tests/src/generated/samples",
];

/// The test that holds each class of the ledger, as `path::function`.
const LEDGER_TESTS: &[(&str, &str)] = &[
    ("description-whitespace", "tests/it/document.rs::the_served_document_is_the_canonical_one"),
    ("error-description", "tests/it/document.rs::the_served_document_is_the_canonical_one"),
    ("error-header", "tests/it/coverage.rs::every_documented_answer_has_its_status_headers_and_body"),
    ("error-media-type", "tests/it/coverage.rs::every_documented_answer_has_its_status_headers_and_body"),
    ("error-status", "tests/it/coverage.rs::every_documented_answer_has_its_status_headers_and_body"),
    ("extension", "tests/it/document.rs::the_served_document_is_the_canonical_one"),
    ("info", "tests/it/document.rs::the_served_document_is_the_canonical_one"),
    ("parameter-annotation", "tests/it/document.rs::every_example_is_valid"),
    ("path-conflict", "tests/it/coverage.rs::every_documented_answer_has_its_status_headers_and_body"),
    ("request-description", "tests/it/document.rs::the_served_document_is_the_canonical_one"),
    ("request-example", "tests/it/document.rs::every_example_is_valid"),
    ("response-example", "tests/it/document.rs::every_example_is_valid"),
    ("schema-keyword", "tests/it/document.rs::the_served_document_is_the_canonical_one"),
    ("security", "tests/it/access.rs::every_operation_demands_what_the_document_says"),
    ("security-scheme", "tests/it/access.rs::every_operation_demands_what_the_document_says"),
    ("servers", "tests/it/document.rs::the_served_document_is_the_canonical_one"),
    ("success-media-type", "tests/it/coverage.rs::every_documented_answer_has_its_status_headers_and_body"),
    ("unused-schema", "tests/it/document.rs::the_served_document_is_the_canonical_one"),
    ("vendor-only-status", "sdk/tests/it/interoperation.rs::unleash_signs_up_with_201_or_200_in_every_version"),
];

#[derive(clap::Args, Default)]
pub(crate) struct Arguments {
    /// Compare byte for byte, write nothing, name each stale file
    #[arg(long)]
    pub(crate) check: bool,
    /// Print how long each pass took
    #[arg(long)]
    pub(crate) timings: bool,
    /// Make complete crates of this document instead, YAML or JSON
    #[arg(long, value_name = "FILE", requires = "out", conflicts_with_all = ["check", "timings"])]
    pub(crate) document: Option<PathBuf>,
    /// Where the crates go: DIR/server and DIR/client
    #[arg(long, value_name = "DIR", requires = "document")]
    pub(crate) out: Option<PathBuf>,
}

/// Generated files by path relative to the workspace, and what it took.
pub(crate) struct Generated {
    pub(crate) files: BTreeMap<PathBuf, String>,
    timings: Vec<(&'static str, Duration)>,
}

pub(crate) fn run(arguments: &Arguments) -> Result<ExitCode> {
    if let (Some(document), Some(out)) = (&arguments.document, &arguments.out) {
        return crate::standalone::run(document, out);
    }
    let start = Instant::now();
    let generated = match compute()? {
        Ok(generated) => generated,
        Err(problems) => {
            eprintln!("{problems}");
            eprintln!("error: {} cannot be used, nothing was written", DOCUMENT);
            return Ok(ExitCode::from(2));
        }
    };
    let stale = if arguments.check { stale(&generated)? } else { write(&generated)? };
    if arguments.timings {
        for (pass, duration) in &generated.timings {
            println!("{pass:>10} {:>8.1} ms", duration.as_secs_f64() * 1000.0);
        }
        println!("{:>10} {:>8.1} ms", "total", start.elapsed().as_secs_f64() * 1000.0);
    }
    match (arguments.check, stale.is_empty()) {
        (_, true) => println!("{} generated files are up to date", generated.files.len()),
        (false, false) => stale.iter().for_each(|line| println!("{line}")),
        (true, false) => {
            stale.iter().for_each(|line| eprintln!("{line}"));
            eprintln!(
                "error: {} generated files are stale; run `cargo xtask generate` and commit the result",
                stale.len()
            );
            return Ok(ExitCode::FAILURE);
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// The shared computation of `generate` and `generate --check`; the inner error is a document that cannot be used.
fn compute() -> Result<Result<Generated, dropshot_codegen::Problems>> {
    let path = root().join(DOCUMENT);
    let text = match fs::read_to_string(&path) {
        Ok(text) => text,
        Err(error) => {
            return Ok(Err(dropshot_codegen::Problems(vec![dropshot_codegen::Problem::of_file(
                DOCUMENT,
                "document-unreadable",
                format!("the document cannot be read: {error}"),
                "restore the file, for example with `git checkout openapi/invite.yaml`",
            )])));
        }
    };
    let output = match dropshot_codegen::generate_under(dropshot_codegen::lint::Set::Strict, DOCUMENT, &text) {
        Ok(output) => output,
        Err(problems) => return Ok(Err(problems)),
    };
    let ledger = ledger(&output.losses)?;
    let mut files = BTreeMap::new();
    let parts = [
        &output.openapi,
        &output.sdk,
        &output.server,
        &output.cli,
        &output.mock,
        &output.vectors,
        &output.calls,
        &output.samples,
    ];
    for (folder, part) in FOLDERS.iter().zip(parts) {
        let named = |text: &String| {
            let named = text.replace(sdk::sample::CRATE, "invite_sdk").replace(mock::CRATE, "invite_mock");
            named.replace(samples::PREFIX, "INVITE")
        };
        files.extend(part.iter().map(|(name, text)| (Path::new(folder).join(name), named(text))));
    }
    files.insert(PathBuf::from("openapi/generated/ledger.json"), ledger);
    Ok(Ok(Generated { files, timings: output.timings }))
}

/// What dropshot cannot say: class, reason, the test that holds it instead, and the places.
fn ledger(losses: &BTreeMap<&'static str, BTreeSet<String>>) -> Result<String> {
    let mut entries: Vec<Value> = Vec::new();
    for (class, pointers) in losses {
        let reason = CLASSES.iter().find(|(name, _)| name == class).map(|(_, reason)| *reason);
        let test = LEDGER_TESTS.iter().find(|(name, _)| name == class).map(|(_, test)| *test);
        let (Some(reason), Some(test)) = (reason, test) else {
            bail!(
                "the ledger's class `{class}` names no test that holds it; add one to LEDGER_TESTS in xtask/src/generate.rs"
            );
        };
        entries.push(json!({ "class": class, "why": reason, "held_by": test, "lost": pointers }));
    }
    Ok(serde_json::to_string_pretty(&entries)? + "\n")
}

fn write(generated: &Generated) -> Result<Vec<String>> {
    let mut changed = Vec::new();
    for (path, text) in &generated.files {
        if write_if_changed(&root().join(path), text)? {
            changed.push(format!("wrote {}", path.display()));
        }
    }
    for orphan in orphans(generated)? {
        fs::remove_file(root().join(&orphan)).with_context(|| format!("cannot remove {}", orphan.display()))?;
        changed.push(format!("removed {}", orphan.display()));
    }
    Ok(changed)
}

fn stale(generated: &Generated) -> Result<Vec<String>> {
    let mut stale = Vec::new();
    for (path, text) in &generated.files {
        match fs::read_to_string(root().join(path)) {
            Ok(present) if present == *text => {}
            Ok(present) => stale.push(format!(
                "stale: {} (first difference at line {})",
                path.display(),
                first_difference(&present, text)
            )),
            Err(_) => stale.push(format!("missing: {}", path.display())),
        }
    }
    stale.extend(orphans(generated)?.iter().map(|path| format!("orphan: {} (no longer generated)", path.display())));
    Ok(stale)
}

fn first_difference(left: &str, right: &str) -> usize {
    left.lines().zip(right.lines()).take_while(|(left, right)| left == right).count() + 1
}

/// What stands in generated folders and no pass makes.
fn orphans(generated: &Generated) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for folder in FOLDERS {
        let Ok(entries) = fs::read_dir(root().join(folder)) else { continue };
        for entry in entries {
            let path = Path::new(folder).join(entry?.file_name());
            let is_folder = FOLDERS.iter().any(|folder| path == Path::new(folder));
            if !is_folder && !generated.files.contains_key(&path) {
                found.push(path);
            }
        }
    }
    Ok(found)
}
