//! An SMTP server that is not ours: aiosmtpd, with STARTTLS, a sign-in, and faults of its own (`tests/it/smtp_peer.py`).

use std::path::{Path, PathBuf};

use tempfile::TempDir;

use crate::document::root;
use crate::mailbox::{self, Mail};
use crate::poll;
use crate::server::Process;
use crate::tools;

/// The password that the peer knows, as it stands in a URL.
pub const PASSWORD: &str = "p%40ss%2Fword";

/// An SMTP server.
#[derive(Debug)]
pub struct Peer {
    process: Process,
    folder: TempDir,
    /// Where it listens.
    pub port: u16,
}

impl Peer {
    /// One with TLS and a sign-in.
    pub async fn with_tls() -> Self {
        Self::start(new_folder(), 0, true).await
    }

    /// One without TLS and sign-in, on a port that is known before it starts; 0 is a free one.
    pub async fn plain(port: u16) -> Self {
        Self::start(new_folder(), port, false).await
    }

    /// Another one in its place, with its certificate if it has TLS.
    pub async fn replaced(self, tls: bool) -> Self {
        let Self { process, folder, port } = self;
        drop(process);
        Self::start(folder, port, tls).await
    }

    async fn start(folder: TempDir, port: u16, tls: bool) -> Self {
        let script = root().join("tests/it/smtp_peer.py");
        let mut arguments = vec![script.display().to_string(), folder.path().display().to_string(), port.to_string()];
        if tls {
            arguments.extend(certificate(folder.path()).map(|path| path.display().to_string()));
        }
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        let process = Process::start(&tools::python().display().to_string(), folder.path(), &arguments);
        let port = poll::until("the SMTP server", async || {
            let line = process.output().lines().find_map(|line| line.strip_prefix("listening ").map(str::to_owned));
            line.map(|port| port.parse().expect("it says its port"))
        })
        .await;
        Self { process, folder, port }
    }

    /// Where it listens, for a server that asks for neither TLS nor a sign-in.
    #[must_use]
    pub fn plain_url(&self) -> String {
        format!("smtp://127.0.0.1:{}", self.port)
    }

    /// The same for a server that demands TLS, and signs in.
    #[must_use]
    pub fn tls_url(&self) -> String {
        let ca = self.folder.path().join("ca.pem");
        let ca = if ca.exists() { format!("&ca={}", ca.display()) } else { String::new() };
        format!("smtp://invite:{PASSWORD}@localhost:{}?tls=required{ca}", self.port)
    }

    /// What it has said so far.
    #[must_use]
    pub fn output(&self) -> String {
        self.process.output()
    }

    /// All mails that it has kept.
    #[must_use]
    pub fn mails(&self) -> Vec<Mail> {
        mailbox::read(self.folder.path())
    }

    /// The same, and it keeps them no longer.
    #[must_use]
    pub fn take_mails(&self) -> Vec<Mail> {
        mailbox::take(self.folder.path())
    }

    /// The first mail to an address, once it is there.
    pub async fn mail(&self, address: &str) -> Mail {
        poll::until(&format!("mail to {address}"), async || self.mails().into_iter().find(|mail| mail.to == address))
            .await
    }
}

fn new_folder() -> TempDir {
    TempDir::new().expect("a temporary folder can be made")
}

/// A certificate for `localhost` and its key, signed by a certificate authority of its own (`ca.pem`).
#[must_use]
pub fn certificate(folder: &Path) -> [PathBuf; 2] {
    let pair = [folder.join("certificate.pem"), folder.join("key.pem")];
    if !pair[0].exists() {
        let mut authority = rcgen::CertificateParams::new(Vec::new()).expect("parameters");
        authority.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
        let new_key = || rcgen::KeyPair::generate().expect("a key");
        let authority = rcgen::CertifiedIssuer::self_signed(authority, new_key()).expect("a certificate authority");
        let key = new_key();
        let certificate = rcgen::CertificateParams::new(vec!["localhost".to_owned()]).expect("parameters");
        let certificate = certificate.signed_by(&key, &authority).expect("a certificate");
        for (path, text) in
            [(&folder.join("ca.pem"), authority.pem()), (&pair[0], certificate.pem()), (&pair[1], key.serialize_pem())]
        {
            std::fs::write(path, text).expect("the folder can be written");
        }
    }
    pair
}
