//! What the generated `calls.rs` stands on: inputs as JSON, and what came of a call.

use std::collections::BTreeMap;

use invite_sdk::{Call, ErrorKind, Operation, OperationError};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::{Request, Word, same};

pub use invite_sdk::{Client, errors, operations, types};

/// The inputs of a call.
#[derive(Debug)]
pub struct Inputs<'a> {
    /// Parameters as text.
    pub request: &'a Request,
    /// The body.
    pub body: Option<Value>,
}

/// Why nothing was sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Unsent {
    /// The client refuses it.
    Refused(String),
    /// Typed code cannot say it.
    Unexpressed(String),
}

/// What a client says of a call.
#[derive(Clone, Debug)]
pub struct Report {
    /// The kind of outcome.
    pub word: Word,
    /// How often it was sent.
    pub attempts: u32,
    /// The status of the answer.
    pub status: Option<u16>,
    /// The headers of the answer.
    pub headers: BTreeMap<String, String>,
    /// The typed body, written as JSON again; null if there is none.
    pub body: Value,
    /// The bytes that came, if the client keeps them for this outcome.
    pub bytes: Vec<u8>,
}

/// A value as JSON.
pub fn json<T: Serialize>(value: &T) -> Value {
    serde_json::to_value(value).unwrap_or_else(|error| panic!("what was read cannot be written: {error}"))
}

impl Inputs<'_> {
    fn parameter(&self, place: &str, name: &str) -> Option<&String> {
        match place {
            "path" => self.request.path.get(name),
            "query" => self.request.query.get(name),
            _ => self.request.headers.get(name),
        }
    }

    /// A parameter that is text.
    ///
    /// # Errors
    /// It is not given, which a function's signature does not allow.
    pub fn text(&self, place: &str, name: &str) -> Result<String, Unsent> {
        self.parameter(place, name).cloned().ok_or_else(|| Unsent::Refused(format!("{name} is an argument")))
    }

    /// A parameter of another type.
    ///
    /// # Errors
    /// It is not given, or is no value of that type.
    pub fn value<T: DeserializeOwned>(&self, place: &str, name: &str) -> Result<T, Unsent> {
        let text = self.text(place, name)?;
        let plain = serde_json::from_str(&text).or_else(|_| serde_json::from_value(Value::String(text.clone())));
        let listed = plain.or_else(|_| serde_json::from_value(Value::Array(vec![Value::String(text)])));
        listed.map_err(|error| Unsent::Refused(format!("{name}: {error}")))
    }

    /// A parameter that may be left out.
    ///
    /// # Errors
    /// It is no value of that type.
    pub fn optional<T: DeserializeOwned>(&self, place: &str, name: &str) -> Result<Option<T>, Unsent> {
        self.parameter(place, name).map(|_| self.value(place, name)).transpose()
    }

    /// Whether there is a body.
    #[must_use]
    pub fn has_body(&self) -> bool {
        self.body.is_some()
    }

    /// The body as its type.
    ///
    /// # Errors
    /// The type refuses it, or reads it as something else: a member that it does not have, a null that it takes for
    /// absent. Such a body cannot be given to the client at all.
    pub fn body<T: DeserializeOwned + Serialize>(&self) -> Result<T, Unsent> {
        let body = self.body.as_ref().ok_or_else(|| Unsent::Unexpressed("the body is no JSON".to_owned()))?;
        let typed: T = serde_json::from_value(body.clone()).map_err(|error| Unsent::Refused(error.to_string()))?;
        match same::difference(body, &json(&typed)) {
            None => Ok(typed),
            Some(difference) => Err(Unsent::Unexpressed(difference)),
        }
    }
}

/// Sends a call and takes down what came of it.
///
/// # Errors
/// Nothing was sent.
pub async fn played<O: Operation>(
    call: Call<O>,
    success: impl Fn(&O::Output) -> Value,
    error: impl Fn(&O::Error) -> Value,
) -> Result<Report, Unsent>
where
    O::Error: OperationError,
{
    match call.send().await {
        Ok(answer) => Ok(Report {
            word: Word::Success,
            attempts: answer.attempts(),
            status: Some(answer.status().as_u16()),
            headers: headers(Some(answer.headers())),
            body: success(&answer),
            bytes: Vec::new(),
        }),
        Err(failure) => {
            let word = match failure.kind() {
                ErrorKind::InvalidInput | ErrorKind::MissingCredential => {
                    return Err(Unsent::Refused(failure.to_string()));
                }
                ErrorKind::Operation => Word::Error,
                ErrorKind::Undeclared => Word::Undeclared,
                ErrorKind::Unreadable => Word::Unreadable,
                ErrorKind::TooLarge => Word::TooLarge,
                _ => Word::Transport,
            };
            Ok(Report {
                word,
                attempts: failure.attempts(),
                status: failure.status().map(|status| status.as_u16()),
                headers: headers(failure.headers()),
                body: failure.operation_error().map_or(Value::Null, error),
                bytes: failure.body().unwrap_or_default().to_vec(),
            })
        }
    }
}

fn headers(headers: Option<&reqwest::header::HeaderMap>) -> BTreeMap<String, String> {
    let pairs = headers.into_iter().flatten();
    pairs.map(|(name, value)| (name.to_string(), String::from_utf8_lossy(value.as_bytes()).into_owned())).collect()
}
