//! What the invited person can say beside yes: no, and "my link is too old", to an invitation of whichever flow.

use contract_tests::server::Server;
use invite_api::security::Operation;
use serde_json::json;

use crate::support::{activate, count, decline, kare_acceptance, kare_invite, muninx_customer, renew, server};

/// Invites by MuninX and gives the challenge.
async fn invited(server: &Server, address: &str) -> String {
    assert_eq!(server.post(Operation::MuninxInviteUser, &[], &muninx_customer(address)).await.status, 200);
    server.mail(address, 1).await.secret("challenge")
}

/// Lets every secret die of age, an hour after it was sent.
async fn age(server: &Server) {
    server.execute("UPDATE challenges SET created_at = created_at - 7200000, expires_at = created_at - 3600000").await;
    server.execute("UPDATE invitations SET created_at = created_at - 7200000, expires_at = created_at - 3600000").await;
}

async fn mails_to(server: &Server, address: &str) -> usize {
    // Whatever was queued before this one has been delivered when it is.
    let marker = format!("marker-{}@customer.example", server.mails().len());
    invited(server, &marker).await;
    server.mails().iter().filter(|mail| mail.to == address).count()
}

#[tokio::test]
async fn a_declined_invitation_ends_with_its_membership_and_its_secret() {
    let server = server().await;
    let challenge = invited(&server, "no@customer.example").await;
    assert_eq!(decline(&server, &challenge).await.status, 204);
    assert_eq!(count(&server, "SELECT count(*) FROM invitations WHERE state = 'declined'").await, 1);
    assert_eq!(count(&server, "SELECT count(*) FROM memberships WHERE deleted_at IS NOT NULL").await, 1);
    assert_eq!(count(&server, "SELECT count(*) FROM events WHERE kind = 'invitation.declined'").await, 1);
    for again in [decline(&server, &challenge).await, activate(&server, &challenge).await] {
        assert_eq!(again.status, 409);
        assert!(again.json()["type"].as_str().unwrap().ends_with("/secret_declined"), "{}", again.text());
    }
    assert_eq!(renew(&server, &challenge).await.status, 202);
    assert_eq!(mails_to(&server, "no@customer.example").await, 1, "nothing more is sent");
}

#[tokio::test]
async fn a_secret_that_died_of_age_is_renewed_once() {
    let server = server().await;
    let old = invited(&server, "late@customer.example").await;
    age(&server).await;
    assert_eq!(activate(&server, &old).await.status, 410);
    for _ in 0..3 {
        let answer = renew(&server, &old).await;
        assert_eq!((answer.status, answer.text()), (202, String::new()));
    }
    let new = server.mail("late@customer.example", 2).await.secret("challenge");
    assert_eq!(mails_to(&server, "late@customer.example").await, 2, "one mail for three requests");
    assert_eq!(count(&server, "SELECT count(*) FROM events WHERE kind = 'invitation.renewed'").await, 1);
    let replaced = activate(&server, &old).await;
    assert_eq!(replaced.status, 410);
    assert!(replaced.json()["type"].as_str().unwrap().ends_with("/secret_revoked"), "{}", replaced.text());
    assert_eq!(activate(&server, &new).await.status, 200);
}

#[tokio::test]
async fn nothing_is_mailed_for_any_other_secret_and_the_answer_does_not_tell() {
    let server = server().await;
    let live = invited(&server, "live@customer.example").await;
    let recent = invited(&server, "recent@customer.example").await;
    let used = invited(&server, "used@customer.example").await;
    assert_eq!(activate(&server, &used).await.status, 200);
    server.execute("UPDATE challenges SET expires_at = created_at WHERE invitation_id = (SELECT id FROM invitations WHERE address = 'recent@customer.example')").await;
    for secret in [&live, &recent, &used, "act_0123456789abcdef"] {
        let answer = renew(&server, secret).await;
        assert_eq!((answer.status, answer.text()), (202, String::new()));
    }
    for address in ["live@customer.example", "recent@customer.example", "used@customer.example"] {
        assert_eq!(mails_to(&server, address).await, 1, "{address}");
    }
    assert_eq!(activate(&server, &live).await.status, 200, "asking does no harm to a secret that lives");
}

#[tokio::test]
async fn a_kare_invitation_token_is_declined_and_renewed_too() {
    let server = server().await;
    let address = "kare-answers@mail.com";
    assert_eq!(server.post(Operation::KareInviteUserOrganization, &[], &kare_invite(address)).await.status, 201);
    let old = server.mail(address, 1).await.secret("invitation");
    age(&server).await;
    assert_eq!(renew(&server, &old).await.status, 202);
    let new = server.mail(address, 2).await.secret("invitation");
    assert_eq!(decline(&server, &new).await.status, 204);
    let refused = server.post(Operation::KareAcceptInvitation, &[], &kare_acceptance(&new, address)).await;
    assert_eq!(refused.status, 409);
    assert_eq!(
        refused.json(),
        json!({ "message": "the invitation was declined: ask for a new one if that was a mistake" })
    );
}
