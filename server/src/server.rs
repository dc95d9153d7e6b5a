//! Wires the parts into a running server: the only file that knows them all.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use dropshot::{ApiDescriptionBuildErrors, ConfigDropshot, HandlerTaskMode, HttpServer, ServerBuilder};
use invite_api::reply::set_common_headers;
use invite_api::security::Operation;
use invite_api::service;

use crate::app::App;
use crate::gate::{COMMON_BYTES, Gate};
use crate::headers;
use crate::health::Health;
use crate::http::{Context, Service, exposition};
use crate::metrics::{Metrics, MetricsError};
use crate::pages;
use crate::proxies::Proxies;

/// How to serve.
#[derive(Debug)]
pub struct ServerOptions {
    /// Address to listen on; port 0 takes a free one.
    pub listen: SocketAddr,
    /// Base of all links, from configuration, never from a request.
    pub public_url: String,
    /// Where dropshot logs, already redacting.
    pub log: slog::Logger,
    /// What every request comes through.
    pub gate: Gate,
    /// Who hands requests on.
    pub proxies: Proxies,
    /// Where the metrics are served; none: nowhere.
    pub metrics: Option<SocketAddr>,
    /// Whether this process can take requests.
    pub health: Health,
    /// How it stops.
    pub shutdown: Shutdown,
}

/// How a server stops.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shutdown {
    /// How long it goes on after it has said that it is not ready any more, for load balancers to notice.
    pub notice: Duration,
    /// How long it waits for requests at work, and then for mails and imports under way.
    pub deadline: Duration,
}

/// Why the server did not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The address is in use.
    #[error("address {0} is in use by another program")]
    AddressInUse(SocketAddr),
    /// The address cannot be listened on.
    #[error("cannot listen on {address}")]
    Listen {
        /// The address.
        address: SocketAddr,
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// The metrics cannot be set up: a defect.
    #[error(transparent)]
    Metrics(#[from] MetricsError),
    /// The generated trait cannot be served: a defect.
    #[error("the API cannot be registered: {0}")]
    Api(String),
}

/// A server that takes requests until it is closed.
pub struct RunningServer {
    server: HttpServer<Context>,
    metrics: Option<HttpServer<Metrics>>,
    gate: Arc<Gate>,
    health: Health,
    shutdown: Shutdown,
}

impl std::fmt::Debug for RunningServer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RunningServer").field("address", &self.local_addr()).finish_non_exhaustive()
    }
}

/// Starts serving.
///
/// # Errors
/// The address cannot be listened on.
pub fn start(app: App, options: ServerOptions) -> Result<RunningServer, StartError> {
    let mut description = service::description::<Service>()
        .map_err(|error: ApiDescriptionBuildErrors| StartError::Api(error.to_string()))?;
    pages::register(&mut description).map_err(|error| StartError::Api(error.to_string()))?;
    let config = ConfigDropshot {
        bind_address: options.listen,
        default_request_body_max_bytes: COMMON_BYTES,
        // A write is finished even when its caller has gone: half of one must not depend on a cable.
        default_handler_task_mode: HandlerTaskMode::Detached,
        ..ConfigDropshot::default()
    };
    let ServerOptions { listen, public_url, log, gate, proxies, health, shutdown, .. } = options;
    set_common_headers(headers::common(&public_url));
    let gate = Arc::new(gate);
    let operations: Vec<&'static str> = Operation::ALL.iter().map(|operation| operation.id()).collect();
    let metrics = Metrics::new(&app, &gate, &operations)?;
    // Before the API: a server that answers is one that can be watched.
    let exposition = options.metrics.map(|address| expose(address, metrics.clone(), log.clone())).transpose()?;
    let context = Context { app, public_url, gate: Arc::clone(&gate), proxies, health: health.clone(), metrics };
    let server = ServerBuilder::new(description, context, log)
        .config(config)
        .start()
        .map_err(|error| listen_error(listen, error))?;
    Ok(RunningServer { server, metrics: exposition, gate, health, shutdown })
}

/// Serves the metrics.
fn expose(address: SocketAddr, metrics: Metrics, log: slog::Logger) -> Result<HttpServer<Metrics>, StartError> {
    let description = exposition::description().map_err(|error| StartError::Api(error.to_string()))?;
    let config = ConfigDropshot { bind_address: address, ..ConfigDropshot::default() };
    let server = ServerBuilder::new(description, metrics, log).config(config).start();
    server.map_err(|error| listen_error(address, error))
}

fn listen_error(address: SocketAddr, error: dropshot::BuildError) -> StartError {
    match error {
        dropshot::BuildError::BindError { error, .. } if error.kind() == io::ErrorKind::AddrInUse => {
            StartError::AddressInUse(address)
        }
        dropshot::BuildError::BindError { error, .. } => StartError::Listen { address, source: error },
        other => StartError::Api(other.to_string()),
    }
}

impl RunningServer {
    /// The address in use; with port 0 asked for, the one that was free.
    #[must_use]
    pub fn local_addr(&self) -> SocketAddr {
        self.server.local_addr()
    }

    /// The address of the metrics in use.
    #[must_use]
    pub fn metrics_addr(&self) -> Option<SocketAddr> {
        Some(self.metrics.as_ref()?.local_addr())
    }

    /// Says that it is not ready, lets no further request in and waits, for a bounded time, for those at work.
    ///
    /// # Errors
    /// Requests were still at work at the deadline, or the server had failed before.
    pub async fn close(self) -> Result<(), String> {
        self.health.stop();
        let Shutdown { notice, deadline } = self.shutdown;
        tokio::time::sleep(notice).await;
        // dropshot keeps its listener until the last connection has ended: whoever came meanwhile would get no answer at all. So
        // the gate is closed first, where everybody gets a documented one.
        let closing = async {
            self.gate.close().await;
            self.server.close().await
        };
        let closed = match tokio::time::timeout(deadline, closing).await {
            Ok(outcome) => outcome,
            Err(_) => Err(format!("requests were still at work after {} s", deadline.as_secs())),
        };
        // Last, because a stop that takes long wants to be watched. Whoever scrapes at this instant is not waited for.
        drop(self.metrics);
        closed
    }
}
