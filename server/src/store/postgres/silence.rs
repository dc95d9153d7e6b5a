//! A server that says nothing: what becomes of its connections.
//!
//! What was asked may still be answered, and whoever had the connection next would wait for that first. So nobody has it again:
//!
//! - After a question none of the connections that there are, because behind the others may be the same silence: a server that hangs,
//!   or a proxy whose own has gone. New ones find the successor. Who asked has given up, so the question is cancelled, and what it holds
//!   does not outlast it.
//! - After a question whose asker went away first (a scrape that took too long) the connection that it was asked on: it is cancelled.
//! - After a COMMIT that one alone. It may wait for a standby, while questions are answered as ever. It is never cancelled: here it
//!   would be done all the same, and there it would not be.

use tokio::time::error::Elapsed;

use super::super::Error;
use super::super::busy::busy;
use super::Transaction;

impl Transaction {
    /// Whoever goes away from here on leaves a question behind.
    pub(super) fn begin_asking(&mut self) {
        (self.is_whole, self.is_asking) = (false, true);
    }

    /// What was answered in time; from then on the transaction may be committed.
    pub(super) fn heard_whole<T>(&mut self, answer: Result<Result<T, Error>, Elapsed>) -> Result<T, Error> {
        self.is_asking = false;
        let answer = self.heard(answer)?;
        self.is_whole = true;
        Ok(answer)
    }

    /// Whoever asked has gone away before the answer was there.
    pub(super) fn abandon(&self) {
        self.pool.retire_one(&self.client);
        self.pool.cancel(self.client.cancel_token());
    }

    /// What was answered in time. Without a COMMIT, what was done ends with the transaction.
    pub(super) fn heard<T>(&self, answer: Result<Result<T, Error>, Elapsed>) -> Result<T, Error> {
        answer.unwrap_or_else(|_| {
            self.pool.retire();
            self.pool.cancel(self.client.cancel_token());
            Err(busy(format_args!("no answer in {} s", self.pool.answer.as_secs())))
        })
    }

    /// The same of a COMMIT.
    pub(super) fn heard_of_commit(&self, answer: Result<Result<(), Error>, Elapsed>) -> Result<(), Error> {
        answer.unwrap_or_else(|silence| {
            self.pool.retire_one(&self.client);
            Err(Error::Unknown(Box::new(silence)))
        })
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use chrono::{DateTime, TimeDelta};
    use invite_domain::limit::Limit;

    use super::super::super::sql::{Statement, once, sql};
    use super::super::super::testing::TestDatabase;
    use super::super::super::testing::proxy::Proxy;
    use super::super::super::{Address, Counted, Store, Tx};
    use super::super::pool::CONNECTIONS;
    use super::*;

    /// Long enough for a server that answers, on a machine that has much to do.
    const PATIENCE: Duration = Duration::from_secs(3);

    /// A store that does not wait for long; none on another engine.
    async fn impatient(database: &TestDatabase) -> Option<Store> {
        let Address::Postgres(mut address) = database.address() else { return None };
        address.answer = PATIENCE;
        Some(Store::open(&Address::Postgres(address)).await.expect("opened"))
    }

    /// Which process of the server answers.
    async fn process(tx: &mut Tx) -> Result<i32, Error> {
        once("SELECT pg_backend_pid()").scalar(tx).await
    }

    async fn ask(store: &Store) -> Result<i32, Error> {
        process(&mut store.glance().await?).await
    }

    #[tokio::test]
    async fn after_a_question_without_an_answer_nobody_waits_on_a_connection_of_then() {
        let database = TestDatabase::new().await;
        let Some(proxy) = Proxy::before(&database).await else { return };
        let store = impatient(&proxy.database).await.expect("PostgreSQL");
        let counted = Counted { key: [1; 32], limit: Limit::new(100, TimeDelta::hours(1)).expect("a limit") };
        let now = DateTime::UNIX_EPOCH + TimeDelta::days(20_000);
        let mut held = Vec::new();
        for _ in 0..CONNECTIONS {
            let mut tx = store.glance().await.expect("a connection");
            process(&mut tx).await.expect("an answer");
            held.push(tx);
        }
        drop(held);
        assert!(store.has_schema().await.expect("an answer"));
        assert!(store.count(&[counted], now).await.expect("counted"));

        proxy.silence();
        assert!(matches!(ask(&store).await, Err(Error::Busy { .. })));
        for _ in 0..CONNECTIONS {
            ask(&store).await.expect("a new connection");
        }
        assert!(store.has_schema().await.expect("a new connection"));
        assert!(store.count(&[counted], now).await.expect("a new connection"));
    }

    /// Prepared once on a connection: with the COMMIT nothing else is waited for.
    fn note() -> Statement {
        sql("INSERT INTO meta (name, value) VALUES ('a', 'b') ON CONFLICT (name) DO UPDATE SET value = 'c'")
    }

    #[tokio::test]
    async fn a_connection_whose_commit_was_not_answered_is_not_used_again_and_the_others_are() {
        let database = TestDatabase::new().await;
        let Some(proxy) = Proxy::before(&database).await else { return };
        let store = impatient(&proxy.database).await.expect("PostgreSQL");
        let mut tx = store.begin_write().await.expect("begun");
        note().execute(&mut tx).await.expect("written");
        proxy.silence();
        let other = ask(&store).await.expect("a new connection, the first one is in use");
        note().queue(&mut tx);
        let lost = tx.commit().await;
        assert!(matches!(lost, Err(Error::Unknown(_))), "{lost:?}");

        let (mut one, mut two) = (store.glance().await.expect("begun"), store.glance().await.expect("begun"));
        assert_eq!(process(&mut one).await.expect("an answer"), other, "there was nothing wrong with it");
        process(&mut two).await.expect("a new connection");
    }

    #[tokio::test]
    async fn a_question_whose_asker_has_gone_away_keeps_nobody_waiting() {
        let database = TestDatabase::new().await;
        let Some(store) = impatient(&database).await else { return };
        let other = database.open().await;
        let asked = async || {
            let question = once("SELECT pg_sleep(601)::text");
            question.fetch_optional(&mut store.glance().await?).await
        };
        let running = async || {
            let question = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() \
                            AND state = 'active' AND query = 'SELECT pg_sleep(601)::text'";
            let found: i64 = once(question).scalar(&mut other.glance().await.expect("begun")).await.expect("an answer");
            found == 1
        };
        tokio::select! {
            answer = asked() => panic!("{answer:?}"),
            () = async { while !running().await {} } => {}
        }
        ask(&store).await.expect("an answer, on another connection");
        while running().await {}
    }

    #[tokio::test]
    async fn a_question_that_is_given_up_holds_nothing_any_more() {
        let database = TestDatabase::new().await;
        let Some(store) = impatient(&database).await else { return };
        let lock = || once("LOCK TABLE meta IN ACCESS EXCLUSIVE MODE");
        let mut tx = store.begin_write().await.expect("begun");
        once("SET LOCAL statement_timeout = 0").execute(&mut tx).await.expect("set");
        lock().execute(&mut tx).await.expect("locked");
        let asked = once("SELECT pg_sleep(600)::text").fetch_optional(&mut tx).await;
        assert!(matches!(asked, Err(Error::Busy { .. })), "{asked:?}");
        drop(tx);
        lock().execute(&mut store.begin_write().await.expect("begun")).await.expect("nobody else holds it");
    }
}
