//! Against a scripted peer on loopback: what a server's answer means for a mail. Delivery to a real SMTP server is a
//! contract test.

use std::sync::{Arc, Mutex};

use chrono::DateTime;
use invite_domain::email_address::EmailAddress;
use invite_domain::ids::MailId;
use invite_domain::mail::{Locale, Mail, MailEnvelope};
use tokio::io::{AsyncBufReadExt as _, AsyncRead, AsyncWrite, AsyncWriteExt as _, BufReader};
use tokio::net::{TcpListener, TcpStream};
use uuid::Uuid;

use super::*;
use crate::mail::{Renderer, Sender, Templates};

use super::Retry::{Later, Never};

mod starttls;

/// How the peer answers one kind of command; everything else it accepts.
#[derive(Clone, Copy)]
struct Script {
    command: &'static str,
    answer: &'static str,
}

/// What the peer was told, line by line, and its port.
struct Peer {
    port: u16,
    heard: Arc<Mutex<Vec<String>>>,
}

impl Peer {
    async fn start(script: Script) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let heard = Arc::new(Mutex::new(Vec::new()));
        let for_task = heard.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(converse(stream, script, for_task.clone()));
            }
        });
        Self { port, heard }
    }

    fn heard(&self) -> Vec<String> {
        self.heard.lock().unwrap().clone()
    }

    fn mailer(&self, options: &str) -> SmtpMailer {
        let url = SmtpUrl::parse(&format!("smtp://ann:s3cret@127.0.0.1:{}?{options}", self.port)).unwrap();
        SmtpMailer::new(&url, "example.com").unwrap()
    }

    async fn deliver(&self, options: &str) -> Result<(), DeliveryError> {
        self.mailer(options).deliver(&mail("jane@example.com")).await.map(drop)
    }
}

async fn converse(mut stream: TcpStream, script: Script, heard: Arc<Mutex<Vec<String>>>) -> Option<()> {
    stream.write_all(b"220 peer ready\r\n").await.ok()?;
    answer(stream, script, heard).await
}

/// Answers command after command.
async fn answer(stream: impl AsyncRead + AsyncWrite, script: Script, heard: Arc<Mutex<Vec<String>>>) -> Option<()> {
    let (reader, mut writer) = tokio::io::split(stream);
    let mut lines = BufReader::new(reader).lines();
    let mut in_data = false;
    while let Some(line) = lines.next_line().await.ok()? {
        heard.lock().unwrap().push(line.clone());
        let answer = match line.split(' ').next().unwrap_or_default() {
            "." => {
                in_data = false;
                if script.command == "." { script.answer } else { "250 taken" }
            }
            _ if in_data => continue,
            command if command == script.command => script.answer,
            "EHLO" => "250-peer\r\n250 AUTH PLAIN",
            "AUTH" => "235 welcome",
            "DATA" => "354 go on",
            "QUIT" => "221 bye",
            _ => "250 fine",
        };
        in_data |= answer.starts_with("354");
        if answer.is_empty() {
            continue;
        }
        writer.write_all(format!("{answer}\r\n").as_bytes()).await.ok()?;
    }
    None
}

fn mail(to: &str) -> RenderedMail {
    mail_of(Sender::parse("invitations@example.com").unwrap(), to)
}

fn mail_of(sender: Sender, to: &str) -> RenderedMail {
    let url = url::Url::parse("https://invite.example.com").unwrap();
    let renderer = Renderer::new(&url, sender, Templates::load(None).unwrap());
    let envelope = MailEnvelope { to: EmailAddress::parse(to).unwrap(), locale: Locale::En };
    let notice = Mail::AddedNotice { invitee: None, inviter: None, organization: "Acme".to_owned() };
    renderer.render(MailId::new(Uuid::from_u128(1)), &envelope, &notice, DateTime::UNIX_EPOCH).unwrap()
}

const FRIENDLY: Script = Script { command: "", answer: "" };

#[tokio::test]
async fn a_mail_reaches_its_peer_with_envelope_and_headers() {
    let peer = Peer::start(FRIENDLY).await;
    peer.deliver("tls=none").await.unwrap();
    let heard = peer.heard();
    for expected in [
        "EHLO example.com",
        "MAIL FROM:<invitations@example.com>",
        "RCPT TO:<jane@example.com>",
        "Message-ID: <00000000-0000-0000-0000-000000000001@example.com>",
        "Auto-Submitted: auto-generated",
    ] {
        assert!(heard.iter().any(|line| line.starts_with(expected)), "{expected} in {heard:?}");
    }
}

#[tokio::test]
async fn what_an_answer_means_for_the_mail() {
    for (command, answer, retry, cause) in [
        ("RCPT", "550 no such user here", Never, Cause::Mail),
        ("RCPT", "550 5.1.1 no such user here", Never, Cause::Mail),
        ("RCPT", "550 5.2.1 mailbox disabled", Never, Cause::Mail),
        ("RCPT", "550 5.5.0 mailbox unavailable", Never, Cause::Mail),
        ("RCPT", "450 mailbox busy", Later, Cause::Operation),
        ("RCPT", "450 4.2.1 mailbox busy", Later, Cause::Mail),
        ("RCPT", "552 mailbox full", Never, Cause::Mail),
        ("RCPT", "552 5.2.2 mailbox full", Later, Cause::Mail),
        ("RCPT", "554 5.7.1 Relay access denied", Later, Cause::Operation),
        ("RCPT", "550 5.4.5 Daily user sending limit exceeded", Later, Cause::Operation),
        ("RCPT", "550 5.1.8 Sender address rejected", Later, Cause::Operation),
        ("RCPT", "530 5.7.0 sign in first", Later, Cause::Operation),
        ("MAIL", "421 closing", Later, Cause::Operation),
        ("MAIL", "550 5.7.60 not allowed to send as this sender", Later, Cause::Operation),
        ("MAIL", "553 this sender is not known", Later, Cause::Operation),
        ("MAIL", "530 sign in first", Later, Cause::Operation),
        ("DATA", "451 try later", Later, Cause::Operation),
        ("DATA", "550 5.3.2 not today", Later, Cause::Operation),
        (".", "554 looks like spam", Never, Cause::Mail),
        (".", "554 5.6.0 this is no message", Never, Cause::Mail),
        (".", "550 5.7.1 blocked by policy", Later, Cause::Operation),
        (".", "452 disk full", Later, Cause::Operation),
        ("AUTH", "535 wrong password", Later, Cause::Operation),
        ("EHLO", "500 what?", Later, Cause::Operation),
        ("EHLO", "554 you are blocked", Later, Cause::Operation),
        (".", "nonsense", Later, Cause::Operation),
    ] {
        let error = Peer::start(Script { command, answer }).await.deliver("tls=none").await.unwrap_err();
        assert_eq!((error.retry, error.cause), (retry, cause), "{command} {answer}: {error}");
        if let Some((_, words)) = answer.split_once(' ') {
            assert!(error.reason.contains(words), "{words} in {error}");
        }
        assert!(!error.reason.contains("s3cret"), "{error}");
    }
}

#[tokio::test]
async fn mails_share_a_connection_and_none_is_open_after_the_end() {
    let peer = Peer::start(FRIENDLY).await;
    let url = SmtpUrl::parse(&format!("smtp://127.0.0.1:{}?tls=none", peer.port)).unwrap();
    let mailer = SmtpMailer::new(&url, "example.com").unwrap();
    for _ in 0..3 {
        drop(mailer.deliver(&mail("jane@example.com")).await.unwrap());
    }
    mailer.close().await;
    let said = |word: &str| peer.heard().iter().filter(|line| line.starts_with(word)).count();
    assert_eq!((said("EHLO"), said("DATA"), said("QUIT")), (1, 3, 1));
}

#[tokio::test]
async fn demanded_starttls_is_never_given_up() {
    let peer = Peer::start(FRIENDLY).await;
    let error = peer.deliver("tls=required").await.unwrap_err();
    assert_eq!(error.retry, Later);
    assert!(error.reason.contains("STARTTLS"), "{error}");
    let heard = peer.heard();
    assert!(!heard.iter().any(|line| line.starts_with("AUTH") || line.starts_with("MAIL")), "{heard:?}");
}

#[tokio::test]
async fn silence_and_absence_are_tried_again() {
    let silent = Peer::start(Script { command: "RCPT", answer: "" }).await;
    let error = silent.deliver("tls=none&timeout=1").await.unwrap_err();
    assert_eq!(error.retry, Later, "{error}");
    // Bound and given back: nobody listens there now.
    let port = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap().port();
    let absent = Peer { port, heard: Arc::default() };
    assert_eq!(absent.deliver("tls=none").await.unwrap_err().retry, Later);
}

#[tokio::test]
async fn an_answer_without_end_is_not_read_to_an_end() {
    let endless: &str = Box::leak("2".repeat(1 << 20).into_boxed_str());
    let error = Peer::start(Script { command: "EHLO", answer: endless }).await.deliver("tls=none").await.unwrap_err();
    assert_eq!(error.retry, Later, "{error}");
    assert!(error.reason.ends_with("an answer of more than 131072 bytes"), "{error}");
}

#[tokio::test]
async fn the_answer_to_the_text_has_a_limit_of_its_own_of_ten_minutes() {
    let mut mailer = Peer::start(FRIENDLY).await.mailer("timeout=1");
    assert_eq!(mailer.text_limit, Duration::from_secs(600));
    assert!(mailer.longest_delivery() > mailer.text_limit + mailer.limit, "a lease that ends before sends it twice");
    let Ok(connection) = mailer.prepare(&mail("jane@example.com")).await else { panic!("the peer takes all") };
    mailer.limit = Duration::ZERO;
    assert!(
        mailer.hand_over(connection, &mail("jane@example.com")).await.is_ok(),
        "the limit before the text ended it"
    );

    let mut mailer = Peer::start(Script { command: ".", answer: "" }).await.mailer("tls=none");
    mailer.text_limit = Duration::from_millis(1);
    let error = mailer.deliver(&mail("jane@example.com")).await.unwrap_err();
    assert_eq!((error.retry, error.reason.as_str()), (Later, "no answer within 0 s"));
}

#[tokio::test]
async fn a_sender_of_an_internationalized_domain_speaks_ascii() {
    let peer = Peer::start(FRIENDLY).await;
    let sender = Sender::parse("Bücher <hallo@bücher.example>").unwrap();
    let url = SmtpUrl::parse(&format!("smtp://127.0.0.1:{}", peer.port)).unwrap();
    let mailer = crate::mail::open(&crate::mail::Destination::Smtp(url), &sender).unwrap();
    mailer.deliver(&mail_of(sender, "jane@example.com")).await.unwrap();
    let heard = peer.heard();
    for expected in [
        "EHLO xn--bcher-kva.example",
        "MAIL FROM:<hallo@xn--bcher-kva.example>",
        "Message-ID: <00000000-0000-0000-0000-000000000001@xn--bcher-kva.example>",
    ] {
        assert!(heard.iter().any(|line| line.starts_with(expected)), "{expected} in {heard:?}");
    }
    assert!(heard.iter().all(|line| line.is_ascii()), "{heard:?}");
}

#[tokio::test]
async fn an_address_that_the_server_cannot_take_is_not_tried_again() {
    let peer = Peer::start(FRIENDLY).await;
    let url = SmtpUrl::parse(&format!("smtp://127.0.0.1:{}", peer.port)).unwrap();
    let mailer = SmtpMailer::new(&url, "example.com").unwrap();
    let error = mailer.deliver(&mail("jané@example.com")).await.unwrap_err();
    assert_eq!(error.retry, Never, "{error}");
}

#[test]
fn a_root_certificate_must_be_there_and_be_one() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ca.pem");
    let url = SmtpUrl::parse(&format!("smtps://h?ca={}", path.display())).unwrap();
    let error = SmtpMailer::new(&url, "example.com").err().unwrap();
    assert!(matches!(error, SmtpSetupError::CaFile { .. }), "{error}");
    for content in ["", "no certificate", "-----BEGIN CERTIFICATE-----\n!\n-----END CERTIFICATE-----\n"] {
        std::fs::write(&path, content).unwrap();
        let error = SmtpMailer::new(&url, "example.com").err().unwrap();
        assert!(error.to_string().contains("ca.pem"), "{error}");
    }
}
