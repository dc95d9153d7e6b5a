//! TLS: the certificate that the server shows, and its key.
//!
//! Both are read at the start and whenever an operator says that they have been renewed ([`Tls::reload`]). A connection keeps what
//! it has begun with.

mod certificate;
mod files;

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};

use chrono::{DateTime, Utc};
use rustls::ServerConfig;
use url::Url;

use certificate::Facts;
pub use files::TlsError;

/// TLS of this server; clones show the same certificate.
#[derive(Clone)]
pub struct Tls(Arc<Shared>);

struct Shared {
    certificate: PathBuf,
    key: PathBuf,
    shown: RwLock<Arc<Shown>>,
}

struct Shown {
    config: Arc<ServerConfig>,
    facts: Facts,
}

impl Shown {
    fn read(certificate: &Path, key: &Path) -> Result<Arc<Self>, TlsError> {
        let (config, first) = files::read(certificate, key)?;
        Ok(Arc::new(Self { config: Arc::new(config), facts: Facts::of(first) }))
    }
}

impl Tls {
    /// Reads a certificate, with those that lead to its authority behind it, and its key.
    ///
    /// # Errors
    /// What is wrong with the files. Nothing of the key is repeated.
    pub fn load(certificate: &Path, key: &Path) -> Result<Self, TlsError> {
        let shown = RwLock::new(Shown::read(certificate, key)?);
        Ok(Self(Arc::new(Shared { certificate: certificate.to_owned(), key: key.to_owned(), shown })))
    }

    /// Reads the same files anew, for connections that begin from now on.
    ///
    /// # Errors
    /// What is wrong with the files; what was shown before is shown then.
    pub fn reload(&self) -> Result<(), TlsError> {
        let read = Shown::read(&self.0.certificate, &self.0.key)?;
        *self.0.shown.write().unwrap_or_else(PoisonError::into_inner) = read;
        Ok(())
    }

    /// The file of the certificate.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.0.certificate
    }

    /// When the certificate ends that is shown, if that can be told.
    #[must_use]
    pub fn ends(&self) -> Option<DateTime<Utc>> {
        self.shown().facts.ends()
    }

    /// Why clients refuse the certificate that is shown, or soon will: each reason as a sentence.
    #[must_use]
    pub fn doubts(&self, now: DateTime<Utc>, public_url: &Url) -> Vec<String> {
        let doubts = self.shown().facts.doubts(now, public_url);
        doubts.into_iter().map(|doubt| format!("the certificate in {} {doubt}", self.path().display())).collect()
    }

    pub(crate) fn config(&self) -> Arc<ServerConfig> {
        Arc::clone(&self.shown().config)
    }

    fn shown(&self) -> Arc<Shown> {
        Arc::clone(&self.0.shown.read().unwrap_or_else(PoisonError::into_inner))
    }
}

impl fmt::Debug for Tls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Tls(..)")
    }
}
