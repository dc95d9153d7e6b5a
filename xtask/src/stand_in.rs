//! Stand-ins for our crates, in workspaces of generated crates that are built into our target folder.
//!
//! Cargo joins the features of all crates that are selected together, so that a dependency of one generated crate alone is
//! another one than the same dependency here, and compiled anew, with all that depends on it. A stand-in is a crate without a
//! line of code that has the dependencies of one of ours. Selected beside the generated crates, all of them together make the
//! features those that the other steps have, and the dependencies those that are compiled already.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result};
use toml::{Table, Value};

use crate::workspace::{root, set_apart, write_if_changed};

/// What of a manifest says which dependencies there are, and with which features.
const TABLES: [&str; 6] = ["package", "features", "dependencies", "dev-dependencies", "build-dependencies", "target"];
/// What of a package names no file that a stand-in does not have.
const KEYS: [&str; 4] = ["name", "version", "edition", "publish"];

/// The crate whose stand-in has an example.
const EXAMPLE: &str = "server";
/// The targets to be selected: dependencies of tests count once there is a target that may use them.
pub(crate) const TARGETS: [&str; 3] = ["--lib", "--example", "stand-in"];

/// The workspace `copy`: our manifest and lock file, the crates `others`, and stand-ins for ours, except for crates `without`,
/// which are there in another way. Returns the names of the stand-ins.
///
/// # Errors
/// A manifest of ours is not as expected, or something cannot be written.
pub(crate) fn workspace(copy: &Path, mark: &str, others: &[String], without: &[&str]) -> Result<Vec<String>> {
    let text = fs::read_to_string(root().join("Cargo.toml"))?;
    let mut manifest: Table = set_apart(&text, mark)?.parse()?;
    let workspace = manifest["workspace"].as_table_mut().context("Cargo.toml has no workspace")?;
    workspace.remove("default-members");
    let members = workspace.get_mut("members").and_then(Value::as_array_mut).context("the workspace has no members")?;
    let folders: Vec<String> = members.iter().filter_map(Value::as_str).map(str::to_owned).collect();
    members.extend(others.iter().cloned().map(Value::String));
    write_if_changed(&copy.join("Cargo.toml"), &manifest.to_string())?;
    fs::copy(root().join("Cargo.lock"), copy.join("Cargo.lock")).context("cannot copy Cargo.lock")?;
    let replaced = folders.iter().filter(|folder| !without.contains(&folder.as_str()));
    replaced.map(|folder| write(folder, &copy.join(folder))).collect()
}

fn write(folder: &str, copy: &Path) -> Result<String> {
    let text = fs::read_to_string(root().join(folder).join("Cargo.toml"))?;
    let mut manifest: Table = text.parse()?;
    manifest.retain(|name, _| TABLES.contains(&name));
    let package = manifest["package"].as_table_mut().with_context(|| format!("{folder} is no package"))?;
    package.retain(|name, _| KEYS.contains(&name));
    let name = package["name"].as_str().with_context(|| format!("{folder} has no name"))?.to_owned();
    write_if_changed(&copy.join("Cargo.toml"), &manifest.to_string())?;
    write_if_changed(&copy.join("src/lib.rs"), "")?;
    if folder == EXAMPLE {
        write_if_changed(&copy.join("examples/stand-in.rs"), "fn main() {}\n")?;
    }
    Ok(name)
}
