//! Schemathesis against a running server: the outside view of the contract, every security alternative once.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result, bail};
use serde_json::Value;

use crate::dev_server::DevServer;
use crate::generate::DOCUMENT;
use crate::process::run;
use crate::tools;
use crate::workspace::root;

/// Seed of the generated cases, so that a failure can be repeated.
const SEED: &str = "42";

/// One run for each way of proving who one is: settings file, and the operations that know that way.
const RUNS: [(&str, &[&str]); 2] =
    [("pairs", &[]), ("alternatives", &["nexus_invite_organization_member", "unleash_create_signup_token"])];

pub(crate) fn schemathesis() -> Result<()> {
    let folder = root().join("target/check/schemathesis");
    let server = DevServer::start(&folder.join("server"))?;
    for (name, operations) in RUNS {
        let config = folder.join(format!("{name}.toml"));
        let template = tools::settings().join(format!("schemathesis/{name}.toml"));
        let text = fs::read_to_string(&template).with_context(|| format!("cannot read {}", template.display()))?;
        fs::write(&config, fill(&text, server.world())?)?;
        run_once(&server, &config, &folder.join(name), operations)?;
    }
    Ok(())
}

fn run_once(server: &DevServer, config: &Path, reports: &Path, operations: &[&str]) -> Result<()> {
    let mut command = tools::python("st")?;
    command.arg("--config-file").arg(config).args(["run", DOCUMENT, "--url", server.base_url(), "--no-color"]);
    command
        .args(["--phases", "examples,coverage", "--checks", "all", "--seed", SEED, "--report", "json", "--report-dir"])
        .arg(reports);
    for operation in operations {
        command.args(["--include-operation-id", operation]);
    }
    command.env("PYTHONPATH", tools::settings().join("schemathesis")).env("PYTHONDONTWRITEBYTECODE", "1");
    run(&mut command)
}

/// Puts values of the world where the template says `{{/json/pointer}}`.
fn fill(template: &str, world: &Value) -> Result<String> {
    let mut out = String::new();
    let mut rest = template;
    while let Some((before, after)) = rest.split_once("{{") {
        let Some((pointer, after)) = after.split_once("}}") else {
            bail!("an open `{{{{` in the Schemathesis settings")
        };
        let value =
            world.pointer(pointer).and_then(Value::as_str).with_context(|| format!("dev.json has no {pointer}"))?;
        out += before;
        out += value;
        rest = after;
    }
    Ok(out + rest)
}
