//! One call from its inputs to its typed answer.
//!
//! 1. Inputs were checked when the call was made; what is wrong with them is said now.
//! 2. Credentials are chosen by the operation's requirements; a missing one ends the call before anything is sent.
//! 3. Progenitor's client makes the request, the hooks put it right, the answer comes back raw.
//! 4. The body is read under the cap and decoded by operation, status and media type.

use std::fmt;
use std::pin::Pin;
use std::time::Duration;

use progenitor_client::{Error as WireError, ResponseValue};
use reqwest::header::{ACCEPT, HeaderName, HeaderValue, USER_AGENT};
use uuid::Uuid;

use crate::answer::{Answer, Mismatch, Response, Unread, Verdict};
use crate::client::Client;
use crate::error::{Cause, Error};
use crate::generated::client as wire;
use crate::hooks::Context;
use crate::operation::{InvalidInput, Operation, Sent};
use crate::target::Target;

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// An operation ready to be called: await it, or [`send`](Self::send) it. Nothing happens before.
///
/// Dropping the future cancels the call; whether the server has acted on it by then is not known.
#[must_use = "a call does nothing until it is awaited"]
pub struct Call<O> {
    client: Client,
    pub(crate) prepared: Result<(Target, O), InvalidInput>,
    timeout: Option<Duration>,
}

impl<O: Operation> Call<O> {
    pub(crate) fn new(
        client: &Client,
        target: Result<Target, InvalidInput>,
        operation: Result<O, InvalidInput>,
    ) -> Self {
        let prepared = target.and_then(|target| Ok((target, operation?)));
        Self { client: client.clone(), prepared, timeout: None }
    }

    /// Limits this call, in place of the client's own limit, from its start to the last byte of the answer.
    pub fn timeout(mut self, limit: Duration) -> Self {
        self.timeout = Some(limit);
        self
    }

    /// Sends the request and reads the answer.
    ///
    /// # Errors
    /// Anything but a documented success: see [`ErrorKind`](crate::ErrorKind).
    pub async fn send(self) -> Result<Response<O::Output>, Error<O::Error>> {
        let request_id = Uuid::new_v4().to_string();
        match self.exchange(&request_id).await {
            Ok((answer, body)) => Ok(Response {
                status: answer.status(),
                headers: answer.headers().clone(),
                request_id: answer.request_id().map_or(request_id, str::to_owned),
                body,
            }),
            Err((cause, answer)) => Err(Error::new(O::INFO.id, request_id, cause, answer)),
        }
    }

    async fn exchange(self, request_id: &str) -> Result<(Answer, O::Output), (Cause<O::Error>, Option<Answer>)> {
        let shared = &self.client.shared;
        let (target, operation) = self.prepared.map_err(|error| (Cause::Input(error), None))?;
        let mut headers = shared.credentials.select(&O::INFO).map_err(|error| (Cause::Missing(error), None))?;
        headers.insert(USER_AGENT, shared.user_agent.clone());
        if !O::INFO.accept.is_empty() {
            headers.insert(ACCEPT, HeaderValue::from_static(O::INFO.accept));
        }
        if let Ok(id) = HeaderValue::from_str(request_id) {
            headers.insert(REQUEST_ID, id);
        }
        let context =
            Context { url: shared.base.join(&target), headers, timeout: self.timeout.unwrap_or(shared.timeout) };
        let wire = wire::Client::new_with_client(&shared.base.as_text(), shared.http.clone(), context);
        let (answer, unread) =
            received(operation.send(wire).await, shared.max_response_bytes).await.map_err(|cause| (cause, None))?;
        let cause = match unread {
            Some(Unread::TooLarge) => Cause::TooLarge { limit: shared.max_response_bytes },
            Some(Unread::Broken(error)) => Cause::Transport(error.without_url()),
            None => match O::decode(&answer) {
                Verdict::Success(body) => return Ok((answer, body)),
                Verdict::Refused(error) => Cause::Operation(error),
                Verdict::Undeclared => Cause::Undeclared,
                Verdict::Mismatch(mismatch) => Cause::Mismatch(mismatch),
            },
        };
        Err((cause, Some(answer)))
    }
}

/// Every answer reaches us raw, as a success or an error by progenitor's lights; what is left is the transport.
async fn received<E>(sent: Sent, limit: usize) -> Result<(Answer, Option<Unread>), Cause<E>> {
    match sent {
        Ok(answer) | Err(WireError::ErrorResponse(answer)) => Ok(Answer::read(answer, limit).await),
        Err(WireError::UnexpectedResponse(answer)) => Ok(Answer::read(ResponseValue::stream(answer), limit).await),
        // A request URL may hold a secret, such as a signup token; errors of reqwest repeat it unless told not to.
        Err(
            WireError::CommunicationError(error)
            | WireError::InvalidUpgrade(error)
            | WireError::ResponseBodyError(error),
        ) => Err(Cause::Transport(error.without_url())),
        Err(WireError::InvalidRequest(message) | WireError::Custom(message)) => {
            Err(Cause::Input(InvalidInput::new(message)))
        }
        Err(WireError::InvalidResponsePayload(_, error)) => {
            Err(Cause::Mismatch(Mismatch::Json { category: "data", line: error.line(), column: error.column() }))
        }
    }
}

impl<O: Operation> IntoFuture for Call<O> {
    type Output = Result<Response<O::Output>, Error<O::Error>>;
    type IntoFuture = Pin<Box<dyn Future<Output = Self::Output> + Send>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.send())
    }
}

impl<O: Operation> fmt::Debug for Call<O> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Call").field("operation", &O::INFO.id).finish_non_exhaustive()
    }
}
