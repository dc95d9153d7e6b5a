//! `cargo xtask nightly unleash`: Unleash's own server, held against the document as `cargo xtask contract` holds any server. What is
//! known of how it departs must be found without being told, and `tests/reports/unleash.md` must say what was found.
//!
//! The server is the vendor's npm package at an exact version, installed below `target` and run on a PostgreSQL server of this
//! run's own. Nothing of it is in this project.

use std::collections::BTreeSet;
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
use crate::workspace::{root, write_if_changed};

/// What was found, for readers. It says nothing that differs from one machine to another.
const PAGE: &str = "tests/reports/unleash.md";
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
    let Some(database) = Database::own(CONNECTIONS, postgres::Commits::Quick)? else { return postgres::do_without() };
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
    let report = serde_json::from_slice(&output.stdout).context("the report is not JSON")?;
    judge(&report)?;
    let page = page(&report, &version()?);
    ensure!(!write_if_changed(&root().join(PAGE), &page)?, "{PAGE} was stale and is made anew; look at what differs");
    Ok(())
}

/// The version of the vendor's server.
fn version() -> Result<String> {
    let pins: Value = serde_json::from_str(&fs::read_to_string(tools::settings().join("unleash/package.json"))?)?;
    let version = pins["dependencies"]["unleash-server"].as_str();
    Ok(version.context("xtask/tools/unleash/package.json names no unleash-server")?.to_owned())
}

/// The report as a page. Departures that differ in nothing but their case are one row.
fn page(report: &Value, version: &str) -> String {
    let list = |name: &str| report[name].as_array().map_or(&[][..], Vec::as_slice);
    let mut rows: Vec<([String; 4], Vec<&str>)> = Vec::new();
    for finding in list("findings") {
        let row = ["operation", "code", "says", "came"].map(|member| cell(&finding[member]));
        let case = finding["case"].as_str().unwrap_or_default();
        match rows.iter_mut().find(|(other, _)| *other == row) {
            Some((_, cases)) => cases.push(case),
            None => rows.push((row, vec![case])),
        }
    }
    let departed: BTreeSet<&str> = rows.iter().flat_map(|(_, cases)| cases).copied().collect();
    let (kept, departed, not_made) = (list("kept").len(), departed.len(), list("not_made").len());
    let rows: String = rows
        .iter()
        .map(|([operation, code, says, came], cases)| {
            let more = if cases.len() > 1 { format!(" and {} more", cases.len() - 1) } else { String::new() };
            format!("| `{operation}` | `{code}` | {says} | {came} | `{}`{more} |\n", cases[0])
        })
        .collect();
    format!(
        "{}\n{kept} cases keep the document, {departed} depart from it, {not_made} could not be made.\n\n{TABLE}{rows}",
        intro(version)
    )
}

/// A text of the report in a table. How long a body was depends on the machine, whose paths it tells.
fn cell(text: &Value) -> String {
    let text = text.as_str().unwrap_or_default().replace('|', "\\|");
    match text.strip_suffix(" bytes that are no JSON").and_then(|text| text.rsplit_once(' ')) {
        Some((before, _)) => format!("{before} a body that is no JSON"),
        None => text,
    }
}

const TABLE: &str = "| operation | departs in | the document says | what came | cases |\n|---|---|---|---|---|\n";

fn intro(version: &str) -> String {
    format!(
        "<!-- Written by `cargo xtask nightly unleash`; do not edit. -->\n\
         # What Unleash's own server departs in\n\n\
         unleash-server {version} from npm, held against `openapi/invite.yaml`, with requests that write (`tests/worlds/unleash.json`).\n\
         Two things to know when reading it: limits of lengths and of the body's size are this project's own, and whatever the vendor's\n\
         server takes beyond them is a departure as well; the document knows of the 201 (`x-sent-by: vendor`) and says so.\n"
    )
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
    fn a_page_says_alike_departures_once_and_nothing_of_the_machine() {
        let finding = |case: &str, came: &str| json!({ "operation": "op", "code": "body_not_json", "case": case, "says": "400 | JSON", "came": came });
        let findings = [
            finding("op/a", "400 with 17 bytes that are no JSON"),
            finding("op/b", "400 with 9 bytes that are no JSON"),
        ];
        let page = page(&json!({ "findings": findings, "kept": ["op/c"], "not_made": [] }), "1.2.3");
        assert!(page.contains("unleash-server 1.2.3 from npm"), "{page}");
        assert!(page.contains("\n1 cases keep the document, 2 depart from it, 0 could not be made.\n"), "{page}");
        let row = "| `op` | `body_not_json` | 400 \\| JSON | 400 with a body that is no JSON | `op/a` and 1 more |";
        assert_eq!(page.lines().filter(|line| line.starts_with("| `op`")).collect::<Vec<_>>(), [row]);
    }

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
