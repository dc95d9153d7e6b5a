//! Which requests a script takes.

use std::fmt::{self, Display};
use std::marker::PhantomData;

use serde::Serialize;
use serde_json::Value;

use crate::request::RecordedRequest;

/// Which requests a script takes. All conditions must hold; without one, all requests that keep the document are taken.
pub struct When<O> {
    pub(crate) conditions: Vec<Condition>,
    pub(crate) also_invalid: bool,
    pub(super) problems: Vec<String>,
    operation: PhantomData<fn() -> O>,
}

/// One condition.
pub(crate) struct Condition {
    /// What is looked at, without the value that is wanted: it may be a secret.
    pub(crate) text: String,
    pub(crate) holds: Box<dyn Fn(&RecordedRequest) -> bool + Send + Sync>,
}

impl<O> When<O> {
    pub(super) fn new() -> Self {
        Self { conditions: Vec::new(), also_invalid: false, problems: Vec::new(), operation: PhantomData }
    }

    fn holds(mut self, text: String, holds: impl Fn(&RecordedRequest) -> bool + Send + Sync + 'static) -> Self {
        self.conditions.push(Condition { text, holds: Box::new(holds) });
        self
    }

    /// Every request; the same as no condition.
    ///
    /// ```
    /// # let mock = invite_mock::Mock::new();
    /// mock.create_session(|when| when.any()).example(201).mount()?;
    /// # Ok::<(), invite_mock::ScriptError>(())
    /// ```
    #[must_use]
    pub fn any(self) -> Self {
        self
    }

    /// Also requests that break the document; otherwise they get the documented error before any script is asked.
    ///
    /// ```
    /// # let mock = invite_mock::Mock::new();
    /// mock.create_session(|when| when.also_invalid()).example(201).mount()?;
    /// # Ok::<(), invite_mock::ScriptError>(())
    /// ```
    #[must_use]
    pub fn also_invalid(mut self) -> Self {
        self.also_invalid = true;
        self
    }

    /// Only requests whose JSON body holds all of `subset`: objects may have more members, everything else is equal.
    ///
    /// ```
    /// # let mock = invite_mock::Mock::new();
    /// let body = serde_json::json!({ "email": "jane@customer.example" });
    /// mock.create_session(|when| when.body(body)).example(201).mount()?;
    /// # Ok::<(), invite_mock::ScriptError>(())
    /// ```
    #[must_use]
    pub fn body(mut self, subset: impl Serialize) -> Self {
        match serde_json::to_value(subset) {
            Ok(subset) => self.holds("the body".to_owned(), move |request| {
                request.json().is_some_and(|body| contains(body, &subset))
            }),
            Err(error) => {
                self.problems.push(format!("the wanted body cannot be written as JSON: {error}"));
                self
            }
        }
    }

    /// Only requests with this value of the header.
    ///
    /// ```
    /// # let mock = invite_mock::Mock::new();
    /// mock.create_session(|when| when.header("x-request-id", "mine-1")).example(201).mount()?;
    /// # Ok::<(), invite_mock::ScriptError>(())
    /// ```
    #[must_use]
    pub fn header(self, name: &str, value: impl Display) -> Self {
        let (name, value) = (name.to_owned(), value.to_string());
        self.holds(format!("the header `{name}`"), move |request| request.header(&name) == Some(&value))
    }

    /// Only requests with this value of the query parameter, if need be beside others.
    ///
    /// ```
    /// # let mock = invite_mock::Mock::new();
    /// mock.create_session(|when| when.query("page", 2)).example(201).mount()?;
    /// # Ok::<(), invite_mock::ScriptError>(())
    /// ```
    #[must_use]
    pub fn query(self, name: &str, value: impl Display) -> Self {
        let (name, value) = (name.to_owned(), value.to_string());
        self.holds(format!("the query parameter `{name}`"), move |request| {
            request.query(&name).contains(&value.as_str())
        })
    }

    /// Only requests with this value in the path. The methods named like the parameters of the operation are safer.
    ///
    /// ```
    /// # let mock = invite_mock::Mock::new();
    /// mock.operation("unleash_signup", |when| when.with_path("token", "sgn_1"))?.example(400).mount()?;
    /// # Ok::<(), invite_mock::ScriptError>(())
    /// ```
    #[must_use]
    pub fn with_path(self, name: &str, value: impl Display) -> Self {
        let (name, value) = (name.to_owned(), value.to_string());
        self.holds(format!("the path parameter `{name}`"), move |request| request.path_parameter(&name) == Some(&value))
    }

    /// Only requests that satisfy a condition of your own.
    ///
    /// ```
    /// # let mock = invite_mock::Mock::new();
    /// mock.create_session(|when| when.satisfies(|request| request.body().len() > 100)).example(201).mount()?;
    /// # Ok::<(), invite_mock::ScriptError>(())
    /// ```
    #[must_use]
    pub fn satisfies(self, holds: impl Fn(&RecordedRequest) -> bool + Send + Sync + 'static) -> Self {
        self.holds("a condition of the test".to_owned(), holds)
    }
}

impl<O> fmt::Debug for When<O> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let conditions = self.conditions.iter().map(|condition| &condition.text);
        f.debug_list().entries(conditions).finish()
    }
}

/// Whether `value` has all of `subset`.
fn contains(value: &Value, subset: &Value) -> bool {
    match (value, subset) {
        (Value::Object(value), Value::Object(subset)) => {
            subset.iter().all(|(name, wanted)| value.get(name).is_some_and(|found| contains(found, wanted)))
        }
        _ => value == subset,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_subset_may_leave_out_members_and_nothing_else() {
        let value = json!({"a": {"b": 1, "c": [1, 2]}, "d": null});
        for subset in [json!({}), json!({"a": {"b": 1}}), json!({"d": null}), json!({"a": {"c": [1, 2]}})] {
            assert!(contains(&value, &subset), "{subset}");
        }
        for other in [json!({"a": {"b": 2}}), json!({"e": null}), json!({"a": {"c": [1]}}), json!([])] {
            assert!(!contains(&value, &other), "{other}");
        }
    }
}
