//! Names from the document, as Rust spells them: the same spelling as typify and progenitor, so that all files agree.

use heck::{ToKebabCase, ToPascalCase, ToSnakeCase};
use proc_macro2::{Ident, Span};

use crate::model::Status;

/// `muninxInviteUser`, `last-name` and `x-session-token` in snake_case.
#[must_use]
pub fn snake(name: &str) -> String {
    known(name).unwrap_or_else(|| start(clean(name).to_snake_case(), "x"))
}

/// The same in PascalCase.
#[must_use]
pub fn pascal(name: &str) -> String {
    known(name).unwrap_or_else(|| start(clean(name).to_pascal_case(), "X"))
}

/// The same as the word of a command line: `organization-id`.
#[must_use]
pub fn kebab(name: &str) -> String {
    known(name).unwrap_or_else(|| start(clean(name).to_kebab_case(), "x"))
}

/// Two names of a widely used API, for which typify has words of its own, in lower case everywhere.
fn known(name: &str) -> Option<String> {
    match name {
        "+1" => Some("plus1".to_owned()),
        "-1" => Some("minus1".to_owned()),
        _ => None,
    }
}

/// Characters that no identifier has separate words.
fn clean(name: &str) -> String {
    name.replace('\'', "").replace(|c| !unicode_ident::is_xid_continue(c), "-")
}

fn start(name: String, prefix: &str) -> String {
    match name.chars().next() {
        None => prefix.to_owned(),
        Some(first) if unicode_ident::is_xid_start(first) => name,
        Some(_) => format!("{prefix}{name}"),
    }
}

/// A type or variant name as an identifier.
#[must_use]
pub fn ident_pascal(name: &str) -> Ident {
    let name = pascal(name);
    // `Self` is the one keyword in PascalCase.
    let name = if typify::accept_as_ident(&name) { name } else { format!("{name}_") };
    Ident::new(&name, Span::call_site())
}

/// A field or function name as an identifier, raw where it is a keyword (`type`).
#[must_use]
pub fn ident_snake(name: &str) -> Ident {
    let name = snake(name);
    if matches!(name.as_str(), "self" | "super" | "crate" | "_") {
        return Ident::new(&format!("{name}_"), Span::call_site());
    }
    syn::parse_str::<Ident>(&name).unwrap_or_else(|_| Ident::new_raw(&name, Span::call_site()))
}

/// The name of a method of the server's traits as an identifier. It is not raw, because dropshot makes other names of it.
#[must_use]
pub fn ident_method(id: &str) -> Ident {
    let name = snake(id);
    let name = if typify::accept_as_ident(&name) { name } else { format!("{name}_") };
    Ident::new(&name, Span::call_site())
}

/// The name of a status as a variant: its reason phrase, or what a range of them is for.
#[must_use]
pub fn status(status: Status) -> String {
    let name = match status {
        Status::Exact(status) => return phrase(status),
        Status::Range(1) => "Informational",
        Status::Range(2) => "Success",
        Status::Range(3) => "Redirection",
        Status::Range(4) => "ClientError",
        Status::Range(_) => "ServerError",
        Status::Default => "Default",
    };
    name.to_owned()
}

fn phrase(status: u16) -> String {
    match status {
        101 => "SwitchingProtocols",
        200 => "Ok",
        201 => "Created",
        202 => "Accepted",
        204 => "NoContent",
        301 => "MovedPermanently",
        302 => "Found",
        303 => "SeeOther",
        304 => "NotModified",
        307 => "TemporaryRedirect",
        308 => "PermanentRedirect",
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
        assert_eq!(snake("2nd"), "x2nd");
        assert_eq!((snake("+1"), snake("-1")), ("plus1".to_owned(), "minus1".to_owned()));
        assert_eq!(kebab("organizationId"), "organization-id");
        assert_eq!(kebab("muninx_invite_user"), "muninx-invite-user");
        assert_eq!(pascal("muninx_invite_user"), "MuninxInviteUser");
        assert_eq!(pascal("kareBearer"), "KareBearer");
        assert_eq!(pascal("WWW-Authenticate"), "WwwAuthenticate");
        assert_eq!(pascal("hex string (32 bytes)"), "HexString32Bytes");
    }

    #[test]
    fn keywords_stay_identifiers() {
        assert_eq!(ident_snake("type").to_string(), "r#type");
        assert_eq!(ident_snake("self").to_string(), "self_");
        assert_eq!(
            (ident_method("fn").to_string(), ident_method("listFns").to_string()),
            ("fn_".into(), "list_fns".into())
        );
        assert_eq!(ident_pascal("self").to_string(), "Self_");
    }
}
