//! From arguments to exit code.

use std::ffi::OsString;
use std::fs::{self, File};
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Instant;

use clap::error::ErrorKind;
use clap::{ArgMatches, FromArgMatches as _, Subcommand};

use crate::arguments::{self, ALL, SECRETS_FILE, SHOW_SECRETS};
use crate::command::Command;
use crate::connection::{Connection, given};
use crate::exchange::{Answer, Content};
use crate::failure::{self, Code, Failure};
use crate::globals::{Format, Globals};
use crate::input::Input;
use crate::output::{Printer, pretty, to_milliseconds};
use crate::sdk::Client;
use crate::secret::Reader;
use crate::{gather, import, pages, profile, shell};

/// Commands beside those of the document.
#[derive(Debug, Subcommand)]
pub(crate) enum Own {
    /// Invite many people: one call for each row of a file
    Import(import::Arguments),
    /// Keep servers and credentials under names
    #[command(subcommand)]
    Profile(profile::Action),
    /// Print the completions of a shell
    Completions(shell::Completions),
    /// Print the manual, or write a page for each command
    Man(shell::Man),
}

/// What every command has at hand.
#[derive(Debug)]
pub(crate) struct Session<'a> {
    pub(crate) globals: Globals,
    pub(crate) matches: &'a ArgMatches,
    pub(crate) reader: Reader,
    pub(crate) printer: Printer,
}

/// Runs the program with `arguments`, of which the first is its name.
///
/// ```no_run
/// fn main() -> std::process::ExitCode {
///     invite_cli::main(std::env::args_os())
/// }
/// ```
pub fn main(arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    let arguments: Vec<OsString> = arguments.into_iter().collect();
    let matches = match arguments::parser().try_get_matches_from(&arguments) {
        Ok(matches) => matches,
        Err(error) => return refused(&error, &arguments),
    };
    let globals = match Globals::from_arg_matches(&matches) {
        Ok(globals) => globals,
        Err(error) => return refused(&error, &arguments),
    };
    let printer = Printer::new(&globals);
    let mut session = Session { globals, matches: &matches, reader: Reader::default(), printer };
    match run(&mut session) {
        Ok(code) => code.into(),
        Err(failure) => session.printer.failure(&failure).into(),
    }
}

/// Help goes to standard output and is a success; everything else is a misuse.
fn refused(error: &clap::Error, arguments: &[OsString]) -> ExitCode {
    if matches!(error.kind(), ErrorKind::DisplayHelp | ErrorKind::DisplayVersion) {
        // A reader that has gone away wanted no more.
        let _ = error.print();
        return ExitCode::SUCCESS;
    }
    if !wants_json(arguments) {
        let _ = error.print();
        return Code::Usage.into();
    }
    let text = error.to_string();
    let message = text.lines().next().unwrap_or_default().trim_start_matches("error: ").trim_end_matches(':');
    let lines = text.lines().skip(1).map(str::trim).filter(|line| !line.is_empty());
    let details = lines
        .take_while(|line| !line.starts_with("Usage:") && !line.starts_with("For more information"))
        .map(str::to_owned)
        .collect();
    let failure = Failure::usage(message).details(details).hint("see `invite --help`");
    Printer::early(Format::Json).failure(&failure).into()
}

/// Whether errors should be JSON, for a command line that cannot be understood.
fn wants_json(arguments: &[OsString]) -> bool {
    let typed =
        arguments.iter().zip(arguments.iter().skip(1)).any(|(flag, value)| flag == "--output" && value == "json");
    typed
        || arguments.iter().any(|argument| argument == "--output=json")
        || std::env::var_os("INVITE_OUTPUT").is_some_and(|value| value == "json")
}

fn run(session: &mut Session<'_>) -> Result<Code, Failure> {
    let Some((name, below)) = session.matches.subcommand() else { return Ok(Code::Done) };
    if let Some((command, matches)) =
        below.subcommand().and_then(|(operation, matches)| Some((arguments::find(name, operation)?, matches)))
    {
        return call(session, command, matches).map(|()| Code::Done);
    }
    let own = Own::from_arg_matches(session.matches).map_err(|error| Failure::usage(error.to_string()))?;
    match own {
        Own::Import(arguments) => import::run(session, &arguments),
        Own::Profile(action) => profile::run(session, action).map(|()| Code::Done),
        Own::Completions(arguments) => shell::completions(&arguments).map(|()| Code::Done),
        Own::Man(arguments) => shell::man(&arguments).map(|()| Code::Done),
    }
}

/// The runtime that calls are made on: one thread is enough for a program that waits.
pub(crate) fn runtime() -> Result<tokio::runtime::Runtime, Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    runtime.map_err(|error| Failure::usage(format!("the program cannot start: {error}")))
}

/// One call of an operation.
fn call(session: &mut Session<'_>, command: &'static Command, matches: &ArgMatches) -> Result<(), Failure> {
    let known = &mut session.printer.known;
    let of_flags = || given(&session.globals, &session.reader);
    let connection = Connection::find(&session.globals, session.matches, of_flags, known)?;
    connection.check(&command.info)?;
    let client = connection.client(&session.globals)?;
    let mut input = gather::input(command, matches, &session.reader)?;
    input.secrets.iter().for_each(|secret| session.printer.known.add(secret));
    let keep = match matches.try_get_one::<PathBuf>(SECRETS_FILE) {
        Ok(Some(path)) => Some(Keep::new(path)?),
        _ => None,
    };
    let (method, path) = (command.info.method, command.info.path);
    session.printer.detail(&format!("{method} {path} at {}", connection.server));
    let start = Instant::now();
    let is_set = |flag: &str| matches!(matches.try_get_one::<bool>(flag), Ok(Some(true)));
    let (all, show) = (is_set(ALL), is_set(SHOW_SECRETS));
    let answer = match runtime()?.block_on(answered(command, &client, &mut input, all)) {
        Ok(answer) => answer,
        Err(failure) => return Err(unread(connection.explain(failure), keep, show)),
    };
    session.printer.detail(&format!(
        "answered {} in {} ms at attempt {}, request {}",
        answer.status,
        start.elapsed().as_millis(),
        answer.attempts,
        answer.request_id
    ));
    let made = failure::Call {
        operation: command.id,
        server: connection.server.clone(),
        request_id: answer.request_id.clone(),
        attempts: answer.attempts,
        status: Some(answer.status),
        ..failure::Call::default()
    };
    hand_over(session, command, answer, keep, show).map_err(|failure| {
        failure.after_a_call().call(made).hint("the service has answered; the same command would make the call again")
    })
}

/// Makes the call. Ctrl-C ends it, so that nothing is left behind of what was made for it.
async fn answered(command: &Command, client: &Client, input: &mut Input, all: bool) -> Result<Answer, Failure> {
    tokio::select! {
        biased;
        answer = pages::call(command, client, input, all) => answer,
        Ok(()) = tokio::signal::ctrl_c() => Err(interrupted(command)),
    }
}

/// What Ctrl-C during a call leaves open.
fn interrupted(command: &Command) -> Failure {
    let failure = Failure::new(Code::Interrupted, "interrupted");
    if matches!(command.info.method, "GET" | "HEAD") {
        return failure;
    }
    failure.detail("the call was under way: whether the service acted is not known").in_doubt(true)
}

/// What becomes of a success that could not be read: it may hold the only copy of a secret.
fn unread(failure: Failure, keep: Option<Keep>, show: bool) -> Failure {
    let Some(body) = failure.parts().call.as_ref().and_then(|call| call.unread.clone()) else { return failure };
    if let Some(keep) = keep {
        let path = keep.path.clone();
        return match keep.write(&body.0) {
            Ok(()) => failure.detail(format!("the answer, as it came, is in {}", path.display())),
            Err(unwritten) => failure.detail(unwritten.line()),
        };
    }
    if show { failure.bare(&body) } else { failure }
}

/// Writes down what was answered.
fn hand_over(
    session: &Session<'_>,
    command: &Command,
    mut answer: Answer,
    keep: Option<Keep>,
    show: bool,
) -> Result<(), Failure> {
    if let Content::Json(body) = &mut answer.content {
        to_milliseconds(body, command.times, "");
    }
    if let (Some(keep), Content::Json(body)) = (keep, &answer.content) {
        let path = keep.path.clone();
        keep.write(format!("{}\n", pretty(body)).as_bytes())?;
        session.printer.note(&format!("the secrets are in {}", path.display()));
    }
    session.printer.answer(command, answer, show)
}

/// A file for secrets that come only once: made before the call, so that an answer is never lost for want of a place.
struct Keep {
    path: PathBuf,
    file: File,
    /// What has been begun may hold the only copy of a secret.
    begun: bool,
}

impl Keep {
    fn new(path: &PathBuf) -> Result<Self, Failure> {
        let mut options = fs::OpenOptions::new();
        options.write(true).create_new(true);
        #[cfg(unix)]
        {
            use std::os::unix::fs::OpenOptionsExt as _;
            options.mode(0o600);
        }
        let file = options.open(path).map_err(|error| {
            Failure::usage(format!("{} cannot be made: {error}", path.display()))
                .hint("name a file that does not exist yet")
        })?;
        Ok(Self { path: path.clone(), file, begun: false })
    }

    fn write(mut self, body: &[u8]) -> Result<(), Failure> {
        use std::io::Write as _;
        self.begun = true;
        let written = self.file.write_all(body).and_then(|()| self.file.sync_all());
        written.map_err(|error| {
            Failure::usage(format!("{} cannot be written: {error}", self.path.display()))
                .detail("what could be written of the answer is left there")
        })
    }
}

/// A call that failed leaves no empty file behind.
impl Drop for Keep {
    fn drop(&mut self) {
        if !self.begun {
            let _ = fs::remove_file(&self.path);
        }
    }
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn what_was_begun_of_a_secret_is_not_removed() {
        let folder = tempfile::tempdir().unwrap();
        let (path, left) = (folder.path().join("secret"), folder.path().join("left"));
        let mut keep = Keep::new(&path).unwrap_or_else(|failure| panic!("{}", failure.text()));
        keep.file = File::options().write(true).open("/dev/full").unwrap();
        let failure = keep.write(br#"{"token": "canary"}"#).unwrap_err();
        assert!(failure.text().contains("cannot be written"), "{}", failure.text());
        assert!(path.exists());
        drop(Keep::new(&left));
        assert!(!left.exists(), "nothing was written to it");
    }
}
