//! What stands between the SMTP crate and its socket, because the crate trusts whoever is on the other end with two things:
//!
//! 1. It reads ahead, and keeps what it has when STARTTLS turns the connection into one under TLS. Whatever somebody on the way had
//!    put behind the server's last plain answer would then be taken for what the server says under TLS (CVE-2011-0411). So until
//!    TLS begins it gets one byte at a time, and stops at the end of an answer: what follows stays in the socket, where the handshake
//!    finds it and fails.
//! 2. It reads a line to its end, however long that is. Here it is given so much between two things that it says, and no more.

use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use lettre::transport::smtp::client::AsyncTokioStream;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;

/// The longest answer, in bytes: more than the crate makes use of, and than a handshake with a long chain of certificates takes.
const LONGEST_ANSWER: usize = 128 * 1024;

/// What a client under TLS begins with; no command of SMTP does.
const HANDSHAKE: u8 = 0x16;

/// A connection to a mail server.
#[derive(Debug)]
pub(super) struct Stream {
    socket: TcpStream,
    is_plain: bool,
    /// How much has come since something was said last.
    answered: usize,
}

impl Stream {
    pub(super) const fn new(socket: TcpStream) -> Self {
        Self { socket, is_plain: true, answered: 0 }
    }
}

impl AsyncRead for Stream {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        if self.is_plain {
            let mut byte = [0];
            let mut one = ReadBuf::new(&mut byte);
            ready!(Pin::new(&mut self.socket).poll_read(cx, &mut one))?;
            buffer.put_slice(one.filled());
        } else {
            ready!(Pin::new(&mut self.socket).poll_read(cx, buffer))?;
        }
        self.answered += buffer.filled().len() - before;
        if self.answered > LONGEST_ANSWER {
            return Poll::Ready(Err(io::Error::other(format!("an answer of more than {LONGEST_ANSWER} bytes"))));
        }
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Stream {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        self.is_plain &= bytes.first() != Some(&HANDSHAKE);
        self.answered = 0;
        Pin::new(&mut self.socket).poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.socket).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.socket).poll_shutdown(cx)
    }
}

impl AsyncTokioStream for Stream {
    fn peer_addr(&self) -> io::Result<SocketAddr> {
        self.socket.peer_addr()
    }
}
