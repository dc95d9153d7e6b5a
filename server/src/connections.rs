//! Connections of a server that stands on the internet by itself: how many there are, how long one may say nothing, and TLS.
//!
//! 1. A bounded number of connections is open. Whoever comes beyond that waits, in the queue of the system, until one ends.
//! 2. One client has a bounded share of them, so that it cannot have them all; what it opens beyond is closed at once.
//!    Proxies have no bound: they speak for many.
//! 3. Whoever does not greet by TLS in time, does not begin a request of HTTP/1.1, or takes nothing of its answer, is left.
//!
//! dropshot's server takes connections without a bound and waits without end for their first byte. So it listens on loopback, and
//! this door is before it: what it has let in is handed on byte by byte. That costs about as much as a proxy on the same machine,
//! which is why a server behind a proxy that does all this goes without ([`ConnectionLimits`] is optional).

mod patience;
pub mod sockets;

use std::collections::HashMap;
use std::fmt;
use std::future::Future;
use std::io;
use std::net::{IpAddr, Ipv6Addr, SocketAddr};
use std::pin::pin;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tokio::task::{JoinError, JoinHandle};
use tokio::time::Instant;
use tokio_rustls::TlsAcceptor;

use crate::causes::Causes;
use crate::proxies::Proxies;
use crate::shares::Shares;
use crate::tls::Tls;
use patience::Patient;

/// How long to wait when the system has no socket to give.
const OUT_OF_SOCKETS: Duration = Duration::from_millis(100);
/// How long a client that still sends is listened to after the end of its answer, so that it is not cut off before it has read it.
const LINGER: Duration = Duration::from_secs(1);
/// How much of it is listened to.
const LINGER_BYTES: u64 = 1024 * 1024;
/// How long a request may be at work after its client has left.
const OUTLIVED: Duration = Duration::from_secs(60);
/// What HTTP/2 begins with.
const HTTP2: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

/// How many connections, and how long.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ConnectionLimits {
    /// How many are open at once.
    pub most: usize,
    /// How many of them are one client's.
    pub client: usize,
    /// How long one may take to come forward.
    pub idle: Duration,
}

/// Who is connected.
#[derive(Debug)]
pub struct Connections {
    limits: ConnectionLimits,
    places: Arc<Semaphore>,
    shares: Shares,
    /// Whose connections those are that are handed on, by their port on loopback.
    clients: Mutex<HashMap<u16, HandedOn>>,
    open: AtomicUsize,
    refused: AtomicU64,
}

/// A connection that is handed on.
#[derive(Debug)]
struct HandedOn {
    client: IpAddr,
    ended: Option<Instant>,
}

impl Connections {
    pub(crate) fn new(limits: ConnectionLimits) -> Arc<Self> {
        let places = Arc::new(Semaphore::new(limits.most));
        let (open, refused) = (AtomicUsize::new(0), AtomicU64::new(0));
        Arc::new(Self { limits, places, shares: Shares::of(limits.client), clients: Mutex::default(), open, refused })
    }

    /// How many may be open.
    pub(crate) const fn most(&self) -> usize {
        self.limits.most
    }

    /// How many are open.
    pub(crate) fn open(&self) -> usize {
        self.open.load(Ordering::Relaxed)
    }

    /// How many were closed at once since this process started.
    pub(crate) fn refused(&self) -> u64 {
        self.refused.load(Ordering::Relaxed)
    }

    /// Whose connection it is that comes from an address on loopback. Whoever has not come through the door is nobody, not even
    /// a proxy; who has may have left before the request is over.
    pub(crate) fn client(&self, inner: SocketAddr) -> IpAddr {
        let clients = self.clients.lock().unwrap_or_else(PoisonError::into_inner);
        let handed_on = clients.get(&inner.port());
        let known = handed_on.filter(|of| of.ended.is_none_or(|ended| ended.elapsed() < OUTLIVED));
        known.map_or(Ipv6Addr::UNSPECIFIED.into(), |of| of.client)
    }

    /// Keeps in mind whose connection it is that is handed on from an address on loopback, until a while after its end.
    fn hand_on(&self, inner: SocketAddr, client: IpAddr) -> Passage<'_> {
        let port = inner.port();
        self.clients.lock().unwrap_or_else(PoisonError::into_inner).insert(port, HandedOn { client, ended: None });
        Passage { connections: self, port }
    }

    /// A client's next connection; none: it has its share.
    fn admit(self: &Arc<Self>, client: IpAddr, place: OwnedSemaphorePermit) -> Option<Seat> {
        let share = self.shares.of_client(client.into()).try_acquire_owned();
        if share.is_err() {
            self.refused.fetch_add(1, Ordering::Relaxed);
        }
        Some(self.seat(Some(share.ok()?), place))
    }

    /// A place for a client, or for a proxy.
    fn seat(self: &Arc<Self>, share: Option<OwnedSemaphorePermit>, place: OwnedSemaphorePermit) -> Seat {
        self.open.fetch_add(1, Ordering::Relaxed);
        Seat { connections: Arc::clone(self), _share: share, _place: place }
    }
}

/// A connection that is handed on, until it ends.
struct Passage<'a> {
    connections: &'a Connections,
    port: u16,
}

impl Drop for Passage<'_> {
    fn drop(&mut self) {
        let mut clients = self.connections.clients.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(of) = clients.get_mut(&self.port) {
            of.ended = Some(Instant::now());
        }
    }
}

/// A place that a connection has, given back when it is dropped.
struct Seat {
    connections: Arc<Connections>,
    _share: Option<OwnedSemaphorePermit>,
    _place: OwnedSemaphorePermit,
}

impl Drop for Seat {
    fn drop(&mut self) {
        self.connections.open.fetch_sub(1, Ordering::Relaxed);
    }
}

/// What takes connections.
pub(crate) struct Door {
    pub(crate) connections: Arc<Connections>,
    pub(crate) proxies: Proxies,
    pub(crate) tls: Option<Tls>,
    /// Where the server listens that answers.
    pub(crate) inner: SocketAddr,
}

/// A door that is open.
pub(crate) struct OpenDoor {
    address: SocketAddr,
    stop: watch::Sender<bool>,
    accepting: JoinHandle<()>,
}

impl OpenDoor {
    /// The address in use.
    pub(crate) const fn local_addr(&self) -> SocketAddr {
        self.address
    }

    /// Takes no further connection.
    ///
    /// # Errors
    /// It had stopped by a defect before.
    pub(crate) async fn close(&mut self) -> Result<(), JoinError> {
        self.stop.send_replace(true);
        (&mut self.accepting).await
    }

    /// Waits for the end of all connections, which is up to the server that answers.
    pub(crate) async fn is_empty(&self) {
        self.stop.closed().await;
    }
}

impl fmt::Debug for OpenDoor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OpenDoor").field("address", &self.address).finish_non_exhaustive()
    }
}

impl Door {
    /// Takes connections until it is closed.
    ///
    /// # Errors
    /// The listener has no address: a defect of the system.
    pub(crate) fn open(self, listener: TcpListener) -> io::Result<OpenDoor> {
        let address = listener.local_addr()?;
        let (stop, stopped) = watch::channel(false);
        let accepting = tokio::spawn(Arc::new(self).accept(listener, stopped));
        Ok(OpenDoor { address, stop, accepting })
    }

    async fn accept(self: Arc<Self>, listener: TcpListener, mut stopped: watch::Receiver<bool>) {
        let held = stopped.clone();
        let taking = async {
            loop {
                // The places are never closed.
                let Ok(place) = Arc::clone(&self.connections.places).acquire_owned().await else { return };
                let (stream, peer) = next(&listener).await;
                let seat = if self.proxies.is_trusted(peer.ip()) {
                    self.connections.seat(None, place)
                } else if let Some(seat) = self.connections.admit(peer.ip(), place) {
                    seat
                } else {
                    continue;
                };
                let (door, stopped) = (Arc::clone(&self), held.clone());
                tokio::spawn(async move {
                    if let Err(error) = door.attend(stream, peer, stopped).await {
                        tracing::debug!(error = %Causes(&error), "a connection did not end well");
                    }
                    drop(seat);
                });
            }
        };
        tokio::select! {
            () = taking => {}
            _ = stopped.wait_for(|stopped| *stopped) => {}
        }
    }

    /// One connection, from its greeting to its end.
    async fn attend(&self, stream: TcpStream, peer: SocketAddr, mut stopped: watch::Receiver<bool>) -> io::Result<()> {
        stream.set_nodelay(true)?;
        match &self.tls {
            None => self.hand_on(stream, peer, stopped).await,
            Some(tls) => {
                let stream = self.in_time(&mut stopped, TlsAcceptor::from(tls.config()).accept(stream)).await?;
                self.hand_on(stream, peer, stopped).await
            }
        }
    }

    /// What a client has to do before it may have an answer: not for long, and not while the door is being closed.
    async fn in_time<T>(
        &self,
        stopped: &mut watch::Receiver<bool>,
        work: impl Future<Output = io::Result<T>>,
    ) -> io::Result<T> {
        tokio::select! {
            done = tokio::time::timeout(self.connections.limits.idle, work) => done?,
            _ = stopped.wait_for(|stopped| *stopped) => Err(io::ErrorKind::ConnectionAborted.into()),
        }
    }

    async fn hand_on(
        &self,
        stream: impl AsyncRead + AsyncWrite + Unpin,
        peer: SocketAddr,
        mut stopped: watch::Receiver<bool>,
    ) -> io::Result<()> {
        let mut client = Patient::new(stream, self.connections.limits.idle);
        let Some(start) = self.in_time(&mut stopped, start(&mut client)).await? else { return Ok(()) };
        let mut server = TcpStream::connect(self.inner).await?;
        server.set_nodelay(true)?;
        // Over before the socket is, whose port may then be another connection's.
        let _passage = self.connections.hand_on(server.local_addr()?, peer.ip());
        server.write_all(&start).await?;
        let (mut from_client, mut to_client) = tokio::io::split(client);
        let (mut from_server, mut to_server) = server.split();
        {
            let mut asked = pin!(async {
                let copied = tokio::io::copy(&mut from_client, &mut to_server).await;
                // The end of what the client has to say is not yet that of its answer.
                to_server.shutdown().await.and(copied)
            });
            let mut answered = pin!(tokio::io::copy(&mut from_server, &mut to_client));
            tokio::select! {
                answered = answered.as_mut() => answered?,
                _ = asked.as_mut() => answered.await?,
            };
        }
        to_client.shutdown().await?;
        // Whatever still comes is for nobody.
        let mut late = from_client.take(LINGER_BYTES);
        let _ = tokio::time::timeout(LINGER, tokio::io::copy(&mut late, &mut tokio::io::sink())).await;
        Ok(())
    }
}

/// The first bytes of a client, as soon as they tell that it does not begin with HTTP/2, which is not spoken here; none: it
/// does, or says nothing at all.
async fn start(client: &mut (impl AsyncRead + Unpin)) -> io::Result<Option<Vec<u8>>> {
    let mut start = Vec::with_capacity(1024);
    while HTTP2.starts_with(&start) {
        if client.read_buf(&mut start).await? == 0 {
            return Ok(None);
        }
        if start.starts_with(HTTP2) {
            return Ok(None);
        }
    }
    Ok(Some(start))
}

/// The next connection. One that has broken off meanwhile is nobody's fault; everything else is the system's, which may recover.
async fn next(listener: &TcpListener) -> (TcpStream, SocketAddr) {
    loop {
        match listener.accept().await {
            Ok(accepted) => return accepted,
            Err(error) if is_of_the_peer(&error) => {}
            Err(error) => {
                tracing::warn!(error = %Causes(&error), "cannot take a connection");
                tokio::time::sleep(OUT_OF_SOCKETS).await;
            }
        }
    }
}

fn is_of_the_peer(error: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset};
    matches!(error.kind(), ConnectionAborted | ConnectionRefused | ConnectionReset)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn whoever_comes_from_the_port_of_a_client_that_has_long_left_is_nobody() {
        let limits = ConnectionLimits { most: 1, client: 1, idle: Duration::from_secs(1) };
        let connections = Connections::new(limits);
        let (inner, client, nobody) = (([127, 0, 0, 1], 4000).into(), [192, 0, 2, 1].into(), Ipv6Addr::UNSPECIFIED);
        assert_eq!(connections.client(inner), nobody);
        let passage = connections.hand_on(inner, client);
        assert_eq!(connections.client(inner), client);
        drop(passage);
        assert_eq!(connections.client(inner), client, "the request may be at work still");
        tokio::time::advance(OUTLIVED).await;
        assert_eq!(connections.client(inner), nobody);
        let _passage = connections.hand_on(inner, IpAddr::from([192, 0, 2, 2]));
        assert_eq!(connections.client(inner), IpAddr::from([192, 0, 2, 2]), "the port is somebody else's");
    }
}
