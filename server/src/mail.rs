//! Mail: from a [`invite_domain::mail::Mail`] to a message, and from a message to its recipient.
//!
//! [`render`] turns data into a message by [`Templates`], [`smtp`] and [`folder`] carry it away behind [`Mailer`]. This module and those below
//! it are the only ones that know the SMTP crate. When a mail is sent, again or never, is the relay's business
//! ([`crate::outbox`]).

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use invite_domain::ids::MailId;
use lettre::address::Envelope;

pub mod folder;
pub mod preview;
pub mod render;
mod sender;
pub mod smtp;
pub mod smtp_url;
mod templates;
pub mod turns;
mod values;

pub use preview::Preview;
pub use render::{RenderError, Renderer};
pub use sender::{Sender, SenderError};
pub use smtp_url::SmtpUrl;
pub use templates::{Part, TemplateProblem, Templates};

use turns::Turn;

/// How many mails are under way at the same time, and so how many connections are kept.
pub const MAX_PARALLEL: u32 = 8;

/// A message that is ready to travel.
#[derive(Clone)]
pub struct RenderedMail {
    /// The outbox row; also the stem of the Message-ID, so that a second delivery can be told from a second mail.
    pub id: MailId,
    /// When the message was written.
    pub written_at: DateTime<Utc>,
    envelope: Envelope,
    bytes: Vec<u8>,
}

impl RenderedMail {
    /// The message as it travels, headers and body.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }
}

/// Whether trying again can help.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Retry {
    /// It can: the network, a busy server, our own configuration.
    Later,
    /// It cannot: the server refused this mail for good.
    Never,
}

/// Whose business it is that a mail was not delivered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cause {
    /// The recipient's or the mail's own: whoever sent it may read why.
    Mail,
    /// This server's or its mail server's: why is for operators.
    Operation,
}

/// A mail could not be delivered.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{reason}")]
pub struct DeliveryError {
    /// Whether trying again can help.
    pub retry: Retry,
    /// Who may read the reason.
    pub cause: Cause,
    /// What went wrong, with the server's own words where it said any. May hold the recipient's address.
    pub reason: String,
}

impl DeliveryError {
    /// Trying again can help: mostly nothing is wrong with the mail.
    #[must_use]
    pub fn transient(reason: impl Into<String>) -> Self {
        Self { retry: Retry::Later, cause: Cause::Operation, reason: reason.into() }
    }

    /// Trying again cannot help: mostly something is wrong with the mail.
    #[must_use]
    pub fn permanent(reason: impl Into<String>) -> Self {
        Self { retry: Retry::Never, cause: Cause::Mail, reason: reason.into() }
    }

    /// The same for another cause.
    #[must_use]
    pub fn of(self, cause: Cause) -> Self {
        Self { cause, ..self }
    }
}

/// Carries messages away.
#[async_trait]
pub trait Mailer: Send + Sync + 'static {
    /// Delivers one message; `Ok` means that somebody else is responsible for it now. The turn is to be kept until that is recorded.
    ///
    /// # Errors
    ///
    /// When nobody took it, with whether trying again can help.
    async fn deliver(&self, mail: &RenderedMail) -> Result<Turn, DeliveryError>;

    /// The longest time that [`Mailer::deliver`] takes.
    fn longest_delivery(&self) -> Duration;

    /// Says good-bye to peers; nothing is delivered afterwards.
    async fn close(&self) {}

    /// Where messages go, without secrets, for people.
    fn describe(&self) -> String;
}

/// Where mails go.
#[derive(Debug, Clone)]
pub enum Destination {
    /// To an SMTP server.
    Smtp(SmtpUrl),
    /// Into a folder of `.eml` files.
    Folder(PathBuf),
}

/// The destination cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// SMTP cannot be set up.
    #[error(transparent)]
    Smtp(#[from] smtp::SmtpSetupError),
    /// The folder cannot be written.
    #[error("cannot write mails into {path}: {source}")]
    Folder {
        /// The folder.
        path: PathBuf,
        /// Why not.
        source: std::io::Error,
    },
}

/// Opens a destination. SMTP connects with the first mail, not now: the server starts also when its mail server is away.
///
/// # Errors
///
/// When a certificate file is wrong or the folder cannot be written.
pub fn open(destination: &Destination, sender: &Sender) -> Result<Arc<dyn Mailer>, OpenError> {
    match destination {
        Destination::Smtp(url) => Ok(Arc::new(smtp::SmtpMailer::new(url, sender.domain())?)),
        Destination::Folder(path) => match folder::FolderMailer::open(path) {
            Ok(mailer) => Ok(Arc::new(mailer)),
            Err(source) => Err(OpenError::Folder { path: path.clone(), source }),
        },
    }
}
