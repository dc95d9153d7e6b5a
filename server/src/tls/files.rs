//! The two files of a certificate, and what can be wrong with them.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustls::ServerConfig;
use rustls::pki_types::pem::{self, PemObject};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::ParsedCertificate;

/// What a key begins with that a passphrase protects: of PKCS #8, and of OpenSSL's own older form.
const ENCRYPTED: [&str; 2] = ["-----BEGIN ENCRYPTED PRIVATE KEY-----", "Proc-Type: 4,ENCRYPTED"];
/// How rustls calls a certificate without the extensions of version 3; the value itself is of a crate below it.
const OLD_VERSION: &str = "UnsupportedCertVersion";

/// Certificate and key cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// A file is not there, or this user may not read it.
    #[error("cannot read {path}: {source}")]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// A file holds something else.
    #[error("{path} holds no {what} in PEM form")]
    Absent {
        /// The file.
        path: PathBuf,
        /// What was looked for.
        what: &'static str,
    },
    /// A file holds what is looked for, but not whole.
    #[error("the {what} in {path} is damaged: {reason}")]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What was looked for.
        what: &'static str,
        /// What is wrong with its form.
        reason: &'static str,
    },
    /// Nobody is there at a start who could enter the passphrase.
    #[error("the private key in {path} is encrypted")]
    Encrypted {
        /// The file.
        path: PathBuf,
    },
    /// No client of today would take it.
    #[error("the certificate in {path} is of an old version of X.509; version 3 is needed")]
    OldCertificate {
        /// The file.
        path: PathBuf,
    },
    /// It is no certificate, or has something in it that is not understood.
    #[error("the certificate in {path} cannot be used: {source}")]
    Certificate {
        /// The file.
        path: PathBuf,
        /// Why not.
        source: rustls::Error,
    },
    /// It is of a kind or a size that is not used any more.
    #[error("the private key in {path} cannot be used: {source}")]
    Key {
        /// The file.
        path: PathBuf,
        /// Why not.
        source: rustls::Error,
    },
    /// The key is that of another certificate.
    #[error("certificate and key do not go together: {0}")]
    Pair(#[from] rustls::Error),
}

impl TlsError {
    /// What to do about it.
    #[must_use]
    pub fn hint(&self) -> String {
        match self {
            Self::Unreadable { source, .. } if source.kind() == io::ErrorKind::PermissionDenied => {
                "let the user that runs the server read it, and nobody else if it is the key".to_owned()
            }
            Self::Unreadable { .. } => "name a file that is there".to_owned(),
            Self::Absent { .. } | Self::Pair(_) => {
                "name two PEM files: tls.certificate with the certificate and those that lead to its authority, tls.key with its key"
                    .to_owned()
            }
            Self::Damaged { .. } => "put the whole file there once more".to_owned(),
            Self::Encrypted { path } => {
                format!("take the passphrase off: `openssl pkey -in {} -out FILE`, and name that file", path.display())
            }
            Self::OldCertificate { .. } => {
                "have a certificate made with the names it is for (`openssl req -x509 -addext subjectAltName=DNS:HOST` for one to try)"
                    .to_owned()
            }
            Self::Certificate { path, .. } => {
                format!("`openssl x509 -in {} -noout -text` shows what it is", path.display())
            }
            Self::Key { .. } => {
                "have a certificate made with another key: of RSA with 2048 bits or more, P-256, P-384 or Ed25519".to_owned()
            }
        }
    }
}

/// Reads a certificate, with those that lead to its authority behind it, and its key; the certificate comes along by itself.
pub(super) fn read(certificate: &Path, key: &Path) -> Result<(ServerConfig, CertificateDer<'static>), TlsError> {
    let (first, chain) = chain(certificate)?;
    let key_der = private_key(key)?;
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    // Tried alone first: of the pair it could not be told which of the two is of no use.
    let tried = provider.key_provider.load_private_key(key_der.clone_key());
    tried.map_err(|source| TlsError::Key { path: key.to_owned(), source })?;
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .with_no_client_auth()
        .with_single_cert(chain, key_der)?;
    // No word of other protocols: HTTP/1.1 is what everybody speaks without being asked.
    Ok((config, first))
}

fn chain(path: &Path) -> Result<(CertificateDer<'static>, Vec<CertificateDer<'static>>), TlsError> {
    const WHAT: &str = "certificate";
    let text = contents(path)?;
    let chain = CertificateDer::pem_slice_iter(&text).collect::<Result<Vec<_>, _>>();
    let chain = chain.map_err(|error| in_pem(path, WHAT, error))?;
    let first = chain.first().ok_or_else(|| TlsError::Absent { path: path.to_owned(), what: WHAT })?;
    match ParsedCertificate::try_from(first) {
        Ok(_) => Ok((first.clone(), chain)),
        Err(source) if source.to_string().contains(OLD_VERSION) => {
            Err(TlsError::OldCertificate { path: path.to_owned() })
        }
        Err(source) => Err(TlsError::Certificate { path: path.to_owned(), source }),
    }
}

fn private_key(path: &Path) -> Result<PrivateKeyDer<'static>, TlsError> {
    let text = contents(path)?;
    let is_there = |mark: &&str| text.windows(mark.len()).any(|window| window == mark.as_bytes());
    PrivateKeyDer::from_pem_slice(&text).map_err(|error| match ENCRYPTED.iter().any(is_there) {
        true => TlsError::Encrypted { path: path.to_owned() },
        false => in_pem(path, "private key", error),
    })
}

fn contents(path: &Path) -> Result<Vec<u8>, TlsError> {
    std::fs::read(path).map_err(|source| TlsError::Unreadable { path: path.to_owned(), source })
}

/// Without the words of the library, in which a part of the file may stand.
fn in_pem(path: &Path, what: &'static str, error: pem::Error) -> TlsError {
    let path = path.to_owned();
    let reason = match error {
        pem::Error::NoItemsFound => return TlsError::Absent { path, what },
        pem::Error::Io(source) => return TlsError::Unreadable { path, source },
        pem::Error::MissingSectionEnd { .. } => "its last line is missing",
        pem::Error::IllegalSectionStart { .. } => "its first line is not whole",
        pem::Error::Base64Decode(_) => "it is not base64",
        _ => "it is not PEM",
    };
    TlsError::Damaged { path, what, reason }
}
