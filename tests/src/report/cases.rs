//! What is tried against a server: vectors, situations, and the journey of an invited person.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use dropshot_codegen::model::Status;
use serde::Deserialize;

use super::Untried;
use super::world::{Source, World};
use crate::document;
use crate::vectors::{self, File, RequestVector};

/// A key that the document refuses: it has blanks.
const NO_KEY: &str = "no key at all";

/// The flows, which are tags of the document.
pub const FLOWS: [&str; 4] = ["unleash", "muninx", "kare", "nexus"];

/// One request, what has to be there before, and the statuses that the document says for it.
#[derive(Debug)]
pub struct Case {
    /// Unique.
    pub name: String,
    /// What it is about, and where the document says so.
    pub because: String,
    /// The vectors of its operation.
    pub file: &'static File,
    /// What is sent, save for values of the other side's world.
    pub vector: &'static RequestVector,
    /// What the document says.
    pub expected: Vec<u16>,
    /// Where it is wrong, as vectors say it.
    pub violates: Option<String>,
    /// Values that make the situation.
    pub values: BTreeMap<String, Source>,
    /// The scheme whose credential is made wrong; the others stay as they are.
    pub wrong_credential: Option<String>,
    /// Headers beside those of the vector; `{n}` is a number that no other request has.
    pub headers: Vec<(String, String)>,
    /// Whether the typed client can make it, too.
    pub by_client: bool,
}

/// Something that no single request can make.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Situation {
    /// `operationId`.
    pub operation: String,
    /// A name within the operation.
    pub case: String,
    /// The documented status that stands for it.
    pub status: u16,
    /// What makes it.
    pub values: BTreeMap<String, Source>,
}

/// All situations.
#[must_use]
pub fn situations() -> &'static [Situation] {
    static SITUATIONS: LazyLock<Vec<Situation>> =
        LazyLock::new(|| serde_json::from_str(include_str!("situations.json")).expect("the situations can be read"));
    &SITUATIONS
}

/// All cases of a flow, operation by operation.
#[must_use]
pub fn of(flow: &str, world: &World) -> Vec<Case> {
    let operations = document::model().operations.iter();
    let operations = operations.filter(|operation| operation.tags.iter().any(|tag| tag == flow));
    let mut cases = Vec::new();
    for file in operations.map(|operation| vectors::file(&operation.id)) {
        cases.extend(of_vectors(file));
        let own = situations().iter().filter(|situation| situation.operation == file.operation);
        cases.extend(own.filter_map(|situation| {
            Some(Case {
                name: format!("{}/situation/{}", situation.operation, situation.case),
                because: meaning(&situation.operation, situation.status),
                expected: vec![situation.status],
                values: situation.values.clone(),
                ..valid(file)?
            })
        }));
    }
    let journey = world.journey.as_deref().map(vectors::file).and_then(valid);
    cases.extend(journey.map(|case| Case {
        because: format!("the journey of an invited person ends with {}", case.because),
        name: format!("{flow}/journey/{}", case.file.operation),
        ..case
    }));
    cases
}

fn of_vectors(file: &'static File) -> Vec<Case> {
    let vectors = file.requests.iter().filter(|vector| vector.server.is_some());
    let mut cases: Vec<Case> = vectors.map(|vector| of_vector(file, vector)).collect();
    cases.extend(wrong_credentials(file));
    cases.extend(idempotency_keys(file));
    cases
}

/// Of each complete alternative each half made wrong by itself: a server that looks at one half only is not kept by the other.
fn wrong_credentials(file: &'static File) -> Vec<Case> {
    let none = file.requests.iter().find(|vector| vector.violates.as_deref() == Some("/credentials"));
    let Some(none) = none else { return Vec::new() };
    let mut cases = Vec::new();
    for alternative in &document::operation(&file.operation).security {
        let mut right = file.requests.iter().filter(|vector| vector.violates.is_none() && vector.server.is_some());
        let Some(vector) = right.find(|vector| vector.request.credentials == *alternative) else { continue };
        cases.extend(alternative.iter().map(|scheme| Case {
            name: format!("{}/credentials/{}/wrong-{scheme}", file.operation, alternative.join("+")),
            because: none.because.clone(),
            expected: of_vector(file, none).expected,
            wrong_credential: Some(scheme.clone()),
            by_client: false,
            ..of_vector(file, vector)
        }));
    }
    cases
}

/// A key that nobody used before, and one that is none. Typed clients make their own, so that no vector has one.
fn idempotency_keys(file: &'static File) -> Vec<Case> {
    let parameters = &document::operation(&file.operation).parameters;
    let Some(key) = parameters.iter().find(|parameter| parameter.name == "Idempotency-Key") else { return Vec::new() };
    let with = |slug: &str, value: &str| {
        valid(file).map(|case| Case {
            name: format!("{}/headers/{}/{slug}", file.operation, key.name),
            headers: vec![(key.name.clone(), value.to_owned())],
            by_client: false,
            ..case
        })
    };
    let refused = with("pattern", NO_KEY).map(|case| Case {
        because: meaning(&file.operation, 400),
        expected: vec![400],
        violates: Some(format!("/headers/{}", key.name)),
        ..case
    });
    with("valid", "contract-{n}").into_iter().chain(refused).collect()
}

/// Documented answers that no case asks for: who is kept out for lack of a right takes a second person's credentials, a key that
/// was used or is in use takes two requests, and some a server in need.
#[must_use]
pub fn untried(flow: &str, cases: &[Case]) -> Vec<Untried> {
    let operations = document::model().operations.iter();
    let operations = operations.filter(|operation| operation.tags.iter().any(|tag| tag == flow));
    let mut found: BTreeMap<u16, Vec<String>> = BTreeMap::new();
    for operation in operations {
        let asked = |status: &u16| {
            cases.iter().any(|case| case.file.operation == operation.id && case.expected.contains(status))
        };
        let responses = operation.responses.iter().filter(|response| !response.is_foreign);
        let statuses = responses.filter_map(|response| match response.status {
            Status::Exact(status) => Some(status),
            Status::Range(_) | Status::Default => None,
        });
        statuses.filter(|status| !asked(status)).for_each(|status| {
            found.entry(status).or_default().push(operation.id.clone());
        });
    }
    found.into_iter().map(|(status, operations)| Untried { status, operations }).collect()
}

fn of_vector(file: &'static File, vector: &'static RequestVector) -> Case {
    let promises = vector.server.as_deref().unwrap_or_default();
    Case {
        name: vector.name.clone(),
        because: vector.because.clone(),
        file,
        vector,
        expected: promises.iter().map(|promise| promise.status).collect(),
        violates: vector.violates.clone(),
        values: BTreeMap::new(),
        wrong_credential: None,
        headers: Vec::new(),
        by_client: vector.violates.is_none() && vector.client.is_some(),
    }
}

/// The first request that is right.
#[must_use]
pub fn valid(file: &'static File) -> Option<Case> {
    let vector = file.requests.iter().find(|vector| vector.violates.is_none() && vector.server.is_some())?;
    Some(of_vector(file, vector))
}

/// What the document says of a status, and where.
fn meaning(operation: &str, status: u16) -> String {
    let responses = &document::operation(operation).responses;
    let response = responses.iter().find(|response| response.status == Status::Exact(status));
    let said = response.map(|response| response.description.split_whitespace().collect::<Vec<_>>().join(" "));
    format!("{status}: {} ({})", said.unwrap_or_default(), vectors::file(operation).at)
}
