//! A disk that is full: a file system of its own, in memory, which a file fills.

use std::fs::File;
use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use contract_tests::poll;
use contract_tests::server::Server;
use invite_api::security::Operation;
use tempfile::TempDir;

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
    let folder = TempDir::new_in(disk.folder()).expect("a folder");
    let server = Server::start_in(&[PROGRAM], folder, &[]).await;
    let mut tally = Tally { times: 1, ..Tally::default() };
    let mut crowd = Crowd::start(&server, "full");
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
    tally.add(&server, "full", &asked).await;
    assert!(tally.failed + tally.turned_away > 0, "the disk was not full");
    drop(server);
    Some(tally)
}
