//! Secrets on their way in, from files, standard input and questions without echo; and kept out of everything printed.

mod question;

use std::cell::Cell;
use std::io::{IsTerminal as _, Read as _};
use std::path::Path;

use self::question::Unanswered;
use crate::failure::{Code, Failure};
use crate::sdk::Sensitive;

/// Shorter secrets occur in ordinary text by chance.
const SHORTEST: usize = 6;
/// What stands in place of a secret.
pub(crate) const REDACTED: &str = "[redacted]";

/// Reads what people and scripts say. Standard input can be read to its end only once.
#[derive(Debug, Default)]
pub(crate) struct Reader {
    drained: Cell<bool>,
}

impl Reader {
    /// A whole file, or standard input for `-`. `what` is named in messages, the path only if it is no secret's: people
    /// write the secret itself there by mistake.
    pub(crate) fn bytes(&self, path: &Path, what: &str) -> Result<Vec<u8>, Failure> {
        if path.as_os_str() == "-" {
            if self.drained.replace(true) {
                return Err(Failure::usage("standard input cannot be two things at once")
                    .hint("give all but one of them as a file"));
            }
            let mut bytes = Vec::new();
            let read = std::io::stdin().read_to_end(&mut bytes);
            return read.map(|_| bytes).map_err(|error| unreadable(what, &error));
        }
        std::fs::read(path).map_err(|error| unreadable(what, &error))
    }

    /// A secret from a file, without the line end that editors add.
    pub(crate) fn secret(&self, path: &Path, what: &str) -> Result<String, Failure> {
        let hint =
            "the flag takes the name of a file, never the secret itself, which other users of the machine could see";
        let bytes = self.bytes(path, what).map_err(|failure| failure.hint(hint))?;
        let text = String::from_utf8(bytes).map_err(|_| Failure::usage(format!("{what} is not text in UTF-8")))?;
        let line = text.strip_suffix('\n').map_or(text.as_str(), |line| line.strip_suffix('\r').unwrap_or(line));
        Ok(line.to_owned())
    }

    /// Asks without echo; without a terminal, `otherwise` says what to do instead.
    pub(crate) fn ask(&self, what: &str, otherwise: &str) -> Result<String, Failure> {
        if !std::io::stdin().is_terminal() && !std::io::stderr().is_terminal() {
            return Err(Failure::usage(format!("{what} is missing, and there is no terminal to ask for it"))
                .hint(otherwise.to_owned()));
        }
        question::ask(what).map_err(|unanswered| match unanswered {
            Unanswered::Interrupted => Failure::new(Code::Interrupted, "interrupted; nothing was sent"),
            Unanswered::Failed(error) => {
                Failure::usage(format!("{what} cannot be asked for: {error}")).hint(otherwise.to_owned())
            }
        })
    }

    /// One line of standard input, for several secrets in a row; asked for on a terminal.
    pub(crate) fn line(&self, what: &str) -> Result<String, Failure> {
        if std::io::stdin().is_terminal() {
            return self.ask(what, "give it as a file");
        }
        let mut line = String::new();
        let read = std::io::stdin().read_line(&mut line).map_err(|error| unreadable(what, &error))?;
        if read == 0 {
            return Err(Failure::usage(format!("{what} is missing: standard input has ended"))
                .hint("write one credential a line, in the order of the flags"));
        }
        Ok(line.trim_end_matches(['\n', '\r']).to_owned())
    }
}

fn unreadable(what: &str, error: &std::io::Error) -> Failure {
    Failure::usage(format!("{what} cannot be read: {error}"))
}

/// Every secret that a run has touched.
#[derive(Clone, Default)]
pub(crate) struct Known(Vec<String>);

impl Known {
    pub(crate) fn add(&mut self, secret: &str) {
        if secret.len() >= SHORTEST {
            self.0.push(secret.to_owned());
        }
    }

    pub(crate) fn add_sensitive(&mut self, secret: &Sensitive) {
        self.add(secret.expose());
    }

    /// The text without them.
    pub(crate) fn scrub(&self, text: &str) -> String {
        let mut secrets: Vec<&String> = self.0.iter().collect();
        // One may be part of another.
        secrets.sort_by_key(|secret| std::cmp::Reverse(secret.len()));
        secrets.into_iter().fold(text.to_owned(), |text, secret| text.replace(secret.as_str(), REDACTED))
    }

    /// The value without them, in texts and in names.
    pub(crate) fn scrub_value(&self, value: &mut serde_json::Value) {
        match value {
            serde_json::Value::String(text) => *text = self.scrub(text),
            serde_json::Value::Array(items) => items.iter_mut().for_each(|item| self.scrub_value(item)),
            serde_json::Value::Object(members) => {
                let scrubbed = std::mem::take(members).into_iter().map(|(name, mut member)| {
                    self.scrub_value(&mut member);
                    (self.scrub(&name), member)
                });
                *members = scrubbed.collect();
            }
            serde_json::Value::Null | serde_json::Value::Bool(_) | serde_json::Value::Number(_) => {}
        }
    }
}

impl std::fmt::Debug for Known {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Known").field("count", &self.0.len()).finish()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn secrets_are_taken_out_of_texts_and_values() {
        let mut known = Known::default();
        ["canary", "canary-and-more", "abc"].iter().for_each(|secret| known.add(secret));
        assert_eq!(known.scrub("a canary-and-more, a canary, abc"), "a [redacted], a [redacted], abc");
        let mut value = json!({"canary": ["a\"canary", 1]});
        known.scrub_value(&mut value);
        assert_eq!(value, json!({"[redacted]": ["a\"[redacted]", 1]}));
        assert!(!format!("{known:?}").contains("canary"));
    }
}
