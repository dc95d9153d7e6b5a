//! Where our requests differ from progenitor's: the target, the headers, the time limit, and that they are repeated.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use progenitor_client::{ClientHooks, Error, OperationInfo};
use reqwest::Url;
use reqwest::header::{CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue};
use uuid::Uuid;

use crate::generated::client::Client;
use crate::retry::{self, Attempt, Retries, RetryClass, Sleep};

/// What one call adds to its request; travels inside progenitor's client.
#[derive(Clone, Debug)]
pub struct Context {
    /// Where the request goes, without a query. It was put together so that no value can change the operation; the generated
    /// client takes it from here instead of making one of its own.
    pub(crate) url: Url,
    /// Credentials, `Accept`, user agent, request id, the caller's own. Credentials are marked sensitive, so `Debug`
    /// hides them.
    pub(crate) headers: HeaderMap,
    /// From the start of the call to the last byte of the answer, repetitions included.
    pub(crate) timeout: Duration,
    /// Whether the operation may be repeated.
    pub(crate) class: RetryClass,
    /// How often and when.
    pub(crate) retries: Retries,
    /// How to wait.
    pub(crate) sleep: Sleep,
    /// The caller left the body out.
    pub(crate) bodiless: bool,
    /// How often the request was sent, or at least tried to be; read when the call is over.
    pub(crate) attempts: Arc<AtomicU32>,
}

/// Progenitor sends it on every request, although no document asks for it.
const API_VERSION: HeaderName = HeaderName::from_static("api-version");
/// The name that makes an operation [`RetryClass::Keyed`].
const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");

impl ClientHooks<Context> for Client {
    async fn pre<E>(&self, request: &mut reqwest::Request, _: &OperationInfo) -> Result<(), Error<E>> {
        let Context { headers, class, bodiless, .. } = &self.inner;
        request.headers_mut().remove(API_VERSION);
        if *bodiless {
            request.headers_mut().remove(CONTENT_TYPE);
        }
        for (name, value) in headers {
            request.headers_mut().insert(name.clone(), value.clone());
        }
        if *class == RetryClass::Keyed
            && !request.headers().contains_key(IDEMPOTENCY_KEY)
            && let Ok(key) = HeaderValue::from_str(&Uuid::new_v4().to_string())
        {
            request.headers_mut().insert(IDEMPOTENCY_KEY, key);
        }
        Ok(())
    }

    /// Sends the request until it is answered for good: the same bytes each time, the key among them.
    async fn exec(&self, mut request: reqwest::Request, _: &OperationInfo) -> reqwest::Result<reqwest::Response> {
        let Context { timeout, class, retries, sleep, attempts, .. } = &self.inner;
        let (mut left, mut done) = (*timeout, 0);
        loop {
            let again = if retries.allow(*class, done) { request.try_clone() } else { None };
            *request.timeout_mut() = Some(left);
            let started = Instant::now();
            attempts.fetch_add(1, Ordering::Relaxed);
            let result = self.client.execute(request).await;
            left = left.saturating_sub(started.elapsed());
            let wait = retries.wait(&Attempt::of(&result), *class, done, left, retry::chance);
            let (Some(next), Some(wait)) = (again, wait) else { return result };
            // Lets go of the connection while waiting.
            drop(result);
            let started = Instant::now();
            sleep.wait(wait).await;
            left = left.saturating_sub(wait.max(started.elapsed()));
            (request, done) = (next, done + 1);
        }
    }
}
