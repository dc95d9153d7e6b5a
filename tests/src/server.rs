//! A server under test: the real program in a process of its own, with its world in a temporary folder.
//!
//! A process and not a library call, so that logs, exit codes, files and signals are those that an operator sees. Each
//! test has its own server and its own database, so that no test sees what another did.

use std::fs::File;
use std::net::{SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant, SystemTime};

use invite_api::security::Operation;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::Value;
use tempfile::TempDir;

use crate::contract;
use crate::database::{self, Database};
use crate::document;
use crate::http::{self, Answer, Payload};
use crate::mailbox::{self, Mail};
use crate::poll;
use crate::world::{Headers, World};

/// A program that was started, with what it writes going into files.
#[derive(Debug)]
pub struct Process {
    child: Child,
    output: PathBuf,
}

/// A server that answers.
#[derive(Debug)]
pub struct Server {
    process: Process,
    folder: PathBuf,
    /// Kept for its removal.
    temporary: TempDir,
    client: reqwest::Client,
    /// What its `dev.json` says.
    pub world: World,
}

/// A server that was started as operators start it, with `serve`.
#[derive(Debug)]
pub struct Served {
    /// The program.
    pub process: Process,
    /// Where it listens.
    pub address: SocketAddr,
    /// The same as a URL.
    pub base_url: String,
    /// From the start of the process to the answer that it is ready.
    pub took: Duration,
}

impl Process {
    /// Starts `program`; its standard output and error go into `folder`.
    #[must_use]
    pub fn start(program: &str, folder: &Path, arguments: &[&str]) -> Self {
        Self::start_with(program, folder, arguments, &[])
    }

    /// The same with variables of its environment.
    #[must_use]
    pub fn start_with(program: &str, folder: &Path, arguments: &[&str], environment: &[(&str, &str)]) -> Self {
        let output = folder.join("output.log");
        let file = File::create(&output).expect("the log can be created");
        let child = Command::new(program)
            .args(arguments)
            .envs(database::url(folder).map(|url| ("INVITE_DATABASE", url)))
            .envs(environment.iter().copied())
            .stdin(Stdio::null())
            .stdout(file.try_clone().expect("a file can be shared"))
            .stderr(file)
            .spawn()
            .unwrap_or_else(|error| panic!("{program} cannot be started: {error}"));
        Self { child, output }
    }

    /// Everything it has written so far.
    #[must_use]
    pub fn output(&self) -> String {
        std::fs::read_to_string(&self.output).unwrap_or_default()
    }

    /// Waits for its end.
    pub async fn ended(&mut self) -> ExitStatus {
        poll::until("the end of the program", async || self.child.try_wait().expect("a child can be waited for")).await
    }

    /// Keeps whoever waits for it from waiting in vain.
    ///
    /// # Panics
    /// It has ended.
    fn has_to_run(&mut self) {
        if let Some(status) = self.child.try_wait().expect("a child can be waited for") {
            panic!("the program ended with {status}:\n{}", self.output());
        }
    }

    /// Asks it to stop as a supervisor would.
    ///
    /// # Panics
    /// It has ended.
    pub fn ask_to_stop(&self) {
        self.signal("-TERM");
    }

    /// Sends it SIGHUP, as `systemctl reload` does.
    ///
    /// # Panics
    /// It has ended.
    pub fn hang_up(&self) {
        self.signal("-HUP");
    }

    fn signal(&self, signal: &str) {
        let sent = Command::new("kill").arg(signal).arg(self.child.id().to_string()).status();
        assert!(sent.is_ok_and(|status| status.success()), "the program cannot be sent {signal}");
    }

    /// Asks it to stop, and waits for its end.
    pub async fn stop(&mut self) -> ExitStatus {
        self.ask_to_stop();
        self.ended().await
    }
}

impl Process {
    /// The memory that it has, in KiB; Linux says it.
    #[must_use]
    pub fn memory(&self) -> u64 {
        self.status("VmRSS:")
    }

    /// The most memory that it has had at once, in KiB.
    #[must_use]
    pub fn peak_memory(&self) -> u64 {
        self.status("VmHWM:")
    }

    fn status(&self, name: &str) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).unwrap_or_default();
        let found = status.lines().find_map(|line| line.strip_prefix(name));
        found.and_then(|found| found.split_whitespace().next()?.parse().ok()).unwrap_or_default()
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Server {
    /// Starts `program dev` on a free port and waits until it is ready.
    pub async fn start(program: &str, more: &[&str]) -> Self {
        Self::start_in(&[program], TempDir::new().expect("a temporary folder can be made"), more).await
    }

    /// The same in a folder that may hold an earlier world; `command` may have another program before the server's.
    pub async fn start_in(command: &[&str], temporary: TempDir, more: &[&str]) -> Self {
        let folder = temporary.path().join("world");
        let data_dir = folder.display().to_string();
        let (program, before) = command.split_first().expect("a command has a program");
        let own = ["dev", "--listen", "127.0.0.1:0", "--data-dir", &data_dir];
        let database = database::url(temporary.path());
        let place = database.as_deref().map_or(vec![], |url| vec!["--database", url]);
        let arguments: Vec<&str> = before.iter().chain(&own).chain(&place).chain(more).copied().collect();
        let file = folder.join("dev.json");
        let written = |file: &Path| std::fs::metadata(file).and_then(|metadata| metadata.modified()).ok();
        // The file of an earlier run stays until the next one is ready.
        let earlier = written(&file);
        let mut process = Process::start(program, temporary.path(), &arguments);
        let text = poll::until("dev.json", async || {
            process.has_to_run();
            (written(&file)? > earlier.unwrap_or(SystemTime::UNIX_EPOCH))
                .then(|| std::fs::read_to_string(&file).ok())
                .flatten()
        });
        let world = World::parse(&text.await);
        Self { process, folder, temporary, client: http::client(), world }
    }

    /// Asks the server to stop as a supervisor would.
    pub fn ask_to_stop(&self) {
        self.process.ask_to_stop();
    }

    /// Waits for its end.
    pub async fn ended(&mut self) -> ExitStatus {
        self.process.ended().await
    }

    /// Stops the server as a supervisor would and gives its folder to the next one.
    pub async fn stop(mut self) -> (ExitStatus, TempDir) {
        (self.process.stop().await, self.temporary)
    }

    /// Kills the server, which has no chance to put anything in order, and gives its folder to the next one.
    #[must_use]
    pub fn kill(self) -> TempDir {
        let Self { process, temporary, .. } = self;
        drop(process);
        temporary
    }

    /// The most memory that it has had at once, in KiB; Linux says it.
    #[must_use]
    pub fn peak_memory(&self) -> u64 {
        self.process.peak_memory()
    }

    /// The data folder.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Everything the program has written so far.
    #[must_use]
    pub fn output(&self) -> String {
        self.process.output()
    }

    /// An absolute URL.
    #[must_use]
    pub fn url(&self, path: &str) -> String {
        format!("{}{path}", self.world.base_url)
    }

    /// Sends a request that may be anything, and takes whatever answer comes.
    pub async fn send(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, String)],
        payload: Option<&Payload>,
    ) -> Answer {
        let answer = http::send(&self.client, method, &self.url(path), headers, payload).await;
        answer.unwrap_or_else(|error| panic!("{method} {path}: {error}\n{}", self.output()))
    }

    /// Calls an operation; the answer has been held against the document.
    pub async fn call(
        &self,
        operation: Operation,
        parameters: &[&str],
        headers: &[(&str, String)],
        payload: Option<&Payload>,
    ) -> Answer {
        let answer = self.send(operation.method(), &path(operation, parameters), headers, payload).await;
        contract::check(document::operation(operation.id()), &answer);
        answer
    }

    /// Calls an operation as the administrator of acme, with a JSON body.
    pub async fn post(&self, operation: Operation, parameters: &[&str], body: &Value) -> Answer {
        self.call(operation, parameters, &self.world.acme.credentials(operation), Some(&Payload::json(body))).await
    }

    /// The same with other credentials.
    pub async fn post_as(&self, headers: &Headers, operation: Operation, parameters: &[&str], body: &Value) -> Answer {
        self.call(operation, parameters, headers, Some(&Payload::json(body))).await
    }

    /// All mails that have been delivered.
    #[must_use]
    pub fn mails(&self) -> Vec<Mail> {
        mailbox::read(&self.folder.join("mailbox"))
    }

    /// The `count`th mail to `address`, once it is there.
    pub async fn mail(&self, address: &str, count: usize) -> Mail {
        poll::until(&format!("mail {count} to {address}"), async || {
            self.mails().into_iter().filter(|mail| mail.to.eq_ignore_ascii_case(address)).nth(count - 1)
        })
        .await
    }

    /// The database, for looking into and for breaking.
    pub async fn database(&self) -> Database {
        Database::open(self.temporary.path()).await
    }

    /// Changes the database behind the server's back.
    pub async fn execute(&self, sql: &str) {
        let database = self.database().await;
        database.execute(sql).await;
        database.close().await;
    }
}

impl Served {
    /// Starts `command serve` on a free port and waits until it says that it is ready; `command` may have another
    /// program before the server's. What it says goes into `folder`, which also says where its database is.
    pub async fn start(command: &[&str], folder: &Path, data: &Path, mails: &Path, more: &[&str]) -> Self {
        // Bound and given back: nobody listens there until the server does.
        let address = TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr());
        let address = address.expect("there is a free port");
        let (listen, data, mails) = (address.to_string(), data.display().to_string(), mails.display().to_string());
        let (program, before) = command.split_first().expect("a command has a program");
        let own = ["serve", "--listen", &listen, "--data-dir", &data, "--mail-folder", &mails];
        let arguments: Vec<&str> = before.iter().chain(&own).chain(more).copied().collect();
        let (client, base_url) = (http::client(), format!("http://{listen}"));
        let url = format!("{base_url}/health/ready");
        let start = Instant::now();
        let mut process = Process::start(program, folder, &arguments);
        poll::closely("readiness", async || {
            process.has_to_run();
            let answer = http::send(&client, "GET", &url, &[], None).await;
            answer.ok().filter(|answer| answer.status == 200)
        })
        .await;
        Self { process, address, base_url, took: start.elapsed() }
    }

    /// The same beside another server, on its world.
    pub async fn beside(first: &Server, command: &[&str], more: &[&str]) -> Self {
        let mut folders = (1..).map(|number| first.folder.join(format!("replica-{number}")));
        let folder = folders.find(|folder| !folder.exists()).expect("there are as many numbers as one likes");
        std::fs::create_dir(&folder).expect("the folder can be made");
        database::share(first.temporary.path(), &folder);
        Self::start(command, &folder, &first.folder, &first.folder.join("mailbox"), more).await
    }
}

/// The path of an operation with its parameters put in, percent-encoded, in the order of the template.
#[must_use]
pub fn path(operation: Operation, parameters: &[&str]) -> String {
    let mut values = parameters.iter();
    let segments = operation.path().split('/').map(|segment| match segment.starts_with('{') {
        true => utf8_percent_encode(
            values.next().unwrap_or_else(|| panic!("{} needs more parameters", operation.id())),
            NON_ALPHANUMERIC,
        )
        .to_string(),
        false => segment.to_owned(),
    });
    segments.collect::<Vec<_>>().join("/")
}
