//! An OpenAPI 3.0 document in, Rust out: a typed client on progenitor and a dropshot server, both derived from the document.
//!
//! Pure: no file is read or written here, nothing is known of any particular API. The passes, in order:
//!
//! 1. [`load`]: YAML to JSON with the position of every node.
//! 2. [`mod@lint`]: the rules; what they refuse never reaches the passes after them.
//! 3. [`read`]: the [`model`], or every problem with its place.
//! 4. [`project_server`]: the document as dropshot can say it, and the ledger of what it cannot.
//! 5. [`server`]: types, schemas, trait, responses, security of the server.
//! 6. [`sdk`]: the lowered document for progenitor, and the client's code.
//! 7. [`cli`]: every operation as a subcommand that makes the client's typed call.
//! 8. [`standalone`]: server and client as complete crates, for documents other than this project's own.
//! 9. [`digest`]: the whole API on one screen, for reviewers.
//! 10. [`mock`]: the tables and scripts of the mock server, under the strict rules.
//! 11. `vectors`: cases that servers, clients and mocks are held against, under the strict rules.
//! 12. [`samples`]: a small program for each operation in four languages, under the strict rules.
//!
//! The passes from 4 on need nothing of each other; `parallel` runs them side by side.
//!
//! [`mod@drift`] compares what dropshot emits from the generated trait with the projection.

mod cite;
pub mod cli;
pub mod diagnostic;
pub mod digest;
pub mod drift;
mod express;
mod failure;
mod guard;
pub mod lint;
pub mod load;
pub mod mock;
pub mod model;
pub mod names;
mod parallel;
pub mod project_server;
pub mod read;
mod render;
mod routes;
pub mod samples;
pub mod schema;
pub mod sdk;
mod secret;
pub mod server;
pub mod standalone;
mod unique;
mod vectors;

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

pub use diagnostic::{Place, Problem, Problems, Severity};
pub use load::Document;
use model::Model;

/// Generated files of one side, by name inside its `generated` folder.
pub type Files = BTreeMap<String, String>;

/// Everything that is generated from one document.
#[derive(Clone, Debug, Default)]
pub struct Output {
    /// Files of `openapi/generated`.
    pub openapi: Files,
    /// Files of the server crate's `src/generated`.
    pub server: Files,
    /// Files of the client crate's `src/generated`.
    pub sdk: Files,
    /// Files of the mock crate's `src/generated`; none under the general rules.
    pub mock: Files,
    /// Behaviour vectors, one file an operation; none under the general rules.
    pub vectors: Files,
    /// How a test calls each operation of the client with inputs given as JSON; none under the general rules.
    pub calls: Files,
    /// A program in Rust for each operation, for readers; none under the general rules.
    pub samples: Files,
    /// Files of the command line's `src/generated`.
    pub cli: Files,
    /// A server that answers 501 to everything; empty under the strict rules.
    pub stub: String,
    /// JSON pointers of what the server's framework cannot say, by class.
    pub losses: BTreeMap<&'static str, BTreeSet<String>>,
    /// What the rules say of a document that can be used.
    pub warnings: Problems,
    /// How long each pass took; passes run side by side.
    pub timings: Vec<(&'static str, Duration)>,
}

/// Explains every difference between the document and what dropshot `emitted` from the trait generated of it.
///
/// # Errors
/// The document cannot be used.
pub fn drift(file: &str, text: &str, emitted: &serde_json::Value) -> Result<Vec<drift::Drift>, Problems> {
    let document = lint::settled(Document::parse(file, text)?);
    let model = read::model(&document)?;
    let projection = project_server::project(&document, &model);
    Ok(drift::compare(&document, &model, &projection.document, emitted))
}

/// Everything that is wrong with a document: its rules and, if it keeps them, what the passes refuse.
#[must_use]
pub fn lint(file: &str, text: &str, set: lint::Set) -> Problems {
    let checked = guard::parse(file, text).and_then(|document| rules(document, set));
    let (mut problems, document) = match checked {
        Ok(checked) => checked,
        Err(problems) => return problems,
    };
    if !problems.has_errors()
        && let Err(refused) = guard::run(&document, |document| made(document, GENERAL))
    {
        problems.0.extend(refused.0);
        problems.sort();
    }
    problems
}

/// Runs every pass over `text`; `file` is how messages and provenance name it.
///
/// # Errors
/// All problems with the document, each with its place and what to do.
pub fn generate(file: &str, text: &str) -> Result<Output, Problems> {
    generate_under(lint::Set::General, file, text)
}

/// As [`generate`], with the mock. It is left out otherwise, because a document may lack what a mock needs: an example for
/// every body, and one media type for each.
///
/// # Errors
/// As [`generate`].
pub fn generate_with_mock(file: &str, text: &str) -> Result<Output, Problems> {
    let document = guard::parse(file, text)?;
    guard::run(&lint::settled(document), |document| made(document, WITH_MOCK))
}

/// As [`generate`], under the rules of `set`.
///
/// # Errors
/// As [`generate`].
pub fn generate_under(set: lint::Set, file: &str, text: &str) -> Result<Output, Problems> {
    let start = Instant::now();
    let document = guard::parse(file, text)?;
    let load = ("load", start.elapsed());
    let start = Instant::now();
    let (problems, document) = rules(document, set)?;
    if problems.has_errors() {
        return Err(problems);
    }
    let lint = ("lint", start.elapsed());
    let run: fn(&Document) -> Result<Output, Problems> = match set {
        lint::Set::General => |document| made(document, GENERAL),
        lint::Set::Strict => |document| made(document, OWN),
    };
    let mut output = guard::run(&document, run)?;
    let warned = problems.0.iter().filter(|problem| lint::rules().any(|rule| rule.settled && rule.id == problem.rule));
    let warned: BTreeSet<String> = warned.map(|problem| problem.pointer.clone()).collect();
    if !warned.is_empty() {
        output.losses.insert("settled", warned);
    }
    output.warnings = problems;
    output.timings.splice(0..0, [load, lint]);
    Ok(output)
}

/// What the rules find, and the settled document if that differs.
type Checked = (Problems, Option<Document>);

/// What the rules find, and the document as the passes read it; a rule that panics is one problem more.
fn rules(document: Document, set: lint::Set) -> Result<(Problems, Document), Problems> {
    let check: fn(&Document) -> Result<Checked, Problems> = match set {
        lint::Set::General => |document| Ok(lint::check_settled(document, lint::Set::General)),
        lint::Set::Strict => |document| Ok(lint::check_settled(document, lint::Set::Strict)),
    };
    let (problems, settled) = guard::run(&document, check)?;
    Ok((problems, settled.unwrap_or(document)))
}

/// Makes one part of the output.
type Pass = (&'static str, fn(&Document, &Model) -> Result<Output, Problems>);

/// The passes over any document.
const GENERAL: &[Pass] =
    &[("project", projected), ("server", serving), ("sdk", calling), ("stub", stubbed), ("cli", commanding)];

/// The passes over any document that a mock can be made of.
const WITH_MOCK: &[Pass] = &[
    ("project", projected),
    ("server", serving),
    ("sdk", calling),
    ("stub", stubbed),
    ("cli", commanding),
    ("mock", mocking),
    ("calls", called),
];

/// The passes over this project's own document: also its mock and what its tests are made of.
const OWN: &[Pass] = &[
    ("sdk", calling),
    ("server", serving),
    ("project", projected),
    ("cli", commanding),
    ("mock", mocking),
    ("calls", called),
    ("vectors", broken),
    ("samples", sampled),
];

/// Everything that `passes` make of a document that keeps the rules; of several refusals, the first.
fn made(document: &Document, passes: &'static [Pass]) -> Result<Output, Problems> {
    let start = Instant::now();
    let model = &read::model(document)?;
    let mut output = Output { timings: vec![("read", start.elapsed())], ..Output::default() };
    let jobs = passes.iter().map(|(name, pass)| {
        move || {
            let start = Instant::now();
            let part = pass(document, model)?;
            Ok(Output { timings: vec![(name, start.elapsed())], ..part })
        }
    });
    for part in parallel::run(jobs.collect()) {
        output.add(part?);
    }
    Ok(output)
}

impl Output {
    fn add(&mut self, part: Self) {
        self.openapi.extend(part.openapi);
        self.server.extend(part.server);
        self.sdk.extend(part.sdk);
        self.mock.extend(part.mock);
        self.vectors.extend(part.vectors);
        self.calls.extend(part.calls);
        self.samples.extend(part.samples);
        self.cli.extend(part.cli);
        self.stub += &part.stub;
        self.losses.extend(part.losses);
        self.timings.extend(part.timings);
    }
}

fn projected(document: &Document, model: &Model) -> Result<Output, Problems> {
    let projection = project_server::project(document, model);
    let openapi = Files::from([
        ("openapi.json".to_owned(), render::json(&document.value)),
        ("server.json".to_owned(), render::json(&projection.document)),
        ("operations.txt".to_owned(), digest::operations(document, model)),
    ]);
    Ok(Output { openapi, losses: projection.losses, ..Output::default() })
}

fn serving(document: &Document, model: &Model) -> Result<Output, Problems> {
    Ok(Output { server: server::generate(document, model)?, ..Output::default() })
}

fn stubbed(document: &Document, model: &Model) -> Result<Output, Problems> {
    Ok(Output { stub: server::stub(document, model)?, ..Output::default() })
}

fn calling(document: &Document, model: &Model) -> Result<Output, Problems> {
    let sdk = sdk::generate(document, model)?;
    let openapi = Files::from([("client.json".to_owned(), render::json(&sdk.lowered))]);
    Ok(Output { openapi, sdk: sdk.files, ..Output::default() })
}

fn commanding(document: &Document, model: &Model) -> Result<Output, Problems> {
    Ok(Output { cli: cli::generate(document, model)?, ..Output::default() })
}

fn mocking(document: &Document, model: &Model) -> Result<Output, Problems> {
    Ok(Output { mock: mock::generate(document, model)?, ..Output::default() })
}

fn called(document: &Document, model: &Model) -> Result<Output, Problems> {
    Ok(Output { calls: sdk::calls(document, model)?, ..Output::default() })
}

fn broken(document: &Document, model: &Model) -> Result<Output, Problems> {
    Ok(Output { vectors: vectors::files(document, model), ..Output::default() })
}

fn sampled(document: &Document, model: &Model) -> Result<Output, Problems> {
    let samples = samples::generate(document, model)?;
    let openapi = Files::from([("samples.json".to_owned(), render::json(&samples.shown))]);
    Ok(Output { openapi, samples: samples.files, ..Output::default() })
}
