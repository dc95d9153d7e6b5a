//! The SMTP URL of the configuration: read, checked, and shown without its password.
//!
//! Stricter than lettre's own reader on purpose: there is no opportunistic TLS (`tls=opportunistic` would let anybody on
//! the way strip the encryption), plain text is for loopback only, and every mistake names itself.

use std::fmt;
use std::net::IpAddr;
use std::path::PathBuf;
use std::time::Duration;

use percent_encoding::percent_decode_str;
use secrecy::SecretString;
use url::Url;

/// The forms that are accepted, for messages.
pub const ACCEPTED_FORMS: &str = "smtps://user:password@host:465 (TLS from the start), \
smtp://user:password@host:587?tls=required (STARTTLS, demanded), \
smtp://127.0.0.1:25 (plain text, loopback only); \
options: ca=FILE (PEM file of an additional root certificate), timeout=SECONDS; \
percent-encode special characters in user and password";

const DEFAULT_TIMEOUT: Duration = Duration::from_secs(30);
const TIMEOUT_RANGE: std::ops::RangeInclusive<u64> = 1..=120;

/// How the connection is protected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Security {
    /// TLS from the first byte (`smtps`).
    Implicit,
    /// STARTTLS, and no mail if the server does not offer it.
    StartTls,
    /// None; loopback only.
    Plain,
}

/// Who to sign in as.
#[derive(Debug, Clone)]
pub struct SmtpCredentials {
    /// The user name, decoded.
    pub user: String,
    /// The password, decoded.
    pub password: SecretString,
}

/// A checked SMTP URL. `Debug` and `Display` show no password.
#[derive(Debug, Clone)]
pub struct SmtpUrl {
    /// Host name or IP address, without brackets.
    pub host: String,
    /// TCP port.
    pub port: u16,
    /// How the connection is protected.
    pub security: Security,
    /// Who to sign in as, if at all.
    pub credentials: Option<SmtpCredentials>,
    /// PEM file of an additional root certificate.
    pub ca: Option<PathBuf>,
    /// Limit for each step of the conversation.
    pub timeout: Duration,
}

/// What is wrong with an SMTP URL. No message repeats the URL: it may hold a password.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SmtpUrlError {
    /// No URL at all.
    #[error("not a URL ({0})")]
    NotAUrl(String),
    /// Another scheme.
    #[error("the scheme is `{0}`, expected `smtps` or `smtp`")]
    Scheme(String),
    /// No host, or one that cannot be a host.
    #[error("the host is missing or not a host name")]
    Host,
    /// Port 0.
    #[error("port 0 cannot be connected to")]
    Port,
    /// A path or a fragment; mostly an unencoded `/`, `?` or `#` in the password.
    #[error(
        "there is a path or a fragment after the host; encode `/` as %2F, `?` as %3F and `#` as %23 in the password"
    )]
    Path,
    /// User without password or the other way round.
    #[error("{0} without {1}")]
    HalfCredentials(&'static str, &'static str),
    /// Credentials that are not UTF-8 after decoding.
    #[error("the {0} is not UTF-8 after percent-decoding")]
    NotUtf8(&'static str),
    /// An option that does not exist.
    #[error("unknown option `{0}`; options are tls, ca and timeout")]
    UnknownOption(String),
    /// An option given twice.
    #[error("option `{0}` is given twice")]
    RepeatedOption(String),
    /// A value of `tls` that does not exist.
    #[error("tls=`{0}` is unknown; smtp takes tls=required, and tls=none on loopback; smtps takes none")]
    Tls(String),
    /// Plain text beyond loopback.
    #[error("tls=none would send mail and password in the clear to a host beyond loopback")]
    PlainBeyondLoopback,
    /// A `ca` without TLS or without a file.
    #[error("ca={0}")]
    Ca(&'static str),
    /// A timeout that is no number or out of range.
    #[error("timeout must be a whole number of seconds from 1 to 120")]
    Timeout,
}

impl SmtpUrl {
    /// Reads a URL in one of the [`ACCEPTED_FORMS`].
    ///
    /// # Errors
    ///
    /// The first thing that is wrong with it.
    pub fn parse(text: &str) -> Result<Self, SmtpUrlError> {
        let url = Url::parse(text.trim()).map_err(|error| SmtpUrlError::NotAUrl(error.to_string()))?;
        let implicit = match url.scheme() {
            "smtps" => true,
            "smtp" => false,
            other => return Err(SmtpUrlError::Scheme(other.to_owned())),
        };
        let host = host(&url)?;
        if !matches!(url.path(), "" | "/") || url.fragment().is_some() {
            return Err(SmtpUrlError::Path);
        }
        let credentials = credentials(&url)?;
        let options = Options::read(&url)?;
        let security = security(implicit, options.tls.as_deref(), is_loopback(&host))?;
        if options.ca.is_some() && security == Security::Plain {
            return Err(SmtpUrlError::Ca("FILE has no effect without TLS"));
        }
        let port = match (url.port(), security) {
            (Some(0), _) => return Err(SmtpUrlError::Port),
            (Some(port), _) => port,
            (None, Security::Implicit) => 465,
            (None, Security::StartTls) => 587,
            (None, Security::Plain) => 25,
        };
        Ok(Self {
            host,
            port,
            security,
            credentials,
            ca: options.ca,
            timeout: options.timeout.unwrap_or(DEFAULT_TIMEOUT),
        })
    }
}

fn host(url: &Url) -> Result<String, SmtpUrlError> {
    let host = url.host_str().unwrap_or_default();
    let host = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host);
    let is_name = !host.is_empty()
        && host.len() <= 253
        && host.chars().all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '.')
        && host.split('.').all(|label| !label.is_empty() && label.len() <= 63);
    if is_name || host.parse::<IpAddr>().is_ok() { Ok(host.to_owned()) } else { Err(SmtpUrlError::Host) }
}

/// Names are not resolved: what `localhost` means is settled, what another name means can change under us.
fn is_loopback(host: &str) -> bool {
    host.eq_ignore_ascii_case("localhost") || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

fn credentials(url: &Url) -> Result<Option<SmtpCredentials>, SmtpUrlError> {
    match (url.username(), url.password()) {
        ("", None) => Ok(None),
        ("", Some(_)) => Err(SmtpUrlError::HalfCredentials("password", "user")),
        (_, None | Some("")) => Err(SmtpUrlError::HalfCredentials("user", "password")),
        (user, Some(password)) => {
            let user = percent_decode_str(user).decode_utf8().map_err(|_| SmtpUrlError::NotUtf8("user"))?;
            let password = percent_decode_str(password).decode_utf8().map_err(|_| SmtpUrlError::NotUtf8("password"))?;
            Ok(Some(SmtpCredentials { user: user.into_owned(), password: SecretString::from(password.into_owned()) }))
        }
    }
}

fn security(implicit: bool, tls: Option<&str>, loopback: bool) -> Result<Security, SmtpUrlError> {
    match (implicit, tls) {
        (true, None) => Ok(Security::Implicit),
        (false, Some("required")) => Ok(Security::StartTls),
        (false, None) if loopback => Ok(Security::Plain),
        (false, None) => Ok(Security::StartTls),
        (false, Some("none")) if loopback => Ok(Security::Plain),
        (false, Some("none")) => Err(SmtpUrlError::PlainBeyondLoopback),
        (_, Some(other)) => Err(SmtpUrlError::Tls(other.to_owned())),
    }
}

#[derive(Default)]
struct Options {
    tls: Option<String>,
    ca: Option<PathBuf>,
    timeout: Option<Duration>,
}

impl Options {
    fn read(url: &Url) -> Result<Self, SmtpUrlError> {
        let mut options = Self::default();
        for (key, value) in url.query_pairs() {
            let repeated = match key.as_ref() {
                "tls" => options.tls.replace(value.into_owned()).is_some(),
                "ca" if value.is_empty() => return Err(SmtpUrlError::Ca("FILE names no file")),
                "ca" => options.ca.replace(PathBuf::from(value.as_ref())).is_some(),
                "timeout" => {
                    let seconds = value.parse().ok().filter(|seconds| TIMEOUT_RANGE.contains(seconds));
                    let timeout = Duration::from_secs(seconds.ok_or(SmtpUrlError::Timeout)?);
                    options.timeout.replace(timeout).is_some()
                }
                other => return Err(SmtpUrlError::UnknownOption(other.to_owned())),
            };
            if repeated {
                return Err(SmtpUrlError::RepeatedOption(key.into_owned()));
            }
        }
        Ok(options)
    }
}

impl fmt::Display for SmtpUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (scheme, tls) = match self.security {
            Security::Implicit => ("smtps", None),
            Security::StartTls => ("smtp", Some("required")),
            Security::Plain => ("smtp", Some("none")),
        };
        write!(f, "{scheme}://")?;
        if let Some(credentials) = &self.credentials {
            write!(f, "{}:***@", credentials.user)?;
        }
        if self.host.contains(':') {
            write!(f, "[{}]:{}", self.host, self.port)?;
        } else {
            write!(f, "{}:{}", self.host, self.port)?;
        }
        let tls = tls.map(|tls| format!("tls={tls}"));
        let ca = self.ca.as_ref().map(|ca| format!("ca={}", ca.display()));
        let timeout = (self.timeout != DEFAULT_TIMEOUT).then(|| format!("timeout={}", self.timeout.as_secs()));
        let options: Vec<String> = [tls, ca, timeout].into_iter().flatten().collect();
        if options.is_empty() { Ok(()) } else { write!(f, "?{}", options.join("&")) }
    }
}

#[cfg(test)]
mod tests {
    use secrecy::ExposeSecret as _;

    use super::*;

    #[test]
    fn accepted_urls_and_how_they_are_shown() {
        for (text, shown) in [
            ("smtps://mail.example.com", "smtps://mail.example.com:465"),
            ("smtps://ann:s3cret@mail.example.com:1465", "smtps://ann:***@mail.example.com:1465"),
            ("smtp://mail.example.com", "smtp://mail.example.com:587?tls=required"),
            ("smtp://mail.example.com:2525/?tls=required", "smtp://mail.example.com:2525?tls=required"),
            ("smtp://localhost", "smtp://localhost:25?tls=none"),
            ("smtp://LOCALHOST:2525", "smtp://LOCALHOST:2525?tls=none"),
            ("smtp://127.0.0.1:1025?tls=none", "smtp://127.0.0.1:1025?tls=none"),
            ("smtp://127.0.0.1:1025?tls=required", "smtp://127.0.0.1:1025?tls=required"),
            ("smtp://[::1]:1025", "smtp://[::1]:1025?tls=none"),
            ("  smtps://h?timeout=5&ca=/etc/ca.pem ", "smtps://h:465?ca=/etc/ca.pem&timeout=5"),
        ] {
            assert_eq!(SmtpUrl::parse(text).unwrap().to_string(), shown, "for {text}");
        }
    }

    #[test]
    fn refused_urls_and_what_is_wrong_with_them() {
        for (text, problem) in [
            ("", "not a URL"),
            ("mail.example.com", "not a URL"),
            ("mail.example.com:25", "the scheme is `mail.example.com`"),
            ("http://mail.example.com", "the scheme is `http`"),
            ("smtp://", "host is missing"),
            ("smtp:mail.example.com", "host is missing"),
            ("smtp://a..b", "host is missing"),
            ("smtp://a b", "not a URL"),
            ("smtp://h:0", "port 0"),
            ("smtp://h:99999", "not a URL"),
            ("smtp://ann:a/b@h", "not a URL"),
            ("smtp://h/path", "path or a fragment"),
            ("smtp://h#x", "path or a fragment"),
            ("smtp://ann@h", "user without password"),
            ("smtp://:word@h", "password without user"),
            ("smtp://ann:%ff@h", "password is not UTF-8"),
            ("smtp://h?ssl=1", "unknown option `ssl`"),
            ("smtp://h?tls=required&tls=required", "`tls` is given twice"),
            ("smtp://h?tls=opportunistic", "tls=`opportunistic` is unknown"),
            ("smtps://h?tls=required", "tls=`required` is unknown"),
            ("smtp://h?tls=none", "in the clear"),
            ("smtp://10.0.0.1?tls=none", "in the clear"),
            ("smtp://localhost.example.com?tls=none", "in the clear"),
            ("smtp://localhost?ca=/x", "no effect without TLS"),
            ("smtps://h?ca=", "names no file"),
            ("smtps://h?timeout=0", "1 to 120"),
            ("smtps://h?timeout=soon", "1 to 120"),
        ] {
            let error = SmtpUrl::parse(text).unwrap_err().to_string();
            assert!(error.contains(problem), "for {text}: {error}");
        }
    }

    #[test]
    fn credentials_are_decoded_and_never_shown() {
        let url = SmtpUrl::parse("smtps://ann%40example.com:p%40ss%3Aw%2Frd%23@h").unwrap();
        let credentials = url.credentials.as_ref().unwrap();
        assert_eq!(credentials.user, "ann@example.com");
        assert_eq!(credentials.password.expose_secret(), "p@ss:w/rd#");
        for shown in [format!("{url}"), format!("{url:?}")] {
            assert!(!shown.contains("p@ss") && !shown.contains("p%40ss"), "{shown}");
        }
    }

    #[test]
    fn no_error_repeats_the_password() {
        for text in ["smtp://ann:s3cret@h/x", "http://ann:s3cret@h", "smtp://ann:s3cret@h?x=y", "smtp://ann:s3cret@"] {
            let error = SmtpUrl::parse(text).unwrap_err();
            assert!(!format!("{error} {error:?}").contains("s3cret"), "{error}");
        }
    }
}
