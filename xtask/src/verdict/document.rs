//! The document's part of a verdict: Redocly finds and rates the differences, [`rules`] rates what Redocly takes for prose
//! though somebody may rely on it, and [`uses`] says which operations are concerned.

mod rules;
#[cfg(test)]
mod tests;
mod uses;

use std::path::Path;

use anyhow::{Context, Result, bail};
use dropshot_codegen::Document;
use serde::Deserialize;
use serde_json::Value;

use super::answer::{Level, Reason, Site};
use crate::process::captured;
use crate::tools;

/// What `redocly diff --format json` prints, as far as it is read here.
#[derive(Debug, Deserialize)]
pub(super) struct Report {
    #[serde(rename = "reportVersion")]
    version: String,
    changes: Vec<Change>,
}

/// One difference.
#[derive(Debug, Deserialize)]
struct Change {
    /// A pointer from the root through the operation that uses the changed thing first, references followed.
    path: String,
    #[serde(rename = "typeName")]
    type_name: String,
    kind: Kind,
    impact: Impact,
    #[serde(default)]
    verdicts: Vec<Finding>,
    property: Option<String>,
    base: Option<Side>,
    revision: Option<Side>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Kind {
    Added,
    Removed,
    Modified,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Impact {
    Major,
    Minor,
    Patch,
}

/// A rule of Redocly that the difference breaks.
#[derive(Debug, Deserialize)]
struct Finding {
    impact: Impact,
    message: String,
}

/// The difference in one of the two documents.
#[derive(Debug, Deserialize)]
struct Side {
    pointer: String,
    #[serde(default)]
    value: Value,
}

impl From<Impact> for Level {
    fn from(impact: Impact) -> Self {
        match impact {
            Impact::Major => Self::Major,
            Impact::Minor => Self::Minor,
            Impact::Patch => Self::Patch,
        }
    }
}

/// Both documents, and how the base is called.
#[derive(Debug)]
pub(super) struct Pair<'a> {
    pub(super) base: &'a Document,
    pub(super) new: &'a Document,
    pub(super) revision: &'a str,
}

/// Lets Redocly compare two files.
///
/// # Errors
/// Redocly cannot be installed or run, or cannot read one of the files.
pub(super) fn report(base: &Path, new: &Path) -> Result<Report> {
    let mut command = tools::node("redocly")?;
    command.arg("diff").arg(base).arg(new).args(["--format", "json", "--fail-on", "none"]);
    let output = captured(command.env("REDOCLY_TELEMETRY", "off"))?;
    if !output.status.success() {
        bail!("`redocly diff` failed ({}): {}", output.status, String::from_utf8_lossy(&output.stderr));
    }
    let report: Report = serde_json::from_slice(&output.stdout).context("`redocly diff` printed an unknown report")?;
    if report.version != "1" {
        bail!("`redocly diff` prints version {} of its report, known is 1", report.version);
    }
    Ok(report)
}

/// The differences as reasons.
pub(super) fn reasons(pair: &Pair<'_>, report: &Report) -> Vec<Reason> {
    report.changes.iter().flat_map(|change| reasons_of(pair, change)).collect()
}

fn reasons_of(pair: &Pair<'_>, change: &Change) -> Vec<Reason> {
    // Every release changes it.
    if change.path == "#/info" && change.property.as_deref() == Some("version") {
        return Vec::new();
    }
    let usage = uses::of(pair, change);
    let weighed = match change.verdicts.as_slice() {
        [] => vec![rules::weigh(change, &usage)],
        findings => findings.iter().map(|finding| (finding.impact.into(), lower(&finding.message))).collect(),
    };
    weighed
        .into_iter()
        .map(|(level, what)| Reason {
            level,
            artefact: "document".to_owned(),
            operations: usage.operations.clone(),
            what,
            site: site(pair, change),
        })
        .collect()
}

/// Where the new document has the change; where the base had it if it is gone.
fn site(pair: &Pair<'_>, change: &Change) -> Option<Site> {
    let (document, side) = match (&change.revision, &change.base) {
        (Some(side), _) => (pair.new, side),
        (None, Some(side)) => (pair.base, side),
        (None, None) => return None,
    };
    let line = document.place(pointer(&side.pointer)).line;
    Some(match change.revision {
        Some(_) => Site::new(&document.file, line),
        None => Site::in_base(&document.file, line, pair.revision),
    })
}

/// A reference within the document as a JSON pointer.
fn pointer(reference: &str) -> &str {
    reference.strip_prefix('#').unwrap_or(reference)
}

/// Redocly's sentence as a clause.
fn lower(message: &str) -> String {
    let message = message.strip_suffix('.').unwrap_or(message);
    let mut characters = message.chars();
    match characters.next() {
        Some(first) => first.to_lowercase().chain(characters).collect(),
        None => String::new(),
    }
}
