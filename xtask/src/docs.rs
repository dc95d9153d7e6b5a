//! `cargo xtask docs`: the documentation that the server serves at `/docs/`, as a site of files.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Result;

use crate::process::{cargo, run};
use crate::workspace::root;

#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// The folder to write it into
    #[arg(long, default_value = "target/docs")]
    pub(crate) out: PathBuf,
}

/// Writes the site, and prints what every operation has on its page.
///
/// # Errors
/// A folder cannot be written, or something is missing on a page.
pub(crate) fn write(arguments: &Arguments) -> Result<ExitCode> {
    let mut site = cargo();
    site.args(["run", "--quiet", "--locked", "--package", "invite-docs", "--"]).arg(root().join(&arguments.out));
    run(&mut site)?;
    Ok(ExitCode::SUCCESS)
}
