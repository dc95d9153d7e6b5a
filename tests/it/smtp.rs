//! Mail over SMTP, to a server that is not ours: aiosmtpd, with STARTTLS, a sign-in, and refusals of its own.

use contract_tests::poll;
use contract_tests::server::Server;
use contract_tests::smtp::{self, Peer, certificate};
use invite_api::security::Operation;
use tempfile::TempDir;

use crate::support::{PASSWORD, PROGRAM, activate, count, muninx_customer, sign_in};

/// A server that sends its mails to a peer, by TLS.
async fn client(peer: &Peer) -> Server {
    Server::start(PROGRAM, &["--smtp", &peer.tls_url()]).await
}

#[tokio::test]
async fn the_mail_arrives_with_a_link_that_activates_the_user() {
    let peer = Peer::with_tls().await;
    let server = client(&peer).await;
    let address = "jane.doe@customer.example";
    assert_eq!(server.post(Operation::MuninxInviteUser, &[], &muninx_customer(address)).await.status, 200);
    let mail = peer.mail(address).await;
    assert!(mail.link().starts_with(&format!("{}/activate#challenge=", server.world.base_url)), "{}", mail.link());
    assert!(!mail.subject.is_empty() && mail.html.contains("Jane"), "{mail:?}");
    assert_eq!(activate(&server, &mail.secret("challenge")).await.status, 200);
    sign_in(&server, address, PASSWORD).await;
    delivered(&server, 1).await;
    let said = peer.output();
    assert!(said.contains("heard AUTH") && said.contains("heard MAIL"), "{said}");
    assert!(said.contains("sign-in tls") && said.contains("mail tls signed-in") && !said.contains("plain"), "{said}");
    assert!(server.mails().is_empty(), "nothing goes into the folder as well");
    let log = server.output();
    assert!(
        !log.contains(smtp::PASSWORD) && !log.contains("p@ss/word"),
        "the password of the mail server is in the log: {log}"
    );
}

#[tokio::test]
async fn a_mail_is_tried_again_after_451_and_given_up_after_550() {
    let peer = Peer::with_tls().await;
    let server = client(&peer).await;
    for address in ["ann@later.example", "bob@refused.example"] {
        assert_eq!(
            server.post(Operation::MuninxInviteUser, &[], &muninx_customer(address)).await.status,
            200,
            "the invite does not wait for the mail"
        );
    }
    poll::until("the first refusals", async || {
        (count(&server, "SELECT count(*) FROM outbox WHERE last_error IS NOT NULL").await == 2).then_some(())
    })
    .await;
    assert_eq!(
        count(
            &server,
            "SELECT count(*) FROM outbox WHERE state = 'queued' AND attempts = 1 AND recipient LIKE '%@later.example'"
        )
        .await,
        1
    );
    let failed = "SELECT count(*) FROM outbox o JOIN invitations i ON i.id = o.invitation_id \
        WHERE o.state = 'dead' AND i.delivery = 'failed' AND i.delivery_reason LIKE '%no such mailbox%' AND o.recipient LIKE '%@refused.example'";
    assert_eq!(count(&server, failed).await, 1, "the administrator can see why");
    // The next attempt is due in seconds; now will do.
    server.execute("UPDATE outbox SET next_at = 0 WHERE state = 'queued'").await;
    let mail = peer.mail("ann@later.example").await;
    delivered(&server, 1).await;
    assert_eq!(activate(&server, &mail.secret("challenge")).await.status, 200);
    assert_eq!(peer.mails().len(), 1);
}

#[tokio::test]
async fn without_starttls_neither_password_nor_mail_is_sent() {
    let peer = Peer::plain(0).await;
    kept_back(&peer, &peer.tls_url()).await;
}

#[tokio::test]
async fn a_mail_server_by_another_name_than_its_certificates_gets_neither_password_nor_mail() {
    let peer = Peer::with_tls().await;
    let url = peer.tls_url().replace("@localhost:", "@127.0.0.1:");
    let reason = kept_back(&peer, &url).await;
    assert!(reason.contains("certificate") && reason.contains("name"), "{reason}");
}

#[tokio::test]
async fn a_mail_server_with_a_certificate_of_an_unknown_authority_gets_neither_password_nor_mail() {
    let peer = Peer::with_tls().await;
    let url = peer.tls_url();
    let (machines, _) = url.split_once("&ca=").unwrap();
    let other = TempDir::new().unwrap();
    let _made = certificate(other.path());
    for url in [machines, &format!("{machines}&ca={}", other.path().join("ca.pem").display())] {
        let reason = kept_back(&peer, url).await;
        assert!(reason.contains("certificate"), "{reason}");
    }
}

/// Has a mail sent to a peer that must not get it; why it was not sent.
async fn kept_back(peer: &Peer, url: &str) -> String {
    let server = Server::start(PROGRAM, &["--smtp", url]).await;
    assert_eq!(
        server.post(Operation::MuninxInviteUser, &[], &muninx_customer("jane@customer.example")).await.status,
        200
    );
    poll::until("the failed attempt", async || {
        (count(&server, "SELECT count(*) FROM outbox WHERE last_error IS NOT NULL").await == 1).then_some(())
    })
    .await;
    assert_eq!(
        count(&server, "SELECT count(*) FROM outbox WHERE state = 'queued'").await,
        1,
        "the mail waits until the server is mended"
    );
    let said = peer.output();
    assert!(!said.contains("heard") && !said.contains("sign-in") && !said.contains("mail"), "{said}");
    let database = server.database().await;
    let reasons = database.texts("SELECT last_error FROM outbox").await;
    database.close().await;
    reasons.concat()
}

async fn delivered(server: &Server, mails: i64) {
    let sent = "SELECT count(*) FROM outbox o JOIN invitations i ON i.id = o.invitation_id WHERE o.state = 'sent' AND o.payload IS NULL AND i.delivery = 'sent'";
    poll::until("the mark in the outbox", async || (count(server, sent).await == mails).then_some(())).await;
}
