//! The server's state, and the one way in which an operation is answered.

use std::any::Any;
use std::future::Future;
use std::net::IpAddr;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Instant;

use dropshot::{HttpError, RequestContext};
use futures::FutureExt as _;
use invite_api::credentials::challenges;
use invite_api::reply::{ErrorHeaders, ErrorReply, refuse};
use invite_api::security::Operation;
use invite_api::serve::Serve;
use invite_domain::limit::Neighbourhood;

use super::Service;
use super::body::Parts;
use super::error::Problem;
use crate::app::{self, App};
use crate::connections::Connections;
use crate::gate::{COMMON_BYTES, Gate, Place};
use crate::health::Health;
use crate::metrics::Metrics;
use crate::proxies::Proxies;
use crate::traces::Traces;

/// State of the server, shared by all requests.
#[derive(Debug)]
pub struct Context {
    /// The use cases.
    pub app: App,
    /// Base of all links, from configuration.
    pub public_url: String,
    /// What every request comes through.
    pub gate: Arc<Gate>,
    /// Who is connected, if there is a door before the server.
    pub connections: Option<Arc<Connections>>,
    /// Who hands requests on.
    pub proxies: Proxies,
    /// Whether this process can take requests.
    pub health: Health,
    /// What is counted of every answer.
    pub metrics: Metrics,
    /// What makes spans, if anybody wants them.
    pub traces: Option<Traces>,
}

impl Serve for Service {
    type Context = Context;
    type Error = Problem;
    type Refusal = Parts;
    type Admission = Place;

    async fn admit(rqctx: &RequestContext<Context>, operation: Operation) -> Result<Place, Problem> {
        let client = client(rqctx);
        let gate = &rqctx.context().gate;
        Ok(match operation {
            Operation::Liveness | Operation::Readiness => gate.probe(client)?,
            _ if rqctx.request_body_max_bytes() > COMMON_BYTES => gate.enter_large(client).await?,
            _ => gate.enter(client).await?,
        })
    }

    async fn arrive<T: Send>(rqctx: &RequestContext<Context>, request: impl Future<Output = T> + Send) -> Option<T> {
        rqctx.context().gate.arrive(client(rqctx), rqctx.request_body_max_bytes(), request).await
    }

    fn refusal(rqctx: &RequestContext<Context>, operation: Operation, problem: Problem) -> Parts {
        log_problem(&rqctx.request_id, operation, &problem);
        if let Problem::App(app::Error::Limited { kind, .. }) = &problem {
            rqctx.context().metrics.limited(*kind);
        }
        let headers = ErrorHeaders { retry_after: problem.retry_after(), www_authenticate: challenge(operation) };
        problem.parts(headers, &rqctx.request_id, &rqctx.context().public_url)
    }

    /// Whatever happens, the answer is one that the document has, one line says so in the log, and it is counted.
    async fn answer<R, W>(rqctx: &RequestContext<Context>, operation: Operation, work: W) -> Result<R, HttpError>
    where
        R: ErrorReply<Parts> + Send,
        W: Future<Output = Result<R, Problem>> + Send,
    {
        let start = Instant::now();
        let names = (operation.id(), operation.method(), operation.path());
        let (traces, headers) = (rqctx.context().traces.as_ref(), rqctx.request.headers());
        let span = traces.map(|traces| traces.begin(names, &rqctx.request_id, headers));
        let outcome = AssertUnwindSafe(work).catch_unwind().await;
        let outcome = outcome.unwrap_or_else(|panic| Err(Problem::Panicked(panic_text(panic.as_ref()))));
        let reply = match outcome {
            Ok(reply) => Ok(reply),
            Err(problem) => documented(rqctx, operation, Self::refusal(rqctx, operation, problem)),
        };
        let status = reply
            .as_ref()
            .map_or_else(|error: &HttpError| error.status_code.as_u16(), |reply| reply.status_code().as_u16());
        let time = start.elapsed();
        if let Some(span) = span {
            span.end(status);
        }
        rqctx.context().metrics.answered(operation as usize, status, time);
        // Who sends too much must be known to whoever is to stop them; of all others the log has no address.
        let client = (status == 429).then(|| Neighbourhood::from(client(rqctx)).to_string());
        tracing::info!(
            request_id = rqctx.request_id,
            operation_id = operation.id(),
            status,
            client,
            latency_us = u64::try_from(time.as_micros()).unwrap_or(u64::MAX),
            "request"
        );
        reply
    }
}

/// The address of the client, which is not that of a proxy.
pub(crate) fn client(rqctx: &RequestContext<Context>) -> IpAddr {
    let Context { connections, proxies, .. } = rqctx.context();
    let peer = rqctx.request.remote_addr();
    let peer = connections.as_ref().map_or_else(|| peer.ip(), |connections| connections.client(peer));
    proxies.client(peer, rqctx.request.headers())
}

/// What `WWW-Authenticate` says. A sign-in has no scheme of its own, but a 401 needs a challenge all the same (RFC 9110):
/// it names the scheme that a sign-in leads to.
fn challenge(operation: Operation) -> String {
    let challenges = challenges(operation);
    if challenges.is_empty() { r#"Bearer realm="invite""#.to_owned() } else { challenges }
}

fn documented<R: ErrorReply<Parts>>(
    rqctx: &RequestContext<Context>,
    operation: Operation,
    parts: Parts,
) -> Result<R, HttpError> {
    if let Some(reply) = R::from_error(&parts) {
        return Ok(reply);
    }
    // The document lacks this error of the operation: a defect, told apart in the log from every other 500.
    tracing::error!(
        request_id = rqctx.request_id,
        operation_id = operation.id(),
        status = parts.status,
        code = parts.code,
        "an error that the document does not have"
    );
    let defect = Problem::Panicked(String::new());
    refuse(&defect.parts(parts.headers, &rqctx.request_id, &rqctx.context().public_url))
}

fn log_problem(request_id: &str, operation: Operation, problem: &Problem) {
    match problem {
        Problem::App(app::Error::Internal(error)) => {
            tracing::error!(request_id, operation_id = operation.id(), error = format!("{error:#}"), "failed");
        }
        Problem::App(app::Error::Unknown) => {
            tracing::warn!(request_id, operation_id = operation.id(), "it is not known whether this was done");
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
