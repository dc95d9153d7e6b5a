//! Names from the document, as Rust spells them.

use proc_macro2::{Ident, Span};

/// `muninxInviteUser`, `last-name` and `x-session-token` in snake_case.
#[must_use]
pub fn snake(name: &str) -> String {
    let mut out = String::with_capacity(name.len() + 4);
    let mut previous_lower = false;
    for c in name.chars() {
        if c.is_ascii_alphanumeric() {
            if c.is_ascii_uppercase() && previous_lower {
                out.push('_');
            }
            previous_lower = c.is_ascii_lowercase() || c.is_ascii_digit();
            out.push(c.to_ascii_lowercase());
        } else {
            previous_lower = false;
            if !out.ends_with('_') && !out.is_empty() {
                out.push('_');
            }
        }
    }
    out.trim_end_matches('_').to_owned()
}

/// The same in PascalCase.
#[must_use]
pub fn pascal(name: &str) -> String {
    snake(name)
        .split('_')
        .map(|word| {
            let mut chars = word.chars();
            chars.next().map_or_else(String::new, |first| first.to_ascii_uppercase().to_string() + chars.as_str())
        })
        .collect()
}

/// A type or variant name as an identifier.
#[must_use]
pub fn ident_pascal(name: &str) -> Ident {
    Ident::new(&pascal(name), Span::call_site())
}

/// A field or function name as an identifier, raw where it is a keyword (`type`).
#[must_use]
pub fn ident_snake(name: &str) -> Ident {
    let name = snake(name);
    syn::parse_str::<Ident>(&name).unwrap_or_else(|_| Ident::new_raw(&name, Span::call_site()))
}

/// The name of a status as a variant: its reason phrase.
#[must_use]
pub fn status(status: u16) -> String {
    match status {
        200 => "Ok",
        201 => "Created",
        202 => "Accepted",
        204 => "NoContent",
        400 => "BadRequest",
        401 => "Unauthorized",
        403 => "Forbidden",
        404 => "NotFound",
        409 => "Conflict",
        410 => "Gone",
        413 => "ContentTooLarge",
        415 => "UnsupportedMediaType",
        422 => "UnprocessableContent",
        429 => "TooManyRequests",
        500 => "InternalServerError",
        503 => "ServiceUnavailable",
        other => return format!("Status{other}"),
    }
    .to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wire_names_become_rust_names() {
        assert_eq!(snake("last-name"), "last_name");
        assert_eq!(snake("organizationId"), "organization_id");
        assert_eq!(snake("x-session-token"), "x_session_token");
        assert_eq!(pascal("muninx_invite_user"), "MuninxInviteUser");
        assert_eq!(pascal("kareBearer"), "KareBearer");
        assert_eq!(pascal("WWW-Authenticate"), "WwwAuthenticate");
    }
}
