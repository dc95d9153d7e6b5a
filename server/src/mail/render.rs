//! From mail data to a message: headers, a plain text part and an HTML part.
//!
//! No header but `To` depends on what a user typed, and `To` holds an address without a display name: lettre panics on line
//! breaks in display names and lets a ready-made encoded word pass in a subject. What the parts say is in [`Templates`].

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::SystemTime;

use chrono::{DateTime, Utc};
use invite_domain::email_address::EmailAddress;
use invite_domain::ids::MailId;
use invite_domain::mail::{Locale, Mail, MailEnvelope};
use lettre::message::header::{ContentTransferEncoding, ContentType, HeaderName, HeaderValue};
use lettre::message::{Body, Mailbox, MultiPart, SinglePart};
use lettre::{Address, Message};
use url::Url;

use super::templates::{TemplateProblem, Written};
use super::{Cause, RenderedMail, Sender, Templates};

/// The longest line that SMTP carries, without its end (RFC 5321, 4.5.3.1.6).
const LONGEST_LINE: usize = 998;

/// Writes messages.
#[derive(Debug, Clone)]
pub struct Renderer {
    public_url: String,
    sender: Sender,
    templates: Templates,
}

/// A mail cannot be written; it will not be possible later either.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RenderError {
    /// The address is fine for an account but no mail can be sent to it.
    #[error("no mail can be sent to this address")]
    Address,
    /// A template fails with this mail.
    #[error("a template cannot be rendered: {0}")]
    Template(#[from] TemplateProblem),
    /// The message cannot be put together.
    #[error("the message cannot be put together: {0}")]
    Message(String),
    /// The library gave up in a way that would have ended the relay.
    #[error("the message made the mail library panic")]
    Panic,
}

impl RenderError {
    /// Whose business it is: what templates say of themselves is not for whoever invites.
    #[must_use]
    pub fn cause(&self) -> Cause {
        match self {
            Self::Address => Cause::Mail,
            Self::Template(_) | Self::Message(_) | Self::Panic => Cause::Operation,
        }
    }
}

impl Renderer {
    /// A renderer for links below `public_url`.
    #[must_use]
    pub fn new(public_url: &Url, sender: Sender, templates: Templates) -> Self {
        Self { public_url: public_url.as_str().trim_end_matches('/').to_owned(), sender, templates }
    }

    /// Writes one message. The same mail at the same time gives the same bytes.
    ///
    /// # Errors
    ///
    /// When there is no way to send this mail, now or later.
    pub fn render(
        &self,
        id: MailId,
        envelope: &MailEnvelope,
        mail: &Mail,
        now: DateTime<Utc>,
    ) -> Result<RenderedMail, RenderError> {
        let recipient = recipient(&envelope.to)?;
        let written = self.write(mail, envelope.locale)?;
        let language = envelope.locale.as_str();
        // A poisonous message must never end the relay for all others, whatever the library makes of it.
        let message = catch_unwind(AssertUnwindSafe(|| self.message(id, recipient, written, language, now)))
            .map_err(|_| RenderError::Panic)??;
        Ok(RenderedMail { id, written_at: now, envelope: message.0, bytes: message.1 })
    }

    pub(super) fn write(&self, mail: &Mail, locale: Locale) -> Result<Written, TemplateProblem> {
        self.templates.write(mail, locale, &self.public_url)
    }

    fn message(
        &self,
        id: MailId,
        recipient: Address,
        written: Written,
        language: &'static str,
        now: DateTime<Utc>,
    ) -> Result<(lettre::address::Envelope, Vec<u8>), RenderError> {
        let parts = MultiPart::alternative()
            // Not from chance: a second rendering is then the same message. `=_` cannot stand in an encoded part.
            .boundary(format!("=_invite_{}", id.get().simple()))
            .singlepart(part(ContentType::TEXT_PLAIN, written.text))
            .singlepart(part(ContentType::TEXT_HTML, written.html));
        let message = Message::builder()
            .from(self.sender.mailbox().clone())
            .to(Mailbox::new(None, recipient))
            .subject(written.subject)
            .date(SystemTime::from(now))
            .message_id(Some(format!("<{id}@{}>", self.sender.domain())))
            .raw_header(header("Auto-Submitted", "auto-generated"))
            .raw_header(header("Content-Language", language))
            .multipart(parts)
            .map_err(|error| RenderError::Message(error.to_string()))?;
        Ok((message.envelope().clone(), message.formatted()))
    }
}

/// ASCII travels as it is, so that a link stays in one piece for whoever reads the file; all else as lettre likes it, which breaks
/// lines of more than 76 characters.
fn part(content_type: ContentType, text: String) -> SinglePart {
    let builder = SinglePart::builder().header(content_type);
    if travels_as_it_is(&text) {
        let lines = text.replace("\r\n", "\n").replace('\n', "\r\n");
        builder.body(Body::dangerous_pre_encoded(lines.into_bytes(), ContentTransferEncoding::SevenBit))
    } else {
        builder.body(text)
    }
}

fn travels_as_it_is(text: &str) -> bool {
    let fits = |line: &str| line.len() <= LONGEST_LINE && !line.contains(['\r', '\0']);
    text.is_ascii() && text.lines().all(fits)
}

fn header(name: &'static str, value: &'static str) -> HeaderValue {
    HeaderValue::new(HeaderName::new_from_ascii_str(name), value.to_owned())
}

/// The local part as its owner wrote it, the domain in ASCII: so only addresses whose local part needs it demand SMTPUTF8.
fn recipient(address: &EmailAddress) -> Result<Address, RenderError> {
    let domain = address.normalized().rsplit('@').next().unwrap_or_default();
    Address::new(address.local_part(), domain).map_err(|_| RenderError::Address)
}

#[cfg(test)]
mod tests {
    use chrono::TimeZone as _;
    use invite_domain::ids::ImportId;
    use invite_domain::import::Tally;
    use invite_domain::secret::PlainSecret;
    use uuid::Uuid;

    use super::*;

    const ID: Uuid = Uuid::from_u128(0x0190_0000_0000_7000_8000_0000_0000_0001);

    fn rendered(to: &str, locale: Locale, mail: &Mail) -> String {
        let renderer = Renderer::new(
            &Url::parse("https://invite.example.com/base/").unwrap(),
            Sender::parse("Acme <invitations@example.com>").unwrap(),
            Templates::load(None).unwrap(),
        );
        let envelope = MailEnvelope { to: EmailAddress::parse(to).unwrap(), locale };
        let now = Utc.with_ymd_and_hms(2026, 11, 22, 16, 46, 0).unwrap();
        let mail = renderer.render(MailId::new(ID), &envelope, mail, now).unwrap();
        String::from_utf8(mail.bytes().to_vec()).unwrap()
    }

    fn activation(invitee: &str, inviter: &str, organization: &str) -> Mail {
        Mail::Activation {
            invitee: Some(invitee.to_owned()),
            inviter: Some(inviter.to_owned()),
            organization: organization.to_owned(),
            challenge: PlainSecret::from_caller("act_secret"),
            expires_at: Utc.with_ymd_and_hms(2026, 11, 29, 16, 46, 0).unwrap(),
        }
    }

    /// Splits a message into its headers (unfolded) and its decoded parts: plain text, HTML.
    fn read(message: &str) -> (Vec<String>, String, String) {
        let (head, body) = message.split_once("\r\n\r\n").unwrap();
        let headers: Vec<String> = head.replace("\r\n ", " ").split("\r\n").map(str::to_owned).collect();
        let boundary = format!("--=_invite_{}", ID.simple());
        let parts: Vec<&str> = body.split(&boundary).skip(1).collect();
        assert!(parts.len() == 3 && parts[2].trim() == "--", "two parts and the end: {parts:?}");
        let decoded = |part: &str| {
            let (head, body) = part.trim_start().split_once("\r\n\r\n").unwrap();
            if head.contains("quoted-printable") { decode(body) } else { body.to_owned() }
        };
        (headers, decoded(parts[0]), decoded(parts[1]))
    }

    fn decode(quoted_printable: &str) -> String {
        let joined = quoted_printable.replace("=\r\n", "").into_bytes();
        let mut bytes = Vec::new();
        let mut rest = joined.as_slice();
        while let Some((first, tail)) = rest.split_first() {
            if *first == b'=' {
                bytes.push(u8::from_str_radix(std::str::from_utf8(&tail[..2]).unwrap(), 16).unwrap());
                rest = &tail[2..];
            } else {
                bytes.push(*first);
                rest = tail;
            }
        }
        String::from_utf8(bytes).unwrap()
    }

    #[test]
    fn headers_are_constant_and_the_message_id_is_stable() {
        let message = rendered("Jane@Example.com", Locale::En, &activation("Jane", "Ann", "Acme"));
        let (headers, ..) = read(&message);
        for expected in [
            "To: Jane@example.com",
            "Subject: You have been invited",
            "Message-ID: <01900000-0000-7000-8000-000000000001@example.com>",
            "Auto-Submitted: auto-generated",
            "Content-Language: en",
        ] {
            assert!(headers.iter().any(|header| header == expected), "{expected} in {headers:?}");
        }
        assert!(
            headers
                .iter()
                .any(|h| h.starts_with("From: ") && h.contains("Acme") && h.contains("<invitations@example.com>"))
        );
        assert!(headers.iter().any(|header| header.starts_with("Date: Sun, 22 Nov 2026 16:46:00")), "{headers:?}");
        assert_eq!(message, rendered("Jane@Example.com", Locale::En, &activation("Jane", "Ann", "Acme")));
    }

    #[test]
    fn the_link_comes_from_configuration_and_the_zone_is_named() {
        let (_, plain, html) = read(&rendered("jane@example.com", Locale::En, &activation("Jane", "Ann", "Acme")));
        let link = "https://invite.example.com/base/activate#challenge=act_secret";
        assert!(plain.contains(&format!("\r\n{link}\r\n")), "{plain}");
        assert!(html.contains(&format!("<a href=\"{link}\">")), "{html}");
        assert!(plain.contains("expires on 2026-11-29 16:46 UTC."), "{plain}");
    }

    #[test]
    fn a_link_in_ascii_is_in_one_piece_for_whoever_reads_the_file() {
        let long = format!("act_{}", "s".repeat(200));
        let mail = |organization: &str| Mail::Activation {
            invitee: None,
            inviter: None,
            organization: organization.to_owned(),
            challenge: PlainSecret::from_caller(long.clone()),
            expires_at: Utc.with_ymd_and_hms(2026, 11, 29, 16, 46, 0).unwrap(),
        };
        let link = format!("https://invite.example.com/base/activate#challenge={long}");
        let message = rendered("jane@example.com", Locale::En, &mail("Acme"));
        assert!(message.contains(&format!("\r\n{link}\r\n")), "{message}");
        assert!(
            !message.contains("quoted-printable") && !message.replace("\r\n", "").contains(['\r', '\n']),
            "{message}"
        );
        // Beyond ASCII, and beyond what a line may hold, it has to be encoded; no line is longer than SMTP carries.
        for organization in ["Zoë".to_owned(), "a".repeat(250), "\"".repeat(250)] {
            let message = rendered("jane@example.com", Locale::En, &mail(&organization));
            assert!(message.lines().all(|line| line.len() <= LONGEST_LINE && line.is_ascii()), "{message}");
            assert!(read(&message).1.contains(&format!("\r\n{link}\r\n")), "{message}");
        }
    }

    #[test]
    fn what_is_wrong_with_our_templates_is_for_operators() {
        for (error, cause) in [
            (RenderError::Address, Cause::Mail),
            (RenderError::Message("/etc/invite".to_owned()), Cause::Operation),
            (RenderError::Panic, Cause::Operation),
        ] {
            assert_eq!(error.cause(), cause, "{error}");
        }
    }

    #[test]
    fn names_are_text_in_both_parts_and_in_no_header() {
        for (name, escaped) in [
            ("O'Brien", "O&#39;Brien"),
            ("<b>", "&lt;b&gt;"),
            ("\"&\"", "&quot;&amp;&quot;"),
            ("=?utf-8?q?evil?=", "=?utf-8?q?evil?="),
            ("Zoë 😀", "Zoë 😀"),
            ("{organization}", "{organization}"),
        ] {
            let message = rendered("jane@example.com", Locale::En, &activation(name, name, "Acme"));
            let (headers, plain, html) = read(&message);
            assert!(plain.contains(&format!("Hello {name},")), "{plain}");
            assert!(plain.contains(&format!("{name} has invited you to join Acme.")), "{plain}");
            assert!(html.contains(&format!("Hello {escaped},")), "{html}");
            assert!(!headers.iter().any(|header| header.contains(name)), "{headers:?}");
        }
    }

    #[test]
    fn bait_in_names_is_left_out_and_nothing_panics() {
        for bait in ["Call 555-123-4567", "https://evil.test", "a\r\nBcc: x@y.example", "\0", "a\u{202e}b", " "] {
            let (headers, plain, html) = read(&rendered("jane@example.com", Locale::En, &activation(bait, bait, bait)));
            assert!(plain.contains("Hello,\r\n"), "{plain}");
            assert!(plain.contains("You have been invited to join an organization."), "{plain}");
            assert!(!html.contains("evil") && !html.contains("555"), "{html}");
            assert!(!headers.iter().any(|header| header.contains("Bcc")), "{headers:?}");
        }
    }

    #[test]
    fn every_language_renders_every_mail() {
        let expires_at = Utc.with_ymd_and_hms(2026, 11, 29, 0, 0, 0).unwrap();
        let kare = Mail::KareInvitation {
            invitee: None,
            inviter: None,
            organization: "Acme".to_owned(),
            invitation_token: PlainSecret::from_caller("inv_secret"),
            expires_at,
        };
        let added = Mail::AddedNotice { invitee: None, inviter: None, organization: "Acme".to_owned() };
        let tally = Tally { invited: 41, added: 52, already_member: 63, duplicate: 74, invalid: 85 };
        let import = Some(ImportId::new(ID));
        let imported = Mail::ImportFinished { recipient: None, organization: "Acme".to_owned(), import, tally };
        for locale in Locale::ALL {
            let (_, plain, html) = read(&rendered("jane@example.com", locale, &kare));
            assert!(plain.contains("#invitation=inv_secret\r\n") && plain.contains("\r\ninv_secret\r\n"), "{plain}");
            assert!(html.contains("<code>inv_secret</code>"), "{html}");
            let (_, plain, _) = read(&rendered("jane@example.com", locale, &added));
            assert!(plain.contains("Acme") && !plain.contains("http"), "{plain}");
            let (_, plain, html) = read(&rendered("jane@example.com", locale, &imported));
            assert!(plain.contains(&format!(" /imports/{ID} ")) && html.contains(&ID.to_string()), "{plain}");
            for number in ["41", "52", "63", "74", "85"] {
                assert!(plain.contains(number) && html.contains(number), "{number}: {plain}");
            }
        }
    }

    #[test]
    fn only_a_local_part_beyond_ascii_demands_smtputf8() {
        let message = rendered("jane@exämple.com", Locale::En, &activation("J", "A", "Acme"));
        assert!(message.contains("To: jane@xn--exmple-cua.com\r\n"), "{message}");
    }
}
