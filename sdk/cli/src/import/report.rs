//! What came of each row: in a file, on standard output, or as a line for whoever watches.

use std::fs::File;
use std::io::Write as _;
use std::path::Path;
use std::time::Instant;

use serde::Serialize;
use serde_json::{Value, json};

use super::progress::Progress;
use super::rows::Row;
use crate::failure::{Code, Failure};
use crate::globals::Format;
use crate::output::{Printer, compact, record, write};

/// What came of a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Outcome {
    /// The service did it.
    Done,
    /// The service has taken it into a job; what comes of it is not known yet.
    Accepted,
    /// In a dry run: it could be sent.
    Valid,
    /// The service refused.
    Refused,
    /// The service failed, or was not reached.
    Failed,
    /// The row is wrong and was not sent.
    Invalid,
    /// Whether the service did it is not known: no answer of its own came, or the program was told to end at once.
    Unknown,
    /// Its turn never came.
    NotSent,
}

impl Outcome {
    const ALL: [(Self, &'static str); 8] = [
        (Self::Done, "done"),
        (Self::Accepted, "accepted"),
        (Self::Valid, "valid"),
        (Self::Refused, "refused"),
        (Self::Failed, "failed"),
        (Self::Invalid, "invalid"),
        (Self::Unknown, "unknown"),
        (Self::NotSent, "not-sent"),
    ];

    /// Nothing is wrong with the row, as far as can be known.
    fn is_good(self) -> bool {
        match self {
            Self::Done | Self::Accepted | Self::Valid => true,
            Self::Refused | Self::Failed | Self::Invalid | Self::Unknown | Self::NotSent => false,
        }
    }

    pub(super) fn name(self) -> &'static str {
        Self::ALL.iter().find(|(outcome, _)| *outcome == self).map_or("", |(_, name)| name)
    }

    /// Of a call that failed.
    pub(super) fn of(failure: &Failure) -> Self {
        match failure.code() {
            _ if failure.parts().in_doubt => Self::Unknown,
            Code::Refused => Self::Refused,
            Code::Usage => Self::Invalid,
            Code::Done | Code::Unreachable | Code::Fault | Code::Partial | Code::Interrupted => Self::Failed,
        }
    }
}

/// What is kept of an answer; nothing of a row that is only checked.
#[derive(Debug, Default)]
pub(super) struct Sent {
    pub(super) status: Option<u16>,
    pub(super) request_id: Option<String>,
}

/// One line of the report.
#[derive(Debug, Serialize)]
struct Entry<'a> {
    row: usize,
    line: u64,
    about: &'a str,
    outcome: Outcome,
    status: Option<u16>,
    message: Option<String>,
    request_id: Option<String>,
    /// The job that the row is part of.
    import: Option<&'a str>,
}

/// How many rows came to what.
#[derive(Debug, Default)]
pub(super) struct Tally {
    counts: [usize; Outcome::ALL.len()],
    pub(super) interrupted: bool,
    /// The rows were checked, and nothing was sent.
    dry: bool,
}

impl Tally {
    /// Of a run that sends nothing.
    pub(super) fn dry() -> Self {
        Self { dry: true, ..Self::default() }
    }

    pub(super) fn count(&mut self, outcome: Outcome) {
        if let Some(index) = Outcome::ALL.iter().position(|(known, _)| *known == outcome) {
            self.counts[index] += 1;
        }
    }

    fn has_bad(&self) -> bool {
        Outcome::ALL.iter().zip(self.counts).any(|((outcome, _), count)| count > 0 && !outcome.is_good())
    }

    fn rows(&self) -> usize {
        self.counts.iter().sum()
    }

    /// `97 done, 2 refused, 1 invalid`.
    fn text(&self) -> String {
        let counted = Outcome::ALL.iter().zip(self.counts).filter(|(_, count)| *count > 0);
        counted.map(|((_, name), count)| format!("{count} {}", name.replace('-', " "))).collect::<Vec<_>>().join(", ")
    }

    fn json(&self) -> Value {
        let counts = Outcome::ALL.iter().zip(self.counts).map(|((_, name), count)| ((*name).to_owned(), json!(count)));
        let whole = [("rows".to_owned(), json!(self.rows())), ("dry_run".to_owned(), json!(self.dry))];
        Value::Object(whole.into_iter().chain(counts).collect())
    }
}

/// Where the lines go.
enum Target {
    Csv(Box<csv::Writer<File>>),
    Lines(File),
    /// Standard output, the only record of what was done.
    Output,
    /// Standard output, where nothing is done.
    Preview,
    Nowhere,
}

impl Target {
    fn write(&mut self, entry: &Entry<'_>) -> Result<(), Failure> {
        let failed = |error: &dyn std::fmt::Display| Failure::usage(format!("the report cannot be written: {error}"));
        match self {
            Self::Csv(writer) => {
                writer.serialize(entry).map_err(|error| failed(&error))?;
                writer.flush().map_err(|error| failed(&error))
            }
            Self::Lines(file) => writeln!(file, "{}", compact(entry)).map_err(|error| failed(&error)),
            Self::Output | Self::Preview | Self::Nowhere => self.put(entry),
        }
    }

    /// A line on standard output, if lines go there.
    fn put(&self, value: &impl Serialize) -> Result<(), Failure> {
        let line = || format!("{}\n", compact(value)).into_bytes();
        match self {
            Self::Output => record(&line()),
            Self::Preview => write(&line()),
            Self::Csv(_) | Self::Lines(_) | Self::Nowhere => Ok(()),
        }
    }
}

/// The report of an import.
pub(super) struct Report {
    target: Target,
    printer: Printer,
    progress: Progress,
    start: Instant,
    /// Calls are made.
    begun: bool,
    /// The job that the rows are part of, once the service has said so.
    import: Option<String>,
}

impl Report {
    /// Makes the file before anything is sent, so that what was done is never lost for want of a place; and after everything
    /// that can be told without it, so that the same command can be tried again.
    pub(super) fn open(path: Option<&Path>, printer: Printer, dry: bool) -> Result<Self, Failure> {
        let target = match path {
            Some(path) => {
                let file = File::create_new(path).map_err(|error| {
                    Failure::usage(format!("the report {} cannot be made: {error}", path.display()))
                        .hint("name a file that does not exist yet")
                })?;
                match path.extension() {
                    Some(extension) if extension == "csv" => Target::Csv(Box::new(csv::Writer::from_writer(file))),
                    _ => Target::Lines(file),
                }
            }
            None if printer.format == Format::Json && dry => Target::Preview,
            None if printer.format == Format::Json => Target::Output,
            None => Target::Nowhere,
        };
        Ok(Self { target, printer, progress: Progress::None, start: Instant::now(), begun: false, import: None })
    }

    /// The job that the rows from now on are part of.
    pub(super) fn belongs_to(&mut self, import: String) {
        self.import = Some(import);
    }

    /// Begins to show how far it is, when calls are about to be made.
    pub(super) fn begin(&mut self, rows: usize) {
        self.progress = Progress::start(rows, &self.printer);
        self.begun = true;
    }

    /// What came of a row: an answer, or why there is none.
    pub(super) fn row(&mut self, row: &Row, outcome: Outcome, result: Result<&Sent, &Failure>) -> Result<(), Failure> {
        let mut known = self.printer.known.clone();
        row.secrets.iter().for_each(|secret| known.add(secret));
        let message = result.err().map(|failure| known.scrub(&failure.line()));
        let call = result.err().and_then(|failure| failure.parts().call.as_ref());
        let (status, request_id) = match (result, call) {
            (Ok(sent), _) => (sent.status, sent.request_id.clone()),
            (Err(_), Some(call)) => (call.status, Some(call.request_id.clone())),
            (Err(_), None) => (None, None),
        };
        let about = known.scrub(&row.label);
        let entry = Entry {
            row: row.number,
            line: row.line,
            about: &about,
            outcome,
            status,
            message: message.clone(),
            request_id,
            import: self.import.as_deref(),
        };
        self.target.write(&entry).map_err(|failure| self.unwritten(failure, &entry))?;
        // Those that were never sent are counted at the end and need no line each.
        if outcome == Outcome::NotSent {
            return Ok(());
        }
        if let Some(message) = message {
            let text = format!("row {} (line {}, {about}): {}: {message}", row.number, row.line, outcome.name());
            self.progress.say(&self.printer, &text);
        }
        self.progress.step(&self.printer);
        Ok(())
    }

    /// Why the line of a row is missing, with what it would have said.
    fn unwritten(&self, failure: Failure, entry: &Entry<'_>) -> Failure {
        let request = entry.request_id.as_deref().map(|id| format!(", request {id}")).unwrap_or_default();
        let failure = failure.detail(format!("row {} is {}{request}", entry.row, entry.outcome.name()));
        if self.begun { failure.after_a_call() } else { failure }
    }

    /// How far a job is, of which no row has come back yet.
    pub(super) fn reach(&mut self, done: usize) {
        self.progress.reach(&self.printer, done);
    }

    /// A line for whoever watches.
    pub(super) fn say(&self, text: &str) {
        self.progress.say(&self.printer, text);
    }

    /// The sum of it all, and the exit code that it means.
    pub(super) fn end(&mut self, tally: &Tally) -> Result<Code, Failure> {
        self.progress.end();
        let mut summary = tally.json();
        if let Some(import) = &self.import {
            summary["import"] = json!(import);
        }
        let written = self.target.put(&json!({ "summary": summary }));
        written.map_err(|failure| if self.begun { failure.after_a_call() } else { failure })?;
        let seconds = self.start.elapsed().as_secs_f64();
        let dry = if tally.dry { "; nothing was sent" } else { "" };
        self.printer.note(&format!("{} rows: {} in {seconds:.1} s{dry}", tally.rows(), tally.text()));
        Ok(match tally.interrupted {
            true => Code::Interrupted,
            false if tally.has_bad() => Code::Partial,
            false => Code::Done,
        })
    }
}
