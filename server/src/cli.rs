//! The command line: `serve`, `dev`, `config check`, and what operators do, one module a noun.
//!
//! Exit codes: 0 for success, 2 for what the caller can mend (usage, configuration, environment), 1 for the unexpected.
//! Errors go to standard error as `error:` lines with `hint:` lines below them, those of a server that logs in JSON as lines of its
//! log; results go to standard output.

use std::ffi::OsString;
use std::io::{ErrorKind, Write as _};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::LazyLock;

use clap::{Parser, Subcommand};

use self::failure::Failure;
use self::flags::SettingFlags;
use self::traffic_flags::TrafficFlags;
use crate::store::schema_version;

mod check;
mod copy;
mod dev;
mod events;
mod failure;
mod flags;
mod key;
mod mail;
mod operator;
mod organization;
mod outbox;
mod output;
mod reload;
pub(crate) mod run;
mod secret;
mod serve;
mod server_key;
mod signals;
mod supervisor;
mod token;
mod traffic_flags;
mod user;

/// The program's, and that of the schema that it needs: programs of one version may differ in it between two releases.
static VERSION: LazyLock<String> =
    LazyLock::new(|| format!("{} (schema {})", env!("CARGO_PKG_VERSION"), schema_version()));

/// Invites people: four invite APIs, one server.
#[derive(Parser)]
#[command(
    name = "invite-server",
    version = VERSION.as_str(),
    subcommand_required = true,
    arg_required_else_help = true,
    after_help = "Exit codes: 0 success, 2 usage, configuration or environment, 1 anything unexpected."
)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Run the server from its configuration
    #[command(
        after_help = "Flags win over environment variables (INVITE_LISTEN, INVITE_MAIL_SMTP, ...), those over the \
        TOML file, that over defaults.\n`invite-server config check` shows what is in force and why."
    )]
    Serve {
        #[command(flatten)]
        settings: Box<SettingFlags>,
    },
    /// Run a world to try things in: two tenants with an admin and one credential of every kind each
    #[command(after_help = "When it is ready, DIR/dev.json holds the URL and all credentials. They stay valid over \
        restarts.\nIt listens on loopback only, because dev.json is all that keeps others out.")]
    Dev {
        /// Loopback address to listen on; port 0 picks a free port
        #[arg(long, value_name = "ADDR:PORT", default_value = "127.0.0.1:8080")]
        listen: SocketAddr,
        /// Where the world lives; made if it is not there
        #[arg(long, value_name = "DIR", default_value = "invite-dev")]
        data_dir: PathBuf,
        /// Database: a file, or the URL of a PostgreSQL database [default: DIR/invite.db]
        #[arg(long, value_name = "FILE|URL")]
        database: Option<String>,
        /// Send mails to this SMTP server instead of writing them to DIR/mailbox
        #[arg(long, value_name = "URL")]
        smtp: Option<String>,
        #[command(
            flatten,
            next_help_heading = "Traffic, as of `serve`, but with limits so high that nobody meets them"
        )]
        traffic: Box<TrafficFlags>,
    },
    /// Look at the configuration
    Config {
        #[command(subcommand)]
        command: ConfigCommand,
    },
    /// Make, lock and list organizations
    Organization {
        #[command(subcommand)]
        command: organization::OrganizationCommand,
    },
    /// List, show, lock out and let in people
    User {
        #[command(subcommand)]
        command: user::UserCommand,
    },
    /// Make, end and list tokens
    Token {
        #[command(subcommand)]
        command: token::TokenCommand,
    },
    /// Make, end and list the keys of programs
    Key {
        #[command(subcommand)]
        command: key::KeyCommand,
    },
    /// Find out what a leaked secret is, and end it
    Secret {
        #[command(subcommand)]
        command: secret::SecretCommand,
    },
    /// Look at mails that were not delivered, try them again, take them out
    Outbox {
        #[command(subcommand)]
        command: outbox::OutboxCommand,
    },
    /// Look at who did what
    Events {
        #[command(subcommand)]
        command: events::EventsCommand,
    },
    /// Look at what mails say, and send one to try
    Mail {
        #[command(subcommand)]
        command: mail::MailCommand,
    },
    /// Follow one server key by another
    ServerKey {
        #[command(subcommand)]
        command: server_key::ServerKeyCommand,
    },
    /// Move everything to an empty database of the other kind: from SQLite to PostgreSQL, or back
    #[command(
        after_help = "Stop the servers first. It is all there afterwards, compared value by value, or nothing is.\n\
        The server key goes along by hand: what is sealed stays sealed under it."
    )]
    Copy {
        #[command(flatten)]
        flags: copy::CopyFlags,
    },
}

#[derive(Subcommand)]
enum ConfigCommand {
    /// Print every value in force and where it comes from, and look at everything that a start looks at; nothing is changed
    Check {
        #[command(flatten)]
        settings: Box<SettingFlags>,
    },
}

/// Runs the program with these arguments, the program's name first.
pub fn main(arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    let cli = match Cli::try_parse_from(arguments) {
        Ok(cli) => cli,
        Err(error) => {
            // Help and version are not errors; clap knows where to print which, and the code for wrong usage is 2.
            let _ = error.print();
            return if error.use_stderr() { ExitCode::from(2) } else { ExitCode::SUCCESS };
        }
    };
    match run(cli.command) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            failure.tell();
            failure.exit_code()
        }
    }
}

fn run(command: Command) -> Result<(), Failure> {
    match command {
        Command::Serve { settings } => block_on(serve::serve(settings.given())),
        Command::Dev { listen, data_dir, database, smtp, traffic } => {
            block_on(dev::dev(dev::DevOptions { listen, data_dir, database, smtp, traffic: *traffic }))
        }
        Command::Copy { flags } => block_on(copy::copy(flags)),
        Command::Config { command: ConfigCommand::Check { settings } } => {
            block_on(async { check::check(&settings.given()).await })
        }
        Command::Organization { command } => organization::run(command),
        Command::User { command } => user::run(command),
        Command::Token { command } => token::run(command),
        Command::Key { command } => key::run(command),
        Command::Secret { command } => secret::run(command),
        Command::Outbox { command } => outbox::run(command),
        Command::Events { command } => events::run(command),
        Command::Mail { command } => block_on(mail::run(command)),
        Command::ServerKey { command } => server_key::run(command),
    }
}

/// Prints to standard output. A reader that closed the pipe has seen enough.
///
/// # Errors
///
/// When it cannot be written.
pub(crate) fn print(text: &str) -> Result<(), Failure> {
    match write(text) {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => {
            let failure = Failure::unexpected("cannot write to standard output", &error);
            Err(failure.with_hint("send it elsewhere; what the command has changed stays changed"))
        }
        _ => Ok(()),
    }
}

fn write(text: &str) -> std::io::Result<()> {
    let mut out = std::io::stdout().lock();
    out.write_all(text.as_bytes()).and_then(|()| out.flush())
}

/// Says something beside the result, where it does not get into the way of programs.
fn remark(text: &str) {
    // If nobody listens there, the result is what matters.
    let _ = writeln!(std::io::stderr(), "{text}");
}

fn block_on(work: impl Future<Output = Result<(), Failure>>) -> Result<(), Failure> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(|error| Failure::unexpected("cannot start the runtime", &error))?;
    let outcome = runtime.block_on(work);
    // Whatever still runs has been waited for as long as it may.
    runtime.shutdown_background();
    outcome
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn wrong_usage_is_exit_code_2_and_help_is_0() {
        let code = |arguments: &[&str]| main(arguments.iter().map(OsString::from));
        assert_eq!(code(&["invite-server", "--help"]), ExitCode::SUCCESS);
        assert_eq!(code(&["invite-server", "serve", "--no-such-flag"]), ExitCode::from(2));
        assert_eq!(code(&["invite-server", "dev", "--listen", "nowhere"]), ExitCode::from(2));
        assert_eq!(code(&["invite-server"]), ExitCode::from(2));
    }
}
