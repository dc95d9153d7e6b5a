//! Compiling the generated crates, and asking them what they emit.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::Instant;

use anyhow::{Context, Result, bail};
use serde_json::Value;

use super::Outcome;
use crate::process::cargo;
use crate::workspace::{root, write_if_changed};

/// The program that writes down what every server emits.
const EMITTER: &str = "corpus-emit";

/// The manifest of the workspace; the same versions as ours, nothing that only a debugger needs.
fn workspace_manifest(members: &[String]) -> String {
    let members: Vec<String> = members.iter().map(|member| format!("    \"{member}\",\n")).collect();
    format!(
        "[workspace]\nresolver = \"3\"\nmembers = [\n{}]\n\n[profile.dev]\ndebug = false\nincremental = false\n",
        members.concat()
    )
}

/// Compiles each server and checks each client; what the compiler says goes into the outcome.
pub(super) fn compile(workspace: &Path, outcomes: &mut [(String, Outcome)]) -> Result<()> {
    let is_generated = |outcome: &Outcome| outcome.refused.is_empty();
    let members: Vec<String> = outcomes
        .iter()
        .filter(|(_, outcome)| is_generated(outcome))
        .flat_map(|(name, _)| [format!("{name}/client"), format!("{name}/server")])
        .collect();
    write_if_changed(&workspace.join("Cargo.toml"), &workspace_manifest(&members))?;
    if !workspace.join("Cargo.lock").exists() {
        fs::copy(root().join("Cargo.lock"), workspace.join("Cargo.lock")).context("cannot copy Cargo.lock")?;
    }
    let total = members.len() / 2;
    for (index, (name, outcome)) in outcomes.iter_mut().filter(|(_, outcome)| is_generated(outcome)).enumerate() {
        eprintln!("compiling {} ({} of {total})", outcome.document, index + 1);
        let start = Instant::now();
        let server = quietly(
            cargo().current_dir(workspace).args(["build", "--quiet", "--package"]).arg(format!("{name}-server")),
        )?;
        let client = quietly(
            cargo().current_dir(workspace).args(["check", "--quiet", "--package"]).arg(format!("{name}-client")),
        )?;
        outcome.compilation = start.elapsed();
        outcome.compiled = Some(server.and_then(|server| Ok(server + &client?)));
    }
    Ok(())
}

/// Runs the compiler; its warnings, or as the inner error its first error and what follows.
fn quietly(command: &mut Command) -> Result<Result<String, String>> {
    let output = command.output().context("cannot run cargo")?;
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    if output.status.success() {
        return Ok(Ok(said));
    }
    let start = if said.starts_with("error") { 0 } else { said.find("\nerror").map_or(0, |at| at + 1) };
    Ok(Err(said[start..].to_owned()))
}

/// What dropshot makes of each trait that compiled, by crate name; an error is what it says against it.
pub(super) fn emitted(
    workspace: &Path,
    outcomes: &[(String, Outcome)],
) -> Result<BTreeMap<String, Result<Value, String>>> {
    let names: Vec<&String> =
        outcomes.iter().filter(|(_, outcome)| matches!(outcome.compiled, Some(Ok(_)))).map(|(name, _)| name).collect();
    if names.is_empty() {
        return Ok(BTreeMap::new());
    }
    let mut members: Vec<String> =
        names.iter().flat_map(|name| [format!("{name}/client"), format!("{name}/server")]).collect();
    members.push("emit".to_owned());
    write_if_changed(&workspace.join("Cargo.toml"), &workspace_manifest(&members))?;
    write_if_changed(&workspace.join("emit/Cargo.toml"), &emitter_manifest(&names))?;
    write_if_changed(&workspace.join("emit/src/main.rs"), &emitter_program(&names))?;
    eprintln!("asking {} servers for their documents", names.len());
    let output = cargo().current_dir(workspace).args(["run", "--quiet", "--package", EMITTER]).output()?;
    if !output.status.success() {
        bail!("the servers' documents cannot be had: {}", String::from_utf8_lossy(&output.stderr));
    }
    let found: BTreeMap<String, Value> =
        serde_json::from_slice(&output.stdout).context("the servers' documents are not JSON")?;
    Ok(found
        .into_iter()
        .map(|(name, value)| {
            let outcome = match value {
                Value::String(error) => Err(error),
                document => Ok(document),
            };
            (name, outcome)
        })
        .collect())
}

fn emitter_manifest(names: &[&String]) -> String {
    let servers: Vec<String> =
        names.iter().map(|name| format!("{name}-server = {{ path = \"../{name}/server\" }}\n")).collect();
    format!(
        "[package]\nname = \"{EMITTER}\"\nversion = \"0.1.0\"\nedition = \"2024\"\npublish = false\n\n[dependencies]\nserde_json = {{ version = \"1\", features = [\"preserve_order\"] }}\n{}",
        servers.concat()
    )
}

/// A refusal of dropshot is a text in place of the document, whether it is an error or a panic.
fn emitter_program(names: &[&String]) -> String {
    let entries: Vec<String> = names
        .iter()
        .map(|name| {
            let library = format!("{name}-server").replace('-', "_");
            format!(
                "    documents.insert({name:?}.to_owned(), emitted(|| {{\n        let description = {library}::service::stub_description().map_err(|error| error.to_string())?;\n        {library}::service::document(&description).map_err(|error| error.to_string())\n    }}));\n"
            )
        })
        .collect();
    format!(
        "use serde_json::{{Map, Value}};\n\nfn emitted(work: impl FnOnce() -> Result<Value, String> + std::panic::UnwindSafe) -> Value {{\n    match std::panic::catch_unwind(work) {{\n        Ok(Ok(document)) => document,\n        Ok(Err(error)) => error.into(),\n        Err(_) => \"dropshot panics\".into(),\n    }}\n}}\n\nfn main() {{\n    let mut documents = Map::new();\n{}    println!(\"{{}}\", Value::Object(documents));\n}}\n",
        entries.concat()
    )
}
