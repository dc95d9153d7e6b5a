//! Faults of PostgreSQL: stopped at once and started again, standing still, and with no connection left.

use std::os::unix::fs::MetadataExt as _;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use contract_tests::database::{self, Database};
use contract_tests::poll;
use contract_tests::server::Server;
use tokio_postgres::{Client, NoTls};

use crate::load::{Crowd, Tally};
use crate::{PROGRAM, Settings};

/// Successes before a fault, and after it.
const SOME: usize = 20;
/// The longest that a request may wait for a database that says nothing: for a connection, for an answer, and a little.
const LONGEST_ANSWER: Duration = Duration::from_secs(45);

/// The server of the database under test.
pub(crate) struct Cluster {
    programs: PathBuf,
    data: PathBuf,
}

impl Cluster {
    pub(crate) async fn of(server: &Server) -> Self {
        let database = server.database().await;
        let data = PathBuf::from(database.texts("SHOW data_directory").await.remove(0));
        database.close().await;
        let program = std::fs::read_link(format!("/proc/{}/exe", process(&data))).expect("the server's program");
        Self { programs: program.parent().expect("a folder").to_owned(), data }
    }

    /// The folder of its data.
    pub(crate) fn data(&self) -> &Path {
        &self.data
    }

    /// Stops it without a chance to put anything in order, and starts it again.
    fn restart(&self) {
        let owner = std::fs::metadata(&self.data).expect("the server's folder");
        let mut control = Command::new(self.programs.join("pg_ctl"));
        control.args(["restart", "--mode=immediate", "--wait", "--silent", "--pgdata"]).arg(&self.data);
        control.arg("--log").arg(self.data.join("../server.log")).current_dir(&self.data);
        control.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        // Only root needs to become the owner, and may.
        if std::fs::metadata("/proc/self").is_ok_and(|own| own.uid() != owner.uid()) {
            control.uid(owner.uid()).gid(owner.gid());
        }
        assert!(control.status().expect("pg_ctl runs").success(), "PostgreSQL cannot be started again");
    }

    /// Has all its processes stand still, or go on.
    fn signal(&self, signal: &str) {
        let first = process(&self.data);
        let children = std::fs::read_to_string(format!("/proc/{first}/task/{first}/children")).expect("its children");
        // The first one makes new ones.
        for process in std::iter::once(first.as_str()).chain(children.split_whitespace()) {
            // A child may have ended.
            let _ = Command::new("kill").args([signal, process]).stderr(Stdio::null()).status();
        }
    }
}

/// The first process of the server.
fn process(data: &Path) -> String {
    let file = std::fs::read_to_string(data.join("postmaster.pid")).expect("a PostgreSQL server of this machine");
    file.lines().next().expect("a process").to_owned()
}

/// `pg_ctl restart -m immediate` under load.
pub(crate) async fn restarts(settings: &Settings) -> Tally {
    let server = Server::start(PROGRAM, &[]).await;
    let cluster = Cluster::of(&server).await;
    let mut tally = Tally { times: (settings.kills / 20).max(1), ..Tally::default() };
    for number in 0..tally.times {
        let round = format!("restart-{number}");
        let mut crowd = Crowd::start(&server, &round);
        crowd.after(SOME).await;
        // Requests go on meanwhile.
        tokio::task::block_in_place(|| cluster.restart());
        tally.longest_recovery = tally.longest_recovery.max(crowd.after(SOME).await);
        tally.add(&server, &round, &crowd.stop().await).await;
    }
    tally
}

/// SIGSTOP under load, and SIGCONT after a while.
pub(crate) async fn pause(settings: &Settings) -> Tally {
    let server = Server::start(PROGRAM, &[]).await;
    let cluster = Cluster::of(&server).await;
    let mut tally = Tally { times: 1, ..Tally::default() };
    let mut crowd = Crowd::start(&server, "pause");
    crowd.after(SOME).await;
    cluster.signal("-STOP");
    poll::pass(settings.pause).await;
    assert_eq!(server.send("GET", "/health/live", &[], None).await.status, 200, "the process itself is well");
    cluster.signal("-CONT");
    tally.longest_recovery = crowd.after(SOME).await;
    let asked = crowd.stop().await;
    tally.add(&server, "pause", &asked).await;
    assert!(tally.longest_answer < LONGEST_ANSWER, "somebody waited {:?}", tally.longest_answer);
    tally
}

/// Others take every connection.
pub(crate) async fn connections(_: &Settings) -> Tally {
    let server = Server::start(PROGRAM, &[]).await;
    let database = server.database().await;
    let mut tally = Tally { times: 1, ..Tally::default() };
    let others = others(&server, &database).await;
    let ready = server.send("GET", "/health/ready", &[], None).await;
    assert_eq!(ready.status, 503, "the server is not ready without its database");
    assert_eq!(server.send("GET", "/health/live", &[], None).await.status, 200, "the process itself is well");
    let crowd = Crowd::start(&server, "connections");
    poll::pass(Duration::from_secs(2)).await;
    let turned_away = crowd.stop().await;
    assert!(!turned_away.is_empty() && turned_away.iter().all(|asked| asked.status == Some(503)), "{turned_away:?}");
    let begun = Instant::now();
    drop(others);
    let mut crowd = Crowd::start(&server, "connections-again");
    crowd.after(SOME).await;
    tally.longest_recovery = begun.elapsed();
    let asked = crowd.stop().await;
    tally.add(&server, "connections-again", &asked).await;
    tally.add(&server, "connections", &turned_away).await;
    database.close().await;
    tally
}

/// Connections until there is none left, also for the server.
async fn others(server: &Server, database: &Database) -> Vec<Client> {
    let url = database::url(server.folder().parent().expect("a folder")).expect("PostgreSQL");
    let held = "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE application_name = 'invite-server'";
    let mut others = Vec::new();
    poll::until("the last connection", async || {
        let held = database.number(held).await;
        let taken = others.len();
        while let Ok((client, connection)) = tokio_postgres::connect(&url, NoTls).await {
            tokio::spawn(connection);
            others.push(client);
        }
        (held == 0 && others.len() == taken).then_some(())
    })
    .await;
    others
}
