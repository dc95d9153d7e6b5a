//! Mails to look at: samples, named as such, whose links open nothing.

use chrono::{DateTime, Utc};
use invite_domain::email_address::EmailAddress;
use invite_domain::ids::MailId;
use invite_domain::mail::{Locale, MailEnvelope, MailKind};
use uuid::Uuid;

use super::values::{SAMPLE_TIME, sample};
use super::{Part, RenderError, RenderedMail, Renderer};

/// What to look at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Preview {
    /// One part, as its reader sees it.
    Part(Part),
    /// The whole message, as it travels.
    Message,
}

impl Renderer {
    /// Writes a sample of a kind of mail. The same each time.
    ///
    /// # Errors
    ///
    /// When it cannot be written.
    pub fn preview(&self, kind: MailKind, locale: Locale, preview: Preview) -> Result<String, RenderError> {
        let mail = sample(kind, true);
        match preview {
            Preview::Part(part) => {
                let written = self.write(&mail, locale)?;
                let part = match part {
                    Part::Text => written.text,
                    Part::Html => written.html,
                };
                Ok(part.replace("\r\n", "\n"))
            }
            Preview::Message => {
                let to = EmailAddress::parse("sample@example.com").map_err(|_| RenderError::Address)?;
                let envelope = MailEnvelope { to, locale };
                let rendered = self.render(MailId::new(Uuid::nil()), &envelope, &mail, SAMPLE_TIME)?;
                Ok(String::from_utf8_lossy(rendered.bytes()).into_owned())
            }
        }
    }

    /// The same as a mail that travels to somebody.
    ///
    /// # Errors
    ///
    /// When it cannot be written, or no mail can be sent to the address.
    pub fn specimen(
        &self,
        id: MailId,
        kind: MailKind,
        envelope: &MailEnvelope,
        now: DateTime<Utc>,
    ) -> Result<RenderedMail, RenderError> {
        self.render(id, envelope, &sample(kind, true), now)
    }
}
