//! All four flows from end to end, on a terminal.

use crate::support::PASSWORD;

use super::{muninx, secrets_in, world};

#[tokio::test]
async fn muninx_from_the_invitation_to_a_personal_token() {
    let (server, invite) = world().await;
    let email = "jane@customer.example";
    let shown = invite.ask(&muninx(email), &[]).await;
    assert!(shown.contains("A confirmation email has been sent"), "{shown}");

    let old = server.mail(email, 1).await.secret("challenge");
    let shown = invite.ask(&["muninx", "resend-activation-email", "--email", email], &[]).await;
    assert!(shown.contains("Confirmation email sent"), "{shown}");
    let challenge = server.mail(email, 2).await.secret("challenge");
    let answers = [("challenge", challenge.as_str()), ("password", PASSWORD)];
    let shown = invite.ask(&["activation", "activate"], &answers).await;
    assert!(shown.contains("user.status") && shown.contains("active"), "{shown}");

    let tokens = invite.sign_in(email).await;
    let access = invite.file("access", tokens["accessToken"].as_str().unwrap());
    let credential = format!("muninxBearer={access}");
    let create = ["muninx", "create-token", "--name", "nightly", "--credential", &credential];
    let refused = invite.run(&create);
    refused.failed(2, &["--show-secrets", "--secrets-file", "--redact-secrets"]);
    let shown = invite.ask(&[&create[..], &["--show-secrets"]].concat(), &[]).await;
    assert!(shown.contains("pat_"), "{shown}");
    assert!(!shown.contains("[redacted]"), "{shown}");
    invite.never_printed(&[&old, &challenge, PASSWORD, tokens["accessToken"].as_str().unwrap()]);
}

#[tokio::test]
async fn kare_from_the_invitation_to_a_session() {
    let (server, invite) = world().await;
    let email = "john@kare.example";
    let names = ["--first-name", "John", "--last-name", "Doe", "--email", email];
    let arguments = ["kare", "invite-user-organization", "--permissions", r#"{"group": 1, "read": [1, 2]}"#];
    let shown = invite.ask(&[&arguments[..], &names].concat(), &[]).await;
    assert!(shown.contains("data.permissions.read") && shown.contains("1, 2"), "{shown}");

    let token = server.mail(email, 1).await.secret("invitation");
    let kept = invite.path("kare.json");
    let path = kept.display().to_string();
    let accept = ["kare", "accept-invitation", "--phone", "+33 1 23 45 67 89", "--secrets-file", &path];
    let answers = [("invitationToken", token.as_str()), ("password", PASSWORD)];
    let shown = invite.ask(&[&accept[..], &names].concat(), &answers).await;
    assert!(shown.contains("data.accessToken") && shown.contains("[redacted]"), "{shown}");
    let session = secrets_in(&kept)["data"]["accessToken"].as_str().unwrap().to_owned();
    invite.sign_in(email).await;
    invite.never_printed(&[&token, PASSWORD, &session]);
}

#[tokio::test]
async fn nexus_from_the_invitation_to_a_session() {
    let (server, invite) = world().await;
    let email = "maria@nexus.example";
    let organization = server.world.acme.organization().to_string();
    let arguments =
        ["nexus", "invite-organization-member", "--organization-id", &organization, "--email-address", email];
    let names = ["--given-name", "Maria", "--null", "displayName", "--make-admin=false"];
    let shown = invite.ask(&[&arguments[..], &names].concat(), &[]).await;
    assert!(shown.contains("done"), "{shown}");
    let challenge = server.mail(email, 1).await.secret("challenge");
    invite.ask(&["activation", "activate"], &[("challenge", &challenge), ("password", PASSWORD)]).await;
    invite.sign_in(email).await;
    invite.never_printed(&[&challenge, PASSWORD]);
}

#[tokio::test]
async fn unleash_from_the_link_to_a_session() {
    let (_server, invite) = world().await;
    let kept = invite.path("link.json");
    let path = kept.display().to_string();
    let expires = (chrono::Utc::now() + chrono::TimeDelta::days(7)).to_rfc3339();
    let create =
        ["unleash", "create-signup-token", "--name", "link", "--expires-at", &expires, "--secrets-file", &path];
    let shown = invite.ask(&create, &[]).await;
    assert!(shown.contains("Viewer") && shown.contains("[redacted]"), "{shown}");
    let token = secrets_in(&kept)["secret"].as_str().unwrap().to_owned();
    invite.ask(&["unleash", "validate-signup-token"], &[("token", &token)]).await;

    let email = "hunter@unleash.example";
    let signup = ["unleash", "signup", "--email", email, "--name", "Hunter Burgan", "--username", "hunter"];
    let shown = invite.ask(&signup, &[("token", &token), ("password", PASSWORD)]).await;
    assert!(shown.contains(email), "{shown}");
    invite.sign_in(email).await;
    let off = ["unleash", "update-signup-token", "--enabled=false"];
    let shown = invite.ask(&off, &[("token", &token)]).await;
    assert!(shown.contains("false"), "{shown}");
    invite.never_printed(&[&token, PASSWORD]);
}
