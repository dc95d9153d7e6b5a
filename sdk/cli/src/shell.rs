//! Completions and manual, made of the same definition as the parser.

use std::path::PathBuf;

use clap::Args;
use clap_complete::Shell;

use crate::arguments::parser;
use crate::failure::Failure;
use crate::output::write;

const NAME: &str = "invite";

/// Which shell.
#[derive(Args, Debug)]
pub(crate) struct Completions {
    /// The shell
    shell: Shell,
}

/// Where the manual goes.
#[derive(Args, Debug)]
pub(crate) struct Man {
    /// Folder to write a page for each command into
    #[arg(long, value_name = "FOLDER")]
    folder: Option<PathBuf>,
}

/// Prints completions.
pub(crate) fn completions(arguments: &Completions) -> Result<(), Failure> {
    let mut text = Vec::new();
    clap_complete::generate(arguments.shell, &mut parser(), NAME, &mut text);
    write(&text)
}

/// Prints the page of the program, or writes all pages.
pub(crate) fn man(arguments: &Man) -> Result<(), Failure> {
    let failed = |error: std::io::Error| Failure::usage(format!("the manual cannot be written: {error}"));
    if let Some(folder) = &arguments.folder {
        std::fs::create_dir_all(folder).map_err(failed)?;
        return clap_mangen::generate_to(parser(), folder).map_err(failed);
    }
    let mut page = Vec::new();
    clap_mangen::Man::new(parser()).render(&mut page).map_err(failed)?;
    write(&page)
}
