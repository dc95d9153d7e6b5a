//! The house rules that a machine can hold: who may know whom, sizes, module docs, examples, and that pages
//! speak of what is there.

mod examples;
mod pages;

use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Result, bail};

use crate::process::{captured, cargo, output};
use crate::workspace::root;

/// A hand-written file longer than this fails; it wants to be two.
const MAX_LINES: usize = 600;

/// A word that only some files may contain.
struct Fence {
    rule: &'static str,
    words: &'static [&'static str],
    inside: &'static [&'static str],
    only: &'static [&'static str],
}

const FENCES: &[Fence] = &[
    Fence {
        rule: "only http, pages and the wiring know dropshot and the generated contract",
        words: &["dropshot::", "invite_api::"],
        inside: &["server/src/"],
        only: &["server/src/http", "server/src/pages", "server/src/server.rs"],
    },
    Fence {
        rule: "only the store knows the database",
        words: &["rusqlite::", "tokio_postgres::", "deadpool::", "deadpool_postgres::"],
        inside: &["server/"],
        only: &["server/src/store"],
    },
    Fence {
        rule: "only mail knows the SMTP crate",
        words: &["lettre::"],
        inside: &["server/"],
        only: &["server/src/mail"],
    },
    Fence {
        rule: "only mail and the documentation know the template engine",
        words: &["minijinja::"],
        inside: &["server/"],
        only: &["server/src/mail", "server/docs/build/"],
    },
    Fence {
        rule: "only metrics knows the library of metrics",
        words: &["prometheus::"],
        inside: &["server/"],
        only: &["server/src/metrics"],
    },
    Fence {
        rule: "the command line is where `cargo xtask verdict` looks whether it differs",
        words: &["clap::"],
        inside: &["server/src/"],
        only: &["server/src/cli.rs", "server/src/cli/"],
    },
    Fence { rule: "use cases know nothing of HTTP", words: &["crate::http"], inside: &["server/src/app"], only: &[] },
    Fence {
        rule: "what is served asks use cases, not the store",
        words: &["crate::store"],
        inside: &["server/src/http", "server/src/pages"],
        // Its tests make errors of the store.
        only: &["server/src/http/error.rs"],
    },
    Fence {
        rule: "store and mail know no use cases",
        words: &["crate::app"],
        inside: &["server/src/store", "server/src/mail"],
        only: &[],
    },
    Fence {
        rule: "the rules are free of wire formats and of I/O",
        words: &["serde::", "tokio::", "async fn", "std::fs", "std::net"],
        inside: &["server/domain/"],
        only: &[],
    },
    Fence {
        rule: "the clock is read in one place",
        words: &["Utc::now(", "SystemTime::now("],
        inside: &["server/src/"],
        only: &["server/src/clock.rs"],
    },
    Fence {
        rule: "randomness enters in one place",
        words: &["rand::"],
        inside: &["server/src/"],
        only: &["server/src/entropy.rs"],
    },
    Fence {
        rule: "the client stands alone",
        words: &["invite_server::", "invite_domain::", "invite_api::", "dropshot::", "schemars::"],
        inside: &["sdk/"],
        only: &[],
    },
    Fence {
        rule: "the client does not know its mock",
        words: &["invite_mock::"],
        inside: &["sdk/"],
        only: &["sdk/mock/"],
    },
    Fence {
        rule: "the generator knows nothing of invitations, and the tasks use no generated crate",
        words: &[
            "invite_sdk::",
            "invite_cli::",
            "invite_mock::",
            "invite_api::",
            "invite_docs::",
            "invite_domain::",
            "invite_server::",
        ],
        inside: &["xtask/"],
        only: &["xtask/src/tidy.rs"],
    },
];

/// Crates that others compile, which say with what, in their pages and in their manifests.
const PUBLISHED: [&str; 3] = ["sdk", "sdk/cli", "sdk/mock"];

/// Packages outside of the workspace, whose lock files no other step looks at.
const LOCKED: [&str; 2] = ["xtask/codegen/fuzz", "tests/fuzz"];

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
    for folder in examples::CRATES {
        check_examples(folder, listed.lines(), &mut problems)?;
    }
    for folder in LOCKED {
        check_lock(&root().join(folder), &mut problems)?;
    }
    pages::check(&root(), &mut problems)?;
    let read = |path: &str| fs::read_to_string(root().join(path)).unwrap_or_default();
    check_rust(
        &read("Cargo.toml"),
        &read("rust-toolchain.toml"),
        &PUBLISHED.map(|folder| (folder, read(&format!("{folder}/README.md")), read(&format!("{folder}/Cargo.toml")))),
        &mut problems,
    );
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
    for fence in FENCES.iter().filter(|fence| fence.inside.iter().any(|inside| path.starts_with(inside))) {
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

/// The lock file has the crates that the manifests ask for, its own and those of the crates of the tree that it stands on.
fn check_lock(folder: &Path, problems: &mut Vec<String>) -> Result<()> {
    let mut metadata = cargo();
    metadata.args(["metadata", "--quiet", "--locked", "--format-version", "1", "--manifest-path"]);
    if !captured(metadata.arg(folder.join("Cargo.toml")))?.status.success() {
        let folder = folder.strip_prefix(root()).unwrap_or(folder).display();
        problems.push(format!(
            "{folder}/Cargo.lock: not as the manifests want it; run `cargo metadata` there without --locked"
        ));
    }
    Ok(())
}

/// The Rust that the crates promise to compile with is the one that everything is checked with, and they say so.
fn check_rust(workspace: &str, toolchain: &str, published: &[(&str, String, String)], problems: &mut Vec<String>) {
    let value = |text: &str, key: &str| -> Option<String> {
        let line = text.lines().find(|line| line.starts_with(key))?;
        Some(line.split('"').nth(1)?.to_owned())
    };
    let (promised, checked) = (value(workspace, "rust-version"), value(toolchain, "channel"));
    let (Some(promised), Some(checked)) = (promised, checked) else {
        problems.push("Cargo.toml, rust-toolchain.toml: `rust-version` or `channel` is missing".to_owned());
        return;
    };
    if checked != promised && !checked.starts_with(&format!("{promised}.")) {
        problems
            .push(format!("rust-toolchain.toml: {checked} is not the promised {promised}, so that nobody tests it"));
    }
    let says = format!("Rust {promised} or later");
    for (folder, page, manifest) in published {
        if !page.contains(&says) {
            problems.push(format!("{folder}/README.md: does not say `{says}`, as Cargo.toml does"));
        }
        if !manifest.contains("\nrust-version.workspace = true\n") {
            problems.push(format!("{folder}/Cargo.toml: does not promise the Rust of the workspace"));
        }
    }
}

/// Every public method of the crate in `folder` has an example.
fn check_examples<'a>(folder: &str, listed: impl Iterator<Item = &'a str>, problems: &mut Vec<String>) -> Result<()> {
    let exported = examples::Exported::of(&fs::read_to_string(root().join(folder).join("lib.rs"))?)?;
    for path in listed.filter(|path| path.starts_with(folder) && path.ends_with(".rs") && root().join(path).exists()) {
        let text = fs::read_to_string(root().join(path))?;
        let bare = exported.without_example(path, &text)?;
        problems.extend(bare.iter().map(|method| format!("{path}: `{method}` has no example; show how it is called")));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// For each fence, in its order: code that breaks it, a file that must not say so, and one that may, if any.
    const OFFENDERS: &[(&str, &str, Option<&str>)] = &[
        ("use dropshot::HttpError;", "server/src/app/x.rs", Some("server/src/http/x.rs")),
        ("use deadpool::Runtime;", "server/src/app/x.rs", Some("server/src/store/x.rs")),
        ("use lettre::Message;", "server/src/app/x.rs", Some("server/src/mail/x.rs")),
        ("use minijinja::Environment;", "server/docs/src/lib.rs", Some("server/docs/build/x.rs")),
        ("use prometheus::Counter;", "server/src/http/x.rs", Some("server/src/metrics.rs")),
        ("use clap::Parser;", "server/src/server.rs", Some("server/src/cli/x.rs")),
        ("use crate::http::Caller;", "server/src/app/x.rs", None),
        ("use crate::store::Tx;", "server/src/pages/x.rs", Some("server/src/http/error.rs")),
        ("use crate::app::App;", "server/src/mail/x.rs", Some("server/src/outbox.rs")),
        ("use serde::Serialize;", "server/domain/src/lib.rs", None),
        ("let now = SystemTime::now();", "server/src/app/x.rs", Some("server/src/clock.rs")),
        ("use rand::Rng;", "server/src/app/x.rs", Some("server/src/entropy.rs")),
        ("use schemars::JsonSchema;", "sdk/src/x.rs", None),
        ("use invite_mock::Mock;", "sdk/src/x.rs", Some("sdk/mock/src/x.rs")),
        ("use invite_domain::ids::UserId;", "xtask/codegen/src/x.rs", Some("xtask/src/tidy.rs")),
    ];

    #[test]
    fn a_word_beyond_its_fence_is_found_and_comments_are_not() {
        assert_eq!(OFFENDERS.len(), FENCES.len(), "each fence has its offender");
        for (fence, (code, beyond, within)) in FENCES.iter().zip(OFFENDERS) {
            let found = |path: &str| {
                let mut problems = Vec::new();
                check_source(path, &format!("//! Docs.\n{code}\n// {code}\n"), &mut problems);
                problems
            };
            let problems = found(beyond);
            assert_eq!(problems.len(), 1, "{code}: {problems:?}");
            assert!(problems[0].starts_with(&format!("{beyond}:2: ")), "{problems:?}");
            assert!(problems[0].ends_with(fence.rule), "{problems:?}");
            assert_eq!(within.map(found).unwrap_or_default(), Vec::<String>::new());
        }
    }

    #[test]
    fn a_lock_file_that_lacks_a_crate_is_found() {
        let folder = tempfile::tempdir().unwrap();
        let write = |name: &str, text: &str| {
            let path = folder.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        };
        let package = |name: &str| format!("[package]\nname = \"{name}\"\nversion = \"1.0.0\"\nedition = \"2024\"\n");
        let locked = |name: &str| format!("[[package]]\nname = \"{name}\"\nversion = \"1.0.0\"\n");
        let lock = |packages: &str| format!("version = 4\n\n{packages}");
        write("src/lib.rs", "");
        write("part/src/lib.rs", "");
        write("part/Cargo.toml", &package("part"));
        let found = |manifest: &str, packages: &str| {
            write("Cargo.toml", &format!("{}{manifest}\n[workspace]\n", package("whole")));
            write("Cargo.lock", &lock(packages));
            let mut problems = Vec::new();
            check_lock(folder.path(), &mut problems).unwrap();
            problems
        };
        assert_eq!(found("", &locked("whole")), Vec::<String>::new());
        let stale = found("[dependencies]\npart = { path = \"part\" }\n", &locked("whole"));
        assert!(stale.len() == 1 && stale[0].contains("Cargo.lock: not as the manifests want it"), "{stale:?}");
    }

    #[test]
    fn the_promised_rust_is_the_checked_one_and_told() {
        let found = |channel: &str, page: &str, manifest: &str| {
            let mut problems = Vec::new();
            let toolchain = format!("channel = \"{channel}\"");
            let published = [("a", page.to_owned(), format!("[package]\n{manifest}\n"))];
            check_rust("rust-version = \"1.95\"", &toolchain, &published, &mut problems);
            problems.len()
        };
        let (page, manifest) = ("Rust 1.95 or later", "rust-version.workspace = true");
        assert_eq!(found("1.95.0", page, manifest), 0);
        assert_eq!((found("1.96.0", page, manifest), found("1.95.0", "Rust 1.94 or later", manifest)), (1, 1));
        assert_eq!(found("1.95.0", page, "rust-version = \"1.94\""), 1);
    }
}
