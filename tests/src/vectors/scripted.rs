//! The mock as the peer of a client: the exchanges of a vector as a script.
//!
//! What the document allows is scripted as documented, which is checked by the mock, without the headers that the document
//! does not know. Everything else has to be asked for by name: as undocumented, or as a fault.

use std::collections::BTreeMap;

use invite_mock::{Fault, Mock, MockServer, Named, Script, ScriptError};

use super::peer::Plays;
use super::{AnswerVector, Exchange, File, Word};
use crate::http::Recorded;

/// A mock with one script.
#[derive(Debug)]
pub(super) struct Scripted(MockServer);

impl Scripted {
    /// Answers each request with the next of `exchanges`, and all that follow with the last.
    pub(super) async fn playing(file: &File, exchanges: &[Exchange]) -> Self {
        let server = MockServer::start().await.expect("a port is free");
        // The client's request is not what is tested here.
        let script = server.operation(&file.operation, |when| when.also_invalid());
        let script = script.expect("the mock has every operation");
        let script = exchanges.iter().fold(script, |script, exchange| {
            if is_documented(file, exchange) { documented(script, exchange) } else { undocumented(script, exchange) }
        });
        script.mount().expect("what is undocumented can be anything");
        Self(server)
    }
}

impl Plays for Scripted {
    fn url(&self) -> String {
        self.0.base_url()
    }

    fn requests(&self) -> Vec<Recorded> {
        let requests = self.0.requests();
        let recorded = requests.iter().map(|request| Recorded {
            method: request.method().to_string(),
            target: request.path().to_owned(),
            headers: request
                .headers()
                .iter()
                .map(|(name, value)| (name.to_string(), String::from_utf8_lossy(value.as_bytes()).into_owned()))
                .collect(),
            body: request.body().to_vec(),
        });
        recorded.collect()
    }
}

/// The exchange as a script says it.
pub(super) fn as_played(file: &File, exchange: &Exchange) -> Exchange {
    let mut played = exchange.clone();
    if is_documented(file, exchange) {
        played.headers = known_headers(exchange);
        played
            .headers
            .extend(exchange.headers.get_key_value("content-type").map(|(name, value)| (name.clone(), value.clone())));
    }
    played
}

/// What is wrong with what the mock takes for documented: it has to take what a server of the document answers, and to
/// refuse a status that the document does not know.
pub(super) fn misjudged(file: &File, vector: &AnswerVector) -> Option<String> {
    let is_example = vector.name.contains("/answer/");
    let refused = vector.exchanges.iter().find(|exchange| !is_documented(file, exchange));
    match (vector.client.reports, refused) {
        (Word::Success | Word::Error, Some(exchange)) if is_example => {
            Some(format!("the mock refuses a documented answer: {:?}", mounted(file, exchange)))
        }
        (Word::Undeclared, None) => Some("the mock takes a status that the document does not know".to_owned()),
        _ => None,
    }
}

fn is_documented(file: &File, exchange: &Exchange) -> bool {
    let is_whole = !exchange.closed && exchange.cut_to_bytes.is_none() && exchange.padded_to_bytes.is_none();
    let is_plain = exchange.text.as_ref().is_none_or(String::is_empty);
    is_whole && is_plain && mounted(file, exchange).is_ok()
}

fn mounted(file: &File, exchange: &Exchange) -> Result<(), ScriptError> {
    documented(Mock::new().operation(&file.operation, |when| when)?, exchange).mount().map(drop)
}

fn documented(script: Script<Named>, exchange: &Exchange) -> Script<Named> {
    let headers = known_headers(exchange);
    let headers: Vec<(&str, &str)> = headers.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    script.documented(exchange.status, &headers, exchange.json.clone())
}

/// The content type follows from the document, and `x-kept` is there to see whether a client keeps what it does not know.
fn known_headers(exchange: &Exchange) -> BTreeMap<String, String> {
    let known = exchange.headers.iter().filter(|(name, _)| !["content-type", "x-kept"].contains(&name.as_str()));
    known.map(|(name, value)| (name.clone(), value.clone())).collect()
}

fn undocumented(script: Script<Named>, exchange: &Exchange) -> Script<Named> {
    if exchange.closed {
        return script.undocumented(200, &[], "").fault(Fault::CloseBeforeAnswer);
    }
    let headers: Vec<(&str, &str)> =
        exchange.headers.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    let script = script.undocumented(exchange.status, &headers, exchange.body());
    match exchange.cut_to_bytes {
        Some(after) => script.fault(Fault::TruncateBody { after }),
        None => script,
    }
}
