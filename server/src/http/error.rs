//! The only table from what can go wrong to statuses and words.

use dropshot::{ClientErrorStatusCode, HttpError};
use http::header::RETRY_AFTER;
use invite_api::reply::ErrorHeaders;
use invite_api::request::BodyProblem;
use invite_api::serve::Rejection;
use invite_api::validate::Violation;
use invite_domain::limit::TOO_MANY_REQUESTS;
use invite_domain::refusal::{Refusal, RefusalCode};

use super::body::Parts;
use crate::app;

/// Why an operation gives no success.
#[derive(Debug)]
pub enum Problem {
    /// The body is not of the documented media type.
    UnsupportedMediaType,
    /// The body is larger than the operation takes.
    TooLarge { limit: usize },
    /// The body is not one JSON value.
    Malformed,
    /// The connection broke while the body was read.
    Interrupted,
    /// The body took too long to arrive.
    TooSlow,
    /// Parameters or body break the schema.
    Invalid(Vec<Violation>),
    /// The application said no, is busy, or failed.
    App(app::Error),
    /// The handler panicked; the text is for the log only.
    Panicked(String),
}

impl From<app::Error> for Problem {
    fn from(error: app::Error) -> Self {
        Self::App(error)
    }
}

impl From<Rejection> for Problem {
    fn from(rejection: Rejection) -> Self {
        match rejection {
            Rejection::NotAuthenticated => Self::App(app::Error::Refused(Refusal::not_authenticated())),
            Rejection::Request(problem) => problem.into(),
            Rejection::TooSlow => Self::TooSlow,
        }
    }
}

impl From<BodyProblem> for Problem {
    fn from(problem: BodyProblem) -> Self {
        match problem {
            BodyProblem::UnsupportedMediaType => Self::UnsupportedMediaType,
            BodyProblem::TooLarge { limit } => Self::TooLarge { limit },
            BodyProblem::Malformed => Self::Malformed,
            BodyProblem::Interrupted => Self::Interrupted,
            BodyProblem::Invalid(violations) => Self::Invalid(violations),
        }
    }
}

/// The codes that no refusal of the domain has, with their titles.
pub(crate) const TRANSPORT_CODES: [(&str, &str); 7] = [
    ("invalid_request", "The request breaks its schema"),
    ("malformed_json", "The body is not JSON"),
    ("unsupported_media_type", "The media type is not supported"),
    ("body_too_large", "The body is too large"),
    (TOO_MANY_REQUESTS, "Too many requests"),
    ("unavailable", "The server is busy"),
    ("internal", "The server failed"),
];

/// What the one 503 says after which something may have been done.
const UNKNOWN: &str = "the database did not say whether this was done; send it again with the same Idempotency-Key, or look \
                       before you send it again";

fn title(code: &'static str) -> &'static str {
    TRANSPORT_CODES.iter().find(|(name, _)| *name == code).map_or("The request was refused", |(_, title)| title)
}

/// Status of a refusal.
pub(crate) fn refusal_status(code: RefusalCode) -> u16 {
    match code {
        RefusalCode::InvalidValue
        | RefusalCode::UnknownOrganization
        | RefusalCode::AgentTypeRequired
        | RefusalCode::AgentTypeForbidden
        | RefusalCode::PasswordRejected
        | RefusalCode::LastAdministrator
        | RefusalCode::SecretUnknown
        | RefusalCode::SignupTokenUnusable => 400,
        RefusalCode::NotAuthenticated | RefusalCode::WrongCredentials => 401,
        RefusalCode::NotAllowed => 403,
        RefusalCode::OrganizationNotFound
        | RefusalCode::UserNotFound
        | RefusalCode::TokenNotFound
        | RefusalCode::SignupTokenNotFound
        | RefusalCode::InvitationNotFound
        | RefusalCode::ImportNotFound => 404,
        RefusalCode::AlreadyMember
        | RefusalCode::ApiKeyTaken
        | RefusalCode::ImportExists
        | RefusalCode::IdempotencyKeyInUse
        | RefusalCode::EmailTaken
        | RefusalCode::UsernameTaken
        | RefusalCode::OrganizationTaken
        | RefusalCode::DomainTaken
        | RefusalCode::UserPending
        | RefusalCode::UserShared
        | RefusalCode::UserNotPending
        | RefusalCode::InvitationNotPending
        | RefusalCode::SecretUsed
        | RefusalCode::SecretDeclined => 409,
        RefusalCode::SecretExpired | RefusalCode::SecretRevoked => 410,
        RefusalCode::IdempotencyKeyReused => 422,
    }
}

/// Title of a refusal: its code in words.
pub(crate) fn refusal_title(code: RefusalCode) -> &'static str {
    match code {
        RefusalCode::InvalidValue => "A value is not acceptable",
        RefusalCode::UnknownOrganization => "The organization is unknown",
        RefusalCode::AgentTypeRequired => "The agent type is missing",
        RefusalCode::AgentTypeForbidden => "The agent type is out of place",
        RefusalCode::PasswordRejected => "The password is not acceptable",
        RefusalCode::LastAdministrator => "The tenant keeps its last administrator",
        RefusalCode::SecretUnknown => "The secret is unknown",
        RefusalCode::SignupTokenUnusable => "The signup token cannot be used",
        RefusalCode::NotAuthenticated => "Credentials are missing or not valid",
        RefusalCode::WrongCredentials => "The address or the password is wrong",
        RefusalCode::NotAllowed => "The caller may not do this",
        RefusalCode::OrganizationNotFound => "There is no such organization",
        RefusalCode::UserNotFound => "There is no such user",
        RefusalCode::TokenNotFound => "There is no such token",
        RefusalCode::SignupTokenNotFound => "There is no such signup token",
        RefusalCode::InvitationNotFound => "There is no such invitation",
        RefusalCode::ImportNotFound => "There is no such import",
        RefusalCode::ImportExists => "The import exists already",
        RefusalCode::AlreadyMember => "The user is a member already",
        RefusalCode::ApiKeyTaken => "The id of the key is taken",
        RefusalCode::EmailTaken => "The e-mail address is taken",
        RefusalCode::UsernameTaken => "The username is taken",
        RefusalCode::OrganizationTaken => "The id of the organization is taken",
        RefusalCode::DomainTaken => "The domain is taken",
        RefusalCode::UserPending => "The user has not accepted yet",
        RefusalCode::UserShared => "The user is not this tenant's to change",
        RefusalCode::UserNotPending => "The user is active already",
        RefusalCode::InvitationNotPending => "The invitation is closed",
        RefusalCode::SecretUsed => "The secret was used before",
        RefusalCode::SecretDeclined => "The invitation was declined",
        RefusalCode::SecretExpired => "The secret has expired",
        RefusalCode::SecretRevoked => "The secret was withdrawn or replaced",
        RefusalCode::IdempotencyKeyInUse => "The first request is still running",
        RefusalCode::IdempotencyKeyReused => "The key belongs to another request",
    }
}

impl Problem {
    /// What to tell the caller; `request_id` and the base of the documentation complete it.
    pub(super) fn parts(self, headers: ErrorHeaders, request_id: &str, public_url: &str) -> Parts {
        let parts = |status, code, title, detail: String, field, violations| Parts {
            status,
            code,
            title,
            detail,
            field,
            violations,
            request_id: request_id.to_owned(),
            page: format!("{}/docs/problems/{code}", public_url.trim_end_matches('/')),
            headers: headers.clone(),
        };
        let transport = |status, code, detail: String| parts(status, code, title(code), detail, None, Vec::new());
        match self {
            Self::UnsupportedMediaType => {
                transport(415, "unsupported_media_type", "the body must be sent as application/json".to_owned())
            }
            Self::TooLarge { limit } => {
                transport(413, "body_too_large", format!("the body must not be larger than {limit} bytes"))
            }
            Self::Malformed => transport(400, "malformed_json", "the body must be exactly one JSON value".to_owned()),
            Self::Interrupted => {
                transport(400, "malformed_json", "the body ended before its announced length".to_owned())
            }
            Self::TooSlow => transport(
                400,
                "malformed_json",
                "the body took too long to arrive, or many others from this address are still on their way".to_owned(),
            ),
            Self::Invalid(violations) => {
                let field = violations.first().and_then(Violation::field);
                let detail = summary(&violations);
                parts(400, "invalid_request", title("invalid_request"), detail, field, violations)
            }
            Self::App(app::Error::Refused(Refusal { code, field, detail })) => parts(
                refusal_status(code),
                code.as_str(),
                refusal_title(code),
                detail.into_owned(),
                field.map(str::to_owned),
                Vec::new(),
            ),
            Self::App(app::Error::Limited { kind, retry_after_seconds: seconds }) => {
                let unit = if seconds == 1 { "second" } else { "seconds" };
                transport(429, TOO_MANY_REQUESTS, format!("{}, try again in {seconds} {unit}", kind.what()))
            }
            Self::App(app::Error::Busy { .. }) => {
                transport(503, "unavailable", "the server cannot do this at the moment; try again later".to_owned())
            }
            Self::App(app::Error::Unknown) => transport(503, "unavailable", UNKNOWN.to_owned()),
            Self::App(app::Error::Internal(_)) | Self::Panicked(_) => {
                transport(500, "internal", "the server could not finish the request; nothing was changed".to_owned())
            }
        }
    }

    /// The same for what is no operation.
    pub(crate) fn of_page(&self) -> HttpError {
        let mut error = match self {
            Self::App(app::Error::Limited { kind, .. }) => {
                HttpError::for_client_error(None, ClientErrorStatusCode::TOO_MANY_REQUESTS, kind.what().to_owned())
            }
            _ => HttpError::for_unavail(None, "no place for a page".to_owned()),
        };
        error.headers_mut().insert(RETRY_AFTER, self.retry_after().into());
        error
    }

    /// Seconds after which to try again.
    pub(super) fn retry_after(&self) -> u32 {
        match self {
            Self::App(
                app::Error::Busy { retry_after_seconds, .. } | app::Error::Limited { retry_after_seconds, .. },
            ) => *retry_after_seconds,
            _ => 1,
        }
    }
}

/// The first violation in words, and how many more there are.
fn summary(violations: &[Violation]) -> String {
    let Some(first) = violations.first() else { return "the request breaks its schema".to_owned() };
    let name = first.pointer.trim_start_matches('/');
    let name = if name.is_empty() { "the body" } else { name };
    match violations.len() {
        1 => format!("{name} {}", first.detail),
        more => format!("{name} {}; {} more violation(s)", first.detail, more - 1),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store;

    #[test]
    fn what_may_have_been_done_is_not_called_undone() {
        let parts = |error: store::Error| {
            Problem::from(app::Error::from(error)).parts(ErrorHeaders::default(), "id", "https://invite.example")
        };
        let (unknown, busy) =
            (parts(store::Error::Unknown("cut".into())), parts(store::Error::Busy { reason: "refused".into() }));
        assert_eq!((unknown.status, unknown.code), (busy.status, busy.code));
        assert!(unknown.detail.contains("did not say whether") && unknown.detail.contains("same Idempotency-Key"));
        assert!(!busy.detail.contains("did not say") && !busy.detail.contains("refused"), "{}", busy.detail);
    }
}
