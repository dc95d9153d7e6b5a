//! The configuration of `serve`: flags over environment (`INVITE_…`) over a TOML file over defaults.
//!
//! [`load`] reads everything and reports every problem at once, each with the key, where the value came from and how to mend
//! it. What it returns also says of each value where it came from, which is what `config check` prints. No value with a
//! password in it is repeated in a message.

use std::fmt;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use invite_domain::mail::Locale;
use url::Url;

use crate::app::Limits;
use crate::connections::ConnectionLimits;
use crate::gate::GateWidth;
use crate::logging::{LogFormat, LogSettings};
use crate::mail::{Destination, Sender, Templates};
use crate::proxies::Proxies;
use crate::server::Shutdown;
use crate::store::Address;
use crate::tls::Tls;
use crate::traces::TraceSettings;

pub mod keys;
mod limits;
mod read;
pub mod server_key;
mod sources;
mod tls;

pub use limits::{HIGH, LimitDefaults};
pub use read::duration;
pub use sources::{Given, Source};

/// What the server runs with.
#[derive(Debug, Clone)]
pub struct Config {
    /// Where to listen.
    pub listen: SocketAddr,
    /// The certificate to show; none: TLS ends elsewhere.
    pub tls: Option<Tls>,
    /// What links in mails begin with.
    pub public_url: Url,
    /// Where the server keeps its files.
    pub data_dir: PathBuf,
    /// Where the database is.
    pub database: Address,
    /// The file of the server key.
    pub server_key: PathBuf,
    /// Who mails are from.
    pub sender: Sender,
    /// Where mails go.
    pub destination: Destination,
    /// The language of mails to people who have not chosen one.
    pub language: Locale,
    /// How mails look and what they say.
    pub templates: Templates,
    /// How long a challenge lives.
    pub challenge_ttl: Duration,
    /// What is about traffic and stopping.
    pub traffic: Traffic,
    /// What is logged and how.
    pub log: LogSettings,
}

/// What of the configuration is about traffic and stopping.
#[derive(Debug, Clone)]
pub struct Traffic {
    /// How wide the gate before all operations is.
    pub gate: GateWidth,
    /// How many connections, and how long; none: whoever is in front sees to that.
    pub connections: Option<ConnectionLimits>,
    /// How often what may happen.
    pub limits: Limits,
    /// Who hands requests on.
    pub proxies: Proxies,
    /// How the server stops.
    pub shutdown: Shutdown,
    /// Where metrics are served; none: nowhere.
    pub metrics: Option<SocketAddr>,
    /// Where spans go; none: nowhere.
    pub traces: Option<TraceSettings>,
}

impl Config {
    /// The public URL without a slash at its end, to put paths behind.
    #[must_use]
    pub fn public_base(&self) -> String {
        self.public_url.as_str().trim_end_matches('/').to_owned()
    }
}

/// A value in force, as people may see it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Setting {
    /// The name of the key.
    pub key: &'static str,
    /// The value, without secrets.
    pub value: String,
    /// Where it comes from.
    pub source: Source,
}

/// A configuration with the story of its values.
#[derive(Debug)]
pub struct Loaded {
    /// What the server runs with.
    pub config: Config,
    /// Every value and its source, in the order of [`keys::KEYS`].
    pub settings: Vec<Setting>,
    /// What is allowed but may not be meant.
    pub warnings: Vec<String>,
    /// Environment variables that are written as a setting is and are none: a mistyped one has another server or database meant.
    pub strangers: Vec<String>,
}

/// Something that must be mended before the server can start.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// What is wrong, with the key and the source where there is one.
    pub message: String,
    /// What to do.
    pub fix: String,
}

impl Problem {
    pub(crate) fn new(message: String, fix: String) -> Self {
        Self { message, fix }
    }

    fn at(key: &keys::Key, source: &Source, message: impl fmt::Display, fix: String) -> Self {
        Self { message: format!("{} ({source}): {message}", key.name), fix }
    }
}

/// Reads the configuration.
///
/// # Errors
///
/// Every problem there is, not only the first.
pub fn load(given: &Given) -> Result<Loaded, Vec<Problem>> {
    let mut reader = read::Reader::new(given);
    let config = reader.config();
    match config {
        Some(config) if reader.problems.is_empty() => {
            let read::Reader { settings, warnings, strangers, .. } = reader;
            Ok(Loaded { config, settings, warnings, strangers })
        }
        _ => Err(reader.problems),
    }
}

/// Reads what is about traffic and stopping, for a server that takes nothing else from the configuration.
///
/// # Errors
///
/// Every problem there is.
pub fn load_traffic(given: &Given, defaults: &LimitDefaults) -> Result<Traffic, Vec<Problem>> {
    let mut reader = read::Reader::new(given);
    match reader.traffic(defaults, false) {
        Some(traffic) if reader.problems.is_empty() => Ok(traffic),
        _ => Err(reader.problems),
    }
}

/// How the log looks, whatever else is wrong: also the reason why a server does not start is told there.
#[must_use]
pub fn log_format(given: &Given) -> LogFormat {
    read::Reader::new(given).log_format().unwrap_or_default()
}

#[cfg(test)]
mod tests;
