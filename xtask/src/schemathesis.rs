//! `cargo xtask schemathesis`: Schemathesis against a running server, the outside view of the contract.
//!
//! 1. Every way of proving who one is must be tried by some run; a new one in the document fails until it is.
//! 2. Each run gets a server with a fresh world, whose values fill the settings.
//! 3. Besides having no finding, a run must have got valid requests accepted by every operation: one that is refused
//!    whatever it gets shows nothing.
//!
//! `check` takes a fixed seed, one engine, and what the document lists: its examples, and each rule broken once. The long rounds
//! of `cargo xtask schemathesis` draw from a fresh seed, which they print, and also go from one operation to the next.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::Read as _;
use std::path::Path;
use std::process::ExitCode;

use anyhow::{Context, Result, bail, ensure};
use serde_json::Value;

use crate::dev_server::DevServer;
use crate::engine::{Engine, Engines};
use crate::generate::DOCUMENT;
use crate::process::run;
use crate::workspace::root;
use crate::{postgres, tools};

#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// On which engine
    #[arg(long, value_enum, default_value_t = Engines::Both)]
    engine: Engines,
    /// What the cases of the first round are drawn from; the following rounds count on. A fresh one if none is given
    #[arg(long)]
    seed: Option<u32>,
    /// At least so many cases on each engine, in rounds with a fresh world each
    #[arg(long, default_value_t = CASES)]
    cases: u64,
}

/// How many cases a night has on each engine.
const CASES: u64 = 20_000;

/// Connections that a PostgreSQL server has room for: more than one server of ours takes.
const CONNECTIONS: u32 = 100;

/// How cases are made.
struct Round {
    seed: u32,
    /// How many an operation gets of each kind, where they are drawn.
    examples: u32,
    phases: &'static str,
}

/// Nothing is drawn.
const SHORT: Round = Round { seed: 42, examples: 100, phases: "examples,coverage" };

/// One run of Schemathesis.
struct Run {
    /// Names the settings file.
    name: &'static str,
    /// The operations, all if empty.
    operations: &'static [&'static str],
}

impl Run {
    fn includes(&self, operation: &str) -> bool {
        self.operations.is_empty() || self.operations.contains(&operation)
    }
}

/// Schemathesis sends one alternative an operation, the first it has credentials for: a second run for the others.
const RUNS: [Run; 2] = [
    Run { name: "pairs", operations: &[] },
    Run {
        name: "alternatives",
        operations: &[
            "nexus_invite_organization_member",
            "nexus_import_organization_members",
            "nexus_remove_member_role",
            "get_import",
            "unleash_create_signup_token",
            "unleash_list_signup_tokens",
            "unleash_get_signup_token",
            "unleash_update_signup_token",
        ],
    },
];

/// The short one, as a step of `check`.
pub(crate) fn run_short() -> Result<()> {
    let templates = templates()?;
    round(&SHORT, Engine::Sqlite, &templates)?;
    Ok(())
}

/// The long one with a fresh seed, as a step of `nightly`.
pub(crate) fn run_nightly() -> Result<()> {
    rounds(&Arguments { engine: Engines::Both, seed: None, cases: CASES })
}

/// The long one, by hand.
pub(crate) fn run_long(arguments: &Arguments) -> Result<ExitCode> {
    rounds(arguments)?;
    Ok(ExitCode::SUCCESS)
}

fn rounds(arguments: &Arguments) -> Result<()> {
    let templates = templates()?;
    let first = arguments.seed.map_or_else(fresh_seed, Ok)?;
    for engine in arguments.engine.each() {
        if engine == Engine::Postgres && postgres::Database::own(CONNECTIONS, postgres::Commits::Quick)?.is_none() {
            postgres::do_without()?;
            continue;
        }
        let name = engine.name();
        let (mut seed, mut cases) = (first, 0);
        while cases < arguments.cases {
            println!("repeat with: cargo xtask schemathesis --engine {name} --seed {seed} --cases 1");
            // What nothing is drawn for is the same in every round.
            let phases = if cases == 0 { "examples,coverage,fuzzing,stateful" } else { "fuzzing,stateful" };
            cases += round(&Round { seed, examples: 150, phases }, engine, &templates)?;
            seed = seed.wrapping_add(1);
        }
        println!("{name}: {cases} cases in all, no failure");
    }
    Ok(())
}

fn fresh_seed() -> Result<u32> {
    let mut bytes = [0; 4];
    File::open("/dev/urandom")?.read_exact(&mut bytes)?;
    Ok(u32::from_ne_bytes(bytes))
}

/// The settings of all runs, before anything takes long.
fn templates() -> Result<Vec<String>> {
    let templates = RUNS.iter().map(template).collect::<Result<Vec<_>>>()?;
    every_alternative_is_tried(&templates)?;
    // Installed first: whoever lacks Python need not wait for the server to be built.
    tools::python("st")?;
    Ok(templates)
}

/// All runs once; answers how many cases there were.
fn round(round: &Round, engine: Engine, templates: &[String]) -> Result<u64> {
    let folder = root().join("target/check/schemathesis").join(engine.name());
    let mut cases = 0;
    for (schemathesis_run, template) in RUNS.iter().zip(templates) {
        let reports = folder.join(schemathesis_run.name);
        // The world is made anew: one run's users would be in the way of the next.
        let database = match engine {
            Engine::Postgres => postgres::Database::own(CONNECTIONS, postgres::Commits::Quick)?,
            Engine::Sqlite => None,
        };
        let server = DevServer::start_on(&reports.join("server"), database.as_ref())?;
        let config = reports.join("schemathesis.toml");
        fs::write(&config, fill(template, server.world())?)?;
        cases += execute(round, schemathesis_run, &server, &config, &reports.join("report.json"))?;
    }
    Ok(cases)
}

fn template(run: &Run) -> Result<String> {
    let path = tools::settings().join(format!("schemathesis/{}.toml", run.name));
    fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))
}

/// For each operation, each alternative of its security must be the first that some run has all credentials for.
fn every_alternative_is_tried(templates: &[String]) -> Result<()> {
    let path = root().join("openapi/generated/openapi.json");
    let text = fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))?;
    let document: Value = serde_json::from_str(&text)?;
    let methods =
        document["paths"].as_object().into_iter().flat_map(|paths| paths.values()).filter_map(Value::as_object);
    for operation in methods.flat_map(|methods| methods.values()) {
        let Some(id) = operation["operationId"].as_str() else { continue };
        let alternatives: Vec<_> =
            operation["security"].as_array().into_iter().flatten().filter_map(Value::as_object).collect();
        let runs = RUNS.iter().zip(templates).filter(|(run, _)| run.includes(id));
        let tried: BTreeSet<_> = runs
            .filter_map(|(_, template)| {
                let known = |scheme: &String| template.contains(&format!("[auth.openapi.{scheme}]"));
                alternatives.iter().position(|schemes| schemes.keys().all(known))
            })
            .collect();
        if let Some(missing) = (0..alternatives.len()).find(|index| !tried.contains(index)) {
            let schemes: Vec<_> = alternatives[missing].keys().map(String::as_str).collect();
            bail!("no run calls `{id}` with {}; add it to RUNS and to xtask/tools/schemathesis", schemes.join(" and "));
        }
    }
    Ok(())
}

/// One run; answers how many cases there were.
fn execute(round: &Round, schemathesis_run: &Run, server: &DevServer, config: &Path, report: &Path) -> Result<u64> {
    let mut command = tools::python("st")?;
    command.arg("--config-file").arg(config).args(["run", DOCUMENT, "--url", server.base_url(), "--no-color"]);
    command.args(["--phases", round.phases, "--checks", "all", "--seed", &round.seed.to_string()]);
    command.args(["--max-examples", &round.examples.to_string()]);
    command.args(["--report", "json", "--report-json-path"]).arg(report);
    for operation in schemathesis_run.operations {
        command.args(["--include-operation-id", operation]);
    }
    command.env("PYTHONPATH", tools::settings().join("schemathesis")).env("PYTHONDONTWRITEBYTECODE", "1");
    command.env("INVITE_DEV_JSON", server.world_file());
    run(&mut command)?;
    let text = fs::read_to_string(report).with_context(|| format!("cannot read {}", report.display()))?;
    judge(schemathesis_run.name, &serde_json::from_str(&text)?)
}

/// What the exit code does not say. Answers how many cases there were.
fn judge(name: &str, report: &Value) -> Result<u64> {
    ensure!(report["complete"] == true, "the run `{name}` did not get to its end");
    ensure!(report["operations"]["tested"] == report["operations"]["selected"], "the run `{name}` left out operations");
    let rates = report["valid_rates"].as_object().context("the report has no `valid_rates`")?;
    let mut accepted = 0;
    for (operation, phases) in rates {
        let count: u64 = phases
            .as_object()
            .into_iter()
            .flat_map(|phases| phases.values())
            .filter_map(|phase| phase["accepted"].as_u64())
            .sum();
        ensure!(count > 0, "no valid request to `{operation}` was accepted in the run `{name}`, so it shows nothing");
        accepted += count;
    }
    println!(
        "{name}: {} cases for {} operations in {:.1} s, {accepted} valid requests accepted, {} refusals told apart by the hooks",
        report["test_cases"]["generated"],
        rates.len(),
        report["running_time"].as_f64().unwrap_or_default(),
        report["filtered"],
    );
    report["test_cases"]["generated"].as_u64().context("the report has no number of cases")
}

/// Puts values of the world where the template says `{{/json/pointer}}`.
fn fill(template: &str, world: &Value) -> Result<String> {
    let mut out = String::new();
    let mut rest = template;
    while let Some((before, after)) = rest.split_once("{{") {
        let Some((pointer, after)) = after.split_once("}}") else {
            bail!("an open `{{{{` in the Schemathesis settings")
        };
        let value = world.pointer(pointer).and_then(Value::as_str);
        out += before;
        out += value.with_context(|| format!("dev.json has no {pointer}"))?;
        rest = after;
    }
    Ok(out + rest)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn settings_are_filled_from_the_world() {
        let world = json!({ "a": { "b": "c" } });
        assert_eq!(fill("x = \"{{/a/b}}\"\n", &world).expect("filled"), "x = \"c\"\n");
        assert!(fill("{{/a/z}}", &world).is_err());
        assert!(fill("{{/a/b", &world).is_err());
    }

    #[test]
    fn an_alternative_that_no_run_tries_is_an_error() {
        let templates = RUNS.iter().map(template).collect::<Result<Vec<_>>>().expect("readable");
        every_alternative_is_tried(&templates).expect("all are tried");
        let without: Vec<_> = templates.iter().map(|text| text.replace("nexusBasic", "other")).collect();
        let error = every_alternative_is_tried(&without).expect_err("nexusBasic is not tried").to_string();
        assert!(error.contains("nexus_invite_organization_member") && error.contains("nexusBasic"), "{error}");
    }

    #[test]
    fn a_run_that_is_only_refused_is_an_error() {
        let report = |accepted| json!({ "complete": true, "test_cases": { "generated": 2 }, "operations": { "selected": 1, "tested": 1 }, "valid_rates": { "GET /x": { "coverage": { "accepted": accepted } } } });
        assert!(judge("pairs", &report(1)).is_ok());
        assert!(judge("pairs", &report(0)).is_err());
    }
}
