//! What the generator says when a document cannot be used: rule, place, the offending text, and what to do.
//!
//! One [`Problem`] has three forms: [`Problem::render`] for people, [`Problem::json`] for programs, and `Display`, which
//! is the first without colour. The JSON keys are stable: `rule`, `severity`, `file`, `line`, `column`, `end_column`,
//! `pointer`, `message`, `fix`.

use std::fmt;

use serde_json::{Value, json};

/// A position in the source text, both numbers counted from 1, columns in characters.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// Line, from 1.
    pub line: usize,
    /// Column in characters, from 1.
    pub column: usize,
}

/// Whether a document can be used in spite of a problem.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// Nothing is generated.
    #[default]
    Error,
    /// Something in the document has no effect on what is generated; it is said instead of dropped in silence.
    Warning,
}

impl Severity {
    /// As it stands in both forms.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warning => "warning",
        }
    }
}

/// The line that holds the problem, cut to what fits on a screen.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Excerpt {
    /// The text shown; tabs are blanks, so that the underline stands below.
    pub text: String,
    /// How many characters of the line were left out before it.
    pub cut: usize,
}

/// Longest excerpt in characters.
const WIDTH: usize = 120;

impl Excerpt {
    /// The part of `line` around `column`.
    #[must_use]
    pub fn around(line: &str, column: usize) -> Self {
        let cut = if column <= WIDTH * 2 / 3 { 0 } else { column - WIDTH / 3 };
        let text: String = line.chars().skip(cut).take(WIDTH).map(|c| if c.is_control() { ' ' } else { c }).collect();
        Self { text: text.trim_end().to_owned(), cut }
    }
}

/// One thing that is wrong with a document.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Problem {
    /// The file as the caller named it.
    pub file: String,
    /// Where in the file.
    pub place: Place,
    /// Stable name of the rule that was broken, in kebab-case.
    pub rule: &'static str,
    /// Whether the document can be used in spite of it.
    pub severity: Severity,
    /// What is wrong, lower case, without a full stop.
    pub message: String,
    /// What to do about it.
    pub fix: String,
    /// The node as a JSON pointer; empty for the document as a whole.
    pub pointer: String,
    /// First column after the offending text, on the line of `place`; not greater than its column: unknown.
    pub end_column: usize,
    /// The offending line; empty: unknown.
    pub excerpt: Excerpt,
}

impl Problem {
    /// A problem of a file as a whole, found before there is a document to point into.
    #[must_use]
    pub fn of_file(file: &str, rule: &'static str, message: String, fix: &str) -> Self {
        Self {
            file: file.to_owned(),
            place: Place { line: 1, column: 1 },
            rule,
            message,
            fix: fix.to_owned(),
            ..Self::default()
        }
    }

    /// Whether nothing can be generated because of it.
    #[must_use]
    pub fn is_error(&self) -> bool {
        self.severity == Severity::Error
    }

    /// For people: place, severity, rule and message; the offending line, underlined; the fix.
    #[must_use]
    pub fn render(&self, colour: bool) -> String {
        let paint =
            |code: &str, text: &str| if colour { format!("\x1b[{code}m{text}\x1b[0m") } else { text.to_owned() };
        let tone = match self.severity {
            Severity::Error => "1;31",
            Severity::Warning => "1;33",
        };
        let Place { line, column } = self.place;
        let label = paint(tone, &format!("{}[{}]", self.severity.word(), self.rule));
        let mut out = format!("{}:{line}:{column}: {label}: {}\n", self.file, paint("1", &self.message));
        if !self.excerpt.text.is_empty() {
            let number = line.to_string();
            let gutter = " ".repeat(number.len());
            let bar = paint("2", "|");
            let blanks = " ".repeat(column.saturating_sub(1 + self.excerpt.cut));
            let marks = paint(tone, &"^".repeat(self.underlined()));
            out += &format!("{gutter} {bar}\n{} {bar} {}\n", paint("2", &number), self.excerpt.text);
            out += &format!("{gutter} {bar} {blanks}{marks}\n");
        }
        out + &format!("  {}: {}", paint("1;36", "fix"), self.fix)
    }

    /// How many characters of the excerpt are underlined, at least one.
    fn underlined(&self) -> usize {
        let start = self.place.column.saturating_sub(1 + self.excerpt.cut);
        let room = self.excerpt.text.chars().count().saturating_sub(start);
        self.end_column.saturating_sub(self.place.column).min(room).max(1)
    }

    /// For programs.
    #[must_use]
    pub fn json(&self) -> Value {
        json!({
            "rule": self.rule,
            "severity": self.severity.word(),
            "file": self.file,
            "line": self.place.line,
            "column": self.place.column,
            "end_column": self.end_column.max(self.place.column + 1),
            "pointer": self.pointer,
            "message": self.message,
            "fix": self.fix,
        })
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.render(false))
    }
}

/// Every problem found in one pass, never empty when returned as an error.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Problems(pub Vec<Problem>);

impl Problems {
    /// In the order of the document, each once.
    pub fn sort(&mut self) {
        self.0.sort();
        self.0.dedup();
    }

    /// Whether nothing can be generated.
    #[must_use]
    pub fn has_errors(&self) -> bool {
        self.0.iter().any(Problem::is_error)
    }

    /// For people, one blank line between two problems.
    #[must_use]
    pub fn render(&self, colour: bool) -> String {
        self.0.iter().map(|problem| problem.render(colour)).collect::<Vec<_>>().join("\n\n")
    }

    /// For programs: an array.
    #[must_use]
    pub fn json(&self) -> Value {
        Value::Array(self.0.iter().map(Problem::json).collect())
    }
}

impl fmt::Display for Problems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.render(false))
    }
}

impl std::error::Error for Problems {}

#[cfg(test)]
mod tests {
    use super::*;

    fn problem(line: &str, column: usize, end_column: usize) -> Problem {
        Problem {
            file: "a.yaml".to_owned(),
            place: Place { line: 12, column },
            rule: "some-rule",
            message: "this is wrong".to_owned(),
            fix: "mend it".to_owned(),
            pointer: "/a".to_owned(),
            end_column,
            excerpt: Excerpt::around(line, column),
            ..Problem::default()
        }
    }

    #[test]
    fn the_offending_text_is_underlined() {
        let shown = problem("  requried: [a]", 3, 11).render(false);
        assert_eq!(
            shown,
            "a.yaml:12:3: error[some-rule]: this is wrong\n   |\n12 |   requried: [a]\n   |   ^^^^^^^^\n  fix: mend it"
        );
        assert!(!shown.contains('\x1b') && problem("a", 1, 2).render(true).contains("\x1b[1;31m^"));
    }

    #[test]
    fn a_long_line_is_cut_around_the_place() {
        let line = format!("{}HERE{}", "a".repeat(500), "b".repeat(500));
        let shown = problem(&line, 501, 505).render(false);
        let lines: Vec<&str> = shown.lines().collect();
        assert_eq!(lines[2].find("HERE"), lines[3].find("^^^^"), "{shown}");
        assert!(lines[2].chars().count() < 130);
    }

    #[test]
    fn a_place_outside_of_the_line_is_shown_all_the_same() {
        assert!(problem("ab", 40, 2).render(false).contains("^"));
        assert!(!problem("", 1, 1).render(false).contains('|'));
    }
}
