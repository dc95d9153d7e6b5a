//! A mock on a socket.
//!
//! HTTP is hyper's. A fault is not HTTP: the service gives hyper an error, which makes it let go of the connection, and the
//! fault is then played on the bare socket that [`Lent`] has handed back.

use std::fmt;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::ops::Deref;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::{BodyExt as _, Full};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;
use tokio::task::{AbortHandle, JoinSet};

use crate::answer::Reply;
use crate::fault::Fault;
use crate::generated::contract::OPERATIONS;
use crate::mock::Mock;

/// Bytes that are read beyond the largest body of the document, so that a client that sends too many sees the answer.
const DRAINED: usize = 1024 * 1024;

/// A mock on a loopback port, until it is dropped. Dereferences to its [`Mock`].
pub struct MockServer {
    mock: Mock,
    address: SocketAddr,
    acceptor: AbortHandle,
}

/// Configures a [`MockServer`].
#[derive(Default)]
#[must_use = "a builder does nothing until `start` is called"]
pub struct MockServerBuilder {
    port: u16,
    mock: Mock,
}

impl MockServerBuilder {
    /// Listens on this port; on any free one by default.
    ///
    /// ```no_run
    /// # async fn run() -> Result<(), Box<dyn std::error::Error>> {
    /// use invite_mock::MockServer;
    ///
    /// let mock = MockServer::builder().port(8081).start().await?;
    /// assert_eq!(mock.base_url(), "http://127.0.0.1:8081");
    /// # Ok(())
    /// # }
    /// ```
    pub fn port(mut self, port: u16) -> Self {
        self.port = port;
        self
    }

    /// Serves this mock instead of a new one.
    ///
    /// ```no_run
    /// # async fn run() -> Result<(), Box<dyn std::error::Error>> {
    /// use invite_mock::MockServer;
    ///
    /// let mock = invite_mock::Mock::observed(|request| eprintln!("{request}"));
    /// let mock = MockServer::builder().mock(mock).start().await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn mock(mut self, mock: Mock) -> Self {
        self.mock = mock;
        self
    }

    /// Starts the server on the current Tokio runtime.
    ///
    /// ```no_run
    /// # async fn run() -> Result<(), Box<dyn std::error::Error>> {
    /// use invite_mock::MockServer;
    ///
    /// let mock = MockServer::builder().start().await?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// The port is taken.
    pub async fn start(self) -> io::Result<MockServer> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, self.port)).await?;
        let address = listener.local_addr()?;
        let acceptor = tokio::spawn(accept(listener, self.mock.clone())).abort_handle();
        Ok(MockServer { mock: self.mock, address, acceptor })
    }
}

impl fmt::Debug for MockServerBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MockServerBuilder").field("port", &self.port).finish_non_exhaustive()
    }
}

impl MockServer {
    /// Starts a mock on a free port.
    ///
    /// ```no_run
    /// # async fn run() -> Result<(), Box<dyn std::error::Error>> {
    /// use invite_mock::MockServer;
    ///
    /// let mock = MockServer::start().await?;
    /// let client = invite_sdk::Client::builder(mock.base_url()).build()?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// No port is free.
    pub async fn start() -> io::Result<Self> {
        Self::builder().start().await
    }

    /// Starts configuring one.
    ///
    /// ```no_run
    /// # async fn run() -> Result<(), Box<dyn std::error::Error>> {
    /// use invite_mock::MockServer;
    ///
    /// let mock = MockServer::builder().port(8081).start().await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn builder() -> MockServerBuilder {
        MockServerBuilder::default()
    }

    /// `http://127.0.0.1:PORT`.
    ///
    /// ```no_run
    /// # async fn run() -> Result<(), Box<dyn std::error::Error>> {
    /// use invite_mock::MockServer;
    ///
    /// let mock = MockServer::start().await?;
    /// assert!(mock.base_url().starts_with("http://127.0.0.1:"));
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn base_url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Where it listens.
    ///
    /// ```no_run
    /// # async fn run() -> Result<(), Box<dyn std::error::Error>> {
    /// use invite_mock::MockServer;
    ///
    /// let mock = MockServer::start().await?;
    /// assert!(mock.address().ip().is_loopback());
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }
}

impl Deref for MockServer {
    type Target = Mock;

    fn deref(&self) -> &Mock {
        &self.mock
    }
}

/// Ends the listener and every connection.
impl Drop for MockServer {
    fn drop(&mut self) {
        self.acceptor.abort();
    }
}

impl fmt::Debug for MockServer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MockServer").field("address", &self.address).field("mock", &self.mock).finish()
    }
}

/// Connections end with this task, which owns them.
async fn accept(listener: TcpListener, mock: Mock) {
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => drop(connections.spawn(serve(stream, mock.clone()))),
                // A client that left before it was accepted; or too many open files, which passes.
                Err(_) => tokio::task::yield_now().await,
            },
            Some(_) = connections.join_next() => {}
        }
    }
}

/// The fault that a connection ends with.
type Planned = Arc<Mutex<Option<(Fault, Reply)>>>;

async fn serve(stream: TcpStream, mock: Mock) {
    let (back, returned) = oneshot::channel();
    let planned = Planned::default();
    let lent = Lent { stream: Some(stream), back: Some(back), planned: Arc::clone(&planned) };
    let service = service_fn(|request| respond(&mock, &planned, request));
    // The client went away, or a fault was planned. Either way there is nobody to tell.
    let _ended = http1::Builder::new().serve_connection(TokioIo::new(lent), service).await;
    let fault = planned.lock().unwrap_or_else(PoisonError::into_inner).take();
    if let (Some((fault, reply)), Ok(stream)) = (fault, returned.await) {
        let _played = fault.play(&reply, stream).await;
    }
}

async fn respond(mock: &Mock, planned: &Planned, request: Request<Incoming>) -> io::Result<Response<Full<Bytes>>> {
    let outcome = mock.decide(read(request).await?);
    if !outcome.delay.is_zero() {
        tokio::time::sleep(outcome.delay).await;
    }
    let Some(fault) = outcome.fault else { return Ok(outcome.reply.into_response().map(Full::new)) };
    *planned.lock().unwrap_or_else(PoisonError::into_inner) = Some((fault, outcome.reply));
    Err(io::Error::other("a fault is played here"))
}

/// The request with its body, as far as it is read.
async fn read(request: Request<Incoming>) -> io::Result<Request<Bytes>> {
    let (head, mut body) = request.into_parts();
    let limit = DRAINED + OPERATIONS.iter().map(|operation| operation.max_body_bytes).max().unwrap_or_default();
    let mut bytes = Vec::new();
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(io::Error::other)?;
        bytes.extend_from_slice(frame.data_ref().map_or(&[][..], |data| data));
        if bytes.len() > limit {
            break;
        }
    }
    Ok(Request::from_parts(head, bytes.into()))
}

/// A socket that comes back when hyper is done with it.
struct Lent {
    stream: Option<TcpStream>,
    back: Option<oneshot::Sender<TcpStream>>,
    planned: Planned,
}

impl Lent {
    fn with<T>(
        mut self: Pin<&mut Self>,
        work: impl FnOnce(Pin<&mut TcpStream>) -> Poll<io::Result<T>>,
    ) -> Poll<io::Result<T>> {
        match &mut self.stream {
            Some(stream) => work(Pin::new(stream)),
            None => Poll::Ready(Err(io::ErrorKind::NotConnected.into())),
        }
    }

    fn is_planned(&self) -> bool {
        self.planned.lock().unwrap_or_else(PoisonError::into_inner).is_some()
    }
}

impl Drop for Lent {
    fn drop(&mut self) {
        if let (Some(stream), Some(back)) = (self.stream.take(), self.back.take())
            && self.is_planned()
        {
            // Nobody waits for it if the server is being dropped; the socket is closed then.
            let _unwanted = back.send(stream);
        }
    }
}

impl AsyncRead for Lent {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        self.with(|stream| stream.poll_read(cx, buffer))
    }
}

impl AsyncWrite for Lent {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        self.with(|stream| stream.poll_write(cx, bytes))
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.with(|stream| stream.poll_flush(cx))
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        // A planned fault decides for itself how the connection ends.
        if self.is_planned() { Poll::Ready(Ok(())) } else { self.with(|stream| stream.poll_shutdown(cx)) }
    }
}
