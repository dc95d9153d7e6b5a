//! Request vectors against whatever answers them.
//!
//! What the vectors leave open is the [`Target`]'s: how a request gets there, the secrets of its credentials, and values that exist in
//! its world, such as a token that can be redeemed. These go in only where the vector has no fault of its own.

use std::collections::BTreeMap;
use std::future::Future;

use futures::StreamExt as _;
use serde_json::Value;

use super::request::put;
use super::{File, Promise, Request, RequestVector};
use crate::http::{Answer, Payload};
use crate::{contract, json_schema, places};

/// Requests under way at once.
const AT_ONCE: usize = 4;

/// Something that answers.
pub trait Target: Sync {
    /// Answers a request; `target` is its path and query, encoded. The error is that there was no answer.
    fn send(
        &self,
        method: &str,
        target: &str,
        headers: &[(&str, String)],
        payload: Option<&Payload>,
    ) -> impl Future<Output = Result<Answer, String>>;

    /// The header that carries a valid credential of this scheme.
    fn credential(&self, scheme: &str) -> (String, String);

    /// Whether its errors say where a request is wrong; examples of the document speak of another request.
    fn says_where(&self) -> bool {
        true
    }

    /// Values that make a valid request succeed here: `/path/token`, `/body/email` or `/credentials/sessionBearer` (what its
    /// header holds), and the value.
    fn live(&self, file: &File, vector: &RequestVector) -> impl Future<Output = Vec<(String, Value)>>;
}

/// A vector that does not hold.
#[derive(Clone, Debug)]
pub struct Failure {
    /// Its name.
    pub vector: String,
    /// What was expected, why, and what happened.
    pub text: String,
}

/// Whether a value at `pointer` may be replaced without mending or hiding the fault.
fn may_replace(vector: &RequestVector, pointer: &str) -> bool {
    let inside = |outer: &str, inner: &str| inner == outer || inner.starts_with(&format!("{outer}/"));
    vector.violates.as_ref().is_none_or(|fault| !inside(fault, pointer) && !inside(pointer, fault))
}

/// Runs those of the file's request vectors that reach a server and that `wanted` takes.
pub async fn run(target: &impl Target, file: &File, wanted: impl Fn(&str) -> bool) -> (usize, Vec<Failure>) {
    let vectors: Vec<&RequestVector> =
        file.requests.iter().filter(|vector| vector.server.is_some() && wanted(&vector.name)).collect();
    let count = vectors.len();
    let failures = futures::stream::iter(vectors)
        .map(|vector| one(target, file, vector))
        .buffer_unordered(AT_ONCE)
        .filter_map(|failure| async move { failure });
    (count, failures.collect().await)
}

/// A request with values that are alive where it goes.
#[derive(Clone, Debug)]
pub struct Filled {
    /// With its parameters.
    pub request: Request,
    /// Its body, if that is JSON.
    pub json: Option<Value>,
    /// What the headers of these schemes hold in place of what they usually do.
    pub credentials: BTreeMap<String, String>,
}

/// Puts the values in where that neither mends nor hides the vector's fault.
#[must_use]
pub fn filled(file: &File, vector: &RequestVector, live: Vec<(String, Value)>) -> Filled {
    let mut request = vector.request.clone();
    let mut credentials = BTreeMap::new();
    let mut json = request.body.as_ref().and_then(|body| body.json(file));
    for (pointer, value) in live {
        if !may_replace(vector, &pointer) {
            continue;
        }
        if let Some(scheme) = pointer.strip_prefix("/credentials/") {
            credentials.insert(scheme.to_owned(), value.as_str().unwrap_or_default().to_owned());
            continue;
        }
        if let Some(given) = pointer.strip_prefix("/query/").and_then(|name| request.query.get_mut(name)) {
            *given = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            continue;
        }
        match (pointer.strip_prefix("/path/"), pointer.strip_prefix("/body"), &mut json) {
            (Some(name), _, _) => {
                let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
                drop(request.path.insert(name.to_owned(), text));
            }
            (None, Some(place), Some(json)) => put(json, place, value),
            _ => {}
        }
    }
    Filled { request, json, credentials }
}

async fn one(target: &impl Target, file: &File, vector: &RequestVector) -> Option<Failure> {
    let Filled { request, json, credentials: used_up } = filled(file, vector, target.live(file, vector).await);
    let credential = |scheme: &String| {
        let (name, value) = target.credential(scheme);
        (name, used_up.get(scheme).cloned().unwrap_or(value))
    };
    let credentials: Vec<(String, String)> =
        request.credentials.iter().map(credential).chain(request.headers.clone()).collect();
    let headers: Vec<(&str, String)> = credentials.iter().map(|(name, value)| (name.as_str(), value.clone())).collect();
    let payload = request
        .body
        .as_ref()
        .map(|body| Payload { content_type: body.media_type.clone(), bytes: body.bytes(json.as_ref()) });
    let promises = vector.server.as_deref().unwrap_or_default();
    let said = match target.send(&file.method, &request.target(&file.path), &headers, payload.as_ref()).await {
        Ok(answer) => {
            let elsewhere =
                || vector.violates.as_deref().filter(|_| target.says_where()).and_then(|at| elsewhere(at, &answer));
            broken(promises, &answer).or_else(elsewhere)?
        }
        Err(error) => format!("there was no answer: {error}"),
    };
    let statuses: Vec<u16> = promises.iter().map(|promise| promise.status).collect();
    let text = format!("{}: because of {}, expected {statuses:?}: {said}", vector.name, vector.because);
    Some(Failure { vector: vector.name.clone(), text })
}

/// What in an answer is not as promised.
fn broken(promises: &[Promise], answer: &Answer) -> Option<String> {
    let Some(promise) = promises.iter().find(|promise| promise.status == answer.status) else {
        return Some(format!("answered {} {}", answer.status, answer.text()));
    };
    let media_type = answer.header("content-type");
    if media_type != promise.media_type.as_deref() {
        return Some(format!("the content type is {media_type:?}, not {:?}", promise.media_type));
    }
    if let Some(name) = promise.headers.iter().find(|name| answer.header(name).is_none()) {
        return Some(format!("the header {name} is missing"));
    }
    match &promise.schema {
        None => (!answer.body.is_empty()).then(|| format!("a body where none is: {}", answer.text())),
        Some(schema) => {
            let Ok(body) = serde_json::from_slice::<Value>(&answer.body) else {
                return Some(format!("the body is no JSON: {}", answer.text()));
            };
            let faults = json_schema::faults(json_schema::component(schema), &body);
            if !faults.is_empty() {
                return Some(format!("the body breaks {schema}: {faults:?}"));
            }
            contract::other_status(answer.status, &body).map(|status| format!("the body says {status}"))
        }
    }
}

/// What is wrong with the place that a refusal of the schema names.
fn elsewhere(violates: &str, answer: &Answer) -> Option<String> {
    // A body that is no JSON, or is none at all, has no places; neither has what is missing beside the request's content.
    let has_place = ["/body/", "/path/", "/query/", "/headers/"].iter().any(|part| violates.starts_with(part));
    if answer.status != 400 || !has_place {
        return None;
    }
    let body = serde_json::from_slice::<Value>(&answer.body).ok()?;
    let mut named = places::of(&body);
    if named.is_empty() {
        named = places::of_text(&body);
    }
    (!places::include(&named, violates)).then(|| format!("it names {named:?}, not {violates}"))
}
