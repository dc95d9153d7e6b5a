//! What pages say of the programs: each command line is one that the program takes, and the first block of the README that
//! runs a server does what it says. Paths, links and tasks are held by `cargo xtask check tidy`.

// One reading of pages for both: the tasks cannot depend on this crate, nor this crate on a program.
#[path = "../../xtask/src/markdown.rs"]
#[expect(dead_code, reason = "the tasks use the rest")]
mod markdown;

use std::fs;
use std::process::Command;

use contract_tests::document::root;
use contract_tests::server::Server;

use self::markdown::Page;
use crate::cli::{INVITE, Invite};
use crate::support::PROGRAM;

/// The programs, by what pages write to call them.
const PROGRAMS: [(&[&str], &str); 4] = [
    (&["invite-server"], PROGRAM),
    (&["cargo", "run", "--bin", "invite-server", "--"], PROGRAM),
    (&["invite"], INVITE),
    (&["cargo", "xtask", "contract"], env!("CARGO_BIN_EXE_contract-report")),
];

/// The program and its arguments, if a command calls one of ours.
fn called(words: &[String]) -> Option<(&'static str, &[String])> {
    PROGRAMS.iter().find_map(|(call, program)| {
        let (start, arguments) = words.split_at_checked(call.len())?;
        // `invite $JANE` is a file's own short form.
        let is_whole = !arguments.first().is_some_and(|first| first.starts_with('$'));
        (start == *call && is_whole).then_some((*program, arguments))
    })
}

/// What the program says against its arguments; what a short form leaves out is not missed, because help is asked for last, and
/// a value that stands for itself (`--to …`) is.
fn complaint(program: &str, arguments: &[String]) -> Option<String> {
    let run = Command::new(program).args(arguments).arg("--help").output().unwrap();
    let said = String::from_utf8_lossy(&run.stderr).lines().next().unwrap_or_default().to_owned();
    (!run.status.success() && !said.contains("a value is required")).then_some(said)
}

#[test]
fn each_command_line_of_a_page_is_one_that_the_program_takes() {
    let mut tried = 0;
    let mut wrong = Vec::new();
    for path in markdown::pages(&root()).unwrap().into_iter().chain(["tests/ci/contract.yml".to_owned()]) {
        // What it names may be gone.
        if path == "CHANGELOG.md" {
            continue;
        }
        let text = fs::read_to_string(root().join(&path)).unwrap();
        let commands = if path.ends_with(".yml") { markdown::workflow(&text) } else { Page::of(&text).commands() };
        for (line, words) in commands {
            let Some((program, arguments)) = called(&words) else { continue };
            tried += 1;
            wrong.extend(
                complaint(program, arguments).map(|said| format!("{path}:{line}: {}: {said}", words.join(" "))),
            );
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    assert!(tried > 30, "only {tried} command lines were found");
}

#[tokio::test]
async fn the_server_and_the_invitation_of_the_readme_work_as_they_stand_there() {
    let page = Page::of(&fs::read_to_string(root().join("README.md")).unwrap());
    let commands: Vec<_> = page.commands().into_iter().map(|(_, words)| words).collect();
    let line = |program: &str, first: &str| {
        let ours = commands.iter().filter_map(|words| called(words));
        let mut ours =
            ours.filter(|(found, arguments)| *found == program && arguments.first().is_some_and(|word| word == first));
        ours.next().unwrap_or_else(|| panic!("the README has no `{first}`")).1
    };
    // The address and the folder are of this test alone; everything else is as it stands there.
    let dev = line(PROGRAM, "dev");
    assert_eq!(dev, ["dev", "--listen", "127.0.0.1:8080", "--data-dir", "target/dev"]);
    let server = Server::start(PROGRAM, &[]).await;
    let folder = server.folder().display().to_string();
    let invite = Invite::new();
    for first in ["profile", "muninx"] {
        let arguments: Vec<_> = line(INVITE, first).iter().map(|word| word.replace("target/dev", &folder)).collect();
        invite.run(&arguments.iter().map(String::as_str).collect::<Vec<_>>()).succeeded();
    }
    assert!(invite.all_printed().contains("A confirmation email has been sent"), "{}", invite.all_printed());
    server.mail("jane@customer.example", 1).await;
}
