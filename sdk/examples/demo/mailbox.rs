//! Reads the folder of mails that a development server writes: just enough of MIME for the mails of this server.

use std::error::Error;
use std::fs;
use std::path::PathBuf;
use std::time::Duration;

/// How long a mail may take: the relay works in the background.
const ATTEMPTS: u32 = 150;
const PAUSE: Duration = Duration::from_millis(100);

pub(crate) struct Mailbox {
    folder: PathBuf,
}

/// One mail.
pub(crate) struct Message {
    pub(crate) subject: String,
    /// The plain text part, decoded.
    pub(crate) text: String,
}

impl Mailbox {
    pub(crate) fn new(folder: impl Into<PathBuf>) -> Self {
        Self { folder: folder.into() }
    }

    /// Waits for a mail to `address`.
    pub(crate) async fn mail_to(&self, address: &str) -> Result<Message, Box<dyn Error>> {
        for _ in 0..ATTEMPTS {
            if let Some(message) = self.find(address)? {
                return Ok(message);
            }
            tokio::time::sleep(PAUSE).await;
        }
        Err(format!("no mail to {address} arrived in {} within {:?}", self.folder.display(), PAUSE * ATTEMPTS).into())
    }

    fn find(&self, address: &str) -> Result<Option<Message>, Box<dyn Error>> {
        for entry in fs::read_dir(&self.folder)? {
            let path = entry?.path();
            if path.extension().is_some_and(|extension| extension == "eml") {
                let text = fs::read_to_string(&path)?.replace("\r\n", "\n");
                if let Some(message) = read(&text, address) {
                    return Ok(Some(message));
                }
            }
        }
        Ok(None)
    }
}

fn read(message: &str, address: &str) -> Option<Message> {
    let (head, body) = message.split_once("\n\n")?;
    header(head, "to").filter(|to| to.contains(address))?;
    // The plain text is the first part; a mail without parts is plain text itself.
    let (part_head, part_body) = match header(head, "content-type").filter(|kind| kind.contains("multipart/")) {
        Some(kind) => {
            let boundary = kind.split("boundary=").nth(1)?.split(';').next()?.trim_matches('"').to_owned();
            body.split(&format!("--{boundary}")).nth(1)?.trim_start().split_once("\n\n")?
        }
        None => (head, body),
    };
    let text = match header(part_head, "content-transfer-encoding").as_deref() {
        Some("quoted-printable") => quoted_printable(part_body),
        _ => part_body.to_owned(),
    };
    Some(Message { subject: header(head, "subject").unwrap_or_default(), text })
}

/// A header by its lower-case name, unfolded.
fn header(head: &str, name: &str) -> Option<String> {
    head.replace("\n ", " ").replace("\n\t", " ").lines().find_map(|line| {
        let (found, value) = line.split_once(':')?;
        (found.to_lowercase() == name).then(|| value.trim().to_owned())
    })
}

fn quoted_printable(text: &str) -> String {
    let text = text.replace("=\n", "");
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((first, tail)) = rest.split_first() {
        let code = tail.get(..2).and_then(|digits| std::str::from_utf8(digits).ok());
        match code.and_then(|digits| u8::from_str_radix(digits, 16).ok()).filter(|_| *first == b'=') {
            Some(byte) => {
                bytes.push(byte);
                rest = tail.get(2..).unwrap_or_default();
            }
            None => {
                bytes.push(*first);
                rest = tail;
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}
