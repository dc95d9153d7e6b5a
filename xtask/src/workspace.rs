//! Where things are, and the one way in which files are written.

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

/// The root of the workspace: the one that cargo was called in, not the one that this program was built in.
pub(crate) fn root() -> PathBuf {
    let manifest =
        std::env::var_os("CARGO_MANIFEST_DIR").map_or_else(|| env!("CARGO_MANIFEST_DIR").into(), PathBuf::from);
    manifest.parent().map_or_else(|| manifest.clone(), Path::to_path_buf)
}

/// Where cargo builds.
pub(crate) fn target() -> PathBuf {
    root().join(std::env::var_os("CARGO_TARGET_DIR").unwrap_or_else(|| "target".into()))
}

/// Writes `text` only if it differs from what is there, and never half of it.
///
/// Returns whether the file changed.
pub(crate) fn write_if_changed(path: &Path, text: &str) -> Result<bool> {
    if fs::read(path).is_ok_and(|present| present == text.as_bytes()) {
        return Ok(false);
    }
    let folder = path.parent().context("a file has a folder")?;
    fs::create_dir_all(folder).with_context(|| format!("cannot create {}", folder.display()))?;
    let temporary = path.with_extension("new");
    let mut file = fs::File::create(&temporary).with_context(|| format!("cannot write {}", temporary.display()))?;
    file.write_all(text.as_bytes())?;
    fs::rename(&temporary, path).with_context(|| format!("cannot replace {}", path.display()))?;
    Ok(true)
}

/// The root manifest for another tree of this workspace that is built into the same target folder.
///
/// Cargo tells crates apart by name, version, and path below the root of their workspace: without a version of its own, a
/// crate of one tree would be taken for the same crate of the other, and be fresh where it is not.
///
/// # Errors
/// It states no version for the workspace.
pub(crate) fn set_apart(manifest: &str, mark: &str) -> Result<String> {
    let table = manifest.find("[workspace.package]").context("Cargo.toml has no [workspace.package]")?;
    let version = "\nversion = \"";
    let start = manifest[table..].find(version).context("[workspace.package] has no version")? + table + version.len();
    let end = manifest[start..].find('"').context("the version of the workspace does not end")? + start;
    let (before, version, after) = (&manifest[..start], &manifest[start..end], &manifest[end..]);
    let joint = if version.contains('+') { '.' } else { '+' };
    Ok(format!("{before}{version}{joint}{mark}{after}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tree_is_set_apart_by_its_version_alone() {
        let manifest = "[a]\nversion = \"9\"\n[workspace.package]\nedition = \"2024\"\nversion = \"0.1.0\"\n";
        let apart = set_apart(manifest, "base").unwrap();
        assert_eq!(apart, manifest.replace("0.1.0", "0.1.0+base"));
        assert!(set_apart(&apart, "again").unwrap().contains("0.1.0+base.again\""));
        assert!(set_apart("[workspace]\n", "base").is_err());
    }
}
