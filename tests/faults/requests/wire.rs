//! Requests as bytes, also such as no client would write, and answers as they come back on a connection of one's own.

use std::io;
use std::time::Duration;

use contract_tests::http::Answer;
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

/// How long an answer may take.
const PATIENCE: Duration = Duration::from_secs(60);
/// What is read at once.
const PIECE: usize = 1 << 16;

/// A request, of parts that may be anything.
#[derive(Clone, Debug)]
pub(crate) struct Wire {
    pub(crate) method: String,
    pub(crate) target: Vec<u8>,
    pub(crate) headers: Vec<(String, Vec<u8>)>,
    pub(crate) body: Option<Vec<u8>>,
    /// What is said of the body's length; none: the truth.
    pub(crate) framing: Option<Vec<u8>>,
    pub(crate) version: &'static str,
}

impl Wire {
    pub(crate) fn bytes(&self) -> Vec<u8> {
        let mut bytes = [self.method.as_bytes(), b" ", &self.target, b" ", self.version.as_bytes(), b"\r\n"].concat();
        for (name, value) in &self.headers {
            bytes.extend([name.as_bytes(), b": ", value, b"\r\n"].concat());
        }
        match (&self.framing, &self.body) {
            (Some(framing), _) => bytes.extend(framing),
            (None, Some(body)) => bytes.extend(format!("content-length: {}\r\n", body.len()).into_bytes()),
            (None, None) => {}
        }
        bytes.extend(b"\r\n");
        bytes.extend(self.body.as_deref().unwrap_or_default());
        bytes
    }
}

/// A connection that is used as long as the server keeps it.
pub(crate) struct Connection {
    address: String,
    stream: Option<TcpStream>,
}

/// What came of a request.
#[derive(Debug)]
pub(crate) enum Came {
    Answer(Answer),
    /// The connection ended first.
    Nothing,
}

impl Connection {
    pub(crate) fn new(base_url: &str) -> Self {
        Self { address: base_url.trim_start_matches("http://").to_owned(), stream: None }
    }

    /// Sends a request.
    pub(crate) async fn send(&mut self, request: &Wire) -> io::Result<Came> {
        // What is announced and does not come would be waited for, unless nothing more can come.
        let (bytes, is_last) = (request.bytes(), request.framing.is_some());
        let is_fresh = self.stream.is_none();
        let came = self.exchange(&bytes, is_last).await?;
        if matches!(came, Came::Nothing) && !is_fresh {
            // A connection that was idle may have ended before the request came.
            return self.exchange(&bytes, is_last).await;
        }
        Ok(came)
    }

    /// Ends it; the next request has a new one.
    pub(crate) fn leave(&mut self) {
        self.stream = None;
    }

    async fn exchange(&mut self, request: &[u8], is_last: bool) -> io::Result<Came> {
        let mut stream = match self.stream.take() {
            Some(stream) => stream,
            None => {
                let stream = TcpStream::connect(&self.address).await?;
                stream.set_nodelay(true)?;
                stream
            }
        };
        // Who answers early does not read on, and that is no error.
        if stream.write_all(request).await.is_ok() && is_last {
            let _ = stream.shutdown().await;
        }
        let answer = tokio::time::timeout(PATIENCE, answer(&mut stream)).await;
        let (answer, is_kept) = answer.map_err(|_| io::Error::from(io::ErrorKind::TimedOut))?;
        if is_kept && !is_last {
            self.stream = Some(stream);
        }
        Ok(answer)
    }
}

/// The next answer, and whether the connection goes on after it.
async fn answer(stream: &mut TcpStream) -> (Came, bool) {
    let mut bytes = Vec::new();
    let mut piece = vec![0; PIECE];
    loop {
        if let Some((answer, is_kept)) = parsed(&bytes) {
            return (Came::Answer(answer), is_kept);
        }
        match stream.read(&mut piece).await {
            Ok(0) | Err(_) => return (Came::Nothing, false),
            Ok(read) => bytes.extend_from_slice(&piece[..read]),
        }
    }
}

/// An answer, if it is there as a whole. Answers have a length or come in chunks, or have neither and no body.
fn parsed(bytes: &[u8]) -> Option<(Answer, bool)> {
    let end = bytes.windows(4).position(|window| window == b"\r\n\r\n")?;
    let head = String::from_utf8_lossy(&bytes[..end]).into_owned();
    let rest = &bytes[end + 4..];
    let mut lines = head.split("\r\n");
    let status: u16 = lines.next()?.split(' ').nth(1)?.parse().ok()?;
    if status == 100 {
        return parsed(rest);
    }
    let mut headers = HeaderMap::new();
    for (name, value) in lines.filter_map(|line| line.split_once(':')) {
        let name: HeaderName = name.parse().expect("a server's header has a name");
        headers.append(name, HeaderValue::from_str(value.trim()).expect("a server's header has a value"));
    }
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default().to_owned();
    let body = if text("transfer-encoding") == "chunked" {
        chunks(rest)?
    } else {
        let length: usize = text("content-length").parse().unwrap_or(0);
        rest.get(..length)?.to_vec()
    };
    let is_kept = text("connection") != "close" && head.starts_with("HTTP/1.1");
    Some((Answer { status, headers, body }, is_kept))
}

fn chunks(mut rest: &[u8]) -> Option<Vec<u8>> {
    let mut body = Vec::new();
    loop {
        let end = rest.windows(2).position(|window| window == b"\r\n")?;
        let size = usize::from_str_radix(std::str::from_utf8(&rest[..end]).ok()?, 16).ok()?;
        let chunk = rest.get(end + 2..end + 2 + size)?;
        rest.get(end + 2 + size..end + 4 + size)?;
        if size == 0 {
            return Some(body);
        }
        body.extend_from_slice(chunk);
        rest = &rest[end + 4 + size..];
    }
}
