//! One call from its inputs to its typed answer.
//!
//! 1. Inputs were checked when the call was made; what is wrong with them is said now.
//! 2. Credentials are chosen by the operation's requirements; a missing one ends the call before anything is sent.
//! 3. The draft makes the request with progenitor's lines in the middle, sends it, reads the answer under the cap, and repeats
//!    it all if the document allows.
//! 4. The body is decoded by operation, status and media type.

use std::fmt;
use std::future::poll_fn;
use std::pin::{Pin, pin};
use std::time::Duration;

use reqwest::header::{CONNECTION, CONTENT_LENGTH, HOST, HeaderMap, HeaderName, HeaderValue, TRANSFER_ENCODING};

use crate::answer::{Answer, Response, Unread, Verdict};
use crate::client::Client;
use crate::draft::{Draft, REQUEST_ID, Settings};
use crate::error::{Cause, Error};
use crate::operation::{InvalidInput, Operation};
use crate::pages::Paged;
use crate::retry::{Attempts, Retries};
use crate::target::Target;
use crate::trace::Span;

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
    ///
    /// ```no_run
    /// # async fn run<O: invite_sdk::Operation>(call: invite_sdk::Call<O>) -> Result<(), Box<dyn std::error::Error>> {
    /// use std::time::Duration;
    ///
    /// let answer = call.timeout(Duration::from_secs(2)).await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn timeout(mut self, limit: Duration) -> Self {
        self.timeout = Some(limit);
        self
    }

    /// How often the request of this call is sent again, in place of the client's own policy: `0`, `3`, or [`Retries`].
    /// The operation must allow it, see [`RetryClass`](crate::RetryClass).
    ///
    /// ```no_run
    /// # async fn run<O: invite_sdk::Operation>(call: invite_sdk::Call<O>) -> Result<(), Box<dyn std::error::Error>> {
    /// let answer = call.retries(0).await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn retries(mut self, policy: impl Into<Retries>) -> Self {
        self.retries = Some(policy.into());
        self
    }

    /// Sends a header with this call, in place of one of the same name that the client would send. The headers by which
    /// HTTP frames a request, and values that a header cannot carry, make the call fail before anything is sent.
    ///
    /// ```no_run
    /// # async fn run<O: invite_sdk::Operation>(call: invite_sdk::Call<O>) -> Result<(), Box<dyn std::error::Error>> {
    /// let answer = call.header("x-request-id", "mine-1").header("x-trace", "42").await?;
    /// # Ok(())
    /// # }
    /// ```
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
    /// ```no_run
    /// # async fn run<O: invite_sdk::Operation>(call: invite_sdk::Call<O>) -> Result<(), Box<dyn std::error::Error>> {
    /// let running = tokio::spawn(call.send());
    /// let answer = running.await??;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// Anything but a documented success: see [`ErrorKind`](crate::ErrorKind).
    pub fn send(self) -> impl Future<Output = Result<Response<O::Output>, Error<O::Error>>> + Send {
        // On the heap once, because it is large and would be copied from each layer to the next.
        Box::pin(self.run())
    }

    async fn run(mut self) -> Result<Response<O::Output>, Error<O::Error>> {
        let request_id = self.own_request_id().unwrap_or_else(|| self.client.shared.request_ids.next());
        let span = Span::new(&O::INFO, &self.client.shared.base, &request_id);
        let mut attempts = Attempts::default();
        let outcome = {
            let mut exchange = pin!(self.exchange(&request_id, &mut attempts));
            poll_fn(|context| span.around(|| exchange.as_mut().poll(context))).await
        };
        span.attempts(attempts.count);
        match outcome {
            Ok((answer, body)) => {
                span.answered(answer.status());
                let (status, attempts) = (answer.status(), attempts.count);
                Ok(Response { status, headers: answer.into_headers(), request_id, attempts, body })
            }
            Err((cause, answer)) => {
                let request_id = request_id.to_str().unwrap_or_default().to_owned();
                let error = Error::new(O::INFO.id, request_id, attempts, cause, answer.map(Answer::kept));
                span.failed(&error);
                Err(error)
            }
        }
    }

    /// The id that the caller gave, as a header or as a parameter that the document has for it.
    fn own_request_id(&self) -> Option<HeaderValue> {
        let header = self.headers.get(REQUEST_ID).filter(|own| own.to_str().is_ok()).cloned();
        header.or_else(|| {
            let (_, operation) = self.prepared.as_ref().ok()?;
            operation.request_id().and_then(|own| HeaderValue::try_from(own).ok())
        })
    }

    async fn exchange(
        &mut self,
        request_id: &HeaderValue,
        attempts: &mut Attempts,
    ) -> Result<(Answer, O::Output), (Cause<O::Error>, Option<Answer>)> {
        let Self { client, prepared, timeout, retries, headers } = self;
        let shared = &*client.shared;
        let (target, operation) = match prepared {
            Ok(prepared) => prepared,
            Err(error) => return Err((Cause::Input(error.clone()), None)),
        };
        let settings = Settings { shared, request_id, headers, timeout: *timeout, retries: *retries };
        let local = |cause| (cause, None);
        let draft = Draft::new(settings, target, operation).map_err(local)?;
        let (answer, unread) = draft.send(operation, attempts).await.map_err(local)?;
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
        Box::pin(self.run())
    }
}

impl<O: Operation> fmt::Debug for Call<O> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Call").field("operation", &O::INFO.id).finish_non_exhaustive()
    }
}
