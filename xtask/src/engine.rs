//! On which databases a task runs.

use std::process::Command;

use anyhow::Result;
use clap::ValueEnum;

use crate::postgres::{self, Database};
use crate::process::run;

/// One or both, as people choose.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Engines {
    Sqlite,
    Postgres,
    #[value(alias = "all")]
    Both,
}

/// One of them.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Engine {
    Sqlite,
    Postgres,
}

impl Engine {
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Sqlite => "sqlite",
            Self::Postgres => "postgres",
        }
    }

    /// Runs a command on it, on PostgreSQL beside a server that `find` brings; a machine that has none goes without.
    ///
    /// # Errors
    /// The command fails, or there is no PostgreSQL where there has to be.
    pub(crate) fn run(self, find: impl Fn() -> Result<Option<Database>>, command: &mut Command) -> Result<()> {
        match self {
            Self::Sqlite => run(command),
            Self::Postgres => match find()? {
                Some(database) => run(database.on(command)),
                None => postgres::do_without(),
            },
        }
    }
}

impl Engines {
    pub(crate) fn each(self) -> impl Iterator<Item = Engine> {
        [Engine::Sqlite, Engine::Postgres].into_iter().filter(move |engine| match self {
            Self::Sqlite => *engine == Engine::Sqlite,
            Self::Postgres => *engine == Engine::Postgres,
            Self::Both => true,
        })
    }

    /// As [`Engine::run`], on each.
    ///
    /// # Errors
    /// As there.
    pub(crate) fn run(self, find: impl Fn() -> Result<Option<Database>>, command: impl Fn() -> Command) -> Result<()> {
        self.each().try_for_each(|engine| engine.run(&find, &mut command()))
    }
}
