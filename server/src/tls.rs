//! TLS: the certificate that the server shows, and its key.

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustls::ServerConfig;
use rustls::pki_types::pem::{self, PemObject as _};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};

/// TLS of this server.
#[derive(Clone)]
pub struct Tls(Arc<ServerConfig>);

/// Certificate and key cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// A file cannot be read, or holds something else.
    #[error("{path} holds no {what} in PEM form: {source}")]
    File {
        /// The file.
        path: PathBuf,
        /// What was looked for.
        what: &'static str,
        /// Why not.
        source: pem::Error,
    },
    /// The key is not that of the certificate, or one of the two is of a kind that is not used any more.
    #[error("certificate and key do not go together: {0}")]
    Pair(#[from] rustls::Error),
}

impl Tls {
    /// Reads a certificate, with those that lead to its authority behind it, and its key.
    ///
    /// # Errors
    /// What is wrong with the files. Nothing of the key is repeated.
    pub fn load(certificate: &Path, key: &Path) -> Result<Self, TlsError> {
        let failed = |path: &Path, what| {
            let path = path.to_owned();
            move |source| TlsError::File { path, what, source }
        };
        let chain = CertificateDer::pem_file_iter(certificate).and_then(Iterator::collect::<Result<Vec<_>, _>>);
        let chain = chain.and_then(|chain| if chain.is_empty() { Err(pem::Error::NoItemsFound) } else { Ok(chain) });
        let chain = chain.map_err(failed(certificate, "certificate"))?;
        let key = PrivateKeyDer::from_pem_file(key).map_err(failed(key, "private key"))?;
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()?
            .with_no_client_auth()
            .with_single_cert(chain, key)?;
        // No word of other protocols: HTTP/1.1 is what everybody speaks without being asked.
        Ok(Self(Arc::new(config)))
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
