//! What can go wrong on the way of an answer, played on the socket itself.

use std::io;
use std::time::Duration;

use http::StatusCode;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::answer::Reply;

/// Looks like an answer of some other protocol.
const GARBAGE: &[u8] = b"\x00\x01SMTP 220 not the protocol you are looking for\r\n\r\n";

/// How an answer is kept from arriving whole. The connection is over afterwards. One that would change nothing, because the
/// body ends before it, is refused when it is mounted.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Fault {
    /// The connection is reset (`RST`) once the request has been read.
    ResetBeforeAnswer,
    /// The connection is closed (`FIN`) once the request has been read.
    CloseBeforeAnswer,
    /// Nothing is answered, and the connection stays open until the client gives up.
    Hang,
    /// Bytes that are no HTTP.
    GarbageInsteadOfHttp,
    /// The connection is closed after so many bytes of the body, although the head promises all.
    TruncateBody {
        /// Bytes of the body that are sent.
        after: usize,
    },
    /// The connection is reset after so many bytes of the body.
    ResetBody {
        /// Bytes of the body that are sent.
        after: usize,
    },
    /// Nothing follows after so many bytes of the body, and the connection stays open until the client gives up.
    HangBody {
        /// Bytes of the body that are sent.
        after: usize,
    },
    /// The body arrives whole, but in pieces with pauses between them.
    SlowBody {
        /// Bytes of each piece; at least one is sent.
        bytes: usize,
        /// The pause between two pieces.
        every: Duration,
    },
}

impl Fault {
    /// Why the fault would change nothing about an answer with a body of so many bytes; none: it would.
    pub(crate) fn without_effect(&self, body: usize) -> Option<String> {
        match self {
            Self::TruncateBody { after } | Self::ResetBody { after } | Self::HangBody { after } if *after >= body => {
                Some(format!("a fault after {after} bytes changes nothing about a body of {body} bytes"))
            }
            Self::SlowBody { .. } if body == 0 => Some("an answer without a body cannot be slow in it".to_owned()),
            _ => None,
        }
    }

    /// Plays the fault in place of `reply`, on a connection whose request has been read.
    pub(crate) async fn play(&self, reply: &Reply, mut stream: TcpStream) -> io::Result<()> {
        match self {
            Self::ResetBeforeAnswer => stream.set_zero_linger(),
            Self::CloseBeforeAnswer => stream.shutdown().await,
            Self::Hang => until_the_client_leaves(&mut stream).await,
            Self::GarbageInsteadOfHttp => {
                stream.write_all(GARBAGE).await?;
                stream.shutdown().await
            }
            Self::TruncateBody { after } => {
                begin(&mut stream, reply, *after).await?;
                stream.shutdown().await
            }
            Self::ResetBody { after } => {
                begin(&mut stream, reply, *after).await?;
                stream.set_zero_linger()
            }
            Self::HangBody { after } => {
                begin(&mut stream, reply, *after).await?;
                until_the_client_leaves(&mut stream).await
            }
            Self::SlowBody { bytes, every } => {
                begin(&mut stream, reply, 0).await?;
                for piece in reply.body.chunks((*bytes).max(1)) {
                    tokio::time::sleep(*every).await;
                    stream.write_all(piece).await?;
                    stream.flush().await?;
                }
                stream.shutdown().await
            }
        }
    }
}

/// The head as if all were to follow, and the first bytes of the body.
async fn begin(stream: &mut TcpStream, reply: &Reply, bytes: usize) -> io::Result<()> {
    let mut out = format!("HTTP/1.1 {}\r\n", reply.status).into_bytes();
    for (name, value) in &reply.headers {
        out.extend_from_slice(name.as_str().as_bytes());
        out.extend_from_slice(b": ");
        out.extend_from_slice(value.as_bytes());
        out.extend_from_slice(b"\r\n");
    }
    // These have no body, and no length of one either (RFC 9110, 8.6).
    if ![StatusCode::NO_CONTENT, StatusCode::NOT_MODIFIED].contains(&reply.status) {
        out.extend_from_slice(format!("content-length: {}\r\n", reply.body.len()).as_bytes());
    }
    out.extend_from_slice(b"connection: close\r\n\r\n");
    out.extend_from_slice(&reply.body[..bytes.min(reply.body.len())]);
    stream.write_all(&out).await?;
    stream.flush().await
}

async fn until_the_client_leaves(stream: &mut TcpStream) -> io::Result<()> {
    let mut buffer = [0; 1024];
    while stream.read(&mut buffer).await? > 0 {}
    Ok(())
}
