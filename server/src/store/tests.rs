//! The store on a real file: opening, migrating, refusing.

use std::path::PathBuf;

use super::{OpenError, Store};

fn folder() -> tempfile::TempDir {
    tempfile::tempdir().expect("a folder")
}

async fn refused(path: &std::path::Path) -> OpenError {
    Store::open(path).await.expect_err("refused")
}

#[tokio::test]
async fn a_database_opens_again_and_is_private_to_its_owner() {
    let folder = folder();
    let path = folder.path().join("invite.db");
    for _ in 0..2 {
        let store = Store::open(&path).await.expect("opened");
        assert!(store.has_current_schema().await.expect("it answers"));
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
    let folder = folder();
    let path = folder.path().join("invite.db");
    let store = Store::open(&path).await.expect("opened");
    store
        .run_sql(
            "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time) \
             VALUES (900, 'later', TRUE, x'00', 0)"
                .into(),
        )
        .await
        .expect("written");
    store.close().await;
    let error = refused(&path).await;
    assert!(matches!(error, OpenError::NewerSchema { found: 900, known: 1..900 }), "{error}");
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
async fn other_files_and_databases_of_other_programs_are_left_alone() {
    let folder = folder();
    let text = folder.path().join("notes.txt");
    std::fs::write(
        &text,
        "these are no pages of a database, but they are long enough to be looked at twice".repeat(20),
    )
    .expect("written");
    let error = refused(&text).await;
    assert!(matches!(error, OpenError::NotADatabase { .. }), "{error:?}");

    let foreign = folder.path().join("foreign.db");
    let store = Store::open(&foreign).await.expect("opened");
    for statement in ["DROP TABLE meta", "DROP TABLE _sqlx_migrations"] {
        store.run_sql(statement.into()).await.expect("written");
    }
    store.close().await;
    let error = refused(&foreign).await;
    assert!(matches!(error, OpenError::Foreign { .. }), "{error:?}");
}

#[tokio::test]
async fn readers_cannot_write_and_see_one_snapshot() {
    let folder = folder();
    let store = Store::open(&folder.path().join("invite.db")).await.expect("opened");
    let mut reader = store.begin_read().await.expect("a reader");
    assert!(reader.allocate_user_id().await.is_err(), "a read transaction wrote");
    let mut reader = store.begin_read().await.expect("a reader");
    assert!(!reader.username_taken("ann").await.expect("read"));
    let mut writer = store.begin_write().await.expect("a writer beside a reader");
    writer.allocate_user_id().await.expect("written");
    writer.commit().await.expect("committed");
    assert!(!reader.username_taken("ann").await.expect("the snapshot is still there"));
}

#[tokio::test]
async fn a_dropped_transaction_leaves_nothing() {
    let folder = folder();
    let store = Store::open(&folder.path().join("invite.db")).await.expect("opened");
    let before = store.dump().await.expect("dumped");
    let mut writer = store.begin_write().await.expect("a writer");
    let first = writer.allocate_user_id().await.expect("written");
    drop(writer);
    assert_eq!(store.dump().await.expect("dumped"), before);
    let mut writer = store.begin_write().await.expect("a writer");
    assert_eq!(writer.allocate_user_id().await.expect("written"), first);
}
