//! `cargo xtask demo`: a server on the embedded default, and all four flows through the SDK, told step by step.

use std::process::{Command, ExitCode};

use anyhow::{Result, bail};

use crate::dev_server::{DevServer, built};
use crate::process::build;
use crate::workspace::root;

pub(crate) fn run_demo() -> Result<ExitCode> {
    drive("target/demo", &["demo"])?;
    println!("\nTo keep a server running and try it yourself:");
    println!("  cargo run --bin invite-server -- dev --listen 127.0.0.1:8080 --data-dir target/dev");
    println!(
        "Its credentials are in target/dev/dev.json, its mails in target/dev/mailbox, its documentation at http://127.0.0.1:8080/docs/"
    );
    Ok(ExitCode::SUCCESS)
}

/// The same as a step of the check, and every other example of the client after it.
pub(crate) fn check() -> Result<()> {
    drive("target/check/demo", &["demo", "muninx", "kare", "nexus", "unleash"])
}

fn drive(folder: &str, examples: &[&str]) -> Result<()> {
    println!("building the server and the client; the first time takes some minutes");
    let named: Vec<&str> = examples.iter().flat_map(|example| ["--example", *example]).collect();
    build(&named)?;
    let server = DevServer::start(&root().join(folder))?;
    for example in examples {
        let mut program = Command::new(built(&format!("examples/{example}"))?);
        let status = program.arg(server.world_file()).status()?;
        if !status.success() {
            bail!("the example `{example}` failed; the server's log is {folder}/server.log");
        }
    }
    Ok(())
}
