//! `cargo xtask check`: everything that CI runs, in order.

use std::fs;
use std::process::{Command, ExitCode};

use anyhow::{Context, Result, bail};

use crate::process::{EMITTER, build, cargo, output, run};
use crate::steps::{self, Arguments, Step};
use crate::workspace::root;
use crate::{
    arazzo, browser, corpus, demo, dev_server, faults, fifth_flow, generate, other_document, postgres, prism, publish,
    schemathesis, tidy, tools, verdict,
};

/// Contract tests of what knows no database: types, samples, readers' guides, the client's command line, reports.
const SAME_ON_ANY_ENGINE: &[&str] = &[
    "cli::",
    "document::",
    "guides::",
    "instances::",
    "mutants::",
    "provenance::",
    "report::",
    "samples::",
    "secrets::",
    "templates::",
];

/// How many tests run at once.
const THREADS_VARIABLE: &str = "RUST_TEST_THREADS";

/// What is checked, cheapest first where order does not matter.
const STEPS: &[Step] = &[
    ("format", "every hand-written file is formatted", format),
    ("tidy", "the house rules hold", tidy::check),
    ("generate", "everything generated is up to date", generated),
    ("clippy", "no lint in any target", clippy),
    ("document", "the generated trait says what the document says", document),
    ("test", "unit and contract tests", test),
    ("postgres", "store, use cases and contract hold on PostgreSQL, too", on_postgres),
    ("faults", "nothing that was answered for is lost, whatever breaks", faults::run_short),
    ("fifth-flow", "a new flow touches exactly the places that CONTRIBUTING.md names", fifth_flow::check),
    ("golden", "what is made of every construct compiles and comes back", golden),
    ("other-document", "client, command line and mock of another document compile", other_document::check),
    ("rustdoc", "the documentation builds without warnings", rustdoc),
    ("features", "the client compiles with each choice of features", publish::features),
    ("package", "crates for others can be packaged", publish::package),
    ("deny", "every crate that is linked has a licence and a source that deny.toml allows", deny),
    ("lint", "Redocly and Spectral find nothing in the document", lint),
    ("verdict", "version and changelog say what changed since the last release", verdict::check),
    (
        "prism",
        "the client understands another mock, and a proxy between it and the server finds nothing",
        prism::run_short,
    ),
    ("schemathesis", "the running server keeps the contract", schemathesis::run_short),
    ("arazzo", "every flow goes from invitation to session as a file for tools tells it", arazzo::check),
    ("browser", "the pages for people and the documentation work in a real browser and are accessible", browser::check),
    ("demo", "the README's demo and every example of the client work", demo::check),
];

/// The names of the steps.
pub(crate) fn names() -> impl Iterator<Item = &'static str> {
    STEPS.iter().map(|(name, ..)| *name)
}

pub(crate) fn run_steps(arguments: &Arguments) -> Result<ExitCode> {
    if arguments.are_all() {
        tools::prepare();
    }
    steps::run("check", STEPS, arguments)
}

fn format() -> Result<()> {
    run(cargo().args(["fmt", "--all", "--check"]))
}

fn generated() -> Result<()> {
    let code = generate::run(&generate::Arguments { check: true, timings: true, ..generate::Arguments::default() })?;
    if code != ExitCode::SUCCESS {
        bail!("generated files differ from what the document gives");
    }
    Ok(())
}

fn clippy() -> Result<()> {
    run(cargo().args(["clippy", "--workspace", "--all-targets", "--locked", "--quiet", "--", "--deny", "warnings"]))
}

fn document() -> Result<()> {
    build(&[])?;
    let emitted = output(&mut Command::new(dev_server::built(&format!("examples/{EMITTER}"))?))?;
    let emitted = serde_json::from_str(&emitted).context("the emitted document is not JSON")?;
    let text = fs::read_to_string(root().join(generate::DOCUMENT))?;
    let drift = dropshot_codegen::drift(generate::DOCUMENT, &text, &emitted)?;
    if drift.is_empty() {
        println!("the emitted document equals the projection of {}", generate::DOCUMENT);
        return Ok(());
    }
    for difference in &drift {
        eprintln!("server/api/src/generated: {difference}");
    }
    bail!(
        "{} differences; run `cargo xtask generate`, or mend the projection in xtask/codegen/src/project_server.rs",
        drift.len()
    );
}

fn test() -> Result<()> {
    // The tests use them: the SMTP peer, and the comparison of documents.
    tools::python("python")?;
    tools::node("redocly")?;
    run(&mut tests())
}

/// Cargo's tests, twice as many at once as there are cores: they wait as much as they compute.
fn tests() -> Command {
    let mut tests = cargo();
    tests.args(["test", "--workspace", "--locked"]);
    if std::env::var_os(THREADS_VARIABLE).is_none() {
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        tests.env(THREADS_VARIABLE, (2 * cores).to_string());
    }
    tests
}

fn on_postgres() -> Result<()> {
    tools::python("python")?;
    match postgres::Database::find(postgres::Commits::Quick)? {
        // The whole workspace, so that features are joined as in the step before and nothing is built anew.
        Some(database) => {
            run(tests_on(&database).arg("--lib"))?;
            let skipped = SAME_ON_ANY_ENGINE.iter().flat_map(|module| ["--skip", module]);
            run(tests_on(&database).args(["--test", "it", "--"]).args(skipped))
        }
        None => postgres::do_without(),
    }
}

/// The step before has held many histories against the model; here a few show that the engine makes no difference.
fn tests_on(database: &postgres::Database) -> Command {
    let mut tests = tests();
    tests.env("INVITE_HISTORIES", std::env::var_os("INVITE_HISTORIES").unwrap_or_else(|| "10".into()));
    database.on(&mut tests);
    tests
}

fn golden() -> Result<()> {
    let constructs = root().join("xtask/codegen/tests/golden");
    if corpus::run(&corpus::Arguments { folder: constructs, json: false, only: None })? != ExitCode::SUCCESS {
        bail!("a construct that is said to be supported is not");
    }
    Ok(())
}

fn rustdoc() -> Result<()> {
    let mut doc = cargo();
    doc.args(["doc", "--workspace", "--no-deps", "--locked", "--quiet"]).env("RUSTDOCFLAGS", "--deny warnings");
    // The example is there for the features that dependencies have in the other steps, too (`process::build`).
    run(doc.args(["--lib", "--bin", "xtask", "--example", EMITTER]))
}

fn deny() -> Result<()> {
    run(tools::deny()?.args(["--locked", "check", "bans", "licenses", "sources"]))
}

fn lint() -> Result<()> {
    let settings = tools::settings();
    run(tools::node("redocly")?
        .args(["lint", generate::DOCUMENT, "--config"])
        .arg(settings.join("redocly.yaml"))
        .env("REDOCLY_TELEMETRY", "off"))?;
    run(tools::node("spectral")?
        .args(["lint", "--fail-severity", "warn", "--ruleset"])
        .arg(settings.join("spectral.yaml"))
        .arg(generate::DOCUMENT))
}
