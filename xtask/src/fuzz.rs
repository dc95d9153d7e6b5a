//! `cargo xtask fuzz`: looks for input that breaks something: documents that make the generator panic, requests that make a
//! server fail.
//!
//! Documents have a short round with a fixed seed in an ordinary test (`xtask/codegen/tests/mutations.rs`), requests in
//! `cargo xtask faults`. What a long round with documents learns is remembered in `target/fuzz/corpus`.

use std::fs;
use std::process::{Command, ExitCode};

use anyhow::{Context, Result};
use clap::ValueEnum;

use crate::faults::{self, Engine};
use crate::process::{cargo, run as run_command};
use crate::workspace::root;

/// Version of cargo-fuzz; its lock file comes with it.
const CARGO_FUZZ: &str = "0.13.2";
/// Where the target of documents is, and its name there.
const FOLDER: &str = "xtask/codegen/fuzz";
const TARGET: &str = "mutated_documents";

#[derive(clap::Args)]
#[command(after_help = "\
Exit status:
  0  nothing was found
  1  something was; the last lines name the file that holds the bytes, and how to repeat it, or the request")]
pub(crate) struct Arguments {
    /// What to look at
    #[arg(value_enum, default_value_t = Target::Documents)]
    target: Target,
    /// How long to look; requests are counted instead
    #[arg(long, default_value_t = 60)]
    seconds: u32,
    /// Run one input again, for example one that was found
    #[arg(long, conflicts_with = "seconds")]
    input: Option<std::path::PathBuf>,
    /// How many requests
    #[arg(long, default_value_t = 1_000_000)]
    requests: u64,
    /// What requests are drawn from
    #[arg(long, default_value_t = 1)]
    seed: u32,
    /// On which engine the server gets the requests
    #[arg(long, value_enum, default_value_t = Engine::Both)]
    engine: Engine,
}

#[derive(Clone, Copy, ValueEnum)]
enum Target {
    /// Documents, for the generator
    Documents,
    /// Requests to a server, over all operations
    Requests,
}

pub(crate) fn run(arguments: &Arguments) -> Result<ExitCode> {
    if matches!(arguments.target, Target::Requests) {
        faults::requests(arguments.requests, arguments.seed, arguments.engine)?;
        return Ok(ExitCode::SUCCESS);
    }
    let tools = root().join("target/tools/cargo");
    let program = tools.join("bin/cargo-fuzz");
    let stamp = tools.join(format!("cargo-fuzz-{CARGO_FUZZ}"));
    if !stamp.exists() || !program.exists() {
        run_command(
            cargo().args(["install", "--locked", "cargo-fuzz", "--version", CARGO_FUZZ, "--root"]).arg(&tools),
        )?;
        fs::write(&stamp, "").with_context(|| format!("cannot write {}", stamp.display()))?;
    }
    let fuzz = root().join(FOLDER);
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
            .arg("-max_len=128")
            // Several changes at once from the start: a document is slow to read, and single changes are soon known.
            .args(["-len_control=0", "-timeout=20", "-print_final_stats=1"]),
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
