//! Where a request goes: a base URL parsed once, and a path that no value can redirect.
//!
//! The path is put together segment by segment and percent-encoded here. The `url` crate, which reqwest uses, treats `..`,
//! `%2e%2e` and `\` as navigation and drops tabs and line ends, so values that would mean any of that are refused or
//! encoded before it sees them.

use std::borrow::Cow;
use std::fmt::{Display, Write as _};

use reqwest::Url;

use crate::builder::ConfigurationError;
use crate::operation::InvalidInput;

/// A checked base URL without a trailing slash.
#[derive(Clone, Debug)]
pub(crate) struct BaseUrl {
    url: Url,
    prefix: String,
}

impl BaseUrl {
    /// Parses `text`; plain `http` beyond this machine only if `allow_http`.
    pub(crate) fn parse(text: &str, allow_http: bool) -> Result<Self, ConfigurationError> {
        let refuse = |reason: &'static str| ConfigurationError::BaseUrl { reason };
        let url = Url::parse(text).map_err(|_| refuse("it is not an absolute URL"))?;
        if !matches!(url.scheme(), "http" | "https") {
            return Err(refuse("its scheme is neither https nor http"));
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(refuse("it holds a user name or password; give credentials to the builder instead"));
        }
        if url.query().is_some() || url.fragment().is_some() {
            return Err(refuse("it has a query or a fragment"));
        }
        if url.scheme() == "http" && !allow_http && !is_loopback(&url) {
            return Err(refuse(
                "plain http would send credentials in the clear; use https, or allow_insecure_http() in a network you trust",
            ));
        }
        let prefix = url.path().trim_end_matches('/').to_owned();
        Ok(Self { url, prefix })
    }

    /// The base without a trailing slash.
    pub(crate) fn as_text(&self) -> String {
        self.url.as_str().trim_end_matches('/').to_owned()
    }

    /// Whether it is at the server of one of these URLs, whatever the path.
    pub(crate) fn is_at(&self, servers: &[(&str, &str)]) -> bool {
        servers.iter().any(|(_, server)| Url::parse(server).is_ok_and(|server| server.origin() == self.url.origin()))
    }

    /// Whether it is plain `http` to this machine.
    pub(crate) fn is_plain_and_local(&self) -> bool {
        self.url.scheme() == "http" && is_loopback(&self.url)
    }

    /// What spans name as the server.
    #[cfg(feature = "tracing")]
    pub(crate) fn host_and_port(&self) -> (&str, u16) {
        (self.url.host_str().unwrap_or_default(), self.url.port_or_known_default().unwrap_or_default())
    }

    /// The URL of `target`.
    pub(crate) fn join(&self, target: &Target) -> Url {
        let mut url = self.url.clone();
        if self.prefix.is_empty() {
            url.set_path(&target.path);
        } else {
            url.set_path(&format!("{}{}", self.prefix, target.path));
        }
        url
    }
}

fn is_loopback(url: &Url) -> bool {
    let host = url.host_str().unwrap_or_default();
    let address = host.trim_start_matches('[').trim_end_matches(']').parse::<std::net::IpAddr>();
    host == "localhost" || host.ends_with(".localhost") || address.is_ok_and(|address| address.is_loopback())
}

/// A path below the base URL, complete and encoded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Target {
    path: Cow<'static, str>,
}

impl Target {
    /// Fills `values` into `template`.
    pub(crate) fn new(template: &'static str, values: &[(&'static str, &dyn Display)]) -> Result<Self, InvalidInput> {
        if values.is_empty() {
            return Ok(Self { path: Cow::Borrowed(template) });
        }
        let mut path = String::with_capacity(template.len() + 32);
        let mut rest = template;
        while let Some((before, after)) = rest.split_once('{') {
            let (name, after) = after.split_once('}').unwrap_or((after, ""));
            path.push_str(before);
            if let Some((_, value)) = values.iter().find(|(known, _)| *known == name) {
                encode(&mut path, name, &value.to_string())?;
            }
            rest = after;
        }
        path.push_str(rest);
        Ok(Self { path: Cow::Owned(path) })
    }
}

/// Appends `value`, everything percent-encoded but what RFC 3986 lets a segment hold as it is.
fn encode(path: &mut String, name: &str, value: &str) -> Result<(), InvalidInput> {
    if matches!(value, "" | "." | "..") {
        return Err(InvalidInput::new(format!(
            "`{name}` cannot be empty, `.` or `..`: it would name another resource"
        )));
    }
    for byte in value.bytes() {
        match byte {
            b'A'..=b'Z'
            | b'a'..=b'z'
            | b'0'..=b'9'
            | b'-'
            | b'.'
            | b'_'
            | b'~'
            | b'!'
            | b'$'
            | b'&'
            | b'\''
            | b'('
            | b')'
            | b'*'
            | b'+'
            | b','
            | b';'
            | b'='
            | b':'
            | b'@' => {
                path.push(char::from(byte));
            }
            // Writing to a string cannot fail.
            _ => drop(write!(path, "%{byte:02X}")),
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn join(base: &str, value: &str) -> String {
        let target = Target::new("/invite/{token}/signup", &[("token", &value)]).unwrap();
        BaseUrl::parse(base, false).unwrap().join(&target).to_string()
    }

    #[test]
    fn base_urls_are_joined_once() {
        for base in ["https://a.example", "https://a.example/"] {
            assert_eq!(join(base, "t"), "https://a.example/invite/t/signup");
        }
        for base in ["https://a.example/main", "https://a.example/main/", "https://a.example/main//"] {
            assert_eq!(join(base, "t"), "https://a.example/main/invite/t/signup");
        }
    }

    #[test]
    fn no_value_leaves_its_segment() {
        for (value, encoded) in [
            ("a b", "a%20b"),
            ("a/b", "a%2Fb"),
            ("../x", "..%2Fx"),
            ("%2e%2e", "%252e%252e"),
            ("a\\..\\b", "a%5C..%5Cb"),
            (".\t.", ".%09."),
            ("a?b#c", "a%3Fb%23c"),
            ("ann+b@x.example", "ann+b@x.example"),
            ("ü", "%C3%BC"),
        ] {
            assert_eq!(
                join("https://a.example", value),
                format!("https://a.example/invite/{encoded}/signup"),
                "{value:?}"
            );
        }
    }

    #[test]
    fn values_that_mean_another_resource_are_refused() {
        for value in ["", ".", ".."] {
            let error = Target::new("/invite/{token}/signup", &[("token", &value)]).unwrap_err();
            assert!(error.to_string().starts_with("`token` cannot be empty"), "{error}");
        }
    }

    #[test]
    fn base_urls_that_leak_or_mislead_are_refused() {
        for base in [
            "",
            "a.example",
            "ftp://a.example",
            "https://u:p@a.example",
            "https://u@a.example",
            "https://a.example?x=1",
            "https://a.example#x",
            "http://a.example",
            "http://127.0.0.1.example",
        ] {
            assert!(BaseUrl::parse(base, false).is_err(), "{base}");
        }
        for base in ["http://127.0.0.1:8080", "http://[::1]:8080/", "http://localhost:1/x"] {
            assert!(BaseUrl::parse(base, false).is_ok(), "{base}");
        }
        assert!(BaseUrl::parse("http://a.example", true).is_ok());
    }
}
