//! The programs' part of a verdict: commands, flags and arguments, read from what `--help` prints.
//!
//! Help is what a person relies on, every base can print it, and what it hides is no promise. [`surface`] reads it, here
//! two surfaces are compared.

mod surface;
#[cfg(test)]
mod tests;

use std::collections::BTreeSet;
use std::fs;

use anyhow::Result;

use self::surface::{Entry, Surface};
use super::answer::{Level, Reason};
use super::base::Checkout;
use super::builds::Builds;
use crate::workspace::root;

/// A program that is published.
#[derive(Debug)]
pub(super) struct Program {
    /// Its name, which is that of the binary.
    pub(super) name: &'static str,
    manifest: &'static str,
    /// What decides its command line, and nothing else: it is built if one of them differs.
    pub(super) paths: &'static [&'static str],
}

pub(super) const PROGRAMS: &[Program] = &[
    Program { name: "invite-server", manifest: "server/Cargo.toml", paths: &["server/src/cli.rs", "server/src/cli"] },
    Program { name: "invite", manifest: "sdk/cli/Cargo.toml", paths: &["sdk/cli/src"] },
];

/// Differences between the command line of the base and of the working tree.
///
/// # Errors
/// A program does not build, or prints no help.
pub(super) fn reasons(program: &Program, checkout: &Checkout<'_>) -> Result<Vec<Reason>> {
    let base = checkout.base;
    let before = match base.file(program.manifest)? {
        None => Surface::default(),
        Some(_) => {
            let path = base.kept(&format!("{}.json", program.name), || {
                let binary = Builds::of(checkout.tree()?).program(program.name)?;
                Ok(serde_json::to_string_pretty(&surface::read(&binary)?)?)
            })?;
            serde_json::from_str(&fs::read_to_string(path)?)?
        }
    };
    let after = match root().join(program.manifest).exists() {
        true => surface::read(&Builds::here().program(program.name)?)?,
        false => Surface::default(),
    };
    Ok(compare(program.name, &before, &after))
}

/// Compares two command lines.
pub(super) fn compare(program: &str, before: &Surface, after: &Surface) -> Vec<Reason> {
    let mut reasons = Vec::new();
    let mut say = |level, what: String| {
        reasons.push(Reason { level, artefact: program.to_owned(), operations: Vec::new(), what, site: None });
    };
    for (command, old) in &before.commands {
        let Some(new) = after.commands.get(command) else {
            // The parent's removal says it all.
            if parent(command).is_none_or(|parent| after.commands.contains_key(parent)) {
                say(Level::Major, format!("removed: `{}`", line(program, command)));
            }
            continue;
        };
        let line = line(program, command);
        for name in old.keys().chain(new.keys()).collect::<BTreeSet<_>>() {
            match (old.get(name), new.get(name)) {
                (Some(_), None) => say(Level::Major, format!("removed: `{name}` of `{line}`")),
                (None, Some(entry)) if entry.required => {
                    say(Level::Major, format!("added: `{line}` must be given `{name}`"));
                }
                (None, Some(_)) => say(Level::Minor, format!("added: `{name}` of `{line}`")),
                (Some(old), Some(new)) => {
                    changes(old, new)
                        .into_iter()
                        .for_each(|(level, what)| say(level, format!("`{name}` of `{line}` {what}")));
                }
                (None, None) => {}
            }
        }
    }
    for command in after.commands.keys().filter(|command| !before.commands.contains_key(*command)) {
        if parent(command).is_none_or(|parent| before.commands.contains_key(parent)) {
            say(Level::Minor, format!("added: `{}`", line(program, command)));
        }
    }
    reasons
}

fn line(program: &str, command: &str) -> String {
    format!("{program} {command}").trim_end().to_owned()
}

/// The command that a command belongs to; the program itself belongs to none.
fn parent(command: &str) -> Option<&str> {
    match command.rsplit_once(' ') {
        Some((parent, _)) => Some(parent),
        None if command.is_empty() => None,
        None => Some(""),
    }
}

/// What became of one flag or argument.
fn changes(old: &Entry, new: &Entry) -> Vec<(Level, String)> {
    let mut found = Vec::new();
    match (old.required, new.required) {
        (false, true) => found.push((Level::Major, "must be given now".to_owned())),
        (true, false) => found.push((Level::Minor, "may be left out now".to_owned())),
        _ => {}
    }
    match (&old.value, &new.value) {
        (Some(old), None) => found.push((Level::Major, format!("takes no {old} any more"))),
        (None, Some(new)) => found.push((Level::Major, format!("wants a value now: {new}"))),
        (Some(old), Some(new)) if old != new => found.push((Level::Patch, format!("calls its value {new}, not {old}"))),
        _ => {}
    }
    match (old.repeats, new.repeats) {
        (true, false) => found.push((Level::Major, "may be given only once now".to_owned())),
        (false, true) => found.push((Level::Minor, "may be given several times now".to_owned())),
        _ => {}
    }
    // Before a list of values there was no limit to them.
    if old.values.is_empty() && !new.values.is_empty() {
        found.push((Level::Major, format!("takes only {} now", join(&new.values))));
    } else if !old.values.is_empty() && new.values.is_empty() {
        found.push((Level::Minor, "takes any value now".to_owned()));
    } else {
        found.extend(lost_and_gained("the value", &old.values, &new.values));
    }
    found.extend(lost_and_gained("the name", &old.names, &new.names));
    found.extend(lost_and_gained("the variable", &old.variables, &new.variables));
    if old.default != new.default {
        let shown =
            |default: &Option<String>| default.as_ref().map_or("nothing".to_owned(), |value| format!("`{value}`"));
        found
            .push((Level::Minor, format!("defaults to {}, no longer to {}", shown(&new.default), shown(&old.default))));
    }
    found
}

fn lost_and_gained(noun: &str, old: &BTreeSet<String>, new: &BTreeSet<String>) -> Vec<(Level, String)> {
    let lost = old.difference(new).map(|value| (Level::Major, format!("lost {noun} `{value}`")));
    let gained = new.difference(old).map(|value| (Level::Minor, format!("gained {noun} `{value}`")));
    lost.chain(gained).collect()
}

fn join(values: &BTreeSet<String>) -> String {
    values.iter().map(|value| format!("`{value}`")).collect::<Vec<_>>().join(", ")
}
