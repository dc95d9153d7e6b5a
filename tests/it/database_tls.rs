//! TLS to PostgreSQL: a server that cannot show that it is the one that is meant is told neither who asks nor the password.

use std::path::Path;
use std::sync::{Arc, Mutex};

use contract_tests::server::Process;
use contract_tests::smtp::certificate;
use tempfile::TempDir;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::pki_types::pem::PemObject as _;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};

use crate::support::PROGRAM;

const USER: &str = "ann-of-invite";
const PASSWORD: &str = "s3cret-of-ann";
/// What a client begins with: its length, and that it asks for TLS.
const TLS_REQUEST: [u8; 8] = [0, 0, 0, 8, 4, 210, 22, 47];
/// "Your password, as it is."
const PASSWORD_REQUEST: [u8; 9] = [b'R', 0, 0, 0, 8, 0, 0, 0, 3];

/// A server that shows a certificate for `localhost` and asks whoever goes on for the password.
struct Peer {
    port: u16,
    /// All that it was told, by TLS or without.
    heard: Arc<Mutex<Vec<u8>>>,
}

impl Peer {
    async fn listen(folder: &Path) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let (port, heard) = (listener.local_addr().unwrap().port(), Arc::<Mutex<Vec<u8>>>::default());
        let (acceptor, hears) = (acceptor(folder), Arc::clone(&heard));
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(attend(stream, acceptor.clone(), Arc::clone(&hears)));
            }
        });
        Self { port, heard }
    }

    fn heard(&self) -> String {
        String::from_utf8_lossy(&self.heard.lock().unwrap()).into_owned()
    }

    fn url(&self, host: &str, query: &str) -> String {
        format!("postgres://{USER}:{PASSWORD}@{host}:{}/invite?{query}", self.port)
    }
}

fn acceptor(folder: &Path) -> TlsAcceptor {
    let [shown, key] = certificate(folder);
    let shown = CertificateDer::pem_file_iter(shown).unwrap().collect::<Result<Vec<_>, _>>().unwrap();
    let provider = Arc::new(tokio_rustls::rustls::crypto::aws_lc_rs::default_provider());
    let config = ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
    let key = PrivateKeyDer::from_pem_file(key).unwrap();
    TlsAcceptor::from(Arc::new(config.with_no_client_auth().with_single_cert(shown, key).unwrap()))
}

async fn attend(mut stream: TcpStream, acceptor: TlsAcceptor, heard: Arc<Mutex<Vec<u8>>>) {
    let mut asked = [0; TLS_REQUEST.len()];
    if stream.read_exact(&mut asked).await.is_err() || asked != TLS_REQUEST {
        return heard.lock().unwrap().extend(asked);
    }
    let _ = stream.write_all(b"S").await;
    let Ok(mut stream) = acceptor.accept(stream).await else { return };
    hear(&mut stream, &heard).await;
    // Whoever has gone meanwhile says no more.
    let _ = stream.write_all(&PASSWORD_REQUEST).await;
    hear(&mut stream, &heard).await;
}

/// A message of a client; none: it has gone.
async fn hear(stream: &mut (impl AsyncRead + Unpin), heard: &Mutex<Vec<u8>>) {
    let mut message = [0; 1024];
    let count = stream.read(&mut message).await.unwrap_or(0);
    heard.lock().unwrap().extend(&message[..count]);
}

/// Starts a server on a database, and waits until it has given up.
async fn started(url: &str) -> (Option<i32>, String) {
    let folder = TempDir::new().unwrap();
    let data = folder.path().join("data").display().to_string();
    let place = ["serve", "--listen", "127.0.0.1:0", "--public-url", "http://localhost", "--data-dir", &data];
    let mut process = Process::start(PROGRAM, folder.path(), &[&place[..], &["--database", url]].concat());
    (process.ended().await.code(), process.output())
}

#[tokio::test]
async fn a_database_server_that_cannot_show_who_it_is_is_told_nothing() {
    let (folder, other) = (TempDir::new().unwrap(), TempDir::new().unwrap());
    let _made = certificate(other.path());
    let peer = Peer::listen(folder.path()).await;
    let trusting = |folder: &TempDir| format!("&sslrootcert={}", folder.path().join("ca.pem").display());
    let (right, strange) = (trusting(&folder), trusting(&other));
    for (what, host, authorities) in [
        ("another name", "127.0.0.1", right.as_str()),
        ("another authority", "localhost", &strange),
        ("none of the machine's authorities", "localhost", ""),
    ] {
        for mode in ["require", "verify-full"] {
            let (code, output) = started(&peer.url(host, &format!("sslmode={mode}{authorities}"))).await;
            assert_eq!(code, Some(2), "{what}, {mode}, which no other start mends: {output}");
            assert!(output.contains("?sslrootcert=") && !output.contains(" is away"), "{what}, {mode}: {output}");
            assert_eq!(peer.heard(), "", "{what}, {mode}");
            assert!(output.contains("certificate") && !output.contains(PASSWORD), "{what}, {mode}: {output}");
        }
    }
    let (code, output) = started(&peer.url("localhost", &format!("sslmode=require{right}"))).await;
    assert_eq!(code, Some(1), "it says no more: {output}");
    let heard = peer.heard();
    assert!(heard.contains(USER) && heard.contains(PASSWORD), "the one that is meant is told: {heard}, {output}");
}
