//! From request headers to credentials: which alternatives of an operation's requirements are complete.
//!
//! Only presence and form are judged here. Whether a credential is valid, and whether the halves of a pair belong
//! together, is for the server to say.

use std::fmt;

use base64::Engine;
use http::HeaderMap;

use crate::security::{Operation, REALM, Scheme};

/// Where a credential stands in a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Carrier {
    /// `Authorization: Bearer …` (RFC 6750).
    Bearer,
    /// `Authorization: Basic …` (RFC 7617, UTF-8, the first colon splits).
    Basic,
    /// The bare value of this header, its name in lower case.
    Header(&'static str),
}

/// One credential as it was sent.
#[derive(Clone, PartialEq, Eq)]
pub struct Credential {
    /// The scheme it was sent for.
    pub scheme: Scheme,
    /// User name of Basic, empty otherwise.
    pub username: String,
    /// Token, key or password.
    pub secret: String,
}

impl fmt::Debug for Credential {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Credential").field("scheme", &self.scheme).finish_non_exhaustive()
    }
}

/// Every alternative of the operation's requirements of which all halves were sent, in the order of the document.
#[must_use]
pub fn complete_alternatives(operation: Operation, headers: &HeaderMap) -> Vec<Vec<Credential>> {
    operation
        .security()
        .iter()
        .filter_map(|schemes| schemes.iter().map(|scheme| find(*scheme, headers)).collect())
        .collect()
}

/// The value of `WWW-Authenticate` for the operation: a challenge for each way into it.
#[must_use]
pub fn challenges(operation: Operation) -> String {
    let mut challenges: Vec<String> = Vec::new();
    for scheme in operation.security().iter().flat_map(|alternative| alternative.iter()) {
        let challenge = match scheme.carrier() {
            Carrier::Basic => format!(r#"Basic realm="{REALM}", charset="UTF-8""#),
            // A bare key has no registered scheme; the bearer challenge is the nearest that clients understand.
            Carrier::Bearer | Carrier::Header(_) => format!(r#"Bearer realm="{REALM}""#),
        };
        if !challenges.contains(&challenge) {
            challenges.push(challenge);
        }
    }
    challenges.join(", ")
}

#[allow(unreachable_code, reason = "of a document without security there is no scheme")]
fn find(scheme: Scheme, headers: &HeaderMap) -> Option<Credential> {
    let single = |name: &str| {
        let mut values = headers.get_all(name).iter();
        let value = values.next()?.to_str().ok()?;
        // Two values leave open which one counts.
        values.next().is_none().then_some(value)
    };
    let credential =
        |username: &str, secret: &str| Credential { scheme, username: username.to_owned(), secret: secret.to_owned() };
    match scheme.carrier() {
        Carrier::Bearer => after_scheme(single("authorization")?, "bearer").map(|token| credential("", token)),
        Carrier::Basic => {
            let encoded = after_scheme(single("authorization")?, "basic")?;
            let decoded = base64::engine::general_purpose::STANDARD.decode(encoded).ok()?;
            let text = String::from_utf8(decoded).ok()?;
            let (username, password) = text.split_once(':')?;
            Some(credential(username, password))
        }
        Carrier::Header(name) => {
            let value = single(name)?;
            (!value.is_empty() && !value.contains(' ')).then(|| credential("", value))
        }
    }
}

/// The credentials after an authentication scheme, whose name is compared without case.
fn after_scheme<'a>(value: &'a str, scheme: &str) -> Option<&'a str> {
    let (name, rest) = value.split_once(' ')?;
    let rest = rest.trim();
    (name.eq_ignore_ascii_case(scheme) && !rest.is_empty()).then_some(rest)
}
