//! `cargo xtask contract`: a server that is not ours, held against the document. The program that does it belongs to the contract
//! tests; here it is built and handed its arguments.

use std::ffi::OsString;
use std::process::{Command, ExitCode};

use anyhow::{Result, ensure};

use crate::dev_server::built;
use crate::process::{aside, cargo};

#[derive(clap::Args)]
// Help is the program's own.
#[command(disable_help_flag = true)]
pub(crate) struct Arguments {
    /// What the program takes; `--help` says it
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    arguments: Vec<OsString>,
}

pub(crate) fn run(arguments: &Arguments) -> Result<ExitCode> {
    let status = program()?.args(&arguments.arguments).status()?;
    // What was ended by a signal could try nothing.
    Ok(status.code().and_then(|code| u8::try_from(code).ok()).map_or(ExitCode::from(2), ExitCode::from))
}

/// The program, built. Its files are named from where the caller is.
///
/// # Errors
/// It does not build.
pub(crate) fn program() -> Result<Command> {
    // With the whole workspace, so that features are joined as everywhere else and nothing is built twice. Standard output is the
    // report's.
    let build = aside(cargo().args(["build", "--quiet", "--locked", "--workspace", "--bin", "contract-report"]))?;
    ensure!(build.status.success(), "the program that makes the report does not build");
    Ok(Command::new(built("contract-report")?))
}
