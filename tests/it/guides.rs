//! The guides for readers of the API: their commands are run in order, what they show is what is compiled, and what they lead to
//! is there.

use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::Command;

use contract_tests::database;
use contract_tests::document::{document, root};
use contract_tests::server::Server;
use invite_api::security::Operation;
use tempfile::TempDir;

use crate::samples::language::samples;
use crate::support::{PROGRAM, server};

const FOLDER: &str = "server/docs/guides";

/// Every guide: its name and its text.
fn guides() -> Vec<(String, String)> {
    let files = std::fs::read_dir(root().join(FOLDER)).unwrap().map(|entry| entry.unwrap().path());
    let mut guides: Vec<(String, String)> =
        files.map(|path| (name(&path), std::fs::read_to_string(&path).unwrap())).collect();
    guides.sort();
    guides
}

fn name(path: &Path) -> String {
    path.file_stem().unwrap().to_str().unwrap().to_owned()
}

/// The fenced blocks of a language.
fn blocks<'a>(text: &'a str, language: &str) -> Vec<&'a str> {
    let begin = format!("```{language}\n");
    text.split(&begin).skip(1).map(|rest| rest.split("\n```").next().unwrap()).collect()
}

#[tokio::test]
async fn the_commands_of_every_guide_work_in_their_order() {
    let mut run = Vec::new();
    for (name, text) in guides() {
        let commands = blocks(&text, "sh").join("\n");
        if !commands.is_empty() {
            all_succeed(&server().await, &name, &commands);
            run.push(name);
        }
    }
    for flow in ["getting-started", "kare", "muninx", "nexus", "unleash"] {
        assert!(run.iter().any(|name| name == flow), "{flow} has no commands");
    }
}

/// Runs the commands in one shell, in a folder that has the world of the server and its programs where readers have them.
fn all_succeed(server: &Server, guide: &str, commands: &str) {
    let folder = TempDir::new().unwrap();
    let programs = folder.path().join("bin");
    for made in [folder.path().join("target"), programs.clone()] {
        std::fs::create_dir(made).unwrap();
    }
    symlink(server.folder(), folder.path().join("target/dev")).unwrap();
    symlink(env!("CARGO_BIN_EXE_cli-under-test"), programs.join("invite")).unwrap();
    symlink(PROGRAM, programs.join("invite-server")).unwrap();
    let path = std::env::var_os("PATH").unwrap();
    let path = std::env::join_paths(std::iter::once(programs).chain(std::env::split_paths(&path))).unwrap();
    let mut shell = Command::new("sh");
    shell.args(["-eu", "-c", commands]).current_dir(folder.path()).env("PATH", path);
    shell.envs(database::url(server.folder().parent().unwrap()).map(|url| ("INVITE_DATABASE", url)));
    // What the reader's `invite` keeps goes here, too.
    let output = shell.env("XDG_CONFIG_HOME", folder.path()).output().unwrap();
    let said = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
    assert!(output.status.success(), "{guide}: {}\n{said}\n{}", output.status, server.output());
}

#[test]
fn the_programs_in_rust_that_guides_show_are_samples() {
    let samples = samples();
    let shown: Vec<String> =
        guides().iter().flat_map(|(_, text)| blocks(text, "rust")).map(|block| format!("{block}\n")).collect();
    assert!(!shown.is_empty());
    for program in shown {
        assert!(samples.values().any(|sample| sample["rust"] == program.as_str()), "no sample is\n{program}");
    }
}

#[test]
fn what_guides_lead_to_is_there() {
    let description = document()["info"]["description"].as_str().unwrap();
    let (_, types) = description.split_once("\n# Problem types\n").unwrap();
    let codes: Vec<&str> = types.lines().filter_map(|line| line.strip_prefix("## ")).collect();
    let mut lost = Vec::new();
    for (name, text) in guides() {
        assert!(text.starts_with("# "), "{name} begins without a title");
        for link in text.split("](").skip(1).map(|rest| rest.split(')').next().unwrap()) {
            let page = link.split('#').next().unwrap().strip_suffix(".html");
            let is_there = match page.and_then(|page| page.split_once('/')) {
                Some(("operations", id)) => Operation::ALL.iter().any(|operation| operation.id() == id),
                Some(("problems", code)) => codes.contains(&code),
                Some(("guides", guide)) => root().join(FOLDER).join(guide).with_extension("md").exists(),
                _ => link.starts_with("https://"),
            };
            if !is_there {
                lost.push(format!("{name}: {link}"));
            }
        }
    }
    assert!(lost.is_empty(), "{}", lost.join("\n"));
}
