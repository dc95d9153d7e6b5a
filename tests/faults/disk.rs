//! A disk that is full: a file system of its own, in memory, which a file fills. It holds the database of SQLite, or the tables
//! of PostgreSQL, whose other files have room.

use std::fs::File;
use std::io::Write as _;
use std::os::unix::fs::{MetadataExt as _, chown};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use contract_tests::database::{self, Database};
use contract_tests::poll;
use contract_tests::server::Server;
use invite_api::security::Operation;
use tempfile::TempDir;

use crate::cluster::Cluster;
use crate::load::{Crowd, Tally};
use crate::{PROGRAM, Settings};

/// Successes before the fault, and after it.
const SOME: usize = 20;

/// A file system, taken away with this value.
struct Disk(TempDir);

impl Disk {
    /// None: this user may not mount one.
    fn new() -> Option<Self> {
        let folder = TempDir::new().expect("a folder");
        let mut mount = Command::new("mount");
        mount.args(["-t", "tmpfs", "-o", "size=24m", "tmpfs"]).arg(folder.path()).stderr(Stdio::null());
        mount.status().is_ok_and(|status| status.success()).then(|| Self(folder))
    }

    /// Fills it to the last byte.
    fn fill(&self) {
        let mut file = File::create(self.filler()).expect("a file");
        let mut block = vec![1; 1 << 16];
        while !block.is_empty() {
            if file.write_all(&block).is_err() {
                block.truncate(block.len() / 2);
            }
        }
    }

    fn empty(&self) {
        std::fs::remove_file(self.filler()).expect("the file is there");
    }

    fn filler(&self) -> std::path::PathBuf {
        self.0.path().join("filler")
    }

    fn folder(&self) -> &Path {
        self.0.path()
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg(self.0.path()).status();
    }
}

/// None: this user may not mount a disk.
pub(crate) async fn full(_: &Settings) -> Option<Tally> {
    let disk = Disk::new()?;
    let folder = if database::is_postgres() { TempDir::new() } else { TempDir::new_in(disk.folder()) };
    let server = Server::start_in(&[PROGRAM], folder.expect("a folder"), &[]).await;
    let database = server.database().await;
    if database::is_postgres() {
        move_tables(&database, &Cluster::of(&server).await, &disk).await;
    }
    let tally = fill_under_load(&server, &disk).await;
    drop(server);
    if database::is_postgres() {
        let schema = database.texts("SELECT current_schema()").await.remove(0);
        // PostgreSQL must not miss the disk afterwards.
        database.execute(&format!("DROP SCHEMA {schema} CASCADE")).await;
        database.execute("DROP TABLESPACE tight").await;
    }
    database.close().await;
    Some(tally)
}

/// Has tables and indexes lie on a disk.
async fn move_tables(database: &Database, cluster: &Cluster, disk: &Disk) {
    let owner = std::fs::metadata(cluster.data()).expect("the server's folder");
    chown(disk.folder(), Some(owner.uid()), Some(owner.gid())).expect("root may do that");
    database.execute(&format!("CREATE TABLESPACE tight LOCATION '{}'", disk.folder().display())).await;
    let moves = database.texts(
        "SELECT format('ALTER %s %I SET TABLESPACE tight', kind, name) FROM ( \
         SELECT 'TABLE' AS kind, tablename AS name FROM pg_tables WHERE schemaname = current_schema() UNION ALL \
         SELECT 'INDEX', indexname FROM pg_indexes WHERE schemaname = current_schema()) AS things",
    );
    database.execute(&moves.await.join("; ")).await;
}

async fn fill_under_load(server: &Server, disk: &Disk) -> Tally {
    let mut tally = Tally { times: 1, ..Tally::default() };
    let mut crowd = Crowd::start(server, "full");
    crowd.after(SOME).await;
    disk.fill();
    poll::pass(Duration::from_secs(2)).await;
    let headers = server.world.acme.credentials(Operation::ListInvitations);
    for path in ["/health/live", "/health/ready", "/invitations"] {
        assert_eq!(server.send("GET", path, &headers, None).await.status, 200, "{path}: what needs no room goes on");
    }
    let begun = Instant::now();
    disk.empty();
    crowd.after(SOME).await;
    tally.longest_recovery = begun.elapsed();
    let asked = crowd.stop().await;
    tally.add(server, "full", &asked).await;
    assert!(tally.turned_away > 0, "the disk was not full");
    assert_eq!(tally.failed, 0, "a full disk is nobody's fault: come back later");
    tally
}
