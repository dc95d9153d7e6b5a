//! Logs: structured, on standard error, without secrets and without full addresses.
//!
//! Text when standard error is a terminal, one JSON object a line otherwise. Two gates keep secrets out: `drain` redacts
//! what dropshot logs, where it stands, and `writer` redacts every finished line once more, whoever wrote it.
//! The one line a request is written by the HTTP layer, not here.

use std::io::{self, IsTerminal as _};

use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::{EnvFilter, Layer, Registry};

#[cfg(test)]
pub(crate) mod buffer;
mod drain;
pub mod redact;
mod writer;

/// How log lines look.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum LogFormat {
    /// Text on a terminal, JSON otherwise.
    #[default]
    Auto,
    /// Text, always.
    Text,
    /// One JSON object a line, always.
    Json,
}

impl LogFormat {
    /// Whether lines on standard error are JSON.
    #[must_use]
    pub fn is_json(self) -> bool {
        match self {
            Self::Auto => !io::stderr().is_terminal(),
            Self::Text => false,
            Self::Json => true,
        }
    }
}

/// What is logged and how.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogSettings {
    /// A level (`error`, `warn`, `info`, `debug`, `trace`) for this program, or filter directives such as
    /// `info,invite_server=debug`.
    pub level: String,
    /// How lines look.
    pub format: LogFormat,
}

/// The logger could not be set up.
#[derive(Debug, thiserror::Error)]
pub enum LogError {
    /// The level is neither a level nor a list of directives.
    #[error(
        "`{0}` is no log level; use error, warn, info, debug or trace, or directives such as `info,invite_server=debug`"
    )]
    Level(String),
    /// Another subscriber is in place.
    #[error("logging was already set up in this process")]
    AlreadySet,
}

/// Sets up logging for the whole process, panics included: their text takes the same way through the redaction.
///
/// # Errors
///
/// When the level cannot be read, or when logging was set up before.
pub fn init(settings: &LogSettings) -> Result<(), LogError> {
    let subscriber = subscriber(&settings.level, settings.format.is_json(), io::stderr)?;
    tracing::subscriber::set_global_default(subscriber).map_err(|_| LogError::AlreadySet)?;
    std::panic::set_hook(Box::new(|panic| {
        let place = panic.location().map(ToString::to_string);
        tracing::error!(place, "panic: {}", panic.payload_as_str().unwrap_or("without a text"));
    }));
    Ok(())
}

/// Has errors of this thread logged in JSON, whatever was set up before and whatever level was asked for.
pub(crate) fn in_json(work: impl FnOnce()) {
    // Of a level that there is nothing can be wrong.
    if let Ok(subscriber) = subscriber("error", true, io::stderr) {
        tracing::subscriber::with_default(subscriber, work);
    }
}

/// Reads a level or a list of directives, without setting anything up.
///
/// # Errors
///
/// When it is neither.
pub fn check_level(level: &str) -> Result<(), LogError> {
    filter(level).map(|_| ())
}

/// A plain level is for this program and its HTTP layer; the libraries below stay at `warn`, because their `debug` lines are
/// many and not about invitations.
fn filter(level: &str) -> Result<EnvFilter, LogError> {
    let unknown = || LogError::Level(level.to_owned());
    let directives = match level.trim().to_ascii_lowercase().as_str() {
        plain @ ("error" | "warn" | "info" | "debug" | "trace") => {
            let libraries = if plain == "error" { "error" } else { "warn" };
            format!("{libraries},invite_server={plain},dropshot={plain}")
        }
        // `EnvFilter` would take any word for the name of a target.
        other if other.contains('=') || other.contains(',') => other.to_owned(),
        _ => return Err(unknown()),
    };
    EnvFilter::builder().parse(directives).map_err(|_| unknown())
}

fn subscriber<W>(level: &str, json: bool, writer: W) -> Result<impl tracing::Subscriber + Send + Sync, LogError>
where
    W: for<'a> MakeWriter<'a> + Send + Sync + 'static,
{
    let writer = writer::Redacted::new(writer);
    let lines = if json {
        tracing_subscriber::fmt::layer().json().flatten_event(true).with_writer(writer).boxed()
    } else {
        tracing_subscriber::fmt::layer().with_ansi(io::stderr().is_terminal()).with_writer(writer).boxed()
    };
    Ok(Registry::default().with(lines.with_filter(filter(level)?)))
}

/// The logger to give to dropshot: it redacts and passes on to tracing.
pub fn dropshot_logger() -> slog::Logger {
    slog::Logger::root(drain::RedactingDrain::new(drain::TracingSink), slog::o!())
}

#[cfg(test)]
mod tests {
    use super::buffer::Buffer;
    use super::*;

    fn logged(level: &str, json: bool, work: impl FnOnce()) -> String {
        let buffer = Buffer::default();
        let for_writer = buffer.clone();
        let subscriber = subscriber(level, json, move || for_writer.clone()).unwrap();
        tracing::subscriber::with_default(subscriber, work);
        buffer.text()
    }

    #[test]
    fn no_line_shows_a_secret_or_a_full_address_whoever_writes_it() {
        for json in [false, true] {
            let output = logged("debug", json, || {
                let secret = "act_CCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCC";
                tracing::info!(target: "invite_server::careless", link = format!("http://h/activate#challenge={secret}"), "for jane@example.com");
                let log =
                    dropshot_logger().new(slog::o!("uri" => format!("/invite/{secret}/signup"), "req_id" => "r-7"));
                slog::info!(log, "request completed");
            });
            assert!(!output.contains("CCCC"), "{output}");
            assert!(!output.contains("jane@"), "{output}");
            assert!(output.contains("/invite/{token}/signup"), "{output}");
            assert!(output.contains("r-7"), "{output}");
            assert_eq!(output.lines().count(), 2, "{output}");
        }
    }

    #[test]
    fn dropshot_is_silent_at_info() {
        let output = logged("info", true, || slog::info!(dropshot_logger(), "request completed"));
        assert_eq!(output, "");
    }

    #[test]
    fn json_lines_are_json() {
        let output = logged("info", true, || tracing::info!(target: "invite_server", status = 204, "request"));
        let line: serde_json::Value = serde_json::from_str(output.trim()).unwrap();
        assert_eq!((&line["message"], &line["status"]), (&"request".into(), &204.into()));
    }

    #[test]
    fn a_wrong_level_is_refused_with_the_levels_there_are() {
        for level in ["loud", "", "info=,=", "a=b=c"] {
            assert!(check_level(level).is_err(), "{level}");
        }
        for level in ["info", "DEBUG", "warn,invite_server=trace"] {
            assert!(check_level(level).is_ok(), "{level}");
        }
        assert!(check_level("loud").unwrap_err().to_string().contains("use error, warn"));
    }
}
