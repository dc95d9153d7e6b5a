//! What every handler gets, and the one way in which an operation is answered.

use std::any::Any;
use std::future::Future;
use std::panic::AssertUnwindSafe;
use std::time::Instant;

use dropshot::RequestContext;
use futures::FutureExt as _;
use invite_api::credentials::{Credential, challenges, complete_alternatives};
use invite_api::reply::{ErrorHeaders, ErrorReply, Failure};
use invite_api::request::{Body, BodyProblem};
use invite_api::security::{Operation, Scheme};
use invite_api::validate::{Described, Violation};
use invite_domain::actor::Actor;
use invite_domain::refusal::Refusal;
use invite_domain::secret::PlainSecret;
use serde::de::DeserializeOwned;

use super::body::ErrorBody;
use super::error::Problem;
use crate::app::{self, App};
use crate::auth::Presented;

/// State of the server, shared by all requests.
#[derive(Debug)]
pub struct Context {
    /// The use cases.
    pub app: App,
    /// Base of all links, from configuration.
    pub public_url: String,
}

/// One request on its way to an answer.
pub(super) struct Request {
    inner: RequestContext<Context>,
    operation: Operation,
}

impl Request {
    pub(super) fn app(&self) -> &App {
        &self.inner.context().app
    }

    /// Who is calling, by the first alternative of the operation's requirements that is complete and valid.
    pub(super) async fn actor(&self) -> Result<Actor, Problem> {
        let mut refused = app::Error::Refused(Refusal::not_authenticated());
        for alternative in complete_alternatives(self.operation, self.inner.request.headers()) {
            let presented: Vec<_> = alternative.into_iter().map(presented).collect();
            match self.app().authenticate(&presented).await {
                Ok(actor) => return Ok(actor),
                Err(error @ app::Error::Refused(_)) => refused = error,
                Err(error) => return Err(error.into()),
            }
        }
        Err(refused.into())
    }

    /// Actor and body, in this order: strangers learn nothing and cost little.
    pub(super) async fn admit<T: DeserializeOwned + Described>(&self, body: Body<T>) -> Result<(Actor, T), Problem> {
        let (actor, (), body) = self.admit_with(Ok(()), body).await?;
        Ok((actor, body))
    }

    /// The same with parameters, whose violations are listed together with those of the body.
    pub(super) async fn admit_with<P, T: DeserializeOwned + Described>(
        &self,
        parameters: Result<P, Vec<Violation>>,
        body: Body<T>,
    ) -> Result<(Actor, P, T), Problem> {
        let actor = match self.actor().await {
            Ok(actor) => actor,
            Err(problem) => {
                body.discard().await;
                return Err(problem);
            }
        };
        let (parameters, body) = together(parameters, body.read().await)?;
        Ok((actor, parameters, body))
    }
}

/// Parameters and body, or the violations of both.
pub(super) fn together<P, T>(
    parameters: Result<P, Vec<Violation>>,
    body: Result<T, BodyProblem>,
) -> Result<(P, T), Problem> {
    match (parameters, body) {
        (Ok(parameters), Ok(body)) => Ok((parameters, body)),
        (Err(mut violations), Err(BodyProblem::Invalid(more))) => {
            violations.extend(more);
            Err(Problem::Invalid(violations))
        }
        (_, Err(problem)) => Err(problem.into()),
        (Err(violations), Ok(_)) => Err(Problem::Invalid(violations)),
    }
}

fn presented(credential: Credential) -> Presented {
    let secret = PlainSecret::from_caller(credential.secret);
    match credential.scheme {
        Scheme::MuninxBearer => Presented::MuninxBearer(secret),
        Scheme::KareBearer => Presented::KareBearer(secret),
        Scheme::KareSession => Presented::KareSession(secret),
        Scheme::NexusBearer => Presented::NexusBearer(secret),
        Scheme::NexusApplicationToken => Presented::NexusApplicationToken(secret),
        Scheme::NexusBasic => Presented::NexusBasic { username: credential.username, password: secret },
        Scheme::UnleashApiKey => Presented::UnleashApiKey(secret),
        Scheme::UnleashBearer => Presented::UnleashBearer(secret),
    }
}

/// Runs one operation: whatever happens, the answer is one that the document has, and one line says so in the log.
pub(super) async fn answer<R, W, F>(
    inner: RequestContext<Context>,
    operation: Operation,
    work: W,
) -> Result<R, Failure<R::Body>>
where
    R: ErrorReply,
    R::Body: ErrorBody,
    W: FnOnce(Request) -> F,
    F: Future<Output = Result<R, Problem>>,
{
    let start = Instant::now();
    let request_id = inner.request_id.clone();
    let public_url = inner.context().public_url.clone();
    let outcome = AssertUnwindSafe(work(Request { inner, operation })).catch_unwind().await;
    let outcome = outcome.unwrap_or_else(|panic| Err(Problem::Panicked(panic_text(panic.as_ref()))));
    let reply = match outcome {
        Ok(reply) => reply,
        Err(problem) => {
            log_problem(&request_id, operation, &problem);
            refuse(problem, operation, &request_id, &public_url)?
        }
    };
    tracing::info!(
        request_id,
        operation_id = operation.id(),
        status = reply.status_code().as_u16(),
        latency_us = u64::try_from(start.elapsed().as_micros()).unwrap_or(u64::MAX),
        "request"
    );
    Ok(reply)
}

/// What `WWW-Authenticate` says. A sign-in has no scheme of its own, but a 401 needs a challenge all the same (RFC 9110):
/// it names the scheme that a sign-in leads to.
fn challenge(operation: Operation) -> String {
    let challenges = challenges(operation);
    if challenges.is_empty() { r#"Bearer realm="invite""#.to_owned() } else { challenges }
}

fn refuse<R: ErrorReply>(
    problem: Problem,
    operation: Operation,
    request_id: &str,
    public_url: &str,
) -> Result<R, Failure<R::Body>>
where
    R::Body: ErrorBody,
{
    let headers = ErrorHeaders { retry_after: problem.retry_after(), www_authenticate: challenge(operation) };
    let parts = problem.parts(request_id, public_url);
    let status = parts.status;
    if let Some(reply) = R::from_error(status, headers.clone(), R::Body::of(parts.clone())) {
        return Ok(reply);
    }
    // The document lacks this error of the operation: a defect, told apart in the log from every other 500.
    tracing::error!(
        request_id,
        operation_id = operation.id(),
        status,
        code = parts.code,
        "an error that the document does not have"
    );
    let parts = Problem::Panicked(String::new()).parts(request_id, public_url);
    R::from_error(500, headers, R::Body::of(parts))
        .ok_or_else(|| dropshot::HttpError::for_internal_error("undocumented error".to_owned()).into())
}

fn log_problem(request_id: &str, operation: Operation, problem: &Problem) {
    match problem {
        Problem::App(app::Error::Internal(error)) => {
            tracing::error!(request_id, operation_id = operation.id(), error = format!("{error:#}"), "failed");
        }
        Problem::Panicked(text) => tracing::error!(request_id, operation_id = operation.id(), panic = text, "panicked"),
        Problem::App(app::Error::Refused(refusal)) => {
            tracing::debug!(request_id, operation_id = operation.id(), code = refusal.code.as_str(), "refused");
        }
        _ => {}
    }
}

fn panic_text(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
    text.or_else(|| panic.downcast_ref::<String>().cloned()).unwrap_or_else(|| "a panic without text".to_owned())
}
