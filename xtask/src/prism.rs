//! Prism, which reads the document by itself: as a mock whose answers the client must understand, and as a proxy between client
//! and server that must find nothing wrong in either direction.
//!
//! A request that the proxy finds fault with and the server refuses was wrong on purpose: both readings of the document agree. One
//! that the server takes all the same is a violation, and so is anything wrong with an answer. The client's own tests talk to a
//! peer that answers whatever a test wants; a copy of what they send is held against the document, and has to be right.

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use anyhow::{Context, Result, bail, ensure};
use serde_json::Value;

use crate::dev_server::{DevServer, built};
use crate::generate::DOCUMENT;
use crate::process::{build, cargo, run};
use crate::tools;
use crate::workspace::root;

/// The examples of the client; what they do wrong, they do to a right document.
const EXAMPLES: [&str; 5] = ["demo", "muninx", "kare", "nexus", "unleash"];

/// As a step of `check`: the mock, and the examples through the proxy.
pub(crate) fn run_short() -> Result<()> {
    let between = Between::start("short")?;
    mock(&between)?;
    examples(&between)?;
    between.judge()
}

/// As a step of `nightly`: also the tests of client and server, the samples of every operation, and what leaves the client in its
/// tests alone.
pub(crate) fn run_long() -> Result<()> {
    let between = Between::start("long")?;
    mock(&between)?;
    examples(&between)?;
    tools::python("python")?;
    for tests in [
        ["--package=contract-tests", "--test=it", "sdk::"],
        ["--package=contract-tests", "--test=it", "samples::every_sample_in_rust"],
        ["--package=invite-sdk", "--test=it", ""],
    ] {
        run(cargo().args(["test", "--locked"]).args(tests).env("INVITE_TEST_PROXY", &between.url))?;
    }
    between.judge()
}

fn mock(between: &Between) -> Result<()> {
    let mut tests = cargo();
    tests.args(["test", "--workspace", "--locked", "--quiet", "--test", "prism"]);
    run(tests.env("INVITE_PRISM_URL", format!("{}/mock", between.url)))
}

fn examples(between: &Between) -> Result<()> {
    let named: Vec<&str> = EXAMPLES.iter().flat_map(|example| ["--example", *example]).collect();
    build(&named)?;
    let server = DevServer::start(&between.folder.join("server"))?;
    let mut world = server.world().clone();
    world["base_url"] = between.before(server.base_url())?.into();
    let file = between.folder.join("dev.json");
    fs::write(&file, serde_json::to_string(&world)?)?;
    for example in EXAMPLES {
        let output = Command::new(built(&format!("examples/{example}"))?).arg(&file).output()?;
        ensure!(
            output.status.success(),
            "the example `{example}` fails through the proxy:\n{}{}",
            String::from_utf8_lossy(&output.stdout),
            String::from_utf8_lossy(&output.stderr)
        );
    }
    Ok(())
}

/// `between.mjs`, which starts a Prism for each server that somebody asks for.
struct Between {
    child: Child,
    url: String,
    folder: PathBuf,
}

impl Between {
    fn start(name: &str) -> Result<Self> {
        let prism = tools::node("prism")?;
        let folder = root().join("target/check/prism").join(name);
        fs::create_dir_all(&folder)?;
        let mut node = Command::new("node");
        node.arg(tools::settings().join("prism/between.mjs")).arg(prism.get_program()).arg(DOCUMENT);
        node.arg(record(&folder)).current_dir(root()).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = node.spawn().context("cannot start node")?;
        let output = child.stdout.take().context("node has no output")?;
        let mut between = Self { child, url: String::new(), folder };
        BufReader::new(output).read_line(&mut between.url)?;
        between.url.truncate(between.url.trim_end().len());
        ensure!(between.url.starts_with("http"), "between.mjs does not say where it listens");
        Ok(between)
    }

    /// The URL under which a server is behind the proxy.
    fn before(&self, server: &str) -> Result<String> {
        let (_, port) = server.rsplit_once(':').context("a server's URL has a port")?;
        Ok(format!("{}/{port}", self.url))
    }

    /// What Prism found, all in all.
    fn judge(&self) -> Result<()> {
        let text = fs::read_to_string(record(&self.folder))?;
        let exchanges = text.lines().map(serde_json::from_str).collect::<Result<Vec<Value>, _>>()?;
        let found = Findings::of(&exchanges);
        ensure!(found.exchanges > 0, "nothing went through the proxy");
        if !found.violations.is_empty() {
            bail!("the proxy found {}:\n{}", found.violations.len(), found.violations.join("\n"));
        }
        println!(
            "{} exchanges went through the proxy without a violation; {} more requests were wrong on purpose, and refused",
            found.exchanges - found.on_purpose,
            found.on_purpose
        );
        Ok(())
    }
}

impl Drop for Between {
    fn drop(&mut self) {
        // The end of its input ends it, with what it started.
        drop(self.child.stdin.take());
        let _ = self.child.wait();
    }
}

fn record(folder: &Path) -> PathBuf {
    folder.join("exchanges.jsonl")
}

#[derive(Debug, Default, PartialEq, Eq)]
struct Findings {
    exchanges: usize,
    /// Requests with faults that the server refused, too.
    on_purpose: usize,
    violations: Vec<String>,
}

impl Findings {
    /// Exchanges with the mock have no two sides, and are not counted. Nothing has refused a copy, so nothing may be wrong with it;
    /// one that is for no path of the document has no violations that Prism could name.
    fn of(exchanges: &[Value]) -> Self {
        let mut found = Self::default();
        for exchange in exchanges.iter().filter(|exchange| exchange["target"] != "mock") {
            found.exchanges += 1;
            let is_copy = exchange["target"] == "sent";
            let status = exchange["status"].as_u64().unwrap_or_default();
            let refused = !is_copy && (400..500).contains(&status);
            let (mut wrong, mut refusals) = (Vec::new(), 0);
            for violation in exchange["violations"].as_array().into_iter().flatten() {
                match violation["location"][0] == "request" && refused {
                    true => refusals += 1,
                    false => wrong.push(violation.to_string()),
                }
            }
            if is_copy && status >= 400 && wrong.is_empty() {
                wrong.push("the document has no such request".to_owned());
            }
            found.on_purpose += usize::from(refusals > 0 && wrong.is_empty());
            let line = |text| format!("{} {} {}: {text}", exchange["method"], exchange["path"], exchange["status"]);
            found.violations.extend(wrong.into_iter().map(line));
        }
        found
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn exchange(status: u16, side: &str) -> Value {
        json!({ "target": "8080", "method": "POST", "path": "/users", "status": status,
            "violations": [{ "location": [side, "body"], "message": "wrong" }] })
    }

    #[test]
    fn only_a_request_that_was_refused_may_be_wrong() {
        let counts = |exchange: Value| {
            let found = Findings::of(&[exchange]);
            (found.exchanges, found.on_purpose, found.violations.len())
        };
        assert_eq!(counts(exchange(400, "request")), (1, 1, 0));
        assert_eq!(counts(exchange(200, "request")), (1, 0, 1));
        assert_eq!(counts(exchange(500, "request")), (1, 0, 1));
        assert_eq!(counts(exchange(400, "response")), (1, 0, 1));
        assert_eq!(counts(json!({ "target": "mock", "violations": [{}] })), (0, 0, 0));
        let copy =
            |status: u16, violations: Value| json!({ "target": "sent", "status": status, "violations": violations });
        assert_eq!(counts(copy(200, json!([]))), (1, 0, 0));
        assert_eq!(counts(copy(404, json!([]))), (1, 0, 1));
        assert_eq!(counts(copy(400, json!([{ "location": ["request"] }]))), (1, 0, 1));
    }
}
