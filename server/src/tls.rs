//! TLS: the certificate that the server shows, and its key.

mod files;

use std::fmt;
use std::path::Path;
use std::sync::Arc;

use rustls::ServerConfig;

pub use files::TlsError;

/// TLS of this server.
#[derive(Clone)]
pub struct Tls(Arc<ServerConfig>);

impl Tls {
    /// Reads a certificate, with those that lead to its authority behind it, and its key.
    ///
    /// # Errors
    /// What is wrong with the files. Nothing of the key is repeated.
    pub fn load(certificate: &Path, key: &Path) -> Result<Self, TlsError> {
        Ok(Self(Arc::new(files::read(certificate, key)?)))
    }

    pub(crate) fn config(&self) -> Arc<ServerConfig> {
        Arc::clone(&self.0)
    }
}

impl fmt::Debug for Tls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Tls(..)")
    }
}
