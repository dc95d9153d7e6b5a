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
use super::{Cause, DeliveryError, MAX_PARALLEL, Mailer, RenderedMail, Retry};

use connections::{Connections, Settings, Unconnected};

use crate::causes::Causes;

mod connections;
mod stream;

/// What comes before the text of a mail takes several steps, each limited by the URL's timeout; this limits them together.
const STEPS: u32 = 2;

/// How long the text and the answer to it may take. A server that has the text may look at it for long and take it all the same:
/// who gives up before sends it again, so RFC 5321 (4.5.3.2.6) asks for ten minutes.
const TEXT_LIMIT: Duration = Duration::from_secs(600);

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
    /// For all before the text, for a good-bye, and for a look at the server.
    limit: Duration,
    text_limit: Duration,
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
        Ok(Self {
            connections,
            turns: Turns::default(),
            shown: url.to_string(),
            limit: url.timeout * STEPS,
            text_limit: TEXT_LIMIT,
        })
    }
}

/// Why a mail was not sent.
enum Unsent {
    /// By what the server said, or did not say, before it heard of the recipient.
    Before(Unconnected),
    /// By what it said, or did not say, of the recipient or the text.
    Refused(SmtpError),
    /// The server has not what the mail needs.
    Unfit(DeliveryError),
    /// Nobody said anything for this long.
    Silence(Duration),
}

impl From<Unconnected> for Unsent {
    fn from(error: Unconnected) -> Self {
        Self::Before(error)
    }
}

impl SmtpMailer {
    async fn send(&self, mail: &RenderedMail) -> Result<Turn, Unsent> {
        let connection = in_time(self.limit, self.prepare(mail)).await??;
        self.hand_over(connection, mail).await
    }

    /// Says the text, when it is its turn.
    async fn hand_over(&self, mut connection: AsyncSmtpConnection, mail: &RenderedMail) -> Result<Turn, Unsent> {
        let (sent, turn) = self.turns.take(in_time(self.text_limit, connection.message(&mail.bytes))).await;
        match sent? {
            Ok(_) => {
                self.connections.park(connection).await;
                Ok(turn)
            }
            Err(error) => {
                drop(turn);
                self.give_up(connection).await;
                Err(Unsent::Refused(error))
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
            Err(unsent) => {
                self.give_up(connection).await;
                Err(unsent)
            }
        }
    }

    /// Says good-bye, if the server still listens.
    async fn give_up(&self, mut connection: AsyncSmtpConnection) {
        // Nothing depends on what it answers.
        let _ = in_time(self.limit, connection.abort()).await;
    }

    /// A refusal counts against the mail only if the server takes connections as such: one that turns everybody away with a
    /// 5xx (blocked, wrong port, half configured) would otherwise end every mail that waits.
    async fn judge(&self, error: &SmtpError) -> DeliveryError {
        let judged = classify(error);
        if judged.retry == Retry::Later {
            return judged;
        }
        match in_time(self.limit, self.connections.get()).await {
            Ok(Ok(connection)) => {
                self.connections.park(connection).await;
                judged
            }
            Ok(Err(_)) | Err(_) => DeliveryError::transient(judged.reason),
        }
    }
}

async fn in_time<T>(limit: Duration, step: impl Future<Output = T>) -> Result<T, Unsent> {
    tokio::time::timeout(limit, step).await.map_err(|_| Unsent::Silence(limit))
}

/// Says from whom and to whom the mail is, and that its text follows.
async fn announce(
    connection: &mut AsyncSmtpConnection,
    mail: &RenderedMail,
    parameters: Vec<MailParameter>,
) -> Result<(), Unsent> {
    connection.command(Mail::new(mail.envelope.from().cloned(), parameters)).await.map_err(Unconnected::from)?;
    for recipient in mail.envelope.to() {
        connection.command(Rcpt::new(recipient.clone(), vec![])).await.map_err(Unsent::Refused)?;
    }
    connection.command(Data).await.map_err(Unsent::Refused)?;
    Ok(())
}

/// What a server must be told of a mail beyond ASCII; an error if it would not understand. The sender is ASCII
/// ([`super::Sender`]): an address that is not is the recipient's.
fn parameters(connection: &AsyncSmtpConnection, mail: &RenderedMail) -> Result<Vec<MailParameter>, DeliveryError> {
    let mut parameters = Vec::new();
    let server = connection.server_info();
    if !mail.envelope.to().iter().map(AsRef::<str>::as_ref).all(str::is_ascii) {
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
            Err(Unsent::Before(error)) => Err(DeliveryError::transient(Causes(&error).to_string())),
            Err(Unsent::Refused(error)) => Err(self.judge(&error).await),
            Err(Unsent::Unfit(error)) => Err(error),
            Err(Unsent::Silence(limit)) => {
                Err(DeliveryError::transient(format!("no answer within {} s", limit.as_secs())))
            }
        }
    }

    fn longest_delivery(&self) -> Duration {
        // Before the text, a good-bye, and, after a refusal, the look at the server; besides them the text.
        self.limit * 3 + self.text_limit + PATIENCE * (MAX_PARALLEL - 1)
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
    let reason = Causes(error).to_string();
    match (is_about_mail(error), error.is_permanent() && !is_full(error)) {
        (true, true) => DeliveryError::permanent(reason),
        (true, false) => DeliveryError::transient(reason).of(Cause::Mail),
        (false, _) => DeliveryError::transient(reason),
    }
}

/// Whether a refusal concerns the recipient or the mail, and not us: what is wrong with sender, sign-in, relay or quota would end
/// every mail that waits. Servers tell these apart by the enhanced status code (RFC 3463); many judge the sender only when they
/// hear of the recipient. Without one, what is refused for good is.
fn is_about_mail(error: &SmtpError) -> bool {
    let about_sign_in = error.status().map(u16::from).is_some_and(|code| SIGN_IN_CODES.contains(&code));
    let about_mail = match enhanced_code(error) {
        // The sender's address; the mail system; the network and its routes; policies, quotas and rights.
        Some([_, 1, 7 | 8] | [_, 3 | 4 | 7, _]) => false,
        Some(_) => true,
        None => error.is_permanent(),
    };
    about_mail && !about_sign_in
}

/// Whether the mailbox is full: for good, as many servers say it, but people clear it.
fn is_full(error: &SmtpError) -> bool {
    matches!(enhanced_code(error), Some([_, 2, 2]))
}

/// The numbers of `5.1.1` where the server's words begin so.
fn enhanced_code(error: &SmtpError) -> Option<[u16; 3]> {
    let words = std::error::Error::source(error)?.to_string();
    let numbers: Option<Vec<u16>> = words.split_whitespace().next()?.split('.').map(|part| part.parse().ok()).collect();
    numbers?.try_into().ok()
}

#[cfg(test)]
mod tests;
