//! Outside tools at pinned versions, installed by their ordinary clients into `target/tools` and kept there.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};

use crate::process::{aside, run};
use crate::workspace::root;

/// Pins: `package.json`, `package-lock.json`, `requirements.txt`, and the tools' settings.
pub(crate) fn settings() -> PathBuf {
    root().join("xtask/tools")
}

fn installed() -> PathBuf {
    root().join("target/tools")
}

/// A command of the Node tools.
///
/// # Errors
/// npm is missing or cannot install.
pub(crate) fn node(name: &str) -> Result<Command> {
    let folder = installed().join("node");
    install(&folder, &["package.json", "package-lock.json"], |folder| {
        // Standard output may be the caller's: `verdict --json`.
        let npm = &mut Command::new("npm");
        let npm = aside(npm.args(["ci", "--ignore-scripts", "--no-audit", "--no-fund"]).current_dir(folder))?;
        ensure!(npm.status.success(), "npm cannot install the Node tools ({})", npm.status);
        Ok(())
    })?;
    let mut command = Command::new(folder.join("node_modules/.bin").join(name));
    command.current_dir(root());
    Ok(command)
}

/// A file of an installed Node package.
///
/// # Errors
/// npm is missing or cannot install.
pub(crate) fn node_file(path: &str) -> Result<PathBuf> {
    node("redocly")?;
    Ok(installed().join("node/node_modules").join(path))
}

/// A command of the Python tools.
///
/// # Errors
/// Python is missing or pip cannot install.
pub(crate) fn python(name: &str) -> Result<Command> {
    let folder = installed().join("python");
    install(&folder, &["requirements.txt"], |folder| {
        run(Command::new("python3").args(["-m", "venv"]).arg(folder))?;
        run(Command::new(folder.join("bin/pip"))
            .args(["install", "--quiet", "--disable-pip-version-check", "-r"])
            .arg(settings().join("requirements.txt")))
    })?;
    let mut command = Command::new(folder.join("bin").join(name));
    command.current_dir(root());
    Ok(command)
}

/// Installs if the pins have changed since the last time.
fn install(folder: &Path, pins: &[&str], install: impl FnOnce(&Path) -> Result<()>) -> Result<()> {
    let mut wanted = String::new();
    for pin in pins {
        let source = settings().join(pin);
        wanted += &fs::read_to_string(&source).with_context(|| format!("cannot read {}", source.display()))?;
    }
    let stamp = folder.join("installed");
    if fs::read_to_string(&stamp).is_ok_and(|present| present == wanted) {
        return Ok(());
    }
    fs::create_dir_all(folder)?;
    for pin in pins {
        fs::copy(settings().join(pin), folder.join(pin))?;
    }
    install(folder)?;
    fs::write(&stamp, wanted).with_context(|| format!("cannot write {}", stamp.display()))
}
