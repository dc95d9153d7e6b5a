//! Spans that a collector does not take: counted, and told of now and then. The exporter itself tells nobody.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use opentelemetry_otlp::SpanExporter;
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::trace::{SpanData, SpanExporter as Exporter};

use crate::causes::Causes;
use crate::throttle::Throttle;

/// How often it is told at most: batches fail every few seconds while a collector is away.
const PAUSE: Duration = Duration::from_secs(60);

/// How many spans were not taken; its clones count together.
#[derive(Debug, Clone, Default)]
pub(super) struct Losses(Arc<AtomicU64>);

impl Losses {
    pub(super) fn count(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

/// An exporter whose failures are told.
#[derive(Debug)]
pub(super) struct Watched {
    exporter: SpanExporter,
    endpoint: String,
    losses: Losses,
    told: Throttle,
}

impl Watched {
    pub(super) fn new(exporter: SpanExporter, endpoint: String, losses: Losses) -> Self {
        Self { exporter, endpoint, losses, told: Throttle::with_pause(PAUSE) }
    }
}

impl Exporter for Watched {
    async fn export(&self, batch: Vec<SpanData>) -> OTelSdkResult {
        let spans = u64::try_from(batch.len()).unwrap_or(u64::MAX);
        let taken = self.exporter.export(batch).await;
        if let Err(error) = &taken {
            let lost = self.losses.0.fetch_add(spans, Ordering::Relaxed).saturating_add(spans);
            if self.told.is_news("") {
                let endpoint = &self.endpoint;
                tracing::warn!(endpoint, lost, error = %Causes(error), "spans were not taken by the collector");
            }
        }
        taken
    }

    fn shutdown_with_timeout(&self, timeout: Duration) -> OTelSdkResult {
        self.exporter.shutdown_with_timeout(timeout)
    }

    fn force_flush(&self) -> OTelSdkResult {
        self.exporter.force_flush()
    }

    fn set_resource(&mut self, resource: &Resource) {
        self.exporter.set_resource(resource);
    }
}
