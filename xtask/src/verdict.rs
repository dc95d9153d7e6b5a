//! `cargo xtask verdict --base REV`: what a change asks of those who use the API, the SDK or the programs.
//!
//! One answer of three parts, each told in the words of semantic versioning and with its place:
//!
//! 1. [`document`]: what Redocly finds between two documents, with the weights it does not know.
//! 2. [`rust_api`]: the public items of the SDK, from rustdoc's JSON.
//! 3. [`command_line`]: the commands, flags and arguments of each program, from its help.
//!
//! [`builds`] says how base and working tree are built. [`version`] then holds the answer against the versions and the changelog. A part is left out when none of its files
//! differs, and what was found out about a base is kept in `target/verdict`.

mod answer;
mod base;
mod builds;
mod command_line;
mod document;
mod rust_api;
mod version;

use std::fs;
use std::path::Path;
use std::process::ExitCode;
use std::time::Instant;

use anyhow::{Context, Result, bail};
use dropshot_codegen::Document;

use self::answer::{Answer, Level, Reason};
use self::base::{Base, Checkout};
pub(crate) use self::builds::stand_in;
use crate::generate::DOCUMENT;
use crate::workspace::root;

#[derive(clap::Args)]
#[command(after_help = "Weights: major may break what worked, minor adds, patch is prose.\n\
    Before 1.0.0 a major change raises the minor number (0.1.0 -> 0.2.0) and a minor one the patch number; prose waits\n\
    for the next version. A change that weighs more than a patch also needs a new entry in CHANGELOG.md.\n\n\
    Exit codes: 0 version and changelog say enough, 1 they do not, 2 the base or a document cannot be used.\n\n\
    Example: cargo xtask verdict --base v0.1.0")]
pub(crate) struct Arguments {
    /// Commit, tag or branch to compare the working tree with
    #[arg(long, value_name = "REV")]
    base: String,
    /// Print the whole answer as JSON, for programs
    #[arg(long, conflicts_with = "changelog")]
    json: bool,
    /// Print the entry for the changelog of the API, server/docs/guides/changelog.md, as Markdown
    #[arg(long)]
    changelog: bool,
}

pub(crate) fn run(arguments: &Arguments) -> Result<ExitCode> {
    let Some(base) = Base::find(&arguments.base)? else {
        eprintln!("error: there is no commit `{}`", arguments.base);
        eprintln!(
            "hint: `git log --oneline` and `git tag` list what there is; `git fetch --tags` gets what others have"
        );
        return Ok(ExitCode::from(2));
    };
    let answer = match judge(&base) {
        Ok(answer) => answer,
        Err(error) => {
            eprintln!("error: no verdict against {}: {error:#}", base.revision);
            return Ok(ExitCode::from(2));
        }
    };
    if arguments.json {
        println!("{}", serde_json::to_string_pretty(&answer.json())?);
    } else if arguments.changelog {
        print!("{}", answer.changelog());
    } else {
        print!("{}", answer.text());
    }
    for failure in &answer.failures {
        eprintln!("error: {}\nhint: {}", failure.what, failure.fix);
    }
    Ok(if answer.failures.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// The same as a step of the check, against the newest release.
pub(crate) fn check() -> Result<()> {
    let Some(base) = Base::newest_release()? else {
        println!("nothing was released yet: no tag `v*` to compare with");
        return Ok(());
    };
    let code = run(&Arguments { base: base.revision, json: false, changelog: false })?;
    if code != ExitCode::SUCCESS {
        bail!("version or changelog say less than the change does");
    }
    Ok(())
}

fn judge(base: &Base) -> Result<Answer> {
    let mut answer = Answer { revision: base.revision.clone(), commit: base.short().to_owned(), ..Answer::default() };
    let before = base.file(version::MANIFEST)?.with_context(|| format!("it has no {}", version::MANIFEST))?;
    let before = version::of_manifest(&before)?;
    answer.base_version = before.to_string();

    let text = fs::read_to_string(root().join(DOCUMENT)).with_context(|| format!("cannot read {DOCUMENT}"))?;
    let new = Document::parse(DOCUMENT, &text).map_err(|problems| anyhow::anyhow!("{problems}"))?;
    match base.file(DOCUMENT)? {
        Some(old) if old == text => answer.unchanged.push("document"),
        old => answer.reasons.extend(part("document", || document_reasons(base, old, &new))?),
    }
    let checkout = Checkout::of(base);
    match base.differs(rust_api::PATHS)? {
        true => answer.reasons.extend(part(rust_api::ARTEFACT, || rust_api::reasons(&checkout))?),
        false => answer.unchanged.push(rust_api::ARTEFACT),
    }
    for program in command_line::PROGRAMS {
        match base.differs(program.paths)? {
            true => answer.reasons.extend(part(program.name, || command_line::reasons(program, &checkout))?),
            false => answer.unchanged.push(program.name),
        }
    }
    drop(checkout);
    answer.sort();

    let (needed, rule) = version::needed(&before, answer.level());
    answer.needed = needed.to_string();
    answer.rule = rule;
    let manifest = fs::read_to_string(root().join(version::MANIFEST))?;
    answer.failures = version::failures(&needed, &manifest, &new)?;
    if answer.level() > Some(Level::Patch) {
        let now = version::of_manifest(&manifest)?;
        let changelog = fs::read_to_string(root().join(version::CHANGELOG)).ok();
        answer.failures.extend(version::changelog(
            base.file(version::CHANGELOG)?.as_deref(),
            changelog.as_deref(),
            &now,
        ));
    }
    Ok(answer)
}

/// Compares one part, and says so: it can take a while.
fn part(name: &str, compare: impl FnOnce() -> Result<Vec<Reason>>) -> Result<Vec<Reason>> {
    eprintln!("{name}: comparing");
    let start = Instant::now();
    let reasons = compare()?;
    eprintln!("{name}: {} differences in {:.1} s", reasons.len(), start.elapsed().as_secs_f64());
    Ok(reasons)
}

fn document_reasons(base: &Base, old: Option<String>, new: &Document) -> Result<Vec<Reason>> {
    let Some(text) = old else {
        bail!("it has no {DOCUMENT}");
    };
    let old = Document::parse(DOCUMENT, &text).map_err(|problems| anyhow::anyhow!("{problems}"))?;
    let path = base.kept("document.yaml", || Ok(text))?;
    let report = document::report(&path, Path::new(DOCUMENT))?;
    Ok(document::reasons(&document::Pair { base: &old, new, revision: &base.revision }, &report))
}
