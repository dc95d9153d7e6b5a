//! `cargo xtask faults`: what is left of a server's promises when it is killed, its database breaks, its disk is full and its
//! mail server misbehaves, as a table. The faults themselves are in `tests/faults`.

use std::process::{Command, ExitCode};

use anyhow::Result;

use crate::engine::Engines;
use crate::process::{cargo, run};
use crate::workspace::root;
use crate::{postgres, tools};

#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// How often to kill the server, on each engine; other faults come about as often as it takes as long
    #[arg(long, default_value_t = 200)]
    kills: u32,
    /// What the moments are drawn from
    #[arg(long, default_value_t = 1)]
    seed: u32,
    /// How many seconds PostgreSQL stands still; a server waits for 35
    #[arg(long, default_value_t = 50)]
    pause: u32,
    /// On which engine
    #[arg(long, value_enum, default_value_t = Engines::Both)]
    engine: Engines,
}

/// Connections that the PostgreSQL server has room for: few enough to take them all.
const CONNECTIONS: u32 = 60;

/// The long round, by hand.
pub(crate) fn run_long(arguments: &Arguments) -> Result<ExitCode> {
    faults(arguments)?;
    Ok(ExitCode::SUCCESS)
}

/// The short one, as a step of `check`.
pub(crate) fn run_short() -> Result<()> {
    faults(&Arguments { kills: 3, seed: 1, pause: 2, engine: Engines::Both })
}

/// Requests that nobody thought of, to a server as it is released, and nothing else.
pub(crate) fn requests(number: u64, seed: u32, engine: Engines) -> Result<()> {
    run(cargo().args(["build", "--release", "--locked", "--package", "invite-server"]))?;
    let arguments = Arguments { kills: 0, seed, pause: 0, engine };
    let program = root().join("target/release/invite-server");
    on_each(engine, || {
        let mut command = command(&arguments);
        command.env("INVITE_FAULTS_PROGRAM", &program).env("INVITE_FAULTS_ONLY_REQUESTS", "1");
        command.env("INVITE_FAULTS_REQUESTS", number.to_string());
        command
    })
}

fn faults(arguments: &Arguments) -> Result<()> {
    tools::python("python")?;
    on_each(arguments.engine, || command(arguments))
}

/// Never on a database that somebody else looks after.
fn on_each(engines: Engines, command: impl Fn() -> Command) -> Result<()> {
    engines.run(|| postgres::Database::own(CONNECTIONS, postgres::Commits::Quick), command)
}

fn command(arguments: &Arguments) -> Command {
    let mut command = cargo();
    // All of them, so that features are joined as in the other steps and nothing is built anew.
    command.args(["test", "--workspace", "--locked", "--test", "faults"]);
    let Arguments { kills, seed, pause, .. } = arguments;
    command.env("INVITE_FAULTS_KILLS", kills.to_string());
    command.env("INVITE_FAULTS_SEED", seed.to_string()).env("INVITE_FAULTS_PAUSE", pause.to_string());
    command
}
