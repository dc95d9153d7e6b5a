//! Vectors against the client, whose peer is a scripted socket, or a mock with a script.
//!
//! [`Between`] is what may stand between the client and those who watch it; nothing, unless a test wants to see that a
//! client with a fault is caught.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, LazyLock, Mutex, PoisonError};
use std::time::Duration;

use dropshot_codegen::model::SchemeKind;
use futures::StreamExt as _;
use invite_sdk::{Client, Credential, Retries, Scheme};

use super::calls::{Inputs, Report, Unsent};
use super::peer::{Plays, ScriptedPeer};
use super::target::Failure;
use super::{AnswerVector, Does, Exchange, File, Request, Word, generated_calls, same, scripted};
use crate::document;
use crate::http::Recorded;

/// Calls under way at once.
const AT_ONCE: usize = 4;
/// To make one takes far longer than a vector; the client's own differs in nothing else.
static SHARED: LazyLock<reqwest::Client> = LazyLock::new(crate::http::client);
const USERNAME: &str = "canary-name";

/// Everything that can be seen of a call.
#[derive(Debug)]
pub struct Observed {
    /// What reached the peer.
    pub requests: Vec<Recorded>,
    /// How long the client waited between attempts.
    pub waits: Vec<Duration>,
    /// What it said.
    pub outcome: Result<Report, Unsent>,
}

type OnObserved = Arc<dyn Fn(&Request, &mut Observed) + Send + Sync>;

impl Between {
    /// Changes what is seen of the client in the end.
    pub fn of_observed(change: impl Fn(&Request, &mut Observed) + Send + Sync + 'static) -> Self {
        Self { observed: Arc::new(change), ..Self::default() }
    }
}

impl fmt::Debug for Between {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Between")
    }
}

/// Changes to a client, each of which makes it another one. The default changes nothing.
#[derive(Clone)]
pub struct Between {
    /// What the client gets to see of an answer.
    pub answer: fn(&mut Exchange),
    /// Its configuration.
    pub configuration: fn(&mut Configuration),
    /// Whether its caller calls again after this report.
    pub again: fn(&Report) -> bool,
    /// What is seen of it in the end.
    pub observed: OnObserved,
    /// Whether its peer is a mock with a script, in place of a socket that says what it is told.
    pub by_mock: bool,
}

impl Default for Between {
    fn default() -> Self {
        Self { answer: |_| {}, configuration: |_| {}, again: |_| false, observed: Arc::new(|_, _| {}), by_mock: false }
    }
}

/// How a client is set up for a vector.
#[derive(Debug)]
pub struct Configuration {
    /// How often it may send a request again.
    pub repetitions: u32,
    /// How much it reads.
    pub max_response_bytes: Option<usize>,
    /// In place of its own HTTP client.
    pub http: Option<reqwest::Client>,
}

/// Runs those of a file's vectors that a client has a part in and that `wanted` takes.
pub async fn run(between: &Between, file: &File, wanted: impl Fn(&str) -> bool) -> (usize, Vec<Failure>) {
    let failure = |name: &str, because: &str, text: Option<String>| {
        text.map(|text| Failure { vector: name.to_owned(), text: format!("{name}: because of {because}: {text}") })
    };
    let requests: Vec<_> = file
        .requests
        .iter()
        .filter_map(|vector| Some((vector, vector.client?)))
        .filter(|(vector, _)| wanted(&vector.name))
        .collect();
    let answers: Vec<_> = file.answers.iter().filter(|vector| wanted(&vector.name)).collect();
    let count = requests.len() + answers.len();
    let asked = futures::stream::iter(requests)
        .map(|(vector, does)| async move {
            failure(&vector.name, &vector.because, asked(between, file, &vector.request, does).await)
        })
        .buffer_unordered(AT_ONCE)
        .filter_map(|failure| async move { failure });
    let mut failures: Vec<Failure> = asked.collect().await;
    let answered = futures::stream::iter(answers)
        .map(|vector| async move { failure(&vector.name, &vector.because, answered(between, file, vector).await) })
        .buffer_unordered(AT_ONCE)
        .filter_map(|failure| async move { failure });
    failures.extend(answered.collect::<Vec<_>>().await);
    (count, failures)
}

/// Runs a file's answer vectors with a mock as the client's peer.
pub async fn replay(file: &File) -> (usize, Vec<Failure>) {
    let between = Between { by_mock: true, ..Between::default() };
    let is_answer = |name: &str| file.answers.iter().any(|vector| vector.name == name);
    run(&between, file, is_answer).await
}

/// The file's first request, sent to a server that somebody else has started.
///
/// # Errors
/// Nothing was sent.
pub async fn first_call(url: &str, file: &File, http: reqwest::Client) -> Result<Report, Unsent> {
    let request = &file.first().request;
    let configuration = Configuration { repetitions: 0, max_response_bytes: None, http: Some(http) };
    let client = client(url, file, request, configuration, &Arc::default());
    let body = request.body.as_ref().and_then(|body| body.json(file));
    generated_calls::call(&client, &file.operation, &Inputs { request, body }).await
}

/// What is wrong with what the client sends when it is asked for `request`.
async fn asked(between: &Between, file: &File, request: &Request, does: Does) -> Option<String> {
    let silence = Exchange { status: 500, text: Some(String::new()), ..Exchange::default() };
    let configuration = Configuration { repetitions: 0, max_response_bytes: None, http: Some(SHARED.clone()) };
    let observed = call(between, file, request, vec![silence], configuration).await;
    match (does, &observed.outcome, observed.requests.as_slice()) {
        (Does::Sends | Does::Either, Ok(_), [sent]) => sent_difference(file, request, sent),
        (Does::Refuses | Does::Either, Err(_), []) => None,
        (_, outcome, requests) => {
            Some(format!("expected that it {does:?}, but {} requests were sent: {outcome:?}", requests.len()))
        }
    }
}

/// What is wrong with what the client makes of the exchanges.
async fn answered(between: &Between, file: &File, vector: &AnswerVector) -> Option<String> {
    let mut exchanges = vector.exchanges.clone();
    if between.by_mock {
        if let Some(text) = scripted::misjudged(file, vector) {
            return Some(text);
        }
        exchanges.iter_mut().for_each(|exchange| *exchange = scripted::as_played(file, exchange));
    }
    let redirects = vector.exchanges.iter().any(|exchange| exchange.status / 100 == 3);
    let configuration = Configuration {
        repetitions: vector.repetitions,
        max_response_bytes: vector.max_response_bytes,
        // Where it could follow a redirect, the client's own is what is asked about.
        http: (!redirects).then(|| SHARED.clone()),
    };
    let request = &file.first().request;
    let observed = call(between, file, request, exchanges.clone(), configuration).await;
    let report = match &observed.outcome {
        Ok(report) => report,
        Err(unsent) => return Some(format!("nothing was sent: {unsent:?}")),
    };
    let expected = &vector.client;
    if (report.word, report.attempts) != (expected.reports, expected.attempts) {
        return Some(format!("expected {:?} after {} attempts: {report:?}", expected.reports, expected.attempts));
    }
    if observed.requests.len() != expected.attempts as usize {
        return Some(format!("{} requests reached the peer: {:?}", observed.requests.len(), observed.requests));
    }
    if observed.requests.windows(2).any(|pair| (&pair[0].target, &pair[0].body) != (&pair[1].target, &pair[1].body)) {
        return Some(format!("the attempts differ: {:?}", observed.requests));
    }
    let asked: Vec<Duration> = expected.waits_seconds.iter().copied().map(Duration::from_secs).collect();
    let short = asked.iter().zip(&observed.waits).any(|(asked, waited)| waited < asked);
    if asked.len() != observed.waits.len() || short {
        return Some(format!("expected waits of at least {asked:?}, not {:?}", observed.waits));
    }
    if let Some(name) = &expected.same_header {
        let values: Vec<Option<&str>> = observed.requests.iter().map(|request| request.header(name)).collect();
        if values.iter().any(|value| value.is_none() || *value != values[0]) {
            return Some(format!("{name} is not the same in every attempt: {values:?}"));
        }
    }
    let last = exchanges.get(expected.attempts as usize - 1)?;
    report_difference(expected, last, report)
}

/// What a report lost or changed of the answer that it is about.
fn report_difference(expected: &super::Report, last: &Exchange, report: &Report) -> Option<String> {
    if expected.reports == Word::Transport {
        return None;
    }
    if report.status != Some(last.status) {
        return Some(format!("the status is {:?}, not {}", report.status, last.status));
    }
    if let Some((name, value)) = last.headers.iter().find(|(name, value)| report.headers.get(*name) != Some(value)) {
        return Some(format!("the header {name} is {:?}, not {value}", report.headers.get(name)));
    }
    match (expected.reports, &last.json) {
        (Word::Success | Word::Error, Some(sent)) => {
            let mut sent = sent.clone();
            if let (Some(pointer), Some(members)) = (&expected.may_lack, sent.as_object_mut())
                && report.body.pointer(pointer).is_none()
            {
                members.shift_remove(&pointer[1..]);
            }
            same::read_difference(&sent, &report.body).map(|difference| format!("the typed body: {difference}"))
        }
        (Word::Undeclared | Word::Unreadable, _) => (report.bytes != last.body())
            .then(|| format!("the bytes are not those that came: {}", String::from_utf8_lossy(&report.bytes))),
        _ => None,
    }
}

/// One call, or as many as its caller makes.
async fn call(
    between: &Between,
    file: &File,
    request: &Request,
    mut exchanges: Vec<Exchange>,
    mut configuration: Configuration,
) -> Observed {
    exchanges.iter_mut().for_each(between.answer);
    (between.configuration)(&mut configuration);
    let peer: Box<dyn Plays + Send + Sync> = match between.by_mock {
        true => Box::new(scripted::Scripted::playing(file, &exchanges).await),
        false => Box::new(ScriptedPeer::playing(exchanges).await),
    };
    let waits: Arc<Mutex<Vec<Duration>>> = Arc::default();
    let client = client(&peer.url(), file, request, configuration, &waits);
    let body = request.body.as_ref().and_then(|body| body.json(file));
    let inputs = Inputs { request, body };
    let mut outcome = generated_calls::call(&client, &file.operation, &inputs).await;
    if outcome.as_ref().is_ok_and(between.again) {
        let attempts = outcome.as_ref().map_or(0, |report| report.attempts);
        outcome = generated_calls::call(&client, &file.operation, &inputs).await;
        outcome.iter_mut().for_each(|report| report.attempts += attempts);
    }
    let waits = waits.lock().unwrap_or_else(PoisonError::into_inner).clone();
    let mut observed = Observed { requests: peer.requests(), waits, outcome };
    (between.observed)(request, &mut observed);
    observed
}

/// A client with the credentials of the request; with all there are if the operation asks for none.
fn client(
    url: &str,
    file: &File,
    request: &Request,
    configuration: Configuration,
    waits: &Arc<Mutex<Vec<Duration>>>,
) -> Client {
    let waits = Arc::clone(waits);
    let retries = Retries::up_to(configuration.repetitions).backoff(Duration::ZERO, Duration::ZERO);
    let mut builder = Client::builder(url).retries(retries).sleep_with(move |wait| {
        waits.lock().unwrap_or_else(PoisonError::into_inner).push(wait);
        std::future::ready(())
    });
    if let Some(limit) = configuration.max_response_bytes {
        builder = builder.max_response_bytes(limit);
    }
    if let Some(http) = configuration.http {
        builder = builder.http_client(http);
    }
    let anonymous = document::operation(&file.operation).security.is_empty();
    for scheme in
        Scheme::ALL.iter().filter(|scheme| anonymous || request.credentials.iter().any(|name| name == scheme.name()))
    {
        let credential = match kind(scheme.name()) {
            SchemeKind::Basic => {
                Credential::Password { username: USERNAME.to_owned(), password: secret(scheme.name()).into() }
            }
            SchemeKind::Bearer | SchemeKind::Header(_) => Credential::Token(secret(scheme.name()).into()),
        };
        builder = builder.credential(*scheme, credential);
    }
    builder.build().unwrap_or_else(|error| panic!("the client cannot be built: {error}"))
}

fn kind(scheme: &str) -> &'static SchemeKind {
    let known = document::model().schemes.iter().find(|known| known.name == scheme);
    &known.unwrap_or_else(|| panic!("the document has no scheme {scheme}")).kind
}

fn secret(scheme: &str) -> String {
    format!("canary-{scheme}")
}

/// The headers that carry the credentials of these schemes, in lower case.
#[must_use]
pub fn credentials(schemes: &[String]) -> BTreeMap<String, String> {
    let header = |scheme: &String| match kind(scheme) {
        SchemeKind::Bearer => ("authorization".to_owned(), format!("Bearer {}", secret(scheme))),
        SchemeKind::Basic => {
            let (name, value) = crate::world::basic(USERNAME, &secret(scheme));
            (name.to_owned(), value)
        }
        SchemeKind::Header(name) => (name.to_lowercase(), secret(scheme)),
    };
    schemes.iter().map(header).collect()
}

/// How what was sent differs from what was asked for.
fn sent_difference(file: &File, request: &Request, sent: &Recorded) -> Option<String> {
    let expected = request.target(&file.path);
    if sent.method != file.method || decoded(&sent.target) != decoded(&expected) {
        return Some(format!("sent {} {}, not {} {expected}", sent.method, sent.target, file.method));
    }
    let carried = credentials(&request.credentials);
    let all: Vec<String> = document::model().schemes.iter().map(|scheme| scheme.name.clone()).collect();
    let places = credentials(&all);
    let wrong = places.keys().find(|name| sent.header(name) != carried.get(*name).map(String::as_str));
    if let Some(name) = wrong {
        return Some(format!("{name} is {:?}, not {:?}", sent.header(name), carried.get(name)));
    }
    let missing = request.headers.iter().find(|(name, value)| sent.header(&name.to_lowercase()) != Some(value));
    if let Some((name, value)) = missing {
        return Some(format!("{name} is {:?}, not {value}", sent.header(name)));
    }
    let declared = document::operation(&file.operation).responses.iter().flat_map(|response| &response.contents);
    let accept = sent.header("accept").unwrap_or_default();
    let accepted: Vec<&str> = accept.split(',').map(str::trim).collect();
    if let Some(content) = declared.into_iter().find(|content| !accepted.contains(&content.media_type.as_str())) {
        return Some(format!("Accept is {accept:?} and lacks {}", content.media_type));
    }
    match &request.body {
        None => (!sent.body.is_empty() || sent.header("content-type").is_some())
            .then(|| format!("a body where none is: {}", String::from_utf8_lossy(&sent.body))),
        Some(body) if sent.header("content-type") != body.media_type.as_deref() => {
            Some(format!("the content type is {:?}, not {:?}", sent.header("content-type"), body.media_type))
        }
        Some(body) => same::difference(&body.json(file)?, &sent.json().unwrap_or_default())
            .map(|difference| format!("the body: {difference}")),
    }
}

/// Segments and pairs, each decoded for itself: encoders differ in what they leave as it is. A plus is a blank in a query only.
fn decoded(target: &str) -> Vec<String> {
    let decode = |part: &str| percent_encoding::percent_decode_str(part).decode_utf8_lossy().into_owned();
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let pairs = query.split(['&', '=']).map(|part| decode(&part.replace('+', " ")));
    path.split('/').map(decode).chain(pairs).collect()
}
