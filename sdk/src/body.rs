//! What goes into a request beyond JSON that must be there: bytes as they are, bodies that may be left out, and lists.

use std::fmt::Display;

use serde::Serialize;

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
    fn a_list_that_is_not_given_has_no_items() {
        assert_eq!(vec![1, 2].repeated("id"), [("id", &1), ("id", &2)]);
        assert!(None::<Vec<i32>>.repeated("id").is_empty());
    }
}
