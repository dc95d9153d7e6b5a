//! E-mail addresses: one form to keep, one form to compare.
//!
//! Unicode compatibility folding (NFKC) comes before every check, so that a full-width dot or a second at-sign in disguise
//! is seen for what it is. A domain that IDNA would silently change into another one is refused. Which addresses a flow
//! narrows further (Kare's pattern, lengths) is in its schema.

use std::fmt;

use idna::uts46::{AsciiDenyList, DnsLength, Hyphens, Uts46};
use unicode_normalization::UnicodeNormalization as _;

/// The longest address that can be delivered to, in bytes (RFC 5321 with its angle brackets taken off).
const MAX_BYTES: usize = 254;

/// A well-formed e-mail address.
#[derive(Clone)]
pub struct EmailAddress {
    original: String,
    local_len: usize,
    normalized: String,
    domain_start: usize,
}

/// Why a text is no usable e-mail address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum AddressProblem {
    /// More than 254 bytes.
    #[error("the e-mail address is longer than 254 bytes")]
    TooLong,
    /// Not exactly one at-sign with something on both sides.
    #[error("an e-mail address has one at-sign with a name before it and a domain after it")]
    Shape,
    /// The part before the at-sign.
    #[error("the part before the at-sign has a character or a dot where none is allowed")]
    LocalPart,
    /// The part after the at-sign.
    #[error("the part after the at-sign is not a domain name")]
    Domain,
}

impl EmailAddress {
    /// Reads an address: trims it, folds it, checks it.
    ///
    /// # Errors
    /// The first rule that the text breaks.
    pub fn parse(text: &str) -> Result<Self, AddressProblem> {
        // Folding can make a text many times longer; nothing of this length can pass anyway.
        if text.len() > 4 * MAX_BYTES {
            return Err(AddressProblem::TooLong);
        }
        let original: String = text.trim().nfkc().collect();
        let (local, domain) = split(&original)?;
        check_local(local)?;
        let ascii = ascii_domain(domain)?;
        let local_len = local.len();
        let folded: String = local.to_lowercase().nfkc().collect();
        // Lower case can need a mark of its own (`İ`): an address that its own normal form is none of is nobody's.
        check_local(&folded)?;
        let normalized = format!("{folded}@{ascii}");
        if normalized.len() > MAX_BYTES || original.len() > MAX_BYTES {
            return Err(AddressProblem::TooLong);
        }
        Ok(Self { domain_start: folded.len() + 1, original, local_len, normalized })
    }

    /// Takes the two forms back from where they were stored. The rules may have been tightened since; what was accepted
    /// then stays valid.
    #[must_use]
    pub fn from_stored(original: String, normalized: String) -> Option<Self> {
        let local_len = original.rfind('@')?;
        let domain_start = normalized.rfind('@')? + 1;
        Some(Self { original, local_len, normalized, domain_start })
    }

    /// The address as given, trimmed and folded: for showing, never for comparing.
    #[must_use]
    pub fn original(&self) -> &str {
        &self.original
    }

    /// The address to compare and to look up by: lower case, IDNA domain.
    #[must_use]
    pub fn normalized(&self) -> &str {
        &self.normalized
    }

    /// The part before the at-sign, in its own letter case. Mail goes to it at [`Self::domain`].
    #[must_use]
    pub fn local_part(&self) -> &str {
        &self.original[..self.local_len]
    }

    /// The domain in its ASCII form.
    #[must_use]
    pub fn domain(&self) -> &str {
        &self.normalized[self.domain_start..]
    }

    /// The address for logs: its first letter and its domain.
    #[must_use]
    pub fn masked(&self) -> String {
        let first = self.local_part().chars().next().unwrap_or('*');
        format!("{first}***@{}", self.domain())
    }
}

impl PartialEq for EmailAddress {
    fn eq(&self, other: &Self) -> bool {
        self.normalized == other.normalized
    }
}

impl Eq for EmailAddress {}

/// Debug output ends up in logs, which carry no full address.
impl fmt::Debug for EmailAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "EmailAddress({})", self.masked())
    }
}

fn split(text: &str) -> Result<(&str, &str), AddressProblem> {
    let (local, domain) = text.split_once('@').ok_or(AddressProblem::Shape)?;
    if local.is_empty() || domain.is_empty() || domain.contains('@') {
        return Err(AddressProblem::Shape);
    }
    Ok((local, domain))
}

/// RFC 5322 `dot-atom`, with letters of every script (RFC 6531). Quoted forms are refused: nothing here needs them.
fn check_local(local: &str) -> Result<(), AddressProblem> {
    let atom = |c: char| {
        if c.is_ascii() { c.is_ascii_alphanumeric() || "!#$%&'*+-/=?^_`{|}~".contains(c) } else { c.is_alphanumeric() }
    };
    let well_formed = local.split('.').all(|part| !part.is_empty() && part.chars().all(atom));
    if well_formed { Ok(()) } else { Err(AddressProblem::LocalPart) }
}

fn ascii_domain(domain: &str) -> Result<String, AddressProblem> {
    let idna = Uts46::new();
    // Hyphens are allowed at the edge of a label because Kare's published pattern allows them.
    let ascii = idna
        .to_ascii(domain.as_bytes(), AsciiDenyList::STD3, Hyphens::Allow, DnsLength::Verify)
        .map_err(|_| AddressProblem::Domain)?
        .into_owned();
    let (shown, outcome) = idna.to_unicode(ascii.as_bytes(), AsciiDenyList::STD3, Hyphens::Allow);
    let lower: String = domain.to_lowercase().nfc().collect();
    // IDNA drops or replaces some characters (zero-width spaces, ideographic full stops). A domain that does not read the
    // same afterwards is another domain than the one that people saw.
    if outcome.is_err() || (lower != ascii && lower != shown) {
        return Err(AddressProblem::Domain);
    }
    let last = ascii.rsplit('.').next().unwrap_or_default();
    if last.chars().all(|c| c.is_ascii_digit()) {
        return Err(AddressProblem::Domain);
    }
    Ok(ascii)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn normalized(text: &str) -> Result<String, AddressProblem> {
        EmailAddress::parse(text).map(|address| address.normalized().to_owned())
    }

    #[test]
    fn spellings_of_one_address_compare_equal() {
        for text in [
            "Jane@Example.COM",
            "  jane@example.com ",
            "ｊａｎｅ@example.com",
            "jane＠example.com",
            "jane@ｅxample．com",
        ] {
            assert_eq!(normalized(text).as_deref(), Ok("jane@example.com"), "{text}");
        }
        assert_eq!(normalized("a@EXÄMPLE.com"), normalized("a@xn--exmple-cua.com"));
    }

    #[test]
    fn disguised_domains_are_refused() {
        let disguised = [
            "a@example。com",
            "a@exa\u{200b}mple.com",
            "a@b.com＠evil.com",
            "a@exam\u{ad}ple.com",
            "a@b c.com",
            "a@[127.0.0.1]",
        ];
        for text in disguised {
            assert!(normalized(text).is_err(), "{text}");
        }
        assert_eq!(normalized("a@\u{212a}elvin.com").as_deref(), Ok("a@kelvin.com"));
    }

    #[test]
    fn malformed_local_parts_are_refused() {
        for text in [
            ".a@b.com",
            "a.@b.com",
            "a..b@b.com",
            "\"a b\"@b.com",
            "a\r\nb@b.com",
            "a,b@b.com",
            "a\u{202e}b@b.com",
            "<a>@b.com",
            "\u{130}@b.com",
        ] {
            assert_eq!(normalized(text), Err(AddressProblem::LocalPart), "{text}");
        }
    }

    #[test]
    fn shapes_without_one_at_sign_are_refused() {
        for text in ["", "a", "@b.com", "a@", "a@b@c.com"] {
            assert_eq!(normalized(text), Err(AddressProblem::Shape), "{text}");
        }
    }

    #[test]
    fn unusual_but_legal_addresses_pass() {
        for text in
            ["o'neil@mail.com", "a+b@example.com", "a@x-.com", "a/b=c@example.com", "ünïcode@example.com", "a@com"]
        {
            assert!(normalized(text).is_ok(), "{text}");
        }
    }

    #[test]
    fn the_local_part_keeps_its_letter_case_and_logs_show_one_letter_of_it() {
        let address = EmailAddress::parse("Jane.Doe@EXÄMPLE.com").expect("well formed");
        assert_eq!((address.local_part(), address.domain()), ("Jane.Doe", "xn--exmple-cua.com"));
        assert_eq!(format!("{address:?}"), "EmailAddress(J***@xn--exmple-cua.com)");
    }

    #[test]
    fn overlong_addresses_are_refused() {
        assert_eq!(normalized(&format!("{}@example.com", "a".repeat(250))), Err(AddressProblem::TooLong));
    }
}
