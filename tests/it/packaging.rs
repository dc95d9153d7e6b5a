//! Packaging: what people put beside the sources gets neither into an image nor into the history.

use std::path::Path;

const IMAGE: &str = include_str!("../../server/packaging/Containerfile.dockerignore");
const HISTORY: &str = include_str!("../../.gitignore");

/// What the guides have people make, some of it with passwords in it, and what editors and tools leave behind.
const MADE: [&str; 10] = [
    "invite.toml",
    "server.key",
    "mailbox/0001.eml",
    "invite-data/server.key",
    "invite-data/invite.db",
    "invite-dev/dev.json",
    "invite-dev/invite.db-wal",
    "copy.db",
    "target/debug/invite-server",
    "tests/browser/node_modules/a/index.js",
];

/// What an image has to be made of.
const NEEDED: [&str; 8] = [
    "Cargo.toml",
    "Cargo.lock",
    "rust-toolchain.toml",
    "server/src/main.rs",
    "server/assets/texts.js",
    "server/migrations/sqlite/0001_initial.sql",
    "server/packaging/container.toml",
    "openapi/invite.yaml",
];

/// Whether a pattern of an ignore file matches a path or a folder above it. Without a slash it does so at any depth in a history,
/// and at the root of what an image is made of.
fn matches(pattern: &str, path: &str, anywhere: bool) -> bool {
    let pattern = pattern.trim_end_matches('/');
    let floats = anywhere && !pattern.contains('/');
    let pattern = if floats { format!("**/{pattern}") } else { pattern.trim_start_matches('/').to_owned() };
    let (pattern, path): (Vec<&str>, Vec<&str>) = (pattern.split('/').collect(), path.split('/').collect());
    (1..=path.len()).any(|length| is_alike(&pattern, &path[..length]))
}

fn is_alike(pattern: &[&str], path: &[&str]) -> bool {
    match (pattern, path) {
        ([], []) => true,
        (["**", pattern @ ..], path) => (0..=path.len()).any(|skipped| is_alike(pattern, &path[skipped..])),
        ([first, pattern @ ..], [name, path @ ..]) => {
            let alike = match first.split_once('*') {
                Some((start, end)) => name.len() + 1 >= first.len() && name.starts_with(start) && name.ends_with(end),
                None => first == name,
            };
            alike && is_alike(pattern, path)
        }
        _ => false,
    }
}

/// The last line that matches decides.
fn is_ignored(file: &str, path: &str, anywhere: bool) -> bool {
    let lines = file.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
    lines.fold(false, |ignored, line| match line.strip_prefix('!') {
        Some(line) if matches(line, path, anywhere) => false,
        None if matches(line, path, anywhere) => true,
        _ => ignored,
    })
}

fn of_an_image(path: &str) -> bool {
    !is_ignored(IMAGE, path, false)
}

#[test]
fn an_image_is_made_of_sources_and_of_nothing_that_people_have_put_beside_them() {
    for made in MADE {
        assert!(!of_an_image(made), "{made} gets into the stage that builds");
    }
    let below =
        ["server/invite.toml", "server/packaging/invite.toml", "server/server.key", "tests/.env", ".git/config"];
    for other in below {
        assert!(!of_an_image(other), "{other} gets into the stage that builds");
    }
    for needed in NEEDED {
        assert!(of_an_image(needed), "{needed} is missing");
        assert!(
            Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(needed).exists(),
            "{needed} is no source any more"
        );
    }
}

#[test]
fn nothing_that_the_guides_have_people_make_is_offered_to_the_history() {
    for made in MADE {
        assert!(is_ignored(HISTORY, made, true), "{made} is offered to be committed");
    }
    for source in NEEDED.into_iter().chain(["server/packaging/invite.toml", "server/invite.example.toml"]) {
        assert!(!is_ignored(HISTORY, source, true), "{source} is left out");
    }
}
