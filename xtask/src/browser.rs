//! `cargo xtask check browser`: the pages for people and the documentation in a real browser, against a running server.
//!
//! The tests are `tests/browser`; they run under Node's own test runner, so that nothing is compiled for them. Pictures of
//! every state stay in `target/screenshots`.

use std::fs;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};

use crate::dev_server::DevServer;
use crate::docs;
use crate::process::run;
use crate::tools;
use crate::workspace::root;

/// Names under which the browser is known.
const CHROMIUM: [&str; 4] = ["chromium", "chromium-browser", "google-chrome-stable", "google-chrome"];

const HINT: &str = "install Chromium (Debian: apt-get install chromium), or say where one is: CHROMIUM=/path/to/chromium cargo xtask check browser";

/// The pages for people in every state, and of the documentation every page; one of each kind is looked at closely.
///
/// # Errors
/// There is no browser, or a page does not keep what it is held against.
pub(crate) fn check() -> Result<()> {
    run_tests(&["activate.test.mjs", "docs.test.mjs", "new-user.test.mjs"], &[])
}

/// Every page of the documentation is looked at closely.
///
/// # Errors
/// As [`check`].
pub(crate) fn check_every_page() -> Result<()> {
    run_tests(&["docs.test.mjs"], &[("EVERY_PAGE", "1")])
}

fn run_tests(files: &[&str], settings: &[(&str, &str)]) -> Result<()> {
    let chromium = chromium()?;
    let modules = tools::node_file("")?;
    let python = tools::python("python")?;
    let screenshots = root().join("target/screenshots");
    if screenshots.exists() {
        fs::remove_dir_all(&screenshots)?;
    }
    fs::create_dir_all(&screenshots)?;
    let site = root().join("target/check/docs");
    docs::write(&docs::Arguments { out: site.clone() })?;
    let server = DevServer::start(&root().join("target/check/browser"))?;
    let tests = root().join("tests/browser");
    run(Command::new("node")
        .args(["--test", "--test-concurrency=1", "--test-reporter=spec"])
        .args(files.iter().map(|file| tests.join(file)))
        .current_dir(root())
        .envs(settings.iter().copied())
        .env("CHROMIUM", chromium)
        .env("NODE_TOOLS", modules)
        .env("PYTHON", python.get_program())
        .env("SCREENSHOTS", &screenshots)
        .env("SITE", &site)
        .env("WORLD", server.world_file()))?;
    println!("pictures of every state are in target/screenshots");
    Ok(())
}

/// The browser, installed if the machine lets us.
fn chromium() -> Result<PathBuf> {
    if let Some(named) = std::env::var_os("CHROMIUM") {
        return Ok(named.into());
    }
    if let Some(found) = find() {
        return Ok(found);
    }
    install().context(HINT)?;
    find().context(HINT)
}

fn find() -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    let folders: Vec<PathBuf> = std::env::split_paths(&path).collect();
    let files = CHROMIUM.iter().flat_map(|name| folders.iter().map(move |folder| folder.join(name)));
    files.into_iter().find(|file| file.is_file())
}

fn install() -> Result<()> {
    let apt = |arguments: &[&str]| {
        let mut command = Command::new("apt-get");
        command.args(arguments).env("DEBIAN_FRONTEND", "noninteractive").stdin(Stdio::null());
        command
    };
    if apt(&["--version"]).stdout(Stdio::null()).status().is_err() {
        bail!("there is no Chromium, and no apt-get to install it");
    }
    run(&mut apt(&["update", "--quiet"]))?;
    run(&mut apt(&["install", "--yes", "--quiet", "--no-install-recommends", "chromium"]))
}
