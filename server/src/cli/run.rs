//! Starting and stopping the whole server, for `serve` and for `dev`.
//!
//! Start: data folder, server key, database, mail, application, relay, importer, and the listener last, so that a server that answers is
//! a server that works. Stop: the other way round; the relay outlives the requests because they may still ring it.

use std::fs;
use std::io;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use chrono::TimeDelta;

use super::failure::Failure;
use super::signals::Signals;
use super::supervisor;
use crate::app::{App, AppConfig};
use crate::clock::{AgreedClock, SystemClock};
use crate::config::Config;
use crate::config::server_key::{self, ServerKeyError, ServerKeys};
use crate::connections::{ConnectionLimits, sockets};
use crate::entropy::Entropy;
use crate::gate::Gate;
use crate::health::Health;
use crate::http::check_row;
use crate::imports::Importer;
use crate::logging;
use crate::mail::{self, Renderer};
use crate::outbox::{Relay, RelayParts};
use crate::passwords::Passwords;
use crate::private_files;
use crate::seal::Sealer;
use crate::server::{self, RunningServer, ServerOptions, StartError};
use crate::store::{OpenError, Reservation, Store};
use crate::sweeper::Sweeper;

/// How long connections of the database may take to come back: who has one at the end of a stop has been given up.
pub(crate) const CLOSING: Duration = Duration::from_secs(5);

/// Everything below the listener.
pub(crate) struct Backend {
    app: App,
    store: Store,
    importer: Importer,
    relay: Relay,
    sweeper: Sweeper,
    mail: String,
    /// Given up last.
    _reservation: Reservation,
}

/// A server that answers.
pub(crate) struct Running {
    server: RunningServer,
    backend: Backend,
    deadline: Duration,
}

/// Starts everything.
///
/// # Errors
///
/// What keeps it from starting, with a hint where somebody can mend it.
pub(crate) async fn start(config: &Config) -> Result<Running, Failure> {
    let started = async {
        let reservation = reserve(config).await?;
        Backend::start(config, reservation).await?.listen(config).await
    };
    in_folder(&config.data_dir, started).await
}

/// Makes sure that nobody has the database beside whom this process may not serve it, and lets others know that it does.
///
/// # Errors
///
/// Who does, or why this cannot be told.
pub(crate) async fn reserve(config: &Config) -> Result<Reservation, Failure> {
    prepare_folder(&config.data_dir)?;
    config.database.reserve().await.map_err(|error| database_failure(&error))
}

impl Backend {
    /// Starts everything but the listener.
    pub(crate) async fn start(config: &Config, reservation: Reservation) -> Result<Self, Failure> {
        let (app, store, clock) = open_app(config, KeyDemand::TheSame).await?;
        let failed = |error| Failure::unexpected("cannot take over what another process has left behind", &error);
        store.take_over().await.map_err(failed)?;
        let mailer = mail::open(&config.destination, &config.sender).map_err(|error| mail_failure(&error))?;
        let mail = mailer.describe();
        let relay = Relay::start(RelayParts {
            outbox: app.outbox(),
            renderer: Renderer::new(&config.public_url, config.sender.clone(), config.templates.clone()),
            mailer,
            entropy: Entropy,
        });
        let importer = Importer::start(app.imports(check_row));
        let sweeper = Sweeper::start(app.clone(), store.clone(), clock);
        Ok(Self { app, store, importer, relay, sweeper, mail, _reservation: reservation })
    }

    /// The application.
    pub(crate) fn app(&self) -> &App {
        &self.app
    }

    /// Starts to listen.
    pub(crate) async fn listen(self, config: &Config) -> Result<Running, Failure> {
        let traffic = &config.traffic;
        let options = ServerOptions {
            listen: config.listen,
            tls: config.tls.clone(),
            connections: traffic
                .connections
                .map(|limits| ConnectionLimits { most: sockets::for_connections(limits.most), ..limits }),
            public_url: config.public_base(),
            log: logging::dropshot_logger(),
            gate: Gate::new(traffic.gate, Arc::new(SystemClock)),
            proxies: traffic.proxies.clone(),
            metrics: traffic.metrics,
            traces: traffic.traces.clone(),
            health: self.health(),
            shutdown: traffic.shutdown,
        };
        match server::start(self.app.clone(), options).await {
            Ok(server) => Ok(Running { server, backend: self, deadline: traffic.shutdown.deadline }),
            Err(error) => {
                // Why it does not start matters more than how it ends.
                let _ = self.stop(traffic.shutdown.deadline).await;
                Err(listen_failure(&error))
            }
        }
    }

    fn health(&self) -> Health {
        Health::new(vec![
            ("relay", self.relay.worker()),
            ("importer", self.importer.worker()),
            ("sweeper", self.sweeper.worker()),
        ])
    }

    /// Ends what works in the background and closes the database; what is under way has until `deadline`.
    ///
    /// # Errors
    /// What was under way and could not be given back.
    async fn stop(self, deadline: Duration) -> Result<(), String> {
        self.sweeper.stop();
        let (imports, mails) = tokio::join!(self.importer.stop(deadline), self.relay.stop(deadline));
        if tokio::time::timeout(CLOSING, self.store.close()).await.is_err() {
            tracing::warn!("connections of the database were still in use; what they had not committed is undone");
        }
        both(imports, mails)
    }
}

impl Running {
    /// The address in use.
    pub(crate) fn local_addr(&self) -> SocketAddr {
        self.server.local_addr()
    }

    /// The address of the metrics in use, if they are served.
    pub(crate) fn metrics_addr(&self) -> Option<SocketAddr> {
        self.server.metrics_addr()
    }

    /// Where mails go, without secrets.
    pub(crate) fn mail_destination(&self) -> &str {
        &self.backend.mail
    }

    /// Runs until a signal comes, then stops in order. A second signal ends the waiting.
    ///
    /// # Errors
    ///
    /// When requests were still at work at the end, or mails or imports could not be given back.
    pub(crate) async fn until_stopped(self, mut signals: Signals) -> Result<(), Failure> {
        let name = signals.next().await;
        tracing::info!(signal = name, "stopping");
        supervisor::tell(supervisor::STOPPING);
        let stopping = async {
            let closed = self.server.close().await;
            both(closed, self.backend.stop(self.deadline).await)
        };
        let closed = tokio::select! {
            closed = stopping => closed,
            _ = signals.next() => Err("stopped at once by a second signal".to_owned()),
        };
        match closed {
            Ok(()) => {
                tracing::info!("stopped");
                Ok(())
            }
            Err(reason) => Err(Failure::unexpected_text(format!("the server did not stop well: {reason}"))),
        }
    }
}

/// Two ends as one: all that did not go well.
fn both(first: Result<(), String>, second: Result<(), String>) -> Result<(), String> {
    match (first, second) {
        (Err(first), Err(second)) => Err(format!("{first}; {second}")),
        (first, second) => first.and(second),
    }
}

/// Which server key will do.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum KeyDemand {
    /// That with which others have sealed things in the database, if there were any.
    TheSame,
    /// Any: that one is lost.
    Any,
}

/// The application on the configured database, without anything that runs by itself.
pub(crate) async fn open_app(config: &Config, demand: KeyDemand) -> Result<(App, Store, AgreedClock), Failure> {
    in_folder(&config.data_dir, opened(config, demand)).await
}

async fn opened(config: &Config, demand: KeyDemand) -> Result<(App, Store, AgreedClock), Failure> {
    let found = server_key::load(&config.server_key).map_err(|error| key_failure(&error))?;
    if let Some(doubt) = server_key::doubt(&config.server_key) {
        tracing::warn!("{doubt}");
    }
    let store = Store::open(&config.database).await.map_err(|error| database_failure(&error))?;
    let sealer = sealer(config, found, &store, demand).await?;
    let clock = AgreedClock::new(Arc::new(SystemClock));
    store.set(&clock).await.map_err(|error| Failure::unexpected("cannot ask the database for the time", &error))?;
    Ok((app(config, store.clone(), clock.clone(), sealer)?, store, clock))
}

/// What seals and opens. A key is made only where the database goes with none.
async fn sealer(
    config: &Config,
    found: Option<ServerKeys>,
    store: &Store,
    demand: KeyDemand,
) -> Result<Sealer, Failure> {
    let unreadable = |error| Failure::unexpected("cannot read which server key the database goes with", &error);
    let keys = match found {
        Some(keys) => keys,
        None if demand == KeyDemand::TheSame && store.key_mark().await.map_err(unreadable)?.is_some() => {
            return Err(other_key_failure(&config.server_key, "is missing"));
        }
        None => server_key::load_or_create(&config.server_key, &Entropy).map_err(|error| key_failure(&error))?,
    };
    let sealer = keys.sealer(Entropy);
    if demand == KeyDemand::TheSame {
        let mark = store.claim_key_mark(&sealer.mark()).await.map_err(unreadable)?;
        if !sealer.has_marked(&mark) {
            return Err(other_key_failure(&config.server_key, "holds another key"));
        }
    }
    Ok(sealer)
}

fn app(config: &Config, store: Store, clock: AgreedClock, sealer: Sealer) -> Result<App, Failure> {
    let challenge_ttl = TimeDelta::from_std(config.challenge_ttl)
        .map_err(|error| Failure::unexpected("cannot use the life of a challenge", &error))?;
    let passwords =
        Passwords::new(Entropy).map_err(|error| Failure::unexpected("cannot set up password hashing", &error))?;
    let (language, limits) = (config.language, config.traffic.limits);
    let app_config = AppConfig { challenge_ttl, language, limits, ..AppConfig::new(config.public_base()) };
    Ok(App::new(app_config, store, Arc::new(clock), Entropy, passwords, sealer))
}

/// Does work that needs the data folder. If it fails, a folder that was made for it goes as long as there is nothing in it.
async fn in_folder<T>(path: &Path, work: impl Future<Output = Result<T, Failure>>) -> Result<T, Failure> {
    let is_new = !path.exists();
    prepare_folder(path)?;
    let done = work.await;
    if is_new && done.is_err() {
        // One with something in it stays.
        let _ = fs::remove_dir(path);
    }
    done
}

/// Makes the data folder if it is missing and tries to write into it.
pub(crate) fn prepare_folder(path: &Path) -> Result<(), Failure> {
    private_files::create_private(path)
        .and_then(|()| private_files::check_writable(path))
        .map_err(|error| folder_failure(path, &error))
}

pub(super) fn folder_failure(path: &Path, error: &std::io::Error) -> Failure {
    // The folder of a file in it is written without a slash at its end.
    let path: PathBuf = path.components().collect();
    Failure::mendable(
        format!("cannot write into the data folder {}: {error}", path.display()),
        "name another folder with --data-dir, or let the user that runs the server write there",
    )
}

pub(super) fn key_failure(error: &ServerKeyError) -> Failure {
    Failure::mendable(error.to_string(), "restore the file, or name another one with --server-key")
}

/// The database goes with a server key that is not there.
pub(super) fn other_key_failure(path: &Path, what: &str) -> Failure {
    Failure::mendable(
        format!("the database was used with a server key, and {} {what}", path.display()),
        "put a copy of that key there, or name it with --server-key: all servers on a database have the same; if it is lost, \
         `invite-server server-key reseal --old-key-lost`",
    )
}

pub(super) fn mail_failure(error: &mail::OpenError) -> Failure {
    Failure::mendable(error.to_string(), "mend the mail settings; `config check` shows them")
}

pub(super) fn database_failure(error: &OpenError) -> Failure {
    match error {
        OpenError::Unwritable { .. } => Failure::mendable(
            error.to_string(),
            "name another file with --database, or let the user that runs the server write there",
        ),
        OpenError::InUse { .. } => Failure::mendable(
            error.to_string(),
            "stop it first; servers share a database on PostgreSQL, a file of SQLite has one",
        ),
        OpenError::Served { .. } => {
            Failure::mendable(error.to_string(), "stop them first, so that nothing is written there any more")
        }
        // It ends by itself.
        OpenError::Copied { .. } => Failure::unexpected_text(error.to_string()).with_hint(
            "start the server on the database where everything is then, once `invite-server copy` has ended",
        ),
        OpenError::NotADatabase { .. } | OpenError::Foreign { .. } => {
            Failure::mendable(error.to_string(), "it is left as it is; --database names another one")
        }
        OpenError::Unreachable { .. } => Failure::mendable(
            error.to_string(),
            "mend --database or INVITE_DATABASE; `config check` shows what is in force",
        ),
        OpenError::Untrusted { .. } => Failure::mendable(
            error.to_string(),
            "its certificate has to name the host of the URL, and to come from an authority that the system knows or \
             ?sslrootcert=FILE names; that of an authority itself is not taken",
        ),
        OpenError::Unfit { remedy, .. } => Failure::mendable(error.to_string(), remedy.as_str()),
        // Not the exit code of mistakes: it may be there again at the next start.
        OpenError::Away { .. } => Failure::unexpected_text(error.to_string()).with_hint(
            "start the database server, or mend --database or INVITE_DATABASE; `config check` shows what is in force",
        ),
        // The same.
        OpenError::Busy { path } => Failure::unexpected_text(error.to_string())
            .with_hint(format!("try again in a moment; `fuser {}` says who it is", path.display())),
        OpenError::Certificates { .. } => {
            Failure::mendable(error.to_string(), "name a PEM file with sslrootcert in the URL of the database")
        }
        OpenError::NewerSchema { .. } => {
            Failure::mendable(error.to_string(), "the database is left as it is; do not run an older program on it")
        }
        OpenError::NotMade(_) => Failure::mendable(
            error.to_string(),
            "name an empty database, or an empty schema of it by ?options=-c%20search_path%3DNAME",
        ),
        OpenError::Migration(_) | OpenError::Failed(_) => Failure::mendable(
            error.to_string(),
            "`config check` shows which database it is; if it is damaged, restore the backup: server/README.md says how",
        ),
    }
}

pub(super) fn listen_failure(error: &StartError) -> Failure {
    match error {
        // Not the exit code of mistakes: that program may have ended at the next start.
        StartError::AddressInUse(_) => Failure::unexpected_text(error.to_string())
            .with_hint("stop that program, or listen elsewhere with --listen or --metrics-listen"),
        // The same of an interface that is not up yet.
        StartError::Listen { source, .. } if source.kind() == io::ErrorKind::AddrNotAvailable => {
            Failure::unexpected_text(format!("{error}: {source}"))
                .with_hint("name an address of this machine with --listen")
        }
        StartError::Listen { source, .. } => Failure::mendable(
            format!("{error}: {source}"),
            "name an address of this machine with --listen; ports below 1024 may need privileges",
        ),
        StartError::Traces(_) => Failure::mendable(error.to_string(), "mend traces.endpoint, or set it to off"),
        StartError::Api(_) | StartError::Metrics(_) => Failure::unexpected("cannot start the server", error),
    }
}
