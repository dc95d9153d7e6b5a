//! What only PostgreSQL has to show. On SQLite there is nothing to look at here.

use std::collections::BTreeMap;
use std::time::Duration;

use chrono::{DateTime, TimeDelta};
use invite_domain::ids::{OrganizationId, UserId};
use invite_domain::secret::SecretDigest;

use super::super::migrations::{POSTGRES, SQLITE, newest};
use super::super::open::OpenError;
use super::super::sql::{once, sql};
use super::super::testing::TestDatabase;
use super::super::{Address, Question, Store};

fn is_postgres(database: &TestDatabase) -> bool {
    database.takes_postgres("it is of PostgreSQL alone")
}

/// A new database with the store on it; none if tests run on another engine.
async fn opened() -> Option<(TestDatabase, Store)> {
    let database = TestDatabase::new().await;
    if !is_postgres(&database) {
        return None;
    }
    let store = database.open().await;
    Some((database, store))
}

/// Every table with its columns and whether they may be empty.
async fn schema(store: &Store, columns: &'static str) -> BTreeMap<String, Vec<String>> {
    let mut schema = BTreeMap::new();
    for table in store.tables().await.expect("tables") {
        let mut tx = store.begin_read().await.expect("a reader");
        let mut found: Vec<String> = once(columns).bind(&table).scalars(&mut tx).await.expect("columns");
        found.sort();
        schema.insert(table, found);
    }
    schema
}

#[tokio::test]
async fn both_engines_have_the_same_tables_and_columns_under_the_same_version() {
    let database = TestDatabase::new().await;
    if !is_postgres(&database) {
        return;
    }
    let postgres = schema(
        &database.open().await,
        "SELECT column_name || ' ' || is_nullable FROM information_schema.columns \
         WHERE table_schema = current_schema() AND table_name = $1",
    )
    .await;
    let folder = tempfile::tempdir().expect("a folder");
    let sqlite = Store::open(&Address::Sqlite(folder.path().join("invite.db"))).await.expect("opened");
    let mut sqlite = schema(
        &sqlite,
        "SELECT name || CASE WHEN \"notnull\" OR pk > 0 THEN ' NO' ELSE ' YES' END FROM pragma_table_info($1)",
    )
    .await;
    // PostgreSQL has sequences of its own.
    sqlite.remove("sequences").expect("the numbers of SQLite");
    assert_eq!(postgres, sqlite);
    assert_eq!(newest(POSTGRES), newest(SQLITE));
}

#[tokio::test]
async fn processes_that_start_at_once_migrate_once() {
    let database = TestDatabase::new().await;
    if !is_postgres(&database) {
        return;
    }
    let stores = futures::future::join_all((0..6).map(|_| database.open())).await;
    for store in stores {
        assert!(store.has_schema().await.expect("it answers"));
    }
}

#[tokio::test]
async fn a_new_schema_waits_for_others_and_holds_nobody_up_meanwhile() {
    let Some((database, store)) = opened().await else { return };
    let TestDatabase::Postgres { url, schema } = &database else { return };
    for undone in ["DELETE FROM _sqlx_migrations WHERE version = 15", "DROP INDEX memberships_of_administrators"] {
        store.run_sql(undone.into()).await.expect("as it was before the last version");
    }
    let backup = connected(url, schema).await;
    backup.batch_execute("BEGIN; SELECT 1 FROM challenges").await.expect("a backup that takes its time");

    let address = database.address();
    let opening = tokio::spawn(async move { Store::open(&address).await });
    let other = connected(url, schema).await;
    let waits = "SELECT count(*) FROM pg_locks WHERE NOT granted AND relation = 'challenges'::regclass";
    while other.query_one(waits, &[]).await.expect("asked").get::<_, i64>(0) == 0 {
        tokio::task::yield_now().await;
    }
    other.batch_execute("SET statement_timeout = '30s'; SELECT 1 FROM challenges").await.expect("a server beside it");
    backup.batch_execute("COMMIT").await.expect("done");
    opening.await.expect("no panic").expect("opened");
    let done = "SELECT count(*) FROM _sqlx_migrations WHERE version = 15";
    assert_eq!(other.query_one(done, &[]).await.expect("asked").get::<_, i64>(0), 1);
}

#[tokio::test]
async fn a_database_that_ends_while_its_schema_is_waited_for_is_away() {
    let database = TestDatabase::new().await;
    let TestDatabase::Postgres { url, schema } = &database else { return };
    let holder = connected(url, schema).await;
    holder.batch_execute("SELECT pg_advisory_lock(7596832461)").await.expect("somebody migrates");
    let mark = if url.contains('?') { '&' } else { '?' };
    let address = Address::parse(&format!("{url}{mark}application_name={schema}")).expect("an address");
    let opening = tokio::spawn(async move { Store::open(&address).await.map(drop) });
    let ended = format!(
        "SELECT count(pg_terminate_backend(pid)) FROM pg_locks JOIN pg_stat_activity USING (pid) \
         WHERE NOT granted AND application_name = '{schema}'"
    );
    while holder.query_one(&ended, &[]).await.expect("asked").get::<_, i64>(0) == 0 {
        tokio::task::yield_now().await;
    }
    holder.batch_execute("SELECT pg_advisory_unlock(7596832461)").await.expect("done");
    let error = opening.await.expect("no panic").expect_err("ended");
    assert!(matches!(error, OpenError::Away { .. }), "{error:?}");
}

async fn connected(url: &str, schema: &str) -> tokio_postgres::Client {
    let (client, connection) = tokio_postgres::connect(url, tokio_postgres::NoTls).await.expect("connected");
    tokio::spawn(connection);
    client.batch_execute(&format!("SET search_path = {schema}")).await.expect("set");
    client
}

#[tokio::test]
async fn whoever_changes_a_signup_token_waits_for_nobody_who_comes_later() {
    let Some((database, store)) = opened().await else { return };
    let TestDatabase::Postgres { url, schema } = &database else { return };
    for row in [
        "INSERT INTO organizations (id, slug, name, status, created_at, updated_at) VALUES (1, 'acme', 'Acme', 'active', 1, 1)",
        "INSERT INTO signup_tokens (id, digest, sealed_secret, name, organization_id, root_role, enabled, expires_at, created_at) \
         VALUES (gen_random_uuid(), decode(repeat('07', 32), 'hex'), '', 'a', 1, 1, TRUE, 1, 1)",
    ] {
        store.run_sql(row.into()).await.expect("written");
    }
    let digest = SecretDigest::from_bytes([7; 32]);
    let mut first = store.begin_write().await.expect("begun");
    first.hold_signup_token(&digest).await.expect("held");
    let (changing, coming) = (store.clone(), store.clone());
    let change = tokio::spawn(async move {
        let mut tx = changing.begin_write().await?;
        tx.await_signup_token(&digest).await?;
        once("UPDATE signup_tokens SET enabled = FALSE").queue(&mut tx);
        tx.commit().await
    });
    let other = connected(url, schema).await;
    let waiting = async || {
        let waits = "SELECT count(*) FROM pg_locks WHERE NOT granted AND locktype = 'advisory' AND objid::bigint = x'07070707'::bigint";
        other.query_one(waits, &[]).await.expect("asked").get::<_, i64>(0)
    };
    while waiting().await == 0 {
        tokio::task::yield_now().await;
    }
    let late =
        tokio::spawn(
            async move { coming.begin_write().await?.hold_signup_token(&SecretDigest::from_bytes([7; 32])).await },
        );
    while waiting().await == 1 && !late.is_finished() {
        tokio::task::yield_now().await;
    }
    assert!(!late.is_finished(), "of many who come one after another, the change would see no end");
    first.commit().await.expect("signed up");
    change.await.expect("no panic").expect("changed");
    late.await.expect("no panic").expect_err("the token is another one by now");
}

#[tokio::test]
async fn an_older_server_that_lets_somebody_in_leaves_no_word_of_who_had_locked_them_out() {
    let Some((_database, store)) = opened().await else { return };
    for statement in [
        "INSERT INTO organizations (id, slug, name, status, created_at, updated_at) VALUES (1, 'acme', 'Acme', 'active', 1, 1)",
        "INSERT INTO users (id, email, email_normalized, display_name, locale, status, suspended_by, created_at, updated_at) \
         VALUES (1, 'a@b.example', 'a@b.example', 'A', 'en', 'suspended', 1, 1, 1)",
        "UPDATE users SET status = status WHERE id = 1",
    ] {
        store.run_sql(statement.into()).await.expect("done");
    }
    let who = async || {
        let user = store.begin_read().await.expect("begun").user(UserId::new(1)).await.expect("read").expect("a user");
        user.suspended_by
    };
    assert_eq!(who().await, Some(OrganizationId::new(1)));
    for status in ["pending", "suspended"] {
        store
            .run_sql(format!("UPDATE users SET status = '{status}', updated_at = 2 WHERE id = 1"))
            .await
            .expect("done");
    }
    assert_eq!(who().await, None);
}

#[tokio::test]
async fn a_table_that_a_newer_program_has_widened_is_read_on() {
    let Some((_database, store)) = opened().await else { return };
    let look = async || store.begin_read().await?.organization_by_slug("acme").await;
    assert_eq!(look().await.expect("asked"), None);
    store.run_sql("ALTER TABLE organizations ADD COLUMN of_tomorrow TEXT".into()).await.expect("widened");
    // One connection after another finds that out.
    for _ in 0..super::pool::CONNECTIONS {
        if look().await.is_ok() {
            break;
        }
    }
    assert_eq!(look().await.expect("asked"), None);
}

#[tokio::test]
async fn whoever_watches_does_not_wait_for_those_who_have_all_connections() {
    let Some((_database, store)) = opened().await else { return };
    let mut held = Vec::new();
    for _ in 0..super::pool::CONNECTIONS {
        held.push(store.begin_read().await.expect("a connection"));
    }
    assert!(store.has_schema().await.expect("it answers"));
    store.watch().await.expect("a connection").workload().await.expect("it answers");
}

#[tokio::test]
async fn a_value_that_does_not_fit_lets_nothing_else_in() {
    let Some((_database, store)) = opened().await else { return };
    let before = store.dump().await.expect("dumped");
    let mut tx = store.begin_write().await.expect("begun");
    once("INSERT INTO meta (name, value) VALUES ($1, $2)").bind("a").bind("b").queue(&mut tx);
    once("UPDATE organizations SET id = $1").bind(1_i64 << 40).queue(&mut tx);
    tx.commit().await.expect_err("refused");
    assert_eq!(store.dump().await.expect("dumped"), before);
}

#[tokio::test]
async fn what_has_failed_in_part_is_not_committed() {
    let Some((_database, store)) = opened().await else { return };
    let before = store.dump().await.expect("dumped");
    let mut tx = store.begin_write().await.expect("begun");
    once("INSERT INTO meta (name, value) VALUES ($1, $2)").bind("a").bind("b").execute(&mut tx).await.expect("written");
    once("SELECT 1 / (SELECT 0)").fetch_optional(&mut tx).await.expect_err("nobody divides by zero");
    // Whoever overlooks that must not take it for a success, as PostgreSQL does.
    tx.commit().await.expect_err("refused");
    assert_eq!(store.dump().await.expect("dumped"), before);
}

#[tokio::test]
async fn a_caller_who_goes_away_leaves_no_transaction_behind() {
    let Some((_database, store)) = opened().await else { return };
    let before = store.dump().await.expect("dumped");
    // More than there are connections, so that each is used again after somebody has left.
    for _ in 0..2 * super::pool::CONNECTIONS {
        let mut tx = store.begin_write().await.expect("begun");
        once("INSERT INTO meta (name, value) VALUES ('a', 'b')").queue(&mut tx);
        let question = once("SELECT value FROM meta").fetch_optional(&mut tx);
        let _ = tokio::time::timeout(Duration::ZERO, question).await;
    }
    assert_eq!(store.dump().await.expect("dumped"), before);
    let mut tx = store.begin_write().await.expect("begun");
    once("LOCK TABLE meta IN ACCESS EXCLUSIVE MODE").execute(&mut tx).await.expect("nobody else holds it");
}

#[tokio::test]
async fn what_was_foreseen_is_asked_again_once_something_is_written() {
    let Some((_database, store)) = opened().await else { return };
    let mut tx = store.begin_write().await.expect("begun");
    let id = tx.allocate_organization_id().await.expect("a number");
    let questions = [Question::Organization(id), Question::Slug("acme")];
    tx.foresee(&questions).await.expect("asked");
    assert_eq!(tx.organization(id).await.expect("foreseen"), None);
    once("INSERT INTO organizations (id, slug, name, status, created_at, updated_at) VALUES ($1, 'acme', 'Acme', 'active', 1, 1)")
        .bind(id.get())
        .queue(&mut tx);
    let acme = tx.organization_by_slug("acme").await.expect("asked").expect("it was written");
    tx.foresee(&questions).await.expect("asked");
    assert_eq!(tx.organization(id).await.expect("foreseen"), Some(acme.clone()));
    assert_eq!(tx.organization_by_slug("acme").await.expect("foreseen"), Some(acme));
}

#[tokio::test]
async fn rows_that_one_statement_adds_may_refer_to_each_other() {
    let Some((_database, store)) = opened().await else { return };
    let mut tx = store.begin_write().await.expect("begun");
    for id in [1, 2] {
        sql("INSERT INTO organizations (id, slug, name, tenant_id, status, created_at, updated_at) \
             VALUES ($1, $2, $2, $3, 'active', $4, $4)")
        .bind(id)
        .bind(format!("organization-{id}"))
        .bind((id > 1).then_some(id - 1))
        .bind(1_i64)
        .queue(&mut tx);
    }
    tx.commit().await.expect("committed");
    let second = store.glance().await.expect("begun").organization_by_slug("organization-2").await;
    assert_eq!(second.expect("asked").expect("it is there").tenant.map(OrganizationId::get), Some(1));
}

#[tokio::test]
async fn the_next_mail_is_found_in_the_order_of_an_index_however_many_there_are() {
    let Some((_database, store)) = opened().await else { return };
    let mails = "INSERT INTO outbox (id, kind, recipient, payload, state, attempts, queued_at, next_at) \
                 SELECT gen_random_uuid(), 'activation', 'jane@example.com', decode(repeat('07', 333), 'hex'), 'queued', 0, n, n \
                 FROM generate_series(1, 2000) n";
    store.run_sql(mails.into()).await.expect("written");
    let mails = store.lease_due_mails(DateTime::UNIX_EPOCH + TimeDelta::hours(1), 8, TimeDelta::hours(1)).await;
    assert_eq!(mails.expect("leased").len(), 8);
    store.assert_plans().await;
}
