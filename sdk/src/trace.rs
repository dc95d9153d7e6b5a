//! A span for each call, with the field names that OpenTelemetry has for clients of HTTP.
//!
//! It holds the template of the path and never the path, no query, no header and no body: nothing in it is a secret.
//! Without the feature `tracing` it is nothing at all.

use reqwest::StatusCode;
use reqwest::header::HeaderValue;

use crate::answer::OperationError;
use crate::error::Error;
use crate::operation::OperationInfo;
use crate::target::BaseUrl;

/// The span of one call.
pub(crate) struct Span {
    #[cfg(feature = "tracing")]
    inner: tracing::Span,
}

#[cfg(feature = "tracing")]
impl Span {
    pub(crate) fn new(operation: &OperationInfo, base: &BaseUrl, request_id: &HeaderValue) -> Self {
        let inner = tracing::info_span!(
            "call",
            otel.name = %format_args!("{} {}", operation.method, operation.path),
            otel.kind = "client",
            otel.status_code = tracing::field::Empty,
            operation_id = operation.id,
            http.request.method = operation.method,
            url.template = operation.path,
            server.address = base.host_and_port().0,
            server.port = base.host_and_port().1,
            request_id = request_id.to_str().unwrap_or_default(),
            http.response.status_code = tracing::field::Empty,
            http.request.resend_count = tracing::field::Empty,
            error.type = tracing::field::Empty,
        );
        Self { inner }
    }

    /// Polls the call inside the span.
    pub(crate) fn around<T>(&self, poll: impl FnOnce() -> T) -> T {
        self.inner.in_scope(poll)
    }

    pub(crate) fn attempts(&self, attempts: u32) {
        if attempts > 1 {
            self.inner.record("http.request.resend_count", attempts - 1);
        }
    }

    pub(crate) fn answered(&self, status: StatusCode) {
        self.inner.record("http.response.status_code", status.as_u16());
    }

    pub(crate) fn failed<E: OperationError>(&self, error: &Error<E>) {
        if let Some(status) = error.status() {
            self.answered(status);
        }
        self.inner.record("error.type", tracing::field::debug(error.kind()));
        self.inner.record("otel.status_code", "ERROR");
    }
}

#[cfg(not(feature = "tracing"))]
impl Span {
    pub(crate) fn new(_: &OperationInfo, _: &BaseUrl, _: &HeaderValue) -> Self {
        Self {}
    }

    pub(crate) fn around<T>(&self, poll: impl FnOnce() -> T) -> T {
        poll()
    }

    pub(crate) fn attempts(&self, _: u32) {}

    pub(crate) fn answered(&self, _: StatusCode) {}

    pub(crate) fn failed<E: OperationError>(&self, _: &Error<E>) {}
}
