//! The mock without a socket: from a request to what it is answered.
//!
//! 1. The route says which operation is meant; an unknown path is 404, another method 405.
//! 2. The request is held against the document.
//! 3. The first script that takes it answers. One that breaks the document is offered to lenient scripts only.
//! 4. Without a script, a request that breaks the document gets the documented error, any other the documented success.
//!    If there are scripts for the operation and none takes it, it gets 501, because a test did not foresee it.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use http::header::{ALLOW, HeaderValue};
use http::{Request, Response, StatusCode};

use crate::answer::Reply;
use crate::check::{self, Breach};
use crate::contract::Operation;
use crate::error::{ScriptError, Unverified};
use crate::fault::Fault;
use crate::generated::contract::OPERATIONS;
use crate::request::{Answered, RecordedRequest};
use crate::route::{self, Route};
use crate::script::{Condition, Named, Script, Step, When};

type Observer = Box<dyn Fn(&RecordedRequest) + Send + Sync>;

/// Plays the document. Clones are the same mock.
///
/// [`MockServer`](crate::MockServer) puts it on a socket; [`answer`](Self::answer) does without.
#[derive(Clone, Default)]
pub struct Mock {
    shared: Arc<Shared>,
}

#[derive(Default)]
struct Shared {
    state: Mutex<State>,
    observer: Option<Observer>,
}

#[derive(Default)]
struct State {
    scripts: Vec<Entry>,
    /// With the script that took it.
    requests: Vec<(RecordedRequest, Option<usize>)>,
}

/// A mounted script.
struct Entry {
    operation: &'static Operation,
    conditions: Vec<Condition>,
    also_invalid: bool,
    steps: Vec<Step>,
    calls: u64,
}

/// What a request is answered, and how it gets there.
#[derive(Clone, Debug)]
pub(crate) struct Outcome {
    pub(crate) reply: Reply,
    pub(crate) delay: Duration,
    pub(crate) fault: Option<Fault>,
}

impl Outcome {
    fn at_once(reply: Reply) -> Self {
        Self { reply, delay: Duration::ZERO, fault: None }
    }
}

impl Mock {
    /// A mock without scripts.
    ///
    /// ```
    /// use invite_mock::Mock;
    ///
    /// let mock = Mock::new();
    /// assert!(mock.requests().is_empty());
    /// ```
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// A mock that shows each request to `observer` once its answer is decided, for example to log it: `Display` and
    /// `Debug` of requests show no secrets.
    ///
    /// ```
    /// let mock = invite_mock::Mock::observed(|request| eprintln!("{request}"));
    /// ```
    #[must_use]
    pub fn observed(observer: impl Fn(&RecordedRequest) + Send + Sync + 'static) -> Self {
        Self { shared: Arc::new(Shared { state: Mutex::default(), observer: Some(Box::new(observer)) }) }
    }

    /// Scripts answers of the operation with this `operationId`, for tests that go through many. The methods named like
    /// the operations have types.
    ///
    /// ```
    /// # let mock = invite_mock::Mock::new();
    /// for id in ["liveness", "readiness"] {
    ///     mock.operation(id, |when| when)?.example(200).mount()?;
    /// }
    /// assert!(mock.operation("no_such_operation", |when| when).is_err());
    /// # Ok::<(), invite_mock::ScriptError>(())
    /// ```
    ///
    /// # Errors
    /// There is no such operation.
    pub fn operation(
        &self,
        id: &str,
        when: impl FnOnce(When<Named>) -> When<Named>,
    ) -> Result<Script<Named>, ScriptError> {
        let operation = OPERATIONS.iter().find(|operation| operation.id == id).ok_or_else(|| ScriptError {
            operation: id.to_owned(),
            problems: vec!["the document has no such operation".to_owned()],
        })?;
        Ok(Script::of(self, operation, when))
    }

    /// The answer to a request, after the scripted delay. Whole bodies go in and out; nothing is parsed but the JSON.
    ///
    /// ```
    /// use invite_mock::Mock;
    /// use invite_mock::bytes::Bytes;
    /// use invite_mock::http::Request;
    ///
    /// # async fn run() -> Result<(), Box<dyn std::error::Error>> {
    /// let request = Request::get("/health/live").body(Bytes::new())?;
    /// let answer = Mock::new().answer(request).await.expect("no script has a fault");
    /// assert_eq!(answer.status(), 200);
    /// # Ok(())
    /// # }
    /// # tokio::runtime::Runtime::new().unwrap().block_on(run()).unwrap();
    /// ```
    ///
    /// # Errors
    /// The scripted fault: without a socket it cannot be played.
    pub async fn answer(&self, request: Request<Bytes>) -> Result<Response<Bytes>, Fault> {
        let outcome = self.decide(request);
        if !outcome.delay.is_zero() {
            tokio::time::sleep(outcome.delay).await;
        }
        outcome.fault.map_or_else(|| Ok(outcome.reply.into_response()), Err)
    }

    /// Every request so far, in the order of arrival.
    ///
    /// ```no_run
    /// # fn run(mock: invite_mock::Mock) {
    /// for request in mock.requests() {
    ///     println!("{request}");
    /// }
    /// # }
    /// ```
    #[must_use]
    pub fn requests(&self) -> Vec<RecordedRequest> {
        self.state().requests.iter().map(|(request, _)| request.clone()).collect()
    }

    /// Forgets all scripts and requests.
    ///
    /// ```
    /// # let mock = invite_mock::Mock::new();
    /// mock.liveness(|when| when).example(503).mount()?;
    /// mock.reset();
    /// assert!(mock.verify().is_ok());
    /// # Ok::<(), invite_mock::ScriptError>(())
    /// ```
    pub fn reset(&self) {
        *self.state() = State::default();
    }

    /// Whether everything happened as the scripts say: each step as often as it says, the last one at least once if it
    /// says nothing, no request that a script should have taken but did not, and none that breaks the document or that it
    /// does not know, unless a script [also takes](When::also_invalid) such ones.
    ///
    /// ```
    /// # let mock = invite_mock::Mock::new();
    /// mock.liveness(|when| when).example(503).mount()?;
    /// assert!(mock.verify().is_err(), "it was never called");
    /// # Ok::<(), invite_mock::ScriptError>(())
    /// ```
    ///
    /// # Errors
    /// Every difference.
    pub fn verify(&self) -> Result<(), Unverified> {
        let state = self.state();
        let scripts = state.scripts.iter().enumerate().filter_map(|(index, entry)| entry.difference(index));
        let requests = state.requests.iter().filter_map(|(request, _)| match request.answered {
            Answered::ByNobody => Some(format!("unforeseen: {request}")),
            Answered::ByDocument => Some(format!("against the document: {request}")),
            Answered::ByExample | Answered::ByScript => None,
        });
        let differences: Vec<String> = scripts.chain(requests).collect();
        if differences.is_empty() { Ok(()) } else { Err(Unverified { differences }) }
    }

    pub(crate) fn decide(&self, request: Request<Bytes>) -> Outcome {
        let route = route::route(request.method(), request.uri().path());
        let mut request = RecordedRequest::new(request, &route);
        let (outcome, script) = match route {
            Route::To(operation, _) => self.play(operation, &mut request),
            Route::OtherMethods(allowed) => (Outcome::at_once(other_methods(&allowed)), None),
            Route::Nowhere => {
                (Outcome::at_once(Reply::text(StatusCode::NOT_FOUND, "the document has no such path")), None)
            }
        };
        request.status = outcome.reply.status;
        if let Some(observer) = &self.shared.observer {
            observer(&request);
        }
        self.state().requests.push((request, script));
        outcome
    }

    /// Steps 2 to 4.
    fn play(&self, operation: &'static Operation, request: &mut RecordedRequest) -> (Outcome, Option<usize>) {
        let breach = check::breach(operation, request);
        request.violations = breach.as_ref().map(|breach| breach.violations.clone()).unwrap_or_default();
        let mut state = self.state();
        let mut misses = Vec::new();
        for (index, entry) in
            state.scripts.iter_mut().enumerate().filter(|(_, entry)| entry.operation.id == operation.id)
        {
            match entry.take(request, breach.as_ref()) {
                Ok(step) => {
                    request.answered = Answered::ByScript;
                    return (Outcome { reply: step.reply, delay: step.delay, fault: step.fault }, Some(index));
                }
                Err(miss) => misses.push(format!("script {}: {miss}", index + 1)),
            }
        }
        let (answered, reply) = match (breach, operation.success()) {
            (Some(breach), _) => (Answered::ByDocument, Reply::refusal(operation, &breach)),
            (None, _) if !misses.is_empty() => {
                let text = format!("no script for {} takes this request; {}", operation.id, misses.join("; "));
                (Answered::ByNobody, Reply::text(StatusCode::NOT_IMPLEMENTED, &text))
            }
            (None, Some(answer)) => (Answered::ByExample, Reply::example(answer, "")),
            (None, None) => {
                let text = format!("{} at {} documents no success", operation.id, operation.place);
                (Answered::ByNobody, Reply::text(StatusCode::NOT_IMPLEMENTED, &text))
            }
        };
        request.answered = answered;
        (Outcome::at_once(reply), None)
    }

    pub(crate) fn mount(
        &self,
        operation: &'static Operation,
        conditions: Vec<Condition>,
        also_invalid: bool,
        steps: Vec<Step>,
    ) -> usize {
        let mut state = self.state();
        state.scripts.push(Entry { operation, conditions, also_invalid, steps, calls: 0 });
        state.scripts.len() - 1
    }

    pub(crate) fn calls(&self, script: usize) -> u64 {
        self.state().scripts.get(script).map_or(0, |entry| entry.calls)
    }

    pub(crate) fn taken_by(&self, script: usize) -> Vec<RecordedRequest> {
        let state = self.state();
        let taken = state.requests.iter().filter(|(_, by)| *by == Some(script));
        taken.map(|(request, _)| request.clone()).collect()
    }

    /// A condition of a test may panic; what was recorded is still good.
    fn state(&self) -> MutexGuard<'_, State> {
        self.shared.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Mock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = self.state();
        f.debug_struct("Mock")
            .field("scripts", &state.scripts.len())
            .field("requests", &state.requests.iter().map(|(request, _)| request).collect::<Vec<_>>())
            .finish()
    }
}

fn other_methods(allowed: &str) -> Reply {
    let text = format!("the path has only {allowed}");
    let mut reply = Reply::text(StatusCode::METHOD_NOT_ALLOWED, &text);
    if let Ok(allowed) = HeaderValue::from_str(allowed) {
        reply.headers.insert(ALLOW, allowed);
    }
    reply
}

impl Entry {
    /// The step for a request, or why the script does not take it.
    fn take(&mut self, request: &RecordedRequest, breach: Option<&Breach>) -> Result<Step, String> {
        if breach.is_some() && !self.also_invalid {
            return Err("the request breaks the document".to_owned());
        }
        if let Some(condition) = self.conditions.iter().find(|condition| !(condition.holds)(request)) {
            return Err(format!("{} differs", condition.text));
        }
        let Some(step) = self.step().cloned() else {
            return Err(format!("all its answers were used, {} in number", self.calls));
        };
        self.calls += 1;
        Ok(step)
    }

    /// The step whose turn it is.
    fn step(&self) -> Option<&Step> {
        let mut used = 0;
        self.steps
            .iter()
            .enumerate()
            .map(|(index, step)| (self.times(index), step))
            .find_map(|(times, step)| {
                used += times?;
                (self.calls < used).then_some(step)
            })
            .or_else(|| self.steps.last().filter(|step| step.times.is_none()))
    }

    /// How often a step is used; none: for ever.
    fn times(&self, index: usize) -> Option<u64> {
        let is_last = index + 1 == self.steps.len();
        self.steps[index].times.or((!is_last).then_some(1))
    }

    /// What was expected and did not happen.
    fn difference(&self, index: usize) -> Option<String> {
        let least: u64 = (0..self.steps.len()).map(|index| self.times(index).unwrap_or(1)).sum();
        let is_open = self.steps.last().is_some_and(|step| step.times.is_none());
        let more = if is_open { "at least " } else { "" };
        (self.calls < least).then(|| {
            format!("script {} for {}: expected {more}{least} calls, got {}", index + 1, self.operation.id, self.calls)
        })
    }
}
