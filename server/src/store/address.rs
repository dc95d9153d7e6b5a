//! Where the database is: a file of SQLite, or the URL of a PostgreSQL database.

use std::fmt;
use std::net::IpAddr;
use std::path::PathBuf;
use std::time::Duration;

use tokio_postgres::Config;
use tokio_postgres::config::{Host, SslMode, TargetSessionAttrs};

/// What can be written where a database is asked for.
pub const ACCEPTED_FORMS: &str = "a file, sqlite:FILE, or postgres://user:password@host:5432/database, \
                                  with ?sslmode=disable or require, and ?sslrootcert=FILE";

/// Under which name PostgreSQL sees this program, unless the URL says another.
const SERVER: &str = "invite-server";

/// How long to try to reach a server.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// The same of each where the URL names several: whoever waits for a connection waits for those before it in the list, too.
const CONNECT_TIMEOUT_OF_SEVERAL: Duration = Duration::from_secs(2);
/// How long to wait for an answer: longer than the server lets a statement run (`SETTINGS`), so that only a server that says nothing
/// at all is given up.
pub(super) const ANSWER: Duration = Duration::from_secs(35);
/// After how long a connection is given up that nothing comes back from.
const SILENCE: Duration = Duration::from_secs(30);
/// How a connection is looked after on which nothing is said: its other end may have gone without a word, and the lock by which
/// this server is found with it. By itself the system looks after two hours.
const KEEPALIVE_IDLE: Duration = Duration::from_secs(30);
const KEEPALIVE_INTERVAL: Duration = Duration::from_secs(10);
const KEEPALIVE_RETRIES: u32 = 3;
/// What the server shall do to statements and transactions that hang, in milliseconds; and that it plans along indexes, which all
/// statements have. It keeps a plan until it gathers statistics of its tables. Made when they were empty, or for questions that nearly
/// always find nothing, it would read a whole table, or all that an index has (of the outbox's, each mail since the last vacuum).
const SETTINGS: &str = "-c statement_timeout=30000 -c lock_timeout=5000 -c idle_in_transaction_session_timeout=60000 \
                        -c enable_seqscan=off -c enable_bitmapscan=off -c jit=off";

/// Where the database is.
#[derive(Clone)]
pub enum Address {
    /// A file of SQLite, which is made if it is missing.
    Sqlite(PathBuf),
    /// A database of a PostgreSQL server.
    Postgres(Box<PostgresAddress>),
}

/// How to reach a PostgreSQL database.
#[derive(Clone)]
pub struct PostgresAddress {
    pub(super) config: Config,
    /// A file with the certificates of authorities that the server's certificate may come from.
    pub(super) authorities: Option<PathBuf>,
    /// How long to wait for an answer.
    pub(super) answer: Duration,
}

/// Why a text is no address; without a part of it, because it may hold a password.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct AddressError(String);

impl Address {
    /// Reads an address.
    ///
    /// # Errors
    /// What is wrong, without the password.
    pub fn parse(text: &str) -> Result<Self, AddressError> {
        match text.split_once(':') {
            _ if text.is_empty() => Err(AddressError("empty".to_owned())),
            Some(("postgres" | "postgresql", rest)) if rest.starts_with("//") => {
                Ok(Self::Postgres(Box::new(PostgresAddress::parse(text)?)))
            }
            Some(("postgres" | "postgresql", _)) => Err(AddressError("the URL lacks its //".to_owned())),
            Some(("sqlite", "")) => Err(AddressError("sqlite: without a file".to_owned())),
            Some(("sqlite", path)) => Ok(Self::Sqlite(PathBuf::from(path))),
            _ if has_keys(text) => {
                Err(AddressError("the key=value form of PostgreSQL is not read here, use postgres://".to_owned()))
            }
            Some((scheme, rest)) if rest.starts_with("//") => {
                Err(AddressError(format!("{scheme}: is no kind of database that this server knows")))
            }
            Some(_) | None => Ok(Self::Sqlite(PathBuf::from(text))),
        }
    }
}

/// Whether a text is what PostgreSQL's own programs take beside a URL, and no name of a file: that would be shown, with the
/// password in it.
fn has_keys(text: &str) -> bool {
    let text: String = text.to_ascii_lowercase().split_whitespace().collect();
    text.contains("password=") || ["host=", "hostaddr=", "user=", "dbname="].iter().any(|key| text.starts_with(key))
}

/// Without the password.
impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Sqlite(path) => write!(f, "{}", path.display()),
            Self::Postgres(address) => address.fmt(f),
        }
    }
}

impl fmt::Debug for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl PostgresAddress {
    fn parse(text: &str) -> Result<Self, AddressError> {
        let wrong = |message: String| AddressError(message);
        let (base, query) = text.split_once('?').unwrap_or((text, ""));
        let (mut mode, mut authorities, mut rest) = (None, None, Vec::new());
        for pair in query.split('&').filter(|pair| !pair.is_empty()) {
            match pair.split_once('=') {
                Some(("sslmode", value)) => mode = Some(value),
                Some(("sslrootcert", value)) => {
                    let path = percent_encoding::percent_decode_str(value).decode_utf8_lossy().into_owned();
                    authorities = Some(PathBuf::from(path));
                }
                _ => rest.push(pair),
            }
        }
        if query.contains('@') {
            return Err(wrong("a `?` in the user or the password is written as %3F".to_owned()));
        }
        // The driver takes what follows the first one for the host, which is shown.
        if base.matches('@').count() > 1 {
            return Err(wrong("an `@` in the user or the password is written as %40".to_owned()));
        }
        let mut config: Config = format!("{base}?{}", rest.join("&"))
            .parse()
            .map_err(|error: tokio_postgres::Error| wrong(unreadable(&error, base, &rest)))?;
        let is_near = is_near(&config);
        config.ssl_mode(match mode {
            Some("disable") => SslMode::Disable,
            Some("require" | "verify-full") => SslMode::Require,
            None if is_near => SslMode::Disable,
            None => SslMode::Require,
            Some(_) => {
                return Err(wrong(
                    "sslmode is disable, or require, by which the server's certificate is verified".to_owned(),
                ));
            }
        });
        if config.get_hosts().is_empty() {
            return Err(wrong("the URL names no host".to_owned()));
        }
        if config.get_dbname().is_none() {
            return Err(wrong("the URL names no database".to_owned()));
        }
        set_defaults(&mut config, &rest);
        // What the operator says comes later and wins.
        let options = [Some(SETTINGS), config.get_options()].into_iter().flatten().collect::<Vec<_>>().join(" ");
        config.options(options);
        Ok(Self { config, authorities, answer: ANSWER })
    }

    /// How long it may take until there is a connection: each host of the list has its time.
    pub(super) fn patience(&self) -> Duration {
        let each = self.config.get_connect_timeout().copied().unwrap_or(CONNECT_TIMEOUT);
        each.saturating_mul(self.config.get_hosts().len().try_into().unwrap_or(u32::MAX))
    }
}

/// What the driver says of a URL that it cannot read. Of its causes only those are told that name a parameter, and none where that
/// name may be a part of a password.
fn unreadable(error: &tokio_postgres::Error, base: &str, parameters: &[&str]) -> String {
    let cause = std::error::Error::source(error).map(ToString::to_string).unwrap_or_default();
    let names_one = ["unknown option `", "invalid value for option `"].iter().any(|words| cause.starts_with(words));
    let has_path = base.matches('/').count() > 2;
    let has_password = parameters.iter().any(|pair| pair.starts_with("password="));
    if names_one && has_path && !has_password { format!("{error}: {cause}") } else { error.to_string() }
}

/// Settings of connections that the URL leaves open; `said` are its parameters.
fn set_defaults(config: &mut Config, said: &[&str]) {
    let says = |key: &str| said.iter().any(|pair| pair.split('=').next() == Some(key));
    if config.get_application_name().is_none() {
        config.application_name(SERVER);
    }
    if config.get_connect_timeout().is_none() {
        let has_several = config.get_hosts().len() > 1;
        config.connect_timeout(if has_several { CONNECT_TIMEOUT_OF_SEVERAL } else { CONNECT_TIMEOUT });
    }
    if config.get_tcp_user_timeout().is_none() {
        config.tcp_user_timeout(SILENCE);
    }
    if !says("keepalives_idle") {
        config.keepalives_idle(KEEPALIVE_IDLE);
    }
    if config.get_keepalives_interval().is_none() {
        config.keepalives_interval(KEEPALIVE_INTERVAL);
    }
    if config.get_keepalives_retries().is_none() {
        config.keepalives_retries(KEEPALIVE_RETRIES);
    }
    // Of several hosts, the one that takes changes; a standby is none, also where it is the only one that answers. That is asked
    // once for each connection.
    if !says("target_session_attrs") {
        config.target_session_attrs(TargetSessionAttrs::ReadWrite);
    }
}

/// Whether all that is said stays on this machine. Where an address is given beside the name of a host, it is what counts.
fn is_near(config: &Config) -> bool {
    let host = |host: &Host| match host {
        Host::Tcp(name) => name == "localhost" || name.parse().is_ok_and(|address: IpAddr| address.is_loopback()),
        #[cfg(unix)]
        Host::Unix(_) => true,
    };
    config.get_hosts().iter().all(host) && config.get_hostaddrs().iter().all(IpAddr::is_loopback)
}

impl fmt::Display for PostgresAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("postgres://")?;
        if let Some(user) = self.config.get_user() {
            let password = if self.config.get_password().is_some() { ":***" } else { "" };
            write!(f, "{user}{password}@")?;
        }
        let ports = self.config.get_ports();
        for (index, host) in self.config.get_hosts().iter().enumerate() {
            f.write_str(if index == 0 { "" } else { "," })?;
            match host {
                Host::Tcp(name) if name.contains(':') => write!(f, "[{name}]")?,
                Host::Tcp(name) => f.write_str(name)?,
                #[cfg(unix)]
                Host::Unix(path) => f.write_str(&path.display().to_string())?,
            }
            if let Some(port) = ports.get(index).or(ports.first()) {
                write!(f, ":{port}")?;
            }
        }
        write!(f, "/{}", self.config.get_dbname().unwrap_or_default())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str) -> String {
        Address::parse(text).map_or_else(|error| format!("error: {error}"), |address| address.to_string())
    }

    fn config(text: &str) -> Config {
        match Address::parse(text) {
            Ok(Address::Postgres(address)) => address.config,
            other => panic!("{text}: {other:?}"),
        }
    }

    #[test]
    fn files_and_urls_are_told_apart_and_no_password_is_shown() {
        for (text, expected) in [
            ("invite.db", "invite.db"),
            ("sqlite:data/invite.db", "data/invite.db"),
            ("sqlite:host=1.db", "host=1.db"),
            ("postgres://ann:s3cret@db.example:5433/invite", "postgres://ann:***@db.example:5433/invite"),
            ("postgresql://ann@localhost/invite?sslmode=disable", "postgres://ann@localhost:5432/invite"),
            ("postgres://ann@[::1]/invite", "postgres://ann@[::1]:5432/invite"),
            (
                "postgres:///invite?host=/run/postgresql&user=ann&password=s3cret",
                "postgres://ann:***@/run/postgresql/invite",
            ),
        ] {
            assert_eq!(shown(text), expected, "{text}");
        }
        for text in [
            "",
            "sqlite:",
            "mysql://ann:s3cret@localhost/invite",
            "postgres://ann:s3cret@localhost",
            "postgres://ann:s3cret@localhost:port/invite",
            "postgres://ann:s3cret@localhost/invite?sslmode=prefer",
            "postgres://ann:s3cret@localhost/invite?pasword=s3cret",
            "postgres://ann:a?s3cret=b@localhost/invite",
            "postgres://ann:a?s3cret=b",
            "postgres:///invite?host=/run/postgresql&user=ann&password=a&s3cret=b",
            "postgres://ann:a@s3cret@localhost/invite",
            "postgres://ann:a@b/s3cret@localhost/invite",
            "postgres:ann:s3cret@localhost/invite",
            "host=localhost user=ann password=s3cret",
            "dbname = invite user = ann passfile = s3cret",
            "port=5432 password = 'a://s3cret'",
            "jdbc:postgresql://localhost/invite?user=ann&password=s3cret",
        ] {
            let error = shown(text);
            assert!(error.starts_with("error: ") && !error.contains("s3cret"), "{text}: {error}");
        }
        let debug = format!("{:?}", Address::parse("postgres://ann:s3cret@localhost/invite"));
        assert!(!debug.contains("s3cret"), "{debug}");
    }

    #[test]
    fn what_leaves_this_machine_is_encrypted_unless_somebody_says_otherwise() {
        let mode = |text: &str| config(text).get_ssl_mode();
        assert_eq!(mode("postgres://localhost/invite"), SslMode::Disable);
        assert_eq!(mode("postgres:///invite?host=/run/postgresql"), SslMode::Disable);
        assert_eq!(mode("postgres://localhost,db.example/invite"), SslMode::Require);
        assert_eq!(mode("postgres://db.example/invite"), SslMode::Require);
        assert_eq!(mode("postgres://db.example/invite?sslmode=disable"), SslMode::Disable);
        assert_eq!(mode("postgres://localhost/invite?sslmode=verify-full"), SslMode::Require);
        assert_eq!(mode("postgres://127.0.0.1,[::1]/invite"), SslMode::Disable);
        assert_eq!(mode("postgres://localhost/invite?hostaddr=127.0.0.2"), SslMode::Disable);
        for elsewhere in [
            "postgres://127.db.example/invite",
            "postgres://localhost/invite?hostaddr=192.0.2.5",
            "postgres:///invite?host=/run/postgresql&hostaddr=192.0.2.5",
            "postgres://localhost,localhost/invite?hostaddr=127.0.0.1,192.0.2.5",
        ] {
            assert_eq!(mode(elsewhere), SslMode::Require, "{elsewhere}");
        }
    }

    #[test]
    fn a_database_that_has_gone_or_takes_no_changes_is_noticed_unless_somebody_says_otherwise() {
        let keepalive = |text: &str| {
            let config = config(text);
            let seconds = |time: Duration| time.as_secs();
            let (interval, retries) = (config.get_keepalives_interval(), config.get_keepalives_retries());
            (seconds(config.get_keepalives_idle()), interval.map(seconds), retries)
        };
        assert_eq!(keepalive("postgres://db.example/invite"), (30, Some(10), Some(3)));
        let said = "keepalives_idle=7200&keepalives_interval=75&keepalives_retries=9";
        assert_eq!(keepalive(&format!("postgres://db.example/invite?{said}")), (7200, Some(75), Some(9)));
        let target = |text: &str| config(text).get_target_session_attrs();
        assert_eq!(target("postgres://a.example,b.example/invite"), TargetSessionAttrs::ReadWrite);
        assert_eq!(target("postgres://a.example/invite?target_session_attrs=any"), TargetSessionAttrs::Any);
    }

    #[test]
    fn each_host_of_a_list_has_its_time() {
        let patience = |text: &str| match Address::parse(text) {
            Ok(Address::Postgres(address)) => address.patience().as_secs(),
            other => panic!("{text}: {other:?}"),
        };
        assert_eq!(patience("postgres://a.example/invite"), 5);
        assert_eq!(patience("postgres://a.example,b.example,c.example/invite"), 6);
        assert_eq!(patience("postgres://a.example,b.example/invite?connect_timeout=10"), 20);
    }
}
