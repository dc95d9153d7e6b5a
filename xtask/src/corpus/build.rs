//! Compiling the generated crates, and asking them what they emit.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, bail};
use serde_json::Value;

use super::Outcome;
use crate::process::cargo;
use crate::stand_in;
use crate::workspace::{target, write_if_changed};

/// What tells the stand-ins from our crates.
const MARK: &str = "corpus";
/// The program that writes down what every server emits.
const EMITTER: &str = "corpus-emit";

/// Compiles each server and checks each client; what the compiler says goes into the outcome.
pub(super) fn compile(workspace: &Path, outcomes: &mut [(String, Outcome)]) -> Result<()> {
    let generated = || outcomes.iter().filter(|(_, outcome)| outcome.refused.is_empty()).map(|(name, _)| name);
    let members: Vec<String> =
        generated().flat_map(|name| [format!("{name}/client"), format!("{name}/server")]).collect();
    let packages = |kind: &str| -> Vec<String> { generated().map(|name| format!("{name}-{kind}")).collect() };
    let stand_ins = stand_in::workspace(workspace, MARK, &members, &[])?;
    let [servers, clients] = [("build", "server"), ("check", "client")].map(|(task, kind)| {
        let packages = packages(kind);
        eprintln!("compiling {} {kind}s", packages.len());
        said(beside(&stand_ins, workspace, task, &packages).args(["--keep-going", "--message-format", "json"]))
    });
    let (servers, clients) = (servers?, clients?);
    for (name, outcome) in outcomes.iter_mut().filter(|(_, outcome)| outcome.refused.is_empty()) {
        let server = servers.of(&format!("{name}-server"));
        outcome.compiled = Some(server.and_then(|server| Ok(server + &clients.of(&format!("{name}-client"))?)));
    }
    Ok(())
}

/// Cargo for crates and their dependencies, beside the stand-ins.
fn beside(stand_ins: &[String], workspace: &Path, task: &str, packages: &[String]) -> Command {
    let mut command = cargo();
    command.current_dir(workspace).args([task, "--quiet", "--target-dir"]).arg(target()).args(stand_in::TARGETS);
    command.args(stand_ins.iter().chain(packages).flat_map(|name| ["--package", name]));
    command
}

/// What the compiler said of several crates.
struct Said {
    /// Its messages, of the reasons `compiler-message` and `compiler-artifact`, the latter for a crate that compiled.
    messages: Vec<Value>,
    /// What cargo said besides.
    cargo: String,
}

fn said(command: &mut Command) -> Result<Said> {
    let output = command.output().context("cannot run cargo")?;
    let messages = String::from_utf8(output.stdout)?.lines().map(serde_json::from_str).collect::<Result<_, _>>()?;
    Ok(Said { messages, cargo: String::from_utf8_lossy(&output.stderr).into_owned() })
}

impl Said {
    /// The warnings about a crate, or as the error what kept it from being compiled.
    fn of(&self, package: &str) -> Result<String, String> {
        let library = package.replace('-', "_");
        let about = || self.messages.iter().filter(|message| message["target"]["name"] == library.as_str());
        let words: String = about().filter_map(|message| message["message"]["rendered"].as_str()).collect();
        if about().any(|message| message["reason"] == "compiler-artifact") {
            return Ok(words);
        }
        Err(if words.is_empty() { self.cargo.clone() } else { words })
    }
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
    let stand_ins = stand_in::workspace(workspace, MARK, &members, &[])?;
    write_if_changed(&workspace.join("emit/Cargo.toml"), &emitter_manifest(&names))?;
    write_if_changed(&workspace.join("emit/src/main.rs"), &emitter_program(&names))?;
    eprintln!("asking {} servers for their documents", names.len());
    let mut build = beside(&stand_ins, workspace, "build", &[EMITTER.to_owned()]);
    let built = build.args(["--bin", EMITTER]).output().context("cannot run cargo")?;
    if !built.status.success() {
        bail!("what asks the servers for their documents does not compile: {}", String::from_utf8_lossy(&built.stderr));
    }
    let output = Command::new(target().join("debug").join(EMITTER)).output()?;
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

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_crate_compiled_if_there_is_something_of_it_whatever_was_said_of_others() {
        let message = |name: &str, words: &str| json!({ "reason": "compiler-message", "target": { "name": name }, "message": { "rendered": words } });
        let messages = vec![
            message("good_server", "warning: unused"),
            json!({ "reason": "compiler-artifact", "target": { "name": "good_server" } }),
            message("bad_server", "error: no such thing"),
        ];
        let said = Said { messages, cargo: "error: could not compile".to_owned() };
        assert_eq!(said.of("good-server"), Ok("warning: unused".to_owned()));
        assert_eq!(said.of("bad-server"), Err("error: no such thing".to_owned()));
        assert_eq!(said.of("unmentioned-server"), Err("error: could not compile".to_owned()));
    }
}
