//! Everything that is printed: answers on standard output, all else on standard error, and no secret on either.
//!
//! What comes from a server is stripped of control characters before a terminal sees it: they could move the cursor and
//! make a terminal say what nobody said.

mod table;

use std::fmt::Write as _;
use std::io::{self, ErrorKind, IsTerminal as _, Write as _};

use chrono::DateTime;
use console::Term;
use serde::Serialize;
use serde_json::{Map, Value, json};

use crate::command::{Command, Pages};
use crate::exchange::{Answer, Content};
use crate::failure::{Code, Failure};
use crate::globals::{Format, Globals};
use crate::pages;
use crate::secret::{Known, REDACTED};

/// Prints in the form that was asked for.
#[derive(Clone, Debug)]
pub(crate) struct Printer {
    pub(crate) format: Format,
    pub(crate) verbose: bool,
    pub(crate) quiet: bool,
    pub(crate) known: Known,
}

impl Printer {
    pub(crate) fn new(globals: &Globals) -> Self {
        Self { format: globals.output, verbose: globals.verbose, quiet: globals.quiet, known: Known::default() }
    }

    /// Before the command line is understood.
    pub(crate) fn early(format: Format) -> Self {
        Self { format, verbose: false, quiet: false, known: Known::default() }
    }

    /// The answer of a command, without its secrets unless they are wanted.
    pub(crate) fn answer(&self, command: &Command, answer: Answer, show_secrets: bool) -> Result<(), Failure> {
        let headers = shown_headers(command, &answer);
        match answer.content {
            Content::Bytes(bytes) => write(&bytes),
            Content::Json(mut body) => {
                if !show_secrets {
                    redact(&mut body, command.secrets);
                    self.known.scrub_value(&mut body);
                }
                match command.pages.filter(|_| self.format == Format::Table) {
                    Some(pages) => self.page(command, pages, body),
                    None => self.value(&body),
                }
            }
            Content::Nothing if self.format == Format::Json => {
                let mut value = json!({ "status": answer.status });
                if !headers.is_empty() {
                    value["headers"] = Value::Object(headers);
                }
                self.known.scrub_value(&mut value);
                self.value(&value)
            }
            Content::Nothing => {
                for (name, value) in headers {
                    self.note(&format!("{name}: {}", value.as_str().unwrap_or_default()));
                }
                self.note("done");
                Ok(())
            }
        }
    }

    /// A page for people: what it says of itself, its items, and how to get the next one.
    fn page(&self, command: &Command, pages: Pages, body: Value) -> Result<(), Failure> {
        let more = pages::more(command, &body);
        let (items, rest) = pages::parted(pages, body);
        if rest.as_object().is_some_and(|members| !members.is_empty()) {
            self.value(&rest)?;
            write(b"\n")?;
        }
        self.value(&items)?;
        more.iter().for_each(|more| self.note(&format!("more: {more}")));
        Ok(())
    }

    /// A value on standard output.
    pub(crate) fn value(&self, value: &Value) -> Result<(), Failure> {
        let text = match self.format {
            Format::Json => pretty(value),
            Format::Table => table::render(value, width(), std::io::stdout().is_terminal()),
        };
        write(format!("{}\n", text.trim_end()).as_bytes())
    }

    /// A line for people, on standard error.
    pub(crate) fn note(&self, text: &str) {
        if !self.quiet && self.format == Format::Table {
            self.complain(text);
        }
    }

    /// A line for people who asked for it.
    pub(crate) fn detail(&self, text: &str) {
        if self.verbose {
            self.complain(text);
        }
    }

    /// A line on standard error. Nothing can be done if that is closed.
    pub(crate) fn complain(&self, text: &str) {
        let _ = writeln!(std::io::stderr(), "{}", printable(&self.known.scrub(text)));
    }

    /// A failure, and its exit code.
    pub(crate) fn failure(&self, failure: &Failure) -> Code {
        match self.format {
            Format::Json => {
                let mut value = failure.json();
                self.known.scrub_value(&mut value);
                let _ = writeln!(std::io::stderr(), "{}", pretty(&value));
            }
            Format::Table => {
                let word = if colours(&std::io::stderr()) { "\u{1b}[1;31merror:\u{1b}[0m" } else { "error:" };
                let text = printable(&self.known.scrub(&failure.text()));
                let _ = writeln!(std::io::stderr(), "{word} {text}");
            }
        }
        failure.code()
    }
}

fn shown_headers(command: &Command, answer: &Answer) -> Map<String, Value> {
    let shown = answer.headers.iter().filter(|(name, _)| command.headers.contains(&name.as_str()));
    shown.map(|(name, value)| (name.clone(), json!(value))).collect()
}

/// Writes to standard output. A reader that has gone away, such as `head`, wanted no more.
pub(crate) fn write(bytes: &[u8]) -> Result<(), Failure> {
    match put(bytes) {
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(()),
        written => written.map_err(|error| unwritten(&error)),
    }
}

/// The same of what is nowhere else: it is lost if nobody reads it.
pub(crate) fn record(bytes: &[u8]) -> Result<(), Failure> {
    put(bytes).map_err(|error| unwritten(&error))
}

fn put(bytes: &[u8]) -> io::Result<()> {
    let mut out = std::io::stdout().lock();
    out.write_all(bytes).and_then(|()| out.flush())
}

fn unwritten(error: &io::Error) -> Failure {
    Failure::usage(format!("standard output cannot be written: {error}"))
}

/// Colours are for terminals whose owner does not mind them.
pub(crate) fn colours(stream: &impl std::io::IsTerminal) -> bool {
    stream.is_terminal() && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty())
}

fn width() -> usize {
    Term::stdout().size_checked().map_or(120, |(_, columns)| usize::from(columns))
}

/// Serialising a `Value` cannot fail: its keys are strings.
pub(crate) fn pretty(value: &Value) -> String {
    escaped(&serde_json::to_string_pretty(value).unwrap_or_default())
}

/// The same in one line, of anything whose keys are strings.
pub(crate) fn compact(value: &impl Serialize) -> String {
    escaped(&serde_json::to_string(value).unwrap_or_default())
}

/// JSON that steers no terminal: what would stands in texts only, where its number means the same.
fn escaped(json: &str) -> String {
    let mut text = String::with_capacity(json.len());
    for c in json.chars() {
        match steers(c) {
            // Writing to a text cannot fail.
            true => drop(write!(text, "\\u{:04x}", u32::from(c))),
            false => text.push(c),
        }
    }
    text
}

/// Replaces the members called `names`, at any depth; the empty name is the value itself.
pub(crate) fn redact(value: &mut Value, names: &[&str]) {
    if names.contains(&"") && !value.is_null() {
        *value = json!(REDACTED);
    }
    match value {
        Value::Object(members) => {
            for (name, member) in members {
                if names.contains(&name.as_str()) && !member.is_null() {
                    *member = json!(REDACTED);
                } else {
                    redact(member, names);
                }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(|item| redact(item, names)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// Gives the times called `names`, at any depth, the milliseconds that the client's type leaves out where they are none.
pub(crate) fn to_milliseconds(value: &mut Value, names: &[&str], name: &str) {
    match value {
        Value::Object(members) => {
            members.iter_mut().for_each(|(name, member)| to_milliseconds(member, names, name));
        }
        Value::Array(items) => items.iter_mut().for_each(|item| to_milliseconds(item, names, name)),
        Value::String(text) if names.contains(&name) && DateTime::parse_from_rfc3339(text).is_ok() => {
            if let Some(whole) = text.strip_suffix('Z').filter(|whole| !whole.contains('.')) {
                *text = format!("{whole}.000Z");
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// Whether a character would steer a terminal; a line end does no harm.
fn steers(c: char) -> bool {
    (c.is_control() && c != '\n') || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// The text without what would steer a terminal.
pub(crate) fn printable(text: &str) -> String {
    text.chars().map(|c| if steers(c) { '\u{fffd}' } else { c }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secret_members_are_hidden_wherever_they_are() {
        let mut value = json!({"data": [{"token": "canary", "id": 1}], "token": null, "other": {"token": {"a": 1}}});
        redact(&mut value, &["token"]);
        assert_eq!(value, json!({"data": [{"token": REDACTED, "id": 1}], "token": null, "other": {"token": REDACTED}}));
        let mut whole = json!("canary");
        redact(&mut whole, &[""]);
        assert_eq!(whole, json!(REDACTED));
    }

    #[test]
    fn nothing_steers_the_terminal() {
        assert_eq!(printable("a\u{1b}[2Jb\r\nc\u{202e}"), "a\u{fffd}[2Jb\u{fffd}\nc\u{fffd}");
    }
}
