//! The rules that a document must keep, each with an id, a function and a failing fixture in `tests/lint`.
//!
//! They run before anything else looks at the document, so that every construct on which progenitor, typify or dropshot
//! would panic is a [`Problem`] with a place, and nothing that OpenAPI does not know is dropped in silence. All rules run
//! on every document, and all problems are reported at once. What follows is robust against a wrong document: a rule that
//! cannot understand a node leaves it to the rule that refuses it.
//!
//! `grammar` and `walk` know the form of OpenAPI 3.0; the other modules hold the rules, by topic. `house` holds the
//! conventions of this project's own document, which [`Set::Strict`] adds.

mod body;
mod context;
mod cycles;
mod document;
mod enums;
mod extensions;
mod grammar;
mod house;
mod limits;
mod names;
mod operations;
mod parameters;
mod paths;
mod references;
mod schemas;
mod security;
mod settle;
mod unions;
mod values;
mod walk;

use context::Context;
use jsonschema::PatternCache;

use crate::diagnostic::{Problem, Problems, Severity};
use crate::load::Document;
use crate::parallel;

/// Which rules apply.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Set {
    /// Any document: valid OpenAPI 3.0 that the generator can take.
    General,
    /// The conventions of this project's own document as well; warnings are errors.
    Strict,
}

/// One rule.
pub struct Rule {
    /// Stable name, kebab-case.
    pub id: &'static str,
    /// The smallest set that holds it.
    pub set: Set,
    /// Whether a document that breaks it can be used.
    pub severity: Severity,
    /// Whether a document that breaks it has one reading all the same, which the passes then get.
    pub settled: bool,
    /// What it demands, in one sentence.
    pub says: &'static str,
    check: fn(&Context<'_>, &mut Report<'_>),
}

impl Rule {
    const fn error(id: &'static str, says: &'static str, check: fn(&Context<'_>, &mut Report<'_>)) -> Self {
        Self { id, set: Set::General, severity: Severity::Error, settled: false, says, check }
    }

    const fn settled(id: &'static str, says: &'static str, check: fn(&Context<'_>, &mut Report<'_>)) -> Self {
        Self { id, set: Set::General, severity: Severity::Warning, settled: true, says, check }
    }

    const fn warning(id: &'static str, says: &'static str, check: fn(&Context<'_>, &mut Report<'_>)) -> Self {
        Self { id, set: Set::General, severity: Severity::Warning, settled: false, says, check }
    }

    const fn strict(id: &'static str, says: &'static str, check: fn(&Context<'_>, &mut Report<'_>)) -> Self {
        Self { id, set: Set::Strict, severity: Severity::Error, settled: false, says, check }
    }
}

const TOPICS: [&[Rule]; 16] = [
    document::RULES,
    references::RULES,
    schemas::RULES,
    unions::RULES,
    enums::RULES,
    limits::RULES,
    values::RULES,
    cycles::RULES,
    names::RULES,
    paths::RULES,
    operations::RULES,
    parameters::RULES,
    body::RULES,
    security::RULES,
    extensions::RULES,
    house::RULES,
];

/// Every rule, by topic.
pub fn rules() -> impl Iterator<Item = &'static Rule> {
    TOPICS.into_iter().flatten()
}

/// Checks `document` against the rules of `set`; the answer is empty if it keeps them all.
#[must_use]
pub fn check(document: &Document, set: Set) -> Problems {
    check_settled(document, set).0
}

/// As [`check`], with the document as the passes read it, unless they read it as it is written.
pub(crate) fn check_settled(document: &Document, set: Set) -> (Problems, Option<Document>) {
    let patterns = PatternCache::new();
    let settled = settle::settle(document, &patterns);
    let mut problems = Problems::default();
    if settled.is_some() {
        let context = Context::new(document, &patterns);
        problems.0.extend(found(&context, |rule| rule.settled.then_some(rule.severity)));
    }
    let read = settled.as_ref().unwrap_or(document);
    let context = Context::new(read, &patterns);
    // What is still found has more than one reading.
    let severity = |rule: &Rule| if rule.settled { Severity::Error } else { rule.severity };
    problems.0.extend(found(&context, |rule| (rule.set <= set).then(|| severity(rule))));
    drop_warnings(&mut problems.0);
    if set == Set::Strict {
        problems.0.iter_mut().for_each(|problem| problem.severity = Severity::Error);
    }
    problems.sort();
    (problems, settled)
}

/// What the rules find that have a `severity`.
fn found(context: &Context<'_>, severity: impl Fn(&Rule) -> Option<Severity>) -> Vec<Problem> {
    let jobs = rules().filter_map(|rule| {
        let severity = severity(rule)?;
        Some(move || {
            let mut problems = Vec::new();
            let mut report = Report { document: context.document, rule, severity, problems: &mut problems };
            (rule.check)(context, &mut report);
            problems
        })
    });
    parallel::run(jobs.collect()).concat()
}

/// The document as the passes read it.
pub(crate) fn settled(document: Document) -> Document {
    settle::settle(&document, &PatternCache::new()).unwrap_or(document)
}

/// What is an error is not a warning as well.
fn drop_warnings(problems: &mut Vec<Problem>) {
    let errors: Vec<(&str, String)> = problems
        .iter()
        .filter(|problem| problem.is_error())
        .map(|problem| (problem.rule, problem.pointer.clone()))
        .collect();
    problems.retain(|problem| problem.is_error() || !errors.contains(&(problem.rule, problem.pointer.clone())));
}

/// Where a rule puts what it finds.
struct Report<'a> {
    document: &'a Document,
    rule: &'static Rule,
    severity: Severity,
    problems: &'a mut Vec<Problem>,
}

impl Report<'_> {
    /// A problem with a node: its key is underlined.
    fn key(&mut self, pointer: &str, message: impl Into<String>, fix: &str) {
        let problem = self.document.problem(pointer, self.rule.id, message.into(), fix);
        self.problems.push(Problem { severity: self.severity, ..problem });
    }

    /// A problem with what a node says: its value is underlined, if it stands on one line.
    fn value(&mut self, pointer: &str, message: impl Into<String>, fix: &str) {
        let problem = self.document.problem_with_value(pointer, self.rule.id, message.into(), fix);
        self.problems.push(Problem { severity: self.severity, ..problem });
    }
}
