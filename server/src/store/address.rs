//! Where the database is: a file of SQLite, or the URL of a PostgreSQL database.

use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use tokio_postgres::Config;
use tokio_postgres::config::{Host, SslMode};

/// What can be written where a database is asked for.
pub const ACCEPTED_FORMS: &str = "a file, sqlite:FILE, or postgres://user:password@host:5432/database, \
                                  with ?sslmode=disable or require, and ?sslrootcert=FILE";

/// Under which name PostgreSQL sees this program, unless the URL says another.
const SERVER: &str = "invite-server";

/// How long to try to reach a server.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// After how long a connection is given up that nothing comes back from.
const SILENCE: Duration = Duration::from_secs(30);
/// What the server shall do to statements and transactions that hang, in milliseconds.
const LIMITS: &str = "-c statement_timeout=30000 -c lock_timeout=5000 -c idle_in_transaction_session_timeout=60000";

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
        // The driver's message names at most the name of a parameter.
        let mut config: Config = format!("{base}?{}", rest.join("&"))
            .parse()
            .map_err(|error: tokio_postgres::Error| wrong(error.to_string()))?;
        let is_near = config.get_hosts().iter().all(is_near);
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
        if config.get_application_name().is_none() {
            config.application_name(SERVER);
        }
        if config.get_connect_timeout().is_none() {
            config.connect_timeout(CONNECT_TIMEOUT);
        }
        if config.get_tcp_user_timeout().is_none() {
            config.tcp_user_timeout(SILENCE);
        }
        // What the operator says comes later and wins.
        let options = [Some(LIMITS), config.get_options()].into_iter().flatten().collect::<Vec<_>>().join(" ");
        config.options(options);
        Ok(Self { config, authorities })
    }
}

/// Whether what is said to a host stays on this machine.
fn is_near(host: &Host) -> bool {
    match host {
        Host::Tcp(name) => name == "localhost" || name == "::1" || name.starts_with("127."),
        #[cfg(unix)]
        Host::Unix(_) => true,
    }
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
        let mode = |text: &str| match Address::parse(text) {
            Ok(Address::Postgres(address)) => address.config.get_ssl_mode(),
            other => panic!("{text}: {other:?}"),
        };
        assert_eq!(mode("postgres://localhost/invite"), SslMode::Disable);
        assert_eq!(mode("postgres:///invite?host=/run/postgresql"), SslMode::Disable);
        assert_eq!(mode("postgres://localhost,db.example/invite"), SslMode::Require);
        assert_eq!(mode("postgres://db.example/invite"), SslMode::Require);
        assert_eq!(mode("postgres://db.example/invite?sslmode=disable"), SslMode::Disable);
        assert_eq!(mode("postgres://localhost/invite?sslmode=verify-full"), SslMode::Require);
    }
}
