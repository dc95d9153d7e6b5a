//! `cargo xtask docs`: the documentation that the server serves at `/docs/`, as a site of files.

use std::path::PathBuf;
use std::process::{Command, ExitCode};

use anyhow::Result;

use crate::dev_server::built;
use crate::process::{build, run};
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
    build(&["--bin", "invite-docs"])?;
    run(Command::new(built("invite-docs")?).arg(root().join(&arguments.out)))?;
    Ok(ExitCode::SUCCESS)
}
