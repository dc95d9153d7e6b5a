//! What pages say is there: paths, places in files, links, tasks with their flags, packages with their targets.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Result;
use clap::CommandFactory as _;
use clap::error::ErrorKind;
use serde_json::Value;

use crate::markdown::{self, Page, Placed};
use crate::process::{cargo, output};
use crate::{check, nightly};

/// Folders at the top: code that begins with one of them is a path, and so is any word that ends like a file.
const FOLDERS: [&str; 5] = ["openapi", "sdk", "server", "tests", "xtask"];
/// Ends of names of files that are written by hand; others may be made by a program.
const ENDS: [&str; 5] = [".rs", ".md", ".yaml", ".yml", ".js"];
/// Workflows, whose steps run commands.
const WORKFLOWS: [&str; 1] = ["tests/ci/contract.yml"];

/// Holds all pages below `root` against the tree.
///
/// # Errors
/// A page cannot be read, or cargo does not say which packages there are.
pub(super) fn check(root: &Path, problems: &mut Vec<String>) -> Result<()> {
    let targets = Targets::of_workspace()?;
    for path in markdown::pages(root)? {
        let text = fs::read_to_string(root.join(&path))?;
        let page = Page::of(&text);
        let mut found = check_paths(root, &path, &text, &page);
        found.extend(check_links(root, &path, &page)?);
        found.extend(check_commands(root, page.commands(), &targets));
        problems.extend(found.iter().map(|(line, problem)| format!("{path}:{line}: {problem}")));
    }
    for path in WORKFLOWS {
        let commands = markdown::workflow(&fs::read_to_string(root.join(path))?);
        let found = check_commands(root, commands, &targets);
        problems.extend(found.iter().map(|(line, problem)| format!("{path}:{line}: {problem}")));
    }
    Ok(())
}

/// Paths exist, and what stands behind a colon (`file.rs:function`) is defined there.
fn check_paths(root: &Path, page: &str, text: &str, parts: &Page) -> Vec<Placed<String>> {
    let words = text.lines().enumerate().flat_map(|(index, line)| {
        let words = line.split(['`', '(', ')', ' ', '"', ',', '|', '=']).map(move |word| (index + 1, word));
        words.filter(|(_, word)| begins_at_top(word) && word.trim_end_matches('.').contains('.'))
    });
    let spans = parts.spans.iter().map(|(line, span)| (*line, span.as_str()));
    let named: BTreeSet<_> = words.chain(spans.filter(|(_, span)| is_path(span))).collect();
    let problem = |(line, word)| Some((line, missing(root, page, word)?));
    named.into_iter().filter_map(problem).collect()
}

fn begins_at_top(word: &str) -> bool {
    word.split_once('/').is_some_and(|(first, _)| FOLDERS.contains(&first))
}

/// Whether a piece of code names a file or a place in one.
fn is_path(span: &str) -> bool {
    let (path, _) = place(span);
    let is_word = !span.contains([' ', '@']) && !span.starts_with(['/', '.', '~', '-']) && !span.contains("://");
    is_word && (begins_at_top(path) || ENDS.iter().any(|end| path.ends_with(end)))
}

/// A path, and what it is to define.
fn place(word: &str) -> (&str, Option<&str>) {
    let word = word.trim_end_matches(['.', ':', ';']);
    match word.split_once(".rs:") {
        Some((path, name)) => (&word[..path.len() + 3], Some(name)),
        // The number of a line moves with every edit.
        None if word.ends_with(|c: char| c.is_ascii_digit()) => (word.split(':').next().unwrap_or_default(), None),
        None => (word, None),
    }
}

fn missing(root: &Path, page: &str, word: &str) -> Option<String> {
    let (path, name) = place(word);
    let path = path.split('#').next().unwrap_or_default();
    if path.contains(['<', '*', '{', '…', '$']) || path.starts_with("target/") {
        return None;
    }
    let beside = Path::new(page).parent().unwrap_or(Path::new("")).join(path);
    let Some(file) = [root.join(path), root.join(beside)].into_iter().find(|file| file.exists()) else {
        return Some(format!("`{path}` does not exist"));
    };
    let name = name?;
    let text = fs::read_to_string(file).unwrap_or_default();
    let defines = |kind: &&str| {
        let definition = format!("{kind} {name}");
        let ends = |rest: &str| !rest.starts_with(|c: char| c.is_alphanumeric() || c == '_');
        text.match_indices(&definition).any(|(at, _)| ends(&text[at + definition.len()..]))
    };
    let kinds = ["fn", "struct", "enum", "trait", "type", "const", "static", "mod"];
    (!kinds.iter().any(defines)).then(|| format!("`{path}` defines no `{name}`"))
}

/// Links lead to files that exist, and to headings in them.
fn check_links(root: &Path, page: &str, parts: &Page) -> Result<Vec<Placed<String>>> {
    let folder = root.join(page).parent().map(PathBuf::from).unwrap_or_default();
    let mut found = Vec::new();
    // What is no path is the name of an item, which rustdoc looks up; pages of the site are looked up where it is built.
    let others = ["://", "::", ".html"];
    let is_path = |target: &str| target.contains(['.', '/', '#']) && !others.iter().any(|other| target.contains(other));
    for (line, target) in parts.links.iter().filter(|(_, target)| is_path(target)) {
        let (path, heading) = target.split_once('#').unwrap_or((target, ""));
        let file = if path.is_empty() { root.join(page) } else { folder.join(path) };
        if !file.exists() {
            found.push((*line, format!("the link to `{target}` leads nowhere")));
        } else if !heading.is_empty() && !Page::of(&fs::read_to_string(&file)?).anchors.iter().any(|a| a == heading) {
            found.push((*line, format!("the link to `{target}` leads to no heading")));
        }
    }
    Ok(found)
}

/// Tasks and their flags, packages and their targets are there.
fn check_commands(root: &Path, commands: Vec<Placed<Vec<String>>>, targets: &Targets) -> Vec<Placed<String>> {
    let problem = |(line, words): Placed<Vec<String>>| {
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        let problem = match words[..] {
            ["cargo", "xtask", ref task @ ..] => task_problem(task),
            // Other programs and crates that this tree does not have.
            ["cargo", "add", ..] => None,
            ["cargo", ref arguments @ ..] => targets.problem(root, arguments),
            _ => None,
        };
        problem.map(|problem| (line, format!("`{}`: {problem}", words.join(" "))))
    };
    commands.into_iter().filter_map(problem).collect()
}

/// What is wrong with a task's arguments, by the very definition that `cargo xtask` reads them with. A name in capitals stands
/// for any, and `N` for any number.
fn task_problem(task: &[&str]) -> Option<String> {
    if let ["check" | "nightly", steps @ ..] = task {
        let known = |step: &&&str| check::names().chain(nightly::names()).any(|name| name == **step);
        let is_name = |step: &&&str| step.starts_with(|c: char| c.is_ascii_lowercase());
        if let Some(unknown) = steps.iter().filter(is_name).find(|step| !known(step)) {
            return Some(format!("there is no step `{unknown}`"));
        }
    }
    // `--help` comes last: what stands before it is read, what a short form leaves out is not missed.
    let task = task.iter().map(|word| if *word == "N" { "1" } else { word });
    let arguments = ["cargo xtask"].into_iter().chain(task).chain(["--help"]);
    let error = crate::Arguments::command().try_get_matches_from(arguments).err()?;
    let text = error.to_string();
    (error.kind() != ErrorKind::DisplayHelp).then(|| text.lines().next().unwrap_or_default().to_owned())
}

/// The packages of the workspace, and what each of them has to build.
struct Targets(Vec<(String, Vec<(String, String)>)>);

impl Targets {
    fn of_workspace() -> Result<Self> {
        let text = output(cargo().args(["metadata", "--no-deps", "--locked", "--format-version=1"]))?;
        let metadata: Value = serde_json::from_str(&text)?;
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let list = |value: &Value| value.as_array().cloned().unwrap_or_default();
        let target = |target: &Value| (text(&target["kind"][0]), text(&target["name"]));
        let package =
            |package: &Value| (text(&package["name"]), list(&package["targets"]).iter().map(target).collect());
        Ok(Self(list(&metadata["packages"]).iter().map(package).collect()))
    }

    /// What is wrong with arguments of cargo.
    fn problem(&self, root: &Path, arguments: &[&str]) -> Option<String> {
        let own: Vec<&str> = arguments.iter().copied().take_while(|word| *word != "--").collect();
        let mut pairs = own.iter().zip(own.iter().skip(1));
        let package = pairs.clone().find(|(flag, _)| ["-p", "--package"].contains(flag)).map(|(_, name)| *name);
        if let Some(name) = package.filter(|name| !self.0.iter().any(|(known, _)| known == name)) {
            return Some(format!("there is no package `{name}`"));
        }
        let built = |kind: &str, name: &str| {
            let of_package = self.0.iter().filter(|(known, _)| package.is_none_or(|package| package == known));
            of_package.flat_map(|(_, targets)| targets).any(|(its_kind, its_name)| its_kind == kind && its_name == name)
        };
        pairs.find_map(|(flag, name)| {
            let missing = match *flag {
                "--example" | "--bench" | "--test" | "--bin" => !built(&flag[2..], name),
                "--path" => !root.join(name).join("Cargo.toml").exists(),
                _ => false,
            };
            missing.then(|| format!("there is no {} `{name}`", &flag[2..]))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::workspace::root;

    fn found(text: &str) -> Vec<String> {
        let page = Page::of(text);
        let mut found = check_paths(&root(), "README.md", text, &page);
        found.extend(check_links(&root(), "README.md", &page).unwrap());
        found.extend(check_commands(&root(), page.commands(), &Targets::of_workspace().unwrap()));
        found.into_iter().map(|(line, problem)| format!("{line}: {problem}")).collect()
    }

    #[test]
    fn a_path_that_does_not_exist_is_found() {
        assert_eq!(
            found("see `openapi/invite.yaml`, `nothing.md` and\nsdk/nothing.rs, not `dev.json` nor server/second"),
            ["1: `nothing.md` does not exist", "2: `sdk/nothing.rs` does not exist"]
        );
        assert_eq!(
            found("`xtask/src/tidy.rs:check`, `xtask/src/tidy.rs:chec`"),
            ["1: `xtask/src/tidy.rs` defines no `chec`"]
        );
    }

    #[test]
    fn a_link_that_leads_nowhere_is_found() {
        assert_eq!(
            found("[a](server/README.md#limits) [b](nothing) [c](sdk/none.md) [d](server/README.md#limit)"),
            [
                "1: `sdk/none.md` does not exist",
                "1: the link to `sdk/none.md` leads nowhere",
                "1: the link to `server/README.md#limit` leads to no heading"
            ]
        );
    }

    #[test]
    fn a_command_that_cargo_or_a_task_refuses_is_found() {
        let good = "`cargo xtask check STEP` `cargo xtask schemathesis --seed N` `cargo test -p contract-tests --test it NAME`";
        assert_eq!(found(good), [""; 0]);
        let bad = "`cargo xtask chek` `cargo xtask check tidi` `cargo xtask faults --kill 3` `cargo bench -p invite-sdk --bench cal`\n\
            `cargo run -p invite -- dev` `cargo install --path cli`";
        let found = found(bad);
        let said = [
            "unrecognized subcommand 'chek'",
            "no step `tidi`",
            "'--kill'",
            "no bench `cal`",
            "no package `invite`",
            "no path `cli`",
        ];
        assert_eq!(found.len(), said.len(), "{found:#?}");
        for (problem, said) in found.iter().zip(said) {
            assert!(problem.contains(said), "{problem}");
        }
    }
}
