//! Running other programs: each command is printed before it runs, so that a person can repeat it.

use std::io::IsTerminal as _;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use anyhow::{Context, Result, bail};

use crate::host::hint;
use crate::workspace::root;

/// The example of `invite-api` that writes down what the generated trait says.
pub(crate) const EMITTER: &str = "emit";

/// Cargo as it was called by cargo itself, or the one on the path.
pub(crate) fn cargo() -> Command {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.current_dir(root());
    command
}

/// Runs a command to its end.
///
/// # Errors
/// It cannot be started, or it fails; the message names it.
pub(crate) fn run(command: &mut Command) -> Result<()> {
    let line = line(command);
    announce(&line);
    let status = command.status().with_context(|| missing(command.get_program().as_ref()))?;
    if !status.success() {
        bail!("`{line}` failed ({status})");
    }
    Ok(())
}

/// Builds programs of the workspace, chosen by cargo's arguments for targets.
///
/// All its crates are selected, and an example, which may use what only tests depend on: so features are joined as the tests
/// have them, and no dependency is compiled twice.
///
/// # Errors
/// As [`run`].
pub(crate) fn build(targets: &[&str]) -> Result<()> {
    run(cargo().args(["build", "--quiet", "--locked", "--workspace", "--example", EMITTER]).args(targets))
}

/// Runs a command and returns what it printed.
///
/// # Errors
/// As [`run`].
pub(crate) fn output(command: &mut Command) -> Result<String> {
    let line = line(command);
    announce(&line);
    let output = command.stderr(Stdio::inherit()).output().with_context(|| missing(command.get_program().as_ref()))?;
    if !output.status.success() {
        bail!("`{line}` failed ({})", output.status);
    }
    Ok(String::from_utf8(output.stdout)?)
}

/// Runs a command whose output is for the caller; the command is printed to standard error, so that standard output stays
/// clean for what the task itself has to say.
///
/// # Errors
/// It cannot be started. That it failed is for the caller to see.
pub(crate) fn aside(command: &mut Command) -> Result<Output> {
    captured(command.stderr(Stdio::inherit()))
}

/// As [`aside`], with what it prints to standard error captured too.
///
/// # Errors
/// As [`aside`].
pub(crate) fn captured(command: &mut Command) -> Result<Output> {
    eprintln!("$ {}", line(command));
    command.output().with_context(|| missing(command.get_program().as_ref()))
}

fn announce(line: &str) {
    if std::io::stdout().is_terminal() {
        println!("\x1b[2m$ {line}\x1b[0m");
    } else {
        println!("$ {line}");
    }
}

/// The command as a person would type it, paths relative to the workspace.
fn line(command: &Command) -> String {
    let root = format!("{}/", root().display());
    let words = std::iter::once(command.get_program()).chain(command.get_args());
    let words: Vec<_> = words.map(|word| word.to_string_lossy().replace(&root, "")).collect();
    match words.first() {
        Some(first) if first.ends_with("/cargo") => format!("cargo {}", words[1..].join(" ")),
        _ => words.join(" "),
    }
}

fn missing(program: &Path) -> String {
    let name = program.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    format!("cannot run `{}`; {}", program.display(), hint(name))
}
