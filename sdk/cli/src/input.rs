//! What a call is given: values by place and name, and the body, as the generated functions ask for them.

use std::collections::BTreeMap;

use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use crate::command::{Command, Kind};
use crate::failure::Failure;

/// Everything that goes into one call.
#[derive(Default)]
pub(crate) struct Input {
    /// By place and name: `path/email`.
    pub(crate) parameters: BTreeMap<String, Value>,
    /// The JSON body, if there is one.
    pub(crate) body: Option<Value>,
    /// The raw body, if there is one.
    pub(crate) raw: Option<Vec<u8>>,
    /// Every secret in it, so that nothing that is printed can repeat one.
    pub(crate) secrets: Vec<String>,
}

impl Input {
    /// A parameter that is sent as text.
    pub(crate) fn text(&self, key: &str) -> Result<String, Failure> {
        self.text_if_given(key)?.ok_or_else(|| missing(key))
    }

    /// The same of one that may be left out.
    #[allow(dead_code, reason = "not every document has such a parameter")]
    pub(crate) fn text_if_given(&self, key: &str) -> Result<Option<String>, Failure> {
        Ok(self.parameters.get(key).map(|value| value.as_str().map_or_else(|| value.to_string(), str::to_owned)))
    }

    /// A parameter of another type.
    pub(crate) fn value<T: DeserializeOwned>(&self, key: &str) -> Result<T, Failure> {
        self.value_if_given(key)?.ok_or_else(|| missing(key))
    }

    /// The same of one that may be left out.
    pub(crate) fn value_if_given<T: DeserializeOwned>(&self, key: &str) -> Result<Option<T>, Failure> {
        let Some(value) = self.parameters.get(key) else { return Ok(None) };
        let read = T::deserialize(value);
        read.map(Some).map_err(|error| Failure::usage(format!("`{}` is not valid: {error}", name(key))))
    }

    /// The JSON body.
    pub(crate) fn body<T: DeserializeOwned>(&self) -> Result<T, Failure> {
        let body = self.body.clone().unwrap_or_else(|| Value::Object(Map::new()));
        serde_path_to_error::deserialize(&body).map_err(|error| {
            let path = error.path().to_string();
            // The error of a missing member names it; a type of its own says where it stands.
            let at = if path == "." { String::new() } else { format!("`{path}`: ") };
            let what = error.inner().to_string();
            // A pattern helps nobody; the help of the flag says what is meant.
            let what =
                what.split_once(" pattern \"").map_or(what.as_str(), |_| "it does not have the form it must have");
            Failure::usage(format!("the body is not valid: {at}{what}"))
        })
    }

    /// Whether there is a body.
    #[allow(dead_code, reason = "not every document has bodies that may be left out")]
    pub(crate) fn has_body(&self) -> bool {
        self.body.is_some() || self.raw.is_some()
    }

    /// The raw body.
    #[allow(dead_code, reason = "not every document has raw bodies")]
    pub(crate) fn bytes(&self) -> Result<Vec<u8>, Failure> {
        self.raw.clone().ok_or_else(|| Failure::usage("the body is missing").hint("give it with `--file`"))
    }

    /// Holds the body against the table: what the client's types would overlook or say less clearly.
    pub(crate) fn check(&self, command: &Command) -> Result<(), Failure> {
        let Some(body) = self.body.as_ref().and_then(Value::as_object) else { return Ok(()) };
        let members: Vec<_> = command.members().collect();
        if members.is_empty() {
            return Ok(());
        }
        if let Some(unknown) = body.keys().find(|key| members.iter().all(|member| member.name != *key)) {
            let known = members.iter().map(|member| format!("`{}`", member.name)).collect::<Vec<_>>().join(", ");
            return Err(Failure::usage(format!("the body has no member `{unknown}`")).hint(format!("it takes {known}")));
        }
        let lacking: Vec<String> = members
            .iter()
            .filter(|member| member.required && !body.contains_key(member.name))
            .map(|member| format!("`{}`", member.name))
            .collect();
        if !lacking.is_empty() {
            return Err(Failure::usage(format!("the body lacks {}", lacking.join(", "))));
        }
        for member in members {
            let Some(value) = body.get(member.name) else { continue };
            let given: Vec<&Value> = value.as_array().map_or_else(|| vec![value], |items| items.iter().collect());
            for value in given.into_iter().filter(|value| !value.is_null()) {
                let wrong = match member.kind {
                    // The client's types would repeat what stands there.
                    Kind::Text if member.sensitive && !value.is_string() => Some("it is not text".to_owned()),
                    Kind::Choice(_) | Kind::Email => member.kind.parse(value.as_str().unwrap_or_default()).err(),
                    // Other kinds are types of the client.
                    _ => None,
                };
                if let Some(wrong) = wrong {
                    return Err(Failure::usage(format!("`{}` is not valid: {wrong}", member.name)));
                }
            }
        }
        Ok(())
    }
}

fn name(key: &str) -> &str {
    key.split_once('/').map_or(key, |(_, name)| name)
}

fn missing(key: &str) -> Failure {
    Failure::usage(format!("`{}` is missing", name(key)))
}
