//! What the operator of a server tells of it: credentials, and values that exist in its world.
//!
//! Secrets come from files and from the environment, never from a command line, and everything that came so is taken out of
//! what is printed.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use dropshot_codegen::model::SchemeKind;
use serde::Deserialize;
use serde_json::{Map, Value};

use crate::document;

/// What comes before the name of a scheme in the environment.
const PREFIX: &str = "INVITE_CONTRACT_";

/// The settings file.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct World {
    /// What the file is about; for its readers.
    #[serde(default)]
    pub about: String,
    /// Values by operation and by where they go: `/path/token`, `/query/cursor`, `/body/email`.
    #[serde(default)]
    pub values: BTreeMap<String, BTreeMap<String, Source>>,
    /// The operation at which the journey of an invited person ends, with all that has to come before it.
    pub journey: Option<String>,
    /// A folder into which the server writes its mails, one file each.
    pub mailbox: Option<PathBuf>,
}

/// Where a value comes from.
#[derive(Clone, Debug, Deserialize)]
#[serde(untagged)]
pub enum Source {
    /// The environment; a secret.
    Env {
        /// The variable.
        env: String,
    },
    /// The answer of another operation, which is called for it.
    Answer {
        /// That operation.
        from: String,
        /// Where in the body of its answer.
        answer: String,
    },
    /// The request of another operation.
    Request {
        /// That operation.
        from: String,
        /// What was sent there: `/body/email`.
        request: String,
    },
    /// The link in the mail that another operation has sent to `/body/email` or its like.
    Mail {
        /// That operation.
        from: String,
        /// Where in its request the address is.
        mailed_to: String,
    },
    /// As it stands; `{n}` in a text is a number that no other request has.
    Plain(Value),
}

impl World {
    /// Reads the file.
    ///
    /// # Errors
    /// It cannot be read, is no JSON, or names an operation that there is not.
    pub fn read(path: &Path) -> Result<Self, String> {
        let text = std::fs::read_to_string(path).map_err(|error| format!("cannot read {}: {error}", path.display()))?;
        let world: Self = serde_json::from_str(&text).map_err(|error| format!("{}: {error}", path.display()))?;
        let known = |name: &String| document::model().operations.iter().any(|operation| operation.id == *name);
        let sources = world.values.values().flat_map(BTreeMap::values);
        let named = world.values.keys().chain(&world.journey).chain(sources.clone().filter_map(Source::operation));
        if let Some(unknown) = named.into_iter().find(|name| !known(name)) {
            return Err(format!("{}: the document has no operation `{unknown}`", path.display()));
        }
        let misspelt = |source: &&Source| match source {
            Source::Plain(Value::Object(members)) => members.contains_key("from") || members.contains_key("env"),
            _ => false,
        };
        match sources.clone().find(misspelt) {
            Some(source) => Err(format!(
                "{}: {source:?} is neither {{\"env\"}} nor {{\"from\"}} with one of \"answer\", \"request\", \"mailed_to\"",
                path.display()
            )),
            None => Ok(world),
        }
    }
}

impl Source {
    /// The operation that has to be called first.
    #[must_use]
    pub fn operation(&self) -> Option<&String> {
        match self {
            Self::Answer { from, .. } | Self::Request { from, .. } | Self::Mail { from, .. } => Some(from),
            Self::Env { .. } | Self::Plain(_) => None,
        }
    }
}

/// Credentials by scheme, and everything that must not be shown.
#[derive(Debug, Default)]
pub struct Secrets {
    credentials: BTreeMap<String, String>,
    hidden: Mutex<BTreeSet<String>>,
}

impl Secrets {
    /// Reads the file, if there is one, and the environment, which wins.
    ///
    /// # Errors
    /// The file cannot be read, is no JSON object of texts, or names a scheme that there is not.
    pub fn read(file: Option<&Path>, environment: impl Fn(&str) -> Option<String>) -> Result<Self, String> {
        let mut secrets = Self::default();
        if let Some(path) = file {
            let text =
                std::fs::read_to_string(path).map_err(|error| format!("cannot read {}: {error}", path.display()))?;
            // Parsers repeat what they stumble over: what they say stays here.
            let members: Map<String, Value> = serde_json::from_str(&text)
                .map_err(|error| format!("{}: line {} is not as JSON wants it", path.display(), error.line()))?;
            for (scheme, value) in members {
                let known = document::model().schemes.iter().any(|known| known.name == scheme);
                let (true, Value::String(value)) = (known, value) else {
                    return Err(format!("{}: `{scheme}` is not a scheme of the document with a text", path.display()));
                };
                secrets.credentials.insert(scheme, value);
            }
        }
        for scheme in &document::model().schemes {
            if let Some(value) = environment(&variable(&scheme.name)).filter(|value| !value.is_empty()) {
                secrets.credentials.insert(scheme.name.clone(), value);
            }
        }
        for value in secrets.credentials.values() {
            // Of a pair, the password is the secret.
            secrets.hide(value.split_once(':').map_or(value, |(_, password)| password));
        }
        Ok(secrets)
    }

    /// From now on, this is not shown.
    pub fn hide(&self, secret: &str) {
        // What is shorter is no secret, and would tear holes into every text.
        if secret.len() >= 6 {
            self.hidden.lock().unwrap_or_else(std::sync::PoisonError::into_inner).insert(secret.to_owned());
        }
    }

    /// The text without what must not be shown.
    #[must_use]
    pub fn redacted(&self, text: &str) -> String {
        let hidden = self.hidden.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        hidden.iter().rev().fold(text.to_owned(), |text, secret| text.replace(secret.as_str(), "[hidden]"))
    }

    /// What the operator gave for a scheme.
    #[must_use]
    pub fn credential(&self, scheme: &str) -> Option<&str> {
        self.credentials.get(scheme).map(String::as_str)
    }
}

/// The header that carries a credential of this scheme.
#[must_use]
pub fn header(scheme: &str, value: &str) -> (String, String) {
    let known = document::model().schemes.iter().find(|known| known.name == scheme);
    match known.map(|known| &known.kind) {
        Some(SchemeKind::Header(name)) => (name.clone(), value.to_owned()),
        Some(SchemeKind::Basic) => {
            let (username, password) = value.split_once(':').unwrap_or((value, ""));
            let (name, value) = crate::world::basic(username, password);
            (name.to_owned(), value)
        }
        Some(SchemeKind::Bearer) | None => ("authorization".to_owned(), format!("Bearer {value}")),
    }
}

/// The variable that holds the credential of a scheme: `INVITE_CONTRACT_UNLEASH_API_KEY` for `unleashApiKey`.
#[must_use]
pub fn variable(scheme: &str) -> String {
    let mut name = PREFIX.to_owned();
    for character in scheme.chars() {
        if character.is_uppercase() {
            name.push('_');
        }
        name.extend(character.to_uppercase());
    }
    name
}
