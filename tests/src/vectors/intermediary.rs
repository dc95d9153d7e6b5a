//! Something between a caller and a server that changes what passes: in front of a good server it makes a bad one.

use std::fmt;
use std::sync::Arc;

use tokio::io::AsyncWriteExt as _;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

use crate::http::{self, Answer, Payload, Recorded};

type OnRequest = Arc<dyn Fn(&mut Recorded) + Send + Sync>;
type OnAnswer = Arc<dyn Fn(&Recorded, &mut Answer) + Send + Sync>;

/// What is done to what passes; the default does nothing.
#[derive(Clone)]
pub struct Fault {
    request: OnRequest,
    answer: OnAnswer,
}

impl Default for Fault {
    fn default() -> Self {
        Self { request: Arc::new(|_| {}), answer: Arc::new(|_, _| {}) }
    }
}

impl fmt::Debug for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Fault")
    }
}

impl Fault {
    /// Changes requests before the server sees them.
    pub fn of_requests(change: impl Fn(&mut Recorded) + Send + Sync + 'static) -> Self {
        Self { request: Arc::new(change), ..Self::default() }
    }

    /// Changes answers before the caller sees them; knows the request.
    pub fn of_answers(change: impl Fn(&Recorded, &mut Answer) + Send + Sync + 'static) -> Self {
        Self { answer: Arc::new(change), ..Self::default() }
    }
}

/// It listens until it is dropped.
#[derive(Debug)]
pub struct Intermediary {
    /// Where.
    pub url: String,
    task: JoinHandle<()>,
}

impl Intermediary {
    /// Starts in front of the server at `upstream`.
    pub async fn before(upstream: &str, fault: Fault) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port is free");
        let url = format!("http://{}", listener.local_addr().expect("a listener has an address"));
        let upstream = upstream.to_owned();
        let client = http::client();
        let task = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(pass(stream, client.clone(), upstream.clone(), fault.clone()));
            }
        });
        Self { url, task }
    }
}

impl Drop for Intermediary {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// Passes one request and its answer.
async fn pass(mut stream: TcpStream, client: reqwest::Client, upstream: String, fault: Fault) {
    let Some(mut request) = http::read(&mut stream).await else { return };
    let original = request.clone();
    (fault.request)(&mut request);
    let own = ["host", "content-length", "connection", "content-type"];
    let headers = request.headers.iter().filter(|(name, _)| !own.contains(&name.as_str()));
    let headers: Vec<(&str, String)> = headers.map(|(name, value)| (name.as_str(), value.clone())).collect();
    let content_type = request.header("content-type").map(str::to_owned);
    let has_body = !request.body.is_empty() || content_type.is_some();
    let payload = has_body.then(|| Payload { content_type, bytes: request.body.clone() });
    let url = format!("{upstream}{}", request.target);
    // Without an answer there is nothing to pass, and the caller sees its connection closed.
    let Ok(mut answer) = http::send(&client, &request.method, &url, &headers, payload.as_ref()).await else { return };
    (fault.answer)(&original, &mut answer);
    let mut head = format!("HTTP/1.1 {} Any\r\nconnection: close\r\n", answer.status);
    for (name, value) in answer.headers.iter().filter(|(name, _)| !own[..3].contains(&name.as_str())) {
        head += &format!("{name}: {}\r\n", String::from_utf8_lossy(value.as_bytes()));
    }
    if answer.status != 204 {
        head += &format!("content-length: {}\r\n", answer.body.len());
    }
    let mut bytes = (head + "\r\n").into_bytes();
    bytes.extend_from_slice(&answer.body);
    // The caller may have gone.
    let _ = stream.write_all(&bytes).await;
    let _ = stream.shutdown().await;
}
