//! A server that answers what a test wants, when the test wants it.

use tokio::io::AsyncWriteExt as _;
use tokio::net::{TcpListener, TcpStream};

use crate::http::{self, Recorded};
use crate::poll::DEADLINE;

/// It listens on a free port of this machine.
#[derive(Debug)]
pub struct Peer {
    listener: TcpListener,
}

/// A request that waits for its answer.
#[derive(Debug)]
pub struct Waiting {
    stream: TcpStream,
    /// What is asked.
    pub request: Recorded,
}

impl Peer {
    /// Listens.
    pub async fn listen() -> Self {
        Self { listener: TcpListener::bind("127.0.0.1:0").await.expect("there is a free port") }
    }

    /// Its base URL.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}", self.listener.local_addr().expect("a listener has an address"))
    }

    /// The next request, read to its end.
    ///
    /// # Panics
    /// There is none before the deadline.
    pub async fn request(&self) -> Waiting {
        let read = async {
            let (mut stream, _) = self.listener.accept().await.expect("a connection can be accepted");
            let request = http::read(&mut stream).await.expect("a request can be read to its end");
            Waiting { stream, request }
        };
        tokio::time::timeout(DEADLINE, read).await.expect("a request comes before the deadline")
    }
}

impl Waiting {
    /// Answers and closes the connection.
    pub async fn answer(mut self, status: &str, media_type: &str, body: &str) {
        let length = body.len();
        let text = format!(
            "HTTP/1.1 {status}\r\ncontent-type: {media_type}\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n{body}"
        );
        // The client may have gone.
        let _ = self.stream.write_all(text.as_bytes()).await;
        let _ = self.stream.shutdown().await;
    }
}
