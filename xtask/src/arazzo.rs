//! The journeys of `openapi/journeys.arazzo.yaml`, run by Redocly's `respect` against a development server.
//!
//! `respect` sends what the file says, follows the values from step to step, and holds every answer against
//! `openapi/invite.yaml` by itself. What the API does not tell, the mail, is `openapi/inbox.yaml`: [`Inbox`] plays it on the
//! folder that the development server writes its mails into.

use std::fs;
use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use serde_json::{Value, json};

use crate::dev_server::DevServer;
use crate::generate::DOCUMENT;
use crate::process::{captured, run};
use crate::tools;
use crate::workspace::root;

const JOURNEYS: &str = "openapi/journeys.arazzo.yaml";
const INBOX: &str = "openapi/inbox.yaml";
/// Each has a journey of its name.
const FLOWS: [&str; 4] = ["muninx", "kare", "nexus", "unleash"];
/// How long a mail may take.
const WAIT: Duration = Duration::from_secs(20);

pub(crate) fn check() -> Result<()> {
    let read = |path: &str| -> Result<Value> {
        let text = fs::read_to_string(root().join(path)).with_context(|| format!("cannot read {path}"))?;
        Ok(dropshot_codegen::Document::parse(path, &text)?.value)
    };
    let journeys = read(JOURNEYS)?;
    every_step_is_an_operation(&journeys, &[read(DOCUMENT)?, read(INBOX)?])?;
    let config = tools::settings().join("redocly.yaml");
    let mut redocly = tools::node("redocly")?;
    run(redocly.args(["lint", JOURNEYS, INBOX, "--config"]).arg(config).env("REDOCLY_TELEMETRY", "off"))?;
    let folder = root().join("target/check/arazzo");
    let server = DevServer::start(&folder)?;
    let inbox = Inbox::open(server.world()["mailbox"].as_str().context("dev.json names no mailbox")?)?;
    let report = folder.join("respect.json");
    let mut respect = tools::node("redocly")?;
    respect.args(["respect", JOURNEYS, "--json-output"]).arg(&report).env("REDOCLY_TELEMETRY", "off");
    // By environment, so that no credential is on a command line.
    respect.env("REDOCLY_CLI_RESPECT_INPUT", inputs(server.world()).to_string());
    respect.env("REDOCLY_CLI_RESPECT_SERVER", format!("invite={},inbox={}", server.base_url(), inbox.base_url));
    let output = captured(&mut respect)?;
    if !output.status.success() {
        eprintln!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        bail!("a journey does not go as {JOURNEYS} says; the server's log is target/check/arazzo/server.log");
    }
    let text = fs::read_to_string(&report).with_context(|| format!("cannot read {}", report.display()))?;
    judge(&journeys, &serde_json::from_str(&text)?)
}

/// Every step names an operation of one of the documents, and every flow has a workflow.
fn every_step_is_an_operation(journeys: &Value, documents: &[Value]) -> Result<()> {
    let known: Vec<&str> = documents
        .iter()
        .flat_map(|document| document["paths"].as_object().into_iter().flat_map(|paths| paths.values()))
        .flat_map(|path| path.as_object().into_iter().flat_map(|methods| methods.values()))
        .filter_map(|operation| operation["operationId"].as_str())
        .collect();
    let workflows = members(&journeys["workflows"]);
    for step in workflows.iter().flat_map(|workflow| members(&workflow["steps"])) {
        let operation = step["operationId"].as_str().unwrap_or_default();
        ensure!(known.contains(&operation), "{JOURNEYS}: step {}: there is no operation `{operation}`", step["stepId"]);
    }
    for flow in FLOWS {
        ensure!(workflows.iter().any(|workflow| workflow["workflowId"] == flow), "{JOURNEYS} has no workflow `{flow}`");
    }
    Ok(())
}

/// What the exit code does not say: that every step was taken, and how much was looked at.
fn judge(journeys: &Value, report: &Value) -> Result<()> {
    let files = report["files"].as_object().context("the report of `respect` has no `files`")?;
    let (mut steps, mut checks) = (0, 0);
    for workflow in files.values().flat_map(|file| members(&file["executedWorkflows"])) {
        for step in members(&workflow["executedSteps"]) {
            steps += 1;
            checks += members(&step["checks"]).len();
        }
    }
    let workflows = members(&journeys["workflows"]);
    let told: usize = workflows.iter().map(|workflow| members(&workflow["steps"]).len()).sum();
    ensure!(steps == told && checks > steps, "{steps} steps of {told} were taken, with {checks} checks");
    println!("{} journeys from invitation to session: {steps} steps, {checks} checks", workflows.len());
    Ok(())
}

fn members(list: &Value) -> &[Value] {
    list.as_array().map_or(&[], Vec::as_slice)
}

/// What the workflows ask for: the credentials of the world, and addresses that nobody in it has.
fn inputs(world: &Value) -> Value {
    let credentials = &world["credentials"];
    json!({
        "muninxBearer": credentials["muninx"]["bearer"],
        "muninxAddress": "jane.doe@customer.example",
        "organization": world["customer_organization"]["slug"],
        "kareBearer": credentials["kare"]["bearer"],
        "kareSession": credentials["kare"]["session_token"],
        "kareAddress": "john.doe@customer.example",
        "nexusBearer": credentials["nexus"]["bearer"],
        "nexusApplicationToken": credentials["nexus"]["application_token"],
        "organizationId": world["organization"]["id"],
        "nexusAddress": "maria.silva@customer.example",
        "unleashApiKey": credentials["unleash"]["admin_api_key"],
        "unleashAddress": "hunter@customer.example",
        "password": "seven quiet otters swim",
    })
}

/// Somebody who reads mails, on a loopback port until this program ends.
struct Inbox {
    base_url: String,
}

impl Inbox {
    fn open(folder: &str) -> Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").context("no free port for the inbox")?;
        let base_url = format!("http://{}", listener.local_addr()?);
        let folder = PathBuf::from(folder);
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                // Whoever asked has gone; there is nobody to tell.
                let _ = answer(stream, &folder);
            }
        });
        Ok(Self { base_url })
    }
}

/// `GET /secrets/{address}`, one request a connection.
fn answer(mut stream: TcpStream, folder: &Path) -> Result<()> {
    let mut lines = BufReader::new(stream.try_clone()?).lines();
    let request = lines.next().context("no request")??;
    // The headers say nothing that matters here; unread, they would break the connection.
    while lines.next().transpose()?.is_some_and(|line| !line.is_empty()) {}
    let path = request.split(' ').nth(1).unwrap_or_default();
    let address = path.trim_start_matches("/secrets/").replace("%40", "@");
    let deadline = Instant::now() + WAIT;
    let secret = loop {
        let found = secret(folder, &address);
        if found.is_some() || Instant::now() > deadline {
            break found;
        }
        std::thread::sleep(Duration::from_millis(20));
    };
    let (status, kind, body) = match secret {
        Some(secret) => ("200 OK", "content-type: application/json\r\n", json!({ "secret": secret }).to_string()),
        None => ("404 Not Found", "", String::new()),
    };
    let length = body.len();
    write!(stream, "HTTP/1.1 {status}\r\n{kind}content-length: {length}\r\nconnection: close\r\n\r\n{body}")?;
    Ok(())
}

/// What the fragment of the link in the mail to `address` holds.
fn secret(folder: &Path, address: &str) -> Option<String> {
    let mails = fs::read_dir(folder).ok()?.flatten().map(|entry| entry.path());
    let mails = mails.filter(|path| path.extension().is_some_and(|extension| extension == "eml"));
    mails.filter_map(|path| fs::read_to_string(path).ok()).find_map(|mail| linked(&mail, address))
}

/// The same of one mail. The secret is made of letters that quoted-printable leaves alone.
fn linked(mail: &str, address: &str) -> Option<String> {
    let mail = mail.replace("\r\n", "\n");
    mail.split("\n\n").next()?.lines().find(|line| line.starts_with("To:") && line.contains(address))?;
    let text = mail.replace("=\n", "").replace("=3D", "=");
    let (_, fragment) = text.split_once("/activate#")?;
    let (_, secret) = fragment.split_once('=')?;
    Some(secret.split(|c: char| c.is_whitespace() || c == '"').next()?.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_read_out_of_a_mail_to_that_address_alone() {
        let mail = "From: a@b.example\r\nTo: jane@c.example\r\n\r\nOpen\r\n\r\nhttp://h/activate#challenge=3Dact_x=\r\ny-Z\r\n\r\nBye\r\n";
        assert_eq!(linked(mail, "jane@c.example").as_deref(), Some("act_xy-Z"));
        assert_eq!(linked(mail, "john@c.example"), None);
    }

    #[test]
    fn a_step_without_an_operation_and_a_flow_without_a_workflow_are_errors() {
        let document = json!({ "paths": { "/x": { "get": { "operationId": "x" } } } });
        let journeys = |operation: &str, flows: &[&str]| {
            let workflow =
                |flow: &&str| json!({ "workflowId": flow, "steps": [{ "stepId": "s", "operationId": operation }] });
            json!({ "workflows": flows.iter().map(workflow).collect::<Vec<_>>() })
        };
        let judged = |operation: &str, flows: &[&str]| {
            every_step_is_an_operation(&journeys(operation, flows), std::slice::from_ref(&document))
        };
        assert!(judged("x", &FLOWS).is_ok());
        assert!(judged("y", &FLOWS).is_err());
        assert!(judged("x", &FLOWS[1..]).is_err());
    }

    #[test]
    fn a_report_that_lacks_a_step_is_an_error() {
        let journeys = json!({ "workflows": [{ "steps": [{}, {}] }] });
        let report = |steps: Value| json!({ "files": { "f": { "executedWorkflows": [{ "executedSteps": steps }] } } });
        let step = json!({ "checks": [{}, {}] });
        assert!(judge(&journeys, &report(json!([step, step]))).is_ok());
        assert!(judge(&journeys, &report(json!([step]))).is_err());
    }
}
