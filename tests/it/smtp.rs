//! Mail over SMTP, to a server that is not ours: aiosmtpd, with STARTTLS, a sign-in, and refusals of its own.

use std::path::{Path, PathBuf};
use std::process::Command;

use contract_tests::document::root;
use contract_tests::mailbox::{self, Mail};
use contract_tests::poll;
use contract_tests::server::{Process, Server};
use invite_api::security::Operation;
use tempfile::TempDir;

use crate::support::{PASSWORD, PROGRAM, activate, count, muninx_customer, sign_in};

/// The password that the peer knows, as it stands in a URL.
const SMTP_PASSWORD: &str = "p%40ss%2Fword";

/// An SMTP server.
pub(crate) struct Peer {
    process: Process,
    folder: TempDir,
    pub(crate) port: u16,
}

#[tokio::test]
async fn the_mail_arrives_with_a_link_that_activates_the_user() {
    let peer = Peer::start(true).await;
    let server = peer.client().await;
    let address = "jane.doe@customer.example";
    assert_eq!(server.post(Operation::MuninxInviteUser, &[], &muninx_customer(address)).await.status, 200);
    let mail = peer.mail(address).await;
    assert!(mail.link().starts_with(&format!("{}/activate#challenge=", server.world.base_url)), "{}", mail.link());
    assert!(!mail.subject.is_empty() && mail.html.contains("Jane"), "{mail:?}");
    assert_eq!(activate(&server, &mail.secret("challenge")).await.status, 200);
    sign_in(&server, address, PASSWORD).await;
    delivered(&server, 1).await;
    let said = peer.process.output();
    assert!(said.contains("sign-in tls") && said.contains("mail tls signed-in") && !said.contains("plain"), "{said}");
    assert!(server.mails().is_empty(), "nothing goes into the folder as well");
    let log = server.output();
    assert!(
        !log.contains(SMTP_PASSWORD) && !log.contains("p@ss/word"),
        "the password of the mail server is in the log: {log}"
    );
}

#[tokio::test]
async fn a_mail_is_tried_again_after_451_and_given_up_after_550() {
    let peer = Peer::start(true).await;
    let server = peer.client().await;
    for address in ["ann@later.example", "bob@refused.example"] {
        assert_eq!(
            server.post(Operation::MuninxInviteUser, &[], &muninx_customer(address)).await.status,
            200,
            "the invite does not wait for the mail"
        );
    }
    poll::until("the first refusals", async || {
        (rows(&server, "SELECT count(*) FROM outbox WHERE last_error IS NOT NULL").await == 2).then_some(())
    })
    .await;
    assert_eq!(
        rows(
            &server,
            "SELECT count(*) FROM outbox WHERE state = 'queued' AND attempts = 1 AND recipient LIKE '%@later.example'"
        )
        .await,
        1
    );
    let failed = "SELECT count(*) FROM outbox o JOIN invitations i ON i.id = o.invitation_id \
        WHERE o.state = 'dead' AND i.delivery = 'failed' AND i.delivery_reason LIKE '%no such mailbox%' AND o.recipient LIKE '%@refused.example'";
    assert_eq!(rows(&server, failed).await, 1, "the administrator can see why");
    // The next attempt is due in seconds; now will do.
    server.execute("UPDATE outbox SET next_at = 0 WHERE state = 'queued'").await;
    let mail = peer.mail("ann@later.example").await;
    delivered(&server, 1).await;
    assert_eq!(activate(&server, &mail.secret("challenge")).await.status, 200);
    assert_eq!(peer.mails().len(), 1);
}

#[tokio::test]
async fn without_starttls_neither_password_nor_mail_is_sent() {
    let peer = Peer::start(false).await;
    let server = peer.client().await;
    assert_eq!(
        server.post(Operation::MuninxInviteUser, &[], &muninx_customer("jane@customer.example")).await.status,
        200
    );
    poll::until("the failed attempt", async || {
        (rows(&server, "SELECT count(*) FROM outbox WHERE last_error IS NOT NULL").await == 1).then_some(())
    })
    .await;
    assert_eq!(
        rows(&server, "SELECT count(*) FROM outbox WHERE state = 'queued'").await,
        1,
        "the mail waits until the server is mended"
    );
    let said = peer.process.output();
    assert!(!said.contains("sign-in") && !said.contains("mail"), "{said}");
}

async fn rows(server: &Server, sql: &'static str) -> i64 {
    count(server, sql).await
}

async fn delivered(server: &Server, mails: i64) {
    let sent = "SELECT count(*) FROM outbox o JOIN invitations i ON i.id = o.invitation_id WHERE o.state = 'sent' AND o.payload IS NULL AND i.delivery = 'sent'";
    poll::until("the mark in the outbox", async || (rows(server, sent).await == mails).then_some(())).await;
}

impl Peer {
    async fn start(tls: bool) -> Self {
        Self::start_on(0, tls).await
    }

    /// One without TLS and sign-in, on a port that is known before it starts; 0 is a free one.
    pub(crate) async fn plain(port: u16) -> Self {
        Self::start_on(port, false).await
    }

    async fn start_on(port: u16, tls: bool) -> Self {
        let folder = TempDir::new().unwrap();
        let script = root().join("tests/it/smtp_peer.py");
        let mut arguments = vec![script.display().to_string(), folder.path().display().to_string(), port.to_string()];
        if tls {
            arguments.extend(certificate(folder.path()).map(|path| path.display().to_string()));
        }
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        let process = Process::start(&python().display().to_string(), folder.path(), &arguments);
        let port = poll::until("the SMTP server", async || {
            let line = process.output().lines().find_map(|line| line.strip_prefix("listening ").map(str::to_owned));
            line.map(|port| port.parse().unwrap())
        })
        .await;
        Self { process, folder, port }
    }

    /// A server that sends its mails here.
    async fn client(&self) -> Server {
        let ca = if self.folder.path().join("ca.pem").exists() {
            format!("&ca={}", self.folder.path().join("ca.pem").display())
        } else {
            String::new()
        };
        let url = format!("smtp://invite:{SMTP_PASSWORD}@localhost:{}?tls=required{ca}", self.port);
        Server::start(PROGRAM, &["--smtp", &url]).await
    }

    /// What it has said so far.
    pub(crate) fn output(&self) -> String {
        self.process.output()
    }

    /// All mails that it has kept.
    pub(crate) fn mails(&self) -> Vec<Mail> {
        mailbox::read(self.folder.path())
    }

    pub(crate) async fn mail(&self, address: &str) -> Mail {
        poll::until(&format!("mail to {address}"), async || self.mails().into_iter().find(|mail| mail.to == address))
            .await
    }
}

/// A certificate for `localhost` and its key, signed by a certificate authority of one test (`ca.pem`).
pub(crate) fn certificate(folder: &Path) -> [PathBuf; 2] {
    let mut authority = rcgen::CertificateParams::new(Vec::new()).unwrap();
    authority.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
    let authority = rcgen::CertifiedIssuer::self_signed(authority, rcgen::KeyPair::generate().unwrap()).unwrap();
    let key = rcgen::KeyPair::generate().unwrap();
    let certificate =
        rcgen::CertificateParams::new(vec!["localhost".to_owned()]).unwrap().signed_by(&key, &authority).unwrap();
    let files = [("ca.pem", authority.pem()), ("certificate.pem", certificate.pem()), ("key.pem", key.serialize_pem())];
    for (name, text) in files {
        std::fs::write(folder.join(name), text).unwrap();
    }
    [folder.join("certificate.pem"), folder.join("key.pem")]
}

/// Python with aiosmtpd: the tools that `cargo xtask check` installs, installed here if they are not there yet.
fn python() -> PathBuf {
    static PYTHON: std::sync::LazyLock<PathBuf> = std::sync::LazyLock::new(install);
    PYTHON.clone()
}

fn install() -> PathBuf {
    let folder = root().join("target/tools/python");
    let python = folder.join("bin/python");
    let has_it = || Command::new(&python).args(["-c", "import aiosmtpd"]).status().is_ok_and(|status| status.success());
    if !has_it() {
        let made = Command::new("python3").args(["-m", "venv", "--clear"]).arg(&folder).status();
        assert!(
            made.is_ok_and(|status| status.success()),
            "the SMTP tests need Python 3.11 or newer with venv (Debian: apt-get install python3 python3-venv)"
        );
        let requirements = root().join("xtask/tools/requirements.txt");
        let pip = Command::new(&python)
            .args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--requirement"])
            .arg(requirements)
            .status();
        assert!(
            pip.is_ok_and(|status| status.success()) && has_it(),
            "pip cannot install xtask/tools/requirements.txt"
        );
    }
    python
}
