//! Scripts: what the requests of an operation that they take are answered, in turn.

use std::fmt;
use std::time::Duration;

use bytes::Bytes;
use http::StatusCode;
use serde_json::Value;

use crate::answer::{IsAnswer, Parts, Reply, pair};
use crate::contract::Operation;
use crate::error::ScriptError;
use crate::fault::Fault;
use crate::mock::Mock;
use crate::request::RecordedRequest;

mod when;

pub(crate) use when::Condition;
pub use when::When;

/// An operation whose answers have types. Implemented by `invite_sdk::operations` only.
pub trait Scriptable {
    /// The documented answers.
    type Answer: IsAnswer;
    #[doc(hidden)]
    const TABLE: Table;
}

/// Hides the tables from the interface.
#[doc(hidden)]
#[derive(Debug)]
pub struct Table(pub(crate) &'static Operation);

/// An operation that was named by its `operationId`, so that its answers have no types.
#[derive(Clone, Copy, Debug)]
pub enum Named {}

/// Answers to the requests of one operation, in turn. Does nothing until it is [mounted](Self::mount).
///
/// [`answer`](Self::answer), [`then`](Self::then), [`example`](Self::example) and [`undocumented`](Self::undocumented) each
/// add a step; [`times`](Self::times), [`after`](Self::after) and [`fault`](Self::fault) change the last one, and without
/// a step they make one of the documented success. A step is used once, the last one until the mock is dropped, unless
/// `times` says otherwise.
#[must_use = "a script does nothing until `mount` is called"]
pub struct Script<O> {
    mock: Mock,
    operation: &'static Operation,
    when: When<O>,
    steps: Vec<Step>,
    problems: Vec<String>,
}

/// One answer of a script.
#[derive(Clone, Debug)]
pub(crate) struct Step {
    pub(crate) reply: Reply,
    pub(crate) delay: Duration,
    pub(crate) times: Option<u64>,
    pub(crate) fault: Option<Fault>,
}

impl<O> Script<O> {
    pub(crate) fn of(mock: &Mock, operation: &'static Operation, when: impl FnOnce(When<O>) -> When<O>) -> Self {
        let mut when = when(When::new());
        let problems = std::mem::take(&mut when.problems);
        Self { mock: mock.clone(), operation, when, steps: Vec::new(), problems }
    }

    fn step(mut self, reply: Reply) -> Self {
        self.steps.push(Step { reply, delay: Duration::ZERO, times: None, fault: None });
        self
    }

    /// Adds an answer that was checked, or what is wrong with it.
    fn checked(mut self, reply: Result<Reply, Vec<String>>) -> Self {
        match reply {
            Ok(reply) => self.step(reply),
            Err(problems) => {
                self.problems.extend(problems);
                self.step(Reply::default())
            }
        }
    }

    /// Adds the documented example of this status.
    ///
    /// ```
    /// # let mock = invite_mock::Mock::new();
    /// mock.create_session(|when| when).example(503).example(201).mount()?;
    /// # Ok::<(), invite_mock::ScriptError>(())
    /// ```
    pub fn example(self, status: u16) -> Self {
        self.example_named(status, "")
    }

    /// Adds the documented example of this status and name; if the name is empty, the first.
    ///
    /// ```
    /// # let mock = invite_mock::Mock::new();
    /// mock.activate(|when| when).example_named(400, "password").mount()?;
    /// # Ok::<(), invite_mock::ScriptError>(())
    /// ```
    pub fn example_named(self, status: u16, name: &str) -> Self {
        let operation = self.operation;
        let Some(answer) = operation.answer(status) else {
            return self.checked(Err(vec![format!("{status} is not documented, only {}", operation.statuses())]));
        };
        let examples = answer.response.content.as_ref().map_or(&[][..], |content| content.examples);
        if !name.is_empty() && !examples.iter().any(|example| example.name == name) {
            let known: Vec<&str> = examples.iter().map(|example| example.name).collect();
            let problem = format!("{status} has no example `{name}`, only {}", known.join(", "));
            return self.checked(Err(vec![problem]));
        }
        self.step(Reply::example(answer, name))
    }

    /// Adds any answer at all, also what the document does not allow: the way to test what a program makes of a server
    /// that is broken or newer.
    ///
    /// ```
    /// # let mock = invite_mock::Mock::new();
    /// let page = "<html>502 Bad Gateway</html>";
    /// mock.create_session(|when| when).undocumented(502, &[("content-type", "text/html")], page).mount()?;
    /// # Ok::<(), invite_mock::ScriptError>(())
    /// ```
    pub fn undocumented(mut self, status: u16, headers: &[(&str, &str)], body: impl Into<Bytes>) -> Self {
        let mut reply = Reply { body: body.into(), ..Reply::default() };
        match StatusCode::from_u16(status) {
            Ok(status) if status.as_u16() >= 200 => reply.status = status,
            _ => self.problems.push(format!("{status} is no status of a final answer")),
        }
        for (name, value) in headers {
            match pair(name, value) {
                Ok((name, value)) => drop(reply.headers.append(name, value)),
                Err(problem) => self.problems.push(problem),
            }
        }
        self.step(reply)
    }

    fn last(mut self, change: impl FnOnce(&mut Step)) -> Self {
        if self.steps.is_empty() {
            self = match self.operation.success() {
                Some(answer) => self.step(Reply::example(answer, "")),
                None => self.checked(Err(vec!["the document has no success to answer".to_owned()])),
            };
        }
        if let Some(step) = self.steps.last_mut() {
            change(step);
        }
        self
    }

    /// Uses the last answer so often.
    ///
    /// ```
    /// # let mock = invite_mock::Mock::new();
    /// mock.create_session(|when| when).example(503).times(2).example(201).mount()?;
    /// # Ok::<(), invite_mock::ScriptError>(())
    /// ```
    pub fn times(self, times: u64) -> Self {
        self.last(|step| step.times = Some(times))
    }

    /// Waits before the last answer, on Tokio's clock.
    ///
    /// ```
    /// # let mock = invite_mock::Mock::new();
    /// use std::time::Duration;
    ///
    /// mock.create_session(|when| when).example(201).after(Duration::from_millis(300)).mount()?;
    /// # Ok::<(), invite_mock::ScriptError>(())
    /// ```
    pub fn after(self, delay: Duration) -> Self {
        self.last(|step| step.delay = delay)
    }

    /// Breaks the last answer.
    ///
    /// ```
    /// # let mock = invite_mock::Mock::new();
    /// use invite_mock::Fault;
    ///
    /// mock.create_session(|when| when).example(201).fault(Fault::TruncateBody { after: 10 }).mount()?;
    /// # Ok::<(), invite_mock::ScriptError>(())
    /// ```
    pub fn fault(self, fault: Fault) -> Self {
        self.last(|step| step.fault = Some(fault))
    }

    /// Adds the documented success, broken.
    ///
    /// ```
    /// # let mock = invite_mock::Mock::new();
    /// use invite_mock::Fault;
    ///
    /// mock.create_session(|when| when).example(201).times(1).then_fault(Fault::Hang).mount()?;
    /// # Ok::<(), invite_mock::ScriptError>(())
    /// ```
    pub fn then_fault(self, fault: Fault) -> Self {
        let success = self.operation.success().map(|answer| Reply::example(answer, ""));
        self.step(success.unwrap_or_default()).fault(fault)
    }

    /// Puts the script in force. The scripts of an operation are asked in the order in which they were mounted.
    ///
    /// ```
    /// # let mock = invite_mock::Mock::new();
    /// let script = mock.create_session(|when| when).example(201).mount()?;
    /// assert_eq!(script.calls(), 0);
    /// assert!(mock.create_session(|when| when).mount().is_err(), "there is no answer");
    /// # Ok::<(), invite_mock::ScriptError>(())
    /// ```
    ///
    /// # Errors
    /// Everything that the document does not allow, with its place, and faults that would change nothing. Nothing is mounted then.
    pub fn mount(mut self) -> Result<Mounted, ScriptError> {
        if self.steps.is_empty() {
            self.problems.push("there is no answer; add one with `answer`, `example` or `undocumented`".to_owned());
        }
        let faults = self.steps.iter().filter_map(|step| step.fault.as_ref()?.without_effect(step.reply.body.len()));
        self.problems.extend(faults);
        if !self.problems.is_empty() {
            return Err(ScriptError { operation: self.operation.id.to_owned(), problems: self.problems });
        }
        let id = self.mock.mount(self.operation, self.when.conditions, self.when.also_invalid, self.steps);
        Ok(Mounted { mock: self.mock, id })
    }
}

impl<O: Scriptable> Script<O> {
    pub(crate) fn new(mock: &Mock, when: impl FnOnce(When<O>) -> When<O>) -> Self {
        Self::of(mock, O::TABLE.0, when)
    }

    /// Adds an answer. Its body and headers are held against the document's schemas; [`mount`](Self::mount) says what is wrong.
    ///
    /// ```
    /// # let mock = invite_mock::Mock::new();
    /// use invite_mock::answers::UnleashValidateSignupTokenAnswer;
    ///
    /// mock.unleash_validate_signup_token(|when| when).answer(UnleashValidateSignupTokenAnswer::Ok).mount()?;
    /// # Ok::<(), invite_mock::ScriptError>(())
    /// ```
    pub fn answer(self, answer: O::Answer) -> Self {
        let reply = answer.parts().documented(self.operation);
        self.checked(reply)
    }

    /// Adds the next answer; the same as [`answer`](Self::answer).
    ///
    /// ```
    /// # let mock = invite_mock::Mock::new();
    /// use invite_mock::answers::UnleashValidateSignupTokenAnswer;
    ///
    /// mock.unleash_validate_signup_token(|when| when)
    ///     .example(503)
    ///     .then(UnleashValidateSignupTokenAnswer::Ok)
    ///     .mount()?;
    /// # Ok::<(), invite_mock::ScriptError>(())
    /// ```
    pub fn then(self, answer: O::Answer) -> Self {
        self.answer(answer)
    }
}

impl Script<Named> {
    /// Adds an answer that the document allows; [`mount`](Self::mount) says what it does not. `None`: without a body.
    ///
    /// ```
    /// # let mock = invite_mock::Mock::new();
    /// mock.operation("unleash_validate_signup_token", |when| when)?.documented(200, &[], None).mount()?;
    /// # Ok::<(), invite_mock::ScriptError>(())
    /// ```
    pub fn documented(self, status: u16, headers: &[(&str, &str)], body: Option<Value>) -> Self {
        let parts = body.map_or_else(|| Parts::empty(status), |body| Parts::json(status, body));
        let parts = headers.iter().fold(parts, |parts, (name, value)| parts.header(name, value));
        let reply = parts.documented(self.operation);
        self.checked(reply)
    }
}

impl<O> fmt::Debug for Script<O> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let statuses: Vec<u16> = self.steps.iter().map(|step| step.reply.status.as_u16()).collect();
        f.debug_struct("Script")
            .field("operation", &self.operation.id)
            .field("when", &self.when)
            .field("answers", &statuses)
            .finish_non_exhaustive()
    }
}

/// A script in force.
#[derive(Clone, Debug)]
pub struct Mounted {
    mock: Mock,
    id: usize,
}

impl Mounted {
    /// How many requests it has taken.
    ///
    /// ```
    /// # let mock = invite_mock::Mock::new();
    /// let script = mock.create_session(|when| when).example(201).mount()?;
    /// assert_eq!(script.calls(), 0);
    /// # Ok::<(), invite_mock::ScriptError>(())
    /// ```
    #[must_use]
    pub fn calls(&self) -> u64 {
        self.mock.calls(self.id)
    }

    /// The requests that it has taken, in order.
    ///
    /// ```
    /// # let mock = invite_mock::Mock::new();
    /// let script = mock.create_session(|when| when).example(201).mount()?;
    /// assert!(script.requests().is_empty());
    /// # Ok::<(), invite_mock::ScriptError>(())
    /// ```
    #[must_use]
    pub fn requests(&self) -> Vec<RecordedRequest> {
        self.mock.taken_by(self.id)
    }
}
