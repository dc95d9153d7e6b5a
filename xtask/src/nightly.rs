//! `cargo xtask nightly`: what takes too long for every change.

use std::process::ExitCode;

use anyhow::Result;

use crate::steps::{self, Arguments, Step};
use crate::{browser, clients, newcomer, prism, schemathesis, unleash};

/// What is checked, in steps like those of `check`.
const STEPS: &[Step] = &[
    ("newcomer", "the README leads from nothing to an invitation, and no step is missing", newcomer::check),
    ("clients", "clients in other languages, made by generators of others, drive all four flows", clients::check),
    (
        "prism",
        "the client understands another mock, and a proxy between it and the server finds nothing",
        prism::run_long,
    ),
    ("browser", "every page of the documentation is accessible, in light and dark", browser::check_every_page),
    ("unleash", "the report on a server that is not ours finds how Unleash's own departs", unleash::check),
    ("schemathesis", "the running server keeps the contract, whatever is drawn", schemathesis::run_nightly),
];

/// The names of the steps.
pub(crate) fn names() -> impl Iterator<Item = &'static str> {
    STEPS.iter().map(|(name, ..)| *name)
}

pub(crate) fn run_steps(arguments: &Arguments) -> Result<ExitCode> {
    steps::run("nightly", STEPS, arguments)
}
