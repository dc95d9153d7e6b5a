//! The program `invite` as people and scripts run it: on a terminal and without one, against the real server.

mod doubt;
mod ends;
mod errors;
mod flows;
mod import;
mod jobs;
mod lists;
mod profiles;
mod secrets;

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Mutex;

use contract_tests::peer::Peer;
use contract_tests::server::Server;
use contract_tests::terminal::Terminal;
use serde_json::Value;
use tempfile::TempDir;

use crate::support::{PASSWORD, server};

/// The program under test.
pub(crate) const INVITE: &str = env!("CARGO_BIN_EXE_cli-under-test");

/// The program with a configuration of its own, and everything that it has ever printed.
pub(crate) struct Invite {
    folder: TempDir,
    environment: Vec<(String, String)>,
    printed: Mutex<String>,
}

/// What a run without a terminal came to.
#[derive(Debug)]
pub(crate) struct Run {
    code: i32,
    out: String,
    err: String,
}

impl Invite {
    /// Without any profile.
    pub(crate) fn new() -> Self {
        let folder = TempDir::new().unwrap();
        let config = folder.path().join("config.toml").display().to_string();
        let environment = [("INVITE_CLI_CONFIG", config.as_str()), ("HOME", "/nowhere"), ("TERM", "xterm-256color")];
        let environment = environment.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec();
        Self { folder, environment, printed: Mutex::new(String::new()) }
    }

    /// With the credentials of the server's world.
    fn of(server: &Server) -> Self {
        let invite = Self::new();
        let world = server.folder().join("dev.json").display().to_string();
        invite.run(&["profile", "set", "dev", "--dev", &world]).succeeded();
        invite
    }

    /// With one more variable in the environment.
    pub(crate) fn with(mut self, name: &str, value: &str) -> Self {
        self.environment.push((name.to_owned(), value.to_owned()));
        self
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Writes a file, and gives its path as an argument.
    pub(crate) fn file(&self, name: &str, text: &str) -> String {
        let path = self.path(name);
        std::fs::write(&path, text).unwrap();
        path.display().to_string()
    }

    /// Runs without a terminal and with nothing to read.
    pub(crate) fn run(&self, arguments: &[&str]) -> Run {
        self.run_with(arguments, "")
    }

    /// The same with something to read.
    fn run_with(&self, arguments: &[&str], input: &str) -> Run {
        self.run_into(arguments, input, Stdio::piped())
    }

    fn run_into(&self, arguments: &[&str], input: &str, out: Stdio) -> Run {
        let mut child = Command::new(INVITE)
            .args(arguments)
            .env_clear()
            .envs(self.environment.iter().cloned())
            .stdin(Stdio::piped())
            .stdout(out)
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        // A program that wants nothing may be gone.
        let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
        let output = child.wait_with_output().unwrap();
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let run = Run { code: output.status.code().unwrap(), out: text(&output.stdout), err: text(&output.stderr) };
        *self.printed.lock().unwrap() += &format!("{}{}", run.out, run.err);
        run
    }

    /// The same where standard output can take nothing: the exit code, and what is said about it.
    fn unheard(&self, arguments: &[&str], input: &str) -> Run {
        let full = std::fs::File::options().write(true).open("/dev/full").unwrap();
        self.run_into(arguments, input, full.into())
    }

    /// The same where nobody reads standard output any more.
    fn unread(&self, arguments: &[&str], input: &str) -> Run {
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        self.run_into(arguments, input, writer.into())
    }

    /// Runs against a peer that answers in turn with a status, a media type and a body.
    async fn told(self, peer: &Peer, arguments: &[&str], answers: &[(&str, &str, &str)]) -> (Self, Run) {
        let arguments: Vec<String> = arguments.iter().map(|&argument| argument.to_owned()).collect();
        let running = std::thread::spawn(move || {
            let run = self.run(&arguments.iter().map(String::as_str).collect::<Vec<_>>());
            (self, run)
        });
        for (status, media_type, body) in answers {
            peer.request().await.answer(status, media_type, body).await;
        }
        running.join().unwrap()
    }

    /// Starts on a terminal.
    fn start(&self, arguments: &[&str]) -> Terminal {
        Terminal::start(INVITE, arguments, &self.environment)
    }

    /// Waits for the end on the terminal.
    async fn ended(&self, terminal: Terminal) -> (u32, String) {
        let (code, shown) = terminal.ended().await;
        *self.printed.lock().unwrap() += &shown;
        (code, shown)
    }

    /// Runs on a terminal, answers its questions without being shown the answers, and has to succeed.
    async fn ask(&self, arguments: &[&str], answers: &[(&str, &str)]) -> String {
        let mut terminal = self.start(arguments);
        for (question, answer) in answers {
            terminal.expect(&format!("{question}: ")).await;
            assert!(!terminal.command_line().contains(answer), "`{question}` is on the command line");
            terminal.type_line(answer);
        }
        let (code, shown) = self.ended(terminal).await;
        assert_eq!(code, 0, "{arguments:?}:\n{shown}");
        for (question, answer) in answers {
            assert!(!shown.contains(answer), "`{question}` is echoed:\n{shown}");
        }
        shown
    }

    /// Signs in on a terminal; the tokens are in the file that is given back.
    async fn sign_in(&self, email: &str) -> Value {
        let file = self.path(&format!("session-{}.json", email.len()));
        let path = file.display().to_string();
        let arguments = ["sessions", "create-session", "--email", email, "--secrets-file", &path];
        let shown = self.ask(&arguments, &[("password", PASSWORD)]).await;
        assert!(shown.contains("[redacted]") && shown.contains("expiresAt"), "{shown}");
        let tokens = secrets_in(&file);
        assert!(!shown.contains(tokens["accessToken"].as_str().unwrap()), "{shown}");
        tokens
    }

    /// Everything printed so far.
    pub(crate) fn all_printed(&self) -> String {
        self.printed.lock().unwrap().clone()
    }

    /// Everything printed so far must not hold any of these.
    fn never_printed(&self, secrets: &[&str]) {
        let printed = self.printed.lock().unwrap();
        for secret in secrets {
            assert!(secret.len() > 5 && !printed.contains(secret), "a secret was printed:\n{printed}");
        }
    }
}

impl Run {
    #[track_caller]
    pub(crate) fn succeeded(self) -> Self {
        assert_eq!(self.code, 0, "{}{}", self.out, self.err);
        self
    }

    /// Failed with this code, and says all this.
    #[track_caller]
    pub(crate) fn failed(self, code: i32, says: &[&str]) -> Self {
        assert_eq!(self.code, code, "{}{}", self.out, self.err);
        for text in says {
            assert!(self.err.contains(text), "`{text}` is missing:\n{}", self.err);
        }
        self
    }

    fn json(&self) -> Value {
        serde_json::from_str(&self.out).unwrap_or_else(|error| panic!("{error}:\n{}", self.out))
    }

    /// What is said of a failure with `--output json`.
    fn error(&self) -> Value {
        let said: Value = serde_json::from_str(&self.err).unwrap_or_else(|error| panic!("{error}:\n{}", self.err));
        said["error"].clone()
    }

    /// The lines of an import with `--output json`, and its summary.
    fn lines(&self) -> (Vec<Value>, Value) {
        let mut lines: Vec<Value> = self.out.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        let summary = lines.pop().unwrap_or_else(|| panic!("nothing was printed:\n{}", self.err));
        (lines, summary["summary"].clone())
    }
}

/// An answer that was kept with its secrets, in a file that nobody else can read.
pub(crate) fn secrets_in(path: &Path) -> Value {
    use std::os::unix::fs::PermissionsExt as _;
    assert_eq!(std::fs::metadata(path).unwrap().permissions().mode() & 0o777, 0o600);
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

/// The program with the world of a server of its own.
async fn world() -> (Server, Invite) {
    let server = server().await;
    let invite = Invite::of(&server);
    (server, invite)
}

/// Invites a customer through MuninX.
fn muninx(email: &str) -> [&str; 10] {
    ["muninx", "invite-user", "--email", email, "--name", "Jane", "--last-name", "Doe", "--type", "customer"]
}
