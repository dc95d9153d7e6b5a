//! A server that plays the exchanges of a vector, byte for byte, and takes down what it was asked.

use std::sync::{Arc, Mutex, PoisonError};

use serde_json::Value;
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use super::Exchange;
use crate::http::{self, Recorded};

/// Whatever plays the exchanges of a vector.
pub(super) trait Plays {
    /// Where it listens.
    fn url(&self) -> String;

    /// Every request so far.
    fn requests(&self) -> Vec<Recorded>;
}

/// The server; it ends when it is dropped.
#[derive(Debug)]
pub struct ScriptedPeer {
    url: String,
    requests: Arc<Mutex<Vec<Recorded>>>,
    task: JoinHandle<()>,
}

impl ScriptedPeer {
    /// Answers each request with the next of `exchanges`, and all that follow with the last.
    pub async fn playing(exchanges: Vec<Exchange>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port is free");
        let url = format!("http://{}", listener.local_addr().expect("a listener has an address"));
        let requests: Arc<Mutex<Vec<Recorded>>> = Arc::default();
        let seen = Arc::clone(&requests);
        let task = tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                let Some(request) = http::read(&mut stream).await else { continue };
                let count = {
                    let mut seen = seen.lock().unwrap_or_else(PoisonError::into_inner);
                    seen.push(request);
                    seen.len()
                };
                let answer = exchanges.get(count - 1).or(exchanges.last()).map(bytes).unwrap_or_default();
                // The client may have gone: what it had to read it has read.
                let _ = stream.write_all(&answer).await;
                let _ = stream.shutdown().await;
            }
        });
        Self { url, requests, task }
    }
}

impl Plays for ScriptedPeer {
    fn url(&self) -> String {
        self.url.clone()
    }

    fn requests(&self) -> Vec<Recorded> {
        self.requests.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Drop for ScriptedPeer {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Exchange {
    /// The body, whole.
    #[must_use]
    pub fn body(&self) -> Vec<u8> {
        let json = self.json.as_ref().map(Value::to_string);
        let mut body = self.text.clone().or(json).unwrap_or_default().into_bytes();
        if let Some(size) = self.padded_to_bytes {
            body.resize(size, b' ');
        }
        body
    }
}

/// An answer with a content length, the last on its connection; nothing if the connection is to be closed unanswered.
fn bytes(exchange: &Exchange) -> Vec<u8> {
    if exchange.closed {
        return Vec::new();
    }
    let body = exchange.body();
    let mut head = format!("HTTP/1.1 {} Any\r\nconnection: close\r\n", exchange.status);
    if exchange.status != 204 {
        head += &format!("content-length: {}\r\n", body.len());
    }
    for (name, value) in &exchange.headers {
        head += &format!("{name}: {value}\r\n");
    }
    let mut bytes = (head + "\r\n").into_bytes();
    bytes.extend_from_slice(&body[..exchange.cut_to_bytes.unwrap_or(body.len())]);
    bytes
}
