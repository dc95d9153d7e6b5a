//! The flows' own error bodies, each built from the same parts.

use invite_api::reply::{ErrorFor, ErrorHeaders, Refused};
use invite_api::types;
use invite_api::validate::Violation;

/// What an error says, whatever its form.
#[derive(Debug, Clone)]
pub struct Parts {
    /// HTTP status.
    pub(super) status: u16,
    /// Stable code, in snake_case; names the page of the documentation.
    pub(super) code: &'static str,
    /// The code in words.
    pub(super) title: &'static str,
    /// What happened, without values that the caller sent.
    pub(super) detail: String,
    /// The member of the request at fault.
    pub(super) field: Option<String>,
    /// Everything that breaks the schema.
    pub(super) violations: Vec<Violation>,
    /// The request's id.
    pub(super) request_id: String,
    /// Page of the documentation about the code.
    pub(super) page: String,
    /// For the answer's headers.
    pub(super) headers: ErrorHeaders,
}

impl Refused for Parts {
    fn status(&self) -> u16 {
        self.status
    }

    fn headers(&self) -> ErrorHeaders {
        self.headers.clone()
    }

    fn message(&self) -> String {
        self.detail.clone()
    }
}

impl<B: ErrorBody> ErrorFor<B> for Parts {
    fn body(&self) -> Option<B> {
        Some(B::of(self.clone()))
    }
}

impl Parts {
    fn instance(&self) -> String {
        format!("urn:uuid:{}", self.request_id)
    }

    fn status(&self) -> i32 {
        i32::from(self.status)
    }

    /// What is at fault where, for bodies that have no member for a field: what breaks the schema, or the one member that a
    /// rule refuses.
    fn faults(&self) -> Vec<Violation> {
        let refused =
            self.field.iter().map(|field| Violation { pointer: format!("/{field}"), detail: self.detail.clone() });
        if self.violations.is_empty() { refused.collect() } else { self.violations.clone() }
    }
}

/// An error body of one flow.
pub(super) trait ErrorBody {
    fn of(parts: Parts) -> Self;
}

impl ErrorBody for types::Problem {
    fn of(parts: Parts) -> Self {
        Self {
            instance: parts.instance(),
            status: parts.status(),
            title: parts.title.to_owned(),
            type_: parts.page,
            detail: parts.detail,
            field: parts.field,
            errors: parts
                .violations
                .into_iter()
                .map(|Violation { pointer, detail }| types::ProblemError { pointer, detail })
                .collect(),
        }
    }
}

impl ErrorBody for types::MuninxProblem {
    fn of(parts: Parts) -> Self {
        Self {
            instance: Some(parts.instance()),
            status: Some(parts.status()),
            title: Some(parts.title.to_owned()),
            type_: Some(parts.page),
            detail: Some(parts.detail),
            field: parts.field,
            errors: parts
                .violations
                .into_iter()
                .map(|Violation { pointer, detail }| types::MuninxProblemError { pointer, detail })
                .collect(),
        }
    }
}

impl ErrorBody for types::NexusProblemDetails {
    fn of(parts: Parts) -> Self {
        let errors: Vec<_> = parts
            .faults()
            .into_iter()
            .map(|Violation { pointer, detail }| types::NexusProblemError { pointer, detail })
            .collect();
        Self {
            instance: Some(parts.instance()),
            status: Some(parts.status()),
            title: Some(parts.title.to_owned()),
            type_: Some(parts.page),
            detail: Some(parts.detail),
            errors: (!errors.is_empty()).then_some(errors),
        }
    }
}

impl ErrorBody for types::KareError {
    /// The one text has room for everything: the violations follow the sentence.
    fn of(parts: Parts) -> Self {
        let violations: Vec<_> =
            parts.violations.iter().map(|violation| format!("{} {}", violation.pointer, violation.detail)).collect();
        let message =
            if violations.is_empty() { parts.detail } else { format!("{}: {}", parts.title, violations.join("; ")) };
        Self { message }
    }
}

impl ErrorBody for types::UnleashError {
    fn of(parts: Parts) -> Self {
        let name = match (parts.status, parts.code) {
            (400, "invalid_request") => "ValidationError",
            (401, _) => "AuthenticationRequired",
            (403, _) => "PermissionError",
            (404, _) => "NotFoundError",
            (409, "idempotency_key_in_use") => "ConflictError",
            (409, _) => "NameExistsError",
            (413, _) => "PayloadTooLargeError",
            (415, _) => "ContentTypeError",
            (422, _) => "UnprocessableEntityError",
            (429, _) => "RateLimitError",
            (503, _) => "ServiceUnavailableError",
            (500, _) => "UnknownError",
            _ => "BadDataError",
        };
        let faults = parts.faults();
        Self {
            id: Some(parts.request_id),
            name: Some(name.to_owned()),
            message: Some(parts.detail),
            details: faults
                .into_iter()
                .map(|Violation { pointer, detail }| types::UnleashErrorDetail { path: Some(pointer), message: detail })
                .collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    fn name(status: u16, code: &'static str) -> String {
        let parts = Parts {
            status,
            code,
            title: "",
            detail: String::new(),
            field: None,
            violations: Vec::new(),
            request_id: String::new(),
            page: String::new(),
            headers: ErrorHeaders::default(),
        };
        types::UnleashError::of(parts).name.unwrap_or_default()
    }

    #[test]
    fn the_document_lists_the_names_of_unleashs_errors() {
        let document: serde_json::Value =
            serde_json::from_str(include_str!("../../../openapi/generated/openapi.json")).unwrap();
        let member = &document["components"]["schemas"]["UnleashError"]["properties"]["name"]["description"];
        let listed: BTreeSet<String> =
            member.as_str().unwrap().split('`').skip(1).step_by(2).map(str::to_owned).collect();
        let codes = ["invalid_request", "idempotency_key_in_use", "other"];
        let statuses = [400, 401, 403, 404, 409, 410, 413, 415, 422, 429, 500, 503];
        let sent = statuses.iter().flat_map(|status| codes.map(|code| name(*status, code)));
        assert_eq!(sent.collect::<BTreeSet<_>>(), listed);
    }
}
