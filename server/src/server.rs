//! Wires the parts into a running server: the only file that knows them all.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use dropshot::{ApiDescriptionBuildErrors, ConfigDropshot, HandlerTaskMode, HttpServer, ServerBuilder};
use invite_api::service;

use crate::app::App;
use crate::gate::{COMMON_BYTES, Gate};
use crate::http::{Context, Service};
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
    /// How long a stop waits for requests under way.
    pub drain: Duration,
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
    /// The generated trait cannot be served: a defect.
    #[error("the API cannot be registered: {0}")]
    Api(String),
}

/// A server that takes requests until it is closed.
pub struct RunningServer {
    server: HttpServer<Context>,
    drain: Duration,
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
    let ServerOptions { public_url, gate, proxies, .. } = options;
    let context = Context { app, public_url, gate, proxies };
    let server = ServerBuilder::new(description, context, options.log)
        .config(config)
        .start()
        .map_err(|error| listen_error(options.listen, error))?;
    Ok(RunningServer { server, drain: options.drain })
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

    /// Stops taking requests and waits, for a bounded time, for those under way.
    ///
    /// # Errors
    /// Requests were still under way at the deadline, or the server had failed before.
    pub async fn close(self) -> Result<(), String> {
        match tokio::time::timeout(self.drain, self.server.close()).await {
            Ok(outcome) => outcome,
            Err(_) => Err(format!("requests were still under way after {} s", self.drain.as_secs())),
        }
    }
}
