//! The client: what all calls share, behind one pointer.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use bytes::Bytes;
use reqwest::header::HeaderValue;
use uuid::Uuid;
use uuid::fmt::Hyphenated;

use crate::builder::ClientBuilder;
use crate::credentials::Credentials;
use crate::retry::{Retries, Sleep};
use crate::target::BaseUrl;

/// Talks to one server with one set of credentials.
///
/// Cloning is cheap, and clones share connections: make one client and clone it wherever it is needed. Each operation is
/// a method; see [`operations`](crate::operations) for the list. `Debug` shows neither credentials nor bodies.
#[derive(Clone)]
pub struct Client {
    pub(crate) shared: Arc<Shared>,
}

/// What all clones share.
pub(crate) struct Shared {
    pub(crate) http: reqwest::Client,
    pub(crate) base: BaseUrl,
    pub(crate) credentials: Credentials,
    pub(crate) user_agent: HeaderValue,
    pub(crate) timeout: Duration,
    pub(crate) max_response_bytes: usize,
    pub(crate) retries: Retries,
    /// Whether the server tells repetitions from new wishes by the key that they carry.
    pub(crate) knows_idempotency_keys: bool,
    pub(crate) sleep: Sleep,
    pub(crate) request_ids: RequestIds,
}

/// Makes the request ids of a client: random UUIDs to look at, unique, without a call of the system for each.
pub(crate) struct RequestIds {
    seeds: (u64, u64),
    made: AtomicU64,
}

impl RequestIds {
    pub(crate) fn new() -> Self {
        Self { seeds: Uuid::new_v4().as_u64_pair(), made: AtomicU64::new(0) }
    }

    pub(crate) fn next(&self) -> HeaderValue {
        let count = self.made.fetch_add(1, Ordering::Relaxed);
        let half = |seed: u64| mixed(seed.wrapping_add(count.wrapping_mul(0x9E37_79B9_7F4A_7C15)));
        let bits = u128::from(half(self.seeds.0)) << 64 | u128::from(half(self.seeds.1));
        let mut text = [0; Hyphenated::LENGTH];
        let id = uuid::Builder::from_random_bytes(bits.to_be_bytes()).into_uuid();
        id.hyphenated().encode_lower(&mut text);
        // Digits and hyphens always are a value. Owned like this, its copies in the headers cost no memory.
        HeaderValue::from_maybe_shared(Bytes::from_owner(text)).unwrap_or(HeaderValue::from_static("unknown"))
    }
}

/// The finalizer of SplitMix64, which gives each input an output of its own.
fn mixed(bits: u64) -> u64 {
    let bits = (bits ^ (bits >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    let bits = (bits ^ (bits >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    bits ^ (bits >> 31)
}

impl Client {
    /// Starts a client of the server at `base_url`, which may have a path prefix and a trailing slash.
    ///
    /// ```
    /// let client = invite_sdk::Client::builder("https://api.example/v1/").build()?;
    /// # Ok::<(), invite_sdk::ConfigurationError>(())
    /// ```
    pub fn builder(base_url: impl Into<String>) -> ClientBuilder {
        ClientBuilder::new(base_url)
    }

    /// The base URL, without a trailing slash.
    ///
    /// ```
    /// let client = invite_sdk::Client::builder("https://api.example/v1/").build()?;
    /// assert_eq!(client.base_url(), "https://api.example/v1");
    /// # Ok::<(), invite_sdk::ConfigurationError>(())
    /// ```
    #[must_use]
    pub fn base_url(&self) -> String {
        self.shared.base.as_text()
    }

    /// Whether the server knows the keys that the client makes: not one that a vendor publishes, and not one of
    /// [`without_idempotency_keys`](ClientBuilder::without_idempotency_keys).
    ///
    /// ```
    /// let client = invite_sdk::Client::builder("https://api.example").build()?;
    /// assert!(client.makes_idempotency_keys());
    /// # Ok::<(), invite_sdk::ConfigurationError>(())
    /// ```
    #[must_use]
    pub fn makes_idempotency_keys(&self) -> bool {
        self.shared.knows_idempotency_keys
    }
}

/// Leaves out the HTTP client, whose own `Debug` shows the default headers it was given.
impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client")
            .field("base_url", &self.base_url())
            .field("credentials", &self.shared.credentials)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn request_ids_are_uuids_that_never_come_twice() {
        let (one, other) = (RequestIds::new(), RequestIds::new());
        let ids: std::collections::BTreeSet<String> =
            (0..10_000).flat_map(|_| [one.next(), other.next()]).map(|id| id.to_str().unwrap().to_owned()).collect();
        assert_eq!(ids.len(), 20_000);
        assert!(ids.iter().all(|id| Uuid::parse_str(id).is_ok_and(|id| id.get_version_num() == 4)));
    }
}
