//! What the request of every operation has in common: where it goes, the headers, the time limit, and that it is repeated.
//!
//! 1. [`Draft::begin`] starts a request with its target, credentials and `Accept`.
//! 2. The generated function of the operation adds queries, headers and a body, as progenitor writes them.
//! 3. [`Draft::request`] adds what nothing may replace, and what the caller wants replaced.
//! 4. [`Draft::send`] sends it until it is answered for good: the same bytes each time.

use std::time::{Duration, Instant};

use reqwest::header::{ACCEPT, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue, InvalidHeaderValue, USER_AGENT};
use reqwest::{Method, Request, RequestBuilder};
use uuid::Uuid;

use crate::answer::{Answer, Unread};
use crate::client::Shared;
use crate::error::Cause;
use crate::generated::security::Scheme;
use crate::operation::{InvalidInput, MediaType, Operation};
use crate::retry::{self, Attempt, Attempts, Retries, RetryClass};
use crate::target::Target;

pub(crate) const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
/// The name that makes an operation [`RetryClass::Keyed`].
const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");
/// Room for the headers of a request, so that the map does not grow on its way: reqwest's and hyper's are among them.
const HEADERS: usize = 8;

/// What one call adds to its request.
pub struct Draft<'a> {
    shared: &'a Shared,
    target: &'a Target,
    /// The alternative of the operation's security that is used.
    schemes: &'static [Scheme],
    /// Empty if the operation never answers with a body.
    accept: &'static str,
    media_type: Content,
    request_id: &'a HeaderValue,
    /// What may be repeated at this server.
    class: RetryClass,
    /// For an operation that is [`RetryClass::Keyed`], at a server that knows keys.
    key: Option<HeaderValue>,
    /// The caller's own, which replace all others.
    headers: &'a HeaderMap,
    timeout: Duration,
    retries: Retries,
}

/// The media type of the body as a header.
enum Content {
    AsSent,
    None,
    Of(HeaderValue),
}

impl Content {
    fn of(media_type: MediaType) -> Result<Self, InvalidInput> {
        Ok(match media_type {
            MediaType::AsSent => Self::AsSent,
            MediaType::None => Self::None,
            MediaType::Of(media_type) => Self::Of(
                HeaderValue::try_from(media_type)
                    .map_err(|_| InvalidInput::new("the media type of the body is not one"))?,
            ),
        })
    }
}

/// What a call has of its own beside the operation.
#[derive(Clone, Copy)]
pub(crate) struct Settings<'a> {
    pub(crate) shared: &'a Shared,
    pub(crate) request_id: &'a HeaderValue,
    pub(crate) headers: &'a HeaderMap,
    pub(crate) timeout: Option<Duration>,
    pub(crate) retries: Option<Retries>,
}

impl<'a> Draft<'a> {
    /// Chooses the credentials; nothing is sent without the ones that the operation needs.
    pub(crate) fn new<O: Operation>(
        settings: Settings<'a>,
        target: &'a Target,
        operation: &O,
    ) -> Result<Self, Cause<O::Error>> {
        let Settings { shared, request_id, headers, timeout, retries } = settings;
        let class = if shared.knows_idempotency_keys { O::INFO.retry } else { O::INFO.retry.unkeyed(O::INFO.method) };
        let is_keyed = class == RetryClass::Keyed;
        Ok(Self {
            shared,
            target,
            schemes: shared.credentials.select(&O::INFO).map_err(Cause::Missing)?,
            accept: O::INFO.accept,
            media_type: Content::of(operation.media_type()).map_err(Cause::Input)?,
            request_id,
            class,
            key: if is_keyed { HeaderValue::try_from(Uuid::new_v4().to_string()).ok() } else { None },
            headers,
            timeout: timeout.unwrap_or(shared.timeout),
            retries: retries.unwrap_or(shared.retries),
        })
    }

    /// A request without what the operation puts into it.
    pub(crate) fn begin(&self, method: Method) -> RequestBuilder {
        let mut request = Request::new(method, self.shared.base.join(self.target));
        let headers = request.headers_mut();
        headers.reserve(HEADERS);
        self.shared.credentials.add(self.schemes, headers);
        headers.insert(USER_AGENT, self.shared.user_agent.clone());
        if !self.accept.is_empty() {
            headers.insert(ACCEPT, HeaderValue::from_static(self.accept));
        }
        RequestBuilder::from_parts(self.shared.http.clone(), request)
    }

    /// The request, complete.
    fn request<O: Operation>(&self, operation: &mut O) -> Result<Request, Cause<O::Error>> {
        let mut request = operation.request(self).map_err(Unmade::cause)?;
        let headers = request.headers_mut();
        headers.insert(REQUEST_ID, self.request_id.clone());
        match &self.media_type {
            Content::AsSent => {}
            Content::None => drop(headers.remove(CONTENT_TYPE)),
            Content::Of(media_type) => drop(headers.insert(CONTENT_TYPE, media_type.clone())),
        }
        for (name, value) in self.headers {
            headers.insert(name.clone(), value.clone());
        }
        if let Some(key) = &self.key
            && !headers.contains_key(IDEMPOTENCY_KEY)
        {
            headers.insert(IDEMPOTENCY_KEY, key.clone());
        }
        Ok(request)
    }

    /// Sends the request until it is answered for good, to the end of the body, and counts the attempts.
    pub(crate) async fn send<O: Operation>(
        &self,
        operation: &mut O,
        attempts: &mut Attempts,
    ) -> Result<(Answer, Option<Unread>), Cause<O::Error>> {
        let mut request = self.request(operation)?;
        let (mut left, class) = (self.timeout, self.class);
        loop {
            let done = attempts.count;
            // The operation makes its request again if it can; what it can give only once is kept, if that is possible.
            let spare = if O::ONCE && self.retries.allow(class, done) { request.try_clone() } else { None };
            let has_another = !O::ONCE || spare.is_some();
            *request.timeout_mut() = Some(left);
            let started = Instant::now();
            attempts.count += 1;
            let result = self.shared.http.execute(request).await;
            let wait = |attempt: &Attempt| {
                let left = left.saturating_sub(started.elapsed());
                self.retries.wait(attempt, class, done, left, retry::chance).filter(|_| has_another)
            };
            let mut attempt = Attempt::of(&result, class, attempts);
            let next = if let Some(next) = wait(&attempt) {
                // Lets go of the connection while waiting.
                drop(result);
                next
            } else {
                let sent = result.map_err(|error| Cause::Transport(error.without_url()))?;
                let read = Answer::read(sent, O::INFO.method, self.shared.max_response_bytes).await;
                attempt = attempt.read(read.1.as_ref());
                let Some(next) = wait(&attempt) else { return Ok(read) };
                next
            };
            attempts.note(&attempt);
            left = left.saturating_sub(started.elapsed());
            let started = Instant::now();
            self.shared.sleep.wait(next).await;
            left = left.saturating_sub(next.max(started.elapsed()));
            request = match spare {
                Some(spare) => spare,
                None => self.request(operation)?,
            };
        }
    }
}

/// Why a request could not be put together.
#[derive(Debug)]
pub struct Unmade(String);

impl Unmade {
    pub(crate) fn new(message: String) -> Self {
        Self(message)
    }

    fn cause<E>(self) -> Cause<E> {
        Cause::Input(InvalidInput::new(self.0))
    }
}

/// A value without a form on the wire. Reqwest says that a request cannot be built, and its source says why.
impl From<reqwest::Error> for Unmade {
    fn from(error: reqwest::Error) -> Self {
        let error = error.without_url();
        let reason = std::error::Error::source(&error).map_or_else(|| error.to_string(), ToString::to_string);
        Self(format!("the request cannot be put together: {reason}"))
    }
}

impl From<InvalidHeaderValue> for Unmade {
    fn from(error: InvalidHeaderValue) -> Self {
        Self(error.to_string())
    }
}
