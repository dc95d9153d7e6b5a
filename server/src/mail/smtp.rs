//! The SMTP transport.
//!
//! TLS is rustls at 1.2 or newer, either from the start or by a demanded STARTTLS: a server that does not offer it gets no
//! mail. Connections are pooled and every step has a time limit.

use std::time::Duration;

use async_trait::async_trait;
use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::client::{Certificate, Tls, TlsParameters, TlsVersion};
use lettre::transport::smtp::extension::ClientId;
use lettre::transport::smtp::{Error as SmtpError, PoolConfig};
use lettre::{AsyncSmtpTransport, AsyncTransport as _, Tokio1Executor};
use secrecy::ExposeSecret as _;

use super::smtp_url::{Security, SmtpUrl};
use super::{DeliveryError, Mailer, RenderedMail, Retry};

/// A mail takes several steps, each limited by the URL's timeout; this limits them together.
const STEPS: u32 = 2;
const IDLE: Duration = Duration::from_secs(30);

/// Answers to a sign-in. They are 5xx, but the fault is the configuration's and not the mail's: to give up on every mail
/// because a password was changed would lose them all.
const SIGN_IN_CODES: [u16; 4] = [530, 534, 535, 538];

/// The transport could not be set up.
#[derive(Debug, thiserror::Error)]
pub enum SmtpSetupError {
    /// The file of the additional root certificate cannot be read.
    #[error("cannot read the root certificate file {path}: {source}")]
    CaFile {
        /// The file.
        path: String,
        /// Why not.
        source: std::io::Error,
    },
    /// The file holds no certificate.
    #[error("{path} holds no certificate in PEM form")]
    CaContent {
        /// The file.
        path: String,
    },
    /// TLS cannot be set up for the host.
    #[error("cannot set up TLS: {0}")]
    Tls(SmtpError),
}

/// Sends mails to an SMTP server.
pub struct SmtpMailer {
    transport: AsyncSmtpTransport<Tokio1Executor>,
    shown: String,
    limit: Duration,
}

impl SmtpMailer {
    /// Sets the transport up; nothing is connected yet. `hello` is the domain that the server introduces itself with.
    ///
    /// # Errors
    ///
    /// When the root certificate file is missing or wrong, or TLS cannot be set up.
    pub fn new(url: &SmtpUrl, hello: &str) -> Result<Self, SmtpSetupError> {
        let tls = match url.security {
            Security::Plain => Tls::None,
            Security::StartTls => Tls::Required(tls_parameters(url)?),
            Security::Implicit => Tls::Wrapper(tls_parameters(url)?),
        };
        // `builder_dangerous` is the only one that takes the TLS settings as they are.
        let mut builder = AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous(&url.host)
            .port(url.port)
            .tls(tls)
            .hello_name(ClientId::Domain(hello.to_owned()))
            .timeout(Some(url.timeout))
            .pool_config(PoolConfig::new().max_size(super::MAX_PARALLEL).idle_timeout(IDLE));
        if let Some(credentials) = &url.credentials {
            let password = credentials.password.expose_secret().to_owned();
            builder = builder.credentials(Credentials::new(credentials.user.clone(), password));
        }
        Ok(Self { transport: builder.build(), shown: url.to_string(), limit: url.timeout * STEPS })
    }
}

impl SmtpMailer {
    /// A refusal counts against the mail only if the server takes connections as such: one that turns everybody away with a
    /// 5xx (blocked, wrong port, half configured) would otherwise end every mail that waits.
    async fn judge(&self, error: &SmtpError) -> DeliveryError {
        let judged = classify(error);
        if judged.retry == Retry::Later || error.status().is_none() {
            return judged;
        }
        let welcome = tokio::time::timeout(self.limit, self.transport.test_connection()).await;
        if matches!(welcome, Ok(Ok(true))) { judged } else { DeliveryError::transient(judged.reason) }
    }
}

fn tls_parameters(url: &SmtpUrl) -> Result<TlsParameters, SmtpSetupError> {
    let mut builder = TlsParameters::builder(url.host.clone()).set_min_tls_version(TlsVersion::Tlsv12);
    if let Some(ca) = &url.ca {
        let path = ca.display().to_string();
        let pem = std::fs::read(ca).map_err(|source| SmtpSetupError::CaFile { path: path.clone(), source })?;
        // lettre takes a file without any certificate for an empty list.
        let holds_one = pem.windows(BEGIN.len()).any(|window| window == BEGIN);
        let certificate = Certificate::from_pem(&pem).ok().filter(|_| holds_one);
        builder = builder.add_root_certificate(certificate.ok_or(SmtpSetupError::CaContent { path })?);
    }
    builder.build_rustls().map_err(SmtpSetupError::Tls)
}

const BEGIN: &[u8] = b"-----BEGIN CERTIFICATE-----";

#[async_trait]
impl Mailer for SmtpMailer {
    async fn deliver(&self, mail: &RenderedMail) -> Result<(), DeliveryError> {
        let sending = self.transport.send_raw(&mail.envelope, &mail.bytes);
        match tokio::time::timeout(self.limit, sending).await {
            Ok(Ok(_)) => Ok(()),
            Ok(Err(error)) => Err(self.judge(&error).await),
            Err(_) => Err(DeliveryError::transient(format!("no answer within {} s", self.limit.as_secs()))),
        }
    }

    fn longest_delivery(&self) -> Duration {
        // The delivery and, after a refusal, the look at the server.
        self.limit * 2
    }

    async fn close(&self) {
        self.transport.shutdown().await;
    }

    fn describe(&self) -> String {
        self.shown.clone()
    }
}

/// Permanent is what the server said about this one mail and would say again; all else is tried again.
fn classify(error: &SmtpError) -> DeliveryError {
    let reason = reason(error);
    let code = error.status().map(u16::from);
    let about_sign_in = code.is_some_and(|code| SIGN_IN_CODES.contains(&code));
    // lettre's own refusal: the address needs SMTPUTF8, the server has none.
    let not_sendable = error.is_client() && reason.contains("SMTPUTF8");
    if (error.is_permanent() && !about_sign_in) || not_sendable {
        DeliveryError::permanent(reason)
    } else {
        DeliveryError::transient(reason)
    }
}

/// The error with its causes: lettre keeps the server's text in the source.
fn reason(error: &SmtpError) -> String {
    let mut reason = error.to_string();
    let mut cause = std::error::Error::source(error);
    while let Some(error) = cause {
        let text = error.to_string();
        if !reason.contains(&text) {
            reason.push_str(": ");
            reason.push_str(&text);
        }
        cause = error.source();
    }
    reason
}

#[cfg(test)]
mod tests;
