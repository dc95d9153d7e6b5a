//! JSON as the literal of a language, with the secrets in it taken from the environment.

use serde_json::Value;

use crate::sdk::sample::variable;

/// How a language writes values.
pub(super) struct Syntax {
    /// `null`, `true`, `false`.
    pub(super) words: [&'static str; 3],
    /// The key of a member.
    pub(super) key: fn(&str) -> String,
    /// What gives the value of a variable of that name.
    pub(super) variable: fn(&str) -> String,
    /// Blanks that a level is moved in by.
    pub(super) step: usize,
}

impl Syntax {
    /// The value, begun at the end of a line that is moved in by `indent`.
    pub(super) fn literal(&self, value: &Value, indent: usize) -> String {
        match value {
            Value::Null => self.words[0].to_owned(),
            Value::Bool(flag) => self.words[if *flag { 1 } else { 2 }].to_owned(),
            Value::String(text) => variable(text).map_or_else(|| value.to_string(), self.variable),
            Value::Array(items) if items.iter().all(|item| !item.is_object() && !item.is_array()) => {
                let items: Vec<String> = items.iter().map(|item| self.literal(item, indent)).collect();
                format!("[{}]", items.join(", "))
            }
            Value::Array(items) => {
                let items = items.iter().map(|item| self.literal(item, indent + self.step));
                self.block('[', ']', items, indent)
            }
            Value::Object(members) => {
                let lines = members
                    .iter()
                    .map(|(name, value)| format!("{}: {}", (self.key)(name), self.literal(value, indent + self.step)));
                self.block('{', '}', lines, indent)
            }
            Value::Number(number) => number.to_string(),
        }
    }

    fn block(&self, open: char, close: char, lines: impl Iterator<Item = String>, indent: usize) -> String {
        let inner = " ".repeat(indent + self.step);
        let lines: String = lines.map(|line| format!("{inner}{line},\n")).collect();
        format!("{open}\n{lines}{}{close}", " ".repeat(indent))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn values_are_written_as_the_language_has_them() {
        let python = Syntax {
            words: ["None", "True", "False"],
            key: |name| format!("{name:?}"),
            variable: |name| format!("os.environ[{name:?}]"),
            step: 4,
        };
        let value = json!({ "a": null, "b": [true, 1], "secret": "${PASSWORD}", "c": [{ "d": "x\"y" }] });
        let text = "{\n    \"a\": None,\n    \"b\": [True, 1],\n    \"secret\": os.environ[\"PASSWORD\"],\n    \
                    \"c\": [\n        {\n            \"d\": \"x\\\"y\",\n        },\n    ],\n}";
        assert_eq!(python.literal(&value, 0), text);
    }
}
