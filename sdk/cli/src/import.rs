//! `invite import`: one call for each row of a file.
//!
//! 1. `rows` reads the file whole and makes the input of a call of each row; what is wrong with a row is kept for its turn.
//! 2. `run` makes the calls, some at a time, until the rows or the patience of the user are at an end.
//!    Or `job` sends them all at once, where the service takes many.
//! 3. `report` says for each row what came of it, `progress` how far it is.
//!
//! A row that is refused does not stop the rest. What would happen to every row alike does: credentials that are not known,
//! a server that cannot be reached.

mod columns;
mod job;
mod lines;
mod progress;
mod report;
mod rows;
mod run;

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use crate::arguments::by_id;
use crate::command::Command;
use crate::connection::{Connection, given};
use crate::failure::{Code, Failure};
use crate::output::Printer;
use crate::program::{Session, runtime};
use crate::sdk::RetryClass;

/// What to import and how.
///
/// The first line of a CSV file names the columns: parameters and members as the help of the flow's command lists them, in
/// any letter case, with or without dashes. `permissions.group` is a member of a member. An empty cell is a member left out.
/// In JSON lines, each line is an object with the same names.
#[derive(Args, Debug)]
pub(crate) struct Arguments {
    /// The flow to invite through
    #[arg(long, value_name = "FLOW")]
    flow: Flow,
    /// The rows, `-` for standard input
    #[arg(long, value_name = "FILE")]
    pub(crate) file: PathBuf,
    /// Form of the rows [default: by the name of the file, else csv]
    #[arg(long, value_name = "FORM")]
    pub(crate) format: Option<Form>,
    /// A value for every row that has none of its own
    #[arg(long, value_name = "NAME=VALUE")]
    pub(crate) set: Vec<String>,
    /// The same from a file, `-` for standard input: for secrets
    #[arg(long, value_name = "NAME=FILE")]
    pub(crate) set_file: Vec<String>,
    /// How many calls are under way at a time
    #[arg(long, value_name = "NUMBER", default_value_t = 4, value_parser = clap::value_parser!(u8).range(1..=64))]
    pub(crate) concurrency: u8,
    /// Write what came of each row to a new file: CSV if it ends in .csv, else JSON lines
    #[arg(long, value_name = "FILE")]
    pub(crate) report: Option<PathBuf>,
    /// Send all rows as one job of this name, which the service does in the background: for Nexus
    #[arg(long, value_name = "NAME", conflicts_with = "dry_run")]
    pub(crate) job: Option<String>,
    /// Wait for the end of the job and for the result of each row
    #[arg(long, requires = "job")]
    pub(crate) wait: bool,
    /// With an API key: the member who is told by mail when the job has ended
    #[arg(long, value_name = "USER", requires = "job")]
    pub(crate) tell: Option<String>,
    /// Check what can be checked here in all rows, and send nothing
    #[arg(long)]
    pub(crate) dry_run: bool,
}

/// Each flow by what invites in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Flow {
    /// Users of a help desk: `invite muninx invite-user`
    Muninx,
    /// Users of the organization of the session: `invite kare invite-user-organization`
    Kare,
    /// Members of an organization: `invite nexus invite-organization-member`
    Nexus,
    /// Accounts of a signup link: `invite unleash signup`
    Unleash,
}

/// Form of the rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Form {
    /// Comma-separated, or separated by semicolons or tabs, with a line of names
    Csv,
    /// One JSON object a line
    Jsonl,
}

impl Flow {
    /// The operation that invites one person.
    fn operation(self) -> &'static str {
        match self {
            Self::Muninx => "muninx_invite_user",
            Self::Kare => "kare_invite_user_organization",
            Self::Nexus => "nexus_invite_organization_member",
            Self::Unleash => "unleash_signup",
        }
    }

    fn command(self) -> Result<&'static Command, Failure> {
        by_id(self.operation()).ok_or_else(|| Failure::usage(format!("there is no operation `{}`", self.operation())))
    }
}

/// Imports.
pub(crate) fn run(session: &mut Session<'_>, arguments: &Arguments) -> Result<Code, Failure> {
    let command = arguments.flow.command()?;
    if arguments.job.is_some() && arguments.flow != Flow::Nexus {
        return Err(Failure::usage("`--job` is for `--flow nexus`: the other flows take one person at a time"));
    }
    let of_flags = || given(&session.globals, &session.reader);
    // Credentials on standard input stand before the rows there, also where none is sent.
    let read = (arguments.file.as_os_str() == "-").then(of_flags).transpose()?;
    let mut rows = rows::read(command, arguments, &session.reader)?;
    let open =
        |printer: &Printer| report::Report::open(arguments.report.as_deref(), printer.clone(), arguments.dry_run);
    if arguments.dry_run {
        let mut report = open(&session.printer)?;
        let tally = run::dry(&rows, &mut report)?;
        return report.end(&tally);
    }
    let known = &mut session.printer.known;
    let of_flags = || read.map_or_else(of_flags, Ok);
    let connection = Connection::find(&session.globals, session.matches, of_flags, known)?;
    connection.check(&command.info)?;
    let client = connection.client(&session.globals)?;
    if client.makes_idempotency_keys() && command.info.retry == RetryClass::Keyed {
        rows.iter_mut().for_each(|row| row.add_key(command));
    }
    let job = arguments.job.as_deref().map(|name| job::Job::new(&client, &rows, name, arguments)).transpose()?;
    let runtime = runtime()?;
    let mut report = open(&session.printer)?;
    let tally = match &job {
        Some(job) => runtime.block_on(job.done(&mut report)),
        None => {
            let concurrency = usize::from(arguments.concurrency);
            let work = run::Work { command, client: &client, rows: &rows, concurrency };
            runtime.block_on(work.done(&mut report))
        }
    };
    let code = report.end(tally.as_ref().unwrap_or_else(|(tally, _)| tally));
    match tally {
        Ok(_) => code,
        Err((_, failure)) => Err(connection.explain(failure)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_flow_has_its_operation() {
        for flow in Flow::value_variants() {
            assert_eq!(flow.command().unwrap().id, flow.operation());
        }
        assert!(by_id(job::OPERATION).is_some() && by_id("get_import").is_some());
    }
}
