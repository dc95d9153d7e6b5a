//! How often an invite waits for PostgreSQL: each time is a message that crosses the network. On SQLite nothing does.

use std::mem::ManuallyDrop;
use std::net::IpAddr;
use std::sync::atomic::{AtomicUsize, Ordering};

use invite_domain::event::Origin;
use invite_domain::limit::Limit;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

use super::*;

/// Passes on what is said to a database, and counts how often a client speaks after an answer.
struct Proxy {
    url: String,
    turns: Arc<AtomicUsize>,
}

impl Proxy {
    async fn before(url: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let (start, end) = url.rsplit_once("127.0.0.1:").expect("a server on this machine");
        let digits = end.bytes().take_while(u8::is_ascii_digit).count();
        let (port, end) = end.split_at(digits);
        let (port, turns): (u16, _) = (port.parse().expect("a port"), Arc::new(AtomicUsize::new(0)));
        let url = format!("{start}127.0.0.1:{}{end}", listener.local_addr().expect("an address").port());
        let counted = turns.clone();
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let server = TcpStream::connect(("127.0.0.1", port)).await.expect("connected");
                let was_answered = Arc::new(AtomicUsize::new(0));
                let (from_client, to_client) = client.into_split();
                let (from_server, to_server) = server.into_split();
                let (answered, counted) = (was_answered.clone(), counted.clone());
                tokio::spawn(pass(from_client, to_server, move || {
                    counted.fetch_add(answered.swap(0, Ordering::SeqCst), Ordering::SeqCst);
                }));
                tokio::spawn(pass(from_server, to_client, move || was_answered.store(1, Ordering::SeqCst)));
            }
        });
        Self { url, turns }
    }
}

async fn pass(mut from: impl AsyncRead + Unpin, mut to: impl AsyncWrite + Unpin, heard: impl Fn()) {
    let mut chunk = [0; 1 << 16];
    while let Ok(length @ 1..) = from.read(&mut chunk).await {
        heard();
        if to.write_all(&chunk[..length]).await.is_err() {
            break;
        }
    }
}

#[tokio::test]
async fn an_invite_asks_once_writes_once_and_counts_once() {
    let mut world = World::new().await;
    let TestDatabase::Postgres { url, schema } = &world.database else { return };
    let proxy = Proxy::before(url).await;
    // The world takes it away.
    let database = ManuallyDrop::new(TestDatabase::Postgres { url: proxy.url.clone(), schema: schema.clone() });
    let much = Limit::new(1_000, TimeDelta::hours(1));
    let limits = Limits { changes: much, inviter: much, organization: much, recipient: much, ..Limits::default() };
    world.app = app(&database, limits, &world.clock).await.0;
    let call = Call::new(Origin { request: None, address: Some(IpAddr::from([192, 0, 2, 1])) });
    let bearer = world.app.seed_personal_token(world.admin_id, world.acme.id).await.expect("a token");
    for (flow, expected) in [("muninx", 5), ("kare", 5), ("nexus", 6)] {
        let mut turns = Vec::new();
        for number in 0..8 {
            let before = proxy.turns.load(Ordering::SeqCst);
            world.actor(&[Presented::MuninxBearer(bearer.clone())]).await;
            let address = format!("{flow}-{number}@example.com");
            match flow {
                "muninx" => world.app.muninx_invite_user(&call, &world.admin, muninx_command(&address)).await,
                "kare" => {
                    let command = kare_command(&address);
                    world.app.kare_invite_user_organization(&call, &world.admin, command).await.map(drop)
                }
                _ => {
                    let administrator = world.app.nexus_administrator(world.admin.actor().clone(), world.acme.id.get());
                    let administrator = administrator.await.expect("an admin");
                    world.app.nexus_invite_organization_member(&call, &administrator, nexus_command(&address)).await
                }
            }
            .expect("invited");
            turns.push(proxy.turns.load(Ordering::SeqCst) - before);
        }
        // The first ones prepare the statements.
        assert_eq!(turns[2..], [expected; 6], "{flow}: {turns:?}");
    }
}
