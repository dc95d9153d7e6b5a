//! Whether versions and changelog say as much as the verdict does.

use std::collections::BTreeSet;

use anyhow::{Context, Result};
use dropshot_codegen::Document;
use semver::Version;

use super::answer::{Failure, Level};

/// Where the version of everything that is published stands.
pub(super) const MANIFEST: &str = "Cargo.toml";
pub(super) const CHANGELOG: &str = "CHANGELOG.md";

/// The lowest version after `base` that a change of this weight may carry, and the rule it follows from.
///
/// Prose alone needs no new version: it goes out with the next one.
pub(super) fn needed(base: &Version, level: Option<Level>) -> (Version, &'static str) {
    let (major, minor, patch) = (base.major, base.minor, base.patch);
    match level {
        None | Some(Level::Patch) => {
            (Version::new(major, minor, patch), "a change of prose needs no new version, it goes out with the next one")
        }
        Some(_) if (major, minor) == (0, 0) => (
            Version::new(0, 0, patch + 1),
            "before 0.1.0, every version may break and every change raises the patch number",
        ),
        Some(Level::Major) if major == 0 => {
            (Version::new(0, minor + 1, 0), "before 1.0.0, a breaking change raises the minor number")
        }
        Some(Level::Minor) if major == 0 => {
            (Version::new(0, minor, patch + 1), "before 1.0.0, an addition raises the patch number")
        }
        Some(Level::Major) => (Version::new(major + 1, 0, 0), "a breaking change raises the major number"),
        Some(Level::Minor) => (Version::new(major, minor + 1, 0), "an addition raises the minor number"),
    }
}

/// The version in a workspace's manifest.
///
/// # Errors
/// There is none.
pub(super) fn of_manifest(text: &str) -> Result<Version> {
    let manifest = toml::Value::Table(text.parse().context("Cargo.toml is no TOML")?);
    let version = ["workspace", "package", "version"]
        .iter()
        .try_fold(&manifest, |value, key| value.get(key))
        .and_then(toml::Value::as_str);
    Version::parse(version.context("Cargo.toml has no workspace.package.version")?)
        .context("workspace.package.version is no version")
}

/// What keeps a change of this weight from going out.
pub(super) fn failures(needed: &Version, manifest: &str, document: &Document) -> Result<Vec<Failure>> {
    let mut lines = manifest.lines().zip(1_usize..).skip_while(|(line, _)| line.trim() != "[workspace.package]");
    let line = lines.find(|(line, _)| line.trim_start().starts_with("version")).map_or(1, |(_, line)| line);
    let mut places = vec![(format!("{MANIFEST}:{line}"), of_manifest(manifest)?)];
    let info = document.value.pointer("/info/version").and_then(serde_json::Value::as_str).unwrap_or_default();
    let place = document.provenance("/info/version");
    let version = Version::parse(info).with_context(|| format!("{place}: info.version `{info}` is no version"))?;
    places.push((place, version));
    Ok(places
        .into_iter()
        .filter(|(_, version)| triple(version) < triple(needed))
        .map(|(place, version)| Failure {
            what: format!("{place}: the version is {version}, the change needs at least {needed}"),
            fix: format!(
                "set it to {needed}, in {MANIFEST} and in info.version of the document, and run `cargo xtask generate`"
            ),
        })
        .collect())
}

/// A pre-release may carry what its release may carry.
const fn triple(version: &Version) -> (u64, u64, u64) {
    (version.major, version.minor, version.patch)
}

/// What the changelog lacks, if it has no entry that the base did not have.
pub(super) fn changelog(base: Option<&str>, new: Option<&str>, version: &Version) -> Option<Failure> {
    let known: BTreeSet<String> = base.map(|text| entries(text, |_| true).into_iter().collect()).unwrap_or_default();
    let current = |heading: &str| {
        let heading = heading.trim().trim_start_matches('[');
        let rest = heading.strip_prefix(&version.to_string());
        heading.to_lowercase().starts_with("unreleased")
            || rest.is_some_and(|rest| !rest.starts_with(|next: char| next.is_ascii_alphanumeric() || next == '.'))
    };
    let fresh = entries(new.unwrap_or_default(), current).into_iter().any(|entry| !known.contains(&entry));
    (!fresh).then(|| Failure {
        what: format!(
            "{CHANGELOG}: no new entry below `## Unreleased` or `## {version}`, but something published changed"
        ),
        fix: "add a line beginning with `- ` that tells users what changes for them".to_owned(),
    })
}

/// List items below second-level headings that `wanted` accepts, each on one line.
fn entries(text: &str, wanted: impl Fn(&str) -> bool) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    let (mut inside, mut open) = (false, false);
    for line in text.lines() {
        if let Some(heading) = line.strip_prefix("## ") {
            (inside, open) = (wanted(heading), false);
        } else if let (true, Some(entry)) = (inside, line.strip_prefix("- ").or_else(|| line.strip_prefix("* "))) {
            found.push(entry.trim().to_owned());
            open = true;
        } else if let (true, Some(entry)) = (open && line.starts_with(' '), found.last_mut()) {
            *entry += &format!(" {}", line.trim());
        } else {
            open = false;
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_needed_version_follows_the_rule_before_and_after_one() {
        let table = [
            ("0.1.0", Some(Level::Major), "0.2.0"),
            ("0.1.3", Some(Level::Minor), "0.1.4"),
            ("0.1.3", Some(Level::Patch), "0.1.3"),
            ("0.1.3", None, "0.1.3"),
            ("0.0.4", Some(Level::Major), "0.0.5"),
            ("0.0.4", Some(Level::Minor), "0.0.5"),
            ("1.4.2", Some(Level::Major), "2.0.0"),
            ("1.4.2", Some(Level::Minor), "1.5.0"),
            ("1.4.2", Some(Level::Patch), "1.4.2"),
        ];
        for (base, level, expected) in table {
            assert_eq!(needed(&Version::parse(base).unwrap(), level).0.to_string(), expected, "{base} {level:?}");
        }
    }

    #[test]
    fn a_version_that_is_bumped_too_little_is_named_with_its_line() {
        let manifest = "[workspace]\n\n[workspace.package]\nversion = \"0.2.0\"\n";
        let document = Document::parse("api.yaml", "openapi: 3.0.3\ninfo:\n  title: t\n  version: 0.1.9\n").unwrap();
        let told = |needed: &str| {
            let failures = failures(&Version::parse(needed).unwrap(), manifest, &document).unwrap();
            failures.into_iter().map(|failure| failure.what).collect::<Vec<_>>()
        };
        assert_eq!(told("0.1.9"), Vec::<String>::new());
        assert_eq!(told("0.2.0"), ["api.yaml:4: the version is 0.1.9, the change needs at least 0.2.0"]);
        assert_eq!(told("0.3.0").len(), 2);
        assert!(told("0.3.0")[0].starts_with("Cargo.toml:4: "));
    }

    #[test]
    fn the_changelog_needs_an_entry_that_the_base_did_not_have() {
        let version = Version::new(0, 2, 0);
        let base = "# Changelog\n\n## Unreleased\n\n- Old\n  and long\n\n## 0.1.0\n\n- First\n";
        let table = [
            ("# Changelog\n", true),
            ("## Unreleased\n\n- Old\n  and long\n", true),
            ("## 0.2.0\n\n- Old\n  and long\n\n## 0.1.0\n\n- First\n", true),
            ("## 0.1.0\n\n- Written too late\n", true),
            ("## 0.2.0.1\n\n- Another version\n", true),
            ("## Unreleased\n\nprose without an entry\n", true),
            ("## Unreleased\n\n- Old\n  and changed\n", false),
            ("## [Unreleased]\n\n* New\n", false),
            ("## 0.2.0 (2026-11-22)\n\n- New\n", false),
            ("## [0.2.0] - 2026-11-22\n\n- New\n", false),
        ];
        for (new, missing) in table {
            assert_eq!(changelog(Some(base), Some(new), &version).is_some(), missing, "{new}");
        }
        assert!(changelog(None, None, &version).is_some());
        assert!(changelog(None, Some(base), &version).is_none());
    }
}
