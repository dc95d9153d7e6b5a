//! What somebody on the way puts behind the last plain answer of a server.

use std::sync::{Arc, Mutex};

use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;

use super::{DeliveryError, FRIENDLY, Later, Mailer as _, SmtpMailer, SmtpUrl, answer, mail};
use crate::tls::Tls;

/// A peer that goes on by TLS after the word STARTTLS, and whose answer to that is followed by more.
struct Peer {
    listener: TcpListener,
    folder: TempDir,
    behind: &'static str,
}

impl Peer {
    async fn with(behind: &'static str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let certified = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
        std::fs::write(folder.path().join("certificate.pem"), certified.cert.pem()).unwrap();
        std::fs::write(folder.path().join("key.pem"), certified.signing_key.serialize_pem()).unwrap();
        Self { listener: TcpListener::bind("127.0.0.1:0").await.unwrap(), folder, behind }
    }

    /// Sends a mail to it, and says what came of that and what it heard.
    async fn deliver(self) -> (Result<(), DeliveryError>, Vec<String>) {
        let port = self.listener.local_addr().unwrap().port();
        let [certificate, key] = ["certificate.pem", "key.pem"].map(|name| self.folder.path().join(name));
        let ca = certificate.display();
        let url = SmtpUrl::parse(&format!("smtp://ann:s3cret@localhost:{port}?tls=required&ca={ca}")).unwrap();
        let acceptor = TlsAcceptor::from(Tls::load(&certificate, &key).unwrap().config());
        let heard = Arc::new(Mutex::new(Vec::new()));
        let peer = async {
            let (stream, _) = self.listener.accept().await.unwrap();
            converse(stream, acceptor, self.behind, heard.clone()).await;
        };
        let mailer = async {
            let mailer = SmtpMailer::new(&url, "example.com").unwrap();
            let outcome = mailer.deliver(&mail("jane@example.com")).await.map(drop);
            mailer.close().await;
            outcome
        };
        let (outcome, ()) = tokio::join!(mailer, peer);
        let heard = heard.lock().unwrap().clone();
        (outcome, heard)
    }
}

async fn converse(
    stream: TcpStream,
    acceptor: TlsAcceptor,
    behind: &str,
    heard: Arc<Mutex<Vec<String>>>,
) -> Option<()> {
    let mut stream = BufReader::new(stream);
    stream.write_all(b"220 peer ready\r\n").await.ok()?;
    loop {
        let mut line = String::new();
        stream.read_line(&mut line).await.ok().filter(|length| *length > 0)?;
        heard.lock().unwrap().push(line.trim_end().to_owned());
        if line.starts_with("STARTTLS") {
            break;
        }
        stream.write_all(b"250-peer\r\n250 STARTTLS\r\n").await.ok()?;
    }
    stream.write_all(format!("220 go\r\n{behind}").as_bytes()).await.ok()?;
    answer(acceptor.accept(stream.into_inner()).await.ok()?, FRIENDLY, heard).await
}

#[tokio::test]
async fn what_stands_behind_the_plain_answer_to_starttls_is_not_taken_for_the_servers_words() {
    let (outcome, heard) = Peer::with("").await.deliver().await;
    outcome.unwrap();
    for said in ["STARTTLS", "AUTH PLAIN", "MAIL FROM", "DATA", "QUIT"] {
        assert!(heard.iter().any(|line| line.starts_with(said)), "{said} in {heard:?}");
    }
    for injected in ["250-peer\r\n250 AUTH PLAIN\r\n", "250 fine\r\n", "x"] {
        let (outcome, heard) = Peer::with(injected).await.deliver().await;
        assert_eq!(heard, ["EHLO example.com", "STARTTLS"], "nothing by TLS, after {injected:?}");
        assert_eq!(outcome.unwrap_err().retry, Later, "{injected:?}");
    }
}
