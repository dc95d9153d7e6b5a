//! Who is at a database: servers share a lock of PostgreSQL's, and whoever must be without them has it alone.
//!
//! It is a lock of the database and of the schema in which the tables are, held by a session of its own: it says nothing of how
//! a server calls itself, or of servers in other schemas, and ends with its process, however that ends.

use std::time::Duration;

use tokio::task::JoinHandle;
use tokio_postgres::Client;
use tokio_postgres::error::SqlState;
use tokio_postgres_rustls::MakeRustlsConnect;

use super::super::address::PostgresAddress;
use super::super::open::OpenError;
use super::{client_config, migrate};

/// How long before a lock is taken again that was lost with its connection.
const PAUSE: Duration = Duration::from_secs(1);

/// How the lock is held.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mode {
    Shared,
    Alone,
}

impl Mode {
    /// Takes the lock, and waits a little for those who are just going away. Without a schema there is none to be had; whoever
    /// opens the database says so.
    fn statement(self) -> String {
        let lock = match self {
            Self::Shared => "pg_advisory_lock_shared",
            Self::Alone => "pg_advisory_lock",
        };
        // The number of a schema has no sign, that of a lock has one.
        let number = "(oid::bigint - 2147483648)::integer";
        format!(
            "SET lock_timeout = 2000; \
             SELECT {lock}(759683246, {number}) FROM pg_namespace WHERE nspname = current_schema()"
        )
    }

    /// Somebody has it in a way that this one cannot go with.
    fn refusal(self, address: &PostgresAddress) -> OpenError {
        let database = address.to_string();
        match self {
            Self::Shared => OpenError::Copied { database },
            Self::Alone => OpenError::Served { database },
        }
    }
}

/// The lock, as long as the connection lasts; given up with this value.
#[derive(Debug)]
pub(in super::super) struct Held {
    _client: Client,
    connection: JoinHandle<()>,
}

/// That this process is a server on the database; given up with this value.
#[derive(Debug)]
pub(in super::super) struct Presence(JoinHandle<()>);

impl Presence {
    /// Says so, and goes on saying so where a connection breaks.
    pub(in super::super) async fn begin(address: &PostgresAddress) -> Result<Self, OpenError> {
        let (address, tls) = (address.clone(), MakeRustlsConnect::new(client_config(address)?));
        let held = take(&address, tls.clone(), Mode::Shared).await?;
        Ok(Self(tokio::spawn(keep(held, address, tls))))
    }
}

impl Drop for Presence {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// Takes the database for this process alone, if no server is there.
pub(in super::super) async fn alone(address: &PostgresAddress) -> Result<Held, OpenError> {
    take(address, MakeRustlsConnect::new(client_config(address)?), Mode::Alone).await
}

/// Takes the lock again each time that its connection has ended. Requests go on without it.
async fn keep(mut held: Held, address: PostgresAddress, tls: MakeRustlsConnect) {
    loop {
        // How it ended does not matter.
        let _ = held.connection.await;
        tracing::debug!("the connection has ended that says that this server is here");
        held = loop {
            tokio::time::sleep(PAUSE).await;
            match take(&address, tls.clone(), Mode::Shared).await {
                Ok(held) => break held,
                Err(error @ OpenError::Copied { .. }) => {
                    tracing::error!(%error, "stop this server: its changes are lost")
                }
                Err(error) => tracing::debug!(%error, "nobody is told yet that this server is here"),
            }
        };
    }
}

async fn take(address: &PostgresAddress, tls: MakeRustlsConnect, mode: Mode) -> Result<Held, OpenError> {
    let (client, connection) = migrate::connect(address, tls).await?;
    let connection = tokio::spawn(async move { drop(connection.await) });
    let locked = async {
        match client.batch_execute(&mode.statement()).await {
            Ok(()) => Ok(()),
            Err(error) if error.code() == Some(&SqlState::LOCK_NOT_AVAILABLE) => Err(mode.refusal(address)),
            Err(error) => Err(migrate::unreachable(address, &error)),
        }
    };
    migrate::in_time(&address.to_string(), locked).await?;
    Ok(Held { _client: client, connection })
}
