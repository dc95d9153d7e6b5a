//! TLS by rustls: the cryptography that the program has installed, or else `ring`, and the system's certificates.
//!
//! Reqwest's own choice, aws-lc-rs, would more than double the time to build this crate. Nothing is installed for the whole
//! process: that is the program's to decide. Without the feature `rustls` reqwest's default stands; where that is rustls, a
//! provider has to be there, for reqwest panics without one.

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

#[cfg(all(feature = "rustls-no-provider", not(any(feature = "rustls", feature = "native-tls"))))]
pub(crate) fn secured(http: reqwest::ClientBuilder) -> Result<reqwest::ClientBuilder, ConfigurationError> {
    match rustls::crypto::CryptoProvider::get_default() {
        Some(_) => Ok(http),
        None => Err(ConfigurationError::Tls("no provider of cryptography for rustls is installed".into())),
    }
}

#[cfg(all(not(feature = "rustls"), any(feature = "native-tls", not(feature = "rustls-no-provider"))))]
pub(crate) fn secured(http: reqwest::ClientBuilder) -> Result<reqwest::ClientBuilder, ConfigurationError> {
    Ok(http)
}
