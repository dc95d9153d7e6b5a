//! What becomes of connections whose server takes no changes any more. On SQLite there is nothing to look at here.

use chrono::{DateTime, TimeDelta};
use invite_domain::limit::Limit;

use super::super::sql::once;
use super::super::testing::TestDatabase;
use super::super::{Counted, Error, Store};
use super::Purpose;
use super::pool::{CONNECTIONS, COUNTERS, WATCHERS};

/// Has every connection of a pool take no changes any more, as those of a primary do that has become a standby.
async fn demote(store: &Store, purpose: Purpose, connections: usize) {
    let mut held = Vec::new();
    for _ in 0..connections {
        let mut tx = store.begin(purpose).await.expect("a connection");
        once("SET default_transaction_read_only = on").execute(&mut tx).await.expect("set");
        held.push(tx);
    }
}

async fn write(store: &Store) -> Result<(), Error> {
    let mut tx = store.begin_write().await?;
    once("INSERT INTO meta (name, value) VALUES ('a', 'b') ON CONFLICT (name) DO UPDATE SET value = 'c'")
        .queue(&mut tx);
    tx.commit().await
}

#[tokio::test]
async fn connections_to_a_database_that_takes_no_changes_any_more_are_given_up() {
    let database = TestDatabase::new().await;
    if !database.takes_postgres("SQLite has no standby") {
        return;
    }
    let store = database.open().await;
    demote(&store, Purpose::Glance, CONNECTIONS).await;
    assert!(matches!(write(&store).await, Err(Error::Busy { .. })));
    for _ in 0..CONNECTIONS {
        write(&store).await.expect("a new connection");
    }

    demote(&store, Purpose::Watch, WATCHERS).await;
    demote(&store, Purpose::Glance, CONNECTIONS).await;
    assert!(
        matches!(store.has_schema().await, Err(Error::Busy { .. })),
        "nothing is sent to a server that takes no changes"
    );
    assert!(store.has_schema().await.expect("a new connection"));
    write(&store).await.expect("a new connection");
}

#[tokio::test]
async fn those_for_counting_too() {
    let database = TestDatabase::new().await;
    if !database.takes_postgres("SQLite has no standby") {
        return;
    }
    let store = database.open().await;
    demote(&store, Purpose::Count, COUNTERS).await;
    let counted = Counted { key: [1; 32], limit: Limit::new(100, TimeDelta::hours(1)).expect("a limit") };
    let now = DateTime::UNIX_EPOCH + TimeDelta::days(20_000);
    assert!(matches!(store.count(&[counted], now).await, Err(Error::Busy { .. })));
    for _ in 0..COUNTERS {
        assert!(store.count(&[counted], now).await.expect("a new connection"));
    }
}
