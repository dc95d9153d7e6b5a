//! The folder transport: one `.eml` file a mail, for development and for hand-over to another program.
//!
//! A file appears whole or not at all (written under a hidden name, synced, renamed), and only its owner may read it: it
//! holds a link with a secret.

use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use async_trait::async_trait;

use crate::private_files;

use super::turns::{PATIENCE, Turn, Turns};
use super::{DeliveryError, MAX_PARALLEL, Mailer, RenderedMail};

/// Writing cannot be limited; a disk that takes longer than this has other troubles.
const LONGEST: Duration = Duration::from_secs(60);

/// Writes mails into a folder.
#[derive(Debug, Clone)]
pub struct FolderMailer {
    folder: PathBuf,
    turns: Turns,
}

impl FolderMailer {
    /// Opens the folder, which is created if it is not there.
    ///
    /// # Errors
    ///
    /// When the folder cannot be created or a file in it cannot be written.
    pub fn open(folder: &Path) -> io::Result<Self> {
        private_files::create_private(folder)?;
        private_files::check_writable(folder)?;
        Ok(Self { folder: folder.to_owned(), turns: Turns::default() })
    }
}

impl FolderMailer {
    async fn on_the_disk<T: Send + 'static>(
        &self,
        step: impl FnOnce() -> io::Result<T> + Send + 'static,
    ) -> Result<T, DeliveryError> {
        match tokio::task::spawn_blocking(step).await {
            Ok(Ok(done)) => Ok(done),
            Ok(Err(error)) => {
                Err(DeliveryError::transient(format!("cannot write into {}: {error}", self.folder.display())))
            }
            Err(error) => Err(DeliveryError::transient(format!("the writing task ended early: {error}"))),
        }
    }
}

#[async_trait]
impl Mailer for FolderMailer {
    async fn deliver(&self, mail: &RenderedMail) -> Result<Turn, DeliveryError> {
        let name = format!("{}-{}.eml", mail.written_at.timestamp_millis(), mail.id);
        let (path, bytes) = (self.folder.join(name), mail.bytes.clone());
        let hidden = self.on_the_disk(move || private_files::HiddenFile::write(&path, &bytes)).await?;
        let (shown, turn) = self.turns.take(self.on_the_disk(move || hidden.show())).await;
        shown.map(|()| turn)
    }

    fn longest_delivery(&self) -> Duration {
        LONGEST + PATIENCE * (MAX_PARALLEL - 1)
    }

    fn describe(&self) -> String {
        format!("folder {}", self.folder.display())
    }
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;
    use invite_domain::email_address::EmailAddress;
    use invite_domain::ids::MailId;
    use invite_domain::mail::{Locale, Mail, MailEnvelope};
    use uuid::Uuid;

    use super::*;
    use crate::mail::{Renderer, Retry, Sender, Templates};

    fn mail() -> RenderedMail {
        let url = url::Url::parse("http://localhost").unwrap();
        let envelope = MailEnvelope { to: EmailAddress::parse("jane@example.com").unwrap(), locale: Locale::En };
        let notice = Mail::AddedNotice { invitee: None, inviter: None, organization: "Acme".to_owned() };
        let at = DateTime::from_timestamp_millis(1_700_000_000_123).unwrap();
        let id = MailId::new(Uuid::from_u128(1));
        let renderer = Renderer::new(&url, Sender::for_host("localhost"), Templates::load(None).unwrap());
        renderer.render(id, &envelope, &notice, at).unwrap()
    }

    #[tokio::test]
    async fn a_mail_is_one_whole_file_named_by_time_and_id() {
        let folder = tempfile::tempdir().unwrap();
        let mailbox = folder.path().join("mailbox");
        let mailer = FolderMailer::open(&mailbox).unwrap();
        mailer.deliver(&mail()).await.unwrap();
        let names: Vec<_> = std::fs::read_dir(&mailbox).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        assert_eq!(names, ["1700000000123-00000000-0000-0000-0000-000000000001.eml"]);
        assert_eq!(std::fs::read(mailbox.join(&names[0])).unwrap(), mail().bytes());
    }

    #[tokio::test]
    async fn a_folder_that_went_away_may_come_back() {
        let folder = tempfile::tempdir().unwrap();
        let mailbox = folder.path().join("mailbox");
        let mailer = FolderMailer::open(&mailbox).unwrap();
        std::fs::remove_dir(&mailbox).unwrap();
        let error = mailer.deliver(&mail()).await.unwrap_err();
        assert_eq!(error.retry, Retry::Later);
        assert!(error.reason.contains("cannot write into"), "{error}");
    }
}
