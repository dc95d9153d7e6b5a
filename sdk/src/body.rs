//! What goes into a request beyond JSON that must be there: bytes as they are, bodies that may be left out, and lists.

use std::fmt::Display;

use serde::Serialize;
use serde_json::Value;

use crate::draft::Unmade;
use crate::operation::MediaType;

/// A request body that is sent as it is; empty by default.
#[derive(Debug, Default)]
pub struct RawBody {
    media_type: Option<String>,
    body: reqwest::Body,
}

impl RawBody {
    /// A body of the documented media type.
    pub fn new(body: impl Into<reqwest::Body>) -> Self {
        Self { media_type: None, body: body.into() }
    }

    /// A body of this media type: where the document allows several, or where it has parameters such as a boundary.
    pub fn of(media_type: impl Into<String>, body: impl Into<reqwest::Body>) -> Self {
        Self { media_type: Some(media_type.into()), body: body.into() }
    }

    pub(crate) fn media_type(&self, documented: &str) -> MediaType {
        let otherwise = if documented.contains('*') { "application/octet-stream" } else { documented };
        MediaType::Of(self.media_type.clone().unwrap_or_else(|| otherwise.to_owned()))
    }

    pub(crate) fn into_inner(self) -> reqwest::Body {
        self.body
    }
}

impl<T: Into<reqwest::Body>> From<T> for RawBody {
    fn from(body: T) -> Self {
        Self::new(body)
    }
}

/// A body that may be left out, as JSON; nothing if it is.
pub(crate) fn encoded<T: Serialize>(body: Option<&T>) -> Result<Vec<u8>, Unmade> {
    let Some(body) = body else { return Ok(Vec::new()) };
    serde_json::to_vec(body).map_err(|error| Unmade::new(format!("the body has no JSON form: {error}")))
}

/// The items of a list in one value.
pub(crate) fn joined<T: Display>(items: &[T], separator: char) -> String {
    items.iter().map(T::to_string).collect::<Vec<_>>().join(&separator.to_string())
}

/// The same of items that have another form for people than on the wire.
pub(crate) fn joined_written<T: Serialize>(items: &[T], separator: char) -> String {
    let items: Vec<String> = items.iter().map(written).collect();
    joined(&items, separator)
}

/// A value as it stands in JSON, a text without its quotes: times for people are others than those of RFC 3339.
pub(crate) fn written<T: Serialize>(value: &T) -> String {
    match serde_json::to_value(value) {
        Ok(Value::String(text)) => text,
        // What is a parameter has a form in JSON.
        value => value.map(|value| value.to_string()).unwrap_or_default(),
    }
}

/// The members of a form, of a list each item under the name of the member.
pub(crate) fn pairs<T: Serialize>(body: &T) -> Result<Vec<(String, String)>, Unmade> {
    let value = serde_json::to_value(body)
        .map_err(|error| Unmade::new(format!("the body has no form on the wire: {error}")))?;
    let Value::Object(members) = value else {
        return Err(Unmade::new("the body is no form, because it has no members".to_owned()));
    };
    let mut pairs = Vec::new();
    for (name, value) in members {
        let items = match value {
            Value::Array(items) => items,
            value => vec![value],
        };
        for item in items {
            match item {
                Value::Null => {}
                Value::String(text) => pairs.push((name.clone(), text)),
                Value::Bool(_) | Value::Number(_) => pairs.push((name.clone(), item.to_string())),
                Value::Array(_) | Value::Object(_) => {
                    return Err(Unmade::new(format!("`{name}` has no place in a form: it holds lists or objects")));
                }
            }
        }
    }
    Ok(pairs)
}

/// A list as a query: each item with the name before it.
pub trait Repeated {
    /// What an item is.
    type Item;

    /// Name and value of each.
    fn repeated<'a>(&'a self, name: &'a str) -> Vec<(&'a str, &'a Self::Item)>;
}

impl<T> Repeated for Vec<T> {
    type Item = T;

    fn repeated<'a>(&'a self, name: &'a str) -> Vec<(&'a str, &'a T)> {
        self.iter().map(|item| (name, item)).collect()
    }
}

/// A list that is not given has no items.
impl<T> Repeated for Option<Vec<T>> {
    type Item = T;

    fn repeated<'a>(&'a self, name: &'a str) -> Vec<(&'a str, &'a T)> {
        self.iter().flatten().map(|item| (name, item)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_media_type_is_the_documented_one_unless_the_caller_names_another() {
        let text = |body: &RawBody, documented| body.media_type(documented);
        assert_eq!(text(&RawBody::new("x"), "text/plain"), MediaType::Of("text/plain".to_owned()));
        assert_eq!(text(&RawBody::new("x"), "*/*"), MediaType::Of("application/octet-stream".to_owned()));
        assert_eq!(text(&RawBody::of("text/csv", "x"), "*/*"), MediaType::Of("text/csv".to_owned()));
    }

    #[test]
    fn lists_become_one_value() {
        assert_eq!(joined(&[1, 2], ','), "1,2");
    }

    #[test]
    fn times_are_written_as_the_document_has_them() {
        let time: chrono::DateTime<chrono::Utc> = "2026-11-29T20:27:13Z".parse().unwrap();
        assert_eq!(written(&time), "2026-11-29T20:27:13Z");
        assert_eq!(joined_written(&[time, time], '|'), "2026-11-29T20:27:13Z|2026-11-29T20:27:13Z");
        assert_eq!((written(&7), written(&"a b")), ("7".to_owned(), "a b".to_owned()));
    }

    #[test]
    fn a_form_has_the_items_of_its_lists_one_by_one() {
        let form = |value: Value| pairs(&value).map_err(|error| format!("{error:?}"));
        let pair = |name: &str, text: &str| (name.to_owned(), text.to_owned());
        let given = serde_json::json!({"a": [1, 2], "b": "x y", "c": null, "d": true});
        assert_eq!(form(given), Ok(vec![pair("a", "1"), pair("a", "2"), pair("b", "x y"), pair("d", "true")]));
        assert!(form(serde_json::json!({"a": {"b": 1}})).unwrap_err().contains("`a`"));
    }

    #[test]
    fn a_list_that_is_not_given_has_no_items() {
        assert_eq!(vec![1, 2].repeated("id"), [("id", &1), ("id", &2)]);
        assert!(None::<Vec<i32>>.repeated("id").is_empty());
    }
}
