//! Configuration of a client, checked once when it is built.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use reqwest::header::HeaderValue;

use crate::client::{Client, RequestIds, Shared};
use crate::credentials::{Credential, Credentials};
use crate::generated::clients::VENDORS;
use crate::generated::security::Scheme;
use crate::retry::{Retries, Sleep};
use crate::target::BaseUrl;
use crate::tls;

const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
const TIMEOUT: Duration = Duration::from_secs(30);
const MAX_RESPONSE_BYTES: usize = 8 * 1024 * 1024;

/// Configures a [`Client`]. Each security scheme has a setter; give those that the operations you call need.
#[derive(Clone)]
#[must_use = "a builder does nothing until `build` is called"]
pub struct ClientBuilder {
    pub(crate) base_url: String,
    allow_insecure_http: bool,
    credentials: BTreeMap<Scheme, Credential>,
    user_agent: Option<String>,
    connect_timeout: Duration,
    timeout: Duration,
    max_response_bytes: usize,
    retries: Retries,
    knows_idempotency_keys: bool,
    sleep: Sleep,
    http: Option<reqwest::Client>,
}

impl ClientBuilder {
    pub(crate) fn new(base_url: impl Into<String>) -> Self {
        Self {
            base_url: base_url.into(),
            allow_insecure_http: false,
            credentials: BTreeMap::new(),
            user_agent: None,
            connect_timeout: CONNECT_TIMEOUT,
            timeout: TIMEOUT,
            max_response_bytes: MAX_RESPONSE_BYTES,
            retries: Retries::default(),
            knows_idempotency_keys: true,
            sleep: Sleep::default(),
            http: None,
        }
    }

    /// Sets the credential of a scheme, replacing an earlier one. The setters named like the schemes are shorter.
    ///
    /// ```no_run
    /// use invite_sdk::{Client, Credential, Scheme};
    ///
    /// # fn run(scheme: Scheme) -> Result<(), invite_sdk::ConfigurationError> {
    /// let client = Client::builder("https://api.example")
    ///     .credential(scheme, Credential::Token("the-token".into()))
    ///     .build()?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn credential(mut self, scheme: Scheme, credential: Credential) -> Self {
        self.credentials.insert(scheme, credential);
        self
    }

    /// Allows plain `http` to a server that is not on this machine. Everyone on the way can then read the credentials.
    ///
    /// ```
    /// use invite_sdk::Client;
    ///
    /// assert!(Client::builder("http://intranet.example").build().is_err());
    /// let client = Client::builder("http://intranet.example").allow_insecure_http().build()?;
    /// # Ok::<(), invite_sdk::ConfigurationError>(())
    /// ```
    pub fn allow_insecure_http(mut self) -> Self {
        self.allow_insecure_http = true;
        self
    }

    /// Appends `product` (`my-program/1.2`) to the user agent.
    ///
    /// ```
    /// let client = invite_sdk::Client::builder("https://api.example").user_agent("my-program/1.2").build()?;
    /// # Ok::<(), invite_sdk::ConfigurationError>(())
    /// ```
    pub fn user_agent(mut self, product: impl Into<String>) -> Self {
        self.user_agent = Some(product.into());
        self
    }

    /// How long connecting may take; 10 seconds if not set. Without effect beside [`http_client`](Self::http_client).
    ///
    /// ```
    /// use std::time::Duration;
    ///
    /// let client = invite_sdk::Client::builder("https://api.example").connect_timeout(Duration::from_secs(2)).build()?;
    /// # Ok::<(), invite_sdk::ConfigurationError>(())
    /// ```
    pub fn connect_timeout(mut self, limit: Duration) -> Self {
        self.connect_timeout = limit;
        self
    }

    /// How long a call may take from start to the last byte of the answer, repetitions and the waiting between them
    /// included; 30 seconds if not set.
    ///
    /// ```
    /// use std::time::Duration;
    ///
    /// let client = invite_sdk::Client::builder("https://api.example").timeout(Duration::from_secs(5)).build()?;
    /// # Ok::<(), invite_sdk::ConfigurationError>(())
    /// ```
    pub fn timeout(mut self, limit: Duration) -> Self {
        self.timeout = limit;
        self
    }

    /// Largest body of an answer that is read; 8 MiB if not set.
    ///
    /// ```
    /// let client = invite_sdk::Client::builder("https://api.example").max_response_bytes(64 * 1024).build()?;
    /// # Ok::<(), invite_sdk::ConfigurationError>(())
    /// ```
    pub fn max_response_bytes(mut self, limit: usize) -> Self {
        self.max_response_bytes = limit;
        self
    }

    /// How often requests are sent again, where the operation allows it; twice if not set. See [`Retries`].
    ///
    /// ```
    /// use invite_sdk::{Client, Retries};
    ///
    /// let careful = Client::builder("https://api.example").retries(Retries::none()).build()?;
    /// let patient = Client::builder("https://api.example").retries(5).build()?;
    /// # Ok::<(), invite_sdk::ConfigurationError>(())
    /// ```
    pub fn retries(mut self, policy: impl Into<Retries>) -> Self {
        self.retries = policy.into();
        self
    }

    /// For a server that does not know the header `Idempotency-Key` although the document declares it, such as a vendor's
    /// own. No key is made or sent, and since that server would carry out each repetition anew, an operation that is
    /// [`Keyed`](crate::RetryClass::Keyed) is repeated only where its method allows it by itself: a POST only if it certainly
    /// was not sent. A key that the caller gives to a call is sent and changes nothing of that.
    ///
    /// The constructors that are named `vendor` have it set, and so has every client of an address that a vendor publishes.
    ///
    /// ```
    /// use invite_sdk::Client;
    ///
    /// let client = Client::builder("https://vendor.example").without_idempotency_keys().build()?;
    /// # Ok::<(), invite_sdk::ConfigurationError>(())
    /// ```
    pub fn without_idempotency_keys(mut self) -> Self {
        self.knows_idempotency_keys = false;
        self
    }

    /// How to wait between the attempts of a call; Tokio's timer if not set. For programs with a timer of their own, and
    /// for tests that must not wait.
    ///
    /// ```
    /// let client = invite_sdk::Client::builder("https://api.example").sleep_with(|_| std::future::ready(())).build()?;
    /// # Ok::<(), invite_sdk::ConfigurationError>(())
    /// ```
    pub fn sleep_with<F, S>(mut self, sleep: F) -> Self
    where
        F: Fn(Duration) -> S + Send + Sync + 'static,
        S: Future<Output = ()> + Send + 'static,
    {
        self.sleep = Sleep::new(sleep);
        self
    }

    /// Uses a client of yours: its pool, proxy, certificates and connect timeout.
    ///
    /// It has reqwest's TLS and not this crate's. If no other crate of the program asks for reqwest's feature `rustls` or
    /// `native-tls`, reqwest cannot build one before the program has installed a provider of cryptography for rustls.
    ///
    /// Build it with `redirect(reqwest::redirect::Policy::none())`, as this crate does. When reqwest follows a redirect to
    /// another host, it drops `Authorization` but not headers such as `x-session-token`.
    ///
    /// ```
    /// use invite_sdk::{Client, reqwest};
    ///
    /// let http = reqwest::Client::builder()
    ///     .redirect(reqwest::redirect::Policy::none())
    ///     .pool_max_idle_per_host(4)
    ///     .build()?;
    /// let client = Client::builder("https://api.example").http_client(http).build()?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn http_client(mut self, client: reqwest::Client) -> Self {
        self.http = Some(client);
        self
    }

    /// Checks the configuration and makes the client. Nothing is sent.
    ///
    /// ```
    /// use invite_sdk::Client;
    ///
    /// assert!(Client::builder("https://api.example").build().is_ok());
    /// let error = Client::builder("not a URL").build().unwrap_err();
    /// assert!(error.to_string().starts_with("the base URL cannot be used"));
    /// ```
    ///
    /// # Errors
    /// A base URL, credential or user agent that cannot be used, or a TLS back end that does not start.
    pub fn build(self) -> Result<Client, ConfigurationError> {
        let base = BaseUrl::parse(&self.base_url, self.allow_insecure_http)?;
        let knows_idempotency_keys = self.knows_idempotency_keys && !base.is_at(VENDORS);
        let credentials = Credentials::prepare(&self.credentials)?;
        let own = concat!(env!("CARGO_PKG_NAME"), "/", env!("CARGO_PKG_VERSION"));
        let user_agent = self.user_agent.map_or_else(|| own.to_owned(), |product| format!("{own} {product}"));
        let user_agent = HeaderValue::try_from(user_agent).map_err(|_| ConfigurationError::UserAgent)?;
        let http = match self.http {
            Some(http) => http,
            // A redirect is an answer that the document does not know: following it could carry credentials elsewhere.
            None => tls::secured(direct(&base, reqwest::Client::builder()))?
                .redirect(reqwest::redirect::Policy::none())
                .connect_timeout(self.connect_timeout)
                .build()
                .map_err(ConfigurationError::Http)?,
        };
        let shared = Shared {
            http,
            base,
            credentials,
            user_agent,
            timeout: self.timeout,
            max_response_bytes: self.max_response_bytes,
            retries: self.retries,
            knows_idempotency_keys,
            sleep: self.sleep,
            request_ids: RequestIds::new(),
        };
        Ok(Client { shared: Arc::new(shared) })
    }
}

/// Without the proxies of the environment where plain `http` is allowed because it does not leave this machine.
fn direct(base: &BaseUrl, http: reqwest::ClientBuilder) -> reqwest::ClientBuilder {
    if base.is_plain_and_local() { http.no_proxy() } else { http }
}

/// Shows no value: the base URL has not been checked yet and may hold a password.
impl fmt::Debug for ClientBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClientBuilder").field("credentials", &self.credentials.keys()).finish_non_exhaustive()
    }
}

/// Why a client cannot be built. Names what is wrong, never its value.
#[derive(Debug)]
#[non_exhaustive]
pub enum ConfigurationError {
    /// The base URL cannot be used.
    #[non_exhaustive]
    BaseUrl {
        /// Why.
        reason: &'static str,
    },
    /// A credential cannot be used.
    #[non_exhaustive]
    Credential {
        /// Its scheme.
        scheme: Scheme,
        /// Why.
        reason: &'static str,
    },
    /// The user agent holds characters that a header cannot carry.
    UserAgent,
    /// TLS cannot be set up.
    Tls(Box<dyn std::error::Error + Send + Sync>),
    /// The HTTP client cannot be made.
    Http(reqwest::Error),
}

impl fmt::Display for ConfigurationError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::BaseUrl { reason } => write!(f, "the base URL cannot be used: {reason}"),
            Self::Credential { scheme, reason } => {
                write!(f, "the credential `{}` cannot be used: {reason}", scheme.name())
            }
            Self::UserAgent => f.write_str("the user agent holds characters that a header cannot carry"),
            Self::Tls(_) => f.write_str("TLS cannot be set up"),
            Self::Http(_) => f.write_str("the HTTP client cannot be made"),
        }
    }
}

impl std::error::Error for ConfigurationError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Tls(error) => Some(&**error),
            Self::Http(error) => Some(error),
            Self::BaseUrl { .. } | Self::Credential { .. } | Self::UserAgent => None,
        }
    }
}
