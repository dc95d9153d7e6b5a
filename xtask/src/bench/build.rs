//! `cargo xtask bench build`: what it costs to build the client, next to the client that openapi-generator makes of the
//! same document with its generator `rust`, both with the features that they have by default.
//!
//! 1. The client is built as a dependency of an empty program, the other one is generated anew. Both get this project's lock
//!    file, so that they build the same versions of what they share, and both are built with the full debug information that
//!    cargo gives by default.
//! 2. Everything is fetched first. Each is then built several times in turns, each time from nothing, so that whatever
//!    else the machine does meets both alike and shows as a difference between the turns.
//! 3. Missed is what is demanded if the client of this project is slower, by the best of its times, or has more crates.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use serde_json::Value;

use super::table::{Table, time};
use super::{generate, machine};
use crate::generate::DOCUMENT;
use crate::process::{aside, cargo, run as run_command};
use crate::workspace::{root, target};

#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// How often each is built
    #[arg(long, default_value_t = 2, value_parser = clap::value_parser!(u8).range(1..))]
    rounds: u8,
}

/// One of the two clients.
struct Subject {
    name: &'static str,
    package: &'static str,
    /// Where its workspace is.
    folder: PathBuf,
    /// Lines of its sources, and how many of them were generated.
    lines: (usize, usize),
    built: Vec<Built>,
}

/// What one build took.
struct Built {
    time: Duration,
    /// Time of all processors together, which other programs prolong less; none where the system does not say.
    processor: Option<Duration>,
    crates: usize,
    /// Of the target folder, in bytes.
    size: u64,
}

pub(crate) fn run(arguments: &Arguments) -> Result<ExitCode> {
    let machine = machine::describe(None);
    let folder = target().join("bench/build");
    let mut subjects = [ours(&folder.join("program"))?, other(&folder.join("openapi-generator"))?];
    for subject in &subjects {
        run_command(cargo().current_dir(&subject.folder).args(["fetch", "--quiet"]))?;
    }
    for _ in 0..arguments.rounds {
        for subject in &mut subjects {
            let built = build(subject, &folder.join("target"))?;
            subject.built.push(built);
        }
    }
    fs::remove_dir_all(&folder).with_context(|| format!("cannot remove {}", folder.display()))?;
    println!("{machine}.\n\n{}", table(&subjects));
    let [own, other] = &subjects;
    let missed = missed((own.best(), own.crates()), (other.best(), other.crates()));
    for demand in &missed {
        println!("missed: {demand}");
    }
    if missed.is_empty() {
        println!("met: not slower, not more crates");
    }
    Ok(if missed.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// The client as a program gets it that depends on it: how this workspace compiles what it shares with the generator is
/// no business of that program.
fn ours(folder: &Path) -> Result<Subject> {
    fs::create_dir_all(folder.join("src")).with_context(|| format!("cannot create {}", folder.display()))?;
    let client = root().join("sdk");
    let manifest = format!(
        "[package]\nname = \"program\"\nedition = \"2024\"\n\n[dependencies]\n\
         invite-sdk = {{ path = {:?} }}\n\n[workspace]\n",
        client.display().to_string()
    );
    fs::write(folder.join("Cargo.toml"), manifest)?;
    fs::write(folder.join("src/lib.rs"), "")?;
    fs::copy(root().join("Cargo.lock"), folder.join("Cargo.lock"))?;
    let lines = (lines(&client.join("src"))?, lines(&client.join("src/generated"))?);
    let name = "invite-sdk";
    Ok(Subject { name, package: name, folder: folder.to_owned(), lines, built: Vec::new() })
}

/// Generates the other client into `folder`.
fn other(folder: &Path) -> Result<Subject> {
    if folder.exists() {
        fs::remove_dir_all(folder).with_context(|| format!("cannot remove {}", folder.display()))?;
    }
    let (java, jar) = generate::outside()?;
    let mut command = Command::new(java);
    command.arg("-jar").arg(jar).args(["generate", "--generator-name", "rust", "--input-spec"]);
    let output = aside(command.arg(root().join(DOCUMENT)).arg("--output").arg(folder))?;
    ensure!(output.status.success(), "openapi-generator failed ({})", output.status);
    let manifest = folder.join("Cargo.toml");
    let text = fs::read_to_string(&manifest).with_context(|| format!("cannot read {}", manifest.display()))?;
    // It stands below this workspace and is none of it.
    fs::write(&manifest, format!("{text}\n[workspace]\n"))?;
    fs::copy(root().join("Cargo.lock"), folder.join("Cargo.lock"))?;
    let lines = lines(&folder.join("src"))?;
    let name = "openapi-generator rust";
    Ok(Subject { name, package: "openapi", folder: folder.to_owned(), lines: (lines, lines), built: Vec::new() })
}

/// Builds from nothing, and leaves nothing.
fn build(subject: &Subject, folder: &Path) -> Result<Built> {
    if folder.exists() {
        fs::remove_dir_all(folder).with_context(|| format!("cannot remove {}", folder.display()))?;
    }
    let mut command = cargo();
    command.current_dir(&subject.folder).env("CARGO_PROFILE_DEV_DEBUG", "true");
    command.args(["build", "--quiet", "--offline", "--message-format", "json", "--package", subject.package]);
    command.arg("--target-dir").arg(folder);
    let (start, before) = (Instant::now(), processor_time());
    let output = aside(&mut command)?;
    let (time, after) = (start.elapsed(), processor_time());
    ensure!(output.status.success(), "`{}` does not build ({})", subject.name, output.status);
    let built = Built {
        time,
        processor: before.zip(after).map(|(before, after)| after.saturating_sub(before)),
        crates: crates(&String::from_utf8(output.stdout)?),
        size: size(folder)?,
    };
    fs::remove_dir_all(folder).with_context(|| format!("cannot remove {}", folder.display()))?;
    Ok(built)
}

/// How many crates cargo says it has compiled, the client among them.
fn crates(messages: &str) -> usize {
    let compiled = |line: &str| {
        let message: Value = serde_json::from_str(line).ok()?;
        let is_artifact = message.get("reason")? == "compiler-artifact";
        is_artifact.then(|| message.get("package_id").and_then(Value::as_str).map(str::to_owned)).flatten()
    };
    messages.lines().filter_map(compiled).collect::<BTreeSet<_>>().len()
}

/// Time that processors have spent on ended children, in clock ticks of a hundredth of a second; Linux says it.
fn processor_time() -> Option<Duration> {
    let said = fs::read_to_string("/proc/self/stat").ok()?;
    // The name of the program may hold blanks; the third field follows it.
    let (_, fields) = said.rsplit_once(')')?;
    let ticks: u64 = fields.split_whitespace().skip(13).take(2).filter_map(|field| field.parse::<u64>().ok()).sum();
    Some(Duration::from_millis(ticks * 10))
}

fn lines(folder: &Path) -> Result<usize> {
    let mut count = 0;
    walk(folder, &mut |path| {
        if path.extension().is_some_and(|extension| extension == "rs") {
            count += fs::read_to_string(path)?.lines().count();
        }
        Ok(())
    })?;
    Ok(count)
}

fn size(folder: &Path) -> Result<u64> {
    let mut bytes = 0;
    walk(folder, &mut |path| {
        bytes += fs::symlink_metadata(path)?.len();
        Ok(())
    })?;
    Ok(bytes)
}

fn walk(folder: &Path, visit: &mut dyn FnMut(&Path) -> Result<()>) -> Result<()> {
    for entry in fs::read_dir(folder).with_context(|| format!("cannot read {}", folder.display()))? {
        let entry = entry?;
        if entry.file_type()?.is_dir() { walk(&entry.path(), visit)? } else { visit(&entry.path())? }
    }
    Ok(())
}

impl Subject {
    fn best(&self) -> Duration {
        self.built.iter().map(|built| built.time).min().unwrap_or_default()
    }

    fn crates(&self) -> usize {
        self.built.iter().map(|built| built.crates).max().unwrap_or_default()
    }
}

fn table(subjects: &[Subject]) -> String {
    let mut table = Table::new(&[
        "client",
        "time, turn by turn",
        "time of processors",
        "crates",
        "lines",
        "of them generated",
        "target folder",
    ]);
    for subject in subjects {
        let each = |of: fn(&Built) -> Option<Duration>| {
            let times = subject.built.iter().map(|built| of(built).map_or_else(|| "-".to_owned(), time));
            times.collect::<Vec<_>>().join(", ")
        };
        let size = subject.built.iter().map(|built| built.size).max().unwrap_or_default();
        table.row(vec![
            subject.name.to_owned(),
            each(|built| Some(built.time)),
            each(|built| built.processor),
            subject.crates().to_string(),
            subject.lines.0.to_string(),
            subject.lines.1.to_string(),
            format!("{} MiB", size / (1024 * 1024)),
        ]);
    }
    table.to_string()
}

/// What the client of this project is worse in than the other.
fn missed(own: (Duration, usize), other: (Duration, usize)) -> Vec<String> {
    let mut missed = Vec::new();
    if own.0 > other.0 {
        missed.push(format!("{} is slower than {}", time(own.0), time(other.0)));
    }
    if own.1 > other.1 {
        missed.push(format!("{} crates are more than {}", own.1, other.1));
    }
    missed
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_crate_counts_once_however_many_targets_it_has() {
        let messages = r#"{"reason":"compiler-artifact","package_id":"a","target":{"kind":["custom-build"]}}
{"reason":"build-script-executed","package_id":"a"}
{"reason":"compiler-artifact","package_id":"a","target":{"kind":["lib"]}}
{"reason":"compiler-artifact","package_id":"b"}
{"reason":"build-finished","success":true}"#;
        assert_eq!(crates(messages), 2);
    }

    #[test]
    fn slower_and_more_is_missed_and_equal_is_not() {
        let (less, more) = ((Duration::from_secs(1), 1), (Duration::from_secs(2), 2));
        assert!(missed(less, less).is_empty() && missed(less, more).is_empty());
        assert_eq!(missed(more, less), ["2000 ms is slower than 1000 ms", "2 crates are more than 1"]);
    }
}
