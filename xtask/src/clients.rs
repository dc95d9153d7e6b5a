//! Clients in other languages, made of the document by generators of others: each is compiled or held against its types, and
//! drives all four flows against one running server.
//!
//! What drives them is hand-written, in `tests/clients`; everything else is made anew in `target/clients`. The tools come with
//! the pins in `xtask/tools`: Java, Go and the generators as Python packages, TypeScript as a Node package. What the generators
//! misread is in `openapi/README.md`.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};
use serde_json::Value;

use crate::bench;
use crate::dev_server::DevServer;
use crate::process::run;
use crate::tools;
use crate::workspace::root;

/// As a step of `nightly`.
pub(crate) fn check() -> Result<()> {
    // Installed first: whoever lacks a tool need not wait for the server to be built.
    let tools = Tools::find()?;
    let server = DevServer::start(&root().join("target/check/clients"))?;
    let world = server.world_file();
    let clients = root().join("target/clients");
    fs::create_dir_all(&clients)?;
    let document = clients.join("openapi.json");
    fs::write(&document, plain(&fs::read_to_string(root().join("openapi/generated/openapi.json"))?)?)?;
    typescript(&tools, &document, &world)?;
    python(&tools, &document, &world)?;
    openapi_python_client(&document, &world)?;
    go(&tools, &document, &world)?;
    println!("clients by four generators in three languages: each drove all four flows");
    Ok(())
}

/// The document without the choices beside members. They only constrain, and the generators take them for the whole schema.
fn plain(document: &str) -> Result<String> {
    let mut document: Value = serde_json::from_str(document)?;
    let schemas = document.pointer_mut("/components/schemas").and_then(Value::as_object_mut);
    for schema in schemas.context("the document has no schemas")?.values_mut().filter_map(Value::as_object_mut) {
        if schema.contains_key("properties") {
            schema.remove("oneOf");
        }
    }
    Ok(document.to_string())
}

struct Tools {
    java: PathBuf,
    /// openapi-generator.
    jar: PathBuf,
}

impl Tools {
    fn find() -> Result<Self> {
        let (java, jar) = bench::openapi_generator()?;
        tools::clients("python")?;
        tools::node("tsc")?;
        Ok(Self { java, jar })
    }

    /// Has openapi-generator write a client into `folder`.
    fn generate(&self, generator: &str, document: &Path, folder: &Path, more: &[&str]) -> Result<()> {
        let mut command = Command::new(&self.java);
        command.arg("-jar").arg(&self.jar).args(["generate", "--generator-name", generator]);
        command.arg("--input-spec").arg(document).arg("--output");
        let log = folder.with_extension("log");
        let output = fs::File::create(&log).with_context(|| format!("cannot make {}", log.display()))?;
        command.arg(folder).args(more).current_dir(root()).stdout(output.try_clone()?).stderr(output);
        run(&mut command).with_context(|| format!("what it said is in {}", log.display()))
    }
}

/// A new folder with the driver in it.
fn folder(language: &str) -> Result<PathBuf> {
    let folder = root().join("target/clients").join(language);
    if folder.exists() {
        fs::remove_dir_all(&folder)?;
    }
    fs::create_dir_all(&folder)?;
    let driver = root().join("tests/clients").join(language);
    for entry in fs::read_dir(&driver).with_context(|| format!("cannot read {}", driver.display()))? {
        let entry = entry?;
        fs::copy(entry.path(), folder.join(entry.file_name()))?;
    }
    Ok(folder)
}

fn typescript(tools: &Tools, document: &Path, world: &Path) -> Result<()> {
    let folder = folder("typescript")?;
    tools.generate("typescript-fetch", document, &folder.join("client"), &[])?;
    run(tools::node("tsc")?.arg("--project").arg(&folder))?;
    run(Command::new("node").arg(folder.join("out/drive.js")).arg(world))
}

fn python(tools: &Tools, document: &Path, world: &Path) -> Result<()> {
    let folder = folder("python")?;
    tools.generate("python", document, &folder.join("client"), &["--package-name", "invite_client"])?;
    typed_and_run(&folder, &folder.join("client"), world)
}

fn openapi_python_client(document: &Path, world: &Path) -> Result<()> {
    let folder = folder("openapi-python-client")?;
    let mut generator = tools::clients("openapi-python-client")?;
    // It formats what it writes with a program of its own environment.
    let programs = Path::new(generator.get_program()).parent().map(Path::to_owned).unwrap_or_default();
    let path = std::env::var_os("PATH").unwrap_or_default();
    let path = std::env::join_paths(std::iter::once(programs).chain(std::env::split_paths(&path)))?;
    generator.args(["generate", "--meta", "none", "--fail-on-warning", "--path"]).arg(document);
    run(generator.arg("--output-path").arg(folder.join("invite_client")).env("PATH", path))?;
    let shared = "world.py";
    fs::copy(root().join("tests/clients/python").join(shared), folder.join(shared))?;
    typed_and_run(&folder, &folder, world)
}

fn typed_and_run(folder: &Path, client: &Path, world: &Path) -> Result<()> {
    let driver = folder.join("drive.py");
    let mut types = tools::clients("mypy")?;
    types.arg("--config-file").arg(root().join("tests/clients/mypy.ini"));
    types.arg("--cache-dir").arg(folder.join("types")).arg(&driver);
    run(types.env("MYPYPATH", client))?;
    run(tools::clients("python")?.arg(&driver).arg(world).env("PYTHONPATH", client))
}

fn go(tools: &Tools, document: &Path, world: &Path) -> Result<()> {
    let folder = folder("go")?;
    let client = folder.join("client");
    tools.generate(
        "go",
        document,
        &client,
        &["--package-name", "invite", "--additional-properties", "withGoMod=false"],
    )?;
    // Tests that the generator proposes, which need packages of others.
    fs::remove_dir_all(client.join("test"))?;
    for arguments in [["vet", "./..."].as_slice(), &["build", "-o", "drive", "."]] {
        let mut command = tools::clients("go")?;
        // Nothing is fetched: the client stands on the standard library.
        run(command.args(arguments).current_dir(&folder).env("GOPROXY", "off").env("GOTOOLCHAIN", "local"))?;
    }
    run(Command::new(folder.join("drive")).arg(world))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_choices_beside_members_are_left_out() {
        let document = r#"{"components":{"schemas":{"A":{"properties":{},"oneOf":[]},"B":{"oneOf":[]}}}}"#;
        let plain = plain(document).expect("a document");
        assert_eq!(plain, r#"{"components":{"schemas":{"A":{"properties":{}},"B":{"oneOf":[]}}}}"#);
    }
}
