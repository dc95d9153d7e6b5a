//! `cargo xtask bench`: how fast things are, next to what others have, in one run and as a table.
//!
//! Each run is a process of its own, so that its peak memory is known and nothing is warm that a user would find cold.
//! Times are wall-clock, the best and the median of several runs. What is demanded of them is judged, and is the exit code;
//! neither a test nor a step of `check` runs this, because a busy machine makes nothing wrong.

mod build;
mod demands;
mod generate;
mod machine;
mod measure;
mod progenitor_alone;
mod server;
mod synthetic;
mod table;

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Result;

pub(crate) use generate::outside as openapi_generator;

#[derive(clap::Args)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    subject: Subject,
}

#[derive(clap::Subcommand)]
enum Subject {
    /// Clean builds of the client and of openapi-generator's; fails if ours is slower or has more crates
    Build(build::Arguments),
    /// From a document to Rust: this generator, progenitor alone, openapi-generator
    Generate(generate::Arguments),
    /// What the server bears, next to the least that a server can do; fails if a demand is missed
    Server(server::Arguments),
    /// Progenitor alone on one document; a run of `generate`
    #[command(hide = true)]
    Progenitor {
        /// JSON, as the generator lowers it
        document: PathBuf,
        /// The file to write
        out: PathBuf,
    },
}

pub(crate) fn run(arguments: &Arguments) -> Result<ExitCode> {
    match &arguments.subject {
        Subject::Build(arguments) => build::run(arguments),
        Subject::Generate(arguments) => generate::run(arguments),
        Subject::Server(arguments) => server::run(arguments),
        Subject::Progenitor { document, out } => progenitor_alone::run(document, out).map(|()| ExitCode::SUCCESS),
    }
}
