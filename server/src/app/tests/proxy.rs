//! What stands between the server and PostgreSQL in tests: it counts what is said, and can lose an answer.

use std::mem::ManuallyDrop;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

use super::*;

/// How PostgreSQL says that it has committed.
const COMMITTED: &[u8] = b"COMMIT\0";

/// Passes on what is said to a database.
pub(super) struct Proxy {
    /// The database behind it; whoever has made it takes it away.
    pub(super) database: ManuallyDrop<TestDatabase>,
    /// How often a client spoke after an answer.
    pub(super) turns: Arc<AtomicUsize>,
    loses: Arc<AtomicBool>,
}

impl Proxy {
    /// None: the database is not PostgreSQL.
    pub(super) async fn before(database: &TestDatabase) -> Option<Self> {
        let TestDatabase::Postgres { url, schema } = database else { return None };
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let (start, end) = url.rsplit_once("127.0.0.1:").expect("a server on this machine");
        let digits = end.bytes().take_while(u8::is_ascii_digit).count();
        let (port, end) = end.split_at(digits);
        let port: u16 = port.parse().expect("a port");
        let url = format!("{start}127.0.0.1:{}{end}", listener.local_addr().expect("an address").port());
        let (turns, loses): (Arc<AtomicUsize>, Arc<AtomicBool>) = Default::default();
        let (counted, lost) = (turns.clone(), loses.clone());
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let server = TcpStream::connect(("127.0.0.1", port)).await.expect("connected");
                let was_answered = Arc::new(AtomicUsize::new(0));
                let (from_client, to_client) = client.into_split();
                let (from_server, to_server) = server.into_split();
                let (answered, counted, lost) = (was_answered.clone(), counted.clone(), lost.clone());
                tokio::spawn(pass(from_client, to_server, move |_| {
                    counted.fetch_add(answered.swap(0, Ordering::SeqCst), Ordering::SeqCst);
                    true
                }));
                tokio::spawn(pass(from_server, to_client, move |said| {
                    was_answered.store(1, Ordering::SeqCst);
                    let commits = said.windows(COMMITTED.len()).any(|tag| tag == COMMITTED);
                    !(commits && lost.swap(false, Ordering::SeqCst))
                }));
            }
        });
        let database = ManuallyDrop::new(TestDatabase::Postgres { url, schema: schema.clone() });
        Some(Self { database, turns, loses })
    }

    /// Of the next commit nobody hears whether it was done: the connection ends instead.
    pub(super) fn lose_a_commit(&self) {
        self.loses.store(true, Ordering::SeqCst);
    }
}

/// Passes on what is said until `heard` has had enough.
async fn pass(mut from: impl AsyncRead + Unpin, mut to: impl AsyncWrite + Unpin, heard: impl Fn(&[u8]) -> bool) {
    let mut chunk = [0; 1 << 16];
    while let Ok(length @ 1..) = from.read(&mut chunk).await {
        if !heard(&chunk[..length]) || to.write_all(&chunk[..length]).await.is_err() {
            break;
        }
    }
}
