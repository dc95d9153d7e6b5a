//! Connections to one SMTP server, kept for the next mail.
//!
//! The SMTP crate has a pool of its own, which sends mails as a whole only; here a mail stops before its last step
//! ([`crate::mail::turns`]).

use std::io;
use std::sync::{Arc, Weak};
use std::time::Duration;

use lettre::transport::smtp::Error as SmtpError;
use lettre::transport::smtp::authentication::{Credentials, DEFAULT_MECHANISMS};
use lettre::transport::smtp::client::{AsyncSmtpConnection, TlsParameters};
use lettre::transport::smtp::extension::ClientId;
use tokio::net::{TcpStream, lookup_host};
use tokio::sync::Mutex;
use tokio::time::timeout;

use super::stream::Stream;
use crate::mail::smtp_url::Security;

/// A connection that nobody needs for this long, or for up to twice as long, is closed.
const IDLE: Duration = Duration::from_secs(30);

/// How to get a connection.
pub(super) struct Settings {
    pub(super) host: String,
    pub(super) port: u16,
    pub(super) security: Security,
    /// Unused without TLS.
    pub(super) tls: Option<TlsParameters>,
    pub(super) hello: ClientId,
    pub(super) credentials: Option<Credentials>,
    pub(super) timeout: Duration,
}

/// Why there is no connection.
#[derive(Debug, thiserror::Error)]
pub(super) enum Unconnected {
    /// The machine cannot be reached.
    #[error("cannot connect")]
    Network(#[from] io::Error),
    /// The mail server did not do what it has to.
    #[error(transparent)]
    Smtp(#[from] SmtpError),
}

impl Settings {
    async fn connect(&self) -> Result<AsyncSmtpConnection, Unconnected> {
        let mut connection = match self.security {
            // What speaks here has shown who it is before its first word; the crate takes no socket for that but its own.
            Security::Implicit => {
                let server = (self.host.as_str(), self.port);
                AsyncSmtpConnection::connect_tokio1(server, Some(self.timeout), &self.hello, self.tls.clone(), None)
                    .await?
            }
            Security::StartTls | Security::Plain => {
                let stream = Box::new(Stream::new(self.dial().await?));
                AsyncSmtpConnection::connect_with_transport(stream, &self.hello).await?
            }
        };
        if let Some(tls) = self.tls.clone().filter(|_| self.security == Security::StartTls) {
            connection.starttls(tls, &self.hello).await?;
        }
        if let Some(credentials) = &self.credentials {
            connection.auth(DEFAULT_MECHANISMS, credentials).await?;
        }
        Ok(connection)
    }

    /// Tries one address of the host after the other, each for as long as a step may take.
    async fn dial(&self) -> io::Result<TcpStream> {
        let mut failed = io::Error::other("the host has no address");
        for address in lookup_host((self.host.as_str(), self.port)).await? {
            match timeout(self.timeout, TcpStream::connect(address)).await {
                Ok(Ok(socket)) => return Ok(socket),
                Ok(Err(error)) => failed = error,
                Err(_) => failed = io::ErrorKind::TimedOut.into(),
            }
        }
        Err(failed)
    }
}

/// The connections.
pub(super) struct Connections {
    settings: Settings,
    parked: Arc<Mutex<Parked>>,
}

#[derive(Default)]
struct Parked {
    connections: Vec<Idle>,
    is_watched: bool,
    is_closed: bool,
}

struct Idle {
    connection: AsyncSmtpConnection,
    /// Whether it was there already when somebody last looked for connections that nobody needs.
    is_old: bool,
}

impl Connections {
    pub(super) fn new(settings: Settings) -> Self {
        Self { settings, parked: Arc::default() }
    }

    /// One that works: a parked one, or else a new one.
    pub(super) async fn get(&self) -> Result<AsyncSmtpConnection, Unconnected> {
        loop {
            let parked = self.parked.lock().await.connections.pop();
            let Some(Idle { mut connection, .. }) = parked else { return self.settings.connect().await };
            if connection.test_connected().await {
                return Ok(connection);
            }
            connection.abort().await;
        }
    }

    /// Keeps one for the next mail.
    pub(super) async fn park(&self, mut connection: AsyncSmtpConnection) {
        let mut parked = self.parked.lock().await;
        if parked.is_closed || connection.has_broken() {
            drop(parked);
            return connection.abort().await;
        }
        parked.connections.push(Idle { connection, is_old: false });
        if !parked.is_watched {
            parked.is_watched = true;
            tokio::spawn(close_idle(Arc::downgrade(&self.parked)));
        }
    }

    /// Closes them; none is kept any more.
    pub(super) async fn close(&self) {
        let connections = {
            let mut parked = self.parked.lock().await;
            parked.is_closed = true;
            std::mem::take(&mut parked.connections)
        };
        for Idle { mut connection, .. } in connections {
            connection.abort().await;
        }
    }
}

/// Closes connections that nobody needs, until none is left.
async fn close_idle(parked: Weak<Mutex<Parked>>) {
    loop {
        tokio::time::sleep(IDLE).await;
        let Some(parked) = parked.upgrade() else { return };
        let mut parked = parked.lock().await;
        let (old, young) = std::mem::take(&mut parked.connections).into_iter().partition(|idle| idle.is_old);
        parked.connections = young;
        parked.connections.iter_mut().for_each(|idle: &mut Idle| idle.is_old = true);
        parked.is_watched = !parked.connections.is_empty();
        let is_done = !parked.is_watched;
        drop(parked);
        let old: Vec<Idle> = old;
        for Idle { mut connection, .. } in old {
            connection.abort().await;
        }
        if is_done {
            return;
        }
    }
}
