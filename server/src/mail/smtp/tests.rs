//! Against a scripted peer on loopback: what a server's answer means for a mail. Delivery to a real SMTP server is a
//! contract test.

use std::sync::{Arc, Mutex};

use chrono::DateTime;
use invite_domain::email_address::EmailAddress;
use invite_domain::ids::MailId;
use invite_domain::mail::{Locale, Mail, MailEnvelope};
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{TcpListener, TcpStream};
use uuid::Uuid;

use super::*;
use crate::mail::{Renderer, Sender, Templates};

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

    async fn deliver(&self, options: &str) -> Result<(), DeliveryError> {
        let url = SmtpUrl::parse(&format!("smtp://ann:s3cret@127.0.0.1:{}?{options}", self.port)).unwrap();
        SmtpMailer::new(&url, "example.com").unwrap().deliver(&mail("jane@example.com")).await.map(drop)
    }
}

async fn converse(stream: TcpStream, script: Script, heard: Arc<Mutex<Vec<String>>>) -> Option<()> {
    let (reader, mut writer) = stream.into_split();
    let mut lines = BufReader::new(reader).lines();
    writer.write_all(b"220 peer ready\r\n").await.ok()?;
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
    let renderer = Renderer::new(
        &url::Url::parse("https://invite.example.com").unwrap(),
        Sender::parse("invitations@example.com").unwrap(),
        Templates::load(None).unwrap(),
    );
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
    for (command, answer, retry) in [
        ("RCPT", "550 no such user here", Retry::Never),
        ("RCPT", "450 mailbox busy", Retry::Later),
        ("RCPT", "552 mailbox full", Retry::Never),
        ("MAIL", "421 closing", Retry::Later),
        ("DATA", "451 try later", Retry::Later),
        (".", "554 looks like spam", Retry::Never),
        (".", "452 disk full", Retry::Later),
        ("AUTH", "535 wrong password", Retry::Later),
        ("MAIL", "530 sign in first", Retry::Later),
        ("EHLO", "500 what?", Retry::Later),
        ("EHLO", "554 you are blocked", Retry::Later),
        (".", "nonsense", Retry::Later),
    ] {
        let error = Peer::start(Script { command, answer }).await.deliver("tls=none").await.unwrap_err();
        assert_eq!(error.retry, retry, "{command} {answer}: {error}");
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
    assert_eq!(error.retry, Retry::Later);
    assert!(error.reason.contains("STARTTLS"), "{error}");
    let heard = peer.heard();
    assert!(!heard.iter().any(|line| line.starts_with("AUTH") || line.starts_with("MAIL")), "{heard:?}");
}

#[tokio::test]
async fn silence_and_absence_are_tried_again() {
    let silent = Peer::start(Script { command: "RCPT", answer: "" }).await;
    let error = silent.deliver("tls=none&timeout=1").await.unwrap_err();
    assert_eq!(error.retry, Retry::Later, "{error}");
    // Bound and given back: nobody listens there now.
    let port = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap().port();
    let absent = Peer { port, heard: Arc::default() };
    assert_eq!(absent.deliver("tls=none").await.unwrap_err().retry, Retry::Later);
}

#[tokio::test]
async fn an_address_that_the_server_cannot_take_is_not_tried_again() {
    let peer = Peer::start(FRIENDLY).await;
    let url = SmtpUrl::parse(&format!("smtp://127.0.0.1:{}", peer.port)).unwrap();
    let mailer = SmtpMailer::new(&url, "example.com").unwrap();
    let error = mailer.deliver(&mail("jané@example.com")).await.unwrap_err();
    assert_eq!(error.retry, Retry::Never, "{error}");
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
