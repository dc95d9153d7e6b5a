//! What has to hold of any input whatever, for cases drawn by `it`. Each fails by a panic, which is also what none of the code
//! may do.

use http::{HeaderMap, HeaderValue};
use invite_api::credentials;
use invite_api::security::Scheme;
use invite_api::sensitive::Sensitive;
use invite_domain::email_address::EmailAddress;
use invite_domain::names::{MAX_NAME_CHARS, check_label, check_name, shown_in_mail};
use invite_domain::secret::PlainSecret;
use serde_json::Value;

use crate::components::COMPONENTS;
use crate::instances::{Instance, Intent};
use crate::verdicts::disagreements;

/// One scheme of each way to carry a secret.
const SCHEMES: [Scheme; 4] =
    [Scheme::MuninxBearer, Scheme::KareSession, Scheme::NexusApplicationToken, Scheme::UnleashApiKey];
/// The longest address that can be delivered to, in bytes.
const MAX_ADDRESS: usize = 254;

/// An address that is accepted has one normal form, which is an address itself and the same one.
///
/// # Panics
/// It does not hold.
pub fn address(text: &str) {
    let Ok(address) = EmailAddress::parse(text) else { return };
    let normalized = address.normalized();
    for spelling in [normalized, address.original(), &text.to_ascii_uppercase(), &format!(" {text}\t")] {
        let again = EmailAddress::parse(spelling).map(|again| again.normalized().to_owned());
        assert_eq!(again.as_deref(), Ok(normalized), "{spelling:?}, another spelling of {text:?}");
    }
    assert!(normalized.len() <= MAX_ADDRESS && address.original().len() <= MAX_ADDRESS, "{normalized}");
    let (local, domain) = normalized.split_once('@').expect("an address has an at-sign");
    assert_eq!(domain, address.domain());
    assert!(!local.is_empty() && domain.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'@'), "{normalized}");
    assert_eq!(domain, domain.to_ascii_lowercase());
    assert!(!address.original().chars().any(breaks_a_line), "{:?}", address.original());
    // What stands for the rest of a local part may be a part of one, too.
    assert!(local.contains('*') || !format!("{address:?}").contains(normalized), "it is shown in full");
    let stored = EmailAddress::from_stored(address.original().to_owned(), normalized.to_owned());
    let stored = stored.expect("it comes back from where it is stored");
    assert_eq!((stored.local_part(), stored.domain()), (address.local_part(), address.domain()));
}

/// Whether a character ends a header, separates recipients or reorders text.
fn breaks_a_line(c: char) -> bool {
    c.is_control() || c.is_whitespace() || reorders(c) || ['<', '>', ',', ';', '"', '(', ')', '\\'].contains(&c)
}

fn reorders(c: char) -> bool {
    matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// A name that is accepted breaks and reorders nothing, and a mail shows of it only what it would accept.
///
/// # Panics
/// It does not hold.
pub fn name(text: &str) {
    let (as_name, as_label) = (check_name(text), check_label(text));
    assert!(as_name.is_err() || as_label.is_ok(), "{text:?} is a name and no label");
    if as_label.is_ok() {
        let bad = |c: char| c.is_control() || reorders(c) || matches!(c, '\u{2028}' | '\u{2029}' | '\u{feff}');
        assert!(!text.chars().any(bad), "{text:?}");
        assert!(!text.trim().is_empty() && text.chars().count() <= MAX_NAME_CHARS, "{text:?}");
    }
    if as_name.is_ok() {
        let folded = text.to_lowercase();
        assert!(!["://", "www.", "mailto:"].iter().any(|link| folded.contains(link)), "{text:?}");
    }
    if let Some(shown) = shown_in_mail(text) {
        assert_eq!(as_name, Ok(()), "{text:?} is shown and no name");
        assert_eq!(shown_in_mail(&shown).as_deref(), Some(shown.as_str()), "{text:?}");
        let digits = shown.split(|c: char| !c.is_ascii_digit()).map(str::len).max();
        assert!(digits.unwrap_or_default() < 7, "{shown:?} could be a telephone number");
    }
}

/// Whatever is presented as a secret is taken as it came, matches nothing but itself, and shows itself nowhere.
///
/// # Panics
/// It does not hold.
pub fn token(text: &str) {
    let secret = PlainSecret::from_caller(text);
    assert_eq!(secret.expose(), text);
    assert!(secret.digest().matches(&PlainSecret::from_caller(text).digest()));
    for other in [format!("{text}\0"), format!(" {text}"), text.chars().skip(1).collect()] {
        assert!(other == text || !secret.digest().matches(&PlainSecret::from_caller(other).digest()));
    }
    let another = PlainSecret::from_caller("another");
    assert_eq!(format!("{secret:?}{:?}", secret.digest()), format!("{another:?}{:?}", another.digest()), "it is shown");
    let Ok(value) = HeaderValue::from_str(text) else { return };
    let mut headers = HeaderMap::new();
    for name in ["authorization", "x-session-token", "ApplicationToken"] {
        headers.insert(name, value.clone());
    }
    for scheme in SCHEMES {
        let Some(found) = credentials::secret(scheme, &headers) else { continue };
        assert_eq!(format!("{found:?}"), format!("{:?}", Sensitive::from(String::new())), "{scheme:?} shows it");
        let found = found.into_exposed();
        assert!(!found.is_empty() && text.contains(&found), "{scheme:?}: {found:?} was not sent");
        assert!(credentials::basic(&headers).is_none() || !matches!(scheme, Scheme::MuninxBearer), "two readings");
    }
    for name in ["authorization", "x-session-token", "ApplicationToken"] {
        headers.append(name, value.clone());
    }
    let twice = SCHEMES.iter().find(|scheme| credentials::secret(**scheme, &headers).is_some());
    assert!(twice.is_none() && credentials::basic(&headers).is_none(), "{twice:?} takes one of two");
}

/// About any JSON the server's validator and type say what a validator over the document says. The first byte chooses the
/// schema.
///
/// # Panics
/// They differ.
pub fn body(bytes: &[u8]) {
    let Some((choice, text)) = bytes.split_first() else { return };
    let Ok(value) = serde_json::from_slice::<Value>(text) else { return };
    let component = COMPONENTS[usize::from(*choice) % COMPONENTS.len()];
    let instance = Instance { what: "any JSON".to_owned(), intent: Intent::Open, value };
    let found = disagreements(component, &instance);
    assert!(found.is_empty(), "{}: {found:?}", instance.value);
}
