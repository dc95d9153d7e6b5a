//! `cargo xtask corpus DIR`: a folder of documents through the generator, and a table of what came of each.
//!
//! 1. Each document becomes crates, or problems.
//! 2. All crates are one cargo workspace, so that their dependencies are compiled once.
//! 3. One program writes down what dropshot makes of every trait that compiled.
//! 4. That is compared with the projection of the document, and with the document itself.

mod build;
mod table;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use dropshot_codegen::{Document, drift, standalone};
use serde_json::Value;

use crate::standalone::{crate_name, write};
use crate::workspace::root;

/// What refusals mean; a refusal that it does not hold is a failure.
const SUPPORT: &str = "xtask/codegen/SUPPORT.md";

#[derive(clap::Args)]
#[command(after_help = "\
Exit status:
  0  every document was generated, compiled and came back without a difference, or was refused for a reason in SUPPORT.md
  1  one was not; the table says which
  2  there is no such folder, or it holds no document")]
pub(crate) struct Arguments {
    /// Folder with documents, YAML or JSON
    pub(crate) folder: PathBuf,
    /// Print a JSON array instead of the table
    #[arg(long)]
    pub(crate) json: bool,
    /// Only documents whose file name contains this
    #[arg(long)]
    pub(crate) only: Option<String>,
}

/// What came of one document.
#[derive(Debug)]
struct Outcome {
    document: String,
    operations: usize,
    schemas: usize,
    /// Rules that it breaks, each once; empty: it was generated.
    refused: Vec<String>,
    /// The first problem, for people.
    reason: Option<String>,
    /// Not tried, the compiler's warnings, or its errors.
    compiled: Option<Result<String, String>>,
    /// Between the projection and what dropshot makes of the trait.
    differences: Option<Vec<String>>,
    /// Between the document itself and what dropshot makes of the trait.
    raw: Option<usize>,
    /// Things that dropshot cannot say of the document.
    losses: usize,
    generation: Duration,
}

pub(crate) fn run(arguments: &Arguments) -> Result<ExitCode> {
    let documents = match documents(&arguments.folder, arguments.only.as_deref()) {
        Ok(documents) => documents,
        Err(error) => {
            eprintln!("error: {error:#}");
            return Ok(ExitCode::from(2));
        }
    };
    let workspace = root().join("target/corpus");
    let mut outcomes = Vec::new();
    let mut names: BTreeMap<String, PathBuf> = BTreeMap::new();
    for path in documents {
        let name = crate_name(&path);
        ensure!(
            names.insert(name.clone(), path.clone()).is_none(),
            "two documents would be crates called `{name}`; rename one of them"
        );
        outcomes.push((name.clone(), generated(&path, &workspace.join(&name))?));
    }
    build::compile(&workspace, &mut outcomes)?;
    let emitted = build::emitted(&workspace, &outcomes)?;
    for (name, outcome) in &mut outcomes {
        if let Some(found) = emitted.get(name) {
            compare(&names[name], found, outcome)?;
        }
    }
    let outcomes: Vec<Outcome> = outcomes.into_iter().map(|(_, outcome)| outcome).collect();
    let support = fs::read_to_string(root().join(SUPPORT)).unwrap_or_default();
    if arguments.json {
        println!("{}", table::json(&outcomes)?);
    } else {
        print!("{}", table::text(&outcomes));
    }
    let failures = table::failures(&outcomes, &support);
    failures.iter().for_each(|failure| eprintln!("error: {failure}"));
    Ok(if failures.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// The documents of a folder, by name.
fn documents(folder: &Path, only: Option<&str>) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    let entries = fs::read_dir(folder).with_context(|| format!("cannot read the folder {}", folder.display()))?;
    for entry in entries {
        let path = entry?.path();
        let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        let is_document = path.extension().is_some_and(|kind| kind == "json" || kind == "yaml" || kind == "yml");
        if is_document && only.is_none_or(|only| name.contains(only)) {
            found.push(path);
        }
    }
    ensure!(!found.is_empty(), "{} holds no document that ends in .json, .yaml or .yml", folder.display());
    found.sort();
    Ok(found)
}

/// Writes the crates of one document, or notes why there are none.
fn generated(path: &Path, out: &Path) -> Result<Outcome> {
    let file = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    eprintln!("generating {file}");
    let text = fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
    let value = Document::parse(&file, &text).map(|document| document.value).unwrap_or_default();
    let (operations, schemas) = standalone::size(&value);
    let start = Instant::now();
    let outcome = standalone::crates(&crate_name(path), &file, &text);
    let mut result = Outcome {
        document: file,
        operations,
        schemas,
        refused: Vec::new(),
        reason: None,
        compiled: None,
        differences: None,
        raw: None,
        losses: 0,
        generation: start.elapsed(),
    };
    match outcome {
        Ok(crates) => {
            result.losses = crates.output.losses.values().map(std::collections::BTreeSet::len).sum();
            write(out, &crates)?;
        }
        Err(problems) => {
            let errors: Vec<_> = problems.0.iter().filter(|problem| problem.is_error()).collect();
            result.reason = errors.first().map(|problem| {
                format!("{}:{}: {}; {}", problem.place.line, problem.place.column, problem.message, problem.fix)
            });
            result.refused = errors.iter().map(|problem| problem.rule.to_owned()).collect();
            result.refused.sort();
            result.refused.dedup();
        }
    }
    Ok(result)
}

fn compare(path: &Path, emitted: &Result<Value, String>, outcome: &mut Outcome) -> Result<()> {
    let text = fs::read_to_string(path)?;
    let emitted = match emitted {
        Ok(emitted) => emitted,
        Err(error) => {
            outcome.differences = Some(vec![format!("dropshot refuses the trait: {error}")]);
            return Ok(());
        }
    };
    let differences = dropshot_codegen::drift(&outcome.document, &text, emitted)?;
    outcome.differences = Some(differences.iter().map(ToString::to_string).collect());
    let document = Document::parse(&outcome.document, &text)?;
    outcome.raw = Some(drift::differences(&document.value, emitted));
    Ok(())
}
