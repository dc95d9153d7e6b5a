//! Unleash's own server, held against the document as `cargo xtask contract` holds any server: what is known of how it departs
//! must be found without being told.
//!
//! The server is the vendor's npm package at an exact version, installed below `target` and run on a PostgreSQL server of this
//! run's own. Nothing of it is in this project.

use std::fs::{self, File};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use serde_json::Value;

use crate::contract;
use crate::postgres::{self, Database};
use crate::process::captured;
use crate::tools;
use crate::workspace::root;

/// How long the server may take to make its tables.
const START: Duration = Duration::from_secs(180);
/// Connections of its database.
const CONNECTIONS: u32 = 50;
/// The administrator's key that the server is started with. It guards nothing but this run.
const KEY: &str = "*:*.2b7e151628aed2a6abf7158809cf4f3c";

/// Code, what the document says and what came: how the server is known to depart at a sign-up. The texts go on.
const KNOWN: [[&str; 3]; 3] = [
    ["vendor_status", "200 ", "201, "],
    ["other_status", "409 ", "400 "],
    ["body_missing", "400 ", "400 with an empty body"],
];

/// As a step of `nightly`.
pub(crate) fn check() -> Result<()> {
    let program = tools::unleash("unleash-server/dist/server.js")?;
    let Some(database) = Database::own(CONNECTIONS)? else { return postgres::do_without() };
    let folder = root().join("target/check/unleash");
    fs::create_dir_all(&folder)?;
    let server = Server::start(&program, &database, &folder)?;
    let mut report = contract::program()?;
    report.args(["--base-url", &server.base_url, "--flow", "unleash", "--write", "--json"]);
    report
        .args(["--world", "tests/worlds/unleash.json"])
        .current_dir(root())
        .env("INVITE_CONTRACT_UNLEASH_API_KEY", KEY);
    let output = captured(&mut report)?;
    fs::write(folder.join("report.json"), &output.stdout)?;
    ensure!(output.status.code() == Some(1), "the report ended with {}", output.status);
    judge(&serde_json::from_slice(&output.stdout).context("the report is not JSON")?)
}

fn judge(report: &Value) -> Result<()> {
    let findings = report["findings"].as_array().map_or(&[][..], Vec::as_slice);
    for [code, says, came] in KNOWN {
        let begins = |text: &Value, with: &str| text.as_str().is_some_and(|text| text.starts_with(with));
        let is_it = |finding: &&Value| {
            finding["operation"] == "unleash_signup"
                && finding["code"] == code
                && begins(&finding["says"], says)
                && begins(&finding["came"], came)
        };
        let Some(found) = findings.iter().find(is_it) else {
            bail!("not found: {code}, {came} for {says}; see target/check/unleash/report.json");
        };
        println!("{code}: the document says {}; came {}", found["says"], found["came"]);
    }
    println!("{} departures, all of them in target/check/unleash/report.json", findings.len());
    Ok(())
}

/// The vendor's server.
struct Server {
    child: Child,
    base_url: String,
}

impl Server {
    fn start(program: &Path, database: &Database, folder: &Path) -> Result<Self> {
        let port = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?.port();
        let log = File::create(folder.join("server.log"))?;
        let mut command = Command::new("node");
        command.arg(program).current_dir(folder).stdin(Stdio::null()).stdout(log.try_clone()?).stderr(log);
        command.env("DATABASE_URL", database.url()).env("DATABASE_SSL", "false").env("INIT_ADMIN_API_TOKENS", KEY);
        command.env("HOST", "127.0.0.1").env("PORT", port.to_string());
        // It asks its vendor for nothing.
        command.env("CHECK_VERSION", "false").env("SEND_TELEMETRY", "false");
        let child = command.spawn().context("cannot start node")?;
        let mut server = Self { child, base_url: format!("http://127.0.0.1:{port}") };
        let deadline = Instant::now() + START;
        // It listens once it has made its tables.
        while TcpStream::connect((Ipv4Addr::LOCALHOST, port)).is_err() {
            if let Some(status) = server.child.try_wait()? {
                bail!("the server ended ({status}); its log is target/check/unleash/server.log");
            }
            ensure!(Instant::now() < deadline, "the server does not listen after {} s", START.as_secs());
            std::thread::sleep(Duration::from_millis(100));
        }
        Ok(server)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_report_without_what_is_known_fails() {
        let finding = |[code, says, came]: [&str; 3]| json!({ "operation": "unleash_signup", "code": code, "says": says, "came": came });
        let all: Vec<Value> = KNOWN.map(finding).to_vec();
        assert!(judge(&json!({ "findings": all })).is_ok());
        for left_out in 0..KNOWN.len() {
            let mut findings = all.clone();
            findings.remove(left_out);
            assert!(judge(&json!({ "findings": findings })).is_err(), "{left_out}");
        }
    }
}
