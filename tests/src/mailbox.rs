//! Mails as their reader gets them.

use std::path::{Path, PathBuf};

use mail_parser::MessageParser;

/// One mail.
#[derive(Clone, Debug)]
pub struct Mail {
    /// The address in `To`.
    pub to: String,
    /// The subject.
    pub subject: String,
    /// What tells a second copy of a mail from a second mail.
    pub message_id: String,
    /// The language that the mail says it is in.
    pub language: String,
    /// The text part.
    pub text: String,
    /// The HTML part.
    pub html: String,
}

impl Mail {
    /// Parses a message.
    #[must_use]
    pub fn parse(bytes: &[u8]) -> Self {
        let message = MessageParser::default().parse(bytes).expect("a mail is a MIME message");
        let to = message
            .to()
            .and_then(|list| list.first())
            .and_then(|address| address.address())
            .expect("a mail has a recipient");
        Self {
            to: to.to_owned(),
            subject: message.subject().unwrap_or_default().to_owned(),
            message_id: message.message_id().expect("a mail has an id").to_owned(),
            language: message.header_raw("Content-Language").expect("a mail has a language").trim().to_owned(),
            text: message.body_text(0).expect("a mail has a text part").into_owned(),
            html: message.body_html(0).expect("a mail has an HTML part").into_owned(),
        }
    }

    /// The one link of the mail.
    ///
    /// # Panics
    /// There is none, or there are several.
    #[must_use]
    pub fn link(&self) -> &str {
        let links: Vec<&str> = self.text.split_whitespace().filter(|word| word.starts_with("http")).collect();
        assert_eq!(links.len(), 1, "one link is wanted: {}", self.text);
        links[0]
    }

    /// The secret in the fragment of the link, which is called `name` there.
    #[must_use]
    pub fn secret(&self, name: &str) -> String {
        let link = self.link();
        let (_, fragment) = link.split_once('#').unwrap_or_else(|| panic!("{link} has no fragment"));
        let value = fragment.strip_prefix(&format!("{name}=")).unwrap_or_else(|| panic!("{link} has no {name}"));
        percent_encoding::percent_decode_str(value).decode_utf8().expect("a secret is text").into_owned()
    }
}

/// All mails of a folder in the order in which they were written.
#[must_use]
pub fn read(folder: &Path) -> Vec<Mail> {
    files(folder).iter().map(|path| Mail::parse(&std::fs::read(path).expect("a mail can be read"))).collect()
}

/// The same, and they are no longer there.
#[must_use]
pub fn take(folder: &Path) -> Vec<Mail> {
    let read = |path: &PathBuf| {
        let mail = Mail::parse(&std::fs::read(path).expect("a mail can be read"));
        std::fs::remove_file(path).expect("a mail can be removed");
        mail
    };
    files(folder).iter().map(read).collect()
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let Ok(entries) = std::fs::read_dir(folder) else { return Vec::new() };
    let paths = entries.flatten().map(|entry| entry.path());
    let mut files: Vec<_> = paths.filter(|path| path.extension().is_some_and(|extension| extension == "eml")).collect();
    files.sort();
    files
}
