//! A server that answers with canned bytes and remembers what it was asked.

use std::sync::{Arc, Mutex};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

pub(crate) struct Peer {
    pub(crate) url: String,
    requests: Arc<Mutex<Vec<String>>>,
    /// Connections of a silent peer.
    open: Arc<tokio::sync::Mutex<tokio::task::JoinSet<()>>>,
}

/// An answer with a content length, the last on its connection.
pub(crate) fn answer(status: &str, headers: &[(&str, &str)], body: &str) -> Vec<u8> {
    let mut text = format!("HTTP/1.1 {status}\r\nconnection: close\r\ncontent-length: {}\r\n", body.len());
    for (name, value) in headers {
        text += &format!("{name}: {value}\r\n");
    }
    (text + "\r\n" + body).into_bytes()
}

/// The same with a media type.
pub(crate) fn typed(status: &str, media_type: &str, body: &str) -> Vec<u8> {
    answer(status, &[("content-type", media_type)], body)
}

impl Peer {
    /// Answers every request with `answer` and closes the connection.
    pub(crate) async fn answering(answer: Vec<u8>) -> Self {
        Self::in_turn(vec![answer]).await
    }

    /// The same for requests that are wrong on purpose: no proxy gets to see them.
    pub(crate) async fn aside(answer: Vec<u8>) -> Self {
        Self::serving(vec![answer], usize::MAX, None).await
    }

    /// Answers each request with the next of `answers`, and all that follow with the last. Without bytes, the connection
    /// is closed unanswered.
    pub(crate) async fn in_turn(answers: Vec<Vec<u8>>) -> Self {
        Self::in_pieces(answers, usize::MAX).await
    }

    /// The same, `size` bytes at a time, whether the client is still there or not.
    pub(crate) async fn in_pieces(answers: Vec<Vec<u8>>, size: usize) -> Self {
        Self::serving(answers, size, std::env::var("INVITE_TEST_PROXY").ok()).await
    }

    async fn serving(answers: Vec<Vec<u8>>, size: usize, proxy: Option<String>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let requests = Arc::new(Mutex::new(Vec::new()));
        let seen = Arc::clone(&requests);
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                let request = read(&mut stream).await;
                if let Some(proxy) = &proxy {
                    show(proxy, &request).await;
                }
                let count = {
                    let mut seen = seen.lock().unwrap();
                    seen.push(request);
                    seen.len()
                };
                let answer = answers.get(count - 1).or(answers.last()).unwrap();
                for piece in answer.chunks(size) {
                    if stream.write_all(piece).await.is_err() {
                        break;
                    }
                    tokio::task::yield_now().await;
                }
                drop(stream.shutdown().await);
            }
        });
        Self { url, requests, open: Arc::default() }
    }

    /// Takes requests and never answers.
    pub(crate) async fn silent() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let open = Arc::new(tokio::sync::Mutex::new(tokio::task::JoinSet::new()));
        let connections = Arc::clone(&open);
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                connections.lock().await.spawn(async move { while read_some(&mut stream).await > 0 {} });
            }
        });
        Self { url, requests: Arc::default(), open }
    }

    /// How many connections a silent peer has had.
    pub(crate) async fn opened(&self) -> usize {
        self.open.lock().await.len()
    }

    /// Waits until the clients have closed every connection of a silent peer.
    pub(crate) async fn all_closed(&self) {
        let mut open = self.open.lock().await;
        while open.join_next().await.is_some() {}
    }

    /// Every request so far, as it came.
    pub(crate) fn requests(&self) -> Vec<String> {
        self.requests.lock().unwrap().clone()
    }

    /// The only request.
    pub(crate) fn request(&self) -> String {
        let requests = self.requests();
        assert_eq!(requests.len(), 1, "{requests:?}");
        requests[0].clone()
    }
}

/// The value of a header of a request, by its lower-case name.
pub(crate) fn header(request: &str, name: &str) -> Option<String> {
    request.lines().skip(1).take_while(|line| !line.is_empty()).find_map(|line| {
        let (found, value) = line.split_once(": ")?;
        (found.to_lowercase() == name).then(|| value.to_owned())
    })
}

/// Head and body of a request of which nothing is missing.
fn whole(request: &str) -> Option<(&str, &str)> {
    let (head, body) = request.split_once("\r\n\r\n")?;
    let length = header(head, "content-length").map_or(0, |length| length.parse().unwrap());
    (body.len() >= length).then_some((head, body))
}

/// Gives a validating mock a copy of what left the client, if it is whole (`cargo xtask nightly prism`). What it finds it writes
/// down, and its answer concerns nobody.
async fn show(proxy: &str, request: &str) {
    let Some((head, body)) = whole(request) else { return };
    let (method, rest) = head.split_once(' ').unwrap();
    let mut stream = TcpStream::connect(proxy.trim_start_matches("http://")).await.unwrap();
    let copy = format!("{method} /sent{rest}\r\nconnection: close\r\n\r\n{body}");
    stream.write_all(copy.as_bytes()).await.unwrap();
    stream.read_to_end(&mut Vec::new()).await.unwrap();
}

/// How many bytes came; none at the end, or when the connection is gone.
async fn read_some(stream: &mut TcpStream) -> usize {
    stream.read(&mut [0; 4096]).await.unwrap_or(0)
}

async fn read(stream: &mut TcpStream) -> String {
    let mut bytes = Vec::new();
    let mut buffer = [0; 4096];
    loop {
        let count = stream.read(&mut buffer).await.unwrap_or(0);
        bytes.extend_from_slice(&buffer[..count]);
        let text = String::from_utf8(bytes.clone()).unwrap();
        if count == 0 || whole(&text).is_some() {
            return text;
        }
    }
}
