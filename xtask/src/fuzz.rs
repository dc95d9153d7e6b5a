//! `cargo xtask fuzz`: looks for input that breaks something: documents that make the generator panic, requests that make a
//! server fail, and addresses, names, tokens and bodies that break what has to hold of any of them.
//!
//! Documents have a short round with a fixed seed in an ordinary test (`xtask/codegen/tests/mutations.rs`), requests in
//! `cargo xtask faults`, the others in `tests/it/properties.rs`. What a long round learns is remembered in
//! `target/fuzz/corpus`.

use std::fs;
use std::path::PathBuf;
use std::process::{Command, ExitCode};

use anyhow::{Context, Result};
use clap::ValueEnum;

use crate::engine::Engines;
use crate::faults;
use crate::process::{cargo, run as run_command};
use crate::workspace::root;

/// Version of cargo-fuzz; its lock file comes with it.
const CARGO_FUZZ: &str = "0.13.2";
/// A program that libFuzzer drives.
struct Fuzzer {
    /// The package that has it.
    folder: &'static str,
    name: &'static str,
    /// Whether the package has inputs to begin with.
    has_seeds: bool,
    options: &'static [&'static str],
}

const DOCUMENTS: Fuzzer = Fuzzer {
    folder: "xtask/codegen/fuzz",
    name: "mutated_documents",
    has_seeds: false,
    // Inputs are decisions, not text; a hundred of them change a document beyond recognition. Several changes at once from the
    // start: a document is slow to read, and single changes are soon known.
    options: &["-max_len=128", "-len_control=0", "-timeout=20"],
};

impl Fuzzer {
    /// One for input that the server gets.
    const fn of_input(name: &'static str, options: &'static [&'static str]) -> Self {
        Self { folder: "tests/fuzz", name, has_seeds: true, options }
    }
}

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
    input: Option<PathBuf>,
    /// How many requests
    #[arg(long, default_value_t = 1_000_000)]
    requests: u64,
    /// What requests are drawn from
    #[arg(long, default_value_t = 1)]
    seed: u32,
    /// On which engine the server gets the requests
    #[arg(long, value_enum, default_value_t = Engines::Both)]
    engine: Engines,
}

#[derive(Clone, Copy, ValueEnum)]
enum Target {
    /// Documents, for the generator
    Documents,
    /// Requests to a server, over all operations
    Requests,
    /// E-mail addresses, for their normal form
    Addresses,
    /// Names of people and things
    Names,
    /// Secrets, and headers that carry them
    Tokens,
    /// Bodies of JSON, against the document's schemas
    Bodies,
}

pub(crate) fn run(arguments: &Arguments) -> Result<ExitCode> {
    let fuzzer = match arguments.target {
        Target::Documents => DOCUMENTS,
        Target::Addresses => Fuzzer::of_input("addresses", &["-max_len=300"]),
        Target::Names => Fuzzer::of_input("names", &["-max_len=600"]),
        Target::Tokens => Fuzzer::of_input("tokens", &["-max_len=600"]),
        Target::Bodies => Fuzzer::of_input("bodies", &["-max_len=2000", "-timeout=20"]),
        Target::Requests => {
            faults::requests(arguments.requests, arguments.seed, arguments.engine)?;
            return Ok(ExitCode::SUCCESS);
        }
    };
    let folder = root().join(fuzzer.folder);
    let (corpus, artifacts) =
        (root().join("target/fuzz/corpus").join(fuzzer.name), root().join("target/fuzz/artifacts"));
    for folder in [&corpus, &artifacts] {
        fs::create_dir_all(folder).with_context(|| format!("cannot create {}", folder.display()))?;
    }
    let mut command = Command::new(installed()?);
    // No sanitizer: there is no unsafe code to watch, and it would need a nightly compiler.
    command.args(["fuzz", "run", "--sanitizer", "none", "--fuzz-dir"]).arg(&folder).arg(fuzzer.name);
    command.env("CARGO_TARGET_DIR", root().join("target/fuzz")).current_dir(root());
    match &arguments.input {
        Some(input) => command.arg(input),
        None => command
            .arg(&corpus)
            .args(fuzzer.has_seeds.then(|| folder.join("seeds").join(fuzzer.name)))
            .arg("--")
            .arg(format!("-max_total_time={}", arguments.seconds))
            .arg(format!("-artifact_prefix={}/", artifacts.display()))
            .args(fuzzer.options)
            .arg("-print_final_stats=1"),
    };
    Ok(match run_command(&mut command) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let target = arguments.target.to_possible_value();
            let target = target.as_ref().map_or(fuzzer.name, |value| value.get_name());
            eprintln!("error: {error:#}");
            eprintln!("hint: repeat it with `cargo xtask fuzz {target} --input target/fuzz/artifacts/FILE`");
            ExitCode::FAILURE
        }
    })
}

/// The program cargo-fuzz, installed if it is not there yet.
fn installed() -> Result<PathBuf> {
    let tools = root().join("target/tools/cargo");
    let program = tools.join("bin/cargo-fuzz");
    let stamp = tools.join(format!("cargo-fuzz-{CARGO_FUZZ}"));
    if !stamp.exists() || !program.exists() {
        run_command(
            cargo().args(["install", "--locked", "cargo-fuzz", "--version", CARGO_FUZZ, "--root"]).arg(&tools),
        )?;
        fs::write(&stamp, "").with_context(|| format!("cannot write {}", stamp.display()))?;
    }
    Ok(program)
}
