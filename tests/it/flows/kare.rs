//! Kare: `POST /users-organizations/v1/ad/invite` and the acceptance.

use contract_tests::http::Payload;
use invite_api::security::Operation;
use serde_json::{Value, json};

use crate::support::{
    PASSWORD, account_elsewhere, activate, count, kare_acceptance, kare_headers, kare_invite, server, sign_in,
};

const INVITE: Operation = Operation::KareInviteUserOrganization;
const ACCEPT: Operation = Operation::KareAcceptInvitation;

#[tokio::test]
async fn the_vendors_example_leads_to_a_session() {
    let server = server().await;
    let body = "\n{\n  \"firstName\": \"John\",\n  \"lastName\": \"Doe\",\n  \"email\": \"test@mail.com\",\n  \"permissions\": {\n    \"group\": 0\n  }\n}\n";
    let headers = server.world.acme.credentials(INVITE);
    let answer = server.call(INVITE, &[], &headers, Some(&Payload::raw("application/json", body))).await;
    assert_eq!(answer.status, 201);
    let data = &answer.json()["data"];
    assert_eq!(data["organizationId"], server.world.acme.organization());
    assert_eq!(data["scope"], 1);
    assert_eq!(data["permissions"], json!({ "group": 0, "read": [], "manage": [] }));
    assert_eq!(data["deletedAt"], Value::Null);
    let created = data["createdAt"].as_str().unwrap();
    assert!(
        created.ends_with('Z') && created.len() == "2026-01-15T08:45:00.000Z".len(),
        "UTC with milliseconds: {created}"
    );

    let mail = server.mail("test@mail.com", 1).await;
    let token = mail.secret("invitation");
    assert!(mail.text.split_whitespace().any(|word| word == token), "the token itself, for the vendor's application");
    let tokens = server.post(ACCEPT, &[], &kare_acceptance(&token, "test@mail.com")).await;
    assert_eq!(tokens.status, 201);
    let headers = kare_headers(&tokens.json()["data"]);
    let refused = server.post_as(&headers, INVITE, &[], &kare_invite("other@mail.com")).await;
    assert_eq!(refused.status, 403, "an invitee is a plain member whatever scope says");
    sign_in(&server, "test@mail.com", PASSWORD).await;
}

#[tokio::test]
async fn the_content_type_may_name_its_charset() {
    let server = server().await;
    for (index, content_type) in
        ["application/json; charset=utf-8", "Application/JSON;charset=UTF-8"].into_iter().enumerate()
    {
        let payload = Payload::raw(content_type, kare_invite(&format!("charset{index}@mail.com")).to_string());
        let answer = server.call(INVITE, &[], &server.world.acme.credentials(INVITE), Some(&payload)).await;
        assert_eq!(answer.status, 201, "{content_type}");
    }
}

#[tokio::test]
async fn an_invitation_serves_only_the_address_it_was_sent_to() {
    let server = server().await;
    assert_eq!(server.post(INVITE, &[], &kare_invite("right@mail.com")).await.status, 201);
    let token = server.mail("right@mail.com", 1).await.secret("invitation");
    assert_eq!(server.post(ACCEPT, &[], &kare_acceptance(&token, "wrong@mail.com")).await.status, 400);
    assert_eq!(
        server.post(ACCEPT, &[], &kare_acceptance(&token, "RIGHT@mail.com")).await.status,
        201,
        "letter case does not count"
    );
    assert_eq!(server.post(ACCEPT, &[], &kare_acceptance(&token, "right@mail.com")).await.status, 409, "it works once");
}

#[tokio::test]
async fn an_account_that_became_active_elsewhere_is_asked_for_its_password() {
    let server = server().await;
    let globex = &server.world.globex;
    let nexus = json!({ "emailAddress": "known@mail.com", "displayName": "Known Person" });
    let organization = globex.organization().to_string();
    let invite = Operation::NexusInviteOrganizationMember;
    assert_eq!(server.post_as(&globex.credentials(invite), invite, &[&organization], &nexus).await.status, 204);
    let challenge = server.mail("known@mail.com", 1).await.secret("challenge");
    assert_eq!(server.post(INVITE, &[], &kare_invite("known@mail.com")).await.status, 201);
    let token = server.mail("known@mail.com", 2).await.secret("invitation");
    assert_eq!(activate(&server, &challenge).await.status, 200);

    let mut body = kare_acceptance(&token, "known@mail.com");
    body["password"] = json!("another-password-entirely");
    assert_eq!(server.post(ACCEPT, &[], &body).await.status, 401);
    body["password"] = json!(PASSWORD);
    assert_eq!(server.post(ACCEPT, &[], &body).await.status, 201);
    let kept = "SELECT count(*) FROM users WHERE email_normalized = 'known@mail.com' AND display_name = 'Known Person'";
    assert_eq!(count(&server, kept).await, 1, "nothing about the account changes");
}

#[tokio::test]
async fn an_active_account_is_a_member_at_once_and_keeps_its_names() {
    let server = server().await;
    account_elsewhere(&server, "active@mail.com").await;
    assert_eq!(server.post(INVITE, &[], &kare_invite("active@mail.com")).await.status, 201);
    let notice = server.mail("active@mail.com", 2).await;
    assert!(notice.text.contains("Hunter Burgan") && !notice.text.contains("John"), "{}", notice.text);
}

#[tokio::test]
async fn a_membership_that_was_removed_is_revived() {
    let server = server().await;
    let first = server.post(INVITE, &[], &kare_invite("back@mail.com")).await.json();
    assert_eq!(server.post(INVITE, &[], &kare_invite("back@mail.com")).await.status, 409);
    server.execute("UPDATE memberships SET deleted_at = 1700000000000 WHERE user_id > 2").await;
    let mut body = kare_invite("back@mail.com");
    body["permissions"] = json!({ "group": 7, "read": [1, 2], "manage": [-3] });
    let again = server.post(INVITE, &[], &body).await;
    assert_eq!(again.status, 201);
    let data = &again.json()["data"];
    assert_eq!(data["permissions"], json!({ "group": 7, "read": [1, 2], "manage": [-3] }));
    assert_eq!(
        (&data["deletedAt"], &data["userId"], &data["createdAt"]),
        (&Value::Null, &first["data"]["userId"], &first["data"]["createdAt"])
    );
}
