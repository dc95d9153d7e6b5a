//! Values as people type them, and the JSON that each kind becomes.

use chrono::{DateTime, NaiveDate};
use serde_json::{Number, Value};

use crate::command::Kind;

impl Kind {
    /// Reads a value.
    ///
    /// # Errors
    /// What is wrong with it, without repeating it.
    pub(crate) fn parse(self, text: &str) -> Result<Value, String> {
        let string = || Value::String(text.to_owned());
        match self {
            Self::Text => Ok(string()),
            Self::Integer { from, to } => integer(text, from, to),
            Self::Number => text
                .parse::<f64>()
                .ok()
                .and_then(Number::from_f64)
                .map(Value::Number)
                .ok_or_else(|| "it is not a number".to_owned()),
            Self::Boolean => match text.to_ascii_lowercase().as_str() {
                "true" | "yes" | "1" => Ok(Value::Bool(true)),
                "false" | "no" | "0" => Ok(Value::Bool(false)),
                _ => Err("it is neither true nor false".to_owned()),
            },
            Self::Choice(values) if values.contains(&text) => Ok(string()),
            Self::Choice(values) => Err(format!("it is none of {}", values.join(", "))),
            Self::Time => DateTime::parse_from_rfc3339(text)
                .map(|_| string())
                .map_err(|_| "it is not a time such as 2026-01-15T08:45:00Z".to_owned()),
            Self::Date => NaiveDate::parse_from_str(text, "%Y-%m-%d")
                .map(|_| string())
                .map_err(|_| "it is not a date such as 2026-01-15".to_owned()),
            Self::Uuid => uuid::Uuid::parse_str(text).map(|_| string()).map_err(|_| "it is not a UUID".to_owned()),
            Self::Email => is_address(text)
                .then(string)
                .ok_or_else(|| "it is not an address such as jane@customer.example".to_owned()),
            Self::Json => serde_json::from_str(text)
                .map_err(|error| format!("it is not JSON, at line {} column {}", error.line(), error.column())),
        }
    }

    /// What help calls such a value.
    pub(crate) fn placeholder(self) -> &'static str {
        match self {
            Self::Text => "TEXT",
            Self::Integer { .. } | Self::Number => "NUMBER",
            Self::Boolean => "BOOLEAN",
            Self::Choice(_) => "CHOICE",
            Self::Time => "TIME",
            Self::Date => "DATE",
            Self::Uuid => "UUID",
            Self::Email => "ADDRESS",
            Self::Json => "JSON",
        }
    }
}

/// Whether it may be an address at all; whether it is a good one, the service knows.
fn is_address(text: &str) -> bool {
    let parts = text.rsplit_once('@');
    parts
        .is_some_and(|(local, domain)| !local.is_empty() && !domain.is_empty() && !domain.contains(char::is_whitespace))
}

fn integer(text: &str, from: Option<i64>, to: Option<i64>) -> Result<Value, String> {
    // Beyond i64 there are only the few documents that say uint64.
    let value: Value = match (text.parse::<i64>(), text.parse::<u64>()) {
        (Ok(value), _) if from.is_some_and(|from| value < from) => {
            return Err(format!("it is less than {}", from.unwrap_or_default()));
        }
        (Ok(value), _) if to.is_some_and(|to| value > to) => {
            return Err(format!("it is more than {}", to.unwrap_or_default()));
        }
        (Ok(value), _) => value.into(),
        (Err(_), Ok(_)) if to.is_some() => return Err(format!("it is more than {}", to.unwrap_or_default())),
        (Err(_), Ok(value)) => value.into(),
        (Err(_), Err(_)) => return Err("it is not a whole number".to_owned()),
    };
    Ok(value)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn values_become_json_of_their_kind() {
        let range = Kind::Integer { from: Some(1), to: Some(9) };
        for (kind, text, value) in [
            (Kind::Text, "1", json!("1")),
            (range, "9", json!(9)),
            (Kind::Integer { from: None, to: None }, "18446744073709551615", json!(u64::MAX)),
            (Kind::Number, "1.5", json!(1.5)),
            (Kind::Boolean, "Yes", json!(true)),
            (Kind::Choice(&["a", "b"]), "b", json!("b")),
            (Kind::Time, "2026-01-15T08:45:00+01:00", json!("2026-01-15T08:45:00+01:00")),
            (Kind::Date, "2026-01-15", json!("2026-01-15")),
            (Kind::Json, r#"{"group":1}"#, json!({"group": 1})),
        ] {
            assert_eq!(kind.parse(text), Ok(value), "{text}");
        }
    }

    #[test]
    fn what_is_wrong_is_said_without_the_value() {
        let range = Kind::Integer { from: Some(1), to: Some(9) };
        for (kind, text) in [
            (range, "0"),
            (range, "canary"),
            (range, "18446744073709551615"),
            (Kind::Number, "NaN"),
            (Kind::Boolean, "canary"),
            (Kind::Choice(&["a"]), "canary"),
            (Kind::Time, "canary"),
            (Kind::Date, "2026-02-30"),
            (Kind::Uuid, "canary"),
            (Kind::Email, "canary"),
            (Kind::Email, "@canary"),
            (Kind::Email, "canary@"),
            (Kind::Email, "canary@x.example, y"),
            (Kind::Json, "{canary"),
        ] {
            let error = kind.parse(text).unwrap_err();
            assert!(error.starts_with("it is ") && !error.contains("canary"), "{error}");
        }
    }
}
