//! What a program's `--help` says about its commands, flags and arguments.
//!
//! The form is that of clap: `Usage:`, then headings at the margin with indented entries below them. An entry starts less
//! indented than its description, which may stand beside it or below it.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, bail};
use serde::{Deserialize, Serialize};

/// A whole command line. The key of a command is its words without the program's name; the program itself is the empty one.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Surface {
    pub(crate) commands: BTreeMap<String, BTreeMap<String, Entry>>,
}

/// A flag, called by its long name, or an argument, called by its position.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Entry {
    pub(crate) required: bool,
    /// What it calls the value it takes.
    pub(crate) value: Option<String>,
    pub(crate) repeats: bool,
    /// Its other names.
    pub(crate) names: BTreeSet<String>,
    /// The only values it takes; empty if it takes any.
    pub(crate) values: BTreeSet<String>,
    /// Environment variables that stand in for it.
    pub(crate) variables: BTreeSet<String>,
    pub(crate) default: Option<String>,
}

const ARGUMENTS: &str = "Arguments";
/// Deeper nesting is taken for a program that answers every question with the same help.
const DEPTH: usize = 6;
/// Entries start before this column, their descriptions after it.
const INDENT: usize = 7;

/// Asks a program and all its commands.
///
/// # Errors
/// It cannot be run, or fails when asked for help.
pub(crate) fn read(binary: &Path) -> Result<Surface> {
    let mut surface = Surface::default();
    let mut open = vec![Vec::new()];
    while let Some(words) = open.pop() {
        let output = Command::new(binary).args(&words).arg("--help").output();
        let output = output.with_context(|| format!("cannot run {}", binary.display()))?;
        if !output.status.success() {
            bail!("`{} {} --help` failed ({})", binary.display(), words.join(" "), output.status);
        }
        let help = Help::parse(&String::from_utf8_lossy(&output.stdout));
        if words.len() < DEPTH {
            open.extend(help.commands.iter().map(|command| [words.as_slice(), std::slice::from_ref(command)].concat()));
        }
        surface.commands.insert(words.join(" "), help.entries);
    }
    Ok(surface)
}

/// One page of help.
#[derive(Debug, Default)]
pub(crate) struct Help {
    pub(crate) commands: Vec<String>,
    arguments: usize,
    pub(crate) entries: BTreeMap<String, Entry>,
}

impl Help {
    pub(crate) fn parse(text: &str) -> Self {
        let mut help = Self::default();
        let mut usage = String::new();
        let mut heading = String::new();
        let mut last: Option<String> = None;
        for line in text.lines().filter(|line| !line.trim().is_empty()) {
            let indent = line.len() - line.trim_start().len();
            let content = line.trim();
            if let Some(rest) = line.strip_prefix("Usage:") {
                usage = rest.trim().to_owned();
                "Usage".clone_into(&mut heading);
            } else if indent == 0 {
                last = None;
                heading = content.strip_suffix(':').unwrap_or_default().to_owned();
            } else if heading == "Usage" {
                usage += &format!(" {content}");
            } else if heading == "Commands" && indent <= 2 {
                let name = content.split_whitespace().next().unwrap_or_default().trim_end_matches(',');
                if name != "help" {
                    help.commands.push(name.to_owned());
                }
            } else if let Some((name, entry)) = entry(&heading, indent, content, help.arguments + 1) {
                help.arguments += usize::from(heading == ARGUMENTS);
                help.entries.insert(name.clone(), entry);
                last = Some(name);
            }
            if let Some(entry) = last.as_ref().and_then(|name| help.entries.get_mut(name)) {
                entry.describe(content);
            }
        }
        let required = required(&usage);
        for (name, entry) in &mut help.entries {
            entry.required |= required.contains(name);
        }
        help
    }
}

/// The start of a flag's or an argument's entry, if the line is one.
fn entry(heading: &str, indent: usize, content: &str, position: usize) -> Option<(String, Entry)> {
    if heading.is_empty() || indent >= INDENT {
        return None;
    }
    // Two blanks part the entry from its description.
    let head = content.split("  ").next().unwrap_or(content);
    if heading == ARGUMENTS {
        let mut entry = Entry { required: head.starts_with('<'), ..Entry::default() };
        entry.take(head);
        return Some((format!("argument {position}"), entry));
    }
    let mut entry = Entry::default();
    let mut long = None;
    for word in head.split_whitespace() {
        let (word, value) = word.split_once('=').map_or((word, None), |(word, value)| (word, Some(value)));
        let word = word.trim_end_matches(',');
        if word.starts_with("--") && long.is_none() {
            long = Some(word.trim_end_matches("...").trim_end_matches('[').to_owned());
            entry.repeats |= word.ends_with("...");
        } else if word.starts_with('-') {
            entry.names.insert(word.to_owned());
        } else if word.starts_with(['<', '[']) {
            entry.take(word);
        }
        if let Some(value) = value {
            entry.take(value);
        }
    }
    // A flag without a long name goes by its short one.
    let name = long.or_else(|| entry.names.pop_first())?;
    Some((name, entry))
}

impl Entry {
    /// Notes `<FILE>` or `[<FILE>]`, perhaps with dots behind it.
    fn take(&mut self, value: &str) {
        self.repeats |= value.ends_with("...");
        let name = value.trim_end_matches('.').trim_matches(['[', ']']).trim_matches(['<', '>']);
        let before = self.value.take().map(|before| before + " ").unwrap_or_default();
        self.value = Some(format!("{before}<{name}>"));
    }

    /// Reads what clap adds to a description in brackets, and lists of values.
    fn describe(&mut self, content: &str) {
        if let Some(values) = bracket(content, "possible values: ") {
            self.values.extend(values.split(", ").map(str::to_owned));
        }
        if let Some((value, _)) = content.strip_prefix("- ").and_then(|item| item.split_once(':')) {
            self.values.insert(value.to_owned());
        }
        if let Some(variable) = bracket(content, "env: ") {
            self.variables.insert(variable.split('=').next().unwrap_or(variable).to_owned());
        }
        if let Some(aliases) = bracket(content, "aliases: ").or_else(|| bracket(content, "alias: ")) {
            self.names.extend(aliases.split(", ").map(|name| format!("--{}", name.trim_start_matches('-'))));
        }
        if let Some(default) = bracket(content, "default: ") {
            self.default = Some(default.to_owned());
        }
    }
}

/// `x` of `… [label x] …`.
fn bracket<'a>(content: &'a str, label: &str) -> Option<&'a str> {
    let start = content.find(&format!("[{label}"))? + label.len() + 1;
    let rest = &content[start..];
    Some(&rest[..rest.find(']')?])
}

/// Flags that the usage names outside of `[…]`: those that must be given.
fn required(usage: &str) -> BTreeSet<String> {
    let mut depth = 0_usize;
    let mut outside = String::new();
    for character in usage.chars() {
        match character {
            '[' => depth += 1,
            ']' => depth = depth.saturating_sub(1),
            _ if depth == 0 => outside.push(character),
            _ => {}
        }
    }
    // `<--a <A>|--b <B>>`, one of several, starts with a bracket: none of them alone must be given.
    outside.split_whitespace().filter(|word| word.starts_with("--")).map(str::to_owned).collect()
}
