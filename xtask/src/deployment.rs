//! `cargo xtask contract`: a server that is not ours, held against the document. The program that does it belongs to the contract
//! tests; here it is built and handed its arguments.

use std::ffi::OsString;
use std::process::ExitCode;

use anyhow::{Context, Result};

use crate::process::cargo;
use crate::workspace::root;

#[derive(clap::Args)]
// Help is the program's own.
#[command(disable_help_flag = true)]
pub(crate) struct Arguments {
    /// What the program takes; `--help` says it
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    arguments: Vec<OsString>,
}

pub(crate) fn run(arguments: &Arguments) -> Result<ExitCode> {
    let mut program = cargo();
    program.args(["run", "--quiet", "--locked", "--manifest-path"]).arg(root().join("Cargo.toml"));
    program.args(["--package", "contract-tests", "--bin", "contract-report", "--"]).args(&arguments.arguments);
    // Files are named from where the caller is.
    let status = program.current_dir(std::env::current_dir()?).status().context("cannot start cargo")?;
    // What was ended by a signal could try nothing.
    Ok(status.code().and_then(|code| u8::try_from(code).ok()).map_or(ExitCode::from(2), ExitCode::from))
}
