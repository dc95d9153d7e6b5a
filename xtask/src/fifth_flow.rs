//! `cargo xtask check fifth-flow`: the walk through CONTRIBUTING.md that adds a flow, executed.
//!
//! 1. The sources are copied below `target`, so that nothing of the work in hand is touched.
//! 2. `document.patch` adds an operation of a fifth flow to the document; the copy is generated anew.
//! 3. The compiler must ask for exactly the places in [`ASKED`].
//! 4. `flow.patch` writes the flow: exactly the files in [`FILES`]. Its server comes first, and the compiler must ask for
//!    exactly the places of the tests in [`ASKED_OF_TESTS`].
//! 5. Its tests follow, and the compiler asks for nothing more.
//!
//! The dependencies are those that the other steps have compiled; the crates of the copy have a version of their own, so that
//! cargo takes none of them for one of ours.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};
use serde_json::Value;

use crate::process::{captured, cargo, output, run};
use crate::workspace::{root, set_apart, target};

/// Where the patches are.
const PATCHES: &str = "xtask/fifth-flow";
/// The name of the flow in the patches.
const NAME: &str = "circle";

/// What the compiler asks for once the document has the operation: the place and the code of the error.
const ASKED: &[(&str, &str)] = &[
    // The operation is a method of the trait that is missing.
    ("server/src/http.rs", "E0046"),
    // Its rule of access is a variant that is not matched.
    ("server/src/http/access.rs", "E0004"),
];

/// What it asks for once the server has it, which the tests need to compile.
const ASKED_OF_TESTS: &[(&str, &str)] = &[
    // Each operation has a body to probe its access with,
    ("tests/it/access.rs", "E0004"),
    // and values that are alive in a running server.
    ("tests/it/vectors/live.rs", "E0004"),
];

/// What the flow consists of. `<flow>` is a new file.
const FILES: &[&str] = &[
    "server/domain/src/flow.rs",
    "server/domain/src/flow/<flow>.rs",
    "server/src/app/invitations.rs",
    "server/src/http.rs",
    "server/src/http/<flow>.rs",
    "server/src/http/access.rs",
    "tests/it/access.rs",
    "tests/it/coverage/outages.rs",
    "tests/it/coverage/provocations.rs",
    "tests/it/flows.rs",
    "tests/it/flows/<flow>.rs",
    "tests/it/vectors/live.rs",
    "tests/src/components.rs",
];

/// Walks through it.
///
/// # Errors
/// A patch no longer fits, or the compiler asks for other places than the page says.
pub(crate) fn check() -> Result<()> {
    let copy = target().join("fifth-flow");
    let flow = fs::read_to_string(root().join(PATCHES).join("flow.patch"))?;
    let page = fs::read_to_string(root().join("CONTRIBUTING.md"))?;
    let told = FILES.iter().map(|file| format!("`{file}`"));
    let asked = ASKED.iter().chain(ASKED_OF_TESTS).map(|(file, code)| format!("| `{file}` | {code} |"));
    let untold: Vec<String> = told.chain(asked).filter(|text| !page.contains(text)).collect();
    if !untold.is_empty() {
        bail!("CONTRIBUTING.md does not name {}", untold.join(", "));
    }
    expect("files of flow.patch", &touched(&flow), &FILES.iter().map(|file| file.replace("<flow>", NAME)).collect())?;

    refresh(&copy)?;
    apply(&copy, "document.patch", &[])?;
    let itself = std::env::current_exe().context("cannot find this program")?;
    run(Command::new(itself).arg("generate").current_dir(&copy).env("CARGO_MANIFEST_DIR", copy.join("xtask")))?;
    expect("places that the compiler asks for", &errors(&copy)?, &places(ASKED))?;
    println!("a new operation: the compiler asks for {} places, as CONTRIBUTING.md says", ASKED.len());

    apply(&copy, "flow.patch", &["--exclude=tests/*"])?;
    expect("places of the tests that the compiler asks for", &errors(&copy)?, &places(ASKED_OF_TESTS))?;
    println!("the server has it: the compiler asks for {} places of the tests", ASKED_OF_TESTS.len());

    apply(&copy, "flow.patch", &["--include=tests/*"])?;
    expect("errors once the flow is written", &errors(&copy)?, &BTreeSet::new())?;
    println!("the flow is written in {} files, and the compiler asks for nothing more", FILES.len());
    Ok(())
}

fn places(asked: &[(&str, &str)]) -> BTreeSet<String> {
    asked.iter().map(|(file, code)| format!("{file} {code}")).collect()
}

fn expect(what: &str, found: &BTreeSet<String>, wanted: &BTreeSet<String>) -> Result<()> {
    if found == wanted {
        return Ok(());
    }
    for unexpected in found.difference(wanted) {
        eprintln!("unexpected: {unexpected}");
    }
    for missing in wanted.difference(found) {
        eprintln!("missing: {missing}");
    }
    bail!("the {what} are not those of xtask/src/fifth_flow.rs; mend the code, or the list and CONTRIBUTING.md");
}

/// Makes the copy equal to the sources: only what differs is written, so that the compiler sees only what changed.
fn refresh(copy: &Path) -> Result<()> {
    let listed = output(
        Command::new("git").args(["ls-files", "--cached", "--others", "--exclude-standard"]).current_dir(root()),
    )?;
    let sources: BTreeSet<PathBuf> =
        listed.lines().map(PathBuf::from).filter(|path| root().join(path).is_file()).collect();
    for stray in files(copy, Path::new(""))?.difference(&sources) {
        fs::remove_file(copy.join(stray)).with_context(|| format!("cannot remove {}", stray.display()))?;
    }
    for path in &sources {
        let (from, to) = (root().join(path), copy.join(path));
        let mut bytes = fs::read(&from).with_context(|| format!("cannot read {}", from.display()))?;
        if path == Path::new("Cargo.toml") {
            bytes = set_apart(&String::from_utf8(bytes)?, "fifth-flow")?.into_bytes();
        }
        if fs::read(&to).is_ok_and(|present| present == bytes) {
            continue;
        }
        let folder = to.parent().context("a file has a folder")?;
        fs::create_dir_all(folder).with_context(|| format!("cannot create {}", folder.display()))?;
        fs::write(&to, bytes).with_context(|| format!("cannot write {}", to.display()))?;
    }
    Ok(())
}

/// All files below a folder of the copy, relative to the copy.
fn files(copy: &Path, folder: &Path) -> Result<BTreeSet<PathBuf>> {
    let mut found = BTreeSet::new();
    let Ok(entries) = fs::read_dir(copy.join(folder)) else { return Ok(found) };
    for entry in entries {
        let entry = entry?;
        let path = folder.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            found.extend(files(copy, &path)?);
        } else {
            found.insert(path);
        }
    }
    Ok(found)
}

/// Applies a patch, or the files of it that are chosen, to the copy, which is no repository of its own and must not be taken for a part of ours.
fn apply(copy: &Path, patch: &str, choice: &[&str]) -> Result<()> {
    let ceiling = copy.parent().unwrap_or(copy);
    run(Command::new("git")
        .arg("apply")
        .args(choice)
        .arg(root().join(PATCHES).join(patch))
        .current_dir(copy)
        .env("GIT_CEILING_DIRECTORIES", ceiling))
    .with_context(|| format!("{PATCHES}/{patch} no longer fits the sources; make it anew"))
}

/// Files that a patch touches.
fn touched(patch: &str) -> BTreeSet<String> {
    patch.lines().filter_map(|line| line.strip_prefix("+++ b/")).map(str::to_owned).collect()
}

/// The compiler's errors in the copy, as file and code.
fn errors(copy: &Path) -> Result<BTreeSet<String>> {
    let checked = captured(
        cargo()
            .args(["check", "--workspace", "--all-targets", "--keep-going", "--message-format=json"])
            .current_dir(copy)
            .env("CARGO_TARGET_DIR", target()),
    )?;
    let found: BTreeSet<String> = String::from_utf8(checked.stdout)?.lines().filter_map(error).collect();
    if found.is_empty() && !checked.status.success() {
        bail!("cargo failed without an error of the compiler:\n{}", String::from_utf8_lossy(&checked.stderr));
    }
    Ok(found)
}

/// File and code of one message, if it is an error that has a place.
fn error(line: &str) -> Option<String> {
    let message: Value = serde_json::from_str(line).ok()?;
    let message = message.get("message").filter(|message| message["level"] == "error")?;
    let spans = message["spans"].as_array()?;
    let primary = spans.iter().find(|span| span["is_primary"] == true)?;
    let code = message["code"]["code"].as_str().unwrap_or("error");
    Some(format!("{} {code}", primary["file_name"].as_str()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_is_its_file_and_its_code() {
        let line = r#"{"reason":"compiler-message","message":{"level":"error","code":{"code":"E0004"},
            "spans":[{"is_primary":false,"file_name":"a.rs"},{"is_primary":true,"file_name":"b.rs"}]}}"#;
        assert_eq!(error(&line.replace('\n', "")), Some("b.rs E0004".to_owned()));
        let summary = r#"{"reason":"compiler-message","message":{"level":"error","code":null,"spans":[]}}"#;
        assert_eq!(error(summary), None);
        assert_eq!(error(&summary.replace("error", "warning")), None);
    }

    #[test]
    fn a_patch_says_what_it_touches() {
        let patch = "--- a/x.rs\n+++ b/x.rs\n+added\n--- /dev/null\n+++ b/y/z.rs\n";
        assert_eq!(touched(patch), BTreeSet::from(["x.rs".to_owned(), "y/z.rs".to_owned()]));
    }
}
