//! The SMTP transport.
//!
//! TLS is rustls at 1.2 or newer, either from the start or by a demanded STARTTLS: a server that does not offer it gets no
//! mail. Connections are kept and every step has a time limit. All of a mail but its text is said beside other mails, the text and
//! the answer to it have their turn ([`super::turns`]).

use std::time::Duration;

use async_trait::async_trait;
use lettre::transport::smtp::Error as SmtpError;
use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::client::{AsyncSmtpConnection, Certificate, TlsParameters, TlsVersion};
use lettre::transport::smtp::commands::{Data, Mail, Rcpt};
use lettre::transport::smtp::extension::{ClientId, Extension, MailBodyParameter, MailParameter};
use secrecy::ExposeSecret as _;

use super::smtp_url::{Security, SmtpUrl};
use super::turns::{PATIENCE, Turn, Turns};
use super::{DeliveryError, MAX_PARALLEL, Mailer, RenderedMail, Retry};

use connections::{Connections, Settings};

mod connections;

/// What comes before the text of a mail takes several steps, each limited by the URL's timeout; this limits them together, and
/// then the text and its answer.
const STEPS: u32 = 2;

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
    connections: Connections,
    turns: Turns,
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
            Security::Plain => None,
            Security::StartTls | Security::Implicit => Some(tls_parameters(url)?),
        };
        let credentials = url.credentials.as_ref().map(|credentials| {
            Credentials::new(credentials.user.clone(), credentials.password.expose_secret().to_owned())
        });
        let connections = Connections::new(Settings {
            host: url.host.clone(),
            port: url.port,
            security: url.security,
            tls,
            hello: ClientId::Domain(hello.to_owned()),
            credentials,
            timeout: url.timeout,
        });
        Ok(Self { connections, turns: Turns::default(), shown: url.to_string(), limit: url.timeout * STEPS })
    }
}

/// Why a mail was not sent.
enum Unsent {
    /// By what the server said, or did not say.
    Smtp(SmtpError),
    /// The server has not what the mail needs.
    Unfit(DeliveryError),
    /// Nobody said anything in time.
    Silence,
}

impl From<SmtpError> for Unsent {
    fn from(error: SmtpError) -> Self {
        Self::Smtp(error)
    }
}

impl SmtpMailer {
    async fn send(&self, mail: &RenderedMail) -> Result<Turn, Unsent> {
        let mut connection = self.in_time(self.prepare(mail)).await??;
        let (sent, turn) = self.turns.take(self.in_time(connection.message(&mail.bytes))).await;
        match sent? {
            Ok(_) => {
                self.connections.park(connection).await;
                Ok(turn)
            }
            Err(error) => {
                drop(turn);
                self.give_up(connection).await;
                Err(error.into())
            }
        }
    }

    /// A connection that waits for the text of the mail.
    async fn prepare(&self, mail: &RenderedMail) -> Result<AsyncSmtpConnection, Unsent> {
        let mut connection = self.connections.get().await?;
        let parameters = match parameters(&connection, mail) {
            Ok(parameters) => parameters,
            Err(unfit) => {
                self.connections.park(connection).await;
                return Err(Unsent::Unfit(unfit));
            }
        };
        match announce(&mut connection, mail, parameters).await {
            Ok(()) => Ok(connection),
            Err(error) => {
                self.give_up(connection).await;
                Err(error.into())
            }
        }
    }

    async fn in_time<T>(&self, step: impl Future<Output = T>) -> Result<T, Unsent> {
        tokio::time::timeout(self.limit, step).await.map_err(|_| Unsent::Silence)
    }

    /// Says good-bye, if the server still listens.
    async fn give_up(&self, mut connection: AsyncSmtpConnection) {
        // Nothing depends on what it answers.
        let _ = self.in_time(connection.abort()).await;
    }

    /// A refusal counts against the mail only if the server takes connections as such: one that turns everybody away with a
    /// 5xx (blocked, wrong port, half configured) would otherwise end every mail that waits.
    async fn judge(&self, error: &SmtpError) -> DeliveryError {
        let judged = classify(error);
        if judged.retry == Retry::Later {
            return judged;
        }
        match self.in_time(self.connections.get()).await {
            Ok(Ok(connection)) => {
                self.connections.park(connection).await;
                judged
            }
            Ok(Err(_)) | Err(_) => DeliveryError::transient(judged.reason),
        }
    }
}

/// Says from whom and to whom the mail is, and that its text follows.
async fn announce(
    connection: &mut AsyncSmtpConnection,
    mail: &RenderedMail,
    parameters: Vec<MailParameter>,
) -> Result<(), SmtpError> {
    connection.command(Mail::new(mail.envelope.from().cloned(), parameters)).await?;
    for recipient in mail.envelope.to() {
        connection.command(Rcpt::new(recipient.clone(), vec![])).await?;
    }
    connection.command(Data).await?;
    Ok(())
}

/// What a server must be told of a mail beyond ASCII; an error if it would not understand.
fn parameters(connection: &AsyncSmtpConnection, mail: &RenderedMail) -> Result<Vec<MailParameter>, DeliveryError> {
    let mut parameters = Vec::new();
    let server = connection.server_info();
    let addresses = mail.envelope.from().into_iter().chain(mail.envelope.to());
    if !addresses.map(AsRef::<str>::as_ref).all(str::is_ascii) {
        if !server.supports_feature(Extension::SmtpUtfEight) {
            return Err(DeliveryError::permanent("the address is not ASCII, and the mail server has no SMTPUTF8"));
        }
        parameters.push(MailParameter::SmtpUtfEight);
    }
    if !mail.bytes.is_ascii() {
        if !server.supports_feature(Extension::EightBitMime) {
            return Err(DeliveryError::transient("the mail is not ASCII, and the mail server has no 8BITMIME"));
        }
        parameters.push(MailParameter::Body(MailBodyParameter::EightBitMime));
    }
    Ok(parameters)
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
    async fn deliver(&self, mail: &RenderedMail) -> Result<Turn, DeliveryError> {
        match self.send(mail).await {
            Ok(turn) => Ok(turn),
            Err(Unsent::Smtp(error)) => Err(self.judge(&error).await),
            Err(Unsent::Unfit(error)) => Err(error),
            Err(Unsent::Silence) => {
                Err(DeliveryError::transient(format!("no answer within {} s", self.limit.as_secs())))
            }
        }
    }

    fn longest_delivery(&self) -> Duration {
        // Before the text, the text, a good-bye, and, after a refusal, the look at the server.
        self.limit * 4 + PATIENCE * (MAX_PARALLEL - 1)
    }

    async fn close(&self) {
        self.connections.close().await;
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
    if error.is_permanent() && !about_sign_in {
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
