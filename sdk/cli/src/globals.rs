//! Flags that every command has.

use std::convert::Infallible;
use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, ValueEnum};

use crate::generated::schemes::SCHEMES;
use crate::sdk::Scheme;

/// Where to go, as whom, and how to say what came of it.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "Common options")]
pub(crate) struct Globals {
    /// File of the profiles [default: `invite/config.toml` where the platform keeps configuration]
    #[arg(long, global = true, value_name = "FILE", env = "INVITE_CLI_CONFIG", hide_env_values = true)]
    pub(crate) config: Option<PathBuf>,
    /// Profile to use [default: the one that the file names]
    ///
    /// Named with this flag, its server and its credentials go before those of the environment.
    #[arg(long, global = true, value_name = "NAME", env = "INVITE_PROFILE", hide_env_values = true)]
    pub(crate) profile: Option<String>,
    /// Base URL of the service, or `muninx` or `kare` for what the vendor publishes, or `local`
    #[arg(long, global = true, value_name = "URL", env = "INVITE_SERVER", hide_env_values = true)]
    pub(crate) server: Option<String>,
    /// Allow plain http to a server that is not on this machine
    #[arg(long, global = true)]
    pub(crate) allow_insecure_http: bool,
    /// For a vendor's server at an address of its own, which knows no `Idempotency-Key`: none is made, no POST is repeated
    #[arg(long, global = true)]
    pub(crate) without_idempotency_keys: bool,
    /// Credential of a scheme, from a file or asked for; in place of a profile's
    ///
    /// SCHEME=FILE reads it from a file, `-` for standard input; SCHEME alone asks for it. Each scheme also has an environment
    /// variable: `muninxBearer` has INVITE_MUNINX_BEARER, which is not sent to another server than INVITE_SERVER where that is set.
    /// A user name and a password are written `name:password`.
    #[arg(long = "credential", global = true, value_name = "SCHEME[=FILE]", value_parser = source)]
    pub(crate) credentials: Vec<Source>,
    /// Form of answers and errors
    #[arg(
        long,
        global = true,
        value_name = "FORMAT",
        env = "INVITE_OUTPUT",
        hide_env_values = true,
        default_value = "table"
    )]
    pub(crate) output: Format,
    /// Longest time for a call, repetitions included [default: 30]
    #[arg(long, global = true, value_name = "SECONDS", env = "INVITE_TIMEOUT", hide_env_values = true, value_parser = seconds)]
    pub(crate) timeout: Option<Duration>,
    /// How often to send again what may be sent again; 0 for never [default: 2]
    #[arg(long, global = true, value_name = "NUMBER", env = "INVITE_RETRIES", hide_env_values = true)]
    pub(crate) retries: Option<u32>,
    /// Say what is sent where, never with what secrets
    #[arg(short, long, global = true)]
    pub(crate) verbose: bool,
    /// Say nothing but answers and errors
    #[arg(short, long, global = true, conflicts_with = "verbose")]
    pub(crate) quiet: bool,
}

/// Form of what is printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// For people
    Table,
    /// For programs
    Json,
}

/// Where a credential comes from.
#[derive(Clone, Debug)]
pub(crate) struct Source {
    /// None if there is no such scheme, which is told when the credential is wanted: a parser that refuses a value repeats
    /// it, and this one may be a secret.
    pub(crate) scheme: Option<Scheme>,
    pub(crate) file: Option<PathBuf>,
}

/// The scheme of a name as in the document, in any letter case.
pub(crate) fn scheme(name: &str) -> Option<Scheme> {
    SCHEMES.iter().map(|entry| entry.scheme).find(|scheme| scheme.name().eq_ignore_ascii_case(name))
}

/// Takes whatever it is given.
fn source(text: &str) -> Result<Source, Infallible> {
    let (name, file) = text.split_once('=').map_or((text, None), |(name, file)| (name, Some(PathBuf::from(file))));
    Ok(Source { scheme: scheme(name), file })
}

fn seconds(text: &str) -> Result<Duration, String> {
    let seconds = text.trim_end_matches('s').parse::<f64>().ok().filter(|seconds| *seconds > 0.0);
    seconds
        .and_then(|seconds| Duration::try_from_secs_f64(seconds).ok())
        .ok_or_else(|| "it is not a number of seconds above zero, such as 30 or 0.5".to_owned())
}
