//! Wires what a request meets into a server that listens, and stops it again. What works in the background, and what all of it
//! stands on, is started by `cli/run.rs`.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use dropshot::{ApiDescription, ApiDescriptionBuildErrors, ConfigDropshot, HandlerTaskMode, HttpServer, ServerBuilder};
use invite_api::reply::set_common_headers;
use invite_api::security::Operation;
use invite_api::service;
use tokio::net::TcpListener;
use tokio::time::Instant;

use crate::app::App;
use crate::connections::{ConnectionLimits, Connections, Door, OpenDoor};
use crate::gate::{COMMON_BYTES, Gate};
use crate::headers;
use crate::health::Health;
use crate::http::{Context, Service, exposition, routes};
use crate::metrics::{Metrics, MetricsError};
use crate::pages;
use crate::proxies::Proxies;
use crate::tls::Tls;
use crate::traces::{TraceSettings, Traces};

/// How long connections may take to end once nothing is at work.
pub(crate) const FAREWELL: Duration = Duration::from_secs(1);

/// How to serve.
#[derive(Debug)]
pub struct ServerOptions {
    /// Address to listen on; port 0 takes a free one.
    pub listen: SocketAddr,
    /// The certificate to show; none: TLS ends elsewhere.
    pub tls: Option<Tls>,
    /// How many connections, and how long; none: whoever is in front sees to that.
    pub connections: Option<ConnectionLimits>,
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
    /// Where spans go; none: nowhere.
    pub traces: Option<TraceSettings>,
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
    /// There can be no client for the collector of traces.
    #[error("spans cannot be sent: {0}")]
    Traces(String),
    /// The generated trait cannot be served: a defect.
    #[error("the API cannot be registered: {0}")]
    Api(String),
}

/// A server that takes requests until it is closed.
pub struct RunningServer {
    server: HttpServer<Context>,
    door: Option<OpenDoor>,
    metrics: Option<HttpServer<Metrics>>,
    traces: Option<Traces>,
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
pub async fn start(app: App, options: ServerOptions) -> Result<RunningServer, StartError> {
    let (description, known) = (description()?, routes::policy(description()?));
    let ServerOptions { listen, public_url, log, gate, proxies, health, shutdown, .. } = options;
    let connections = options.connections.map(Connections::new);
    let outer = match connections {
        Some(_) => Some(TcpListener::bind(listen).await.map_err(|error| bind_error(listen, error))?),
        None => None,
    };
    let config = ConfigDropshot {
        bind_address: if outer.is_some() { (Ipv4Addr::LOCALHOST, 0).into() } else { listen },
        default_request_body_max_bytes: COMMON_BYTES,
        // A write is finished even when its caller has gone: half of one must not depend on a cable.
        default_handler_task_mode: HandlerTaskMode::Detached,
        ..ConfigDropshot::default()
    };
    set_common_headers(headers::common(&public_url));
    let gate = Arc::new(gate);
    let operations: Vec<&'static str> = Operation::ALL.iter().map(|operation| operation.id()).collect();
    let traces = options.traces.as_ref().map(Traces::start).transpose();
    let traces = traces.map_err(|error| StartError::Traces(error.to_string()))?;
    let door = (connections.as_ref(), options.tls.as_ref());
    let metrics = Metrics::new(&app, &gate, &health, door, traces.as_ref(), &operations)?;
    // Before the API: a server that answers is one that can be watched.
    let exposition = options.metrics.map(|address| expose(address, metrics.clone(), log.clone())).transpose()?;
    let context = Context {
        app,
        public_url,
        gate: Arc::clone(&gate),
        connections: connections.clone(),
        proxies: proxies.clone(),
        health: health.clone(),
        metrics,
        traces: traces.clone(),
    };
    let server = ServerBuilder::new(description, context, log)
        .config(config)
        .version_policy(known)
        .start()
        .map_err(|error| listen_error(listen, error))?;
    let door = outer.zip(connections).map(|(listener, connections)| {
        Door { connections, proxies, tls: options.tls, inner: server.local_addr() }.open(listener)
    });
    let door = door.transpose().map_err(|source| StartError::Listen { address: listen, source })?;
    Ok(RunningServer { server, door, metrics: exposition, traces, gate, health, shutdown })
}

/// Everything that is served to callers: operations and pages.
fn description() -> Result<ApiDescription<Context>, StartError> {
    let mut description = service::description::<Service>()
        .map_err(|error: ApiDescriptionBuildErrors| StartError::Api(error.to_string()))?;
    pages::register(&mut description).map_err(|error| StartError::Api(error.to_string()))?;
    Ok(description)
}

/// Serves the metrics.
fn expose(address: SocketAddr, metrics: Metrics, log: slog::Logger) -> Result<HttpServer<Metrics>, StartError> {
    let description = exposition::description().map_err(|error| StartError::Api(error.to_string()))?;
    let known = exposition::description().map_err(|error| StartError::Api(error.to_string()))?;
    let config = ConfigDropshot { bind_address: address, ..ConfigDropshot::default() };
    let server = ServerBuilder::new(description, metrics, log).config(config).version_policy(routes::policy(known));
    server.start().map_err(|error| listen_error(address, error))
}

fn listen_error(address: SocketAddr, error: dropshot::BuildError) -> StartError {
    match error {
        dropshot::BuildError::BindError { error, .. } => bind_error(address, error),
        other => StartError::Api(other.to_string()),
    }
}

fn bind_error(address: SocketAddr, source: io::Error) -> StartError {
    match source.kind() {
        io::ErrorKind::AddrInUse => StartError::AddressInUse(address),
        _ => StartError::Listen { address, source },
    }
}

impl RunningServer {
    /// The address in use; with port 0 asked for, the one that was free.
    #[must_use]
    pub fn local_addr(&self) -> SocketAddr {
        self.door.as_ref().map_or_else(|| self.server.local_addr(), OpenDoor::local_addr)
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
        let end = Instant::now() + deadline;
        let closed = match tokio::time::timeout_at(end, self.gate.close()).await {
            Ok(()) => {
                // Nothing is at work any more: what is left are answers on their way, and whoever has not finished asking.
                tokio::time::timeout(FAREWELL, hang_up(self.server, self.door)).await.unwrap_or(Ok(()))
            }
            Err(_) => Err(format!("requests were still at work after {} s", deadline.as_secs())),
        };
        if let Some(traces) = self.traces {
            traces.stop().await;
        }
        // Last, because a stop that takes long wants to be watched. Whoever scrapes at this instant is not waited for.
        drop(self.metrics);
        closed
    }
}

/// Waits for the end of all connections.
async fn hang_up(server: HttpServer<Context>, door: Option<OpenDoor>) -> Result<(), String> {
    let Some(mut door) = door else { return server.close().await };
    door.close().await.map_err(|error| error.to_string())?;
    server.close().await?;
    door.is_empty().await;
    Ok(())
}
