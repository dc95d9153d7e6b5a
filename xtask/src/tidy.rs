//! The house rules that a machine can hold: who may know whom, sizes, module docs, paths that exist.

use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Result, bail};

use crate::process::output;
use crate::workspace::root;

/// A hand-written file longer than this fails; it wants to be two.
const MAX_LINES: usize = 600;

/// A word that only some files may contain.
struct Fence {
    rule: &'static str,
    words: &'static [&'static str],
    inside: &'static str,
    only: &'static [&'static str],
}

const FENCES: &[Fence] = &[
    Fence {
        rule: "only http, pages and the wiring know dropshot and the generated contract",
        words: &["dropshot::", "invite_api::"],
        inside: "server/src/",
        only: &["server/src/http", "server/src/pages", "server/src/server.rs"],
    },
    Fence {
        rule: "only the store knows the database",
        words: &["sqlx::"],
        inside: "server/",
        only: &["server/src/store"],
    },
    Fence {
        rule: "only mail knows the SMTP crate",
        words: &["lettre::"],
        inside: "server/",
        only: &["server/src/mail"],
    },
    Fence {
        rule: "the command line is where `cargo xtask verdict` looks whether it differs",
        words: &["clap::"],
        inside: "server/src/",
        only: &["server/src/cli.rs", "server/src/cli/flags.rs"],
    },
    Fence { rule: "use cases know nothing of HTTP", words: &["crate::http"], inside: "server/src/app", only: &[] },
    Fence {
        rule: "the rules are free of wire formats and of I/O",
        words: &["serde::", "tokio::", "async fn", "std::fs", "std::net"],
        inside: "server/domain/",
        only: &[],
    },
    Fence {
        rule: "the clock is read in one place",
        words: &["Utc::now(", "SystemTime::now("],
        inside: "server/src/",
        only: &["server/src/clock.rs"],
    },
    Fence {
        rule: "randomness enters in one place",
        words: &["rand::"],
        inside: "server/src/",
        only: &["server/src/entropy.rs"],
    },
    Fence {
        rule: "client and generator stand alone",
        words: &["invite_server::", "invite_domain::", "invite_api::", "dropshot::", "schemars::"],
        inside: "sdk/",
        only: &[],
    },
    Fence {
        rule: "the client does not know its mock",
        words: &["invite_mock::"],
        inside: "sdk/",
        only: &["sdk/mock/"],
    },
    Fence {
        rule: "the generator knows nothing of invitations, and the tasks use no generated crate",
        words: &["invite_sdk::", "invite_cli::", "invite_mock::", "invite_api::", "invite_server::"],
        inside: "xtask/",
        only: &["xtask/src/tidy.rs"],
    },
];

/// Files in which readers look for paths.
const MAPS: [&str; 6] =
    ["README.md", "CONTRIBUTING.md", "openapi/README.md", "sdk/README.md", "sdk/cli/README.md", "sdk/mock/README.md"];

/// Everything that is wrong with the tree, at once.
///
/// # Errors
/// A rule is broken; each place is printed.
pub(crate) fn check() -> Result<()> {
    let listed = output(
        Command::new("git").args(["ls-files", "--cached", "--others", "--exclude-standard"]).current_dir(root()),
    )?;
    let mut problems = Vec::new();
    let sources =
        listed.lines().filter(|path| path.ends_with(".rs") && !is_generated(path) && root().join(path).exists());
    for path in sources {
        let text = fs::read_to_string(root().join(path))?;
        check_source(path, &text, &mut problems);
    }
    for map in MAPS {
        check_map(map, &fs::read_to_string(root().join(map)).unwrap_or_default(), &mut problems);
    }
    if problems.is_empty() {
        return Ok(());
    }
    problems.iter().for_each(|problem| eprintln!("{problem}"));
    bail!("{} house rules are broken", problems.len());
}

fn is_generated(path: &str) -> bool {
    path.contains("/generated/") || path.contains("/golden/")
}

fn check_source(path: &str, text: &str, problems: &mut Vec<String>) {
    let lines = text.lines().count();
    if lines > MAX_LINES {
        problems.push(format!("{path}:{lines}: longer than {MAX_LINES} lines; split it by concern"));
    }
    let documented = text.lines().find(|line| !line.starts_with("#!") && !line.is_empty());
    if !documented.is_some_and(|line| line.starts_with("//!")) && !text.contains("#![doc = include_str!") {
        problems.push(format!("{path}:1: begins without module docs; say what it holds"));
    }
    for fence in FENCES.iter().filter(|fence| path.starts_with(fence.inside)) {
        if fence.only.iter().any(|allowed| path.starts_with(allowed)) {
            continue;
        }
        for (index, line) in text.lines().enumerate() {
            let code = line.split("//").next().unwrap_or_default();
            if let Some(word) = fence.words.iter().find(|word| code.contains(**word)) {
                problems.push(format!("{path}:{}: `{word}` here, but {}", index + 1, fence.rule));
            }
        }
    }
}

/// Every path in backticks or parentheses that begins with a folder of the project must exist.
fn check_map(map: &str, text: &str, problems: &mut Vec<String>) {
    for (index, line) in text.lines().enumerate() {
        for word in line.split(['`', '(', ')', ' ', '"', ',']) {
            let word = word.trim_end_matches(['.', ':', ';']);
            let first = word.split('/').next().unwrap_or_default();
            let known = ["openapi", "sdk", "server", "tests", "xtask"].contains(&first) && word.contains('/');
            if known && !word.contains(['<', '*', '{', '…']) && !Path::new(&root()).join(word).exists() {
                problems.push(format!("{map}:{}: `{word}` does not exist", index + 1));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_beyond_its_fence_is_found_and_comments_are_not() {
        let mut problems = Vec::new();
        check_source("server/src/app/x.rs", "//! Docs.\nuse sqlx::Row;\n// sqlx::Row\n", &mut problems);
        assert_eq!(problems.len(), 1, "{problems:?}");
        assert!(problems[0].starts_with("server/src/app/x.rs:2:"), "{problems:?}");
    }

    #[test]
    fn a_path_that_does_not_exist_is_found() {
        let mut problems = Vec::new();
        check_map("README.md", "see `openapi/invite.yaml` and `openapi/nothing.yaml`", &mut problems);
        assert_eq!(problems, ["README.md:1: `openapi/nothing.yaml` does not exist"]);
    }
}
