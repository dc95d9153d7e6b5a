//! From request headers to credentials.
//!
//! Only presence and form are judged here. Which of them make a complete alternative is generated; whether a credential is
//! valid, and whether the halves of a pair belong together, is for the server's hooks to say.

use base64::Engine;
use http::HeaderMap;

use crate::security::{Operation, REALM, Scheme};
use crate::sensitive::Sensitive;

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

/// The pair that Basic sends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Basic {
    /// Before the first colon.
    pub username: String,
    /// After it.
    pub password: Sensitive,
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
/// The token or key that was sent for a scheme; none if it was not, or in another form.
#[must_use]
pub fn secret(scheme: Scheme, headers: &HeaderMap) -> Option<Sensitive> {
    let text = match scheme.carrier() {
        Carrier::Bearer => after_scheme(single(headers, "authorization")?, "bearer"),
        Carrier::Basic => None,
        Carrier::Header(name) => key(headers, name),
    };
    text.map(|text| text.to_owned().into())
}

/// The pair that was sent as Basic; none if there was none, or in another form.
#[must_use]
pub fn basic(headers: &HeaderMap) -> Option<Basic> {
    let encoded = after_scheme(single(headers, "authorization")?, "basic")?;
    let decoded = base64::engine::general_purpose::STANDARD.decode(encoded).ok()?;
    let text = String::from_utf8(decoded).ok()?;
    let (username, password) = text.split_once(':')?;
    Some(Basic { username: username.to_owned(), password: password.to_owned().into() })
}

/// A key as the whole value of a header. What Bearer and Basic send in the same header is no key; other blanks may belong to
/// it, as in `Token abc`.
fn key<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let value = single(headers, name).map(str::trim).filter(|value| !value.is_empty())?;
    let is_of_scheme = |scheme: &&str| after_scheme(value, scheme).is_some();
    (name != "authorization" || !["bearer", "basic"].iter().any(is_of_scheme)).then_some(value)
}

/// The one value of a header: two leave open which one counts.
fn single<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let mut values = headers.get_all(name).iter();
    let value = values.next()?.to_str().ok()?;
    values.next().is_none().then_some(value)
}

/// The credentials after an authentication scheme, whose name is compared without case.
fn after_scheme<'a>(value: &'a str, scheme: &str) -> Option<&'a str> {
    let (name, rest) = value.split_once(' ')?;
    let rest = rest.trim();
    (name.eq_ignore_ascii_case(scheme) && !rest.is_empty()).then_some(rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_may_hold_blanks_unless_it_is_a_credential_of_another_scheme() {
        for (name, value, expected) in [
            ("authorization", "abc", Some("abc")),
            ("authorization", "Token abc", Some("Token abc")),
            ("authorization", "bearer abc", None),
            ("authorization", "Basic YTpi", None),
            ("authorization", "", None),
            ("x-key", "Bearer abc", Some("Bearer abc")),
        ] {
            let headers = HeaderMap::from_iter([(name.parse().unwrap(), value.parse().unwrap())]);
            assert_eq!(key(&headers, name), expected, "{name}: {value}");
        }
    }
}
