//! `cargo xtask bench server`: what the server bears on each engine. What is measured, and how, is in `tests/benches/load`.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context, Result};

use super::machine;
use crate::engine::Engines;
use crate::postgres::{self, Commits, Database};
use crate::process::cargo;
use crate::tools;

/// Connections to the database of another server.
const CONNECTIONS: u32 = 50;

#[derive(clap::Args)]
#[command(after_help = "\
What to measure:
  muninx kare nexus validate signup   next to the least that a server can do: all of them, or those that are named
  slow-sync MICROSECONDS CONNECTIONS [NAME]...
                                      the same on a disk that takes its time, simulated
  cost                                memory of a server that idles, and the time of a start
  growth COUNT...                     with so many invitations in the database already
  replicas COUNT...                   so many servers on one database, PostgreSQL only
  better-auth                         next to another server that invites people, which is installed below target/tools

Exit status:
  0  every demand is met
  1  one is missed; the tables say which")]
pub(crate) struct Arguments {
    /// On which engine; PostgreSQL commits to the disk
    #[arg(long, value_enum, default_value_t = Engines::Both)]
    engine: Engines,
    /// What to measure
    what: Vec<String>,
}

pub(crate) fn run(arguments: &Arguments) -> Result<ExitCode> {
    println!("{}", machine::describe(None));
    let mut code = ExitCode::SUCCESS;
    let what = arguments.what.first().map(String::as_str);
    // A file of SQLite has one server.
    let engines = if what == Some("replicas") { Engines::Postgres } else { arguments.engine };
    for engine in engines.each() {
        let mut command = cargo();
        command.args(["bench", "--quiet", "--locked", "--package", "contract-tests", "--bench", "load", "--"]);
        command.args(&arguments.what);
        // Its database is new each time, and there as long as it is needed.
        let other = if what == Some("better-auth") { Some(BetterAuth::prepare()?) } else { None };
        if let Some(BetterAuth { program, database }) = &other {
            command.env("BETTER_AUTH", program).env("BETTER_AUTH_DATABASE", database.url());
        }
        // What one engine misses says nothing of the other.
        if let Err(error) = engine.run(|| Database::find(Commits::Durable), &mut command) {
            eprintln!("error: {error:#}");
            code = ExitCode::FAILURE;
        }
    }
    Ok(code)
}

/// Another server that invites people, and a database for it.
struct BetterAuth {
    program: PathBuf,
    database: Database,
}

impl BetterAuth {
    fn prepare() -> Result<Self> {
        let program = tools::better_auth()?;
        let database = Database::own(CONNECTIONS, Commits::Durable)?.with_context(postgres::missing)?;
        Ok(Self { program, database })
    }
}
