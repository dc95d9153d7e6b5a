//! The store on a real database: opening, migrating, refusing.

use std::path::{Path, PathBuf};

use chrono::{DateTime, TimeDelta, Utc};
use invite_domain::event::{EventKind, NewEvent, Origin, Performer, Subject};
use invite_domain::flow::Change;
use invite_domain::ids::OrganizationId;
use invite_domain::organization::{Organization, OrganizationStatus};
use invite_domain::oversight::Realm;
use rusqlite::Connection;
use uuid::Uuid;

use super::testing::{TestDatabase, nobody};
use super::{Address, EventFilter, InvitationPage, OpenError, Pools, Store, migrations};

fn folder() -> tempfile::TempDir {
    tempfile::tempdir().expect("a folder")
}

async fn refused(path: &Path) -> OpenError {
    Store::open(&Address::Sqlite(path.to_owned())).await.expect_err("refused")
}

#[tokio::test]
async fn a_database_opens_again_and_is_private_to_its_owner() {
    let folder = folder();
    let path = folder.path().join("invite.db");
    for _ in 0..2 {
        let store = Store::open(&Address::Sqlite(path.clone())).await.expect("opened");
        assert!(store.has_schema().await.expect("it answers"));
        store.close().await;
    }
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let mode = std::fs::metadata(&path).expect("a file").permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }
}

#[tokio::test]
async fn a_newer_schema_is_refused_with_both_versions() {
    let database = TestDatabase::new().await;
    let store = database.open().await;
    store
        .run_sql(
            "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time) \
             SELECT 900, 'later', success, checksum, 0 FROM _sqlx_migrations LIMIT 1"
                .into(),
        )
        .await
        .expect("written");
    assert!(store.has_schema().await.expect("it answers"), "a server that runs already goes on");
    store.close().await;
    let error = Store::open(&database.address()).await.expect_err("refused");
    assert!(matches!(error, OpenError::NewerSchema { found: 900, known: 1..900 }), "{error}");
}

#[tokio::test]
async fn a_migration_that_is_not_the_one_that_was_done_is_refused() {
    let database = TestDatabase::new().await;
    let store = database.open().await;
    store.run_sql("UPDATE _sqlx_migrations SET checksum = substr(checksum, 2)".into()).await.expect("written");
    store.close().await;
    let error = Store::open(&database.address()).await.expect_err("refused");
    assert!(matches!(error, OpenError::Migration(_)), "{error}");
}

#[tokio::test]
async fn a_database_of_another_program_is_left_alone() {
    let database = TestDatabase::new().await;
    let store = database.open().await;
    for statement in ["DROP TABLE meta", "DROP TABLE _sqlx_migrations"] {
        store.run_sql(statement.into()).await.expect("written");
    }
    let before = store.dump().await.expect("dumped");
    let error = Store::open(&database.address()).await.expect_err("refused");
    assert!(matches!(error, OpenError::Foreign { .. }), "{error:?}");
    assert_eq!(store.dump().await.expect("dumped"), before);
}

#[tokio::test]
async fn no_text_is_too_strange_to_ask_for() {
    let database = TestDatabase::new().await;
    let store = database.open().await;
    let mut reader = store.begin_read().await.expect("a reader");
    for text in ["", "a\0b", "'; --", "\u{10ffff}", "%_\\"] {
        assert!(!reader.username_taken(text).await.expect("asked"), "{text:?}");
        assert_eq!(reader.organization_by_slug(text).await.expect("asked"), None, "{text:?}");
    }
}

#[tokio::test]
async fn a_path_that_cannot_be_written_is_named() {
    let folder = folder();
    std::fs::write(folder.path().join("file"), "").expect("written");
    for path in
        [folder.path().join("file/invite.db"), folder.path().join("missing/invite.db"), PathBuf::from(folder.path())]
    {
        let error = refused(&path).await;
        assert!(matches!(error, OpenError::Unwritable { .. }), "{error}");
        assert!(error.to_string().contains(&path.display().to_string()));
    }
}

#[tokio::test]
async fn other_files_are_left_alone() {
    let folder = folder();
    let text = folder.path().join("notes.txt");
    std::fs::write(
        &text,
        "these are no pages of a database, but they are long enough to be looked at twice".repeat(20),
    )
    .expect("written");
    let error = refused(&text).await;
    assert!(matches!(error, OpenError::NotADatabase { .. }), "{error:?}");
}

#[tokio::test]
async fn readers_cannot_write_and_see_one_snapshot() {
    let database = TestDatabase::new().await;
    let store = database.open().await;
    let mut reader = store.begin_read().await.expect("a reader");
    assert!(reader.allocate_user_id(&nobody()).await.is_err(), "a read transaction wrote");
    let mut reader = store.begin_read().await.expect("a reader");
    assert!(!reader.username_taken("ann").await.expect("read"));
    let mut writer = store.begin_write().await.expect("a writer beside a reader");
    writer.allocate_user_id(&nobody()).await.expect("written");
    writer.commit().await.expect("committed");
    assert!(!reader.username_taken("ann").await.expect("the snapshot is still there"));
}

#[tokio::test]
async fn a_dropped_transaction_leaves_nothing() {
    let database = TestDatabase::new().await;
    let store = database.open().await;
    let before = store.dump().await.expect("dumped");
    let mut writer = store.begin_write().await.expect("a writer");
    let first = writer.allocate_user_id(&nobody()).await.expect("written");
    drop(writer);
    assert_eq!(store.dump().await.expect("dumped"), before);
    let mut writer = store.begin_write().await.expect("a writer");
    let again = writer.allocate_user_id(&nobody()).await.expect("written");
    assert!(again.get() >= first.get(), "a number may be lost, and never comes again");
}

/// A database as it was before a migration.
fn database_before(path: &Path, version: i64) -> Connection {
    let connection = Connection::open(path).expect("connected");
    connection
        .execute_batch(
            "CREATE TABLE _sqlx_migrations (version BIGINT PRIMARY KEY, description TEXT NOT NULL, \
             installed_on TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP, success BOOLEAN NOT NULL, \
             checksum BLOB NOT NULL, execution_time BIGINT NOT NULL)",
        )
        .expect("a ledger");
    for migration in migrations::SQLITE.iter().filter(|migration| migration.version < version) {
        connection.execute_batch(migration.sql).expect("migrated");
        let note = "INSERT INTO _sqlx_migrations VALUES (?1, ?2, 0, TRUE, ?3, 0)";
        let values = (migration.version, migration.description(), migration.checksum());
        connection.execute(note, values).expect("noted");
    }
    connection
}

/// The table of mails is made anew by the third migration.
#[tokio::test]
async fn a_mail_that_waits_outlives_a_new_schema() {
    let folder = folder();
    let path = folder.path().join("invite.db");
    let connection = database_before(&path, 3);
    let mail = "INSERT INTO outbox (id, kind, recipient, payload, state, attempts, queued_at, next_at) \
                VALUES (?1, 'activation', 'jane@example.com', x'0102', 'queued', 3, 1000, 2000)";
    connection.execute(mail, [Uuid::from_u128(7)]).expect("queued");
    connection.close().expect("closed");
    let store = Store::open(&Address::Sqlite(path.clone())).await.expect("opened");
    let now: DateTime<Utc> = DateTime::from_timestamp_millis(2000).expect("an instant");
    let leased = store.lease_due_mails(now, 10, TimeDelta::minutes(1)).await.expect("leased");
    let [mail] = leased.as_slice() else { panic!("{leased:?}") };
    assert_eq!((mail.sealed.id.get(), mail.sealed.payload.as_slice()), (Uuid::from_u128(7), [1, 2].as_slice()));
    assert_eq!((mail.attempts, mail.queued_at.timestamp_millis()), (4, 1000));
}

/// The sixth migration gives invitations the tenant that they belong to.
#[tokio::test]
async fn invitations_from_before_tenants_are_in_the_lists_of_theirs() {
    let folder = folder();
    let path = folder.path().join("invite.db");
    let connection = database_before(&path, 6);
    // Two tenants, one with a customer organization, and an invitation to each.
    for statement in [
        "INSERT INTO organizations (id, slug, name, tenant_id, status, created_at) VALUES \
         (1, 'acme', 'Acme', NULL, 'active', 0), (2, 'acme-customer-1', 'Customer', 1, 'active', 0), \
         (3, 'globex', 'Globex', NULL, 'active', 0)",
        "INSERT INTO users (id, email, email_normalized, display_name, locale, status, created_at, updated_at) VALUES \
         (1, 'jane@example.com', 'jane@example.com', 'Jane', 'en', 'pending', 0, 0)",
        "INSERT INTO invitations (id, flow, organization_id, user_id, address, address_normalized, state, delivery, \
         created_at, expires_at) SELECT unhex(printf('%032x', id)), 'muninx', id, 1, 'jane@example.com', \
         'jane@example.com', 'pending', 'sent', 0, 9000 FROM organizations",
    ] {
        connection.execute(statement, []).expect(statement);
    }
    connection.close().expect("closed");
    let store = Store::open(&Address::Sqlite(path.clone())).await.expect("opened");
    let mut reader = store.begin_read().await.expect("a reader");
    let now: DateTime<Utc> = DateTime::from_timestamp_millis(1000).expect("an instant");
    let mut found = async |realm| {
        let page = InvitationPage { realm, flow: None, state: None, address: None, before: None, limit: 10 };
        let page = reader.invitation_page(&page, now).await.expect("read");
        page.into_iter().map(|(invitation, _)| invitation.organization.get()).collect::<Vec<i32>>()
    };
    assert_eq!(found(Realm::Tenant(OrganizationId::new(1))).await, [2, 1]);
    assert_eq!(found(Realm::Tenant(OrganizationId::new(3))).await, [3]);
    assert_eq!(found(Realm::Organization(OrganizationId::new(2))).await, [2]);
}

#[tokio::test]
async fn an_event_is_written_with_the_organization_that_it_tells_of_and_never_without() {
    let database = TestDatabase::new().await;
    let store = database.open().await;
    let now = DateTime::UNIX_EPOCH;
    let log = async |is_made: bool| {
        let mut tx = store.begin_write().await.expect("begun");
        let id = tx.allocate_organization_id().await.expect("a number");
        let status = OrganizationStatus::Active;
        let acme = Organization { id, slug: "acme".into(), name: "Acme".into(), tenant: None, status };
        let subject = Subject::Organization(id);
        let (kind, by) = (EventKind::OrganizationCreated, Performer::Operator);
        let event = NewEvent::new(kind, id, by, subject);
        let changes = is_made.then_some(Change::AddOrganization(acme));
        tx.apply(changes.as_slice(), &[], now);
        tx.add_event(Uuid::from_u128(1), &event, Origin::default(), now);
        tx.commit().await
    };
    log(false).await.expect_err("nobody would read it");
    log(true).await.expect("written");
    let filter = EventFilter { limit: 2, ..EventFilter::default() };
    let events = store.begin_read().await.expect("begun").events(filter).await.expect("asked");
    assert_eq!(events.len(), 1);
}

#[tokio::test]
async fn a_file_that_does_not_take_a_change_is_not_ready_until_it_takes_one() {
    let folder = folder();
    let store = Store::open(&Address::Sqlite(folder.path().join("invite.db"))).await.expect("opened");
    let Pools::Sqlite { writer, .. } = &store.pools else { panic!("a file") };
    let write = async || store.run_sql("INSERT INTO meta (name, value) VALUES ('a', 'b')".into()).await;
    assert!(store.has_schema().await.expect("it takes changes"));
    writer.fail_commits(true).await;
    write().await.expect_err("it does not become durable");
    for _ in 0..2 {
        store.has_schema().await.expect_err("what was written last did not become durable");
    }
    writer.fail_commits(false).await;
    assert!(store.has_schema().await.expect("nobody else has to try"));
    write().await.expect("it becomes durable");
}
