//! More requests than a server takes on: every operation says so in its own error.

use contract_tests::server::Server;
use invite_api::security::Operation;
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::TcpStream;

use super::{Seen, note, parameters};
use crate::support::PROGRAM;

/// One request of a client is allowed, and one probe: whatever comes next is one too many.
pub(super) async fn too_many_requests(seen: &mut Seen) {
    let server = Server::start(PROGRAM, &["--limit-client", "1/1d"]).await;
    let first =
        server.call(Operation::UnleashValidateSignupToken, &[server.world.acme.signup_token()], &[], None).await;
    assert_eq!(first.status, 200);
    assert_eq!(server.call(Operation::Liveness, &[], &[], None).await.status, 200, "probes have a count of their own");
    for operation in Operation::ALL.iter().copied() {
        // Nothing of the request is looked at: neither credentials nor body are missed.
        let answer = server.call(operation, &parameters(&server, operation), &[], None).await;
        note(seen, operation, "too many requests of one client", &answer, 429);
        let seconds: u32 = answer.header("retry-after").unwrap().parse().unwrap();
        assert!((86_000..=86_400).contains(&seconds), "{}: {seconds}", operation.id());
    }
}

/// The only place is taken by a request whose body does not come, and nobody may wait.
pub(super) async fn overload(seen: &mut Seen) {
    let server = Server::start(PROGRAM, &["--limit-at-once", "1", "--limit-wait", "0s"]).await;
    let held = Held::start(&server).await;
    for operation in Operation::ALL.iter().copied() {
        let answer = server.call(operation, &parameters(&server, operation), &[], None).await;
        match operation {
            Operation::Liveness | Operation::Readiness => {
                assert_eq!(answer.status, 200, "{} is no request that takes a place", operation.id());
            }
            _ => {
                note(seen, operation, "a server without a free place", &answer, 503);
                assert_eq!(answer.header("retry-after"), Some("1"), "{}", operation.id());
            }
        }
    }
    assert_eq!(held.finish().await, "HTTP/1.1 400 Bad Request", "the request at work got its own answer");
    let token = server.world.acme.signup_token();
    let after = server.call(Operation::UnleashValidateSignupToken, &[token], &[], None).await;
    assert_eq!(after.status, 200, "its place is free again");
}

/// A request that is at work: the server has said that it wants the body.
pub(crate) struct Held(BufReader<TcpStream>);

impl Held {
    pub(crate) async fn start(server: &Server) -> Self {
        Self::start_as(server, &[], Operation::CreateSession, 2).await
    }

    /// The same of any operation without parameters; its body has so many bytes.
    pub(crate) async fn start_as(
        server: &Server,
        headers: &[(&str, String)],
        operation: Operation,
        length: usize,
    ) -> Self {
        let address = server.world.base_url.strip_prefix("http://").unwrap();
        let mut stream = BufReader::new(TcpStream::connect(address).await.unwrap());
        let headers: String = headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
        let head = format!(
            "{} {} HTTP/1.1\r\nHost: {address}\r\nContent-Type: application/json\r\nContent-Length: {length}\r\n\
             Expect: 100-continue\r\nConnection: close\r\n{headers}\r\n",
            operation.method(),
            operation.path()
        );
        stream.write_all(head.as_bytes()).await.unwrap();
        let mut line = String::new();
        stream.read_line(&mut line).await.unwrap();
        assert_eq!(line, "HTTP/1.1 100 Continue\r\n");
        line.clear();
        stream.read_line(&mut line).await.unwrap();
        assert_eq!(line, "\r\n");
        Self(stream)
    }

    /// Sends an empty object; what is answered, the first line of it.
    pub(crate) async fn finish(self) -> String {
        self.send(b"{}").await
    }

    /// Sends the body; what is answered, the first line of it.
    pub(crate) async fn send(mut self, body: &[u8]) -> String {
        self.0.write_all(body).await.unwrap();
        self.answer().await
    }

    /// What is answered, the first line of it.
    pub(crate) async fn answer(mut self) -> String {
        let mut answer = String::new();
        self.0.read_to_string(&mut answer).await.unwrap();
        answer.lines().next().unwrap_or_default().to_owned()
    }
}
