//! How the base and the working tree are built: side by side, sharing what they can.
//!
//! Both keep what is between source and result in the ordinary target folder, because almost all of it is dependencies,
//! which are the same. The crates of the base have a version of their own, so that cargo takes none for one of the working
//! tree; results, which would have one name, go to folders of their own. Features are joined over the workspace wherever cargo
//! allows it: a selection of packages with features of its own would build a hundred dependencies anew, C code among them.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use anyhow::{Context, Result, bail};
use serde_json::Value;

use super::base::{self, Tree};
use crate::process::{aside, cargo};
use crate::workspace::{root, target};

/// Set for this program where it stands in for rustdoc.
const STANDS_IN: &str = "XTASK_STANDS_IN_FOR_RUSTDOC";

/// One state of the workspace, to be built.
#[derive(Debug)]
pub(super) struct Builds {
    pub(super) tree: PathBuf,
    results: PathBuf,
}

impl Builds {
    pub(super) fn here() -> Self {
        Self { tree: root(), results: target() }
    }

    pub(super) fn of(tree: &Tree) -> Self {
        Self { tree: tree.path.clone(), results: base::folder().join("results") }
    }

    fn cargo(&self, subcommand: &str) -> Command {
        let shared = Value::from(target().to_string_lossy().into_owned());
        let mut command = cargo();
        command.current_dir(&self.tree).arg(subcommand).arg("--target-dir").arg(&self.results);
        // A JSON string is a TOML string.
        command.args(["--config", &format!("build.build-dir={shared}")]);
        command
    }

    /// Builds a program; gives its path.
    ///
    /// # Errors
    /// It does not build.
    pub(super) fn program(&self, name: &str) -> Result<PathBuf> {
        let mut command = self.cargo("build");
        command.args(["--workspace", "--bin", name, "--message-format", "json-render-diagnostics"]);
        let output = aside(&mut command)?;
        if !output.status.success() {
            bail!("`{name}` of {} does not build", self.tree.display());
        }
        executable(&output.stdout, name).with_context(|| format!("cargo did not say where it put `{name}`"))
    }

    /// Lets rustdoc describe the library of a package as JSON; gives the text.
    ///
    /// The format is unstable. What allows it is told to rustdoc alone, by this program in its place: told to cargo, it would
    /// reach build scripts that look for it, and everything that stands on them would be built anew, now and the next time.
    ///
    /// # Errors
    /// It does not build.
    pub(super) fn description(&self, package: &str) -> Result<String> {
        let mut command = self.cargo("rustdoc");
        command.args(["--package", package, "--lib"]);
        command.args(["--", "-Zunstable-options", "--output-format", "json", "--cap-lints", "allow"]);
        let itself = std::env::current_exe().context("cannot find this program")?;
        let output = aside(command.env("RUSTDOC", itself).env(STANDS_IN, "1").env_remove("RUSTDOCFLAGS"))?;
        if !output.status.success() {
            bail!("rustdoc cannot describe `{package}` of {}", self.tree.display());
        }
        let path = self.results.join("doc").join(package.replace('-', "_")).with_extension("json");
        fs::read_to_string(&path).with_context(|| format!("rustdoc has not written {}", path.display()))
    }
}

/// Runs rustdoc if cargo called this program in its place.
pub(crate) fn stand_in() -> Option<ExitCode> {
    std::env::var_os(STANDS_IN)?;
    let mut rustdoc = Command::new("rustdoc");
    let status = rustdoc.args(std::env::args_os().skip(1)).env("RUSTC_BOOTSTRAP", "1").status();
    Some(match status {
        Ok(status) if status.success() => ExitCode::SUCCESS,
        Ok(_) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("error: cannot run `rustdoc`: {error}");
            ExitCode::FAILURE
        }
    })
}

/// The path that cargo reports for a binary.
fn executable(messages: &[u8], name: &str) -> Option<PathBuf> {
    let lines = String::from_utf8_lossy(messages);
    lines.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok()).find_map(|message| {
        let ours = message.pointer("/target/name")?.as_str()? == name;
        let executable = message.get("executable")?.as_str()?;
        ours.then(|| Path::new(executable).to_owned())
    })
}
