//! The project's tasks: `cargo xtask help` lists them.

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

mod arazzo;
mod bench;
mod browser;
mod check;
mod clients;
mod contract;
mod corpus;
mod demo;
mod dev_server;
mod docs;
mod engine;
mod faults;
mod fifth_flow;
mod fuzz;
mod generate;
mod host;
mod lint;
mod markdown;
mod newcomer;
mod nightly;
mod other_document;
mod postgres;
mod prism;
mod process;
mod publish;
mod schemathesis;
mod stand_in;
mod standalone;
mod steps;
mod tidy;
mod tools;
mod unleash;
mod verdict;
mod watch;
mod workspace;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

#[derive(Parser)]
#[command(name = "cargo xtask", about = "The project's tasks", version)]
struct Arguments {
    #[command(subcommand)]
    task: Task,
}

#[derive(Subcommand)]
enum Task {
    /// Build, start a server, and drive all four flows through the SDK
    Demo,
    /// Everything that CI runs, or only the named steps
    Check(steps::Arguments),
    /// The long rounds, or only the named steps: what takes too long for every change
    Nightly(steps::Arguments),
    /// Hold a server that is not ours against the document, and say where it departs
    Contract(contract::Arguments),
    /// Cases that Schemathesis makes of the document, against a running server
    Schemathesis(schemathesis::Arguments),
    /// A folder of documents through the generator: generated, compiled, compared
    Corpus(corpus::Arguments),
    /// Rebuild everything that is generated from openapi/invite.yaml, or complete crates of any document
    Generate(generate::Arguments),
    /// What a change asks of users, as one semver answer, held against version and changelog
    Verdict(verdict::Arguments),
    /// Regenerate whenever openapi/invite.yaml is saved, until Ctrl-C
    Watch,
    /// Check a document against the rules, without generating anything
    Lint(lint::Arguments),
    /// Look for input that breaks the generator, the rules, or a server
    Fuzz(fuzz::Arguments),
    /// How fast things are, next to others, as a table
    Bench(bench::Arguments),
    /// What is left when servers are killed and what they need breaks, as a table
    Faults(faults::Arguments),
    /// Run a command beside a PostgreSQL server of its own
    Postgres(postgres::Arguments),
    /// Write the documentation of the API as a site of files, and print what it covers
    Docs(docs::Arguments),
}

fn main() -> ExitCode {
    if let Some(code) = verdict::stand_in() {
        return code;
    }
    let outcome = match Arguments::parse().task {
        Task::Demo => demo::run_demo(),
        Task::Check(arguments) => check::run_steps(&arguments),
        Task::Nightly(arguments) => nightly::run_steps(&arguments),
        Task::Contract(arguments) => contract::run(&arguments),
        Task::Schemathesis(arguments) => schemathesis::run_long(&arguments),
        Task::Corpus(arguments) => corpus::run(&arguments),
        Task::Generate(arguments) => generate::run(&arguments),
        Task::Verdict(arguments) => verdict::run(&arguments),
        Task::Watch => watch::run(),
        Task::Lint(arguments) => lint::run(&arguments),
        Task::Fuzz(arguments) => fuzz::run(&arguments),
        Task::Bench(arguments) => bench::run(&arguments),
        Task::Faults(arguments) => faults::run_long(&arguments),
        Task::Postgres(arguments) => postgres::beside(&arguments),
        Task::Docs(arguments) => docs::write(&arguments),
    };
    match outcome {
        Ok(code) => code,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}
