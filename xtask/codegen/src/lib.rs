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
pub mod project_server;
pub mod read;
mod render;
mod routes;
pub mod schema;
pub mod sdk;
mod secret;
pub mod server;
pub mod standalone;
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
    /// Files of the command line's `src/generated`.
    pub cli: Files,
    /// A server that answers 501 to everything.
    pub stub: String,
    /// JSON pointers of what the server's framework cannot say, by class.
    pub losses: BTreeMap<&'static str, BTreeSet<String>>,
    /// How long each pass took.
    pub timings: Vec<(&'static str, Duration)>,
}

/// Explains every difference between the document and what dropshot `emitted` from the trait generated of it.
///
/// # Errors
/// The document cannot be used.
pub fn drift(file: &str, text: &str, emitted: &serde_json::Value) -> Result<Vec<drift::Drift>, Problems> {
    let document = settled(Document::parse(file, text)?);
    let model = read::model(&document)?;
    let projection = project_server::project(&document, &model);
    Ok(drift::compare(&document, &model, &projection.document, emitted))
}

/// Everything that is wrong with a document: its rules and, if it keeps them, what the passes refuse.
#[must_use]
pub fn lint(file: &str, text: &str, set: lint::Set) -> Problems {
    let checked = guard::parse(file, text).and_then(|document| Ok((rules(&document, set)?, document)));
    let (mut problems, document) = match checked {
        Ok(checked) => checked,
        Err(problems) => return problems,
    };
    if !problems.has_errors()
        && let Err(refused) = guard::run(&settled(document), general_passes)
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
    guard::run(&settled(document), |document| own_rest(document, &read::model(document)?))
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
    let problems = rules(&document, set)?;
    if problems.has_errors() {
        return Err(problems);
    }
    let lint = ("lint", start.elapsed());
    let run: fn(&Document) -> Result<Output, Problems> = match set {
        lint::Set::General => general_passes,
        lint::Set::Strict => own_passes,
    };
    let mut output = guard::run(&settled(document), run)?;
    let warned = problems.0.iter().filter(|problem| lint::rules().any(|rule| rule.settled && rule.id == problem.rule));
    let warned: BTreeSet<String> = warned.map(|problem| problem.pointer.clone()).collect();
    if !warned.is_empty() {
        output.losses.insert("settled", warned);
    }
    output.timings.splice(0..0, [load, lint]);
    Ok(output)
}

/// The document as the passes read it.
fn settled(document: Document) -> Document {
    lint::settle::settle(&document).unwrap_or(document)
}

/// What the rules find; a rule that panics is one problem more.
fn rules(document: &Document, set: lint::Set) -> Result<Problems, Problems> {
    let check: fn(&Document) -> Result<Problems, Problems> = match set {
        lint::Set::General => |document| Ok(lint::check(document, lint::Set::General)),
        lint::Set::Strict => |document| Ok(lint::check(document, lint::Set::Strict)),
    };
    guard::run(document, check)
}

/// The model, and how long it took to read it.
fn timed_model(document: &Document) -> Result<(Model, (&'static str, Duration)), Problems> {
    let start = Instant::now();
    let model = read::model(document)?;
    Ok((model, ("read", start.elapsed())))
}

/// The passes over any document.
fn general_passes(document: &Document) -> Result<Output, Problems> {
    let (model, read) = timed_model(document)?;
    let mut output = passes(document, &model)?;
    output.timings.insert(0, read);
    Ok(output)
}

/// The passes over this project's own document: also its mock and what its tests are made of. The vectors need nothing of
/// the rest and are made beside it.
fn own_passes(document: &Document) -> Result<Output, Problems> {
    let (model, read) = &timed_model(document)?;
    std::thread::scope(|scope| {
        let vectors = scope.spawn(move || {
            let start = Instant::now();
            (vectors::files(document, model), start.elapsed())
        });
        let rest = own_rest(document, model);
        let (files, duration) = vectors.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
        let mut output = rest?;
        output.timings.insert(0, *read);
        output.vectors = files;
        output.timings.push(("vectors", duration));
        Ok(output)
    })
}

fn own_rest(document: &Document, model: &Model) -> Result<Output, Problems> {
    let mut output = passes(document, model)?;
    let start = Instant::now();
    output.mock = mock::generate(document, model)?;
    output.timings.push(("mock", start.elapsed()));
    output.calls = sdk::calls(document, model)?;
    Ok(output)
}

/// The passes over a document that keeps the rules.
fn passes(document: &Document, model: &Model) -> Result<Output, Problems> {
    let mut output = Output::default();
    let mut start = Instant::now();
    let mut lap = |name: &'static str, timings: &mut Vec<(&'static str, Duration)>| {
        timings.push((name, start.elapsed()));
        start = Instant::now();
    };
    let projection = project_server::project(document, model);
    output.openapi.insert("openapi.json".to_owned(), render::json(&document.value));
    output.openapi.insert("server.json".to_owned(), render::json(&projection.document));
    output.losses = projection.losses;
    output.openapi.insert("operations.txt".to_owned(), digest::operations(document, model));
    lap("project", &mut output.timings);
    output.server = server::generate(document, model)?;
    output.stub = server::stub(document, model)?;
    lap("server", &mut output.timings);
    let sdk = sdk::generate(document, model)?;
    output.openapi.insert("client.json".to_owned(), render::json(&sdk.lowered));
    output.sdk = sdk.files;
    lap("sdk", &mut output.timings);
    output.cli = cli::generate(document, model)?;
    lap("cli", &mut output.timings);
    Ok(output)
}
