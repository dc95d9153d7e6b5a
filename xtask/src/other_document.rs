//! Client, command line and mock around what is generated of another document: they compile.
//!
//! 1. A copy of the three crates below `target`, in a workspace like ours, with the generated files of
//!    `xtask/codegen/src/sdk/fixture.yaml`, which uses what this project's document does not.
//! 2. `cargo check`. Versions, features and profile are ours, and stand-ins are there for our other crates, so that the
//!    dependencies are those that are compiled already.

use std::fs;
use std::path::Path;
use std::process::Stdio;

use anyhow::{Context, Result, bail};
use dropshot_codegen::{Files, mock, sdk};

use crate::process::cargo;
use crate::stand_in;
use crate::workspace::{root, target, write_if_changed};

const DOCUMENT: &str = "xtask/codegen/src/sdk/fixture.yaml";
/// The copied crates, each before those in folders of its own.
const CRATES: [&str; 3] = ["sdk", "sdk/cli", "sdk/mock"];

/// # Errors
/// One of the crates does not compile; the compiler says where.
pub(crate) fn check() -> Result<()> {
    let text = fs::read_to_string(root().join(DOCUMENT))?;
    let output = dropshot_codegen::generate_with_mock(DOCUMENT, &text)?;
    let copy = target().join("other-document");
    // What an earlier version wrote must not be compiled.
    CRATES.iter().try_for_each(|name| remove(&copy.join(name).join("src")))?;
    for (name, generated) in CRATES.iter().zip([&output.sdk, &output.cli, &output.mock]) {
        write_crate(name, generated, &copy)?;
    }
    stand_in::workspace(&copy, "other", &[], &CRATES)?;
    let mut command = cargo();
    command.current_dir(&copy).args(["check", "--quiet", "--workspace", "--bins", "--offline"]);
    command.args(stand_in::TARGETS).arg("--target-dir").arg(target());
    // Warnings are of no use: not every document needs everything that is made for any.
    let output = command.stdin(Stdio::null()).output().context("cannot run cargo")?;
    if !output.status.success() {
        eprintln!("{}", String::from_utf8_lossy(&output.stderr));
        bail!("a crate does not compile with what is generated of {DOCUMENT}; it is in {}", copy.display());
    }
    println!("client, command line and mock compile with what is generated of {DOCUMENT}");
    Ok(())
}

fn remove(folder: &Path) -> Result<()> {
    if folder.exists() {
        fs::remove_dir_all(folder).with_context(|| format!("cannot remove {}", folder.display()))?;
    }
    Ok(())
}

/// The hand-written files of a crate as they are, and the generated ones of the other document.
fn write_crate(name: &str, generated: &Files, copy: &Path) -> Result<()> {
    let (from, to) = (root().join(name), copy.join(name));
    for file in ["Cargo.toml", "README.md"] {
        write_if_changed(&to.join(file), &fs::read_to_string(from.join(file))?)?;
    }
    for folder in ["src", "benches"] {
        copy_sources(&from.join(folder), &to.join(folder))?;
    }
    for (file, text) in generated {
        let named = text.replace(sdk::sample::CRATE, "invite_sdk").replace(mock::CRATE, "invite_mock");
        write_if_changed(&to.join("src/generated").join(file), &named)?;
    }
    Ok(())
}

fn copy_sources(from: &Path, to: &Path) -> Result<()> {
    let Ok(entries) = fs::read_dir(from) else { return Ok(()) };
    for entry in entries {
        let (path, name) = entry.map(|entry| (entry.path(), entry.file_name()))?;
        if path.is_dir() && name != "generated" {
            copy_sources(&path, &to.join(name))?;
        } else if path.is_file() {
            write_if_changed(&to.join(name), &fs::read_to_string(&path)?)?;
        }
    }
    Ok(())
}
