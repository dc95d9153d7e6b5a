//! TLS by rustls: the cryptography that the program has installed, or else `ring`, and the system's certificates.
//!
//! Reqwest's own choice, aws-lc-rs, would more than double the time to build this crate. Nothing is installed for the whole
//! process: that is the program's to decide. Without the feature `rustls` reqwest's default stands.

use crate::builder::ConfigurationError;

/// Adds what this crate wants of TLS.
#[cfg(feature = "rustls")]
pub(crate) fn secured(http: reqwest::ClientBuilder) -> Result<reqwest::ClientBuilder, ConfigurationError> {
    use std::sync::Arc;

    use rustls::ClientConfig;
    use rustls::crypto::{CryptoProvider, ring};
    use rustls_platform_verifier::BuilderVerifierExt as _;

    let refuse = |error: rustls::Error| ConfigurationError::Tls(Box::new(error));
    let installed = CryptoProvider::get_default().cloned();
    let provider = installed.unwrap_or_else(|| Arc::new(ring::default_provider()));
    let config = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions().map_err(refuse)?;
    let config = config.with_platform_verifier().map_err(refuse)?.with_no_client_auth();
    Ok(http.tls_backend_preconfigured(config))
}

#[cfg(not(feature = "rustls"))]
pub(crate) fn secured(http: reqwest::ClientBuilder) -> Result<reqwest::ClientBuilder, ConfigurationError> {
    Ok(http)
}
