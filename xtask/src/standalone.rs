//! `cargo xtask generate --document FILE --out DIR`: complete crates of any document.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, Result};
use dropshot_codegen::Files;
use dropshot_codegen::standalone::{self, Crates};

use crate::workspace::write_if_changed;

/// Writes `DIR/server` and `DIR/client`, a workspace of their own.
pub(crate) fn run(document: &Path, out: &Path) -> Result<ExitCode> {
    let (name, file) = (crate_name(document), document.display().to_string());
    let made = crate::lint::read(document, &file).and_then(|text| standalone::crates(&name, &file, &text));
    let crates = match made {
        Ok(crates) => crates,
        Err(problems) => {
            eprintln!("{problems}");
            eprintln!("error: {file} cannot be used, nothing was written");
            return Ok(ExitCode::from(2));
        }
    };
    let warnings = &crates.output.warnings;
    if !warnings.0.is_empty() {
        eprintln!("{warnings}\n");
    }
    let changed = write(out, &crates)?;
    write_if_changed(&out.join("Cargo.toml"), standalone::workspace())?;
    let files = crates.server.len() + crates.client.len();
    println!("{files} files, {changed} written: {0}/server ({name}-server), {0}/client ({name}-client)", out.display());
    let losses: usize = crates.output.losses.values().map(BTreeSet::len).sum();
    if losses > 0 {
        println!("dropshot cannot say {losses} things of the document; xtask/codegen/SUPPORT.md has the classes:");
        for (class, places) in &crates.output.losses {
            println!("{:>6} {class}", places.len());
        }
    }
    println!("try it: cd {} && cargo run --package {name}-server --example serve -- 127.0.0.1:8080", out.display());
    Ok(ExitCode::SUCCESS)
}

/// A name for the crates, of the file's name.
pub(crate) fn crate_name(document: &Path) -> String {
    let stem = document.file_stem().map(|stem| stem.to_string_lossy().to_lowercase()).unwrap_or_default();
    let words: Vec<&str> = stem.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty()).collect();
    let name = words.join("-");
    if name.starts_with(|c: char| c.is_ascii_alphabetic()) {
        name
    } else {
        format!("api-{name}").trim_end_matches('-').to_owned()
    }
}

/// Writes both crates and takes away what an earlier document left; how many files changed.
pub(crate) fn write(out: &Path, crates: &Crates) -> Result<usize> {
    let mut changed = 0;
    for (folder, files) in [("server", &crates.server), ("client", &crates.client)] {
        let folder = out.join(folder);
        for (path, text) in files {
            changed += usize::from(write_if_changed(&folder.join(path), text)?);
        }
        remove_strangers(&folder, files)?;
    }
    Ok(changed)
}

/// Only the folder of generated files is ours alone: people write their own beside it.
fn remove_strangers(folder: &Path, files: &Files) -> Result<()> {
    let generated = folder.join("src/generated");
    for entry in fs::read_dir(&generated)? {
        let path: PathBuf = entry?.path();
        let is_ours = path
            .file_name()
            .is_some_and(|name| files.contains_key(&format!("src/generated/{}", name.to_string_lossy())));
        if !is_ours && path.is_file() {
            fs::remove_file(&path).with_context(|| format!("cannot remove {}", path.display()))?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn crates_are_named_after_the_file() {
        assert_eq!(crate_name(Path::new("a/Pet_Store v3.yaml")), "pet-store-v3");
        assert_eq!(crate_name(Path::new("3.json")), "api-3");
    }
}
