//! A server that answers with canned bytes and remembers what it was asked.

use std::sync::{Arc, Mutex};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

pub(crate) struct Peer {
    pub(crate) url: String,
    requests: Arc<Mutex<Vec<String>>>,
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

    /// Answers each request with the next of `answers`, and all that follow with the last. Without bytes, the connection
    /// is closed unanswered.
    pub(crate) async fn in_turn(answers: Vec<Vec<u8>>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let requests = Arc::new(Mutex::new(Vec::new()));
        let seen = Arc::clone(&requests);
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                let request = read(&mut stream).await;
                let count = {
                    let mut seen = seen.lock().unwrap();
                    seen.push(request);
                    seen.len()
                };
                let answer = answers.get(count - 1).or(answers.last()).unwrap();
                stream.write_all(answer).await.unwrap();
                stream.shutdown().await.unwrap();
            }
        });
        Self { url, requests }
    }

    /// Takes requests and never answers.
    pub(crate) async fn silent() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        tokio::spawn(async move {
            let mut open = Vec::new();
            while let Ok(connection) = listener.accept().await {
                open.push(connection);
            }
        });
        Self { url, requests: Arc::default() }
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

async fn read(stream: &mut TcpStream) -> String {
    let mut bytes = Vec::new();
    let mut buffer = [0; 4096];
    loop {
        let count = stream.read(&mut buffer).await.unwrap();
        bytes.extend_from_slice(&buffer[..count]);
        let text = String::from_utf8(bytes.clone()).unwrap();
        if count == 0 {
            return text;
        }
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let length = header(head, "content-length").map_or(0, |length| length.parse().unwrap());
            if body.len() >= length {
                return text;
            }
        }
    }
}
