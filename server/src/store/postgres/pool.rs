//! Connections to a database, in pools of their own for each purpose.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use deadpool::managed::QueueMode;
use deadpool_postgres::{Hook, HookError, Manager, ManagerConfig, Object, RecyclingMethod, Runtime, Timeouts};
use tokio_postgres::{CancelToken, Config};
use tokio_postgres_rustls::MakeRustlsConnect;

use super::super::Error;
use super::super::address::PostgresAddress;
use super::super::open::OpenError;
use super::super::workload::Connections;
use super::{Purpose, State, Transaction, client_config, migrate};

/// Connections of one process: enough to keep a server busy, few enough that several processes fit into its 100.
pub(super) const CONNECTIONS: usize = 16;
/// Connections for counting: whoever has one gives it back at once.
pub(super) const COUNTERS: usize = 4;
/// Connections for the turn.
const TURNS: usize = 1;
/// Connections for whoever watches: a probe and a scrape.
pub(super) const WATCHERS: usize = 2;
/// How long to wait for a free connection.
const PATIENCE: Duration = Duration::from_secs(5);
/// How connections for counting differ from the others.
const COUNTING: &str = r"-c synchronous_commit=off -c default_transaction_isolation=read\ committed";

/// Connections to one database.
#[derive(Clone)]
pub(in super::super) struct Pool {
    /// For everything else.
    main: deadpool_postgres::Pool,
    /// For counting beside a transaction; from `main` everybody could wait for everybody's second connection.
    pub(super) counters: deadpool_postgres::Pool,
    /// For the turn; whoever holds it has another one for the work.
    turns: deadpool_postgres::Pool,
    /// For whoever watches: a server that has much to do is not one without a database.
    watchers: deadpool_postgres::Pool,
    retired: Retired,
    tls: MakeRustlsConnect,
    /// How long to wait for an answer.
    pub(super) answer: Duration,
}

impl fmt::Debug for Pool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Pool(..)")
    }
}

/// Which connections are not used again.
#[derive(Clone, Default)]
struct Retired(Arc<Mutex<Retirement>>);

/// Connections by the instants in which they were made.
#[derive(Default)]
struct Retirement {
    /// All until this one.
    until: Option<Instant>,
    /// And each of these.
    single: Vec<Instant>,
}

impl Retired {
    /// Whether it has a connection that is about to be used again. It will not be, and need not be remembered.
    fn takes(&self, made: Instant) -> bool {
        let mut retired = self.lock();
        let single = retired.single.iter().position(|one| *one == made);
        single.map(|index| retired.single.swap_remove(index)).is_some()
            || retired.until.is_some_and(|until| made <= until)
    }

    fn lock(&self) -> MutexGuard<'_, Retirement> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Pool {
    /// Brings the schema up to date and opens the pool.
    pub(in super::super) async fn open(address: &PostgresAddress) -> Result<Self, OpenError> {
        let tls = MakeRustlsConnect::new(client_config(address)?);
        migrate::run(address, tls.clone()).await?;
        let retired = Retired::default();
        let pool = |size: usize, config: &Config| {
            let recycling = ManagerConfig { recycling_method: RecyclingMethod::Fast };
            let manager = Manager::from_config(config.clone(), tls.clone(), recycling);
            let timeouts = Timeouts { wait: Some(PATIENCE), create: Some(address.patience()), recycle: Some(PATIENCE) };
            let retired = retired.clone();
            let recycled = Hook::sync_fn(move |_, connection| {
                if retired.takes(connection.created) { Err(HookError::message("retired")) } else { Ok(()) }
            });
            let pool = deadpool_postgres::Pool::builder(manager).max_size(size).timeouts(timeouts);
            // Whoever was at work last has in its memory what the next question needs.
            pool.pre_recycle(recycled)
                .queue_mode(QueueMode::Lifo)
                .runtime(Runtime::Tokio1)
                .build()
                .map_err(|error| OpenError::Failed(Box::new(error)))
        };
        let config = &address.config;
        let counting = &with_options(config, COUNTING);
        Ok(Self {
            main: pool(CONNECTIONS, config)?,
            counters: pool(COUNTERS, counting)?,
            turns: pool(TURNS, config)?,
            watchers: pool(WATCHERS, config)?,
            retired,
            tls,
            answer: address.answer,
        })
    }

    pub(in super::super) async fn begin(&self, purpose: Purpose) -> Result<Transaction, Error> {
        let client = match purpose {
            Purpose::Count => self.counters.get().await?,
            Purpose::Turn => self.turns.get().await?,
            Purpose::Watch => self.watchers.get().await?,
            Purpose::Glance | Purpose::Read | Purpose::Write | Purpose::Brief | Purpose::Single => {
                self.main.get().await?
            }
        };
        Ok(Transaction { client, state: State::New, purpose, is_whole: true, is_asking: false, pool: self.clone() })
    }

    /// Waits for the turn, which ends with the transaction.
    pub(in super::super) async fn turn(&self) -> Result<Transaction, Error> {
        let mut turn = self.begin(Purpose::Turn).await?;
        turn.take_turn().await?;
        Ok(turn)
    }

    /// Has no connection of now used again: the server behind them takes no changes any more, and new ones find its successor.
    pub(in super::super) fn retire(&self) {
        self.retired.lock().until = Some(Instant::now());
    }

    /// The same of one connection, which is in use.
    pub(super) fn retire_one(&self, connection: &Object) {
        self.retired.lock().single.push(Object::metrics(connection).created);
    }

    /// Asks the server to end what it is at for a connection, over another one. Whether that helps nobody waits to see.
    pub(super) fn cancel(&self, token: CancelToken) {
        let tls = self.tls.clone();
        tokio::spawn(async move { tokio::time::timeout(PATIENCE, token.cancel_query(tls)).await });
    }

    pub(in super::super) fn connections(&self) -> Vec<Connections> {
        let of = |(pool, connections): (&'static str, &deadpool_postgres::Pool)| {
            let status = connections.status();
            let in_use = status.size.saturating_sub(status.available);
            Connections { pool, most: status.max_size, in_use, idle: status.available }
        };
        let pools =
            [("main", &self.main), ("counters", &self.counters), ("turns", &self.turns), ("watchers", &self.watchers)];
        pools.map(of).into()
    }

    pub(in super::super) fn close(&self) {
        self.main.close();
        self.counters.close();
        self.turns.close();
        self.watchers.close();
    }
}

fn with_options(config: &Config, more: &str) -> Config {
    let mut config = config.clone();
    let options = [config.get_options(), Some(more)].into_iter().flatten().collect::<Vec<_>>().join(" ");
    config.options(options);
    config
}
