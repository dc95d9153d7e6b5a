//! The templates of mails: built in, and replaced file by file by those in an operator's folder.
//!
//! - `<kind>.<language>.jinja` has the words of a mail: `Subject: …` in its first line, an empty line, then paragraphs, divided
//!   by empty lines. It is rendered twice, once for each part.
//! - `layout.html.jinja` and `layout.text.jinja` say how the parts of every mail look. They include the words, which may use
//!   their macros.
//!
//! The subject is no template, so that no value can get into a header. In the HTML part every value is escaped, in the text
//! part none: O'Brien stays O'Brien. What a template may do is limited. [`Templates::load`] tries every mail in every
//! language ([`check`]), so that a mistake keeps the server from starting and not a mail from leaving.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use invite_domain::mail::{Locale, Mail, MailKind};
use minijinja::value::ValueKind;
use minijinja::{AutoEscape, Environment, ErrorKind, Output, State, UndefinedBehavior, Value};

use self::source::Source;
use super::values::values;

mod check;
mod source;

/// What one rendering may do: each instruction takes one, and so do 64 bytes of text. Our own mails need some 300.
const FUEL: u64 = 50_000;

/// A part of a mail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// The plain text.
    Text,
    /// The HTML.
    Html,
}

impl Part {
    const ALL: [Self; 2] = [Self::Text, Self::Html];

    const fn as_str(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Html => "html",
        }
    }

    const fn layout(self) -> &'static str {
        match self {
            Self::Text => "layout.text.jinja",
            Self::Html => "layout.html.jinja",
        }
    }
}

/// A mail in words.
pub(super) struct Written {
    pub(super) subject: String,
    pub(super) text: String,
    pub(super) html: String,
}

/// Something that is wrong with a template.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, thiserror::Error)]
#[error("{place}{}: {message}", line.map(|line| format!(":{line}")).unwrap_or_default())]
pub struct TemplateProblem {
    /// The file, or that it is built in.
    pub place: String,
    /// The line, from 1.
    pub line: Option<usize>,
    /// What is wrong.
    pub message: String,
    /// What to do.
    pub fix: String,
}

/// The templates in force, checked.
#[derive(Debug, Clone)]
pub struct Templates {
    compiled: Arc<Compiled>,
}

/// All sources, compiled once for each part: escaping is a matter of the part, not of the file.
#[derive(Debug)]
struct Compiled {
    text: Environment<'static>,
    html: Environment<'static>,
    sources: BTreeMap<String, Source>,
}

impl Templates {
    /// The built-in templates, each replaced by the file of its name in `folder`.
    ///
    /// # Errors
    ///
    /// Everything that is wrong with them.
    pub fn load(folder: Option<&Path>) -> Result<Self, Vec<TemplateProblem>> {
        let mut problems = Vec::new();
        let mut sources = source::built_in();
        if let Some(folder) = folder {
            source::replace(&mut sources, folder, &mut problems);
        }
        let (compiled, mistakes) = Compiled::new(sources);
        problems.extend(if mistakes.is_empty() { check::check(&compiled) } else { mistakes });
        if problems.is_empty() { Ok(Self { compiled: Arc::new(compiled) }) } else { Err(problems) }
    }

    /// Puts a mail into words.
    pub(super) fn write(&self, mail: &Mail, locale: Locale, public_url: &str) -> Result<Written, TemplateProblem> {
        let part = |part| self.compiled.render(part, mail, locale, public_url);
        let subject = self.compiled.subject(mail.kind(), locale).to_owned();
        Ok(Written { subject, text: part(Part::Text)?, html: part(Part::Html)? })
    }
}

/// The file of the words of a mail.
fn words(kind: MailKind, locale: Locale) -> String {
    format!("{}.{}.jinja", kind.as_str(), locale.as_str())
}

impl Compiled {
    fn new(sources: BTreeMap<String, Source>) -> (Self, Vec<TemplateProblem>) {
        let mut problems = Vec::new();
        let mut text = environment(AutoEscape::None);
        let mut html = environment(AutoEscape::Html);
        for (name, source) in &sources {
            for environment in [&mut text, &mut html] {
                if let Err(error) = environment.add_template_owned(name.clone(), source.template.clone()) {
                    problems.push(source.problem(error.line(), describe(&error), FIX_SYNTAX));
                    break;
                }
            }
        }
        (Self { text, html, sources }, problems)
    }

    const fn environment(&self, part: Part) -> &Environment<'static> {
        match part {
            Part::Text => &self.text,
            Part::Html => &self.html,
        }
    }

    fn subject(&self, kind: MailKind, locale: Locale) -> &str {
        self.sources.get(&words(kind, locale)).map_or("", |source| source.subject.as_str())
    }

    fn render(&self, part: Part, mail: &Mail, locale: Locale, public_url: &str) -> Result<String, TemplateProblem> {
        let mut values = values(mail, public_url);
        values.insert("language", Value::from(locale.as_str()));
        values.insert("part", Value::from(part.as_str()));
        values.insert("subject", Value::from(self.subject(mail.kind(), locale)));
        values.insert("words", Value::from(words(mail.kind(), locale)));
        let layout = self.environment(part).get_template(part.layout());
        let rendered =
            layout.and_then(|layout| layout.render(Value::from(values))).map_err(|error| self.blame(&error))?;
        // Mail is written in lines that end in CRLF.
        Ok(format!("{}\r\n", rendered.trim_end().replace("\r\n", "\n").replace('\n', "\r\n")))
    }

    /// Whose fault an error is: the innermost file that it names.
    fn blame(&self, error: &minijinja::Error) -> TemplateProblem {
        let mut innermost = error;
        let mut cause = std::error::Error::source(error);
        while let Some(error) = cause {
            if let Some(error) = error.downcast_ref::<minijinja::Error>() {
                innermost = error;
            }
            cause = error.source();
        }
        let fix = match innermost.kind() {
            ErrorKind::UndefinedError => FIX_UNDEFINED,
            ErrorKind::OutOfFuel => FIX_FUEL,
            _ => FIX_SYNTAX,
        };
        let name = innermost.name().unwrap_or_default();
        match self.sources.get(name) {
            Some(source) => source.problem(innermost.line(), describe(innermost), fix),
            None => TemplateProblem {
                place: name.to_owned(),
                line: innermost.line(),
                message: describe(innermost),
                fix: fix.to_owned(),
            },
        }
    }
}

const FIX_SYNTAX: &str = "mend the template; it is Jinja, as minijinja reads it";
const FIX_UNDEFINED: &str = "names are left out of a mail when they look like links or telephone numbers: write {% if invitee %} around them, or {{ organization or \"…\" }}";
const FIX_FUEL: &str = "make it shorter: a template may not loop without end";

fn describe(error: &minijinja::Error) -> String {
    match (error.kind(), error.detail()) {
        (ErrorKind::UndefinedError, _) => {
            "a value that not every mail has is used as if it were always there".to_owned()
        }
        (ErrorKind::OutOfFuel, _) => "the template does too much".to_owned(),
        (kind, Some(detail)) => format!("{kind}: {detail}"),
        (kind, None) => kind.to_string(),
    }
}

fn environment(escape: AutoEscape) -> Environment<'static> {
    let mut environment = Environment::new();
    environment.set_auto_escape_callback(move |_| escape.clone());
    environment.set_formatter(write_value);
    environment.set_undefined_behavior(UndefinedBehavior::SemiStrict);
    environment.set_fuel(Some(FUEL));
    environment.add_filter("paragraphs", paragraphs);
    environment
}

/// Like the engine's own, but leaves slashes alone, so that links look like links in the source of a message.
fn write_value(output: &mut Output, state: &mut State, value: &Value) -> Result<(), minijinja::Error> {
    match value.as_str() {
        Some(text) if matches!(state.auto_escape(), AutoEscape::Html) && !value.is_safe() => {
            output.write_str(&escape(text)).map_err(minijinja::Error::from)
        }
        _ => minijinja::escape_formatter(output, state, value),
    }
}

/// Escapes text for element content and for quoted attribute values.
fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            other => escaped.push(other),
        }
    }
    escaped
}

/// The filter `paragraphs`: a rendered text, divided at its empty lines.
fn paragraphs(text: &Value) -> Result<Vec<Value>, minijinja::Error> {
    let whole = text.as_str().filter(|_| text.kind() == ValueKind::String).ok_or_else(|| {
        minijinja::Error::new(ErrorKind::InvalidOperation, "only a text can be divided into paragraphs")
    })?;
    let mut paragraphs = vec![String::new()];
    for line in whole.lines() {
        match paragraphs.last_mut() {
            Some(last) if !line.trim().is_empty() => {
                if !last.is_empty() {
                    last.push('\n');
                }
                last.push_str(line.trim_end());
            }
            _ => paragraphs.push(String::new()),
        }
    }
    let kept = paragraphs.into_iter().filter(|paragraph| !paragraph.is_empty());
    Ok(kept
        .map(|text_of| if text.is_safe() { Value::from_safe_string(text_of) } else { Value::from(text_of) })
        .collect())
}

#[cfg(test)]
mod tests;
