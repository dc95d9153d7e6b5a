//! The client: what all calls share, behind one pointer.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use reqwest::header::HeaderValue;

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
    pub(crate) sleep: Sleep,
}

impl Client {
    /// Starts a client of the server at `base_url`, which may have a path prefix and a trailing slash.
    pub fn builder(base_url: impl Into<String>) -> ClientBuilder {
        ClientBuilder::new(base_url)
    }

    /// The base URL, without a trailing slash.
    #[must_use]
    pub fn base_url(&self) -> String {
        self.shared.base.as_text()
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
