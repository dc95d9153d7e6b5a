//! What a log line may say about a secret, an address or a request target.
//!
//! Pure text functions. [`uri`] knows where the routes carry secrets and addresses, [`address`] masks one address and
//! [`text`] is the net below: it finds our own secrets and any address in free text, wherever it came from.
//! The writer of every log line passes through [`text`] (see `logging::writer`), so a forgotten field cannot leak.

use std::borrow::Cow;

use percent_encoding::percent_decode_str;

/// Stands where a secret was.
const TOKEN: &str = "{token}";

/// Stands where a path segment was that no route of ours has.
const UNKNOWN_SEGMENT: &str = "{...}";

/// The prefixes of the secrets that this server issues, with their underscore.
const SECRET_PREFIXES: [[u8; 4]; 9] =
    [*b"act_", *b"inv_", *b"sgn_", *b"pat_", *b"acc_", *b"ref_", *b"ses_", *b"app_", *b"key_"];

/// Shorter than the 43 characters of a real secret, so that a truncated one is hidden as well.
const SECRET_TAIL_MIN: usize = 20;

/// Names whose value is a secret in a link or a form, whatever the value looks like.
const SECRET_PARAMETERS: [&str; 6] = ["challenge", "invitation", "invite", "token", "password", "secret"];

/// The longest path segment that is shown: a UUID has 36 characters.
const SEGMENT_MAX: usize = 40;

/// A request target as the log may show it: no authority, no query, secrets and addresses replaced.
///
/// ```
/// use invite_server::logging::redact;
/// assert_eq!(redact::uri("/invite/sgn_abc/signup?x=1"), "/invite/{token}/signup?{...}");
/// assert_eq!(redact::uri("/users/jane%40example.com/activation-email"), "/users/j***@example.com/activation-email");
/// ```
#[must_use]
pub fn uri(target: &str) -> String {
    let without_fragment = target.split('#').next().unwrap_or_default();
    let (path, query) = match without_fragment.split_once('?') {
        Some((path, _)) => (path, true),
        None => (without_fragment, false),
    };
    let path = match path.split_once("://") {
        // Absolute form, as a proxy sends it: what stands before the path may hold credentials.
        Some((_, rest)) => rest.find('/').map_or("/", |start| &rest[start..]),
        None => path,
    };
    let mut shown = String::with_capacity(path.len() + 8);
    let mut before: Option<String> = None;
    for (index, raw) in path.split('/').enumerate() {
        if index > 0 {
            shown.push('/');
        }
        // The router decodes segments, so `/%69nvite/…` is the same route.
        let segment = percent_decode_str(raw).decode_utf8_lossy();
        shown.push_str(&path_segment(&segment, before.as_deref()));
        if !segment.is_empty() {
            before = Some(segment.to_ascii_lowercase());
        }
    }
    if query {
        shown.push('?');
        shown.push_str(UNKNOWN_SEGMENT);
    }
    shown
}

/// One decoded path segment, given the segment before it.
fn path_segment<'a>(segment: &'a str, before: Option<&str>) -> Cow<'a, str> {
    if segment.is_empty() {
        return Cow::Borrowed(segment);
    }
    // `/invite/{token}/…` and `/api/admin/invite-link/tokens/{token}`.
    if before == Some("invite") || before == Some("tokens") {
        return Cow::Borrowed(TOKEN);
    }
    if before == Some("users") && segment.contains('@') {
        return Cow::Owned(address(segment));
    }
    let plain = segment.len() <= SEGMENT_MAX
        && segment.chars().all(|c| c.is_ascii_alphanumeric() || "-._".contains(c))
        && find_secret(segment).is_none();
    if plain { Cow::Borrowed(segment) } else { Cow::Borrowed(UNKNOWN_SEGMENT) }
}

/// An address as the log may show it: the first character and the domain, `j***@example.com`.
///
/// Text without an `@` is hidden whole.
#[must_use]
pub fn address(address: &str) -> String {
    let Some((local, domain)) = address.rsplit_once('@') else {
        return "***".to_owned();
    };
    let first: String = local.chars().next().filter(|c| c.is_alphanumeric()).into_iter().collect();
    let domain: String = domain.chars().filter(|c| is_domain_char(*c)).collect();
    format!("{first}***@{domain}")
}

/// Free text with secrets and addresses replaced; borrowed when there is nothing to hide.
#[must_use]
pub fn text(input: &str) -> Cow<'_, str> {
    let secrets = hide_secrets(input);
    let parameters = match secrets {
        Cow::Borrowed(borrowed) => hide_parameters(borrowed),
        Cow::Owned(owned) => Cow::Owned(hide_parameters(&owned).into_owned()),
    };
    match parameters {
        Cow::Borrowed(borrowed) => hide_addresses(borrowed),
        Cow::Owned(owned) => Cow::Owned(hide_addresses(&owned).into_owned()),
    }
}

/// Where the first secret of ours stands in `text`: its start and its end in bytes.
fn find_secret(text: &str) -> Option<(usize, usize)> {
    // One pass over the underscores: log lines are many, secrets in them are none.
    for (underscore, _) in text.match_indices('_') {
        let Some(start) = underscore.checked_sub(3) else { continue };
        let prefix = text.as_bytes()[start..].first_chunk();
        if !prefix.is_some_and(|prefix| SECRET_PREFIXES.contains(prefix)) {
            continue;
        }
        let tail = text[underscore + 1..]
            .find(|c: char| !(c.is_ascii_alphanumeric() || c == '-' || c == '_'))
            .unwrap_or(text.len() - underscore - 1);
        if tail >= SECRET_TAIL_MIN {
            return Some((start, underscore + 1 + tail));
        }
    }
    None
}

fn hide_secrets(input: &str) -> Cow<'_, str> {
    let Some(mut found) = find_secret(input) else { return Cow::Borrowed(input) };
    let mut shown = String::with_capacity(input.len());
    let mut rest = input;
    loop {
        shown.push_str(&rest[..found.0]);
        shown.push_str(TOKEN);
        rest = &rest[found.1..];
        match find_secret(rest) {
            Some(next) => found = next,
            None => break,
        }
    }
    shown.push_str(rest);
    Cow::Owned(shown)
}

/// Hides the value of `challenge=…` and its like: a challenge that a caller chose has no prefix of ours.
fn hide_parameters(input: &str) -> Cow<'_, str> {
    let mut shown = String::new();
    let mut copied = 0;
    for (equals, _) in input.match_indices('=') {
        let before = &input[..equals];
        let named = SECRET_PARAMETERS
            .iter()
            .any(|name| before.strip_suffix(name).is_some_and(|head| !head.ends_with(|c: char| c.is_alphanumeric())));
        if !named || equals < copied {
            continue;
        }
        let value = &input[equals + 1..];
        let length = value.find(|c: char| c.is_whitespace() || "&\"'<>\\,;)".contains(c)).unwrap_or(value.len());
        if length == 0 || value[..length] == *TOKEN {
            continue;
        }
        shown.push_str(&input[copied..=equals]);
        shown.push_str(TOKEN);
        copied = equals + 1 + length;
    }
    if copied == 0 {
        return Cow::Borrowed(input);
    }
    shown.push_str(&input[copied..]);
    Cow::Owned(shown)
}

fn hide_addresses(input: &str) -> Cow<'_, str> {
    let mut shown = String::new();
    let mut copied = 0;
    for (at, sign) in input.match_indices('@').chain(input.match_indices("%40")) {
        if at < copied {
            continue;
        }
        let start = input[copied..at]
            .char_indices()
            .rev()
            .take_while(|(_, c)| is_local_char(*c))
            .last()
            .map_or(at, |(offset, _)| copied + offset);
        let after = at + sign.len();
        let length = input[after..].find(|c| !is_domain_char(c)).unwrap_or(input.len() - after);
        if start == at || length == 0 || input[start..at].ends_with("***") {
            continue;
        }
        shown.push_str(&input[copied..start]);
        shown.push_str(&address(&format!("{}@{}", &input[start..at], &input[after..after + length])));
        copied = after + length;
    }
    if copied == 0 {
        return Cow::Borrowed(input);
    }
    shown.push_str(&input[copied..]);
    // The two kinds of sign are searched one after the other; a second pass finds what the first one jumped over.
    match hide_addresses(&shown) {
        Cow::Borrowed(_) => Cow::Owned(shown),
        Cow::Owned(again) => Cow::Owned(again),
    }
}

/// What an address may have before its at-sign (`email_address::check_local` in the domain).
fn is_local_char(c: char) -> bool {
    c.is_alphanumeric() || "!#$%&'*+-./=?^_`{|}~".contains(c)
}

fn is_domain_char(c: char) -> bool {
    c.is_alphanumeric() || c == '.' || c == '-'
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECRET: &str = "act_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

    #[test]
    fn request_targets_show_neither_secrets_nor_addresses_nor_queries() {
        for (target, expected) in [
            ("/health/live", "/health/live"),
            ("/invite/0123456789abcdef/signup", "/invite/{token}/signup"),
            ("/invite/a%2Fb/validate", "/invite/{token}/validate"),
            ("/%69nvite/abc/signup", "/%69nvite/{token}/signup".replace("%69", "i").as_str()),
            ("/INVITE/abc/signup", "/INVITE/{token}/signup"),
            ("/invite//abc", "/invite//{token}"),
            ("/api/admin/invite-link/tokens/abc", "/api/admin/invite-link/tokens/{token}"),
            ("/users/jane.doe@example.com/activation-email", "/users/j***@example.com/activation-email"),
            ("/users/jane%40example.com", "/users/j***@example.com"),
            ("/users/me", "/users/me"),
            ("/v1/organizations/42/members/invite", "/v1/organizations/42/members/invite"),
            ("/new-user?invite=abc", "/new-user?{...}"),
            ("http://user:word@host/invite/abc/signup", "/invite/{token}/signup"),
            ("http://host", "/"),
            ("/activate#challenge=abc", "/activate"),
            ("*", "{...}"),
            ("", ""),
        ] {
            assert_eq!(uri(target), expected, "for {target}");
        }
        assert_eq!(uri(&format!("/somewhere/{SECRET}")), "/somewhere/{...}");
    }

    #[test]
    fn addresses_keep_their_first_character_and_their_domain() {
        for (input, expected) in [
            ("jane@example.com", "j***@example.com"),
            ("é@example.com", "é***@example.com"),
            ("\"a b\"@example.com", "***@example.com"),
            ("a@b@example.com", "a***@example.com"),
            ("no address", "***"),
        ] {
            assert_eq!(address(input), expected);
        }
    }

    #[test]
    fn free_text_loses_its_secrets_and_addresses() {
        for (input, expected) in [
            ("nothing to hide".to_owned(), "nothing to hide"),
            (format!("link http://h/activate#challenge={SECRET} end"), "link http://h/activate#challenge={token} end"),
            (format!("{SECRET}{SECRET}"), "{token}"),
            (format!("x={SECRET},y={SECRET}"), "x={token},y={token}"),
            ("challenge=caller-chosen-value&x=1".to_owned(), "challenge={token}&x=1"),
            ("550 <jane.doe@example.com>: unknown".to_owned(), "550 <j***@example.com>: unknown"),
            ("jane%40example.com and joe@example.org".to_owned(), "j***@example.com and j***@example.org"),
            ("o'neil@example.com".to_owned(), "o***@example.com"),
            ("jane.doe/acme@example.com".to_owned(), "j***@example.com"),
            ("<jane=doe?x@example.com>".to_owned(), "<j***@example.com>"),
            ("sub_key_name act_short @ home a@".to_owned(), "sub_key_name act_short @ home a@"),
        ] {
            assert_eq!(text(&input), expected);
        }
    }

    #[test]
    fn redaction_is_idempotent() {
        let once = text(&format!("to jane@example.com with token={SECRET}")).into_owned();
        assert_eq!(text(&once), once);
    }
}
