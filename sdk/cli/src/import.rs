//! `invite import`: one call for each row of a file.

use clap::Args;

use crate::failure::{Code, Failure};
use crate::program::Session;

/// What to import and how.
#[derive(Args, Debug)]
pub(crate) struct Arguments {}

/// Imports.
pub(crate) fn run(_: &mut Session<'_>, _: &Arguments) -> Result<Code, Failure> {
    Err(Failure::usage("not yet"))
}
