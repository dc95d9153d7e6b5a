//! Metrics for Prometheus: what the server does, how long it takes, and what waits.
//!
//! Three kinds of numbers. What every request counts is kept here, in atomics (`requests`). What the parts of the server
//! know of themselves is read from them when somebody asks. What the database knows is asked for then too, and kept for a
//! while, so that many who ask cost no more than one. Labels have few values, all known beforehand: operations, statuses,
//! limits, states; never anything that a caller sends.

#[cfg(target_os = "linux")]
mod process;
mod pulled;
mod requests;

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use chrono::{DateTime, Utc};
use invite_domain::import::{RowResult, Tally};
use prometheus::{Registry, TextEncoder};

use crate::app::{App, Deliveries, LimitKind};
use crate::causes::Causes;
use crate::connections::Connections;
use crate::gate::Gate;
use crate::health::Health;
use crate::store::{self, Workload};
use crate::tls::Tls;
use crate::traces::Traces;
use pulled::{Pulled, Sample};
use requests::Requests;

/// The media type of [`Metrics::text`].
pub const MEDIA_TYPE: &str = "text/plain; version=0.0.4; charset=utf-8";

/// How long an answer of the database is passed on.
const KEPT: Duration = Duration::from_secs(5);
/// How long the database has to answer: Prometheus itself gives up after ten seconds.
const PATIENCE: Duration = Duration::from_secs(3);

/// Metrics cannot be set up or written: a defect.
#[derive(Debug, thiserror::Error)]
#[error("the metrics cannot be set up: {0}")]
pub struct MetricsError(#[from] prometheus::Error);

/// The metrics of a process.
#[derive(Clone)]
pub struct Metrics(Arc<Shared>);

struct Shared {
    registry: Registry,
    requests: Requests,
    app: App,
    asked: tokio::sync::Mutex<Option<Instant>>,
    found: Found,
}

/// What the database said last; none: it did not answer.
type Found = Arc<Mutex<Option<(Workload, DateTime<Utc>)>>>;

impl Metrics {
    /// The metrics of a server with these operations.
    ///
    /// # Errors
    /// A defect: two metrics have one name.
    pub(crate) fn new(
        app: &App,
        gate: &Arc<Gate>,
        health: &Health,
        door: (Option<&Arc<Connections>>, Option<&Tls>),
        traces: Option<&Traces>,
        operations: &[&'static str],
    ) -> Result<Self, MetricsError> {
        let registry = Registry::new();
        let requests = Requests::register(&registry, operations)?;
        let found = Found::default();
        let board = Board(&registry);
        board.connections(door.0)?;
        board.certificate(door.1)?;
        board.gate(gate)?;
        board.hashing(app)?;
        board.database(app, &found)?;
        board.mails(app, &found)?;
        board.imports(app, &found)?;
        board.server(health)?;
        #[cfg(target_os = "linux")]
        board.system()?;
        board.traces(traces)?;
        let shared = Shared { registry, requests, app: app.clone(), asked: tokio::sync::Mutex::default(), found };
        Ok(Self(Arc::new(shared)))
    }

    /// A request was answered; the operation is told by its place among those of `new`.
    pub fn answered(&self, operation: usize, status: u16, time: Duration) {
        self.0.requests.answered(operation, status, time);
    }

    /// A request was beyond a limit.
    pub fn limited(&self, kind: LimitKind) {
        self.0.requests.limited(kind);
    }

    /// Everything, as Prometheus reads it.
    ///
    /// # Errors
    /// A defect: a metric has no name.
    pub async fn text(&self) -> Result<String, MetricsError> {
        self.ask_database().await;
        Ok(TextEncoder::new().encode_to_string(&self.0.registry.gather())?)
    }

    /// Whoever comes while somebody asks waits for that answer.
    async fn ask_database(&self) {
        let mut asked = self.0.asked.lock().await;
        if asked.is_some_and(|asked| asked.elapsed() < KEPT) {
            return;
        }
        let answer = tokio::time::timeout(PATIENCE, self.0.app.workload()).await;
        let answer = match answer {
            Ok(Ok(answer)) => Some(answer),
            Ok(Err(error)) => {
                tracing::warn!(error = %Causes(&error), "the database does not say what waits");
                None
            }
            Err(_) => {
                tracing::warn!(seconds = PATIENCE.as_secs(), "the database does not say in time what waits");
                None
            }
        };
        *self.0.found.lock().unwrap_or_else(PoisonError::into_inner) = answer;
        *asked = Some(Instant::now());
    }
}

impl fmt::Debug for Metrics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Metrics(..)")
    }
}

/// Where metrics are registered.
struct Board<'a>(&'a Registry);

impl Board<'_> {
    fn gauge(
        &self,
        name: &str,
        help: &str,
        labels: &[&str],
        read: impl Fn() -> Vec<Sample> + Send + Sync + 'static,
    ) -> prometheus::Result<()> {
        self.0.register(Box::new(Pulled::gauge(name, help, labels, Box::new(read))?))
    }

    fn counter(
        &self,
        name: &str,
        help: &str,
        labels: &[&str],
        read: impl Fn() -> Vec<Sample> + Send + Sync + 'static,
    ) -> prometheus::Result<()> {
        self.0.register(Box::new(Pulled::counter(name, help, labels, Box::new(read))?))
    }

    fn server(&self, health: &Health) -> prometheus::Result<()> {
        self.gauge("invite_build_info", "What runs: always 1.", &["version", "schema"], || {
            vec![Sample::count([env!("CARGO_PKG_VERSION"), store::schema_version()], 1)]
        })?;
        let health = health.clone();
        self.gauge(
            "invite_worker_up",
            "1 as long as a worker in the background works, else 0.",
            &["worker"],
            move || health.workers().map(|(worker, works)| Sample::count([worker], works.into())).collect(),
        )
    }

    fn connections(&self, connections: Option<&Arc<Connections>>) -> prometheus::Result<()> {
        let of = |read: fn(&Connections) -> Sample| {
            let connections = connections.cloned();
            move || vec![connections.as_deref().map_or_else(|| Sample::count([], 0), read)]
        };
        self.gauge(
            "invite_connections_max",
            "Connections that may be open at once; 0 if they are not counted.",
            &[],
            of(|connections| Sample::size([], connections.most())),
        )?;
        self.gauge("invite_connections", "Open connections.", &[], {
            of(|connections| Sample::size([], connections.open()))
        })?;
        let name = "invite_connections_refused_total";
        self.counter(name, "Connections closed at once because their client had its share.", &[], {
            of(|connections| Sample::count([], connections.refused()))
        })
    }

    fn certificate(&self, tls: Option<&Tls>) -> prometheus::Result<()> {
        let tls = tls.cloned();
        let help = "When the certificate ends that is shown, in seconds since 1970; 0 if none is shown.";
        self.gauge("invite_tls_certificate_end_timestamp_seconds", help, &[], move || {
            let ends = tls.as_ref().map_or(Some(0), |tls| Some(tls.ends()?.timestamp()));
            ends.and_then(|ends| u64::try_from(ends).ok()).map(|ends| Sample::count([], ends)).into_iter().collect()
        })
    }

    fn traces(&self, traces: Option<&Traces>) -> prometheus::Result<()> {
        let traces = traces.cloned();
        self.counter("invite_trace_spans_lost_total", "Spans that the collector did not take.", &[], move || {
            vec![Sample::count([], traces.as_ref().map_or(0, Traces::lost))]
        })
    }

    fn gate(&self, gate: &Arc<Gate>) -> prometheus::Result<()> {
        let of = |read: fn(&Gate) -> Sample| {
            let gate = Arc::clone(gate);
            move || vec![read(&gate)]
        };
        self.gauge("invite_gate_places", "Requests that may be at work at once.", &[], {
            of(|gate| Sample::size([], gate.places()))
        })?;
        self.gauge("invite_gate_at_work", "Requests at work.", &[], of(|gate| Sample::size([], gate.at_work())))?;
        self.gauge("invite_gate_waiting", "Requests that wait for a place.", &[], {
            of(|gate| Sample::size([], gate.waiting()))
        })?;
        self.counter("invite_gate_refused_total", "Requests answered with 503 because no place came free.", &[], {
            of(|gate| Sample::count([], gate.refused()))
        })
    }

    fn hashing(&self, app: &App) -> prometheus::Result<()> {
        let (busy, waiting) = (app.clone(), app.clone());
        self.gauge("invite_hashing_busy", "Passwords being hashed.", &[], move || {
            vec![Sample::size([], busy.hash_load().busy)]
        })?;
        self.gauge("invite_hashing_waiting", "Passwords that wait to be hashed.", &[], move || {
            vec![Sample::size([], waiting.hash_load().waiting)]
        })
    }

    fn database(&self, app: &App, found: &Found) -> prometheus::Result<()> {
        let found = Arc::clone(found);
        self.gauge("invite_database_up", "1 if the database answered the last question of a scrape, else 0.", &[], {
            move || vec![Sample::count([], u64::from(answer(&found).is_some()))]
        })?;
        let most = app.clone();
        self.gauge("invite_database_connections_max", "Connections that a pool may have.", &["pool"], move || {
            most.connections().iter().map(|of| Sample::size([of.pool], of.most)).collect()
        })?;
        let open = app.clone();
        self.gauge("invite_database_connections", "Open connections of a pool.", &["pool", "state"], move || {
            let samples = open.connections().into_iter().flat_map(|of| {
                [Sample::size([of.pool, "in_use"], of.in_use), Sample::size([of.pool, "idle"], of.idle)]
            });
            samples.collect()
        })?;
        let waiting = app.clone();
        self.gauge("invite_database_waiting", "Transactions that wait for their turn.", &["mode"], move || {
            waiting.waits().map(|of| Sample::count([of.mode], of.waiting)).into()
        })?;
        let begun = app.clone();
        self.counter(
            "invite_database_waits_total",
            "Transactions that had to get their turn.",
            &["mode"],
            move || begun.waits().map(|of| Sample::count([of.mode], of.ended)).into(),
        )?;
        let time = app.clone();
        let name = "invite_database_wait_seconds_total";
        self.counter(name, "Time that transactions waited for their turn, together.", &["mode"], move || {
            time.waits().map(|of| Sample::new([of.mode], of.time.as_secs_f64())).into()
        })
    }

    fn mails(&self, app: &App, found: &Found) -> prometheus::Result<()> {
        let (state, age) = (Arc::clone(found), Arc::clone(found));
        self.gauge("invite_outbox_mails", "Mails that wait to be sent, or were given up.", &["state"], move || {
            let samples = answer(&state).map(|(work, _)| {
                [Sample::count(["queued"], work.mails_queued), Sample::count(["dead"], work.mails_dead)]
            });
            samples.into_iter().flatten().collect()
        })?;
        let name = "invite_outbox_oldest_age_seconds";
        self.gauge(name, "How long the oldest mail that is to be sent has waited; 0 if none waits.", &[], move || {
            let age = answer(&age).map(|(work, now)| {
                let waited = work.oldest_mail.and_then(|since| (now - since).to_std().ok());
                Sample::new([], waited.unwrap_or_default().as_secs_f64())
            });
            age.into_iter().collect()
        })?;
        let app = app.clone();
        self.counter("invite_mail_deliveries_total", "Attempts to deliver a mail, by outcome.", &["outcome"], {
            move || {
                let Deliveries { sent, deferred, given_up } = app.deliveries();
                let outcomes = [("sent", sent), ("deferred", deferred), ("given_up", given_up)];
                outcomes.map(|(outcome, count)| Sample::count([outcome], count)).into()
            }
        })
    }

    fn imports(&self, app: &App, found: &Found) -> prometheus::Result<()> {
        let found = Arc::clone(found);
        self.gauge("invite_imports_running", "Imports that have rows left.", &[], move || {
            answer(&found).map(|(work, _)| Sample::count([], work.imports_running)).into_iter().collect()
        })?;
        let app = app.clone();
        self.counter("invite_import_rows_total", "Rows of imports that this process did, by result.", &["result"], {
            move || {
                let Tally { invited, added, already_member, duplicate, invalid } = app.imported_rows();
                let results = [
                    (RowResult::Invited, invited),
                    (RowResult::Added, added),
                    (RowResult::AlreadyMember, already_member),
                    (RowResult::Duplicate, duplicate),
                    (RowResult::Invalid, invalid),
                ];
                results.map(|(result, count)| Sample::count([result.as_str()], count.into())).into()
            }
        })
    }
}

fn answer(found: &Found) -> Option<(Workload, DateTime<Utc>)> {
    *found.lock().unwrap_or_else(PoisonError::into_inner)
}
