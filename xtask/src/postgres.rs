//! A PostgreSQL server of this run's own, made of the machine's programs, for tests and for trying things.
//!
//! Its data lies in a temporary folder and is gone with it. A shell watches over it and holds the other end of a pipe: when
//! this program ends, in whatever way, the pipe closes, and the shell stops the server and empties the folder. Root does not
//! run servers, so the shell is then somebody else's.

use std::fs::{self, File};
use std::io::Read as _;
use std::net::TcpListener;
use std::os::unix::fs::{PermissionsExt as _, chown};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitCode, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

use crate::process::run;
use crate::workspace::root;

/// Where tests look for a database of their own.
const URL_VARIABLE: &str = "INVITE_TEST_POSTGRES_URL";
/// Which engine tests run on.
const ENGINE_VARIABLE: &str = "INVITE_TEST_ENGINE";

/// How long a server may take to answer.
const START: Duration = Duration::from_secs(60);

/// Connections that a server has room for: tests come many at a time.
const CONNECTIONS: u32 = 500;

/// What watches over the server: `$1` is the folder, `$2` that of the programs, `$3` the port, `$4` the connections, `$5` whether
/// commits outlast the machine. It may have been started again by somebody else meanwhile.
const WATCH: &str = r#"
trap '' INT
"$2/initdb" --pgdata="$1/data" --username=invite --pwfile="$1/password" --auth=password --encoding=UTF8 --locale=C.UTF-8 \
    --no-sync >"$1/initdb.log" 2>&1 || exit 1
"$2/postgres" -D "$1/data" -c listen_addresses=127.0.0.1 -c "port=$3" -c unix_socket_directories= -c max_connections="$4" \
    -c "fsync=$5" -c "full_page_writes=$5" >"$1/server.log" 2>&1 </dev/null &
cat >/dev/null
server=$(head -n 1 "$1/data/postmaster.pid")
kill -QUIT "$server"
wait
while kill -0 "$server" 2>/dev/null; do sleep 0.05; done
rm -rf "$1"/*
"#;

/// The users that a server may run as if this program is root's, the best first.
const UNPRIVILEGED: [&str; 2] = ["postgres", "nobody"];

#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Commit to the disk, as a server in earnest does; otherwise nothing outlasts the machine, which tests do not need
    #[arg(long)]
    durable: bool,
    /// What to run, with INVITE_TEST_POSTGRES_URL in its environment and INVITE_TEST_ENGINE set to postgres
    #[arg(required = true, trailing_var_arg = true, allow_hyphen_values = true)]
    command: Vec<String>,
}

/// Runs a command beside a server of its own.
pub(crate) fn beside(arguments: &Arguments) -> Result<ExitCode> {
    let commits = if arguments.durable { Commits::Durable } else { Commits::Quick };
    let Some(database) = Database::find(commits)? else { bail!("{}", missing()) };
    let mut command = Command::new(&arguments.command[0]);
    command.args(&arguments.command[1..]);
    run(database.on(&mut command))?;
    Ok(ExitCode::SUCCESS)
}

/// What a commit is worth.
#[derive(Clone, Copy)]
pub(crate) enum Commits {
    /// It is on the disk.
    Durable,
    /// It outlasts the server's death, not the machine's.
    Quick,
}

/// A database for tests.
pub(crate) struct Database {
    url: String,
    /// Absent if somebody else looks after it.
    watch: Option<(Child, PathBuf)>,
}

impl Database {
    /// The one that the environment names, or a new one; none if the machine has no programs for it.
    ///
    /// # Errors
    /// There are programs, and no server comes of them.
    pub(crate) fn find(commits: Commits) -> Result<Option<Self>> {
        if let Ok(url) = std::env::var(URL_VARIABLE) {
            return Ok(Some(Self { url, watch: None }));
        }
        programs().map(|programs| Self::start(&programs, CONNECTIONS, commits)).transpose()
    }

    /// A new one, which nobody else looks at, with room for so many connections.
    ///
    /// # Errors
    /// As [`Self::find`].
    pub(crate) fn own(connections: u32, commits: Commits) -> Result<Option<Self>> {
        programs().map(|programs| Self::start(&programs, connections, commits)).transpose()
    }

    /// A command whose tests run on it.
    pub(crate) fn on<'a>(&self, command: &'a mut Command) -> &'a mut Command {
        command.env(URL_VARIABLE, &self.url).env(ENGINE_VARIABLE, "postgres")
    }

    /// Where it is, with the password.
    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    fn start(programs: &Path, connections: u32, commits: Commits) -> Result<Self> {
        let owner = owner()?;
        let port = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
        let folder = folder(owner, port)?;
        let password = password()?;
        fs::write(folder.join("password"), &password)?;
        let mut watch = Command::new("sh");
        watch.args(["-c", WATCH, "sh"]).arg(&folder).arg(programs).arg(port.to_string()).arg(connections.to_string());
        watch.arg(match commits {
            Commits::Durable => "on",
            Commits::Quick => "off",
        });
        watch.current_dir(&folder).stdin(Stdio::piped()).stdout(Stdio::null());
        if let Some((user, group)) = owner {
            chown(folder.join("password"), Some(user), Some(group))?;
            chown(&folder, Some(user), Some(group))?;
            watch.uid(user).gid(group);
        }
        fs::set_permissions(folder.join("password"), fs::Permissions::from_mode(0o600))?;
        fs::set_permissions(&folder, fs::Permissions::from_mode(0o700))?;
        let watch = watch.spawn().context("cannot start a shell")?;
        let url = format!("postgres://invite:{password}@127.0.0.1:{port}/postgres");
        let mut database = Self { url, watch: Some((watch, folder.clone())) };
        database.wait_until_ready(programs, port, &folder)?;
        println!("a PostgreSQL server of {} answers on port {port}", programs.display());
        Ok(database)
    }

    fn wait_until_ready(&mut self, programs: &Path, port: u16, folder: &Path) -> Result<()> {
        let deadline = Instant::now() + START;
        let logs = || {
            let read = |name: &str| fs::read_to_string(folder.join(name)).unwrap_or_default();
            read("initdb.log") + &read("server.log")
        };
        while Instant::now() < deadline {
            let mut ask = Command::new(programs.join("pg_isready"));
            ask.args(["--quiet", "--host=127.0.0.1", &format!("--port={port}")]);
            if ask.status()?.success() {
                return Ok(());
            }
            if let Some(status) = self.watch.as_mut().and_then(|(watch, _)| watch.try_wait().transpose()).transpose()? {
                bail!("no PostgreSQL server started ({status}):\n{}", logs());
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        bail!("no PostgreSQL server answers after {} s:\n{}", START.as_secs(), logs())
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        if let Some((mut watch, folder)) = self.watch.take() {
            // The shell waits for this.
            drop(watch.stdin.take());
            let _ = watch.wait();
            // It may not be allowed to take away the folder itself.
            let _ = fs::remove_dir(folder);
        }
    }
}

/// A machine without PostgreSQL may do without; one that checks for others may not.
///
/// # Errors
/// This one does.
pub(crate) fn do_without() -> Result<()> {
    if std::env::var_os("CI").is_some_and(|value| !value.is_empty() && value != "false") {
        bail!("{}", missing());
    }
    eprintln!("warning: NOT TESTED on PostgreSQL: {}", missing());
    Ok(())
}

/// What to say where there is nothing to start a server with.
pub(crate) fn missing() -> String {
    format!(
        "no PostgreSQL here: install its server (Debian: apt-get install postgresql), or set {URL_VARIABLE} to the URL of a \
         database in which tests may make schemas"
    )
}

/// The folder of the server's programs: that of the path, what `pg_config` says, or the newest where Debian keeps them.
fn programs() -> Option<PathBuf> {
    let on_path =
        std::env::var_os("PATH").into_iter().flat_map(|path| std::env::split_paths(&path).collect::<Vec<_>>());
    let told = Command::new("pg_config").arg("--bindir").stderr(Stdio::null()).output().ok();
    let told = told.and_then(|told| String::from_utf8(told.stdout).ok()).map(|told| PathBuf::from(told.trim()));
    let versions = fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let mut versions: Vec<(u32, PathBuf)> = versions
        .filter_map(|entry| Some((entry.file_name().to_str()?.parse().ok()?, entry.path().join("bin"))))
        .collect();
    versions.sort();
    let kept = versions.into_iter().rev().map(|(_, folder)| folder);
    let complete =
        |folder: &PathBuf| ["initdb", "postgres", "pg_isready"].iter().all(|name| folder.join(name).is_file());
    on_path.chain(told).chain(kept).find(complete)
}

/// User and group of the server, if this program is root's.
fn owner() -> Result<Option<(u32, u32)>> {
    let id = |arguments: &[&str]| -> Option<u32> {
        let output = Command::new("id").args(arguments).stderr(Stdio::null()).output().ok()?;
        String::from_utf8(output.stdout).ok()?.trim().parse().ok()
    };
    if id(&["-u"]) != Some(0) {
        return Ok(None);
    }
    let found = UNPRIVILEGED.iter().find_map(|name| Some((id(&["-u", name])?, id(&["-g", name])?)));
    found.map(Some).context("PostgreSQL does not run as root, and there is neither a user postgres nor nobody")
}

/// A new folder, one for each server of this program, which the owner must be able to reach.
fn folder(owner: Option<(u32, u32)>, port: u16) -> Result<PathBuf> {
    let own = root().join("target");
    let is_open = |folder: &Path| fs::metadata(folder).is_ok_and(|found| found.permissions().mode() & 0o001 != 0);
    let reaches = owner.is_none() || own.ancestors().all(is_open);
    let above = if reaches { own } else { std::env::temp_dir() };
    let folder = above.join(format!("postgres-{}-{port}", std::process::id()));
    fs::create_dir_all(&folder).with_context(|| format!("cannot make {}", folder.display()))?;
    Ok(folder)
}

/// Others on this machine can reach the port, too.
fn password() -> Result<String> {
    let mut bytes = [0; 16];
    File::open("/dev/urandom")?.read_exact(&mut bytes)?;
    Ok(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}
