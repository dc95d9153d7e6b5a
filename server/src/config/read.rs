//! From text to typed values, one function a kind of value.

use std::net::{IpAddr, SocketAddr};
use std::path::{Path, PathBuf};
use std::time::Duration;

use invite_domain::mail::Locale;
use url::Url;

use super::keys::{self, Key};
use super::limits;
use super::sources::Merged;
use super::{Config, Given, Problem, Setting, Source, Traffic};
use crate::logging::{self, LogFormat, LogSettings};
use crate::mail::{Destination, Sender, SmtpUrl, Templates, smtp_url};
use crate::server::Shutdown;
use crate::store::{self, Address};
use crate::traces::TraceSettings;

const DEFAULT_LISTEN: &str = "127.0.0.1:8080";
const DEFAULT_DATA_DIR: &str = "invite-data";
const DEFAULT_CHALLENGE_TTL: &str = "7d";
const DEFAULT_LOG_LEVEL: &str = "info";
const DEFAULT_LOG_FORMAT: &str = "auto";

const MINUTE: u64 = 60;
const DAY: u64 = 24 * 60 * MINUTE;
/// The shortest and the longest life of a challenge, in seconds.
const CHALLENGE_TTL_RANGE: std::ops::RangeInclusive<u64> = MINUTE..=365 * DAY;

/// How long a server that is to stop may go on.
const LONGEST_NOTICE: Duration = Duration::from_secs(5 * MINUTE);
/// How long a stop may wait, in seconds.
const DEADLINE_RANGE: std::ops::RangeInclusive<u64> = 1..=10 * MINUTE;

/// Reads key after key and collects what is wrong.
pub(super) struct Reader {
    merged: Merged,
    pub(super) problems: Vec<Problem>,
    pub(super) warnings: Vec<String>,
    pub(super) strangers: Vec<String>,
    pub(super) settings: Vec<Setting>,
}

impl Reader {
    pub(super) fn new(given: &Given) -> Self {
        let (mut problems, mut strangers) = (Vec::new(), Vec::new());
        let merged = Merged::read(given, &mut problems, &mut strangers);
        Self { merged, problems, warnings: Vec::new(), strangers, settings: Vec::new() }
    }

    /// Everything, or `None` if a value is missing because of a problem.
    pub(super) fn config(&mut self) -> Option<Config> {
        let listen = self.value(keys::LISTEN, DEFAULT_LISTEN, address);
        let tls = self.tls();
        let public_url = self.public_url(listen, tls.as_ref().is_some_and(Option::is_some));
        if let (Some(Some(tls)), Some(public_url)) = (&tls, &public_url) {
            self.doubt(tls, public_url);
        }
        let data_dir = self.path(keys::DATA_DIR, PathBuf::from(DEFAULT_DATA_DIR));
        let below = data_dir.clone().unwrap_or_default();
        let database = self.database(below.join("invite.db"));
        let server_key = self.path(keys::SERVER_KEY, below.join("server.key"));
        let sender = self.sender(public_url.as_ref());
        let destination = self.destination(&below);
        let language = self.value(keys::MAIL_LANGUAGE, Locale::default().as_str(), |text| {
            Locale::from_tag(text).ok_or_else(|| "not a language of mails".to_owned())
        });
        let templates = self.templates();
        let challenge_ttl = self.value(keys::CHALLENGE_TTL, DEFAULT_CHALLENGE_TTL, |text| {
            duration(text)
                .filter(|ttl| CHALLENGE_TTL_RANGE.contains(&ttl.as_secs()))
                .ok_or_else(|| "not a time from 1m to 365d".to_owned())
        });
        let traffic = self.traffic(&limits::PRODUCTION, tls.as_ref().is_some_and(Option::is_some));
        let level = self.value(keys::LOG_LEVEL, DEFAULT_LOG_LEVEL, |text| {
            logging::check_level(text).map(|()| text.to_owned()).map_err(|error| error.to_string())
        });
        let format = self.log_format();
        let traffic = traffic?;
        self.apart(listen?, traffic.metrics);
        Some(Config {
            listen: listen?,
            tls: tls?,
            public_url: public_url?,
            data_dir: data_dir?,
            database: database?,
            server_key: server_key?,
            sender: sender?,
            destination: destination?,
            language: language?,
            templates: templates?,
            challenge_ttl: challenge_ttl?,
            traffic,
            log: LogSettings { level: level?, format: format? },
        })
    }

    /// How the log looks.
    pub(super) fn log_format(&mut self) -> Option<LogFormat> {
        self.value(keys::LOG_FORMAT, DEFAULT_LOG_FORMAT, log_format)
    }

    /// What is about traffic and stopping.
    pub(super) fn traffic(&mut self, defaults: &limits::LimitDefaults, is_tls: bool) -> Option<Traffic> {
        let (gate, connections) = (self.gate(defaults), self.connections(defaults, is_tls));
        let (limits, proxies) = (self.limits(defaults), self.proxies());
        let (shutdown, metrics, traces) = (self.shutdown(), self.metrics(), self.traces());
        Some(Traffic {
            gate: gate?,
            connections: connections?,
            limits: limits?,
            proxies: proxies?,
            shutdown: shutdown?,
            metrics: metrics?,
            traces: traces?,
        })
    }

    /// How the server stops.
    pub(super) fn shutdown(&mut self) -> Option<Shutdown> {
        let notice = self.value(keys::SHUTDOWN_NOTICE, "0s", |text| {
            let notice = duration(text).filter(|notice| *notice <= LONGEST_NOTICE);
            notice.ok_or_else(|| "not a time from 0s to 5m".to_owned())
        });
        let deadline = self.value(keys::SHUTDOWN_DEADLINE, "20s", |text| {
            let deadline = duration(text).filter(|deadline| DEADLINE_RANGE.contains(&deadline.as_secs()));
            deadline.ok_or_else(|| "not a time from 1s to 10m".to_owned())
        });
        Some(Shutdown { notice: notice?, deadline: deadline? })
    }

    /// Where metrics are served.
    pub(super) fn metrics(&mut self) -> Option<Option<SocketAddr>> {
        self.value(keys::METRICS_LISTEN, "off", |text| match text {
            "off" => Ok(None),
            _ => address(text).map(Some),
        })
    }

    /// Two listeners cannot have one address. Found here, for a running server has both of its own.
    fn apart(&mut self, listen: SocketAddr, metrics: Option<SocketAddr>) {
        if let Some(metrics) = metrics.filter(|metrics| is_shared(listen, *metrics)) {
            let message = format!("listen ({listen}) and metrics.listen ({metrics}) are one address");
            self.problems.push(Problem::new(message, "give metrics.listen another port".to_owned()));
        }
    }

    /// Where spans go.
    fn traces(&mut self) -> Option<Option<TraceSettings>> {
        let endpoint = self.value(keys::TRACES_ENDPOINT, "off", |text| match text {
            "off" => Ok(None),
            _ => public_url(text).map(Some),
        });
        let share = self.value(keys::TRACES_SHARE, "1", |text| {
            let share = text.parse().ok().filter(|share: &f64| (0.0..=1.0).contains(share));
            share.ok_or_else(|| "not a number from 0 to 1".to_owned())
        });
        let (endpoint, share) = (endpoint?, share?);
        Some(endpoint.map(|endpoint| TraceSettings { endpoint, share }))
    }

    pub(super) fn value<T>(
        &mut self,
        key: &'static Key,
        default: &str,
        parse: impl FnOnce(&str) -> Result<T, String>,
    ) -> Option<T> {
        let before = self.problems.len();
        let (text, source) = match self.merged.get(key, &mut self.problems) {
            Some((text, source)) => (text, source),
            None if self.problems.len() > before => return None,
            None => (default.to_owned(), Source::Default),
        };
        match parse(text.trim()) {
            Ok(value) => {
                self.show(key, text.trim().to_owned(), source);
                Some(value)
            }
            Err(message) => {
                let message = format!("{message}: `{}`", without_userinfo(text.trim()));
                self.problems.push(Problem::at(key, &source, message, format!("write {}", key.form)));
                None
            }
        }
    }

    fn path(&mut self, key: &'static Key, default: PathBuf) -> Option<PathBuf> {
        self.value(key, &default.to_string_lossy(), |text| {
            if text.is_empty() { Err("empty path".to_owned()) } else { Ok(PathBuf::from(text)) }
        })
    }

    /// No part of what cannot be read is repeated: it may hold a password.
    fn database(&mut self, default: PathBuf) -> Option<Address> {
        let key = keys::DATABASE;
        let before = self.problems.len();
        let given = self.merged.get(key, &mut self.problems);
        if self.problems.len() > before {
            return None;
        }
        let (address, source) = match given {
            Some((text, source)) => (Address::parse(text.trim()), source),
            None => (Ok(Address::Sqlite(default)), Source::Default),
        };
        match address {
            Ok(address) => {
                self.show(key, address.to_string(), source);
                Some(address)
            }
            Err(error) => {
                self.problems.push(Problem::at(
                    key,
                    &source,
                    error,
                    format!("accepted forms: {}", store::ACCEPTED_FORMS),
                ));
                None
            }
        }
    }

    fn show(&mut self, key: &'static Key, value: String, source: Source) {
        self.settings.push(Setting { key: key.name, value, source });
    }

    /// Links never come from a request, so a server that others reach must be told its own name.
    fn public_url(&mut self, listen: Option<SocketAddr>, is_tls: bool) -> Option<Url> {
        let scheme = if is_tls { "https" } else { "http" };
        let default = match listen {
            Some(listen) if listen.ip().is_loopback() && listen.port() != 0 => format!("{scheme}://{listen}"),
            // Without `listen` that problem is the one to tell.
            Some(_) => String::new(),
            None => format!("http://{DEFAULT_LISTEN}"),
        };
        let url = self.value(keys::PUBLIC_URL, &default, |text| {
            if text.is_empty() {
                return Err("must be set when the server listens beyond loopback or on port 0".to_owned());
            }
            public_url(text)
        })?;
        let loopback = matches!(url.host_str(), Some("localhost" | "127.0.0.1" | "[::1]"));
        if url.scheme() == "http" && !loopback {
            self.warnings.push(format!("public_url {url} is not https: links in mails carry secrets"));
        }
        Some(url)
    }

    fn sender(&mut self, public_url: Option<&Url>) -> Option<Sender> {
        let default = Sender::for_host(public_url.and_then(Url::host_str).unwrap_or("localhost"));
        self.value(keys::MAIL_FROM, &default.to_string(), |text| Sender::parse(text).map_err(|error| error.to_string()))
    }

    /// Templates are tried here, so that `config check` tells of a mistake as a start does.
    fn templates(&mut self) -> Option<Templates> {
        let key = keys::MAIL_TEMPLATES;
        let before = self.problems.len();
        let given = self.merged.get(key, &mut self.problems);
        if self.problems.len() > before {
            return None;
        }
        let (shown, source) = given.unwrap_or_else(|| ("built-in".to_owned(), Source::Default));
        let folder = (source != Source::Default).then(|| Path::new(shown.trim()));
        match Templates::load(folder) {
            Ok(templates) => {
                self.show(key, shown, source);
                Some(templates)
            }
            Err(found) => {
                let problems = found.into_iter().map(|found| Problem::at(key, &source, &found, found.fix.clone()));
                self.problems.extend(problems);
                None
            }
        }
    }

    /// Of the ways to send mail the one from the strongest source counts; two from one source contradict each other.
    fn destination(&mut self, data_dir: &Path) -> Option<Destination> {
        let before = self.problems.len();
        let mut given: Vec<(&'static Key, String, Source)> = Vec::new();
        for key in [keys::MAIL_SMTP, keys::MAIL_SMTP_FILE, keys::MAIL_FOLDER] {
            if let Some((text, source)) = self.merged.get(key, &mut self.problems) {
                given.push((key, text, source));
            }
        }
        if self.problems.len() > before {
            return None;
        }
        let layer = |source: &Source| match source {
            Source::Default => 0,
            Source::File(_) => 1,
            Source::Environment(_) => 2,
            Source::Flag(_) => 3,
        };
        let strongest = given.iter().map(|(_, _, source)| layer(source)).max().unwrap_or(0);
        given.retain(|(_, _, source)| layer(source) == strongest);
        match given.as_slice() {
            [] => {
                let folder = data_dir.join("mailbox");
                self.warnings.push(format!(
                    "no mail server is configured: mails are written to {} and not sent; set {} or {}",
                    folder.display(),
                    keys::MAIL_SMTP.name,
                    keys::MAIL_SMTP.variable
                ));
                self.show(keys::MAIL_FOLDER, folder.display().to_string(), Source::Default);
                Some(Destination::Folder(folder))
            }
            [(key, text, source)] => {
                let (key, text, source) = (*key, text.clone(), source.clone());
                self.one_destination(key, text.trim(), source)
            }
            [(first, _, source), (second, ..), ..] => {
                let message = format!("contradicts {}", second.name);
                self.problems.push(Problem::at(first, source, message, "set one of them".to_owned()));
                None
            }
        }
    }

    fn one_destination(&mut self, key: &'static Key, text: &str, source: Source) -> Option<Destination> {
        if text.is_empty() {
            self.problems.push(Problem::at(key, &source, "empty", format!("write {}", key.form)));
            return None;
        }
        if key.name == keys::MAIL_FOLDER.name {
            self.show(key, text.to_owned(), source);
            return Some(Destination::Folder(PathBuf::from(text)));
        }
        let url = if key.name == keys::MAIL_SMTP_FILE.name {
            std::fs::read_to_string(text).map_err(|error| format!("cannot read {text}: {error}"))
        } else {
            Ok(text.to_owned())
        };
        // Neither the URL nor a part of it stands in the message: it may hold a password.
        match url.and_then(|url| SmtpUrl::parse(&url).map_err(|error| error.to_string())) {
            Ok(url) => {
                let file = if key.name == keys::MAIL_SMTP_FILE.name { format!("{text} -> ") } else { String::new() };
                self.show(key, format!("{file}{url}"), source);
                Some(Destination::Smtp(url))
            }
            Err(message) => {
                let fix = format!("accepted forms: {}", smtp_url::ACCEPTED_FORMS);
                self.problems.push(Problem::at(key, &source, message, fix));
                None
            }
        }
    }
}

/// A value for a message; a URL that is wrong may hold a password all the same.
fn without_userinfo(text: &str) -> String {
    match (text.split_once("://"), text.rsplit_once('@')) {
        (Some((scheme, _)), Some((_, rest))) => format!("{scheme}://***@{rest}"),
        _ => text.to_owned(),
    }
}

fn address(text: &str) -> Result<SocketAddr, String> {
    text.parse().map_err(|_| "not an IP address with a port".to_owned())
}

/// Whether the system gives both to one listener only. An address of no interface in particular is that of all.
fn is_shared(one: SocketAddr, other: SocketAddr) -> bool {
    let takes = |all: IpAddr, one: IpAddr| all.is_unspecified() && (all.is_ipv6() || one.is_ipv4());
    let (a, b) = (one.ip(), other.ip());
    one.port() == other.port() && one.port() != 0 && (a == b || takes(a, b) || takes(b, a))
}

fn log_format(text: &str) -> Result<LogFormat, String> {
    match text {
        "auto" => Ok(LogFormat::Auto),
        "text" => Ok(LogFormat::Text),
        "json" => Ok(LogFormat::Json),
        _ => Err("unknown format".to_owned()),
    }
}

fn public_url(text: &str) -> Result<Url, String> {
    let url = Url::parse(text).map_err(|error| format!("not a URL ({error})"))?;
    if !matches!(url.scheme(), "http" | "https") || url.host_str().is_none() {
        return Err("not an http or https URL".to_owned());
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err("must not hold a user or a password".to_owned());
    }
    if url.query().is_some() || url.fragment().is_some() {
        return Err("must not have a query or a fragment".to_owned());
    }
    Ok(url)
}

/// A whole number with one unit: `90s`, `30m`, `12h`, `7d`.
pub fn duration(text: &str) -> Option<Duration> {
    let unit = text.chars().last()?;
    let seconds = match unit {
        's' => 1,
        'm' => MINUTE,
        'h' => 60 * MINUTE,
        'd' => DAY,
        _ => return None,
    };
    let number: u64 = text.strip_suffix(unit)?.parse().ok()?;
    number.checked_mul(seconds).map(Duration::from_secs)
}
