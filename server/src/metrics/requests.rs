//! What every answer counts, without a lock and without asking for a metric by its name.

use std::sync::OnceLock;
use std::time::Duration;

use prometheus::{Histogram, HistogramOpts, HistogramVec, IntCounter, IntCounterVec, Opts, Registry};

use crate::app::LimitKind;

/// Upper bounds in seconds: from a read of the cache to what nobody waits for.
const BUCKETS: [f64; 13] = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0];

/// The statuses of the document. Another one is counted too, only not as fast.
const STATUSES: [u16; 16] = [200, 201, 202, 204, 400, 401, 403, 404, 409, 410, 413, 415, 422, 429, 500, 503];

/// Those that somebody is woken up by. They are there from the start: what appears with its first value has not risen for
/// Prometheus.
const ALARMING: [u16; 2] = [500, 503];

/// What is known of one operation.
struct OperationMetrics {
    id: &'static str,
    latency: Histogram,
    /// Beside [`STATUSES`]; but for [`ALARMING`] ones a status shows itself once it was answered.
    answers: [OnceLock<IntCounter>; STATUSES.len()],
}

/// Latencies and outcomes of operations, and refusals by limits.
pub(super) struct Requests {
    operations: Vec<OperationMetrics>,
    answers: IntCounterVec,
    /// In the order of [`LimitKind::ALL`].
    limits: Vec<IntCounter>,
}

impl Requests {
    /// Metrics of these operations; each is known by its place among them.
    pub(super) fn register(registry: &Registry, operations: &[&'static str]) -> prometheus::Result<Self> {
        let latency = HistogramVec::new(
            HistogramOpts::new(
                "invite_request_duration_seconds",
                "Time from the arrival of a request's head to its answer, waiting for a place included.",
            )
            .buckets(BUCKETS.to_vec()),
            &["operation"],
        )?;
        let answers = IntCounterVec::new(
            Opts::new("invite_requests_total", "Requests by operation and status of the answer."),
            &["operation", "status"],
        )?;
        let limits = IntCounterVec::new(
            Opts::new("invite_limit_refusals_total", "Requests answered with 429, by the limit that was reached."),
            &["limit"],
        )?;
        registry.register(Box::new(latency.clone()))?;
        registry.register(Box::new(answers.clone()))?;
        registry.register(Box::new(limits.clone()))?;
        let operations = operations.iter().map(|id| OperationMetrics {
            id,
            latency: latency.with_label_values(&[id]),
            answers: Default::default(),
        });
        let limits_of = LimitKind::ALL.iter().map(|kind| limits.with_label_values(&[kind.as_str()]));
        let requests = Self { operations: operations.collect(), answers, limits: limits_of.collect() };
        for operation in &requests.operations {
            for status in ALARMING {
                requests.answers(operation, status);
            }
        }
        Ok(requests)
    }

    pub(super) fn answered(&self, operation: usize, status: u16, time: Duration) {
        let Some(operation) = self.operations.get(operation) else { return };
        operation.latency.observe(time.as_secs_f64());
        self.answers(operation, status).inc();
    }

    fn answers(&self, operation: &OperationMetrics, status: u16) -> IntCounter {
        let counter = || self.answers.with_label_values(&[operation.id, &status.to_string()]);
        match STATUSES.iter().position(|known| *known == status).and_then(|place| operation.answers.get(place)) {
            Some(kept) => kept.get_or_init(counter).clone(),
            None => counter(),
        }
    }

    pub(super) fn limited(&self, kind: LimitKind) {
        let place = LimitKind::ALL.iter().position(|known| *known == kind);
        if let Some(counter) = place.and_then(|place| self.limits.get(place)) {
            counter.inc();
        }
    }
}
