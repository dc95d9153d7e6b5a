//! One run of everything, at its most talkative, with secrets that can be recognised: none of them is in anything shown.
//!
//! 1. A server that logs everything. The client goes through all flows with the credentials of the world, then calls every
//!    operation with credentials and inputs that nobody knows, at the server and at a mock.
//! 2. The command line does the same, with tables and with JSON, and says what it does.
//! 3. Kept are the secrets that callers choose and those that the server makes; shown is every `Debug` of a client, builder,
//!    body, call, answer and error, every span and log line down to the transport, the server's log, what the mock reports
//!    and all that the command line prints.

mod calls;
pub(crate) mod programs;

use std::collections::BTreeMap;
use std::fmt::Debug;
use std::io::Write;
use std::sync::{Arc, Mutex};

use base64::Engine as _;
use contract_tests::world::World;
use invite_mock::{Mock, MockServer};
use invite_sdk::Scheme;
use serde_json::Value;
use tracing_subscriber::fmt::format::FmtSpan;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;

use crate::support::{PASSWORD, is_secret};
use calls::Inputs;
use programs::Talkative;

#[tokio::test]
async fn no_secret_of_a_whole_run_is_shown_anywhere() {
    let mut canaries = Canaries::default();
    let spans = Lines::default();
    let layer = {
        let writer = spans.clone();
        let layer = tracing_subscriber::fmt::layer().with_ansi(false).with_span_events(FmtSpan::FULL);
        layer.with_writer(move || writer.clone())
    };
    let server = Talkative::start().await;
    canaries.keep_world(&server.world);
    {
        // For this thread, on which the test runs with all its tasks; records of `log` come through it too.
        let _guard = tracing_subscriber::registry().with(layer).set_default();
        calls::flows(&mut canaries, &server).await;
        calls::everything(&mut canaries, &server.world.base_url, &Inputs::unknown()).await;
        let log = Lines::default();
        let lines = log.clone();
        let mock = Mock::observed(move |request| {
            let _ = writeln!(lines.clone(), "{request}\n{request:?}\n{request:#?}");
        });
        let mock = MockServer::builder().mock(mock).start().await.unwrap();
        mock.create_session(|when| when.body(Inputs::unknown())).example(201).mount().unwrap();
        calls::everything(&mut canaries, &mock.base_url(), &Inputs::unknown()).await;
        canaries.show("the mock", &*mock);
        canaries.print("the mock's verdict", mock.verify().unwrap_err().to_string());
        canaries.print("the mock's log", log.text());
    }
    canaries.print("the client's log", spans.text());
    programs::command_line(&mut canaries, &server).await;
    canaries.print("the server's log", server.process.output());
    canaries.judge();
}

/// What is written by several at once.
#[derive(Clone, Default)]
struct Lines(Arc<Mutex<Vec<u8>>>);

impl Lines {
    fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }
}

impl Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// Secrets, and everything that must not hold them.
#[derive(Default)]
struct Canaries {
    /// What each is, by its value.
    secrets: BTreeMap<String, String>,
    shown: Vec<(&'static str, String)>,
}

impl Canaries {
    fn keep(&mut self, what: &str, secret: &str) {
        assert!(secret.len() > 8, "{what} is too short to be recognised");
        self.secrets.insert(secret.to_owned(), what.to_owned());
    }

    /// Every secret that the server made, wherever it is in a body.
    fn keep_made(&mut self, what: &str, body: &Value) {
        match body {
            Value::String(text) if is_secret(text) => self.keep(what, text),
            Value::Array(items) => items.iter().for_each(|item| self.keep_made(what, item)),
            Value::Object(members) => {
                members.iter().for_each(|(name, item)| self.keep_made(&format!("{what}/{name}"), item));
            }
            _ => {}
        }
    }

    fn keep_world(&mut self, world: &World) {
        self.keep("the password", PASSWORD);
        self.keep("the administrator's password", world.acme.text("/admin/password"));
        self.keep_made("world", &world.file["credentials"]);
        self.keep_made("other world", &world.file["other_tenant"]["credentials"]);
        let basic = |part: &str| world.acme.text(&format!("/credentials/nexus/basic/{part}")).to_owned();
        self.keep("nexusBasic of the world", &basic("password"));
        self.keep_pair(&basic("username"), &basic("password"));
        for scheme in Scheme::ALL {
            self.keep(scheme.name(), &stranger(*scheme));
            self.keep_pair("key-1", &stranger(*scheme));
        }
    }

    /// A pair as HTTP sends it.
    fn keep_pair(&mut self, username: &str, password: &str) {
        let pair = base64::engine::general_purpose::STANDARD.encode(format!("{username}:{password}"));
        self.keep("a pair in base64", &pair);
    }

    /// Both forms of `Debug`.
    fn show(&mut self, place: &'static str, value: &impl Debug) {
        self.shown.push((place, format!("{value:?}\n{value:#?}")));
    }

    fn print(&mut self, place: &'static str, text: impl Into<String>) {
        self.shown.push((place, text.into()));
    }

    /// Fails with every secret that was shown, and with a place that has nothing to show.
    fn judge(&self) {
        let found: Vec<String> = self
            .shown
            .iter()
            .flat_map(|(place, text)| text.lines().map(move |line| (place, line)))
            .flat_map(|(place, line)| {
                let told = self.secrets.iter().filter(|(secret, _)| tells(line, secret));
                told.map(move |(_, what)| format!("{what} in {place}: {line}"))
            })
            .collect();
        assert!(found.is_empty(), "{} secrets are shown:\n{}", found.len(), found.join("\n"));
        assert!(self.secrets.len() > 60, "{} secrets are too few: {:?}", self.secrets.len(), self.secrets);
        for (place, says) in [
            ("the client's log", "POST /invite/{token}/signup"),
            ("the client's log", "starting new connection"),
            ("the server's log", "unleash_signup"),
            ("the server's log", "TRACE"),
            ("the mock's log", "unleash_signup"),
            ("the mock's log", "[redacted]"),
            ("a body", "[redacted]"),
            ("an answer", "[redacted]"),
            ("an error", "Unauthorized"),
            ("the command line", "[redacted]"),
            ("the command line", "401 Unauthorized"),
        ] {
            let says_it = self.shown.iter().any(|(at, text)| *at == place && text.contains(says));
            assert!(says_it, "{place} does not even say `{says}`");
        }
    }
}

/// Whether a line has a secret as it is, or encoded for a URL.
fn tells(line: &str, secret: &str) -> bool {
    line.contains(secret) || line.replace("%5F", "_").replace("%2D", "-").contains(secret)
}

/// A credential that no server knows.
fn stranger(scheme: Scheme) -> String {
    format!("canary-{}", scheme.name())
}
