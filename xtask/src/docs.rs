//! `cargo xtask docs`: the page that the server serves at `/docs`, as a file.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Result;

use crate::process::{cargo, output};
use crate::workspace::{root, write_if_changed};

#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Where to write it
    #[arg(long, default_value = "target/docs/index.html")]
    out: PathBuf,
}

pub(crate) fn run(arguments: &Arguments) -> Result<ExitCode> {
    let page = output(cargo().args(["run", "--quiet", "--locked", "--package", "invite-server", "--", "docs"]))?;
    let path = root().join(&arguments.out);
    write_if_changed(&path, &page)?;
    println!("wrote {} ({} KiB); it makes no request to anywhere", arguments.out.display(), page.len() / 1024);
    Ok(ExitCode::SUCCESS)
}
