//! Moving between the engines, there and back.

use super::super::testing::{TestDatabase, nobody};
use super::super::{Address, Store};
use super::*;

/// A database of each engine, on PostgreSQL only: where tests run on SQLite there is no other one.
async fn both() -> Option<(Store, Store, (TestDatabase, tempfile::TempDir))> {
    let database = TestDatabase::new().await;
    let TestDatabase::Postgres { .. } = &database else { return None };
    let folder = tempfile::tempdir().expect("a folder");
    let sqlite = Store::open(&Address::Sqlite(folder.path().join("invite.db"))).await.expect("opened");
    Some((sqlite, database.open().await, (database, folder)))
}

/// Rows for every table, with values of every kind, as SQLite writes them.
const ROWS: &[&str] = &[
    "INSERT INTO organizations (id, slug, name, tenant_id, status, created_at, updated_at) VALUES \
     (1, 'acme', 'Äcme \u{1f600}', NULL, 'active', 1, 1), (2, 'acme-one', '', 1, 'suspended', 9007199254740993, -1)",
    "INSERT INTO organization_domains (tenant_id, domain, organization_id) VALUES (1, 'b.example', 2), (1, 'B.example', 2)",
    "INSERT INTO users (id, email, email_normalized, display_name, locale, status, created_at, updated_at) \
     VALUES (7, 'Z@b.example', 'z@b.example', 'Z', 'en', 'pending', 1, 1)",
    "INSERT INTO memberships (user_id, organization_id, is_admin, nexus_mfa_disabled, created_at, updated_at) \
     VALUES (7, 2, 1, 0, 1, 1), (7, 1, 0, NULL, 1, 1)",
    "INSERT INTO invitations (id, flow, organization_id, user_id, address, address_normalized, state, delivery, created_at, \
     expires_at, tenant_id, listed_as) \
     VALUES (x'0123456789abcdef0123456789abcdef', 'nexus', 2, 7, 'Z@b.example', 'z@b.example', 'pending', 'queued', 1, 2, 1, 'pending')",
    "INSERT INTO outbox (id, kind, recipient, payload, invitation_id, state, attempts, queued_at, next_at) \
     VALUES (x'ff23456789abcdef0123456789abcdef', 'activation', 'z@b.example', x'00ff', x'0123456789abcdef0123456789abcdef', \
     'queued', 1, 1, 1)",
    "INSERT INTO imports (id, reference, organization_id, filename, performer_kind, state, total, created_at) \
     VALUES (x'1123456789abcdef0123456789abcdef', 'r', 1, 'f', 'operator', 'running', 1200, 1)",
    "INSERT INTO import_rows (import_id, number, email_address) \
     WITH RECURSIVE n(number) AS (SELECT 0 UNION ALL SELECT number + 1 FROM n WHERE number < 1199) \
     SELECT x'1123456789abcdef0123456789abcdef', number, 'row' || number || '@b.example' FROM n",
    "UPDATE sequences SET next_value = 3 WHERE name = 'organizations'",
    "UPDATE sequences SET next_value = 8 WHERE name = 'users'",
];

#[tokio::test]
async fn everything_goes_over_and_comes_back_as_it_was() {
    let Some((sqlite, postgres, _held)) = both().await else { return };
    for sql in ROWS {
        sqlite.run_sql((*sql).into()).await.expect("written");
    }
    let mut there = Vec::new();
    sqlite.copy_to(&postgres, |table| there.push(table)).await.expect("copied");
    let rows = |name: &str| there.iter().find(|table| table.table == name).expect("a table").rows;
    assert_eq!((rows("memberships"), rows("import_rows"), rows("counts")), (2, 1200, 0));
    let mut tx = postgres.begin_write().await.expect("begun");
    assert_eq!(tx.allocate_organization_id().await.expect("a number").get(), 3);
    assert_eq!(tx.allocate_user_id(&nobody()).await.expect("a number").get(), 8);
    drop(tx);

    let folder = tempfile::tempdir().expect("a folder");
    let again = Store::open(&Address::Sqlite(folder.path().join("invite.db"))).await.expect("opened");
    let mut back = Vec::new();
    postgres.copy_to(&again, |table| back.push(table)).await.expect("copied");
    assert_eq!(back, there);
    // The numbers that were asked for above are lost.
    for (sequence, next) in [("organizations", 4), ("users", 9)] {
        sqlite
            .run_sql(format!("UPDATE sequences SET next_value = {next} WHERE name = '{sequence}'"))
            .await
            .expect("set");
    }
    assert_eq!(again.dump().await.expect("dumped"), sqlite.dump().await.expect("dumped"));
}

#[tokio::test]
async fn a_text_with_nul_from_before_goes_over_in_the_form_that_texts_have_now() {
    let Some((sqlite, postgres, _held)) = both().await else { return };
    for sql in ROWS {
        sqlite.run_sql((*sql).into()).await.expect("written");
    }
    let nul = "UPDATE import_rows SET email_address = 'a' || char(0) || 'b' WHERE number = 7";
    sqlite.run_sql(nul.into()).await.expect("written");
    sqlite.copy_to(&postgres, |_| {}).await.expect("copied");
    assert!(postgres.dump().await.expect("dumped").contains("a\u{fffd}b"));
}

#[tokio::test]
async fn a_target_that_holds_something_stays_as_it_was() {
    let Some((sqlite, postgres, _held)) = both().await else { return };
    for store in [&sqlite, &postgres] {
        store
            .run_sql(
                "INSERT INTO organizations (id, slug, name, status, created_at, updated_at) VALUES (1, 'a', 'A', 'active', 1, 1)"
                    .into(),
            )
            .await
            .expect("written");
    }
    let before = postgres.dump().await.expect("dumped");
    let error = sqlite.copy_to(&postgres, |_| {}).await.expect_err("refused");
    assert!(matches!(error, CopyError::NotEmpty("organizations")), "{error}");
    assert_eq!(postgres.dump().await.expect("dumped"), before);
    let error = postgres.copy_to(&postgres, |_| {}).await.expect_err("refused");
    assert!(matches!(error, CopyError::SameEngine), "{error}");
}

#[tokio::test]
async fn no_table_is_forgotten() {
    let database = TestDatabase::new().await;
    let mut tables = database.open().await.tables().await.expect("tables");
    tables.retain(|table| table != "sequences");
    let mut copied: Vec<_> = TABLES.iter().map(|table| table.name).collect();
    copied.sort_unstable();
    assert_eq!(copied, tables);
}
