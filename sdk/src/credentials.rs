//! Credentials by scheme, and which of them an operation is sent.
//!
//! The rule is the document's: alternatives joined by *or*, each a set joined by *and*. The first alternative for which
//! every half is configured is used, whole and alone; an operation without requirements is sent nothing.

use std::collections::BTreeMap;
use std::fmt;

use reqwest::header::{AUTHORIZATION, HeaderMap, HeaderName, HeaderValue};
use secrecy::{ExposeSecret, SecretString};

use crate::builder::ConfigurationError;
use crate::generated::security::Scheme;
use crate::operation::OperationInfo;

/// A credential, as it was issued.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Credential {
    /// A token or a key: the value alone, without `Bearer`.
    Token(SecretString),
    /// A user name, or the id of a key, and its secret.
    Password {
        /// Not a secret; without a colon.
        username: String,
        /// The secret.
        password: SecretString,
    },
}

/// Where a scheme puts its credential.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Placement {
    /// `Authorization: Bearer …`.
    Bearer,
    /// `Authorization: Basic …`.
    Basic,
    /// The bare value in this header, given in lower case.
    Header(&'static str),
}

/// Headers, ready to send, by scheme. Their values are marked sensitive, so `Debug` hides them.
#[derive(Clone, Default)]
pub(crate) struct Credentials {
    headers: BTreeMap<Scheme, (HeaderName, HeaderValue)>,
}

impl Credentials {
    /// Checks every credential and makes its header.
    pub(crate) fn prepare(given: &BTreeMap<Scheme, Credential>) -> Result<Self, ConfigurationError> {
        let mut headers = BTreeMap::new();
        for (scheme, credential) in given {
            let refuse = |reason| ConfigurationError::Credential { scheme: *scheme, reason };
            let (name, value) = match (scheme.placement(), credential) {
                (Placement::Bearer, Credential::Token(token)) => {
                    (AUTHORIZATION, format!("Bearer {}", checked(token).map_err(refuse)?))
                }
                (Placement::Header(name), Credential::Token(token)) => {
                    (HeaderName::from_static(name), key(token).map_err(refuse)?.to_owned())
                }
                (Placement::Basic, Credential::Password { username, password }) => {
                    (AUTHORIZATION, basic(username, password).map_err(refuse)?)
                }
                (Placement::Basic, Credential::Token(_)) => {
                    return Err(refuse("it takes a user name and a password"));
                }
                (Placement::Bearer | Placement::Header(_), Credential::Password { .. }) => {
                    return Err(refuse("it takes a token"));
                }
            };
            let mut value =
                HeaderValue::try_from(value).map_err(|_| refuse("it holds characters that a header cannot carry"))?;
            value.set_sensitive(true);
            headers.insert(*scheme, (name, value));
        }
        Ok(Self { headers })
    }

    /// The first alternative that is complete; what is missing if none is.
    pub(crate) fn select(&self, operation: &OperationInfo) -> Result<&'static [Scheme], MissingCredential> {
        let complete = |alternative: &[Scheme]| alternative.iter().all(|scheme| self.headers.contains_key(scheme));
        // An empty alternative allows anonymous calls, but a caller who has credentials wants them used.
        let chosen = operation.security.iter().find(|alternative| !alternative.is_empty() && complete(alternative));
        match chosen {
            Some(alternative) => Ok(alternative),
            None if operation.security.iter().all(|alternative| !alternative.is_empty())
                && !operation.security.is_empty() =>
            {
                Err(MissingCredential { operation: *operation })
            }
            None => Ok(&[]),
        }
    }

    /// Adds the headers of an alternative.
    pub(crate) fn add(&self, schemes: &[Scheme], headers: &mut HeaderMap) {
        for (name, value) in schemes.iter().filter_map(|scheme| self.headers.get(scheme)) {
            headers.insert(name.clone(), value.clone());
        }
    }
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.headers.keys()).finish()
    }
}

fn checked(token: &SecretString) -> Result<&str, &'static str> {
    let token = token.expose_secret();
    match token.bytes().all(|byte| byte.is_ascii_graphic()) {
        true if token.is_empty() => Err("it is empty"),
        true => Ok(token),
        false => Err("it holds blanks, line ends or characters beyond ASCII"),
    }
}

/// A key is the whole value of its header, so it may hold blanks, as in `Token abc`; HTTP drops those around it.
fn key(token: &SecretString) -> Result<&str, &'static str> {
    let token = token.expose_secret();
    let is_sent = |byte: u8| byte.is_ascii_graphic() || byte == b' ';
    match token.bytes().all(is_sent) && token.trim() == token {
        true if token.is_empty() => Err("it is empty"),
        true => Ok(token),
        false => Err("it holds line ends, blanks around it or characters beyond ASCII"),
    }
}

fn basic(username: &str, password: &SecretString) -> Result<String, &'static str> {
    if username.is_empty() || username.contains(':') {
        return Err("its user name is empty or holds a colon, which HTTP basic authentication cannot carry");
    }
    Ok(format!("Basic {}", base64(format!("{username}:{}", password.expose_secret()).as_bytes())))
}

/// Standard base64 with padding: fifteen lines instead of one more crate, or a second version of one.
fn base64(bytes: &[u8]) -> String {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for chunk in bytes.chunks(3) {
        let byte = |index: usize| u32::from(chunk.get(index).copied().unwrap_or(0));
        let group = (byte(0) << 16) | (byte(1) << 8) | byte(2);
        for digit in 0..4 {
            let index = (group >> (18 - 6 * digit)) & 63;
            text.push(if digit > chunk.len() { '=' } else { char::from(ALPHABET[index as usize]) });
        }
    }
    text
}

/// No alternative of an operation's security is complete.
#[derive(Clone, Copy, Debug)]
pub(crate) struct MissingCredential {
    operation: OperationInfo,
}

impl fmt::Display for MissingCredential {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let alternatives: Vec<String> = self
            .operation
            .security
            .iter()
            .map(|alternative| alternative.iter().map(|scheme| scheme.name()).collect::<Vec<_>>().join(" and "))
            .collect();
        write!(
            f,
            "no credential for it is configured: it needs {}; give it to the client's builder",
            alternatives.join(", or ")
        )
    }
}

impl std::error::Error for MissingCredential {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_may_hold_blanks_and_a_token_may_not() {
        let given = |text: &str| SecretString::from(text.to_owned());
        assert_eq!(key(&given("Token abc")), Ok("Token abc"));
        assert!(checked(&given("Token abc")).is_err());
        for refused in ["", " abc", "abc ", "a\r\nb", "ä"] {
            assert!(key(&given(refused)).is_err(), "{refused:?}");
        }
    }

    #[test]
    fn base64_pads() {
        for (plain, encoded) in [
            ("", ""),
            ("f", "Zg=="),
            ("fo", "Zm8="),
            ("foo", "Zm9v"),
            ("foob", "Zm9vYg=="),
            ("fooba", "Zm9vYmE="),
            ("foobar", "Zm9vYmFy"),
            ("\u{ff}\u{fe}?", "w7/Dvj8="),
        ] {
            assert_eq!(base64(plain.as_bytes()), encoded);
        }
    }
}
