//! What stands between the server and PostgreSQL in tests: it counts what is said, can lose an answer, and can fall silent.

use std::mem::ManuallyDrop;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

use super::TestDatabase;

/// How PostgreSQL says that it has committed.
const COMMITTED: &[u8] = b"COMMIT\0";

/// Passes on what is said to a database.
pub(crate) struct Proxy {
    /// The database behind it; whoever has made it takes it away.
    pub(crate) database: ManuallyDrop<TestDatabase>,
    shared: Arc<Shared>,
}

#[derive(Default)]
struct Shared {
    turns: AtomicUsize,
    loses: AtomicBool,
    connections: AtomicUsize,
    /// How many of them are silent: those that came first.
    silent: AtomicUsize,
}

/// What becomes of something that was said.
enum Fate {
    Passed,
    Swallowed,
    /// The connection ends instead.
    Cut,
}

impl Proxy {
    /// None: the database is not PostgreSQL.
    pub(crate) async fn before(database: &TestDatabase) -> Option<Self> {
        let TestDatabase::Postgres { url, schema } = database else { return None };
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let (start, end) = url.rsplit_once("127.0.0.1:").expect("a server on this machine");
        let digits = end.bytes().take_while(u8::is_ascii_digit).count();
        let (port, end) = end.split_at(digits);
        let port: u16 = port.parse().expect("a port");
        let url = format!("{start}127.0.0.1:{}{end}", listener.local_addr().expect("an address").port());
        let shared = Arc::<Shared>::default();
        tokio::spawn(shared.clone().serve(listener, port));
        let database = ManuallyDrop::new(TestDatabase::Postgres { url, schema: schema.clone() });
        Some(Self { database, shared })
    }

    /// How often a client spoke after an answer.
    pub(crate) fn turns(&self) -> usize {
        self.shared.turns.load(Ordering::SeqCst)
    }

    /// Of the next commit nobody hears whether it was done: the connection ends instead.
    pub(crate) fn lose_a_commit(&self) {
        self.shared.loses.store(true, Ordering::SeqCst);
    }

    /// On the connections that there are nothing is passed on any more, though all that is said is taken.
    pub(crate) fn silence(&self) {
        self.shared.silent.store(self.shared.connections.load(Ordering::SeqCst), Ordering::SeqCst);
    }
}

impl Shared {
    async fn serve(self: Arc<Self>, listener: TcpListener, port: u16) {
        while let Ok((client, _)) = listener.accept().await {
            let server = TcpStream::connect(("127.0.0.1", port)).await.expect("connected");
            let number = self.connections.fetch_add(1, Ordering::SeqCst);
            let was_answered = Arc::new(AtomicUsize::new(0));
            let (from_client, to_client) = client.into_split();
            let (from_server, to_server) = server.into_split();
            let (shared, answered) = (self.clone(), was_answered.clone());
            tokio::spawn(pass(from_client, to_server, move |_| {
                shared.turns.fetch_add(answered.swap(0, Ordering::SeqCst), Ordering::SeqCst);
                shared.fate(number)
            }));
            let shared = self.clone();
            tokio::spawn(pass(from_server, to_client, move |said| {
                was_answered.store(1, Ordering::SeqCst);
                let commits = said.windows(COMMITTED.len()).any(|tag| tag == COMMITTED);
                if commits && shared.loses.swap(false, Ordering::SeqCst) { Fate::Cut } else { shared.fate(number) }
            }));
        }
    }

    /// What becomes of what is said on a connection.
    fn fate(&self, number: usize) -> Fate {
        if number < self.silent.load(Ordering::SeqCst) { Fate::Swallowed } else { Fate::Passed }
    }
}

/// Passes on what is said, as long as there is something to pass on.
async fn pass(mut from: impl AsyncRead + Unpin, mut to: impl AsyncWrite + Unpin, fate: impl Fn(&[u8]) -> Fate) {
    let mut chunk = [0; 1 << 16];
    while let Ok(length @ 1..) = from.read(&mut chunk).await {
        match fate(&chunk[..length]) {
            Fate::Swallowed => {}
            Fate::Passed if to.write_all(&chunk[..length]).await.is_ok() => {}
            Fate::Passed | Fate::Cut => break,
        }
    }
}
