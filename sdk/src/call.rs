//! One call from its inputs to its typed answer.
//!
//! 1. Inputs were checked when the call was made; what is wrong with them is said now.
//! 2. Credentials are chosen by the operation's requirements; a missing one ends the call before anything is sent.
//! 3. Progenitor's client makes the request, the hooks put it right and repeat it if the document allows, the answer comes
//!    back raw.
//! 4. The body is read under the cap and decoded by operation, status and media type.

use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use progenitor_client::{Error as WireError, ResponseValue};
use reqwest::header::{
    ACCEPT, CONNECTION, CONTENT_LENGTH, CONTENT_TYPE, HOST, HeaderMap, HeaderName, HeaderValue, TRANSFER_ENCODING,
    USER_AGENT,
};

use crate::answer::{Answer, Mismatch, Response, Unread, Verdict};
use crate::client::Client;
use crate::error::{Cause, Error};
use crate::generated::client as wire;
use crate::hooks::Context;
use crate::operation::{InvalidInput, MediaType, Operation, Sent};
use crate::pages::Paged;
use crate::retry::Retries;
use crate::target::Target;
use crate::trace::Span;

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
/// Headers by which HTTP frames the request; a wrong one would make it another.
const FRAMING: [HeaderName; 4] = [CONNECTION, CONTENT_LENGTH, HOST, TRANSFER_ENCODING];

/// An operation ready to be called: await it, or [`send`](Self::send) it. Nothing happens before.
///
/// Dropping the future cancels the call; whether the server has acted on it by then is not known.
#[must_use = "a call does nothing until it is awaited"]
pub struct Call<O> {
    client: Client,
    pub(crate) prepared: Result<(Target, O), InvalidInput>,
    timeout: Option<Duration>,
    retries: Option<Retries>,
    headers: HeaderMap,
}

impl<O: Operation> Call<O> {
    pub(crate) fn new(
        client: &Client,
        target: Result<Target, InvalidInput>,
        operation: Result<O, InvalidInput>,
    ) -> Self {
        let prepared = target.and_then(|target| Ok((target, operation?)));
        Self { client: client.clone(), prepared, timeout: None, retries: None, headers: HeaderMap::new() }
    }

    /// Limits this call, in place of the client's own limit, from its start to the last byte of the answer, repetitions
    /// and the waiting between them included.
    pub fn timeout(mut self, limit: Duration) -> Self {
        self.timeout = Some(limit);
        self
    }

    /// How often the request of this call is sent again, in place of the client's own policy: `0`, `3`, or [`Retries`].
    /// The operation must allow it, see [`RetryClass`](crate::RetryClass).
    pub fn retries(mut self, policy: impl Into<Retries>) -> Self {
        self.retries = Some(policy.into());
        self
    }

    /// Sends a header with this call, in place of one of the same name that the client would send. The headers by which
    /// HTTP frames a request, and values that a header cannot carry, make the call fail before anything is sent.
    pub fn header<N, V>(mut self, name: N, value: V) -> Self
    where
        N: TryInto<HeaderName>,
        V: TryInto<HeaderValue>,
    {
        match (name.try_into(), value.try_into()) {
            (Ok(name), Ok(_)) if FRAMING.contains(&name) => {
                self.refuse(format!("the header `{name}` is set by HTTP itself"));
            }
            (Ok(name), Ok(value)) => drop(self.headers.insert(name, value)),
            (Ok(name), Err(_)) => self.refuse(format!("the value of the header `{name}` cannot be sent")),
            (Err(_), _) => self.refuse("the name of a header cannot be sent".to_owned()),
        }
        self
    }

    /// The same call of the page that `cursor` leads to.
    pub(crate) fn turned(mut self, cursor: String) -> Self
    where
        O: Paged,
    {
        if let Ok((_, operation)) = &mut self.prepared {
            operation.turn(cursor);
        }
        self
    }

    /// Makes the call fail when it is sent, unless it does so already.
    fn refuse(&mut self, message: String) {
        if self.prepared.is_ok() {
            self.prepared = Err(InvalidInput::new(message));
        }
    }

    /// Sends the request and reads the answer.
    ///
    /// # Errors
    /// Anything but a documented success: see [`ErrorKind`](crate::ErrorKind).
    pub async fn send(self) -> Result<Response<O::Output>, Error<O::Error>> {
        let own = self.headers.get(REQUEST_ID).and_then(|id| id.to_str().ok()).map(str::to_owned);
        let request_id = own.unwrap_or_else(|| self.client.shared.request_ids.next());
        let attempts = Arc::new(AtomicU32::new(0));
        let span = Span::new(&O::INFO, &self.client.shared.base, &request_id);
        // On the heap, because it is some kilobytes large and would be copied from each layer to the next.
        let outcome = span.around(Box::pin(self.exchange(&request_id, &attempts))).await;
        let attempts = attempts.load(Ordering::Relaxed);
        span.attempts(attempts);
        match outcome {
            Ok((answer, body)) => {
                span.answered(answer.status());
                Ok(Response {
                    status: answer.status(),
                    request_id: answer.request_id().map_or(request_id, str::to_owned),
                    headers: answer.into_headers(),
                    attempts,
                    body,
                })
            }
            Err((cause, answer)) => {
                let error = Error::new(O::INFO.id, request_id, attempts, cause, answer);
                span.failed(&error);
                Err(error)
            }
        }
    }

    async fn exchange(
        self,
        request_id: &str,
        attempts: &Arc<AtomicU32>,
    ) -> Result<(Answer, O::Output), (Cause<O::Error>, Option<Answer>)> {
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
        let media_type = operation.media_type();
        if let MediaType::Of(media_type) = &media_type {
            let value = HeaderValue::try_from(media_type)
                .map_err(|_| (Cause::Input(InvalidInput::new("the media type of the body is not one")), None))?;
            headers.insert(CONTENT_TYPE, value);
        }
        headers.extend(self.headers);
        let context = Context {
            bodiless: media_type == MediaType::None,
            url: shared.base.join(&target),
            headers,
            timeout: self.timeout.unwrap_or(shared.timeout),
            class: O::INFO.retry,
            retries: self.retries.unwrap_or(shared.retries),
            sleep: shared.sleep.clone(),
            attempts: Arc::clone(attempts),
        };
        let wire = wire::Client::new_with_client("", shared.http.clone(), context);
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
        Err(WireError::InvalidResponsePayload(_, error)) => Err(Cause::Mismatch(Mismatch::Json {
            category: "data",
            path: ".".to_owned(),
            line: error.line(),
            column: error.column(),
        })),
    }
}

impl<O: Clone> Clone for Call<O> {
    fn clone(&self) -> Self {
        Self {
            client: self.client.clone(),
            prepared: self.prepared.clone(),
            timeout: self.timeout,
            retries: self.retries,
            headers: self.headers.clone(),
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
