//! Traces by OTLP: a span for each request, which goes on with the caller's trace if it has one.
//!
//! Names and attributes are those of OpenTelemetry for HTTP servers, and come from the document: the path is the template and
//! never what was sent. Spans go out in batches from a thread of their own; a collector that is away costs spans and nothing else,
//! which are counted and told of in the log (`watched`).

mod watched;

use std::fmt;
use std::time::Duration;

use http::HeaderMap;
use opentelemetry::propagation::{Extractor, TextMapPropagator as _};
use opentelemetry::trace::{Span as _, SpanKind, Status, Tracer as _, TracerProvider as _};
use opentelemetry::{Context, KeyValue};
use opentelemetry_otlp::{ExporterBuildError, Protocol, SpanExporter, WithExportConfig as _};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::propagation::TraceContextPropagator;
use opentelemetry_sdk::trace::{Sampler, SdkTracer, SdkTracerProvider, Span};
use url::Url;

use crate::causes::Causes;
use watched::{Losses, Watched};

/// What collectors take traces at.
const PATH: &str = "/v1/traces";

const NAME: &str = env!("CARGO_PKG_NAME");
/// How long a stop waits for a collector.
pub(crate) const PATIENCE: Duration = Duration::from_secs(5);
/// How long one batch may take: longer than a stop waits, which hears nothing of a batch that ends by itself.
const EXPORT: Duration = Duration::from_secs(10);

/// Where spans go, and how many.
#[derive(Debug, Clone, PartialEq)]
pub struct TraceSettings {
    /// The collector, with its path for traces or without.
    pub endpoint: Url,
    /// Of traces that begin here, the share that is kept, from 0 to 1.
    pub share: f64,
}

/// What makes spans.
#[derive(Clone)]
pub struct Traces {
    provider: SdkTracerProvider,
    tracer: SdkTracer,
    losses: Losses,
}

/// The span of a request at work.
pub(crate) struct RequestSpan(Span);

impl Traces {
    /// Begins to send spans.
    ///
    /// # Errors
    /// When there can be no client for the collector.
    pub fn start(settings: &TraceSettings) -> Result<Self, ExporterBuildError> {
        let base = settings.endpoint.as_str().trim_end_matches('/');
        // With the path is how many vendors write it.
        let endpoint = format!("{}{PATH}", base.strip_suffix(PATH).unwrap_or(base));
        let exporter = SpanExporter::builder()
            .with_http()
            .with_endpoint(&endpoint)
            .with_protocol(Protocol::HttpBinary)
            .with_timeout(EXPORT)
            .build()?;
        let losses = Losses::default();
        let exporter = Watched::new(exporter, endpoint, losses.clone());
        let version = KeyValue::new("service.version", env!("CARGO_PKG_VERSION"));
        let provider = SdkTracerProvider::builder()
            .with_batch_exporter(exporter)
            .with_sampler(Sampler::ParentBased(Box::new(Sampler::TraceIdRatioBased(settings.share))))
            .with_resource(Resource::builder().with_service_name(NAME).with_attribute(version).build())
            .build();
        Ok(Self { tracer: provider.tracer(NAME), provider, losses })
    }

    /// How many spans the collector did not take since this process started.
    pub(crate) fn lost(&self) -> u64 {
        self.losses.count()
    }

    /// A request has come to an operation.
    pub(crate) fn begin(
        &self,
        (id, method, path): (&'static str, &'static str, &'static str),
        request: &str,
        headers: &HeaderMap,
    ) -> RequestSpan {
        let parent = TraceContextPropagator::new().extract_with_context(&Context::new(), &Headers(headers));
        let span = self.tracer.span_builder(format!("{method} {path}")).with_kind(SpanKind::Server).with_attributes([
            KeyValue::new("http.request.method", method),
            KeyValue::new("http.route", path),
            KeyValue::new("invite.operation", id),
            KeyValue::new("invite.request_id", request.to_owned()),
        ]);
        RequestSpan(span.start_with_context(&self.tracer, &parent))
    }

    /// Sends what is left.
    pub(crate) async fn stop(self) {
        let stopped = tokio::task::spawn_blocking(move || self.provider.shutdown_with_timeout(PATIENCE)).await;
        if let Ok(Err(error)) = stopped {
            tracing::warn!(error = %Causes(&error), "the last spans were not sent");
        }
    }
}

impl RequestSpan {
    /// It was answered.
    pub(crate) fn end(mut self, status: u16) {
        self.0.set_attribute(KeyValue::new("http.response.status_code", i64::from(status)));
        if status >= 500 {
            self.0.set_attribute(KeyValue::new("error.type", status.to_string()));
            self.0.set_status(Status::error(""));
        }
        self.0.end();
    }
}

/// Headers as the propagator reads them.
struct Headers<'a>(&'a HeaderMap);

impl Extractor for Headers<'_> {
    fn get(&self, key: &str) -> Option<&str> {
        self.0.get(key)?.to_str().ok()
    }

    fn keys(&self) -> Vec<&str> {
        self.0.keys().map(http::HeaderName::as_str).collect()
    }
}

impl fmt::Debug for Traces {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Traces(..)")
    }
}
