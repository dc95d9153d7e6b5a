//! `cargo xtask fuzz`: changes documents until one of them makes the generator panic, or the time is over.
//!
//! The short round with a fixed seed is an ordinary test (`xtask/codegen/tests/mutations.rs`); this one looks further and
//! remembers in `target/fuzz/corpus` what it has learnt.

use std::fs;
use std::process::{Command, ExitCode};

use anyhow::{Context, Result};

use crate::process::{cargo, run as run_command};
use crate::workspace::root;

const TARGET: &str = "mutated_documents";
/// Version of cargo-fuzz; its lock file comes with it.
const CARGO_FUZZ: &str = "0.13.2";

#[derive(clap::Args)]
#[command(after_help = "\
Exit status:
  0  no document made the generator panic
  1  one did; the last lines name the file that holds the bytes, and how to repeat it")]
pub(crate) struct Arguments {
    /// How long to look
    #[arg(long, default_value_t = 60)]
    seconds: u32,
    /// Run one input again, for example one that was found
    #[arg(long, conflicts_with = "seconds")]
    input: Option<std::path::PathBuf>,
}

pub(crate) fn run(arguments: &Arguments) -> Result<ExitCode> {
    let tools = root().join("target/tools/cargo");
    let program = tools.join("bin/cargo-fuzz");
    let stamp = tools.join(format!("cargo-fuzz-{CARGO_FUZZ}"));
    if !stamp.exists() || !program.exists() {
        run_command(
            cargo().args(["install", "--locked", "cargo-fuzz", "--version", CARGO_FUZZ, "--root"]).arg(&tools),
        )?;
        fs::write(&stamp, "").with_context(|| format!("cannot write {}", stamp.display()))?;
    }
    let fuzz = root().join("xtask/codegen/fuzz");
    let (corpus, artifacts) = (root().join("target/fuzz/corpus"), root().join("target/fuzz/artifacts"));
    for folder in [&corpus, &artifacts] {
        fs::create_dir_all(folder).with_context(|| format!("cannot create {}", folder.display()))?;
    }
    let mut command = Command::new(program);
    // No sanitizer: there is no unsafe code to watch, and it would need a nightly compiler.
    command.args(["fuzz", "run", "--sanitizer", "none", "--fuzz-dir"]).arg(&fuzz).arg(TARGET);
    command.env("CARGO_TARGET_DIR", root().join("target/fuzz")).current_dir(root());
    match &arguments.input {
        Some(input) => command.arg(input),
        None => command
            .arg(&corpus)
            .arg("--")
            .arg(format!("-max_total_time={}", arguments.seconds))
            .arg(format!("-artifact_prefix={}/", artifacts.display()))
            // Inputs are decisions, not text; a hundred of them change a document beyond recognition.
            // Several changes at once from the start: a document is slow to read, and single changes are soon known.
            .args(["-max_len=128", "-len_control=0", "-timeout=20", "-print_final_stats=1"]),
    };
    Ok(match run_command(&mut command) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            eprintln!("hint: repeat it with `cargo xtask fuzz --input target/fuzz/artifacts/FILE`");
            ExitCode::FAILURE
        }
    })
}
