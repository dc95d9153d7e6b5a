//! What is tried against a server: vectors, situations, and the journey of an invited person.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use dropshot_codegen::model::Status;
use serde::Deserialize;

use super::world::{Source, World};
use crate::document;
use crate::vectors::{self, File, RequestVector};

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
    /// Values that make the situation.
    pub values: BTreeMap<String, Source>,
    /// Whether the credentials are made wrong.
    pub wrong_credentials: bool,
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
    let none = file.requests.iter().find(|vector| vector.violates.as_deref() == Some("/credentials"));
    if let (Some(none), Some(valid)) = (none, valid(file)) {
        cases.push(Case {
            name: format!("{}/credentials/wrong", file.operation),
            because: none.because.clone(),
            expected: of_vector(file, none).expected,
            wrong_credentials: true,
            by_client: false,
            ..valid
        });
    }
    cases
}

fn of_vector(file: &'static File, vector: &'static RequestVector) -> Case {
    let promises = vector.server.as_deref().unwrap_or_default();
    Case {
        name: vector.name.clone(),
        because: vector.because.clone(),
        file,
        vector,
        expected: promises.iter().map(|promise| promise.status).collect(),
        values: BTreeMap::new(),
        wrong_credentials: false,
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
